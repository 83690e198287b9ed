"""Where a unit stands against a reference set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from innocap_analysis.score.index import IndexResult
from innocap_analysis.score.sensitivity import SensitivityResult


def compare_to_reference(
    result: IndexResult, units: Sequence[str], *, reference_units: Sequence[str]
) -> pd.DataFrame:
    """Compare units with a reference set on every indicator, group and index.

    Parameters
    ----------
    result : IndexResult
        Scores of all units together.
    units : sequence of str
        Whom to compare.
    reference_units : sequence of str
        The reference set; a unit that belongs to it stays in it.

    Returns
    -------
    DataFrame
        Columns `unit`, `code`, `parent`, `level` (0 for an index), `value` (raw; NaN for
        groups), `score`, `reference_n`, `reference_rank` (1 is best; where the unit would
        stand in the set), `percentile` (share of the set below, half of the ties, 0 to
        100), `reference_median`, `reference_best`, `best_units`, `gap_to_median` and
        `gap_to_best` (score minus theirs, in points: positive is ahead).
    """
    book = result.codebook
    scores = pd.concat([result.normalised, result.scores], axis=1)
    parts = []
    for code in [*book.leaves, *book.parents]:
        reference = scores[code].loc[list(reference_units)].dropna()
        own = scores[code].loc[list(units)]
        best = float(reference.max())
        raw = result.values[code] if code in result.values else pd.Series(np.nan, scores.index)
        parts.append(
            pd.DataFrame(
                {
                    "unit": list(units),
                    "code": code,
                    "parent": str(book.table.at[code, "parent"]),
                    "level": book.level(code),
                    "value": raw.loc[list(units)].to_numpy(),
                    "score": own.to_numpy(),
                    "reference_n": len(reference),
                    "reference_rank": _reference_rank(own, reference),
                    "percentile": _rank_percentile(own, reference),
                    "reference_median": float(reference.median()),
                    "reference_best": best,
                    "best_units": " ".join(sorted(reference.index[reference == best])),
                    "gap_to_median": (own - float(reference.median())).to_numpy(),
                    "gap_to_best": (own - best).to_numpy(),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    order = table["unit"].map({unit: place for place, unit in enumerate(units)})
    return table.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def _reference_rank(own: pd.Series, reference: pd.Series) -> np.ndarray:
    """Count who in the set is above; a unit is never above itself, so members need no care."""
    above = reference.to_numpy()[None, :] > own.to_numpy()[:, None]
    return np.where(own.isna(), np.nan, 1.0 + above.sum(axis=1))


def _rank_percentile(own: pd.Series, reference: pd.Series) -> np.ndarray:
    if reference.empty:
        return np.full(len(own), np.nan)
    x, y = own.to_numpy()[:, None], reference.to_numpy()[None, :]
    share = (y < x).mean(axis=1) + 0.5 * (y == x).mean(axis=1)
    return np.where(own.isna(), np.nan, 100.0 * share)


def rank_priorities(
    runs: SensitivityResult,
    codes: Sequence[str],
    unit: str,
    *,
    reference_units: Sequence[str],
    level: float = 0.9,
) -> pd.DataFrame:
    """Rank the dimensions of one unit by how far it lies behind the reference median.

    Parameters
    ----------
    runs : SensitivityResult
        Scores under many defensible choices.
    codes : sequence of str
        Dimensions to rank.
    unit : str
        Whose priorities.
    reference_units : sequence of str
        The median of these, taken anew in every run, is what a gap is measured from.
    level : float
        Share of runs that the interval holds.

    Returns
    -------
    DataFrame
        One row per dimension, widest gap first: `priority`, `code`, `gap` (median over
        runs, in points; negative is behind the reference median), `low`, `high` (the
        interval), `probability_first` (share of runs with the widest gap), `probability_top2`,
        `probability_behind` (share of runs behind the median).
    """
    gaps = pd.DataFrame(
        {
            code: runs.scores[code][unit] - runs.scores[code][list(reference_units)].median(axis=1)
            for code in codes
        }
    )
    order = gaps.rank(axis=1, method="min")
    tail = (1 - level) / 2
    table = pd.DataFrame(
        {
            "code": list(codes),
            "gap": gaps.median().to_numpy(),
            "low": gaps.quantile(tail).to_numpy(),
            "high": gaps.quantile(1 - tail).to_numpy(),
            "probability_first": (order == 1).mean().to_numpy(),
            "probability_top2": (order <= 2).mean().to_numpy(),
            "probability_behind": (gaps < 0).mean().to_numpy(),
        }
    ).sort_values("gap", ignore_index=True)
    table.insert(0, "priority", range(1, len(table) + 1))
    return table
