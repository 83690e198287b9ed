"""Which choice matters: Sobol indices of ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from innocap_analysis.index.figures import check_count, check_level, is_flat

MEAN_SHIFT = "mean_rank_shift"
_ROUNDING = 1e-12


def estimate_indices(
    ranks: pd.DataFrame,
    base: pd.Series,
    factors: Sequence[str],
    *,
    size: int,
    n_resamples: int,
    level: float,
    seed: int,
) -> pd.DataFrame:
    """Estimate how much of the variance of ranks each factor explains.

    `ranks` are runs x units (NaN for a unit that lacks a score in some run), `base` the ranks of
    the complete units in the index as it is, `size` the runs of a base sample.
    """
    check_level(level)
    check_count("n_resamples", n_resamples)
    check_count("seed", seed, least=0)
    n, k = size, len(factors)
    names = list(ranks)
    shift = (ranks[base.index] - base).abs().mean(axis=1)
    outputs = np.column_stack([shift, ranks.to_numpy()])
    blocks = outputs.reshape(k + 2, n, -1)
    centred = blocks - blocks[:2].mean(axis=(0, 1))
    picks = np.random.default_rng(seed).integers(0, n, size=(n_resamples, n))
    tail = (1 - level) / 2
    own = blocks[:2].reshape(2 * n, -1)
    variance = np.where(is_flat(own.T)[:, 0] & ~np.isnan(own).any(axis=0), 0.0, own.var(axis=0))
    (first,), (total,) = estimate(centred, np.full((1, n), 1 / n))
    # How often each resample holds each run: its means are then one product of matrices.
    held = np.stack([np.bincount(pick, minlength=n) for pick in picks]) / n
    ends = np.quantile(np.stack(estimate(centred, held), axis=1), [tail, 1 - tail], axis=0)
    # A resample of an output that varies in a handful of runs may not vary at all.
    reason = np.where(np.isnan(ends[0, 0, 0]), "varies in too few runs for an interval", "")
    reason = np.where(variance > 0, reason, "the same in every run")
    reason = np.where(np.isnan(variance), "has no score in some runs", reason)
    table = pd.DataFrame(
        {
            "output": np.repeat([MEAN_SHIFT, *names], k),
            "factor": list(factors) * (1 + len(names)),
            "first": first.T.ravel(),
            "first_low": ends[0, 0].T.ravel(),
            "first_high": ends[1, 0].T.ravel(),
            "total": total.T.ravel(),
            "total_low": ends[0, 1].T.ravel(),
            "total_high": ends[1, 1].T.ravel(),
            "variance": np.repeat(variance, k),
            "reason": np.repeat(reason, k),
        }
    )
    return table.astype({"output": "str", "factor": "str", "reason": "str"})


def estimate(centred: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return first-order and total indices, samples x factors x outputs; NaN without variance.

    The rows of `held` are samples: the share of each run of the base sample in it.
    """
    a, b, mixed = centred[0], centred[1], centred[2:]

    def average(x: np.ndarray) -> np.ndarray:
        return np.asarray(np.tensordot(held, x, axes=(1, -2)))

    mean = 0.5 * (average(a) + average(b))
    square = 0.5 * (average(a**2) + average(b**2))
    variance = square - mean**2
    # What is left of a constant after the subtraction is rounding, not variance.
    variance = np.where(variance > _ROUNDING * square, variance, np.nan)[:, None]
    first = average(b * (mixed - a)) / variance
    total = average((a - mixed) ** 2) / (2 * variance)
    return first, total
