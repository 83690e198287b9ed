"""What the interval of a difference allows to say about it, over all pairs of groups."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from scipy import optimize, special, stats

from fewlikert.options import check_level

VERDICTS = ("differs", "equivalent", "inconclusive")

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(160)
_REACH = 8.6  # beyond this a standard normal has no probability that counts
_Z = _REACH * _NODES
_DENSITY = _WEIGHTS * _REACH * np.exp(-_Z * _Z / 2) / np.sqrt(2 * np.pi)
_BELOW = special.ndtr(_Z)
_TAIL = 1e-17
_SLACK = 1e-3


def judge_difference(
    difference: float, se: float, df: float, k: int, *, smallest: float, level: float = 0.95
) -> dict[str, Any]:
    """Judge one of all pairwise differences between k groups.

    Returns: `df`, `low`, `high`, `p`, `p_games_howell`, `low_simultaneous`, `high_simultaneous`,
    `p_equivalence`, `verdict`, `reason`, as in :func:`~fewlikert.groups.compare_pairs`.
    """
    check_level(level)
    t = difference / se
    reach = float(stats.t.ppf(0.5 + level / 2, df)) * se
    wide = find_range_quantile(level, k, df) / np.sqrt(2) * se
    # Two one-sided tests at 1 - level are an interval at 1 - 2 (1 - level).
    narrow = find_range_quantile(1 - 2 * (1 - level), k, df) / np.sqrt(2) * se
    beyond = max(stats.t.sf((difference + smallest) / se, df),
                 stats.t.cdf((difference - smallest) / se, df))  # fmt: skip
    inside = abs(difference) + narrow < smallest
    apart = abs(difference) > wide
    return {
        "df": df, "low": difference - reach, "high": difference + reach,
        "p": float(2 * stats.t.sf(abs(t), df)),
        "p_games_howell": compute_range_tail(abs(t) * np.sqrt(2), k, df),
        "low_simultaneous": difference - wide, "high_simultaneous": difference + wide,
        "p_equivalence": float(beyond),
        "verdict": "equivalent" if inside else "differs" if apart else "inconclusive",
        "reason": "",
    }  # fmt: skip


def decline_judgement(reason: str) -> dict[str, Any]:
    """Return what :func:`judge_difference` returns, with nothing judged, and why."""
    empty = dict.fromkeys(
        ("df", "low", "high", "p", "p_games_howell", "low_simultaneous", "high_simultaneous",
         "p_equivalence"), np.nan,
    )  # fmt: skip
    return empty | {"verdict": "inconclusive", "reason": reason}


@lru_cache(maxsize=64)
def _spread_nodes(df: float) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights for the standard deviation: its logarithm is well behaved."""
    low = 0.5 * np.log(max(stats.chi2.ppf(_TAIL, df) / df, 1e-300))
    high = 0.5 * np.log(stats.chi2.isf(_TAIL, df) / df)
    x = (high + low) / 2 + (high - low) / 2 * _NODES
    logs = np.log(2) + (df / 2) * np.log(df / 2) - special.gammaln(df / 2)
    weights = np.exp(logs + df * x - df / 2 * np.exp(2 * x)) * _WEIGHTS * (high - low) / 2
    return np.exp(x), weights / weights.sum()


def compute_range_tail(q: float, k: int, df: float) -> float:
    """Compute the probability that the studentized range exceeds a value.

    Gauss-Legendre rule with 160 x 160 nodes over the standard deviation (logarithmic) and
    one group's place: several hundred times as fast as the general routine of scipy.
    """
    if q <= 0:
        return 1.0
    spread, weights = _spread_nodes(float(df))
    inside = np.maximum(_BELOW - special.ndtr(_Z - q * spread[:, None]), 0.0)
    return float(max(0.0, 1 - weights @ (k * (inside ** (k - 1)) @ _DENSITY)))


@lru_cache(maxsize=1024)
def find_range_quantile(level: float, k: int, df: float) -> float:
    """Find the value that the studentized range stays below with a probability."""
    if level <= 0:
        return 0.0

    def miss(q: float) -> float:
        return (1 - level) - compute_range_tail(q, k, df)

    # One pair alone stays below, all pairs by Bonferroni above; equal for two groups.
    low, high = np.sqrt(2) * stats.t.isf([(1 - level) / 2, (1 - level) / (k * (k - 1))], df)
    return float(optimize.brentq(miss, low * (1 - _SLACK), high * (1 + _SLACK), xtol=1e-11))
