"""What the values of a group look like: counts, means, quartiles and intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from fewlikert.clusters import number_clusters
from fewlikert.errors import InputError
from fewlikert.options import DONT_KNOW, NOT_APPLICABLE, check_level

EVERYONE = "all"


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
        Which to describe. Default: all that hold numbers.
    by : str, optional
        Column of groups; rows without a group are left out.
    weights : Series, optional
        Weight of each row.
    clusters : str, optional
        Column of clusters, such as ``organisation``: the standard error then rests on
        their sums. A row without one is a cluster of its own.
    limits : tuple of float or mapping of str to tuple, optional
        Lowest and highest code of the answer scale, of all columns or by column; then -8
        counts as don't know, -9 as not applicable, and the shares at both ends are told.
    level : float
        Of the interval of the mean.

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
        A column is missing, or a weight is negative or missing.

    Notes
    -----
    The interval is Student's t. With weights or clusters the standard error is the
    linearised one of a design in which every group is a stratum of its own and clusters
    are drawn within it, as ``survey::svymean`` in R gives it; df is the number of clusters
    less one. Weighted quartiles are that package's ``hf7``.

    Examples
    --------
    >>> table = pd.DataFrame({"A": [1.0, 2.0, 5.0, None, -8.0]})
    >>> row = summarise(table, limits=(1, 5)).iloc[0]
    >>> [float(row[k]) for k in ("n", "missing", "dont_know", "median", "ceiling_share")]
    [3.0, 1.0, 1.0, 2.0, 0.3333333333333333]
    """
    names = list(columns if columns is not None else table.select_dtypes("number").columns)
    lacking = [name for name in [*names, by, clusters] if name and name not in table]
    if lacking:
        raise InputError(f"summarise: there is no column {lacking[0]!r}")
    check_level(level)
    whole = read_weights(table, weights)
    rows = []
    for unit, at in iterate_groups(table, by):
        for name in names:
            x = table[name].to_numpy(dtype=float)[at]
            group = table[clusters].to_numpy(dtype=object)[at] if clusters else None
            row = {"unit": unit, "code": name}
            ends = limits.get(name) if isinstance(limits, Mapping) else limits
            row |= _describe(x, whole[at], ends)
            if np.isfinite(row["sd"]):
                row |= _estimate_interval(x, whole[at], group, level, weights is not None, ends)
            rows.append(row)
    return pd.DataFrame(rows)


def read_weights(table: pd.DataFrame, weights: pd.Series | None) -> np.ndarray:
    """Return the weight of every row, 1 where none are given."""
    if weights is None:
        return np.ones(len(table))
    if not weights.index.equals(table.index):
        # In another order, they go by label, as everywhere in pandas.
        if len(weights) != len(table) or not (weights.index.is_unique and table.index.is_unique):
            raise InputError("weights: expected one per row, with the labels of the rows")
        weights = weights.reindex(table.index)
    own: np.ndarray = weights.to_numpy(dtype=float)
    if not np.isfinite(own).all() or (own < 0).any():
        raise InputError("weights: expected one per row, none negative and none missing")
    return own


def iterate_groups(table: pd.DataFrame, by: str | None) -> Iterator[tuple[str, np.ndarray]]:
    """Go through the groups of a table."""
    if by is None:
        yield EVERYONE, np.arange(len(table))
        return
    if by not in table:
        raise InputError(f"there is no column {by!r} to group by")
    groups = table.groupby(by, sort=True).indices
    for unit in sorted(groups, key=str):
        yield str(unit), np.asarray(groups[unit])


def _describe(
    x: np.ndarray, weights: np.ndarray, limits: tuple[float, float] | None
) -> dict[str, Any]:
    row: dict[str, Any] = {"n": 0, "missing": int(np.isnan(x).sum())}
    row["dont_know"] = row["not_applicable"] = 0
    if limits is not None:
        row["dont_know"] = int((x == DONT_KNOW).sum())
        row["not_applicable"] = int((x == NOT_APPLICABLE).sum())
    x, w, _ = _keep_known(x, weights, limits)
    n = row["n"] = len(x)
    names = ("mean", "sd", "skew", "minimum", "q1", "median", "q3", "maximum", "floor_share",
             "ceiling_share", "se", "df", "low", "high")  # fmt: skip
    row |= dict.fromkeys(names, np.nan)
    row["reason"] = ""
    if not n:
        return row | {"reason": "no answers"}
    p = w / w.sum()
    mean = row["mean"] = float(p @ x)
    low, q1, median, q3, high = _find_quantiles(x, w, (0, 0.25, 0.5, 0.75, 1))
    row |= {"minimum": low, "q1": q1, "median": median, "q3": q3, "maximum": high}
    if limits is not None:
        row["floor_share"] = float(p @ (x == limits[0]))
        row["ceiling_share"] = float(p @ (x == limits[1]))
    if n == 1:
        return row | {"reason": "one answer has no spread"}
    second = float(p @ (x - mean) ** 2)
    row["sd"] = float(np.sqrt(second * n / (n - 1)))
    if low == high:
        row |= {"sd": 0.0, "reason": "all answers are equal"}
    elif n == 2:
        row["reason"] = "two answers have no skew"
    else:
        g1 = float(p @ (x - mean) ** 3) / second**1.5
        row["skew"] = g1 * np.sqrt(n * (n - 1)) / (n - 2)
    return row


def _keep_known(
    x: np.ndarray, weights: np.ndarray, limits: tuple[float, float] | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    known = ~np.isnan(x) & (weights > 0)
    if limits is not None:
        known &= ~np.isin(x, (DONT_KNOW, NOT_APPLICABLE))
    return x[known], weights[known], known


def _estimate_interval(
    x: np.ndarray,
    weights: np.ndarray,
    clusters: np.ndarray | None,
    level: float,
    weighted: bool,
    limits: tuple[float, float] | None,
) -> dict[str, Any]:
    x, w, known = _keep_known(x, weights, limits)
    p = w / w.sum()
    mean = float(p @ x)
    size = n = len(x)
    pull = p * (x - mean)
    if clusters is not None:
        at = number_clusters(clusters[known])
        size = int(at.max()) + 1
        pull = np.bincount(at, weights=pull)
    if size == 1:
        return {"reason": "one organisation has no spread between organisations"}
    if clusters is None and not weighted:
        se = float(x.std(ddof=1) / np.sqrt(n))
    else:
        se = float(np.sqrt(size / (size - 1) * (pull**2).sum()))
    reach = float(stats.t.ppf(0.5 + level / 2, size - 1)) * se
    return {"se": se, "df": size - 1, "low": mean - reach, "high": mean + reach}


def _find_quantiles(x: np.ndarray, w: np.ndarray, at: Sequence[float]) -> list[float]:
    """Interpolate linearly between the sorted values; equal weights give numpy's default."""
    order = np.argsort(x, kind="stable")
    x, w = x[order], w[order]
    if len(x) == 1:
        return [float(x[0])] * len(at)
    before = np.concatenate([[0.0], np.cumsum(w)[:-1]])
    return [float(q) for q in np.interp(at, before / before[-1], x)]
