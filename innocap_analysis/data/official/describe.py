"""The raw file of figures taken in, and what the datapackage says of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from innocap_analysis.data.official.match import list_countries
from innocap_analysis.data.official.tidy import FIRST_YEAR, LAST_YEAR
from innocap_analysis.errors import InnocapError

COUNTRY, PLACE = "country", "place"  # columns that say whom a row of a raw file is about
_WITHDRAWN = {"BUR", "DDR", "FXX", "TMP", "YMD", "ZAR"}  # of ISO 3166-1, for other codes


@lru_cache(maxsize=1)
def _list_alpha3() -> dict[str, str]:
    known = list_countries().items()
    return {two: one for one, two in known if len(one) == 3 and one not in _WITHDRAWN}


def write_rows(table: pd.DataFrame, column: str) -> bytes:
    """Write rows as a raw file: figures with the digits that they have, none where none is."""
    places = table["place"].map(_list_alpha3()) if column == COUNTRY else table["place"]
    rows = pd.DataFrame({
        column: places, "published": table["published"], "year": table["year"],
        "indicator": table["indicator"], "value": [_write_number(v) for v in table["value"]],
        "status": table["status"],
    }).sort_values([column, "indicator", "year"])  # fmt: skip
    return str(rows.to_csv(index=False, lineterminator="\n")).encode("utf-8")


def _write_number(value: float) -> str:
    if pd.isna(value):
        return ""
    whole = float(value).is_integer() and abs(value) < 1e15
    return str(int(value)) if whole else repr(float(value))


def describe_file(
    name: str, data: bytes, column: str, codes: Sequence[str], about: Mapping[str, str]
) -> dict[str, Any]:
    """Return the entry of a raw file for the datapackage.

    `about` holds title, publisher, citation, licence, url, checked and cautions about all codes.
    """
    pattern = "[A-Z]{3}" if column == COUNTRY else "[A-Z]{2}[A-Za-z0-9-]*"
    told = "ISO 3166-1 alpha-3" if column == COUNTRY else "Code of the place in this project"
    fields: list[dict[str, Any]] = [
        {"name": column, "type": "string", "title": told,
         "constraints": {"required": True, "pattern": pattern}},
        {"name": "published", "type": "string", "title": "Code of the place as published",
         "constraints": {"required": True}},
        {"name": "year", "type": "integer", "title": "Year the figure is for",
         "constraints": {"required": True, "minimum": FIRST_YEAR, "maximum": LAST_YEAR}},
        {"name": "indicator", "type": "string",
         "constraints": {"required": True, "enum": list(codes)}},
        {"name": "value", "type": "number", "title": "Empty where none was published"},
        {"name": "status", "type": "string", "title": "Flags and marks as published"},
    ]  # fmt: skip
    entry: dict[str, Any] = {
        "name": name, "type": "table", "title": about["title"], "path": f"{name}.csv",
        "format": "csv", "mediatype": "text/csv", "encoding": "utf-8", "bytes": len(data),
        "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "publisher": about["publisher"], "citation": about["citation"],
    }  # fmt: skip
    if about.get("url"):
        entry["sources"] = [{"title": about["publisher"], "path": about["url"]}]
    caution = about.get("caution", "")
    return entry | {
        "role": "observations", "licence_note": about["licence"], "checked": about["checked"],
        "cautions": dict.fromkeys(codes, caution) if caution else {},
        "schema": {"fields": fields, "primaryKey": [column, "year", "indicator"],
                   "missingValues": [""]},
    }  # fmt: skip


def add_resource(package: bytes, entry: Mapping[str, Any], *, name: str) -> bytes:
    """Return the text of a datapackage with one more entry at the end."""
    content = json.loads(package)
    resources = content["resources"]
    for key in ("name", "path"):
        if any(one.get(key) == entry[key] for one in resources):
            raise InnocapError(
                f"{name}: a resource with the {key} {entry[key]!r} is there already; choose "
                "another with --name, or remove the old one and its file for a new edition"
            )
    end = b"\n" if package.endswith(b"\n") else b""
    resources.append(dict(entry))
    return json.dumps(content, indent=2, ensure_ascii=False).encode("utf-8") + end


def renew_resource(package: bytes, name: str, data: bytes, told: str) -> bytes:
    """Return the text of a datapackage with another content of a file, and why."""
    content = json.loads(package)
    for one in content["resources"]:
        if one["name"] == name:
            one |= {"bytes": len(data), "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
            one["checked"] = f"{one['checked']}; {told}"
    end = b"\n" if package.endswith(b"\n") else b""
    return json.dumps(content, indent=2, ensure_ascii=False).encode("utf-8") + end
