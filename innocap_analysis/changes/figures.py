"""Figures of official statistics taken in: raw file, its description, rows of the codebook."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from innocap_analysis.changes.change import Change, refuse
from innocap_analysis.changes.index import check_name, find_file, find_root_code, put_index
from innocap_analysis.changes.indicator import (
    Row,
    check_row,
    find_codebook,
    find_settings,
    freeze_goalposts,
    list_groups,
    put_rows,
)
from innocap_analysis.data.datapackage import PACKAGE_NAME, read_datapackage
from innocap_analysis.data.levels import find_level
from innocap_analysis.data.official.cube import MOST_BYTES, Cube
from innocap_analysis.data.official.describe import (
    COUNTRY,
    PLACE,
    add_resource,
    describe_file,
    write_rows,
)
from innocap_analysis.data.official.match import Gazetteer
from innocap_analysis.data.official.read import read_figures, read_sheet
from innocap_analysis.data.official.tidy import Selection, Tidy, tidy_cube
from innocap_analysis.data.place_tree import LEVELS
from innocap_analysis.data.places import find_known_places
from innocap_analysis.data.units import read_regions
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.reads import read_bytes
from innocap_analysis.settings import Settings

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_MOST_LISTED = 20


@dataclass(frozen=True)
class Origin:
    """Where figures come from, as a person says it; publisher and title may stand in the file."""

    name: str = ""
    publisher: str = ""
    licence: str = ""
    citation: str = ""
    title: str = ""
    url: str = ""


@dataclass(frozen=True)
class Taken:
    """Figures ready to be written, and what a person should know of them."""

    change: Change
    told: tuple[str, ...]
    left: tuple[str, ...] = field(default=())


def read_file(path: Path, *, sheet: str = "") -> Cube:
    """Read a file of figures, a workbook among them."""
    try:
        size = path.stat().st_size
        data = read_bytes(path) if size <= MOST_BYTES else b""
    except OSError as error:
        raise InnocapError(f"{path}: cannot be read ({error.strerror})") from None
    if size > MOST_BYTES:
        raise InnocapError(f"{path.name}: {size / 1e6:.0f} MB are more than {MOST_BYTES / 1e6:.0f}")
    if path.suffix.lower() not in (".xlsx", ".xlsm", ".xls", ".ods"):
        return read_figures(data, path.name)
    from innocap_analysis.survey.files.workbook import read_workbook

    sheets = read_workbook(path)
    if sheet not in sheets and (sheet or len(sheets) > 1):
        raise InnocapError(f"{path.name}: say which sheet with --sheet: {', '.join(sheets)}")
    table = sheets[sheet or next(iter(sheets))]
    table = table.loc[(table != "").any(axis=1), (table != "").any(axis=0)]
    records = [
        (int(line), list(map(str, row)))
        for line, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return read_sheet(records, ",", path.name)


def complete(origin: Origin, cube: Cube, path: Path) -> Origin:
    """Fill in what the file itself says: publisher, title, and a name after the file's."""
    name = origin.name or re.sub(r"[^a-z0-9]+", "_", path.stem.casefold()).strip("_")
    publisher, title = origin.publisher or cube.publisher, origin.title or cube.title
    return replace(origin, name=name, publisher=publisher, title=title)


def add_figures(
    settings: Settings,
    path: Path,
    cube: Cube,
    *,
    origin: Origin,
    selection: Selection,
    row: Row,
    directions: Mapping[str, str] | None = None,
    parents: Mapping[str, str] | None = None,
    codebook: str = "",
    index: str = "",
    level: str = "",
    freeze: bool = False,
) -> Taken:
    """Take the figures of a file in, or tell everything that is missing or wrong.

    `row` is what all new indicators have, `directions` and `parents` say it of single ones; with
    `index` a further index begins with these figures, whose units are of a `level`, without
    dimensions where no parent is said. `freeze` also
    freezes goalposts anew that the codebook has.
    """
    origin = complete(origin, cube, path)
    faults = _check_origin(origin)
    if index:
        faults += check_name(settings, index)
        book_path, known = find_file(settings, index), set()
        root = find_root_code(index)
        if not (row.parent or parents):  # an index of one level
            row = replace(row, parent=root)
        groups = list(dict.fromkeys(filter(None, [row.parent, *(parents or {}).values()])))
    else:
        book_path = find_codebook(settings, codebook)
        book = read_codebook(book_path)
        known, groups = set(map(str, book.table.index)), list_groups(book)
    gazetteer = Gazetteer(find_known_places(settings), read_regions(settings.regions_path))
    try:
        tidy = tidy_cube(cube, selection, gazetteer, name=path.name)
    except InnocapError as error:
        codes = set(selection.codes.values())
        if not (codes and codes <= known):
            faults += check_row(replace(row, code=selection.codes.get("", "")), groups)
        refuse("innocap add figures", [*faults, *str(error).split("\n  ")])
        raise
    levels = pd.Series({p: gazetteer.level(p) for p in tidy.matches.found.values()}, dtype="str")
    rows = _draft_rows(tidy, row, directions or {}, parents or {}, origin, known)
    for one in rows:
        faults += check_row(one, groups)
    faults += _check_single(rows, row)
    if index:
        level, told = _choose_level(levels, level)
        faults += told
    else:
        faults += _check_level(rows, levels, settings, book_path)
    refuse("innocap add figures", [*faults, *_check_free(settings, origin)])
    change = Change(settings)
    _put_files(change, path, tidy, levels, origin, cube)
    if index:
        used = [g for g in groups if g != root and any(one.parent == g for one in rows)]
        put_index(change, index, level=level, title=origin.title, groups=used)
    if rows:
        put_rows(change, book_path, rows)
    freeze_goalposts(change, book_path, rows, anew=freeze)
    return Taken(change, tuple(_tell(tidy, cube, levels)), tuple(_tell_left(rows)))


def _check_free(settings: Settings, origin: Origin) -> list[str]:
    known = {resource.name for resource in read_datapackage(settings.raw_dir)}
    if origin.name not in known:
        return []
    return [f"--name: {origin.name!r} is a resource of {PACKAGE_NAME} already; choose another"]


def _choose_level(levels: pd.Series, said: str) -> tuple[str, list[str]]:
    """Return the level of the units of a new index: the one of the file, or that which was said."""
    there = [one for one in LEVELS if one in set(levels)]
    if said and said not in there:
        return said, [f"--level {said!r}: the file has places of the level {', '.join(there)}"]
    if not said and len(there) > 1:
        return "", [f"say --level: the file has places of the levels {', '.join(there)}"]
    return said or there[0], []


def _check_origin(origin: Origin) -> list[str]:
    faults = [
        f"say --{name}: {what}"
        for name, what in (
            ("publisher", "who publishes the figures"),
            ("licence", "under which terms they may be used, in the publisher's words"),
            ("citation", "how the publisher wants them cited"),
            ("title", "what the figures are called"),
        )
        if not getattr(origin, name).strip()
    ]
    if not _NAME.fullmatch(origin.name):
        faults.append(
            f"--name {origin.name!r}: small letters, digits and '_' only, a letter first; the raw "
            "file gets this name"
        )
    return faults


def _draft_rows(
    tidy: Tidy, row: Row, directions: Mapping[str, str], parents: Mapping[str, str],
    origin: Origin, known: set[str],
) -> list[Row]:  # fmt: skip
    rows = []
    for code, label, unit in tidy.indicators.reset_index().itertuples(index=False):
        if code not in known:
            several = len(tidy.indicators) > 1
            named = str(label) or (str(code) if several else origin.title)
            rows.append(
                replace(
                    row, code=str(code), labels={"en": named, **row.labels},
                    unit=row.unit or str(unit), source=origin.name,
                    parent=parents.get(str(code), row.parent),
                    direction=directions.get(str(code), row.direction),
                )
            )  # fmt: skip
    return rows


def _check_single(rows: Sequence[Row], row: Row) -> list[str]:
    if len(rows) > 1 and (row.labels or row.low is not None):
        return [
            "--label, --low and --high are for one indicator; edit the rows of several afterwards"
        ]
    return []


def _check_level(
    rows: Sequence[Row], levels: pd.Series, settings: Settings, path: Path
) -> list[str]:
    """Tell of scored indicators whose index scores other units than the file is about."""
    chosen = find_settings(settings, path)
    level = find_level(chosen) if chosen is not None else ""
    if level and any(one.kind == "indicator" for one in rows) and level not in set(levels):
        return [
            f"{path.name} scores units of the level {level}, the file is about those of "
            f"{', '.join(sorted(set(levels)))}: say --kind context, --codebook with that of "
            "an index of that level, or --new-index NAME"
        ]
    return []


def _put_files(
    change: Change, path: Path, tidy: Tidy, levels: pd.Series, origin: Origin, cube: Cube
) -> None:
    """Write one raw file for countries and one for all other places, and describe them."""
    raw_dir = change.settings.raw_dir
    national = tidy.table["place"].map(levels) == COUNTRY
    parts = {COUNTRY: tidy.table[national], PLACE: tidy.table[~national]}
    parts = {column: table for column, table in parts.items() if len(table)}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    fixed = "; ".join(f"{what}: {category}" for what, category in tidy.fixed.items())
    left = ", ".join(list(tidy.matches.unmatched)[:_MOST_LISTED])
    more = len(tidy.matches.unmatched) - _MOST_LISTED
    checked = (
        f"taken from {path.name} ({cube.kind}, SHA-256 {digest})"
        + (f", updated {cube.updated}" if cube.updated else "")
        + (f"; {fixed}" if fixed else "")
        + (f"; places left out: {left}" + (f" and {more} more" if more > 0 else "") if left else "")
        + "; compared with no second source"
    )
    package = (raw_dir / PACKAGE_NAME).read_bytes()
    for column, table in parts.items():
        name = origin.name if len(parts) == 1 else f"{origin.name}_{column}"
        data = write_rows(table, column)
        about = {
            "title": origin.title, "publisher": origin.publisher, "citation": origin.citation,
            "licence": origin.licence, "url": origin.url, "checked": checked,
        }  # fmt: skip
        codes = list(dict.fromkeys(table["indicator"]))
        entry = describe_file(name, data, column, codes, about)
        package = add_resource(package, entry, name=PACKAGE_NAME)
        if (raw_dir / f"{name}.csv").exists():
            raise InnocapError(f"data/raw/{name}.csv: is there already; choose another --name")
        change.put(raw_dir / f"{name}.csv", data)
    change.put(raw_dir / PACKAGE_NAME, package)


def _tell(tidy: Tidy, cube: Cube, levels: pd.Series) -> list[str]:
    table, matches = tidy.table, tidy.matches
    counts = ", ".join(f"{n} {one}" for one in LEVELS if (n := int((levels == one).sum())))
    years = f"{int(table['year'].min())} to {int(table['year'].max())}"
    told = [f"read      {cube.kind}: {len(cube.values)} figures, {len(cube.dimensions)} dimensions"]
    told += [f"fixed     {what}: {category}" for what, category in tidy.fixed.items()]
    told += [f"matched   {len(matches.found)} of {len(tidy.labels)} places ({counts})"]
    told += [f"look at   {one}" for one in matches.told]
    told += [
        f"left out  {code if tidy.labels[code] == code else f'{code} ({tidy.labels[code]})'}: {why}"
        for code, why in list(matches.unmatched.items())[:_MOST_LISTED]
    ]
    more = len(matches.unmatched) - _MOST_LISTED
    told += [f"left out  {more} more"] if more > 0 else []
    told += [f"kept      {len(table)} figures of {len(tidy.indicators)} indicator(s), {years}"]
    missing = table[table["value"].isna()]
    marks = missing["status"].replace("", "no mark").value_counts()
    told += [f"missing   {n} published as {mark!r}" for mark, n in marks.items()]
    flags = table.loc[table["value"].notna() & (table["status"] != ""), "status"].value_counts()
    told += [f"flagged   {n} with {flag!r}" for flag, n in flags.items()]
    return told


def _tell_left(rows: Sequence[Row]) -> list[str]:
    scored = [one.code for one in rows if one.kind == "indicator" and one.low is None]
    if not scored:
        return []
    return [
        f"codebook rows {', '.join(scored)}: weight 1, clip both, goalposts from the newest "
        "figures; change what you know better"
    ]
