"""Means and differences of groups whose people come in organisations."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from fewlikert.describe import read_weights
from fewlikert.judgement import decline_judgement, judge_difference
from fewlikert.options import check_count, check_level, check_positive
from fewlikert.tables import (
    drop_rounding,
    is_flat,
    number_clusters,
    read_answers,
    read_column,
    split_groups,
)

_FEWEST = 2
_POWER = 0.8

_PAIR_COLUMNS = ["unit", "other", "n", "n_other", "clusters", "clusters_other", "difference", "se",
                 "detectable", *decline_judgement("")]  # fmt: skip

# The answers of a group and the number of each one's cluster; and with each one's weight.
Sample = tuple[np.ndarray, np.ndarray]
Weighted = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def estimate_cluster_means(
    table: pd.DataFrame,
    value: str,
    group: str,
    cluster: str,
    *,
    min_clusters: int = _FEWEST,
    weights: str | None = None,
    least_errors: Mapping[str, float] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate group means with standard errors that allow for organisations.

    Parameters
    ----------
    table : DataFrame
        One row per respondent.
    value, group, cluster : str
        Columns; rows without a value or a group are left out, a row without a cluster is
        one of its own.
    min_clusters : int
        No interval below this number of clusters: the spread between three organisations
        is itself little more than chance.
    weights : str, optional
        Column of weights; rows of weight 0 are left out.
    least_errors : mapping of str to float, optional
        Least standard error of a group's mean: where the own is smaller this one is taken, so
        that it tells of nobody how near the mean they are.
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per group, also one without any value: `unit`, `n`, `clusters`, `mean`,
        `se`, `df`, `low`, `high`, and `reason`: why something is NaN.

    Raises
    ------
    InputError
        A column is not there, or a cell is no finite number or a code of don't know; a weight is
        negative, `min_clusters` is no whole number above 0, or `level` is not between 0 and 1.

    Notes
    -----
    CR2 with Satterthwaite degrees of freedom, working model of independence: Bell and McCaffrey
    (2002, *Survey Methodology* 28, 169-181); Pustejovsky and Tipton (2018, *Journal of Business
    and Economic Statistics* 36, 672-683); as ``clubSandwich::coef_test(vcov = "CR2")``. With
    weights the linearised error of a design in which every group is a stratum, and clusters less
    one degrees of freedom, as ``survey::svymean`` gives them.

    Examples
    --------
    >>> table = pd.DataFrame({"x": [1.0, 2, 4, 5, 3, 4], "g": "all", "o": list("ppqqrr")})
    >>> estimate_cluster_means(table, "x", "g", "o")[["mean", "se", "df"]].iloc[0].round(3).tolist()
    [3.167, 0.882, 2.0]
    """
    samples = read_samples(table, value, group, cluster, weights)
    return _estimate_means(samples, min_clusters, level, least_errors or {})


def _estimate_means(
    samples: dict[str, Weighted], min_clusters: int, level: float, least: Mapping[str, float]
) -> pd.DataFrame:
    check_level(level)
    check_count(min_clusters, "min_clusters")
    rows = []
    for unit, sample in samples.items():
        x, at, w = sample
        row: dict[str, Any] = {"unit": unit, "n": len(x), "clusters": len(np.unique(at))}
        row |= dict.fromkeys(("mean", "se", "df", "low", "high"), np.nan) | {"reason": ""}
        if len(x):
            row["mean"] = float(x.mean() if w is None else np.average(x, weights=w))
        if row["clusters"] < _FEWEST:
            row["reason"] = "one organisation only" if len(x) else "no answers"
        elif is_flat(x) and not least.get(unit):
            row |= {"se": 0.0, "reason": "all answers are equal"}
        else:
            error, row["df"] = _compute_error(sample)
            row["se"] = max(error, least.get(unit, 0.0))
            reach = float(stats.t.ppf(0.5 + level / 2, row["df"])) * row["se"]
            if row["clusters"] < min_clusters:
                row["reason"] = f"no interval from fewer than {min_clusters} organisations"
            elif row["se"] == 0:
                row["reason"] = "no spread between organisations"
            else:
                row |= {"low": row["mean"] - reach, "high": row["mean"] + reach}
        rows.append(row)
    names = ["unit", "n", "clusters", "mean", "se", "df", "low", "high", "reason"]
    return pd.DataFrame(rows, columns=names)


def compute_cr2(one: Sample, other: Sample | None = None) -> tuple[float, float]:
    """Compute the CR2 standard error and its df, of a mean or of a difference of two.

    With means as the only coefficients the residual maker I - H falls into one block a group,
    I - 11'/n. Its part of a cluster with s of the n rows has the eigenvalue 1 - s / n along the
    vector of ones and 1 across it, so the adjustment (I - H)^(-1/2) of Bell and McCaffrey
    divides the sum of a cluster's residuals by sqrt(1 - s / n). A cluster that is a whole
    group has a sum of zero.
    """
    samples = (one,) if other is None else (one, other)
    clusters, at = np.unique(np.concatenate([own for _, own in samples]), return_inverse=True)
    pulls = np.zeros(len(clusters))
    moments = np.zeros((len(clusters), len(clusters)))
    start = 0
    for sign, (x, _) in zip((1.0, -1.0), samples, strict=False):
        n = len(x)
        own = at[start : start + n]
        start += n
        sizes = np.bincount(own, minlength=len(clusters)).astype(float)
        sums = np.bincount(own, weights=x - x.mean(), minlength=len(clusters))
        weight = np.where(sizes < n, 1 / np.sqrt(np.maximum(1 - sizes / n, 1 / n)), 0.0) / n
        pulls += sign * weight * sums
        # Each pull is linear in the answers; this adds their covariances under the working model.
        root = weight * sizes
        moments += np.diag(weight**2 * sizes) - np.outer(root, root) / n
    df = np.trace(moments) ** 2 / (moments**2).sum()
    return drop_rounding(float(np.sqrt((pulls**2).sum())), *(x for x, _ in samples)), float(df)


def _compute_error(one: Weighted, other: Weighted | None = None) -> tuple[float, float]:
    """Compute the standard error and df of a mean, or of a difference of two, as is fit."""
    if one[2] is None:
        return compute_cr2(one[:2], None if other is None else other[:2])
    return _compute_linearised(one, other)


def _compute_linearised(one: Weighted, other: Weighted | None = None) -> tuple[float, float]:
    """Compute the linearised error of a weighted mean, or of a difference, over clusters."""
    samples = (one,) if other is None else (one, other)
    clusters, at = np.unique(np.concatenate([own for _, own, _ in samples]), return_inverse=True)
    pulls = np.zeros(len(clusters))
    start = 0
    for sign, (x, _, w) in zip((1.0, -1.0), samples, strict=False):
        assert w is not None
        p = w / w.sum()
        own = at[start : start + len(x)]
        start += len(x)
        pulls += sign * np.bincount(own, weights=p * (x - p @ x), minlength=len(clusters))
    size = len(clusters)
    se = float(np.sqrt(size / (size - 1) * (pulls**2).sum()))
    return drop_rounding(se, *(x for x, _, _ in samples)), float(size - 1)


def compare_cluster_pairs(
    table: pd.DataFrame,
    value: str,
    group: str,
    cluster: str,
    *,
    smallest: float,
    min_clusters: int = _FEWEST,
    weights: str | None = None,
    least_errors: Mapping[str, float] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Compare every two groups, allowing for organisations.

    Parameters
    ----------
    table : DataFrame
        One row per respondent.
    value, group, cluster : str
        Columns, read as in :func:`estimate_cluster_means`.
    smallest : float
        Smallest difference of interest, in the unit of `value`.
    min_clusters : int
        A pair is judged when both groups have this number of clusters.
    weights : str, optional
        Column of weights, as in :func:`estimate_cluster_means`.
    least_errors : mapping of str to float, optional
        Least standard error of a group's mean, as there; of groups with organisations in common
        the difference has at least the error that both have together.
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per pair: `unit`, `other`, `n`, `n_other`, `clusters`, `clusters_other`,
        `difference`, `se`, `detectable` (with 80% power), and `df`, `low`, `high`, `p`,
        `p_games_howell`, `low_simultaneous`, `high_simultaneous`, `p_equivalence`, `verdict`,
        `reason` as in :func:`~fewlikert.compare_pairs`.

    Raises
    ------
    InputError
        A column is not there, or a cell is no finite number or a code of don't know; `smallest` is
        not above 0, `min_clusters` no whole number above 0, or `level` is not between 0 and 1; a
        weight is negative.

    Notes
    -----
    CR2 errors and Satterthwaite degrees of freedom of both means, combined as in Welch's test;
    simultaneous over all pairs by the studentized range, as Games and Howell have it. Groups
    with organisations in common are not independent: both means are one model then, as
    ``clubSandwich::Wald_test(test = "HTZ")`` has it; with weights, as ``survey::svycontrast`` of
    ``survey::svyby`` in a design of these clusters.

    Examples
    --------
    >>> table = pd.DataFrame({"x": [1.0, 2, 4, 5, 3, 4, 1, 2], "g": list("aaaabbbb"),
    ...                       "o": list("ppqqrrss")})
    >>> compare_cluster_pairs(table, "x", "g", "o", smallest=1)["verdict"].tolist()
    ['inconclusive']
    """
    check_positive(smallest, "smallest")
    samples = read_samples(table, value, group, cluster, weights)
    least = least_errors or {}
    means = _estimate_means(samples, min_clusters, level, least)
    k = int(means["low"].notna().sum())
    rows = []
    for one, two in combinations(means.to_dict("records"), 2):
        row: dict[str, Any] = {
            "unit": one["unit"], "other": two["unit"], "n": one["n"], "n_other": two["n"],
            "clusters": one["clusters"], "clusters_other": two["clusters"],
            "difference": one["mean"] - two["mean"], "se": np.nan, "detectable": np.nan,
        }  # fmt: skip
        if pd.isna(one["low"]) or pd.isna(two["low"]):
            rows.append(row | decline_judgement(one["reason"] or two["reason"]))
            continue
        x, y = samples[one["unit"]], samples[two["unit"]]
        if np.intersect1d(x[1], y[1]).size:
            error, df = _compute_error(x, y)
            floors = least.get(one["unit"], 0.0), least.get(two["unit"], 0.0)
            row["se"] = max(error, float(np.hypot(*floors)))
        else:
            a, b = one["se"] ** 2, two["se"] ** 2
            df = (a + b) ** 2 / (a**2 / one["df"] + b**2 / two["df"])
            row["se"] = float(np.sqrt(a + b))
        if row["se"] == 0:
            rows.append(row | decline_judgement("no spread between organisations"))
            continue
        edge = stats.t.ppf(0.5 + level / 2, df) + stats.t.ppf(_POWER, df)
        row["detectable"] = float(edge * row["se"])
        judged = judge_difference(
            row["difference"], row["se"], df, k, smallest=smallest, level=level
        )
        rows.append(row | judged)
    return pd.DataFrame(rows, columns=_PAIR_COLUMNS)


def read_samples(
    table: pd.DataFrame, value: str, group: str, cluster: str, weights: str | None = None
) -> dict[str, Weighted]:
    """Return the known values, clusters and weights of every group, also of one without any."""
    x, at = read_answers(table, value), number_clusters(read_column(table, cluster))
    w = None if weights is None else read_weights(table, read_column(table, weights))
    known = ~np.isnan(x) if w is None else ~np.isnan(x) & (w > 0)
    groups = split_groups(read_column(table, group))
    kept = {unit: own[known[own]] for unit, own in groups.items()}
    return {unit: (x[own], at[own], None if w is None else w[own]) for unit, own in kept.items()}
