"""Counts, shares and intervals against R and worked examples; small groups hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from innocap_analysis import estimate_top_two, tabulate_answers
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings
from innocap_analysis.survey.disclosure import tabulate_group_scores, tabulate_respondents
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.publish import Release
from innocap_analysis.survey.scales import DONT_KNOW
from innocap_analysis.survey.shares import estimate_share
from innocap_analysis.survey.wave import load_wave

NAN = float("nan")


def test_wilson_intervals_are_those_of_r() -> None:
    # R 4.2.2: prop.test(x, n, correct = FALSE)$conf.int for 3 of 8, 0 of 12, 41 of 87.
    expected = {(3, 8): (0.136844286, 0.694257605), (0, 12): (0.0, 0.242494007),
                (41, 87): (0.369822646, 0.575136406)}  # fmt: skip
    for (count, n), interval in expected.items():
        told = estimate_share(np.repeat([1.0, 0.0], [count, n - count]))
        assert (told["count"], told["n"]) == (count, n)
        np.testing.assert_allclose([told["low"], told["high"]], interval, atol=1e-9)
    assert estimate_share(np.array([NAN]))["reason"] == "no answers"


def test_equal_weights_change_no_share() -> None:
    chosen = np.array([1.0, 0, 0, 1, 1, NAN])
    plain, weighted = estimate_share(chosen), estimate_share(chosen, weights=np.full(6, 2.5))
    assert plain == pytest.approx(weighted)


def test_answers_are_counted_by_hand(survey: Instrument) -> None:
    table = pd.DataFrame({
        "country": ["SE", "SE", "SE", "FI", "FI"],
        "SKL1": [5.0, 4.0, DONT_KNOW, 1.0, NAN],
        "ORG3": ["municipality", "municipality", None, "agency", "DK"],
        "BAR1_time": [1.0, 0.0, NAN, 1.0, 1.0],
    })  # fmt: skip
    for option in survey.options("BAR1"):
        table[f"BAR1_{option}"] = table.get(f"BAR1_{option}", 0.0)
    told = tabulate_answers(table, survey, items=["SKL1"], by="country")
    own = told.set_index(["unit", "answer"])
    assert own.loc[("SE", 5.0), ["count", "n", "share"]].tolist() == [1, 2, 0.5]
    assert own.loc[("FI", 1.0), ["count", "n", "share"]].tolist() == [1, 1, 1.0]
    assert told.groupby("unit")["share"].sum().tolist() == [1.0, 1.0]
    kinds = tabulate_answers(table, survey, items=["ORG3"]).set_index("answer")
    assert kinds.loc["municipality", ["count", "n"]].tolist() == [2, 3]
    barriers = tabulate_answers(table, survey, items=["BAR1"]).set_index("answer")
    assert barriers.loc["time", ["count", "n"]].tolist() == [3, 4]
    top = estimate_top_two(table, survey, items=["SKL1"], by="country").set_index("unit")
    assert top[["count", "n", "share"]].to_numpy().tolist() == [[0, 1, 0.0], [2, 2, 1.0]]


def test_mistakes_are_named(survey: Instrument) -> None:
    table = pd.DataFrame({"SKL1": [1.0, 2.0]})
    with pytest.raises(InnocapError, match="no column 'country'"):
        tabulate_answers(table, survey, items=["SKL1"], by="country")
    with pytest.raises(InnocapError, match="'OPEN1' is no question with a list"):
        tabulate_answers(table, survey, items=["OPEN1"])


def test_nothing_is_shown_of_a_region_with_two_people(settings: Settings) -> None:
    wave = load_wave(settings=settings)
    people = wave.clean["region"].value_counts()
    assert people["FI19"] < settings.min_respondents
    told = tabulate_group_scores(Release(wave)).set_index(["unit", "code"])
    # The country is shown, so the only other region would give the small one away.
    for region in ("FI19", "FI1D"):
        own = told.loc[region]
        assert own[["n", "mean", "se", "low", "high"]].isna().all().all()
    assert told.loc[("FI", "SELF"), "n"] == 25
    assert told.loc[("SE33", "SELF"), "suppressed"] == ""
    assert np.isnan(told.loc[("SE33", "SELF"), "low"])  # three organisations


def test_regions_do_not_add_up_to_a_hidden_country(settings: Settings) -> None:
    wave = load_wave(settings=settings)
    finns = wave.clean["country"] == "FI"
    few = pd.concat([wave.clean[~finns], wave.clean[finns][:9]], ignore_index=True)
    small = replace(wave, clean=few)
    for told in (tabulate_respondents(Release(small)), tabulate_group_scores(Release(small))):
        # Ireland hides Finland's nine; its regions, both large enough, would tell its size.
        hidden = told[told["group"].isin(["FI", "IE"])]
        assert {"IE", "IE04", "IE05"} <= set(hidden["unit"])
        assert (hidden["suppressed"] != "").all()
        assert hidden.select_dtypes("number").isna().all().all()
        shown = told[told["group"].isin(["SE", "CA"]) & (told["unit"] != "?")]
        assert shown.loc[shown["unit"].isin(["SE", "CA"]), "n"].notna().all()
