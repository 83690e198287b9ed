"""How many things items measure, and which: parallel analysis and exploratory factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats
from statsmodels.multivariate.factor_rotation import rotate_factors

from fewlikert.errors import InputError
from fewlikert.options import check_count, check_generator, check_level
from fewlikert.tables import is_flat, read_items

_LEAST_UNIQUENESS = 0.005
_FLAT = 1e-7
_SINGULAR = 1e-10
_ASYMMETRY = 1e-8


@dataclass(frozen=True)
class EfaResult:
    """An exploratory factor solution.

    Attributes
    ----------
    loadings : DataFrame
        Items x factors, pattern; factors by falling sum of squares, mostly positive.
    uniquenesses : Series
        Of each item.
    correlations : DataFrame
        Of the factors.
    objective : float
        Sum of squared residual correlations below the diagonal, doubled.
    warnings : tuple of str
        Doubts: a uniqueness below zero (ultra-Heywood case), a search without an end.
    """

    loadings: pd.DataFrame
    uniquenesses: pd.Series
    correlations: pd.DataFrame
    objective: float
    warnings: tuple[str, ...] = ()


def test_sampling_adequacy(correlations: pd.DataFrame, n: int) -> dict[str, object]:
    """Test whether items share enough to look for factors: KMO and Bartlett.

    Parameters
    ----------
    correlations : DataFrame
        Items x items.
    n : int
        Rows behind it.

    Returns
    -------
    dict
        `kmo` (overall), `kmo_items` (Series), `bartlett` (chi-squared), `df`, `p`,
        `reason` (why they are NaN).

    Raises
    ------
    InputError
        `correlations` is no table of items by items, or `n` is no whole number above 1.

    Notes
    -----
    Kaiser and Rice (1974), *Educational and Psychological Measurement* 34, 111-117;
    Bartlett (1951). As ``psych::KMO`` and ``psych::cortest.bartlett``.

    Examples
    --------
    >>> r = pd.DataFrame([[1, .56, .48], [.56, 1, .42], [.48, .42, 1]], list("abc"), list("abc"))
    >>> found = test_sampling_adequacy(r, 80)
    >>> round(found["kmo"], 3), round(found["bartlett"], 2)
    (0.672, 52.66)
    """
    r, items, k = _read_correlations(correlations), correlations.columns, len(correlations)
    check_count(n, "n", least=2)
    if n - 1 <= (2 * k + 5) / 6:  # Bartlett's factor, which turns the statistic around
        raise InputError(f"n: {n} rows are too few for a test of {k} items")
    if np.linalg.eigvalsh(r)[0] <= _SINGULAR:
        nothing = dict.fromkeys(("kmo", "bartlett", "df", "p"), np.nan)
        return {**nothing, "kmo_items": pd.Series(np.nan, items),
                "reason": "the correlation matrix is not positive definite"}  # fmt: skip
    if np.abs(r - np.eye(k)).max() <= _SINGULAR:
        nothing = {"kmo": np.nan, "kmo_items": pd.Series(np.nan, items)}
        return nothing | {"bartlett": 0.0, "df": k * (k - 1) / 2, "p": 1.0,
                          "reason": "no item correlates with another"}  # fmt: skip
    inverse = np.linalg.inv(r)
    scale = 1 / np.sqrt(np.diag(inverse))
    others = 1 - np.eye(k)
    partial, whole = others * (inverse * np.outer(scale, scale)) ** 2, others * r**2
    chisq, df = -np.linalg.slogdet(r)[1] * (n - 1 - (2 * k + 5) / 6), k * (k - 1) / 2
    return {
        "kmo": float(whole.sum() / (whole.sum() + partial.sum())),
        "kmo_items": pd.Series(whole.sum(0) / (whole.sum(0) + partial.sum(0)), items),
        "bartlett": float(chisq), "df": df, "p": float(stats.chi2.sf(chisq, df)), "reason": "",
    }  # fmt: skip


test_sampling_adequacy.__test__ = False  # type: ignore[attr-defined]  # not for pytest


def run_parallel_analysis(
    table: pd.DataFrame, *, n: int = 500, share: float = 0.95, rng: np.random.Generator
) -> pd.DataFrame:
    """Compare eigenvalues with those of shuffled answers.

    Parameters
    ----------
    table : DataFrame
        Respondents x items; rows with a missing item are left out.
    n : int
        Number of shuffles; every item is shuffled by itself, so margins stay.
    share : float
        Quantile of the shuffled eigenvalues to beat.
    rng : Generator
        Source of chance.

    Returns
    -------
    DataFrame
        One row per component: `component`, `eigenvalue`, `shuffled`, `retain` (all before
        the first that does not beat chance).

    Raises
    ------
    InputError
        A column is not there, or a cell is no finite number or a code of don't know; too few rows
        are complete, or an item is constant; `n` is no whole number above 0, `share` not between 0
        and 1, or `rng` no generator.

    Notes
    -----
    Horn (1965), *Psychometrika* 30, 179-185; permutations after Buja and Eyuboglu (1992).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(100, 1)) + rng.normal(size=(100, 4))
    >>> run_parallel_analysis(pd.DataFrame(x), n=50, rng=rng)["retain"].tolist()
    [True, False, False, False]
    """
    check_count(n, "n")
    check_level(share, "share")
    check_generator(rng)
    _, x = read_items(table, None)
    x = x[~np.isnan(x).any(axis=1)]
    if len(x) <= x.shape[1] or is_flat(x.T).any():
        raise InputError("run_parallel_analysis: too few complete rows, or an item is constant")
    own = np.linalg.eigvalsh(np.corrcoef(x.T))[::-1]
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    draws = np.empty((n, x.shape[1]))
    for i in range(n):
        shuffled = rng.permuted(z, axis=0)
        draws[i] = np.linalg.eigvalsh(shuffled.T @ shuffled / len(z))[::-1]
    chance = np.quantile(draws, share, axis=0)
    retain = np.cumprod(own > chance).astype(bool)
    number = np.arange(1, len(own) + 1)
    return pd.DataFrame(
        {"component": number, "eigenvalue": own, "shuffled": chance, "retain": retain}
    )


def fit_efa(correlations: pd.DataFrame, factors: int) -> EfaResult:
    """Fit exploratory factors by minimum residuals, rotated by oblimin.

    Parameters
    ----------
    correlations : DataFrame
        Items x items, Pearson or polychoric.
    factors : int
        How many.

    Returns
    -------
    EfaResult
        Pattern, uniquenesses and correlations of the factors.

    Raises
    ------
    InputError
        `correlations` is no table of items by items, or `factors` is no whole number above 0, or
        too many for the items.

    Notes
    -----
    Harman and Jones (1966), *Psychometrika* 31, 351-368; direct oblimin with gamma 0 by
    gradient projection (Jennrich, 2002). As ``psych::fa(fm = "minres")``.

    Examples
    --------
    >>> r = pd.DataFrame([[1, .56, .48], [.56, 1, .42], [.48, .42, 1]], list("abc"), list("abc"))
    >>> fit_efa(r, 1).loadings["F1"].round(3).tolist()
    [0.8, 0.7, 0.6]
    """
    r, k = _read_correlations(correlations), len(correlations)
    check_count(factors, "factors")
    if (k - factors) ** 2 < k + factors:
        raise InputError(f"fit_efa: {factors} factors are too many for {k} items")
    smc = 1 - 1 / np.diag(np.linalg.inv(r + 1e-8 * np.eye(k)))

    def load(unique: np.ndarray) -> np.ndarray:
        values, vectors = np.linalg.eigh(r - np.diag(unique))
        top = np.maximum(values[-factors:], 0)[::-1]
        out: np.ndarray = vectors[:, -factors:][:, ::-1] * np.sqrt(top)
        return out

    def miss(unique: np.ndarray) -> tuple[float, np.ndarray]:
        a = load(unique)
        apart = r - np.diag(unique) - a @ a.T
        # At the best loadings only the diagonal moves with the uniquenesses.
        return float((apart**2).sum()), -2 * np.diag(apart)

    found = optimize.minimize(
        miss, 1 - smc, jac=True, method="L-BFGS-B", bounds=[(_LEAST_UNIQUENESS, 1.0)] * k,
        options={"maxiter": 5000, "maxfun": 20000, "ftol": 1e-15, "gtol": 1e-9},
    )  # fmt: skip
    a, phi = load(found.x), np.eye(factors)
    if factors > 1:
        a, turn = rotate_factors(a, "quartimin", max_tries=1000, tol=1e-7)
        phi = turn.T @ turn
    order = np.argsort(-(a**2).sum(axis=0), kind="stable")
    sign = np.where(a[:, order].sum(axis=0) < 0, -1.0, 1.0)
    a, phi = a[:, order] * sign, phi[np.ix_(order, order)] * np.outer(sign, sign)
    names, items = [f"F{i + 1}" for i in range(factors)], correlations.columns
    uniquenesses = pd.Series(1 - np.einsum("if,fg,ig->i", a, phi, a), items)
    below = ", ".join(str(item) for item in items[uniquenesses < 0])
    doubts = [f"a uniqueness below zero (ultra-Heywood case): {below}"] if below else []
    # A line search that finds no step from a minimum ends "abnormally", as rounding has it.
    slope = found.x - np.clip(found.x - found.jac, _LEAST_UNIQUENESS, 1.0)
    if not found.success and np.abs(slope).max() > _FLAT:
        doubts.append(f"the search for the uniquenesses did not end: {found.message}")
    return EfaResult(
        pd.DataFrame(a, items, names), uniquenesses, pd.DataFrame(phi, names, names),
        float(found.fun), tuple(doubts),
    )  # fmt: skip


def _read_correlations(correlations: pd.DataFrame) -> np.ndarray:
    """Return a correlation matrix, or say why the table is none."""
    _, r = read_items(correlations, None)
    why = ""
    if r.shape[0] != r.shape[1] or not correlations.index.equals(correlations.columns):
        why = "its rows and columns are not the same items"
    elif np.isnan(r).any():
        why = "a correlation is missing"
    elif np.abs(r - r.T).max() > _ASYMMETRY or np.abs(np.diag(r) - 1).max() > _ASYMMETRY:
        why = "it is not symmetric with ones on the diagonal"
    elif np.abs(r).max() > 1 + _ASYMMETRY:
        why = "one lies beyond 1"
    if why:
        raise InputError(f"correlations: a table of items by items is needed; {why}")
    return r
