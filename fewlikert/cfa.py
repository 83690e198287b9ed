"""Confirmatory factor analysis of one or several groups, by maximum likelihood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from fewlikert.cfa_model import EQUAL, CfaModel, CfaSample
from fewlikert.errors import InputError, suggest
from fewlikert.options import is_flat, refuse_codes

_MOST_STEPS = 500
_CLOSE = 1e-10


@dataclass(frozen=True)
class CfaResult:
    """A fitted factor model.

    Attributes
    ----------
    parameters : DataFrame
        `unit` (group), `kind` (``loading``, ``intercept``, ``residual``, ``covariance``,
        ``mean``), `code`, `other`, `estimate`, `se`, `se_robust`, `low`, `high`, `free`.
    fit : dict of str to float
        `n`, `groups`, `npar`, `chisq`, `df`, `p`, `cfi`, `tli`, `rmsea`, `rmsea_low`,
        `rmsea_high` (90%), `srmr`, `loglik`, `aic`, `bic`; and `scaling`, `chisq_scaled`,
        `p_scaled`, `cfi_scaled`, `tli_scaled`, `rmsea_scaled` of the robust test (MLR).
    warnings : tuple of str
        What casts doubt on the solution: a negative variance, a correlation beyond 1.
    """

    parameters: pd.DataFrame
    fit: dict[str, float]
    warnings: tuple[str, ...] = ()


def fit_cfa(
    table: pd.DataFrame,
    factors: Mapping[str, Sequence[str]],
    *,
    group: str | None = None,
    equal: Sequence[str] = (),
) -> CfaResult:
    """Fit a factor model in which every item belongs to one factor.

    Parameters
    ----------
    table : DataFrame
        Respondents x items; rows with a missing item are left out.
    factors : mapping of str to sequence of str
        Items of each factor; the first is its marker, with a loading of 1.
    group : str, optional
        Column of groups.
    equal : sequence of str
        What is held equal across groups: ``loadings``, ``intercepts``, ``residuals``. With
        equal intercepts, factor means are free in all groups but the first.

    Returns
    -------
    CfaResult
        Estimates with standard errors from the expected information and robust ones
        (sandwich), fit indices, and the scaled test statistic.

    Raises
    ------
    InputError
        A group has too few complete rows, an item does not vary, the covariance matrix is
        not positive definite, or the fit does not converge.

    Notes
    -----
    Mean structure included, normal-theory likelihood with divisor n, as
    ``lavaan::cfa(estimator = "MLR")``. The maximum is found by Fisher scoring. The scaled
    test is Yuan and Bentler's (2000) in the form of Asparouhov and Muthén (2005).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> ability = rng.normal(size=200)
    >>> items = {f"x{i}": ability + rng.normal(size=200) for i in range(4)}
    >>> result = fit_cfa(pd.DataFrame(items), {"F": ["x0", "x1", "x2", "x3"]})
    >>> result.fit["df"], bool(result.fit["cfi"] > 0.9)
    (2.0, True)
    """
    for name in equal:
        if name not in EQUAL:
            raise InputError(
                f"fit_cfa: {name!r} is none of {', '.join(EQUAL)}{suggest(name, EQUAL)}"
            )
    items = [item for own in factors.values() for item in own]
    samples = _read_samples(table, items, group)
    model = CfaModel.make(factors, [s.unit for s in samples], tuple(equal))
    x = _maximise(model, samples)
    return _tell(model, samples, x)


def _read_samples(table: pd.DataFrame, items: list[str], group: str | None) -> list[CfaSample]:
    lacking = [name for name in [*items, group] if name and name not in table]
    if lacking:
        raise InputError(f"fit_cfa: there is no column {lacking[0]!r}")
    refuse_codes(table, items)
    whole = table.dropna(subset=items)
    parts = [("all", whole)] if group is None else list(whole.groupby(group, sort=True))
    samples = []
    for unit, rows in parts:
        x = rows[items].to_numpy(dtype=float)
        if len(x) <= len(items):
            raise InputError(
                f"fit_cfa: {unit}: {len(x)} complete rows are too few for {len(items)} items"
            )
        spread, flat = x.var(axis=0), is_flat(x.T).ravel()
        if flat.any():
            raise InputError(f"fit_cfa: {unit}: {items[int(flat.argmax())]} does not vary")
        sample = CfaSample(str(unit), x)
        scale = np.sqrt(np.outer(spread, spread))
        if np.linalg.eigvalsh(sample.covariance / scale)[0] <= 1e-10:
            raise InputError(
                f"fit_cfa: {unit}: the covariance matrix is not positive definite; an item is a "
                "combination of others"
            )
        samples.append(sample)
    return samples


def _maximise(model: CfaModel, samples: list[CfaSample]) -> np.ndarray:
    x: np.ndarray = model.start(samples)
    value = model.discrepancy(x, samples)
    for _ in range(_MOST_STEPS):
        slope = model.gradient(x, samples)
        information = model.expected_information(x, samples)
        # In units of its own standard error, whatever the units of the items.
        unit = 1 / np.sqrt(np.diag(information))
        scaled = information * np.outer(unit, unit)
        step = unit * np.linalg.lstsq(scaled, -slope * unit, rcond=None)[0]
        size = 1.0
        for _ in range(40):
            tried = model.discrepancy(x + size * step, samples)
            if tried <= value + 1e-12:
                break
            size /= 2
        else:
            break
        x, value = x + size * step, tried
        if np.abs(slope * unit).max() < _CLOSE:
            return x
    if np.abs(model.gradient(x, samples) * unit).max() > 1e-5:
        raise InputError(
            "fit_cfa: the fit does not converge; the model does not suit the data, or the groups "
            "are too small for it"
        )
    return x


def _invert(information: np.ndarray) -> np.ndarray:
    """Invert, as far as possible, with every parameter in a unit of its own."""
    unit = 1 / np.sqrt(np.abs(np.diag(information)))
    scale = np.outer(unit, unit)
    return np.asarray(np.linalg.pinv(information * scale, hermitian=True) * scale)


def _tell(model: CfaModel, samples: list[CfaSample], x: np.ndarray) -> CfaResult:
    n = sum(sample.n for sample in samples)
    information = n * model.expected_information(x, samples)
    covariance = _invert(information)
    hessian = n * model.observed_information(x, samples)
    bread = _invert(hessian)
    scores = model.casewise_scores(x, samples)
    robust = bread @ (scores.T @ scores) @ bread
    table = model.tabulate(x, np.sqrt(np.diag(covariance).clip(0)), np.sqrt(np.diag(robust)))
    reach = stats.norm.ppf(0.975) * table["se"]
    table["low"], table["high"] = table["estimate"] - reach, table["estimate"] + reach
    fit = _judge(model, samples, x)
    fit |= _scale(model, samples, x, bread, fit)
    return CfaResult(table, fit, model.find_doubts(x))


def _judge(model: CfaModel, samples: list[CfaSample], x: np.ndarray) -> dict[str, float]:
    n, groups, p = sum(s.n for s in samples), len(samples), model.loadings.shape[0]
    moments = groups * (p * (p + 1) // 2 + p)
    chisq, df = n * model.discrepancy(x, samples), moments - model.npar
    base = sum(
        s.n * (np.log(np.diag(s.covariance)).sum() - np.linalg.slogdet(s.covariance)[1])
        for s in samples
    )
    base_df = groups * p * (p - 1) // 2
    loglik = -0.5 * (
        chisq
        + sum(s.n * (np.linalg.slogdet(s.covariance)[1] + p) for s in samples)
        + n * p * np.log(2 * np.pi)
    )
    fit = {
        "n": float(n), "groups": float(groups), "npar": float(model.npar),
        "chisq": float(chisq), "df": float(df),
        "p": float(stats.chi2.sf(chisq, df)) if df else np.nan,
        "baseline_chisq": float(base), "baseline_df": float(base_df),
        **_compare_to_baseline(chisq, df, base, base_df),
        "rmsea": _find_rmsea(chisq - df, df, n, groups),
        "loglik": float(loglik), "aic": float(2 * model.npar - 2 * loglik),
        "bic": float(np.log(n) * model.npar - 2 * loglik),
    }  # fmt: skip
    for name, share in (("rmsea_low", 0.95), ("rmsea_high", 0.05)):
        fit[name] = _find_rmsea(_find_noncentrality(chisq, df, share), df, n, groups)
    residual = 0.0
    for g, sample in enumerate(samples):
        mean, sigma = model.imply(x, g)
        scale = np.sqrt(np.diag(sample.covariance))
        apart = (sample.covariance - sigma) / np.outer(scale, scale)
        lower = apart[np.tril_indices(p)]
        shift = (sample.mean - mean) / scale
        squares = (lower**2).sum() + (shift**2).sum()
        residual += sample.n / n * np.sqrt(squares / (p * (p + 1) / 2 + p))
    fit["srmr"] = float(residual)
    return fit


def _compare_to_baseline(chisq: float, df: float, base: float, base_df: float) -> dict[str, float]:
    if df == 0:
        return {"cfi": 1.0, "tli": 1.0}
    worst = max(base - base_df, chisq - df, 0.0)
    cfi = 1 - max(chisq - df, 0) / worst if worst > 0 else 1.0
    tli = (base / base_df - chisq / df) / (base / base_df - 1)
    return {"cfi": float(cfi), "tli": float(tli)}


def _find_rmsea(excess: float, df: float, n: int, groups: int) -> float:
    if df == 0:
        return 0.0
    return float(np.sqrt(max(excess, 0.0) / (df * n)) * np.sqrt(groups))


def _find_noncentrality(chisq: float, df: float, share: float) -> float:
    if df == 0 or stats.chi2.cdf(chisq, df) < share:
        return 0.0

    def miss(excess: float) -> float:
        return float(stats.ncx2.cdf(chisq, df, excess)) - share

    high = chisq + 10
    while miss(high) > 0:
        high *= 2
    return float(optimize.brentq(miss, 1e-10, high, xtol=1e-12))


def _scale(
    model: CfaModel,
    samples: list[CfaSample],
    x: np.ndarray,
    bread: np.ndarray,
    fit: dict[str, float],
) -> dict[str, float]:
    """Scale the test for answers that are not normal, and the indices with it."""
    df, base_df = fit["df"], fit["baseline_df"]
    if df == 0:
        names = ("scaling", "chisq_scaled", "p_scaled", "cfi_scaled", "tli_scaled", "rmsea_scaled")
        return dict.fromkeys(names, np.nan)
    free, own, base = 0.0, 0.0, 0.0
    for g, sample in enumerate(samples):
        mean, sigma = model.imply(x, g)
        apart = sample.moment_scores(sample.mean, sample.covariance)
        weight = sample.moment_weight(sample.covariance)
        free += np.trace(np.linalg.solve(weight, apart.T @ apart / sample.n))
        delta = model.moment_jacobian(x, g)
        implied = sample.moment_scores(mean, sigma)
        own += float(np.sum((implied @ delta) @ bread * (implied @ delta)))
        none = np.diag(np.diag(sample.covariance))
        alone = sample.moment_scores(sample.mean, none)
        kept = _find_independence_moments(len(mean))
        inner = sample.moment_weight(none)[np.ix_(kept, kept)]
        cross = (alone[:, kept].T @ alone[:, kept]) / sample.n
        base += np.trace(np.linalg.solve(inner, cross))
    scaling, base_scaling = (free - own) / df, (free - base) / base_df
    chisq, base_chisq = fit["chisq"] / scaling, fit["baseline_chisq"] / base_scaling
    against = _compare_to_baseline(chisq, df, base_chisq, base_df)
    return {
        "scaling": float(scaling),
        "chisq_scaled": float(chisq),
        "p_scaled": float(stats.chi2.sf(chisq, df)),
        "cfi_scaled": against["cfi"],
        "tli_scaled": against["tli"],
        "rmsea_scaled": _find_rmsea(chisq - df, df, int(fit["n"]), len(samples)),
    }


def _find_independence_moments(p: int) -> np.ndarray:
    rows, columns = np.tril_indices(p)
    kept: np.ndarray = np.concatenate([np.arange(p), p + np.flatnonzero(rows == columns)])
    return kept
