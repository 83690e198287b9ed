"""The provenance record of all reports: an RO-Crate of the Process Run profile.

Everything comes from the records inside the executed notebooks, so the crate of a batch that
ran a part, or that was continued, is that of all reports that stand. It names no person and no
machine.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from innocap_analysis.batch.execute import FAILED
from innocap_analysis.batch.record import read_record
from innocap_analysis.files import hash_file, write_atomically
from innocap_analysis.reads import Reading
from innocap_analysis.settings import Settings

OWN_NAME = "innocap-analysis"
CRATE_NAME = "ro-crate-metadata.json"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
VERSION = "https://w3id.org/ro/crate/1.1"
CONTEXT = [f"{VERSION}/context", "https://w3id.org/ro/terms/workflow-run/context"]
_OFFICE = "application/vnd.openxmlformats-officedocument"
_FORMATS = {
    ".pdf": "application/pdf", ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".pptx": f"{_OFFICE}.presentationml.presentation", ".txt": "text/plain",
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    ".ipynb": "application/x-ipynb+json", ".html": "text/html", ".svg": "image/svg+xml",
    ".png": "image/png", ".csv": "text/csv", ".json": "application/json",
    ".yml": "application/yaml", ".md": "text/markdown",
}  # fmt: skip
SHA256_DIGITS = 64
_MEANINGS = {
    "file": "a file that was looked for",
    "list": "sha256 of the names of the files that fit",
    "tree": "sha256 of every file below the folder",
    "setting": "sha256 of a setting in innocap.yml",
    "role": "sha256 of the entries of one role in the description of the raw files",
}

Entity = dict[str, Any]


def write_crate(settings: Settings, fresh: Mapping[str, Entity] | None = None) -> Path:
    """Write ``reports/ro-crate-metadata.json`` for every report that stands."""
    records = _collect_records(settings, fresh or {})
    index = {
        f"reports/{path.name}": hash_file(path)
        for pattern in ("index*.html", "index*.csv", "explore*.html", "places*.html", "results.*")
        for path in sorted(settings.reports_dir.glob(pattern))
    }
    graph = make_graph(records, index)
    lines = ",\n".join(json.dumps(entity, ensure_ascii=False) for entity in graph)
    text = f'{{"@context": {json.dumps(CONTEXT)},\n"@graph": [\n{lines}\n]}}\n'
    return write_atomically(settings.reports_dir / CRATE_NAME, text)


def _collect_records(settings: Settings, fresh: Mapping[str, Entity]) -> dict[str, Entity]:
    """Return each report's record by the path of its notebook, which is hashed too."""
    found = {}
    for path in sorted(settings.reports_dir.glob("*/*.ipynb")):
        name = path.relative_to(settings.output_dir).as_posix()
        record = fresh.get(name) or read_record(path)
        if record and not path.name.endswith(FAILED):
            found[name] = record | {"sha256": record.get("sha256") or hash_file(path)}
    return found


def make_graph(records: dict[str, Entity], index: dict[str, str]) -> list[Entity]:
    """Return the entities of the crate."""
    entities: dict[str, Entity] = {}
    runs = []
    for place, record in records.items():
        results = [_add_output(entities, place, record["sha256"])]
        results += [_add_output(entities, *item) for item in record["outputs"].items()]
        inputs = [
            _add_reading(entities, Reading(kind, name), value)
            for kind, names in record["reads"].items()
            for name, value in names.items()
        ]
        given = [
            _add(entities, {"@id": f"#{place}/{name}", "@type": "PropertyValue", "name": name,
                            "value": value})
            for name, value in sorted(record["parameters"].items())
        ]  # fmt: skip
        runs.append(
            _add(
                entities,
                {
                    "@id": f"#{place}",
                    "@type": "CreateAction",
                    "name": place,
                    "description": f"{record['notebook']} executed with these parameters",
                    "instrument": _add_notebook(entities, record),
                    "object": [*inputs, *given],
                    "result": results,
                    "startTime": record["started"],
                    "endTime": record["ended"],
                    "actionStatus": "http://schema.org/CompletedActionStatus",
                },
            )
        )
    pages = [_add_output(entities, name, sha256) for name, sha256 in index.items()]
    parts = [{"@id": key} for key, entity in entities.items() if entity["@type"] == "File"]
    ended = max((record["ended"] for record in records.values()), default="1970-01-01")
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": "INNOCAP analysis: reports",
        "description": "Reports and figures on the capacity of the public sector to innovate, "
        "with what each was made from. `innocap verify` compares every hash.",
        "datePublished": ended,
        "license": {"@id": "#terms"},
        "conformsTo": {"@id": PROFILE},
        "hasPart": parts,
        "mentions": runs,
        "mainEntity": pages[0] if pages else None,
    }
    terms = {
        "@id": "#terms",
        "@type": "CreativeWork",
        "name": "Terms of the published figures",
        "description": "Each publisher's terms are in data/raw/datapackage.json of the project.",
    }
    profile = {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate",
               "version": "0.5"}  # fmt: skip
    descriptor = {"@id": CRATE_NAME, "@type": "CreativeWork", "about": {"@id": "./"},
                  "conformsTo": {"@id": VERSION}}  # fmt: skip
    root = {key: value for key, value in root.items() if value is not None}
    return [descriptor, root, profile, terms, *entities.values()]


def _add(entities: dict[str, Entity], entity: Entity) -> Entity:
    entities.setdefault(entity["@id"], entity)
    return {"@id": entity["@id"]}


def _add_file(entities: dict[str, Entity], key: str, name: str, sha256: str) -> Entity:
    form = _FORMATS.get(Path(name).suffix, "application/octet-stream")
    return _add(entities, {"@id": key, "@type": "File", "name": name, "encodingFormat": form,
                           "sha256": sha256})  # fmt: skip


def _add_output(entities: dict[str, Entity], name: str, sha256: str) -> Entity:
    inside = name.removeprefix("reports/")
    return _add_file(entities, inside if inside != name else f"../{name}", name, sha256)


def _add_reading(entities: dict[str, Entity], reading: Reading, value: str) -> Entity:
    """Add what was read: a file by its content, anything else by the hash of what was found."""
    if reading.kind == "file" and len(value) == SHA256_DIGITS:
        digest = base64.urlsafe_b64encode(bytes.fromhex(value)).decode("ascii").rstrip("=")
        # Named by its content (RFC 6920): it lies outside the crate, wherever the project is.
        key = f"ni:///sha-256;{digest}?name={quote(reading.name, safe='/~')}"
        return _add_file(entities, key, reading.name, value)
    return _add(
        entities,
        {
            "@id": f"#{reading.kind}/{quote(reading.name, safe='/~*')}-{value[:16]}",
            "@type": "PropertyValue",
            "propertyID": reading.kind,
            "name": reading.name,
            "description": _MEANINGS[reading.kind],
            "value": value,
        },
    )


def _add_notebook(entities: dict[str, Entity], record: Entity) -> Entity:
    cells, code = record["cells_sha256"], record["code_sha256"]
    software = []
    for name, version in record["software"].items():
        about = {"@type": "SoftwareApplication", "name": name, "softwareVersion": version}
        key = f"pkg:pypi/{name}@{version}"  # a package URL: absolute, of no particular index
        if name == OWN_NAME:
            key += f"?checksum=sha256:{code}"
            about["identifier"] = f"sha256:{code}"
        software.append(_add(entities, {"@id": key} | about))
    return _add(
        entities,
        {
            "@id": f"#{record['notebook']}-{cells[:16]}-{code[:16]}",
            "@type": "SoftwareSourceCode",
            "name": record["notebook"],
            "description": "The version is the sha256 of the cells without their outputs.",
            "version": cells,
            "programmingLanguage": "Python",
            "softwareRequirements": software,
        },
    )
