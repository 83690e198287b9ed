"""The table that is scored: finite numbers, every column there once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.index.codebook import Codebook

MOST_CELLS_SHOWN = 5

Array = np.ndarray


def check_values(values: pd.DataFrame, codebook: Codebook) -> Array:
    """Return the leaf columns of a table as floats, or say which cell is wrong."""
    missing = [code for code in codebook.leaves if code not in values.columns]
    if missing:
        known = [str(column) for column in values.columns]
        raise InnocapError(
            f"values: column {missing[0]!r} is missing{suggest(missing[0], known)}; "
            f"{codebook.name} scores {len(codebook.leaves)} indicators, "
            f"{len(missing)} of them not in the table"
        )
    for axis, labels in (("unit", values.index), ("column", values.columns)):
        if labels.has_duplicates:
            raise InnocapError(f"values: {axis} {labels[labels.duplicated()][0]!r} occurs twice")
    try:
        cells = values[codebook.leaves].to_numpy(dtype="float64", na_value=np.nan)
    except (TypeError, ValueError):
        raise _blame_cells(values, codebook) from None
    if np.isinf(cells).any():
        raise _blame_cells(values, codebook)
    return np.ascontiguousarray(cells.T)


def _blame_cells(values: pd.DataFrame, codebook: Codebook) -> InnocapError:
    found = []
    for code in codebook.leaves:
        numbers = pd.to_numeric(values[code], errors="coerce").astype("float64")
        wrong = (numbers.isna() & values[code].notna()) | np.isinf(numbers)
        found += [f"{unit}, {code}: {cell!r}" for unit, cell in values[code][wrong].items()]
    more = f" and {len(found) - MOST_CELLS_SHOWN} more" if len(found) > MOST_CELLS_SHOWN else ""
    shown = "; ".join(found[:MOST_CELLS_SHOWN]) or "a column of texts"
    return InnocapError(f"values: not a finite number in {shown}{more}")
