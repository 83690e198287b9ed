"""How alike people of one organisation answer: random intercepts and what follows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

from fewlikert.clusters import number_clusters, read_columns
from fewlikert.errors import InputError
from fewlikert.options import check_level

_FEWEST = 2


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
    own = read_columns(table, [value, cluster])
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

    The likelihood is profiled to one parameter, the ratio of the variances, and maximised
    by a bounded search, so the boundary 0 is found and not passed.

    Returns: `coefficients`, `covariance` (of them), `between`, `within` (variances), `icc`,
    `loglik` (restricted).
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


def fit_mixed_means(
    table: pd.DataFrame, value: str, group: str, cluster: str, *, level: float = 0.95
) -> pd.DataFrame:
    """Estimate group means by a mixed model with organisations as random intercepts.

    Parameters
    ----------
    table : DataFrame
        One row per respondent.
    value, group, cluster : str
        Columns, read as in
        :func:`~fewlikert.clusters.estimate_cluster_means`.
    level : float
        Of the intervals, which use the normal distribution.

    Returns
    -------
    DataFrame
        One row per group: `unit`, `n`, `mean`, `se`, `low`, `high`, and, the same in every
        row, `variance_between`, `variance_within`, `icc`; `reason`.

    Raises
    ------
    InputError
        There is only one organisation, or no answers.

    Notes
    -----
    Equals ``lme4::lmer(value ~ 0 + group + (1 | cluster))``. Normal intervals are too short
    with few organisations; the CR2 intervals are the ones to report.
    """
    check_level(level)
    own = read_columns(table, [value, group, cluster], needed=[value, group])
    at = number_clusters(own[cluster])
    if len(np.unique(at)) < _FEWEST:
        raise InputError("fit_mixed_means: two organisations or more are needed")
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
