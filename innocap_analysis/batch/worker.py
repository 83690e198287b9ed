"""What a Dask worker does for a batch: it keeps a loaded process, which forks the runs."""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import signal
import tempfile
import threading
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import replace
from multiprocessing.util import Finalize
from pathlib import Path
from typing import ClassVar

from innocap_analysis.batch.fingerprint import ProjectState, describe_project
from innocap_analysis.batch.outcome import Outcome, Run
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import OUTPUT_VARIABLE, Settings
from warmill.helper import Channel, Helper, start_helper
from warmill.processes import can_fork, import_jsonschema, one_thread

# The worker's own threads say how many runs go at the same time.
_MANY = 1024
_POLL_SECONDS = 0.25


def run_remotely(run: Run, project: bytes, state: ProjectState) -> tuple[Outcome, dict[str, bytes]]:
    """Execute one run on a worker."""
    if not can_fork():
        raise InnocapError("a worker runs on a system that cannot fork; use Linux workers")
    import_jsonschema()  # before what is imported here imports it
    host = _Host.get(project, state)
    outcome = host.execute(replace(run, notebook=host.settings.root / run.notebook))
    return outcome, host.collect_files(outcome)


class _Host:
    """One project on this worker: unpacked, with a loaded process that forks its runs."""

    _hosts: ClassVar[dict[tuple[str, str], _Host]] = {}
    _guard = threading.Lock()

    def __init__(self, project: bytes, state: ProjectState, scratch: str) -> None:
        from innocap_analysis.batch.bundle import unpack_project

        # What a killed worker leaves there is removed by Dask when the next one starts.
        self.folder = Path(tempfile.mkdtemp(prefix="innocap-", dir=scratch))
        Finalize(None, shutil.rmtree, (self.folder, True), exitpriority=1)
        self.settings = unpack_project(project, self.folder)
        _check_same(here := describe_project(self.settings), state)
        # By this machine's clock: its package may be younger than the batch, and the same.
        self._state = replace(state, loaded=here.loaded)
        self._output = self.folder / "output"
        self._waiting: dict[int, Future[Outcome]] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._helper: Helper | None = None
        self._begun = threading.Event()

    @classmethod
    def get(cls, project: bytes, state: ProjectState) -> _Host:
        from distributed import get_worker

        key = (get_worker().local_directory, hashlib.sha256(project).hexdigest())
        with cls._guard:
            if key not in cls._hosts:
                cls._hosts[key] = cls(project, state, scratch=key[0])
            return cls._hosts[key]

    def execute(self, run: Run) -> Outcome:
        answer: Future[Outcome] = Future()
        with self._lock:
            if self._helper is None:
                self._start()
            if self._helper is None:
                raise InnocapError("a worker's loaded process could not be started")
            number = next(self._numbers)
            self._waiting[number] = answer
            with suppress(BrokenPipeError):  # the keeper hears of its end
                self._helper.channel.send(number, run)
        while not wait([answer], _POLL_SECONDS).done:
            # A worker that closes waits for its runs, and is killed after a while.
            helper = self._helper
            if _is_closing() and helper is not None:
                helper.kill()
        if answer.exception() is not None and _is_closing():
            from distributed import Reschedule

            raise Reschedule
        return answer.result()

    def _start(self) -> None:
        self._begun.clear()
        # The process ends with the thread that starts it; this one lasts as long as the worker.
        threading.Thread(target=self._keep, daemon=True).start()
        self._begun.wait()

    def _keep(self) -> None:
        """Start the loaded process and hand its outcomes to those who wait for them."""
        try:
            with one_thread():
                helper = self._helper = start_helper(
                    _serve, self.settings, self._state, str(self._output)
                )
        finally:
            self._begun.set()
        with suppress(EOFError, OSError):
            while True:
                number, outcome = helper.channel.recv()
                self._waiting.pop(number).set_result(outcome)
        with self._lock:
            lost, self._waiting = self._waiting, {}
            self._helper = None  # the next run starts another
        helper.wait()
        for answer in lost.values():
            answer.set_exception(InnocapError("a worker's loaded process was ended from outside"))

    def collect_files(self, outcome: Outcome) -> dict[str, bytes]:
        """Return what a run has left, and remove it."""
        from innocap_analysis.batch.execute import FAILED

        place = outcome.run.place
        names = [*outcome.record.get("outputs", {}), place, place.replace(".ipynb", FAILED)]
        files = {}
        for name in names:
            path = self._output / name
            if path.is_file():
                files[name] = path.read_bytes()
                path.unlink()
        return files


def _is_closing() -> bool:
    from distributed import Status, get_worker

    return get_worker().status in (Status.closing, Status.closed)


def _check_same(here: ProjectState, there: ProjectState) -> None:
    names = sorted({*here.software, *there.software})
    different = [
        f"{name} {here.software.get(name)} instead of {there.software.get(name)}"
        for name in names
        if here.software.get(name) != there.software.get(name)
    ]
    if not different and here.code != there.code:
        different = ["another edition of the package's files or of the lock"]
    if different:
        raise InnocapError(
            f"a worker has other software: {', '.join(different)}; install the same there"
        )


def _serve(pipe: Channel, settings: Settings, state: ProjectState, output: str) -> None:
    """Load everything and fork a child for each run that comes through the pipe."""
    from innocap_analysis.batch.pool import RunPool

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ[OUTPUT_VARIABLE] = output
    plan = settings.batch
    names = (*plan.comparison, *plan.region, *plan.place, *plan.documents)
    paths = [settings.notebooks_dir / f"{name}.ipynb" for name in names]
    books = [path for path in paths if path.is_file()]
    pool = RunPool(settings, _MANY, "fork", settings.languages, books)
    with suppress(EOFError, OSError):
        while True:
            for number, outcome in pool.collect(also=pipe.fileno()):
                pipe.send(number, outcome)
            while pipe.poll():
                number, run = pipe.recv()
                pool.submit(number, run, settings, state)
    pool.close()
    os._exit(0)
