"""Which notebook runs for what: the table of runs, rejected whole when a part is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from innocap_analysis.batch.book import (
    BY_PLAN,
    Book,
    check_sets,
    find_formats,
    list_place_documents,
    set_values,
)
from innocap_analysis.batch.many import ManyUnits
from innocap_analysis.batch.naming import name_report
from innocap_analysis.batch.outcome import Run
from innocap_analysis.batch.rows import (
    DEFAULT,
    Faults,
    Row,
    know_places,
    list_rows,
    list_units,
)
from innocap_analysis.batch.wish import ALL, Wish
from innocap_analysis.data.find_places import choose_places
from innocap_analysis.data.levels import COUNTRY, find_level
from innocap_analysis.data.places import read_places
from innocap_analysis.documents.brief import PAGE_FORMAT
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.settings import CONFIG_NAME, Settings

COMPARISON = "comparison"


def make_plan(
    settings: Settings,
    *,
    regions: Sequence[str] | None = None,
    notebooks: Sequence[str] | None = None,
    language: str | Sequence[str] | None = None,
    parameters: Mapping[str, object] | None = None,
    variants: Sequence[str] | None = None,
    table: Path | None = None,
    places: Sequence[str] | None = None,
    country: str | None = None,
    index: str | None = None,
    formats: Sequence[str] | None = None,
) -> list[Run]:
    """List the runs of a batch, every one checked."""
    faults = Faults()
    settings = settings.choose(index)
    many = ManyUnits(settings) if find_level(settings) != COUNTRY else None
    if places and many is not None:
        if regions or table:
            raise InnocapError("--places: cannot be given with --region or --runs; leave one out")
        regions, places, country = many.choose(places, country), None, None
    wish = Wish.read(settings, regions, language, parameters, variants, many, formats)
    rows = list_rows(settings, table, faults)
    if index:
        # Further rows of the plan are about the default index, and so are pages about places.
        rows = [row for row in rows if table or (row.simple and row.units != [])]
    if index or many is not None:  # documents are about the countries of the default index
        rows = [row for row in rows if tuple(row.notebooks) != settings.batch.documents]
    if places:
        rows = [_list_places_row(settings, places, country, regions, table)]
    elif country is not None:
        raise InnocapError("--country: says where --places are; give it with --places")
    book = Book(settings, faults)
    wanted = _choose_notebooks(rows, book, notebooks)
    if index:
        wanted = [
            _take_index_notebooks(row, own, book, strict=bool(table or notebooks))
            for row, own in zip(rows, wanted, strict=True)
        ]
    if not any(wanted):
        faults.tell()
        place = table.name if table else CONFIG_NAME
        raise InnocapError(f"{place}: batch names no notebook to run")
    check_sets(book)
    chosen = list(dict.fromkeys(name for names in wanted for name in names))
    if notebooks and regions and all(book.runs_once(name) for name in chosen):
        raise InnocapError(
            f"--region {regions[0]}: {chosen[0]} compares all countries and has no region; "
            "leave --region out"
        )
    _check_declared(book, chosen, wish.parameters, strict=notebooks is not None)
    found: dict[str, Run] = {}
    for row, names in zip(rows, wanted, strict=True):
        for run in _expand_row(row, names, wish, book, many):
            if found.setdefault(run.place, run) != run:
                faults.add(
                    row.places["sets" if row.sets else "notebook"],
                    f"{run.place} is made by another row with other parameters; "
                    "give one of them the name of a set",
                )
    faults.tell()
    if not found:
        if wish.formats:
            raise InnocapError(
                f"--format {','.join(wish.formats)}: no document is made of what was asked for; "
                f"documents come from {', '.join(settings.batch.documents)}: leave --notebook out, "
                "and give countries as --region or municipalities and regions as --places"
            )
        if chosen and all(book.is_for_places(name) for name in chosen):
            raise InnocapError(
                f"{chosen[0]}: is about places; say which, such as --places rural --country SE or "
                "--places Sundsvall"
            )
        raise InnocapError(
            "no row of the plan has these regions, languages and sets together; leave one out"
        )
    return list(found.values())


def _list_places_row(
    settings: Settings,
    places: Sequence[str],
    country: str | None,
    regions: Sequence[str] | None,
    table: Path | None,
) -> Row:
    """Return the one row of a batch over places."""
    other = "--region" if regions else "--runs" if table else ""
    if other:
        raise InnocapError(f"--places: cannot be given with {other}; leave one of them out")
    if not settings.batch.place:
        raise InnocapError(f"--places: {CONFIG_NAME} names no notebook under batch: place:")
    codes = choose_places(places, read_places(settings), country=country, folder=Path.cwd())
    where = dict.fromkeys(("notebook", "units", "languages", "sets"), "--places")
    names = (*settings.batch.place, *list_place_documents(settings))
    return Row(names, codes, (), (), where)


def _choose_notebooks(
    rows: Sequence[Row], book: Book, wanted: Sequence[str] | None
) -> list[list[str]]:
    """Return the notebooks of each row, those that are wanted."""
    named: list[list[str]] = []
    for row in rows:
        names = []
        for name in row.notebooks:
            try:
                if row.simple and name not in book.known:
                    raise InnocapError(f"names {name!r}, but there is no notebooks/{name}.ipynb")
                names.append(book.find(name, book.known))
            except InnocapError as error:
                book.faults.add(row.places["notebook"], error)
        named.append(names)
    if not wanted:
        return named
    known = list(dict.fromkeys(name for names in named for name in names))
    chosen = {book.find(name, known) for name in wanted}
    return [[name for name in names if name in chosen] for names in named]


def _take_index_notebooks(row: Row, names: list[str], book: Book, *, strict: bool) -> list[str]:
    """Return the notebooks that can be about another index than the default one."""
    able = [name for name in names if any(p.name == "index" for p in book.declare(name))]
    for name in names if strict else ():
        if name not in able:
            book.faults.add(row.places["notebook"], f"{name} is about no index; leave --index out")
    return able


def _check_declared(
    book: Book, names: Sequence[str], given: Mapping[str, object], *, strict: bool
) -> None:
    declared = {name: [p.name for p in book.declare(name)] for name in names}
    everything = sorted({parameter for own in declared.values() for parameter in own})
    for key in given:
        without = [name for name, own in declared.items() if key not in own]
        if len(without) == len(declared) or (strict and without):
            raise InnocapError(
                f"{without[0]}: has no parameter {key!r}{suggest(key, everything)}; "
                f"known are {', '.join(declared[without[0]])}"
            )


def _expand_row(
    row: Row, names: Sequence[str], wish: Wish, book: Book, many: ManyUnits | None
) -> list[Run]:
    if wish.formats and PAGE_FORMAT not in wish.formats:
        names = [name for name in names if book.is_document(name)]
    units = _choose_units(row, names, wish, book, many)
    languages = _choose_languages(row, wish, book)
    _check_own(row, names, book)
    once = [name for name in names if book.runs_once(name)]
    if once and row.units is not None and not row.simple:
        book.faults.add(
            row.places["units"], f"{once[0]} runs once, for all countries; leave the units out"
        )
    places = [(COMPARISON, name) for name in once]
    if row.simple and wish.regions is None:  # and one document about all countries
        about_all = [n for n in names if book.is_document(n) and not book.is_for_places(n)]
        places += [(COMPARISON, name) for name in about_all]
    others = [name for name in names if name not in once]
    if many is None:
        places += _pair_units(units, others, book)
    else:
        places += [(u, name) for u in units for name in others if not book.is_for_places(name)]
    ready = {
        name: [set_values(name, *given, book) for given in _list_sets(row, wish, book)]
        for name in dict.fromkeys([*names, *(name for _, name in places)])
    }
    runs = []
    for tongue in languages:
        for folder, name in places:
            for values, tag, choices in ready[name]:
                own = dict(values)
                if "language" in own:
                    own["language"] = tongue
                if folder != COMPARISON:
                    own["place" if book.is_for_places(name) else "region"] = folder
                stem = name_report(name, tongue, book.settings, tag)
                run = Run(book.path(name), folder, tongue, own, stem, tag, choices)
                if book.is_document(name):
                    formats = wish.formats or find_formats(run, book.settings)
                    if not formats:
                        continue
                    own["formats"] = list(formats)
                runs.append(run)
    return runs


def _pair_units(units: Sequence[str], names: Sequence[str], book: Book) -> list[tuple[str, str]]:
    """Return each unit with the notebooks about it.

    A notebook about countries says nothing of a region: that leads to the notebooks about
    places, where the plan has any and the place is known.
    """
    instead = book.settings.batch.place
    known = places.table.index if (places := know_places(book.settings)) is not None else ()
    pairs: dict[tuple[str, str], None] = {}
    for unit in units:
        is_country = unit in book.settings.countries
        for name in names:
            if book.is_document(name):
                of_places = unit in known and not is_country
                if of_places if book.is_for_places(name) else is_country:
                    pairs[unit, name] = None
                continue
            if is_country == book.is_for_places(name):
                if is_country:
                    continue  # a country has pages of its own
                own: Sequence[str] = instead if unit in known else (name,)
            else:
                own = (name,)
            pairs |= dict.fromkeys((unit, one) for one in own)
    return list(pairs)


def _choose_units(
    row: Row, names: Sequence[str], wish: Wish, book: Book, many: ManyUnits | None
) -> list[str]:
    if all(book.runs_once(name) for name in names):
        return []
    if row.units is not None and not row.units:  # of places, only those that are asked for
        return wish.regions or []
    if row.simple and wish.regions is not None:
        return wish.regions
    if many is not None:
        return many.list(row.units, wish.regions, row.places["units"], book.faults)
    units = list_units(row.units or ["countries"], book.settings, row.places["units"], book.faults)
    return units if wish.regions is None else [unit for unit in units if unit in wish.regions]


def _choose_languages(row: Row, wish: Wish, book: Book) -> list[str]:
    own = list(row.languages)
    if ALL in own:
        own = list(book.settings.languages)
    for tongue in own:
        try:
            book.settings.check_language(tongue)
        except InnocapError as error:
            book.faults.add(row.places["languages"], error)
    if wish.languages is not None:
        return [tongue for tongue in wish.languages if not own or tongue in own]
    return list(dict.fromkeys(own)) or [book.settings.default_language]


def _check_own(row: Row, names: Sequence[str], book: Book) -> None:
    """Check the parameters that a row of a file gives itself."""
    declared = sorted({p.name for name in names for p in book.declare(name)})
    for key in row.parameters:
        if key in BY_PLAN:
            book.faults.add(row.places[key], "is no parameter here; use units and languages")
        elif names and key not in declared:
            book.faults.add(
                row.places[key],
                f"{names[0]} has no such parameter{suggest(key, declared)}; "
                f"it has {', '.join(declared)}",
            )


def _list_sets(
    row: Row, wish: Wish, book: Book
) -> list[tuple[str, Mapping[str, object], Mapping[str, str]]]:
    """Return name, values and their places of each set that a row runs with."""
    sets = book.settings.batch.sets
    if wish.parameters:
        standard = not row.sets or DEFAULT in row.sets
        name = wish.variants[0] if wish.variants else ""
        values = {**row.parameters, **wish.parameters}
        places = {key: row.places[key] for key in row.parameters if key not in wish.parameters}
        return [(name, values, places)] if standard else []
    found: list[tuple[str, Mapping[str, object], Mapping[str, str]]] = []
    for name in wish.variants or row.sets or ("",):
        known = sets.get(name, {})
        if row.parameters and known:
            book.faults.add(
                row.places["sets"],
                f"{name!r} is a set of {CONFIG_NAME}; leave the row's own parameters out, or "
                "give them another name",
            )
        if name and name != DEFAULT and not known and not row.parameters:
            book.faults.add(
                row.places["sets"],
                f"there is no set {name!r}{suggest(name, list(sets))}; define it in {CONFIG_NAME} "
                "under batch: sets:, or give its parameters in columns of the row",
            )
        named = "" if name == DEFAULT else name
        places = {key: book.settings.locate("batch", "sets", name, key) for key in known}
        found.append((named, {**known, **row.parameters}, {**places, **row.places}))
    return found
