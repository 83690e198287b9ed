"""What a group of answers looks like: counts, shares, means and their intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from innocap_analysis.codebook import DONT_KNOW, NOT_APPLICABLE, Instrument
from innocap_analysis.compare.clusters import number_clusters
from innocap_analysis.settings import InnocapError

EVERYONE = "all"
TOP_TWO = 2


def summarise(
    table: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    by: str | None = None,
    weights: pd.Series | None = None,
    clusters: str | None = None,
    limits: tuple[float, float] | None = None,
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
        Weight of each row, as from :func:`~innocap_analysis.score.survey.rake_weights`.
    clusters : str, optional
        Column of clusters, such as ``organisation``: the standard error then rests on
        their sums. A row without one is a cluster of its own.
    limits : tuple of float, optional
        Lowest and highest code of an answer scale; then -8 counts as don't know, -9 as not
        applicable, and the shares at both ends are told.
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
    InnocapError
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
        raise InnocapError(f"summarise: there is no column {lacking[0]!r}")
    whole = _read_weights(table, weights)
    rows = []
    for unit, at in _iterate_groups(table, by):
        for name in names:
            x = table[name].to_numpy(dtype=float)[at]
            group = table[clusters].to_numpy(dtype=object)[at] if clusters else None
            row = {"unit": unit, "code": name}
            row |= _describe(x, whole[at], limits)
            if np.isfinite(row["sd"]):
                row |= _estimate_interval(x, whole[at], group, level, weights is not None, limits)
            rows.append(row)
    return pd.DataFrame(rows)


def tabulate_answers(
    answers: pd.DataFrame,
    instrument: Instrument,
    *,
    items: Sequence[str] | None = None,
    by: str | None = None,
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Count the answers to questions with a list of answers.

    Parameters
    ----------
    answers : DataFrame
        Clean answers.
    instrument : Instrument
        The questionnaire.
    items : sequence of str, optional
        Scale, single-choice or multiple-choice questions. Default: the scored items.
    by : str, optional
        Column of groups.
    weights : Series, optional
        Weight of each row.
    level : float
        Of the Wilson interval.

    Returns
    -------
    DataFrame
        One row per group, question and answer: `unit`, `code`, `answer` (code of the scale
        or option), `count`, `n` (who answered; don't know and not applicable leave the
        base), `share`, `low`, `high`, `reason`.

    Raises
    ------
    InnocapError
        A question is unknown or has no list of answers.
    """
    rows = []
    whole = _read_weights(answers, weights)
    for code in items if items is not None else instrument.scored:
        chosen = _read_choices(answers, instrument, code)
        for unit, at in _iterate_groups(answers, by):
            for answer, column in chosen.items():
                share = estimate_share(column[at], weights=whole[at], level=level)
                rows.append({"unit": unit, "code": code, "answer": answer, **share})
    return pd.DataFrame(rows)


def estimate_top_two(
    answers: pd.DataFrame,
    instrument: Instrument,
    *,
    items: Sequence[str] | None = None,
    by: str | None = None,
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the share that chose one of the two highest answers of a scale.

    Parameters
    ----------
    answers : DataFrame
        Clean answers.
    instrument : Instrument
        The questionnaire.
    items : sequence of str, optional
        Scale questions. Default: the scored items. A reversed item is not turned: its top
        two are those who agree with the statement as it was put.
    by : str, optional
        Column of groups.
    weights : Series, optional
        Weight of each row.
    level : float
        Of the Wilson interval.

    Returns
    -------
    DataFrame
        One row per group and item: `unit`, `code`, `count`, `n`, `share`, `low`, `high`,
        `reason`.
    """
    rows = []
    whole = _read_weights(answers, weights)
    for code in items if items is not None else instrument.scored:
        top = sorted(float(c) for c in instrument.scales[instrument.items[code].scale].codes)
        x = answers[code].to_numpy(dtype=float)
        agreed = np.where(np.isnan(x) | np.isin(x, (DONT_KNOW, NOT_APPLICABLE)), np.nan,
                          x >= top[-TOP_TWO])  # fmt: skip
        for unit, at in _iterate_groups(answers, by):
            share = estimate_share(agreed[at], weights=whole[at], level=level)
            rows.append({"unit": unit, "code": code, **share})
    return pd.DataFrame(rows)


def estimate_share(
    chosen: np.ndarray, *, weights: np.ndarray | None = None, level: float = 0.95
) -> dict[str, Any]:
    """Estimate a share with its Wilson interval.

    Parameters
    ----------
    chosen : array, shape (rows,)
        1, 0, or NaN where there is no answer.
    weights : array, shape (rows,), optional
        Weight of each row; the interval then rests on Kish's effective number of answers.
    level : float
        Of the interval.

    Returns
    -------
    dict
        `count` and `n` (answers, unweighted), `share`, `low`, `high`, `reason`.

    Notes
    -----
    Wilson (1927), *Journal of the American Statistical Association* 22, 209-212.

    Examples
    --------
    >>> told = estimate_share(np.array([1.0, 1.0, 0.0, np.nan]))
    >>> told["n"], round(told["low"], 3), round(told["high"], 3)
    (3, 0.208, 0.939)
    """
    known = ~np.isnan(chosen)
    n, count = int(known.sum()), int(np.nansum(chosen))
    w = np.ones(n) if weights is None else weights[known]
    if not n or not w.sum() > 0:
        nothing = dict.fromkeys(("share", "low", "high"), np.nan)
        return {"count": count, "n": n, **nothing, "reason": "no answers"}
    share = float((w * chosen[known]).sum() / w.sum())
    effective = float(w.sum() ** 2 / (w**2).sum())
    low, high = proportion_confint(share * effective, effective, 1 - level, method="wilson")
    return {"count": count, "n": n, "share": share, "low": float(low), "high": float(high),
            "reason": ""}  # fmt: skip


def _read_weights(table: pd.DataFrame, weights: pd.Series | None) -> np.ndarray:
    if weights is None:
        return np.ones(len(table))
    own: np.ndarray = weights.to_numpy(dtype=float)
    if len(own) != len(table) or np.isnan(own).any() or (own < 0).any():
        raise InnocapError("weights: expected one per row, none negative and none missing")
    return own


def _iterate_groups(table: pd.DataFrame, by: str | None) -> Iterator[tuple[str, np.ndarray]]:
    if by is None:
        yield EVERYONE, np.arange(len(table))
        return
    if by not in table:
        raise InnocapError(f"there is no column {by!r} to group by")
    groups = table.groupby(by, sort=True).indices
    for unit in sorted(groups, key=str):
        yield str(unit), np.asarray(groups[unit])


def _read_choices(
    answers: pd.DataFrame, instrument: Instrument, code: str
) -> Mapping[object, np.ndarray]:
    """Return one 1-0-NaN column per answer of a question."""
    item = instrument.items.get(code)
    if item is None or item.answer not in ("likert", "single", "multi"):
        raise InnocapError(f"tabulate_answers: {code!r} is no question with a list of answers")
    options = instrument.scales[item.scale].codes
    if item.answer == "multi":
        return {o: answers[f"{code}_{o}"].to_numpy(dtype=float) for o in options}
    x = answers[code]
    out = x.isna() | x.isin([DONT_KNOW, NOT_APPLICABLE, "DK", "NA"])
    return {o: np.where(out, np.nan, (x == o).astype(float)) for o in options}


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
