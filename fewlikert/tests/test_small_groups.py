"""Groups against R: tests, pairs, organisations, pooling, ordinal models, missing answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from r_reference import RAGGED, R, read_ragged, read_wave
from scipy import stats

from fewlikert import InputError, summarise
from fewlikert.clusters import compare_cluster_pairs, estimate_cluster_means
from fewlikert.effects import (
    compute_cliffs_delta,
    compute_hedges_g,
    compute_omega_squared,
    find_detectable_difference,
)
from fewlikert.groups import compare_groups, compare_pairs
from fewlikert.imputation import (
    estimate_imputed_means,
    impute_multiple,
    pool_estimates,
)
from fewlikert.judgement import judge_difference
from fewlikert.mixed import estimate_icc, fit_mixed_means
from fewlikert.ordinal import SeparationError, compare_answers, fit_ordinal_logit

WAVE, RAG = read_wave(), read_ragged()
JOBS = {"wave": (WAVE, "y", "country"), "rag": (RAG, "score", "group"),
        "items": (WAVE, "PRO2", "country"), "rag1": (RAG, "x1", "group")}  # fmt: skip
PAIRS = {
    "difference": "diff", "se": "se", "df": "df", "low": "low", "high": "high", "p": "p",
    "hedges_g": "g", "hedges_g_low": "gl", "hedges_g_high": "gh", "cliffs_delta": "cd",
    "cliffs_delta_low": "cl", "cliffs_delta_high": "ch", "superiority": "su",
    "superiority_low": "sl", "superiority_high": "sh", "p_equivalence": "tost",
    "detectable": "mde", "p_games_howell": "gp",
}  # fmt: skip


@pytest.mark.parametrize("name", JOBS)
def test_group_tests_are_those_of_r(name: str) -> None:
    # stats 4.2.2: oneway.test, kruskal.test; effectsize 0.8.3: omega_squared(aov(),
    # alternative = "two.sided"), whose interval is found by a search of limited precision.
    table, value, group = JOBS[name]
    ref = R["groups"][name]
    found = compare_groups(table, value, group).set_index("test")
    welch, kruskal = found.loc["welch"], found.loc["kruskal_wallis"]
    np.testing.assert_allclose(
        welch[["statistic", "df", "df_error", "p"]].to_numpy(float), ref["welch"], atol=1e-9
    )
    np.testing.assert_allclose(
        kruskal[["statistic", "df", "p"]].to_numpy(float), ref["kw"], atol=1e-9
    )
    np.testing.assert_allclose(
        welch[["estimate", "low", "high"]].to_numpy(float), ref["om"], atol=1e-5
    )
    assert kruskal["estimate"] == pytest.approx(ref["rank"], abs=1e-9)


@pytest.mark.parametrize("name", JOBS)
def test_pairs_are_those_of_r(name: str) -> None:
    # stats 4.2.2: t.test, ptukey, p.adjust; effectsize 0.8.3: hedges_g, cliffs_delta,
    # p_superiority(parametric = FALSE); rstatix 0.7.2: games_howell_test, dunn_test; the
    # detectable difference solves the power of stats::pt as pwr::pwr.t2n.test does.
    table, value, group = JOBS[name]
    ref = R["groups"][name]
    found = compare_pairs(table, value, group, smallest=0.5)
    for column, key in PAIRS.items():
        expected = [pair[key] for pair in ref["pairs"]]
        np.testing.assert_allclose(found[column], expected, atol=1e-6, err_msg=column)
    np.testing.assert_allclose(found["p_holm"], ref["holm"], atol=1e-9)
    np.testing.assert_allclose(found["p_bh"], ref["bh"], atol=1e-9)
    np.testing.assert_allclose(found["z_dunn"], -np.array(ref["dz"]), atol=1e-9)
    np.testing.assert_allclose(found["p_dunn"], ref["dp"], atol=1e-9)
    np.testing.assert_allclose(found["p_dunn_holm"], ref["dh"], atol=1e-9)
    np.testing.assert_allclose(found["high_simultaneous"], -np.array(ref["ghl"]), atol=1e-6)
    np.testing.assert_allclose(found["low_simultaneous"], -np.array(ref["ghh"]), atol=1e-6)


def test_a_permutation_test_meets_every_order() -> None:
    # 20 orders of six distinct values in two groups of three; two are as far apart.
    table = pd.DataFrame({"x": [1.0, 2.1, 3.4, 4.2, 5.6, 6.3], "g": list("aaabbb")})
    rng = np.random.default_rng(4)
    found = compare_groups(table, "x", "g", permutations=20_000, rng=rng).set_index("test")
    exact = stats.permutation_test(
        (table["x"][:3], table["x"][3:]),
        lambda a, b: abs(stats.ttest_ind(a, b, equal_var=False).statistic),
        alternative="greater", n_resamples=np.inf,
    )  # fmt: skip
    assert found.at["permutation", "p"] == pytest.approx(exact.pvalue, abs=0.005)


def test_verdicts_follow_the_intervals() -> None:
    assert judge_difference(9.0, 2.0, 60, 4, smallest=5)["verdict"] == "differs"
    assert judge_difference(1.0, 1.0, 60, 4, smallest=5)["verdict"] == "equivalent"
    assert judge_difference(4.0, 3.0, 60, 4, smallest=5)["verdict"] == "inconclusive"
    # Sure and too small to matter.
    assert judge_difference(2.0, 0.3, 60, 4, smallest=5)["verdict"] == "equivalent"


@pytest.mark.parametrize(
    ("values", "groups", "reason"),
    [([1.0, 2, 3], "aaa", "fewer than two groups"), ([1.0, 2, 3], "abb", "fewer than two groups"),
     ([1.0, 1, 2, 3], "aabb", "no spread in a"), ([2.0] * 4, "aabb", "no spread in a, b")],
)  # fmt: skip
def test_group_tests_say_what_they_cannot(values: list[float], groups: str, reason: str) -> None:
    table = pd.DataFrame({"x": values, "g": list(groups)})
    found = compare_groups(table, "x", "g", rng=np.random.default_rng(1))
    welch = found[found["test"] == "welch"].iloc[0]
    assert reason in welch["reason"]
    assert np.isnan(welch["p"])
    assert found[found["p"].isna()]["reason"].ne("").all()
    pairs = compare_pairs(table, "x", "g", smallest=1)
    assert pairs.empty or pairs.loc[pairs["p"].isna(), "reason"].ne("").all()


def test_effects_without_spread_or_overlap() -> None:
    one, two = np.array([1.0, 1.0]), np.array([2.0, 2.0])
    assert np.isnan(compute_hedges_g(one, two).estimate)
    assert np.isnan(compute_hedges_g(np.array([1.0]), two).estimate)
    assert compute_cliffs_delta(two, one) == (1.0, 1.0, 1.0)
    assert compute_omega_squared(0.4, 3, 50) == (0.0, 0.0, 0.0)
    assert np.isnan(find_detectable_difference(0.0, 5, 5))


CLUSTERED = {"wave": (WAVE, "y", "country"), "rag": (RAG, "score", "group")}


@pytest.mark.parametrize("name", CLUSTERED)
def test_means_with_organisations_are_those_of_clubsandwich_and_lme4(name: str) -> None:
    # clubSandwich 0.5.8: coef_test(lm(y ~ 0 + g), vcov = "CR2", test = "Satterthwaite");
    # lme4 1.1.31: lmer(y ~ 0 + g + (1 | organisation)), REML.
    table, value, group = CLUSTERED[name]
    ref = R["clusters"][name]
    robust = estimate_cluster_means(table, value, group, "organisation")
    np.testing.assert_allclose(robust["se"], ref["cr"], atol=1e-9)
    np.testing.assert_allclose(robust["df"], ref["crdf"], atol=1e-6)
    mixed = fit_mixed_means(table, value, group, "organisation")
    np.testing.assert_allclose(mixed["mean"], ref["fix"], atol=1e-6)
    np.testing.assert_allclose(mixed["se"], ref["fse"], atol=1e-6)
    parts = mixed[["variance_between", "variance_within"]].iloc[0]
    np.testing.assert_allclose(parts.to_numpy(float), ref["v"], atol=1e-4)
    icc = estimate_icc(table, value, "organisation")
    own = [icc["variance_between"], icc["variance_within"]]
    np.testing.assert_allclose(own, ref["v0"], atol=1e-4)
    assert icc["icc_reml"] == pytest.approx(ref["v0"][0] / sum(ref["v0"]), abs=1e-6)


@pytest.mark.parametrize("name", CLUSTERED)
def test_errors_by_group_are_those_of_survey(name: str) -> None:
    # survey 4.1.1: svyby of svymean over svydesign(ids = ~organisation, strata = ~g, nest = TRUE).
    table, value, group = CLUSTERED[name]
    own = summarise(table.dropna(subset=[value]), [value], by=group, clusters="organisation")
    np.testing.assert_allclose(own["se"], R["clusters"][name]["svy"], atol=1e-9)
    np.testing.assert_allclose(own["mean"], R["clusters"][name]["mu"], atol=1e-9)


def test_icc_is_worked_by_hand() -> None:
    # Two organisations of three: between mean square 6 * 1.5 ** 2 / 1 = 13.5 (means 2 and 5),
    # within 1; (13.5 - 1) / (13.5 + 2 * 1).
    table = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6], "o": list("aaabbb")})
    found = estimate_icc(table, "x", "o")
    assert found["icc"] == pytest.approx(12.5 / 15.5)
    assert found["adjusted_size"] == pytest.approx(3)
    assert found["design_effect"] == pytest.approx(1 + 2 * found["icc_reml"])
    assert estimate_icc(table.assign(o="a"), "x", "o")["reason"] == "one organisation only"
    assert estimate_icc(table.assign(x=1.0), "x", "o")["reason"] == "all answers are equal"
    alone = estimate_icc(table.assign(o=list("abcdef")), "x", "o")
    assert alone["reason"] == "one respondent in every organisation"
    assert estimate_icc(table.assign(x=np.nan), "x", "o")["reason"] == "no answers"


def test_who_names_no_organisation_is_one_of_their_own() -> None:
    gone = RAG["organisation"].where(RAG.index % 4 > 0)
    alone = gone.fillna("own " + RAG.index.to_series().astype(str))
    for estimate in (estimate_cluster_means, fit_mixed_means):
        found = estimate(RAG.assign(organisation=gone), "score", "group", "organisation")
        named = estimate(RAG.assign(organisation=alone), "score", "group", "organisation")
        pd.testing.assert_frame_equal(found, named)
        assert found["n"].sum() == RAG["score"].notna().sum()


def test_few_organisations_and_no_answers_have_no_interval() -> None:
    table = pd.DataFrame({"x": [1.0, 2, 4, 5, np.nan], "g": list("aaaab"),
                          "o": ["p", "q", "r", None, "s"]})  # fmt: skip
    found = estimate_cluster_means(table, "x", "g", "o", min_clusters=5).set_index("unit")
    assert "fewer than 5 organisations" in found.loc["a", "reason"]
    assert np.isnan(found.loc["a", "low"])
    assert found.loc["a", "se"] > 0
    assert found.loc["b", ["n", "clusters", "reason"]].tolist() == [0, 0, "no answers"]
    whole = estimate_cluster_means(table, "x", "g", "o", min_clusters=4).set_index("unit")
    assert whole.loc["a", "clusters"] == 4
    assert whole.loc["a", "low"] < 3 < whole.loc["a", "high"]


def test_pairs_with_organisations_combine_both_means() -> None:
    means = estimate_cluster_means(WAVE, "y", "country", "organisation").set_index("unit")
    found = compare_cluster_pairs(WAVE, "y", "country", "organisation", smallest=0.2)
    row = found.set_index(["unit", "other"]).loc[("FI", "SE")]
    a, b = means.loc["FI", "se"] ** 2, means.loc["SE", "se"] ** 2
    df = (a + b) ** 2 / (a**2 / means.loc["FI", "df"] + b**2 / means.loc["SE", "df"])
    assert row["se"] == pytest.approx(np.sqrt(a + b))
    assert row["df"] == pytest.approx(df)
    one = RAG.assign(organisation=np.where(RAG["group"] == "A", "only", RAG["organisation"]))
    told = compare_cluster_pairs(one, "score", "group", "organisation", smallest=5)
    assert told.loc[told["unit"] == "A", "reason"].eq("one organisation only").all()
    assert told.loc[told["unit"] == "A", "verdict"].eq("inconclusive").all()


@pytest.mark.parametrize(
    ("name", "job"), [("wave", (WAVE, "PRO2", "country")), ("rag", (RAG, "x1", "group"))]
)
def test_proportional_odds_are_those_of_r(name: str, job: tuple[pd.DataFrame, str, str]) -> None:
    # ordinal 2022.11.16: clm, and clm(nominal = ~g) for the parallel test; MASS 7.3.58.2: polr.
    table, item, group = job
    ref = R["ordinal"][name]
    own = table[[item, group]].dropna()
    units = sorted(own[group].unique())
    design = np.column_stack([(own[group] == u).to_numpy(float) for u in units[1:]])
    fit = fit_ordinal_logit(own[item].to_numpy(float), design)
    np.testing.assert_allclose(fit.coefficients, ref["b"], atol=1e-8)
    np.testing.assert_allclose(fit.se, ref["se"], atol=1e-8)
    np.testing.assert_allclose(fit.coefficients, ref["pb"], atol=1e-6)
    np.testing.assert_allclose(fit.thresholds, ref["th"], atol=1e-8)
    assert fit.loglik == pytest.approx(ref["ll"], abs=1e-9)
    found = compare_answers(table, item, group)
    assert found["chisq"].iloc[0] == pytest.approx(ref["chisq"], abs=1e-8)
    assert found["chisq_parallel"].iloc[0] == pytest.approx(ref["par"], abs=1e-6)
    assert found["df_parallel"].iloc[0] == (len(units) - 1) * 3


def test_separation_and_equal_answers_are_named() -> None:
    table = pd.DataFrame({"x": [1.0, 1, 1, 2, 2, 2], "g": list("aaabbb")})
    found = compare_answers(table, "x", "g")
    assert found["reason"].str.contains("separates the answers").all()
    assert found["odds_ratio"].isna().all()
    with pytest.raises(SeparationError):
        fit_ordinal_logit(np.array([1.0, 1, 2, 2]), np.array([[0.0], [0], [1], [1]]))
    equal = compare_answers(table.assign(x=1.0), "x", "g")
    assert equal["reason"].str.contains("all answers are equal").all()
    with pytest.raises(InputError, match="two groups or more"):
        compare_answers(table[:3], "x", "g")


def test_pooled_estimates_are_those_of_mice() -> None:
    # mice 3.15.0: pool.scalar(n = 40, k = 1), and without a complete-data df.
    q, u = [3.1, 3.4, 2.9, 3.25, 3.0], [0.04, 0.05, 0.045, 0.038, 0.052]
    ref = R["ordinal"]["pool"]
    found = pool_estimates(q, u, df_complete=39)
    own = [found["estimate"], found["within"], found["between"], found["se"] ** 2, found["df"]]
    np.testing.assert_allclose(own, ref[:5], atol=1e-10)
    assert found["fmi"] == pytest.approx(ref[6], abs=1e-10)
    whole = pool_estimates(q, u)
    assert whole["df"] == pytest.approx(R["ordinal"]["pool2"][2], abs=1e-9)
    # The same call on three completions, n = 8 and k = 1.
    small = pool_estimates([52.1, 53.4, 51.8], [4.1, 3.9, 4.4], df_complete=7)
    own = [small["estimate"], small["se"] ** 2, small["df"], small["fmi"]]
    expected = [52.433333333333, 5.097777777778, 4.199309828553, 0.414436005931]
    np.testing.assert_allclose(own, expected, atol=1e-9)
    with pytest.raises(InputError, match="two completions"):
        pool_estimates([1.0], [0.1])


def test_imputed_means_with_organisations_are_those_of_clubsandwich_and_mice() -> None:
    # clubSandwich 0.5.8: coef_test(lm(x1 ~ 0 + group), "CR2", organisation, "Satterthwaite") in
    # five completions; mice 3.15.0: pool.scalar(q, se^2, n = mean(df) + 1, k = 1).
    row = np.arange(len(RAG))
    tables = [RAG.assign(x1=RAG["x1"].fillna(pd.Series((row * 7 + k * 3) % 5 + 1, RAG.index)))
              for k in range(5)]  # fmt: skip
    found = estimate_imputed_means(tables, "x1", "group", "organisation").set_index("unit")
    expected = {
        "C": [3.1304347826, 0.0434899659, 0.0047258979, 0.0491610434, 2.4039794127, 0.4427613721],
        "D": [3.3548387097, 0.0617160954, 0.0078043704, 0.0710813399, 3.4406385574, 0.4013688199],
    }
    for unit, numbers in expected.items():
        own = found.loc[unit]
        told = [*own[["estimate", "within", "between"]], own["se"] ** 2, own["df"], own["fmi"]]
        np.testing.assert_allclose(np.array(told, float), numbers, atol=1e-9)
    by_function = estimate_imputed_means(tables, lambda t: t["x1"], "group", "organisation")
    pd.testing.assert_frame_equal(by_function.set_index("unit"), found)
    few = estimate_imputed_means(tables, "x1", "group", "organisation", min_clusters=4)
    assert few["low"].isna().tolist() == few["clusters"].lt(4).tolist()
    assert few["reason"].ne("").tolist() == few["clusters"].lt(4).tolist()


def test_nothing_missing_leaves_the_means_as_they_are() -> None:
    whole = RAG.dropna(subset=["score"])
    found = estimate_imputed_means([whole] * 3, "score", "group", "organisation")
    plain = estimate_cluster_means(whole, "score", "group", "organisation")
    np.testing.assert_allclose(found[["estimate", "se"]], plain[["mean", "se"]], rtol=1e-12)
    assert found["lambda"].lt(1e-20).all()
    alone = estimate_imputed_means([whole] * 3, "score", "group")
    spread = whole.groupby("group")["score"].sem()  # everyone one of their own: s / sqrt(n)
    np.testing.assert_allclose(alone["se"], spread, rtol=1e-12)


@pytest.mark.parametrize(
    ("value", "told"),
    [("x1", "still has rows without"), (lambda t: t["x2"].to_numpy(), "the labels of the rows"),
     ("x9", "no column 'x9'")],
)  # fmt: skip
def test_completions_that_are_none_are_refused(value: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        estimate_imputed_means([RAG, RAG], value, "group")


def test_imputation_knows_no_unit_and_no_zero() -> None:
    # Coefficients of columns far from zero are not shrunk by the ridge: y follows x (r = 0.97),
    # so an imputed y is near 2 x, whatever is added to both.
    rng = np.random.default_rng(3)
    x = rng.normal(size=300)
    y = np.where(np.arange(300) % 4 == 0, np.nan, 2 * x + 0.5 * rng.normal(size=300))
    for zero, unit in ((0.0, 1.0), (2000.0, 1.0), (0.0, 1e-9)):
        table = pd.DataFrame({"x": zero + unit * x, "y": zero + unit * y})
        done = impute_multiple(table, ["x", "y"], m=1, rng=np.random.default_rng(1))[0]
        filled = (done["y"][::4] - zero) / unit
        assert np.corrcoef(filled, x[::4])[0, 1] > 0.9


def test_imputed_answers_are_answers_and_undo_what_selection_did() -> None:
    rng = np.random.default_rng(9)
    x = rng.normal(size=600)
    y = 0.8 * x + 0.6 * rng.normal(size=600)
    gone = rng.random(600) < 1 / (1 + np.exp(-2 * x))  # more often missing where high
    table = pd.DataFrame({"x": x, "y": np.where(gone, np.nan, y), "g": "all"})
    found = impute_multiple(table, ["x", "y"], m=10, rng=rng)
    assert len(found) == 10
    assert set(found[0]["y"]) <= set(y[~gone])
    told = estimate_imputed_means(found, lambda t: t["y"], "g").iloc[0]
    assert table["y"].mean() < -0.25  # complete cases are far off
    assert told["estimate"] == pytest.approx(y.mean(), abs=0.12)
    assert told["fmi"] > 0.1
    with pytest.raises(InputError, match="z: fewer than 5 answers"):
        impute_multiple(table.assign(z=np.nan), ["x", "z"], rng=rng)


def test_imputation_is_the_same_for_the_same_seed() -> None:
    runs: list[Any] = [
        impute_multiple(RAG, RAGGED, m=2, rounds=3, rng=np.random.default_rng(1)) for _ in range(2)
    ]
    pd.testing.assert_frame_equal(runs[0][1], runs[1][1])
    assert runs[0][0][RAGGED].notna().all().all()
