"""Runs with a kernel of their own each, for where nothing can be forked."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import BaseContext

from innocap_analysis.batch.conduct import Taken
from innocap_analysis.batch.execute import execute_run
from innocap_analysis.batch.fingerprint import ProjectState
from innocap_analysis.batch.outcome import Outcome, Run
from innocap_analysis.batch.processes import prepare_worker
from innocap_analysis.settings import Settings


def execute_cold(
    runs: list[tuple[int, Run]], settings: Settings, state: ProjectState, jobs: int, take: Taken
) -> None:
    """Execute runs in a pool of fresh processes.

    Parameters
    ----------
    runs : list of tuple
        Number and run.
    settings : Settings
        Folders and limits.
    state : ProjectState
        What the reports depend on.
    jobs : int
        Runs at the same time.
    take : callable
        Takes the number and the outcome of each run as it ends.
    """
    # Fresh interpreters: a forked one would inherit threads and sockets of this process.
    context: BaseContext = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=prepare_worker)
    try:
        waiting: dict[Future[Outcome], tuple[int, Run]] = {
            pool.submit(execute_run, run, settings, state): (number, run) for number, run in runs
        }
        while waiting:
            finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                number, run = waiting.pop(future)
                take(number, _read_outcome(future, run))
    except BaseException:
        for process in list(pool._processes.values()):
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _read_outcome(future: Future[Outcome], run: Run) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool:
        return Outcome(run, "failed", 0.0, None, "the worker process died")
