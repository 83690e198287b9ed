"""Briefs read back from their files: each number is that of the raw figures, nothing runs."""

from __future__ import annotations

import io
import itertools
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pikepdf
import pytest
from docx import Document
from docx.oxml.ns import qn
from pptx import Presentation

import innocap_analysis as ia
from innocap_analysis.documents.brief import FORMATS, Brief, check_formats
from innocap_analysis.documents.figures import draw_pictures
from innocap_analysis.documents.look import TEMPLATES, find_template
from innocap_analysis.documents.save import make_brief, save_brief
from innocap_analysis.documents.slides import write_slides
from innocap_analysis.documents.web import print_page, write_page
from innocap_analysis.documents.word import write_word
from innocap_analysis.documents.workbook import write_workbook
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.settings import OUTPUT_VARIABLE, PUBLISH_VARIABLE, load_settings
from tests.pages.oracle import consult

TABLES = 4


def _open(capacity: CapacityData, region: str | None, language: str) -> Brief:
    return make_brief(ia.open_view("05", region=region, language=language, capacity=capacity,
                                   runs=100))  # fmt: skip


def _save(brief: Brief, folder: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(OUTPUT_VARIABLE, str(folder))
        patch.setenv(PUBLISH_VARIABLE, "1")
        save_brief(brief, FORMATS)
    return folder / "reports" / brief.view.folder


@pytest.fixture(scope="module")
def swedish(capacity: CapacityData) -> Brief:
    """Return the Swedish brief about Sweden."""
    return _open(capacity, "SE", "sv")


@pytest.fixture(scope="module")
def saved(swedish: Brief, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that holds it in every format."""
    return _save(swedish, tmp_path_factory.mktemp("documents"))


def _read(text: str) -> float:
    """Return the number that a Swedish cell holds."""
    return float(re.sub(r"[†\s]", "", text).replace("−", "-").replace(",", "."))


def _rows(table: Any) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def _check_profile(rows: list[list[str]]) -> None:
    """Compare the table of dimensions with scores, gaps and ranks from the raw files."""
    o = consult()
    for code, row in zip((o.root, *o.dimensions), rows[1:], strict=True):
        told = [_read(cell) for cell in row[1:6]]
        want = [o.score("SE", code), o.median(code), o.gap("SE", code), o.rank("SE", code)]
        assert told[:4] == pytest.approx(want, abs=0.0501)
        assert told[4] == sum(x == x for x in o.scores[code])


def test_word_has_headings_captions_header_rows_and_alternative_texts(saved: Path) -> None:
    document = Document(str(saved / "brief.sv.docx"))
    assert document.core_properties.title == "Sverige: Innovationsförmåga i offentlig sektor"
    assert {x.get(qn("w:val")) for x in document.styles.element.iter(qn("w:lang"))} == {"sv-SE"}
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert len(headings) == 8
    assert headings[0] == "Profil"
    captions = [
        "".join(t.text for t in p._p.iter(qn("w:t")))
        for p in document.paragraphs
        if p.style.name == "Caption"
    ]
    assert [c.split(". ")[0] for c in captions] == [
        "Figur 1", "Tabell 1", "Tabell 2", "Figur 2", "Tabell 3", "Tabell 4"
    ]  # fmt: skip
    assert len(document.tables) == TABLES
    _check_profile(_rows(document.tables[0]))
    for table in document.tables:
        head, *body = table.rows
        assert head._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.find(f".//{qn('w:tblHeader')}") is None for row in body)
        # LibreOffice 7.4 loses rows that may not split; a short table stays whole without that.
        assert not list(table._tbl.iter(qn("w:cantSplit")))
        kept = [row.cells[0].paragraphs[0].paragraph_format.keep_with_next for row in table.rows]
        assert kept == [True] * (len(kept) - 1) + [None]
    pictures = list(document.element.body.iter(qn("wp:docPr")))
    assert len(pictures) == 2
    score = f"{consult().score('SE', 'SKL'):.1f}".replace(".", ",")
    assert f"Kompetens: {score} (median" in pictures[0].get("descr")


def test_slides_have_one_message_native_charts_tables_and_notes(saved: Path) -> None:
    o, deck = consult(), Presentation(str(saved / "brief.sv.pptx"))
    slides = list(deck.slides)
    assert len(slides) == 1 + 8
    charts = [s.chart for slide in slides for s in slide.shapes if s.has_chart]
    assert len(charts) == 2
    own, median = charts[0].plots[0].series
    nodes = (o.root, *o.dimensions)
    assert list(own.values) == pytest.approx([o.score("SE", c) for c in nodes], abs=1e-9)
    assert list(median.values) == pytest.approx([o.median(c) for c in nodes], abs=1e-9)
    gaps = sorted(o.gap("SE", c) for c in o.dimensions)
    assert list(charts[1].plots[0].series[0].values) == pytest.approx(gaps, abs=1e-9)
    for slide in slides:
        assert slide.shapes.title.text
        assert slide.notes_slide.notes_text_frame.text
        frames = [s for s in slide.shapes if s.has_chart or s.has_table]
        for frame in frames:
            assert len(frame._element.nvGraphicFramePr.cNvPr.get("descr")) > 10
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + shape.height <= deck.slide_height
    tables = [s.table for slide in slides for s in slide.shapes if s.has_table]
    assert len(tables) == 3
    assert all(table.first_row for table in tables)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_on_a_slide_lies_over_another(capacity: CapacityData, language: str) -> None:
    made = write_slides(_open(capacity, None, language), TEMPLATES / "brief.pptx")
    for slide in Presentation(io.BytesIO(made)).slides:
        shown = sorted(slide.shapes, key=lambda shape: shape.top)
        for above, below in itertools.pairwise(shown):
            assert above.top + above.height <= below.top, slide.shapes.title.text


def test_the_workbook_holds_every_number_with_its_id_and_no_formula(
    saved: Path, swedish: Brief
) -> None:
    book = openpyxl.load_workbook(saved / "brief.sv.xlsx")
    assert not [c.coordinate for s in book for row in s for c in row if c.data_type == "f"]
    head, *rows = book["Alla siffror"].iter_rows(values_only=True)
    assert head[-1] == "Id i results.csv"
    facts = swedish.view.ledger.facts
    assert {row[-1] for row in rows} == set(facts)
    o, seen = consult(), 0
    for row in rows:
        fact = facts[row[-1]]
        assert row[3] == pytest.approx(fact.value, rel=1e-12)
        assert row[9] == ", ".join(fact.sources) or (row[9] is None and not fact.sources)
        if fact.measure in ("score", "gap"):
            want = getattr(o, fact.measure)(fact.unit, fact.code)
            assert row[3] == pytest.approx(want, abs=1e-9)
            seen += 1
    assert seen > 25
    assert "0.0" in {c.number_format for c in book["Profil"]["B"]}


def test_text_that_looks_like_a_formula_or_a_link_stays_text(swedish: Brief) -> None:
    hostile = '=HYPERLINK("https://example.org","x")'
    brief = replace(swedish, headline=hostile, title="=1+1")
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(brief)))
    cells = [cell for sheet in book for row in sheet for cell in row]
    assert {c.data_type for c in cells if c.value == hostile} == {"s"}
    assert not [c for c in cells if c.data_type == "f" or c.hyperlink]
    page = write_page(replace(brief, headline="<script>alert(1)</script>"), _pictures(brief))
    assert "<script" not in page


def _pictures(brief: Brief) -> dict[str, tuple[bytes, str]]:
    return {s.picture.name: (b"<svg/>", "") for s in brief.sections if s.picture}


def _walk(node: Any) -> Iterator[Any]:
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from _walk(kid)


def _list_kids(node: pikepdf.Dictionary) -> list[int]:
    kids = node.get("/K", [])
    return [k for k in (kids if isinstance(kids, pikepdf.Array) else [kids]) if isinstance(k, int)]


def test_the_pdf_is_tagged_and_says_language_title_and_alternative_texts(
    saved: Path, swedish: Brief
) -> None:
    with pikepdf.open(saved / "brief.sv.pdf") as pdf:
        root = pdf.Root
        assert root.MarkInfo.Marked
        assert str(root.Lang) == "sv"
        assert root.ViewerPreferences.DisplayDocTitle
        with pdf.open_metadata() as about:
            assert about["dc:title"] == "Sverige: Innovationsförmåga i offentlig sektor"
            assert about["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"
        nodes = list(_walk(root.StructTreeRoot))
        kinds = [str(node.S) for node in nodes]
        alts = [str(node.Alt) for node in nodes if str(node.S) == "/Figure"]
        assert alts == [s.picture.alt for s in swedish.sections if s.picture]
        assert kinds.count("/Table") == TABLES
        assert kinds.count("/H1") == 1
        assert kinds.count("/H2") == 8
        heads = [len(s.grid.heads) for s in swedish.sections if s.grid]
        scoped = [n for n in nodes if str(n.S) == "/TH"]
        assert len(scoped) == sum(heads)
        known = {str(n.ID) for n in scoped}
        cells = [n for n in nodes if str(n.S) == "/TD"]
        assert len(cells) == sum(len(s.grid.heads) * len(s.grid.rows)
                                 for s in swedish.sections if s.grid)  # fmt: skip
        assert all({str(one) for one in n.A.Headers} <= known and n.A.Headers for n in cells)
        for number, page in enumerate(pdf.pages, start=1):
            told = {int(k) for n in nodes if n.get("/Pg") == page.obj for k in _list_kids(n)}
            marks = [
                c.operands for c in pikepdf.parse_content_stream(page) if f"{c.operator}" == "BDC"
            ]
            assert {int(about.MCID) for _, about in marks if "/MCID" in about} == told, number
            apart = [tag for tag, about in marks if about.get("/Type") == "/Pagination"]
            assert apart == ["/Artifact"]  # the page's number, which nobody is read
        fonts = {str(f.BaseFont) for page in pdf.pages for f in page.Resources.Font.values()}
        assert {font.partition("+")[2] for font in fonts} == {
            "Brief",
            "Brief-Bold",
        }  # ours, embedded


def test_the_page_asks_for_nothing_and_links_its_other_forms(saved: Path) -> None:
    page = (saved / "05_in_brief.sv.html").read_text(encoding="utf-8")
    assert '<html lang="sv">' in page
    assert "default-src 'none'" in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert page.count('alt="') == 2
    assert page.count("<th scope=") == sum(line.count("<th") for line in page.splitlines()) - (
        page.count("<thead>")
    )
    for name in FORMATS[1:]:
        assert f'href="brief.sv.{name}"' in page


def test_the_same_brief_is_the_same_bytes(
    saved: Path, capacity: CapacityData, tmp_path: Path
) -> None:
    again = _save(_open(capacity, "SE", "sv"), tmp_path)
    for name in FORMATS:
        file = "05_in_brief.sv.html" if name == "html" else f"brief.sv.{name}"
        own = (saved / file).read_bytes()
        assert own == (again / file).read_bytes(), name
        if name in ("docx", "pptx", "xlsx"):
            with zipfile.ZipFile(io.BytesIO(own)) as archive:
                assert {info.date_time[0] for info in archive.infolist()} == {1980}


def test_the_results_are_the_same_whatever_is_written(
    swedish: Brief, saved: Path, capacity: CapacityData, tmp_path: Path
) -> None:
    page = _open(capacity, "SE", "sv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(OUTPUT_VARIABLE, str(tmp_path))
        patch.setenv(PUBLISH_VARIABLE, "1")
        save_brief(page, ["html"])
    assert page.view.ledger.to_csv() == swedish.view.ledger.to_csv()
    assert sorted(p.name for p in (tmp_path / "reports" / "SE").iterdir()) == [
        "05_in_brief.sv.html"
    ]


def test_all_countries_have_a_brief_too(capacity: CapacityData) -> None:
    o, brief = consult(), _open(capacity, None, "en")
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(brief)))
    rows = list(book["Profile"].iter_rows(values_only=True))[1:]
    order = sorted(("SE", "FI", "IE", "CA"), key=lambda u: -o.score(u, o.root))
    for unit, row in zip(order, rows, strict=True):
        want = [o.score(unit, c) for c in (o.root, *o.dimensions)]
        assert list(row[1:6]) == pytest.approx(want, abs=1e-9)


def test_the_first_messages_are_the_verdicts(capacity: CapacityData) -> None:
    o = consult()
    words = {
        "ahead": "above the median", "behind": "below the median",
        "about even": "about as much as the median", "rests on one": "a single figure",
    }  # fmt: skip
    for unit in ("SE", "FI", "IE", "CA"):
        brief = _open(capacity, unit, "en")
        assert brief.headline.startswith(f"{o.score(unit, o.root):.1f} of 100 points")
        assert words[brief.view.verdict(unit, o.root)] in brief.headline
        code, status, _ = o.priority(unit)
        label = o.node[code]["label_en"]
        assert label.casefold() in dict(brief.messages)["Where to start"].casefold(), status


def test_an_office_template_is_used_or_refused(
    swedish: Brief, project: Path, tmp_path: Path
) -> None:
    config = project / "innocap.yml"
    config.write_text("templates: {docx: own.docx}\n" + config.read_text("utf-8"), "utf-8")
    with pytest.raises(InnocapError, match=r"line 1, templates\.docx: there is no file"):
        find_template(load_settings(), "docx")
    own = Document(str(TEMPLATES / "brief.docx"))
    own.add_paragraph("A leaflet of the office")
    own.sections[0].header.paragraphs[0].text = "The office"
    own.save(str(project / "own.docx"))
    made = write_word(swedish, find_template(load_settings(), "docx"),
                      draw_pictures(swedish, outlined=False))  # fmt: skip
    document = Document(io.BytesIO(made))
    assert document.sections[0].header.paragraphs[0].text == "The office"
    assert not any("leaflet" in p.text for p in document.paragraphs)
    Document().save(str(tmp_path / "bare.docx"))
    (tmp_path / "none.docx").write_bytes(b"no document")
    for name, told in (("bare", "lacks the styles Kicker, Message"), ("none", "no template")):
        with pytest.raises(InnocapError, match=told):
            write_word(swedish, tmp_path / f"{name}.docx", {})


def test_formats_are_checked() -> None:
    assert check_formats(["xlsx", "pdf", "pdf"]) == ["pdf", "xlsx"]
    with pytest.raises(InnocapError, match=r"'doc'.*did you mean 'docx'"):
        check_formats(["doc"])


def test_without_weasyprint_and_browser_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "innocap_analysis.documents.web"
    monkeypatch.setattr(f"{name}.find_obstacle", lambda: "cannot load library 'libpango'")
    monkeypatch.setattr(f"{name}._find_browser", lambda: None)
    with pytest.raises(InnocapError, match=r"libpango.*install Pango.*leave pdf out of --format"):
        print_page("<p>x</p>")


def test_libreoffice_opens_all_of_them(saved: Path, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("no LibreOffice found")
    files = [saved / f"brief.sv.{name}" for name in ("docx", "pptx", "xlsx")]
    for file in files:
        shutil.copy(file, tmp_path / f"{file.suffix[1:]}{file.suffix}")
    profile = (tmp_path / "profile").as_uri()
    command = [office, f"-env:UserInstallation={profile}", "--headless", "--convert-to", "pdf",
               "--outdir", str(tmp_path), *(str(tmp_path / f"{f.suffix[1:]}{f.suffix}")
                                            for f in files)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    pages = {}
    for file in files:
        with pikepdf.open(tmp_path / f"{file.suffix[1:]}.pdf") as pdf:
            pages[file.suffix] = len(pdf.pages)
    assert pages[".pptx"] == 9
    assert 3 <= pages[".docx"] <= 5
    assert pages[".xlsx"] >= 6


def test_settings_know_only_two_kinds_of_templates(project: Path) -> None:
    config = project / "innocap.yml"
    config.write_text("templates: {odt: own.odt}\n" + config.read_text("utf-8"), "utf-8")
    with pytest.raises(InnocapError, match=r"line 1, templates\.odt"):
        load_settings()
