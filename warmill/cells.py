"""Running the cells of one notebook through papermill, and reading how that went."""

from __future__ import annotations

import contextlib
import math
import os
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warmill.processes import import_jsonschema

if TYPE_CHECKING:
    from nbformat import NotebookNode

INJECTED, MARKER = "injected-parameters", "papermill-error-cell-tag"
_NAMED = re.compile(r"[\w.]*(Error|Exception|Group): ")
_SILENT = "the cell ended in an error that it does not show"
_CELL_FILE = re.compile(re.escape(f"{tempfile.gettempdir()}{os.sep}ipykernel_") + r"\d+")
_STARTS = 2


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

    Examples
    --------
    >>> from nbformat.v4 import new_notebook
    >>> Ending(new_notebook(), cell=2, error="KeyError: 'SE'").cell
    2
    """

    notebook: NotebookNode
    cell: int | None = None
    error: str | None = None


def run_cells(
    source: str | Path,
    result: str | Path,
    parameters: Mapping[str, Any] | None = None,
    *,
    engine: str | None = None,
    timeout: float | None = None,
    **options: Any,  # noqa: ANN401
) -> Ending:
    """Run a notebook as ``papermill.execute_notebook`` does, and say how it ended.

    Parameters
    ----------
    source, result : path
        The notebook, and where it is written as far as it came.
    parameters : mapping, optional
        Given to the notebook; ``{name}`` in the paths stands for one.
    engine : str or None
        What the `run` of a pool is given: cells run in this process, or in a kernel of their
        own.
    timeout : float, optional
        Seconds that all cells may take together.
    **options
        As of ``papermill.execute_notebook``: `cwd`, `kernel_name` and so on.

    Returns
    -------
    Ending
        Failures of the notebook are told.

    Raises
    ------
    Exception
        What papermill itself refuses, such as a notebook that is not there (FileNotFoundError).

    Examples
    --------
    >>> import nbformat
    >>> from nbformat.v4 import new_code_cell, new_notebook
    >>> kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    >>> book = new_notebook(cells=[new_code_cell("1 / 0")], metadata={"kernelspec": kernel})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.ipynb").write_text(nbformat.writes(book), "utf-8")
    ...     run_cells(f"{folder}/a.ipynb", f"{folder}/b.ipynb").error
    'ZeroDivisionError: division by zero'
    """
    import_jsonschema()
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.parameterize import parameterize_path

    places = [parameterize_path(str(place), parameters or {}) for place in (source, result)]
    until = time.monotonic() + (timeout or 0)
    if timeout is not None:
        options["timeout_func"] = lambda _=None: max(1, math.ceil(until - time.monotonic()))
    problem = ""
    for start in range(_STARTS):
        try:
            with _quiet(cells_elsewhere=engine is None):
                done = papermill.execute_notebook(
                    str(source), str(result), parameters=dict(parameters or {}),
                    engine_name=engine, **{"progress_bar": False} | options,
                )  # fmt: skip
                return Ending(done)
        except papermill.PapermillExecutionError as error:
            return _explain(_read(places[1]), error)
        except CellTimeoutError:
            problem = f"took longer than {timeout:g} s"
        except DeadKernelError:
            problem = "the kernel died"
        except RuntimeError as error:
            # Two kernels that start at once may choose the same port; no cell has run then.
            if start + 1 < _STARTS:
                continue
            problem = f"the kernel did not start ({error})"
        break
    done = _read(places[1] if Path(places[1]).exists() else places[0])
    begun = (
        n for n, cell in number_cells(done) if cell.metadata.get("papermill", {}).get("start_time")
    )
    return Ending(done, max(begun, default=None), problem)


def number_cells(notebook: NotebookNode) -> list[tuple[int, NotebookNode]]:
    """Return the cells that are the notebook's own, counted from 1."""
    own = [cell for cell in notebook.cells if not {INJECTED, MARKER} & set(list_tags(cell))]
    return list(enumerate(own, start=1))


def list_tags(cell: NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    return list(cell.metadata.get("tags") or [])


def forget_process(shown: Any) -> Any:  # noqa: ANN401
    """Replace, in outputs, the folder that a kernel names a cell's file by: its process number."""
    if isinstance(shown, str):
        return _CELL_FILE.sub("/tmp/ipykernel_0", shown)
    if isinstance(shown, dict):
        return {key: forget_process(value) for key, value in shown.items()}
    return [forget_process(value) for value in shown] if isinstance(shown, list) else shown


def _read(place: str | Path) -> NotebookNode:
    import nbformat

    book: NotebookNode = nbformat.read(str(place), as_version=4)
    return book


def _explain(done: NotebookNode, error: Any) -> Ending:  # noqa: ANN401
    """Say where and why papermill gave a notebook up."""
    cells = [cell for cell in done.cells if MARKER not in list_tags(cell)]
    failed = cells[error.cell_index]
    number = next(number for number, cell in number_cells(done) if cell is failed)
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
    return Ending(done, number, told)


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
