"""Executing one notebook in a process of its own; its results appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import nbformat

from innocap_analysis.batch.html import export_html
from innocap_analysis.batch.parameters import read_notebook
from innocap_analysis.batch.plan import Run
from innocap_analysis.prepare.files import write_atomically
from innocap_analysis.present.language import translate_notebook
from innocap_analysis.settings import OUTPUT_VARIABLE, Settings

_ADDED_BY_PAPERMILL = {"injected-parameters", "papermill-error-cell-tag"}
STAGING_PREFIX = ".staging-"
_STARTS = 2
# Numeric libraries start as many threads as there are cores in every worker otherwise.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Outcome:
    """How one run ended.

    Attributes
    ----------
    run : Run
        What was run.
    status : {'ok', 'failed'}
        Whether its report was written.
    seconds : float
        Wall time.
    cell : int or None
        Number of the failed cell, counted from 1 as in the notebook's order of cells.
    error : str
        What went wrong, in one line.
    memory_mb : float
        Peak memory of the run's process; 0 where it was not measured.
    """

    run: Run
    status: Literal["ok", "failed"]
    seconds: float
    cell: int | None = None
    error: str = ""
    memory_mb: float = 0.0


def prepare_worker() -> None:
    """Set a worker process up before it imports anything large."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    signal.signal(signal.SIGINT, signal.default_int_handler)


def execute_run(
    run: Run, settings: Settings, *, engine: str | None = None, staging: Path | None = None
) -> Outcome:
    """Execute a notebook and put its report and figures in place.

    Parameters
    ----------
    run : Run
        Checked by :func:`~innocap_analysis.batch.plan.make_plan`.
    settings : Settings
        Names the folders and the time limit.
    engine : str, optional
        papermill engine. Default: a kernel of its own.
    staging : Path, optional
        An empty folder beside the results that the caller removes. Default: one is made.

    Returns
    -------
    Outcome
        A failure is an outcome, not an exception. Then the earlier report and figures are
        untouched, and the notebook as far as it came lies beside them as
        ``<name>.failed.ipynb``.
    """
    started = time.monotonic()
    target = settings.reports_dir / run.folder
    failed = target / f"{run.stem}.failed.ipynb"
    with contextlib.ExitStack() as stack:
        if staging is None:
            staging = stack.enter_context(_staging(settings.output_dir))
        done = _execute(run, settings, staging, engine)
        cell, error = _find_error(done)
        _forget_machine(done, run)
        text = nbformat.writes(done) + "\n"
        if error is None:
            page = export_html(done, run.language)
            (staging / "reports").mkdir()
            (staging / "reports" / f"{run.stem}.ipynb").write_text(text, encoding="utf-8")
            (staging / "reports" / f"{run.stem}.html").write_text(page, encoding="utf-8")
            _move_files(staging / "figures", settings.figures_dir)
            _move_files(staging / "reports", target)
            failed.unlink(missing_ok=True)
            return Outcome(run, "ok", time.monotonic() - started)
        write_atomically(failed, text)
        return Outcome(run, "failed", time.monotonic() - started, cell, error)


def bury_run(run: Run, settings: Settings, staging: Path, error: str) -> None:
    """Keep what is left of a run whose process ended, and remove its staging folder.

    Parameters
    ----------
    run : Run
        What was run.
    settings : Settings
        Names the folders.
    staging : Path
        Where it worked.
    error : str
        How it ended; kept in the notebook's metadata.
    """
    source = staging / "source.ipynb"
    if source.exists():
        left = read_notebook(source)
        left.metadata["innocap_error"] = error
        place = settings.reports_dir / run.folder / f"{run.stem}.failed.ipynb"
        write_atomically(place, nbformat.writes(left) + "\n")
    shutil.rmtree(staging, ignore_errors=True)


def _execute(
    run: Run, settings: Settings, staging: Path, engine: str | None
) -> nbformat.NotebookNode:
    """Run papermill on a copy in the staging folder and return what it wrote."""
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    source, result = staging / "source.ipynb", staging / "result.ipynb"
    notebook = translate_notebook(read_notebook(run.notebook), run.language)
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(notebook, source)
    problem = ""
    for attempt in range(_STARTS):
        try:
            with warnings.catch_warnings(), _quiet_stderr(), _outputs_in(staging):
                warnings.simplefilter("ignore")  # papermill and jupyter talk about themselves
                papermill.execute_notebook(
                    source,
                    result,
                    parameters=run.parameters,
                    kernel_name="python3",
                    engine_name=engine,
                    cwd=str(settings.notebooks_dir),
                    execution_timeout=settings.batch.timeout_seconds,
                    progress_bar=False,
                )
        except papermill.PapermillExecutionError:
            problem = ""  # the error is in the notebook's own output
        except CellTimeoutError:
            problem = f"took longer than {settings.batch.timeout_seconds} s"
        except DeadKernelError:
            problem = "the kernel died"
        except RuntimeError as error:
            # Two kernels that start at once may choose the same port; no cell has run then.
            if attempt + 1 < _STARTS:
                continue
            problem = f"the kernel did not start ({error})"
        break
    done = read_notebook(result if result.exists() else source)
    if problem:
        done.metadata["innocap_problem"] = problem
    return done


@contextlib.contextmanager
def _outputs_in(folder: Path) -> Iterator[None]:
    """Let the kernel write its figures below a folder; kernels inherit the environment."""
    before = os.environ.get(OUTPUT_VARIABLE)
    os.environ[OUTPUT_VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[OUTPUT_VARIABLE]
        else:
            os.environ[OUTPUT_VARIABLE] = before


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keep the kernel's own start-up remarks off the terminal; errors are in the notebook."""
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def _find_error(notebook: nbformat.NotebookNode) -> tuple[int | None, str | None]:
    """Return the number and text of the error that ended a notebook, if any."""
    problem = notebook.metadata.pop("innocap_problem", None)
    # Counted as in the notebook itself, without the cells that papermill added.
    own = [cell for cell in notebook.cells if not _ADDED_BY_PAPERMILL & set(_tags(cell))]
    if problem:
        started = [
            number
            for number, cell in enumerate(own, start=1)
            if cell.metadata.get("papermill", {}).get("start_time")
        ]
        return max(started, default=None), str(problem)
    for number, cell in enumerate(own, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                value = " ".join(str(output.evalue).split())
                return number, f"{output.ename}: {value}"
    return None, None


def _tags(cell: nbformat.NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def _forget_machine(notebook: nbformat.NotebookNode, run: Run) -> None:
    """Replace the temporary paths that papermill records by the project's own names."""
    record = notebook.metadata.get("papermill")
    if record:
        record["input_path"] = f"notebooks/{run.notebook.name}"
        record["output_path"] = f"reports/{run.folder}/{run.stem}.ipynb"
        record.pop("environment_variables", None)
    for cell in notebook.cells:
        if "injected-parameters" in _tags(cell):
            cell["id"] = "injected-parameters"  # papermill draws one by chance


@contextlib.contextmanager
def _staging(output_dir: Path) -> Iterator[Path]:
    """Make a folder beside the results, so that moving into place is one rename a file."""
    output_dir.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=output_dir))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _move_files(source: Path, target: Path) -> None:
    for file in sorted(source.rglob("*")):
        if file.is_file():
            place = target / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            file.replace(place)
