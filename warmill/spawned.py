"""What a process does that lives on: task after task, each in a state as good as new."""

from __future__ import annotations

import contextlib
import contextvars
import os
import queue
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from warmill.attempt import name_error
from warmill.helper import Channel, watch_parent
from warmill.processes import die_with_parent, keep_memory, limit_memory

_MOST_TASKS = 250
_MOST_GROWTH_MB = 256

Hooks = tuple[Callable[[], object] | None, Callable[[], object] | None]


def serve(
    channel: Channel,
    run: Callable[..., Any],
    hooks: Hooks | None,
    memory_mb: int | None,
    parent: int,
) -> None:
    """Load everything, then run the tasks that come through the channel."""
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # kernels are those of this environment
    given: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
    watch_parent(channel, lambda *order: given.put(order))
    own = os.getpid()
    try:
        state = _Warm(channel, hooks, memory_mb) if hooks is not None else _Cold()
        channel.send("ready", None)
        while True:
            (task,) = given.get()
            state.begin()
            try:
                # What libraries keep in context variables ends with the task.
                said = "done", contextvars.copy_context().run(run, task, state.engine)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this task's alone
                said = "problem", name_error(error)
            if os.getpid() != own:  # a process that the notebook forked and let go on
                return
            channel.send(*said)
            channel.send("memory", measure_memory("VmHWM"))
            channel.send("over", state.end())
    except BaseException as error:  # noqa: BLE001 - told to whoever started this process
        with contextlib.suppress(OSError, ValueError):
            channel.send("problem", name_error(error))
    finally:
        os._exit(0)


class _Cold:
    """Tasks with a kernel of their own: nothing of them stays here."""

    engine: str | None = None

    def begin(self) -> None:
        """Prepare a task."""

    def end(self) -> str:
        """Clear up after a task; return why another must not follow, if so."""
        return ""


class _Warm(_Cold):
    """Tasks in this process."""

    def __init__(self, channel: Channel, hooks: Hooks, memory_mb: int | None) -> None:
        from warmill import engine
        from warmill.loading import load_process, reset_warnings
        from warmill.restore import Restorer

        load_process(*hooks)
        reset_warnings()
        keep_memory()
        limit_memory(memory_mb)
        self.engine = engine.NAME
        engine.WarmEngine.on_cell = lambda number: channel.send("cell", number)
        self._restorer, self._tasks = Restorer(), 0
        self._memory_mb = measure_memory("VmRSS")

    def begin(self) -> None:
        self._restorer.begin()
        with contextlib.suppress(OSError):  # Linux alone: the peak begins anew
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")

    def end(self) -> str:
        self._tasks += 1
        reason = self._restorer.end()
        if not reason and self._tasks >= _MOST_TASKS:
            reason = f"{self._tasks} tasks"
        if not reason and measure_memory("VmRSS") > self._memory_mb + _MOST_GROWTH_MB:
            reason = "its memory has grown"
        return reason


def measure_memory(what: str) -> float:
    """Return this process's memory in megabytes: what it has, or its peak."""
    if sys.platform == "win32":
        return 0.0
    import resource

    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        found = re.search(rf"^{what}:\s*(\d+)", status, re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
