"""People of one organisation answer alike: what that does to the evidence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

from innocap_analysis.compare.groups import judge_difference
from innocap_analysis.settings import InnocapError

_FEWEST = 2


def number_clusters(clusters: np.ndarray | pd.Series) -> np.ndarray:
    """Return the number of each row's cluster; a row without one is a cluster of its own.

    Parameters
    ----------
    clusters : array or Series, shape (rows,)
        Name of each row's cluster, or missing.

    Returns
    -------
    array of int, shape (rows,)
        The number of each row's cluster.

    Examples
    --------
    >>> number_clusters(pd.Series(["a", None, "a", None])).tolist()
    [0, 1, 0, 2]
    """
    at, _ = pd.factorize(clusters)
    alone = at < 0
    numbers: np.ndarray = np.where(alone, at.max(initial=-1) + np.cumsum(alone), at)
    return numbers


def estimate_icc(table: pd.DataFrame, value: str, cluster: str) -> dict[str, Any]:
    """Estimate how alike the answers inside an organisation are.

    Parameters
    ----------
    table : DataFrame
        One row per respondent.
    value, cluster : str
        Columns; rows with either missing are left out.

    Returns
    -------
    dict
        `icc` (analysis of variance, may be negative), `icc_reml`, `n`, `clusters`,
        `mean_size`, `adjusted_size`, `design_effect` (of a mean, 1 at least), `effective_n`,
        `variance_between`, `variance_within` (REML), `reason`.

    Notes
    -----
    ICC(1) of unequal groups after Donner (1986, *International Statistical Review* 54,
    67-82); the design effect of a mean is 1 + (sum of squared sizes / n - 1) times the REML
    correlation (Kish, 1965). REML of the random-intercept model is profiled over the
    ratio of variances; equals ``lme4::lmer``.
    """
    own = _read(table, [value, cluster])
    x = own[value].to_numpy(dtype=float)
    at, _ = pd.factorize(own[cluster])
    sizes = np.bincount(at) if len(at) else np.array([0])
    n, k = len(x), len(sizes)
    row: dict[str, Any] = {"n": n, "clusters": k if n else 0, "mean_size": n / max(k, 1)}
    names = ("icc", "icc_reml", "adjusted_size", "design_effect", "effective_n",
             "variance_between", "variance_within")  # fmt: skip
    row |= dict.fromkeys(names, np.nan)
    row["reason"] = ""
    if n == 0 or k < _FEWEST:
        return row | {"reason": "one organisation only" if n else "no answers"}
    if n == k:
        return row | {"reason": "one respondent in every organisation"}
    if np.ptp(x) == 0:
        return row | {"reason": "all answers are equal"}
    means = np.bincount(at, weights=x) / sizes
    between = (sizes * (means - x.mean()) ** 2).sum() / (k - 1)
    within = ((x - means[at]) ** 2).sum() / (n - k)
    size = (n - (sizes**2).sum() / n) / (k - 1)
    fit = fit_random_intercept(x, at)
    deff = 1 + max((sizes**2).sum() / n - 1, 0.0) * fit["icc"]
    return row | {
        "icc": float((between - within) / (between + (size - 1) * within)),
        "icc_reml": fit["icc"], "adjusted_size": float(size), "design_effect": float(deff),
        "effective_n": float(n / deff), "variance_between": fit["between"],
        "variance_within": fit["within"],
    }  # fmt: skip


def fit_random_intercept(
    x: np.ndarray, at: np.ndarray, design: np.ndarray | None = None
) -> dict[str, Any]:
    """Fit a random-intercept model by restricted maximum likelihood.

    Parameters
    ----------
    x : array, shape (n,)
        Values.
    at : array of int, shape (n,)
        Number of each row's cluster.
    design : array, shape (n, p), optional
        Fixed effects. Default: one mean.

    Returns
    -------
    dict
        `coefficients`, `covariance` (of them), `between`, `within` (variances), `icc`,
        `loglik` (restricted).

    Notes
    -----
    The likelihood is profiled to one parameter, the ratio of the variances, and maximised
    by a bounded search, so the boundary 0 is found and not passed.
    """
    z = np.ones((len(x), 1)) if design is None else design
    n, p = z.shape
    sizes = np.bincount(at).astype(float)
    sum_z = np.column_stack([np.bincount(at, weights=column) for column in z.T])
    sum_x = np.bincount(at, weights=x)
    zz, zx, xx = z.T @ z, z.T @ x, float(x @ x)

    def profile(ratio: float) -> tuple[float, np.ndarray, np.ndarray, float]:
        shrink = ratio / (1 + ratio * sizes)
        inner = zz - (sum_z * shrink[:, None]).T @ sum_z
        right = zx - (sum_z * shrink[:, None]).T @ sum_x
        beta = np.linalg.solve(inner, right)
        rest = xx - float((shrink * sum_x**2).sum()) - float(beta @ right)
        within = rest / (n - p)
        value = -0.5 * (
            (n - p) * (1 + np.log(2 * np.pi * within))
            + np.log1p(ratio * sizes).sum()
            + np.linalg.slogdet(inner)[1]
        )
        return float(value), beta, inner, within

    found = optimize.minimize_scalar(
        lambda share: -profile(share / (1 - share))[0], bounds=(0.0, 1 - 1e-9), method="bounded",
        options={"xatol": 1e-12},
    )  # fmt: skip
    share = float(found.x)
    if profile(0.0)[0] >= -found.fun:
        share = 0.0
    ratio = share / (1 - share)
    loglik, beta, inner, within = profile(ratio)
    return {
        "coefficients": beta, "covariance": within * np.linalg.inv(inner),
        "between": float(ratio * within), "within": float(within),
        "icc": float(ratio / (1 + ratio)), "loglik": loglik,
    }  # fmt: skip


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
    own = _read(table, [value, group, cluster], needed=[group])
    rows = []
    for unit, part in own.groupby(group, sort=True):
        known = part.dropna(subset=value)
        x = known[value].to_numpy(dtype=float)
        at = number_clusters(known[cluster])
        row: dict[str, Any] = {"unit": str(unit), "n": len(x), "clusters": len(np.unique(at))}
        row |= dict.fromkeys(("mean", "se", "df", "low", "high"), np.nan) | {"reason": ""}
        if len(x):
            row["mean"] = float(x.mean())
        if row["clusters"] < _FEWEST:
            row["reason"] = "one organisation only" if len(x) else "no answers"
        elif np.ptp(x) == 0:
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
    table: pd.DataFrame, value: str, group: str, cluster: str, *, smallest: float
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

    Returns
    -------
    DataFrame
        One row per pair: `unit`, `other`, `n`, `n_other`, `clusters`, `clusters_other`,
        `difference`, `se`, `detectable` and the columns of
        :func:`~innocap_analysis.compare.groups.judge_difference`.

    Notes
    -----
    CR2 standard errors and Satterthwaite degrees of freedom of both means, combined as in
    Welch's test; simultaneous over all pairs by the studentized range, as in the test of
    Games and Howell. The detectable difference has 80% power at this standard error.
    """
    if not smallest > 0:
        raise InnocapError(f"compare_cluster_pairs: smallest {smallest} is not above zero")
    means = estimate_cluster_means(table, value, group, cluster).to_dict("records")
    k = sum(row["se"] > 0 for row in means)
    rows = []
    for i, one in enumerate(means):
        for two in means[i + 1 :]:
            row: dict[str, Any] = {"unit": one["unit"], "other": two["unit"], "n": one["n"],
                                   "n_other": two["n"], "clusters": one["clusters"],
                                   "clusters_other": two["clusters"],
                                   "difference": one["mean"] - two["mean"]}  # fmt: skip
            if one["se"] > 0 and two["se"] > 0:
                a, b = one["se"] ** 2, two["se"] ** 2
                df = (a + b) ** 2 / (a**2 / one["df"] + b**2 / two["df"])
                row["se"] = float(np.sqrt(a + b))
                edge = stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df)
                row["detectable"] = float(edge * row["se"])
                row |= judge_difference(row["difference"], row["se"], df, k, smallest=smallest)
            else:
                why = one["reason"] or two["reason"]
                row |= {"se": np.nan, "detectable": np.nan, "verdict": "inconclusive",
                        "reason": why}  # fmt: skip
            rows.append(row)
    return pd.DataFrame(rows)


def fit_mixed_means(
    table: pd.DataFrame, value: str, group: str, cluster: str, *, level: float = 0.95
) -> pd.DataFrame:
    """Estimate group means by a mixed model with organisations as random intercepts.

    Parameters
    ----------
    table : DataFrame
        One row per respondent.
    value, group, cluster : str
        Columns, read as in :func:`estimate_cluster_means`.
    level : float
        Of the intervals, which use the normal distribution.

    Returns
    -------
    DataFrame
        One row per group: `unit`, `n`, `mean`, `se`, `low`, `high`, and, the same in every
        row, `variance_between`, `variance_within`, `icc`; `reason`.

    Raises
    ------
    InnocapError
        There is only one organisation, or no answers.

    Notes
    -----
    Equals ``lme4::lmer(value ~ 0 + group + (1 | cluster))``. Normal intervals are too short
    with few organisations; the CR2 intervals are the ones to report.
    """
    own = _read(table, [value, group, cluster], needed=[value, group])
    at = number_clusters(own[cluster])
    if len(np.unique(at)) < _FEWEST:
        raise InnocapError("fit_mixed_means: two organisations or more are needed")
    units = sorted(own[group].unique(), key=str)
    design = np.column_stack([(own[group] == u).to_numpy(dtype=float) for u in units])
    fit = fit_random_intercept(own[value].to_numpy(dtype=float), at, design)
    se = np.sqrt(np.diag(fit["covariance"]))
    reach = stats.norm.ppf(0.5 + level / 2) * se
    mean = fit["coefficients"]
    return pd.DataFrame(
        {
            "unit": [str(u) for u in units], "n": design.sum(axis=0).astype(int), "mean": mean,
            "se": se, "low": mean - reach, "high": mean + reach,
            "variance_between": fit["between"], "variance_within": fit["within"],
            "icc": fit["icc"],
            "reason": "no spread between organisations" if fit["between"] == 0 else "",
        }
    )  # fmt: skip


def _read(
    table: pd.DataFrame, names: list[str], *, needed: list[str] | None = None
) -> pd.DataFrame:
    lacking = [name for name in names if name not in table]
    if lacking:
        raise InnocapError(f"there is no column {lacking[0]!r}")
    return table[names].dropna(subset=needed)
