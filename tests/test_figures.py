"""Figures: the same bytes every time, text inside the picture, data beside it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from PIL import Image

import innocap_analysis as ia
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.pages import (
    alternatives,
    answers,
    comparison,
    country,
    data,
    differences,
    fitness,
    indicators,
    measurement,
    method,
    pairs,
    ranking,
    ranks,
    regions,
    statements,
    trends,
)
from innocap_analysis.pages import language as translations
from innocap_analysis.pages.drawing.figure import Chart, house_style
from innocap_analysis.pages.drawing.lettering import Ruler
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.survey_view import SurveyView
from innocap_analysis.pages.texts import Table
from innocap_analysis.settings import LAB_FOLDER, load_settings
from innocap_analysis.survey.wave import Wave
from tests.frozen import EDITION
from tests.pseudo import Pseudo

LANGUAGES = ["en", "sv", "fi", "fr"]
Draw = Callable[[CapacityData, str], Chart]


def _view(capacity: CapacityData, language: str = "en", **more: Any) -> IndexView:
    options = {"runs": 200, "language": language} | more
    return ia.open_view("40", capacity=capacity, **options)


def _alternatives(view: IndexView) -> Chart:
    found = alternatives.compare(view, leave_out="BIPA_PROCDATA")
    return alternatives.plot_alternatives(view, found)


def _sobol(view: IndexView) -> Chart:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ia.ScoreWarning)
        return ranks.plot_sobol(view, ranks.simulate_wide(view, base=64))


def _about(draw: Callable[[IndexView], Chart], region: str) -> Draw:
    return lambda c, lang: draw(_view(c, lang, region=region))


def _all(draw: Callable[[IndexView], Chart], **more: Any) -> Draw:
    return lambda c, lang: draw(_view(c, lang, **more))


TRENDS = ["UN_OSI", "UN_EPI", "WB_DCEI"]
CHARTS: dict[str, Draw] = {
    "profile": _about(country.plot_profile, "IE"),
    "indicators_one": _all(lambda v: indicators.plot_indicators(v, ["CA"])),
    "indicators_all": _all(lambda v: indicators.plot_indicators(v, v.shown)),
    "gaps": _about(country.plot_gaps, "SE"),
    "regions_se": _about(regions.show_regions, "SE32"),
    "regions_ie": _about(regions.show_regions, "IE04"),
    "regions_fi": _about(regions.show_regions, "FI20"),
    "regions_ca": _about(regions.show_regions, "CA-NL"),
    "dimensions": _all(comparison.plot_dimensions, reference="nordic"),
    "heatmap": _all(comparison.plot_heatmap),
    "ranking": _all(ranking.plot_ranking),
    "rank_shares": _all(ranks.plot_rank_shares),
    "priorities_se": _about(country.plot_priorities, "SE"),
    "priorities_fi": _about(country.plot_priorities, "FI"),
    "alternatives": _all(_alternatives),
    "left_out": _all(alternatives.plot_left_out),
    "coverage": _all(data.plot_coverage),
    "years": _all(data.plot_years),
    "trends": _all(lambda v: trends.plot_trends(v, TRENDS)),
    "weights": _all(method.plot_weights),
    "importance": _all(method.plot_importance),
    "sobol": _all(_sobol),
    "normalisation": _all(lambda v: method.plot_normalisation(v, "OECD_PMR_PROC", "SE")),
}
_KNOWN: dict[int, SurveyView] = {}


def look_at(wave: Wave, language: str) -> SurveyView:
    """Open a view that takes what has no language from the first of its wave."""
    view = ia.open_survey_view("85", wave=wave, language=language)
    known = _KNOWN.setdefault(id(wave), view)
    for name in ("evidence", "release", "respondents", "scores", "agreement"):
        view.__dict__[name] = getattr(known, name)
    return view


SURVEY_CHARTS: dict[str, Callable[[SurveyView], Chart]] = {
    "nonresponse": fitness.plot_nonresponse,
    "answers_skl": lambda view: statements.plot_answers(view, "SKL"),
    "answers_dig": lambda view: statements.plot_answers(view, "DIG"),
    "answers_del": lambda view: statements.plot_answers(view, "DEL"),
    "answers_pro": lambda view: statements.plot_answers(view, "PRO"),
    "agreement": answers.plot_agreement,
    "options": lambda view: answers.plot_options(view, "BAR1"),
    "groups": answers.plot_groups,
    "reliability": measurement.plot_reliability,
    "items": measurement.plot_items,
    "pairs": pairs.plot_pairs,
    "pooled": differences.plot_pooled,
}


@pytest.fixture(scope="module")
def wave() -> Wave:
    return ia.load_wave(settings=load_settings(EDITION))


def list_drawn_texts(chart: Chart) -> list[Text]:
    """Every text that is drawn; an axis also keeps ticks that lie outside its view."""
    unseen = set()
    for ax in chart.axes:
        for axis in (ax.xaxis, ax.yaxis):
            seen = {id(tick) for tick in axis._update_ticks()}
            ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
            unseen |= {
                id(label)
                for tick in ticks
                if id(tick) not in seen
                for label in (tick.label1, tick.label2)
            }
    return [
        text
        for text in chart.findobj(Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in unseen
    ]


# Each figure in English and in one of the others.
CASES = [
    (name, language)
    for i, name in enumerate((*CHARTS, *SURVEY_CHARTS))
    for language in ("en", LANGUAGES[1 + i % 3])
]


@pytest.mark.parametrize(("name", "language"), [one for one in CASES if one[0] in CHARTS])
def test_every_text_lies_inside_the_picture(
    capacity: CapacityData, name: str, language: str
) -> None:
    check_texts(CHARTS[name](capacity, language), independent=language == "en")


@pytest.mark.parametrize(("name", "language"), [one for one in CASES if one[0] in SURVEY_CHARTS])
def test_every_survey_figure_fits_and_says_that_it_is_made_up(
    wave: Wave, name: str, language: str
) -> None:
    chart = SURVEY_CHARTS[name](look_at(wave, language))
    check_texts(chart, independent=language == "en")
    assert "SYNTHETIC" in {text.get_text() for text in list_drawn_texts(chart)}
    assert chart.alt.startswith("SYNTHETIC. ")
    assert chart.data["synthetic"].all()


def test_small_countries_are_hidden_from_every_survey_figure(wave: Wave) -> None:
    few = wave.clean[wave.clean["country"] != "FI"]
    small = replace(wave, clean=pd.concat([few, wave.clean[wave.clean["country"] == "FI"][:9]]))
    for draw in SURVEY_CHARTS.values():
        data = draw(look_at(small, "en")).data
        hit = data["unit"] == "FI" if "unit" in data else pd.Series(False, index=data.index)
        own = data[hit].select_dtypes("number")
        # One more country is hidden, or nine people could be had by subtraction.
        assert own.drop(columns=["answer"], errors="ignore").isna().all().all()


class Blank(Ruler):
    """Draws a whole figure for its layout, and leaves out the pixels, which cost most."""

    def draw_path(self, *_: Any, **__: Any) -> None:
        """Draw nothing."""

    draw_markers = draw_path_collection = draw_quad_mesh = draw_text = draw_path


def lay_out(chart: Chart) -> Blank:
    """Place everything in a figure, and return what measures it."""
    ruler = Blank(chart)
    with house_style():
        chart.draw(ruler)
    return ruler


def check_texts(chart: Chart, *, independent: bool = False) -> None:
    """Assert that every text lies inside the picture, none over another's place or a leftover.

    Matplotlib's own renderer measures where that is to be independent of ours.
    """
    renderer: Any = None
    if independent:
        canvas = FigureCanvasAgg(chart)
        canvas.draw()
        renderer = canvas.get_renderer()
    else:
        renderer = lay_out(chart)
    frame = chart.bbox
    texts = list_drawn_texts(chart)
    assert len(texts) > 5
    for text in texts:
        box = text.get_window_extent(renderer)
        assert box.x0 >= frame.x0 - 1, text
        assert box.x1 <= frame.x1 + 1, text
        assert box.y0 >= frame.y0 - 1, text
        assert box.y1 <= frame.y1 + 1, text
    assert not re.search(r"{\w*}|\bnan\b", " ".join(t.get_text() for t in texts))
    assert chart.alt
    assert not chart.data.empty
    # Title and subtitle end above the panels.
    lowest = min(t.get_window_extent(renderer).y0 for t in chart.texts[:2])
    assert max(ax.get_tightbbox(renderer).y1 for ax in chart.axes) <= lowest + 1


def test_texts_that_are_longer_by_two_fifths_fit_too(
    capacity: CapacityData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translations, "_read_catalogue", lambda _: Pseudo())
    for name in ("profile", "gaps", "regions_ca", "dimensions", "priorities_se", "alternatives",
                 "trends", "importance"):  # fmt: skip
        chart = CHARTS[name](capacity, "sv")
        check_texts(chart)


def test_saving_writes_picture_vector_and_data(project: Path, capacity: CapacityData) -> None:
    chart = country.plot_profile(_view(capacity, region="SE"))
    assert ia.save_figure(chart, "30_profile", folder="SE", settings=load_settings()) is chart
    folder = project / "figures" / LAB_FOLDER / "SE"
    assert sorted(f.name for f in folder.iterdir()) == [
        "30_profile.csv",
        "30_profile.png",
        "30_profile.svg",
    ]
    with Image.open(folder / "30_profile.png") as image:
        assert image.info["Description"] == chart.alt
        assert image.width == (8 * 160)
    svg = (folder / "30_profile.svg").read_text(encoding="utf-8")
    assert "<svg" in svg
    assert "http://" not in re.sub(
        r'xmlns(:\w+)?="[^"]*"|<!DOCTYPE[^>]*>|rdf:resource="[^"]*"', "", svg
    )
    pd.testing.assert_frame_equal(
        pd.read_csv(folder / "30_profile.csv", keep_default_na=False, na_values=[""])[["score"]],
        chart.data[["score"]].reset_index(drop=True),
    )


def test_the_same_figure_gives_the_same_bytes(capacity: CapacityData) -> None:
    one, other = (country.plot_gaps(_view(capacity, region="SE")) for _ in range(2))
    svg = one.to_svg()
    assert svg == other.to_svg()
    assert one.to_png() == other.to_png()
    assert one.to_png() is one.to_png()
    one.axes[0].set_xlabel("changed")
    assert one.to_png() != other.to_png()


def test_a_notebook_shows_the_picture_with_its_alternative_text(capacity: CapacityData) -> None:
    shown, meta = country.plot_profile(_view(capacity, region="SE"))._repr_mimebundle_()
    assert shown["image/png"][:4] == b"\x89PNG"
    assert meta["image/png"]["alt"].startswith("Sweden: ")


@pytest.mark.parametrize("name", ["../evil", "", ".hidden", "a/b"])
def test_figure_names_cannot_leave_their_folder(
    project: Path, capacity: CapacityData, name: str
) -> None:
    chart = method.plot_weights(_view(capacity))
    with pytest.raises(InnocapError, match="no plain name"):
        ia.save_figure(chart, name, folder="SE")
    with pytest.raises(InnocapError, match="no plain name"):
        ia.save_figure(chart, "x", folder=name)
    assert not (project / "figures").exists()


def test_tables_run_nothing_as_html() -> None:
    hostile = "<script>alert(1)</script>"
    table = Table(pd.DataFrame({hostile: [hostile], "n": ["1.5"]}), (False, True), hostile)
    html = table._repr_html_()
    assert "<script>" not in html
    assert html.count("&lt;script&gt;") == 3
    assert '<td style="text-align:right">1.5</td>' in html
