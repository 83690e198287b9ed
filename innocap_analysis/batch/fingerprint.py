"""What a report depends on, as hashes: where none differs, it would come out the same."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import fewlikert
import innocap_analysis
import warmill
from innocap_analysis import reads
from innocap_analysis.files import hash_file
from innocap_analysis.reads import Reading
from innocap_analysis.settings import TEXTS_NAME, Settings

LOCK_NAME = "requirements.lock"
# Whose change makes every page another one: the package and its neighbours.
PACKAGES = (innocap_analysis, fewlikert, warmill)
CODE_FOLDERS = tuple(Path(str(p.__file__)).parent for p in PACKAGES)
_LOADED = time.time()


@dataclass(frozen=True)
class ProjectState:
    """What runs are made with, and the data as it was before the first of them.

    Attributes
    ----------
    files : dict of str to str
        sha256 of each data file, by path below the project; each is hashed once per batch.
    software : dict of str to str
        Version of Python and of each package the project names.
    code : str
        sha256 over the package's own files and the lock.
    loaded : float
        Time from which on an edit of these files has not reached the process that hashed them.
    """

    files: dict[str, str]
    software: dict[str, str]
    code: str
    loaded: float


def describe_project(settings: Settings) -> ProjectState:
    """Hash the data and the code of a project."""
    return ProjectState(hash_data(settings), list_software(), _hash_code(settings.root), _LOADED)


def list_data(settings: Settings) -> list[Path]:
    """Return the files below ``data``, through links.

    Free texts are none: no page shows them, so they have no reason to travel to another
    machine.
    """
    texts = settings.processed_dir / TEXTS_NAME
    return [path for path in reads.walk_files(settings.root / "data") if path != texts]


def hash_data(settings: Settings) -> dict[str, str]:
    """Return the sha256 of each data file by its path below the project."""
    return {
        path.relative_to(settings.root).as_posix(): hash_file(path) for path in list_data(settings)
    }


class Edition:
    """The project as it is now: what reports have read, each thing hashed once.

    Parameters
    ----------
    settings : Settings
        The project.
    files : dict of str to str, optional
        sha256 of files that were hashed already, by path below the project.
    """

    def __init__(self, settings: Settings, files: dict[str, str] | None = None) -> None:
        self._settings, self._files = settings, files or {}
        self._known = {Reading("file", name): sha256 for name, sha256 in self._files.items()}

    def hash_reading(self, reading: Reading) -> str:
        """Return the hash of a file, folder or setting, or that it is absent."""
        if reading not in self._known:
            self._known[reading] = (
                self._settings.hash_read(reading.name)
                if reading.kind == "setting"
                else reads.hash_reading(self._settings.root, reading, self._files)
            )
        return self._known[reading]

    def tell_change(self, reading: Reading, before: str) -> str:
        """Say how something differs from when it was read."""
        now = self.hash_reading(reading)
        if now == before:
            return ""
        if reading.kind == "list":
            return "holds other files"
        if now == reads.ABSENT:
            return "is missing"
        return "has appeared" if before == reads.ABSENT else "changed"


def name_reading(reading: Reading) -> str:
    """Return what somebody calls it who knows the project."""
    if reading.kind == "setting":
        inside = reading.name.removesuffix("*").rstrip(".")
        return f"{reads.CONFIG_NAME}, {inside}" if inside else reads.CONFIG_NAME
    return f"{reading.name}/" if reading.kind == "tree" else reading.name


def list_software() -> dict[str, str]:
    """Return the version of Python, of this package and of each that it names."""
    needed = metadata.requires("innocap-analysis") or []
    names = [re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0]
             for text in needed if "extra ==" not in text]  # fmt: skip
    found = {name: metadata.version(name) for name in sorted(names)}
    own = metadata.version("innocap-analysis")
    return {"python": platform.python_version(), "innocap-analysis": own, **found}


def hash_cells(notebook: Any) -> str:  # noqa: ANN401
    """Return the sha256 of a notebook's cells; outputs and counts are left out."""
    cells = [
        (cell["cell_type"], cell["source"], cell.get("id"), cell["metadata"].get("tags", []))
        for cell in notebook["cells"]
    ]
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode("utf-8")).hexdigest()


def list_code() -> list[Path]:
    """Return what runs: without what Python makes of it, and without a neighbour's own tests."""
    return sorted(Path(entry.path) for folder in CODE_FOLDERS for entry in _walk_code(folder))


def is_edited(state: ProjectState) -> bool:
    """Tell whether the package is another one on disk than the one that was loaded."""
    now = time.time()  # a time to come is that of a clock, or of an archive
    edits = (entry.stat() for folder in CODE_FOLDERS for entry in _walk_code(folder))
    return any(state.loaded < at <= now for own in edits for at in (own.st_mtime, own.st_ctime))


def _walk_code(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    for entry in os.scandir(folder):
        if entry.is_dir():
            if entry.name not in ("__pycache__", "tests"):
                yield from _walk_code(entry.path)
        elif not entry.name.startswith("."):
            yield entry


def _hash_code(root: Path) -> str:
    digest = hashlib.sha256()
    homes = {folder.parent for folder in CODE_FOLDERS}
    for path in list_code():
        name = next(path.relative_to(home) for home in homes if path.is_relative_to(home))
        digest.update(f"{name.as_posix()} {hash_file(path)}\n".encode())
    lock = root / LOCK_NAME
    if lock.is_file():
        digest.update(hash_file(lock).encode("ascii"))
    return digest.hexdigest()
