"""Sizes of differences, with exact intervals where there are any."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import optimize, special, stats

from fewlikert.options import check_level

_TINY = 1e-12


class Effect(NamedTuple):
    """An effect size with its interval; NaN where it cannot be had."""

    estimate: float
    low: float
    high: float


_NONE = Effect(float("nan"), float("nan"), float("nan"))


def compute_hedges_g(x: np.ndarray, y: np.ndarray, *, level: float = 0.95) -> Effect:
    """Compute the standardised difference of two means, corrected for small samples.

    Hedges (1981), *Journal of Educational Statistics* 6, 107-128; as
    ``effectsize::hedges_g``.
    """
    check_level(level)
    n, m = len(x), len(y)
    df = n + m - 2
    if min(n, m) < 2:
        return _NONE
    pooled = np.sqrt(((n - 1) * x.var(ddof=1) + (m - 1) * y.var(ddof=1)) / df)
    if not pooled > _TINY:
        return _NONE
    scale = np.sqrt(1 / n + 1 / m)
    d = (x.mean() - y.mean()) / pooled
    low, high = _find_t_noncentrality(d / scale, df, level)
    shrink = np.exp(special.gammaln(df / 2) - np.log(df / 2) / 2 - special.gammaln((df - 1) / 2))
    return Effect(float(d * shrink), float(low * scale * shrink), float(high * scale * shrink))


def _find_t_noncentrality(t: float, df: float, level: float) -> tuple[float, float]:
    def solve(share: float) -> float:
        def miss(shift: float) -> float:
            return _find_t_share(t, df, shift) - share

        low, high = t - 5 - abs(t), t + 5 + abs(t)
        return float(optimize.brentq(miss, low, high, xtol=1e-12, rtol=1e-14))

    return solve(0.5 + level / 2), solve(0.5 - level / 2)


def _find_t_share(t: float, df: float, shift: float) -> float:
    share = float(special.nctdtr(df, shift, t))
    # Far in a tail scipy's series gives NaN here and there.
    return share if np.isfinite(share) else float(t > shift)


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
    ranks = stats.rankdata(np.concatenate([x, y]))
    delta = float(2 * (ranks[:n].mean() - (n + 1) / 2) / m - 1)
    reach = stats.norm.ppf(0.5 + level / 2) * np.sqrt((n + m + 1) / (3 * n * m))
    with np.errstate(divide="ignore"):
        middle = np.arctanh(delta)
    return Effect(delta, float(np.tanh(middle - reach)), float(np.tanh(middle + reach)))


def compute_superiority(x: np.ndarray, y: np.ndarray, *, level: float = 0.95) -> Effect:
    """Compute the probability that a value of one group exceeds one of the other."""
    check_level(level)
    delta = compute_cliffs_delta(x, y, level=level)
    return Effect(*((end + 1) / 2 for end in delta))


def compute_variance_shares(
    f: float, df: float, df_error: float, *, level: float = 0.95
) -> dict[str, Effect]:
    """Compute which share of the variance lies between groups, from an F statistic.

    Steiger (2004), *Psychological Methods* 9, 164-182.

    Returns: `omega_squared` and `epsilon_squared`, never below 0, with intervals by inverting
    the noncentral F distribution, as ``effectsize::omega_squared(alternative =
    "two.sided")``.
    """
    check_level(level)
    out = {}
    for name, extra in (("omega_squared", 1.0), ("epsilon_squared", 0.0)):
        share = max(0.0, (f - 1) * df / (f * df + df_error + extra))
        own = (share / df) / ((1 - share) / df_error)
        low, high = (_find_f_noncentrality(own, df, df_error, p)
                     for p in (0.5 + level / 2, 0.5 - level / 2))  # fmt: skip
        out[name] = Effect(share, low / (low + df_error), high / (high + df_error))
    return out


def _find_f_noncentrality(f: float, df: float, df_error: float, share: float) -> float:
    def miss(shift: float) -> float:
        return float(special.ncfdtr(df, df_error, shift, f)) - share

    if f <= 0 or miss(0.0) <= 0:
        return 0.0
    high = 10.0 + f * df
    while miss(high) > 0:
        high *= 2
    return float(optimize.brentq(miss, 0.0, high, xtol=1e-12))


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
        shift = d * scale
        found = 1 - _find_t_share(edge, df, shift) + _find_t_share(-edge, df, shift)
        return float(found) - power

    high = (edge + 1) / scale
    while miss(high) < 0:
        high *= 1.5
    return float(sd * optimize.brentq(miss, 1e-9, high, xtol=1e-12))
