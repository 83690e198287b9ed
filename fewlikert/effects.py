"""Sizes of differences, with exact intervals where there are any."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import optimize, special, stats

from fewlikert.options import check_level
from fewlikert.tables import is_flat, level_ties


class Effect(NamedTuple):
    """An effect size with its interval; NaN where it cannot be had."""

    estimate: float
    low: float
    high: float


_FAR = 1e6
_NONE = Effect(float("nan"), float("nan"), float("nan"))


def compute_hedges_g(x: np.ndarray, y: np.ndarray, *, level: float = 0.95) -> Effect:
    """Compute the standardised difference of two means, corrected for small samples.

    Hedges (1981), *Journal of Educational Statistics* 6, 107-128; as ``effectsize::hedges_g``.
    """
    check_level(level)
    n, m = len(x), len(y)
    df = n + m - 2
    if min(n, m) < 2 or (is_flat(x) and is_flat(y)):
        return _NONE
    pooled = np.sqrt(((n - 1) * x.var(ddof=1) + (m - 1) * y.var(ddof=1)) / df)
    scale = np.sqrt(1 / n + 1 / m)
    t = (x.mean() - y.mean()) / pooled / scale
    reach = 5 + abs(t)

    def solve(p: float) -> float:
        return _solve(lambda shift: _find_t_share(t, df, shift) - p, t - reach, t + reach)

    # The noncentralities under which so large or so small a t has the probability of a tail.
    low, high = solve(0.5 + level / 2), solve(0.5 - level / 2)
    shrink = np.exp(special.gammaln(df / 2) - np.log(df / 2) / 2 - special.gammaln((df - 1) / 2))
    return Effect(*(float(end * scale * shrink) for end in (t, low, high)))


def _find_t_share(t: float, df: float, shift: float) -> float:
    """Return the share of a noncentral t distribution below a value."""
    if t * t < _FAR * df:
        share = float(special.nctdtr(df, shift, t))
        # Far in a tail scipy's series gives NaN here and there.
        return share if np.isfinite(share) else float(t > shift)
    # So far out that only the standard deviation is in doubt, and scipy's series has no end.
    side = float(stats.chi2.sf(df * (shift / t) ** 2, df)) if shift * t > 0 else 1.0
    return side if t > 0 else 1 - side


def _solve(miss: Callable[[float], float], low: float, high: float) -> float:
    """Find where a falling function crosses zero, widening the bracket where it must."""
    while miss(low) < 0:
        low -= 2 * (high - low)
    while miss(high) > 0:
        high += 2 * (high - low)
    return float(optimize.brentq(miss, low, high, xtol=1e-12, rtol=1e-14))


def compute_cliffs_delta(x: np.ndarray, y: np.ndarray, *, level: float = 0.95) -> Effect:
    """Compute how much more often one group's values exceed the other's than the reverse.

    Cliff (1993), *Psychological Bulletin* 114, 494-509. Interval on Fisher's scale with the
    standard error of the rank-sum statistic, as ``effectsize::cliffs_delta``; it is not
    exact, and at a delta of 1 or -1 it has no width.
    """
    check_level(level)
    n, m = len(x), len(y)
    if not n or not m:
        return _NONE
    ranks = stats.rankdata(level_ties(np.concatenate([x, y])))
    delta = float(2 * (ranks[:n].mean() - (n + 1) / 2) / m - 1)
    reach = stats.norm.ppf(0.5 + level / 2) * np.sqrt((n + m + 1) / (3 * n * m))
    with np.errstate(divide="ignore"):
        middle = np.arctanh(delta)
    return Effect(delta, float(np.tanh(middle - reach)), float(np.tanh(middle + reach)))


def compute_omega_squared(f: float, df: float, df_error: float, *, level: float = 0.95) -> Effect:
    """Compute which share of the variance lies between groups, from an F statistic.

    Steiger (2004), *Psychological Methods* 9, 164-182. Never below 0; the interval inverts the
    noncentral F distribution, as ``effectsize::omega_squared(alternative = "two.sided")``.
    """
    check_level(level)
    share = max(0.0, (f - 1) * df / (f * df + df_error + 1))
    own = (share / df) / ((1 - share) / df_error)
    ends = [0.0, 0.0]
    for i, p in enumerate((0.5 + level / 2, 0.5 - level / 2)):

        def miss(shift: float, p: float = p) -> float:
            return float(special.ncfdtr(df, df_error, shift, own)) - p

        if own > 0 and miss(0.0) > 0:
            shift = _solve(miss, 0.0, 10.0 + own * df)
            ends[i] = shift / (shift + df_error)
    return Effect(share, *ends)


def find_detectable_difference(
    sd: float, n: int, m: int, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Find the smallest difference of means that two groups of this size would show."""
    df = n + m - 2
    if min(n, m) < 2 or not sd > 0:
        return float("nan")
    edge = float(stats.t.ppf(1 - alpha / 2, df))
    scale = np.sqrt(n * m / (n + m))

    def miss(d: float) -> float:
        within = _find_t_share(edge, df, d * scale) - _find_t_share(-edge, df, d * scale)
        return within - (1 - power)

    return float(sd * _solve(miss, 0.0, (edge + 1) / scale))
