"""One run: its report and figures appear whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import nbformat
from nbformat import v4

from innocap_analysis.batch.cells import SOURCE, forget_machine, run_cells
from innocap_analysis.batch.fingerprint import ProjectState
from innocap_analysis.batch.heading import name_heading
from innocap_analysis.batch.html import export_html
from innocap_analysis.batch.naming import name_report
from innocap_analysis.batch.outcome import Outcome, Run
from innocap_analysis.batch.parameters import read_notebook
from innocap_analysis.batch.record import KEY, make_record, read_record
from innocap_analysis.batch.variant import mark_variant, tag_files
from innocap_analysis.batch.witness import collect, listen
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import CHECK_DISK, hash_file, write_atomically
from innocap_analysis.settings import Settings

STAGING_PREFIX = ".staging-"
FAILED = ".failed.ipynb"
FAILED_WITH, FAILED_CELL = "innocap_error", "innocap_cell"  # in the metadata of such a notebook
READS = "reads"


def name_staging(settings: Settings) -> Path:
    """Return a new name for a folder beside the results; it is not made yet."""
    return settings.output_dir / f"{STAGING_PREFIX}{settings.batch_id}-{uuid4().hex}"


def name_failed(run: Run, settings: Settings) -> Path:
    """Return where a notebook that failed is kept, as far as it came."""
    return settings.reports_dir / run.folder / f"{run.stem}{FAILED}"


def execute_run(
    run: Run,
    settings: Settings,
    state: ProjectState,
    *,
    engine: str | None = None,
    staging: Path | None = None,
) -> Outcome:
    """Execute a notebook and put its report and figures in place.

    Returns: a failure is an outcome, not an exception. Then the earlier report and figures are
    untouched, and the notebook as far as it came lies beside them as
    ``<name>.failed.ipynb``.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    try:
        with _folder(staging or name_staging(settings)) as place:
            source = read_notebook(run.notebook)
            with listen(settings.root, place / READS, known=state.files) as witness:
                ending = run_cells(source, run, settings, place, engine)
                done = ending.notebook
                forget_machine(done, run)
                name_heading(done, run, settings)
                mark_variant(done, run)
                for folder in ("figures", "reports"):
                    tag_files(place / folder, run.tag)
                if ending.error is not None:
                    done.metadata[FAILED_WITH] = ending.error
                    if ending.cell is not None:
                        done.metadata[FAILED_CELL] = ending.cell
                    error = ending.error + _keep_failed(done, run, settings)
                    return Outcome(run, "failed", time.monotonic() - clock, ending.cell, error)
                index = f"{name_report('index', run.language, settings)}.html"
                own = place / run.place.replace(".ipynb", ".html")
                text = (
                    own.read_text(encoding="utf-8")  # a notebook may write its page itself
                    if own.is_file()
                    else export_html(done, run.language, folder=settings.notebooks_dir, index=index)
                )
            page = text.encode("utf-8")
            read = collect(witness, kernel=engine is None)
            outputs = _hash_made(place) | {
                run.place.replace(".ipynb", ".html"): hashlib.sha256(page).hexdigest()
            }
            record = make_record(run, source, state, started, outputs, read)
            done.metadata[KEY] = record
            # Not `nbformat.writes`, which would look at all of it once more.
            book = (v4.writes(done) + "\n").encode("utf-8")
            _place_results(run, settings, place, page, book, record)
            whole = record | {"sha256": hashlib.sha256(book).hexdigest()}
            return Outcome(run, "ok", time.monotonic() - clock, record=whole)
    except InnocapError as fault:
        return Outcome(run, "failed", time.monotonic() - clock, None, str(fault))
    except OSError as fault:
        return Outcome(run, "failed", time.monotonic() - clock, None, name_fault(fault, settings))


def name_fault(fault: OSError, settings: Settings) -> str:
    """Say what the system refused, and what can be done."""
    return f"{fault.filename or settings.output_dir}: {fault.strerror}; {CHECK_DISK}"


def bury_run(
    run: Run, settings: Settings, staging: Path, error: str, cell: int | None = None
) -> str:
    """Keep what is left of a run whose process ended, and remove its staging folder."""
    source = staging / SOURCE
    try:
        if source.exists():
            left = read_notebook(source)
            left.metadata[FAILED_WITH] = error
            if cell is not None:
                left.metadata[FAILED_CELL] = cell
            error += _keep_failed(left, run, settings)
    except InnocapError as fault:
        error += f" (and what is left of it cannot be read: {fault})"
    shutil.rmtree(staging, ignore_errors=True)
    return error


def _keep_failed(notebook: nbformat.NotebookNode, run: Run, settings: Settings) -> str:
    """Write a failed notebook beside its report; return what to add to the error."""
    try:
        write_atomically(name_failed(run, settings), nbformat.writes(notebook) + "\n")
    except InnocapError as fault:
        return f" (and the notebook as far as it came could not be kept: {fault})"
    return ""


def _hash_made(staging: Path) -> dict[str, str]:
    """Return the sha256 of each file that the notebook wrote, by its path once in place."""
    return {path.relative_to(staging).as_posix(): hash_file(path) for path in _list_made(staging)}


def _place_results(
    run: Run, settings: Settings, staging: Path, page: bytes, text: bytes, record: dict[str, object]
) -> None:
    """Move everything into place, the notebook with the record last.

    Whatever ends this half way leaves a record that does not fit the files, so that the
    next batch makes them again.
    """
    target = settings.output_dir / run.place
    earlier = read_record(target).get("outputs", {})
    # Everything is on the disk before the first file of the earlier report goes.
    waiting = [(staging / "page", target.with_suffix(".html")), (staging / "notebook", target)]
    for (source, _), content in zip(waiting, (page, text), strict=True):
        source.write_bytes(content)
    made = [(path, settings.output_dir / path.relative_to(staging)) for path in _list_made(staging)]
    for source, place in (*made, *waiting):
        place.parent.mkdir(parents=True, exist_ok=True)
        source.replace(place)
    name_failed(run, settings).unlink(missing_ok=True)
    outputs = record["outputs"]
    for name in set(earlier) - set(outputs):  # type: ignore[call-overload]
        _remove_output(settings.output_dir, name)


def _list_made(staging: Path) -> list[Path]:
    """Return the figures and the results that a notebook wrote."""
    folders = (staging / "figures", staging / "reports")
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def _remove_output(folder: Path, name: str) -> None:
    """Remove a file that an earlier version of a notebook made and this one does not."""
    path = (folder / name).resolve()
    if any(path.is_relative_to((folder / part).resolve()) for part in ("figures", "reports")):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _folder(folder: Path) -> Iterator[Path]:
    """Make a folder beside the results, so that moving into place is one rename a file."""
    shutil.rmtree(folder, ignore_errors=True)  # of an attempt whose process was ended
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
