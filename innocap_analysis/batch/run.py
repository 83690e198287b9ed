"""Running the whole plan: every notebook for every region, one failure never hides another."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from innocap_analysis.batch.execute import ONE_THREAD, Outcome, execute_run, prepare_worker
from innocap_analysis.batch.index_page import write_index_page
from innocap_analysis.batch.lock import hold_folder
from innocap_analysis.batch.plan import Run, make_plan
from innocap_analysis.batch.warm.parent import can_fork, serve
from innocap_analysis.score.capacity import check_year, write_scores
from innocap_analysis.settings import InnocapError, Settings, load_settings


def run_notebooks(
    *,
    regions: Sequence[str] | None = None,
    notebooks: Sequence[str] | None = None,
    language: str | None = None,
    parameters: Mapping[str, object] | None = None,
    jobs: int | None = None,
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
    if jobs is not None and jobs < 1:
        raise InnocapError(f"jobs: must be 1 or more, found {jobs}")
    plan = make_plan(
        config, regions=regions, notebooks=notebooks, language=language, parameters=parameters
    )
    for year in {run.parameters.get("year") for run in plan} - {None}:
        check_year(int(str(year)), config)
    workers = min(jobs or os.cpu_count() or 1, len(plan))
    write_scores(config)  # finds mistakes in the data before anything else is touched
    with hold_folder(config.output_dir):
        outcomes = _run_all(plan, config, workers, report or (lambda *_: None))
        write_index_page(config, outcomes, language=plan[0].language)
    return outcomes


def _run_all(
    plan: list[Run],
    settings: Settings,
    workers: int,
    report: Callable[[Outcome, int, int], None],
) -> list[Outcome]:
    if can_fork():
        found = _run_warm(plan, settings, workers, report)
        if found is not None:
            return found
    return _run_cold(plan, settings, workers, report)


def _run_warm(
    plan: list[Run],
    settings: Settings,
    workers: int,
    report: Callable[[Outcome, int, int], None],
) -> list[Outcome] | None:
    """Run the plan in children of a loaded parent; None where that cannot be."""
    # A fresh interpreter as parent: this process may have threads, and then must not fork.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    filters = list(warnings.filters)
    parent = context.Process(target=serve, args=(theirs, plan, settings, workers, filters))
    with _one_thread():
        parent.start()
    theirs.close()
    done: dict[int, Outcome] = {}
    try:
        kind, content = ours.recv()
        if kind == "cold":
            sys.stderr.write(f"Runs start cold, with a kernel each: {content}\n")
            return None
        while len(done) < len(plan):
            _, (number, outcome) = ours.recv()
            done[number] = outcome
            report(outcome, len(done), len(plan))
    except EOFError:
        lost = "the process that runs the notebooks was ended from outside"
        for number, run in enumerate(plan):
            if number not in done:
                done[number] = Outcome(run, "failed", 0.0, None, lost)
                report(done[number], len(done), len(plan))
    finally:
        parent.terminate()
        parent.join(5)
    return [done[number] for number in range(len(plan))]


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let numeric libraries of a process that starts now use one thread."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _run_cold(
    plan: list[Run],
    settings: Settings,
    workers: int,
    report: Callable[[Outcome, int, int], None],
) -> list[Outcome]:
    # Fresh interpreters: a forked one would inherit threads and sockets of this process.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=prepare_worker)
    done: dict[int, Outcome] = {}
    try:
        waiting: dict[Future[Outcome], Run] = {
            pool.submit(execute_run, run, settings): run for run in plan
        }
        while waiting:
            finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                run = waiting.pop(future)
                done[id(run)] = _read_outcome(future, run)
                report(done[id(run)], len(done), len(plan))
    except KeyboardInterrupt:
        for process in list(pool._processes.values()):
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return [done[id(run)] for run in plan]


def _read_outcome(future: Future[Outcome], run: Run) -> Outcome:
    try:
        return future.result()
    except InnocapError as error:
        return Outcome(run, "failed", 0.0, None, str(error))
    except BrokenProcessPool:
        return Outcome(run, "failed", 0.0, None, "the worker process died")
