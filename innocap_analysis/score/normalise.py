"""Bringing indicators to one scale, each cell on its own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from innocap_analysis.codebook import Codebook
from innocap_analysis.settings import InnocapError, suggest

_MOST_CELLS_SHOWN = 5


def normalise(values: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Normalise every scored indicator as its codebook row says.

    Parameters
    ----------
    values : DataFrame
        Units x codes, raw units; NaN where there is no value. Columns that the codebook
        does not score are ignored.
    codebook : Codebook
        `normalise`, `transform`, `low`, `high`, `clip` and `direction` of each leaf.

    Returns
    -------
    DataFrame
        Units x leaf codes. ``goalposts`` run from 0 (worst goalpost) to 100 (best), beyond
        them unless clipped; ``none`` keeps the raw scale, negated for direction -1.

    Raises
    ------
    InnocapError
        A leaf has no column, or a cell is no finite number, or has no logarithm.

    Notes
    -----
    Goalposts: ``100 (x - low) / (high - low)``, or ``100 (high - x) / (high - low)`` for
    direction -1 (OECD/JRC, *Handbook on Constructing Composite Indicators*, 2008, p. 85),
    after the natural logarithm of all three where `transform` is ``log``. A unit's result
    never depends on which other units are in the table.

    Examples
    --------
    >>> from innocap_analysis import read_codebook
    >>> book = read_codebook(
    ...     pd.DataFrame(
    ...         {
    ...             "code": ["IDX", "A"],
    ...             "parent": ["", "IDX"],
    ...             "kind": ["index", "indicator"],
    ...             "low": [None, 0],
    ...             "high": [None, 8],
    ...         }
    ...     )
    ... )
    >>> normalise(pd.DataFrame({"A": [2.0, 8.0]}, index=["SE", "FI"]), book)["A"].to_dict()
    {'SE': 25.0, 'FI': 100.0}
    """
    raw = check_values(values, codebook)
    columns = {}
    for code in codebook.leaves:
        row = codebook.table.loc[[code]].iloc[0]
        x = np.ascontiguousarray(raw[code].to_numpy())
        columns[code] = _NORMALISERS[str(row["normalise"])](
            _transform(x, code, row, raw.index), row
        )
    return pd.DataFrame(columns, index=raw.index)


def check_values(values: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return the leaf columns of a table as floats, or say which cell is wrong.

    Parameters
    ----------
    values : DataFrame
        Units x codes.
    codebook : Codebook
        Says which columns there must be.

    Returns
    -------
    DataFrame
        Units x leaf codes in the order of the codebook.

    Raises
    ------
    InnocapError
        A column is missing, a unit occurs twice, or a cell is no finite number.
    """
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
    columns = {}
    for code in codebook.leaves:
        column = pd.to_numeric(values[code], errors="coerce").astype("float64")
        wrong = (column.isna() & values[code].notna()) | np.isinf(column)
        if wrong.any():
            cells = "; ".join(
                f"{unit}, {code}: {cell!r}"
                for unit, cell in values[code][wrong].head(_MOST_CELLS_SHOWN).items()
            )
            raise InnocapError(f"values: not a finite number in {cells}")
        columns[code] = column
    return pd.DataFrame(columns, index=values.index)


def _transform(
    x: np.ndarray, code: str, row: pd.Series, units: pd.Index
) -> tuple[np.ndarray, float, float]:
    low, high = float(row["low"]), float(row["high"])
    if row["transform"] == "none":
        return x, low, high
    wrong = x <= 0
    if wrong.any():
        cells = "; ".join(
            f"{unit}, {code}: {value:g}" for unit, value in zip(units[wrong], x[wrong], strict=True)
        )
        raise InnocapError(f"values: transform is log, which needs numbers above zero ({cells})")
    return np.log(x), np.log(low), np.log(high)


def _normalise_goalposts(scaled: tuple[np.ndarray, float, float], row: pd.Series) -> np.ndarray:
    x, low, high = scaled
    distance = x - low if row["direction"] == 1 else high - x
    score = distance / (high - low) * 100.0
    floor = 0.0 if row["clip"] in ("low", "both") else -np.inf
    ceiling = 100.0 if row["clip"] in ("high", "both") else np.inf
    return np.clip(score, floor, ceiling)


def _keep_scale(scaled: tuple[np.ndarray, float, float], row: pd.Series) -> np.ndarray:
    return scaled[0] * float(row["direction"])


_NORMALISERS = {"goalposts": _normalise_goalposts, "none": _keep_scale}
