"""Text stays text: a hundred payloads into pages, pictures, documents, tables and a terminal."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import unicodedata
import warnings
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from openpyxl import load_workbook
from test_cli import call

from innocap_analysis import open_view
from innocap_analysis.archives import make_workbook
from innocap_analysis.batch.html import export_html
from innocap_analysis.data.datapackage import read_datapackage
from innocap_analysis.data.official.cube import load_json
from innocap_analysis.documents.figures import draw_pictures
from innocap_analysis.documents.look import TEMPLATES
from innocap_analysis.documents.save import make_brief
from innocap_analysis.documents.slides import write_slides
from innocap_analysis.documents.web import write_page
from innocap_analysis.documents.word import write_word
from innocap_analysis.documents.workbook import write_workbook
from innocap_analysis.errors import InnocapError, find_no_text, show_text
from innocap_analysis.files import read_table, read_text, write_table
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.pages.drawing.figure import Chart, start_chart, styled
from innocap_analysis.pages.figure_files import write_readable
from innocap_analysis.pages.texts import Prose, Table
from innocap_analysis.settings import load_settings

_RUN = "document.title='pwned'"
_ACTIVE = [
    f"<script>{_RUN}</script>", f"<img src=x onerror={_RUN}>", f"<svg onload={_RUN}>",
    f'"><script>{_RUN}</script>', f"'><img src=x onerror={_RUN}>", f"]]><script>{_RUN}</script>",
    f"</title><script>{_RUN}</script>", f"</style><script>{_RUN}</script>",
    f"--><script>{_RUN}</script>",
    f"<a href='javascript:{_RUN}'>a</a>", f"[a](javascript:{_RUN})", f"![a](x){{onerror={_RUN}}}",
    f'" onmouseover="{_RUN}', f"' autofocus onfocus='{_RUN}", f"<body onload={_RUN}>",
    f"<iframe srcdoc='<script>parent.{_RUN}</script>'>", "<iframe src=//example.org>",
    "<meta http-equiv=refresh content='0;url=//example.org'>", "<base href=//example.org>",
    "<link rel=stylesheet href=//example.org/a.css>", "<form action=//example.org><input>",
    f"<details open ontoggle={_RUN}>", f"<math><mtext><script>{_RUN}</script>", "<object data=x>",
    f"<![CDATA[<script>{_RUN}</script>]]>", f"<x:script xmlns:x='http://www.w3.org/1999/xhtml'>{_RUN}",
    f"&lt;script&gt;{_RUN}&lt;/script&gt;", f"&#60;script&#62;{_RUN}", f"\\<script>{_RUN}</script>",
    f"<svg><animate onbegin={_RUN} attributeName=x dur=1s>",
    f"<img src='data:image/svg+xml,<svg onload={_RUN}>'>",
    f'<a href="data:text/html,<script>{_RUN}</script>">d</a>',
    f"<a href='&#106;avascript:{_RUN}'>j</a>",
    f"<noscript><p title='</noscript><img src=x onerror={_RUN}>'>",
    f"<template><script>{_RUN}</script>",
    f"</textarea><script>{_RUN}</script>", f"<!--[if IE]><script>{_RUN}</script><![endif]-->",
    "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>&x;", f"\uff1cscript\uff1e{_RUN}",
    f"<p style='background:url(javascript:{_RUN})'>", "x}*{background:url(//example.org/a)}",
    "{% for x in range(9) %}x{% endfor %}", "{{ self.__init__ }}", "<%= 7*7 %>", "{0.__class__}",
    "$(touch x)", "`touch x`",
    f"<scr\0ipt>{_RUN}</script>", f"<ſcript>{_RUN}</ſcript>", f"`<script>{_RUN}</script>`",
    "<style>@import '//example.org';</style>", f"{{{{ {_RUN} }}}}", "{% raw %}", "${7*7}", "%s%n",
]  # fmt: skip
_MATHS = [
    "$x$", "$$x$$", r"$\frac{1}{0}$", "$", "$$", r"costs $5 and $6", r"\(x\)", r"\[x\]",
    rf"$\text{{<script>{_RUN}</script>}}$", rf"$\href{{javascript:{_RUN}}}{{x}}$", r"$\input{x}$",
    "_a_^b^", r"$\def\x{\x}\x$", r"\begin{align}x\end{align}", r"$\unicode{60}$", r"\write18{x}",
    r"$\sqrt[3}{$", "$^$_$",
]  # fmt: skip
_FORMULAS = [
    "=1+1",
    '=HYPERLINK("//example.org")',
    "+1",
    "-1+2",
    "@SUM(A1)",
    "=cmd|'/c x'!A1",
    '=DDE("cmd";"/C x";"x")',
    '=WEBSERVICE("//example.org")',
    "=\u20281+1",
]
_MARKS = ["\x1b[2Jx", "\x1b]0;x\x07", "\r\nx", "a\u202ecod.exe", "a\u2066b\u2069", "\u200fa",
          "a\tb", "\x7f\x9bx", "\ufeffa", "\x13 DATE \x14x\x15", "\x1bP+q544e\x1b\\",
          "a\u200b\u2060b",
          "e" + "\u0301" * 99, "\U000e0041", "\u2028\u2029", "\u061ca", '{ DDEAUTO c:\\x "/k" }',
          "{ INCLUDETEXT x }"]  # fmt: skip
PAYLOADS = [*_ACTIVE, *_MATHS, *_FORMULAS, *_MARKS]
_OWN = {"script", "iframe", "object", "base", "link", "form", "input", "embed"}


class _Finder(HTMLParser):
    """Lists what a page would run or ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.found += [tag] if tag in _OWN else []
        self.found += [f"{tag} {name}" for name in told if name.startswith("on")]
        for name in ("href", "src", "action", "srcdoc"):
            # A link is followed by who clicks it; the rest is loaded or run.
            runs = r"\s*javascript:" if name == "href" else r"\s*(javascript:|//|https?:)"
            if re.match(runs, told.get(name) or ""):
                self.found.append(f"{tag} {name}={told[name]}")


def find_active(page: str) -> list[str]:
    """List what a page would run or ask for."""
    finder = _Finder()
    finder.feed(page)
    return finder.found


def make_page() -> str:
    """Return a page with every payload as cell, heading, caption, prose, output and code."""
    cells = [new_markdown_cell("# A page")]
    for text in PAYLOADS:
        table = Table(pd.DataFrame({text: [text]}), (False,), caption=text)
        prose = Prose(f"- {text}")
        shown = [
            new_output("display_data", {"text/html": table._repr_html_()}),
            new_output("display_data", {"text/markdown": prose._repr_markdown_()}),
            new_output("stream", name="stdout", text=text),
            new_output("display_data", {"text/plain": text}),
        ]
        cells.append(new_code_cell(f"x = {text!r}", outputs=shown))
    return export_html(new_notebook(cells=cells), "en")


@pytest.fixture(scope="module")
def page() -> str:
    """Return a page of payloads."""
    return make_page()


def test_there_are_a_hundred_kinds() -> None:
    assert len(set(PAYLOADS)) >= 100


@pytest.mark.parametrize("mark", ["\ud800", "\ufeff", "\ufffe", "\uffff", "\x0b", "\x1b"])
def test_what_is_no_character_is_refused_where_it_is_read(mark: str, tmp_path: Path) -> None:
    """XML 1.0, section 2.2: no document could hold it. JSON and YAML can, as an escape."""
    code = f"{ord(mark):04x}"
    for name, read in (("datapackage.json", lambda file: read_datapackage(file.parent)),
                       ("figures.json", lambda file: load_json(file.read_bytes(), file.name)),
                       ("innocap.yml", load_settings)):  # fmt: skip
        file = tmp_path / name
        file.write_text(f'{{"title": "a\\u{code}"}}', encoding="ascii")
        with pytest.raises(InnocapError, match=f"U\\+{code.upper()} is no character of a text"):
            read(file)
    if mark != "\ud800":  # UTF-8 has no bytes for it
        file = tmp_path / "names.csv"
        file.write_text(f"code,label_en\nX,a{mark}\n", encoding="utf-8")
        with pytest.raises(
            InnocapError, match=f"line 2: U\\+{code.upper()} is no character of a text"
        ):
            read_text(file)


def test_no_payload_runs_or_asks_for_anything(page: str) -> None:
    assert find_active(page) == find_active(export_html(new_notebook(), "en"))
    assert "script-src 'none'" in page


def test_a_page_runs_the_scripts_that_it_was_made_with_and_no_other() -> None:
    # Content Security Policy Level 3, section 8.4: the hash of a script element's text.
    output = new_output("display_data", {"text/html": "<script>alert(1)</script>"})
    made = export_html(new_notebook(cells=[new_code_cell("x", outputs=[output])]), "en")
    digest = base64.b64encode(hashlib.sha256(b"alert(1)").digest()).decode()
    assert f"script-src 'sha256-{digest}'" in made


def test_a_parser_sees_what_would_run() -> None:
    seen = [text for text in _ACTIVE[:25] if find_active(f"<p>{text}</p>")]
    assert len(seen) > 15


@styled
def _draw(texts: list[str]) -> Chart:
    data = pd.DataFrame({"a": texts})
    chart, (ax,) = start_chart(texts[0], texts[1], height=4.0, data=data, note=texts[2])
    ax.set_yticks(range(len(texts)), texts)
    ax.set_title(texts[3])
    return chart


def test_a_picture_of_payloads_is_a_picture() -> None:
    for first in range(0, len(PAYLOADS) - 3, 20):
        tree = ET.fromstring(_draw(PAYLOADS[first : first + 20]).to_svg())
        tags = {element.tag.split("}")[-1] for element in tree.iter()}
        assert not tags & {"script", "foreignObject", "image", "iframe"}
        assert not [a for element in tree.iter() for a in element.attrib if a.startswith("on")]


def test_no_payload_is_a_formula_or_breaks_a_workbook() -> None:
    data = make_workbook({"a": [[text] for text in PAYLOADS]})
    sheet = load_workbook(io.BytesIO(data))["a"]
    cells = [row[0] for row in sheet.iter_rows()]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in cells if cell.value in _FORMULAS] == _FORMULAS


def test_no_payload_runs_or_is_a_field_in_a_document(capacity: CapacityData) -> None:
    table, n = capacity.codebook.table, len(capacity.codebook.table)
    told = [text for text in PAYLOADS if not find_no_text(text)]  # no label that is read holds it
    labels = [" ".join(told[at::n]) for at in range(n)]
    book = replace(capacity.codebook, table=table.assign(label_en=labels))
    own = capacity.with_codebook(book)
    brief = make_brief(open_view("05", region="SE", capacity=own, runs=20))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such labels leave a figure little room
        pictures = draw_pictures(brief, outlined=True)
        files = [
            write_word(brief, TEMPLATES / "brief.docx", draw_pictures(brief, outlined=False)),
            write_slides(brief, TEMPLATES / "brief.pptx"),
            write_workbook(brief),
        ]
        page = write_page(brief, pictures)
    assert set(find_active(page)) == {"link"}  # its empty icon
    assert page.count("pwned") > 20
    told = 0
    for data in files:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                if not name.endswith((".xml", ".rels")):
                    continue
                for element in ET.fromstring(archive.read(name)).iter():
                    tag = element.tag.split("}")[-1]
                    text = "".join([element.text or "", *element.attrib.values()])
                    told += "pwned" in text
                    assert tag not in ("script", "oleObject", "control", "altChunk")
                    assert element.get("TargetMode") != "External"
                    if tag in ("instrText", "fldSimple", "f"):  # fields and formulas
                        assert re.match(r"\W*(SEQ|PAGE|NUMPAGES|\w+!\$)", text.split("}")[-1]), text
    assert told > 40


def test_no_label_is_a_formula_in_what_is_written_for_spreadsheets(capacity: CapacityData) -> None:
    codes = list(capacity.codebook.parents)
    labels = dict(zip(codes, _FORMULAS, strict=False))
    named = pd.Series(labels).reindex(capacity.codebook.table.index).fillna("x")
    book = replace(capacity.codebook, table=capacity.codebook.table.assign(label_en=named))
    view = open_view("05", region="SE", capacity=capacity.with_codebook(book), runs=20)
    columns = ["score", "reference_median", "gap_to_median", "gap_low", "gap_high",
               "reference_rank", "reference_n"]  # fmt: skip
    data = pd.DataFrame({"code": codes, "unit": "SE"}).assign(**dict.fromkeys(columns, -1.0))
    rows = list(csv.reader(io.StringIO(write_readable(view, data))))[1:]
    for label, row in zip(labels.values(), rows, strict=True):
        assert f"'{label}" in row
        assert not [cell for cell in row if re.match(r"[=+@]|-(?!1$)", cell)]


def test_a_table_of_payloads_is_read_as_it_was_written(tmp_path: Path) -> None:
    own = [text for text in PAYLOADS if "\0" not in text and "\r" not in text]
    path = write_table(tmp_path / "a.csv", pd.DataFrame({"said": own, "n": range(len(own))}))
    assert read_table(path, said="str")["said"].tolist() == own
    with path.open(encoding="utf-8", newline="") as stream:
        assert [len(row) for row in csv.reader(stream)] == [2] * (len(own) + 1)


def _list_obeyed(text: str) -> Iterator[str]:
    # Categories of Unicode: control characters; formatting ones that have a direction.
    for mark in text:
        kind = unicodedata.category(mark)
        directed = unicodedata.bidirectional(mark) in {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI",
                                                       "RLI", "FSI", "PDI"}  # fmt: skip
        if (kind == "Cc" and mark not in "\n\t") or directed or mark in "\u200e\u200f\u061c":
            yield mark


def test_a_terminal_obeys_no_payload(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not list(_list_obeyed(show_text("".join(PAYLOADS))))
    assert list(_list_obeyed("".join(PAYLOADS)))
    name = "a\x1b[2J\u202e\x1b]0;x\x07.csv"
    (project / name).write_text("SKL1\n1\n", encoding="utf-8")
    for arguments in (
        ("import", str(project / name)),
        ("report", "-n", name),
        ("report", "--runs", name),
    ):
        code, out, err = call(capsys, *arguments)
        assert code == 2
        assert not list(_list_obeyed(out + err))
