"""Means and differences of groups whose people come in organisations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from fewlikert.errors import InputError
from fewlikert.judgement import decline_judgement, judge_difference
from fewlikert.options import check_level, is_flat

_FEWEST = 2


def number_clusters(clusters: np.ndarray | pd.Series) -> np.ndarray:
    """Return the number of each row's cluster; a row without one is a cluster of its own."""
    at, _ = pd.factorize(clusters)
    alone = at < 0
    numbers: np.ndarray = np.where(alone, at.max(initial=-1) + np.cumsum(alone), at)
    return numbers


def estimate_cluster_means(
    table: pd.DataFrame,
    value: str,
    group: str,
    cluster: str,
    *,
    min_clusters: int = _FEWEST,
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
    level : float
        Of the intervals.

    Returns
    -------
    DataFrame
        One row per group, also one without any value: `unit`, `n`, `clusters`, `mean`,
        `se`, `df`, `low`, `high` (CR2 with Satterthwaite degrees of freedom), and
        `reason`: why something is NaN.

    Notes
    -----
    Bell and McCaffrey (2002, *Survey Methodology* 28, 169-181); Pustejovsky and Tipton
    (2018, *Journal of Business and Economic Statistics* 36, 672-683), working model of
    independence; equals ``clubSandwich::coef_test(vcov = "CR2")`` on group means.
    """
    check_level(level)
    own = read_columns(table, [value, group, cluster], needed=[group])
    rows = []
    values = own[value].to_numpy(dtype=float)
    clusters = number_clusters(own[cluster])
    for unit, rows_of_unit in own.groupby(group, sort=True).indices.items():
        known = rows_of_unit[~np.isnan(values[rows_of_unit])]
        x = values[known]
        at = np.unique(clusters[known], return_inverse=True)[1]
        row: dict[str, Any] = {
            "unit": str(unit),
            "n": len(x),
            "clusters": int(at.max(initial=-1)) + 1,
        }
        row |= dict.fromkeys(("mean", "se", "df", "low", "high"), np.nan) | {"reason": ""}
        if len(x):
            row["mean"] = float(x.mean())
        if row["clusters"] < _FEWEST:
            row["reason"] = "one organisation only" if len(x) else "no answers"
        elif is_flat(x):
            row |= {"se": 0.0, "reason": "all answers are equal"}
        else:
            row |= _find_cr2(x, at, level)
            if row["clusters"] < min_clusters:
                why = f"no interval from fewer than {min_clusters} organisations"
                row |= {"low": np.nan, "high": np.nan, "reason": why}
        rows.append(row)
    return pd.DataFrame(rows)


def _find_cr2(x: np.ndarray, at: np.ndarray, level: float) -> dict[str, float]:
    """CR2 of one mean: each cluster's adjustment has a closed form."""
    n = len(x)
    sizes = np.bincount(at).astype(float)
    sums = np.bincount(at, weights=x - x.mean())
    # (I - 11'/n)^(-1/2) acts on the vector of ones as division by sqrt(1 - size / n).
    weight = 1 / np.sqrt(1 - sizes / n)
    pull = weight * sums / n
    se = float(np.sqrt((pull**2).sum()))
    # Each pull is linear in the answers: G G' holds its moments under the working model.
    root = weight * sizes / n
    moments = np.diag(weight**2 * sizes / n**2) - np.outer(root, root) / n
    df = float(np.trace(moments) ** 2 / (moments**2).sum())
    reach = float(stats.t.ppf(0.5 + level / 2, df)) * se
    return {"se": se, "df": df, "low": float(x.mean()) - reach, "high": float(x.mean()) + reach}


def compare_cluster_pairs(
    table: pd.DataFrame,
    value: str,
    group: str,
    cluster: str,
    *,
    smallest: float,
    min_clusters: int = _FEWEST,
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

    Returns
    -------
    DataFrame
        One row per pair: `unit`, `other`, `n`, `n_other`, `clusters`, `clusters_other`,
        `difference`, `se`, `detectable` and the columns of
        :func:`~fewlikert.judgement.judge_difference`.

    Notes
    -----
    CR2 standard errors and Satterthwaite degrees of freedom of both means, combined as in
    Welch's test; simultaneous over all pairs by the studentized range, as in the test of
    Games and Howell. Groups with organisations in common are not independent: both means are
    one model then, CR2 with Satterthwaite degrees of freedom of their difference, as
    ``clubSandwich::Wald_test(test = "HTZ")`` has them. The detectable difference has 80% power at
    this standard error.
    """
    if not smallest > 0:
        raise InputError(f"compare_cluster_pairs: smallest {smallest} is not above zero")
    estimated = estimate_cluster_means(table, value, group, cluster, min_clusters=min_clusters)
    means = estimated.to_dict("records")
    own = read_columns(table, [value, group, cluster], needed=[value, group])
    own = own.assign(cluster=number_clusters(own[cluster]))
    k = int(estimated["low"].notna().sum())
    rows = []
    for i, one in enumerate(means):
        for two in means[i + 1 :]:
            row: dict[str, Any] = {"unit": one["unit"], "other": two["unit"], "n": one["n"],
                                   "n_other": two["n"], "clusters": one["clusters"],
                                   "clusters_other": two["clusters"],
                                   "difference": one["mean"] - two["mean"]}  # fmt: skip
            if pd.notna(one["low"]) and pd.notna(two["low"]):
                x, y = (_take(own, value, group, unit["unit"]) for unit in (one, two))
                if np.intersect1d(x[1], y[1]).size:
                    row["se"], df = _find_joint_cr2(*x, *y)
                else:
                    a, b = one["se"] ** 2, two["se"] ** 2
                    df = (a + b) ** 2 / (a**2 / one["df"] + b**2 / two["df"])
                    row["se"] = float(np.sqrt(a + b))
                edge = stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df)
                row["detectable"] = float(edge * row["se"])
                row |= judge_difference(row["difference"], row["se"], df, k, smallest=smallest)
            else:
                row |= {"se": np.nan, "detectable": np.nan}
                row |= decline_judgement(one["reason"] or two["reason"])
            rows.append(row)
    return pd.DataFrame(rows)


def _take(own: pd.DataFrame, value: str, group: str, unit: str) -> tuple[np.ndarray, np.ndarray]:
    rows = own[own[group].astype(str) == unit]
    return rows[value].to_numpy(dtype=float), rows["cluster"].to_numpy()


def _find_joint_cr2(
    x: np.ndarray, at_x: np.ndarray, y: np.ndarray, at_y: np.ndarray
) -> tuple[float, float]:
    """CR2 standard error and df of a difference of means whose clusters overlap."""
    n, m = len(x), len(y)
    design = np.zeros((n + m, 2))
    design[:n, 0], design[n:, 1] = 1.0, 1.0
    clusters = np.concatenate([at_x, at_y])
    residual = np.concatenate([x - x.mean(), y - y.mean()])
    sizes = np.array([n, m], dtype=float)
    hat = design / sizes @ design.T
    pulls, moments = [], []
    for one in np.unique(clusters):
        own = clusters == one
        values, vectors = np.linalg.eigh(np.eye(own.sum()) - hat[np.ix_(own, own)])
        # A cluster that is all of a group has no root there; its pull is zero in that direction.
        root = np.where(values > 1e-10, 1 / np.sqrt(np.maximum(values, 1e-10)), 0.0)
        # (I - H_c)^(-1/2) applied to what this cluster adds to the difference.
        pull = vectors @ (root * (vectors.T @ (design[own] @ (np.array([1.0, -1.0]) / sizes))))
        pulls.append(pull @ residual[own])
        moments.append((np.eye(n + m) - hat)[:, own] @ pull)
    gram = np.array(moments) @ np.array(moments).T
    df = np.trace(gram) ** 2 / (gram**2).sum()
    return float(np.sqrt((np.array(pulls) ** 2).sum())), float(df)


def read_columns(
    table: pd.DataFrame, names: list[str], *, needed: list[str] | None = None
) -> pd.DataFrame:
    """Return some columns of a table, without rows that lack what is needed."""
    lacking = [name for name in names if name not in table]
    if lacking:
        raise InputError(f"there is no column {lacking[0]!r}")
    return table[names].dropna(subset=needed)
