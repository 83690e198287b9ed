"""Missing answers: several plausible completions, and what they leave uncertain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from fewlikert.clusters import estimate_cluster_means
from fewlikert.errors import InputError
from fewlikert.options import check_count, check_generator, check_level, read_number
from fewlikert.tables import is_flat, read_answers, read_column, read_items, read_numbers

DONORS = 5
_RIDGE = 1e-5


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
    m, rounds : int
        Completions, and rounds through the columns for each.
    donors : int
        Respondents of whom one gives their answer; a column needs as many answers.
    rng : Generator
        Source of chance.

    Returns
    -------
    list of DataFrame
        The table m times, complete in `columns`; only answers that somebody gave.

    Raises
    ------
    InputError
        A column is not there, or a cell is no finite number or a code of don't know; a column has
        fewer answers than `donors`; a count is no whole number above 0, or `rng` no generator.

    Notes
    -----
    Chained equations with type-1 matching: coefficients are drawn from their posterior for
    the missing and estimated for the donors (van Buuren, 2018, *Flexible Imputation of
    Missing Data*, section 3.4). A little ridge, a share of each column's variance, keeps
    collinear items estimable.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1.0, 2, 3, 4, 5, 4], "b": [1.0, 2, 3, 4, 5, None]})
    >>> filled = impute_multiple(table, ["a", "b"], m=3, donors=2, rng=np.random.default_rng(1))
    >>> [int(done["b"].count()) for done in filled]
    [6, 6, 6]
    """
    check_generator(rng)
    for name, count in (("m", m), ("rounds", rounds), ("donors", donors)):
        check_count(count, name)
    names, x = read_items(table, columns)
    gaps = np.isnan(x)
    for j, name in enumerate(names):
        if (~gaps[:, j]).sum() < donors:
            raise InputError(f"impute_multiple: {name}: fewer than {donors} answers to draw from")
    holes = [int(j) for j in np.flatnonzero(gaps.any(axis=0))]
    centre, scale = np.nanmean(x, axis=0), np.nanstd(x, axis=0)
    varies = ~is_flat(x.T)  # where everyone answered alike nothing is told of the others
    z = (x - centre) / np.where(varies, scale, 1)
    out = []
    for _ in range(m):
        # Each answer by the number of the respondent who gave it; at first anyone's.
        givers = np.tile(np.arange(len(x))[:, None], x.shape[1])
        for j in holes:
            known = np.flatnonzero(~gaps[:, j])
            givers[gaps[:, j], j] = known[rng.integers(0, len(known), gaps[:, j].sum())]
        for _ in range(rounds):
            for j in holes:
                full = np.take_along_axis(z, givers, axis=0)
                others = full[:, varies & (np.arange(x.shape[1]) != j)]
                givers[gaps[:, j], j] = _match(others, full[:, j], gaps[:, j], donors, rng)
        full = np.take_along_axis(x, givers, axis=0)
        done = table.copy()
        for j, name in enumerate(names):
            done[name] = full[:, j]
        out.append(done)
    return out


def _match(
    others: np.ndarray, own: np.ndarray, gap: np.ndarray, donors: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw for each gap the number of a respondent whose predicted answer is near."""
    design = np.column_stack([np.ones(len(own)), others])
    known, y = design[~gap], own[~gap]
    cross = known.T @ known
    size = np.diag(cross)
    inverse = np.linalg.inv(cross + _RIDGE * np.diag(np.where(size > 0, size, 1)))
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
    donor: np.ndarray = np.flatnonzero(~gap)[pick]
    return donor


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
        Of the interval, between 0 and 1.

    Returns
    -------
    dict
        `estimate`, `se`, `df`, `low`, `high`, `within`, `between`, `lambda` (share of the
        variance due to missing answers), `fmi` (the same, small-sample).

    Raises
    ------
    InputError
        Fewer than two completions, a variance that is not above 0, `df_complete` that is not, or
        `level` is not between 0 and 1.

    Notes
    -----
    Rubin (1987); degrees of freedom of Barnard and Rubin (1999), *Biometrika* 86, 948-955;
    as ``mice::pool.scalar``.

    Examples
    --------
    >>> told = pool_estimates([1.0, 1.2, 0.9], [0.04, 0.05, 0.04], df_complete=30)
    >>> round(told["se"], 4), round(told["df"], 2)
    (0.2728, 6.74)
    """
    check_level(level)
    q, u = _read_completions(estimates, "estimates"), _read_completions(variances, "variances")
    m = len(q)
    if m < 2 or len(u) != m or np.isnan(q).any() or not (u > 0).all():
        raise InputError("pool_estimates: two completions or more, each with a variance above 0")
    if not read_number(df_complete) > 0:
        raise InputError(f"df_complete: a number above zero is needed; found {df_complete!r}")
    estimate, within, between = float(q.mean()), float(u.mean()), float(q.var(ddof=1))
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total
    df = (m - 1) / share**2 if share > 0 else np.inf
    if np.isfinite(df_complete):
        seen = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share)
        df = 1 / (1 / df + 1 / seen)
    reach = float(stats.t.ppf(0.5 + level / 2, df)) * np.sqrt(total)
    ratio = (1 + 1 / m) * between / within
    return {
        "estimate": estimate, "se": float(np.sqrt(total)), "df": float(df),
        "low": float(estimate - reach), "high": float(estimate + reach), "within": within,
        "between": between, "lambda": share, "fmi": (ratio + 2 / (df + 3)) / (1 + ratio),
    }  # fmt: skip


def _read_completions(given: Sequence[float], name: str) -> np.ndarray:
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        raise InputError(f"{name}: a list of numbers is needed, one for each completion")
    return read_numbers(pd.DataFrame({name: pd.Series(list(given), dtype=object)}), name)


def estimate_imputed_means(
    tables: Sequence[pd.DataFrame],
    value: str | Callable[[pd.DataFrame], pd.Series],
    group: str,
    cluster: str | None = None,
    *,
    min_clusters: int = 2,
    least_errors: Mapping[str, float] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate group means over completions, allowing for organisations.

    Parameters
    ----------
    tables : sequence of DataFrame
        Completions of one table, as :func:`impute_multiple` returns them.
    value : str or function
        Column, or what makes a Series with the labels of the rows out of a completion.
    group, cluster : str
        Columns, read as in :func:`~fewlikert.clusters.estimate_cluster_means`; without
        `cluster` everyone is one of their own.
    min_clusters : int
        No interval below this number of clusters.
    least_errors : mapping of str to float, optional
        Least standard error of a group's mean in each completion.
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per group: `unit`, `n`, `clusters`, the columns of :func:`pool_estimates`, and
        `reason`: why something is NaN.

    Raises
    ------
    InputError
        Fewer than two completions, or completions of different tables; a completion still lacks a
        value, or `value` makes no Series with the labels of its rows; `level` is not between 0 and
        1.

    Notes
    -----
    The variance within a completion is CR2, and the degrees of freedom of complete data are the
    mean of the Satterthwaite ones; pooled by Rubin's rules (1987), as in :func:`pool_estimates`.

    Examples
    --------
    >>> tables = [pd.DataFrame({"x": [1.0, 2, 4, x], "g": "all"}) for x in (3, 4, 5)]
    >>> estimate_imputed_means(tables, "x", "g")[["estimate", "se", "df"]].iloc[0].round(3).tolist()
    [2.75, 0.829, 1.735]
    """
    check_level(level)
    check_count(min_clusters, "min_clusters")
    if isinstance(tables, pd.DataFrame) or not isinstance(tables, Sequence) or len(tables) < 2:
        raise InputError("tables: a list of two completions or more is needed")
    parts = [_estimate_completion(table, value, group, cluster, least_errors) for table in tables]
    if any(not part[["unit", "n", "clusters"]].equals(parts[0][["unit", "n", "clusters"]])
           for part in parts):  # fmt: skip
        raise InputError("tables: completions of one table have the same groups, of the same rows")
    rows = []
    for own in zip(*(part.to_dict("records") for part in parts), strict=True):
        row: dict[str, Any] = {k: own[0][k] for k in ("unit", "n", "clusters")}
        why = next((part["reason"] for part in own if part["reason"]), "")
        pooled = dict.fromkeys(("estimate", "se", "df", "low", "high", "within", "between",
                                "lambda", "fmi"), np.nan)  # fmt: skip
        pooled["estimate"] = float(np.mean([part["mean"] for part in own]))
        if not why:
            q, u = [part["mean"] for part in own], [part["se"] ** 2 for part in own]
            df = float(np.mean([part["df"] for part in own]))
            pooled = pool_estimates(q, u, df_complete=df, level=level)
            if row["clusters"] < min_clusters:
                why = f"no interval from fewer than {min_clusters} organisations"
                pooled |= {"low": np.nan, "high": np.nan}
        rows.append(row | pooled | {"reason": why})
    return pd.DataFrame(rows)


def _estimate_completion(
    table: pd.DataFrame, value: str | Callable[[pd.DataFrame], pd.Series], group: str,
    cluster: str | None, least_errors: Mapping[str, float] | None,
) -> pd.DataFrame:  # fmt: skip
    if isinstance(value, str):
        read_answers(table, value)
    elif not callable(value):
        raise InputError(f"value: a column or a function is needed; found {value!r}")
    x = read_column(table, value) if isinstance(value, str) else value(table)
    if not (isinstance(x, pd.Series) and x.index.equals(table.index)):
        raise InputError("value: a Series with the labels of the rows is needed")
    own = pd.DataFrame({"value": x, "group": read_column(table, group)})
    own["cluster"] = read_column(table, cluster) if cluster is not None else np.arange(len(own))
    if np.isnan(read_answers(own, "value")[own["group"].notna()]).any():
        raise InputError("value: a completion still has rows without one")
    return estimate_cluster_means(own, "value", "group", "cluster", least_errors=least_errors)
