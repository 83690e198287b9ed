"""What the runs of a sensitivity analysis say about ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from innocap_analysis.score.sensitivity import SensitivityResult


def summarise_ranks(runs: pd.DataFrame, *, level: float = 0.9) -> pd.DataFrame:
    """Summarise ranks over runs.

    Parameters
    ----------
    runs : DataFrame
        Runs x units, from :meth:`SensitivityResult.rank_runs`.
    level : float
        Share of runs that the interval holds.

    Returns
    -------
    DataFrame
        One row per unit: `unit`, `median`, `low`, `high` (ranks, interval end points that
        occurred), and `share_1`, `share_2`, … (share of runs with that rank).
    """
    tail = (1 - level) / 2
    count = runs.shape[1]
    out = pd.DataFrame(
        {
            "unit": runs.columns,
            "median": runs.median().to_numpy(),
            "low": runs.quantile(tail, interpolation="lower").to_numpy(),
            "high": runs.quantile(1 - tail, interpolation="higher").to_numpy(),
        }
    )
    for rank in range(1, count + 1):
        out[f"share_{rank}"] = (runs == rank).mean().to_numpy()
    return out


def rank_interval(
    runs: SensitivityResult, code: str, unit: str, *, units: Sequence[str], level: float = 0.9
) -> tuple[int, int]:
    """Return the ranks between which a unit stands in most runs.

    Parameters
    ----------
    runs : SensitivityResult
        Scores under many defensible choices.
    code : str
        Group or index.
    unit : str
        Whose rank.
    units : sequence of str
        Whom it is ranked with; the unit joins them when it is not among them.
    level : float
        Share of runs that the interval holds.

    Returns
    -------
    low, high : int
        Ranks that occurred; 1 is the highest score.
    """
    ranks = runs.rank_runs(code, list(dict.fromkeys([*units, unit])))[[unit]].dropna()
    row = summarise_ranks(ranks, level=level).iloc[0]
    return int(row["low"]), int(row["high"])


def estimate_superiority(scores: pd.DataFrame, units: Sequence[str]) -> pd.DataFrame:
    """Estimate how often one unit scores above another over the runs.

    Parameters
    ----------
    scores : DataFrame
        Runs x units, one entry of :attr:`SensitivityResult.scores`.
    units : sequence of str
        Units to compare.

    Returns
    -------
    DataFrame
        Units x units: share of runs in which the row's unit is above the column's; a tie
        counts half; the diagonal is NaN.
    """
    x = scores[list(units)].to_numpy()
    above = (x[:, :, None] > x[:, None, :]).mean(axis=0)
    above += 0.5 * (x[:, :, None] == x[:, None, :]).mean(axis=0)
    np.fill_diagonal(above, np.nan)
    return pd.DataFrame(above, index=list(units), columns=list(units))
