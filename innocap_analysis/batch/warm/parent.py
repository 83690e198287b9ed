"""The loaded parent: forks one child per run, watches it, and tells how it ended."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from innocap_analysis.batch.execute import STAGING_PREFIX, Outcome, bury_run, execute_run
from innocap_analysis.batch.plan import Run
from innocap_analysis.settings import InnocapError, Settings

GRACE_SECONDS = 3.0
_POLL_SECONDS = 0.5
RETRIES = 1


def can_fork() -> bool:
    """Return whether this machine can start runs warm."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


@dataclass
class _Child:
    """A run that is under way."""

    number: int
    tries: int
    pid: int
    pipe: Connection
    staging: Path
    started: float
    cell: int | None = None
    cell_started: float = 0.0
    outcome: Outcome | None = None
    late: bool = False


def serve(
    told: Connection, runs: list[Run], settings: Settings, jobs: int, filters: list[Any]
) -> None:
    """Load everything once and execute the runs in forked children.

    Parameters
    ----------
    told : Connection
        Takes ``("warm", None)`` or ``("cold", reason)`` first, then ``("done", (number,
        outcome))`` for every run.
    runs : list of Run
        The plan.
    settings : Settings
        Folders and the time limit.
    jobs : int
        Children at the same time.
    filters : list
        Warning filters for the children.
    """
    from innocap_analysis.batch.warm import preload

    # Ctrl-C reaches the whole group; the process that started this one decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    preload.die_with_parent()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            preload.preload(tuple(dict.fromkeys(run.language for run in runs)))
    except InnocapError as error:
        told.send(("cold", str(error)))
        return
    told.send(("warm", None))
    live: dict[int, _Child] = {}

    def stop(_: int, __: FrameType | None) -> NoReturn:
        for child in live.values():
            _end_group(child.pid)
            shutil.rmtree(child.staging, ignore_errors=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    todo = [(number, 0) for number in reversed(range(len(runs)))]
    while todo or live:
        while todo and len(live) < jobs:
            number, tries = todo.pop()
            descriptor, child = _fork(number, tries, runs[number], settings, filters)
            live[descriptor] = child
        for descriptor in _wait(live, settings.batch.timeout_seconds):
            child = live.pop(descriptor)
            os.close(descriptor)
            outcome = _read_end(child, runs[child.number], settings)
            if outcome is None:
                todo.append((child.number, child.tries + 1))
            else:
                told.send(("done", (child.number, outcome)))


def _fork(
    number: int, tries: int, run: Run, settings: Settings, filters: list[Any]
) -> tuple[int, _Child]:
    settings.output_dir.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=settings.output_dir))
    ours, theirs = Pipe(duplex=False)
    parent = os.getpid()
    now = time.monotonic()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _be_child(theirs, run, settings, staging, filters, parent)
    theirs.close()
    return os.pidfd_open(pid), _Child(number, tries, pid, ours, staging, now, cell_started=now)


def _be_child(
    pipe: Connection, run: Run, settings: Settings, staging: Path, filters: list[Any], parent: int
) -> NoReturn:
    from innocap_analysis.batch.warm import engine, preload

    try:
        preload.settle_child(filters, parent)
        engine.WarmEngine.on_cell = lambda number: pipe.send(("cell", number))
        outcome = execute_run(run, settings, engine=engine.NAME, staging=staging)
        pipe.send(("done", outcome))
    except BaseException as error:  # noqa: BLE001 - a child must never come back from here
        with contextlib.suppress(OSError, ValueError):
            pipe.send(("error", f"{type(error).__name__}: {error}"))
    finally:
        # Not the interpreter's own end: it would flush what the parent also holds.
        os._exit(0)


def _wait(live: dict[int, _Child], limit: int) -> list[int]:
    """Wait until a child ends; take its messages and end it when it is late."""
    pipes = {child.pipe.fileno(): child for child in live.values() if not child.pipe.closed}
    ready, _, _ = select.select([*live, *pipes], [], [], _POLL_SECONDS)
    for descriptor in ready:
        if descriptor in pipes:
            _listen(pipes[descriptor])
    now = time.monotonic()
    for child in live.values():
        if not child.late and now - child.cell_started > limit + GRACE_SECONDS:
            child.late = True
            _end_group(child.pid)
    return [descriptor for descriptor in ready if descriptor in live]


def _listen(child: _Child) -> None:
    try:
        while not child.pipe.closed and child.pipe.poll():
            kind, content = child.pipe.recv()
            if kind == "cell":
                child.cell, child.cell_started = content, time.monotonic()
            elif kind == "done":
                child.outcome = content
            else:
                child.outcome = None
                child.cell_started = time.monotonic()
    except (EOFError, OSError):
        child.pipe.close()


def _read_end(child: _Child, run: Run, settings: Settings) -> Outcome | None:
    """Return how a run ended, or None where it should be tried again."""
    _listen(child)
    child.pipe.close()
    _, status, usage = os.wait4(child.pid, 0)
    # Whatever the notebook left behind in its own group ends with it.
    _end_group(child.pid)
    seconds = time.monotonic() - child.started
    memory = usage.ru_maxrss / 1024
    if child.outcome is not None:
        shutil.rmtree(child.staging, ignore_errors=True)
        return replace(child.outcome, seconds=seconds, memory_mb=memory)
    code = os.waitstatus_to_exitcode(status)
    if code < 0 and not child.late and child.tries < RETRIES:
        shutil.rmtree(child.staging, ignore_errors=True)
        return None
    error = _name_end(code, late=child.late, limit=settings.batch.timeout_seconds)
    bury_run(run, settings, child.staging, error)
    return Outcome(run, "failed", seconds, child.cell, error, memory)


def _name_end(code: int, *, late: bool, limit: int) -> str:
    if late:
        return f"took longer than {limit} s"
    if code >= 0:
        return f"the notebook ended its own process (exit code {code})"
    name = signal.Signals(-code).name
    hint = ", perhaps for want of memory" if name == "SIGKILL" else ""
    return f"the process was ended by {name}{hint}, {RETRIES + 1} times"


def _end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
