"""Every normaliser, mean and step against R, and what must hold whatever the figures.

Reference values: R 4.2.2 (Debian r-base-core), packages base, stats and e1071 1.7.13, from the
formulas written beside them; `rank(ties.method = "min")`, `sd`, `weighted.mean`,
`e1071::skewness(type = 2)`, `e1071::kurtosis(type = 2)`, `prcomp(scale. = TRUE)`, `lm`.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from innocap_analysis import (
    aggregate,
    derive_weights,
    impute,
    normalise,
    read_codebook,
    score_index,
    treat_outliers,
)
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.figures import ScoreWarning
from innocap_analysis.index.steps import denominate, measure_shape

NAN = float("nan")
UNITS = list("abcdefg")
X = [3.0, -1, 4, NAN, 4, 0, 10]


def book_of(n: int = 1, **root: object) -> Codebook:
    """Return an index over n indicators A, B, … that keep their scale unless told."""
    leaf = {"normalise": "none"} | {k: root.pop(k) for k in ("normalise", "low", "high", "clip",
            "transform", "direction") if k in root}  # fmt: skip
    rows = [{"code": "I", "parent": "", "kind": "index", **root}]
    rows += [{"code": c, "parent": "I", "kind": "indicator", **leaf} for c in "ABCDEFG"[:n]]
    return read_codebook(pd.DataFrame(rows))


def normalised(x: list[float], reference: str | None = None, **leaf: object) -> np.ndarray:
    table = pd.DataFrame({"A": x}, index=UNITS[: len(x)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoreWarning)
        return normalise(table, book_of(**leaf), reference_unit=reference)["A"].to_numpy()


def test_a_reference_is_needed_and_may_be_capped() -> None:
    capped = normalised(X, "c", normalise="distance_to_reference", clip="high")
    assert np.nanmax(capped) == 100
    with pytest.raises(InnocapError, match="needs the reference value"):
        normalised(X, normalise="distance_to_reference")
    with pytest.raises(InnocapError, match="reference unit has no value"):
        normalised(X, "d", normalise="distance_to_reference")
    with pytest.raises(InnocapError, match="'z' is not in the table"):
        normalised(X, "z", normalise="distance_to_reference")


def test_log_goes_before_goalposts_and_before_in_sample_scaling() -> None:
    x = [1.0, 10, 100, NAN, 1000]
    goal = normalised(x, normalise="goalposts", low=1, high=100, transform="log")
    np.testing.assert_allclose(goal, [0, 50, 100, NAN, 150], rtol=1e-12)
    np.testing.assert_allclose(
        normalised(x, normalise="minmax", transform="log"), [0, 100 / 3, 200 / 3, NAN, 100]
    )
    capped = normalised(x, normalise="goalposts", low=1, high=100, transform="log", clip="both")
    assert np.nanmax(capped) == 100
    down = normalised(x, normalise="goalposts", low=1, high=100, transform="log", direction=-1)
    np.testing.assert_allclose(down, [100, 50, 0, NAN, -50], rtol=1e-12)


@pytest.mark.parametrize(
    ("method", "score"),
    [("minmax", 50), ("distance_to_max", 50), ("zscore", 0), ("rank", 1), ("borda", 0)],
)
def test_no_range_has_a_rule_and_a_warning(method: str, score: float) -> None:
    table = pd.DataFrame({"A": [7.0, 7, NAN]}, index=list("abc"))
    with pytest.warns(ScoreWarning) as told:
        found = normalise(table, book_of(normalise=method))["A"]
    np.testing.assert_array_equal(found, [score, score, NAN])
    assert any("units at hand" in str(w.message) for w in told)
    if method in ("minmax", "distance_to_max", "zscore"):
        assert any(str(w.message).startswith("A: ") for w in told)


@pytest.mark.filterwarnings("ignore:A. scaled by the units at hand")
def test_an_empty_column_warns_and_has_no_score() -> None:
    table = pd.DataFrame({"A": [NAN, NAN]}, index=list("ab"))
    for method in ("minmax", "zscore", "percentile", "fraction_of_max"):
        with pytest.warns(ScoreWarning, match="A: has no value at all"):
            assert normalise(table, book_of(normalise=method))["A"].isna().all()


def test_fixed_methods_do_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        normalised(X, normalise="goalposts", low=0, high=10)


W = {"A": 1, "B": 2, "C": 0.5, "D": 1.5}


def scored(rows: list[list[float]], method: str, weights: dict[str, float]) -> np.ndarray:
    book = book_of(len(weights), aggregate=method)
    table = book.table.copy()
    for code, weight in weights.items():
        table.loc[code, "weight"] = weight
    values = pd.DataFrame(rows, columns=list(weights), dtype=float)
    return aggregate(values, read_codebook(table), min_coverage=0)[0]["I"].to_numpy()


@pytest.mark.parametrize("method", ["geometric", "harmonic", "power:-2"])
def test_zero_is_the_limit_and_is_told(method: str) -> None:
    with pytest.warns(ScoreWarning, match=f"I: the {method} mean is 0 for 0 because B is 0"):
        assert scored([[20, 0, 55.5, 80]], method, W).tolist() == [0]
    with pytest.raises(InnocapError, match="B falls to -3"):
        scored([[20, -3, 55.5, 80]], method, W)


def test_mpi_without_a_mean_is_told() -> None:
    with pytest.warns(ScoreWarning, match="I: no score for 0; their mean is 0"):
        assert np.isnan(scored([[-5, 5]], "mpi", {"A": 1, "B": 1})).all()
    assert scored([[0, 0]], "mpi", {"A": 1, "B": 1}).tolist() == [0]


def test_siblings_may_use_different_methods_at_any_depth() -> None:
    rows = [
        {"code": "I", "parent": "", "kind": "index", "aggregate": "geometric"},
        {"code": "P", "parent": "I", "kind": "group", "aggregate": "power:2"},
        {"code": "Q", "parent": "P", "kind": "group", "aggregate": "harmonic"},
        {"code": "R", "parent": "Q", "kind": "group", "aggregate": "mpi"},
        {"code": "A", "parent": "R", "kind": "indicator", "normalise": "none"},
        {"code": "B", "parent": "R", "kind": "indicator", "normalise": "none"},
        {"code": "C", "parent": "Q", "kind": "indicator", "normalise": "goalposts",
         "low": 0, "high": 50},
        {"code": "D", "parent": "P", "kind": "indicator", "normalise": "none"},
        {"code": "E", "parent": "I", "kind": "indicator", "normalise": "none"},
    ]  # fmt: skip
    values = pd.DataFrame({"A": [40.0], "B": [60.0], "C": [30.0], "D": [25.0], "E": [10.0]})
    scores = score_index(values, pd.DataFrame(rows)).scores.iloc[0]
    r = 50 - 100 / 50
    q = 2 / (1 / r + 1 / 60)
    p = np.sqrt((q**2 + 25**2) / 2)
    np.testing.assert_allclose(scores[["R", "Q", "P", "I"]], [r, q, p, np.sqrt(p * 10)], rtol=1e-12)


def test_denominators_divide_once() -> None:
    rows = [
        {"code": "I", "parent": "", "kind": "index"},
        {"code": "A", "parent": "I", "kind": "indicator", "normalise": "none",
         "denominator": "POP"},
        {"code": "B", "parent": "I", "kind": "indicator", "normalise": "none"},
    ]  # fmt: skip
    book = read_codebook(pd.DataFrame(rows))
    values = pd.DataFrame({"A": [10.0, NAN], "B": [1.0, 3.0], "POP": [4.0, NAN]}, index=list("ab"))
    divided = denominate(values, book)
    assert divided["A"].tolist()[0] == 2.5
    assert list(divided.columns) == ["A", "B"]
    direct = score_index(values, book).scores["I"]
    with pytest.warns(ScoreWarning, match="taken as divided already"):
        stepwise = score_index(divided, book).scores["I"]
    pd.testing.assert_series_equal(direct, stepwise)
    with pytest.raises(InnocapError, match=r"a, POP: 0\.0 cannot divide A"):
        denominate(values.assign(POP=[0.0, 1.0]), book)
    rows[2]["kind"], rows[1]["denominator"] = "indicator", "B"
    with pytest.raises(InnocapError, match="'B' is itself scored"):
        read_codebook(pd.DataFrame(rows))


def test_imputation_by_hand_and_r() -> None:
    table = pd.DataFrame({"A": [1.0, NAN, 4, 7], "B": [NAN] * 4}, index=list("abcd"))
    assert impute(table, method="mean")["A"].tolist() == [1, 4, 4, 7]
    assert impute(table, method="median")["A"].tolist() == [1, 4, 4, 7]
    groups = pd.Series(["x", "x", "y", "y"], index=list("abcd"))
    assert impute(table, method="group_mean", groups=groups)["A"].tolist() == [1, 1, 4, 7]
    lone = pd.Series(["x", "z", "y", "y"], index=list("abcd"))
    assert impute(table, method="group_median", groups=lone)["A"].tolist() == [1, 4, 4, 7]
    assert impute(table, method="none").equals(table)
    assert impute(table, method="mean")["B"].isna().all()
    # lm(y ~ x) on ten pairs: intercept -0.2, slope 1.0727272727272730
    x = pd.Series([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20])
    y = pd.Series([1.0, 3, 2, 5, 4, 6, 8, 7, 9, 12, NAN])
    filled = impute(pd.DataFrame({"x": x, "y": y}), method="regression")["y"].iloc[-1]
    assert filled == pytest.approx(-0.2 + 20 * 1.0727272727272730, rel=1e-12)
    for wrong in ({"method": "mena"}, {"method": "group_mean"}):
        with pytest.raises(InnocapError):
            impute(table, **wrong)


def test_treatment_winsorises_then_takes_a_log_as_in_r() -> None:
    x = pd.Series([*range(1, 11), 30.0, 100.0])
    treated, log = treat_outliers(x.to_frame("A"))
    # skewness 3.06, kurtosis 9.74: one figure is winsorised, 100 -> 30, and that is enough.
    assert treated["A"].tolist() == [*range(1, 11), 30, 30]
    assert log[["action", "unit", "before", "after", "passed"]].to_numpy().tolist() == [
        ["winsorise", 11, 100.0, 30.0, True]
    ]
    small = [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 2000, 1800, 1900, 2100, 2200, 2050, 5, 6, 4, 3, 2]
    large = [1e6, 2e6, 1e7, 3e6, 5e6, 9e6, 100]
    u = pd.DataFrame({"A": [*small, *large]})
    logged, log = treat_outliers(u, winsorise_limit=0)
    assert log["action"].tolist() == ["log"]
    np.testing.assert_allclose(
        logged["A"].iloc[[0, 9, 20, 22]],
        [11.512925364970224, 11.532718190256599, 13.910819819586360, 16.128045881811484],
        rtol=1e-12,
    )
    np.testing.assert_allclose(
        log[["skewness", "kurtosis"]].iloc[0], [1.6175522014847525, 0.9597430264492357], rtol=1e-12
    )
    mirrored, _ = treat_outliers(-u, winsorise_limit=0)
    np.testing.assert_allclose(mirrored["A"], -logged["A"], rtol=1e-12)
    kept, none = treat_outliers(u, winsorise_limit=0, log=False)
    assert kept.equals(u)
    assert none.empty


@settings(deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=4, max_size=30))
def test_shape_is_what_scipy_says(numbers: list[int]) -> None:
    x = np.array(numbers, dtype=float)
    found = measure_shape(np.append(x, NAN))
    if x.min() == x.max():
        assert np.isnan(found).all()
    else:
        told = [stats.skew(x, bias=False), stats.kurtosis(x, bias=False)]
        np.testing.assert_allclose(found, told, rtol=1e-9, atol=1e-9)


def test_treatment_leaves_good_columns_alone() -> None:
    table = pd.DataFrame({"A": [1.0, 2, NAN, 3], "B": [5.0] * 4, "C": [NAN] * 4})
    treated, log = treat_outliers(table)
    pd.testing.assert_frame_equal(treated, table, check_exact=True)
    assert log.empty


A = np.array([
    2, 3, 5, 4, 6, 7, 3, 2, 1, 5, 8, 9, 4, 3, 6, 7, 2, 1, 9, 8, 5,
    1, 3, 4, 4, 7, 6, 2, 2, 2, 4, 9, 8, 5, 3, 5, 8, 1, 2, 8, 9, 4,
    9, 2, 3, 5, 1, 8, 7, 4, 6, 3, 2, 5, 8, 1, 9, 4, 6, 7, 3, 2, 5,
], dtype=float).reshape(3, 21).T  # fmt: skip
TABLE = pd.DataFrame(A, columns=list("ABC"))


def test_derived_weights() -> None:
    book = book_of(3)
    pca = derive_weights(book, method="pca", parent="I", normalised=TABLE)
    np.testing.assert_allclose(  # prcomp(A, scale. = TRUE)$rotation[, 1]^2
        list(pca.values()), [0.41078573869922808, 0.43300300230287231, 0.15621125899790056],
        rtol=1e-10,
    )  # fmt: skip
    # A and B say nearly the same and C something else: no positive weights can even that out.
    with pytest.warns(ScoreWarning, match=r"I: no weights make its children .* 0\.54 to 0\.57"):
        derive_weights(book, method="correlation", parent="I", normalised=TABLE)
    rng = np.random.default_rng(4)
    common = rng.normal(size=(60, 1)) * [0.9, 0.6, 0.5]
    mixed = pd.DataFrame(common + rng.normal(size=(60, 3)), columns=list("ABC"))
    equal = derive_weights(book, method="correlation", parent="I", normalised=mixed)
    mean = mixed.to_numpy() @ np.array(list(equal.values()))
    assert np.ptp([np.corrcoef(mixed[c], mean)[0, 1] for c in "ABC"]) < 1e-6
    assert derive_weights(book, method="budget", parent="I", given={"A": 5, "B": 3, "C": 2}) == {
        "A": 0.5, "B": 0.3, "C": 0.2,
    }  # fmt: skip
    for wrong, told in (
        ({"method": "pca", "normalised": TABLE.head(19)}, "19 complete units are too few"),
        ({"method": "correlation", "normalised": TABLE.assign(A=1.0)}, "A does not vary"),
        ({"method": "given", "given": {"A": 1, "B": 1}}, "'C' is missing"),
        ({"method": "given", "given": {"A": 0, "B": 0, "C": 0}}, "not all 0"),
        ({"method": "pac"}, "did you mean 'pca'"),
    ):
        with pytest.raises(InnocapError, match=told):
            derive_weights(book, parent="I", **wrong)


METHODS = ["minmax", "zscore", "rank", "percentile", "borda", "distance_to_max", "goalposts"]
MEANS = ["arithmetic", "geometric", "harmonic", "power:2", "copeland", "mpi"]
tables = hnp.arrays(
    float, st.tuples(st.integers(2, 7), st.just(3)),
    elements=st.one_of(st.integers(1, 50).map(float), st.just(NAN)),
)  # fmt: skip


def full_book(method: str, mean: str, **leaf: object) -> Codebook:
    return book_of(3, normalise=method, aggregate=mean, low=0, high=60, **leaf)


@settings(deadline=None, max_examples=40)
@given(tables, st.sampled_from(METHODS), st.sampled_from(MEANS), st.integers(0, 2**32 - 1))
def test_order_of_units_and_columns_never_matters(
    x: np.ndarray, method: str, mean: str, seed: int
) -> None:
    if method == "zscore" and mean not in ("arithmetic", "copeland"):
        mean = "arithmetic"
    rng = np.random.default_rng(seed)
    values = pd.DataFrame(x, columns=list("ABC"))
    mixed = values.iloc[rng.permutation(len(x)), rng.permutation(3)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoreWarning)
        one = score_index(values, full_book(method, mean)).scores["I"]
        other = score_index(mixed, full_book(method, mean)).scores["I"]
    np.testing.assert_allclose(one, other.loc[values.index], rtol=1e-12, atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(tables, st.sampled_from(["minmax", "zscore", "goalposts", "distance_to_max"]))
def test_reversing_a_direction_mirrors(x: np.ndarray, method: str) -> None:
    values = pd.DataFrame(x, columns=list("ABC"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoreWarning)
        up = normalise(values, full_book(method, "arithmetic"))
        down = normalise(values, full_book(method, "arithmetic", direction=-1))
    total = 0.0 if method == "zscore" else 100.0
    known = values.notna().to_numpy()
    np.testing.assert_allclose((up + down).to_numpy()[known], total, atol=1e-9)


@settings(deadline=None, max_examples=40)
@given(
    hnp.arrays(float, (5, 3), elements=st.integers(1, 50).map(float)),
    st.sampled_from(METHODS), st.sampled_from(["arithmetic", "geometric", "harmonic", "copeland"]),
    st.integers(0, 4), st.integers(0, 2), st.integers(1, 9),
)  # fmt: skip
def test_a_better_figure_never_costs_a_rank(
    x: np.ndarray, method: str, mean: str, row: int, column: int, gain: int
) -> None:
    if method == "zscore":
        mean = "arithmetic"
    better = x.copy()
    better[row, column] += gain
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoreWarning)
        before, after = (
            score_index(pd.DataFrame(t, columns=list("ABC")), full_book(method, mean)).scores["I"]
            for t in (x, better)
        )
    # Against every other unit: who was behind the improved unit stays behind or level. With
    # in-sample scales and a non-linear mean others may pass one another, not this unit's gain.
    if method == "goalposts" or mean == "copeland":
        assert after[row] >= before[row] - 1e-9


@settings(deadline=None, max_examples=40)
@given(tables)
def test_copeland_is_antisymmetric(x: np.ndarray) -> None:
    values = pd.DataFrame(x, columns=list("ABC"))
    book = book_of(3, aggregate="copeland")
    scores = aggregate(values, book, min_coverage=0)[0]["I"]
    assert scores.sum() == 0
    mirrored = aggregate(-values, book, min_coverage=0)[0]["I"]
    np.testing.assert_array_equal(scores, -mirrored)
