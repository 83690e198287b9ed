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
from innocap_analysis.settings import CONFIG_NAME, Settings

LOCK_NAME = "requirements.lock"
_PACKAGE = Path(innocap_analysis.__file__).parent
_MADE_BY_PYTHON = (".pyc", ".pyo")


@dataclass(frozen=True)
class ProjectState:
    """Everything outside a notebook that its report depends on.

    Attributes
    ----------
    inputs : dict of str to str
        sha256 of each data file and of the settings, by path below the project.
    software : dict of str to str
        Version of Python and of each package the project names.
    code : str
        sha256 over the package's own files and the lock.
    settings : str
        The settings that reports depend on, as JSON.
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
    root = settings.root
    files = [path for path in (root / "data").rglob("*") if path.is_file()]
    inputs = {
        path.relative_to(root).as_posix(): hash_file(path)
        for path in sorted(files)
        if not path.name.startswith(".")
    }
    inputs[CONFIG_NAME] = hash_file(root / CONFIG_NAME)
    # Which notebooks run, and for how long, changes no report.
    plain = settings.model_dump(mode="json", exclude={"batch"})
    return ProjectState(
        inputs, list_software(), _hash_code(root), json.dumps(plain, sort_keys=True)
    )


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
    cells = [
        (cell["cell_type"], cell["source"], cell.get("id"), cell["metadata"].get("tags", []))
        for cell in notebook["cells"]
    ]
    data = {name: value for name, value in state.inputs.items() if name != CONFIG_NAME}
    parts = [cells, run.place, run.parameters, data, state.software, state.code, state.settings]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8")).hexdigest()


def _hash_code(root: Path) -> str:
    digest = hashlib.sha256()
    files = [
        path
        for path in _PACKAGE.rglob("*")
        if path.is_file() and path.suffix not in _MADE_BY_PYTHON and not path.name.startswith(".")
    ]
    for path in sorted(files):
        digest.update(f"{path.relative_to(_PACKAGE).as_posix()} {hash_file(path)}\n".encode())
    lock = root / LOCK_NAME
    if lock.is_file():
        digest.update(hash_file(lock).encode("ascii"))
    return digest.hexdigest()
