"""Steps between raw figures and scores: denominators, missing figures, outliers."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from fewlikert.tables import ROUNDING
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.figures import (
    check_alike,
    check_count,
    check_numbers,
    check_table,
    check_word,
    find_extremes,
    is_flat,
    is_number,
    measure_rounding,
    name_some,
    warn,
)

IMPUTERS = ("none", "mean", "median", "group_mean", "group_median", "regression")
LOG_COLUMNS = (
    "code", "action", "unit", "before", "after", "skewness", "kurtosis", "passed",
)  # fmt: skip
_FEWEST_PAIRS = 10

Array = np.ndarray


def denominate(values: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Divide indicators by the denominators that the codebook names.

    The denominators are gone from the new table, so that nothing can be divided twice; a unit
    without one has no figure, with a warning. A table that lacks them all is returned as it is,
    with a warning.
    """
    check_table(values)
    pairs = codebook.denominators
    absent = [by for by in dict.fromkeys(pairs.values()) if by not in values.columns]
    if pairs and len(absent) == len(set(pairs.values())):
        warn(
            f"denominators {', '.join(absent)} are not in the table; the figures are taken as "
            "divided already"
        )
        return values
    if absent:
        known = [str(column) for column in values.columns]
        raise InnocapError(
            f"values: denominator {absent[0]!r} is missing{suggest(absent[0], known)}"
        )
    divided = {}
    for code, by in pairs.items():
        if code not in values:
            continue  # told where the indicators are read
        top, bottom = check_numbers(values, [code, by])
        wrong = ~np.isnan(top) & (bottom <= 0)
        if wrong.any():
            raise InnocapError(
                f"values: {values.index[wrong][0]}, {by}: {values[by][wrong].iloc[0]} cannot "
                f"divide {code}; a denominator must be above zero"
            )
        lost = values.index[~np.isnan(top) & np.isnan(bottom)]
        if len(lost):
            warn(f"{code}: not counted for {name_some(lost)}, who have no {by} to divide it by")
        divided[code] = top / bottom
    return values.assign(**divided).drop(columns=list(dict.fromkeys(pairs.values())))


def impute(
    values: pd.DataFrame, *, method: str, groups: Mapping[str, object] | pd.Series | None = None
) -> pd.DataFrame:
    """Fill missing figures.

    Parameters
    ----------
    values : DataFrame
        Units x codes.
    method : {'none', 'mean', 'median', 'group_mean', 'group_median', 'regression'}
        How. Group methods take the mean or median of the unit's group and, where the group
        has no value, that of all units. Regression predicts from the most correlated other
        column that the unit has (at least 10 complete pairs), else takes the mean.
    groups : Series or mapping, optional
        Group of each unit, for the group methods.

    Returns
    -------
    DataFrame
        A new table of floats; a column without any value stays empty. What was filled is
        ``result.notna() & values.isna()``.

    Raises
    ------
    InnocapError
        The method is unknown, a cell is no number, or a group method lacks groups.

    Notes
    -----
    Single imputation for sensitivity runs (OECD/JRC Handbook, 2008, section 3). It makes
    missing figures look certain: the default index imputes nothing.

    Examples
    --------
    >>> impute(pd.DataFrame({"A": [1.0, None, 3.0]}), method="mean")["A"].tolist()
    [1.0, 2.0, 3.0]
    """
    check_word("impute: method", method, IMPUTERS)
    x = check_numbers(values, list(values) if isinstance(values, pd.DataFrame) else ())
    table = pd.DataFrame(x.T, index=values.index, columns=values.columns)
    if method == "none":
        return table
    if method == "regression":
        return pd.DataFrame(
            _impute_by_regression(table), index=values.index, columns=values.columns
        )
    statistic = method.removeprefix("group_")
    overall = table.agg(statistic)
    if statistic == method:
        return table.fillna(overall)
    group = _find_groups(table.index, groups, method)
    return table.fillna(table.groupby(group).transform(statistic)).fillna(overall)


def _find_groups(
    units: pd.Index, groups: Mapping[str, object] | pd.Series | None, method: str
) -> Array:
    if not isinstance(groups, (Mapping, pd.Series)):
        raise InnocapError(f"impute: method {method!r} needs groups, one per unit")
    known = pd.Series(groups, dtype=object).dropna()
    known = known[[not (isinstance(group, str) and not group.strip()) for group in known]]
    if known.index.has_duplicates:
        twice = known.index[known.index.duplicated()][0]
        raise InnocapError(f"impute: unit {twice!r} has two groups")
    absent = units.difference(known.index)
    if len(absent):
        raise InnocapError(f"impute: unit {absent[0]!r} has no group")
    for unit, group in known.items():
        if not isinstance(group, Hashable):
            raise InnocapError(f"impute: {unit}: {group!r} is no name of a group")
    check_alike("impute: groups", known.unique())
    return np.asarray(known.loc[units])


def _impute_by_regression(table: pd.DataFrame) -> Array:
    x = table.to_numpy()
    known = ~np.isnan(x)
    correlation = table.corr(min_periods=_FEWEST_PAIRS).abs().to_numpy(copy=True)
    np.fill_diagonal(correlation, np.nan)
    # What does not vary correlates with nothing, whatever its rounding says.
    flat = is_flat(x.T)[:, 0]
    correlation[flat] = correlation[:, flat] = np.nan
    # Of columns that correlate alike the first by name, so that their order does not matter.
    places = np.argsort(table.columns.astype(str).to_numpy())
    filled = x.copy()
    means = table.mean().to_numpy()
    for row, column in np.argwhere(~known):
        strength = np.where(known[row], correlation[column], np.nan)
        if np.isnan(strength).all():
            filled[row, column] = means[column]
            continue
        strong = strength >= np.nanmax(strength) * (1 - ROUNDING)
        best = int(places[strong[places]][0])
        pairs = known[:, column] & known[:, best]
        slope, intercept = np.polyfit(x[pairs, best], x[pairs, column], 1)
        filled[row, column] = intercept + slope * x[row, best]
    return np.asarray(filled)


def treat_outliers(
    values: pd.DataFrame,
    *,
    skewness: float = 2.0,
    kurtosis: float = 3.5,
    winsorise_limit: int = 5,
    log: bool = True,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Treat columns whose skewness and kurtosis are both too large.

    Parameters
    ----------
    values : DataFrame
        Units x codes.
    skewness, kurtosis : float
        A column is treated when its absolute skewness *and* its excess kurtosis are above
        these.
    winsorise_limit : int
        Most cells of a column to winsorise.
    log : bool
        Whether a column that winsorising does not mend is log-transformed instead, from its
        original figures.

    Returns
    -------
    values : DataFrame
        The treated table of floats; untouched columns are equal to the last bit.
    log : DataFrame
        One row per treated cell (`action` ``winsorise``) or column (``log``), with `before`
        and `after` (cells), `skewness` and `kurtosis` of the treated column, and `passed`,
        whether the column now passes.

    Raises
    ------
    InnocapError
        A cell is no number, or a threshold or the limit is below zero.

    Notes
    -----
    Sample skewness and excess kurtosis with the usual bias correction (types 2 of Joanes
    and Gill, 1998, as in SAS and Excel). Winsorising replaces the most extreme figure, ties
    together, by the next one, at the end to which the column is skewed, until the column
    passes or the limit is reached. The log is ``ln(x - min + a)`` with ``a`` one hundredth
    of the range, mirrored for a column skewed to the left. Thresholds from the OECD/JRC
    Handbook and the COIN tool.

    Examples
    --------
    >>> table = pd.DataFrame({"A": [*range(1, 11), 30.0, 100.0]})
    >>> treated, log = treat_outliers(table)
    >>> float(treated["A"].max()), len(log)
    (30.0, 1)
    """
    check_count("treat_outliers: winsorise_limit", winsorise_limit, least=0)
    for name, bound in (("skewness", skewness), ("kurtosis", kurtosis)):
        if not (is_number(bound) and bound >= 0):
            raise InnocapError(f"treat_outliers: {name} is 0 or more, found {bound!r}")
    wanted: object = log
    if not isinstance(wanted, bool | np.bool_):
        raise InnocapError(f"treat_outliers: log is True or False, found {wanted!r}")
    figures = check_numbers(values, list(values) if isinstance(values, pd.DataFrame) else ())
    out, rows = [], []
    for code, x in zip(values.columns, figures, strict=True):
        treated, action = x, ""
        if not passes(x, skewness=skewness, kurtosis=kurtosis):
            treated = _winsorise(x, winsorise_limit, skewness=skewness, kurtosis=kurtosis)
            action = "winsorise"
            if log and not passes(treated, skewness=skewness, kurtosis=kurtosis):
                treated, action = _transform_log(x), "log"
        out.append(treated)
        skew, kurt = measure_shape(treated)
        changed = np.flatnonzero((treated != x) & ~np.isnan(x))
        cells = [(values.index[at], x[at], treated[at]) for at in changed]
        passed = passes(treated, skewness=skewness, kurtosis=kurtosis)
        for cell in cells if action != "log" else [("", np.nan, np.nan)]:
            rows.append((code, action, *cell, skew, kurt, passed))
    table = pd.DataFrame(
        np.reshape(out, figures.shape).T, index=values.index, columns=values.columns
    )
    return table, pd.DataFrame(rows, columns=list(LOG_COLUMNS))


def passes(x: Array, *, skewness: float = 2.0, kurtosis: float = 3.5) -> bool:
    """Tell whether a column needs no treatment."""
    skew, kurt = measure_shape(x)  # NaN compares as false: nothing to treat
    return not (abs(skew) > skewness and kurt > kurtosis)


def measure_shape(x: Array) -> tuple[float, float]:
    """Measure sample skewness and excess kurtosis, both with bias correction.

    The same numbers as ``scipy.stats.skew`` and ``kurtosis`` with ``bias=False``, to the
    rounding. Written out because they run thousands of times in a sensitivity analysis,
    where nine tenths of scipy's time go into handling axes and arguments.
    """
    known = x[~np.isnan(x)]
    n = len(known)
    if n < 4 or is_flat(known).all():
        return math.nan, math.nan
    gap = known - known.mean()
    # By a power of two, which changes no digit: cubes of very small or large units have none.
    gap = np.ldexp(gap, -int(np.frexp(np.abs(gap).max())[1]))
    square = gap * gap
    m2 = float(square.mean())
    g1 = float((square * gap).mean()) / m2**1.5
    g2 = float((square * square).mean()) / m2**2 - 3.0
    skew = g1 * math.sqrt(n * (n - 1)) / (n - 2)
    kurt = ((n + 1) * g2 + 6.0) * (n - 1) / ((n - 2) * (n - 3))
    return skew, kurt


def _winsorise(x: Array, limit: int, *, skewness: float, kurtosis: float) -> Array:
    y = x.copy()
    touched = np.zeros(len(x), dtype=bool)
    tie = measure_rounding(x)
    while not passes(y, skewness=skewness, kurtosis=kurtosis):
        low, high = find_extremes(y)
        up = measure_shape(y)[0] >= 0
        at = y >= high - tie if up else y <= low + tie
        rest = y[~at & ~np.isnan(y)]
        touched |= at
        if touched.sum() > limit or not len(rest):
            break
        y[at] = rest.max() if up else rest.min()
    return y


def _transform_log(x: Array) -> Array:
    low, high = find_extremes(x)
    shift = 0.01 * (high - low)
    if measure_shape(x)[0] >= 0:
        return np.asarray(np.log(x - low + shift))
    return np.asarray(-np.log(high - x + shift))
