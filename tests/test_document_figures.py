"""Figures for documents: letters large enough at their size, nothing overlapping or cut off."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

import innocap_analysis as ia
from innocap_analysis.documents.figures import make_figure_files
from innocap_analysis.documents.save import make_brief
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.pages import comparison, country, government, place
from innocap_analysis.pages import language as translations
from innocap_analysis.pages.drawing.figure import Chart
from innocap_analysis.pages.drawing.medium import (
    COLUMN,
    DOCUMENTS,
    FIGURES_VARIABLE,
    SMALLEST,
    Medium,
    find_media,
)
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.place_view import PlaceView
from innocap_analysis.settings import LAB_FOLDER, OUTPUT_VARIABLE, load_settings
from tests.frozen import EDITION
from tests.pseudo import Pseudo
from tests.test_figures import (
    CHARTS,
    SURVEY_CHARTS,
    lay_out,
    list_drawn_texts,
    look_at,
)

PLACE_CHARTS: dict[str, Callable[[PlaceView], Chart]] = {
    "peers": place.plot_peers,
    "transparency": lambda view: government.plot_levels(view, "EGOV_TRANSPARENCY"),
    "rural": government.plot_rural,
}

SVG = "{http://www.w3.org/2000/svg}"


def _view(capacity: CapacityData, region: str | None, language: str) -> IndexView:
    return ia.open_view("05", region=region, language=language, capacity=capacity, runs=50)


PSEUDO = "pseudo"
NAMES = [*CHARTS, *SURVEY_CHARTS, *PLACE_CHARTS]
LANGUAGES = ["en", "sv", "fi", "fr", PSEUDO]
# Each figure in one of them; `benchmarks/letters.py` measures all in each.
CASES = [(name, LANGUAGES[i % len(LANGUAGES)]) for i, name in enumerate(NAMES)]


@pytest.fixture(scope="module")
def wave() -> ia.Wave:
    return ia.load_wave(settings=load_settings(EDITION))


def list_faults(chart: Chart) -> list[str]:
    """Say what is too small, cut off or in the way of something else in a figure as it is drawn."""
    ruler, (width, height) = lay_out(chart), chart.bbox.size
    texts = [(t, t.get_window_extent(ruler)) for t in list_drawn_texts(chart)]
    assert len(texts) > 5
    told = []
    for text, box in texts:
        if text.get_fontsize() < SMALLEST - 1e-9:
            told.append(f"{text.get_text()!r} has {text.get_fontsize()} points")
        if min(box.x0, box.y0, width - box.x1, height - box.y1) < -0.5:
            told.append(f"{text.get_text()!r} is cut off")
    for (one, a), (other, b) in itertools.combinations(texts, 2):
        meet = Bbox.intersection(a, b)
        if meet and min(meet.width, meet.height) >= 1:
            told.append(f"{one.get_text()!r} and {other.get_text()!r} meet")
    return told


def draw_figure(
    name: str, language: str, medium: Medium, capacity: CapacityData, wave: ia.Wave
) -> Chart:
    """Draw one of all figures for a medium."""
    if name in CHARTS:
        chart = CHARTS[name](capacity, language)
    elif name in SURVEY_CHARTS:
        chart = SURVEY_CHARTS[name](look_at(wave, language))
    else:
        about = {"place": "SE-2262", "settings": load_settings(EDITION)}
        chart = PLACE_CHARTS[name](ia.open_place_view("35", language=language, **about))
    assert chart.redraw is not None
    return chart.redraw(medium)


@pytest.mark.parametrize(("name", "language"), CASES)
def test_letters_can_be_read_and_none_meet(
    capacity: CapacityData, wave: ia.Wave, monkeypatch: pytest.MonkeyPatch, name: str, language: str
) -> None:
    if language == PSEUDO:
        monkeypatch.setattr(translations, "_read_catalogue", lambda _: Pseudo())
        language = "sv"
    drawn = draw_figure(name, language, COLUMN, capacity, wave)
    assert drawn.get_size_inches()[0] == pytest.approx(COLUMN.width, abs=0.004)
    assert list_faults(drawn) == []


@pytest.mark.parametrize("code", ["IE-1350405", "CA-1006"])  # at an edge; a name of 40 letters
def test_the_name_of_a_place_stays_in_its_figure(code: str) -> None:
    view = ia.open_place_view("36", place=code, language="en", settings=load_settings(EDITION))
    chart = place.plot_peers(view)
    assert chart.redraw is not None
    for medium in DOCUMENTS:
        assert list_faults(chart.redraw(medium)) == []


@pytest.mark.parametrize("medium", [*DOCUMENTS, *find_media(["8cm+title", "slide+title"])],
                         ids=lambda medium: medium.name)  # fmt: skip
def test_every_size_is_laid_out_anew(capacity: CapacityData, medium: Medium) -> None:
    for draw, region in ((country.plot_priorities, "IE"), (comparison.plot_dimensions, None)):
        view = _view(capacity, region, "fi")
        chart = draw(view.lay_out_for(medium))
        assert chart.get_size_inches()[0] == pytest.approx(medium.width, abs=0.004)
        assert list_faults(chart) == []
        shown = {text.get_text().replace("\n", " ") for text in chart.texts}
        finding = draw(view).texts[0].get_text().replace("\n", " ")
        assert (finding in shown) is medium.titled


def test_the_smallest_letters_are_not_a_matter_of_course(capacity: CapacityData) -> None:
    """Scaled to 8 cm, the figure of a page has letters of 3 to 4 points."""
    chart = country.plot_profile(_view(capacity, "SE", "en"))
    scale = COLUMN.width / chart.get_size_inches()[0]
    assert min(t.get_fontsize() for t in chart.findobj(Text) if t.get_text()) * scale < 4


def test_what_stands_beside_a_figure_tells_finding_and_values(capacity: CapacityData) -> None:
    view = _view(capacity, "SE", "sv")
    sections = [s for s in make_brief(view).sections if s.picture]
    assert sections[0].picture is not None
    files = {f"{stem}.{ending}": content
             for stem, ending, content in make_figure_files(view, sections[0].picture)}  # fmt: skip
    assert set(files) == {
        "05_profile.csv", "05_profile-excel.csv", "05_profile-alt.txt", "05_profile-caption.txt",
        *(f"05_profile-{m.name}.{e}" for m in DOCUMENTS for e in ("svg", "png", "pdf")),
    }  # fmt: skip
    alt, caption = (files[f"05_profile-{x}.txt"].decode() for x in ("alt", "caption"))
    scores = capacity.result.scores.loc["SE"]
    for code in (view.root, *view.dimensions):
        assert f"{view.code(code)}: {scores[code]:.1f}".replace(".", ",") in alt
    finding = country.tell_profile(view)
    assert alt.startswith(finding)
    assert caption.startswith(finding)
    assert "OECD" in caption
    assert "datapackage" not in caption
    image = Image.open(io.BytesIO(files["05_profile-8cm.png"]))
    assert image.info["Description"] == alt.strip()
    assert round(image.info["dpi"][0]) == 300
    tree = ElementTree.fromstring(files["05_profile-8cm.svg"])
    assert tree.findtext(f"{SVG}title") == alt.strip()
    assert tree.findtext(f"{SVG}desc")
    words = {t.text for t in tree.iter(f"{SVG}text")}
    assert {"Kompetens", "Digital teknik"} <= words


def test_any_figure_is_laid_out_when_a_size_is_asked_for(
    tmp_path: Path, capacity: CapacityData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OUTPUT_VARIABLE, str(tmp_path))
    view = ia.open_view("30", region="SE", capacity=capacity, language="fi", runs=50)
    chart = country.plot_priorities(view)
    folder = view.settings.figures_dir / LAB_FOLDER / "SE"
    view.show(chart, "30_mine")
    assert {path.suffix for path in folder.iterdir()} == {".png", ".svg", ".csv"}
    monkeypatch.setenv(FIGURES_VARIABLE, "8cm+title")  # as a batch asks
    view.show(chart, "30_mine")
    made = {path.name for path in folder.iterdir()}
    assert {f"30_mine-8cm-title.fi.{e}" for e in ("svg", "png", "pdf")} < made
    told = (folder / "30_mine-alt.fi.txt").read_text(encoding="utf-8")
    for code in view.dimensions:
        gap = view.number(float(view.stand("SE", code, "gap")))
        assert f"Ruotsi, {view.code(code)}: {gap} (" in told
    caption = (folder / "30_mine-caption.fi.txt").read_text(encoding="utf-8")
    assert "OECD" in caption
    assert caption.rstrip().endswith("2025.")
    with pytest.raises(InnocapError, match="did you mean '8cm'"):
        view.show(chart, "30_mine", sizes=["8 cm"])


def test_a_figure_about_all_places_is_laid_out_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its page shows nothing of the index, and so has no codebook."""
    monkeypatch.setenv(OUTPUT_VARIABLE, str(tmp_path))
    view = ia.open_place_view("45")
    for name, chart in (
        ("45_eid", government.plot_levels(view, "EGOV_EID")),
        ("45_rural", government.plot_rural(view)),
    ):
        view.show(chart, name, sizes=["8cm"])
        folder = view.settings.figures_dir / LAB_FOLDER / "comparison"
        caption = (folder / f"{name}-caption.txt").read_text(encoding="utf-8")
        assert caption.rstrip().endswith("Sources: European Commission.") == (name == "45_eid")
        assert (folder / f"{name}-8cm.pdf").stat().st_size > 1000


def test_a_swedish_spreadsheet_reads_the_data(capacity: CapacityData) -> None:
    for language, delimiter, sign in (("sv", ";", ","), ("en", ",", ".")):
        view = _view(capacity, "SE", language)
        picture = next(s.picture for s in make_brief(view).sections if s.picture)
        files = {f"{stem}.{e}": data for stem, e, data in make_figure_files(view, picture)}
        text = files["05_profile-excel.csv"].decode("utf-8")
        assert text[0] == "\ufeff"
        head, *rows = csv.reader(io.StringIO(text[1:]), delimiter=delimiter)
        at = next(i for i, name in enumerate(head) if name.endswith("(0–100)"))
        plain = list(csv.DictReader(io.StringIO(files["05_profile.csv"].decode("utf-8"))))
        assert len(rows) == len(plain) == 5
        for row, own in zip(rows, plain, strict=True):
            assert view.code(own["code"]) in row
            assert re.fullmatch(rf"-?\d+({sign}\d+)?", row[at])
            assert float(row[at].replace(",", ".")) == pytest.approx(float(own["score"]), abs=1e-3)
