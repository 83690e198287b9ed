"""Proportional odds: which groups give higher answers on a scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special, stats

from fewlikert.errors import InputError
from fewlikert.options import check_level
from fewlikert.tables import read_answers, read_column, split_groups

_MOST_STEPS = 100
_CLOSE = 1e-11
# No effect is as large, in log odds per standard deviation of a predictor and over its range.
_FAR, _FARTHER = 12.0, 30.0


class SeparationError(InputError):
    """A predictor tells the answers apart so well that its effect has no estimate."""


@dataclass(frozen=True)
class OrdinalFit:
    """A fitted proportional-odds model: log odds ratios of a higher answer, and thresholds."""

    coefficients: np.ndarray
    se: np.ndarray
    thresholds: np.ndarray
    loglik: float


def fit_ordinal_logit(y: np.ndarray, design: np.ndarray) -> OrdinalFit:
    """Fit a proportional-odds model by Newton's method with exact derivatives.

    P(y <= j) = expit(threshold_j - x'beta). McCullagh (1980), *Journal of the Royal Statistical
    Society B* 42, 109-142; equals ``MASS::polr``.
    """
    levels, code = np.unique(y, return_inverse=True)
    (n, p), q = design.shape, len(levels) - 1
    if q < 1:
        raise InputError("all answers are equal")
    centre, scale = design.mean(axis=0), design.std(axis=0)
    whole = np.column_stack([np.ones(n), design])
    if np.linalg.matrix_rank(whole) <= p or not (scale > 0).all():
        raise InputError("a predictor does not vary by itself")
    z = (design - centre) / scale
    far = np.minimum(_FAR, _FARTHER / np.ptp(z, axis=0))
    share = np.cumsum(np.bincount(code))[:-1] / n
    x = np.concatenate([special.logit(share), np.zeros(p)])
    # The rows of the linear predictors above and below each answer; at the ends there is none.
    eye = np.vstack([np.eye(q), np.zeros(q)])
    upper = np.column_stack([eye[code], -z * (code < q)[:, None]])
    lower = np.column_stack([np.roll(eye, 1, axis=0)[code], -z * (code > 0)[:, None]])
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
        if (np.abs(x[q:]) > far).any():
            raise SeparationError("a predictor separates the answers; its effect has no estimate")
        if moved < _CLOSE:
            break
    else:
        raise SeparationError("the likelihood has no maximum")
    se = np.sqrt(np.diag(np.linalg.inv(-hessian)))[q:] / scale
    beta = x[q:] / scale
    return OrdinalFit(beta, se, x[:q] + float(beta @ centre), float(value))


def _differentiate(
    x: np.ndarray, upper: np.ndarray, lower: np.ndarray, code: np.ndarray, q: int
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the log-likelihood, a sum of log(F(upper x) - F(lower x)), and its derivatives."""
    high = np.where(code < q, special.expit(upper @ x), 1.0)
    low = np.where(code > 0, special.expit(lower @ x), 0.0)
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
        Of the intervals, between 0 and 1.

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
        A column is not there, or a cell is no finite number or a code of don't know; there is one
        group only, or `level` is not between 0 and 1.

    Notes
    -----
    Likelihood-ratio tests. With groups as the only predictor, the model without parallel
    thresholds is saturated, so its likelihood has a closed form; as
    ``ordinal::nominal_test``. It is a rough guide where answers are rare.

    Examples
    --------
    >>> table = pd.DataFrame({"x": [1, 2, 2, 3, 2, 3, 3, 3], "g": list("aaaabbbb")})
    >>> compare_answers(table, "x", "g")[["odds_ratio", "p"]].iloc[0].round(2).tolist()
    [10.52, 0.15]
    """
    check_level(level)
    x = read_answers(table, item)
    groups = {unit: x[at] for unit, at in split_groups(read_column(table, group)).items()}
    groups = {unit: own[~np.isnan(own)] for unit, own in groups.items()}
    groups = {unit: own for unit, own in groups.items() if len(own)}
    units, sizes = list(groups), [len(own) for own in groups.values()]
    if len(units) < 2:
        raise InputError("compare_answers: two groups or more are needed")
    y, marks = np.concatenate(list(groups.values())), np.repeat(np.eye(len(units)), sizes, axis=0)
    base = pd.DataFrame({"unit": units[1:], "reference": units[0], "n": sizes[1:]})
    names = ["odds_ratio", "low", "high", "p", "chisq", "df", "p_groups", "chisq_parallel",
             "df_parallel", "p_parallel"]  # fmt: skip
    try:
        fit, none = fit_ordinal_logit(y, marks[:, 1:]), fit_ordinal_logit(y, marks[:, :0])
    except InputError as error:
        return base.assign(**dict.fromkeys(names, np.nan), reason=str(error))
    reach = stats.norm.ppf(0.5 + level / 2) * fit.se
    counts = marks.T @ (y[:, None] == np.unique(y)).astype(float)
    free = float(special.xlogy(counts, counts / counts.sum(axis=1, keepdims=True)).sum())
    chisq, parallel = max(0.0, 2 * (fit.loglik - none.loglik)), max(0.0, 2 * (free - fit.loglik))
    df = len(units) - 1
    df_parallel = df * (counts.shape[1] - 2)
    return base.assign(
        odds_ratio=np.exp(fit.coefficients),
        low=np.exp(fit.coefficients - reach), high=np.exp(fit.coefficients + reach),
        p=2 * stats.norm.sf(np.abs(fit.coefficients / fit.se)),
        chisq=chisq, df=df, p_groups=stats.chi2.sf(chisq, df),
        chisq_parallel=parallel, df_parallel=df_parallel,
        p_parallel=stats.chi2.sf(parallel, df_parallel) if df_parallel else np.nan,
        reason="" if df_parallel else "two different answers have one threshold, nothing to test",
    )  # fmt: skip
