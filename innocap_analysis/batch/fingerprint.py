"""What a report depends on, as hashes: the same fingerprint means the same report."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import innocap_analysis
from innocap_analysis.batch.outcome import Run
from innocap_analysis.prepare.files import hash_file
from innocap_analysis.settings import TEXTS_NAME, Settings

LOCK_NAME = "requirements.lock"
_PACKAGE = Path(innocap_analysis.__file__).parent


@dataclass(frozen=True)
class ProjectState:
    """Everything outside a notebook that its report depends on.

    Attributes
    ----------
    inputs : dict of str to str
        sha256 of each data file, by path below the project.
    software : dict of str to str
        Version of Python and of each package the project names.
    code : str
        sha256 over the package's own files and the lock.
    settings : str
        sha256 of the settings that reports depend on.
    """

    inputs: dict[str, str]
    software: dict[str, str]
    code: str
    settings: str


def describe_project(settings: Settings) -> ProjectState:
    """Hash the data, the settings and the code of a project.

    Parameters
    ----------
    settings : Settings
        The project.

    Returns
    -------
    ProjectState
        Equal for equal content, wherever the project lies.
    """
    code = _hash_code(settings.root)
    return ProjectState(hash_data(settings), list_software(), code, settings.digest)


def list_data(settings: Settings) -> list[Path]:
    """Return the data files that reports are made from.

    Free texts are none: no page shows them, so they have no place in a record of inputs, and
    no reason to travel to another machine.
    """
    found = (path for path in (settings.root / "data").rglob("*") if path.is_file())
    texts = settings.processed_dir / TEXTS_NAME
    return sorted(p for p in found if not p.name.startswith(".") and p != texts)


def hash_data(settings: Settings) -> dict[str, str]:
    """Return the sha256 of each data file by its path below the project."""
    return {
        path.relative_to(settings.root).as_posix(): hash_file(path) for path in list_data(settings)
    }


def list_software() -> dict[str, str]:
    """Return the version of Python, of this package and of each that it names."""
    needed = metadata.requires("innocap-analysis") or []
    names = [re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0]
             for text in needed if "extra ==" not in text]  # fmt: skip
    found = {name: metadata.version(name) for name in sorted(names)}
    own = metadata.version("innocap-analysis")
    return {"python": platform.python_version(), "innocap-analysis": own, **found}


def fingerprint_run(run: Run, notebook: Any, state: ProjectState) -> str:  # noqa: ANN401
    """Return the fingerprint of one run.

    Parameters
    ----------
    run : Run
        Its parameters and place.
    notebook : NotebookNode
        The notebook as it is; its outputs do not count.
    state : ProjectState
        The rest of what the report depends on.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    given = [hash_cells(notebook), run.place, run.parameters]
    return _hash_values([*given, state.inputs, state.software, state.code, state.settings])


def hash_cells(notebook: Any) -> str:  # noqa: ANN401
    """Return the sha256 of a notebook's cells; outputs and counts are left out.

    Parameters
    ----------
    notebook : NotebookNode
        As it was read.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return _hash_values(
        [
            (cell["cell_type"], cell["source"], cell.get("id"), cell["metadata"].get("tags", []))
            for cell in notebook["cells"]
        ]
    )


def _hash_values(values: object) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode("utf-8")).hexdigest()


def list_code() -> list[Path]:
    """Return the package's own files, without what Python makes of them while it runs."""
    return sorted(
        path
        for path in _PACKAGE.rglob("*")
        if "__pycache__" not in path.parts and not path.name.startswith(".") and path.is_file()
    )


def _hash_code(root: Path) -> str:
    digest = hashlib.sha256()
    for path in list_code():
        digest.update(f"{path.relative_to(_PACKAGE).as_posix()} {hash_file(path)}\n".encode())
    lock = root / LOCK_NAME
    if lock.is_file():
        digest.update(hash_file(lock).encode("ascii"))
    return digest.hexdigest()
