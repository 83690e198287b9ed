"""Proportional odds: which groups give higher answers on a scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special, stats

from fewlikert.errors import InputError
from fewlikert.options import check_level, refuse_codes

_MOST_STEPS = 100
_CLOSE = 1e-11
_FAR = 12.0


class SeparationError(InputError):
    """A predictor tells the answers apart so well that its effect has no estimate."""


@dataclass(frozen=True)
class OrdinalFit:
    """A fitted proportional-odds model.

    Attributes
    ----------
    coefficients : array, shape (p,)
        Log odds ratios of a higher answer.
    se : array, shape (p,)
        From the observed information.
    thresholds : array, shape (levels - 1,)
        On the log-odds scale.
    loglik : float
        At the maximum.
    n : int
        Rows.
    """

    coefficients: np.ndarray
    se: np.ndarray
    thresholds: np.ndarray
    loglik: float
    n: int


def fit_ordinal_logit(y: np.ndarray, design: np.ndarray) -> OrdinalFit:
    """Fit a proportional-odds model by Newton's method with exact derivatives.

    McCullagh (1980), *Journal of the Royal Statistical Society B* 42, 109-142; equals
    ``MASS::polr``.
    """
    levels, code = np.unique(y, return_inverse=True)
    n, p = design.shape
    q = len(levels) - 1
    if q < 1:
        raise InputError("fit_ordinal_logit: all answers are equal")
    centre = design.mean(axis=0) if p else np.zeros(0)
    scale = design.std(axis=0) if p else np.ones(0)
    whole = np.column_stack([np.ones(n), design])
    if p and (np.linalg.matrix_rank(whole) <= p or not (scale > 0).all()):
        raise InputError("fit_ordinal_logit: a predictor does not vary by itself")
    z = (design - centre) / scale
    share = np.cumsum(np.bincount(code))[:-1] / n
    x = np.concatenate([special.logit(share), np.zeros(p)])
    eye = np.vstack([np.eye(q), np.zeros(q)])
    upper = np.column_stack([eye[code], -z * (code < q)[:, None]])
    lower = np.column_stack([np.vstack([np.zeros(q), np.eye(q)])[code], -z * (code > 0)[:, None]])
    value, slope, hessian = _differentiate(x, upper, lower, code, q)
    for _ in range(_MOST_STEPS):
        step = np.linalg.lstsq(-hessian, slope, rcond=None)[0]
        size = 1.0
        while True:
            tried = x + size * step
            after = _differentiate(tried, upper, lower, code, q)
            if after[0] >= value - 1e-12 * abs(value) or size < 1e-10:
                break
            size /= 2
        moved = float(np.abs(size * step).max())
        x, (value, slope, hessian) = tried, after
        if p and np.abs(x[q:]).max() > _FAR:
            raise SeparationError(
                "fit_ordinal_logit: a predictor separates the answers; its effect has no estimate"
            )
        if moved < _CLOSE:
            break
    else:
        raise SeparationError("fit_ordinal_logit: the likelihood has no maximum")
    covariance = np.linalg.inv(-hessian)
    beta = x[q:] / scale
    return OrdinalFit(
        beta, np.sqrt(np.diag(covariance))[q:] / scale, x[:q] + float(beta @ centre),
        float(value), n,
    )  # fmt: skip


def _differentiate(
    x: np.ndarray, upper: np.ndarray, lower: np.ndarray, code: np.ndarray, q: int
) -> tuple[float, np.ndarray, np.ndarray]:
    top, bottom = code < q, code > 0
    high = np.where(top, special.expit(upper @ x), 1.0)
    low = np.where(bottom, special.expit(lower @ x), 0.0)
    p = high - low
    if not (p > 0).all():
        return -np.inf, np.zeros(len(x)), -np.eye(len(x))
    up, down = high * (1 - high), low * (1 - low)
    pull = (upper * up[:, None] - lower * down[:, None]) / p[:, None]
    hessian = (
        (upper * (up * (1 - 2 * high) / p)[:, None]).T @ upper
        - (lower * (down * (1 - 2 * low) / p)[:, None]).T @ lower
        - pull.T @ pull
    )
    return float(np.log(p).sum()), pull.sum(axis=0), hessian


def compare_answers(
    table: pd.DataFrame, item: str, group: str, *, level: float = 0.95
) -> pd.DataFrame:
    """Compare answers to one item between groups by proportional odds, and test that model.

    Parameters
    ----------
    table : DataFrame
        One row per respondent.
    item, group : str
        Columns; rows with either missing are left out.
    level : float
        Of the intervals.

    Returns
    -------
    DataFrame
        One row per group but the first: `unit`, `reference`, `n`, `odds_ratio` of a higher
        answer, `low`, `high`, `p`; the same in every row: `chisq`, `df`, `p_groups` (any
        difference), `chisq_parallel`, `df_parallel`, `p_parallel` (the odds ratio is not
        the same at every threshold), and `reason`.

    Raises
    ------
    InputError
        A column is missing or there are fewer than two groups.

    Notes
    -----
    Likelihood-ratio tests. With groups as the only predictor, the model without parallel
    thresholds is saturated, so its likelihood has a closed form; as
    ``ordinal::nominal_test``. It is a rough guide where answers are rare.
    """
    check_level(level)
    for name in (item, group):
        if name not in table:
            raise InputError(f"there is no column {name!r}")
    refuse_codes(table, [item])
    own = table[[item, group]].dropna()
    units = sorted(own[group].unique(), key=str)
    if len(units) < 2:
        raise InputError("compare_answers: two groups or more are needed")
    y = own[item].to_numpy(dtype=float)
    marks = np.column_stack([(own[group] == u).to_numpy(dtype=float) for u in units])
    base = pd.DataFrame({"unit": units[1:], "reference": units[0]})
    base["n"] = marks.sum(axis=0).astype(int)[1:]
    names = ["odds_ratio", "low", "high", "p", "chisq", "df", "p_groups", "chisq_parallel",
             "df_parallel", "p_parallel"]  # fmt: skip
    try:
        fit, none = fit_ordinal_logit(y, marks[:, 1:]), fit_ordinal_logit(y, marks[:, :0])
    except InputError as error:
        why = str(error).removeprefix("fit_ordinal_logit: ")
        return base.assign(**dict.fromkeys(names, np.nan), reason=why)
    reach = stats.norm.ppf(0.5 + level / 2) * fit.se
    base["odds_ratio"] = np.exp(fit.coefficients)
    base["low"], base["high"] = np.exp(fit.coefficients - reach), np.exp(fit.coefficients + reach)
    base["p"] = 2 * stats.norm.sf(np.abs(fit.coefficients / fit.se))
    base["chisq"] = max(0.0, 2 * (fit.loglik - none.loglik))
    base["df"] = len(units) - 1
    base["p_groups"] = stats.chi2.sf(base["chisq"], base["df"])
    counts = marks.T @ (y[:, None] == np.unique(y)).astype(float)
    free = float(special.xlogy(counts, counts / counts.sum(axis=1, keepdims=True)).sum())
    base["chisq_parallel"] = max(0.0, 2 * (free - fit.loglik))
    base["df_parallel"] = (len(units) - 1) * (counts.shape[1] - 2)
    base["p_parallel"] = stats.chi2.sf(base["chisq_parallel"], base["df_parallel"])
    return base.assign(reason="")
