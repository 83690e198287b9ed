"""The page that opens the report: the countries at a glance, and links to every page."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from innocap_analysis.batch.book import list_place_documents
from innocap_analysis.batch.crate import CRATE_NAME
from innocap_analysis.batch.execute import FAILED, FAILED_CELL, FAILED_WITH
from innocap_analysis.batch.explore_page import STEM as EXPLORE
from innocap_analysis.batch.explore_page import write_explore_pages
from innocap_analysis.batch.html import STYLESHEET, TEMPLATES, find_title, seal_page
from innocap_analysis.batch.naming import name_report, split_index, split_report, split_tag
from innocap_analysis.batch.outcome import Outcome
from innocap_analysis.batch.parameters import read_notebook
from innocap_analysis.batch.places_page import (
    STEM,
    find_around,
    find_words,
    link_documents,
    list_place_pages,
)
from innocap_analysis.batch.plan import COMPARISON
from innocap_analysis.batch.results import FRONT_NAME
from innocap_analysis.batch.units_page import link_indexes
from innocap_analysis.batch.variant import describe_choices, read_variant
from innocap_analysis.data.places import read_places
from innocap_analysis.documents.ending import write_sources
from innocap_analysis.documents.web import render_template
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import write_atomically
from innocap_analysis.languages import name_language
from innocap_analysis.pages.data import table_cautions
from innocap_analysis.pages.front import PAGE, describe_front
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.language import order_name, translate_notebook, typeset
from innocap_analysis.pages.opening import open_view
from innocap_analysis.planned import MARK
from innocap_analysis.settings import Settings

PICTURE = "40_dimensions"
_METHODS = ("20", "50")  # pages that tell how scores come about, and how sure they are
Failure = tuple[int | None, str]  # number of the cell, and what went wrong


def open_fronts(settings: Settings) -> dict[str, IndexView]:
    """Open the view of the index page in every language, on data that are scored once."""
    first = open_view(PAGE, settings=settings, **settings.batch.simulation)
    return {language: first.in_language(language) for language in settings.languages}


def write_index_pages(
    settings: Settings,
    fronts: Mapping[str, IndexView],
    outcomes: Sequence[Outcome],
    languages: Sequence[str],
) -> list[Path]:
    """Write ``reports/index.html`` and its like, each with links to all the others."""
    pages = {
        language: settings.reports_dir / f"{name_report('index', language, settings)}.html"
        for language in settings.languages
    }
    shown = {k: page for k, page in pages.items() if k in languages or page.exists()}
    failures = find_failures(settings, outcomes)
    written = [
        write_atomically(
            page, _render_page(fronts[language], failures.get(language, {}), list(shown))
        )
        for language, page in shown.items()
    ]
    links = {language: _link_index(language, settings) for language in shown}
    write_explore_pages(fronts, links)
    # Every language says the same numbers.
    ledger = fronts[next(iter(shown), settings.default_language)].ledger
    write_atomically(settings.reports_dir / FRONT_NAME, ledger.to_csv())
    return written


def _render_page(view: IndexView, failures: dict[str, Failure], languages: list[str]) -> str:
    settings, language = view.settings, view.language
    told = describe_front(view)
    pages = _list_pages(settings, language)
    page = render_template(
        TEMPLATES / "index.html.j2",
        language=language,
        **told | {"countries": [
            {"name": view.unit(unit), "texts": texts, "href": _find_first(pages, unit)}
            for unit, texts in told["countries"]
        ]},
        colon=typeset("a:", language).removeprefix("a"),
        skip=view.say("Skip to the content"),
        sources=write_sources(view, view.measured),
        cautions=table_cautions(view),
        cautions_title=view.say("What to be careful about"),
        search=view.say("Find a municipality or region"),
        places=_list_places(settings, view),
        places_title=view.say("Places"),
        nothing=view.say("No page here has this name."),
        all_places=f"{name_report(STEM, language, settings)}.html",
        methods=[
            {"href": page.link, "title": _read_title(page, view)}
            for page in pages
            if page.folder == COMPARISON and page.notebook[:2] in _METHODS and not page.tag
        ],
        downloads_title=view.say("Downloads"),
        downloads=_list_downloads(settings, view, pages),
        style=STYLESHEET.read_text(encoding="utf-8"),
        languages=[_link_index(other, settings) for other in languages if other != language],
        failures=[
            {
                "title": view.say("{report} could not be made", report=name),
                "text": f"{view.say('Cell')} {cell}: {error}" if cell else error,
            }
            for name, (cell, error) in failures.items()
        ],
        picture=_read_picture(settings, language),
        explore=f"{name_report(EXPLORE, language, settings)}.html",
        explore_text=view.say(
            "What if the choices were others? Weights, means and indicators to choose from"
        ),
        sections=_link_reports(settings, view),
        foot=view.stamp(),
    )  # fmt: skip
    return seal_page(page)


def _find_first(pages: Sequence[_Page], unit: str) -> str:
    """Return the link to what tells most about a country: its brief, or its first page."""
    own = [page for page in pages if page.folder == unit and not split_tag(page.tag)[1]]
    return own[0].link if own else ""


def _list_places(settings: Settings, view: IndexView) -> list[dict[str, str]]:
    """Return a link to the page of each place, with everything that it is found by."""
    pages = list_place_pages(settings, view.language)
    if not pages:
        return []
    places = read_places(settings)
    found = [
        {
            "name": places.label(code, view.language), "href": f"{code}/{file.name}",
            "inside": ", ".join(dict.fromkeys(
                places.label(c, view.language) for c in places.ancestors(code))),
            "find": find_words(places, code),
            "around": find_around(settings, places, code),
        }
        for code, file in pages.items()
    ]  # fmt: skip
    return sorted(found, key=lambda place: order_name(place["name"], view.language))


def _list_downloads(
    settings: Settings, view: IndexView, pages: Sequence[_Page]
) -> list[dict[str, Any]]:
    """Return what can be taken along: briefs in each format, every number, the record."""
    found: list[dict[str, Any]] = [
        {
            "title": view.say("All countries")
            if page.folder == COMPARISON
            else view.unit(page.folder),
            "links": links,
        }
        for page in pages
        if not page.tag and (links := _link_documents(settings, page, view.language))
    ]
    numbers = [{"href": "results.csv", "title": "CSV"}]
    found.append(
        {"title": view.say("Every number, with its interval and sources"), "links": numbers}
    )
    made = [{"href": CRATE_NAME, "title": "JSON"}]
    found.append({"title": view.say("What every page was made from"), "links": made})
    return found


def find_failures(settings: Settings, outcomes: Sequence[Outcome]) -> dict[str, dict[str, Failure]]:
    """Return what failed, in this batch or an earlier one, by language and name."""
    found: dict[str, dict[str, Failure]] = {}
    for path in sorted(settings.reports_dir.glob(f"*/*{FAILED}")):
        stem = path.name.removesuffix(FAILED)
        language = split_report(stem, settings)[2]
        found.setdefault(language, {})[f"{path.parent.name} {stem}"] = _read_failure(path)
    for outcome in outcomes:
        if outcome.status == "failed":
            failure = (outcome.cell, outcome.error)
            found.setdefault(outcome.run.language, {})[outcome.run.name] = failure
    return found


def _read_failure(path: Path) -> Failure:
    try:
        notebook = read_notebook(path)
    except InnocapError as fault:
        return None, str(fault)
    return notebook.metadata.get(FAILED_CELL), str(notebook.metadata.get(FAILED_WITH, ""))


def _link_index(language: str, settings: Settings) -> dict[str, str]:
    href = f"{name_report('index', language, settings)}.html"
    return {"href": href, "language": language, "name": name_language(language)}


@dataclass(frozen=True)
class _Page:
    """A report that stands."""

    folder: str
    file: Path
    notebook: str
    tag: str

    @property
    def link(self) -> str:
        return f"{self.folder}/{self.file.name}"


def _list_pages(settings: Settings, language: str) -> list[_Page]:
    """List the reports in a language that stand, those of an earlier batch included."""
    # Pages about places are so many that they have a page of their own.
    places = {*settings.batch.place, *list_place_documents(settings)}
    known = {path.stem for path in settings.notebooks_dir.glob("*.ipynb")} - places
    found = []
    for file in settings.reports_dir.glob("*/*.html"):
        notebook, tag, tongue = split_report(file.stem, settings)
        if tongue == language and notebook in known:
            found.append(_Page(file.parent.name, file, notebook, tag))
    order = {code: number for number, code in enumerate([COMPARISON, *settings.countries])}
    return sorted(
        found, key=lambda p: (order.get(p.folder, len(order)), p.folder, p.notebook, p.tag)
    )


def _read_title(page: _Page, view: IndexView) -> str:
    """Return the heading of the notebook of a page."""
    path = view.settings.notebooks_dir / f"{page.notebook}.ipynb"
    return find_title(translate_notebook(read_notebook(path), view.language)) or page.notebook


def _link_reports(settings: Settings, view: IndexView) -> list[dict[str, Any]]:
    pages = _list_pages(settings, view.language)
    titles = {page.notebook: _read_title(page, view) for page in pages}
    cards: dict[str, dict[str, Any]] = {}
    for page in pages:
        if not split_tag(page.tag)[1]:
            name = (
                view.say("All countries") if page.folder == COMPARISON else view.unit(page.folder)
            )
            card = cards.setdefault(page.folder, {"title": name, "text": "", "links": []})
            link = {"href": page.link, "title": _name_page(page, titles)}
            card["links"].append(link | {"also": _link_documents(settings, page, view.language)})
    countries = [code for code in cards if code in settings.countries]
    sections = (
        (view.say("Comparison"), [code for code in cards if code == COMPARISON]),
        (view.say("Countries"), countries),
        (view.say("Regions"), [c for c in cards if c not in (*countries, COMPARISON)]),
    )
    found = [
        {"title": title, "text": "", "cards": [cards[member] for member in members]}
        for title, members in sections
        if members
    ]
    found += [*_link_places(settings, view), *link_indexes(settings, view)]
    others = [page for page in pages if split_index(split_tag(page.tag)[1], settings)[1]]
    if others:
        found.append(
            {
                "title": view.say("With other choices"),
                "text": view.say("The table above shows the standard choices; these pages do not."),
                "cards": _link_variants(others, titles, view),
            }
        )
    return found


def _link_documents(settings: Settings, page: _Page, language: str) -> list[dict[str, str]]:
    """Return links to the documents that a page stands for too."""
    if page.notebook not in settings.batch.documents:
        return []
    return link_documents(page.file, language, settings, page.tag)


def _link_places(settings: Settings, view: IndexView) -> list[dict[str, Any]]:
    """Return the section that leads to the pages about places, if there are any."""
    pages = list_place_pages(settings, view.language)
    if not pages:
        return []
    link = {
        "href": f"{name_report(STEM, view.language, settings)}.html",
        "title": view.say("Find a municipality or region"),
    }
    text = view.say_number("A page about {n} place.", "Pages about {n} places.",
                           n=view.fact("n_place_pages", len(pages), "count"))  # fmt: skip
    return [
        {
            "title": view.say("Places"), "text": "",
            "cards": [{"title": text, "text": "", "links": [link]}],
        }
    ]  # fmt: skip


def _name_page(page: _Page, titles: dict[str, str]) -> str:
    made_up = split_tag(page.tag)[0] or (
        f"<strong>{MARK}.</strong>" in page.file.read_text(encoding="utf-8")
    )
    return f"{titles[page.notebook]} ({MARK})" if made_up else titles[page.notebook]


def _link_variants(
    pages: list[_Page], titles: dict[str, str], view: IndexView
) -> list[dict[str, Any]]:
    """Return a card for each set of parameters, with what it does otherwise."""
    cards: dict[str, dict[str, Any]] = {}
    read: set[tuple[str, str]] = set()
    for page in pages:
        name = split_tag(page.tag)[1]
        card = cards.setdefault(name, {"title": name, "choices": {}, "links": []})
        if (name, page.notebook) not in read:
            read.add((name, page.notebook))
            said = read_variant(page.file.with_suffix(".ipynb"))
            card["title"] = said.get("name", name)
            card["choices"] |= said.get("choices", {})
        title = _name_page(page, titles)
        if page.folder != COMPARISON:
            title = view.say("{unit}: {note}", unit=view.unit(page.folder), note=title)
        card["links"].append({"href": page.link, "title": title})
    for card in cards.values():
        card["text"] = describe_choices(card.pop("choices"), view.language)
    return list(cards.values())


def _read_picture(settings: Settings, language: str) -> dict[str, str] | None:
    stem = name_report(PICTURE, language, settings)
    file = settings.figures_dir / COMPARISON / f"{stem}.png"
    if not file.exists():
        return None
    with Image.open(file) as image:
        alt = str(image.info.get("Description", stem))
    data = base64.b64encode(file.read_bytes()).decode("ascii")
    return {"data": f"data:image/png;base64,{data}", "alt": alt}
