"""Right at the edges: denominators, options, weights by label, formulas inside their domain."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from innocap_analysis import (
    ImputationChoice,
    LeaveOneOut,
    MeasurementError,
    NormalisationChoice,
    aggregate,
    change_codebook,
    compare_alternatives,
    correlate_nodes,
    derive_weights,
    impute,
    load_capacity,
    normalise,
    rake_weights,
    read_codebook,
    run_sensitivity,
    score_index,
    score_panel,
    treat_outliers,
)
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.figures import ScoreWarning
from innocap_analysis.index.panel import recompute_published
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.score import average_scores, score_answers


def _book(how: str = "arithmetic", **cells: object) -> Codebook:
    rows: list[dict[str, object]] = [{"code": "I", "kind": "index", "parent": "", "aggregate": how}]
    rows += [{"code": c, "kind": "indicator", "parent": "I", **cells} for c in "AB"]
    return read_codebook(pd.DataFrame(rows))


PER_HEAD = read_codebook(
    pd.DataFrame(
        {
            "code": ["I", "A", "B"],
            "parent": ["", "I", "I"],
            "kind": ["index", "indicator", "indicator"],
            "low": ["", 0, 0],
            "high": ["", 10, 10],
            "denominator": ["", "POP", ""],
        }
    )
)
PLAIN = _book(low=0, high=10)


def _observe(*rows: tuple[str, int, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit", "time", "code", "value"])


def test_a_panel_divides_by_the_denominator_of_each_year() -> None:
    rows = [("x", 2020, "A", 8.0), ("x", 2020, "B", 1.0), ("x", 2020, "POP", 4.0)]
    rows += [("x", 2021, "A", 8.0), ("x", 2021, "B", 1.0), ("x", 2021, "POP", 2.0)]
    rows += [("x", 2022, "A", 8.0), ("x", 2022, "B", 1.0)]  # no POP: not a complete year
    panel = score_panel(_observe(*rows), PER_HEAD).set_index(["code", "time"])["score"]
    assert panel["A"].to_dict() == {2020: 20.0, 2021: 40.0}  # 8 / 4 and 8 / 2 of 10, by hand
    with pytest.warns(ScoreWarning, match="A: not counted for x, who have no POP"):
        chosen = score_panel(_observe(*rows), PER_HEAD, years=[2022])
    assert chosen.set_index("code")["score"]["I"] == 10.0
    with pytest.warns(ScoreWarning, match="taken as divided already"):
        divided = score_panel(_observe(*rows[:2]), PER_HEAD).set_index("code")["score"]
    assert divided["A"] == 80.0


def test_published_parts_are_divided_too() -> None:
    rows = [("x", 2020, c, v) for c, v in {"I": 15.0, "A": 8.0, "B": 1.0, "POP": 4.0}.items()]
    got = recompute_published(_observe(*rows), [PER_HEAD])
    assert got["recomputed"].tolist() == [15.0]  # the mean of 20 and 10, by hand


def test_a_unit_without_its_denominator_is_scored_without_the_indicator() -> None:
    table = pd.DataFrame({"A": [8.0, 6], "B": [1.0, 2], "POP": [4, np.nan]}, index=["x", "y"])
    with pytest.warns(ScoreWarning, match="A: not counted for y, who have no POP"):
        result = score_index(table, PER_HEAD)
    assert result.scores["I"].tolist() == [15.0, 20.0]
    assert result.coverage.loc["y", "I"] == 0.5
    with pytest.raises(InnocapError, match=r"y, POP: 0.* cannot divide A"):
        score_index(table.fillna(0), PER_HEAD)


def test_a_denominator_without_a_row_of_its_own_is_read(
    project: Path, accept_raw: Callable[[str], None]
) -> None:
    book = project / "data/codebooks/indicators.csv"
    head, *rows = book.read_text(encoding="utf-8").splitlines(keepends=True)
    at = head.rstrip().split(",").index("denominator")
    for i, row in enumerate(rows):
        if row.startswith("WB_CGSI,"):
            cells = row.split(",")
            cells[at] = "POPULATION"
            rows[i] = ",".join(cells)
    book.write_text(head + "".join(rows), encoding="utf-8")
    raw = project / "data/raw/wb_govtech_maturity.csv"
    lines = raw.read_text(encoding="utf-8").splitlines()
    own = [line.replace("WB_CGSI", "POPULATION") for line in lines if ",WB_CGSI," in line]
    raw.write_text("\n".join([*lines, *own]) + "\n", encoding="utf-8", newline="")
    package = project / "data/raw/datapackage.json"
    described = package.read_text(encoding="utf-8")
    package.write_text(re.sub(r'("enum": \[\s*)("WB_CGSI")', r'\1"POPULATION", \2', described))
    accept_raw(raw.name)
    # Divided by itself, every figure is one.
    assert load_capacity().result.values["WB_CGSI"].dropna().eq(1.0).all()


@pytest.mark.parametrize("share", [50, -0.1, float("nan"), 1.01])
def test_shares_of_more_than_one_are_refused(share: float) -> None:
    table = pd.DataFrame({"A": [1.0, 2], "B": [3.0, 4]})
    for call in (
        lambda: score_index(table, PLAIN, min_coverage=share),
        lambda: aggregate(table, PLAIN, min_coverage=share),
        lambda: run_sensitivity(table, PLAIN, min_coverage=share),
    ):
        with pytest.raises(InnocapError, match="min_coverage: a share lies between 0 and 1"):
            call()


def test_levels_and_counts_that_cannot_be_are_refused() -> None:
    table = pd.DataFrame({"A": [1.0, 2], "B": [3.0, 4]}, index=["x", "y"])
    runs = run_sensitivity(table, PLAIN, n=4, sobol=True)
    for level in (0, 1, 95, float("nan")):
        for call in (
            lambda level=level: runs.ranks("I").summary(level),
            lambda level=level: runs.ranks("I").interval(level),
            lambda level=level: runs.sobol("I", level=level),
            lambda level=level: runs.priorities("x", ["I"], reference_units=["y"], level=level),
        ):
            with pytest.raises(InnocapError, match="level: lies between 0 and 1"):
                call()
    for n in (0, -3, 1.5, True):
        with pytest.raises(InnocapError, match="n: must be a whole number"):
            run_sensitivity(table, PLAIN, n=n)
    with pytest.raises(InnocapError, match="0 or more"):
        treat_outliers(table, winsorise_limit=-1)


@pytest.mark.parametrize(
    ("factor", "told"),
    [
        (NormalisationChoice(()), "normalise: names nothing"),
        (ImputationChoice(("mean", "none", "mean")), "imputation: 'mean' is named twice"),
    ],
)
def test_choices_need_options_that_differ(factor: object, told: str) -> None:
    table = pd.DataFrame({"A": [1.0, 2], "B": [3.0, 4]})
    with pytest.raises(InnocapError, match=told):
        run_sensitivity(table, PLAIN, factors=[factor], n=4)


@pytest.mark.parametrize("how", ["mpi", "mpi:-", "mpi:+"])
def test_a_penalty_on_a_negative_mean_is_refused(how: str) -> None:
    table = pd.DataFrame({"A": [-2.0, 1], "B": [-1.0, 2]})
    book = _book(how, normalise="none")
    with pytest.raises(InnocapError, match=r"I: mpi needs means above zero.* one is -1.5"):
        score_index(table, book)
    assert score_index(table.abs(), book).scores["I"].notna().all()
    level = pd.DataFrame({"A": [-2.0], "B": [-2.0]})  # no spread, no penalty
    assert score_index(level, book).scores["I"].tolist() == [-2]


def test_a_clip_on_raw_figures_holds_them_between_the_goalposts() -> None:
    table = pd.DataFrame({"A": [-5.0, 3, 700], "B": [1.0, 2, 3]})
    up = normalise(table, _book(normalise="none", low=0, high=100, clip="both"))["A"]
    assert up.tolist() == [0, 3, 100]
    down = _book(normalise="none", low=0, high=100, clip="low", direction=-1)
    assert normalise(table, down)["A"].tolist() == [5, -3, -100]  # the worst end is held
    with pytest.raises(InnocapError, match="clip 'both' with normalise none needs low below high"):
        _book(normalise="none", clip="both")


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"normalise": "minmax", "low": 0, "high": 9}, "A: minmax does not use low and high"),
        ({"normalise": "none", "high": 9}, "A: none does not use high"),
        ({"normalise": "zscore", "clip": "both"}, "A: zscore does not use clip"),
        ({"normalise": "distance_to_reference", "low": 0, "high": 9}, "reference does not use low"),
    ],
)
def test_columns_that_a_method_does_not_use_are_told(cells: dict[str, object], told: str) -> None:
    table = pd.DataFrame({"A": [1.0, 2, 3], "B": [1.0, 2, 3]})
    with pytest.warns(ScoreWarning, match=told):
        normalise(table, _book(**cells))


@pytest.mark.filterwarnings("error")
def test_goalposts_that_are_used_are_not_told() -> None:
    table = pd.DataFrame({"A": [1.0, 2, 3], "B": [1.0, 2, 3]})
    normalise(table, _book(low=0, high=9, clip="both"))
    normalise(table, _book(normalise="none", low=0, high=9, clip="both"))


def test_whole_numbers_with_gaps_are_numbers() -> None:
    column = pd.array([1, None, 4], dtype="Int64")
    table = pd.DataFrame({"A": column, "B": pd.array([2, 2, 2], dtype="Int64"), "POP": column})
    assert impute(table[["A"]], method="mean")["A"].tolist() == [1.0, 2.5, 4.0]
    assert impute(table[["A"]], method="none")["A"].dtype == "float64"
    assert score_index(table, PER_HEAD).normalised["A"].tolist()[::2] == [10.0, 10.0]
    with pytest.raises(InnocapError, match="not a finite number in 0, A: 'one'"):
        impute(pd.DataFrame({"A": ["one", "2"]}), method="mean")


def test_margins_of_numbers_and_of_texts_are_the_same_margins() -> None:
    for given, margin in (
        ([1, 1, 2], {1: 0.5, 2: 0.5}),
        ([1.0, 1.0, 2.0], {1: 0.5, 2: 0.5}),
        ([1, 1, 2], {"1": 0.5, "2": 0.5}),
        ([True, True, False], {True: 0.5, False: 0.5}),
    ):
        weights = rake_weights(pd.DataFrame({"g": given}), {"g": margin})
        assert weights.round(9).tolist() == [0.75, 0.75, 1.5]


def test_weights_of_respondents_go_by_label(survey: Instrument, people: pd.DataFrame) -> None:
    answers = people.rename(columns={"ORG1": "country"}).iloc[5:20]
    scores = score_answers(answers, survey)
    assert scores.index.equals(answers.index)
    weights = pd.Series(0.0, index=answers.index)
    weights.loc[12] = 1.0
    got = average_scores(scores, survey, by="country", weights=weights.iloc[::-1])
    for code, score in got.set_index("code")["score"].items():
        assert score == pytest.approx(scores.at[12, str(code)])
    with pytest.raises(InnocapError, match="the same row labels"):
        average_scores(scores, survey, by="country", weights=weights.reset_index(drop=True))


TABLE = pd.DataFrame({"A": [8.0, 6.0, 2.0], "B": [1.0, 2.0, 9.0]}, index=["x", "y", "z"])
PANEL = _observe(("x", 2020, "A", 8.0), ("x", 2020, "B", 1.0))


@pytest.mark.parametrize("size", [1e-320, 1e-200, 1e155, 1e300])
def test_columns_whose_squares_have_no_digits_are_refused(size: float) -> None:
    for call in (
        lambda t: normalise(t, _book(normalise="zscore")),
        lambda t: impute(t, method="mean"),
        lambda t: treat_outliers(t),
        lambda t: score_index(t, PLAIN),
    ):
        with pytest.raises(InnocapError, match=r"column 'A': its largest figure, .* unit"):
            call(TABLE * size)
    # One tiny figure among others is a figure.
    assert score_index(TABLE.replace(2.0, 1e-300), PLAIN).scores["I"].iloc[2] == 45.0


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"low": 10 - 1e-15, "high": 10}, "differ by nothing but rounding"),
        ({"low": 0, "high": 1e-320}, "high 1e-320 is not from 1e-60"),
        ({"low": 0, "high": 10, "weight": 1e308}, "weight 1e\\+308 is not from"),
        ({"low": 0, "high": "1_0"}, "high '1_0' is not a number"),  # 10 for Python's float
        ({"low": 0, "high": 10, "aggregate": "power:1e-9"}, "aggregate 'power:1e-9' is none"),
        ({"low": 0, "high": 10, "aggregate": "power:1e300"}, "aggregate 'power:1e300' is none"),
    ],
)
def test_cells_of_a_codebook_from_which_no_score_follows(
    cells: dict[str, object], told: str
) -> None:
    with pytest.raises(InnocapError, match=told):
        _book(**cells)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        # Empty cells of a codebook are defaults; here they would undo a choice in silence.
        (lambda: change_codebook(PLAIN, weights={"A": float("nan")}), "weights: A: nothing is"),
        (lambda: change_codebook(PLAIN, aggregate={"I": None}), "aggregate: I: nothing is"),
        (lambda: change_codebook(PLAIN, weights=[1]), "weights: expected a dict"),
        (lambda: change_codebook(PLAIN, drop=5), "drop: expected a list"),
        (lambda: compare_alternatives(TABLE, {"a": PLAIN}, units=[]), "names nothing to compare"),
        (lambda: derive_weights(PLAIN, method="equal", parent=["I"]), "is no group of"),
        (lambda: correlate_nodes(TABLE), "expected what score_index returns, found a DataFrame"),
        (lambda: normalise(TABLE, _book(normalise="distance_to_reference"), reference_unit=["x"]),
         "reference_unit .* is not in the table"),
        (lambda: impute(TABLE, method="group_mean", groups={unit: [1] for unit in "xyz"}),
         "is no name of a group"),
        (lambda: impute(pd.concat([TABLE], axis=1, keys=["k"]), method="mean"), "have 2 levels"),
        (lambda: run_sensitivity(TABLE, PLAIN, n=5.0), "n: must be a whole number"),
        (lambda: run_sensitivity(TABLE, PLAIN, seed=5.0), "seed: must be a whole number"),
        (lambda: run_sensitivity(TABLE, PLAIN, factors=[LeaveOneOut("A")]), "expected a list"),
        (lambda: run_sensitivity(TABLE, PLAIN, factors=[MeasurementError(["A"])]), "a size by"),
        (lambda: read_codebook(pd.concat([PLAIN.table, PLAIN.table[["low"]]], axis=1)),
         "column 'low' appears twice"),
        (lambda: score_panel(PANEL.to_dict(), PLAIN), "expected a table"),
        (lambda: score_panel(PANEL.assign(unit=None), PLAIN), "row 0: unit is missing"),
        # No row of a panel is left out for its year in silence.
        (lambda: score_panel(PANEL.assign(time=2020.5), PLAIN), "time 2020.5 is no year"),
        (lambda: score_panel(PANEL.assign(time="2020Q1"), PLAIN), "time 2020Q1 is no year"),
        (lambda: score_panel(PANEL.assign(value=PANEL["value"] + 1j), PLAIN), "complex numbers"),
        (lambda: score_panel(PANEL, PLAIN, years=["2020"]), "known is 2020, of the type int"),
    ],
)  # fmt: skip
def test_what_was_wrong_in_silence_or_a_traceback_is_named(
    call: Callable[[], object], told: str
) -> None:
    with pytest.raises(InnocapError, match=told):
        call()


def test_years_may_be_texts_as_a_file_has_them() -> None:
    found = score_panel(PANEL.assign(time="2020"), PLAIN)
    assert found["time"].unique().tolist() == [2020]
    assert found[found["code"] == "I"]["score"].tolist() == [45.0]  # (80 + 10) / 2
