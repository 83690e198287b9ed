"""Raw files, verified against their datapackage before a figure is used."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from innocap_analysis import reads
from innocap_analysis.errors import InnocapError

PACKAGE_NAME = "datapackage.json"
SURVEY_FOLDER = "survey"
_MOST_FAULTS_SHOWN = 10


@dataclass(frozen=True)
class Resource:
    """One raw file and what the datapackage says of it.

    Attributes
    ----------
    name, title, publisher, citation, licence_note, checked : str
        Where the figures come from, under which terms, and how they were checked.
    cautions : dict of str to str
        What to be careful about, by indicator code.
    role : str
        ``observations`` feed the index, ``reference`` tables prove the engine.
    path : Path
        The file.
    sha256 : str
        Its hash.
    fields : tuple of dict
        Frictionless table schema.
    primary_key : tuple of str
        Columns whose values together occur once.
    """

    name: str
    title: str
    publisher: str
    citation: str
    licence_note: str
    checked: str
    cautions: dict[str, str]
    role: str
    path: Path
    sha256: str
    fields: tuple[dict[str, Any], ...]
    primary_key: tuple[str, ...]


def read_datapackage(raw_dir: Path) -> list[Resource]:
    """Read which raw files there are."""
    file = raw_dir / PACKAGE_NAME
    try:
        package = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InnocapError(f"{file}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise InnocapError(f"{PACKAGE_NAME}: is not valid JSON ({error})") from None
    resources = []
    for i, entry in enumerate(package.get("resources", [])):
        try:
            resources.append(
                Resource(
                    name=entry["name"],
                    title=entry["title"],
                    publisher=entry["publisher"],
                    citation=entry["citation"],
                    licence_note=entry["licence_note"],
                    checked=entry["checked"],
                    cautions=entry["cautions"],
                    role=entry["role"],
                    path=raw_dir / entry["path"],
                    sha256=entry["hash"].removeprefix("sha256:"),
                    fields=tuple(entry["schema"]["fields"]),
                    primary_key=tuple(entry["schema"]["primaryKey"]),
                )
            )
        except KeyError as error:
            name = entry.get("name", f"number {i + 1}")
            raise InnocapError(
                f"{PACKAGE_NAME}: resource {name} lacks {error.args[0]!r}; see its neighbours"
            ) from None
    listed = {resource.path for resource in resources}
    with (
        reads.aside()
    ):  # a stray stops a batch before it runs, so no page depends on there being one
        # Survey exports come and go, and are checked by their own reader.
        strays = sorted(
            path.name
            for path in raw_dir.glob("**/*.csv")
            if path not in listed and path.parent.name != SURVEY_FOLDER
        )
    if strays:
        raise InnocapError(
            f"{raw_dir.name}/{strays[0]}: is not described in {PACKAGE_NAME}; add a resource with "
            "publisher, citation, licence, hash and schema, or remove the file"
        )
    return resources


def read_raw_table(resource: Resource) -> pd.DataFrame:
    """Read a raw file after checking its hash and every cell against its schema.

    Returns: the columns of the schema: strings, integers and floats; plus ``line``, the line in
    the file, so that later messages can name it.
    """
    name = resource.path.name
    try:
        data = resource.path.read_bytes()
    except OSError as error:
        raise InnocapError(f"{resource.path}: cannot be read ({error.strerror})") from None
    if not data.strip():
        raise InnocapError(f"{name}: is empty; restore the published file")
    schema = json.dumps(resource.fields)
    try:
        table, faults = _parse(data, schema, resource.primary_key)
    except UnicodeDecodeError:
        table, faults = None, ["is not UTF-8 text"]
    if hashlib.sha256(data).hexdigest() != resource.sha256:
        # The faults found tell an accidental edit apart from a new edition of the data.
        found = "".join(f"\n  {fault}" for fault in faults[:_MOST_FAULTS_SHOWN])
        raise InnocapError(
            f"{name}: was edited, its SHA-256 differs from {PACKAGE_NAME}. Raw files are never "
            f"changed by hand: restore it, or for a new edition update the resource "
            f"{resource.name!r} with its source and hash{found}"
        )
    if faults or table is None:
        shown = "".join(f"\n  {fault}" for fault in faults[:_MOST_FAULTS_SHOWN])
        more = len(faults) - _MOST_FAULTS_SHOWN
        raise InnocapError(
            f"{name}: {len(faults)} fault(s){shown}" + (f"\n  and {more} more" if more > 0 else "")
        )
    return table.copy()


@lru_cache(maxsize=64)  # every page starts from the same files, some cells ask for them again
def _parse(
    data: bytes, schema_json: str, primary_key: tuple[str, ...]
) -> tuple[pd.DataFrame | None, list[str]]:
    """Return the table, None where it has a fault, and the faults."""
    schema = {str(field["name"]): field for field in json.loads(schema_json)}
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    head = next(reader)
    faults = [f"column {column!r} is missing" for column in schema if column not in head]
    faults += [f"column {column!r} is unknown" for column in head if column not in schema]
    if faults:
        return None, faults
    columns: dict[str, list[object]] = {column: [] for column in ["line", *head]}
    for record in reader:
        if len(record) != len(head):
            faults.append(f"line {reader.line_num}: {len(record)} cells, expected {len(head)}")
            continue
        columns["line"].append(reader.line_num)
        for column, text in zip(head, record, strict=True):
            value, fault = _read_cell(text, schema[column])
            columns[column].append(value)
            if fault:
                faults.append(f"line {reader.line_num}, {column}: {fault}")
    if faults:
        return None, faults
    table = pd.DataFrame(columns)
    if table.empty:
        return None, ["holds a header but no row"]
    twice = table[table.duplicated(list(primary_key))]
    for row in twice.to_dict("records"):
        key = ", ".join(str(row[column]) for column in primary_key)
        faults.append(f"line {row['line']}: a second row for {key}")
    return table, faults


def _read_cell(text: str, field: dict[str, Any]) -> tuple[object, str | None]:
    rules = field.get("constraints", {})
    if text == "":
        return (None, "is empty") if rules.get("required") else (None, None)
    value: object = text
    if field["type"] in ("number", "integer"):
        try:
            number = float(text)
        except ValueError:
            return text, f"{text!r} is not a number"
        if not math.isfinite(number):
            return text, f"{text!r} is not a finite number"
        if field["type"] == "integer":
            if not number.is_integer():
                return text, f"{text!r} is not a whole number"
            number = int(number)
        value = number
        return value, next(_check_range(number, rules), None)
    if "pattern" in rules and not re.fullmatch(rules["pattern"], text):
        return value, f"{text!r} does not look like {rules['pattern']}"
    if "enum" in rules and text not in rules["enum"]:
        return value, f"{text!r} is none of {', '.join(rules['enum'])}"
    return value, None


def _check_range(number: float, rules: dict[str, Any]) -> Iterator[str]:
    if number < rules.get("minimum", -math.inf):
        yield f"{number:g} is below {rules['minimum']}"
    if number > rules.get("maximum", math.inf):
        yield f"{number:g} is above {rules['maximum']}"
