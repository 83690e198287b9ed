"""The first heading of a page about one country or place, or of another index, names it."""

from __future__ import annotations

import re

import nbformat

from innocap_analysis.batch.cells import find_wording
from innocap_analysis.batch.outcome import Run
from innocap_analysis.data.levels import UnitNames, find_level
from innocap_analysis.data.places import read_places
from innocap_analysis.data.units import name_unit
from innocap_analysis.pages.language import get_translator, typeset
from innocap_analysis.pages.names import NAMES_FILE, Name, bend_name, read_forms
from innocap_analysis.pages.view import COMPARISON
from innocap_analysis.settings import Settings

_HEADING = re.compile(r"^# +(.*)$", re.MULTILINE)
_OLD = "{old}"  # stands for the heading of the notebook itself
_ASKS = "asks-how-it-does"  # tag of a heading that becomes the question about the unit by name


def name_heading(notebook: nbformat.NotebookNode, run: Run, settings: Settings) -> None:
    """Put the name of the place that a run is about into the first heading of its notebook."""
    code, language = run.parameters.get("place"), run.language
    translate = get_translator(language)
    cell = next((cell for cell in notebook.cells if _is_heading(cell)), None)
    if cell is None:
        return
    asks = _ASKS in cell.metadata.get("tags", [])
    if code is not None:
        name = Name(read_places(settings).label(str(code), language), {})
    elif run.index or find_wording(run, settings):
        asks, name = False, Name("", {})
    elif run.folder in settings.countries:
        forms = read_forms(settings.regions_path.parent / NAMES_FILE)
        unit = name_unit(run.folder, settings, language)
        name = bend_name(unit, run.folder, "country", language, forms)
    else:
        return
    if asks:
        heading = translate("How does {place:the} do?").format(place=name)
    elif name:
        heading = typeset(f"{name}: {_OLD}", language)
    else:
        heading = " – ".join(filter(None, (_OLD, *_name_unit(run, settings))))
    cell.source = _HEADING.sub(
        lambda old: f"# {heading.replace(_OLD, old[1])}", cell.source, count=1
    )


def _is_heading(cell: nbformat.NotebookNode) -> bool:
    return cell.cell_type == "markdown" and bool(_HEADING.search(cell.source))


def _name_unit(run: Run, settings: Settings) -> tuple[str, str]:
    """Return the name of the unit that a page is about, and the title of its index."""
    config = settings.choose(run.index)
    names = UnitNames(config, find_level(config))
    unit = names.name(run.folder, run.language) if run.folder != COMPARISON else ""
    return unit, config.title(run.language)
