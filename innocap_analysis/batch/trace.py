"""From a printed number back to the raw figures, their publisher and their checksum."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from innocap_analysis.batch.naming import split_index
from innocap_analysis.batch.results import find_result
from innocap_analysis.data.datapackage import Resource, read_datapackage
from innocap_analysis.data.levels import UNIT_COLUMNS, resolve_places
from innocap_analysis.data.raw import read_raw_table
from innocap_analysis.data.units import map_country, read_regions
from innocap_analysis.index.capacity import CapacityData, load_capacity
from innocap_analysis.settings import Settings

_MOST_ROWS = 12  # of a file about places
_OWN = {"value", "score", "year", "context", "change", "first_edition", "last_edition"}


def trace_number(number: str, settings: Settings) -> Iterator[str]:
    """Tell, line by line, what a number of ``reports/results.csv`` rests on."""
    row = find_result(settings, number)
    ends = f" ({row['low']} to {row['high']})" if row["low"] else ""
    n = f", n = {float(row['n']):g}" if row["n"] else ""
    value = row["value"] or row["hidden"] or "no value"
    yield f"{number} = {value}{ends} [{row['unit_of_measure']}]{n}"
    if row["flag"]:
        yield f"  flag: {row['flag']}"
    names = row["sources"].split()
    resources = {r.name: r for r in read_datapackage(settings.raw_dir)}
    if not names:
        yield "  counts what the page itself does: countries, runs, settings or software"
    if any(resources[name].role == "observations" for name in names if name in resources):
        yield from _trace_cells(row, settings, resources)
    for name in names:
        if name in resources and resources[name].role != "observations":
            yield from _trace_rows(row, resources[name])
        yield from _trace_file(name, resources, settings)


def _trace_rows(row: dict[str, str], resource: Resource) -> Iterator[str]:
    """Tell the rows of a file about places that name the unit, and the code if there is one."""
    table = read_raw_table(resource)
    cells = table.drop(columns="line").astype(str)
    country, _, own = row["unit"].partition("-")
    named = [cells.eq(text).any(axis=1) for text in (row["code"], own or country) if text]
    if own and "country" in cells:
        named.append(cells["country"] == country)
    found = cells[np.logical_and.reduce(named)] if named else cells[:0]
    for at, own_cells in found[:_MOST_ROWS].iterrows():
        told = ", ".join(f"{name} {text}" for name, text in own_cells.items() if text)
        yield f"  {resource.path.name}, line {table.at[at, 'line']}: {told}"
    if len(found) > _MOST_ROWS:
        yield f"  {resource.path.name}: and {len(found) - _MOST_ROWS} more lines"


def _trace_cells(
    row: dict[str, str], settings: Settings, resources: dict[str, Resource]
) -> Iterator[str]:
    _, *tag = row["id"].split(":")[0].split("@", 1)
    index, _ = split_index(tag[0] if tag else "", settings)
    capacity = load_capacity(index=index or None, settings=settings)
    book, code, unit = capacity.codebook, row["code"], row["unit"]
    leaves = book.leaves_of(code) or [code]
    units = [unit] if unit else list(capacity.values.index)
    tables = {name: read_raw_table(resources[name]) for name in row["sources"].split()}
    back = _read_raw_codes(settings, tables.values())
    seen = capacity.observations
    for one in units:
        for leaf in leaves:
            own = seen[(seen["unit"] == one) & (seen["code"] == leaf)]
            for cell in own.to_dict("records"):
                yield _tell_cell(capacity, cell, tables[cell["source"]], resources, back)
    if unit and row["measure"] not in _OWN:
        others = len(capacity.values.index) - 1
        yield f"  held against the same indicators of the reference set (of {others} others)"


def _tell_cell(
    capacity: CapacityData,
    cell: dict[str, object],
    table: pd.DataFrame,
    resources: dict[str, Resource],
    back: dict[str, set[str]],
) -> str:
    unit, code, time = str(cell["unit"]), str(cell["code"]), cell["time"]
    place = table[next(name for name in reversed(UNIT_COLUMNS) if name in table)]
    own = table[(table["indicator"] == code) & (table["year"] == time)]
    lines = own.loc[place.map(lambda raw: unit in back.get(str(raw), {_alpha2(raw)})), "line"]
    text = f"  {unit} {code} {time}: {cell['value']}"
    if code in capacity.result.normalised and unit in capacity.result.normalised.index:
        score = float(capacity.result.normalised.at[unit, code])
        node = capacity.codebook.table.loc[code]
        text += f" -> {score:.4f} of 100 (goalposts {node['low']:g} to {node['high']:g}, "
        text += f"direction {node['direction']:g}, weight {node['weight']:g})"
    file = resources[str(cell["source"])].path.name
    return f"{text}; {file}, line {', '.join(map(str, lines))}"


def _alpha2(raw: object) -> str | None:
    return map_country(str(raw))


def _read_raw_codes(settings: Settings, tables: Iterable[pd.DataFrame]) -> dict[str, set[str]]:
    regions = read_regions(settings.regions_path)
    local = [own[name] for own in tables for name in ("region", "place") if name in own]
    named = {str(code) for column in local for code in column}
    places = resolve_places(named, settings)
    found = {code: {unit} for code, (unit, _) in places.items()}
    return found | {str(raw): {str(unit)} for unit, raw in regions["raw_code"].items()}


def _trace_file(name: str, resources: dict[str, Resource], settings: Settings) -> Iterator[str]:
    resource = resources.get(name)
    path = resource.path if resource else _find_survey_file(name, settings)
    if path is None:
        yield f"  {name}: is no longer there"
        return
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    place = path.relative_to(settings.root).as_posix()
    if resource is None:
        yield f"  {place}: answers of people, never told one by one; sha256 {digest}"
        return
    holds = "as published" if digest == resource.sha256 else "CHANGED since it was recorded"
    yield f"  {place}: {resource.publisher}. {resource.citation}. {resource.licence_note}"
    yield f"    sha256 {digest}, {holds}"


def _find_survey_file(name: str, settings: Settings) -> Path | None:
    folders = (settings.raw_dir / "survey", settings.processed_dir)
    return next((folder / name for folder in folders if (folder / name).is_file()), None)
