"""How alike people of one organisation answer: random intercepts and what follows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize, stats

from fewlikert.clusters import read_samples
from fewlikert.errors import InputError
from fewlikert.options import check_level
from fewlikert.tables import is_flat, read_answers, read_column

_FEWEST = 2
_MOST = 1 - 1e-9  # the largest share of the variance that may lie between clusters


class RandomIntercept(NamedTuple):
    """A random-intercept model by restricted maximum likelihood."""

    coefficients: np.ndarray
    covariance: np.ndarray
    between: float
    within: float

    @property
    def icc(self) -> float:
        """Share of the variance that lies between clusters."""
        return self.between / (self.between + self.within)


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

    Raises
    ------
    InputError
        A column is not there, or a cell is no finite number or a code of don't know.

    Notes
    -----
    ICC(1) of unequal groups after Donner (1986, *International Statistical Review* 54,
    67-82); the design effect of a mean is 1 + (sum of squared sizes / n - 1) times the REML
    correlation (Kish, 1965). REML as ``lme4::lmer``.

    Examples
    --------
    >>> table = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6], "o": list("aaabbb")})
    >>> round(estimate_icc(table, "x", "o")["icc"], 3)
    0.806
    """
    x, labels = read_answers(table, value), read_column(table, cluster)
    known = ~np.isnan(x) & labels.notna().to_numpy()
    x, at = x[known], pd.factorize(labels[known])[0]
    sizes = np.bincount(at).astype(float)
    n, k = len(x), len(sizes)
    names = ("icc", "icc_reml", "adjusted_size", "design_effect", "effective_n",
             "variance_between", "variance_within")  # fmt: skip
    row: dict[str, Any] = {"n": n, "clusters": k, "mean_size": n / max(k, 1)}
    row |= dict.fromkeys(names, np.nan)
    if k < _FEWEST:
        return row | {"reason": "one organisation only" if n else "no answers"}
    if n == k:
        return row | {"reason": "one respondent in every organisation"}
    if is_flat(x):
        return row | {"reason": "all answers are equal"}
    means = np.bincount(at, weights=x) / sizes
    between = (sizes * (means - x.mean()) ** 2).sum() / (k - 1)
    within = ((x - means[at]) ** 2).sum() / (n - k)
    size = (n - (sizes**2).sum() / n) / (k - 1)
    fit = fit_random_intercept(x, at)
    deff = 1 + max((sizes**2).sum() / n - 1, 0.0) * fit.icc
    return row | {
        "icc": float((between - within) / (between + (size - 1) * within)), "icc_reml": fit.icc,
        "adjusted_size": float(size), "design_effect": float(deff), "effective_n": float(n / deff),
        "variance_between": fit.between, "variance_within": fit.within, "reason": "",
    }  # fmt: skip


def fit_random_intercept(
    x: np.ndarray, at: np.ndarray, design: np.ndarray | None = None
) -> RandomIntercept:
    """Fit a random-intercept model by restricted maximum likelihood.

    With V = I + ratio ZZ' a cluster of size s takes ratio / (1 + ratio s) of the square of its
    sum off each cross product, so the likelihood is profiled to one parameter, the ratio of
    the variances, and maximised by a bounded search: the boundary 0 is found and not passed.
    """
    z = np.ones((len(x), 1)) if design is None else design
    n, p = z.shape
    # Cross products of what is far from zero would lose its digits; each row of z sums to one.
    centre, unit = x.mean(), x.std()
    x = (x - centre) / unit
    sizes = np.bincount(at).astype(float)
    sum_z = np.column_stack([np.bincount(at, weights=column) for column in z.T])
    sum_x = np.bincount(at, weights=x)
    zz, zx, xx = z.T @ z, z.T @ x, float(x @ x)

    def profile(share: float) -> tuple[float, np.ndarray, np.ndarray, float]:
        ratio = share / (1 - share)
        shrink = ratio / (1 + ratio * sizes)
        inner = zz - (sum_z * shrink[:, None]).T @ sum_z
        right = zx - (sum_z * shrink[:, None]).T @ sum_x
        beta = np.linalg.solve(inner, right)
        rest = xx - float((shrink * sum_x**2).sum()) - float(beta @ right)
        within = max(rest, np.finfo(float).tiny) / (n - p)
        loss = (n - p) * np.log(within) + np.log1p(ratio * sizes).sum()
        return float(loss + np.linalg.slogdet(inner)[1]), beta, inner, within

    found = optimize.minimize_scalar(
        lambda share: profile(share)[0], bounds=(0.0, _MOST), method="bounded",
        options={"xatol": 1e-12},
    )  # fmt: skip
    share = 0.0 if profile(0.0)[0] <= found.fun else float(found.x)
    _, beta, inner, within = profile(share)
    return RandomIntercept(
        centre + unit * beta, unit**2 * within * np.linalg.inv(inner),
        float(unit**2 * share / (1 - share) * within), float(unit**2 * within),
    )  # fmt: skip


def fit_mixed_means(
    table: pd.DataFrame, value: str, group: str, cluster: str, *, level: float = 0.95
) -> pd.DataFrame:
    """Estimate group means by a mixed model with organisations as random intercepts.

    Parameters
    ----------
    table : DataFrame
        One row per respondent.
    value, group, cluster : str
        Columns, read as in :func:`~fewlikert.clusters.estimate_cluster_means`.
    level : float
        Of the intervals, which use the normal distribution; between 0 and 1.

    Returns
    -------
    DataFrame
        One row per group with values: `unit`, `n`, `mean`, `se`, `low`, `high`, and, the same
        in every row, `variance_between`, `variance_within`, `icc`; `reason`.

    Raises
    ------
    InputError
        A column is not there, or a cell is no finite number or a code of don't know; there are
        fewer than two organisations, each has one respondent only, or the answers do not differ
        inside any group; `level` is not between 0 and 1.

    Notes
    -----
    As ``lme4::lmer(value ~ 0 + group + (1 | cluster))``. Normal intervals are too short
    with few organisations; the CR2 intervals are the ones to report.

    Examples
    --------
    >>> table = pd.DataFrame({"x": [1.0, 2, 4, 5, 3, 4], "g": "all", "o": list("ppqqrr")})
    >>> fit_mixed_means(table, "x", "g", "o")[["mean", "se"]].iloc[0].round(3).tolist()
    [3.167, 0.882]
    """
    check_level(level)
    read = read_samples(table, value, group, cluster)
    samples = {unit: sample[:2] for unit, sample in read.items() if len(sample[0])}
    sizes = [len(x) for x, _ in samples.values()]
    x = np.concatenate([np.empty(0), *(x for x, _ in samples.values())])
    at = np.unique(np.concatenate([np.empty(0), *(at for _, at in samples.values())]),
                   return_inverse=True)[1]  # fmt: skip
    if at.max(initial=0) + 1 < _FEWEST:
        raise InputError("fit_mixed_means: two organisations or more are needed")
    if len(x) == at.max() + 1:
        raise InputError("fit_mixed_means: every organisation has one respondent only")
    if all(is_flat(own) for own, _ in samples.values()):
        raise InputError("fit_mixed_means: the answers do not differ inside any group")
    design = np.repeat(np.eye(len(sizes)), sizes, axis=0)
    fit = fit_random_intercept(x, at, design)
    se = np.sqrt(np.diag(fit.covariance))
    reach = stats.norm.ppf(0.5 + level / 2) * se
    out = pd.DataFrame({"unit": list(samples), "n": sizes, "mean": fit.coefficients, "se": se})
    return out.assign(
        low=out["mean"] - reach, high=out["mean"] + reach, variance_between=fit.between,
        variance_within=fit.within, icc=fit.icc,
        reason="no spread between organisations" if fit.between == 0 else "",
    )  # fmt: skip
