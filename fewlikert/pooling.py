"""Group means that borrow strength from each other, with all that is unknown kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special

from fewlikert.errors import InputError
from fewlikert.options import check_level, check_positive
from fewlikert.tables import check_names, read_numbers

_GRID = 1000
_NEGLIGIBLE = 60.0  # in log density below the highest
_MOST_APART = 1e9  # the prior's scale and the errors
_FAR = 9.0  # a normal variable is not farther out, in standard deviations
_ZONE = 7.0  # the same for one group's mean, whose density is multiplied with others
_SPREADS, _GRANDS, _PANEL = 20, 8, 12  # nodes of the ranks' integrals


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
        Between-group sd: `mean`, `median`, `low`, `high` (posterior), `paule_mandel`, `reml`;
        and `grand_mean`, `grand_sd`.
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
    means, se : Series
        Mean of each group and its standard error, above zero, by the same labels.
    prior_scale : float
        Scale of the half-normal prior of the between-group sd, in the unit of the means:
        about the largest sd that would be no surprise.
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    PooledMeans
        Shrunken means, probabilities of ranks and of one group exceeding another.

    Raises
    ------
    InputError
        Fewer than two groups, labels that differ or come twice, a standard error or `prior_scale`
        that is not above 0, or `level` is not between 0 and 1.

    Notes
    -----
    Normal means, flat prior on the grand mean (Rubin, 1981; Gelman and others, 2013,
    *Bayesian Data Analysis*, section 5.4). The only integral without a closed form, over
    the between-group sd, is a sum over a fine grid; ranks are integrated over the grand mean
    and the sd instead of drawn. Paule and Mandel (1982) and REML estimates of the sd stand
    beside it, as ``metafor::rma`` gives them.

    Examples
    --------
    >>> means = pd.Series({"SE": 52.0, "FI": 58.0, "IE": 53.0})
    >>> found = pool_means(means, pd.Series(4.0, means.index), prior_scale=10)
    >>> found.means.set_index("unit")["pooled"].round(2).tolist()
    [53.34, 55.89, 53.77]
    """
    check_level(level)
    check_positive(prior_scale, "prior_scale")
    y, s = _read_means(means, se)
    units = [str(unit) for unit in means.index]
    # In the unit of the errors and around the middle, where no tolerance depends on either.
    centre, unit = float(np.median(y)), float(np.median(s))
    if not 1 / _MOST_APART < prior_scale / unit < _MOST_APART:
        raise InputError(
            f"prior_scale {prior_scale!r} is in no proportion to the standard errors, of about "
            f"{unit:.3g}; it is in the unit of the means"
        )
    y, s = (y - centre) / unit, s / unit
    v, p = _integrate_spread(y, s, prior_scale / unit)
    tau = s.min() * np.sinh(v)
    w = 1 / (s**2 + tau[:, None] ** 2)
    total = w.sum(axis=1)
    grand = (w @ y) / total
    keep = tau[:, None] ** 2 * w  # share of the group's own mean
    middle = keep * y + (1 - keep) * grand[:, None]
    own = keep * s**2  # variance given the grand mean
    sd = np.sqrt(own + (1 - keep) ** 2 / total[:, None])
    pooled = p @ middle
    tails = (0.5 - level / 2, 0.5 + level / 2)
    low, high = (np.array([_find_quantile(q, p, middle[:, i], sd[:, i]) for i in range(len(y))])
                 for q in tails)  # fmt: skip
    table = pd.DataFrame({
        "unit": units, "mean": means.to_numpy(dtype=float), "se": s * unit,
        "pooled": centre + unit * pooled,
        "sd": unit * np.sqrt(p @ (sd**2 + (middle - pooled) ** 2)),
        "low": centre + unit * low, "high": centre + unit * high, "shrinkage": 1 - p @ keep,
    })  # fmt: skip
    above = np.full((len(y), len(y)), np.nan)
    for i in range(len(y)):
        for j in range(i):
            apart = np.sqrt(own[:, i] + own[:, j] + (keep[:, j] - keep[:, i]) ** 2 / total)
            above[i, j] = p @ special.ndtr((middle[:, i] - middle[:, j]) / apart)
            above[j, i] = 1 - above[i, j]
    at, mean = np.cumsum(p), float(p @ grand)
    edges = s.min() * np.sinh(v + (v[1] - v[0]) / 2)  # up to which the sums of p reach
    spread = {
        "mean": float(p @ tau), "low": np.interp(0.5 - level / 2, at, edges),
        "median": np.interp(0.5, at, edges), "high": np.interp(0.5 + level / 2, at, edges),
        "paule_mandel": _estimate_paule_mandel(y, s),
        "reml": _estimate_reml(y, s),
        "grand_sd": float(np.sqrt(p @ (1 / total + (grand - mean) ** 2))),
    }  # fmt: skip
    return PooledMeans(
        table,
        pd.DataFrame(_compute_ranks(v, p, y, s), units, range(1, len(y) + 1)),
        pd.DataFrame(above, units, units),
        {"grand_mean": centre + unit * mean} | {k: float(unit * x) for k, x in spread.items()},
    )


def _read_means(means: pd.Series, se: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    if not (isinstance(means, pd.Series) and isinstance(se, pd.Series)):
        raise InputError("means and se: two Series with the same labels are needed")
    if len(means) < 2:
        raise InputError("pool_means: two groups or more are needed")
    if not (means.index.is_unique and se.index.is_unique and not set(means.index) ^ set(se.index)):
        raise InputError("se: one for each mean is needed, with the same labels, each once")
    check_names("means", means.index)
    both = pd.DataFrame({"mean": means, "se": se.reindex(means.index)})
    y, s = read_numbers(both, "mean"), read_numbers(both, "se")
    wrong = ~(np.isfinite(y) & (s > 0))
    if wrong.any():
        bad = means.index[int(wrong.argmax())]
        raise InputError(f"pool_means: {bad}: a mean and a standard error above zero are needed")
    return y, s


def _integrate_spread(y: np.ndarray, s: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a grid of the between-group sd, in v of min(s) sinh(v), and its posterior.

    The density is an even function of v, so equal steps from half a step on integrate it to
    the last digits: first over all that the prior allows, then where the posterior is.
    """
    low, high = 0.0, float(np.arcsinh(_FAR * scale / s.min()))
    for _ in range(2):
        step = (high - low) / _GRID
        v = low + step * (np.arange(_GRID) + 0.5)
        tau = s.min() * np.sinh(v)
        w = 1 / (s**2 + tau[:, None] ** 2)
        total = w.sum(axis=1)
        apart = (w * (y - ((w @ y) / total)[:, None]) ** 2).sum(axis=1)
        log = 0.5 * (np.log(w).sum(axis=1) - np.log(total) - apart - (tau / scale) ** 2)
        log += np.log(np.cosh(v))
        held = v[log > log.max() - _NEGLIGIBLE]
        low, high = max(low, held[0] - step), min(high, held[-1] + step)
        low = low if low > step else 0.0
    return v, special.softmax(log)


def _find_quantile(q: float, p: np.ndarray, middle: np.ndarray, sd: np.ndarray) -> float:
    def miss(x: float) -> float:
        return float(p @ special.ndtr((x - middle) / sd)) - q

    low, high = float((middle - 12 * sd).min()), float((middle + 12 * sd).max())
    return float(optimize.brentq(miss, low, high, xtol=1e-10))


def _compute_ranks(v: np.ndarray, p: np.ndarray, y: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Integrate P(rank = k) over the sd, the grand mean and the place of each group's mean.

    Given sd and grand mean the groups are independent: at a place x the number of groups above
    it is a sum of yes-or-noes, from which each group in turn is taken out again.
    """
    out = np.zeros((len(y), len(y)))
    nodes, weights = np.polynomial.hermite_e.hermegauss(_GRANDS)
    for at, weight in zip(*_find_gauss_rule(v, p, _SPREADS), strict=True):
        tau = s.min() * np.sinh(at)
        w = 1 / (s**2 + tau**2)
        keep = tau**2 * w
        sd = np.sqrt(keep) * s
        for node, share in zip(nodes, weights / weights.sum(), strict=True):
            grand = (w @ y) / w.sum() + node / np.sqrt(w.sum())
            middle = keep * y + (1 - keep) * grand
            x, dx = _place_nodes(middle, sd)
            z = (x - middle[:, None]) / sd[:, None]
            density = np.exp(-0.5 * z**2) * dx
            density *= weight * share / density.sum(axis=1, keepdims=True)
            _add_ranks(out, special.ndtr(-z), density)
    return out


def _find_gauss_rule(v: np.ndarray, p: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the Gauss rule of a discrete distribution (Golub and Welsch, 1969)."""
    middle, reach = (v[0] + v[-1]) / 2, (v[-1] - v[0]) / 2
    scaled = (v - middle) / reach
    powers = np.polynomial.legendre.legvander(scaled, n - 1)
    basis = np.linalg.qr(np.sqrt(p)[:, None] * powers)[0]
    nodes, vectors = np.linalg.eigh(basis.T @ (scaled[:, None] * basis))
    return middle + reach * nodes, vectors[0] ** 2


def _place_nodes(middle: np.ndarray, sd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights over all places, dense where a narrow group's mean may be."""
    first, last = middle - _ZONE * sd, middle + _ZONE * sd
    edges = [first.min()]
    while edges[-1] < last.max():
        reach = np.maximum(first - edges[-1], 0) + 2 * sd
        edges.append(edges[-1] + reach[last > edges[-1]].min())
    nodes, weights = np.polynomial.legendre.leggauss(_PANEL)
    half = np.diff(edges)[:, None] / 2
    return (np.array(edges[:-1])[:, None] + half * (1 + nodes)).ravel(), (half * weights).ravel()


def _add_ranks(out: np.ndarray, above: np.ndarray, density: np.ndarray) -> None:
    """Add P(k of the others are above) to each group's probabilities; groups x places."""
    n = len(above)
    count = np.zeros((n + 1, above.shape[1]))
    count[0] = 1.0
    for j, a in enumerate(above):
        count[1 : j + 2] += a * (count[: j + 1] - count[1 : j + 2])
        count[0] *= 1 - a
    # count[k] = (1 - a) others[k] + a others[k - 1]: solved upwards where a is small, else (the
    # same with above and below exchanged) downwards, so that an error shrinks at every step.
    low = above <= 0.5
    less, more = np.where(low, above, 1 - above), np.where(low, 1 - above, above)
    likely, unlikely = density * low, density * ~low
    others = np.zeros_like(above)
    for k in range(n):
        others = (np.where(low, count[k], count[n - k]) - less * others) / more
        out[:, k] += np.einsum("gx,gx->g", likely, others)
        out[:, n - 1 - k] += np.einsum("gx,gx->g", unlikely, others)


def _estimate_paule_mandel(y: np.ndarray, s: np.ndarray) -> float:
    def miss(variance: float) -> float:
        w = 1 / (s**2 + variance)
        return float((w * (y - (w @ y) / w.sum()) ** 2).sum()) - (len(y) - 1)

    high = 1.0
    while miss(high) > 0:
        high *= 2
    return 0.0 if miss(0.0) <= 0 else float(np.sqrt(optimize.brentq(miss, 0.0, high, xtol=1e-14)))


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
