"""A brief as a Word document: real headings, tables that can be edited, alternative texts."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm

from innocap_analysis.documents.archive import MADE, fix_archive
from innocap_analysis.documents.brief import Brief, Grid, Pictures, Section, end_lead
from innocap_analysis.documents.look import MAKER, measure_text, name_culture, refuse_template

STYLES = (
    "Title", "Subtitle", "Kicker", "Message", "Lead", "Heading 1", "Normal", "List Bullet",
    "Caption", "Small", "Brief table",
    "Table text",
)  # fmt: skip
_WIDTH_CM, _CELL_CM = 16.0, 0.22  # of the text, and what a cell of the template leaves free
_USUAL_SIZE = 10  # of letters, where a template says none
_CM, _LONG_EMS = 2.54 / 72, 25  # in a point; of a text that need not stand in one line
# Tables of so many rows stay on one page: rows that may not split are lost by LibreOffice 7.4
# where a table begins near the foot of a page.
_ROWS_TOGETHER = 15


def write_word(brief: Brief, template: Path, pictures: Pictures) -> bytes:
    """Return a brief as DOCX, in the styles of a template; `pictures` are PNGs by name."""
    document = _open(template)
    _describe(document, brief)
    add = document.add_paragraph
    add(brief.kicker, "Kicker")
    add(brief.title, "Title")
    add(brief.headline, "Subtitle")
    for lead, text in brief.messages:
        paragraph = add(style="Message")
        paragraph.add_run(f"{end_lead(lead)} ").bold = True
        paragraph.add_run(text)
    counts = {"picture": 0, "grid": 0}
    for section in brief.sections:
        _add_section(document, brief, section, pictures, counts)
    add(brief.foot, "Small")
    made = io.BytesIO()
    document.save(made)
    return fix_archive(made.getvalue())


def _open(template: Path) -> Any:
    try:
        document = Document(str(template))
    except (PackageNotFoundError, ValueError, KeyError) as error:
        raise refuse_template(template, error) from None
    lacking = [name for name in STYLES if name not in document.styles]
    if lacking:
        raise refuse_template(template, f"it lacks the styles {', '.join(lacking)}")
    body = document.element.body
    for element in list(body):
        if element.tag != qn("w:sectPr"):
            body.remove(element)
    return document


def _describe(document: Any, brief: Brief) -> None:
    about, culture = document.core_properties, name_culture(brief.language)
    about.title, about.subject = brief.full_title, brief.headline
    about.author, about.last_modified_by, about.comments = MAKER, MAKER, brief.foot
    about.language, about.revision = culture, 1
    about.created = about.modified = MADE
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), culture)


def _add_section(
    document: Any,
    brief: Brief,
    section: Section,
    pictures: Pictures,
    counts: dict[str, int],
) -> None:
    view = brief.view
    document.add_heading(section.title, level=1)
    if brief.leads_with(section):
        document.add_paragraph(section.message, "Lead")
    if section.picture:
        counts["picture"] += 1
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        drawing, reading = pictures[section.picture.name]
        paragraph.add_run().add_picture(io.BytesIO(drawing), width=Cm(_WIDTH_CM))
        about = paragraph._p.find(f".//{qn('wp:docPr')}")
        about.set("descr", section.picture.alt)
        about.set("name", section.picture.name)
        _add_caption(document, view.say("Fig."), counts["picture"], reading)
    if section.grid:
        counts["grid"] += 1
        caption = _add_caption(document, view.say("Table"), counts["grid"], section.grid.caption)
        caption.paragraph_format.keep_with_next = True
        _add_table(document, section.grid)
    for point in section.points:
        document.add_paragraph(point, "List Bullet")


def _add_caption(document: Any, word: str, number: int, text: str) -> Any:
    """Add a caption that Word numbers itself, with the number that it has now."""
    paragraph = document.add_paragraph(f"{word} ", "Caption")
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), f"SEQ {word} \\* ARABIC")
    run = OxmlElement("w:r")
    shown = OxmlElement("w:t")
    shown.text = str(number)
    run.append(shown)
    field.append(run)
    paragraph._p.append(field)
    paragraph.add_run(f". {text}")
    return paragraph


def _add_table(document: Any, grid: Grid) -> None:
    table = document.add_table(rows=1, cols=len(grid.heads), style="Brief table")
    table.autofit = False
    properties = table._tbl.tblPr
    for tag, text in (("w:tblCaption", grid.caption), ("w:tblDescription", grid.caption)):
        told = OxmlElement(tag)
        told.set(qn("w:val"), text)
        properties.append(told)
    head = table.rows[0]._tr.get_or_add_trPr()
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    head.append(repeated)
    for cells in (grid.heads, *grid.rows):
        row = table.rows[0] if cells is grid.heads else table.add_row()
        for i, cell in enumerate(cells):
            _fill_cell(row.cells[i], f"{cell}", grid, i, head=cells is grid.heads)
    if len(grid.rows) <= _ROWS_TOGETHER:
        for row in list(table.rows)[:-1]:
            for own in row.cells:
                own.paragraphs[0].paragraph_format.keep_with_next = True
    size = _find_size(document.styles["Table text"])
    for i, width in enumerate(share_width(grid, _WIDTH_CM, size * _CM, _CELL_CM)):
        table.columns[i].width = Cm(width)
        for cell in table.columns[i].cells:
            cell.width = Cm(width)
    document.add_paragraph("", "Small")


def _find_size(style: Any) -> float:
    """Return the size of a style's letters, its own or that of the style below it."""
    while style is not None and style.font.size is None:
        style = style.base_style
    return _USUAL_SIZE if style is None else float(style.font.size.pt)


def _fill_cell(cell: Any, text: str, grid: Grid, column: int, *, head: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.style = "Table text"
    run = paragraph.add_run(text)
    if grid.numeric[column]:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if grid.language(column) and not head:
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), name_culture(grid.language(column)))
        run._r.get_or_add_rPr().append(language)


def share_width(grid: Grid, whole: float, em: float, margin: float) -> list[float]:
    """Return the widths of columns that are `whole` together, in the unit of `em` and `margin`.

    `em` is the size of the letters, `margin` what a cell leaves free on both sides together. No
    word is broken as long as there is room; the rest goes to the columns that hold most.
    """
    least, wanted = [], []
    for i, head in enumerate(grid.heads):
        texts = [f"{row[i]}" for row in grid.rows]
        words = [measure_text(part, bold=True) for part in head.split()]
        words += [measure_text(part) for text in texts for part in text.split()]
        least.append(max(words, default=1.0) * em + margin)
        longest = max(map(measure_text, texts), default=1.0)
        wanted.append(min(longest, _LONG_EMS) * em + margin)
    spare = whole - sum(least)
    if spare <= 0:
        return [whole * own / sum(least) for own in least]
    more = [max(want - own, 0.0) for want, own in zip(wanted, least, strict=True)]
    share = spare / max(sum(more), 1e-9)
    if share > 1:  # all that is wanted, and the same for each of what is left
        rest = (spare - sum(more)) / len(least)
        return [own + add + rest for own, add in zip(least, more, strict=True)]
    return [own + add * share for own, add in zip(least, more, strict=True)]
