"""The brief of a place: the facts of its page, in five formats, made when it is asked for."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pptx import Presentation

from innocap_analysis import open_place_view, run_notebooks
from innocap_analysis.batch.clean import find_leftovers
from innocap_analysis.batch.plan import make_plan
from innocap_analysis.batch.results import find_result
from innocap_analysis.documents.brief import Brief
from innocap_analysis.documents.figures import make_figure_files
from innocap_analysis.documents.look import find_template
from innocap_analysis.documents.save import make_brief
from innocap_analysis.documents.slides import write_slides
from innocap_analysis.documents.workbook import write_workbook
from innocap_analysis.pages import place_survey
from innocap_analysis.pages.facts import SYNTHETIC
from innocap_analysis.settings import Settings, load_settings
from tests.pages.oracle_places import consult_places
from tests.pages.test_place_facts import COMPUTE

BRIEF, PAGE = "36_this_place_in_brief", "35_how_does_this_place_do"
# A town, one in a country that no benchmark covers, one that is no more, a region, an island.
PLACES = ["SE-2284", "CA-1011", "FI-099", "SE32", "IS-6706"]


@pytest.fixture(scope="module", autouse=True)
def decided() -> Iterator[None]:
    """Decide once what may be told of the answers, as a batch does."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_decide", "_contrast"):
            made: dict[str, object] = {}
            own = getattr(place_survey, name)
            patch.setattr(place_survey, name, partial(_keep, own, made))
        yield


def _keep(make: Callable[..., object], made: dict[str, object], about: Any, *more: Any) -> object:
    key = getattr(about, "place", "")
    if key not in made:
        made[key] = make(about, *more)
    return made[key]


def _open(settings: Settings, place: str, language: str = "en") -> Brief:
    return make_brief(open_place_view("36", place=place, language=language, settings=settings))


@pytest.fixture(scope="module")
def swedish(settings: Settings) -> Brief:
    return _open(settings, "SE-2284", "sv")


@pytest.mark.parametrize("place", PLACES)
def test_every_number_of_a_brief_is_that_of_the_raw_files(settings: Settings, place: str) -> None:
    brief = _open(settings, place)
    write_workbook(brief)  # tells every number
    assert brief.view.ledger.facts
    raw = [fact for fact in brief.view.ledger.facts.values() if fact.flag != SYNTHETIC]
    for fact in raw:
        wanted = COMPUTE[fact.measure](fact, place)
        assert fact.value == pytest.approx(wanted, rel=1e-9, nan_ok=True), fact.id
    listed = next(s for s in brief.sections if s.key == "sources").grid
    assert listed is not None
    assert all(row[2] for row in listed.rows)  # each with the years that its figures are from
    used = {name for fact in raw for name in fact.sources}
    assert len(listed.rows) >= len(used)


@pytest.mark.parametrize("language", ["en", "sv", "fi", "fr"])
def test_texts_have_no_marks_and_no_question_stays_open(settings: Settings, language: str) -> None:
    for place in PLACES:
        brief = _open(settings, place, language)
        assert len(brief.messages) == 3
        told = [brief.headline, *(text for _, text in brief.messages)]
        for section in brief.sections:
            assert section.points or section.grid or section.message, (place, section.key)
            told += [section.message, *section.points]
        assert not [text for text in told if re.search(r"\*\*|^[->] |^\d+\. |\{", text)]


def test_the_three_messages_say_what_the_page_says(swedish: Brief) -> None:
    o, place = consult_places(), "SE-2284"
    peers, _ = o.peers(place)
    larger = sum(o.size(c, "population") < o.size(place, "population") for c in peers)
    assert f"Större än {larger} av {len(peers)} liknande platser" in swedish.messages[0][1]
    local, services = o.government["SE", "EGOV_TRANSPARENCY"]["local"]
    assert f"{local:.1f} av 100".replace(".", ",") in swedish.messages[2][1]
    assert f"({services} lokala tjänster)" in swedish.messages[2][1]


def test_the_workbook_holds_numbers_and_no_formula(swedish: Brief) -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(swedish)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    *_, last = book
    rows = list(last.iter_rows(min_row=2, values_only=True))
    facts = swedish.view.ledger.facts
    assert {row[-1] for row in rows} == set(facts)
    assert all(row[3] == pytest.approx(facts[row[-1]].value) for row in rows)
    names = {str(row[2]) for row in rows}
    assert {"Invånare", "Lokal nivå", "Placering i landet"} <= names


@pytest.mark.parametrize("place", ["SE-2284", "FI-491"])  # with a region that is told, and not
def test_answers_are_told_as_on_the_page_of_the_place(settings: Settings, place: str) -> None:
    view = open_place_view("35", place=place, language="sv", settings=settings)
    answers = place_survey.open_answers(view)
    said = [place_survey.write_who(view, answers), place_survey.write_comparison(view, answers)]
    table = place_survey.table_scores(view, answers)
    brief = _open(settings, place, "sv")
    section = next(s for s in brief.sections if s.key == "answers")
    lines = [line for text in said if text for line in text.splitlines() if line]
    assert len(section.points) == len(lines)
    assert section.points[0].startswith("SYNTHETIC. ")
    assert (section.grid is None) == (table is None)
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(brief)))
    *_, last = book
    rows = [row for row in last.iter_rows(min_row=2, values_only=True) if row[10] == SYNTHETIC]
    assert len(rows) == sum(f.flag == SYNTHETIC for f in brief.view.ledger.facts.values())
    if table is None:
        assert "visas inte" in section.points[-1]
        return
    assert section.grid is not None
    assert section.grid.caption.startswith(SYNTHETIC)
    assert [list(map(str, row)) for row in section.grid.rows] == table.cells.to_numpy().tolist()
    assert {row[0] for row in rows} == {
        "Mellersta Norrland", "Sverige i övrigt", "Mellersta Norrland / Sverige i övrigt",
    }  # fmt: skip
    assert answers is not None
    assert not {row[1] for row in rows} & {*answers.nodes, *answers.instrument.items}


def test_the_slides_have_charts_of_the_facts(swedish: Brief, settings: Settings) -> None:
    deck = Presentation(io.BytesIO(write_slides(swedish, find_template(settings, "pptx"))))
    charts = [s.chart for slide in deck.slides for s in slide.shapes if s.has_chart]
    o = consult_places()
    (density,) = charts[0].plots[0].series
    assert density.values[0] == pytest.approx(o.nodes["SE-2284"].density)
    assert charts[0].chart_title.text_frame.text == "Invånare per km²"
    central, local = charts[1].plots[0].series
    assert min(local.values) == pytest.approx(o.government["SE", "EGOV_TRANSPARENCY"]["local"][0])
    assert max(central.values) < 100


def test_the_figure_is_laid_out_for_documents_with_its_data(swedish: Brief) -> None:
    (picture,) = [s.picture for s in swedish.sections if s.picture]
    made = {f"{stem}.{ending}": content
            for stem, ending, content in make_figure_files(swedish.view, picture)}  # fmt: skip
    assert {"36_peers-8cm.svg", "36_peers-16cm.png", "36_peers-slide.svg"} <= set(made)
    table = made["36_peers-excel.csv"].decode("utf-8-sig").splitlines()
    assert table[0] == "Vad;Invånare;Invånare per km²"
    assert any(row.startswith("Örnsköldsvik;56089;8,") for row in table)
    assert "8,8" in made["36_peers-alt.txt"].decode("utf-8")


def _list(settings: Settings, **asked: object) -> list[str]:
    return [f"{run.folder}/{run.stem}" for run in make_plan(settings, **asked)]  # type: ignore[arg-type]


def test_it_is_made_for_places_when_it_is_asked_for(settings: Settings) -> None:
    assert _list(settings, places=["Mikkeli"]) == [f"FI-491/{PAGE}"]
    assert _list(settings, places=["Mikkeli"], formats=["pdf"]) == [f"FI-491/{BRIEF}"]
    assert set(_list(settings, places=["Mikkeli"], formats=["html", "pdf"])) == {
        f"FI-491/{PAGE}", f"FI-491/{BRIEF}"
    }  # fmt: skip
    assert _list(settings, regions=["SE32", "SE"], formats=["docx"]) == [
        f"SE32/{BRIEF}", "SE/05_in_brief"
    ]  # fmt: skip
    assert not [name for name in _list(settings, formats=["docx"]) if BRIEF in name]


def test_it_is_found_from_the_page_of_places_and_stays_in_step(project: Path) -> None:
    settings = load_settings()
    asked = {"places": ["Timrå"], "formats": ["html", "docx", "xlsx"], "settings": settings}
    assert [o.error for o in run_notebooks(**asked)] == ["", ""]  # type: ignore[arg-type]
    places = (project / "reports/places.html").read_text(encoding="utf-8")
    for name in (f"{BRIEF}.html", "brief.docx", "brief.xlsx"):
        assert f'href="SE-2262/{name}"' in places
    assert BRIEF not in (project / "reports/index.html").read_text(encoding="utf-8")
    one, other = (find_result(settings, f"{n}:SE-2262::density")["value"] for n in (35, 36))
    assert one == other
    assert find_leftovers(settings).removable == {}
    again = run_notebooks(places=["Timrå"], settings=settings)
    assert [(o.run.stem, o.status) for o in again] == [(PAGE, "skipped"), (BRIEF, "skipped")]
