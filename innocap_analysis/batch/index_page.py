"""The page that opens the report: the countries at a glance, and links to every page."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from babel import Locale
from PIL import Image

from innocap_analysis.batch.html import STYLESHEET, TEMPLATES, find_title
from innocap_analysis.batch.outcome import Outcome
from innocap_analysis.batch.parameters import read_notebook
from innocap_analysis.batch.plan import COMPARISON, name_report
from innocap_analysis.batch.results import FRONT_NAME
from innocap_analysis.pages.front import PAGE, describe_front
from innocap_analysis.pages.opening import open_view
from innocap_analysis.pages.view import View
from innocap_analysis.prepare.files import write_atomically
from innocap_analysis.present.language import translate_notebook
from innocap_analysis.present.survey_labels import MARK
from innocap_analysis.settings import Settings

PICTURE = "40_dimensions"


def write_index_page(
    settings: Settings, outcomes: Sequence[Outcome] = (), *, language: str
) -> Path:
    """Write ``reports/index.html`` (``index.sv.html`` for another language).

    Parameters
    ----------
    settings : Settings
        Names the folders.
    outcomes : sequence of Outcome
        Runs of this batch; failures are shown on the page.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the page.

    Returns
    -------
    Path
        The page.
    """
    view = open_view(PAGE, language=language, settings=settings)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("index.html.j2").render(
        language=language,
        **describe_front(view),
        style=STYLESHEET.read_text(encoding="utf-8"),
        languages=_link_languages(settings, language),
        failures=[
            {
                "title": view.say("{report} could not be made", report=outcome.run.name),
                "text": f"{view.say('Cell')} {outcome.cell}: {outcome.error}",
            }
            for outcome in outcomes
            if outcome.status == "failed"
        ],
        picture=_read_picture(settings, language),
        sections=_link_reports(settings, view),
        foot=view.stamp(),
    )
    write_atomically(settings.reports_dir / FRONT_NAME, view.ledger.to_csv())
    return write_atomically(
        settings.reports_dir / f"{name_report('index', language, settings)}.html", page
    )


def _link_languages(settings: Settings, language: str) -> list[dict[str, str]]:
    links = []
    for other in settings.languages:
        file = settings.reports_dir / f"{name_report('index', other, settings)}.html"
        if other != language and file.exists():
            name = str(Locale(other).get_display_name(other)).capitalize()
            links.append({"href": file.name, "language": other, "name": name})
    return links


def _link_reports(settings: Settings, view: View) -> list[dict[str, Any]]:
    """Link the reports that exist, those of an earlier batch included."""
    folders = sorted(path.name for path in settings.reports_dir.glob("*") if path.is_dir())
    countries = [code for code in settings.countries if code in folders]
    regions = [code for code in folders if code not in (*countries, COMPARISON)]
    cards = {
        folder: {
            "title": view.say("All countries") if folder == COMPARISON else view.unit(folder),
            "links": _link_folder(settings, folder, view.language),
        }
        for folder in (COMPARISON, *countries, *regions)
    }
    sections = (
        (view.say("Comparison"), [COMPARISON]),
        (view.say("Countries"), countries),
        (view.say("Regions"), regions),
    )
    found = []
    for title, members in sections:
        shown = [cards[member] for member in members if cards[member]["links"]]
        if shown:
            found.append({"title": title, "cards": shown})
    return found


def _link_folder(settings: Settings, folder: str, language: str) -> list[dict[str, str]]:
    links = []
    for name in sorted((*settings.batch.comparison, *settings.batch.region)):
        file = settings.reports_dir / folder / f"{name_report(name, language, settings)}.html"
        notebook = settings.notebooks_dir / f"{name}.ipynb"
        if file.exists() and notebook.exists():
            title = find_title(translate_notebook(read_notebook(notebook), language))
            if f"<strong>{MARK}.</strong>" in file.read_text(encoding="utf-8"):
                title = f"{title} ({MARK})"
            links.append({"href": f"{folder}/{file.name}", "title": title or name})
    return links


def _read_picture(settings: Settings, language: str) -> dict[str, str] | None:
    stem = name_report(PICTURE, language, settings)
    file = settings.figures_dir / COMPARISON / f"{stem}.png"
    if not file.exists():
        return None
    with Image.open(file) as image:
        alt = str(image.info.get("Description", stem))
    data = base64.b64encode(file.read_bytes()).decode("ascii")
    return {"data": f"data:image/png;base64,{data}", "alt": alt}
