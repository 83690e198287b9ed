"""Running the plan: every notebook for every region, one failure never hides another."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from innocap_analysis.batch.conduct import Request, Taken, conduct_batch, count_jobs
from innocap_analysis.batch.outcome import Outcome, Run
from innocap_analysis.batch.processes import (
    can_fork,
    die_with_parent,
    import_jsonschema,
    one_thread,
)
from innocap_analysis.settings import InnocapError, Settings, load_settings

if TYPE_CHECKING:
    from innocap_analysis.batch.warm.pool import ForkPool

_END_SECONDS = 5


def run_notebooks(
    *,
    regions: Sequence[str] | None = None,
    notebooks: Sequence[str] | None = None,
    language: str | None = None,
    parameters: Mapping[str, object] | None = None,
    jobs: int | None = None,
    force: bool = False,
    scheduler: str | None = None,
    settings: Settings | None = None,
    report: Callable[[Outcome, int, int], None] | None = None,
) -> list[Outcome]:
    """Execute the batch plan and write reports, figures and the index page.

    Parameters
    ----------
    regions : sequence of str, optional
        Countries or regions. Default: the partner countries.
    notebooks : sequence of str, optional
        Names, numbers or beginnings of names. Default: the whole plan.
    language : str, optional
        Default: the project's first.
    parameters : mapping of str to object, optional
        Further notebook parameters.
    jobs : int, optional
        Notebooks at the same time. Default: one per processor core.
    force : bool
        Run also what would come out the same: its notebook, parameters, data, code and
        package versions are those that the report was made from.
    scheduler : str, optional
        Address of a Dask scheduler (``tcp://…``), or ``local`` for one of our own. Needs
        the optional packages of ``[cluster]``. Default: this machine, without Dask.
    settings : Settings, optional
        Default: found from the working directory.
    report : callable, optional
        Called with each outcome, how many are done and how many there are.

    Returns
    -------
    list of Outcome
        In the order of the plan; a failed notebook is an outcome, the others still run.

    Raises
    ------
    InnocapError
        The plan, a parameter, the data or the settings are faulty, or another batch writes
        to the same folder; then nothing has run and every earlier report is as it was.
    """
    config = settings or load_settings()
    count_jobs(jobs, 1)
    request = Request(config, regions, notebooks, language, parameters, jobs, force)
    tally = _Tally(report or (lambda *_: None))
    if scheduler is not None:
        from innocap_analysis.batch.cluster import connect, execute_on_cluster

        with connect(scheduler, jobs) as client:
            execute = functools.partial(execute_on_cluster, client=client)
            conduct_batch(request, tally.take, execute)
    elif can_fork():
        _watch(request, tally)
    else:
        from innocap_analysis.batch.cold import execute_cold

        sys.stderr.write("Runs start cold, with a kernel each: nothing can be forked here\n")
        conduct_batch(request, tally.take, execute_cold)
    return [tally.done[number] for number in range(len(tally.plan))]


class _Tally:
    """Keeps the outcomes and reports each as it comes."""

    def __init__(self, report: Callable[[Outcome, int, int], None]) -> None:
        self.plan: list[Run] = []
        self.done: dict[int, Outcome] = {}
        self._report = report

    def take(self, kind: str, content: Any) -> None:  # noqa: ANN401
        if kind == "plan":
            self.plan = content
        elif kind == "cold":
            sys.stderr.write(f"Runs start cold, with a kernel each: {content}\n")
        else:
            number, outcome = content
            self.done[number] = outcome
            self._report(outcome, len(self.done), len(self.plan))

    def sum_up(self) -> str:
        """Say how far the runs came, if any had begun."""
        made = sum(outcome.status != "failed" for outcome in self.done.values())
        return f" ({made} of {len(self.plan)} reports were made)" if self.plan else ""

    def give_up(self) -> None:
        """Count what has no outcome as failed: the process that ran it is gone."""
        if not self.plan:
            raise InnocapError("the process that was to run the notebooks was ended from outside")
        lost = "the process that runs the notebooks was ended from outside"
        for number, run in enumerate(self.plan):
            if number not in self.done:
                self.take("done", (number, Outcome(run, "failed", 0.0, None, lost)))


def _watch(request: Request, tally: _Tally) -> None:
    """Have the batch conducted by a process of its own, which loads everything and forks.

    This process may have threads, and then must not fork; it also need not load anything.
    """
    start = multiprocessing.get_context
    context = start("fork") if _is_fresh() else start("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(theirs, request, os.getpid()))
    with one_thread(), _later(signal.SIGINT):
        process.start()
    theirs.close()
    try:
        while True:
            kind, content = ours.recv()
            if kind == "fault":
                raise InnocapError(content + tally.sum_up())
            if kind == "bug":
                raise RuntimeError(content)
            if kind == "end":
                break
            tally.take(kind, content)
    except EOFError:
        tally.give_up()
    finally:
        process.terminate()
        process.join(_END_SECONDS)
        if process.exitcode is None:
            process.kill()


def _is_fresh() -> bool:
    """Return whether a fork of this process is as good as a new one: the command's own is."""
    return "numpy" not in sys.modules and len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208


@contextlib.contextmanager
def _later(signum: signal.Signals) -> Iterator[None]:
    """Put a signal off, for this thread and what it starts until that has its own handler."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signum})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Stop:
    """Ends this process and the runs it has forked at once.

    Not by an exception: one that is raised while Python calls back, as when it collects
    garbage, is lost, and the batch would go on.
    """

    pool: ForkPool | None = None

    def __call__(self, _: int, __: FrameType | None) -> NoReturn:
        if self.pool is not None:
            self.pool.close()
        os._exit(0)


def _serve(told: Connection, request: Request, parent: int) -> None:
    # Ctrl-C reaches the whole group; the process that started this one decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    stop = _Stop()
    signal.signal(signal.SIGTERM, stop)
    die_with_parent(parent)
    import_jsonschema()

    def tell(kind: str, content: object) -> None:
        told.send((kind, content))

    try:
        execute = functools.partial(_execute_warm, tell=tell, stop=stop)
        conduct_batch(request, tell, execute)
        tell("end", None)
    except InnocapError as fault:
        tell("fault", str(fault))
    except Exception:  # noqa: BLE001 - a fault of ours, raised again where the batch was asked for
        tell("bug", traceback.format_exc())
    finally:
        # Everything is said and written; the request to end would hit the interpreter's own end.
        os._exit(0)


def _execute_warm(
    runs: list[tuple[int, Run]],
    settings: Settings,
    state: Any,  # noqa: ANN401
    jobs: int,
    take: Taken,
    *,
    tell: Callable[[str, object], None],
    stop: _Stop,
) -> None:
    """Load everything once and execute the runs in forked children."""
    from innocap_analysis.batch.cold import execute_cold
    from innocap_analysis.batch.warm.pool import ForkPool
    from innocap_analysis.batch.warm.preload import preload

    try:
        languages = list(dict.fromkeys(run.language for _, run in runs))
        preload(languages, list(dict.fromkeys(run.notebook for _, run in runs)))
    except InnocapError as reason:
        tell("cold", str(reason))
        execute_cold(runs, settings, state, jobs, take)
        return
    pool = stop.pool = ForkPool(settings, state, jobs)
    try:
        for number, run in runs:
            pool.submit(number, run)
        while pool.busy:
            for number, outcome in pool.collect():
                take(number, outcome)
    finally:
        pool.close()
