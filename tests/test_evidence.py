"""The page on differences: sentences follow intervals, small countries stay hidden."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from innocap_analysis import Evidence, load_wave, open_survey_view
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.pages import differences, measurement, pairs
from innocap_analysis.pages.survey_view import SurveyView
from innocap_analysis.pages.texts import Table
from innocap_analysis.settings import Settings
from innocap_analysis.survey.disclosure import tabulate_group_scores
from innocap_analysis.survey.publish import Release
from innocap_analysis.survey.wave import Wave

LANGUAGES = ["en", "sv", "fi", "fr"]


@pytest.fixture(scope="module")
def wave(settings: Settings) -> Wave:
    return load_wave(settings=settings)


@pytest.fixture(scope="module")
def evidence(wave: Wave) -> Evidence:
    return Evidence(wave, smallest=5.0)


def look(wave: Wave, evidence: Evidence | None = None, language: str = "en") -> SurveyView:
    """Open a view of page 85, on evidence at hand."""
    view = open_survey_view("85", wave=wave, language=language)
    if evidence is not None:
        view.__dict__["evidence"] = evidence
    return view


def say(wave: Wave, verdict: str, difference: float, low: float, high: float) -> str:
    row = {"unit": "SE", "other": "FI", "code": "SKL", "verdict": verdict, "n": 20, "n_other": 20,
           "difference": difference, "low_simultaneous": low,
           "high_simultaneous": high}  # fmt: skip
    return pairs.tell_pair(look(wave), row)


def test_each_verdict_has_its_sentence(wave: Wave) -> None:
    assert say(wave, "differs", 9.0, 6.0, 12.0) == (
        "Skills: Sweden is above Finland by 9.0 points, and by more than 5 for sure (6.0 to 12.0)."
    )
    assert say(wave, "differs", 6.0, 1.0, 11.0) == (
        "Skills: Sweden is above Finland by 6.0 points (1.0 to 11.0); whether by the 5 that "
        "matter is open."
    )
    assert say(wave, "differs", -9.0, -12.0, -6.0).startswith(
        "Skills: Finland is above Sweden by 9.0 points, and by more than 5 for sure (6.0 to 12.0)"
    )
    assert say(wave, "equivalent", 1.0, -3.0, 4.5) == (
        "Skills, Sweden and Finland: alike. Any difference is smaller than 5 points."
    )
    assert say(wave, "inconclusive", 2.0, -6.0, 10.0) == (
        "Skills: open. Sweden may be anything from 6.0 points below Finland to 10.0 above."
    )
    assert say(wave, "inconclusive", -3.0, -6.5, -0.0) == (
        "Skills: open. Finland may be above Sweden by 0.0 to 6.5 points."
    )
    assert "no comparison" in say(wave, "inconclusive", 2.0, np.nan, np.nan)
    with pytest.raises(InnocapError, match="did you mean 'differs'"):
        say(wave, "differ", 1.0, 0.5, 2.0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_says_no_difference_or_speaks_of_p(
    wave: Wave, evidence: Evidence, language: str
) -> None:
    view = look(wave, evidence, language)
    told = pairs.write_pairs(view)
    assert not re.search(r"no difference|ingen skillnad|ei eroa|aucune différence|\bp\b", told)
    assert not re.search(r"{\w*}|nan", told)
    told = differences.write_findings(view)
    assert len(told.splitlines()) == 4
    assert not re.search(r"{\w*}|\bnan\b", told)


def test_every_pair_that_is_not_open_has_its_sentence(wave: Wave, evidence: Evidence) -> None:
    told = pairs.write_pairs(look(wave, evidence)).splitlines()
    book, found = wave.instrument.codebook, evidence.pairs
    closed = found[found["verdict"] != "inconclusive"]
    assert len(closed) > 0
    for code, verdict in zip(closed["code"], closed["verdict"], strict=True):
        word = "above" if verdict == "differs" else "alike"
        assert any(book.label(code) in line and word in line for line in told)
    index = found[(found["code"] == evidence.root) & (found["verdict"] == "inconclusive")]
    assert sum(": open." in line for line in told) == len(index)
    left = len(found) - len(closed) - len(index)
    assert f"All other comparisons, {left} of single dimensions, are open." in told[-1]


def test_small_groups_are_not_testable_in_words(wave: Wave, evidence: Evidence) -> None:
    told = measurement.write_invariance(look(wave, evidence))
    assert "not testable" in told
    assert len(told.splitlines()) == 1
    assert evidence.invariance["cfi"].isna().all()


def test_large_groups_are_tested(wave: Wave) -> None:
    two = wave.clean[wave.clean["country"].isin(["SE", "FI"])]
    many = pd.concat([two] * 14, ignore_index=True)
    told = measurement.write_invariance(look(replace(wave, clean=many)))
    assert "CFI" in told


@pytest.mark.parametrize("where", ["FI", "everywhere"])
def test_no_verdict_rests_on_fewer_than_five_organisations(wave: Wave, where: str) -> None:
    clean = wave.clean.copy()
    chosen = clean["country"].eq(where) | (where == "everywhere")
    four = pd.Series(range(len(clean)), index=clean.index) % 4
    clean.loc[chosen, "organisation"] = clean["country"] + four.astype(str)
    view = look(replace(wave, clean=clean))
    found = view.evidence
    few = found.pairs[["unit", "other"]].eq(where).any(axis=1) | (where == "everywhere")
    assert found.pairs.loc[few, "verdict"].eq("inconclusive").all()
    assert found.pairs.loc[few, "reason"].str.contains("fewer than 5 organisations").all()
    assert found.pairs.loc[~few, "low_simultaneous"].notna().all()
    assert found.pooled is None
    told = pairs.write_pairs(view)
    assert told.count("no comparison") == (3 if where == "FI" else 6)
    assert "too few organisations" in differences.plot_pooled(view).alt
    assert len(pairs.plot_pairs(view).data) == len(found.pairs)
    assert len(differences.table_ranks(view).cells) == 0


def test_a_small_country_is_in_no_part_of_the_evidence(wave: Wave) -> None:
    rest = wave.clean[wave.clean["country"] != "FI"]
    few = pd.concat([rest, wave.clean[wave.clean["country"] == "FI"][:9]], ignore_index=True)
    found = Evidence(replace(wave, clean=few), smallest=5.0)
    # The next smallest is hidden with it, as on the other pages.
    assert found.groups == ["SE", "CA"]
    assert set(found.clean["country"]) == {"SE", "CA"}
    assert set(found.pairs["unit"]) | set(found.pairs["other"]) == {"SE", "CA"}
    few = wave.clean[wave.clean["country"] == "SE"]
    alone = open_survey_view("85", wave=replace(wave, clean=few))
    assert alone.evidence.groups == ["SE"]
    for show in (pairs.plot_pairs, pairs.write_pairs, differences.plot_pooled):
        assert str(show(alone)) == "Groups that can be told: 1. There is nothing to compare."
    with pytest.raises(InnocapError, match=r"smallest difference 0\.0 is not above"):
        Evidence(wave, smallest=0.0)


def test_the_four_country_values_carry_no_test(
    wave: Wave, evidence: Evidence, capacity: CapacityData
) -> None:
    table = differences.table_countries(look(wave, evidence), capacity)
    assert list(table.cells.columns) == [
        "Country", "Index of published figures", "Index of the answers",
    ]  # fmt: skip
    assert len(table.cells) == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_are_whole_and_marked(
    wave: Wave, evidence: Evidence, capacity: CapacityData, language: str
) -> None:
    view = look(wave, evidence, language)
    makers: list[Callable[[SurveyView], Table]] = [
        measurement.table_reliability, differences.table_organisations, differences.table_tests,
        differences.table_ranks, differences.table_imputed,
        lambda view: differences.table_countries(view, capacity),
    ]  # fmt: skip
    for make in makers:
        table = make(view)
        assert table.caption.startswith("SYNTHETIC. ")
        assert len(table.cells) >= 4
        assert not table.cells.astype(str).apply(lambda c: c.str.contains("nan")).to_numpy().any()


def test_facts_of_made_up_answers_are_flagged_and_published_ones_are_not(
    wave: Wave, evidence: Evidence, capacity: CapacityData
) -> None:
    view = look(wave, evidence)
    differences.table_countries(view, capacity)
    facts = list(view.ledger.facts.values())
    files = set(wave.raw["file"])
    assert {f.flag for f in facts if f.code == evidence.root} == {"SYNTHETIC"}
    assert all(set(f.sources) == files for f in facts if f.code == evidence.root)
    published = [f for f in facts if f.code == capacity.root]
    assert len(published) == 4
    assert not any("SYNTHETIC" in f.flag or files & set(f.sources) for f in published)


def test_both_pages_give_a_country_the_same_mean_and_interval(
    wave: Wave, evidence: Evidence
) -> None:
    told = tabulate_group_scores(Release(wave)).set_index(["unit", "code"])
    columns = ["mean", "se", "df", "low", "high"]
    own = evidence.means.set_index("unit")
    for country in evidence.groups:
        one = told.loc[(country, evidence.root), columns].to_numpy(float)
        np.testing.assert_allclose(one, own.loc[country, columns].to_numpy(float), rtol=1e-12)


def test_the_same_seed_gives_the_same_evidence(wave: Wave, evidence: Evidence) -> None:
    again = Evidence(wave, smallest=5.0)
    pd.testing.assert_frame_equal(again.tests, evidence.tests)
    pd.testing.assert_frame_equal(again.imputed, evidence.imputed)
