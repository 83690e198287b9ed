"""What the runs of a sensitivity analysis say about ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fewlikert.options import check_level
from innocap_analysis.index.sensitivity import SensitivityResult
from innocap_analysis.index.ties import measure_rounding


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
        occurred), `share_1`, `share_2`, … (of the runs in which the unit has a rank, the share
        with that one), and `ranked`, the share of runs in which it has one. NaN for a unit
        that is never ranked.
    """
    check_level(level)
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
    known = runs.notna()
    for rank in range(1, count + 1):
        out[f"share_{rank}"] = (runs == rank).where(known).mean().to_numpy(dtype=float)
    out["ranked"] = known.mean().to_numpy()
    return out


def rank_interval(
    runs: SensitivityResult, code: str, unit: str, *, units: Sequence[str], level: float = 0.9
) -> tuple[float, float]:
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
    low, high : float
        Ranks that occurred; 1 is the highest score. NaN when the unit is never ranked.
    """
    ranks = runs.rank_runs(code, list(dict.fromkeys([*units, unit])))[[unit]]
    row = summarise_ranks(ranks, level=level).iloc[0]
    return float(row["low"]), float(row["high"])


def estimate_superiority(scores: pd.DataFrame, units: Sequence[str]) -> pd.DataFrame:
    """Estimate how often one unit scores above another over the runs.

    Parameters
    ----------
    scores : DataFrame
        Runs x units, from :meth:`SensitivityResult.judge_scores`.
    units : sequence of str
        Units to compare.

    Returns
    -------
    DataFrame
        Units x units: of the runs that score both, the share in which the row's unit is above
        the column's; a tie counts half. NaN on the diagonal and where no run scores both.
    """
    x = scores[list(units)].to_numpy()
    known = (~np.isnan(x)).astype(float)
    both = known.T @ known
    lead = x[:, :, None] - x[:, None, :]
    tied = np.abs(lead) <= measure_rounding(x)[..., None]
    above = ((lead > 0) & ~tied).sum(axis=0) + 0.5 * tied.sum(axis=0)
    share = np.where(both > 0, above / np.where(both > 0, both, 1.0), np.nan)
    np.fill_diagonal(share, np.nan)
    return pd.DataFrame(share, index=list(units), columns=list(units))
