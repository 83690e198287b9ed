"""Reading a table: numbers, answers, groups and clusters, refused where they cannot be meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import pandas as pd

from fewlikert.errors import InputError, suggest
from fewlikert.options import DONT_KNOW, NOT_APPLICABLE

ROUNDING = 1e-12  # relative; published figures have a dozen digits at most
# Of sizes beyond these the fourth power, of which a variance's own variance is made, has no digits.
SMALLEST, LARGEST = 1e-60, 1e60
# Of sums of figures, relative to the largest of a column: 16 times the last bit.
_LAST_BITS = 2.0**-48
# What tools write where there is no answer, and the highest answer beside which it is no answer.
_MARKS = {11: (77, 88, 97, 98, 99), 100: (777, 888, 997, 998, 999, 7777, 8888, 9998, 9999)}


def list_columns(table: pd.DataFrame, names: Sequence[str] | None) -> list[str]:
    """Return the names of columns, all by default, each of which is there once."""
    if not isinstance(table, pd.DataFrame):
        raise InputError(f"a DataFrame is needed, found a {type(table).__name__}")
    if isinstance(names, str):
        raise InputError(f"a list of columns is needed, such as [{names!r}]; found {names!r}")
    if not (names is None or isinstance(names, Iterable)):
        raise InputError(f"a list of columns is needed; found {names!r}")
    found = list(table.columns if names is None else names)
    for name in found:
        if not isinstance(name, Hashable) or name not in table.columns:
            hint = suggest(str(name), [str(column) for column in table.columns])
            raise InputError(f"there is no column {name!r}{hint}")
        if found.count(name) > 1:
            raise InputError(f"{name}: named twice among the columns to use")
        if isinstance(table[name], pd.DataFrame):
            raise InputError(f"{name}: more than one column of the table has this name")
    return found


def read_column(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of labels, such as groups or clusters; a blank one is missing.

    Labels that look alike are refused: one group would be two of the same name.
    """
    column: pd.Series = table[list_columns(table, [name])[0]]
    if column.dtype == object:
        lists = [not pd.api.types.is_hashable(cell) for cell in column]
        _refuse_cells(column, np.array(lists, dtype=bool), "is no label of a row")
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    labels = list(column.dropna().unique())
    blank = [label for label in labels if isinstance(label, str) and not label.strip()]
    check_names(name, [label for label in labels if label not in blank])
    return column.mask(column.isin(blank)) if blank else column


def check_names(what: object, labels: Iterable[object]) -> None:
    """Refuse labels that look alike, as 1 and '1', or a name in two Unicode forms or spacings."""
    seen: dict[str, object] = {}
    for label in labels:
        name = fold_name(label)
        if name in seen:
            raise InputError(
                f"{what}: two different groups are both called {name!r}: {seen[name]!r} and "
                f"{label!r}; write them alike"
            )
        seen[name] = label


def fold_name(label: object) -> str:
    """Return a name as a reader sees it: composed letters, single spaces, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", name_group(label)).split())


def read_numbers(table: pd.DataFrame, name: str) -> np.ndarray:
    """Return a column as floats, NaN where missing; text and infinity are refused."""
    column: pd.Series = table[list_columns(table, [name])[0]]
    numbers = column
    if pd.api.types.is_complex_dtype(column.dtype):
        raise InputError(f"{name}: complex numbers are no figures; take their real part first")
    if not pd.api.types.is_numeric_dtype(column.dtype):
        plain = column.astype(object)
        odd = [isinstance(c, bytes | complex | np.complexfloating | np.ndarray) for c in plain]
        _refuse_cells(column, np.array(odd, dtype=bool), "is no number")
        numbers = pd.to_numeric(plain, errors="coerce")
        _refuse_cells(column, (numbers.isna() & plain.notna()).to_numpy(), "is no number")
    x: np.ndarray = numbers.to_numpy(dtype=float, na_value=np.nan)
    _refuse_cells(column, np.isinf(x), "is no finite number")
    size = np.abs(x)
    far = ((size > 0) & (size < SMALLEST)) | (size > LARGEST)
    _refuse_cells(column, far, f"is not from {SMALLEST:g} to {LARGEST:g}; take another unit")
    return x


def _refuse_cells(column: pd.Series, wrong: np.ndarray, why: str) -> None:
    if wrong.any():
        at = int(wrong.argmax())
        cell = column.iloc[at]
        shown = cell.item() if isinstance(cell, np.generic) else cell
        raise InputError(f"{column.name}, row {column.index[at]}: {shown!r} {why}")


def read_answers(table: pd.DataFrame, name: str) -> np.ndarray:
    """Return a column of answers; codes of *don't know* and *not applicable* are refused.

    So are the marks of a missing answer, such as 99 on a scale to 11 at most. They are answers on
    no scale. A column with other figures below zero, or with fractions, is no column of answers.
    """
    x = read_numbers(table, name)
    known = x[~np.isnan(x)]
    _refuse_marks(name, known)
    coded = np.isin(known, (DONT_KNOW, NOT_APPLICABLE))
    if coded.any() and (known[~coded] >= 0).all() and (known == np.round(known)).all():
        raise InputError(
            f"{name}: {coded.sum()} answers are {DONT_KNOW:g} (don't know) or "
            f"{NOT_APPLICABLE:g} (not applicable), which are none; leave them out first, for "
            f"example with table.where(table > {DONT_KNOW:g})"
        )
    return x


def _refuse_marks(name: str, known: np.ndarray) -> None:
    for highest, marks in _MARKS.items():
        marked = np.isin(np.abs(known), marks)
        rest = known[~marked & ~np.isin(known, (DONT_KNOW, NOT_APPLICABLE))]
        whole = marked.any() and len(rest) and (rest == np.round(rest)).all()
        if whole and rest.min() >= 0 and rest.max() <= highest:
            raise InputError(
                f"{name}: {known[marked][0]:g} stands {marked.sum()} times beside answers of "
                f"{rest.min():g} to {rest.max():g}, as a mark of no answer; make it NaN first"
            )


def read_items(
    table: pd.DataFrame, items: Sequence[str] | None, *, fewest: int = 2
) -> tuple[list[str], np.ndarray]:
    """Return the names of items and their answers, respondents x items."""
    names = list_columns(table, items)
    if len(names) < fewest:
        raise InputError(f"{('no', 'one', 'two', 'three')[fewest]} items or more are needed")
    return names, np.column_stack([read_answers(table, name) for name in names])


def split_groups(column: pd.Series) -> dict[str, np.ndarray]:
    """Return the rows of each group by its name, in the order of the values.

    The order of a categorical column is that of its categories; values that cannot be sorted go
    by their text.
    """
    codes, values = pd.factorize(column)
    found = list(values)
    ranks = found
    if isinstance(column.dtype, pd.CategoricalDtype):
        ranks = column.cat.categories.get_indexer(found).tolist()
    try:
        order = sorted(range(len(found)), key=ranks.__getitem__)
    except TypeError:
        order = sorted(range(len(found)), key=lambda i: str(found[i]))
    out: dict[str, np.ndarray] = {}
    for i in order:
        out[name_group(found[i])] = np.flatnonzero(codes == i)
    return out


def name_group(value: object) -> str:
    """Return a group's name; a number has the same one among gaps, where it is a float."""
    whole = isinstance(value, float | np.floating) and float(value).is_integer()
    return str(int(value) if whole else value)  # type: ignore[call-overload]


def number_clusters(clusters: pd.Series | np.ndarray) -> np.ndarray:
    """Return the number of each row's cluster; a row without one is a cluster of its own."""
    at, _ = pd.factorize(clusters)
    alone = at < 0
    numbers: np.ndarray = np.where(alone, at.max(initial=-1) + np.cumsum(alone), at)
    return numbers


def is_flat(x: np.ndarray) -> np.ndarray:
    """Tell of each row whether its figures do not vary by more than the rounding of their size."""
    known = ~np.isnan(x)
    low = np.where(known, x, np.inf).min(axis=-1, initial=np.inf)
    high = np.where(known, x, -np.inf).max(axis=-1, initial=-np.inf)
    # Without any figure the range is minus infinity, which is no more than any rounding.
    return np.asarray(high - low <= ROUNDING * np.maximum(np.abs(low), np.abs(high)))


def drop_rounding(se: float, *samples: np.ndarray) -> float:
    """Return a standard error, 0 where it is nothing but the rounding of the figures behind it."""
    return se if se > ROUNDING * max(np.abs(x).max() for x in samples) else 0.0


def measure_slack(ordered: np.ndarray) -> np.ndarray:
    """Return what neighbours may differ by through rounding alone, along the last axis.

    It is of their own size; beside a huge figure small ones differ.
    """
    sizes = np.abs(ordered)
    least = _LAST_BITS * np.fmax.reduce(sizes, axis=-1, keepdims=True, initial=0.0)
    return np.asarray(np.maximum(ROUNDING * np.maximum(sizes[..., 1:], sizes[..., :-1]), least))


def level_ties(x: np.ndarray) -> np.ndarray:
    """Make figures equal that differ by no more than rounding, so that ranks tie them."""
    order = np.argsort(x, kind="stable")
    ranked = x[order]
    new = np.ones(len(x), dtype=bool)
    new[1:] = np.diff(ranked) > measure_slack(ranked)
    out = np.empty(len(x))
    out[order] = ranked[new][np.cumsum(new) - 1]
    return out


def join_reasons(*parts: str) -> str:
    """Join what is to be told in one cell."""
    return "; ".join(part for part in parts if part)
