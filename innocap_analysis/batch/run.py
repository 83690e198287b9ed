"""Running the plan: every notebook for every region, one failure never hides another."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from innocap_analysis.batch.conduct import Request, Taken, conduct_batch, count_jobs
from innocap_analysis.batch.helper import Channel, fork_helper, start_helper, watch_parent
from innocap_analysis.batch.outcome import Outcome, Run
from innocap_analysis.batch.processes import (
    Start,
    choose_start,
    die_with_parent,
    import_jsonschema,
    one_thread,
)
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings, load_settings

if TYPE_CHECKING:
    from innocap_analysis.batch.fingerprint import ProjectState
    from innocap_analysis.batch.warm.attempt import Pool


def run_notebooks(
    *,
    regions: Sequence[str] | None = None,
    notebooks: Sequence[str] | None = None,
    language: str | Sequence[str] | None = None,
    parameters: Mapping[str, object] | None = None,
    variants: Sequence[str] | None = None,
    table: Path | None = None,
    places: Sequence[str] | None = None,
    country: str | None = None,
    jobs: int | None = None,
    force: bool = False,
    scheduler: str | None = None,
    settings: Settings | None = None,
    report: Callable[[Outcome, int, int], None] | None = None,
    note: Callable[[str], None] | None = None,
) -> list[Outcome]:
    """Execute the batch plan and write reports, figures and the index page.

    Parameters
    ----------
    regions : sequence of str, optional
        Countries or regions. Default: the partner countries.
    notebooks : sequence of str, optional
        Names, numbers or beginnings of names. Default: the whole plan.
    language : str or sequence of str, optional
        ``all`` is every one of the project. Default: the project's first.
    parameters : mapping of str to object, optional
        Further notebook parameters; reports that they change stand beside the standard ones.
    variants : sequence of str, optional
        Named sets of the plan to run with; or, with `parameters`, one name for them.
    table : Path, optional
        A CSV file with the rows to run instead of the plan in ``innocap.yml``.
    places : sequence of str, optional
        Municipalities, districts and regions to make pages about instead: ``all``, ``rural``,
        ``sparse``, ``regions``, ``in PLACE``, codes, names, or files that list them.
    country : str, optional
        Choose `places` in this country only.
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
    note : callable, optional
        Called with each remark. Default: they go to the standard error stream.

    Returns
    -------
    list of Outcome
        In the order of the plan; a failed notebook is an outcome, the others still run.

    Raises
    ------
    InnocapError
        The plan, a parameter, the data or the settings are faulty, or another batch makes
        one of the same reports; then nothing has run and every earlier report is as it was.
    """
    config = settings or load_settings()
    count_jobs(jobs, 1)
    request = Request(
        config, regions, notebooks, language, parameters, jobs, force, variants, table,
        places, country,
    )  # fmt: skip
    tally = _Tally(report or (lambda *_: None), note or _remark)
    if scheduler is not None:
        from innocap_analysis.batch.cluster import connect, execute_on_cluster

        with connect(scheduler, jobs) as client:
            execute = functools.partial(execute_on_cluster, client=client)
            conduct_batch(request, tally.take, execute)
    else:
        _watch(request, tally)
    return [tally.done[number] for number in range(len(tally.plan))]


def _remark(text: str) -> None:
    sys.stderr.write(f"{text}\n")


class _Tally:
    """Keeps the outcomes and reports each as it comes."""

    def __init__(
        self, report: Callable[[Outcome, int, int], None], note: Callable[[str], None]
    ) -> None:
        self.plan: list[Run] = []
        self.done: dict[int, Outcome] = {}
        self._report, self._note = report, note

    def take(self, kind: str, content: Any) -> None:  # noqa: ANN401
        if kind == "plan":
            self.plan = content
        elif kind == "note":
            self._note(content)
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
    """Have the batch conducted by a process of its own, which loads everything.

    This process may have threads, and then must not fork; it also need not load anything.
    """
    start = choose_start()
    begin = fork_helper if start == "fork" and _is_fresh() else start_helper
    with one_thread(), _later():
        helper = begin(_serve, request, start, os.getpid())
    try:
        while True:
            kind, content = helper.channel.recv()
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
        helper.stop()


def _is_fresh() -> bool:
    """Return whether a fork of this process is as good as a new one: the command's own is."""
    return "numpy" not in sys.modules and len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208


@contextlib.contextmanager
def _later() -> Iterator[None]:
    """Put Ctrl-C off until the process that is being started is known."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Stop:
    """Ends this process and the runs it has forked at once.

    Not by an exception: one that is raised while Python calls back, as when it collects
    garbage, is lost, and the batch would go on.
    """

    pool: Pool | None = None

    def __call__(self, _: int, __: FrameType | None) -> NoReturn:
        if self.pool is not None:
            self.pool.close()
        os._exit(0)


def _serve(told: Channel, request: Request, start: Start, parent: int) -> None:
    # Ctrl-C is for the process that started this one to decide.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = _Stop()
    signal.signal(signal.SIGTERM, stop)
    die_with_parent(parent)
    if start != "fork":  # a thread would keep this process from forking
        watch_parent(told, lambda *_: None)
    import_jsonschema()
    try:
        execute = functools.partial(_execute, start=start, stop=stop)
        conduct_batch(request, told.send, execute)
        told.send("end", None)
    except InnocapError as fault:
        told.send("fault", str(fault))
    except Exception:  # noqa: BLE001 - a fault of ours, raised again where the batch was asked for
        told.send("bug", traceback.format_exc())
    finally:
        # Everything is said and written; the request to end would hit the interpreter's own end.
        os._exit(0)


def _execute(
    runs: list[tuple[int, Run]],
    settings: Settings,
    state: ProjectState,
    jobs: int,
    take: Taken,
    *,
    start: Start,
    stop: _Stop,
) -> None:
    """Execute the runs in a pool of processes."""
    from innocap_analysis.batch.warm.pool import ForkPool
    from innocap_analysis.batch.warm.preload import check_threads, preload
    from innocap_analysis.batch.warm.spawn import SpawnPool

    languages = list(dict.fromkeys(run.language for _, run in runs))
    notebooks = list(dict.fromkeys(run.notebook for _, run in runs))
    if start == "fork":
        preload(languages, notebooks)
        try:
            check_threads()
        except InnocapError as reason:
            sys.stderr.write(f"Runs start in loaded processes, not by a fork: {reason}\n")
            start = "spawn"
    pool: Pool
    if start == "fork":
        pool = ForkPool(settings, state, jobs)
    else:
        pool = SpawnPool(
            settings, state, jobs, (languages, notebooks) if start == "spawn" else None
        )
    stop.pool = pool
    try:
        for number, run in runs:
            pool.submit(number, run)
        while pool.busy:
            for number, outcome in pool.collect():
                take(number, outcome)
    finally:
        pool.close()
