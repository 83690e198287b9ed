"""Pages hold their pictures and formulas, and money stays money."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from innocap_analysis.batch.bundle import pack_project
from innocap_analysis.batch.html import export_html
from innocap_analysis.batch.prose import (
    Pictures,
    find_file,
    list_pictures,
    render_formula,
    render_latex,
)
from innocap_analysis.settings import load_settings

DOT = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
WORDS = {"missing": "Not found:", "elsewhere": "Elsewhere:"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of notebooks with pictures in, below and above it."""
    place = tmp_path / "notebooks"
    (place / "in here").mkdir(parents=True)
    for name in ("logo.png", "in here/a b.jpeg", "dot.gif"):
        (place / name).write_bytes(DOT)
    (tmp_path / "up.svg").write_bytes(SVG)
    (place / "table.csv").write_text("a")
    return place


def show(text: str, folder: Path, attachments: dict | None = None) -> str:
    more = {"attachments": attachments} if attachments else {}
    page = export_html(new_notebook(cells=[new_markdown_cell(text, **more)]), "en", folder=folder)
    return page[page.index('<main id="content">') :]


@pytest.mark.parametrize(
    ("text", "kind", "data"),
    [
        ("![a](logo.png)", "png", DOT),
        ('![a](logo.png "title")', "png", DOT),
        ("![a](./logo.png?raw=true)", "png", DOT),
        ("![a](<in here/a b.jpeg>)", "jpeg", DOT),
        ("![a](in%20here/a%20b.jpeg)", "jpeg", DOT),
        ("![a](../up.svg)", "svg+xml", SVG),
        ("![a][r]\n\n[r]: dot.gif", "gif", DOT),
        ('<img src="logo.png" alt="a">', "png", DOT),
        ("text <IMG width=5 alt=a SRC='logo.png' srcset=\"logo.png 2x\"> text", "png", DOT),
        ('<div>\n<img\n src=logo.png alt="a"/>\n</div>', "png", DOT),
        ("[![a](logo.png)](https://example.org)", "png", DOT),
        ("![a](attachment:im.png)", "png", DOT),
        ('<img src="attachment:im.png" alt="a">', "png", DOT),
        ("![a](attachment:v.svg)", "svg+xml", SVG),
        ("| p |\n|---|\n| ![a](logo.png) |", "png", DOT),
    ],
)
def test_pictures_are_inside_the_page(folder: Path, text: str, kind: str, data: bytes) -> None:
    attachments = {"im.png": {"image/png": base64.b64encode(DOT).decode()},
                   "v.svg": {"image/svg+xml": SVG.decode()}}  # fmt: skip
    page = show(text, folder, attachments)
    (picture,) = BeautifulSoup(page, "html.parser").find_all("img")
    assert picture["src"] == f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    assert picture["alt"] == "a"
    assert "srcset" not in page


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("![the logo](gone.png)", "Picture not found: gone.png (the logo)"),
        ('<img src="gone.png">', "Picture not found: gone.png"),
        ("![a](attachment:gone.png)", "Picture not found: attachment:gone.png (a)"),
        ("![a](table.csv)", "Picture not found: table.csv (a)"),
        ("![a](https://example.org/a.png)", "Picture elsewhere, not loaded:"),
        ('<img src="//example.org/a.png">', "Picture elsewhere, not loaded:"),
    ],
)
def test_a_picture_that_is_not_there_is_named(folder: Path, text: str, told: str) -> None:
    page = show(text, folder)
    assert "<img" not in page
    assert told in re.sub(r"<[^>]+>", "", page)


def test_outputs_are_treated_as_prose_is(folder: Path) -> None:
    data = [{"text/html": '<img src="logo.png">'}, {"text/markdown": "![a](logo.png) $x$"},
            {"text/latex": "$y$"}]  # fmt: skip
    outputs = [new_output("display_data", data=one) for one in data]
    cells = [new_code_cell("1", outputs=outputs)]
    page = export_html(new_notebook(cells=cells), "en", folder=folder)
    assert page.count('src="data:image/png') == 2
    assert page.count("<math") == 2


def test_headings_are_letters(folder: Path) -> None:
    page = show("# Örnsköldsvik \u9e7f &#55296; &#60;", folder)
    assert re.search("<h1[^>]*>Örnsköldsvik \u9e7f \ufffd &(#60|lt);<", page)


@pytest.mark.parametrize(
    "text",
    [
        "<div><table><tr><td>a", "</div></main>a", "<!-- a", "<b>a</b></div><div>", "<p>a<p>b",
        "<textarea>a", "<ul><li>a", "<DIV>a", '<a href="/>">a',
    ],
)  # fmt: skip
@pytest.mark.parametrize("prose", [True, False])
def test_what_a_cell_shows_ends_with_its_box(text: str, prose: bool) -> None:
    shown = new_output("display_data", data={"text/html": text})
    cell = new_markdown_cell(text) if prose else new_code_cell("1", outputs=[shown])
    after = new_code_cell("2", outputs=[new_output("stream", text="the end")])
    read = BeautifulSoup(export_html(new_notebook(cells=[cell, after]), "en"), "html.parser")
    assert read.main is not None
    boxes = read.main.find_all("div", recursive=False)
    assert len(boxes) == 2
    assert "the end" in boxes[1].text
    assert [told.name for told in read.main.find_all(True, recursive=False)][2:] == ["details"]


def test_pictures_without_a_description_say_so_in_the_language_of_the_page(folder: Path) -> None:
    made = "<script>x = '<img src=\"logo.png\">'</script>"
    images = (
        '<img src="logo.png">', "<img src='logo.png' title=\"no alt=\" >",
        "<img alt='b' src=logo.png>",
    )  # fmt: skip
    html = "".join((*images, made))
    outputs = [new_output("display_data", data={"text/html": html}),
               new_output("display_data", data={"image/png": "YQ=="})]  # fmt: skip
    page = export_html(
        new_notebook(cells=[new_code_cell("1", outputs=outputs)]), "sv", folder=folder
    )
    read = BeautifulSoup(page, "html.parser")
    told = [picture.get("alt") for picture in read.find_all("img")]
    assert told == [*["Bild utan beskrivning"] * 2, "b", "Bild utan beskrivning"]
    assert "alt=" not in read.script.text


def test_a_page_forbids_itself_to_load_anything(folder: Path) -> None:
    page = export_html(new_notebook(), "en", folder=folder)
    assert "Content-Security-Policy" in page
    for told in ("default-src 'none'; img-src data:;", "base-uri 'none'; form-action 'none'"):
        assert told in page


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("an $x^2$ and $y$.", 2),
        ("$$x$$", 1),
        ("text $$x$$ text", 1),
        ("$$\na \\\\\n- b\n$$", 1),
        (r"\(x\) and \\(y\\)", 2),
        (r"\[x\]", 1),
        ("\\begin{align}\na &= b \\\\\n  &= c\n\\end{align}", 1),
        ("| a |\n|---|\n| $x_1$ |", 1),
        ("- **$x$**\n\n> $y$", 2),
        # pandoc: no space inside the dollars, no digit after the closing one
        ("It costs $5 and $6.", 0),
        ("$5-$10, 5 $ and 6 $, US$ 5, $20,000 and $30,000", 0),
        ("US$5 or A$6", 0),
        (r"\$5 and \$6", 0),
        ("`$x$`, ``$$`` and `$$`, costs $5 `$HOME$`", 0),
        ("```\n$x$\n$$y$$\n```\n\n    $z$", 0),
    ],
)
def test_formulas_are_told_from_money_and_code(folder: Path, text: str, count: int) -> None:
    page = show(text, folder)
    assert page.count("<math") == count
    assert page.count('class="formula"') == 0
    if not count:
        plain = re.sub(r"<[^>]+>", "", page)
        assert plain.count("$") == text.replace("``$$``", "$$").count("$")


def test_formulas_are_mathml() -> None:
    # MathML Core, W3C: a fraction's children are its numerator and its denominator.
    made = render_formula(r"\frac{1}{n}")
    assert "<mfrac><mrow><mn>1</mn></mrow><mrow><mi>n</mi></mrow></mfrac>" in made
    assert 'display="block"' in render_formula("x", block=True)
    # MathJax numbers no line unless asked to.
    assert "(1)" not in render_formula(r"\begin{align}a&=b\label{e}\end{align}")


@pytest.mark.parametrize(
    "text",
    [r"\nosuchcommand{x}", r"\begin{bmatrix}a", r"\text{<img src=x onerror=alert(1)>}",
     r"\text{<script/>}", r"\href{javascript:alert(1)}{x}", "\\"],
)  # fmt: skip
def test_what_is_no_formula_stays_as_it_was_written(text: str) -> None:
    made = render_formula(text)
    assert made.startswith('<code class="formula">')
    assert "<" not in made.removeprefix("<code ").removesuffix("</code>")


def test_words_in_latex_stay_words() -> None:
    made = render_latex(r"Costs \$5 & $a$ <b>")
    assert re.sub(r"<math.*</math>", "M", made) == "Costs $5 &amp; M &lt;b&gt;"


def test_files_are_found_as_a_page_would_find_them(folder: Path) -> None:
    assert find_file("logo.png#part", folder) == folder / "logo.png"
    for url in ("", "#top", "https://example.org/logo.png", "data:image/png;base64,", "in here"):
        assert find_file(url, folder) is None
    assert Pictures(folder, **WORDS).read("data:,", {}) == "data:,"


def test_pictures_travel_with_a_project(project: Path) -> None:
    (project / "docs").mkdir()
    (project / "docs" / "a.png").write_bytes(DOT)
    cells = [
        new_markdown_cell("![a](../docs/a.png) <img src='gone.png'> ![b](https://x.org/b.png)")
    ]
    book = new_notebook(cells=cells)
    found = list_pictures(book, project / "notebooks")
    assert found == [(project / "docs" / "a.png").resolve()]
    before = pack_project(load_settings())
    assert b"docs/a.png" not in before
    nbformat.write(book, project / "notebooks" / "99_pictures.ipynb")
    assert b"docs/a.png" in pack_project(load_settings())
