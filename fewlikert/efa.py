"""How many things items measure, and which: parallel analysis and exploratory factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from fewlikert.errors import InputError
from fewlikert.options import refuse_codes

_LEAST_UNIQUENESS = 0.005


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
        What casts doubt on the solution: a uniqueness below zero (an ultra-Heywood case).
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

    Notes
    -----
    Kaiser and Rice (1974), *Educational and Psychological Measurement* 34, 111-117;
    Bartlett (1951). As ``psych::KMO`` and ``psych::cortest.bartlett``.
    """
    r = correlations.to_numpy()
    if np.linalg.eigvalsh(r)[0] <= 1e-10:
        nan = float("nan")
        return {"kmo": nan, "kmo_items": pd.Series(nan, correlations.columns), "bartlett": nan,
                "df": nan, "p": nan,
                "reason": "the correlation matrix is not positive definite"}  # fmt: skip
    inverse = np.linalg.inv(r)
    scale = 1 / np.sqrt(np.diag(inverse))
    partial = (inverse * np.outer(scale, scale)) ** 2
    whole = r**2
    np.fill_diagonal(partial, 0)
    np.fill_diagonal(whole, 0)
    k = len(r)
    chisq = -np.log(np.linalg.det(r)) * (n - 1 - (2 * k + 5) / 6)
    df = k * (k - 1) / 2
    return {
        "kmo": float(whole.sum() / (whole.sum() + partial.sum())),
        "kmo_items": pd.Series(whole.sum(0) / (whole.sum(0) + partial.sum(0)),
                               correlations.columns),
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

    Notes
    -----
    Horn (1965), *Psychometrika* 30, 179-185; permutations after Buja and Eyuboglu (1992).
    """
    refuse_codes(table, list(table.columns))
    x = table.astype("float64").dropna().to_numpy()
    if len(x) <= x.shape[1] or not (x.std(axis=0) > 0).all():
        raise InputError("run_parallel_analysis: too few complete rows, or an item is constant")
    own = np.linalg.eigvalsh(np.corrcoef(x.T))[::-1]
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    draws = np.empty((n, x.shape[1]))
    for i in range(n):
        shuffled = rng.permuted(z, axis=0)
        draws[i] = np.linalg.eigvalsh(shuffled.T @ shuffled / len(z))[::-1]
    chance = np.quantile(draws, share, axis=0)
    return pd.DataFrame(
        {
            "component": np.arange(1, len(own) + 1),
            "eigenvalue": own,
            "shuffled": chance,
            "retain": np.cumprod(own > chance).astype(bool),
        }
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
        There are too many factors for the items.

    Notes
    -----
    Harman and Jones (1966), *Psychometrika* 31, 351-368; direct oblimin with gamma 0 by
    gradient projection (Jennrich, 2002). As ``psych::fa(fm = "minres")``.
    """
    r = correlations.to_numpy()
    k = len(r)
    if factors < 1 or (k - factors) ** 2 < k + factors:
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
        diagonal = np.diag(apart).copy()
        np.fill_diagonal(apart, 0.0)
        whole = float((apart**2).sum())
        return whole + float((diagonal**2).sum()), -2 * diagonal

    found = optimize.minimize(
        miss, 1 - smc, jac=True, method="L-BFGS-B", bounds=[(_LEAST_UNIQUENESS, 1.0)] * k,
        options={"maxiter": 5000, "maxfun": 20000, "ftol": 1e-15, "gtol": 1e-9},
    )  # fmt: skip
    a = load(found.x)
    phi = np.eye(factors)
    if factors > 1:
        a, phi = _rotate(a)
    order = np.argsort(-(a**2).sum(axis=0), kind="stable")
    a, phi = a[:, order], phi[np.ix_(order, order)]
    sign = np.where(a.sum(axis=0) < 0, -1.0, 1.0)
    a, phi = a * sign, phi * np.outer(sign, sign)
    names = [f"F{i + 1}" for i in range(factors)]
    items = correlations.columns
    uniquenesses = pd.Series(1 - np.einsum("if,fg,ig->i", a, phi, a), items)
    below = ", ".join(str(item) for item in uniquenesses.index[uniquenesses < 0])
    return EfaResult(
        pd.DataFrame(a, items, names),
        uniquenesses,
        pd.DataFrame(phi, names, names),
        float(found.fun),
        (f"a uniqueness below zero (ultra-Heywood case): {below}",) if below else (),
    )


def _rotate(loadings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotate by direct quartimin: gradient projection on oblique rotations."""
    k = loadings.shape[1]
    others = 1.0 - np.eye(k)
    turn = np.eye(k)
    inverse = np.linalg.inv(turn)
    a = loadings @ inverse.T
    value, step = _criterion(a, others), 1.0
    for _ in range(5000):
        pull = -(a.T @ (a * ((a**2) @ others)) @ inverse).T
        projected = pull - turn * (turn * pull).sum(axis=0)
        size = float(np.linalg.norm(projected))
        if size < 1e-10:
            break
        step *= 2
        for _ in range(60):
            tried = turn - step * projected
            tried = tried / np.sqrt((tried**2).sum(axis=0))
            back = np.linalg.inv(tried)
            moved = loadings @ back.T
            after = _criterion(moved, others)
            if value - after > 0.5 * size**2 * step:
                break
            step /= 2
        turn, inverse, a, value = tried, back, moved, after
    return a, turn.T @ turn


def _criterion(a: np.ndarray, others: np.ndarray) -> float:
    squares = a**2
    return float((squares * (squares @ others)).sum() / 4)
