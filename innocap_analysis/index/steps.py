"""Steps between raw figures and scores: denominators, missing figures, screening of units."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.normalise import ScoreWarning
from innocap_analysis.index.options import check_share

IMPUTERS = ("none", "mean", "median", "group_mean", "group_median", "regression")
_FEWEST_PAIRS = 10
_MOST_SHOWN = 5


def denominate(values: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Divide indicators by the denominators that the codebook names.

    Parameters
    ----------
    values : DataFrame
        Units x codes, raw units, denominators among the columns.
    codebook : Codebook
        `denominator` of each indicator; empty means none.

    Returns
    -------
    DataFrame
        The divided indicators beside the others; one without its denominator is missing.
        The denominators are gone, so that nothing can be divided twice; a table that lacks
        them all is returned as it is, with a warning.

    Raises
    ------
    InnocapError
        A denominator is zero, negative or no number.

    Warns
    -----
    ScoreWarning
        A unit has the figure but not what it is divided by, or no denominator is there.

    Examples
    --------
    >>> from innocap_analysis import read_codebook
    >>> book = read_codebook(
    ...     pd.DataFrame(
    ...         {
    ...             "code": ["IDX", "SPEND"],
    ...             "parent": ["", "IDX"],
    ...             "kind": ["index", "indicator"],
    ...             "normalise": ["", "none"],
    ...             "denominator": ["", "POP"],
    ...         }
    ...     )
    ... )
    >>> denominate(pd.DataFrame({"SPEND": [8.0], "POP": [4.0]}, index=["SE"]), book)["SPEND"].item()
    2.0
    """
    pairs = codebook.denominators
    absent = [by for by in dict.fromkeys(pairs.values()) if by not in values.columns]
    if pairs and len(absent) == len(set(pairs.values())):
        warnings.warn(
            f"denominators {', '.join(absent)} are not in the table; the figures are taken as "
            "divided already",
            ScoreWarning,
            stacklevel=2,
        )
        return values
    if absent:
        known = [str(column) for column in values.columns]
        raise InnocapError(
            f"values: denominator {absent[0]!r} is missing{suggest(absent[0], known)}"
        )
    out = values.copy()
    for code, by in pairs.items():
        if code not in values:
            continue  # told where the indicators are read
        top, bottom = _to_floats(values, code), _to_floats(values, by)
        wrong = top.notna() & (bottom <= 0)
        if wrong.any():
            unit = values.index[wrong][0]
            raise InnocapError(
                f"values: {unit}, {by}: {values[by][wrong].iloc[0]} cannot divide {code}; a "
                "denominator must be above zero"
            )
        lost = values.index[top.notna() & bottom.isna()]
        if len(lost):
            warnings.warn(
                f"{code}: not counted for {', '.join(map(str, lost[:_MOST_SHOWN]))}"
                + (f" and {len(lost) - _MOST_SHOWN} more" if len(lost) > _MOST_SHOWN else "")
                + f", who have no {by} to divide it by",
                ScoreWarning,
                stacklevel=2,
            )
        out[code] = top / bottom
    return out.drop(columns=list(dict.fromkeys(pairs.values())))


def _to_floats(values: pd.DataFrame, code: str) -> pd.Series:
    try:
        cells = values[code].to_numpy(dtype="float64", na_value=np.nan)
    except (TypeError, ValueError):
        raise InnocapError(f"values: column {code!r} holds a cell that is no number") from None
    return pd.Series(cells, index=values.index)


def impute(values: pd.DataFrame, *, method: str, groups: pd.Series | None = None) -> pd.DataFrame:
    """Fill missing figures.

    Parameters
    ----------
    values : DataFrame
        Units x codes.
    method : {'none', 'mean', 'median', 'group_mean', 'group_median', 'regression'}
        How. Group methods take the mean or median of the unit's group and, where the group
        has no value, that of all units. Regression predicts from the most correlated other
        column that the unit has (at least 10 complete pairs), else takes the mean.
    groups : Series, optional
        Group of each unit, for the group methods.

    Returns
    -------
    DataFrame
        A new table of floats; a column without any value stays empty. What was filled is
        ``result.notna() & values.isna()``.

    Raises
    ------
    InnocapError
        The method is unknown, or a group method lacks groups.

    Notes
    -----
    Single imputation for sensitivity runs (OECD/JRC Handbook, 2008, section 3). It makes
    missing figures look certain: the default index imputes nothing.

    Examples
    --------
    >>> impute(pd.DataFrame({"A": [1.0, None, 3.0]}), method="mean")["A"].tolist()
    [1.0, 2.0, 3.0]
    """
    if method not in IMPUTERS:
        raise InnocapError(
            f"impute: method {method!r} is none of {', '.join(IMPUTERS)}{suggest(method, IMPUTERS)}"
        )
    values = pd.DataFrame({code: _to_floats(values, code) for code in values}, index=values.index)
    if method == "none":
        return values
    if method == "regression":
        return _impute_by_regression(values)
    statistic = method.removeprefix("group_")
    overall = values.agg(statistic)
    if not method.startswith("group_"):
        return values.fillna(overall)
    if groups is None:
        raise InnocapError(f"impute: method {method!r} needs groups, one per unit")
    absent = values.index.difference(groups.dropna().index)
    if len(absent):
        raise InnocapError(f"impute: unit {absent[0]!r} has no group")
    by_group = values.groupby(groups.loc[values.index].to_numpy()).transform(statistic)
    return values.fillna(by_group).fillna(overall)


def _impute_by_regression(values: pd.DataFrame) -> pd.DataFrame:
    x = values.to_numpy(dtype=float)
    known = ~np.isnan(x)
    correlation = values.corr(min_periods=_FEWEST_PAIRS).abs().to_numpy(copy=True)
    np.fill_diagonal(correlation, np.nan)
    filled = x.copy()
    means = values.mean().to_numpy()
    for row, column in np.argwhere(~known):
        strength = np.where(known[row], correlation[column], np.nan)
        if np.isnan(strength).all():
            filled[row, column] = means[column]
            continue
        best = int(np.nanargmax(strength))
        pairs = known[:, column] & known[:, best]
        slope, intercept = np.polyfit(x[pairs, best], x[pairs, column], 1)
        filled[row, column] = intercept + slope * x[row, best]
    return pd.DataFrame(filled, index=values.index, columns=values.columns)


def screen_units(
    values: pd.DataFrame, codebook: Codebook, *, min_coverage: float = 0.5
) -> pd.DataFrame:
    """Say which units have enough figures in every group.

    Parameters
    ----------
    values : DataFrame
        Units x codes.
    codebook : Codebook
        Groups and their indicators.
    min_coverage : float
        Share of the indicators of a group that must be present; one that lacks its
        denominator is not.

    Returns
    -------
    DataFrame
        One row per unit and group or index: `unit`, `code`, `n` (indicators present),
        `n_all`, `coverage`, `keep` (whether the unit passes in *every* group).
    """
    check_share("min_coverage", min_coverage)
    present = denominate(values, codebook)[codebook.leaves].notna()
    rows = []
    for code in codebook.parents:
        leaves = codebook.leaves_of(code)
        n = present[leaves].sum(axis=1)
        rows.append(
            pd.DataFrame(
                {
                    "unit": values.index,
                    "code": code,
                    "n": n.to_numpy(),
                    "n_all": len(leaves),
                    "coverage": (n / len(leaves)).to_numpy(),
                }
            )
        )
    table = pd.concat(rows, ignore_index=True)
    enough = (table["coverage"] >= min_coverage - 1e-9).groupby(table["unit"]).all()
    table["keep"] = table["unit"].map(enough)
    return table
