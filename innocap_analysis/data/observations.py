"""From the raw folder to trusted observations: each step leaves rows in the cleaning log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from innocap_analysis.data.datapackage import PACKAGE_NAME
from innocap_analysis.data.levels import (
    COUNTRY,
    REGION,
    find_level,
    find_unit_column,
    list_observed,
    resolve_places,
)
from innocap_analysis.data.raw import read_raw_table
from innocap_analysis.data.units import map_country, read_regions
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import hash_file, write_atomically, write_table
from innocap_analysis.settings import CONFIG_NAME, Settings

NO_ROW = "indicator is not in the codebook"


class LogRow(NamedTuple):
    """One decision on the way from raw figures to observations."""

    action: str  # changed, dropped or missing
    source: str = ""
    unit: str = ""
    code: str = ""
    time: int | str = ""
    n_values: int = 0
    detail: str = ""


@dataclass(frozen=True)
class PreparedData:
    """Observations and the log of what was done to reach them.

    Attributes
    ----------
    observations : DataFrame
        Columns `unit`, `time`, `code`, `value`, `status`, `source`; every year.
    log : DataFrame
        Columns `action` (changed, dropped, missing), `source`, `unit`, `code`, `time`,
        `n_values`, `detail`.
    levels : dict of str to str
        Level of every unit with a figure: country, region, district, county or municipality.
    level : str
        Level of the units of the index.
    """

    observations: pd.DataFrame
    log: pd.DataFrame
    levels: Mapping[str, str]
    level: str

    def list_units(self, selected: pd.DataFrame) -> list[str]:
        """Return the units of the index that have some of the figures, in alphabetical order."""
        return sorted(u for u in set(selected["unit"]) if self.levels[str(u)] == self.level)


def prepare_data(
    settings: Settings, *, known: Collection[str], scored: Collection[str]
) -> PreparedData:
    """Read, verify and clean the raw files."""
    regions = read_regions(settings.regions_path)
    resources = list_observed(settings)
    if not resources:
        raise InnocapError(f"{PACKAGE_NAME}: no resource has the role 'observations'")
    # Every file is read and checked each time; the same contents are cleaned only once.
    tables = tuple(read_raw_table(resource) for resource in resources)
    columns = [find_unit_column(resource) for resource in resources]
    local = {
        code
        for table, column in zip(tables, columns, strict=True)
        if column != COUNTRY
        for code in table[column].unique()
    }
    raw = _Raw(
        files=tuple((r.name, r.path.name, r.sha256, r.table.model_dump_json()) for r in resources),
        columns=tuple(columns),
        regions=tuple(zip(regions["raw_code"], regions.index, strict=True)),
        regions_name=settings.regions_path.name,
        places=tuple(sorted(resolve_places(local, settings).items())),
        level=find_level(settings),
        known=tuple(sorted(known)),
        scored=tuple(scored),
        tables=tables,
    )
    observations, log, levels = _clean(raw)
    return PreparedData(observations.copy(), log.copy(), levels, raw.level)


@dataclass(frozen=True)
class _Raw:
    """What cleaning depends on; the tables are those of the files with these hashes."""

    files: tuple[tuple[str, str, str, str], ...]
    columns: tuple[str, ...]
    regions: tuple[tuple[str, str], ...]
    regions_name: str
    places: tuple[tuple[str, tuple[str, str]], ...]
    level: str
    known: tuple[str, ...]
    scored: tuple[str, ...]
    tables: tuple[pd.DataFrame, ...] = field(compare=False, repr=False)


@lru_cache(maxsize=4)
def _clean(raw: _Raw) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """Bring the raw tables together and map their units; return observations, log and levels."""
    local = dict(raw.places) | {code: (unit, REGION) for code, unit in raw.regions}
    parts = []
    mapping: dict[str, str] = {}
    levels: dict[str, str] = {}
    for (name, file, _, _), column, table in zip(raw.files, raw.columns, raw.tables, strict=True):
        for code, line in table.groupby(column)["line"].min().items():
            unit, level = (
                (map_country(str(code)), COUNTRY)
                if column == COUNTRY
                else local.get(str(code), (None, ""))
            )
            if unit is None:
                remedy = (
                    "expected ISO 3166-1 alpha-3, such as SWE"
                    if column == COUNTRY
                    else f"add it to {raw.regions_name}, or give the code of a place such as "
                    "SE-2284"
                )
                raise InnocapError(f"{file}: line {line}, {column}: {code!r} is unknown; {remedy}")
            mapping[str(code)], levels[unit] = unit, level
        parts.append(
            table.rename(columns={column: "raw_code"})[
                ["raw_code", "year", "indicator", "value"]
            ].assign(source=name)
        )
    observations, changed = map_units(pd.concat(parts, ignore_index=True), mapping)
    observations, unknown = drop_unknown_codes(observations, raw.known)
    newest, older = select_year(observations)
    # Of an index of countries all that the files tell of, of another those that have a figure.
    about = levels if raw.level == COUNTRY else {u: levels[u] for u in newest["unit"].unique()}
    units = [unit for unit, level in about.items() if level == raw.level]
    missing = list_missing(newest, raw.scored, units)
    return observations, pd.concat([changed, unknown, older, missing], ignore_index=True), levels


def _make_log(rows: Iterable[LogRow]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(LogRow._fields)).astype({"n_values": "int64"})


def _count(table: pd.DataFrame, by: list[str]) -> list[Any]:
    """Return the groups of a table as tuples of the keys and the number of rows."""
    return list(table.groupby(by).size().reset_index(name="n").itertuples(index=False, name=None))


def map_units(raw: pd.DataFrame, mapping: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Replace raw unit codes by the project's; log each that was changed or dropped.

    The observations are sorted by unit, code and time, so that the order of rows in the raw files
    leaves no trace.
    """
    rows = []
    empty = raw["value"].isna()
    for source, code, n in _count(raw[empty], ["source", "indicator"]):
        rows.append(LogRow("missing", source, code=code, n_values=n, detail="published as missing"))
    raw = raw[~empty]
    for source, code, n in _count(raw, ["source", "raw_code"]):
        new = mapping.get(code)
        if new is None:
            rows.append(LogRow("dropped", source, code, n_values=n, detail="unknown unit code"))
        elif new != code:
            detail = f"unit code {code} -> {new}"
            rows.append(LogRow("changed", source, new, n_values=n, detail=detail))
    observations = pd.DataFrame(
        {
            "unit": raw["raw_code"].map(mapping),
            "time": raw["year"].astype("int64"),
            "code": raw["indicator"],
            "value": raw["value"].astype("float64"),
            "status": "observed",
            "source": raw["source"],
        }
    ).dropna(subset=["unit"])
    ordered = observations.sort_values(["unit", "code", "time"], ignore_index=True)
    return ordered, _make_log(rows)


def drop_unknown_codes(
    observations: pd.DataFrame, known: Iterable[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Drop indicators that the codebook does not describe."""
    keep = observations["code"].isin(set(known))
    log = _make_log(
        LogRow("dropped", source, code=code, n_values=n, detail=NO_ROW)
        for source, code, n in _count(observations[~keep], ["source", "code"])
    )
    return observations[keep].reset_index(drop=True), log


def select_year(
    observations: pd.DataFrame, year: int | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep what :func:`keep_newest` does; log each indicator and year that is left out."""
    kept = keep_newest(observations, year)
    keys = ["unit", "code", "time"]
    out = observations.merge(kept[keys], on=keys, how="left", indicator=True)
    left = out[out["_merge"] == "left_only"]

    def tell(time: int) -> str:
        late = year is not None and time > year
        return "later than the chosen year" if late else "an older year; kept for trends"

    log = _make_log(
        LogRow("dropped", source, "", code, time, n, tell(time))
        for source, code, time, n in _count(left, ["source", "code", "time"])
    )
    return kept, log


def keep_newest(observations: pd.DataFrame, year: int | None = None) -> pd.DataFrame:
    """Keep one value per unit and indicator: the newest, or the newest up to a year."""
    within = observations if year is None else observations[observations["time"] <= year]
    newest = within.groupby(["unit", "code"])["time"].transform("max")
    return within[within["time"] == newest].reset_index(drop=True)


def list_missing(
    observations: pd.DataFrame, codes: Iterable[str], units: Iterable[str]
) -> pd.DataFrame:
    """Log the cells of a units x codes table that have no value, a row per indicator."""
    have = set(zip(observations["unit"], observations["code"], strict=True))
    wanted = sorted(set(units))
    lacking = {code: [unit for unit in wanted if (unit, code) not in have] for code in codes}
    return _make_log(
        LogRow("missing", code=code, n_values=len(without),
               detail="no value for " + " ".join(without))
        for code, without in lacking.items()
        if without
    )  # fmt: skip


def widen(observations: pd.DataFrame, codes: Iterable[str] | None = None) -> pd.DataFrame:
    """Turn observations into the units x codes table that scoring takes."""
    if pd.api.types.is_complex_dtype(observations["value"].dtype):
        raise InnocapError("observations: complex numbers are no figures")
    twice = observations[observations.duplicated(["unit", "code"])]
    if len(twice):
        row = twice.iloc[0]
        raise InnocapError(f"observations: {row['unit']} has two figures for {row['code']}")
    wide = observations.pivot(index="unit", columns="code", values="value")
    columns = sorted(wide.columns) if codes is None else list(codes)
    return wide.reindex(columns=columns).sort_index()


def find_processed(settings: Settings) -> Path:
    """Return where the tables of the index go that is looked at."""
    return settings.processed_dir / settings.index


def write_processed(settings: Settings, prepared: PreparedData) -> None:
    """Write observations, cleaning log and what they were made from to ``data/processed``."""
    folder = find_processed(settings)
    write_table(folder / "observations.csv", prepared.observations)
    write_table(folder / "cleaning_log.csv", prepared.log)
    inputs = json.dumps(hash_inputs(settings), indent=2)
    write_atomically(folder / "inputs.json", inputs + "\n")


def hash_inputs(settings: Settings) -> dict[str, str]:
    """Return the SHA-256 of every file that the processed tables depend on, by its path."""
    files = [
        settings.codebook_path,
        settings.regions_path,
        settings.raw_dir / PACKAGE_NAME,
        *(resource.path for resource in list_observed(settings)),
        *(path for path in (settings.flags_path, settings.notes_path) if path.exists()),
    ]
    hashes = {file.relative_to(settings.root).as_posix(): hash_file(file) for file in files}
    # Not how countries are drawn or called: a page is no other for a colour that it does not show.
    chosen = [list(settings.countries), settings.sets, settings.min_coverage]
    digest = hashlib.sha256(json.dumps(chosen).encode("utf-8")).hexdigest()
    return {f"{CONFIG_NAME}, what scores depend on": digest, **hashes}


def fingerprint_inputs(settings: Settings) -> str:
    """Return one short hash over everything that the results depend on, for run stamps."""
    text = json.dumps(hash_inputs(settings), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
