"""The first heading of a page about one country or place, or of another index, names it."""

from __future__ import annotations

import re

import nbformat

from innocap_analysis.batch.cells import find_wording
from innocap_analysis.batch.outcome import Run
from innocap_analysis.data.levels import UnitNames, find_level
from innocap_analysis.data.places import read_places
from innocap_analysis.data.units import name_unit
from innocap_analysis.pages.language import get_translator
from innocap_analysis.pages.view import COMPARISON
from innocap_analysis.settings import Settings

_OLD = "{old}"  # stands for the heading of the notebook itself


def name_heading(notebook: nbformat.NotebookNode, run: Run, settings: Settings) -> None:
    """Put the name of the place that a run is about into the first heading of its notebook."""
    code, translate = run.parameters.get("place"), get_translator(run.language)
    if code is not None:
        name = read_places(settings).label(str(code), run.language)
        brief = run.notebook.stem in settings.batch.documents
        heading = (
            f"{name}: {_OLD}" if brief else translate("How does {place} do?").format(place=name)
        )
    elif run.index or find_wording(run, settings):
        heading = " – ".join(filter(None, (_OLD, *_name_unit(run, settings))))
    elif run.folder in settings.countries:
        heading = f"{name_unit(run.folder, settings, run.language)}: {_OLD}"
    else:
        return
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and re.search(r"^# +", cell.source, re.MULTILINE):
            cell.source = re.sub(
                r"^# +(.*)$",
                lambda old: f"# {heading.replace(_OLD, old[1])}",
                cell.source,
                count=1,
                flags=re.MULTILINE,
            )
            return


def _name_unit(run: Run, settings: Settings) -> tuple[str, str]:
    """Return the name of the unit that a page is about, and the title of its index."""
    config = settings.choose(run.index)
    names = UnitNames(config, find_level(config))
    unit = names.name(run.folder, run.language) if run.folder != COMPARISON else ""
    return unit, config.title(run.language)
