"""Where a unit stands against a reference set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from fewlikert.options import check_level
from innocap_analysis.index.score import IndexResult
from innocap_analysis.index.sensitivity import SensitivityResult

_TEXTS = ("code", "parent", "best_units")
_NUMBERS = ("level", "reference_n", "reference_median", "reference_best")
_BY_UNIT = ("reference_rank", "percentile")
_PER_CODE = (
    "code", "parent", "level", "reference_n", "reference_rank", "percentile",
    "reference_median", "reference_best", "best_units",
)  # fmt: skip
_COLUMNS = (
    "unit", "code", "parent", "level", "value", "score", "reference_n", "reference_rank",
    "percentile", "reference_median", "reference_best", "best_units", "gap_to_median",
    "gap_to_best",
)  # fmt: skip


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
        `gap_to_best` (score minus theirs, in points: positive is ahead). A node that the unit
        has no score on has no rank, percentile or gap.
    """
    book = result.codebook
    scores = pd.concat([result.normalised, result.scores], axis=1)
    codes = [*book.leaves, *book.parents]
    own = scores.loc[list(units), codes].to_numpy()
    members = np.array(list(reference_units), dtype=object)
    others = scores.loc[list(reference_units), codes].to_numpy()
    raw = result.values.reindex(columns=codes).loc[list(units)].to_numpy()
    parents = {str(code): str(parent) for code, parent in book.table["parent"].items()}
    parts: dict[str, list[Any]] = {name: [] for name in _PER_CODE}
    for i, code in enumerate(codes):
        known = ~np.isnan(others[:, i])
        reference = others[known, i]
        best, median = (
            (float(reference.max()), float(np.median(reference)))
            if len(reference)
            else (np.nan, np.nan)
        )
        row = (
            code, parents[code], _find_level(code, parents), len(reference),
            _reference_rank(own[:, i], reference), _rank_percentile(own[:, i], reference),
            median, best, " ".join(sorted(members[known][reference == best])),
        )  # fmt: skip
        for name, value in zip(_PER_CODE, row, strict=True):
            parts[name].append(value)
    # Unit by unit, code by code within each.
    table = {name: np.tile(np.array(parts[name], dtype=object), len(units)) for name in _TEXTS}
    table |= {name: np.tile(np.array(parts[name]), len(units)) for name in _NUMBERS}
    table |= {name: np.array(parts[name]).T.ravel() for name in _BY_UNIT}
    table["unit"] = np.repeat(np.array(list(units), dtype=object), len(codes))
    table["value"], table["score"] = raw.ravel(), own.ravel()
    table["gap_to_median"] = table["score"] - table["reference_median"]
    table["gap_to_best"] = table["score"] - table["reference_best"]
    return pd.DataFrame({name: table[name] for name in _COLUMNS}).astype(
        dict.fromkeys(("unit", *_TEXTS), "str")
    )


def _find_level(code: str, parents: dict[str, str]) -> int:
    return 0 if not parents[code] else 1 + _find_level(parents[code], parents)


def _reference_rank(own: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Count who in the set is above; a unit is never above itself, so members need no care."""
    if not len(reference):
        return np.full(len(own), np.nan)
    above = reference[None, :] > own[:, None]
    return np.where(np.isnan(own), np.nan, 1.0 + above.sum(axis=1))


def _rank_percentile(own: np.ndarray, reference: np.ndarray) -> np.ndarray:
    if not len(reference):
        return np.full(len(own), np.nan)
    x, y = own[:, None], reference[None, :]
    share = (y < x).mean(axis=1) + 0.5 * (y == x).mean(axis=1)
    return np.where(np.isnan(own), np.nan, 100.0 * share)


def _find_medians(table: pd.DataFrame) -> np.ndarray:
    """Return the median of each row; NumPy's is the same, and faster where nothing is missing."""
    values = table.to_numpy()
    whole = not np.isnan(values).any()
    medians: np.ndarray = np.median(values, axis=1) if whole else table.median(axis=1).to_numpy()
    return medians


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
        `probability_behind` (share of runs behind the median). A dimension that the index as
        it is does not score for the unit, or for any unit of the reference set, comes last,
        with no priority (``<NA>``) and NaN.
    """
    check_level(level)
    measured = runs.baseline.loc[unit, list(codes)].notna()
    measured &= runs.baseline.loc[list(reference_units), list(codes)].notna().any()
    gaps = pd.DataFrame(
        {
            code: runs.scores[code][unit] - _find_medians(runs.scores[code][list(reference_units)])
            for code in codes
        }
    )
    gaps = gaps[measured.index[measured]].reindex(columns=list(codes))
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
    )
    table.loc[~measured.to_numpy(), "probability_first":"probability_behind"] = np.nan
    table = table.sort_values("gap", ignore_index=True)
    places = pd.Series(range(1, len(table) + 1), dtype="Int64")
    table.insert(0, "priority", places.where(table["gap"].notna()))
    return table
