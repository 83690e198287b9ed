"""A further notebook: one that runs and is checked, for a person to fill in."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import nbformat

from innocap_analysis.changes.change import Change, refuse
from innocap_analysis.changes.yamltext import add_entry, add_item
from innocap_analysis.data.places import find_known_places
from innocap_analysis.errors import suggest
from innocap_analysis.languages import LOCALE_DIR, SOURCE_LANGUAGE
from innocap_analysis.pages.catalogue import draft_catalogue, extract_messages
from innocap_analysis.settings import CONFIG_NAME, Settings

_NAME = re.compile(r"\d{2}_[a-z0-9_]{3,60}")
_LANGUAGE = 'language: str = "en"  # language of everything shown'
_INDEX = (
    'reference: str = "{reference}"  # whom to compare with: a set in innocap.yml',
    "year: int or None = None  # use nothing later than this year; None is the newest",
)
_SCOPES: dict[str, dict[str, Any]] = {
    "comparison": {
        "parameters": (_LANGUAGE, *_INDEX),
        "open": "from innocap_analysis import open_view\n"
        "from innocap_analysis.pages import comparison as page\n\n"
        'view = open_view("{number}", language=language, reference=reference, year=year)',
        "show": 'view.show(page.plot_dimensions(view), "{number}_dimensions")',
        "head": None,
    },
    "region": {
        "parameters": ('region: str = "{country}"  # country, or one of its regions', _LANGUAGE,
                       *_INDEX),
        "open": "from innocap_analysis import open_view\n"
        "from innocap_analysis.pages import country as page\n\n"
        "view = open_view(\n"
        '    "{number}", region=region, language=language, reference=reference, year=year\n)',
        "show": 'view.show(page.plot_profile(view), "{number}_profile")',
        "head": "page.write_heading(view)",
    },
    "place": {
        "parameters": ('place: str = "{place}"  # code or name of a place', _LANGUAGE),
        "open": "from innocap_analysis import open_place_view\n"
        "from innocap_analysis.pages import place as page\n\n"
        'view = open_place_view("{number}", place=place, language=language)',
        "show": 'view.show(page.plot_peers(view), "{number}_peers")',
        "head": "page.write_heading(view)",
    },
}  # fmt: skip


def add_notebook(settings: Settings, name: str, *, scope: str, question: str) -> Change:
    """Add a notebook with the cells that every page has, and put it into the batch plan."""
    faults = []
    number = name[:2]
    if not _NAME.fullmatch(name):
        faults.append(f"{name!r}: expected two digits and small letters, such as 65_what_changed")
    others = [path.stem for path in settings.notebooks_dir.glob("*.ipynb")]
    if any(other[:2] == number for other in others):
        taken = next(other for other in others if other[:2] == number)
        faults.append(f"{name!r}: the number {number} is that of {taken}; choose another")
    if scope not in _SCOPES:
        near = suggest(scope, list(_SCOPES)) if scope else ""
        faults.append(f"say --scope: one of {', '.join(_SCOPES)}{near}")
    if not question.strip():
        faults.append("say --question: what the notebook answers; it becomes the title")
    refuse("innocap add notebook", faults)
    change = Change(settings)
    notebook = _draft(settings, name, scope, question)
    file = settings.notebooks_dir / f"{name}.ipynb"
    change.put(file, str(nbformat.writes(notebook)) + "\n")
    path = settings.root / CONFIG_NAME
    text = add_item(change.read(path), ["batch", scope], name, name=CONFIG_NAME)
    given = _default(settings, scope)
    if given:
        text = add_entry(text, ["batch", "defaults"], name, [given], name=CONFIG_NAME)
    change.put(path, text)
    template = extract_messages(settings)
    for at, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            template.add(cell.source, locations=[(f"notebooks/{file.name}", at)])
    for language in settings.languages:
        if language != SOURCE_LANGUAGE:
            change.put(LOCALE_DIR / f"{language}.po", draft_catalogue(language, template)[0])
    return change


def _default(settings: Settings, scope: str) -> str:
    reference = next(iter(settings.reference_sets))
    return "" if scope == "place" else f"{{reference: {reference}, year: newest}}"


def _draft(settings: Settings, name: str, scope: str, question: str) -> nbformat.NotebookNode:
    kind = _SCOPES[scope]
    places = find_known_places(settings)
    values = {
        "number": name[:2],
        "country": next(iter(settings.countries)),
        "place": "" if places is None else str(places.smallest.index[0]),
        "reference": next(iter(settings.reference_sets)),
    }
    parameters = "\n".join(kind["parameters"])
    cells = [
        ("markdown", f"# {question.strip()}\n\nSay here what this page answers."),
        ("parameters", parameters), ("code", kind["open"]),
        *([("code", kind["head"])] if kind["head"] else []),
        ("markdown", "## First question?\n\nSay here what the figure shows, and of whom."),
        ("code", kind["show"]),
        ("markdown", "## What was found, and its limits\n\nSay here what the figures do not tell."),
        ("code", "view.stamp()"),
    ]  # fmt: skip
    made = []
    for at, (what, source) in enumerate(cells):
        text = source if what == "markdown" else source.format(**values)
        own = hashlib.sha256(f"{name} {at}".encode()).hexdigest()[:8]
        if what == "markdown":
            made.append(nbformat.v4.new_markdown_cell(text, id=own))
        else:
            tags = {"tags": ["parameters"]} if what == "parameters" else {}
            made.append(nbformat.v4.new_code_cell(text, id=own, metadata=tags))
    about = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=made, metadata=about)
    return notebook
