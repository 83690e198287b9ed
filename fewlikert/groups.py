"""Whether groups differ: tests over all groups, and pair by pair."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from fewlikert.effects import (
    compute_cliffs_delta,
    compute_hedges_g,
    compute_superiority,
    compute_variance_shares,
    find_detectable_difference,
)
from fewlikert.errors import InputError
from fewlikert.judgement import decline_judgement, judge_difference
from fewlikert.options import check_level, is_flat

_FEWEST = 2


def compare_groups(
    table: pd.DataFrame,
    value: str,
    group: str,
    *,
    permutations: int = 9999,
    rng: np.random.Generator | None = None,
) -> pd.DataFrame:
    """Test whether the means or the distributions of groups differ at all.

    Parameters
    ----------
    table : DataFrame
        One row per respondent.
    value, group : str
        Columns; rows with either missing are left out.
    permutations : int
        Shuffles of the permutation test.
    rng : Generator, optional
        Source of chance; without one there is no permutation test.

    Returns
    -------
    DataFrame
        One row per test: `test` (``welch``, ``kruskal_wallis``, ``permutation``),
        `statistic`, `df`, `df_error`, `p`, `n`, `groups`, `effect` (``omega_squared``,
        ``epsilon_squared``), `estimate`, `low`, `high`, `reason`.

    Raises
    ------
    InputError
        A column is missing or there are fewer than two groups.

    Notes
    -----
    Welch (1951), Kruskal and Wallis (1952). Groups of fewer than two respondents are left
    out of all tests and named. Omega squared and epsilon squared are those of the classical
    analysis of variance. The permutation test shuffles the F statistic of Welch's test and
    counts the observed order among the shuffles, so its p is never 0.

    Examples
    --------
    >>> table = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6], "g": list("aaabbb")})
    >>> compare_groups(table, "x", "g")["p"].round(4).tolist()
    [0.0213, 0.0495]
    """
    groups, left = _read_groups(table, value, group)
    values = list(groups.values())
    n = sum(map(len, values))
    base: dict[str, Any] = {"n": n, "groups": len(groups)}
    dropped = f"left out, one respondent: {', '.join(left)}" if left else ""
    nothing = dict.fromkeys(("statistic", "df", "df_error", "p", "estimate", "low", "high"), np.nan)
    tests = ["welch", "kruskal_wallis"] + (["permutation"] if rng is not None else [])
    flat = [name for name, x in groups.items() if is_flat(x)]
    if len(groups) < _FEWEST:
        why = "fewer than two groups of two respondents"
        return pd.DataFrame([{"test": t, **nothing, **base, "effect": "", "reason": why}
                             for t in tests])  # fmt: skip
    rows: list[dict[str, Any]] = []
    if flat:
        why = f"no spread in {', '.join(flat)}"
        rows.append({"test": "welch", **nothing, **base, "effect": "omega_squared", "reason": why})
    else:
        f, df, df_error, p = _welch(values)
        classic = float(stats.f_oneway(*values).statistic)
        share = compute_variance_shares(classic, len(values) - 1, n - len(values))["omega_squared"]
        rows.append({"test": "welch", "statistic": f, "df": df, "df_error": df_error, "p": p,
                     **base, "effect": "omega_squared", **share._asdict(),
                     "reason": dropped})  # fmt: skip
    everything = np.concatenate(values)
    if is_flat(everything):
        rows.append({"test": "kruskal_wallis", **nothing, **base, "effect": "epsilon_squared",
                     "reason": "all values are equal"})  # fmt: skip
    else:
        h, p = stats.kruskal(*values)
        rows.append({"test": "kruskal_wallis", "statistic": float(h), "df": len(values) - 1.0,
                     "df_error": np.nan, "p": float(p), **base, "effect": "rank_epsilon_squared",
                     "estimate": float(h / (n - 1)), "low": np.nan, "high": np.nan,
                     "reason": _join("no exact interval", dropped)})  # fmt: skip
    if rng is not None:
        fine = not flat
        p = _permute(values, permutations, rng) if fine else np.nan
        rows.append({"test": "permutation", **nothing, "statistic": rows[0]["statistic"], "p": p,
                     **base, "effect": "",
                     "reason": dropped if fine else rows[0]["reason"]})  # fmt: skip
    columns = ["test", "statistic", "df", "df_error", "p", "n", "groups", "effect", "estimate",
               "low", "high", "reason"]  # fmt: skip
    return pd.DataFrame(rows)[columns]


def compare_pairs(
    table: pd.DataFrame,
    value: str,
    group: str,
    *,
    smallest: float,
    level: float = 0.95,
) -> pd.DataFrame:
    """Compare every two groups: difference, effect sizes, equivalence, and what was possible.

    Parameters
    ----------
    table : DataFrame
        One row per respondent.
    value, group : str
        Columns; rows with either missing are left out.
    smallest : float
        Smallest difference of interest, in the unit of `value`; decides what is equivalent.
    level : float
        Of the intervals.

    Returns
    -------
    DataFrame
        One row per pair: `unit`, `other`, `n`, `n_other`, `difference`, `se`, `df`, `low`,
        `high` (Welch); `p`, `p_holm`, `p_bh` (Welch); `p_games_howell`,
        `low_simultaneous`, `high_simultaneous`; `z_dunn`, `p_dunn`, `p_dunn_holm`;
        `hedges_g`, `cliffs_delta`, `superiority`, each with `_low` and `_high`;
        `p_equivalence` (TOST), `detectable` (difference found with 80% power), `verdict`
        (:data:`~fewlikert.judgement.VERDICTS`), `reason`.

    Raises
    ------
    InputError
        A column is missing or `smallest` is not above zero.

    Notes
    -----
    Games and Howell (1976), Dunn (1964) with ties, Holm (1979), Benjamini and Hochberg
    (1995); two one-sided tests of Schuirmann (1987). The verdict rests on the simultaneous
    interval: *differs* where it excludes 0, *equivalent* where the interval of the two
    one-sided tests, simultaneous as well, lies inside plus or minus `smallest`, else
    *inconclusive*. A difference that is both sure and too small to matter is *equivalent*.
    """
    if not smallest > 0:
        raise InputError(f"compare_pairs: smallest difference {smallest} is not above zero")
    check_level(level)
    groups, _ = _read_groups(table, value, group, fewest=1)
    units = list(groups)
    usable = {u: len(x) >= _FEWEST for u, x in groups.items()}
    rows = []
    ranks = stats.rankdata(np.concatenate(list(groups.values()))) if groups else np.array([])
    cut = np.cumsum([len(x) for x in groups.values()])[:-1]
    ranked = dict(zip(units, np.split(ranks, cut), strict=True)) if units else {}
    tied = _count_ties(ranks)
    k = sum(usable.values())
    for i, unit in enumerate(units):
        for other in units[i + 1 :]:
            x, y = groups[unit], groups[other]
            row: dict[str, Any] = {"unit": unit, "other": other, "n": len(x), "n_other": len(y)}
            row["difference"] = float(x.mean() - y.mean())
            row |= _find_dunn(ranked[unit], ranked[other], len(ranks), tied)
            for name, effect in (
                ("hedges_g", compute_hedges_g(x, y, level=level)),
                ("cliffs_delta", compute_cliffs_delta(x, y, level=level)),
                ("superiority", compute_superiority(x, y, level=level)),
            ):
                row |= {name: effect.estimate, f"{name}_low": effect.low,
                        f"{name}_high": effect.high}  # fmt: skip
            if usable[unit] and usable[other]:
                row |= _compare_means(x, y, k, smallest, level)
            else:
                row |= {"se": np.nan, "detectable": np.nan}
                row |= decline_judgement("a group of one respondent")
            rows.append(row)
    out = pd.DataFrame(rows)
    if out.empty:
        out = out.reindex(columns=["p", "p_games_howell", "p_dunn", "se"])
    for source, method, target in (("p", "holm", "p_holm"), ("p", "fdr_bh", "p_bh"),
                                   ("p_dunn", "holm", "p_dunn_holm")):  # fmt: skip
        out[target] = _adjust(out[source], method) if len(out) else np.nan
    return out


def _compare_means(
    x: np.ndarray, y: np.ndarray, k: int, smallest: float, level: float
) -> dict[str, Any]:
    n, m = len(x), len(y)
    a, b = x.var(ddof=1) / n, y.var(ddof=1) / m
    difference, se = float(x.mean() - y.mean()), float(np.sqrt(a + b))
    pooled = np.sqrt(((n - 1) * n * a + (m - 1) * m * b) / (n + m - 2))
    row: dict[str, Any] = {"se": se, "detectable": find_detectable_difference(pooled, n, m)}
    if is_flat(x) and is_flat(y):
        return row | decline_judgement("no spread in either group")
    df = float((a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1)))
    return row | judge_difference(difference, se, df, k, smallest=smallest, level=level)


def _join(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _read_groups(
    table: pd.DataFrame, value: str, group: str, *, fewest: int = _FEWEST
) -> tuple[dict[str, np.ndarray], list[str]]:
    for name in (value, group):
        if name not in table:
            raise InputError(f"there is no column {name!r}")
    own = table[[value, group]].dropna()
    groups = {str(u): rows.to_numpy(dtype=float) for u, rows in own.groupby(group)[value]}
    kept = {u: x for u, x in groups.items() if len(x) >= fewest}
    return kept, [u for u in groups if u not in kept]


def _welch(values: list[np.ndarray]) -> tuple[float, float, float, float]:
    n = np.array([len(x) for x in values], dtype=float)
    mean = np.array([x.mean() for x in values])
    w = n / np.array([x.var(ddof=1) for x in values])
    f, df, df_error = (float(part) for part in _find_welch(n, mean, w))
    return f, df, df_error, float(stats.f.sf(f, df, df_error))


def _find_welch(
    n: np.ndarray, mean: np.ndarray, w: np.ndarray
) -> tuple[np.ndarray, float, np.ndarray]:
    """Welch's F; groups along the last axis."""
    k = n.shape[-1]
    total = w.sum(axis=-1, keepdims=True)
    grand = (w * mean).sum(axis=-1, keepdims=True) / total
    spread = ((1 - w / total) ** 2 / (n - 1)).sum(axis=-1) / (k**2 - 1)
    f = (w * (mean - grand) ** 2).sum(axis=-1) / (k - 1) / (1 + 2 * (k - 2) * spread)
    return f, k - 1, 1 / (3 * spread)


def _permute(values: list[np.ndarray], permutations: int, rng: np.random.Generator) -> float:
    n = np.array([len(x) for x in values], dtype=float)
    everything = np.concatenate(values)
    edges = np.concatenate([[0], np.cumsum(n)[:-1]]).astype(int)
    own = _welch(values)[0]
    beyond, done = 0, 0
    while done < permutations:
        size = min(2000, permutations - done)
        drawn = rng.permuted(np.tile(everything, (size, 1)), axis=1)
        sums = np.add.reduceat(drawn, edges, axis=1)
        squares = np.add.reduceat(drawn**2, edges, axis=1)
        mean = sums / n
        variance = (squares - n * mean**2) / (n - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            f = _find_welch(n, mean, n / np.where(variance > 1e-12, variance, np.nan))[0]
        # A draw with a group of equal values is as extreme as can be.
        beyond += int((~(f < own * (1 - 1e-12))).sum())
        done += size
    return (beyond + 1) / (permutations + 1)


def _count_ties(ranks: np.ndarray) -> float:
    _, counts = np.unique(ranks, return_counts=True)
    return float((counts**3 - counts).sum())


def _find_dunn(x: np.ndarray, y: np.ndarray, n: int, tied: float) -> dict[str, float]:
    variance = (n * (n + 1) / 12 - tied / (12 * (n - 1))) * (1 / len(x) + 1 / len(y))
    if not variance > 0:
        return {"z_dunn": np.nan, "p_dunn": np.nan}
    z = float((x.mean() - y.mean()) / np.sqrt(variance))
    return {"z_dunn": z, "p_dunn": float(2 * stats.norm.sf(abs(z)))}


def _adjust(p: pd.Series, method: str) -> np.ndarray:
    out = np.full(len(p), np.nan)
    known = p.notna().to_numpy()
    if known.any():
        out[known] = multipletests(p[known].to_numpy(float), method=method)[1]
    return out
