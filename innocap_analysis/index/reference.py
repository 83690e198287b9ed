"""Where a unit stands against a reference set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from fewlikert.tables import ROUNDING
from innocap_analysis.index.figures import check_labels
from innocap_analysis.index.score import IndexResult

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

    A unit that belongs to the set stays in it. Returns columns `unit`, `code`, `parent`, `level`
    (0 for an index), `value` (raw; NaN for groups), `score`, `reference_n`, `reference_rank` (1 is
    best; where the unit would stand in the set), `percentile` (share of the set below, half of
    the ties, 0 to 100), `reference_median`, `reference_best`, `best_units`, `gap_to_median` and
    `gap_to_best` (score minus theirs, in points: positive is ahead). A node that the unit has no
    score on has no rank, percentile or gap.
    """
    book = result.codebook
    scores = pd.concat([result.normalised, result.scores], axis=1)
    codes = [*book.leaves, *book.parents]
    units = check_labels("units", units, scores.index)
    reference_units = check_labels("reference_units", reference_units, scores.index)
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
            median, best, " ".join(sorted(members[known][reference >= best - _slack(reference)])),
        )  # fmt: skip
        for name, value in zip(_PER_CODE, row, strict=True):
            parts[name].append(value)
    # Unit by unit, code by code within each.
    table = {name: np.tile(np.array(parts[name], dtype=object), len(units)) for name in _TEXTS}
    table |= {name: np.tile(np.array(parts[name]), len(units)) for name in _NUMBERS}
    table |= {name: np.array(parts[name]).T.ravel() for name in _BY_UNIT}
    table["unit"] = np.repeat(np.array(list(units), dtype=object), len(codes))
    table["value"], table["score"] = raw.ravel(), own.ravel()
    for end in ("median", "best"):
        other = table[f"reference_{end}"]
        gap = table["score"] - other
        table[f"gap_to_{end}"] = np.where(np.abs(gap) <= ROUNDING * np.abs(other), 0.0, gap)
    return pd.DataFrame({name: table[name] for name in _COLUMNS}).astype(
        dict.fromkeys(("unit", *_TEXTS), "str")
    )


def _find_level(code: str, parents: dict[str, str]) -> int:
    return 0 if not parents[code] else 1 + _find_level(parents[code], parents)


def _slack(reference: np.ndarray) -> float:
    """Return the difference between two scores that is nothing but rounding."""
    return ROUNDING * float(np.abs(reference).max(initial=0.0))


def _reference_rank(own: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Count who in the set is above; a unit is never above itself, so members need no care."""
    if not len(reference):
        return np.full(len(own), np.nan)
    above = reference[None, :] > own[:, None] + _slack(reference)
    return np.where(np.isnan(own), np.nan, 1.0 + above.sum(axis=1))


def _rank_percentile(own: np.ndarray, reference: np.ndarray) -> np.ndarray:
    if not len(reference):
        return np.full(len(own), np.nan)
    lead = own[:, None] - reference[None, :]
    slack = _slack(reference)
    share = (lead > slack).mean(axis=1) + 0.5 * (np.abs(lead) <= slack).mean(axis=1)
    return np.where(np.isnan(own), np.nan, 100.0 * share)
