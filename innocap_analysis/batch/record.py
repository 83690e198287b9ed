"""The record inside each executed notebook: what it was made from, and what was made."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from innocap_analysis.batch.fingerprint import (
    Edition,
    ProjectState,
    hash_cells,
    is_edited,
    name_reading,
)
from innocap_analysis.batch.outcome import Run
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import CHECK_DISK, hash_file
from innocap_analysis.reads import Reading
from innocap_analysis.settings import Settings

KEY = "innocap"
_PARTS = {
    "notebook", "cells_sha256", "parameters", "started", "ended", "code_sha256", "software",
    "reads", "outputs",
}  # fmt: skip


def make_record(
    run: Run,
    source: Any,  # noqa: ANN401 - a NotebookNode
    state: ProjectState,
    started: datetime,
    outputs: dict[str, str],
    read: dict[str, dict[str, str]],
) -> dict[str, Any]:
    """Return the record of a run that has ended well."""
    return {
        "notebook": f"notebooks/{run.notebook.name}",
        "cells_sha256": hash_cells(source),
        "parameters": run.parameters,
        "started": started.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        # Modules are loaded when they are needed: after an edit it is unknown which ones ran.
        "code_sha256": "" if is_edited(state) else state.code,
        "software": state.software,
        "reads": read,
        "outputs": outputs,
        "figures": list(run.sizes),
    }


def read_record(notebook: Path) -> dict[str, Any]:
    """Read the record of an executed notebook."""
    try:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        record = content["metadata"][KEY]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    whole = isinstance(record, dict) and set(record) >= _PARTS
    return record if whole else {}


class RecordStore:
    """The records of a batch while it runs, in a file that has no name.

    The process that forks the runs stays as small after thousands of them as after one, and
    a batch that is killed leaves nothing behind.

    Parameters
    ----------
    state : ProjectState
        What all runs share is kept once.
    """

    def __init__(self, state: ProjectState) -> None:
        self._shared = {"software": state.software}
        self._told: set[str] = set()
        with _tell_full_disk():
            self._file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115

    def __enter__(self) -> RecordStore:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Forget everything."""
        with contextlib.suppress(OSError):  # what could not be written was told already
            self._file.close()

    def add(self, place: str, record: dict[str, Any]) -> None:
        """Keep the record of the report at a place; an empty one is none."""
        own = {key: value for key, value in record.items() if self._shared.get(key) != value}
        if record:
            read = json.dumps(own.pop("reads", None))
            key = hashlib.sha256(read.encode("utf-8")).hexdigest()
            with _tell_full_disk():
                if key not in self._told:  # many runs have read the same
                    self._file.write(json.dumps([key, json.loads(read)]) + "\n")
                    self._told.add(key)
                self._file.write(json.dumps([place, own, key]) + "\n")

    def read(self) -> dict[str, dict[str, Any]]:
        """Return every record by the place of its report."""
        with _tell_full_disk():
            self._file.seek(0)
            read: dict[str, Any] = {}
            found = {}
            for name, content, *key in map(json.loads, self._file):
                if key:
                    found[name] = self._shared | content | {"reads": read[key[0]]}
                else:
                    read[name] = content
            return found


@contextlib.contextmanager
def _tell_full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InnocapError(
            f"the system's temporary folder: {error.strerror}; {CHECK_DISK}"
        ) from None


def find_reasons(
    run: Run,
    source: Any,  # noqa: ANN401 - a NotebookNode
    settings: Settings,
    state: ProjectState,
    edition: Edition,
) -> tuple[list[str], dict[str, Any]]:
    """Find why a run must be made again."""
    target = settings.output_dir / run.place
    record = read_record(target)
    if not record:
        why = "its record is of another edition" if target.exists() else "no report yet"
        return [why], {}
    found = []
    if record["cells_sha256"] != hash_cells(source):
        found.append("notebook edited")
    given, before = run.parameters, record["parameters"]
    found += [
        f"{name} is {given.get(name)!r} instead of {before.get(name)!r}"
        for name in sorted({*given, *before})
        if name not in given or name not in before or given[name] != before[name]
    ]
    if lacking := [name for name in run.sizes if name not in record.get("figures", [])]:
        found.append(f"no figures for {', '.join(lacking)}")
    if record["code_sha256"] != state.code:
        found.append("package changed" if record["code_sha256"] else "package edited meanwhile")
    now, before = state.software, record["software"]
    found += [
        f"{name} {now.get(name)} instead of {before.get(name)}"
        for name in sorted({*now, *before})
        if now.get(name) != before.get(name)
    ]
    for kind, names in record["reads"].items():
        for name, value in names.items():
            reading = Reading(kind, name)
            change = edition.tell_change(reading, value)
            if change:
                found.append(f"{name_reading(reading)} {change}")
    changes = find_changes(record["outputs"], settings.output_dir)
    return [*found, *(f"{name} {change}" for name, change in changes.items())], record


def find_changes(hashes: dict[str, str], folder: Path) -> dict[str, str]:
    """Compare files with the hashes that they had."""
    found = {}
    for name, wanted in hashes.items():
        try:
            if hash_file(folder / name) != wanted:
                found[name] = "changed"
        except FileNotFoundError:
            found[name] = "missing"
        except OSError as error:
            found[name] = f"cannot be read ({error.strerror})"
    return found
