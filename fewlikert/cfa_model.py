"""The factor model of several groups: implied moments and their derivatives.

In the notation of LISREL (Bollen, 1989, *Structural Equations with Latent Variables*, chapters 7
and 8) the answers of a group are x = nu + Lambda eta + epsilon, with factor means alpha, factor
covariances Phi and a diagonal covariance Theta of the residuals. So

    mu = nu + Lambda alpha        Sigma = Lambda Phi Lambda' + Theta.

All that a fit needs goes through these moments, m = (mu, lower triangle of Sigma). With J the
derivative of m by the free parameters, s that of a row's normal log-likelihood by m, and W the
expected information of a row about m, the chain rule gives for a group

    score of a row = J's        gradient = J' mean(s)        expected information = J'WJ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

EQUAL = ("loadings", "intercepts", "residuals")
_STEP = 1e-5


@dataclass(frozen=True)
class CfaSample:
    """Complete answers of one group, respondents x items."""

    unit: str
    x: np.ndarray

    @property
    def n(self) -> int:
        """Number of respondents."""
        return len(self.x)

    @cached_property
    def mean(self) -> np.ndarray:
        """Mean of each item."""
        return np.asarray(self.x.mean(axis=0))

    @cached_property
    def covariance(self) -> np.ndarray:
        """Covariances of the items with divisor n."""
        return np.cov(self.x.T, bias=True).reshape(self.x.shape[1], -1)

    def compute_scores(self, mean: np.ndarray, sigma: np.ndarray) -> np.ndarray:
        """Return s of each row."""
        inverse = np.linalg.inv(sigma)
        pull = (self.x - mean) @ inverse
        rows, columns, twice = _list_lower(len(mean))
        outer = pull[:, rows] * pull[:, columns] - inverse[rows, columns]
        return np.hstack([pull, twice / 2 * outer])


# mu and Sigma.
Moments = tuple[np.ndarray, np.ndarray]


def _list_lower(p: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows and columns of the lower triangle, and how often each entry stands in it."""
    rows, columns = np.tril_indices(p)
    return rows, columns, np.where(rows == columns, 1.0, 2.0)


def compute_moment_information(sigma: np.ndarray) -> np.ndarray:
    """Return W: Sigma^-1 of mu, and tr(Sigma^-1 E_ij Sigma^-1 E_kl) / 2 of Sigma, E symmetric."""
    inverse = np.linalg.inv(sigma)
    rows, columns, twice = _list_lower(len(sigma))
    block = (
        inverse[np.ix_(rows, rows)] * inverse[np.ix_(columns, columns)]
        + inverse[np.ix_(rows, columns)] * inverse[np.ix_(columns, rows)]
    )
    nothing = np.zeros((len(sigma), len(rows)))
    return np.block([[inverse, nothing], [nothing.T, block * np.outer(twice, twice) / 4]])


class Matrices(NamedTuple):
    """The parameters of a group: Lambda, Phi, the diagonal of Theta, nu and alpha."""

    loading: np.ndarray
    covariance: np.ndarray
    residual: np.ndarray
    intercept: np.ndarray
    mean: np.ndarray


@dataclass(frozen=True)
class CfaModel:
    """Which parameters there are, and where each stands in which group.

    `marker` is for each factor the item that gives it its unit, with a loading of 1: its first.
    `cells` are the free parameters of each group by kind, as arrays of row, column (0 in a vector)
    and number; what is equal across groups has one number.
    """

    samples: Sequence[CfaSample]
    items: tuple[str, ...]
    factors: tuple[str, ...]
    marker: np.ndarray
    cells: tuple[dict[str, np.ndarray], ...]
    npar: int

    @classmethod
    def make(
        cls, factors: Mapping[str, Sequence[str]], samples: Sequence[CfaSample],
        equal: Sequence[str],
    ) -> CfaModel:  # fmt: skip
        """Give every free parameter its number."""
        sizes = [len(own) for own in factors.values()]
        p, m, marker = sum(sizes), len(sizes), np.cumsum([0, *sizes[:-1]])
        alone = [(i, 0) for i in range(p)]
        places = {
            "loading": [(marker[f] + i, f) for f in range(m) for i in range(1, sizes[f])],
            "covariance": [(a, b) for a in range(m) for b in range(a + 1)],
            "residual": alone, "intercept": alone,
        }  # fmt: skip
        numbers: dict[tuple[Any, ...], int] = {}
        cells: list[dict[str, np.ndarray]] = []
        for g in range(len(samples)):
            # With equal intercepts the means of the factors are free in all groups but the first.
            free = [(f, 0) for f in range(m)] if g and "intercepts" in equal else []
            cells.append({
                kind: np.array([
                    (*at, numbers.setdefault((kind, *at, f"{kind}s" in equal or g), len(numbers)))
                    for at in own
                ], dtype=int).reshape(-1, 3).T for kind, own in {**places, "mean": free}.items()
            })  # fmt: skip
        items = tuple(item for own in factors.values() for item in own)
        return cls(samples, items, tuple(factors), marker, tuple(cells), len(numbers))

    @property
    def n(self) -> int:
        """Respondents in all groups."""
        return sum(sample.n for sample in self.samples)

    @property
    def moments(self) -> int:
        """Means and covariances in all groups."""
        return len(self.samples) * len(self.items) * (len(self.items) + 3) // 2

    def start(self) -> np.ndarray:
        """Return starting values from the moments of the groups, averaged where they are equal."""
        total, count = np.zeros(self.npar), np.zeros(self.npar)
        for sample, cells in zip(self.samples, self.cells, strict=True):
            variance = np.diag(sample.covariance)
            for kind, (i, j, number) in cells.items():
                guess = np.zeros(len(number))
                if kind == "loading":
                    sign = np.where(sample.covariance[i, self.marker[j]] < 0, -1.0, 1.0)
                    guess = sign * np.sqrt(variance[i] / variance[self.marker[j]])
                elif kind == "covariance":
                    guess = np.where(i == j, 0.5, 0.1) * variance[self.marker[i]]
                elif kind != "mean":
                    guess = sample.mean[i] if kind == "intercept" else 0.5 * variance[i]
                total[number] += guess
                count[number] += 1
        return total / count

    def fill(self, theta: np.ndarray, g: int) -> Matrices:
        """Return the matrices of a group."""
        p, m = len(self.items), len(self.factors)
        shapes = ((p, m), (m, m), p, p, m)
        out = Matrices(*(np.zeros(shape) for shape in shapes))
        out.loading[self.marker, np.arange(m)] = 1.0
        for kind, (i, j, number) in self.cells[g].items():
            matrix = getattr(out, kind)
            matrix[(i, j)[: matrix.ndim]] = theta[number]
        i, j, number = self.cells[g]["covariance"]
        out.covariance[j, i] = theta[number]
        return out

    def imply(self, theta: np.ndarray, g: int) -> Moments:
        """Return mu and Sigma of a group."""
        a, phi, rest, intercept, mean = self.fill(theta, g)
        return intercept + a @ mean, a @ phi @ a.T + np.diag(rest)

    def differentiate(self, theta: np.ndarray, g: int) -> np.ndarray:
        """Return J of a group, with a column for every parameter of the model."""
        a, phi, _, _, mean = self.fill(theta, g)
        p, common, (rows, columns, _) = len(a), a @ phi, _list_lower(len(a))
        out = np.zeros((p + len(rows), self.npar))
        sigma = out[p:]
        # Lambda_ij moves row i and column i of Sigma by column j of Lambda Phi, and mu_i.
        i, j, number = self.cells[g]["loading"]
        out[i, number] = mean[j]
        sigma[:, number] = (rows[:, None] == i) * common[columns][:, j]
        sigma[:, number] += (columns[:, None] == i) * common[rows][:, j]
        # Phi_ij moves Sigma by columns i and j of Lambda, on both sides of the diagonal.
        i, j, number = self.cells[g]["covariance"]
        both = a[rows][:, i] * a[columns][:, j] + a[columns][:, i] * a[rows][:, j]
        sigma[:, number] = both / np.where(i == j, 2, 1)
        i, _, number = self.cells[g]["residual"]
        sigma[:, number] = (rows[:, None] == i) & (columns[:, None] == i)
        i, _, number = self.cells[g]["intercept"]
        out[i, number] = 1.0
        i, _, number = self.cells[g]["mean"]
        out[:p, number] = a[:, i]
        return out

    def _iterate(self, theta: np.ndarray) -> Iterator[tuple[CfaSample, float, np.ndarray, Moments]]:
        """Go through the groups: sample, share of the rows, J, mu and Sigma."""
        for g, sample in enumerate(self.samples):
            yield sample, sample.n / self.n, self.differentiate(theta, g), self.imply(theta, g)

    def compute_discrepancy(self, theta: np.ndarray) -> float:
        """Return the test statistic per row; infinite where no covariance is implied."""
        value = 0.0
        for g, sample in enumerate(self.samples):
            mean, sigma = self.imply(theta, g)
            try:
                root = np.linalg.cholesky(sigma)
            except np.linalg.LinAlgError:
                return float("inf")
            apart, inverse = sample.mean - mean, np.linalg.inv(sigma)
            logs = 2 * np.log(np.diag(root)).sum() - np.linalg.slogdet(sample.covariance)[1]
            distance = (sample.covariance * inverse).sum() + apart @ inverse @ apart - len(mean)
            value += sample.n / self.n * float(logs + distance)
        return value

    def compute_gradient(self, theta: np.ndarray) -> np.ndarray:
        """Return the derivative of half the discrepancy: -J' mean(s), matrix by matrix."""
        out = np.zeros(self.npar)
        for g, sample in enumerate(self.samples):
            a, phi, _, _, mean = self.fill(theta, g)
            mu, sigma = self.imply(theta, g)
            inverse, apart = np.linalg.inv(sigma), sample.mean - mu
            pull = inverse @ apart
            by_sigma = inverse - inverse @ sample.covariance @ inverse - np.outer(pull, pull)
            slopes = Matrices(
                by_sigma @ a @ phi - np.outer(pull, mean),
                a.T @ by_sigma @ a * (1 - np.eye(len(phi)) / 2),
                np.diag(by_sigma) / 2, -pull, -a.T @ pull,
            )  # fmt: skip
            for kind, (i, j, number) in self.cells[g].items():
                slope = getattr(slopes, kind)
                out[number] += sample.n / self.n * slope[(i, j)[: slope.ndim]]
        return out

    def compute_scores(self, theta: np.ndarray) -> np.ndarray:
        """Return each row's derivative of its log-likelihood."""
        return np.vstack([sample.compute_scores(*moments) @ jacobian
                          for sample, _, jacobian, moments in self._iterate(theta)])  # fmt: skip

    def expect_information(self, theta: np.ndarray) -> np.ndarray:
        """Return the expected information per row, J'WJ without the large W."""
        out, p = np.zeros((self.npar, self.npar)), len(self.items)
        rows, columns, _ = _list_lower(p)
        for _, share, jacobian, (_, sigma) in self._iterate(theta):
            # With Sigma^-1 = RR', tr(Sigma^-1 D_k Sigma^-1 D_l) is the sum of R'D_kR times R'D_lR.
            root, change = np.linalg.cholesky(np.linalg.inv(sigma)), np.zeros((self.npar, p, p))
            change[:, rows, columns] = change[:, columns, rows] = jacobian[p:].T
            turned = (root.T @ change @ root).reshape(self.npar, -1)
            means = root.T @ jacobian[:p]
            out += share * (means.T @ means + turned @ turned.T / 2)
        return out

    def observe_information(self, theta: np.ndarray) -> np.ndarray:
        """Return the Hessian per row, from central differences of the exact gradient."""
        steps = _STEP * np.maximum(1.0, np.abs(theta))
        out = np.array([
            (self.compute_gradient(theta + step) - self.compute_gradient(theta - step))
            / (2 * step.sum()) for step in np.diag(steps)
        ])  # fmt: skip
        return np.asarray((out + out.T) / 2)
