"""Figures for documents: letters large enough at their size, nothing overlapping or cut off."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

import innocap_analysis as ia
from innocap_analysis.documents.figures import make_figure_files
from innocap_analysis.documents.save import make_brief
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.pages import comparison, country
from innocap_analysis.pages.drawing.figure import Chart
from innocap_analysis.pages.drawing.lettering import Ruler
from innocap_analysis.pages.drawing.medium import COLUMN, DOCUMENTS, SMALLEST, Medium
from innocap_analysis.pages.index_view import IndexView
from tests.test_figures import list_drawn_texts

CHARTS: dict[str, tuple[Callable[[IndexView], Chart], str | None]] = {
    "profile": (country.plot_profile, "SE"),
    "priorities": (country.plot_priorities, "IE"),
    "dimensions": (comparison.plot_dimensions, None),
}
SVG = "{http://www.w3.org/2000/svg}"
WIDTHS = {"8cm": 8 / 2.54, "16cm": 16 / 2.54, "slide": 12.0}


def _view(capacity: CapacityData, region: str | None, language: str) -> IndexView:
    return ia.open_view("05", region=region, language=language, capacity=capacity, runs=50)


def _draw(
    capacity: CapacityData, name: str, language: str, medium: Medium
) -> tuple[Chart, list[tuple[Text, Bbox]]]:
    draw, region = CHARTS[name]
    chart = draw(_view(capacity, region, language).lay_out_for(medium))
    chart.to_svg()
    ruler = Ruler(chart)
    return chart, [(t, t.get_window_extent(ruler)) for t in list_drawn_texts(chart)]


@pytest.mark.parametrize("language", ["en", "sv", "fi", "fr"])
@pytest.mark.parametrize("name", CHARTS)
def test_letters_can_be_read_and_none_meet(
    capacity: CapacityData, name: str, language: str
) -> None:
    for medium in DOCUMENTS:
        chart, texts = _draw(capacity, name, language, medium)
        assert chart.get_size_inches()[0] == pytest.approx(WIDTHS[medium.name], abs=0.004)
        assert len(texts) > 8
        width, height = chart.bbox.size
        for text, box in texts:
            about = f"{medium.name} {text.get_text()!r}"
            assert text.get_fontsize() >= SMALLEST, about
            assert box.x0 >= 0, about
            assert box.y0 >= 0, about
            assert box.x1 <= width, about
            assert box.y1 <= height, about
        for (one, a), (other, b) in itertools.combinations(texts, 2):
            meet = Bbox.intersection(a, b)
            wide, tall = (meet.width, meet.height) if meet else (0, 0)
            assert min(wide, tall) < 1, f"{medium.name}: {one.get_text()!r}, {other.get_text()!r}"


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
        *(f"05_profile-{m}.{e}" for m in WIDTHS for e in ("svg", "png")),
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


def test_a_swedish_spreadsheet_reads_the_data(capacity: CapacityData) -> None:
    for language, delimiter, sign in (("sv", ";", ","), ("en", ",", ".")):
        view = _view(capacity, "SE", language)
        picture = next(s.picture for s in make_brief(view).sections if s.picture)
        files = {f"{stem}.{e}": data for stem, e, data in make_figure_files(view, picture)}
        text = files["05_profile-excel.csv"].decode("utf-8")
        assert text[0] == "\ufeff"
        head, *rows = csv.reader(io.StringIO(text[1:]), delimiter=delimiter)
        assert head[1].endswith("(0–100)")
        plain = list(csv.DictReader(io.StringIO(files["05_profile.csv"].decode("utf-8"))))
        assert len(rows) == len(plain) == 5
        for row, own in zip(rows, plain, strict=True):
            assert row[0] == view.code(own["code"])
            assert re.fullmatch(rf"-?\d+({sign}\d+)?", row[1])
            assert float(row[1].replace(",", ".")) == pytest.approx(float(own["score"]), abs=1e-3)
