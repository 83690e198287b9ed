"""Raw files, verified against their datapackage before a figure is used."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from functools import lru_cache

import pandas as pd

from innocap_analysis.data.datapackage import PACKAGE_NAME, Column, Constraints, Resource, Schema
from innocap_analysis.errors import InnocapError
from innocap_analysis.reads import read_bytes

_MOST_FAULTS_SHOWN = 10


def read_raw_table(resource: Resource) -> pd.DataFrame:
    """Read a raw file after checking its hash and every cell against its schema.

    Returns: the columns of the schema: strings, integers and floats; plus ``line``, the line in
    the file, so that later messages can name it.
    """
    name = resource.path.name
    try:
        data = read_bytes(resource.path)
    except OSError as error:
        raise InnocapError(f"{resource.path}: cannot be read ({error.strerror})") from None
    if not data.strip():
        raise InnocapError(f"{name}: is empty; restore the published file")
    schema = resource.table.model_dump_json()
    try:
        table, faults = _parse(data, schema)
    except UnicodeDecodeError:
        table, faults = None, ["is not UTF-8 text"]
    except csv.Error as error:
        table, faults = None, [f"is no CSV ({error})"]
    if (digest := hashlib.sha256(data).hexdigest()) != resource.sha256:
        # The faults found tell an accidental edit apart from a new edition of the data.
        found = "".join(f"\n  {fault}" for fault in faults[:_MOST_FAULTS_SHOWN])
        raise InnocapError(
            f"{name}: was edited, its SHA-256 differs from {PACKAGE_NAME}. Raw files are never "
            f"changed by hand: restore it, or for a new edition update the resource "
            f"{resource.name!r} with its source and hash, now sha256:{digest}{found}"
        )
    if faults or table is None:
        shown = "".join(f"\n  {fault}" for fault in faults[:_MOST_FAULTS_SHOWN])
        more = len(faults) - _MOST_FAULTS_SHOWN
        raise InnocapError(
            f"{name}: {len(faults)} fault(s){shown}" + (f"\n  and {more} more" if more > 0 else "")
        )
    return table.copy()


@lru_cache(maxsize=64)  # every page starts from the same files, some cells ask for them again
def _parse(data: bytes, described: str) -> tuple[pd.DataFrame | None, list[str]]:
    """Return the table, None where it has a fault, and the faults."""
    key = Schema.model_validate_json(described).primaryKey
    schema = {column.name: column for column in Schema.model_validate_json(described).fields}
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
    twice = table[table.duplicated(key)]
    for row in twice.to_dict("records"):
        name = ", ".join(str(row[column]) for column in key)
        faults.append(f"line {row['line']}: a second row for {name}")
    return table, faults


def _read_cell(text: str, column: Column) -> tuple[object, str | None]:
    rules = column.constraints
    if text == "":
        return (None, "is empty") if rules.required else (None, None)
    if column.type == "string":
        return text, _check_text(text, rules)
    try:
        number = float("" if "_" in text else text)  # which Python reads as no sign
    except ValueError:
        return text, f"{text!r} is not a number"
    if not math.isfinite(number):
        return text, f"{text!r} is not a finite number"
    if column.type == "integer" and not number.is_integer():
        return text, f"{text!r} is not a whole number"
    value = int(number) if column.type == "integer" else number
    return value, _check_range(value, rules)


def _check_text(text: str, rules: Constraints) -> str | None:
    if rules.pattern is not None and not re.fullmatch(rules.pattern, text):
        return f"{text!r} does not look like {rules.pattern}"
    if rules.enum is not None and text not in rules.enum:
        return f"{text!r} is none of {', '.join(rules.enum)}"
    return None


def _check_range(number: float, rules: Constraints) -> str | None:
    if rules.minimum is not None and number < rules.minimum:
        return f"{number:g} is below {rules.minimum}"
    if rules.maximum is not None and number > rules.maximum:
        return f"{number:g} is above {rules.maximum}"
    return None
