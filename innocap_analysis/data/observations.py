"""From the raw folder to trusted observations, on disk or in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache

import pandas as pd

from innocap_analysis.data.clean import (
    drop_unknown_codes,
    list_missing,
    map_units,
    select_year,
)
from innocap_analysis.data.datapackage import PACKAGE_NAME, read_datapackage
from innocap_analysis.data.raw import read_raw_table
from innocap_analysis.data.units import map_country, read_regions
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import hash_file, write_atomically, write_table
from innocap_analysis.settings import CONFIG_NAME, Settings


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
    """

    observations: pd.DataFrame
    log: pd.DataFrame


def prepare_data(
    settings: Settings, *, known: Collection[str], scored: Collection[str]
) -> PreparedData:
    """Read, verify and clean the raw files."""
    regions = read_regions(settings.regions_path)
    resources = [r for r in read_datapackage(settings.raw_dir) if r.role == "observations"]
    if not resources:
        raise InnocapError(f"{PACKAGE_NAME}: no resource has the role 'observations'")
    # Every file is read and checked each time; the same contents are cleaned only once.
    raw = _Raw(
        files=tuple((r.name, r.path.name, r.sha256, r.table.model_dump_json()) for r in resources),
        regions=tuple(zip(regions["raw_code"], regions.index, strict=True)),
        regions_name=settings.regions_path.name,
        known=tuple(sorted(known)),
        scored=tuple(scored),
        tables=tuple(read_raw_table(resource) for resource in resources),
    )
    observations, log = _clean(raw)
    return PreparedData(observations.copy(), log.copy())


@dataclass(frozen=True)
class _Raw:
    """What cleaning depends on; the tables are those of the files with these hashes."""

    files: tuple[tuple[str, str, str, str], ...]
    regions: tuple[tuple[str, str], ...]
    regions_name: str
    known: tuple[str, ...]
    scored: tuple[str, ...]
    tables: tuple[pd.DataFrame, ...] = field(compare=False, repr=False)


@lru_cache(maxsize=4)
def _clean(raw: _Raw) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bring the raw tables together and map their units; return observations and log."""
    region_codes = dict(raw.regions)
    parts = []
    mapping: dict[str, str] = {}
    for (name, file, _, _), table in zip(raw.files, raw.tables, strict=True):
        column = "region" if "region" in table else "country"
        for code, line in table.groupby(column)["line"].min().items():
            unit = region_codes.get(str(code)) if column == "region" else map_country(str(code))
            if unit is None:
                remedy = (
                    f"add it to {raw.regions_name}"
                    if column == "region"
                    else "expected ISO 3166-1 alpha-3, such as SWE"
                )
                raise InnocapError(f"{file}: line {line}, {column}: {code!r} is unknown; {remedy}")
            mapping[str(code)] = unit
        parts.append(
            table.rename(columns={column: "raw_code"})[
                ["raw_code", "year", "indicator", "value"]
            ].assign(source=name)
        )
    observations, changed = map_units(pd.concat(parts, ignore_index=True), mapping)
    observations, unknown = drop_unknown_codes(observations, raw.known)
    newest, older = select_year(observations)
    countries = sorted({unit for code, unit in mapping.items() if code not in region_codes})
    missing = list_missing(newest, raw.scored, countries)
    return observations, pd.concat([changed, unknown, older, missing], ignore_index=True)


def write_processed(settings: Settings, prepared: PreparedData) -> None:
    """Write observations, cleaning log and what they were made from to ``data/processed``."""
    folder = settings.processed_dir
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
        *(r.path for r in read_datapackage(settings.raw_dir) if r.role == "observations"),
        *(path for path in (settings.flags_path, settings.notes_path) if path.exists()),
    ]
    hashes = {file.relative_to(settings.root).as_posix(): hash_file(file) for file in files}
    # Not how countries are drawn or called: a page is no other for a colour that it does not show.
    chosen = [list(settings.countries), settings.reference_sets, settings.min_coverage]
    digest = hashlib.sha256(json.dumps(chosen).encode("utf-8")).hexdigest()
    return {f"{CONFIG_NAME}, what scores depend on": digest, **hashes}


def fingerprint_inputs(settings: Settings) -> str:
    """Return one short hash over everything that the results depend on, for run stamps."""
    text = json.dumps(hash_inputs(settings), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
