"""The page on differences: sentences follow intervals, small countries stay hidden."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from innocap_analysis import Evidence, load_wave, write_sentence
from innocap_analysis.prepare.wave import Wave
from innocap_analysis.present import evidence_sentences, evidence_tables
from innocap_analysis.present.plot_evidence import plot_pairs, plot_pooled
from innocap_analysis.present.survey_groups import tabulate_group_scores
from innocap_analysis.present.survey_labels import SurveyLabels, make_survey_labels
from innocap_analysis.score.capacity import CapacityData
from innocap_analysis.settings import InnocapError, Settings

LANGUAGES = ["en", "sv", "fi", "fr"]


@pytest.fixture(scope="module")
def wave(settings: Settings) -> Wave:
    return load_wave(settings=settings)


@pytest.fixture(scope="module")
def evidence(wave: Wave) -> Evidence:
    return Evidence(wave, smallest=5.0)


@pytest.fixture
def labels(wave: Wave) -> SurveyLabels:
    return make_survey_labels(wave, "en")


def say(labels: SurveyLabels, verdict: str, difference: float, low: float, high: float) -> str:
    row = {"unit": "SE", "other": "FI", "code": "SKL", "verdict": verdict,
           "difference": difference, "low_simultaneous": low,
           "high_simultaneous": high}  # fmt: skip
    return write_sentence(row, labels, smallest=5)


def test_each_verdict_has_its_sentence(labels: SurveyLabels) -> None:
    assert say(labels, "differs", 9.0, 6.0, 12.0) == (
        "Skills: Sweden is above Finland by 9.0 points, and by more than 5 for sure (6.0 to 12.0)."
    )
    assert say(labels, "differs", 6.0, 1.0, 11.0) == (
        "Skills: Sweden is above Finland by 6.0 points (1.0 to 11.0); whether by the 5 that "
        "matter is open."
    )
    assert say(labels, "differs", -9.0, -12.0, -6.0).startswith(
        "Skills: Finland is above Sweden by 9.0 points, and by more than 5 for sure (6.0 to 12.0)"
    )
    assert say(labels, "equivalent", 1.0, -3.0, 4.5) == (
        "Skills, Sweden and Finland: alike. Any difference is smaller than 5 points."
    )
    assert say(labels, "inconclusive", 2.0, -6.0, 10.0) == (
        "Skills: open. Sweden may be anything from 6.0 points below Finland to 10.0 above."
    )
    assert say(labels, "inconclusive", -3.0, -6.5, -0.0) == (
        "Skills: open. Finland may be above Sweden by 0.0 to 6.5 points."
    )
    assert "no comparison" in say(labels, "inconclusive", 2.0, np.nan, np.nan)
    with pytest.raises(InnocapError, match="did you mean 'differs'"):
        say(labels, "differ", 1.0, 0.5, 2.0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_says_no_difference_or_speaks_of_p(evidence: Evidence, language: str) -> None:
    for code in (evidence.root, *evidence.dimensions):
        told = evidence_sentences.write_pair_findings(evidence, code, language=language)
        assert len(told.splitlines()) == 6
        assert not re.search(r"no difference|ingen skillnad|ei eroa|aucune différence|\bp\b", told)
        assert not re.search(r"{\w*}|nan", told)
    told = evidence_sentences.write_evidence_findings(evidence, language=language)
    assert len(told.splitlines()) == 4
    assert not re.search(r"{\w*}|\bnan\b", told)


def test_small_groups_are_not_testable_in_words(evidence: Evidence) -> None:
    told = evidence_sentences.write_invariance(evidence, language="en")
    assert "not testable" in told
    assert len(told.splitlines()) == 1
    assert evidence.invariance["cfi"].isna().all()


def test_large_groups_are_tested(wave: Wave) -> None:
    many = pd.concat([wave.clean] * 14, ignore_index=True)
    found = Evidence(replace(wave, clean=many), smallest=5.0)
    told = evidence_sentences.write_invariance(found, language="en")
    assert "CFI" in told


@pytest.mark.parametrize("where", ["FI", "everywhere"])
def test_no_verdict_rests_on_fewer_than_five_organisations(wave: Wave, where: str) -> None:
    clean = wave.clean.copy()
    chosen = clean["country"].eq(where) | (where == "everywhere")
    four = pd.Series(range(len(clean)), index=clean.index) % 4
    clean.loc[chosen, "organisation"] = clean["country"] + four.astype(str)
    found = Evidence(replace(wave, clean=clean), smallest=5.0)
    few = found.pairs[["unit", "other"]].eq(where).any(axis=1) | (where == "everywhere")
    assert found.pairs.loc[few, "verdict"].eq("inconclusive").all()
    assert found.pairs.loc[few, "reason"].str.contains("fewer than 5 organisations").all()
    assert found.pairs.loc[~few, "low_simultaneous"].notna().all()
    assert found.pooled is None
    told = evidence_sentences.write_pair_findings(found, found.root, language="en")
    assert told.count("no comparison") == (3 if where == "FI" else 6)
    assert "too few organisations" in plot_pooled(found).alt
    assert len(plot_pairs(found).data) == len(found.pairs)


def test_a_small_country_is_in_no_part_of_the_evidence(wave: Wave) -> None:
    rest = wave.clean[wave.clean["country"] != "FI"]
    few = pd.concat([rest, wave.clean[wave.clean["country"] == "FI"][:9]], ignore_index=True)
    found = Evidence(replace(wave, clean=few), smallest=5.0)
    # The next smallest is hidden with it, as on the other pages.
    assert found.countries == ["SE", "CA"]
    assert set(found.clean["country"]) == {"SE", "CA"}
    assert set(found.pairs["unit"]) | set(found.pairs["other"]) == {"SE", "CA"}
    few = wave.clean[wave.clean["country"] == "SE"]
    with pytest.raises(InnocapError, match="fewer than two countries"):
        Evidence(replace(wave, clean=few), smallest=5.0)
    with pytest.raises(InnocapError, match="smallest difference 0 is not above zero"):
        Evidence(wave, smallest=0.0)


def test_the_four_country_values_carry_no_test(evidence: Evidence, capacity: CapacityData) -> None:
    table = evidence_tables.table_countries(evidence, capacity, language="en")
    assert list(table.cells.columns) == [
        "Country", "Index of published figures", "Index of the answers",
    ]  # fmt: skip
    assert len(table.cells) == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_are_whole_and_marked(
    evidence: Evidence, capacity: CapacityData, language: str
) -> None:
    makers = ["reliability", "clusters", "tests", "ranks", "imputed"]
    tables = [getattr(evidence_tables, f"table_{m}")(evidence, language=language) for m in makers]
    tables.append(evidence_tables.table_countries(evidence, capacity, language=language))
    for table in tables:
        assert table.caption.startswith("SYNTHETIC. ")
        assert len(table.cells) >= 4
        assert not table.cells.astype(str).apply(lambda c: c.str.contains("nan")).to_numpy().any()


def test_both_pages_give_a_country_the_same_mean_and_interval(
    wave: Wave, evidence: Evidence
) -> None:
    told = tabulate_group_scores(wave).set_index(["unit", "code"])
    columns = ["mean", "se", "df", "low", "high"]
    own = evidence.means.set_index("unit")
    for country in evidence.countries:
        one = told.loc[(country, evidence.root), columns].to_numpy(float)
        np.testing.assert_allclose(one, own.loc[country, columns].to_numpy(float), rtol=1e-12)


def test_the_same_seed_gives_the_same_evidence(wave: Wave, evidence: Evidence) -> None:
    again = Evidence(wave, smallest=5.0)
    pd.testing.assert_frame_equal(again.tests, evidence.tests)
    pd.testing.assert_frame_equal(again.imputed, evidence.imputed)
