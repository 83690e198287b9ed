"""A papermill engine that runs the cells in this process: a forked child of a loaded parent."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from nbclient.exceptions import CellExecutionError, CellTimeoutError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from innocap_analysis.batch.warm.shell import DescriptorTap, Stream, WarmShell, make_shell

NAME = "innocap-warm"
LANGUAGE = {
    "name": "python", "version": sys.version.split()[0], "mimetype": "text/x-python",
    "codemirror_mode": {"name": "ipython", "version": sys.version_info[0]},
    "pygments_lexer": "ipython3", "nbconvert_exporter": "python", "file_extension": ".py",
}  # fmt: skip


class _CellTooLong(BaseException):
    """Raised by the alarm; no notebook catches it by mistake."""


class WarmEngine(NBClientEngine):  # type: ignore[misc]
    """Runs a notebook's cells in the process's own shell."""

    on_cell: Any = None

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,  # noqa: ANN401
        kernel_name: str,
        *,
        timeout_func: Callable[[], int] | None = None,
        **_: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Run every cell and record it as papermill does.

        Parameters
        ----------
        nb_man : NotebookExecutionManager
            papermill's view of the notebook.
        kernel_name : str
            Recorded only.
        timeout_func : callable, optional
            Returns the seconds that are left.

        Returns
        -------
        NotebookNode
            The executed notebook.
        """
        shell = make_shell()
        client = PapermillNotebookClient(nb_man)
        client.reset_execution_trackers()
        client.kernel_name = kernel_name
        # papermill writes the whole file twice per cell; here it is written once, at the end.
        place, nb_man.output_path = nb_man.output_path, None
        number = 0
        with _as_kernel(shell) as tap:
            for index, cell in enumerate(nb_man.nb.cells):
                # Counted as in the notebook itself, without what papermill added.
                number += "injected-parameters" not in cell.metadata.get("tags", [])
                if cls.on_cell is not None:
                    cls.on_cell(number)
                nb_man.cell_start(cell, index)
                try:
                    if cell.cell_type == "code" and cell.source.strip():
                        _run_cell(shell, tap, client, cell, index, timeout_func)
                except CellExecutionError as error:
                    nb_man.cell_exception(cell, cell_index=index, exception=error)
                    break
                except CellTimeoutError:
                    nb_man.output_path = place
                    nb_man.save()
                    raise
                finally:
                    nb_man.cell_complete(cell, cell_index=index)
        nb_man.output_path = place
        nb_man.nb.metadata["language_info"] = dict(LANGUAGE)
        return nb_man.nb


def _run_cell(
    shell: WarmShell,
    tap: DescriptorTap,
    client: Any,  # noqa: ANN401
    cell: Any,  # noqa: ANN401
    index: int,
    remain: Callable[[], int] | None,
) -> None:
    limit = remain() if remain else 0
    cell.outputs = []
    client.clear_before_next_output = False

    def sink(kind: str, content: dict[str, Any]) -> None:
        client.process_message(
            {"msg_type": kind, "header": {"msg_type": kind}, "parent_header": {}, "metadata": {},
             "content": content},
            cell, index,
        )  # fmt: skip

    shell.sink, shell.error = sink, None
    _set_alarm(limit)
    try:
        anything: Any = shell
        result = anything.run_cell(cell.source, store_history=True)
    finally:
        _set_alarm(0)
    tap.drain(shell.streams)
    for stream in shell.streams:
        stream.flush()
    cell.execution_count = result.execution_count
    error = result.error_before_exec or result.error_in_exec
    if isinstance(error, _CellTooLong):
        cell.outputs = [o for o in cell.outputs if o.output_type != "error"]
        raise CellTimeoutError.error_from_timeout_and_cell("took too long", limit, cell)
    if error is not None and "raises-exception" not in cell.metadata.get("tags", []):
        told = shell.error or {"ename": type(error).__name__, "evalue": str(error),
                               "traceback": []}  # fmt: skip
        raise CellExecutionError.from_cell_and_msg(cell, told)


def _set_alarm(seconds: float) -> None:
    """Have the cell end after a while; where there is no alarm, the process is ended instead."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


@contextmanager
def _as_kernel(shell: WarmShell) -> Iterator[DescriptorTap]:
    """Let the process look to a notebook as a kernel's does."""

    def ring(_: int, __: FrameType | None) -> None:
        raise _CellTooLong

    tap = DescriptorTap()
    before = sys.stdout, sys.stderr, sys.argv, sys.modules["__main__"]
    shell.streams = (Stream(shell, "stdout", 1), Stream(shell, "stderr", 2))
    sys.stdout, sys.stderr = shell.streams
    sys.argv = ["ipykernel_launcher"]
    sys.modules["__main__"] = shell.user_module
    sys.path.insert(0, "")
    alarm = signal.signal(signal.SIGALRM, ring) if sys.platform != "win32" else None
    try:
        yield tap
    finally:
        shell.sink = None
        if sys.platform != "win32":
            signal.signal(signal.SIGALRM, alarm)
        tap.close()
        sys.stdout, sys.stderr, sys.argv, sys.modules["__main__"] = before
        sys.path.remove("")


def register() -> None:
    """Make the engine known to papermill."""
    papermill_engines.register(NAME, WarmEngine)
