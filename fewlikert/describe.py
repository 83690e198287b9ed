"""What the values of a group look like: counts, means, quartiles and intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype, is_bool_dtype
from scipy import stats

from fewlikert.errors import InputError
from fewlikert.options import DONT_KNOW, NOT_APPLICABLE, check_level, read_number
from fewlikert.tables import (
    drop_rounding,
    is_flat,
    list_columns,
    number_clusters,
    read_answers,
    read_column,
    read_numbers,
    split_groups,
)

EVERYONE = "all"
_NUMERIC = ("integer", "floating", "mixed-integer-float", "decimal")
_STATISTICS = ("mean", "sd", "skew", "minimum", "q1", "median", "q3", "maximum", "floor_share",
               "ceiling_share", "se", "df", "low", "high")  # fmt: skip

_COLUMNS = ["unit", "code", "n", "missing", "dont_know", "not_applicable", *_STATISTICS, "reason"]

Limits = tuple[float, float] | None


def summarise(
    table: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    by: str | None = None,
    weights: pd.Series | None = None,
    clusters: str | None = None,
    limits: tuple[float, float] | Mapping[str, tuple[float, float]] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Describe the distribution of columns, in everyone or group by group.

    Parameters
    ----------
    table : DataFrame
        One row per respondent (or country); NaN is missing.
    columns : sequence of str, optional
        Which to describe. Default: all that hold numbers, but for `by` and `clusters`.
    by : str, optional
        Column of groups; rows without a group are left out.
    weights : Series, optional
        Weight of each row, by the labels of the rows.
    clusters : str, optional
        Column of clusters, such as ``organisation``; a row without one is a cluster of its own.
    limits : tuple of float or mapping of str to tuple, optional
        Lowest and highest code of the answer scale, of all columns or by column; then -8
        counts as don't know, -9 as not applicable, and the shares at both ends are told.
    level : float
        Of the interval of the mean, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per group and column: `unit` (group, or ``all``), `code`, `n`, `missing`,
        `dont_know`, `not_applicable`, `mean`, `sd` (n - 1), `skew` (G1), `minimum`, `q1`,
        `median`, `q3`, `maximum` (linear interpolation), `floor_share`, `ceiling_share`,
        `se`, `df`, `low`, `high`, and `reason`: why something is NaN.

    Raises
    ------
    InputError
        A column is not there, or a cell is no finite number or a code of don't know; weights do not
        fit the rows or are negative, an answer lies outside `limits`, or `level` is not between 0
        and 1.

    Notes
    -----
    Student's t. With weights or clusters the standard error is the linearised one of a design
    in which every group is a stratum, as ``survey::svymean`` gives it; df is the number of
    clusters less one. Weighted quartiles are that package's ``hf7``, equal values sharing their
    weight equally.

    Examples
    --------
    >>> table = pd.DataFrame({"A": [1.0, 2.0, 5.0, None, -8.0]})
    >>> row = summarise(table, limits=(1, 5)).iloc[0]
    >>> [float(row[k]) for k in ("n", "missing", "dont_know", "median", "ceiling_share")]
    [3.0, 1.0, 1.0, 2.0, 0.3333333333333333]
    """
    check_level(level)
    if columns is None:
        columns = _find_numeric(table, {by, clusters})
    names = list_columns(table, columns)
    ends = _read_limits(table, names, limits)
    known = {name: _read_known(table, name, ends[name]) for name in names}
    whole = read_weights(table, weights)
    drawn = read_column(table, clusters).to_numpy(dtype=object) if clusters is not None else None
    rows = []
    for unit, at in iterate_groups(table, by):
        for name in names:
            x, limit, w = known[name][at], ends[name], whole[at]
            row = {"unit": unit, "code": name} | _describe(x, w, limit)
            kept = ~np.isnan(x) & (w > 0) & ~_find_codes(x, limit)
            if kept.sum() > 1:
                group = None if drawn is None else drawn[at][kept]
                x, w = x[kept], w[kept]
                row |= _estimate_interval(x, w, group, level, weighted=weights is not None)
            rows.append(row)
    return pd.DataFrame(rows, columns=_COLUMNS)


def _find_numeric(table: pd.DataFrame, others: set[str | None]) -> list[str]:
    """Return the columns that hold numbers, those of objects that are numbers among them."""
    names = dict.fromkeys(list_columns(table, None))
    found = [
        name
        for name in names
        if name not in others
        and (
            (pd.api.types.is_numeric_dtype(table[name]) and not is_bool_dtype(table[name]))
            or (table[name].dtype == object and infer_dtype(table[name], skipna=True) in _NUMERIC)
        )
    ]
    if names and not found:
        raise InputError("summarise: no column holds numbers; name some in columns")
    return found


def _read_limits(
    table: pd.DataFrame, names: list[str], limits: Limits | Mapping[str, tuple[float, float]]
) -> dict[str, Limits]:
    if limits is None:
        return dict.fromkeys(names)
    found = dict(limits) if isinstance(limits, Mapping) else dict.fromkeys(names, limits)
    for name in list_columns(table, list(found)):
        ends = found[name]
        pair = isinstance(ends, Sequence | np.ndarray) and len(ends) == 2
        low, high = map(read_number, ends) if pair else (np.nan, np.nan)
        if not -np.inf < low < high < np.inf:
            raise InputError(f"limits of {name}: lowest and highest code; found {ends!r}")
        if low <= DONT_KNOW and high >= NOT_APPLICABLE:
            raise InputError(
                f"limits of {name}: {low:g} to {high:g} hold {DONT_KNOW:g} or {NOT_APPLICABLE:g}, "
                "the codes of don't know and not applicable; move the scale above them"
            )
    return {name: found.get(name) for name in names}


def _read_known(table: pd.DataFrame, name: str, limits: Limits) -> np.ndarray:
    """Return a column whose codes of no answer are counted where there are limits."""
    if limits is None:
        return read_answers(table, name)
    low, high = limits
    x = read_numbers(table, name)
    outside = ((x < low) | (x > high)) & ~_find_codes(x, limits)
    if outside.any():
        at = int(outside.argmax())
        raise InputError(
            f"{name}, row {table.index[at]}: {x[at]:g} lies outside the limits {low:g} to {high:g}"
        )
    return x


def _find_codes(x: np.ndarray, limits: Limits) -> np.ndarray:
    return np.isin(x, () if limits is None else (DONT_KNOW, NOT_APPLICABLE))


def read_weights(table: pd.DataFrame, weights: pd.Series | None) -> np.ndarray:
    """Return the weight of every row, 1 where none are given."""
    list_columns(table, [])
    if weights is None:
        return np.ones(len(table))
    if not isinstance(weights, pd.Series):
        raise InputError("weights: expected a Series with the labels of the rows")
    if not weights.index.equals(table.index):
        # In another order, they go by label, as everywhere in pandas.
        if len(weights) != len(table) or not (weights.index.is_unique and table.index.is_unique):
            raise InputError("weights: expected one per row, with the labels of the rows")
        weights = weights.reindex(table.index)
    own = read_numbers(weights.to_frame("weights"), "weights")
    if np.isnan(own).any() or (own < 0).any():
        raise InputError("weights: expected one per row, none negative and none missing")
    return own


def iterate_groups(table: pd.DataFrame, by: str | None) -> Iterator[tuple[str, np.ndarray]]:
    """Go through the groups of a table: name and rows."""
    if by is None:
        yield EVERYONE, np.arange(len(table))
    else:
        yield from split_groups(read_column(table, by)).items()


def _describe(x: np.ndarray, weights: np.ndarray, limits: Limits) -> dict[str, Any]:
    coded = _find_codes(x, limits)
    row: dict[str, Any] = {
        "n": 0, "missing": int(np.isnan(x).sum()),
        "dont_know": int((coded & (x == DONT_KNOW)).sum()),
        "not_applicable": int((coded & (x == NOT_APPLICABLE)).sum()),
        **dict.fromkeys(_STATISTICS, np.nan), "reason": "",
    }  # fmt: skip
    known = ~np.isnan(x) & (weights > 0) & ~coded
    x, w = x[known], weights[known]
    n = row["n"] = len(x)
    if not n:
        return row | {"reason": "no answers"}
    p = w / w.sum()
    mean = row["mean"] = float(p @ x)
    row |= zip(("minimum", "q1", "median", "q3", "maximum"), _find_quartiles(x, w), strict=True)
    if limits is not None:
        row["floor_share"] = float(p @ (x == limits[0]))
        row["ceiling_share"] = float(p @ (x == limits[1]))
    if n == 1:
        return row | {"reason": "one answer has no spread"}
    if is_flat(x):
        return row | {"sd": 0.0, "reason": "all answers are equal"}
    second = float(p @ (x - mean) ** 2)
    row["sd"] = float(np.sqrt(second * n / (n - 1)))
    if n == 2:
        return row | {"reason": "two answers have no skew"}
    g1 = float(p @ (x - mean) ** 3) / second**1.5
    return row | {"skew": g1 * np.sqrt(n * (n - 1)) / (n - 2)}


def _estimate_interval(
    x: np.ndarray, w: np.ndarray, clusters: np.ndarray | None, level: float, *, weighted: bool
) -> dict[str, Any]:
    p = w / w.sum()
    mean = float(p @ x)
    size, pull = len(x), p * (x - mean)
    if clusters is not None:
        at = number_clusters(clusters)
        size, pull = int(at.max()) + 1, np.bincount(at, weights=pull)
    if size == 1:
        return {"reason": "one organisation has no spread between organisations"}
    if is_flat(x):
        se = 0.0
    elif clusters is None and not weighted:
        se = float(x.std(ddof=1) / np.sqrt(size))
    else:
        se = drop_rounding(float(np.sqrt(size / (size - 1) * (pull**2).sum())), x)
    reach = float(stats.t.ppf(0.5 + level / 2, size - 1)) * se
    row = {"se": se, "df": size - 1, "low": mean - reach, "high": mean + reach}
    still = clusters is not None and se == 0 and not is_flat(x)
    return row | ({"reason": "no spread between organisations"} if still else {})


def _find_quartiles(x: np.ndarray, w: np.ndarray) -> list[float]:
    """Interpolate linearly between the sorted values; equal weights give numpy's default.

    Equal values share their weight equally, so that the order of rows does not matter.
    """
    _, at, count = np.unique(x, return_inverse=True, return_counts=True)
    w = (np.bincount(at, weights=w) / count)[at]
    order = np.argsort(x, kind="stable")
    x, w = x[order], w[order]
    if len(x) == 1:
        return [float(x[0])] * 5
    before = np.concatenate([[0.0], np.cumsum(w)[:-1]])
    return [float(q) for q in np.interp((0, 0.25, 0.5, 0.75, 1), before / before[-1], x)]
