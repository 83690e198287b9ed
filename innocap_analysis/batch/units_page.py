"""Pages of indexes beside the default one: their sections of the front page, and lists of units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from innocap_analysis.batch.html import STYLESHEET, TEMPLATES, find_title, seal_page
from innocap_analysis.batch.naming import name_report, split_index, split_report
from innocap_analysis.batch.parameters import read_notebook
from innocap_analysis.data.levels import COUNTRY, UnitNames, find_level
from innocap_analysis.data.places import fold_name
from innocap_analysis.documents.web import render_template
from innocap_analysis.files import write_atomically
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.languages import name_language
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.language import (
    get_translator,
    name_wording,
    order_name,
    translate_notebook,
)
from innocap_analysis.pages.view import COMPARISON
from innocap_analysis.settings import Settings

UNITS_STEM = "units"
_MOST_CARDS = 12  # of more units a page of its own lists the pages


def list_index_pages(
    settings: Settings, index: str, language: str
) -> dict[str, list[tuple[str, Path]]]:
    """List the standard pages about an index that stand: notebook and file, by folder."""
    found: dict[str, list[tuple[str, Path]]] = {}
    for file in sorted(settings.reports_dir.glob(f"*/*@{index}*.html")):
        notebook, tag, tongue = split_report(file.stem, settings)
        if tongue == language and split_index(tag, settings) == (index, ""):
            found.setdefault(file.parent.name, []).append((notebook, file))
    return found


def link_indexes(settings: Settings, view: IndexView) -> list[dict[str, Any]]:
    """Return the sections of the front page that lead to other indexes."""
    sections = []
    for index in settings.indexes:
        pages = list_index_pages(settings, index, view.language)
        if not pages:
            continue
        own = _Index(settings.choose(index), view.language)
        titles = own.find_titles(pages)
        units = own.order(pages)
        cards = [_make_card(view.say("Comparison"), pages.get(COMPARISON, []), titles)]
        if len(units) > _MOST_CARDS:
            name = name_report(f"{UNITS_STEM}@{index}", view.language, settings)
            n = view.fact(f"n_unit_pages_{index}", len(units), "count")
            link = {"href": f"{name}.html", "title": view.say("Find one of {n} places", n=n)}
            cards.append({"title": view.say("Places"), "text": "", "links": [link]})
        else:
            cards += [_make_card(own.name(unit), pages[unit], titles) for unit in units]
        text = view.say("Another index, with pages of its own; the table above is not about it.")
        shown = [card for card in cards if card["links"]]
        sections.append({"title": own.title, "text": text, "cards": shown})
    return sections


def _make_card(
    title: str, pages: Sequence[tuple[str, Path]], titles: Mapping[str, str]
) -> dict[str, Any]:
    links = [
        {"href": f"{file.parent.name}/{file.name}", "title": titles[notebook]}
        for notebook, file in pages
    ]
    return {"title": title, "text": "", "links": links}


class _Index:
    """One index in a language: title, names of its units, and titles of its pages."""

    def __init__(self, settings: Settings, language: str) -> None:
        self.settings, self.language = settings, language
        self.title = settings.title(language)
        self.names = UnitNames(settings, find_level(settings))

    def name(self, unit: str) -> str:
        return self.names.name(unit, self.language)

    def order(self, pages: Mapping[str, object]) -> list[str]:
        """Return the units with pages, by name."""
        units = [folder for folder in pages if folder != COMPARISON]
        return sorted(units, key=lambda unit: (order_name(self.name(unit), self.language), unit))

    def list_above(self, unit: str) -> list[str]:
        """Return the names of what a unit lies in, where the table of places knows it."""
        if not self.names.is_place(unit) or self.names.places is None:
            return []
        above = self.names.places.ancestors(unit)[:-1]  # the country stands beside
        return list(dict.fromkeys(self.names.places.label(code, self.language) for code in above))

    def find_titles(self, pages: Mapping[str, Sequence[tuple[str, Path]]]) -> dict[str, str]:
        book = read_codebook(self.settings.codebook_path)
        wording = name_wording(self.names.level != COUNTRY, book)
        known = dict.fromkeys(notebook for own in pages.values() for notebook, _ in own)
        folder = self.settings.notebooks_dir
        return {
            name: find_title(
                translate_notebook(read_notebook(folder / f"{name}.ipynb"), self.language, wording)
            )
            for name in known
        }


def write_units_pages(settings: Settings) -> list[Path]:
    """Write the list of pages of every index with many units, in each language that has some."""
    written = []
    for index in settings.indexes:
        every = {t: list_index_pages(settings, index, t) for t in settings.languages}
        for language, pages in every.items():
            name = f"{name_report(f'{UNITS_STEM}@{index}', language, settings)}.html"
            target = settings.reports_dir / name
            if len(set(pages) - {COMPARISON}) > _MOST_CARDS:
                others = [t for t in settings.languages if t != language and every[t]]
                own = _Index(settings.choose(index), language)
                written.append(write_atomically(target, _render(own, pages, others)))
            else:
                target.unlink(missing_ok=True)  # its pages are gone
    return written


def _render(own: _Index, pages: Mapping[str, list[tuple[str, Path]]], others: Sequence[str]) -> str:
    settings, language = own.settings, own.language
    translate, titles = get_translator(language), own.find_titles(pages)
    rows = []
    for unit in own.order(pages):
        country = own.names.country(unit)
        links = [
            Markup('<a href="{}/{}">{}</a>').format(unit, file.name, titles[notebook])
            for notebook, file in pages[unit]
        ]
        labels = [unit, *(own.names.name(unit, tongue) for tongue in settings.languages)]
        rows.append({
            "href": f"{unit}/{pages[unit][0][1].name}", "name": own.name(unit),
            "inside": ", ".join(own.list_above(unit)), "kind": own.names.name(country, language),
            "country": country, "people": Markup("<br>").join(links),
            "find": " ".join(dict.fromkeys(" ".join(map(fold_name, labels)).split())),
        })  # fmt: skip
    countries = sorted({str(row["country"]) for row in rows})
    page = render_template(
        TEMPLATES / "places.html.j2",
        language=language,
        title=own.title,
        intro=translate("A page for each place of the index that one was made for."),
        style=STYLESHEET.read_text(encoding="utf-8"),
        index=f"{name_report('index', language, settings)}.html",
        back=translate("All reports"),
        languages=[
            {
                "href": f"{name_report(f'{UNITS_STEM}@{settings.index}', other, settings)}.html",
                "language": other,
                "name": name_language(other),
            }
            for other in others
        ],
        search=translate("Name or code"), country=translate("Country"), kind=translate("Kind"),
        every=translate("all"), of=translate("of"),
        countries=[(code, own.names.name(code, language)) for code in countries], kinds=[],
        heads=[
            translate("Place"), translate("Lies in"), translate("Country"), translate("Pages"),
        ],
        rows=rows,
    )  # fmt: skip
    return seal_page(page)
