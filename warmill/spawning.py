"""Loaded processes that live on: task after task, each in a state as good as new."""

from __future__ import annotations

import contextlib
import contextvars
import os
import queue
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warmill.attempt import RETRIES, Attempt, name_error
from warmill.errors import WarmillError
from warmill.helper import Channel, Helper, check_portable, start_helper, watch_parent
from warmill.processes import keep_memory, limit_memory, one_thread

_POLL_SECONDS = 0.5
_START_SECONDS = 300.0
_MOST_TASKS = 250
_MOST_GROWTH_MB = 256

Hooks = tuple[Callable[[], object] | None, Callable[[], object] | None]
Gone = tuple[Attempt, int, float]


@dataclass(eq=False)
class _Worker:
    """A loaded process, and what it has been given."""

    helper: Helper
    started: float = field(default_factory=time.monotonic)
    ready: bool = False
    attempt: Attempt | None = None
    memory_mb: float = 0.0

    @property
    def idle(self) -> bool:
        return self.ready and self.attempt is None


class Workers:
    """Processes that are given one task after the other.

    One that a task has changed beyond repair is replaced by a fresh one.
    """

    def __init__(
        self, run: Callable[..., Any], hooks: Hooks | None, jobs: int, memory_mb: int | None
    ) -> None:
        self._given, self._jobs = (run, hooks, memory_mb), jobs
        check_portable(self._given)
        self._all: list[_Worker] = []
        self._heard: queue.SimpleQueue[tuple[_Worker, tuple[Any, ...] | None]]
        self._heard = queue.SimpleQueue()
        self._failed_starts = 0

    def under_way(self) -> list[Attempt]:
        """Return what is being done."""
        return [worker.attempt for worker in self._all if worker.attempt is not None]

    def make_room(self, waiting: int) -> int:
        """Start processes for what waits; return how many tasks can begin now."""
        free = sum(worker.attempt is None for worker in self._all)
        while len(self._all) < self._jobs and free < waiting:
            with one_thread():
                worker = _Worker(start_helper(serve, *self._given))
            self._all.append(worker)
            listener = threading.Thread(target=self._hear, args=(worker,), daemon=True)
            worker.helper.listener = listener
            listener.start()
            free += 1
        return min(waiting, sum(worker.idle for worker in self._all))

    def begin(self, attempt: Attempt) -> None:
        """Give a task to a process that waits for one."""
        worker = next(worker for worker in self._all if worker.idle)
        attempt.begin()
        worker.attempt = attempt
        with contextlib.suppress(BrokenPipeError):  # its end is heard of
            worker.helper.channel.send(attempt.task)

    def wait(self, _: int | None = None) -> list[Gone]:
        """Wait until something happens; return the tasks that have ended."""
        with contextlib.suppress(queue.Empty):
            return self._take(*self._heard.get(timeout=_POLL_SECONDS))
        for worker in list(self._all):
            if worker.helper.has_ended() and self._heard.empty():
                # Heard of only here where something that it started keeps the pipe open.
                return self._bury(worker)
            slow = not worker.ready and time.monotonic() - worker.started > _START_SECONDS
            if slow or (worker.attempt is not None and worker.attempt.overruns()):
                worker.helper.kill()
        return []

    def close(self) -> None:
        """End every process at once."""
        for worker in self._all:
            worker.helper.kill()
        for worker in self._all:
            worker.helper.wait()
        self._all.clear()

    def _hear(self, worker: _Worker) -> None:
        """Put what a process says where it can be waited for together with the others'."""
        try:
            while True:
                self._heard.put((worker, worker.helper.channel.recv()))
        except (EOFError, OSError):
            self._heard.put((worker, None))
        except Exception:  # noqa: BLE001 - a notebook has spoilt what its process says
            worker.helper.kill()
            self._heard.put((worker, None))

    def _take(self, worker: _Worker, said: tuple[Any, ...] | None) -> list[Gone]:
        if said is None:
            return self._bury(worker)
        kind, content = said
        if kind == "ready":
            worker.ready, self._failed_starts = True, 0
        elif kind == "memory":
            worker.memory_mb = content
        elif kind == "over" and not content:
            attempt, worker.attempt = worker.attempt, None
            return [(attempt, 0, worker.memory_mb)] if attempt is not None else []
        elif kind == "over":
            worker.helper.kill()  # changed beyond repair; the end of the task comes with its end
        elif worker.attempt is not None:
            worker.attempt.hear(kind, content)
        elif kind == "problem":
            raise WarmillError(f"a process for the notebooks could not be started: {content}")
        return []

    def _bury(self, worker: _Worker) -> list[Gone]:
        if worker not in self._all:
            return []
        code = worker.helper.wait()
        self._all.remove(worker)
        if worker.attempt is not None:
            return [(worker.attempt, code, worker.memory_mb)]
        self._failed_starts += not worker.ready
        if self._failed_starts > RETRIES:
            raise WarmillError(
                f"a process for the notebooks ended before it was ready (exit code {code})"
            )
        return []


def serve(
    channel: Channel,
    run: Callable[..., Any],
    hooks: Hooks | None,
    memory_mb: int | None,
) -> None:
    """Load everything, then run the tasks that come through the channel."""
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
