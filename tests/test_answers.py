"""Cleaning and scoring of answers: every decision counted, every score worked by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from survey_truth import KEY, export

from innocap_analysis import (
    average_scores,
    estimate_top_two,
    rake_weights,
    read_instrument,
    read_survey,
    score_answers,
    tabulate_answers,
    turn_answers,
)
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings
from innocap_analysis.survey.answers import STEPS, clean_answers, count_cleaning, mask_answers
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.scales import DONT_KNOW, NOT_APPLICABLE
from innocap_analysis.survey.wave import load_wave
from tests.synthetic.exports import WRITERS
from tests.synthetic.people import make_respondents

NAN = float("nan")
REGIONS = {"SE21": "SE", "SE33": "SE", "FI1D": "FI"}


def make_answers(survey: Instrument, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return responses whose items are 3 and 4 in turn unless a row says otherwise."""
    usual = {code: 3.0 + i % 2 for i, code in enumerate(survey.scored)}
    whole = {"status": "complete", "country": "SE", "region": "SE21", "organisation": None}
    return pd.DataFrame([{"response_id": f"r{i}", **whole, **usual, **row}
                         for i, row in enumerate(rows)])  # fmt: skip


def test_every_kind_of_decision_is_logged_once(survey: Instrument) -> None:
    items = survey.scored
    few = dict.fromkeys(items[:13], NAN)
    half = dict.fromkeys(items[:12], NAN)
    same = {code: 1.0 + i % 3 for i, code in enumerate(items)}
    table = make_answers(survey, [
        {}, {"status": "preview"}, {"status": "test"},
        {"response_id": "twice", "SKL1": NAN}, {"response_id": "twice", "SKL1": 5.0},
        {"SKL2": 7.0, "DIG1": 0.0, "DIG2": DONT_KNOW, "GLOB": 11.0},
        {"region": "FI1D"}, few, half, dict.fromkeys(items, 2.0),
        {"organisation": "o1", **same}, {"organisation": "o1", **same},
        {"organisation": "o2", **same}, {"seconds": 47.9}, {"seconds": 48.0},
        {"country": None, "region": "FI1D"},
    ])  # fmt: skip
    clean, log = clean_answers(table, survey, region_countries=REGIONS)
    found = [tuple(row) for row in log[["step", "action", "response_id", "item"]].to_numpy()]
    assert sorted(found) == sorted([
        ("preview", "dropped", "r1", ""), ("preview", "dropped", "r2", ""),
        ("duplicate", "dropped", "twice", ""),
        ("impossible", "set_missing", "r5", "SKL2"), ("impossible", "set_missing", "r5", "DIG1"),
        ("impossible", "set_missing", "r5", "GLOB"),
        ("place", "set_missing", "r6", "region"), ("incomplete", "dropped", "r7", ""),
        ("straight_lining", "flagged", "r9", ""), ("duplicate", "flagged", "r11", ""),
        ("speed", "flagged", "r13", ""),
    ])  # fmt: skip
    own = clean.set_index("response_id")
    assert own.loc["twice", "SKL1"] == 5.0  # the fuller of the two stays
    assert np.isnan(own.loc["r5", "SKL2"])
    assert own.loc["r5", "DIG2"] == DONT_KNOW
    assert pd.isna(own.loc["r6", "region"])
    assert own.loc["r6", "country"] == "SE"
    assert own.loc["r15", "country"] == "FI"
    assert own["flag_speed"].sum() == own["flag_straight_lining"].sum() == 1
    counts = count_cleaning(log, len(table))
    assert counts["before"].iloc[0] == 16
    assert counts["after"].iloc[-1] == len(clean) == 12


@pytest.mark.parametrize("tool", WRITERS)
@pytest.mark.parametrize("country", ["SE", "FI", "IE", "CA"])
def test_counts_add_up_for_every_layout(
    tool: str, country: str, survey: Instrument, settings: Settings, tmp_path: Path
) -> None:
    people = make_respondents(survey, country, n=60, seed=11)
    found = read_survey(
        export(tool, people, survey, settings, tmp_path), key=KEY, settings=settings
    )
    check_counts(found.table, survey)


def test_counts_add_up_for_the_shipped_wave(settings: Settings) -> None:
    wave = load_wave(settings=settings)
    assert wave.is_synthetic
    counts = check_counts(wave.raw, wave.instrument)
    assert counts.set_index("step")["dropped"][["preview", "incomplete"]].gt(0).all()


def check_counts(raw: pd.DataFrame, survey: Instrument) -> pd.DataFrame:
    """Assert that the log explains the way from raw to clean, answer by answer."""
    clean, log = clean_answers(raw, survey)
    counts = count_cleaning(log, len(raw))
    assert counts["step"].tolist() == list(STEPS)
    assert counts["before"].iloc[0] == len(raw)
    assert (counts["before"] - counts["dropped"] == counts["after"]).all()
    assert (counts["before"].iloc[1:].to_numpy() == counts["after"].iloc[:-1].to_numpy()).all()
    assert counts["after"].iloc[-1] == len(clean)
    dropped = log[log["action"] == "dropped"]["response_id"].value_counts()
    left = raw["response_id"].value_counts().sub(dropped, fill_value=0)
    assert left[left > 0].to_dict() == clean["response_id"].value_counts().to_dict()
    return counts


def test_scores_are_those_worked_by_hand(survey: Instrument) -> None:
    skl = ["SKL1", "SKL2", "SKL3", "SKL4", "SKL5", "SKL6"]
    ada = dict.fromkeys(survey.scored, NAN)
    # 100, 75, 50 and, turned, (5 - 2) / 4 = 75; don't know and missing leave the base.
    ada |= dict(zip(skl, [5.0, 4.0, 3.0, 2.0, DONT_KNOW, NAN], strict=True))
    # Two of six are too few.
    ada |= {"DIG1": 1.0, "DIG2": 1.0, "DIG3": NOT_APPLICABLE}
    ada |= dict.fromkeys([c for c in survey.scored if c.startswith("DEL")], 3.0)
    ada |= {"PRO1": 5.0, "PRO2": 5.0, "PRO3": 5.0}
    bea = dict.fromkeys(skl, NOT_APPLICABLE)
    bea |= {code: 1.0 for code in survey.scored if code.startswith("DIG")} | {"DIG5": 5.0}
    bea |= {code: 5.0 for code in survey.scored if code.startswith("DEL")} | {"DEL6": 1.0}
    # Five hundreds and a turned zero.
    bea |= {code: 5.0 for code in survey.scored if code.startswith("PRO")}
    scores = score_answers(make_answers(survey, [ada, bea]), survey)
    found = scores[["SKL", "DIG", "DEL", "PRO", "SELF"]].to_numpy(float)
    by_hand = [[75.0, NAN, 50.0, 100.0, 75.0],
               [NAN, 0.0, 100.0, 500 / 6, (0 + 100 + 500 / 6) / 3]]  # fmt: skip
    np.testing.assert_allclose(found, by_hand, atol=1e-12)


def test_group_scores_count_respondents_or_organisations(survey: Instrument) -> None:
    scores = pd.DataFrame({
        "country": ["SE", "SE", "SE", "SE", "FI", None],
        "organisation": ["a", "a", "a", "b", None, "c"],
        **{code: [10.0, 20.0, 30.0, 80.0, 50.0, 99.0] for code in survey.codebook.parents},
    })  # fmt: skip
    scores.loc[2, "SKL"] = NAN

    def mean(code: str, **how: Any) -> dict[str, float]:
        table = average_scores(scores, survey, by="country", **how)
        own = table[table["code"] == code].set_index("unit")
        return {**own["score"].to_dict(), **own["n"].add_prefix("n_").to_dict()}

    assert mean("SELF") == {"SE": 35.0, "FI": 50.0, "n_SE": 4, "n_FI": 1}
    assert mean("SKL") == {"SE": 110 / 3, "FI": 50.0, "n_SE": 3, "n_FI": 1}
    # (mean of a = 20, b = 80) / 2; without the missing answer a is 15.
    assert mean("SELF", weighting="organisations")["SE"] == pytest.approx(50.0)
    assert mean("SKL", weighting="organisations")["SE"] == pytest.approx(47.5)
    weights = pd.Series([1.0, 0.0, 0.0, 3.0, 1.0, 1.0])
    assert mean("SELF", weights=weights)["SE"] == pytest.approx(62.5)
    with pytest.raises(InnocapError, match="did you mean 'organisations'"):
        average_scores(scores, survey, by="country", weighting="organisation")
    with pytest.raises(InnocapError, match="no column 'county'"):
        average_scores(scores, survey, by="county")
    with pytest.raises(InnocapError, match="negative or missing"):
        average_scores(scores, survey, by="country", weights=-weights)


def test_raked_weights_are_those_of_r() -> None:
    # R 4.2.2, survey 4.1.1: rake(svydesign(~1, weights = 1), list(~g, ~h), ...), epsilon
    # 1e-12, divided by their mean.
    table = pd.DataFrame({"g": list("aaabbcccca"), "h": list("xyxxyyxyyy")})
    margins = {"g": {"a": 5, "b": 2, "c": 3}, "h": {"x": 6.0, "y": 4.0}}
    expected = [1.699056897457, 0.800943102543, 1.699056897457, 1.359245517966, 0.640754482034,
                0.585786437627, 1.242640687119, 0.585786437627, 0.585786437627,
                0.800943102543]  # fmt: skip
    np.testing.assert_allclose(rake_weights(table, margins, tolerance=1e-13), expected, atol=2e-12)
    with pytest.raises(InnocapError, match=r"g: every respondent.*look at d"):
        rake_weights(table, {"g": {"a": 1, "b": 1, "c": 1, "d": 1}})
    with pytest.raises(InnocapError, match="h: a share is not above zero"):
        rake_weights(table, {"h": {"x": 1, "y": 0}})
    apart = pd.DataFrame({"g": list("aab"), "h": list("xxy")})
    with pytest.raises(InnocapError, match="do not settle"):
        rake_weights(apart, {"g": {"a": 1, "b": 1}, "h": {"x": 2, "y": 1}})


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), min_size=8, max_size=60))
def test_raked_weights_meet_the_margins(rows: list[tuple[str, str]]) -> None:
    rows = [*rows, *((g, h) for g in "ab" for h in "xyz")]
    table = pd.DataFrame(rows, columns=["g", "h"])
    margins = {"g": {"a": 0.3, "b": 0.7}, "h": {"x": 0.2, "y": 0.3, "z": 0.5}}
    weights = rake_weights(table, margins)
    for column, wanted in margins.items():
        shares = weights.groupby(table[column]).sum() / weights.sum()
        np.testing.assert_allclose(shares, [wanted[k] for k in shares.index], atol=1e-8)
    assert weights.mean() == pytest.approx(1)
    assert (weights > 0).all()


def test_masked_answers_keep_codes_and_lose_dont_knows() -> None:
    table = pd.DataFrame({"a": [1.0, DONT_KNOW, NOT_APPLICABLE, NAN, 5.0]})
    np.testing.assert_array_equal(mask_answers(table, ["a"])["a"], [1, NAN, NAN, NAN, 5])


def test_turned_items_run_one_way_and_turn_back(survey: Instrument) -> None:
    table = pd.DataFrame({"SKL1": [1.0, 2.0], "SKL4": [1.0, NAN], "country": "SE"})
    turned = turn_answers(table, survey)
    assert survey.limits("SKL4") == (1.0, 5.0)
    assert turned["SKL1"].tolist() == [1.0, 2.0]
    assert turned["SKL4"].fillna(0).tolist() == [5.0, 0.0]
    pd.testing.assert_frame_equal(turn_answers(turned, survey), table)


def test_scoring_needs_every_item(survey: Instrument) -> None:
    with pytest.raises(InnocapError, match="the answers lack DIG3"):
        score_answers(make_answers(survey, [{}]).drop(columns="DIG3"), survey)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        # 99 was scored 462.5 of 100 and one of the two highest answers; a text was chosen by none.
        (99.0, "99.0 is no answer to it"), (2.5, "2.5 is no answer"), (-7.0, "-7.0 is no answer"),
        ("often", "'often' is no number"), (float("inf"), "inf is no finite number"),
        (1e-320, "is not from 1e-60"),
    ],
)  # fmt: skip
def test_what_is_no_code_of_the_scale_is_refused(
    survey: Instrument, answer: object, told: str
) -> None:
    code = next(code for code in survey.scored if survey.items[code].reversed)
    table = pd.DataFrame({c: [3.0, -8.0] for c in survey.scored}).astype({code: object})
    table.loc[0, code] = answer
    for call in (
        lambda: score_answers(table, survey),
        lambda: turn_answers(table, survey),
        lambda: tabulate_answers(table, survey, items=[code]),
        lambda: estimate_top_two(table, survey, items=[code]),
    ):
        with pytest.raises(InnocapError, match=f"{code}, row 0: .*{told}"):
            call()


def test_do_not_know_has_no_other_side(survey: Instrument) -> None:
    # 6 - -8 would be an answer of 14.
    code = next(code for code in survey.scored if survey.items[code].reversed)
    with pytest.raises(InnocapError, match=f"turn_answers: {code} holds codes of don't know"):
        turn_answers(pd.DataFrame({code: [3.0, -8.0]}), survey)
    turned = turn_answers(mask_answers(pd.DataFrame({code: [2.0, -8.0]}), [code]), survey)
    np.testing.assert_equal(turned[code].tolist(), [4.0, NAN])


TABLE = pd.DataFrame({"SKL1": [3.0, 4.0], "SKL2": [3.0, 4.0]})


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda s: tabulate_answers(TABLE, s, items="SKL1"), "expected a list of questions"),
        (lambda s: tabulate_answers(TABLE, s, items=5), "expected a list of questions"),
        (lambda s: estimate_top_two(TABLE, s, items=["SKL1", "SKL1"]), "'SKL1' is named twice"),
        (lambda s: estimate_top_two(TABLE, s, items=["SKL"]), "'SKL' is no question"),
        (lambda s: estimate_top_two(None, s), "a DataFrame is needed"),
        (lambda s: mask_answers(TABLE, ["SKL9"]), "there is no column 'SKL9'"),
        (lambda s: mask_answers(TABLE, "SKL1"), "a list of columns is needed"),
        (lambda s: score_answers(TABLE.to_dict(), s), "score_answers: expected a table"),
        (lambda s: average_scores(TABLE, s, by=["SKL1"]), "there is no column"),
        (lambda s: average_scores(TABLE, s, by="SKL1", weighting=5), "weighting 5 is none of"),
        (lambda s: average_scores(TABLE, s, by="SKL1", weights=[1, 1]), "expected a Series"),
        (lambda s: average_scores(TABLE, s, by="SKL1", weights=pd.Series([np.inf, 1])),
         "inf is no finite number"),
        (lambda s: clean_answers(TABLE, s, min_share=95), "min_share: a share lies between"),
        (lambda s: load_wave(5), "5"),
        (lambda s: read_survey(5), "read_survey: expected a file or folder, found 5"),
        (lambda s: read_instrument(None, "x"), "read_instrument: expected a file"),
    ],
)  # fmt: skip
def test_what_is_handed_over_wrong_is_named(
    survey: Instrument, call: Callable[[Instrument], object], told: str
) -> None:
    with pytest.raises(InnocapError, match=told):
        call(survey)
