"""Confirmatory factor analysis of one or several groups, by maximum likelihood."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize, stats

from fewlikert.cfa_model import EQUAL, CfaModel, CfaSample, compute_moment_information
from fewlikert.errors import InputError, suggest
from fewlikert.tables import is_flat, read_column, read_items, split_groups

_MOST_STEPS = 200
_CLOSE = 1e-10
_SINGULAR = 1e-10


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
        `rmsea_high` (90%), `srmr`, `loglik`, `aic`, `bic`; of the robust test (MLR) `scaling`,
        `chisq_scaled`, `p_scaled`, `cfi_scaled`, `tli_scaled`, `rmsea_scaled`.
    warnings : tuple of str
        Doubts: a negative variance, a correlation beyond 1, a parameter that is not determined.
    """

    parameters: pd.DataFrame
    fit: dict[str, float]
    warnings: tuple[str, ...] = ()


class _Units(NamedTuple):
    """Zero and unit of each item; inside, items have a mean of 0 and a variance of 1."""

    centre: np.ndarray
    scale: np.ndarray


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
        A column is not there, or a cell is no finite number or a code of don't know; a factor has
        fewer than two items, an item two factors, or `equal` another word; a group has too few
        complete rows, or items that do not vary there or make up each other; the model has more
        parameters than there are means and covariances.

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
    if isinstance(equal, str) or not isinstance(equal, Collection):
        raise InputError(f"equal: a list is needed, such as ['loadings']; found {equal!r}")
    for name in equal:
        if name not in EQUAL:
            raise InputError(f"{name!r} is none of {', '.join(EQUAL)}{suggest(name, EQUAL)}")
    samples, units = _read_samples(table, list_items(factors), group)
    model = CfaModel.make(factors, samples, tuple(equal))
    if model.npar > model.moments:
        raise InputError(
            f"the model has {model.npar} parameters for {model.moments} means and covariances; a "
            "factor alone needs three items"
        )
    theta = _maximise(model)
    information = model.n * model.expect_information(theta)
    bread = np.linalg.pinv(model.n * model.observe_information(theta), hermitian=True)
    scores = model.compute_scores(theta)
    se = np.sqrt(np.diag(np.linalg.pinv(information, hermitian=True)).clip(0))
    robust = np.diag(bread @ (scores.T @ scores) @ bread)
    robust = np.sqrt(np.where(robust > 0, robust, np.nan))
    fit = _compute_fit(model, theta)
    fit |= _scale_test(model, theta, bread, fit)
    # The density of an item is that of its standardised answers over its unit.
    loglik = fit["loglik"] - model.n * float(np.log(units.scale).sum())
    fit |= {"loglik": loglik, "aic": 2 * model.npar - 2 * loglik,
            "bic": float(np.log(model.n)) * model.npar - 2 * loglik}  # fmt: skip
    parameters = _tabulate(model, theta, se, robust, units)
    return CfaResult(parameters, fit, _find_doubts(model, theta, information))


def list_items(factors: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the items of all factors; a factor of one item has no variance of its own."""
    if not isinstance(factors, Mapping) or not factors:
        raise InputError("factors: a dict of factor to items is needed, such as {'F': ['a', 'b']}")
    for name, own in factors.items():
        if not isinstance(own, Collection) or isinstance(own, str) or len(own) < 2:
            raise InputError(f"factor {name}: a list of two items or more is needed; found {own!r}")
    return [item for own in factors.values() for item in own]


def _read_samples(
    table: pd.DataFrame, items: list[str], group: str | None
) -> tuple[list[CfaSample], _Units]:
    names, x = read_items(table, items)
    known = ~np.isnan(x).any(axis=1)
    parts = {"all": np.arange(len(x))}
    if group is not None:
        parts = split_groups(read_column(table, group))
    parts = {unit: at[known[at]] for unit, at in parts.items()}
    for unit, at in parts.items():
        if len(at) <= len(names):
            raise InputError(f"{unit}: {len(at)} complete rows are too few for {len(names)} items")
        flat = is_flat(x[at].T).ravel()
        if flat.any():
            raise InputError(f"{unit}: {names[int(flat.argmax())]} does not vary")
    everyone = x[np.concatenate(list(parts.values()))] if parts else x[:0]
    if not len(everyone):
        raise InputError(f"{group}: no row has a group")
    units = _Units(everyone.mean(axis=0), everyone.std(axis=0))
    samples = [CfaSample(u, (x[at] - units.centre) / units.scale) for u, at in parts.items()]
    for sample in samples:
        if np.linalg.eigvalsh(np.corrcoef(sample.x.T))[0] <= _SINGULAR:
            raise InputError(
                f"{sample.unit}: the covariance matrix is not positive definite; an item is a "
                "combination of others"
            )
    return samples, units


def _maximise(model: CfaModel) -> np.ndarray:
    theta = model.start()
    value = model.compute_discrepancy(theta)
    for _ in range(_MOST_STEPS):
        slope, information = model.compute_gradient(theta), model.expect_information(theta)
        # In units of its own standard error, as parameters differ in size.
        unit = 1 / np.sqrt(np.diag(information))
        if np.abs(slope * unit).max() < _CLOSE:
            return theta
        scaled = information * np.outer(unit, unit)
        step = unit * np.linalg.lstsq(scaled, -slope * unit, rcond=None)[0]
        for _ in range(40):
            tried = model.compute_discrepancy(theta + step)
            if tried <= value + 1e-12:
                break
            step = step / 2
        else:
            break
        theta, value = theta + step, tried
    if not np.abs(model.compute_gradient(theta) * unit).max() <= 1e-5:
        raise InputError(
            "the fit does not converge; the model does not suit the data, or the groups are too "
            "small for it"
        )
    return theta


def _compute_fit(model: CfaModel, theta: np.ndarray) -> dict[str, float]:
    n, groups, p = model.n, len(model.samples), len(model.items)
    chisq, df = n * model.compute_discrepancy(theta), float(model.moments - model.npar)
    base, base_df = 0.0, groups * p * (p - 1) / 2
    saturated, residual = 0.0, 0.0
    for g, sample in enumerate(model.samples):
        mean, sigma = model.imply(theta, g)
        variance, log = np.diag(sample.covariance), np.linalg.slogdet(sample.covariance)[1]
        base += sample.n * (np.log(variance).sum() - log)
        saturated += sample.n * (log + p)
        scale = np.sqrt(variance)
        apart = ((sample.covariance - sigma) / np.outer(scale, scale))[np.tril_indices(p)]
        squares = (apart**2).sum() + (((sample.mean - mean) / scale) ** 2).sum()
        residual += sample.n / n * np.sqrt(squares / (model.moments / groups))
    low, high = (_find_noncentrality(chisq, df, share) for share in (0.95, 0.05))
    return {
        "n": float(n), "groups": float(groups), "npar": float(model.npar), "chisq": float(chisq),
        "df": df, "p": float(stats.chi2.sf(chisq, df)) if df else np.nan,
        "baseline_chisq": float(base), "baseline_df": base_df,
        **_compare_to_baseline(chisq, df, base, base_df),
        "rmsea": _compute_rmsea(chisq - df, df, n, groups),
        "rmsea_low": _compute_rmsea(low, df, n, groups),
        "rmsea_high": _compute_rmsea(high, df, n, groups), "srmr": float(residual),
        "loglik": float(-0.5 * (chisq + saturated + n * p * np.log(2 * np.pi))),
    }  # fmt: skip


def _compare_to_baseline(chisq: float, df: float, base: float, base_df: float) -> dict[str, float]:
    if df == 0:
        return {"cfi": 1.0, "tli": 1.0}
    worst = max(base - base_df, chisq - df, 0.0)
    cfi = 1 - max(chisq - df, 0) / worst if worst > 0 else 1.0
    tli = (base / base_df - chisq / df) / (base / base_df - 1)
    return {"cfi": float(cfi), "tli": float(tli)}


def _compute_rmsea(excess: float, df: float, n: int, groups: int) -> float:
    return float(np.sqrt(max(excess, 0.0) / (df * n) * groups)) if df else 0.0


def _find_noncentrality(chisq: float, df: float, share: float) -> float:
    if df == 0 or stats.chi2.cdf(chisq, df) < share:
        return 0.0

    def miss(excess: float) -> float:
        return float(stats.ncx2.cdf(chisq, df, excess)) - share

    high = chisq + 10
    while miss(high) > 0:
        high *= 2
    return float(optimize.brentq(miss, 1e-10, high, xtol=1e-12))


def _trace_scores(sample: CfaSample, sigma: np.ndarray, kept: np.ndarray) -> float:
    """Return the trace of W^-1 V over some of the moments."""
    scores = sample.compute_scores(sample.mean, sigma)[:, kept]
    weight = compute_moment_information(sigma)[np.ix_(kept, kept)]
    return float(np.trace(np.linalg.solve(weight, scores.T @ scores / sample.n)))


def _scale_test(
    model: CfaModel, theta: np.ndarray, bread: np.ndarray, fit: dict[str, float]
) -> dict[str, float]:
    """Scale the test for answers that are not normal, and the indices with it.

    The mean of a test statistic is the trace of W^-1 V over all moments less that over the
    model's parameters, with V the covariance of the rows' scores; its share of df is `scaling`.
    """
    df, base_df = fit["df"], fit["baseline_df"]
    if df == 0:
        names = ("scaling", "chisq_scaled", "p_scaled", "cfi_scaled", "tli_scaled", "rmsea_scaled")
        return dict.fromkeys(names, np.nan)
    p, scores = len(model.items), model.compute_scores(theta)
    rows, columns = np.tril_indices(p)
    every = np.arange(p + len(rows))
    alone = every[np.concatenate([np.full(p, True), rows == columns])]  # means and variances
    saturated = sum(_trace_scores(s, s.covariance, every) for s in model.samples)
    base = sum(_trace_scores(s, np.diag(np.diag(s.covariance)), alone) for s in model.samples)
    scaling = (saturated - float(np.sum(scores @ bread * scores))) / df
    base_scaling = (saturated - base) / base_df
    chisq, base_chisq = fit["chisq"] / scaling, fit["baseline_chisq"] / base_scaling
    against = _compare_to_baseline(chisq, df, base_chisq, base_df)
    return {
        "scaling": float(scaling), "chisq_scaled": float(chisq),
        "p_scaled": float(stats.chi2.sf(chisq, df)), "cfi_scaled": against["cfi"],
        "tli_scaled": against["tli"],
        "rmsea_scaled": _compute_rmsea(chisq - df, df, model.n, len(model.samples)),
    }  # fmt: skip


def _tabulate(
    model: CfaModel, theta: np.ndarray, se: np.ndarray, robust: np.ndarray, units: _Units
) -> pd.DataFrame:
    """Return one row per parameter and group, in the units of the items."""
    s, marker = units.scale, units.scale[model.marker]
    sizes = {"residual": s**2, "intercept": s, "mean": marker}
    rows = []
    for g, sample in enumerate(model.samples):
        for item, factor in zip(model.marker, model.factors, strict=True):
            rows.append((sample.unit, "loading", model.items[item], factor, 1.0, np.nan, np.nan,
                         False))  # fmt: skip
        for kind, places in model.cells[g].items():
            for i, j, k in places.T:
                code = model.factors[i] if kind in ("covariance", "mean") else model.items[i]
                other = model.factors[j] if kind in ("loading", "covariance") else ""
                if kind == "loading":
                    size = s[i] / marker[j]
                else:
                    size = marker[i] * marker[j] if kind == "covariance" else sizes[kind][i]
                estimate = theta[k] * size + (units.centre[i] if kind == "intercept" else 0.0)
                errors = se[k] * size, robust[k] * size
                rows.append((sample.unit, kind, code, other, estimate, *errors, True))
    columns = ["unit", "kind", "code", "other", "estimate", "se", "se_robust", "free"]
    table = pd.DataFrame(rows, columns=columns)
    reach = stats.norm.ppf(0.975) * table["se"]
    return table.assign(low=table["estimate"] - reach, high=table["estimate"] + reach)


def _find_doubts(model: CfaModel, theta: np.ndarray, information: np.ndarray) -> tuple[str, ...]:
    doubts = []
    for g, sample in enumerate(model.samples):
        own = model.fill(theta, g)
        doubts += [f"{sample.unit}: the residual variance of {item} is negative"
                   for item, variance in zip(model.items, own.residual, strict=True)
                   if variance < 0]  # fmt: skip
        if np.linalg.eigvalsh(own.covariance)[0] <= 0:
            doubts.append(f"{sample.unit}: the covariance matrix of the factors is not proper")
    unit = 1 / np.sqrt(np.diag(information))
    if np.linalg.eigvalsh(information * np.outer(unit, unit))[0] <= _SINGULAR:
        doubts.append("the answers do not determine every parameter; standard errors are too small")
    return tuple(doubts)
