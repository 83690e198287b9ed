"""Runs in loaded processes that live on, for where nothing can be forked."""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from innocap_analysis.batch.fingerprint import ProjectState
from innocap_analysis.batch.helper import Helper, start_helper
from innocap_analysis.batch.outcome import Outcome, Run
from innocap_analysis.batch.warm.attempt import GRACE_SECONDS, RETRIES, Attempt
from innocap_analysis.batch.warm.spawned import serve
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings

_POLL_SECONDS = 0.5
_START_SECONDS = 300.0
# A kernel of its own first hears of its end, and is waited for.
_COLD_GRACE_SECONDS = 30.0
_MOST_ON_WINDOWS = 61  # it waits for no more handles than 63 at a time


@dataclass(eq=False)
class _Worker:
    """A loaded process, and the run that it has been given."""

    helper: Helper
    started: float = field(default_factory=time.monotonic)
    ready: bool = False
    attempt: Attempt | None = None
    memory_mb: float = 0.0


class SpawnPool:
    """Keeps loaded processes and gives them one run after the other.

    A process that a run has changed beyond repair is replaced by a fresh one.

    Parameters
    ----------
    settings : Settings
        Folders and limits.
    state : ProjectState
        What the reports depend on.
    jobs : int
        Processes at the same time.
    loads : tuple of (languages, notebooks), optional
        What is loaded before the first run. Without it each run has a kernel of its own.
    """

    def __init__(
        self,
        settings: Settings,
        state: ProjectState,
        jobs: int,
        loads: tuple[Sequence[str], Sequence[Path]] | None = None,
    ) -> None:
        self.settings = settings
        self.jobs = min(jobs, _MOST_ON_WINDOWS) if sys.platform == "win32" else jobs
        self._given = (settings, state, loads)
        self._grace = GRACE_SECONDS if loads is not None else _COLD_GRACE_SECONDS
        self._waiting: deque[tuple[int, int, Run]] = deque()
        self._workers: list[_Worker] = []
        self._heard: queue.SimpleQueue[tuple[_Worker, tuple[Any, ...] | None]]
        self._heard = queue.SimpleQueue()
        self._failed_starts = 0

    @property
    def busy(self) -> bool:
        """Whether a run is waiting or under way."""
        return bool(self._waiting) or any(worker.attempt for worker in self._workers)

    def submit(self, number: int, run: Run) -> None:
        """Take a run on."""
        self._waiting.append((number, 0, run))

    def collect(self) -> list[tuple[int, Outcome]]:
        """Give out what there is room for and wait until something happens."""
        self._give_out()
        with contextlib.suppress(queue.Empty):
            ended = self._take(*self._heard.get(timeout=_POLL_SECONDS))
            if ended is not None:
                return [ended]
        for worker in list(self._workers):
            if worker.helper.has_ended() and self._heard.empty():
                # Heard of only here where something that it started keeps the pipe open.
                ended = self._bury(worker)
                return [ended] if ended is not None else []
            slow = not worker.ready and time.monotonic() - worker.started > _START_SECONDS
            if slow or (worker.attempt is not None and worker.attempt.overruns()):
                worker.helper.kill()
        return []

    def close(self) -> None:
        """End every process at once and remove what was being written."""
        for worker in self._workers:
            worker.helper.kill()
        for worker in self._workers:
            worker.helper.wait()
            if worker.attempt is not None:
                worker.attempt.drop()
        self._workers.clear()
        self._waiting.clear()

    def _give_out(self) -> None:
        for worker in self._workers:
            if self._waiting and worker.ready and worker.attempt is None:
                number, tries, run = self._waiting.popleft()
                worker.attempt = Attempt(number, run, tries, self.settings, self._grace)
                with contextlib.suppress(BrokenPipeError):  # its end is heard of
                    worker.helper.channel.send(run, worker.attempt.staging)
        starting = sum(not worker.ready for worker in self._workers)
        while len(self._workers) < self.jobs and starting < len(self._waiting):
            helper = start_helper(serve, *self._given, os.getpid())
            worker = _Worker(helper)
            self._workers.append(worker)
            threading.Thread(target=self._hear, args=(worker,), daemon=True).start()
            starting += 1

    def _hear(self, worker: _Worker) -> None:
        """Put what a worker says where it can be waited for together with the others'."""
        try:
            while True:
                self._heard.put((worker, worker.helper.channel.recv()))
        except (EOFError, OSError):
            self._heard.put((worker, None))
        except Exception:  # noqa: BLE001 - a run has spoilt what its process says
            worker.helper.kill()
            self._heard.put((worker, None))

    def _take(self, worker: _Worker, said: tuple[Any, ...] | None) -> tuple[int, Outcome] | None:
        if said is None:
            return self._bury(worker)
        kind, content = said
        if kind == "ready":
            worker.ready, self._failed_starts = True, 0
        elif kind == "memory":
            worker.memory_mb = content
        elif kind == "over" and not content:
            attempt, worker.attempt = worker.attempt, None
            outcome = attempt.conclude(0, worker.memory_mb) if attempt is not None else None
            return (attempt.number, outcome) if attempt is not None and outcome else None
        elif kind == "over":
            worker.helper.kill()  # changed beyond repair; the outcome comes with its end
        elif worker.attempt is not None:
            worker.attempt.hear(kind, content)
        elif kind == "problem":
            raise InnocapError(f"a process for the notebooks could not be started: {content}")
        return None

    def _bury(self, worker: _Worker) -> tuple[int, Outcome] | None:
        if worker not in self._workers:
            return None
        code = worker.helper.wait()
        self._workers.remove(worker)
        attempt = worker.attempt
        if attempt is None:
            self._failed_starts += not worker.ready
            if self._failed_starts > RETRIES:
                raise InnocapError(
                    f"a process for the notebooks ended before it was ready (exit code {code})"
                )
            return None
        outcome = attempt.conclude(code, worker.memory_mb)
        if outcome is None:
            self._waiting.append((attempt.number, attempt.tries + 1, attempt.run))
            return None
        return attempt.number, outcome
