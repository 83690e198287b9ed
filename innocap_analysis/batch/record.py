"""The record inside each executed notebook: what it was made from, and what was made."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from innocap_analysis.batch.fingerprint import ProjectState, fingerprint_run, hash_cells
from innocap_analysis.batch.outcome import Outcome, Run
from innocap_analysis.prepare.files import CHECK_DISK, hash_file
from innocap_analysis.settings import InnocapError, Settings

KEY = "innocap"
_PARTS = {
    "fingerprint", "notebook", "cells_sha256", "parameters", "started", "ended", "code_sha256",
    "settings_sha256", "software", "inputs", "outputs",
}  # fmt: skip


def make_record(
    run: Run,
    source: Any,  # noqa: ANN401 - a NotebookNode
    state: ProjectState,
    started: datetime,
    outputs: dict[str, str],
) -> dict[str, Any]:
    """Return the record of a run that has ended well.

    Parameters
    ----------
    run : Run
        What was run.
    source : NotebookNode
        Its notebook.
    state : ProjectState
        What it was run on.
    started : datetime
        When, in UTC.
    outputs : dict of str to str
        sha256 of each file it made, by path below the output folder.

    Returns
    -------
    dict
        Plain values, to be kept in the notebook's metadata.
    """
    return {
        "fingerprint": fingerprint_run(run, source, state),
        "notebook": f"notebooks/{run.notebook.name}",
        "cells_sha256": hash_cells(source),
        "parameters": run.parameters,
        "started": started.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "code_sha256": state.code,
        "settings_sha256": state.settings,
        "software": state.software,
        "inputs": state.inputs,
        "outputs": outputs,
    }


def read_record(notebook: Path) -> dict[str, Any]:
    """Read the record of an executed notebook.

    Parameters
    ----------
    notebook : Path
        The file; it need not exist.

    Returns
    -------
    dict
        The record; empty where there is none, or it is of another edition of this file.
    """
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
        self._shared = {"inputs": state.inputs, "software": state.software}
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
            with _tell_full_disk():
                self._file.write(json.dumps([place, own]) + "\n")

    def read(self) -> dict[str, dict[str, Any]]:
        """Return every record by the place of its report."""
        with _tell_full_disk():
            self._file.seek(0)
            return {place: self._shared | own for place, own in map(json.loads, self._file)}


@contextlib.contextmanager
def _tell_full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InnocapError(
            f"the system's temporary folder: {error.strerror}; {CHECK_DISK}"
        ) from None


def find_current(
    run: Run,
    source: Any,  # noqa: ANN401 - a NotebookNode
    settings: Settings,
    state: ProjectState,
) -> Outcome | None:
    """Return the outcome of a run whose report stands and would come out the same.

    Parameters
    ----------
    run : Run
        What would be run.
    source : NotebookNode
        Its notebook.
    settings : Settings
        Names the folders.
    state : ProjectState
        What it would be run on.

    Returns
    -------
    Outcome or None
        Skipped, when the fingerprint is that of the report and every file that the report
        consists of is as it was made; None when it must be run.
    """
    record = read_record(settings.output_dir / run.place)
    if not record or not record.get("outputs"):
        return None
    if record.get("fingerprint") != fingerprint_run(run, source, state):
        return None
    if find_changes(record["outputs"], settings.output_dir):
        return None
    return Outcome(run, "skipped", 0.0, record=record)


def find_changes(hashes: dict[str, str], folder: Path) -> dict[str, str]:
    """Compare files with the hashes that they had.

    Parameters
    ----------
    hashes : dict of str to str
        sha256 by path below the folder.
    folder : Path
        Where the files are.

    Returns
    -------
    dict of str to str
        ``missing``, ``changed`` or why it cannot be read, by path; only what differs.
    """
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
