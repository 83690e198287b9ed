"""The figures of a brief for documents, each with what stands beside it in a document."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from innocap_analysis.documents.brief import Brief, Picture, Pictures
from innocap_analysis.pages.drawing.medium import DOCUMENTS, PAGE
from innocap_analysis.pages.index_view import IndexView

_BOM = "\ufeff"
_OUTLINED = replace(PAGE, words=False)  # looks the same whatever fonts a reader has


def draw_pictures(brief: Brief, *, outlined: bool) -> Pictures:
    """Return the figures of a brief by name: SVG with outlined letters, or PNG, and how to read."""
    view = brief.view.lay_out_for(_OUTLINED if outlined else PAGE)
    found = {}
    for section in brief.sections:
        if section.picture:
            chart = section.picture.draw(view)
            drawing = chart.to_svg() if outlined else chart.to_png()
            reading = f"{chart.reading} {section.picture.source}".strip()
            found[section.picture.name] = drawing, reading
    return found


def make_figure_files(view: IndexView, picture: Picture) -> Iterator[tuple[str, str, bytes]]:
    """Return what is saved of a figure: beginning and ending of each file's name, and content.

    For each medium an SVG whose letters are text and a PNG of 300 dots to the inch; the caption
    with the finding, how to read it and what to be careful about; the alternative text with the
    values; the data for machines, and for a spreadsheet of the reader's language.
    """
    chart = None
    for medium in DOCUMENTS:
        chart = picture.draw(view.lay_out_for(medium))
        chart.alt = picture.alt
        yield f"{picture.name}-{medium.name}", "svg", chart.to_svg()
        yield f"{picture.name}-{medium.name}", "png", chart.to_png()
    assert chart is not None, "there are media"
    yield f"{picture.name}-caption", "txt", f"{chart.caption} {picture.source}\n".encode()
    yield f"{picture.name}-alt", "txt", f"{picture.alt}\n".encode()
    yield picture.name, "csv", chart.table.to_csv(index=False, lineterminator="\n").encode()
    yield f"{picture.name}-excel", "csv", write_readable(view, chart.data).encode()


def write_readable(view: IndexView, data: pd.DataFrame) -> str:
    """Return the verdicts of a figure as a spreadsheet of the view's language opens them.

    With a byte-order mark, a semicolon where the comma is the decimal sign, labels instead of
    codes, and in each heading what one is.
    """
    points = view.say("points")
    heads = {
        "score": f"{view.say('Score')} (0–100)",
        "reference_median": f"{view.say('Median')} (0–100)",
        "gap_to_median": f"{view.say('From the median')} ({points})",
        "gap_low": f"{view.say('From')} ({points})",
        "gap_high": f"{view.say('To')} ({points})",
        "reference_rank": view.say("Rank"),
        "reference_n": view.say("of countries"),
    }
    comma = "," in view.number(0.5)
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";" if comma else ",", lineterminator="\r\n")
    writer.writerow([view.say("Dimension"), *heads.values(), view.say("Verdict")])
    for row in data.to_dict("records"):
        unit, code = str(row.get("unit") or view.country), str(row["code"])
        numbers = [_write_plain(row[name], comma=comma) for name in heads]
        writer.writerow([_keep_text(view.code(code)), *numbers, view.tell_verdict(unit, code)])
    return _BOM + stream.getvalue()


def _keep_text(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) else text


def _write_plain(value: object, *, comma: bool) -> str:
    """Write a number as a spreadsheet takes it: no separators of thousands, a plain minus."""
    if pd.isna(value):
        return ""
    text = f"{float(value):.6g}"  # type: ignore[arg-type]
    return text.replace(".", ",") if comma else text
