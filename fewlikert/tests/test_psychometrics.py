"""Scales against R: polychoric correlations, reliability, factors, invariance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from r_reference import RAGGED, R, list_items, read_ragged, read_wave

from fewlikert import InputError
from fewlikert.cfa import CfaResult, fit_cfa
from fewlikert.efa import fit_efa, run_parallel_analysis, test_sampling_adequacy
from fewlikert.invariance import STEPS, screen_dif, test_invariance
from fewlikert.polychoric import estimate_polychoric
from fewlikert.reliability import (
    bootstrap_alpha,
    compute_alpha,
    describe_items,
    estimate_reliability,
)

WAVE, TURNED, RAG = read_wave(), read_wave(turned=True), read_ragged()
SKL = {"SKL": list_items("SKL")}
ONE = {"A": RAGGED}
TWO = {"SKL": ["SKL1", "SKL2", "SKL3"], "DIG": ["DIG1", "DIG2", "DIG3", "DIG4"]}


def test_polychoric_correlations_are_those_of_lavaan() -> None:
    # lavaan 0.6.14: lavCor(ordered = ...), whole and pair by pair for incomplete rows.
    ref = R["polychoric"]
    whole = estimate_polychoric(WAVE[SKL["SKL"]].dropna())
    np.testing.assert_allclose(whole.correlations, ref["lav_skl"], atol=1e-6)
    np.testing.assert_allclose(whole.thresholds["threshold"], ref["thr"], atol=1e-9)
    for table, name in ((WAVE[SKL["SKL"]], "poly_skl"), (RAG[RAGGED], "poly_rag")):
        found = estimate_polychoric(table)
        np.testing.assert_allclose(found.correlations, ref[name], atol=1e-6)
        assert (found.pairs["reason"] == "").all()


def test_polychoric_correlations_say_what_they_cannot() -> None:
    found = estimate_polychoric(RAG[["x1", "x6"]])
    assert found.pairs["reason"].tolist() == ["no spread in an item"]
    assert found.pairs["correlation"].isna().all()
    alike = estimate_polychoric(pd.DataFrame({"a": [1, 2, 3, 1, 2, 3], "b": [1, 2, 3, 1, 2, 3]}))
    assert alike.pairs["reason"].tolist() == ["at the edge: 1 or -1"]
    empty = estimate_polychoric(pd.DataFrame({"a": [1.0, np.nan], "b": [np.nan, 2.0]}))
    assert empty.pairs["reason"].tolist() == ["no spread in an item"]
    with pytest.raises(InputError, match="two items or more"):
        estimate_polychoric(RAG[["x1"]])


def test_polychoric_correlations_find_what_was_put_in() -> None:
    rng = np.random.default_rng(5)
    normal = rng.multivariate_normal([0, 0], [[1, -0.95], [-0.95, 1]], 60_000)
    cut = pd.DataFrame(np.digitize(normal, [-1.0, 0.2, 1.1]))
    assert estimate_polychoric(cut).correlations.iloc[0, 1] == pytest.approx(-0.95, abs=0.004)


@pytest.mark.parametrize(
    ("name", "table"),
    [("skl", TURNED[list_items("SKL")]), ("pro", TURNED[list_items("PRO")]), ("rag", RAG[RAGGED])],
)
def test_reliability_is_that_of_psych_and_semtools(name: str, table: pd.DataFrame) -> None:
    # psych 2.2.9: alpha, alpha.ci (Feldt); semTools 0.5.6: compRelSEM of a one-factor model,
    # obs.var FALSE and TRUE; ordinal alpha: psych::alpha(lavaan::lavCor()).
    ref = R["reliability"][name]
    found = estimate_reliability(table).set_index("coefficient")
    alpha = found.loc["alpha"]
    np.testing.assert_allclose(
        alpha[["estimate", "low", "high"]].to_numpy(float),
        [ref["alpha"], ref["low"], ref["high"]], atol=1e-10,
    )  # fmt: skip
    for key, coefficient in (("std", "alpha_standardised"), ("ordalpha", "alpha_ordinal"),
                             ("omega_model", "omega_total"),
                             ("omega_obs", "omega_total_observed")):  # fmt: skip
        assert found.at[coefficient, "estimate"] == pytest.approx(ref[key], abs=1e-6)
    assert found["n"].eq(ref["n"]).all()
    assert found["denominator"].ne("").all()
    items = describe_items(table)
    np.testing.assert_allclose(items["item_rest"], ref["rest"], atol=1e-10)
    np.testing.assert_allclose(items["alpha_if_dropped"], ref["drop"], atol=1e-10)


def test_reliability_names_what_it_cannot_say() -> None:
    found = estimate_reliability(RAG[["x1", "x2", "x6"]])
    assert found["reason"].str.contains("does not vary: x6").all()
    assert found["k"].eq(2).all()
    for table in (RAG[["x6", "x1"]], RAG[RAGGED].iloc[:2], RAG[RAGGED] * np.nan):
        told = estimate_reliability(table)
        assert told["estimate"].isna().all()
        assert told["reason"].ne("").all()
    items = describe_items(RAG[["x1", "x2", "x6"]]).set_index("code")
    assert items.at["x6", "reason"] == "does not vary"
    with pytest.raises(InputError, match="no column 'x9'"):
        estimate_reliability(RAG, ["x1", "x9"])


def test_bootstrapped_alpha_is_that_of_a_plain_loop() -> None:
    table = TURNED[list_items("SKL")].dropna()
    drawn = bootstrap_alpha(table, n=50, rng=np.random.default_rng(8))
    rows = np.random.default_rng(8).integers(0, len(table), (50, len(table)))
    x = table.to_numpy(float)
    plain = [compute_alpha(np.cov(x[row].T)) for row in rows]
    np.testing.assert_allclose(drawn, plain, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "columns", "factors"),
    [("ef1", list_items("SKL"), 1), ("ef2", [*list_items("SKL"), *list_items("PRO")], 2),
     ("ef4", [*list_items("DIG"), *list_items("PRO"), *list_items("DEL")], 3)],
)  # fmt: skip
def test_exploratory_factors_are_those_of_psych(
    name: str, columns: list[str], factors: int
) -> None:
    # psych 2.2.9: fa(fm = "minres", rotate = "oblimin"), GPArotation 2022.10.2.
    ref = R["reliability"][name]
    found = fit_efa(TURNED[columns].dropna().corr(), factors)
    np.testing.assert_allclose(found.loadings, ref["load"], atol=1e-4)
    np.testing.assert_allclose(found.uniquenesses, ref["u"], atol=1e-4)
    if factors > 1:
        # psych orders the factors by size and leaves their correlations in the order found.
        told = np.sort(np.asarray(ref["phi"])[np.triu_indices(factors, 1)])
        own = np.sort(found.correlations.to_numpy()[np.triu_indices(factors, 1)])
        np.testing.assert_allclose(own, told, atol=1e-4)


def test_a_small_ragged_table_has_the_factor_of_psych() -> None:
    ref = R["reliability"]["ef3"]
    found = fit_efa(RAG[RAGGED].dropna().corr(), 1)
    np.testing.assert_allclose(found.loadings, ref["load"], atol=1e-6)
    with pytest.raises(InputError, match="4 factors are too many for 5 items"):
        fit_efa(RAG[RAGGED].dropna().corr(), 4)


@pytest.mark.parametrize(("name", "table"), [("skl", TURNED[list_items("SKL")]),
                                             ("rag", RAG[RAGGED])])  # fmt: skip
def test_sampling_adequacy_is_that_of_psych(name: str, table: pd.DataFrame) -> None:
    # psych 2.2.9: KMO, cortest.bartlett.
    ref, whole = R["reliability"][name], table.dropna()
    found = test_sampling_adequacy(whole.corr(), len(whole))
    assert found["kmo"] == pytest.approx(ref["kmo"], abs=1e-10)
    np.testing.assert_allclose(found["kmo_items"], ref["kmoi"], atol=1e-10)
    assert found["bartlett"] == pytest.approx(ref["bart"], rel=1e-10)
    twin = test_sampling_adequacy(whole.assign(copy=whole.iloc[:, 0]).corr(), len(whole))
    assert "not positive definite" in str(twin["reason"])


def test_parallel_analysis_finds_one_factor_and_none_in_noise() -> None:
    rng = np.random.default_rng(2)
    found = run_parallel_analysis(TURNED[list_items("SKL")], rng=rng)
    assert found["retain"].tolist() == [True, *[False] * 5]
    noise = pd.DataFrame(rng.normal(size=(200, 6)))
    assert run_parallel_analysis(noise, n=200, rng=rng)["retain"].sum() <= 1
    assert found["eigenvalue"].sum() == pytest.approx(6)


CFA_JOBS: dict[str, tuple[pd.DataFrame, Any, str | None, tuple[str, ...]]] = {
    "one_skl": (WAVE, SKL, None, ()), "one_rag": (RAG, ONE, None, ()), "two": (WAVE, TWO, None, ()),
    **{f"w_{step}": (WAVE, SKL, "two", equal) for step, equal in STEPS.items()},
    **{f"r_{step}": (RAG, ONE, "two", equal) for step, equal in STEPS.items()},
}  # fmt: skip
INDICES = {
    "npar": "npar", "chisq": "chisq", "df": "df", "p": "pvalue", "cfi": "cfi", "tli": "tli",
    "rmsea": "rmsea", "rmsea_low": "rmsea.ci.lower", "rmsea_high": "rmsea.ci.upper",
    "srmr": "srmr", "loglik": "logl", "aic": "aic", "bic": "bic", "scaling": "chisq.scaling.factor",
    "chisq_scaled": "chisq.scaled", "p_scaled": "pvalue.scaled", "cfi_scaled": "cfi.scaled",
    "tli_scaled": "tli.scaled", "rmsea_scaled": "rmsea.scaled",
}  # fmt: skip


@pytest.mark.parametrize("name", CFA_JOBS)
def test_factor_models_are_those_of_lavaan(name: str) -> None:
    # lavaan 0.6.14: cfa(meanstructure = TRUE, estimator = "MLR", group, group.equal); standard
    # errors also from estimator = "ML".
    table, factors, group, equal = CFA_JOBS[name]
    found, ref = fit_cfa(table, factors, group=group, equal=equal), R["cfa"][name]
    for own, theirs in INDICES.items():
        assert found.fit[own] == pytest.approx(ref["fit"][theirs], rel=1e-6, abs=2e-6), own
    _check_parameters(found, ref["est"])


def _check_parameters(found: CfaResult, ref: list[dict[str, Any]]) -> None:
    told = {(row["lhs"], row["op"], row["rhs"], row["g"]): row for row in ref}
    units = list(dict.fromkeys(found.parameters["unit"]))
    operators = {"loading": "=~", "covariance": "~~", "residual": "~~"}
    free = found.parameters[found.parameters["free"]]
    for row in free.to_dict("records"):
        first, other = row["code"], row["other"]
        if row["kind"] == "residual":
            other = first
        elif row["kind"] != "mean" and row["kind"] != "intercept":
            first, other = other, first
        key = (first, operators.get(row["kind"], "~1"), other, units.index(row["unit"]) + 1)
        expected = [told[key][k] for k in ("est", "se", "rse")]
        own = [row[k] for k in ("estimate", "se", "se_robust")]
        np.testing.assert_allclose(own, expected, atol=1e-4)
    assert len(free) > 10


@pytest.mark.parametrize(
    ("table", "told"),
    [(RAG.assign(x1=3.0), "x1 does not vary"), (RAG.iloc[:5], "too few for 5 items"),
     (RAG.assign(x5=RAG["x1"] + RAG["x2"]), "not positive definite"),
     (RAG.drop(columns="x2"), "no column 'x2'")],
)  # fmt: skip
def test_data_that_bear_no_factor_model_are_refused(table: pd.DataFrame, told: str) -> None:
    with pytest.raises(InputError, match=told):
        fit_cfa(table, ONE)


def test_a_misspelt_constraint_is_named() -> None:
    with pytest.raises(InputError, match="did you mean 'loadings'"):
        fit_cfa(RAG, ONE, equal=["loading"])


def test_invariance_steps_are_those_of_lavaan() -> None:
    # lavaan 0.6.14: lavTestLRT(method = "satorra.bentler.2001").
    found = test_invariance(TURNED, SKL, "two", min_n=50)
    steps = found.iloc[1:][["delta_chisq", "delta_df", "delta_p"]].to_numpy(float)
    np.testing.assert_allclose(steps, R["ordinal"]["lrt"], rtol=1e-4)
    assert found["reason"].eq("").all()
    assert found["cfi"].tolist() == pytest.approx(
        [R["cfa"][f"w_{step}"]["fit"]["cfi"] for step in STEPS], abs=1e-6
    )


def test_steps_after_a_saturated_model_are_those_of_lavaan() -> None:
    # lavaan 0.6.14: SKL =~ SKL1 + SKL2 + SKL3 in two groups; lavTestLRT as above.
    found = test_invariance(WAVE, {"SKL": ["SKL1", "SKL2", "SKL3"]}, "two", min_n=50)
    assert found["df"].tolist() == [0, 2, 4, 7]
    expected = [0.972942701, 3.739823001, 0.749833293]
    np.testing.assert_allclose(found["delta_chisq"][1:].astype(float), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("factors", "told"),
    [({"A": ["x1", "x2"]}, "6 parameters for 5 means"), ({"A": ["x1"]}, "factor A: a list of two"),
     ({"A": "x1"}, "factor A: a list"), (["x1", "x2"], "a dict of factor to items"),
     ({"A": ["x1", "x2", "x3"], "B": ["x3", "x4", "x5"]}, "x3: named twice")],
)  # fmt: skip
def test_models_that_are_none_are_refused(factors: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        fit_cfa(RAG, factors)


def test_what_the_answers_do_not_determine_is_told() -> None:
    # Two pairs of items without any correlation between the pairs: loadings times covariances.
    rng = np.random.default_rng(1)
    z = np.linalg.qr(np.column_stack([np.ones(300), rng.normal(size=(300, 4))]))[0][:, 1:]
    items = [z[:, 0], 0.6 * z[:, 0] + 0.8 * z[:, 1], z[:, 2], 0.6 * z[:, 2] + 0.8 * z[:, 3]]
    found = fit_cfa(
        pd.DataFrame(dict(zip("abcd", items, strict=True))), {"F": ["a", "b"], "G": ["c", "d"]}
    )
    assert any("do not determine" in doubt for doubt in found.warnings)


@pytest.mark.parametrize("name", ["one_rag", "r_metric"])
def test_every_index_is_that_of_lavaan_in_any_unit(name: str) -> None:
    table, factors, group, equal = CFA_JOBS[name]
    unit = pd.Series([1e-4, 1.0, 1e3, 1.0, 1e-6], RAGGED)
    moved = table.assign(**{c: 1e3 * unit[c] + unit[c] * table[c] for c in RAGGED})
    found, ref = fit_cfa(moved, factors, group=group, equal=equal), R["cfa"][name]
    n = ref["fit"]["ntotal"] if "ntotal" in ref["fit"] else found.fit["n"]
    for own in ("chisq", "cfi", "rmsea", "srmr", "scaling", "chisq_scaled", "rmsea_scaled"):
        assert found.fit[own] == pytest.approx(ref["fit"][INDICES[own]], rel=1e-6, abs=2e-6), own
    moved_by = n * float(np.log(unit).sum())
    assert found.fit["loglik"] + moved_by == pytest.approx(ref["fit"]["logl"], abs=1e-5)
    plain = fit_cfa(table, factors, group=group, equal=equal).parameters
    for column in ("estimate", "se", "se_robust"):
        z = found.parameters[column] / plain[column]
        size = unit.reindex(found.parameters["code"]).to_numpy()
        size = np.where(found.parameters["kind"] == "residual", size**2, size)
        own = found.parameters["kind"].isin(["residual", "intercept"]) & z.notna()
        if column == "estimate":
            own &= found.parameters["kind"] == "residual"
        np.testing.assert_allclose(z[own], size[own], rtol=1e-6)


def test_small_groups_are_not_testable_and_say_why() -> None:
    found = test_invariance(TURNED, SKL, "country")
    assert found["step"].tolist() == list(STEPS)
    assert found["chisq"].isna().all()
    assert found["reason"].str.startswith("not testable: fewer than 100 complete rows in CA").all()
    one = test_invariance(TURNED[TURNED["country"] == "SE"], SKL, "country")
    assert one["reason"].str.contains("fewer than two groups").all()


@pytest.mark.parametrize(
    ("name", "table", "items", "group"),
    [("dif", TURNED, list_items("SKL"), "country"),
     ("difr", RAG[RAG["group"] != "A"], RAGGED, "group")],
)  # fmt: skip
def test_differential_items_are_those_of_ordinal(
    name: str, table: pd.DataFrame, items: list[str], group: str
) -> None:
    # ordinal 2022.11.16: clm of item on rest score, + group, * group; McFadden R squared.
    found = screen_dif(table, items, group, min_n=2)
    own = found[["chisq_uniform", "chisq_nonuniform", "delta_r2"]].to_numpy(float)
    np.testing.assert_allclose(own, R["ordinal"][name], atol=1e-6)
    assert found["reason"].eq("").all()


def test_an_item_that_works_otherwise_is_found() -> None:
    rng = np.random.default_rng(6)
    ability = rng.normal(size=600)
    group = np.repeat(["a", "b"], 300)
    noisy = ability[:, None] + rng.normal(size=(600, 5))
    noisy[:, 2] += 1.2 * (group == "b")
    table = pd.DataFrame(np.digitize(noisy, [-1.5, -0.5, 0.5, 1.5]), columns=list("vwxyz"))
    found = screen_dif(table.assign(g=group), list("vwxyz"), "g").set_index("code")
    assert found["delta_r2"].idxmax() == "x"
    assert found.at["x", "p_bh"] < 1e-6
    assert found.at["x", "size"] != "negligible"
    small = screen_dif(table.assign(g=np.where(np.arange(600) < 5, "a", "b")), list("vwxyz"), "g")
    assert small["reason"].str.contains("left out, fewer than 20 complete rows: a").all()
