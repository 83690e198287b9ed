"""Which choice matters: Sobol indices of ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fewlikert.options import check_level
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.options import check_count
from innocap_analysis.index.score import rank_units
from innocap_analysis.index.sensitivity import SensitivityResult

MEAN_SHIFT = "mean_rank_shift"
_ROUNDING = 1e-12


def estimate_sobol(
    runs: SensitivityResult,
    code: str,
    *,
    units: Sequence[str] | None = None,
    n_resamples: int = 500,
    level: float = 0.95,
    seed: int = 1,
) -> pd.DataFrame:
    """Estimate how much of the variance of ranks each factor explains.

    Parameters
    ----------
    runs : SensitivityResult
        From :func:`~innocap_analysis.index.sensitivity.run_sensitivity` with ``sobol=True``.
    code : str
        Index or group whose ranks are explained.
    units : sequence of str, optional
        Who is ranked, among themselves. Default: every unit with a score in all runs; others
        have no variance to explain and are not ranked.
    n_resamples : int
        Bootstrap resamples of the base sample.
    level : float
        Level of the percentile intervals.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    DataFrame
        One row per output and factor: `output` (``mean_rank_shift``, the mean over units of
        the absolute shift from the rank in the index as it is, or a unit's name, its rank),
        `factor`, `first`, `first_low`, `first_high`, `total`, `total_low`, `total_high`,
        `variance` of the output, and `reason` where it does not vary and has no indices,
        varies so little that they have no intervals, or lacks a score in some run.

    Raises
    ------
    InnocapError
        The runs have no Sobol design.

    Notes
    -----
    With outputs ``fA``, ``fB`` of the two base samples and ``fABi`` of the first with factor
    ``i`` from the second: first-order ``mean(fB (fABi - fA)) / V`` (Saltelli et al., 2010,
    *Computer Physics Communications* 181, 259-270, table 2 b), total
    ``mean((fA - fABi)^2) / (2 V)`` (Jansen, 1999), ``V`` the variance of both samples
    together. The outputs are centred first, which leaves the estimand and cuts the noise.
    The random numbers of a factor, such as all weights, form one group.
    """
    check_level(level)
    check_count("n_resamples", n_resamples)
    if not runs.sobol_size:
        raise InnocapError("estimate_sobol: the runs have no Sobol design; use sobol=True")
    n, k = runs.sobol_size, len(runs.factors)
    scores = runs.scores[code]
    complete = scores.columns[scores.notna().all() & runs.baseline[code].notna()]
    names = list(complete) if units is None else list(units)
    whole = [name for name in names if name in complete]
    ranks = runs.rank_runs(code, whole)
    base = rank_units(runs.baseline.loc[whole, [code]])[code]
    shift = (ranks - base).abs().mean(axis=1)
    outputs = np.column_stack([shift, ranks.reindex(columns=names).to_numpy()])
    blocks = outputs.reshape(k + 2, n, -1)
    centred = blocks - blocks[:2].mean(axis=(0, 1))
    picks = np.random.default_rng(seed).integers(0, n, size=(n_resamples, n))
    tail = (1 - level) / 2
    parts = []
    variance = blocks[:2].reshape(2 * n, -1).var(axis=0)
    (first,), (total,) = _estimate(centred, np.full((1, n), 1 / n))
    # How often each resample holds each run: its means are then one product of matrices.
    held = np.stack([np.bincount(pick, minlength=n) for pick in picks]) / n
    ends = np.quantile(np.stack(_estimate(centred, held), axis=1), [tail, 1 - tail], axis=0)
    # A resample of an output that varies in a handful of runs may not vary at all.
    reason = np.where(np.isnan(ends[0, 0, 0]), "varies in too few runs for an interval", "")
    reason = np.where(variance > 0, reason, "the same in every run")
    reason = np.where(np.isnan(variance), "has no score in some runs", reason)
    for i, factor in enumerate(runs.factors):
        parts.append(
            pd.DataFrame(
                {
                    "output": [MEAN_SHIFT, *names],
                    "factor": factor,
                    "first": first[i],
                    "first_low": ends[0, 0, i],
                    "first_high": ends[1, 0, i],
                    "total": total[i],
                    "total_low": ends[0, 1, i],
                    "total_high": ends[1, 1, i],
                    "variance": variance,
                    "reason": reason,
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    place = {name: i for i, name in enumerate([MEAN_SHIFT, *names])}
    order = np.argsort(table["output"].map(place), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _estimate(centred: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
