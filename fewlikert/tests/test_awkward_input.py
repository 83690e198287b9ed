"""Right at the edges: no spread, shared organisations, labels, units, options, codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import fewlikert as fl
from fewlikert import (
    InputError,
    compare_answers,
    compare_cluster_pairs,
    compare_groups,
    compare_pairs,
    estimate_cluster_means,
    estimate_icc,
    estimate_reliability,
    fit_cfa,
    fit_efa,
    pool_means,
    summarise,
)
from fewlikert.clusters import compute_cr2
from fewlikert.effects import compute_cliffs_delta, compute_hedges_g
from fewlikert.reliability import compute_alpha

RNG = np.random.default_rng
MIXED = RNG(5).normal(size=(60, 1)) + RNG(6).normal(size=(60, 4))
ANSWERS = pd.DataFrame(np.digitize(MIXED, [-2, -0.7, 0.7, 2]) + 1.0, columns=list("abcd"))
ANSWERS = ANSWERS.assign(g=["u", "v"] * 30, o=[f"o{i // 4}" for i in range(60)])
ITEMS = ["a", "b", "c", "d"]
MEANS = pd.Series({"SE": 53.1, "FI": 57.6, "IE": 52.7, "CA": 55.8})
ERRORS = pd.Series([2.0, 3.0, 3.3, 2.6], MEANS.index)
# Every function that takes answers, with one column or several of them.
ONE: dict[str, Callable[[pd.DataFrame], Any]] = {
    "summarise": lambda t: summarise(t, ["a"], by="g", clusters="o"),
    "compare_groups": lambda t: compare_groups(t, "a", "g"),
    "compare_pairs": lambda t: compare_pairs(t, "a", "g", smallest=1),
    "estimate_cluster_means": lambda t: estimate_cluster_means(t, "a", "g", "o"),
    "compare_cluster_pairs": lambda t: compare_cluster_pairs(t, "a", "g", "o", smallest=1),
    "estimate_icc": lambda t: estimate_icc(t, "a", "o"),
    "fit_mixed_means": lambda t: fl.fit_mixed_means(t, "a", "g", "o"),
    "compare_answers": lambda t: compare_answers(t, "a", "g"),
    "estimate_imputed_means": lambda t: fl.estimate_imputed_means([t, t], "a", "g", "o"),
}
SEVERAL: dict[str, Callable[[pd.DataFrame], Any]] = {
    "estimate_reliability": lambda t: estimate_reliability(t, ITEMS),
    "describe_items": lambda t: fl.describe_items(t, ITEMS),
    "bootstrap_alpha": lambda t: fl.bootstrap_alpha(t, ITEMS, n=9, rng=RNG(1)),
    "estimate_polychoric": lambda t: fl.estimate_polychoric(t, ITEMS),
    "run_parallel_analysis": lambda t: fl.run_parallel_analysis(t[ITEMS], n=9, rng=RNG(1)),
    "fit_cfa": lambda t: fit_cfa(t, {"F": ITEMS}, group="g"),
    "test_invariance": lambda t: fl.test_invariance(t, {"F": ITEMS}, "g"),
    "screen_dif": lambda t: fl.screen_dif(t, ITEMS, "g", min_n=5),
    "impute_multiple": lambda t: fl.impute_multiple(t, ITEMS, m=1, rng=RNG(1)),
}
USES = ONE | SEVERAL


def _spoil(cell: object) -> pd.DataFrame:
    column = ANSWERS["a"].astype(object)
    column.iloc[7] = cell
    return ANSWERS.assign(a=column)


def test_nothing_that_takes_answers_is_left_out_here() -> None:
    others = {
        "InputError", "fit_efa", "pool_estimates", "pool_means", "rake_weights",
        "test_sampling_adequacy",
    }  # fmt: skip
    assert set(USES) | others == set(fl.__all__)


@pytest.mark.parametrize("name", USES)
def test_codes_of_no_answer_are_refused(name: str) -> None:
    USES[name](ANSWERS)
    with pytest.raises(InputError, match=r"a: 1 answers are -8 \(don't know\) or -9"):
        USES[name](_spoil(-8))


@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize(
    ("cell", "told"),
    [("often", "a, row 7: 'often' is no number"), (np.inf, "a, row 7: inf is no finite number"),
     (pd.Timestamp("2026-01-01"), "a, row 7: .* is no number")],
)  # fmt: skip
def test_cells_that_are_no_numbers_are_named(name: str, cell: object, told: str) -> None:
    with pytest.raises(InputError, match=told):
        USES[name](_spoil(cell))


@pytest.mark.parametrize("name", USES)
def test_columns_that_are_missing_or_double_are_named(name: str) -> None:
    if name != "run_parallel_analysis":
        with pytest.raises(InputError, match="there is no column 'a'; did you mean 'A'"):
            USES[name](ANSWERS.rename(columns={"a": "A"}))
    with pytest.raises(InputError, match=r"a: (more than one column|named twice)"):
        USES[name](pd.concat([ANSWERS, ANSWERS[["a"]]], axis=1))
    if name not in ("run_parallel_analysis", "estimate_imputed_means"):
        with pytest.raises(InputError, match="a DataFrame is needed, found a dict"):
            USES[name](ANSWERS.to_dict())  # type: ignore[arg-type]


def test_figures_that_are_no_answers_may_be_minus_eight() -> None:
    standardised = pd.DataFrame({"a": [-8, -7, 1, 2], "b": [-9.5, -8, 1, 2]})
    assert summarise(standardised)["n"].tolist() == [4, 4]


def test_answers_outside_their_limits_are_named() -> None:
    table = pd.DataFrame({"x": [1.0, 5.0, 99.0, -8.0]})
    with pytest.raises(InputError, match="x, row 2: 99 lies outside the limits 1 to 5"):
        summarise(table, limits=(1, 5))
    assert summarise(table, limits=(1, 99))["dont_know"].tolist() == [1]
    for wrong in ((5, 1), (1,), {"x": (5, 1)}):
        with pytest.raises(InputError, match="limits of x: lowest and highest code"):
            summarise(table, limits=wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="there is no column 'y'"):
        summarise(table, limits={"y": (1, 5)})


LEVELS: dict[str, Callable[[float], Any]] = {
    "summarise": lambda level: summarise(ANSWERS, ["a"], level=level),
    "compare_pairs": lambda level: compare_pairs(ANSWERS, "a", "g", smallest=1, level=level),
    "cluster_means": lambda level: estimate_cluster_means(ANSWERS, "a", "g", "o", level=level),
    "cluster_pairs": lambda level: compare_cluster_pairs(
        ANSWERS, "a", "g", "o", smallest=1, level=level
    ),
    "mixed": lambda level: fl.fit_mixed_means(ANSWERS, "a", "g", "o", level=level),
    "answers": lambda level: compare_answers(ANSWERS, "a", "g", level=level),
    "pool_means": lambda level: pool_means(MEANS, ERRORS, prior_scale=1, level=level),
    "pool": lambda level: fl.pool_estimates([1, 2], [1, 1], level=level),
    "imputed": lambda level: fl.estimate_imputed_means([ANSWERS] * 2, "a", "g", level=level),
    "reliability": lambda level: estimate_reliability(ANSWERS, ITEMS, level=level),
}


@pytest.mark.parametrize("name", LEVELS)
def test_levels_lie_between_0_and_1(name: str) -> None:
    for level in (95, 0, 1.0, -0.5, float("nan"), "0.9", None, True):
        with pytest.raises(InputError, match="level: lies between 0 and 1"):
            LEVELS[name](level)  # type: ignore[arg-type]
    LEVELS[name](0.3)  # small, but a level


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            lambda: compare_groups(ANSWERS, "a", "g", permutations=0, rng=RNG(1)),
            "permutations",
        ),
        (lambda: compare_groups(ANSWERS, "a", "g", rng=1), "rng: a numpy Generator"),
        (lambda: fl.bootstrap_alpha(ANSWERS, ITEMS, n=2.5, rng=RNG(1)), "n: a whole number"),
        (lambda: fl.bootstrap_alpha(ANSWERS, ITEMS, rng=3), "rng: a numpy Generator"),
        (lambda: fl.impute_multiple(ANSWERS, ITEMS, m=0, rng=RNG(1)), "m: a whole number, 1"),
        (lambda: fl.impute_multiple(ANSWERS, ITEMS, donors=-1, rng=RNG(1)), "donors: a whole"),
        (lambda: fl.run_parallel_analysis(ANSWERS[ITEMS], share=95, rng=RNG(1)), "share: lies"),
        (lambda: fl.screen_dif(ANSWERS, ITEMS, "g", min_n="20"), "min_n: a whole number"),
        (lambda: estimate_cluster_means(ANSWERS, "a", "g", "o", min_clusters=0), "min_clusters"),
        (lambda: compare_pairs(ANSWERS, "a", "g", smallest=-1), "smallest -1 is not above zero"),
        (lambda: compare_pairs(ANSWERS, "a", "g", smallest=float("inf")), "smallest inf is not"),
        (lambda: compare_cluster_pairs(ANSWERS, "a", "g", "o", smallest=float("nan")), "smallest"),
        (lambda: pool_means(MEANS, ERRORS, prior_scale=float("inf")), "prior_scale inf is not"),
        (lambda: fl.pool_estimates([1, 2], [1, 1, 1]), "each with a variance"),
        (lambda: fl.pool_estimates([1, float("inf")], [1, 1]), "row 1: inf is no finite number"),
        (lambda: fl.pool_estimates([1, 2], [1, 1], df_complete=-3), "df_complete: a number"),
        (lambda: estimate_reliability(ANSWERS, "a"), r"a list of columns is needed, such as \['a'"),
        (lambda: estimate_reliability(ANSWERS, ["a"]), "two items or more"),
        (lambda: estimate_reliability(ANSWERS, ["a", "b", "a"]), "a: named twice"),
        (lambda: fit_efa(ANSWERS[ITEMS], 1), "rows and columns are not the same items"),
        (lambda: fit_efa(ANSWERS[ITEMS].cov(), 1), "not symmetric with ones"),
        (lambda: fit_efa(ANSWERS[ITEMS].corr().mask(np.eye(4) > 0), 1), "a correlation is missing"),
        (lambda: fit_efa(ANSWERS[ITEMS].corr(), 1.5), "factors: a whole number"),
        (lambda: summarise(ANSWERS, ["a"], weights=[1.0] * 60), "weights: expected a Series"),
    ],
)
def test_options_that_cannot_be_are_named(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        call()


def test_groups_of_equal_values_are_not_tested() -> None:
    # 14.62 seven times has a mean that is not 14.62; R: "data are essentially constant".
    table = pd.DataFrame({"x": [14.62] * 7 + [24.62] * 7, "g": list("aaaaaaabbbbbbb")})
    row = compare_pairs(table, "x", "g", smallest=5).iloc[0]
    assert np.isnan(row.p)
    assert (row.verdict, row.reason) == ("inconclusive", "no spread in either group")
    found = compare_groups(table, "x", "g").set_index("test")
    assert found.at["welch", "reason"] == "no spread in a, b"


def test_groups_with_the_same_organisations_are_one_model() -> None:
    # clubSandwich 0.5.8: vcovCR(lm(x ~ 0 + g), o, "CR2"), Wald_test(..., test = "HTZ").
    table = pd.DataFrame(
        {"x": [1, 21, 41, 61, 81, 86, 66.5, 46, 26.2, 6.1], "g": list("aaaaabbbbb"),
         "o": list("pqrstpqrst")}
    )  # fmt: skip
    row = compare_cluster_pairs(table, "x", "g", "o", smallest=5).iloc[0]
    assert row.se == pytest.approx(28.29149, abs=1e-5)
    assert row.df == pytest.approx(4)


def test_organisations_in_one_group_only_give_the_same_in_both_ways() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=12), rng.normal(size=15)
    at_x, at_y = np.arange(12) % 5, 10 + np.arange(15) % 6
    table = pd.DataFrame({"x": [*x, *y], "g": ["a"] * 12 + ["b"] * 15, "o": [*at_x, *at_y]})
    row = compare_cluster_pairs(table, "x", "g", "o", smallest=1).iloc[0]
    se, df = compute_cr2((x, at_x), (y, at_y))
    assert se == pytest.approx(row.se)
    assert 4 < df < 4 + 5  # between the smaller group's and both together


def test_unequal_groups_with_some_organisations_in_common() -> None:
    # clubSandwich 0.5.8 and Wald_test as above; p, q and t have people in both groups.
    x = [1, 21, 41, 61, 81, 86, 66.5, 46, 26.2, 6.1, 33, 52.5, 48, 12]
    table = pd.DataFrame({"x": x, "g": list("aaaaaabbbbbbbb"), "o": list("ppqrstpqquvvwt")})
    row = compare_cluster_pairs(table, "x", "g", "o", smallest=5).iloc[0]
    assert (row.se, row.df) == pytest.approx((23.2484722415, 5.2660728453), abs=1e-9)


def test_organisations_that_do_not_differ_have_no_interval() -> None:
    # Every organisation has the mean 2, or the same difference of 1: nothing to learn chance from.
    table = pd.DataFrame({"x": [1.0, 3, 1, 3, 1, 3], "g": "a", "o": list("ppqqrr")})
    row = estimate_cluster_means(table, "x", "g", "o").iloc[0]
    assert (row.se, row.reason) == (0, "no spread between organisations")
    assert np.isnan(row.low)
    x = np.array([0.1, 0.7, 2.3, 5.9, 4.4])
    paired = pd.DataFrame({"x": [*x, *(x + 1)], "g": list("aaaaabbbbb"), "o": list("pqrst") * 2})
    pair = compare_cluster_pairs(paired, "x", "g", "o", smallest=5).iloc[0]
    assert (pair.verdict, pair.reason) == ("inconclusive", "no spread between organisations")


def test_weights_go_by_label() -> None:
    table = pd.DataFrame({"x": [1.0, 2.0, 9.0]})
    weights = pd.Series([1.0, 0.0, 0.0], index=[2, 1, 0])
    assert summarise(table, ["x"], weights=weights)["mean"].tolist() == [9.0]
    for wrong in (weights[:2], weights.set_axis([0, 1, 7]), weights.set_axis([0, 0, 1])):
        with pytest.raises(InputError, match="weights: expected one per row"):
            summarise(table, ["x"], weights=wrong)


def test_groups_go_by_value_and_have_one_name_each() -> None:
    table = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 7], "g": [10, 10, 2, 2, 1, 1]})
    named = ["1", "2", "10"]
    for groups in (table["g"], table["g"].astype("Int64"), table["g"].astype(float)):
        found = summarise(table.assign(g=groups), ["x"], by="g")
        assert found["unit"].tolist() == named
        pairs = compare_pairs(table.assign(g=groups), "x", "g", smallest=1)
        assert pairs["unit"].tolist() == ["1", "1", "2"]
    sizes = pd.Categorical(list("ssmmll"), categories=["s", "m", "l", "none"], ordered=True)
    ordered = compare_answers(table.assign(g=sizes, x=[1, 2, 2, 3, 1, 3]), "x", "g")
    assert (ordered["reference"].tolist(), ordered["unit"].tolist()) == (["s", "s"], ["m", "l"])
    with pytest.raises(InputError, match="g: two different groups are both called '1'"):
        summarise(table.assign(g=[1, 1, "1", "1", 2, 2]), ["x"], by="g")


def test_a_factor_model_has_no_unit() -> None:
    # lavaan 0.6.14: chi-squared 0.3242535 whatever the units of two of the four items.
    rng = np.random.default_rng
    x = rng(3).normal(size=(100, 1)) + rng(4).normal(size=(100, 4))
    table = pd.DataFrame(x, columns=list("abcd")).round(3)
    for unit in (1.0, 1e3, 1e-4, 1e5):
        found = fit_cfa(table * [1, unit, 1, unit], {"F": list("abcd")})
        assert found.fit["chisq"] == pytest.approx(0.3242535, abs=1e-6)


def test_a_uniqueness_below_zero_is_told() -> None:
    # psych::fa warns of an "ultra-Heywood case".
    items = list("abc")
    r = pd.DataFrame([[1, 0.9, 0.9], [0.9, 1, 0.65], [0.9, 0.65, 1]], items, items)
    (told,) = fit_efa(r, 1).warnings
    assert told == "a uniqueness below zero (ultra-Heywood case): a"


def test_an_alpha_below_zero_says_why() -> None:
    x = np.arange(30.0)
    table = pd.DataFrame({"a": x, "b": -x + np.sin(x), "c": np.cos(x)})
    row = estimate_reliability(table, alpha_only=True).iloc[0]
    assert row.estimate < 0
    assert "items run against each other" in row.reason


def test_tiny_and_shifted_figures_are_figures() -> None:
    # The same numbers in units of 1e-13, and added to a million.
    x, y = np.array([1.0, 2, 4, 8]), np.array([2.0, 5, 6, 9])
    assert compute_hedges_g(x * 1e-13, y * 1e-13) == pytest.approx(compute_hedges_g(x, y))
    covariance = np.cov(np.vstack([x, y]))
    assert compute_alpha(covariance * 1e-26) == pytest.approx(compute_alpha(covariance))
    table = pd.DataFrame({"x": [*x, *y], "o": list("aabbccdd")})
    far = estimate_icc(table.assign(x=table["x"] + 1e6), "x", "o")
    assert far["icc_reml"] == pytest.approx(estimate_icc(table, "x", "o")["icc_reml"], abs=1e-6)


def test_effects_of_groups_far_apart_have_their_interval() -> None:
    # For t of a million only the sd is in doubt: the interval is t sqrt(chi2 quantiles / df).
    x = np.array([1.0, 2, 3, 4, 5, 6])
    found = compute_hedges_g(x + 1e7, x)
    ends = np.sqrt(stats.chi2.ppf([0.025, 0.975], 10) / 10)
    np.testing.assert_allclose(np.array(found[1:]) / found[0], ends, rtol=1e-4)
    # Near that edge the exact distribution and its limit agree.
    near = compute_hedges_g(x + 3e4, x)
    np.testing.assert_allclose(np.array(near[1:]) / near[0], ends, rtol=1e-3)


def test_sums_that_differ_by_rounding_tie() -> None:
    # 0.1 + 0.2 is not 0.3 in floats; by hand two of the four pairs are ties, one wins.
    x, y = np.array([0.3, 0.7]), np.array([0.1 + 0.2, 0.3])
    assert compute_cliffs_delta(x, y).estimate == 0.5
    table = pd.DataFrame({"x": [*x, *y, 0.1 * 3], "g": list("aabbb")})
    exact = table.assign(x=[0.3, 0.7, 0.3, 0.3, 0.3])
    found, plain = (compare_groups(t, "x", "g").set_index("test") for t in (table, exact))
    assert found.at["kruskal_wallis", "p"] == plain.at["kruskal_wallis", "p"]


def test_a_rare_group_that_separates_is_told() -> None:
    # Three people of 303, all with the highest answer: their odds ratio is infinite.
    table = pd.DataFrame({"x": [*np.tile([1.0, 2, 3], 100), 3, 3, 3], "g": ["a"] * 300 + ["b"] * 3})
    found = compare_answers(table, "x", "g").iloc[0]
    assert "separates" in found["reason"]
    assert np.isnan(found["odds_ratio"])


def test_two_answers_leave_no_parallel_test() -> None:
    table = pd.DataFrame({"x": [0.0, 1, 1, 0, 0, 1], "g": list("aaabbb")})
    found = compare_answers(table, "x", "g").iloc[0]
    # By hand: odds of 1 are 2 / 1 in a and 1 / 2 in b.
    assert found["odds_ratio"] == pytest.approx(0.25)
    assert np.isnan(found["p_parallel"])
    assert "one threshold" in found["reason"]


def test_measured_figures_are_no_scale_of_answers() -> None:
    x = RNG(1).normal(size=(150, 3)).round(6)
    with pytest.raises(InputError, match="0: 150 different answers are no scale"):
        fl.estimate_polychoric(pd.DataFrame(x))
    found = estimate_reliability(pd.DataFrame(x)).set_index("coefficient")
    assert found.at["alpha_ordinal", "reason"] == "more than ten different answers"


def test_a_constant_item_neither_stops_nor_moves_an_imputation() -> None:
    # mice takes constant variables out of the predictors (edit.setup, remove.constant).
    gaps = ANSWERS[ITEMS].mask(RNG(2).random((60, 4)) < 0.2)
    plain = fl.impute_multiple(gaps, ITEMS, m=3, rng=RNG(1))
    flat = gaps.assign(e=3.0, f=5.0)
    beside = fl.impute_multiple(flat, [*ITEMS, "e", "f"], m=3, rng=RNG(1))
    for one, other in zip(plain, beside, strict=True):
        pd.testing.assert_frame_equal(one[ITEMS], other[ITEMS])
    flat.loc[:9, "e"] = np.nan
    for done in fl.impute_multiple(flat, [*ITEMS, "e", "f"], m=3, rng=RNG(1)):
        assert (done["e"] == 3).all()
    same = flat.assign(g=ANSWERS["g"]).fillna(4.0)
    told = fl.estimate_imputed_means([same, same], "f", "g")
    assert told["reason"].tolist() == ["all answers are equal"] * 2
    assert told["estimate"].tolist() == [5.0, 5.0]


@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize("cell", [1e-320, -2e-200, 1e155, -1e300])
def test_sizes_whose_squares_have_no_digits_are_refused(name: str, cell: float) -> None:
    # The square of 1e-200 is 0 and that of 1e155 infinite: variances were 0, NaN or a traceback.
    with pytest.raises(InputError, match=r"a, row 7: .* is not from 1e-60 to 1e\+60"):
        USES[name](_spoil(cell))


@pytest.mark.parametrize("name", USES)
def test_complex_figures_are_refused(name: str) -> None:
    # A cast would drop the imaginary part, with a warning for each column.
    with pytest.raises(InputError, match="a: complex numbers are no figures"):
        USES[name](ANSWERS.assign(a=ANSWERS["a"] + 1j))


@pytest.mark.parametrize("name", ["summarise", "estimate_cluster_means", "fit_mixed_means"])
@pytest.mark.parametrize("column", ["g", "o"])
def test_lists_are_no_groups_and_no_clusters(name: str, column: str) -> None:
    with pytest.raises(InputError, match=rf"{column}, row 0: \[0\] is no label of a row"):
        ONE[name](ANSWERS.assign(**{column: [[i] for i in range(60)]}))


RAKED = pd.DataFrame({"k": [1, 1, 2, 2]})


@pytest.mark.parametrize(
    ("call", "told"),
    [
        # 1 and "1" would be one category with either's share, in silence.
        (lambda: fl.rake_weights(RAKED, {"k": {1: 0.3, "1": 0.2, 2: 0.5}}), "both called '1'"),
        (lambda: fl.rake_weights(RAKED.assign(k=[1, "1", 2, 2]), {"k": {1: 0.5, 2: 0.5}}),
         "both called '1'"),
        (lambda: fl.rake_weights(RAKED, {"k": {1: float("inf"), 2: 1}}), "a share is not above"),
        (lambda: fl.rake_weights(RAKED, {"k": {1: "x", 2: 1}}), "a share is not above zero: 'x'"),
        (lambda: fl.rake_weights(RAKED, {"z": {1: 1}}), "there is no column 'z'"),
        (lambda: fl.rake_weights(RAKED, [1]), "margins: a dict of column"),
        (lambda: fl.rake_weights(RAKED, {"k": [1, 1]}), "margins: k: a dict of category"),
        (lambda: fl.rake_weights(RAKED.iloc[:0], {"k": {}}), "the table has no rows"),
        (lambda: fl.rake_weights(RAKED, {"k": {1: 1, 2: 1}}, tolerance=0), "tolerance 0 is not"),
        # -8 would count as don't know and not as the end of the scale.
        (lambda: summarise(ANSWERS, ["a"], limits=(-10, 10)), "hold -8 or -9, the codes of don't"),
        (lambda: summarise(ANSWERS, ["a"], limits=(1, np.inf)), "limits of a: lowest and highest"),
        (lambda: summarise(ANSWERS, ["a"], limits=("a", "b")), "limits of a: lowest and highest"),
        (lambda: summarise(ANSWERS, ["a"], limits=5), "limits of a: lowest and highest"),
        (lambda: summarise(ANSWERS, ["a"], clusters=""), "there is no column ''"),
        (lambda: summarise(ANSWERS, ["a"], by=["g"]), r"there is no column \['g'\]"),
        (lambda: summarise(ANSWERS, 5), "a list of columns is needed; found 5"),
        # Out of all proportion the integral over the sd has no node where the posterior is.
        (lambda: pool_means(MEANS, ERRORS, prior_scale=1e-300), "in no proportion to the standard"),
        (lambda: pool_means(MEANS, ERRORS, prior_scale=1e300), "in no proportion to the standard"),
        (lambda: fit_efa(pd.DataFrame([[1, 1.2], [1.2, 1]], list("ab"), list("ab")), 1),
         "one lies beyond 1"),
        (lambda: fl.bootstrap_alpha(ANSWERS, ITEMS, n=3.0, rng=RNG(1)), "n: a whole number"),
        (lambda: fl.pool_estimates(["a", 1], [1, 1]), "estimates, row 0: 'a' is no number"),
        (lambda: fl.pool_estimates(np.ones((2, 2)), np.ones((2, 2))), "estimates, row 0: .* is no"),
        (lambda: fl.pool_estimates([1, 2], [1, 1], df_complete="x"), "df_complete: a number"),
        (lambda: fl.estimate_imputed_means([ANSWERS], "a", "g"), "two completions or more"),
        (lambda: fl.estimate_imputed_means([ANSWERS, ANSWERS], 3, "g"), "value: a column or a"),
        # The first groups would be pooled with others of the same place in the table.
        (lambda: fl.estimate_imputed_means([ANSWERS, ANSWERS.assign(g=["u", "w"] * 30)], "a", "g"),
         "completions of one table have the same groups"),
        (lambda: fit_cfa(ANSWERS, {"F": ITEMS}, equal="loadings"), "equal: a list is needed"),
        (lambda: fit_cfa(ANSWERS, {"F": None}), "factor F: a list of two items"),
    ],
)  # fmt: skip
def test_what_was_wrong_in_silence_or_a_traceback_is_named(
    call: Callable[[], Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        call()


def test_equal_means_of_all_organisations_leave_no_error_but_rounding() -> None:
    # Every organisation has .1, .2, .3 and .4, so the linearised error is 0 by hand.
    x = [np.roll([0.1, 0.2, 0.3, 0.4], i) for i in range(15)]
    table = ANSWERS.assign(a=np.concatenate(x), g="all", w=1.0)
    row = summarise(table, ["a"], clusters="o").iloc[0]
    assert (row.se, row.reason) == (0.0, "no spread between organisations")
    row = estimate_cluster_means(table, "a", "g", "o", weights="w").iloc[0]
    assert (row.se, row.reason) == (0.0, "no spread between organisations")


def test_items_that_share_nothing_have_no_adequacy() -> None:
    # KMO is 0 / 0; the determinant of the identity is 1, so Bartlett's statistic is 0.
    found = fl.test_sampling_adequacy(pd.DataFrame(np.eye(3), list("abc"), list("abc")), 50)
    assert np.isnan(found["kmo"])
    assert (found["bartlett"], found["p"]) == (0.0, 1.0)
    assert found["reason"] == "no item correlates with another"


def test_an_item_that_everyone_answered_alike_tells_imputation_nothing() -> None:
    # 0.1 many times has a standard deviation of 1e-17, which is no spread: leaving the item out
    # gives the same draws.
    gaps = ANSWERS.assign(a=ANSWERS["a"].where(ANSWERS.index > 5))
    whole = fl.impute_multiple(gaps.assign(d=0.1), ITEMS, m=1, rounds=2, rng=RNG(3))[0]
    without = fl.impute_multiple(gaps, ITEMS[:3], m=1, rounds=2, rng=RNG(3))[0]
    assert whole["a"].tolist() == without["a"].tolist()


def test_a_table_without_rows_to_tell_keeps_its_columns() -> None:
    assert "mean" in summarise(ANSWERS, [])
    assert "verdict" in compare_cluster_pairs(ANSWERS.assign(g="u"), "a", "g", "o", smallest=1)
