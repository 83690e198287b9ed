"""The page that lists the pages about places: found by name, country and kind, from any folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from innocap_analysis.batch.book import list_place_documents
from innocap_analysis.batch.html import STYLESHEET, TEMPLATES, seal_page
from innocap_analysis.batch.naming import name_report, split_report, split_tag
from innocap_analysis.data.places import Places, fold_name
from innocap_analysis.documents.brief import NAMES
from innocap_analysis.documents.brief import STEM as DOCUMENT
from innocap_analysis.documents.web import render_template
from innocap_analysis.files import write_atomically
from innocap_analysis.languages import name_language
from innocap_analysis.pages.language import order_name
from innocap_analysis.pages.place_view import PlaceView, open_place_view
from innocap_analysis.settings import Settings

PAGE, STEM = "35", "places"  # its numbers are those of the places' own pages


def list_place_pages(settings: Settings, language: str) -> dict[str, Path]:
    """List the standard pages about places that stand in a language, by the code of the place."""
    found = {}
    for notebook in settings.batch.place:
        for file in settings.reports_dir.glob(f"*/{notebook}*.html"):
            name, tag, tongue = split_report(file.stem, settings)
            if name == notebook and tongue == language and not split_tag(tag)[1]:
                found[file.parent.name] = file
    return found


def link_documents(page: Path, language: str, settings: Settings, tag: str) -> list[dict[str, str]]:
    """Return links to the documents that stand beside a page."""
    stem = name_report(DOCUMENT, language, settings, tag)
    files = {name: page.with_name(f"{stem}.{ending}") for ending, name in NAMES.items()}
    return [
        {"href": f"{page.parent.name}/{file.name}", "title": name}
        for name, file in files.items()
        if file.exists()
    ]


def _link_briefs(view: PlaceView, page: Path, names: Sequence[str]) -> list[dict[str, str]]:
    """Return links to the brief of a place in all its formats, where there is one."""
    found = []
    for name in names:
        brief = page.with_name(f"{name_report(name, view.language, view.settings)}.html")
        if brief.exists():
            found.append(
                {"href": f"{page.parent.name}/{brief.name}", "title": view.say("In brief")}
            )
            found += link_documents(page, view.language, view.settings, "")
    return found


def write_places_pages(settings: Settings) -> list[Path]:
    """Write ``reports/places.html`` and its like for every language that has pages of places."""
    if not settings.batch.place:
        return []
    pages = {tongue: list_place_pages(settings, tongue) for tongue in settings.languages}
    shown = [tongue for tongue in settings.languages if pages[tongue]]
    written = []
    for language in settings.languages:
        target = settings.reports_dir / f"{name_report(STEM, language, settings)}.html"
        if language in shown:
            view = open_place_view(PAGE, language=language, settings=settings)
            written.append(write_atomically(target, _render(view, pages[language], shown)))
        else:
            target.unlink(missing_ok=True)  # its pages are gone
    return written


def _render(view: PlaceView, pages: dict[str, Path], languages: Sequence[str]) -> str:
    settings, language = view.settings, view.language
    table, briefs = view.places.table, list_place_documents(settings)
    known = [str(code) for code in table.index if code in pages]
    order = sorted(known, key=lambda code: (order_name(view.unit(code), language), code))
    rows = [
        {
            "href": f"{code}/{pages[code].name}", "name": view.unit(code),
            "also": _link_briefs(view, pages[code], briefs),
            "inside": ", ".join(dict.fromkeys(view.unit(c) for c in view.places.ancestors(code))),
            "kind": view.tell_rurality(code), "country": str(table.at[code, "country"]),
            "people": f"{view.size('population', code)}",
            "find": find_words(view.places, code),
            "around": find_around(settings, view.places, code),
        }
        for code in order
    ]  # fmt: skip
    countries = sorted({str(row["country"]) for row in rows})
    page = render_template(
        TEMPLATES / "places.html.j2",
        language=language,
        maker=view.maker,
        title=view.say("Places"),
        intro=view.say(
            "A page for each municipality and region: what kind of place it is, which places are "
            "like it, whom to learn from and where to start."
        ),
        style=STYLESHEET.read_text(encoding="utf-8"),
        index=f"{name_report('index', language, settings)}.html",
        back=view.say("All reports"),
        languages=[
            {
                "href": f"{name_report(STEM, other, settings)}.html", "language": other,
                "name": name_language(other),
            }
            for other in languages
            if other != language
        ],
        search=view.say("Name or code"),
        country=view.say("Country"),
        kind=view.say("Kind"),
        every=view.say("all"),
        of=view.say("of"),
        countries=[(code, view.unit(code)) for code in countries],
        kinds=sorted({str(row["kind"]) for row in rows}),
        heads=[view.say("Place"), view.say("Lies in"), view.say("Kind"), view.say("People")],
        rows=rows,
    )  # fmt: skip
    return seal_page(page)


def find_words(places: Places, code: str) -> str:
    """Return everything that a place is found by, folded: codes, names in every language."""
    row = places.table.loc[code]
    return _fold([code, str(row["own_code"]), *_list_names(places, code)])


def find_around(settings: Settings, places: Places, code: str) -> str:
    """Return the names of what a place lies in below its country, and of the partner area there."""
    around = [above for above in places.ancestors(code) if above not in settings.countries]
    areas = [
        name
        for country in settings.countries.values() if country.partner_region in (code, *around)
        for name in country.partner_area.values()
    ]  # fmt: skip
    return _fold([*areas, *(name for above in around for name in _list_names(places, above))])


def _list_names(places: Places, code: str) -> list[str]:
    row = places.table.loc[code]
    labels = [str(row[column]) for column in row.index if column.startswith("label_")]
    return [str(row["name"]), *labels, *str(row["also"]).split(";")]


def _fold(names: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(" ".join(map(fold_name, names)).split()))
