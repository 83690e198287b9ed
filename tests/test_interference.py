"""What is hidden changes nothing that is published: figures, data, texts and results.

Two people of two hidden countries change places. Everything that may be told is the same for both
waves; whatever differs in any file would tell of somebody hidden.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from innocap_analysis import load_wave, open_survey_view
from innocap_analysis.pages import answers, differences, fitness, measurement, pairs, statements
from innocap_analysis.pages.drawing.figure import Chart
from innocap_analysis.pages.survey_view import SurveyView
from innocap_analysis.pages.texts import Table
from innocap_analysis.settings import Settings
from innocap_analysis.survey.change import Change
from innocap_analysis.survey.contrast import Contrast
from innocap_analysis.survey.wave import Wave


@pytest.fixture(scope="module")
def waves(settings: Settings) -> list[Wave]:
    """Return a wave with 8 Finns and 11 Irish, all hidden, and one with their answers mixed."""
    wave = load_wave(settings=settings)
    clean = wave.clean.assign(organisation=[f"o{i % 37}" for i in wave.clean.index])
    kept = [clean[clean["country"].isin(["SE", "CA"])]]
    kept += [clean[clean["country"] == c][:n] for c, n in (("FI", 8), ("IE", 11))]
    one = pd.concat(kept, ignore_index=True)
    finns, irish = np.flatnonzero(one["country"] == "FI"), np.flatnonzero(one["country"] == "IE")
    order = np.arange(len(one))
    order[finns], order[irish[:8]] = irish[:8], finns
    places = ["country", "region"]
    other = one.iloc[order].reset_index(drop=True).assign(**{c: one[c] for c in places})
    assert not other["SKL1"].equals(one["SKL1"])
    return [replace(wave, clean=table) for table in (one, other)]


def _list_pages(wave: Wave) -> Iterator[tuple[str, SurveyView, list[object]]]:
    view = open_survey_view("70", wave=wave)
    yield "70", view, [fitness.plot_nonresponse(view), fitness.table_respondents(view),
                       fitness.table_items(view), fitness.write_findings(view)]  # fmt: skip
    view = replace(view, page="80")  # on what was decided for the first
    yield "80", view, [
        answers.plot_groups(view), answers.table_scores(view), answers.plot_agreement(view),
        statements.plot_answers(view, "SKL"),
        answers.plot_options(view, "BAR1"), answers.write_findings(view),
    ]  # fmt: skip
    view = replace(view, page="85")
    yield "85", view, [
        pairs.plot_pairs(view), pairs.write_pairs(view), measurement.table_reliability(view),
        differences.table_organisations(view), differences.table_imputed(view),
    ]  # fmt: skip
    # What pages 35 and 87 are made of.
    contrast = Contrast(view.evidence.release, "SE32", smallest=5)
    yield "35", view, [
        contrast.means.to_csv(), contrast.sizes.to_csv(), contrast.agreement.to_csv(),
        contrast.differences.to_csv(), contrast.choices["BAR1"].to_csv(),
    ]  # fmt: skip
    change = Change(load_wave(settings=wave.settings), wave, smallest=5)
    # Sums of floats in another order differ in their last digits, which no page shows.
    yield "87", view, [change.table.round(6).to_csv(), change.sizes.to_csv()]


def _write_all(wave: Wave) -> dict[str, str]:
    """Return all that pages publish: pictures with their coordinates, data, texts, results."""
    texts = {}
    for page, view, shown in _list_pages(wave):
        for number, one in enumerate(shown):
            name = f"{page}_{number}"
            if isinstance(one, Chart):
                svg = one.to_svg()
                texts[f"{name}.svg"] = svg if isinstance(svg, str) else svg.decode("utf-8")
                texts[f"{name}.csv"], texts[f"{name}.alt"] = one.data.to_csv(), one.alt
            else:
                texts[name] = one._repr_html_() if isinstance(one, Table) else str(one)
        texts[f"{page}_results.csv"] = view.ledger.to_csv()
        told = [f for f in view.ledger.facts.values() if {"FI", "IE"} & set(f.unit.split("/"))]
        assert all(np.isnan([f.value, f.low, f.high]).all() for f in told)
    return texts


def test_nothing_published_depends_on_who_is_hidden(waves: list[Wave]) -> None:
    one, other = map(_write_all, waves)
    assert sum(name.endswith(".svg") for name in one) >= 6
    assert sum(name.endswith(".csv") for name in one) >= 7
    assert set(one) == set(other)
    assert [name for name in one if one[name] != other[name]] == []
    assert "not shown" in one["70_1"]


def test_the_test_sees_a_number_that_is_not_hidden(waves: list[Wave]) -> None:
    less = waves[0].settings.model_copy(update={"min_respondents": 5})
    views = [open_survey_view("80", wave=replace(wave, settings=less)) for wave in waves]
    assert not views[0].scores.equals(views[1].scores)
