"""One file with every number that a reader sees, and its schema."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from innocap_analysis.errors import InnocapError
from innocap_analysis.files import write_atomically
from innocap_analysis.pages.facts import COLUMNS, MEANINGS, NUMERIC
from innocap_analysis.pages.view import RESULTS
from innocap_analysis.settings import Settings

NAME, SCHEMA_NAME, FRONT_NAME = "results.csv", "results.schema.json", f"index{RESULTS}"


def write_results(settings: Settings) -> Path:
    """Write ``reports/results.csv`` from the results of every page that stands.

    The languages of a page say the same numbers; each stands once, the default language's first.
    """
    rows: dict[str, dict[str, str]] = {}
    files = [*settings.reports_dir.glob(FRONT_NAME), *settings.reports_dir.glob(f"*/*{RESULTS}")]
    for path in sorted(files, key=lambda path: (path.name.count("."), path)):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                rows.setdefault(row["id"], row)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[key] for key in sorted(rows))
    write_atomically(settings.reports_dir / SCHEMA_NAME, json.dumps(make_schema(), indent=2) + "\n")
    return write_atomically(settings.reports_dir / NAME, text.getvalue())


def make_schema() -> dict[str, Any]:
    """Return the JSON Table Schema of the results (Frictionless Table Schema 1)."""
    fields = [
        {"name": name, "type": "number" if name in NUMERIC else "string",
         "description": MEANINGS[name]}
        for name in COLUMNS
    ]  # fmt: skip
    fields[0]["constraints"] = {"required": True, "unique": True}  # type: ignore[assignment]
    return {"fields": fields, "primaryKey": "id", "missingValues": [""]}


def find_result(settings: Settings, number: str) -> dict[str, str]:
    """Return the row of a number, or say what ids look like."""
    place = settings.reports_dir / NAME
    try:
        with place.open(encoding="utf-8", newline="") as stream:
            rows = {row["id"]: row for row in csv.DictReader(stream)}
    except OSError:
        raise InnocapError(f"{place}: is not there; make it with: innocap report") from None
    if number not in rows:
        near = [key for key in rows if key.startswith(":".join(number.split(":")[:3]) + ":")][:8]
        told = f"; there are {', '.join(near)}" if near else ""
        raise InnocapError(
            f"number {number!r} is not in {place.name}; ids are page:unit:code:measure, such as "
            f"60:SE:PRO:gap{told}"
        )
    return rows[number]
