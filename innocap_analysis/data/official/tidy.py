"""From the figures of a file to rows of place, year, indicator and value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from innocap_analysis.data.official.cube import (
    MEASURE,
    PLACE,
    TIME,
    Cube,
    Dimension,
    raise_faults,
)
from innocap_analysis.data.official.match import Gazetteer, Matches, match_places
from innocap_analysis.errors import InnocapError, suggest

FIRST_YEAR, LAST_YEAR = 1900, 2100
# Ids and headings of dimensions whose role the file does not tell.
_PLACES = frozenset(
    ("geo", "region", "ref_area", "area", "municipality", "kommun", "kunta", "alue", "country",
     "county", "kommune", "maakunta", "län", "sveitarfélag")
)  # fmt: skip
_TIMES = {"time", "tid", "year", "time_period", "vuosi", "år", "ár", "period"}
_MEASURES = {
    "contentscode",
    "statistic",
    "indicator",
    "measure",
    "kpi",
    "tiedot",
    "indic",
    "innehåll",
}
_UNITS = {"unit", "unit_measure", "enhet", "yksikkö"}
_YEAR = re.compile(r"(\d{4})(?:-\d{2}(?:-\d{2})?|[-]?[MQKTHSW]\d{1,2}|[A]\d{0,2})?")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_MOST_SHOWN = 8


@dataclass(frozen=True)
class Selection:
    """What a person says of a file.

    `where` fixes dimensions to categories, `each` names those that make an indicator for each
    category; `place_in` and `time_in` are the dimensions of place and time where the file does
    not tell; `country` says whose national codes its places have, `given` the place of single
    codes; `codes` gives the indicator its code (under ``""``; with several, what their codes
    begin with) or renames them.
    """

    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    each: Sequence[str] = ()
    place_in: str = ""
    time_in: str = ""
    country: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tidy:
    """Figures as rows, and what was decided on the way.

    `table` has the columns `place` (the project's code), `published` (the file's), `year`,
    `indicator`, `value` (NaN where there is none), `status`. `indicators` has `label` and `unit`
    by code; `fixed` says to what the other dimensions are fixed.
    """

    table: pd.DataFrame
    indicators: pd.DataFrame
    matches: Matches
    labels: dict[str, str]
    fixed: dict[str, str]


def tidy_cube(cube: Cube, selection: Selection, gazetteer: Gazetteer, *, name: str) -> Tidy:
    """Turn figures into rows of place, year and indicator; those of unknown places are left out."""
    faults: list[str] = []
    chosen = _choose(cube, selection, faults)
    own = {role: _find_dimension(cube, role, said, faults)
           for role, said in ((PLACE, selection.place_in), (TIME, selection.time_in))}  # fmt: skip
    raise_faults(name, faults)
    cube = cube.keep(chosen)
    if cube.values.notna().sum() == 0:
        raise InnocapError(f"{name}: no figure is left of what --where chooses")
    place, time = own[PLACE], own[TIME]
    assert place is not None, "faults were raised"
    assert time is not None, "faults were raised"
    others = [one for one in cube.dimensions if one.code not in (place.code, time.code)]
    split, fixed = _divide(cube, others, selection, faults)
    codes, indicators = _name_indicators(cube, split, fixed, selection, faults)
    years = _read_years(cube, time, faults)
    labels = {c: place.labels.get(c, c) for c in dict.fromkeys(cube.cells[place.code])}
    country = selection.country or cube.country
    try:
        matches = match_places(labels, gazetteer, country=country, given=selection.given)
    except InnocapError as error:
        faults += str(error).split("\n  ")
        matches = Matches({}, {})
    else:
        if not matches.found:
            listed = "; ".join(f"{place.tell(c)}: {why}" for c, why in
                               list(matches.unmatched.items())[:_MOST_SHOWN])  # fmt: skip
            faults.append(f"none of the {len(labels)} places of {place.code!r} is known: {listed}")
    raise_faults(name, faults)
    published = cube.cells[place.code]
    table = pd.DataFrame({
        "place": published.map(matches.found), "published": published, "year": years,
        "indicator": codes, "value": cube.values, "status": cube.statuses, "line": cube.lines,
    }).dropna(subset=["place"])  # fmt: skip
    raise_faults(name, list(_find_twice(table)))
    rows = table.sort_values(["place", "indicator", "year"], ignore_index=True)
    told = {one.label: one.tell(category) for one, category in fixed}
    return Tidy(rows.drop(columns="line"), indicators, matches, labels, told)


def _find_named(cube: Cube, wanted: str) -> Dimension | None:
    for one in cube.dimensions:
        if wanted.casefold() in (one.code.casefold(), one.label.casefold()):
            return one
    return None


def _tell_unknown(cube: Cube, wanted: str, option: str) -> str:
    names = [one.code for one in cube.dimensions]
    return f"{option}: there is no dimension {wanted!r}; there are {', '.join(names)}" + suggest(
        wanted, names
    )


def _choose(cube: Cube, selection: Selection, faults: list[str]) -> pd.Series:
    """Return which figures the conditions leave."""
    chosen = pd.Series(True, index=cube.cells.index)
    for wanted, categories in selection.where.items():
        one = _find_named(cube, wanted)
        if one is None:
            faults.append(_tell_unknown(cube, wanted, f"--where {wanted}=…"))
            continue
        kept = []
        for category in categories:
            found = [c for c, label in one.labels.items()
                     if category.casefold() in (c.casefold(), label.casefold())]  # fmt: skip
            exact = [c for c in found if c == category] or found
            if not exact:
                faults.append(
                    f"--where {wanted}={category}: {one.code} has {_list(one, one.labels)}"
                    + suggest(category, [*one.labels, *one.labels.values()])
                )
            kept += exact
        chosen &= cube.cells[one.code].isin(kept)
    return chosen


def _list(one: Dimension, categories: Iterable[str]) -> str:
    every = list(categories)
    more = f" and {len(every) - _MOST_SHOWN} more" if len(every) > _MOST_SHOWN else ""
    return ", ".join(one.tell(c) for c in every[:_MOST_SHOWN]) + more


def _find_dimension(cube: Cube, role: str, said: str, faults: list[str]) -> Dimension | None:
    option = "--place-in" if role == PLACE else "--time-in"
    if said:
        one = _find_named(cube, said)
        if one is None:
            faults.append(_tell_unknown(cube, said, option))
        return one
    words = _PLACES if role == PLACE else _TIMES
    found = cube.find(role) or [
        one for one in cube.dimensions
        if not one.role and {one.code.casefold(), one.label.casefold()} & words
    ]  # fmt: skip
    if len(found) == 1:
        return found[0]
    names = ", ".join(one.code for one in found or cube.dimensions)
    what = "several dimensions may be" if found else "no dimension is known as"
    faults.append(f"{what} that of the {role} ({names}); say which with {option}")
    return None


def _divide(
    cube: Cube, others: Sequence[Dimension], selection: Selection, faults: list[str]
) -> tuple[list[Dimension], list[tuple[Dimension, str]]]:
    """Return the dimensions that make indicators, and those that are fixed, with their category."""
    asked = {wanted: _find_named(cube, wanted) for wanted in selection.each}
    faults += [_tell_unknown(cube, w, f"--each {w}") for w, one in asked.items() if one is None]
    each = {one.code for one in asked.values() if one is not None}
    split, fixed = [], []
    for one in others:
        categories = list(dict.fromkeys(cube.cells[one.code]))
        if len(categories) == 1 and one.code not in each:
            fixed.append((one, categories[0]))
        elif _is_measure(one) or one.code in each:
            split.append(one)
        else:
            faults.append(
                f"dimension {one.code} has {len(categories)} categories, {_list(one, categories)}: "
                f"choose one with --where {one.code}={categories[0]}, or make an indicator of each "
                f"with --each {one.code}"
            )
    return split, fixed


def _is_measure(one: Dimension) -> bool:
    """Tell whether the categories of a dimension are what is measured."""
    return one.role == MEASURE or (
        not one.role and bool({one.code.casefold(), one.label.casefold()} & _MEASURES)
    )


def _name_indicators(
    cube: Cube, split: Sequence[Dimension], fixed: Sequence[tuple[Dimension, str]],
    selection: Selection, faults: list[str],
) -> tuple[pd.Series, pd.DataFrame]:  # fmt: skip
    """Return the code of the indicator of every figure, and label and unit of each code."""
    start = selection.codes.get("", "")
    units = {one.code: one.units for one in cube.dimensions}
    common = next((one.tell(c) if one.labels.get(c, c) == c else one.labels[c] for one, c in fixed
                   if {one.code.casefold(), one.label.casefold()} & _UNITS), "")  # fmt: skip
    common = next((units[one.code][c] for one, c in fixed if c in units[one.code]), common)
    keys = [cube.cells[one.code] for one in split]
    combined = pd.Series(list(zip(*keys, strict=True)) if keys else [()] * len(cube.cells))
    rows: dict[tuple[str, ...], tuple[str, str, str]] = {}
    if not split and not start:  # the only measure of the file has a code already
        start = next((category for one, category in fixed if _is_measure(one)), "")
    renamed = {old: new for old, new in selection.codes.items() if old}
    for combo in dict.fromkeys(combined):
        bare = "_".join(combo)
        plain = re.sub(r"[^A-Za-z0-9]+", "_", bare).strip("_")
        made = "_".join(filter(None, (start, plain)))
        code = renamed.pop(bare, renamed.pop(plain, made))
        called = [one.labels.get(c, c) for one, c in zip(split, combo, strict=True)]
        measured = [one.labels.get(c, c) for one, c in fixed if _is_measure(one)]
        label = ", ".join([*measured, *called]) or cube.title
        unit = next((units[one.code][c] for one, c in zip(split, combo, strict=True)
                     if c in units[one.code]), common)  # fmt: skip
        rows[combo] = (code, label, unit)
        if not code:
            faults.append("the indicator has no code here; give it one with --indicator CODE")
        elif not _CODE.fullmatch(code):
            faults.append(
                f"indicator {code!r}: a code begins with a letter and has up to 40 letters, digits "
                f"and '_'; give one with --indicator {bare}=CODE"
            )
    codes = [code for code, _, _ in rows.values() if code]
    faults += [f"indicator {c!r}: two categories get this code; rename one with --indicator OLD=NEW"
               for c in dict.fromkeys(codes) if codes.count(c) > 1]  # fmt: skip
    known = ["_".join(combo) for combo in rows]
    faults += [f"--indicator {old}={new}: the file has no {old!r}{suggest(old, known)}"
               for old, new in renamed.items()]  # fmt: skip
    table = pd.DataFrame(rows.values(), columns=["code", "label", "unit"], dtype="str")
    own = combined.map({combo: row[0] for combo, row in rows.items()})
    return own, table.drop_duplicates("code").set_index("code")


def _read_years(cube: Cube, time: Dimension, faults: list[str]) -> pd.Series:
    """Return the year of every figure; a month or quarter stands for its year if it is alone."""
    periods = list(dict.fromkeys(cube.cells[time.code]))
    years: dict[str, int] = {}
    for period in periods:
        found = _YEAR.fullmatch(period.strip())
        if not found or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
            faults.append(f"{time.code} {period!r} is no year between {FIRST_YEAR} and {LAST_YEAR}")
            continue
        year = int(found[1])
        other = next((one for one, known in years.items() if known == year), None)
        if other is not None:
            faults.append(
                f"{time.code}: {other} and {period} lie in one year; choose the period that stands "
                f"for it with --where {time.code}={period}"
            )
            break
        years[period] = year
    return cube.cells[time.code].map(years)


def _find_twice(table: pd.DataFrame) -> Iterable[str]:
    keys = ["place", "year", "indicator"]
    for key, rows in table[table.duplicated(keys, keep=False)].groupby(keys):
        place, year, code = key
        yield (
            f"{' and '.join(rows['line'].iloc[:3])}: two figures for {place}, {year}, {code}; "
            "leave one out"
        )
