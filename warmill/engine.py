"""A papermill engine that runs the cells in this process: a forked child of a loaded parent."""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any, ClassVar
from uuid import uuid4

import ipykernel_launcher
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from warmill.shell import Streams, Wire, make_app

NAME = "warmill"
_ARGUMENTS = ("--HistoryManager.hist_file=:memory:",)


class _CellTooLong(BaseException):
    """Raised by the alarm; no notebook catches it by mistake."""


class WarmEngine(NBClientEngine):  # type: ignore[misc]
    """Runs a notebook's cells in the kernel of this process.

    Attributes
    ----------
    on_cell : callable, optional
        Told the number of each cell before it runs.
    path : list of str
        Where a fresh interpreter finds modules.
    """

    on_cell: Any = None
    path: ClassVar[list[str]] = []

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,  # noqa: ANN401
        kernel_name: str,
        *,
        timeout_func: Callable[[], int] | None = None,
        **more: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Run every cell and record it as papermill does."""
        if kernel_name != "python3":
            return super().execute_managed_notebook(
                nb_man, kernel_name, timeout_func=timeout_func, **more
            )

        def tell(cell: Any, cell_index: int) -> None:  # noqa: ANN401
            # Counted as in the notebook itself, without what papermill added.
            before = nb_man.nb.cells[: cell_index + 1]
            added = sum("injected-parameters" in c.metadata.get("tags", []) for c in before)
            if cls.on_cell is not None:
                cls.on_cell(len(before) - added)

        client = _Client(nb_man, kernel_name=kernel_name, on_cell_start=tell)
        client.remain = timeout_func
        # papermill writes the whole file twice per cell, and once more when all is over, which is
        # enough where a process that is ended leaves the cells to whoever ends it.
        place, nb_man.output_path = nb_man.output_path, None
        try:
            return client.execute()
        finally:
            if client.late:
                nb_man.output_path = place
                nb_man.save()


class _Client(PapermillNotebookClient):  # type: ignore[misc]
    """papermill's client, with the kernel of this process at the other end."""

    remain: Callable[[], int] | None = None
    late = False

    @contextmanager
    def setup_kernel(self, **_: Any) -> Iterator[None]:  # noqa: ANN401
        """Let the process look to a notebook as a kernel's does."""
        app: Any = make_app()
        self.kc = _Kernel(app)
        streams = Streams(self.kc.wire)
        before = sys.stdout, sys.stderr, sys.argv, sys.path, sys.modules["__main__"]
        # A kernel's `breakpoint()` asks for its debugger, which nobody has attached.
        sys.breakpointhook = lambda *_, **__: None
        sys.stdout, sys.stderr = streams.both
        sys.path = _place_folder(WarmEngine.path)
        connection = Path(tempfile.gettempdir()) / f"tmp{uuid4().hex[:8]}.json"
        sys.argv = [ipykernel_launcher.__file__, "-f", str(connection), *_ARGUMENTS]
        sys.modules["__main__"] = app.kernel.shell.user_module
        alarm = _take_alarm(self._ring)
        try:
            yield
        finally:
            _take_alarm(alarm)
            streams.close()
            sys.stdout, sys.stderr, sys.argv, sys.path, sys.modules["__main__"] = before

    def _ring(self, _: int, __: FrameType | None) -> None:
        self.late = True
        raise _CellTooLong

    def execute_cell(self, cell: Any, cell_index: int) -> Any:  # noqa: ANN401
        """Run a cell within the time that is left."""
        limit = self.remain() if self.remain else 0
        _set_alarm(limit)
        try:
            return super().execute_cell(cell, cell_index)
        except (CellExecutionError, _CellTooLong):
            if not self.late:
                raise
            cell.outputs = [o for o in cell.outputs if o.output_type != "error"]
            raise CellTimeoutError.error_from_timeout_and_cell(
                "took too long", limit, cell
            ) from None
        finally:
            _set_alarm(0)


class _Kernel:
    """What papermill's client asks of a kernel's client."""

    def __init__(self, app: Any) -> None:  # noqa: ANN401
        self._kernel = app.kernel
        self.wire: Wire = app.session
        self.wire.owner = os.getpid()
        self._context = contextvars.copy_context()  # what a cell sets there holds for the next
        self.shell_channel = SimpleNamespace(get_msg=_Taker(self.wire.replies))
        self.iopub_channel = SimpleNamespace(get_msg=_Taker(self.wire.shown))

    async def execute(self, code: str, *, store_history: bool, stop_on_error: bool) -> str:
        content = {"code": code, "store_history": store_history, "stop_on_error": stop_on_error}
        request = self.wire.msg("execute_request", content)
        self._context.run(self._kernel.set_parent, [], request)
        running = self._kernel.execute_request(None, [], request)
        try:
            await asyncio.get_running_loop().create_task(running, context=self._context)
        finally:
            self.wire.send(None, "status", {"execution_state": "idle"}, request)
        return str(request["msg_id"])

    def kernel_info(self) -> str:
        request = self.wire.msg("kernel_info_request")
        self.wire.send(None, "kernel_info_reply", self._kernel.kernel_info, request)
        return str(request["msg_id"])

    def is_alive(self) -> bool:
        return True


class _Taker:
    """Takes the next message, waiting for one."""

    def __init__(self, messages: deque[dict[str, Any]]) -> None:
        self._messages = messages

    async def __call__(self, timeout: float | None = None) -> dict[str, Any]:
        while not self._messages:
            await asyncio.sleep(0.001)
        return self._messages.popleft()


def _place_folder(path: list[str]) -> list[str]:
    """Put the notebook's folder where a kernel has it, before what was installed.

    IPython would do it, but leaves it out of a process that was started with ``python -P``, of
    which a kernel's own process would know nothing.
    """
    places = [place for place in path if place]
    if os.environ.get("PYTHONSAFEPATH"):
        return places
    installed = ("site-packages", "dist-packages")
    at = next((i for i, place in enumerate(places) if Path(place).name in installed), 0)
    return [*places[:at], "", *places[at:]]


def _take_alarm(handler: Any) -> Any:  # noqa: ANN401 - whatever a handler may be
    """Have a handler take the alarm, and return the one before; Windows has none."""
    return signal.signal(signal.SIGALRM, handler) if sys.platform != "win32" else None


def _set_alarm(seconds: float) -> None:
    """Have the cell end after a while; where there is no alarm, the process is ended instead."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


def register() -> None:
    """Make the engine known to papermill."""
    papermill_engines.register(NAME, WarmEngine)
