"""Whether people of two groups read the same questions alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from fewlikert.cfa import fit_cfa, list_items
from fewlikert.errors import InputError
from fewlikert.groups import adjust_p
from fewlikert.options import check_count
from fewlikert.ordinal import fit_ordinal_logit
from fewlikert.tables import join_reasons, read_column, read_items, split_groups

STEPS: dict[str, tuple[str, ...]] = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
FEWEST_PER_GROUP = 100
_FEWEST_FOR_DIF = 20
_DIF_TESTS = ("chisq_uniform", "df_uniform", "p_uniform", "chisq_nonuniform", "df_nonuniform",
              "p_nonuniform", "chisq", "df", "p", "delta_r2")  # fmt: skip
_MODERATE, _LARGE = 0.02, 0.05
_STEP_COLUMNS = [
    "step", "n", "groups", "chisq", "df", "p", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high",
    "srmr", "scaling", "chisq_scaled", "cfi_scaled", "rmsea_scaled", "delta_chisq", "delta_df",
    "delta_p", "delta_cfi", "delta_rmsea", "holds", "reason",
]  # fmt: skip


def screen_dif(
    table: pd.DataFrame,
    items: Sequence[str],
    group: str,
    *,
    min_n: int = _FEWEST_FOR_DIF,
) -> pd.DataFrame:
    """Screen items for differential functioning between groups.

    Parameters
    ----------
    table : DataFrame
        Respondents x items of one dimension, reversed items already turned.
    items : sequence of str
        Items; rows with a missing one are left out.
    group : str
        Column of groups.
    min_n : int
        Groups with fewer complete rows are left out.

    Returns
    -------
    DataFrame
        One row per item: `code`, `n`, `groups`; `chisq`, `df`, `p` of both together and, with
        `_uniform` and `_nonuniform`, of each; `p_bh`, `delta_r2` (McFadden, both together),
        `size` (``negligible`` below 0.02, ``moderate`` below 0.05, ``large``), `reason`.

    Raises
    ------
    InputError
        A column is not there, or a cell is no finite number or a code of don't know; there are
        fewer than two items, or `min_n` is no whole number above 0.

    Notes
    -----
    Ordinal logistic regression of the item on the mean of the other items, group, and
    their product; likelihood-ratio tests (Zumbo, 1999; Crane and others, 2006). Limits of
    `size` as rules of thumb of Choi, Gibbons and Crane (2011), *Journal of Statistical
    Software* 39(8). The mean of the others matches people on ability, without the item itself.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(200, 1)) + rng.normal(size=(200, 4))
    >>> table = pd.DataFrame(np.digitize(x, [-1, 0, 1]), columns=list("abcd"))
    >>> screen_dif(table.assign(g=["u", "v"] * 100), list("abcd"), "g")["size"].unique().tolist()
    ['negligible']
    """
    check_count(min_n, "min_n")
    names, x = read_items(table, items)
    known = ~np.isnan(x).any(axis=1)
    complete = {unit: at[known[at]] for unit, at in split_groups(read_column(table, group)).items()}
    kept = {unit: at for unit, at in complete.items() if len(at) >= min_n}
    left = [unit for unit in complete if unit not in kept]
    dropped = f"left out, fewer than {min_n} complete rows: {', '.join(left)}" if left else ""
    sizes = [len(at) for at in kept.values()]
    rows: list[dict[str, Any]] = []
    for j, name in enumerate(names):
        row: dict[str, Any] = {"code": name, "n": sum(sizes), "groups": len(kept)}
        row |= dict.fromkeys(_DIF_TESTS, np.nan) | {"size": "", "reason": dropped}
        if len(kept) < 2:
            row["reason"] = join_reasons("fewer than two groups", dropped)
        else:
            own = x[np.concatenate(list(kept.values()))]
            marks = np.repeat(np.eye(len(sizes))[:, 1:], sizes, axis=0)
            try:
                row |= _test_item(own[:, j], np.delete(own, j, axis=1).mean(axis=1), marks)
            except InputError as error:
                row["reason"] = join_reasons(str(error), dropped)
        rows.append(row)
    out = pd.DataFrame(rows)
    return out.assign(p_bh=adjust_p(out["p"], "fdr_bh"))


def _test_item(y: np.ndarray, others: np.ndarray, marks: np.ndarray) -> dict[str, Any]:
    # Centred, or the groups' effects would be those at a mean of zero, far from any answer.
    match = (others - others.mean())[:, None]
    uniform = np.hstack([match, marks])
    designs = (match[:, :0], match, uniform, np.hstack([uniform, marks * match]))
    fits = [fit_ordinal_logit(y, design).loglik for design in designs]
    df = float(marks.shape[1])
    share = (fits[1] - fits[3]) / fits[0]
    out: dict[str, Any] = {"delta_r2": share}
    out["size"] = "negligible" if share < _MODERATE else "moderate" if share < _LARGE else "large"
    for name, chisq, free in (("_uniform", 2 * (fits[2] - fits[1]), df),
                              ("_nonuniform", 2 * (fits[3] - fits[2]), df),
                              ("", 2 * (fits[3] - fits[1]), 2 * df)):  # fmt: skip
        out |= {f"chisq{name}": chisq, f"df{name}": free,
                f"p{name}": float(stats.chi2.sf(chisq, free))}  # fmt: skip
    return out


def test_invariance(
    table: pd.DataFrame,
    factors: Mapping[str, Sequence[str]],
    group: str,
    *,
    min_n: int = FEWEST_PER_GROUP,  # noqa: PT028 - not a test of pytest's
) -> pd.DataFrame:
    """Test measurement invariance step by step, where groups are large enough.

    Parameters
    ----------
    table : DataFrame
        Respondents x items, reversed items already turned.
    factors : mapping of str to sequence of str
        Items of each factor.
    group : str
        Column of groups.
    min_n : int
        Fewest complete rows of a group; below, the answer is that it cannot be tested.

    Returns
    -------
    DataFrame
        One row per step (configural, metric, scalar, strict): `step`, `n`, `groups`, the
        indices of :func:`~fewlikert.cfa.fit_cfa`, `delta_chisq` (scaled
        difference), `delta_df`, `delta_p`, `delta_cfi`, `delta_rmsea`, `holds`, `reason`.

    Raises
    ------
    InputError
        A column is not there, or a cell is no finite number or a code of don't know; a factor has
        fewer than two items, or an item two factors; `min_n` is no whole number above 0.

    Notes
    -----
    Difference test of Satorra and Bentler (2001), *Psychometrika* 66, 507-514. A step
    `holds` where CFI falls by at most 0.01 and RMSEA rises by at most 0.015 (Chen, 2007,
    *Structural Equation Modeling* 14, 464-504). Below about a hundred people a group these
    indices say little, so nothing is computed and `reason` says why; see :func:`screen_dif`.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1, 2, 3], "b": [1, 3, 2], "c": [2, 2, 3], "g": list("xxy")})
    >>> test_invariance(table, {"F": ["a", "b", "c"]}, "g")["reason"].iloc[0]
    'not testable: fewer than 100 complete rows in x 2, y 1'
    """
    check_count(min_n, "min_n")
    _, x = read_items(table, list_items(factors))
    labels, known = read_column(table, group), ~np.isnan(x).any(axis=1)
    whole = table[known & labels.notna().to_numpy()]
    sizes = {unit: int(known[at].sum()) for unit, at in split_groups(labels).items()}
    few = [f"{unit} {n}" for unit, n in sizes.items() if n < min_n]
    why = ""
    if len(sizes) < 2:
        why = "not testable: fewer than two groups"
    elif few:
        why = f"not testable: fewer than {min_n} complete rows in {', '.join(few)}"
    rows: list[dict[str, Any]] = []
    before: dict[str, float] | None = None
    for step, equal in STEPS.items():
        row: dict[str, Any] = {"step": step, "n": len(whole), "groups": len(sizes), "reason": why}
        if not why:
            try:
                found = fit_cfa(whole, factors, group=group, equal=equal)
            except InputError as error:
                why = row["reason"] = str(error)
            else:
                row |= found.fit | _compare_steps(before, found.fit)
                row["reason"] = join_reasons(*found.warnings, row["reason"])
                before = found.fit
        rows.append(row)
    return pd.DataFrame(rows).reindex(columns=_STEP_COLUMNS)


test_invariance.__test__ = False  # type: ignore[attr-defined]  # not for pytest


def _compare_steps(before: dict[str, float] | None, fit: dict[str, float]) -> dict[str, Any]:
    if before is None:
        return {"holds": bool(fit["cfi"] >= 0.9)}
    df = fit["df"] - before["df"]
    # A saturated model has no test to scale.
    own, other = (f["df"] * f["scaling"] if f["df"] else 0.0 for f in (fit, before))
    scaling = (own - other) / df
    chisq = (fit["chisq"] - before["chisq"]) / scaling if scaling > 0 else np.nan
    why = "" if scaling > 0 else "the scaled difference is not defined: its scaling is not positive"
    cfi, rmsea = fit["cfi"] - before["cfi"], fit["rmsea"] - before["rmsea"]
    return {
        "delta_chisq": chisq, "delta_df": df, "delta_p": float(stats.chi2.sf(chisq, df)),
        "delta_cfi": cfi, "delta_rmsea": rmsea,
        "holds": bool(cfi >= -0.01 and rmsea <= 0.015), "reason": why,
    }  # fmt: skip
