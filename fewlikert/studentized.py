"""The studentized range, several hundred times as fast as the general routine."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import optimize, special, stats

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(160)
_REACH = 8.6
_TAIL = 1e-17
_SLACK = 1e-3


@lru_cache(maxsize=64)
def _spread_nodes(df: float) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights for the standard deviation: its logarithm is well behaved."""
    low = 0.5 * np.log(max(stats.chi2.ppf(_TAIL, df) / df, 1e-300))
    high = 0.5 * np.log(stats.chi2.isf(_TAIL, df) / df)
    x = (high + low) / 2 + (high - low) / 2 * _NODES
    logs = (
        np.log(2)
        + (df / 2) * np.log(df / 2)
        - special.gammaln(df / 2)
        + df * x
        - df / 2 * np.exp(2 * x)
    )
    weights = np.exp(logs) * _WEIGHTS * (high - low) / 2
    return np.exp(x), weights / weights.sum()


_Z = _REACH * _NODES
_DENSITY = _WEIGHTS * _REACH * np.exp(-_Z * _Z / 2) / np.sqrt(2 * np.pi)
_BELOW = special.ndtr(_Z)


def compute_range_tail(q: float, k: int, df: float) -> float:
    """Compute the probability that the studentized range exceeds a value.

    Gauss-Legendre rule with 160 x 160 nodes over the standard deviation (logarithmic) and
    one group's place.
    """
    if q <= 0:
        return 1.0
    spread, weights = _spread_nodes(float(df))
    inside = np.maximum(_BELOW - special.ndtr(_Z - q * spread[:, None]), 0.0)
    return float(max(0.0, 1 - weights @ (k * (inside ** (k - 1)) @ _DENSITY)))


@lru_cache(maxsize=1024)
def find_range_quantile(level: float, k: int, df: float) -> float:
    """Find the value that the studentized range stays below with a probability."""

    def miss(q: float) -> float:
        return (1 - level) - compute_range_tail(q, k, df)

    # One pair alone stays below, all pairs by Bonferroni above; equal for two groups.
    low, high = np.sqrt(2) * stats.t.isf([(1 - level) / 2, (1 - level) / (k * (k - 1))], df)
    return float(optimize.brentq(miss, low * (1 - _SLACK), high * (1 + _SLACK), xtol=1e-11))
