"""Numbers as texts, names that look alike, rows without a figure, ties, reasons that are true."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from innocap_analysis import (
    Evidence,
    MeasurementError,
    average_scores,
    change_codebook,
    compare_alternatives,
    correlate_nodes,
    derive_weights,
    estimate_group_alpha,
    estimate_importance,
    impute,
    normalise,
    rank_units,
    read_codebook,
    run_sensitivity,
    score_answers,
    score_index,
    score_panel,
    tabulate_answers,
    treat_outliers,
)
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.survey.answers import clean_answers
from innocap_analysis.survey.instrument import Instrument


def _book(leaves: str | tuple[str, ...] = "AB", **cells: object) -> Codebook:
    rows: list[dict[str, object]] = [{"code": "I", "kind": "index", "parent": ""}]
    rows += [{"code": c, "kind": "indicator", "parent": "I", **cells} for c in leaves]
    return read_codebook(pd.DataFrame(rows))


PLAIN = _book(low=0, high=10)
TABLE = pd.DataFrame({"A": [8.0, 6.0, 2.0], "B": [1.0, 2.0, 9.0]}, index=["x", "y", "z"])
GAP = TABLE.where(TABLE != 6)
NFC, NFD = (unicodedata.normalize(form, "Skåne") for form in ("NFC", "NFD"))
ALIKE = [(NFC, NFD), ("SE", "SE "), (1, "1")]


@pytest.mark.parametrize("cell", ["1_0", "nan", "", "1,5", "5 %", "１２", True, b"6"])
def test_cells_that_python_reads_as_numbers_are_named(cell: object) -> None:
    table = TABLE.astype(object).replace(6.0, cell)
    for call in (lambda: score_index(table, PLAIN), lambda: impute(table, method="mean")):
        with pytest.raises(InnocapError, match="not a finite number in y, A"):
            call()


@pytest.mark.parametrize(
    "kind", ["str", "string", object, "category", "Float32", pd.SparseDtype("float")]
)
def test_figures_of_any_type_score_alike(kind: object) -> None:
    # (80 + 10) / 2 and so on, by hand.
    scores = score_index(TABLE.astype(kind), PLAIN).scores["I"]  # type: ignore[call-overload]
    assert scores.tolist() == [45.0, 40.0, 55.0]
    exact = TABLE.map(lambda x: Decimal(str(x)))
    assert score_index(exact, PLAIN).scores["I"].tolist() == [45.0, 40.0, 55.0]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_units_groups_and_codes_that_look_alike_are_refused(one: object, other: object) -> None:
    told = "look alike"
    with pytest.raises(InnocapError, match=told):
        score_index(TABLE.set_axis([one, other, "z"]), PLAIN)
    with pytest.raises(InnocapError, match=told):
        impute(GAP, method="group_mean", groups={"x": one, "y": other, "z": "b"})
    rows = pd.DataFrame({"unit": [one, other], "time": 2020, "code": ["A", "B"], "value": 1.0})
    with pytest.raises(InnocapError, match=told):
        score_panel(rows, PLAIN)
    with pytest.raises(InnocapError, match="code is already used in row 1"):
        _book((str(one), str(other)), low=0, high=10)


def test_a_blank_group_is_none() -> None:
    with pytest.raises(InnocapError, match="unit 'y' has no group"):
        impute(GAP, method="group_mean", groups={"x": "p", "y": "", "z": " "})


ROWS = [("x", 2020, "A", 8.0), ("x", 2020, "B", 1.0), ("x", 2021, "A", 6.0), ("x", 2021, "B", 3.0)]


def _observe(*rows: tuple[str, int, str, float | None]) -> pd.DataFrame:
    return pd.DataFrame([*ROWS, *rows], columns=["unit", "time", "code", "value"])


def test_a_row_without_a_figure_makes_no_year() -> None:
    # 2022 has no figure of A, whether its row is there and empty or not there.
    found = score_panel(_observe(("x", 2022, "A", None), ("x", 2022, "B", 4.0)), PLAIN)
    assert found["time"].unique().tolist() == [2020, 2021]


@pytest.mark.parametrize("year", [True, -2020, 0, "2_020", 202001, "２０２０"])
def test_what_is_no_year_is_named(year: object) -> None:
    times = pd.Series([year, year, 2021, 2021], dtype=object)
    with pytest.raises(InnocapError, match="is no year"):
        score_panel(_observe().assign(time=times), PLAIN)


def test_years_may_be_chosen_as_floats_and_labels_may_have_any_name() -> None:
    found = score_panel(_observe().rename_axis("time"), PLAIN, years=[2020.0])  # type: ignore[list-item]
    assert found["time"].map(type).unique().tolist() == [int]


def test_small_figures_beside_a_huge_one_do_not_tie() -> None:
    # Competition ranking ties equal scores; 1, 2 and 3 differ, whatever stands beside them.
    table = pd.DataFrame({"A": [1.0, 2, 3, 1e13], "B": [0.1 + 0.2, 0.3, 1, 2]})
    assert rank_units(table[["A"]])["A"].tolist() == [4, 3, 2, 1]
    with pytest.warns(UserWarning, match="scaled by the units"):
        ranks = normalise(table, _book(normalise="rank"))
    assert ranks["A"].tolist() == [1, 2, 3, 4]
    assert ranks["B"].tolist() == [1, 1, 3, 4]  # rounding still ties


def test_reasons_for_no_correlation_are_true() -> None:
    # Two figures lie on a line whatever they are (R: cor.test needs three).
    x = np.random.default_rng(1).uniform(0, 10, (25, 3))
    table = pd.DataFrame(x, columns=list("ABC"))
    table.loc[2:, "A"] = np.nan
    result = score_index(table, _book("ABC", low=0, high=10), min_coverage=0.3)
    few = "fewer than three units have both"
    pair = correlate_nodes(result).set_index(["code", "other"]).loc[("A", "B")]
    assert np.isnan(pair["correlation"])
    assert (pair["n"], pair["reason"]) == (2, few)
    assert estimate_importance(result).set_index("code").at["A", "reason"] == few
    alpha = estimate_group_alpha(result).iloc[0]
    assert np.isnan(alpha["alpha"])
    assert alpha["reason"] == "fewer than three units have all"
    with pytest.raises(InnocapError, match="10 units are too few"):
        correlate_nodes(score_index(table.reindex(range(10)).reindex(range(25)), result.codebook))


RUNS = run_sensitivity(TABLE, PLAIN, n=4, sobol=True)
TWICE = pd.Series([1.0, 2.0], index=["A", "A"])


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: derive_weights(PLAIN, method="given", parent="I", given=TWICE), "'A' is named tw"),
        (lambda: derive_weights(PLAIN, method="given", parent="I", given={"A": True, "B": 1}),
         "weight True of A is no number"),
        (lambda: change_codebook(PLAIN, weights=TWICE), "weights: 'A' is named twice"),
        (lambda: change_codebook(PLAIN, weights={"A": [1]}), r"A: \[1\] is more than one"),
        (lambda: change_codebook(PLAIN, drop=[["A"]]), r"drop: \['A'\] is no code"),
        (lambda: run_sensitivity(TABLE, PLAIN, n=4, factors=[MeasurementError(TWICE)]), "named tw"),
        (lambda: run_sensitivity(TABLE, PLAIN, n=4, keep=[["x"]]), r"keep: \['x'\] is no name"),
        (lambda: compare_alternatives(TABLE, {"a": PLAIN}, units=[{}]), "units: {} is no name"),
        (lambda: RUNS.ranks("I").share_between(3, 1), "high: must be a whole number of 3 or more"),
        (lambda: RUNS.priorities("x", [], reference_units=["y"]), "codes: names nothing"),
        (lambda: RUNS.priorities("x", "I", reference_units=["y"]), "codes: expected a list"),
        (lambda: RUNS.sobol("I", seed=-1), "seed: must be a whole number of 0 or more"),
        (lambda: treat_outliers(TABLE, log="no"), "log is True or False, found 'no'"),
        (lambda: Evidence(TABLE, smallest=5), "wave: a Wave is needed, found a DataFrame"),
    ],
)  # fmt: skip
def test_what_was_wrong_in_silence_or_a_traceback_is_named(
    call: Callable[[], object], told: str
) -> None:
    with pytest.raises(InnocapError, match=told):
        call()


def test_a_codebook_may_keep_its_code_as_index_and_column() -> None:
    table = PLAIN.table.reset_index().set_index("code", drop=False).assign(note=pd.NaT)
    assert read_codebook(table).table["note"].tolist() == ["", "", ""]


def test_options_are_chosen_or_not(survey: Instrument) -> None:
    code = next(c for c, item in survey.items.items() if item.answer == "multi")
    options = list(survey.scales[survey.items[code].scale].codes)
    table = pd.DataFrame({f"{code}_{option}": [1.0, 0, 1, -8] for option in options})
    # Who does not know leaves the base, as everywhere.
    row = tabulate_answers(table, survey, items=[code]).iloc[0]
    assert (row["count"], row["n"]) == (2, 3)
    for cell in (2.0, 99.0, 0.5):
        with pytest.raises(InnocapError, match=r"row 0: .* is no answer to it \(0, 1"):
            tabulate_answers(table.replace(0, cell).iloc[1:].reset_index(drop=True), survey,
                             items=[code])  # fmt: skip


def test_answers_as_texts_are_counted(survey: Instrument) -> None:
    code = survey.scored[0]
    found = tabulate_answers(pd.DataFrame({code: ["5", "5.0", "2"]}), survey, items=[code])
    assert dict(zip(found["answer"], found["count"], strict=True))[5] == 2


def test_people_without_an_organisation_are_one_each(
    survey: Instrument, people: pd.DataFrame
) -> None:
    answers = people.rename(columns={"ORG1": "country"}).iloc[:6].assign(country="SE")
    scores = score_answers(answers, survey).set_axis([0] * 6)
    found = average_scores(scores.assign(organisation=["#0", *[None] * 5]), survey, by="country")
    assert found["n_organisations"].unique().tolist() == [6]


def test_cleaning_names_what_it_cannot_read_and_drops_nobody_without_an_id(
    survey: Instrument,
) -> None:
    codes = survey.scored
    rows = pd.DataFrame({"response_id": [None, None, "a", "a "]} | {c: [3.0] * 4 for c in codes})
    kept, log = clean_answers(rows, survey)
    assert len(kept) == 3  # "a" answered twice
    assert log.loc[log["step"] == "duplicate", "response_id"].tolist() == ["a"]
    for wrong, told in (
        (rows.assign(**{codes[0]: "often"}), f"{codes[0]}, row 0: 'often' is no number"),
        (rows.assign(seconds=["2 min", 1, 2, 3]), "seconds, row 0: '2 min' is no number"),
        (pd.concat([rows, rows[[codes[0]]]], axis=1), f"{codes[0]}: more than one column"),
    ):
        with pytest.raises(InnocapError, match=told):
            clean_answers(wrong, survey)
    spam = rows.assign(response_id=list("abcd"), status=["Preview", " spam", "complete", ""])
    assert clean_answers(spam, survey)[0]["response_id"].tolist() == ["c", "d"]
