"""Whether the reports are as they were made, from the data and notebooks that are here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from innocap_analysis.batch.crate import CRATE_NAME
from innocap_analysis.batch.execute import FAILED
from innocap_analysis.batch.fingerprint import hash_cells, hash_data
from innocap_analysis.batch.parameters import read_notebook
from innocap_analysis.batch.record import find_changes
from innocap_analysis.prepare.files import hash_file
from innocap_analysis.settings import CONFIG_NAME, InnocapError, Settings


@dataclass(frozen=True)
class Verification:
    """What differs from the provenance record.

    Attributes
    ----------
    n_outputs, n_inputs : int
        Files whose hashes were compared.
    outputs : dict of str to str
        Reports and figures that are ``changed``, ``missing`` or ``not in the record``.
    inputs : dict of str to str
        Data, settings and notebooks that differ from what the reports were made from.
    """

    n_outputs: int
    n_inputs: int
    outputs: dict[str, str]
    inputs: dict[str, str]


def verify_reports(folder: Path, settings: Settings) -> Verification:
    """Hash every file of the provenance record again.

    Parameters
    ----------
    folder : Path
        The reports, with their ``ro-crate-metadata.json``.
    settings : Settings
        The project, for its data and notebooks.

    Returns
    -------
    Verification
        Empty mappings when all is as it was made.

    Raises
    ------
    InnocapError
        There is no record, or it cannot be read.
    """
    graph = _read_graph(folder / CRATE_NAME)
    outputs: dict[str, str] = {}
    inputs: dict[str, set[str]] = {}
    for entity in graph:
        key, name = str(entity.get("@id")), str(entity.get("name"))
        if entity.get("@type") == "SoftwareSourceCode":
            inputs.setdefault(name, set()).add(str(entity["version"]))
        elif name == CONFIG_NAME:
            inputs.setdefault(name, set()).add(str(entity["value"]))
        elif key.startswith("ni:"):
            inputs.setdefault(name, set()).add(str(entity["sha256"]))
        elif "sha256" in entity:
            outputs[key] = str(entity["sha256"])
    found = {
        _name(key): change for key, change in find_changes(outputs, folder).items()
    } | _find_added(folder, set(outputs))
    changed = dict.fromkeys(set(hash_data(settings)) - set(inputs), "not in the record")
    for name, hashes in sorted(inputs.items()):
        # Reports of several batches may stand side by side, made from different editions.
        change = _compare_input(name, hashes, settings)
        if change:
            changed[name] = change
    return Verification(
        len(outputs), len(inputs), dict(sorted(found.items())), dict(sorted(changed.items()))
    )


def _compare_input(name: str, hashes: set[str], settings: Settings) -> str:
    path = settings.root / name
    if not path.is_file():
        return "missing"
    if name == CONFIG_NAME:
        here = settings.digest
    elif path.suffix == ".ipynb":
        here = hash_cells(read_notebook(path))
    else:
        here = hash_file(path)
    if here not in hashes:
        return "changed"
    return "some reports were made from another edition" if len(hashes) > 1 else ""


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
    return {_name(key): "not in the record" for key in here - known - own - hidden}


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
