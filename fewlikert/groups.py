"""Whether groups differ: tests over all groups, and pair by pair."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from fewlikert.effects import (
    compute_cliffs_delta,
    compute_hedges_g,
    compute_omega_squared,
    find_detectable_difference,
)
from fewlikert.judgement import decline_judgement, judge_difference
from fewlikert.options import check_count, check_generator, check_level, check_positive
from fewlikert.tables import (
    ROUNDING,
    is_flat,
    join_reasons,
    level_ties,
    read_answers,
    read_column,
    split_groups,
)

_FEWEST = 2
_BLOCK = 2000
_TIED = 1e-9  # relative, between statistics of two shuffles
_TEST_COLUMNS = ["test", "statistic", "df", "df_error", "p", "n", "groups", "effect", "estimate",
                 "low", "high", "reason"]  # fmt: skip
_PAIR_COLUMNS = [
    "unit", "other", "n", "n_other", "difference", "z_dunn", "p_dunn", "hedges_g", "hedges_g_low",
    "hedges_g_high", "cliffs_delta", "cliffs_delta_low", "cliffs_delta_high", "superiority",
    "superiority_low", "superiority_high", "se", "detectable", "df", "low", "high", "p",
    "p_games_howell", "low_simultaneous", "high_simultaneous", "p_equivalence", "verdict",
    "reason", "p_holm", "p_bh", "p_dunn_holm",
]  # fmt: skip


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
        ``rank_epsilon_squared``), `estimate`, `low`, `high`, `reason`: why something is NaN.

    Raises
    ------
    InputError
        A column is not there, or a cell is no finite number or a code of don't know; two groups
        have the same name as text, `permutations` is no whole number above 0, or `rng` no
        generator.

    Notes
    -----
    Welch (1951), Kruskal and Wallis (1952). Groups of fewer than two respondents are left out
    and named. Omega squared is that of the classical analysis of variance. The permutation test
    shuffles Welch's F and counts the observed order among the shuffles, so its p is never 0.

    Examples
    --------
    >>> table = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6], "g": list("aaabbb")})
    >>> compare_groups(table, "x", "g")["p"].round(4).tolist()
    [0.0213, 0.0495]
    """
    check_count(permutations, "permutations")
    if rng is not None:
        check_generator(rng)
    everyone = _read_groups(table, value, group)
    groups = {name: x for name, x in everyone.items() if len(x) >= _FEWEST}
    left = [name for name in everyone if name not in groups]
    dropped = f"left out, one respondent: {', '.join(left)}" if left else ""
    values = list(groups.values())
    n = sum(map(len, values))

    def make_row(test: str, reason: str, **own: Any) -> dict[str, Any]:  # noqa: ANN401
        nothing = dict.fromkeys(_TEST_COLUMNS, np.nan) | {"effect": ""}
        reason = join_reasons(reason, dropped)
        return nothing | {"test": test, "n": n, "groups": len(groups), "reason": reason} | own

    welch: dict[str, Any] = {"effect": "omega_squared"}
    kruskal: dict[str, Any] = {"effect": "rank_epsilon_squared"}
    flat = [name for name, x in groups.items() if is_flat(x)]
    why = f"no spread in {', '.join(flat)}" if flat else ""
    why_ranks = "no exact interval"
    p = np.nan
    if len(groups) < _FEWEST:
        why = why_ranks = "fewer than two groups of two respondents"
    elif is_flat(np.concatenate(values)):
        why_ranks = "all values are equal"
    else:
        ranks = np.split(level_ties(np.concatenate(values)), np.cumsum([len(x) for x in values]))
        h, p_ranks = map(float, stats.kruskal(*ranks[:-1]))
        kruskal |= {"statistic": h, "df": len(groups) - 1.0, "p": p_ranks, "estimate": h / (n - 1)}
    if not why:
        f, df, df_error, p_welch = _compute_welch(values)
        classic = float(stats.f_oneway(*values).statistic)
        share = compute_omega_squared(classic, len(values) - 1, n - len(values))
        welch |= {"statistic": f, "df": df, "df_error": df_error, "p": p_welch} | share._asdict()
        p = _permute(values, permutations, rng) if rng is not None else np.nan
    rows = [make_row("welch", why, **welch), make_row("kruskal_wallis", why_ranks, **kruskal)]
    if rng is not None:
        rows.append(make_row("permutation", why, statistic=rows[0]["statistic"], p=p))
    return pd.DataFrame(rows)[_TEST_COLUMNS]


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
        Of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per pair: `unit`, `other`, `n`, `n_other`, `difference`, `se`, `df`, `low`,
        `high` (Welch); `p`, `p_holm`, `p_bh` (Welch); `p_games_howell`, `low_simultaneous`,
        `high_simultaneous`; `z_dunn`, `p_dunn`, `p_dunn_holm`; `hedges_g`, `cliffs_delta`,
        `superiority` (P(unit > other)), each with `_low` and `_high`; `p_equivalence` (TOST),
        `detectable` (with 80% power), `verdict` (``differs``, ``equivalent``,
        ``inconclusive``), `reason`.

    Raises
    ------
    InputError
        A column is not there, or a cell is no finite number or a code of don't know; two groups
        have the same name as text, `smallest` is not above 0, or `level` is not between 0 and 1.

    Notes
    -----
    Games and Howell (1976), Dunn (1964) with ties, Holm (1979), Benjamini and Hochberg
    (1995); two one-sided tests of Schuirmann (1987). The verdict rests on the simultaneous
    interval: *differs* where it excludes 0, *equivalent* where the interval of the two
    one-sided tests, simultaneous as well, lies inside plus or minus `smallest`, else
    *inconclusive*. A difference that is both sure and too small to matter is *equivalent*.

    Examples
    --------
    >>> table = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6], "g": list("aaabbb")})
    >>> compare_pairs(table, "x", "g", smallest=1)[["difference", "se"]].iloc[0].round(3).tolist()
    [-3.0, 0.816]
    """
    check_positive(smallest, "smallest")
    check_level(level)
    groups = _read_groups(table, value, group)
    ranks = stats.rankdata(level_ties(np.concatenate([np.empty(0), *groups.values()])))
    ends = np.cumsum([len(x) for x in groups.values()])[:-1]
    ranked = dict(zip(groups, np.split(ranks, ends), strict=True)) if groups else {}
    k = sum(len(x) >= _FEWEST for x in groups.values())
    rows = []
    for unit, other in combinations(groups, 2):
        x, y = groups[unit], groups[other]
        row: dict[str, Any] = {"unit": unit, "other": other, "n": len(x), "n_other": len(y)}
        row["difference"] = float(x.mean() - y.mean())
        row |= _compute_dunn(ranked[unit], ranked[other], ranks)
        delta = compute_cliffs_delta(x, y, level=level)
        for name, effect in (
            ("hedges_g", compute_hedges_g(x, y, level=level)),
            ("cliffs_delta", delta),
            ("superiority", [(end + 1) / 2 for end in delta]),
        ):
            row |= zip((name, f"{name}_low", f"{name}_high"), effect, strict=True)
        row |= _compare_means(x, y, k, smallest, level)
        rows.append(row)
    out = pd.DataFrame(rows, columns=_PAIR_COLUMNS)
    for source, method, target in (("p", "holm", "p_holm"), ("p", "fdr_bh", "p_bh"),
                                   ("p_dunn", "holm", "p_dunn_holm")):  # fmt: skip
        out[target] = adjust_p(out[source], method)
    return out


def _compare_means(
    x: np.ndarray, y: np.ndarray, k: int, smallest: float, level: float
) -> dict[str, Any]:
    n, m = len(x), len(y)
    row: dict[str, Any] = {"se": np.nan, "detectable": np.nan}
    if min(n, m) < _FEWEST:
        return row | decline_judgement("a group of one respondent")
    if is_flat(x) and is_flat(y):
        return row | decline_judgement("no spread in either group")
    a, b = (0.0 if is_flat(v) else float(v.var(ddof=1)) / len(v) for v in (x, y))
    difference, se = float(x.mean() - y.mean()), float(np.sqrt(a + b))
    pooled = np.sqrt(((n - 1) * n * a + (m - 1) * m * b) / (n + m - 2))
    row = {"se": se, "detectable": find_detectable_difference(pooled, n, m)}
    df = float((a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1)))
    return row | judge_difference(difference, se, df, k, smallest=smallest, level=level)


def _read_groups(table: pd.DataFrame, value: str, group: str) -> dict[str, np.ndarray]:
    x = read_answers(table, value)
    groups = {name: x[at] for name, at in split_groups(read_column(table, group)).items()}
    known = {name: own[~np.isnan(own)] for name, own in groups.items()}
    return {name: own for name, own in known.items() if len(own)}


def _compute_welch(values: list[np.ndarray]) -> tuple[float, float, float, float]:
    n = np.array([len(x) for x in values], dtype=float)
    mean = np.array([x.mean() for x in values])
    w = n / np.array([x.var(ddof=1) for x in values])
    f, df, df_error = (float(part) for part in _combine_welch(n, mean, w))
    return f, df, df_error, float(stats.f.sf(f, df, df_error))


def _combine_welch(
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
    # In units of the spread, so that what is no spread is the same in any unit.
    everything = (everything - everything.mean()) / everything.std()
    edges = np.concatenate([[0], np.cumsum(n)[:-1]]).astype(int)
    own = _compute_welch(np.split(everything, edges[1:]))[0]
    beyond, done = 0, 0
    while done < permutations:
        size = min(_BLOCK, permutations - done)
        drawn = rng.permuted(np.tile(everything, (size, 1)), axis=1)
        mean = np.add.reduceat(drawn, edges, axis=1) / n
        squares = np.add.reduceat(drawn**2, edges, axis=1)
        variance = (squares - n * mean**2) / (n - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            w = n / np.where(variance > ROUNDING, variance, np.nan)
            f = _combine_welch(n, mean, w)[0]
        # A draw with a group of equal values is as extreme as can be.
        beyond += int((~(f < own * (1 - _TIED))).sum())
        done += size
    return (beyond + 1) / (permutations + 1)


def _compute_dunn(x: np.ndarray, y: np.ndarray, ranks: np.ndarray) -> dict[str, float]:
    n, counts = len(ranks), np.unique(ranks, return_counts=True)[1]
    ties = (counts**3 - counts).sum() / (12 * (n - 1))
    variance = (n * (n + 1) / 12 - ties) * (1 / len(x) + 1 / len(y))
    if not variance > 0:
        return {"z_dunn": np.nan, "p_dunn": np.nan}
    z = float((x.mean() - y.mean()) / np.sqrt(variance))
    return {"z_dunn": z, "p_dunn": float(2 * stats.norm.sf(abs(z)))}


def adjust_p(p: pd.Series, method: str) -> np.ndarray:
    """Adjust p values for how many there are; NaN stays."""
    out = np.full(len(p), np.nan)
    known = p.notna().to_numpy()
    if known.any():
        out[known] = multipletests(p[known].to_numpy(float), method=method)[1]
    return out
