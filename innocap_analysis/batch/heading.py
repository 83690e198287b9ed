"""The first heading of a page about one place names it."""

from __future__ import annotations

import re

import nbformat

from innocap_analysis.batch.outcome import Run
from innocap_analysis.data.places import read_places
from innocap_analysis.pages.language import get_translator
from innocap_analysis.settings import Settings


def name_heading(notebook: nbformat.NotebookNode, run: Run, settings: Settings) -> None:
    """Put the name of the place that a run is about into the first heading of its notebook."""
    code = run.parameters.get("place")
    if code is None:
        return
    name = read_places(settings).label(str(code), run.language)
    translate = get_translator(run.language)
    heading = translate("How does {place} do?").format(place=name)
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and re.search(r"^# +", cell.source, re.MULTILINE):
            cell.source = re.sub(
                r"^# +.*$", lambda _: f"# {heading}", cell.source, count=1, flags=re.MULTILINE
            )
            return
