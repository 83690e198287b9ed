"""Runs in children that a loaded process forks: started, watched, and told how they ended."""

from __future__ import annotations

import contextlib
import os
import select
from collections import deque
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import NoReturn

from innocap_analysis.batch.execute import execute_run, name_fault
from innocap_analysis.batch.fingerprint import ProjectState
from innocap_analysis.batch.outcome import Outcome, Run
from innocap_analysis.batch.processes import end_group
from innocap_analysis.batch.warm.attempt import Attempt
from innocap_analysis.settings import Settings

_POLL_SECONDS = 0.5


@dataclass
class _Child:
    """A forked process and its run."""

    attempt: Attempt
    pid: int
    pipe: Connection


class ForkPool:
    """Forks a child per run, a few at a time.

    Only for a process with a single thread that has been through
    :func:`~innocap_analysis.batch.warm.preload.preload`.

    Parameters
    ----------
    settings : Settings
        Folders and limits.
    state : ProjectState
        What the reports depend on.
    jobs : int
        Children at the same time.
    """

    def __init__(self, settings: Settings, state: ProjectState, jobs: int) -> None:
        self.settings, self.state, self.jobs = settings, state, jobs
        self._waiting: deque[tuple[int, int, Run]] = deque()
        self._live: dict[int, _Child] = {}

    @property
    def busy(self) -> bool:
        """Whether a run is waiting or under way."""
        return bool(self._waiting or self._live)

    def submit(self, number: int, run: Run) -> None:
        """Take a run on."""
        self._waiting.append((number, 0, run))

    def collect(self, also: int | None = None) -> list[tuple[int, Outcome]]:
        """Start what there is room for and wait until something happens."""
        ended = []
        while self._waiting and len(self._live) < self.jobs:
            number, tries, run = self._waiting.popleft()
            try:
                self._fork(Attempt(number, run, tries, self.settings))
            except OSError as fault:
                error = f"could not be started: {name_fault(fault, self.settings)}"
                ended.append((number, Outcome(run, "failed", 0.0, None, error)))
        for descriptor in self._wait(also):
            child = self._live[descriptor]
            attempt, outcome = child.attempt, _read_end(child)
            del self._live[descriptor]
            os.close(descriptor)
            if outcome is None:
                self._waiting.append((attempt.number, attempt.tries + 1, attempt.run))
            else:
                ended.append((attempt.number, outcome))
        return ended

    def close(self) -> None:
        """End every child at once and remove what it was writing."""
        for descriptor, child in self._live.items():
            end_group(child.pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child.pid, 0)
            os.close(descriptor)
            child.pipe.close()
            child.attempt.drop()
        self._live.clear()
        self._waiting.clear()

    def _fork(self, attempt: Attempt) -> None:
        ours, theirs = Pipe(duplex=False)
        parent = os.getpid()
        try:
            pid = os.fork()
            if pid == 0:
                ours.close()
                self._be_child(theirs, attempt, parent)
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self._live[os.pidfd_open(pid)] = _Child(attempt, pid, ours)

    def _be_child(self, pipe: Connection, attempt: Attempt, parent: int) -> NoReturn:
        from innocap_analysis.batch.warm import engine, preload

        try:
            preload.settle_child(parent, self.settings.batch.memory_mb)
            engine.WarmEngine.on_cell = lambda number: pipe.send(("cell", number))
            own = os.getpid()
            outcome = execute_run(
                attempt.run, self.settings, self.state, engine=engine.NAME, staging=attempt.staging
            )
            if os.getpid() == own:  # and no process that the notebook forked and let go on
                pipe.send(("done", outcome))
        except BaseException as error:  # noqa: BLE001 - a child must never come back from here
            with contextlib.suppress(OSError, ValueError):
                pipe.send(("problem", f"{type(error).__name__}: {error}"))
        finally:
            # Not the interpreter's own end: it would flush what the parent also holds.
            os._exit(0)

    def _wait(self, also: int | None) -> list[int]:
        """Wait until a child ends; take its messages and end it when it is late."""
        pipes = {c.pipe.fileno(): c for c in self._live.values() if not c.pipe.closed}
        others = [] if also is None else [also]
        ready, _, _ = select.select([*self._live, *pipes, *others], [], [], _POLL_SECONDS)
        for descriptor in ready:
            if descriptor in pipes:
                _listen(pipes[descriptor])
        for child in self._live.values():
            if child.attempt.overruns():
                end_group(child.pid)
        return [descriptor for descriptor in ready if descriptor in self._live]


def _read_end(child: _Child) -> Outcome | None:
    """Return how a run ended, or None where it should be tried again."""
    _listen(child)
    child.pipe.close()
    _, status, usage = os.wait4(child.pid, 0)
    # Whatever the notebook left behind in its own group ends with it.
    end_group(child.pid)
    return child.attempt.conclude(os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024)


def _listen(child: _Child) -> None:
    try:
        while not child.pipe.closed and child.pipe.poll():
            child.attempt.hear(*child.pipe.recv())
    except (EOFError, OSError):
        child.pipe.close()
