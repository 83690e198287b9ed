"""What must not matter to an index does not: units of measure, order, types, company, weights.

Each property is held for every step that a table goes through: `normalise`, `aggregate`,
`impute`, `treat_outliers`, `score_index`, `run_sensitivity` and the verdicts.
"""

from __future__ import annotations

import decimal
import warnings
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from innocap_analysis import (
    AggregationChoice,
    ImputationChoice,
    LeaveOneOut,
    NormalisationChoice,
    TreatmentChoice,
    WeightNoise,
    aggregate,
    change_codebook,
    compare_alternatives,
    correlate_nodes,
    derive_weights,
    impute,
    load_capacity,
    normalise,
    read_codebook,
    run_sensitivity,
    score_index,
    score_panel,
    treat_outliers,
)
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.alternatives import leave_out_indicators
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.means import MEANS
from innocap_analysis.index.normalisers import NORMALISERS
from innocap_analysis.index.steps import IMPUTERS
from innocap_analysis.index.verdicts import judge_units

NAN = float("nan")
CODES = list("ABCD")
FIGURES = st.one_of(
    st.integers(1, 60).map(lambda k: k / 4), st.integers(1, 60).map(lambda k: k * 0.1), st.just(NAN)
)
TABLES = hnp.arrays(float, st.tuples(st.integers(2, 9), st.just(4)), elements=FIGURES)
# Of these a positive factor, and a shift, of the figures leaves every score as it is.
INTERVAL_SCALED = ["minmax", "distance_to_max", "zscore", "rank", "borda", "percentile"]
SCALED = [word for word in NORMALISERS if word != "distance_to_reference"]
MEAN_WORDS = [*(word for word in MEANS if word != "power"), "power:2", "power:-0.5"]
few = settings(max_examples=10, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def make_book(
    how: str = "arithmetic", scale: float = 1.0, shift: float = 0.0, **cells: object
) -> Codebook:
    """Return an index of two groups over A, B and C, D; goalposts move with the figures."""
    rows: list[dict[str, object]] = [{"code": "I", "kind": "index", "parent": "", "aggregate": how}]
    rows += [
        {"code": g, "kind": "group", "parent": "I", "weight": w} for g, w in (("G", 2), ("H", 1))
    ]
    ends = {"low": 0.05 * scale + shift, "high": 16 * scale + shift}
    rows += [
        {"code": c, "kind": "indicator", "parent": "G" if c < "C" else "H", "weight": w,
         "direction": -1 if c == "B" else 1, **ends, **cells}
        for c, w in zip(CODES, (1, 2, 1, 3), strict=True)
    ]  # fmt: skip
    return read_codebook(pd.DataFrame(rows))


def frame(x: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(x, columns=CODES, index=[f"u{i}" for i in range(len(x))])


def same(one: object, other: object, atol: float = 1e-8) -> None:
    np.testing.assert_allclose(
        np.asarray(one, dtype=float), np.asarray(other, dtype=float), rtol=1e-8, atol=atol
    )


FACTORS = [
    WeightNoise(0.5),
    LeaveOneOut(),
    AggregationChoice("I", ("arithmetic", "power:2", "copeland")),
    NormalisationChoice(("codebook", "minmax", "percentile")),
    ImputationChoice(("none", "median", "regression")),
]


def simulate(values: pd.DataFrame, book: Codebook, n: int = 12) -> np.ndarray:
    """Return the scores of every run, by run, node and unit in the order of their names."""
    runs = run_sensitivity(values, book, factors=FACTORS, n=n)
    order = sorted(values.index, key=str)
    return np.stack([runs.scores[code][order].to_numpy() for code in book.parents])


def judge(values: pd.DataFrame, book: Codebook) -> pd.DataFrame:
    result = score_index(values, book)
    runs = run_sensitivity(values, book, n=20)
    without = leave_out_indicators(values, book, min_coverage=0.5)
    units = list(values.index)
    table = judge_units(result, runs, without, units=units, reference_units=units[:5]).table
    table["best_units"] = [" ".join(sorted(text.split())) for text in table["best_units"]]
    return table.sort_values(["unit", "code"], ignore_index=True)


def same_verdicts(one: pd.DataFrame, other: pd.DataFrame) -> None:
    texts = ["unit", "code", "best_units", "hangs_on", "verdict"]
    assert one[texts].to_numpy().tolist() == other[texts].to_numpy().tolist()
    numbers = [c for c in one.select_dtypes("number") if c != "value"]
    same(one[numbers], other[numbers])


# --- another unit of measure, or another zero --------------------------------------------------


@few
@given(TABLES, st.sampled_from([1e-9, 0.3, 7.0, 1e6]), st.sampled_from([0.0, -3.0, 250.0]),
       st.sampled_from([*INTERVAL_SCALED, "goalposts"]))  # fmt: skip
def test_units_of_measure_do_not_matter(
    x: np.ndarray, factor: float, shift: float, method: str
) -> None:
    one = normalise(frame(x), make_book(normalise=method))
    shift *= factor
    moved = frame(x * factor + shift)
    same(normalise(moved, make_book("arithmetic", factor, shift, normalise=method)), one)


@few
@given(TABLES, st.sampled_from([1e-12, 0.3, 1e9]), st.sampled_from(["fraction_of_max", "minmax"]))
def test_ratio_scales_have_no_unit(x: np.ndarray, factor: float, method: str) -> None:
    one = score_index(frame(x), make_book(normalise=method))
    other = score_index(frame(x * factor), make_book(normalise=method))
    same(other.scores, one.scores)
    same(other.ranks, one.ranks, atol=0)


@few
@given(TABLES, st.sampled_from([1e-12, 0.3, 1e9]), st.sampled_from(MEAN_WORDS))
def test_scores_in_another_unit_are_the_same_scores(x: np.ndarray, factor: float, how: str) -> None:
    one = aggregate(frame(x), make_book(how))[0]
    other = aggregate(frame(x * factor), make_book(how))[0]
    same(other["G"] / factor, one["G"])
    free = not MEANS[how.partition(":")[0]].by_unit
    same(other["I"] / (1.0 if free else factor), one["I"])


@few
@given(TABLES, st.sampled_from([1e-9, 7.0, 1e6]), st.sampled_from([0.0, -3.0, 250.0]),
       st.sampled_from([w for w in IMPUTERS if not w.startswith("group")]))  # fmt: skip
def test_filling_and_treating_have_no_unit(
    x: np.ndarray, factor: float, shift: float, how: str
) -> None:
    x = np.vstack([x, x + 0.5, x * 1.25, [[60.0, 0.1, 900.0, NAN]]])
    moved = (x + shift) * factor
    same(impute(frame(moved), method=how) / factor - shift, impute(frame(x), method=how), 1e-6)
    (one, log), (other, moved_log) = treat_outliers(frame(x)), treat_outliers(frame(moved))
    assert log[["code", "action", "unit"]].equals(moved_log[["code", "action", "unit"]])
    for code in CODES:  # a logarithm of figures in another unit differs by a constant
        gap = 0.0 if "log" not in set(log.loc[log["code"] == code, "action"]) else None
        a, b = one[code], other[code] if gap is None else other[code] / factor - shift
        same(a - (a.min() if gap is None else 0), b - (b.min() if gap is None else 0), 1e-6)


@few
@given(TABLES, st.sampled_from([1e-9, 7.0, 1e6]))
def test_runs_and_verdicts_have_no_unit(x: np.ndarray, factor: float) -> None:
    same(
        simulate(frame(x * factor), make_book(scale=factor)), simulate(frame(x), make_book()), 1e-6
    )
    same_verdicts(judge(frame(x * factor), make_book(scale=factor)), judge(frame(x), make_book()))


# --- order of rows and columns, names and types ------------------------------------------------


@few
@given(TABLES, st.randoms(use_true_random=False))
def test_order_does_not_matter(x: np.ndarray, random: object) -> None:
    values = frame(x)
    rows, columns = list(values.index), [*CODES]
    random.shuffle(rows)  # type: ignore[attr-defined]
    random.shuffle(columns)  # type: ignore[attr-defined]
    mixed = values.loc[rows, columns]
    book = make_book(normalise="minmax")
    for how in ("none", "mean", "median", "regression"):
        same(impute(mixed, method=how).loc[values.index, CODES], impute(values, method=how))
    groups = pd.Series({unit: "xy"[i % 2] for i, unit in enumerate(values.index)})
    filled = impute(mixed, method="group_mean", groups=groups.iloc[::-1])
    same(filled.loc[values.index, CODES], impute(values, method="group_mean", groups=groups))
    same(treat_outliers(mixed)[0].loc[values.index, CODES], treat_outliers(values)[0])
    same(simulate(mixed, book), simulate(values, book))


@few
@given(TABLES, st.randoms(use_true_random=False))
def test_order_changes_no_verdict(x: np.ndarray, random: object) -> None:
    values = frame(np.vstack([x, x]))  # every unit has an equal
    rows = list(values.index[5:])
    random.shuffle(rows)  # type: ignore[attr-defined]
    mixed = values.loc[[*values.index[:5][::-1], *rows], CODES[::-1]]
    same_verdicts(judge(mixed, make_book()), judge(values, make_book()))


TYPES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "object": lambda t: t.astype(object).where(t.notna(), None),
    "nullable": lambda t: t.convert_dtypes(),
    "nullable floats": lambda t: t.astype("Float64"),
    "decimal": lambda t: t.map(lambda v: None if v != v else decimal.Decimal(repr(v))),
    "single columns": lambda t: pd.DataFrame({c: t[c].to_numpy() for c in t}, index=t.index),
    "sparse": lambda t: t.astype(pd.SparseDtype("float64", np.nan)),
    "categorical labels": lambda t: t.set_axis(pd.CategoricalIndex(t.index)).set_axis(
        pd.CategoricalIndex(t.columns), axis=1
    ),
    "texts": lambda t: t.set_axis(t.index.astype("string")).set_axis(
        t.columns.astype("string"), axis=1
    ),
}


@pytest.mark.parametrize("name", TYPES)
@settings(few, max_examples=4)
@given(x=TABLES)
def test_types_do_not_matter(name: str, x: np.ndarray) -> None:
    values, other, book = frame(np.ceil(x)), TYPES[name](frame(np.ceil(x))), make_book()
    np.testing.assert_array_equal(normalise(other, book), normalise(values, book))
    for how in ("none", "median", "regression"):
        same(impute(other, method=how), impute(values, method=how))
    same(treat_outliers(other)[0], treat_outliers(values)[0])
    scored, plain = score_index(other, book), score_index(values, book)
    np.testing.assert_array_equal(scored.scores, plain.scores)
    np.testing.assert_array_equal(scored.values, plain.values)
    same(simulate(other, book, 4), simulate(values, book, 4))
    same_verdicts(judge(other, book), judge(values, book))


def test_weights_go_by_label() -> None:
    book = make_book()
    weights = pd.Series([1.0, 9.0], index=["B", "A"])
    table = change_codebook(book, weights=weights).table["weight"]
    assert (table["A"], table["B"]) == (9.0, 1.0)
    shares = derive_weights(book, method="budget", parent="G", given=weights)
    assert shares == {"A": 0.9, "B": 0.1}


def test_numbers_as_labels() -> None:
    # A spreadsheet's own row numbers, and codes of municipalities.
    values = pd.DataFrame(np.arange(12.0).reshape(3, 4) + 1, columns=CODES, index=[2284, 1, 77])
    runs = run_sensitivity(values, make_book(), n=5)
    assert runs.ranks().interval().loc[1].tolist() == [2.0, 2.0]
    with pytest.raises(InnocapError, match="units: 5 is unknown"):
        runs.ranks("I", [5])


# --- company and weights -----------------------------------------------------------------------


@few
@given(TABLES, st.sampled_from(SCALED), st.sampled_from(MEAN_WORDS))
def test_what_is_not_scored_does_not_matter(x: np.ndarray, method: str, how: str) -> None:
    if method == "zscore":
        how = "arithmetic"
    values, book = frame(x), make_book(how, normalise=method, direction=1)
    note = {"code": "Z", "kind": "context", "parent": ""}
    wider = read_codebook(pd.concat([book.table.reset_index(), pd.DataFrame([note])]).fillna(""))
    more = values.assign(Z=np.arange(len(x)) * 1.0, remark="a text")
    # A unit without any figure is no company.
    more = pd.concat([more, pd.DataFrame(NAN, index=["nobody"], columns=CODES)])
    one, other = score_index(values, book), score_index(more, wider)
    for table in ("normalised", "scores", "coverage", "ranks"):
        same(getattr(other, table).loc[values.index], getattr(one, table))
    factors = [WeightNoise(), LeaveOneOut()]
    runs, others = (
        run_sensitivity(t, b, factors=factors, n=4) for t, b in ((values, book), (more, wider))
    )
    same(others.scores["I"][list(values.index)], runs.scores["I"])


@few
@given(TABLES, st.sampled_from(["goalposts", "none"]), st.integers(0, 8))
def test_on_a_fixed_scale_another_unit_changes_nobody(x: np.ndarray, method: str, row: int) -> None:
    values, book = frame(x), make_book(normalise=method, direction=1)
    alone = values.iloc[[row % len(x)]]
    one, other = score_index(alone, book), score_index(values, book)
    exact = {"check_exact": True}
    pd.testing.assert_frame_equal(one.scores, other.scores.loc[alone.index], **exact)
    runs, others = (run_sensitivity(t, book, n=6) for t in (alone, values))
    pd.testing.assert_frame_equal(runs.scores["I"], others.scores["I"][alone.index], **exact)


@few
@given(TABLES, st.sampled_from([0.125, 2.0, 3.0, 1e6]), st.sampled_from(MEAN_WORDS))
def test_all_weights_doubled_are_the_same_weights(x: np.ndarray, factor: float, how: str) -> None:
    values, book = frame(x), make_book(how)
    table = book.table.reset_index()
    heavy = read_codebook(table.assign(weight=table["weight"] * factor))
    one, other = score_index(values, book), score_index(values, heavy)
    same(other.scores, one.scores)
    same(other.coverage, one.coverage)
    runs, others = (
        run_sensitivity(values, b, factors=[WeightNoise(), LeaveOneOut()], n=6)
        for b in (book, heavy)
    )
    same(others.scores["I"], runs.scores["I"])


@few
@given(TABLES)
def test_what_is_returned_is_new(x: np.ndarray) -> None:
    values, book = frame(x), make_book()
    before = values.copy()
    score_index(values, book).values.iloc[0, 0] = -1
    impute(values, method="none").iloc[0, 0] = -1
    treat_outliers(values)[0].iloc[0, 0] = -1
    normalise(values, make_book(normalise="none")).iloc[0, 0] = -1
    pd.testing.assert_frame_equal(values, before, check_exact=True)


# --- ranks of many units -----------------------------------------------------------------------


@few
@given(TABLES, st.integers(0, 8))
def test_ranks_that_are_kept_alone_are_those_of_the_scores(x: np.ndarray, row: int) -> None:
    values = frame(np.vstack([x, x[:1]]))
    book, unit = make_book(), f"u{row % len(x)}"
    whole = run_sensitivity(values, book, n=15)
    kept = run_sensitivity(values, book, n=15, keep=[unit], codes=["G", "I"])
    with pytest.raises(InnocapError, match="runs of 'H' were not kept; name it in codes"):
        kept.ranks("H")
    for code in ("G", "I"):
        for units in (None, [unit, "u0"] if unit != "u0" else ["u0"]):
            one, other = whole.ranks(code, units), kept.ranks(code, units)
            pd.testing.assert_frame_equal(one.summary(), other.summary(), check_exact=True)
            pd.testing.assert_frame_equal(one.superiority(), other.superiority(), check_exact=True)
        pd.testing.assert_series_equal(whole.scores[code][unit], kept.scores[code][unit])
    if unit != "u1":
        with pytest.raises(InnocapError, match="scores of 'u1' in every run were not kept"):
            kept.judge_scores("I", ["u1"])


# --- what a user hands over by mistake ----------------------------------------------------------

VALUES = frame(np.arange(20.0).reshape(5, 4) + 1)
OBSERVED = VALUES.rename_axis("unit").reset_index().melt("unit", var_name="code").assign(time=2020)
MISTAKES: dict[str, Callable[[], object]] = {
    "a list": lambda: score_index([1, 2], make_book()),
    "a list to fill": lambda: impute([1, 2], method="mean"),
    "a list to treat": lambda: treat_outliers([1, 2]),
    "a text": lambda: normalise(VALUES.assign(A="x"), make_book()),
    "a date": lambda: normalise(VALUES.assign(A=pd.Timestamp("2020")), make_book()),
    "a complex number": lambda: normalise(VALUES.assign(A=1j), make_book()),
    "infinity to fill": lambda: impute(VALUES.assign(A=np.inf), method="mean"),
    "infinity to treat": lambda: treat_outliers(VALUES.assign(A=np.inf)),
    "infinity to add up": lambda: aggregate(VALUES.assign(A=np.inf), make_book()),
    "a column short": lambda: aggregate(VALUES.drop(columns="A"), make_book()),
    "a unit twice": lambda: impute(VALUES.loc[["u0", "u0"]], method="mean"),
    "a column twice": lambda: treat_outliers(VALUES[["A", "A"]]),
    "no codebook": lambda: score_index(VALUES, 5),
    "a text as share": lambda: score_index(VALUES, make_book(), min_coverage="0.5"),
    "no share": lambda: score_index(VALUES, make_book(), min_coverage=None),
    "an unknown reference": lambda: score_index(VALUES, make_book(), reference_unit="u9"),
    "a number for a word": lambda: impute(VALUES, method=3),
    "a list of groups": lambda: impute(VALUES, method="group_mean", groups=["x"] * 5),
    "a unit in two groups": lambda: impute(
        VALUES, method="group_mean", groups=pd.Series("x", index=[*VALUES.index, "u0"])
    ),
    "a text as limit": lambda: treat_outliers(VALUES, winsorise_limit="5"),
    "a text as threshold": lambda: treat_outliers(VALUES, skewness="2"),
    "a word as factor": lambda: run_sensitivity(VALUES, make_book(), factors=["weights"]),
    "one factor": lambda: run_sensitivity(VALUES, make_book(), factors=WeightNoise()),
    "a class": lambda: run_sensitivity(VALUES, make_book(), factors=[WeightNoise]),
    "a text as size": lambda: run_sensitivity(VALUES, make_book(), n="100"),
    "a seed below zero": lambda: run_sensitivity(VALUES, make_book(), seed=-1),
    "one mean": lambda: run_sensitivity(
        VALUES, make_book(), factors=[AggregationChoice("I", "mpi")]
    ),
    "an unknown unit to keep": lambda: run_sensitivity(VALUES, make_book(), keep=["XX"]),
    "one unit to keep": lambda: run_sensitivity(VALUES, make_book(), keep="u0"),
    "a text as noise": lambda: run_sensitivity(VALUES, make_book(), factors=[WeightNoise("0.5")]),
    "an unknown node": lambda: run_sensitivity(VALUES, make_book(), n=2).ranks("X"),
    "one unit to rank": lambda: run_sensitivity(VALUES, make_book(), n=2).ranks("I", "u0"),
    "an unknown unit": lambda: run_sensitivity(VALUES, make_book(), n=2).priorities(
        "XX", ["G"], reference_units=["u0"]
    ),
    "no alternatives": lambda: compare_alternatives(VALUES, {}, units=["u0"]),
    "alternatives without names": lambda: compare_alternatives(VALUES, [make_book()], units=["u0"]),
    "an unknown unit to compare": lambda: compare_alternatives(
        VALUES, {"a": make_book()}, units=["XX"]
    ),
    "a limit alone": lambda: run_sensitivity(VALUES, make_book(), factors=[TreatmentChoice(5)]),
    "weights in words": lambda: derive_weights(
        make_book(), method="given", parent="G", given={"A": "much", "B": 1}
    ),
    "weights as a list": lambda: derive_weights(
        make_book(), method="given", parent="G", given=[1, 2]
    ),
    "an unknown correlation": lambda: correlate_nodes(
        score_index(pd.concat([VALUES] * 5, ignore_index=True), make_book()), method="person"
    ),
    "a year alone": lambda: score_panel(OBSERVED, make_book(), years=2020),
    "figures without years": lambda: score_panel(OBSERVED.drop(columns="time"), make_book()),
    "two figures for one": lambda: score_panel(pd.concat([OBSERVED] * 2), make_book()),
    "a text as year": lambda: load_capacity(year="2022"),
    "a level in percent": lambda: run_sensitivity(VALUES, make_book(), n=2).ranks().summary(90),
    "a text as level": lambda: run_sensitivity(VALUES, make_book(), n=2).ranks().interval("0.9"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_words(name: str) -> None:
    with pytest.raises(InnocapError) as told:
        MISTAKES[name]()
    assert 15 < len(str(told.value)) < 400
