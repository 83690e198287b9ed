"""Running the cells of one notebook through papermill, and reading how that went."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from innocap_analysis.batch import witness
from innocap_analysis.batch.outcome import Run
from innocap_analysis.batch.parameters import read_notebook
from innocap_analysis.prepare.files import CHECK_DISK
from innocap_analysis.present.language import translate_notebook
from innocap_analysis.settings import (
    OUTPUT_VARIABLE,
    PUBLISH_VARIABLE,
    VARIANT_VARIABLE,
    Settings,
)

SOURCE, RESULT = "source.ipynb", "result.ipynb"
# A kernel of its own notes down what it reads.
LISTENING = {"extra_arguments": [f"--InteractiveShellApp.extra_extensions={witness.__name__}"]}
_PROBLEM = "innocap_problem"
_ADDED_BY_PAPERMILL = {"injected-parameters", "papermill-error-cell-tag"}
_STARTS = 2
_REFUSED = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}


def run_cells(
    notebook: nbformat.NotebookNode,
    run: Run,
    settings: Settings,
    staging: Path,
    engine: str | None,
) -> nbformat.NotebookNode:
    """Run papermill on a translated copy in the staging folder and return what it wrote.

    Parameters
    ----------
    notebook : NotebookNode
        As it was read.
    run : Run
        Language and parameters.
    settings : Settings
        The folder of the notebooks and the time limit.
    staging : Path
        Where the copy, the result and the figures go.
    engine : str or None
        papermill engine; None is a kernel of its own.

    Returns
    -------
    NotebookNode
        As far as it came; :func:`find_error` says how it ended.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    source, result = staging / SOURCE, staging / RESULT
    translated = translate_notebook(notebook, run.language)
    translated.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(translated, source)
    limit = settings.batch.timeout_seconds
    until = time.monotonic() + limit

    def remain(_: Any = None) -> int:  # noqa: ANN401
        return max(1, math.ceil(until - time.monotonic()))

    problem = ""
    for attempt in range(_STARTS):
        try:
            with (
                warnings.catch_warnings(),
                _quiet_stderr(),
                _outputs_in(staging, run.tag),
                contextlib.nullcontext() if engine else witness.tell_kernel(),
            ):
                warnings.simplefilter("ignore")  # papermill and jupyter talk about themselves
                papermill.execute_notebook(
                    source,
                    result,
                    parameters=run.parameters,
                    kernel_name="python3",
                    engine_name=engine,
                    cwd=str(settings.notebooks_dir),
                    timeout_func=remain,  # the limit is for all cells together
                    progress_bar=False,
                    **({} if engine else LISTENING),
                )
        except papermill.PapermillExecutionError:
            problem = ""  # the error is in the notebook's own output
        except CellTimeoutError:
            problem = f"took longer than {limit} s"
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
        done.metadata[_PROBLEM] = problem
    return done


@contextlib.contextmanager
def _outputs_in(folder: Path, tag: str) -> Iterator[None]:
    """Let the kernel write its figures below a folder; kernels inherit the environment."""
    given = {OUTPUT_VARIABLE: str(folder), PUBLISH_VARIABLE: "1", VARIANT_VARIABLE: tag}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


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


def find_error(notebook: nbformat.NotebookNode) -> tuple[int | None, str | None]:
    """Return the number and text of the error that ended a notebook, if any.

    Parameters
    ----------
    notebook : NotebookNode
        From :func:`run_cells`.

    Returns
    -------
    cell : int or None
        Counted from 1 as in the notebook itself, without the cells that papermill added.
    error : str or None
        One line; None where all went well.
    """
    problem = notebook.metadata.pop(_PROBLEM, None)
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
                advice = f"; {CHECK_DISK}" if _is_refused(output.ename, value) else ""
                return number, f"{output.ename}: {value}{advice}"
    return None, None


def _is_refused(name: str, value: str) -> bool:
    """Whether the system refused to write, which no change of the notebook will mend."""
    number = re.match(r"\[Errno (\d+)\]", value) if name in {"OSError", "PermissionError"} else None
    return number is not None and int(number[1]) in _REFUSED


def _tags(cell: nbformat.NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def forget_machine(notebook: nbformat.NotebookNode, run: Run) -> None:
    """Replace the temporary paths that papermill records by the project's own names.

    Parameters
    ----------
    notebook : NotebookNode
        Changed in place.
    run : Run
        What was run.
    """
    record = notebook.metadata.get("papermill")
    if record:
        record["input_path"] = f"notebooks/{run.notebook.name}"
        record["output_path"] = run.place
        record.pop("environment_variables", None)
    for cell in notebook.cells:
        if "injected-parameters" in _tags(cell):
            cell["id"] = "injected-parameters"  # papermill draws one by chance
