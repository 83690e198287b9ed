"""The figures of a brief for documents, each with what stands beside it in a document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from innocap_analysis.documents.brief import Brief, Picture, Pictures
from innocap_analysis.pages.drawing.medium import DOCUMENTS, PAGE
from innocap_analysis.pages.figure_files import File
from innocap_analysis.pages.figure_files import make_figure_files as make_files
from innocap_analysis.pages.index_view import IndexView

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


def make_figure_files(view: IndexView, picture: Picture) -> Iterator[File]:
    """Return what is saved of a figure of a brief, and the plain data for machines."""
    chart, told = picture.draw(view), {"alt": picture.alt, "source": picture.source}
    yield from make_files(view, chart, picture.name, DOCUMENTS, **told)
    yield picture.name, "csv", chart.table.to_csv(index=False, lineterminator="\n").encode()
