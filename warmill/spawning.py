"""Loaded processes that live on, for where nothing can be forked."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from warmill.attempt import RETRIES, Attempt
from warmill.errors import WarmillError
from warmill.helper import Helper, check_portable, start_helper
from warmill.processes import one_thread
from warmill.spawned import Hooks, serve

_POLL_SECONDS = 0.5
_START_SECONDS = 300.0

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
                worker = _Worker(start_helper(serve, *self._given, os.getpid()))
            self._all.append(worker)
            threading.Thread(target=self._hear, args=(worker,), daemon=True).start()
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
