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
from typing import NamedTuple

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

    def compute_mean_score(self, mean: np.ndarray, sigma: np.ndarray) -> np.ndarray:
        """Return the mean of s, which needs the moments of the rows only."""
        inverse, apart = np.linalg.inv(sigma), self.mean - mean
        outer = inverse @ (self.covariance + np.outer(apart, apart)) @ inverse - inverse
        rows, columns, twice = _list_lower(len(mean))
        return np.concatenate([inverse @ apart, twice / 2 * outer[rows, columns]])


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


class Cell(NamedTuple):
    """Where a free parameter stands: matrix (or vector), row, column (of a matrix), number."""

    kind: str
    row: int
    column: int
    number: int


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
    `cells` are the free parameters of each group; what is equal across groups has one number.
    """

    samples: Sequence[CfaSample]
    items: tuple[str, ...]
    factors: tuple[str, ...]
    marker: np.ndarray
    cells: tuple[list[Cell], ...]
    npar: int

    @classmethod
    def make(
        cls, factors: Mapping[str, Sequence[str]], samples: Sequence[CfaSample],
        equal: Sequence[str],
    ) -> CfaModel:  # fmt: skip
        """Give every free parameter its number."""
        sizes = [len(own) for own in factors.values()]
        p, m, first = sum(sizes), len(sizes), np.cumsum([0, *sizes[:-1]])
        places = [("loading", first[f] + i, f) for f in range(m) for i in range(1, sizes[f])]
        places += [("covariance", a, b) for a in range(m) for b in range(a + 1)]
        places += [(kind, i, 0) for kind in ("residual", "intercept") for i in range(p)]
        numbers: dict[tuple[str, int, int, int], int] = {}
        cells: list[list[Cell]] = []
        for g in range(len(samples)):
            # With equal intercepts the means of the factors are free in all groups but the first.
            free = m if g and "intercepts" in equal else 0
            cells.append([])
            for kind, i, j in [*places, *(("mean", f, 0) for f in range(free))]:
                key = (kind, i, j, -1 if f"{kind}s" in equal else g)
                cells[g].append(Cell(kind, i, j, numbers.setdefault(key, len(numbers))))
        items = tuple(item for own in factors.values() for item in own)
        return cls(samples, items, tuple(factors), first, tuple(cells), len(numbers))

    @property
    def n(self) -> int:
        """Respondents in all groups."""
        return sum(sample.n for sample in self.samples)

    @property
    def moments(self) -> int:
        """Means and covariances in all groups."""
        return len(self.samples) * len(self.items) * (len(self.items) + 3) // 2

    def start(self) -> np.ndarray:
        """Return starting values from the moments of the groups."""
        guesses: list[list[float]] = [[] for _ in range(self.npar)]
        for sample, cells in zip(self.samples, self.cells, strict=True):
            variance = np.diag(sample.covariance)
            for kind, i, j, number in cells:
                guess = 0.0
                if kind == "loading":
                    marker = self.marker[j]
                    sign = np.sign(sample.covariance[i, marker]) or 1.0
                    guess = sign * np.sqrt(variance[i] / variance[marker])
                elif kind == "covariance":
                    guess = (0.5 if i == j else 0.1) * variance[self.marker[i]]
                elif kind != "mean":
                    guess = sample.mean[i] if kind == "intercept" else 0.5 * variance[i]
                guesses[number].append(float(guess))
        return np.array([np.mean(own) for own in guesses])

    def fill(self, theta: np.ndarray, g: int) -> Matrices:
        """Return the matrices of a group."""
        p, m = len(self.items), len(self.factors)
        shapes = ((p, m), (m, m), p, p, m)
        out = Matrices(*(np.zeros(shape) for shape in shapes))
        out.loading[self.marker, np.arange(m)] = 1.0
        for kind, i, j, number in self.cells[g]:
            matrix = getattr(out, kind)
            matrix[(i, j)[: matrix.ndim]] = theta[number]
            if kind == "covariance":
                matrix[j, i] = theta[number]
        return out

    def imply(self, theta: np.ndarray, g: int) -> Moments:
        """Return mu and Sigma of a group."""
        a, phi, rest, intercept, mean = self.fill(theta, g)
        return intercept + a @ mean, a @ phi @ a.T + np.diag(rest)

    def differentiate(self, theta: np.ndarray, g: int) -> np.ndarray:
        """Return J of a group, with a column for every parameter of the model."""
        own, p = self.fill(theta, g), len(self.items)
        a, common = own.loading, own.loading @ own.covariance
        rows, columns, _ = _list_lower(p)
        out = np.zeros((p + len(rows), self.npar))
        for kind, i, j, number in self.cells[g]:
            mean, half = np.zeros(p), np.zeros((p, p))  # Sigma changes by half and its transpose
            if kind == "loading":
                mean[i], half[i] = own.mean[j], common[:, j]
            elif kind == "covariance":
                half = np.outer(a[:, i], a[:, j]) / (2 if i == j else 1)
            elif kind == "residual":
                half[i, i] = 0.5
            elif kind == "intercept":
                mean[i] = 1.0
            else:
                mean = a[:, i]
            out[:, number] = np.concatenate([mean, (half + half.T)[rows, columns]])
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
        """Return the derivative of half the discrepancy."""
        parts = [share * sample.compute_mean_score(*moments) @ jacobian
                 for sample, share, jacobian, moments in self._iterate(theta)]  # fmt: skip
        return np.asarray(-np.sum(parts, axis=0))

    def compute_scores(self, theta: np.ndarray) -> np.ndarray:
        """Return each row's derivative of its log-likelihood."""
        return np.vstack([sample.compute_scores(*moments) @ jacobian
                          for sample, _, jacobian, moments in self._iterate(theta)])  # fmt: skip

    def expect_information(self, theta: np.ndarray) -> np.ndarray:
        """Return the expected information per row."""
        parts = [share * jacobian.T @ compute_moment_information(moments[1]) @ jacobian
                 for _, share, jacobian, moments in self._iterate(theta)]  # fmt: skip
        return np.asarray(np.sum(parts, axis=0))

    def observe_information(self, theta: np.ndarray) -> np.ndarray:
        """Return the Hessian per row, from central differences of the exact gradient."""
        steps = _STEP * np.maximum(1.0, np.abs(theta))
        out = np.array([
            (self.compute_gradient(theta + step) - self.compute_gradient(theta - step))
            / (2 * step.sum()) for step in np.diag(steps)
        ])  # fmt: skip
        return np.asarray((out + out.T) / 2)
