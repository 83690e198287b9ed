"""A brief as PowerPoint slides: one message on each, charts and tables that can be edited."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LABEL_POSITION,
    XL_LEGEND_POSITION,
    XL_TICK_LABEL_POSITION,
)
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.exc import PackageNotFoundError
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from innocap_analysis.documents.archive import MADE, fix_archive
from innocap_analysis.documents.brief import Bars, Brief, Grid, Section, end_lead
from innocap_analysis.documents.look import (
    ACCENT,
    LINE,
    MAKER,
    QUIET,
    SOFT,
    measure_text,
    name_culture,
    refuse_template,
)
from innocap_analysis.documents.word import share_width

LAYOUTS = ("Brief opening", "Brief slide")
_LEFT, _WIDTH, _TOP, _HEIGHT = 0.7, 11.93, 1.95, 4.75
_FOOT, _FOOT_TALL, _UNDER, _CELL = 6.3, 0.9, 1.5, 0.2
_LONG_MESSAGE, _FEW_SERIES = 200, 2
_LINE, _SPACE, _SMALLEST = 1.2, 10, 12  # height of a line, points between paragraphs, of letters
_MOST_LETTERS = 90  # of a slide's title; a longer finding stands below it


def write_slides(brief: Brief, template: Path) -> bytes:
    """Return a brief as PPTX, on the layouts of a template."""
    deck = _open(template)
    _describe(deck, brief)
    layouts = {layout.name: layout for layout in deck.slide_layouts}
    opening = deck.slides.add_slide(layouts[LAYOUTS[0]])
    _fill_opening(opening, brief)
    for section in brief.sections:
        slide = deck.slides.add_slide(layouts[LAYOUTS[1]])
        _fill_slide(slide, brief, section)
    for slide in deck.slides:
        _set_language(slide, name_culture(brief.language))
    made = io.BytesIO()
    deck.save(made)
    return fix_archive(made.getvalue())


def _open(template: Path) -> Any:
    try:
        deck = Presentation(str(template))
    except (PackageNotFoundError, ValueError, KeyError) as error:
        raise refuse_template(template, error) from None
    known = [layout.name for layout in deck.slide_layouts]
    lacking = [name for name in LAYOUTS if name not in known]
    if lacking:
        raise refuse_template(template, f"it lacks the layouts {', '.join(lacking)}")
    if len(deck.slides):
        raise refuse_template(template, "it holds slides; leave its layouts only")
    return deck


def _describe(deck: Any, brief: Brief) -> None:
    about = deck.core_properties
    about.title, about.subject = brief.full_title, brief.headline
    about.author, about.last_modified_by, about.comments = MAKER, MAKER, brief.foot
    about.language, about.revision = name_culture(brief.language), 1
    about.created = about.modified = MADE


def _fill_opening(slide: Any, brief: Brief) -> None:
    slide.shapes.title.text = brief.title
    texts = [shape for shape in slide.placeholders if shape != slide.shapes.title]
    texts[0].text = f"{brief.kicker}. {brief.headline}"
    tall = 3.5
    box = slide.shapes.add_textbox(Inches(_LEFT), Inches(3.3), Inches(_WIDTH), Inches(tall))
    size = _fit_size([f"{lead} {text}" for lead, text in brief.messages], 18, tall)
    for i, (lead, text) in enumerate(brief.messages):
        paragraph = _add_paragraph(box.text_frame, "", size, first=i == 0, space=_SPACE)
        for words, bold in ((f"{end_lead(lead)} ", True), (text, False)):
            run = paragraph.add_run()
            run.text, run.font.bold, run.font.size = words, bold, Pt(size)
    _write_notes(slide, [brief.foot])


def _fill_slide(slide: Any, brief: Brief, section: Section) -> None:
    short = bool(section.message) and len(section.message) <= _MOST_LETTERS
    slide.shapes.title.text = section.message if short else section.title
    points = list(section.points)
    top = _TOP
    if section.message and not short:
        size, tall = _fit_message(section.message)
        box = slide.shapes.add_textbox(Inches(_LEFT), Inches(_UNDER), Inches(_WIDTH), Inches(tall))
        _add_paragraph(box.text_frame, section.message, size, first=True)
        top = max(top, _UNDER + tall + 0.1)
    elif short:
        box = slide.shapes.add_textbox(Inches(_LEFT), Inches(0.2), Inches(_WIDTH), Inches(0.35))
        _add_paragraph(box.text_frame, section.title, 14, first=True, colour=QUIET)
    if section.bars:
        wide = _WIDTH
        _add_chart(slide, brief, section.bars, (_LEFT, top, wide, 6.75 - top),
                   section.picture.alt if section.picture else section.message)  # fmt: skip
    elif section.grid:
        _add_table(slide, section.grid, top)
        if shown := _choose_fitting(points):
            box = slide.shapes.add_textbox(
                Inches(_LEFT), Inches(_FOOT), Inches(_WIDTH), Inches(_FOOT_TALL)
            )
            box.text_frame.vertical_anchor = MSO_ANCHOR.BOTTOM
            for i, point in enumerate(shown):
                _add_paragraph(box.text_frame, point, 12, first=i == 0, colour=QUIET)
    elif points:
        box = slide.shapes.add_textbox(
            Inches(_LEFT), Inches(top), Inches(_WIDTH), Inches(_HEIGHT)
        )  # fmt: skip
        size = _fit_size(points, 20, _HEIGHT)
        for i, point in enumerate(points):
            _add_paragraph(box.text_frame, point, size, first=i == 0, space=_SPACE)
    told = [section.message, *points]
    if section.bars and section.grid:
        told += [" | ".join(map(str, row)) for row in (section.grid.heads, *section.grid.rows)]
    _write_notes(slide, [text for text in (*told, brief.foot) if text])


def _choose_fitting(points: Sequence[str]) -> Sequence[str]:
    """Return the first of the points, as many as stand below a table; the notes have them all."""
    lines = accumulate(_count_lines(point, _SMALLEST) for point in points)
    room = _FOOT_TALL * 72 / (_SMALLEST * _LINE)
    return points[: max(1, sum(own <= room for own in lines))]


def _fit_message(text: str) -> tuple[float, float]:
    """Return size in points and height in inches of a message over the width of a slide."""
    size = 18.0 if len(text) <= _LONG_MESSAGE else 15.0
    return size, _count_lines(text, size) * size * _LINE / 72 + 0.12


def _fit_size(texts: Sequence[str], largest: int, tall: float) -> int:
    """Return the size in points at which paragraphs are no taller than so many inches."""
    for size in range(largest, _SMALLEST, -2):
        lines = sum(_count_lines(text, size) for text in texts)
        if lines * size * _LINE + len(texts) * _SPACE <= tall * 72:
            return size
    return _SMALLEST


def _count_lines(text: str, size: float) -> int:
    """Return how many lines a text takes over the width of a slide."""
    return math.ceil(measure_text(text) * size / ((_WIDTH - _CELL) * 72))


def _add_paragraph(
    frame: Any, text: str, size: float, *, first: bool, space: float = 0, colour: str = ""
) -> Any:
    frame.word_wrap = True
    paragraph = frame.paragraphs[0] if first else frame.add_paragraph()
    paragraph.space_after = Pt(space)
    if text:
        run = paragraph.add_run()
        run.text, run.font.size = text, Pt(size)
        if colour:
            run.font.color.rgb = RGBColor.from_string(colour)
    return paragraph


def _write_notes(slide: Any, texts: list[str]) -> None:
    slide.notes_slide.notes_text_frame.text = "\n".join(texts)


def _tell(frame: Any, name: str, alt: str) -> None:
    about = frame._element.nvGraphicFramePr.cNvPr
    about.set("name", name)
    about.set("descr", alt)


def _add_chart(
    slide: Any, brief: Brief, bars: Bars, place: tuple[float, ...], alt: str
) -> None:  # fmt: skip
    data = CategoryChartData(number_format="0.0")
    data.categories = list(bars.names)
    for name, _, numbers in bars.series:
        data.add_series(name, [float(number) for number in numbers])
    frame = slide.shapes.add_chart(
        XL_CHART_TYPE.BAR_CLUSTERED, *(Inches(side) for side in place), data
    )
    _tell(frame, bars.title, alt)
    chart = frame.chart
    chart.font.size = Pt(14)
    chart.has_title = len(bars.series) == 1  # what is measured; of several a key says whose it is
    if chart.has_title:
        frame_of_title = chart.chart_title.text_frame
        frame_of_title.text = bars.title
        frame_of_title.paragraphs[0].runs[0].font.size = Pt(14)
    chart.has_legend = len(bars.series) > 1
    if chart.has_legend:
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    chart.category_axis.reverse_order = True  # the first on top, as it is read
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    chart.category_axis.format.line.color.rgb = RGBColor.from_string(QUIET)
    axis = chart.value_axis
    axis.has_major_gridlines = True
    axis.major_gridlines.format.line.color.rgb = RGBColor.from_string(LINE)
    axis.visible = False
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 60, -5
    plot.has_data_labels = True
    labels = plot.data_labels
    labels.number_format, labels.number_format_is_linked = "0.0", False
    labels.position = XL_LABEL_POSITION.OUTSIDE_END
    labels.font.size = Pt(14 if len(bars.series) <= _FEW_SERIES else 10)
    for series, (_, colour, _) in zip(plot.series, bars.series, strict=True):
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = RGBColor.from_string(colour.lstrip("#"))
        series.invert_if_negative = False


def _add_table(slide: Any, grid: Grid, top: float) -> None:
    size = 14 if len(grid.rows) <= 8 and len(grid.heads) <= 8 else 12
    rows = len(grid.rows) + 1
    frame = slide.shapes.add_table(
        rows, len(grid.heads), Inches(_LEFT), Inches(top), Inches(_WIDTH), Inches(0.4 * rows)
    )
    _tell(frame, grid.caption, grid.caption)
    table = frame.table
    table.first_row, table.horz_banding = True, False
    for i, width in enumerate(share_width(grid, _WIDTH, size / 72, _CELL)):
        table.columns[i].width = Inches(width)
    for j, cells in enumerate((grid.heads, *grid.rows)):
        for i, cell in enumerate(cells):
            shown = table.cell(j, i)
            shown.fill.solid()
            colour = ACCENT if j == 0 else SOFT if j % 2 == 0 else "FFFFFF"
            shown.fill.fore_color.rgb = RGBColor.from_string(colour)
            shown.margin_top = shown.margin_bottom = Pt(3)
            paragraph = shown.text_frame.paragraphs[0]
            run = paragraph.add_run()
            run.text, run.font.size, run.font.bold = f"{cell}", Pt(size), j == 0
            run.font.color.rgb = RGBColor.from_string("FFFFFF" if j == 0 else "222222")
            if grid.numeric[i]:
                paragraph.alignment = PP_ALIGN.RIGHT
            if grid.language(i) and j:
                run._r.get_or_add_rPr().set("lang", name_culture(grid.language(i)))


def _set_language(slide: Any, culture: str) -> None:
    """Tell the language of every run that has none of its own."""
    parts = [slide._element, slide.notes_slide._element]
    parts += [shape.chart._chartSpace for shape in slide.shapes if shape.has_chart]
    for part in parts:
        for run in part.iter(qn("a:r")):
            properties = run.get_or_add_rPr()
            if properties.get("lang") is None:
                properties.set("lang", culture)
        for properties in part.iter(qn("a:defRPr"), qn("a:endParaRPr")):
            properties.set("lang", culture)
