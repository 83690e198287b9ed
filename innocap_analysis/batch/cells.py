"""Running the cells of one notebook through papermill, and reading how that went."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from innocap_analysis.batch import witness
from innocap_analysis.batch.outcome import Run
from innocap_analysis.batch.parameters import read_notebook
from innocap_analysis.files import CHECK_DISK
from innocap_analysis.pages.language import translate_notebook
from innocap_analysis.settings import OUTPUT_VARIABLE, PUBLISH_VARIABLE, VARIANT_VARIABLE, Settings

SOURCE, RESULT = "source.ipynb", "result.ipynb"
# A kernel of its own notes down what it reads.
LISTENING = {"extra_arguments": [f"--InteractiveShellApp.extra_extensions={witness.__name__}"]}
_INJECTED, _MARKER = "injected-parameters", "papermill-error-cell-tag"
_NAMED = re.compile(r"[\w.]*(Error|Exception|Group): ")
_SILENT = "the cell ended in an error that it does not show"
_CELL_FILE = re.compile(re.escape(f"{tempfile.gettempdir()}{os.sep}ipykernel_") + r"\d+")
_STARTS = 2
_REFUSED = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}


@dataclass(frozen=True)
class Ending:
    """How the cells of a notebook went.

    Attributes
    ----------
    notebook : NotebookNode
        As far as it came.
    cell : int or None
        Where it failed, counted from 1 as in the notebook itself, without the cells that
        papermill added.
    error : str or None
        One line; None where papermill says that all went well.
    """

    notebook: nbformat.NotebookNode
    cell: int | None = None
    error: str | None = None


def run_cells(
    notebook: nbformat.NotebookNode,
    run: Run,
    settings: Settings,
    staging: Path,
    engine: str | None,
) -> Ending:
    """Run papermill on a translated copy in the staging folder and return what it wrote."""
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
                _quiet(cells_elsewhere=engine is None),
                _outputs_in(staging, run.tag),
                contextlib.nullcontext() if engine else witness.tell_kernel(),
            ):
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
        except papermill.PapermillExecutionError as error:
            return _explain(read_notebook(result), error)
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
    if not problem:
        return Ending(done)
    started = (
        number
        for number, cell in _number_cells(done)
        if cell.metadata.get("papermill", {}).get("start_time")
    )
    return Ending(done, max(started, default=None), problem)


def _explain(done: nbformat.NotebookNode, error: Any) -> Ending:  # noqa: ANN401
    """Say where and why papermill gave a notebook up."""
    cells = [cell for cell in done.cells if _MARKER not in _tags(cell)]
    failed = cells[error.cell_index]
    number = next(number for number, cell in _number_cells(done) if cell is failed)
    value = " ".join(str(error.evalue).split())
    told = f"{error.ename}: {value}"
    if not error.traceback and not value:
        # A mistyped magic, or an exception that the notebook's own handler took.
        shown = [o for o in failed.get("outputs", []) if o.output_type == "stream"]
        lines = [line.strip(" |+-") for o in shown for line in o.text.splitlines()]
        lines = [line for line in lines if line]
        named = [line for line in lines if _NAMED.match(line)]
        group = [line for line in named if "Group: " in line]  # its members come after it
        told = (group[:1] or named[-1:] or lines[-1:] or [_SILENT])[0]
    if _is_refused(error.ename, value):
        told += f"; {CHECK_DISK}"
    return Ending(done, number, told)


def _number_cells(notebook: nbformat.NotebookNode) -> list[tuple[int, nbformat.NotebookNode]]:
    added = {_INJECTED, _MARKER}
    own = [cell for cell in notebook.cells if not added & set(_tags(cell))]
    return list(enumerate(own, start=1))


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
def _quiet(*, cells_elsewhere: bool) -> Iterator[None]:
    """Keep what papermill and the kernel say about themselves off the terminal.

    Warnings are left alone where the cells run in this process: they are the notebook's.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with contextlib.ExitStack() as stack:
            nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123
            os.dup2(nowhere.fileno(), 2)
            if cells_elsewhere:
                stack.enter_context(warnings.catch_warnings())
                warnings.simplefilter("ignore")
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def _is_refused(name: str, value: str) -> bool:
    """Whether the system refused to write, which no change of the notebook will mend."""
    number = re.match(r"\[Errno (\d+)\]", value) if name in {"OSError", "PermissionError"} else None
    return number is not None and int(number[1]) in _REFUSED


def _tags(cell: nbformat.NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def forget_machine(notebook: nbformat.NotebookNode, run: Run) -> None:
    """Replace the temporary paths that papermill records by the project's own names."""
    record = notebook.metadata.get("papermill")
    if record:
        record["input_path"] = f"notebooks/{run.notebook.name}"
        record["output_path"] = run.place
        record.pop("environment_variables", None)
    for cell in notebook.cells:
        if _INJECTED in _tags(cell):
            cell["id"] = _INJECTED  # papermill draws one by chance
        for output in cell.get("outputs", []):
            output.update(_forget_process(output))


def _forget_process(shown: Any) -> Any:  # noqa: ANN401
    """Replace the folder that a kernel names a cell's file by, with its process number."""
    if isinstance(shown, str):
        return _CELL_FILE.sub("/tmp/ipykernel_0", shown)
    if isinstance(shown, dict):
        return {key: _forget_process(value) for key, value in shown.items()}
    return [_forget_process(value) for value in shown] if isinstance(shown, list) else shown
