"""The factor model of several groups: implied moments and their derivatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

EQUAL = ("loadings", "intercepts", "residuals")
_KINDS = {"loading": "loadings", "intercept": "intercepts", "residual": "residuals"}
_STEP = 1e-5


@dataclass(frozen=True)
class CfaSample:
    """Complete answers of one group.

    Attributes
    ----------
    unit : str
        Name of the group.
    x : array, shape (n, items)
        Answers.
    """

    unit: str
    x: np.ndarray
    n: int = field(init=False)
    mean: np.ndarray = field(init=False)
    covariance: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        """Take the moments, with divisor n."""
        object.__setattr__(self, "n", len(self.x))
        object.__setattr__(self, "mean", self.x.mean(axis=0))
        object.__setattr__(self, "covariance", np.cov(self.x.T, bias=True).reshape(
            self.x.shape[1], -1))  # fmt: skip

    def moment_scores(self, mean: np.ndarray, sigma: np.ndarray) -> np.ndarray:
        """Return each row's score in the means and the lower triangle of the covariance."""
        inverse = np.linalg.inv(sigma)
        pull = (self.x - mean) @ inverse
        rows, columns = np.tril_indices(len(mean))
        outer = 0.5 * (pull[:, rows] * pull[:, columns] - inverse[rows, columns])
        return np.hstack([pull, np.where(rows == columns, outer, 2 * outer)])

    def moment_weight(self, sigma: np.ndarray) -> np.ndarray:
        """Return the expected information of the moments at a covariance matrix."""
        p = len(sigma)
        inverse = np.linalg.inv(sigma)
        rows, columns = np.tril_indices(p)
        block = (
            inverse[np.ix_(rows, rows)] * inverse[np.ix_(columns, columns)]
            + inverse[np.ix_(rows, columns)] * inverse[np.ix_(columns, rows)]
        ) / 2
        double = np.where(rows == columns, 1.0, 2.0)
        weight = np.zeros((p + len(rows), p + len(rows)))
        weight[:p, :p] = inverse
        weight[p:, p:] = block * np.outer(double, double) / 2
        return weight


@dataclass(frozen=True)
class CfaModel:
    """Which parameters there are, and where each stands in which group.

    Attributes
    ----------
    items, factors, units : tuple of str
        Names.
    loadings : array of bool, shape (items, factors)
        Which item belongs to which factor.
    places : tuple of list
        For each group, (kind, row, column, number of the parameter).
    npar : int
        Free parameters.
    """

    items: tuple[str, ...]
    factors: tuple[str, ...]
    units: tuple[str, ...]
    loadings: np.ndarray
    places: tuple[list[tuple[str, int, int, int]], ...]
    npar: int

    @classmethod
    def make(
        cls, factors: Mapping[str, Sequence[str]], units: Sequence[str], equal: tuple[str, ...]
    ) -> CfaModel:
        """Give every free parameter its number."""
        items = [item for own in factors.values() for item in own]
        pattern = np.zeros((len(items), len(factors)), dtype=bool)
        for f, own in enumerate(factors.values()):
            for item in own:
                pattern[items.index(item), f] = True
        numbers: dict[tuple[str, int, int, int], int] = {}
        places: list[list[tuple[str, int, int, int]]] = []
        for g in range(len(units)):
            wanted = [("loading", i, f) for i, f in np.argwhere(pattern)
                      if i != np.flatnonzero(pattern[:, f])[0]]  # fmt: skip
            wanted += [("covariance", a, b) for a in range(len(factors)) for b in range(a + 1)]
            wanted += [("residual", i, i) for i in range(len(items))]
            wanted += [("intercept", i, 0) for i in range(len(items))]
            if g and "intercepts" in equal:
                wanted += [("mean", f, 0) for f in range(len(factors))]
            placed: list[tuple[str, int, int, int]] = []
            for kind, i, j in wanted:
                shared = _KINDS.get(kind) in equal
                key = (kind, int(i), int(j), -1 if shared else g)
                placed.append((kind, int(i), int(j), numbers.setdefault(key, len(numbers))))
            places.append(placed)
        return cls(tuple(items), tuple(factors), tuple(units), pattern, tuple(places), len(numbers))

    def start(self, samples: Sequence[CfaSample]) -> np.ndarray:
        """Return starting values from the moments of the groups."""
        x = np.zeros(self.npar)
        seen: dict[int, list[float]] = {}
        for g, sample in enumerate(samples):
            variance = np.diag(sample.covariance)
            for kind, i, j, k in self.places[g]:
                guess = {"loading": 1.0, "residual": 0.5 * variance[i], "mean": 0.0,
                         "intercept": sample.mean[i] if kind == "intercept" else 0.0}  # fmt: skip
                if kind == "covariance":
                    marker = np.flatnonzero(self.loadings[:, i])[0]
                    guess["covariance"] = (0.5 if i == j else 0.1) * variance[marker]
                if kind == "loading":
                    marker = np.flatnonzero(self.loadings[:, j])[0]
                    sign = np.sign(sample.covariance[i, marker]) or 1.0
                    guess["loading"] = sign * np.sqrt(variance[i] / variance[marker])
                seen.setdefault(k, []).append(float(guess[kind]))
        for k, guesses in seen.items():
            x[k] = float(np.mean(guesses))
        return x

    def fill(self, x: np.ndarray, g: int) -> dict[str, np.ndarray]:
        """Return the matrices of a group."""
        p, m = self.loadings.shape
        out = {"loading": np.zeros((p, m)), "covariance": np.zeros((m, m)),
               "residual": np.zeros((p, p)), "intercept": np.zeros((p, 1)),
               "mean": np.zeros((m, 1))}  # fmt: skip
        for f in range(m):
            out["loading"][np.flatnonzero(self.loadings[:, f])[0], f] = 1.0
        for kind, i, j, k in self.places[g]:
            out[kind][i, j] = x[k]
            if kind == "covariance":
                out[kind][j, i] = x[k]
        return out

    def imply(self, x: np.ndarray, g: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean and covariance that the model implies for a group."""
        own = self.fill(x, g)
        a = own["loading"]
        return (own["intercept"] + a @ own["mean"])[:, 0], (
            a @ own["covariance"] @ a.T + own["residual"]
        )

    def discrepancy(self, x: np.ndarray, samples: Sequence[CfaSample]) -> float:
        """Return the test statistic per row; infinite where no covariance is implied."""
        n, value = sum(s.n for s in samples), 0.0
        for g, sample in enumerate(samples):
            mean, sigma = self.imply(x, g)
            try:
                root = np.linalg.cholesky(sigma)
            except np.linalg.LinAlgError:
                return float("inf")
            apart = sample.mean - mean
            inverse = np.linalg.inv(sigma)
            value += sample.n / n * float(
                2 * np.log(np.diag(root)).sum() + (sample.covariance * inverse).sum()
                + apart @ inverse @ apart - np.linalg.slogdet(sample.covariance)[1] - len(mean)
            )  # fmt: skip
        return value

    def differentiate(self, x: np.ndarray, g: int) -> tuple[np.ndarray, np.ndarray, list[int]]:
        """Return the derivatives of mean and covariance by each parameter of a group."""
        own = self.fill(x, g)
        a, phi, mean = own["loading"], own["covariance"], own["mean"][:, 0]
        p = len(a)
        means = np.zeros((len(self.places[g]), p))
        sigmas = np.zeros((len(self.places[g]), p, p))
        for row, (kind, i, j, _) in enumerate(self.places[g]):
            if kind == "loading":
                means[row, i] = mean[j]
                column = a @ phi[:, j]
                sigmas[row, i, :] += column
                sigmas[row, :, i] += column
            elif kind == "covariance":
                outer = np.outer(a[:, i], a[:, j])
                sigmas[row] = outer if i == j else outer + outer.T
            elif kind == "residual":
                sigmas[row, i, i] = 1.0
            elif kind == "intercept":
                means[row, i] = 1.0
            else:
                means[row] = a[:, i]
        return means, sigmas, [k for *_, k in self.places[g]]

    def gradient(self, x: np.ndarray, samples: Sequence[CfaSample]) -> np.ndarray:
        """Return the derivative of half the discrepancy."""
        n = sum(s.n for s in samples)
        slope = np.zeros(self.npar)
        for g, sample in enumerate(samples):
            mean, sigma = self.imply(x, g)
            inverse = np.linalg.inv(sigma)
            apart = sample.mean - mean
            pull = inverse @ apart
            weight = inverse - inverse @ sample.covariance @ inverse - np.outer(pull, pull)
            means, sigmas, at = self.differentiate(x, g)
            own = 0.5 * np.einsum("kij,ij->k", sigmas, weight) - means @ pull
            np.add.at(slope, at, sample.n / n * own)
        return slope

    def expected_information(self, x: np.ndarray, samples: Sequence[CfaSample]) -> np.ndarray:
        """Return the expected information per row."""
        n = sum(s.n for s in samples)
        out = np.zeros((self.npar, self.npar))
        for g, sample in enumerate(samples):
            _, sigma = self.imply(x, g)
            inverse = np.linalg.inv(sigma)
            means, sigmas, at = self.differentiate(x, g)
            turned = inverse @ sigmas
            own = means @ inverse @ means.T
            own = own + 0.5 * np.einsum("kij,lji->kl", turned, turned)
            out[np.ix_(at, at)] += sample.n / n * own
        return out

    def observed_information(self, x: np.ndarray, samples: Sequence[CfaSample]) -> np.ndarray:
        """Return the Hessian per row, from central differences of the exact gradient."""
        out = np.zeros((self.npar, self.npar))
        for k in range(self.npar):
            step = np.zeros(self.npar)
            step[k] = _STEP * max(1.0, abs(x[k]))
            high, low = self.gradient(x + step, samples), self.gradient(x - step, samples)
            out[k] = (high - low) / (2 * step[k])
        return (out + out.T) / 2

    def moment_jacobian(self, x: np.ndarray, g: int) -> np.ndarray:
        """Return the derivatives of means and lower triangle by all parameters."""
        means, sigmas, at = self.differentiate(x, g)
        p = means.shape[1]
        rows, columns = np.tril_indices(p)
        out = np.zeros((p + len(rows), self.npar))
        out[:, at] = np.hstack([means, sigmas[:, rows, columns]]).T
        return out

    def casewise_scores(self, x: np.ndarray, samples: Sequence[CfaSample]) -> np.ndarray:
        """Return each row's derivative of its log-likelihood."""
        return np.vstack([
            sample.moment_scores(*self.imply(x, g)) @ self.moment_jacobian(x, g)
            for g, sample in enumerate(samples)
        ])  # fmt: skip

    def tabulate(self, x: np.ndarray, se: np.ndarray, robust: np.ndarray) -> pd.DataFrame:
        """Return one row per parameter and group."""
        rows = []
        for g, unit in enumerate(self.units):
            for f, factor in enumerate(self.factors):
                marker = self.items[int(np.flatnonzero(self.loadings[:, f])[0])]
                rows.append((unit, "loading", marker, factor, 1.0, np.nan, np.nan, False))
            for kind, i, j, k in self.places[g]:
                first = self.factors[i] if kind in ("covariance", "mean") else self.items[i]
                other = {"loading": self.factors[j] if kind == "loading" else "",
                         "covariance": self.factors[j] if kind == "covariance" else ""}  # fmt: skip
                rows.append((unit, kind, first, other.get(kind, ""), x[k], se[k], robust[k], True))
        names = ["unit", "kind", "code", "other", "estimate", "se", "se_robust", "free"]
        return pd.DataFrame(rows, columns=names)

    def find_doubts(self, x: np.ndarray) -> tuple[str, ...]:
        """Name negative variances and impossible correlations."""
        doubts = []
        for g, unit in enumerate(self.units):
            own = self.fill(x, g)
            for item, variance in zip(self.items, np.diag(own["residual"]), strict=True):
                if variance < 0:
                    doubts.append(f"{unit}: the residual variance of {item} is negative")
            if np.linalg.eigvalsh(own["covariance"])[0] <= 0:
                doubts.append(f"{unit}: the covariance matrix of the factors is not proper")
        return tuple(doubts)
