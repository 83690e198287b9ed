"""Group means that borrow strength from each other, with all that is unknown kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from fewlikert.errors import InputError
from fewlikert.options import check_level

_GRID = 2000
_NODES = 120


@dataclass(frozen=True)
class PooledMeans:
    """Partially pooled means.

    Attributes
    ----------
    means : DataFrame
        One row per group: `unit`, `mean`, `se` (as given), `pooled`, `sd`, `low`, `high`
        (posterior), `shrinkage` (share taken from the grand mean).
    ranks : DataFrame
        `unit` x rank: P(rank = k), 1 the highest mean.
    superiority : DataFrame
        `unit` x `unit`: P(row > column).
    spread : dict of str to float
        Between-group sd: `mean`, `median`, `low`, `high` (posterior), `paule_mandel`,
        `reml`; and `grand_mean`, `grand_sd`.
    """

    means: pd.DataFrame
    ranks: pd.DataFrame
    superiority: pd.DataFrame
    spread: dict[str, float]


def pool_means(
    means: pd.Series, se: pd.Series, *, prior_scale: float, level: float = 0.95
) -> PooledMeans:
    """Pool group means partially, integrating over how much groups differ.

    Parameters
    ----------
    means : Series
        Mean of each group, indexed by unit.
    se : Series
        Standard error of each, above zero.
    prior_scale : float
        Scale of the half-normal prior of the between-group sd, in the unit of the means:
        about the largest sd that would be no surprise.
    level : float
        Of the intervals.

    Returns
    -------
    PooledMeans
        Shrunken means, probabilities of ranks and of one group exceeding another.

    Raises
    ------
    InputError
        Fewer than two groups, or a standard error that is zero or missing.

    Notes
    -----
    Normal means, flat prior on the grand mean (Rubin, 1981; Gelman and others, 2013,
    *Bayesian Data Analysis*, section 5.4). The only integral without a closed form, over
    the between-group sd, is a sum over a fine grid; ranks are integrated exactly over the
    grand mean and the sd instead of drawn. Paule and Mandel (1982) and REML estimates of
    the sd stand beside it, as ``metafor::rma`` gives them.

    Examples
    --------
    >>> means = pd.Series({"SE": 52.0, "FI": 58.0, "IE": 53.0})
    >>> found = pool_means(means, pd.Series(4.0, means.index), prior_scale=10)
    >>> bool(found.means.set_index("unit").at["FI", "pooled"] < 58)
    True
    """
    check_level(level)
    y, s = means.to_numpy(dtype=float), se.reindex(means.index).to_numpy(dtype=float)
    if len(y) < 2:
        raise InputError("pool_means: two groups or more are needed")
    if not (np.isfinite(y).all() and np.isfinite(s).all() and (s > 0).all()):
        bad = means.index[~(np.isfinite(y) & np.isfinite(s) & (s > 0))][0]
        raise InputError(f"pool_means: {bad}: a mean and a standard error above zero are needed")
    if not prior_scale > 0:
        raise InputError(f"pool_means: prior_scale {prior_scale} is not above zero")
    # The prior's quantiles as grid: every point has the same prior weight.
    tau = prior_scale * stats.halfnorm.ppf((np.arange(_GRID) + 0.5) / _GRID)
    w = 1 / (s**2 + tau[:, None] ** 2)
    total = w.sum(axis=1)
    grand = (w @ y) / total
    fit = 0.5 * (
        np.log(w).sum(axis=1) - np.log(total) - (w * (y - grand[:, None]) ** 2).sum(axis=1)
    )
    p = special.softmax(fit)
    keep = tau[:, None] ** 2 * w  # share of the group's own mean
    centre = keep * y + (1 - keep) * grand[:, None]
    own = keep * s**2  # variance given the grand mean
    variance = own + (1 - keep) ** 2 / total[:, None]
    pooled = p @ centre
    sd = np.sqrt(p @ (variance + (centre - pooled) ** 2))
    ends = [[_find_quantile(q, p, centre[:, i], np.sqrt(variance[:, i])) for q in
             (0.5 - level / 2, 0.5 + level / 2)] for i in range(len(y))]  # fmt: skip
    units = [str(u) for u in means.index]
    table = pd.DataFrame(
        {
            "unit": units, "mean": y, "se": s, "pooled": pooled, "sd": sd,
            "low": [e[0] for e in ends], "high": [e[1] for e in ends],
            "shrinkage": 1 - p @ keep,
        }
    )  # fmt: skip
    above = _find_superiority(p, centre, own, keep, total)
    ranks = _find_ranks(p, y, s, tau)
    at = np.cumsum(p)
    spread = {
        "mean": float(p @ tau),
        **{name: float(np.interp(q, at, tau)) for name, q in
           (("low", 0.5 - level / 2), ("median", 0.5), ("high", 0.5 + level / 2))},
        "paule_mandel": _estimate_paule_mandel(y, s),
        "reml": _estimate_reml(y, s),
        "grand_mean": float(p @ grand),
        "grand_sd": float(np.sqrt(p @ (1 / total + (grand - p @ grand) ** 2))),
    }  # fmt: skip
    return PooledMeans(
        table,
        pd.DataFrame(ranks, units, range(1, len(y) + 1)),
        pd.DataFrame(above, units, units),
        spread,
    )


def _find_quantile(q: float, p: np.ndarray, centre: np.ndarray, sd: np.ndarray) -> float:
    def miss(x: float) -> float:
        return float(p @ special.ndtr((x - centre) / sd)) - q

    low, high = float((centre - 12 * sd).min()), float((centre + 12 * sd).max())
    return float(optimize.brentq(miss, low, high, xtol=1e-10))


def _find_superiority(
    p: np.ndarray, centre: np.ndarray, own: np.ndarray, keep: np.ndarray, total: np.ndarray
) -> np.ndarray:
    k = centre.shape[1]
    out = np.full((k, k), np.nan)
    for i in range(k):
        for j in range(k):
            if i != j:
                shared = (keep[:, j] - keep[:, i]) ** 2 / total
                sd = np.sqrt(own[:, i] + own[:, j] + shared)
                out[i, j] = float(p @ special.ndtr((centre[:, i] - centre[:, j]) / sd))
    return out


def _take_nodes(p: np.ndarray, tau: np.ndarray, *, n: int = 24) -> list[tuple[float, float]]:
    """Gather the grid into pieces of like weight, each a Gauss rule of two points.

    Weights and first three moments of each piece are kept, so that a smooth function of the sd
    has the same integral to the fourth order of the width of a piece.
    """
    pieces = np.minimum((np.cumsum(p) * n).astype(int), n - 1)
    nodes: list[tuple[float, float]] = []
    for piece in np.unique(pieces):
        own = (pieces == piece) & (p > 0)
        if not own.any():
            continue
        weight = p[own].sum()
        q, x = p[own] / weight, tau[own]
        mean = q @ x
        second, third = q @ (x - mean) ** 2, q @ (x - mean) ** 3
        if not second > 1e-12 * mean**2:
            nodes.append((float(weight), float(mean)))
            continue
        lean = third / second / 2
        reach = np.sqrt(second + lean**2)
        for sign in (-1.0, 1.0):
            share = (1 - sign * lean / reach) / 2
            nodes.append((float(weight * share), float(mean + lean + sign * reach)))
    return nodes


def _find_ranks(p: np.ndarray, y: np.ndarray, s: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """Integrate P(rank = k): given grand mean and sd, groups are independent."""
    k = len(y)
    nodes, weights = np.polynomial.hermite_e.hermegauss(24)
    weights = weights / weights.sum()
    inner, dense = np.polynomial.legendre.leggauss(_NODES)
    out = np.zeros((k, k))
    for weight, spread in _take_nodes(p, tau):
        w = 1 / (s**2 + spread**2)
        mu = (w @ y) / w.sum() + nodes / np.sqrt(w.sum())
        share = spread**2 * w
        sd = np.sqrt(share) * s
        centre = share * y + (1 - share) * mu[:, None]
        for i in range(k):
            reach = 8 * sd[i]
            x = centre[:, i, None] + reach * inner
            density = dense * reach * np.exp(-0.5 * ((x - centre[:, i, None]) / sd[i]) ** 2)
            density = density / density.sum(axis=1, keepdims=True)
            # Number of others above x: a sum of independent yes-or-noes.
            count = np.zeros((k, *x.shape))
            count[0] = 1.0
            for j in range(k):
                if j == i:
                    continue
                above = special.ndtr((centre[:, j, None] - x) / sd[j])
                count[1:] = count[1:] * (1 - above) + count[:-1] * above
                count[0] *= 1 - above
            out[i] += weight * np.einsum("kmx,mx,m->k", count, density, weights)
    ranks: np.ndarray = out / out.sum(axis=1, keepdims=True)
    return ranks


def _estimate_paule_mandel(y: np.ndarray, s: np.ndarray) -> float:
    def miss(variance: float) -> float:
        w = 1 / (s**2 + variance)
        mean = (w @ y) / w.sum()
        return float((w * (y - mean) ** 2).sum()) - (len(y) - 1)

    if miss(0.0) <= 0:
        return 0.0
    high = float(y.var()) + 1e-12
    while miss(high) > 0:
        high *= 2
    return float(np.sqrt(optimize.brentq(miss, 0.0, high, xtol=1e-14)))


def _estimate_reml(y: np.ndarray, s: np.ndarray) -> float:
    def lose(variance: float) -> float:
        w = 1 / (s**2 + variance)
        mean = (w @ y) / w.sum()
        return float(np.log(w.sum()) - np.log(w).sum() + (w * (y - mean) ** 2).sum())

    high = 4 * float(y.var(ddof=1)) + float(s.max()) ** 2
    found = optimize.minimize_scalar(
        lose, bounds=(0.0, high), method="bounded", options={"xatol": 1e-12}
    )
    return 0.0 if lose(0.0) <= found.fun else float(np.sqrt(found.x))
