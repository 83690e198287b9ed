"""What a wave's pages may tell: one decision for every table, figure and setting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fewlikert.options import DONT_KNOW
from innocap_analysis import load_wave, open_survey_view
from innocap_analysis.pages import answers
from innocap_analysis.settings import Settings
from innocap_analysis.survey.disclosure import (
    tabulate_agreement,
    tabulate_choices,
    tabulate_group_scores,
    tabulate_items,
    tabulate_nonresponse,
    tabulate_respondents,
)
from innocap_analysis.survey.evidence import Evidence
from innocap_analysis.survey.publish import Release
from innocap_analysis.survey.wave import Wave

FLAGS = ("flag_straight_lining", "flag_identical", "flag_speed")


@pytest.fixture(scope="module")
def wave(settings: Settings) -> Wave:
    """Return the made-up wave without doubtful responses, everybody with an organisation."""
    wave = load_wave(settings=settings)
    clean = wave.clean[~wave.clean[list(FLAGS)].any(axis=1)].reset_index(drop=True)
    return replace(wave, clean=clean.assign(organisation=[f"o{i % 37}" for i in clean.index]))


def _change(wave: Wave, **columns: object) -> Wave:
    return replace(wave, clean=wave.clean.assign(**columns))


def _take(wave: Wave, country: str, n: int) -> Wave:
    """Return the wave with n people of a country."""
    own = wave.clean["country"] == country
    keep = ~own | (own.cumsum() <= n)
    return replace(wave, clean=wave.clean[keep].reset_index(drop=True))


def _list_hidden(table: pd.DataFrame) -> set[str]:
    return set(table.loc[table["suppressed"] != "", "unit"])


def test_the_only_region_of_a_country_that_shields_another_is_hidden(wave: Wave) -> None:
    small = _take(wave, "FI", 8)
    irish = small.clean["country"] == "IE"
    alone = _change(small, region=small.clean["region"].mask(irish, "IE04"))
    for table in (tabulate_group_scores(Release(alone)), tabulate_respondents(Release(alone))):
        assert {"FI", "IE", "IE04"} <= _list_hidden(table)
        hidden = table[table["suppressed"] != ""]
        assert hidden.select_dtypes("number").isna().all().all()
        assert set(hidden["suppressed"]) == {"hidden"}  # never why
    assert {"FI", "IE"} <= _list_hidden(tabulate_agreement(Release(alone)))


def test_pages_with_and_without_one_doubtful_response_do_not_tell_it(wave: Wave) -> None:
    one = wave.clean.index == int(np.flatnonzero(wave.clean["country"] == "IE")[0])
    doubtful = _change(wave, flag_speed=one)
    plain, strict = Release(doubtful), Release(doubtful.drop_flagged())
    shown = {u for u in ("SE", "FI", "IE", "CA") if plain.shows("", u) and strict.shows("", u)}
    assert plain.shows("", "IE")
    assert shown == {"SE", "FI", "CA"}  # the same people on both pages
    for code in ("SKL1", "SKL1:agree", *doubtful.instrument.codebook.parents):
        assert not strict.shows(code, "IE")
        assert not strict.shows(code, "all")


def test_a_question_that_few_answered_tells_nothing(wave: Wave) -> None:
    x = wave.clean["SKL1"].where(wave.clean.index < 4, DONT_KNOW)
    release = Release(_change(wave, SKL1=x))
    row = tabulate_items(release).set_index("code").loc["SKL1"]
    assert row["suppressed"] == "hidden"
    assert row[["n", "mean", "sd", "skew", "floor_share", "ceiling_share"]].isna().all()
    assert not tabulate_items(release).set_index("code")["mean"].drop("SKL1").isna().any()


@pytest.mark.parametrize(("organisations", "shown", "error"), [
    (1, False, False), (2, False, False), (3, True, False), (4, True, False), (5, True, True),
])  # fmt: skip
def test_one_employer_tells_nothing_and_a_few_no_error(
    wave: Wave, organisations: int, shown: bool, error: bool
) -> None:
    region = wave.clean["region"] == "SE33"
    own = pd.Series([f"x{i % organisations}" for i in wave.clean.index])
    changed = _change(wave, organisation=wave.clean["organisation"].mask(region, own))
    table = tabulate_group_scores(Release(changed)).set_index(["unit", "code"])
    row = table.loc[("SE33", changed.instrument.codebook.indexes[0])]
    assert (row["suppressed"] == "") == shown
    assert pd.notna(row["mean"]) == shown
    assert row[["se", "df", "low", "high"]].notna().all() == error
    assert row[["se", "df", "low", "high"]].notna().any() == error


def test_where_everyone_answers_the_end_of_the_scale_no_mean_is_told(wave: Wave) -> None:
    release = Release(_change(wave, SKL1=5.0))
    assert not release.shows("SKL1", "all")
    assert not release.shows("SKL1:agree", "SE")
    assert release.shows("SKL2", "all")


def test_where_everyone_agrees_neither_the_share_nor_the_answers_are_told(wave: Wave) -> None:
    swedish = wave.clean["country"] == "SE"
    agreed = wave.clean["SKL1"].mask(swedish, 4.0 + wave.clean.index % 2)
    release = Release(_change(wave, SKL1=agreed))
    for table in (tabulate_agreement(release), tabulate_choices(release, ["SKL1"])):
        own = table[(table["code"] == "SKL1") & (table["unit"] == "SE")]
        assert own[["n", "share", "low", "high"]].isna().all(axis=None)
    same = _change(wave, **dict.fromkeys(wave.clean.filter(regex="^BAR1_"), 1.0))
    assert not Release(same).shows("BAR1", "SE")


def test_what_all_of_a_country_do_not_know_is_not_told(wave: Wave) -> None:
    swedish = wave.clean["country"] == "SE"
    silent = _change(wave, SKL1=wave.clean["SKL1"].mask(swedish, DONT_KNOW))
    table = tabulate_nonresponse(Release(silent)).set_index(["code", "unit"])
    assert table.loc["SKL1", ["respondents", "dont_know", "unusable"]].isna().all(axis=None)
    assert table.loc["SKL2", "respondents"].notna().all()
    one = _change(wave, SKL1=silent.clean["SKL1"].mask(swedish & (swedish.cumsum() % 9 == 1), 3.0))
    table = tabulate_nonresponse(Release(one)).set_index(["code", "unit"])
    assert table.loc[("SKL1", "SE"), "dont_know"] > 0.8


def test_an_organisation_of_nearly_all_the_weight_hides_a_group(wave: Wave) -> None:
    first = wave.clean["organisation"] == "o1"
    assert Release(_change(wave, weight=1.0)).shows("SKL1", "SE")
    assert Release(_change(wave, weight=first.map({True: 3.0, False: 1.0}))).shows("SKL1", "SE")
    heavy = Release(_change(wave, weight=first.map({True: 1e4, False: 1.0})))
    assert not heavy.shows("SKL1", "SE")
    assert not heavy.shows("", "all")


def test_how_items_hang_together_is_of_those_of_whom_it_may_be_told(wave: Wave) -> None:
    finnish = wave.clean["country"] == "FI"
    few = _change(wave, SKL1=wave.clean["SKL1"].mask(finnish & (finnish.cumsum() > 5), DONT_KNOW))
    evidence = Evidence(few, smallest=5)
    assert set(evidence.groups) == {"SE", "FI", "IE", "CA"}
    # Five Finns answered all of it, and the Irish shield them; of other dimensions all are told.
    assert set(evidence._take_complete("SKL")["group"]) == {"SE", "CA"}
    assert set(evidence._take_complete("DIG")["group"]) == {"SE", "FI", "IE", "CA"}


def test_the_order_of_decisions_is_that_of_sizes_in_every_process(wave: Wave) -> None:
    groups = Release(wave).list_groups()
    rest = [int(own.sum()) for name, own in groups.items() if name.endswith("/rest")]
    assert len(rest) > 4
    assert rest == sorted(rest, reverse=True)


def test_page_80_says_that_nothing_can_be_shown(wave: Wave) -> None:
    few = pd.concat(
        [wave.clean[wave.clean["country"] == c][:n] for c, n in (("SE", 6), ("FI", 20))]
    )
    view = open_survey_view("80", wave=replace(wave, clean=few.reset_index(drop=True)))
    for draw in (answers.plot_groups, answers.plot_agreement):
        chart = draw(view)
        assert "Too few people answered in every country to show one" in chart.alt
        assert chart.data[["low", "high"]].isna().all().all()
    assert "Not shown" in str(answers.write_findings(view))
