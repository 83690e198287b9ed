"""The table of runs as it is written: rows of ``innocap.yml`` or of a CSV file, and units."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from innocap_analysis.data.find_places import choose_places, look_up
from innocap_analysis.data.places import Places, find_known_places, read_places
from innocap_analysis.data.units import find_unit, read_regions
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.pages.place_view import check_place
from innocap_analysis.planned import check_variant
from innocap_analysis.reads import read_bytes
from innocap_analysis.settings import CONFIG_NAME, Settings
from innocap_analysis.survey.wave import list_earlier

DEFAULT = "default"
CHANGES = "87_what_changed"
COLUMNS = ("notebook", "units", "languages", "set")
_AS_IN_YAML = {"sets": "set"}
_SEP = re.compile(r"\Asep=.\r?\n")  # a first line of Excel's
_SEPARATORS = r"[;|]"
_REGIONS = re.compile(r"(?:all )?regions(?: of (\w+))?")
_FILE = re.compile(r"file[ :]+(.+)")
_PLACES = re.compile(r"(all|rural|sparse) places(?: of (\w+))?|places (in .+)")
_MANY = (re.compile("countries"), _REGIONS, _PLACES, _FILE)


@dataclass(frozen=True)
class Row:
    """Notebooks x units x languages x sets, with where each field stands.

    Attributes
    ----------
    notebooks, languages, sets : sequence of str
        Names; no languages are the default one, no sets the standard parameters.
    units : sequence of str or None
        Codes; None is what the notebook runs for by itself.
    parameters : mapping
        Values that the row itself gives.
    places : mapping of str to str
        File, line and name by field.
    simple : bool
        Whether it is one of the two lists that options of a call may widen.
    """

    notebooks: Sequence[str]
    units: Sequence[str] | None
    languages: Sequence[str]
    sets: Sequence[str]
    places: Mapping[str, str]
    parameters: Mapping[str, object] = field(default_factory=dict)
    simple: bool = False


class Faults:
    """All that is wrong with a plan, each said once."""

    def __init__(self) -> None:
        self._told: dict[str, None] = {}

    def add(self, place: str, problem: object) -> None:
        """Keep a fault with its place."""
        self._told[f"{place}: {problem}"] = None

    def tell(self) -> None:
        """Raise them all, if there is any."""
        if self._told:
            raise InnocapError("\n  ".join(self._told))


def list_rows(settings: Settings, file: Path | None, faults: Faults) -> list[Row]:
    """List the rows of the plan in ``innocap.yml``, or of a CSV file in its stead."""
    if file is not None:
        return list(_read_rows(file, settings, faults))
    plan = settings.batch
    rows = []
    kinds = {"comparison": None, "region": ["countries"], "place": [], "documents": ["countries"]}
    for kind, units in kinds.items():
        names = getattr(plan, kind)
        if not list_earlier(settings):  # there is nothing that could have changed
            names = [name for name in names if name != CHANGES]
        if names:
            places = dict.fromkeys(("notebook", "units"), f"{CONFIG_NAME}: batch")
            rows.append(Row(names, units, (), (), places, simple=True))
    for number, run in enumerate(plan.runs):
        places = {
            name: settings.locate("batch", "runs", str(number), name)
            for name in ("notebook", "units", "languages", "sets")
        }
        rows.append(Row(run.notebook, run.units, run.languages or (), run.sets or (), places))
    return rows


def _read_rows(file: Path, settings: Settings, faults: Faults) -> Iterator[Row]:
    text = _SEP.sub("", _read_text(file))
    lines = text.splitlines()
    head = lines[0] if lines else ""
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [name.strip() for name in next(reader, [])]
    header = [name.lower() if name.lower() in (*COLUMNS, *_AS_IN_YAML) else name for name in header]
    header = [_AS_IN_YAML.get(name, name) for name in header]
    if "notebook" not in header:
        raise InnocapError(
            f"{file.name}: line 1: column 'notebook' is missing; the columns are "
            f"{', '.join(COLUMNS)} and one for each parameter that a row gives"
            + suggest("notebook", header)
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice or "" in header:
        what = f"column {twice[0]!r} occurs twice" if twice else "a column has no name"
        raise InnocapError(f"{file.name}: line 1: {what}; mend the header")
    for cells in reader:
        line = f"{file.name}: line {reader.line_num}"
        if not any(cell.strip() for cell in cells):
            continue
        if not any(cells[len(header) :]):  # a trailing mark
            cells = cells[: len(header)]
        if len(cells) != len(header):
            faults.add(line, f"{len(cells)} fields, the header has {len(header)}; mend the row")
            continue
        given = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        places = {name: f"{line}, {name}" for name in (*COLUMNS, *header)}
        yield Row(
            _split(given["notebook"]) or ("",),
            _split(given.get("units", "")) or None,
            _split(given.get("languages", "")),
            _name_sets(given.get("set", ""), settings, places["set"], faults),
            places | {"sets": places["set"]},
            {name: cell for name, cell in given.items() if name not in COLUMNS and cell},
        )


def _read_text(file: Path) -> str:
    try:
        return read_bytes(file).decode("utf-8-sig")
    except OSError as error:
        raise InnocapError(f"{file}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InnocapError(f"{file}: is not UTF-8 text; save it as 'CSV UTF-8'") from None


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(_SEPARATORS, cell) if part.strip())


def _name_sets(cell: str, settings: Settings, place: str, faults: Faults) -> tuple[str, ...]:
    names = _split(cell)
    for name in names:
        if name not in settings.batch.sets and name != DEFAULT:
            try:
                check_variant(name)
            except ValueError as error:
                faults.add(place, error)
    return names


def list_units(words: Sequence[str], settings: Settings, place: str, faults: Faults) -> list[str]:
    """Return the codes that a row's units stand for."""
    found: dict[str, None] = {}
    plain = [word for word in words if not any(p.fullmatch(word) for p in _MANY)]
    codes = [code for word in plain for code in word.replace(",", " ").split()]
    known = dict(zip(codes, _resolve_units(codes, settings, place, faults), strict=True))
    for word in words:
        regions, file = _REGIONS.fullmatch(word), _FILE.fullmatch(word)
        many = _PLACES.fullmatch(word)
        if word == "countries":
            found |= dict.fromkeys(settings.countries)
        elif regions:
            found |= dict.fromkeys(_list_regions(regions[1], settings, place, faults))
        elif many:
            found |= dict.fromkeys(_list_places(many, settings, place, faults))
        elif file:
            own = _read_units(settings.root / file[1], settings, place, faults)
            found |= dict.fromkeys(own)
        else:
            found |= dict.fromkeys(known[code] for code in word.replace(",", " ").split())
    return [code for code in found if code]


def resolve_unit(wanted: str, settings: Settings, places: Places | None = None) -> str:
    """Return the code of a country or region, or of a place where the plan has pages of places."""
    if places is not None and wanted in places.smallest.index:
        return wanted
    try:
        return find_unit(wanted, settings).code
    except InnocapError:
        found = look_up(wanted, places) if places is not None else []
        if places is None or not any(len(code) > len("SE") for code in found):  # no country
            raise
        return check_place(wanted, places)


def know_places(settings: Settings) -> Places | None:
    """Return the places, where the plan has pages about them."""
    return find_known_places(settings) if settings.batch.place else None


def _resolve_units(
    wanted: Sequence[str], settings: Settings, place: str, faults: Faults
) -> list[str]:
    found, places = [], know_places(settings)
    for one in wanted:
        try:
            found.append(resolve_unit(one, settings, places))
        except InnocapError as error:
            faults.add(place, error)
            found.append("")
    return found


def _list_places(many: re.Match[str], settings: Settings, place: str, faults: Faults) -> list[str]:
    try:
        return choose_places([many[1] or many[3]], read_places(settings), country=many[2])
    except InnocapError as error:
        faults.add(place, error)
        return []


def _list_regions(country: str | None, settings: Settings, place: str, faults: Faults) -> list[str]:
    table = read_regions(settings.regions_path)
    wanted = list(settings.countries) if country is None else [country]
    if country is not None and country not in settings.countries:
        known = ", ".join(settings.countries)
        faults.add(place, f"country {country!r} is none of {known}; write 'regions of {known[:2]}'")
    codes = [str(code) for code in table.index[table["country"].isin(wanted)]]
    return [code for code in codes if code not in settings.countries]


def _read_units(file: Path, settings: Settings, place: str, faults: Faults) -> list[str]:
    try:
        text = _read_text(file)
    except InnocapError as error:
        faults.add(place, error)
        return []
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        code = re.split(r"[,;\t#]", line)[0].strip().strip('"')
        if not code or (number == 1 and code.lower() in ("unit", "units", "code", "region")):
            continue
        found += _resolve_units([code], settings, f"{file.name}: line {number}", faults)
    found = [code for code in found if code]
    if not found:
        faults.add(place, f"{file.name} names no unit; write one code on each line")
    return found
