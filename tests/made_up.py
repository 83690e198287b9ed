"""Indexes of made-up regions and municipalities, added to a copy of the project."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

GROUPS = {"SKILLS": ("TRAINED", "STAFF"), "SERVICES": ("ONLINE", "ANSWERED", "SHARED")}
LEAVES = [leaf for group in GROUPS.values() for leaf in group]
LANGUAGES = ("en", "sv", "fi", "fr")


def add_index(
    project: Path,
    name: str,
    level: str,
    units: Sequence[str],
    *,
    years: Sequence[int] = (2024,),
    flat: bool = False,
) -> np.ndarray:
    """Add codebook, raw file and entry of an index with five indicators; return the figures.

    A flat one has no groups.
    """
    figures = np.random.default_rng(len(units)).uniform(5, 95, (len(units), len(LEAVES))).round(1)
    column = "region" if level == "region" else "place"
    lines = [f"{column},year,indicator,value"]
    for year in years:
        lines += [
            f"{unit},{year},{leaf},{figures[i, k] - (years[-1] - year):.1f}"
            for i, unit in enumerate(units)
            for k, leaf in enumerate(LEAVES)
        ]
    _add_resource(project, name, column, ("\n".join(lines) + "\n").encode())
    labels = ",".join(f"label_{language}" for language in LANGUAGES)
    rows = [f"code,parent,kind,{labels},low,high,unit,source"]
    rows.append(f"{name.upper()},,index,{_repeat('Local capacity')},,,,")
    for group, leaves in GROUPS.items():
        if not flat:
            rows.append(f"{group},{name.upper()},group,{_repeat(group.title())},,,,")
        up = name.upper() if flat else group
        rows += [f"{k},{up},indicator,{_repeat(k.title())},0,100,percent,{name}" for k in leaves]
    book = project / "data" / "codebooks" / f"{name}.csv"
    book.write_text("\n".join(rows) + "\n", encoding="utf-8")
    settings = project / "innocap.yml"
    text = settings.read_text(encoding="utf-8")
    head = "" if "\nindexes:\n" in text else "\nindexes:\n"
    entry = (
        f"  {name}:\n    codebook: data/codebooks/{name}.csv\n    level: {level}\n"
        f"    title: {{en: The {name}, sv: Om {name}}}\n"
    )
    settings.write_text(text + head + entry, encoding="utf-8")
    return figures


def _repeat(label: str) -> str:
    return ",".join([label] * len(LANGUAGES))


def _add_resource(project: Path, name: str, column: str, content: bytes) -> None:
    (project / "data" / "raw" / f"{name}.csv").write_bytes(content)
    file = project / "data" / "raw" / "datapackage.json"
    package = json.loads(file.read_text(encoding="utf-8"))
    kinds = {column: "string", "year": "integer", "indicator": "string", "value": "number"}
    package["resources"].append({
        "name": name, "path": f"{name}.csv", "title": f"Figures of {name}", "publisher": "made up",
        "citation": "made up", "licence_note": "made up", "checked": "", "cautions": {},
        "role": "observations", "hash": "sha256:" + hashlib.sha256(content).hexdigest(),
        "schema": {"fields": [{"name": key, "type": kind} for key, kind in kinds.items()],
                   "primaryKey": [column, "year", "indicator"]},
    })  # fmt: skip
    file.write_text(json.dumps(package), encoding="utf-8")


def add_regions(project: Path, number: int = 30) -> list[str]:
    """Add made-up regions of Sweden to the table of regions."""
    codes = [f"SE9{i:02d}" for i in range(1, number + 1)]
    table = project / "data" / "codebooks" / "regions.csv"
    with table.open("a", encoding="utf-8", newline="") as stream:
        stream.writelines(f"{code},{code},SE,{_repeat(f'Region {code[3:]}')}\n" for code in codes)
    return codes
