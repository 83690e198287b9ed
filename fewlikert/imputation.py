"""Missing answers: several plausible completions, and what they leave uncertain."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from fewlikert.errors import InputError
from fewlikert.options import check_level

DONORS = 5


def impute_multiple(
    table: pd.DataFrame,
    columns: Sequence[str],
    *,
    m: int = 20,
    rounds: int = 10,
    donors: int = DONORS,
    rng: np.random.Generator,
) -> list[pd.DataFrame]:
    """Impute missing answers several times by predictive mean matching.

    Parameters
    ----------
    table : DataFrame
        One row per respondent.
    columns : sequence of str
        Numeric columns to complete from each other.
    m : int
        Completions.
    rounds : int
        Rounds through the columns for each.
    donors : int
        Respondents of whom one gives their answer.
    rng : Generator
        Source of chance.

    Returns
    -------
    list of DataFrame
        The table m times, complete in `columns`; only answers that somebody gave.

    Raises
    ------
    InputError
        A column is missing or has fewer answers than `donors`.

    Notes
    -----
    Chained equations with type-1 matching: coefficients are drawn from their posterior for
    the missing and estimated for the donors (van Buuren, 2018, *Flexible Imputation of
    Missing Data*, section 3.4). A little ridge keeps collinear items estimable.
    """
    names = list(columns)
    lacking = [name for name in names if name not in table]
    if lacking:
        raise InputError(f"impute_multiple: there is no column {lacking[0]!r}")
    x = table[names].to_numpy(dtype=float, na_value=np.nan)
    gaps = np.isnan(x)
    for j, name in enumerate(names):
        if (~gaps[:, j]).sum() < donors:
            raise InputError(f"impute_multiple: {name}: fewer than {donors} answers to draw from")
    holes = [int(j) for j in np.flatnonzero(gaps.any(axis=0))]
    out = []
    for _ in range(m):
        full = x.copy()
        for j in holes:
            full[gaps[:, j], j] = rng.choice(x[~gaps[:, j], j], gaps[:, j].sum())
        for _ in range(rounds):
            for j in holes:
                full[gaps[:, j], j] = _match(full, x, gaps[:, j], j, donors, rng)
        out.append(table.assign(**{name: full[:, j] for j, name in enumerate(names)}))
    return out


def _match(
    full: np.ndarray, x: np.ndarray, gap: np.ndarray, j: int, donors: int, rng: np.random.Generator
) -> np.ndarray:
    design = np.column_stack([np.ones(len(full)), np.delete(full, j, axis=1)])
    known, y = design[~gap], x[~gap, j]
    cross = known.T @ known
    cross = cross + 1e-5 * np.diag(np.diag(cross))
    inverse = np.linalg.inv(cross)
    beta = inverse @ known.T @ y
    rest = y - known @ beta
    free = max(len(y) - known.shape[1], 1)
    sigma = np.sqrt((rest @ rest) / rng.chisquare(free))
    root = np.linalg.cholesky((inverse + inverse.T) / 2)
    drawn = beta + sigma * root @ rng.standard_normal(len(beta))
    given, wanted = known @ beta, design[gap] @ drawn
    apart = np.abs(given - wanted[:, None])
    # Ties are broken by chance, or the first respondents would give more often.
    apart = apart + rng.random(apart.shape) * 1e-9
    near = np.argpartition(apart, donors - 1, axis=1)[:, :donors]
    pick = near[np.arange(len(wanted)), rng.integers(0, donors, len(wanted))]
    found: np.ndarray = y[pick]
    return found


def pool_estimates(
    estimates: Sequence[float],
    variances: Sequence[float],
    *,
    df_complete: float = np.inf,
    level: float = 0.95,
) -> dict[str, float]:
    """Pool an estimate over completions by Rubin's rules.

    Parameters
    ----------
    estimates, variances : sequence of float
        Estimate and squared standard error in each completion.
    df_complete : float
        Degrees of freedom had nothing been missing.
    level : float
        Of the interval.

    Returns
    -------
    dict
        `estimate`, `se`, `df`, `low`, `high`, `within`, `between`, `lambda` (share of the
        variance due to missing answers), `fmi` (the same, small-sample).

    Raises
    ------
    InputError
        Fewer than two completions, or a variance that is not positive.

    Notes
    -----
    Rubin (1987); degrees of freedom of Barnard and Rubin (1999), *Biometrika* 86, 948-955;
    equals ``mice::pool.scalar``.

    Examples
    --------
    >>> told = pool_estimates([1.0, 1.2, 0.9], [0.04, 0.05, 0.04], df_complete=30)
    >>> round(told["se"], 4), round(told["df"], 2)
    (0.2728, 6.74)
    """
    check_level(level)
    q, u = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    m = len(q)
    if m < 2 or not (u > 0).all():
        raise InputError("pool_estimates: two completions or more, each with a variance above 0")
    within, between = float(u.mean()), float(q.var(ddof=1))
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total
    old = (m - 1) / share**2 if share > 0 else np.inf
    if np.isfinite(df_complete):
        seen = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share)
        df = 1 / (1 / old + 1 / seen) if np.isfinite(old) else seen
    else:
        df = old
    se = float(np.sqrt(total))
    reach = float(stats.t.ppf(0.5 + level / 2, df) if np.isfinite(df)
                  else stats.norm.ppf(0.5 + level / 2)) * se  # fmt: skip
    ratio = (1 + 1 / m) * between / within
    return {
        "estimate": float(q.mean()), "se": se, "df": float(df), "low": float(q.mean()) - reach,
        "high": float(q.mean()) + reach, "within": within, "between": between,
        "lambda": float(share),
        "fmi": float((ratio + 2 / (df + 3)) / (1 + ratio)) if np.isfinite(df) else float(share),
    }  # fmt: skip


def estimate_imputed_means(
    tables: Sequence[pd.DataFrame],
    value: Callable[[pd.DataFrame], pd.Series],
    group: str,
    *,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate group means over completions, beside those of complete answers.

    Returns: one row per group: `unit`, `n`, and the columns of :func:`pool_estimates`; `reason`
    where a group has no spread or fewer than two respondents.
    """
    check_level(level)
    rows = []
    values = [value(table) for table in tables]
    for unit, at in tables[0].groupby(group, sort=True).indices.items():
        parts = [v.to_numpy(dtype=float)[at] for v in values]
        row: dict[str, object] = {"unit": str(unit), "n": len(at)}
        means = [float(p.mean()) for p in parts]
        if len(at) < 2 or any(np.ptp(p) == 0 for p in parts):
            row |= {"estimate": float(np.mean(means)), "reason": "no spread"}
        else:
            squares = [float(p.var(ddof=1) / len(p)) for p in parts]
            row |= pool_estimates(means, squares, df_complete=len(at) - 1, level=level)
            row["reason"] = ""
        rows.append(row)
    return pd.DataFrame(rows)
