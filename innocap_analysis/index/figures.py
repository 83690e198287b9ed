"""Checks of numbers and options (no pictures): what may be scored, what ties, what is refused."""

from __future__ import annotations

import math
import numbers
import re
import warnings
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from fewlikert.tables import ROUNDING, fold_name, measure_slack
from innocap_analysis.errors import InnocapError, suggest

# Sizes beyond which variances of variances have no digits: the largest figure of a column.
SMALLEST, LARGEST = 1e-60, 1e60
_FIGURE = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*", re.ASCII)
MOST_SHOWN = 5
FEWEST_UNITS = 20  # fewer say nothing about correlations

Array = np.ndarray
Label = TypeVar("Label")


class ScoreWarning(UserWarning):
    """A cell that makes a score say less than it seems to; the text names the cell.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     warn("SE: a geometric mean meets a zero")
    >>> told[0].category.__name__
    'ScoreWarning'
    """


def warn(text: str) -> None:
    """Tell of a doubt where the public function was called."""
    warnings.warn(text, ScoreWarning, stacklevel=4)


def name_some(names: Iterable[object]) -> str:
    """Join the first names, and say how many more there are."""
    known = list(map(str, names))
    more = len(known) - MOST_SHOWN
    return ", ".join(known[:MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


def check_table(values: pd.DataFrame, name: str = "values") -> None:
    """Refuse what is no table, and one that holds a unit or column twice."""
    if not isinstance(values, pd.DataFrame):
        raise InnocapError(
            f"{name}: expected a table (DataFrame) of units x codes, found {_show(values)}"
        )
    for axis, labels in (("unit", values.index), ("column", values.columns)):
        if axis == "column" and labels.nlevels > 1:
            raise InnocapError(f"{name}: its columns have {labels.nlevels} levels; one is needed")
        if labels.has_duplicates:
            raise InnocapError(f"{name}: {axis} {labels[labels.duplicated()][0]!r} occurs twice")
    check_alike(f"{name}: units", values.index)


def check_alike(what: str, labels: Iterable[Hashable]) -> None:
    """Refuse names that a reader cannot tell apart, such as 'SE' and 'SE ', or 1 and '1'."""
    names = labels if isinstance(labels, pd.Index) else pd.Index(list(labels), dtype=object)
    if names.dtype.kind not in "OTU" or names.nlevels > 1:
        return
    texts = [label for label in names if isinstance(label, str)]
    joined = "\n".join(["", *texts, ""])
    if len(texts) == len(names) and joined.isascii() and not re.search(r"[ \t]\s|\s[ \t]", joined):
        return
    seen: dict[str, object] = {}
    for label in names:
        other = seen.setdefault(fold_name(label), label)
        if other is not label:
            raise InnocapError(f"{what} {other!r} and {label!r} look alike; write them alike")


def read_sizes(name: str, given: object) -> dict[Any, Any] | None:
    """Return what is given by code as a dict; None where it is no mapping, twice is refused."""
    if not isinstance(given, Mapping | pd.Series):
        return None
    if isinstance(given, pd.Series) and given.index.has_duplicates:
        twice = given.index[given.index.duplicated()][0]
        raise InnocapError(f"{name}: {twice!r} is named twice")
    return dict(given)


def check_numbers(
    values: pd.DataFrame, codes: Sequence[str], *, of: str = "", name: str = "values"
) -> Array:
    """Return columns of a table as floats, codes x units, or say which column or cell is wrong."""
    check_table(values, name)
    missing = [code for code in codes if code not in values.columns]
    if missing:
        known = [str(column) for column in values.columns]
        scored = f"; {of} scores {len(codes)} indicators, {len(missing)} of them not in the table"
        raise InnocapError(
            f"{name}: column {missing[0]!r} is missing{suggest(missing[0], known)}"
            + (scored if of else "")
        )
    columns = [values[code] for code in codes]
    if any(
        c.dtype.kind in "mMc" or (c.dtype.kind in "OTU" and not all(map(is_figure, c.dropna())))
        for c in columns
    ):
        raise _blame_cells(columns, name)
    try:
        cells = np.array([c.to_numpy(dtype="float64", na_value=np.nan) for c in columns])
    except (TypeError, ValueError, ArithmeticError):
        raise _blame_cells(columns, name) from None
    if np.isinf(cells).any():
        raise _blame_cells(columns, name)
    cells = cells.reshape(len(columns), len(values))
    _check_sizes(cells, codes, name)
    return cells


def _check_sizes(cells: Array, codes: Sequence[str], name: str) -> None:
    if not cells.size:
        return
    top = np.fmax.reduce(np.abs(cells), axis=-1)
    far = ((top > 0) & (top < SMALLEST)) | (top > LARGEST)
    if far.any():
        at = int(far.argmax())
        raise InnocapError(
            f"{name}: column {codes[at]!r}: its largest figure, {top[at]:g}, is not from "
            f"{SMALLEST:g} to {LARGEST:g}; give the column in another unit"
        )


def _blame_cells(columns: Sequence[pd.Series], name: str) -> InnocapError:
    found = [
        f"{unit}, {column.name}: {cell!r}"
        for column in columns
        for unit, cell in column[column.notna()].items()
        if not is_figure(cell)
    ]
    return InnocapError(f"{name}: not a finite number in {'; '.join(found[:MOST_SHOWN])}" + (
        f" and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""))  # fmt: skip


def is_finite(cell: Any) -> bool:  # noqa: ANN401 - whatever a table may hold
    """Tell whether a cell is a number."""
    try:
        return math.isfinite(float(cell))
    except (TypeError, ValueError, ArithmeticError):
        return False


def is_figure(cell: Any) -> bool:  # noqa: ANN401 - whatever a table may hold
    """Tell whether a cell is a number as a table writes one: not ``1_0`` or ``nan``."""
    if isinstance(cell, str):
        return bool(_FIGURE.fullmatch(cell)) and is_finite(cell)
    return not isinstance(cell, bool | np.bool_ | bytes) and is_finite(cell)


def is_number(value: object) -> bool:
    """Tell whether an option is a number; a text is none."""
    return not isinstance(value, bool) and isinstance(value, numbers.Real) and is_finite(value)


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) < 60 else type(value).__name__


def check_labels(name: str, labels: Iterable[Label], known: Iterable[object]) -> list[Label]:
    """Return labels as a list, or say which of them is unknown or named twice."""
    if isinstance(labels, str) or not isinstance(labels, Iterable):
        raise InnocapError(f"{name}: expected a list of names, found {_show(labels)}")
    names, places = list(labels), set(known)
    for label in names:
        own: Any = label
        if not isinstance(own, Hashable):
            raise InnocapError(f"{name}: {_show(label)} is no name")
        if label not in places:
            near = suggest(str(label), [str(k) for k in places])
            if twin := [k for k in places if str(k) == str(label)]:
                near = f"; known is {twin[0]!r}, of the type {type(twin[0]).__name__}"
            raise InnocapError(f"{name}: {label!r} is unknown{near}")
    twice = (
        [label for label in names if names.count(label) > 1] if len(set(names)) < len(names) else []
    )
    if twice:
        raise InnocapError(f"{name}: {twice[0]!r} is named twice")
    return names


def check_word(name: str, word: str, known: Sequence[str]) -> None:
    """Refuse a word that is none of the known ones."""
    if word not in known:
        raise InnocapError(
            f"{name} {word!r} is none of {', '.join(known)}{suggest(str(word), known)}"
        )


def check_share(name: str, value: float) -> None:
    """Refuse a share that is not between 0 and 1, such as 50 for a half."""
    if not (is_number(value) and 0 <= value <= 1):
        raise InnocapError(f"{name}: a share lies between 0 and 1, found {_show(value)}")


def check_level(value: float) -> None:
    """Refuse a level of an interval that is not between 0 and 1, such as 95."""
    if not (is_number(value) and 0 < value < 1):
        raise InnocapError(f"level: lies between 0 and 1, such as 0.9; found {_show(value)}")


def check_count(name: str, value: object, *, least: int = 1) -> None:
    """Refuse what is no whole number, such as a number of runs below one."""
    if not (is_number(value) and isinstance(value, int | np.integer) and value >= least):
        raise InnocapError(
            f"{name}: must be a whole number of {least} or more, found {_show(value)}"
        )


def check_options(name: str, options: Sequence[object]) -> None:
    """Refuse a choice without options, or with one twice, which would count double."""
    if isinstance(options, str) or not isinstance(options, Sequence):
        raise InnocapError(f"{name}: expected a list, found {_show(options)}")
    if not options:
        raise InnocapError(f"{name}: names nothing to choose from")
    twice = [option for option in options if list(options).count(option) > 1]
    if twice:
        raise InnocapError(f"{name}: {twice[0]!r} is named twice")


def check_many(units: int, what: str) -> None:
    """Refuse what rests on correlations between too few units."""
    if units < FEWEST_UNITS:
        raise InnocapError(
            f"{units} units are too few for {what} (at least {FEWEST_UNITS}); show values and ranks"
        )


def find_extremes(x: Array) -> tuple[Array, Array]:
    """Return the lowest and highest figure of each row, NaN where it has none."""
    low = np.fmin.reduce(x, axis=-1, keepdims=True, initial=np.inf)
    high = np.fmax.reduce(x, axis=-1, keepdims=True, initial=-np.inf)
    some = low <= high
    return np.where(some, low, np.nan), np.where(some, high, np.nan)


def is_flat(x: Array) -> Array:
    """Tell of each row whether its figures do not vary; one without any does not."""
    low, high = find_extremes(x)
    return np.asarray(~(high - low > measure_rounding(x)))


def measure_rounding(x: Array) -> Array:
    """Return the difference that is nothing but rounding, row by row."""
    low, high = find_extremes(x)
    return np.asarray(ROUNDING * np.maximum(np.abs(low), np.abs(high)))


def rank_figures(x: Array, *, descending: bool = False, kind: type = float) -> Array:
    """Rank each row; ties share the lowest rank (competition ranking), NaN has none.

    No rank is NaN, or 0 where ranks are asked for as whole numbers.
    """
    figures = -x if descending else x
    order = np.argsort(figures, axis=-1)  # NaN last
    ordered = np.take_along_axis(figures, order, axis=-1)
    # A figure ties with the one below it, not with one a rounding further down.
    rise = np.diff(ordered, axis=-1)
    risen = rise > measure_rounding(x)
    if not risen.all():
        risen = rise > measure_slack(ordered)  # beside a huge figure small ones differ
    places = np.broadcast_to(np.arange(1, x.shape[-1] + 1, dtype=kind), x.shape)
    ranks: Array = np.empty(x.shape, dtype=kind)
    if risen.all():
        np.put_along_axis(ranks, order, places, axis=-1)
    else:
        first: Array = np.ones(x.shape, dtype=kind)
        first[..., 1:] = np.where(risen, places[..., 1:], 1)
        np.put_along_axis(ranks, order, np.maximum.accumulate(first, axis=-1), axis=-1)
    ranks[np.isnan(x)] = 0 if np.issubdtype(kind, np.integer) else np.nan
    return ranks
