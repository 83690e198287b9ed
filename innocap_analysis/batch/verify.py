"""Whether the reports are as they were made, from the data and notebooks that are here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from innocap_analysis.batch.crate import CRATE_NAME
from innocap_analysis.batch.execute import FAILED
from innocap_analysis.batch.fingerprint import Edition, hash_cells, name_reading
from innocap_analysis.batch.parameters import read_notebook
from innocap_analysis.batch.record import find_changes
from innocap_analysis.errors import InnocapError
from innocap_analysis.reads import KINDS, Reading
from innocap_analysis.settings import Settings

_NOTEBOOK = "notebook"


@dataclass(frozen=True)
class Verification:
    """What differs from the provenance record.

    Attributes
    ----------
    n_outputs, n_inputs : int
        Files whose hashes were compared.
    outputs : dict of str to str
        Reports and figures that are ``changed``, ``missing`` or ``is not in the record``.
    inputs : dict of str to str
        Data, settings and notebooks that differ from what a report that read them was made
        from.
    """

    n_outputs: int
    n_inputs: int
    outputs: dict[str, str]
    inputs: dict[str, str]


def verify_reports(folder: Path, settings: Settings) -> Verification:
    """Hash every file of the provenance record again."""
    graph = _read_graph(folder / CRATE_NAME)
    by_id = {str(entity.get("@id")): entity for entity in graph}
    outputs = _list_outputs(graph)
    # Reports of several batches may stand side by side, made from different editions.
    inputs: dict[Reading, dict[str, list[str]]] = {}
    for entity in graph:
        if entity.get("@type") != "CreateAction":
            continue
        for reference in [*entity["object"], entity["instrument"]]:
            reading, value = _read_input(by_id[reference["@id"]])
            if reading is not None:
                inputs.setdefault(reading, {}).setdefault(value, []).append(str(entity["name"]))
    found = {
        _name(key): change for key, change in find_changes(outputs, folder).items()
    } | _find_added(folder, set(outputs))
    edition = Edition(settings)
    changed = {}
    for reading, values in sorted(inputs.items()):
        change = _compare_input(reading, values, settings, edition)
        if change:
            changed[name_reading(reading)] = change
    return Verification(len(outputs), len(inputs), dict(sorted(found.items())), changed)


def read_outputs(folder: Path) -> dict[str, str]:
    """Return the sha256 of each file that batches have made, by path below the reports."""
    return _list_outputs(_read_graph(folder / CRATE_NAME)) if (folder / CRATE_NAME).exists() else {}


def _list_outputs(graph: list[dict[str, Any]]) -> dict[str, str]:
    return {
        str(entity.get("@id")): str(entity["sha256"])
        for entity in graph
        if "sha256" in entity and not str(entity.get("@id")).startswith("ni:")
    }


def _read_input(entity: dict[str, Any]) -> tuple[Reading | None, str]:
    """Return what an entity says was read, with its hash; None for a parameter."""
    name = str(entity.get("name"))
    if entity.get("@type") == "SoftwareSourceCode":
        return Reading(_NOTEBOOK, name), str(entity["version"])
    if entity.get("@type") == "File":
        return Reading("file", name), str(entity["sha256"])
    if entity.get("propertyID") in KINDS:
        return Reading(str(entity["propertyID"]), name), str(entity["value"])
    return None, ""


def _compare_input(
    reading: Reading, values: dict[str, list[str]], settings: Settings, edition: Edition
) -> str:
    """Say how an input differs from what some or all of the reports that read it were made from."""
    if reading.kind == _NOTEBOOK:
        path = settings.root / reading.name
        if not path.is_file():
            return "is missing"
        here = hash_cells(read_notebook(path))
        changes = {value: "changed" for value in values if value != here}
    else:
        told = {value: edition.tell_change(reading, value) for value in values}
        changes = {value: change for value, change in told.items() if change}
    if not changes:
        return ""
    if len(changes) == len(values):
        return next(iter(changes.values()))
    old = sorted(place for value in changes for place in values[value])
    more = f" and {len(old) - 1} more" if len(old) > 1 else ""
    return f"{old[0]}{more} made from another edition"


def _name(key: str) -> str:
    return key.removeprefix("../") if key.startswith("../") else f"reports/{key}"


def _find_added(folder: Path, known: set[str]) -> dict[str, str]:
    """Return files beside the recorded ones that no batch has made."""
    here = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    figures = folder.parent / "figures"
    here |= {
        f"../figures/{path.relative_to(figures).as_posix()}"
        for path in figures.glob("*/*")
        if path.is_file()
    }
    own = {key for key in here if key == CRATE_NAME or key.endswith(FAILED)}
    hidden = {key for key in here if Path(key).name.startswith(".")}
    return {_name(key): "is not in the record" for key in here - known - own - hidden}


def _read_graph(path: Path) -> list[dict[str, Any]]:
    try:
        graph = json.loads(path.read_text(encoding="utf-8"))["@graph"]
    except FileNotFoundError:
        raise InnocapError(
            f"{path}: there is no provenance record; make the reports with: innocap report"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InnocapError(f"{path}: is no provenance record that can be read ({error})") from None
    if not isinstance(graph, list) or not all(isinstance(entity, dict) for entity in graph):
        raise InnocapError(f"{path}: '@graph' is not a list of entities")
    return graph
