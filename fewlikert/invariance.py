"""Whether people of two groups read the same questions alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from fewlikert.cfa import fit_cfa
from fewlikert.errors import InputError
from fewlikert.ordinal import fit_ordinal_logit

STEPS: dict[str, tuple[str, ...]] = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
FEWEST_PER_GROUP = 100
_FEWEST_FOR_DIF = 20


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
        One row per item: `code`, `n`, `groups`, `chisq_uniform`, `df_uniform`, `p_uniform`,
        `chisq_nonuniform`, `df_nonuniform`, `p_nonuniform`, `chisq`, `df`, `p` (both
        together), `p_bh`, `delta_r2` (McFadden, both together), `size` (``negligible``
        below 0.02, ``moderate`` below 0.05, ``large``), `reason`.

    Raises
    ------
    InputError
        A column is missing.

    Notes
    -----
    Ordinal logistic regression of the item on the mean of the other items, group, and
    their product; likelihood-ratio tests (Zumbo, 1999; Crane and others, 2006). Limits of
    `size` as rules of thumb of Choi, Gibbons and Crane (2011), *Journal of Statistical
    Software* 39(8). The mean of the others matches people on ability, without the item
    itself.
    """
    lacking = [name for name in [*items, group] if name not in table]
    if lacking:
        raise InputError(f"screen_dif: there is no column {lacking[0]!r}")
    own = table[[*items, group]].dropna()
    sizes = own[group].value_counts()
    kept = sorted(sizes.index[sizes >= min_n], key=str)
    left = [str(u) for u in sizes.index if u not in kept]
    own = own[own[group].isin(kept)]
    dropped = f"left out, fewer than {min_n} complete rows: {', '.join(left)}" if left else ""
    names = ["chisq_uniform", "df_uniform", "p_uniform", "chisq_nonuniform", "df_nonuniform",
             "p_nonuniform", "chisq", "df", "p", "delta_r2"]  # fmt: skip
    rows: list[dict[str, Any]] = []
    for item in items:
        row: dict[str, Any] = {"code": item, "n": len(own), "groups": len(kept)}
        row |= dict.fromkeys(names, np.nan) | {"size": "", "reason": dropped}
        if len(kept) < 2:
            row["reason"] = "; ".join(x for x in ("fewer than two groups", dropped) if x)
        else:
            try:
                row |= _test_item(own, item, [i for i in items if i != item], group, kept)
            except InputError as error:
                told = str(error).removeprefix("fit_ordinal_logit: ")
                row["reason"] = "; ".join(x for x in (told, dropped) if x)
        rows.append(row)
    out = pd.DataFrame(rows)
    out["p_bh"] = np.nan
    known = out["p"].notna()
    if known.any():
        out.loc[known, "p_bh"] = multipletests(out.loc[known, "p"], method="fdr_bh")[1]
    return out


def _test_item(
    own: pd.DataFrame, item: str, others: list[str], group: str, units: list[Any]
) -> dict[str, Any]:
    y = own[item].to_numpy(dtype=float)
    match = own[others].mean(axis=1).to_numpy(dtype=float)[:, None]
    marks = np.column_stack([(own[group] == u).to_numpy(dtype=float) for u in units[1:]])
    fits = [
        fit_ordinal_logit(y, design).loglik
        for design in (
            match[:, :0],
            match,
            np.hstack([match, marks]),
            np.hstack([match, marks, marks * match]),
        )
    ]
    df = float(len(units) - 1)
    uniform, nonuniform = 2 * (fits[2] - fits[1]), 2 * (fits[3] - fits[2])
    share = (fits[1] - fits[3]) / fits[0]
    size = "negligible" if share < 0.02 else "moderate" if share < 0.05 else "large"
    return {
        "chisq_uniform": uniform, "df_uniform": df, "p_uniform": float(stats.chi2.sf(uniform, df)),
        "chisq_nonuniform": nonuniform, "df_nonuniform": df,
        "p_nonuniform": float(stats.chi2.sf(nonuniform, df)),
        "chisq": uniform + nonuniform, "df": 2 * df,
        "p": float(stats.chi2.sf(uniform + nonuniform, 2 * df)),
        "delta_r2": share, "size": size,
    }  # fmt: skip


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
        A column is missing.

    Notes
    -----
    Difference test of Satorra and Bentler (2001), *Psychometrika* 66, 507-514. A step
    `holds` where CFI falls by at most 0.01 and RMSEA rises by at most 0.015 (Chen, 2007,
    *Structural Equation Modeling* 14, 464-504). Below about a hundred people a group these
    indices say little, so nothing is computed and `reason` says why; see
    :func:`screen_dif`.
    """
    items = [item for own in factors.values() for item in own]
    lacking = [name for name in [*items, group] if name not in table]
    if lacking:
        raise InputError(f"test_invariance: there is no column {lacking[0]!r}")
    whole = table.dropna(subset=[*items, group])
    sizes = whole[group].value_counts()
    base: dict[str, Any] = {"n": len(whole), "groups": len(sizes)}
    few = sizes[sizes < min_n]
    why = ""
    if len(sizes) < 2:
        why = "not testable: fewer than two groups"
    elif len(few):
        told = ", ".join(f"{u} {n}" for u, n in few.sort_index().items())
        why = f"not testable: fewer than {min_n} complete rows in {told}"
    rows: list[dict[str, Any]] = []
    before: dict[str, float] | None = None
    for step, equal in STEPS.items():
        row = {"step": step, **base, "reason": why}
        if not why:
            try:
                fit = fit_cfa(whole, factors, group=group, equal=equal)
            except InputError as error:
                why = row["reason"] = str(error).removeprefix("fit_cfa: ")
            else:
                row |= fit.fit | _compare_steps(before, fit.fit)
                row["reason"] = "; ".join(fit.warnings)
                before = fit.fit
        rows.append(row)
    names = ["chisq", "df", "p", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high", "srmr",
             "scaling", "chisq_scaled", "cfi_scaled", "rmsea_scaled", "delta_chisq", "delta_df",
             "delta_p", "delta_cfi", "delta_rmsea", "holds"]  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=["step", "n", "groups", *names, "reason"])


test_invariance.__test__ = False  # type: ignore[attr-defined]  # not for pytest


def _compare_steps(before: dict[str, float] | None, fit: dict[str, float]) -> dict[str, Any]:
    if before is None:
        return {"holds": bool(fit["cfi"] >= 0.9)}
    df = fit["df"] - before["df"]
    scaling = (fit["df"] * fit["scaling"] - before["df"] * before["scaling"]) / df
    chisq = (fit["chisq"] - before["chisq"]) / scaling if scaling > 0 else np.nan
    cfi, rmsea = fit["cfi"] - before["cfi"], fit["rmsea"] - before["rmsea"]
    return {
        "delta_chisq": chisq, "delta_df": df, "delta_p": float(stats.chi2.sf(chisq, df)),
        "delta_cfi": cfi, "delta_rmsea": rmsea,
        "holds": bool(cfi >= -0.01 and rmsea <= 0.015),
    }  # fmt: skip
