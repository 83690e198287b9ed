"""The same batch on Dask distributed: any number of machines, a loaded process per worker.

The project travels as bytes, once to each worker, and each run's files travel back, so that
nothing but the package needs to be installed there and no folder is shared.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from innocap_analysis.batch.bundle import pack_project
from innocap_analysis.batch.conduct import Taken
from innocap_analysis.batch.fingerprint import ProjectState
from innocap_analysis.batch.outcome import Outcome, Run
from innocap_analysis.batch.worker import run_remotely
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import write_atomically
from innocap_analysis.settings import Settings

if TYPE_CHECKING:
    from distributed import Client

START_SECONDS = 60
_POLL_SECONDS = 0.05
_ASK_SECONDS = 1.0  # for workers: the scheduler tells all that it knows of each


@contextlib.contextmanager
def connect(scheduler: str, jobs: int | None) -> Iterator[Client]:
    """Connect to a scheduler, or start one here."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise InnocapError(
            "--scheduler needs Dask; install it with: pip install 'innocap-analysis[cluster]'"
        ) from None
    with contextlib.ExitStack() as stack:
        if scheduler == "local":
            cluster = LocalCluster(
                n_workers=1, threads_per_worker=jobs or os.cpu_count() or 1, host="127.0.0.1",
                dashboard_address=None, memory_limit=0,
            )  # fmt: skip
            address = stack.enter_context(cluster)
        else:
            address = scheduler
        try:
            client = stack.enter_context(Client(address, timeout=START_SECONDS))
        except (OSError, ValueError, TimeoutError) as error:
            raise InnocapError(
                f"--scheduler {scheduler}: no Dask scheduler answers there ({error})"
            ) from None
        _wait_for_worker(client, scheduler)
        yield client


def _wait_for_worker(client: Client, scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=START_SECONDS)
    except TimeoutError:
        raise InnocapError(
            f"--scheduler {scheduler}: there has been no worker for {START_SECONDS} s; start one "
            f"with: dask worker {scheduler}"
        ) from None


def execute_on_cluster(
    runs: list[tuple[int, Run]],
    settings: Settings,
    state: ProjectState,
    jobs: int,
    take: Taken,
    *,
    client: Client,
) -> None:
    """Execute runs on the workers of a Dask cluster."""
    from distributed import as_completed

    # A task, not scattered data: when the last worker that holds it dies, it is made again.
    project = client.submit(bytes, pack_project(settings), key=f"innocap-project-{time.time_ns()}")
    futures = {
        client.submit(
            run_remotely, _relocate(run, settings), project, state,
            key=f"innocap-{number}-{time.time_ns()}", retries=0, pure=False,
        ): (number, run)
        for number, run in runs
    }  # fmt: skip
    waiting = as_completed(futures, raise_errors=False)
    seen = asked = time.monotonic()
    while futures:
        for future in waiting.next_batch(block=False):
            number, run = futures.pop(future)
            take(number, _receive(future, run, settings))
        now = time.monotonic()
        if now - asked < _ASK_SECONDS:
            time.sleep(_POLL_SECONDS)
            continue
        asked = now
        if client.scheduler_info()["workers"]:
            seen = now
        elif now - seen > START_SECONDS:
            for number, run in futures.values():
                lost = f"the cluster has had no worker for {START_SECONDS} s"
                take(number, Outcome(run, "failed", 0.0, None, lost))
            return


def _relocate(run: Run, settings: Settings) -> Run:
    return replace(run, notebook=run.notebook.relative_to(settings.root))


def _receive(future: Any, run: Run, settings: Settings) -> Outcome:  # noqa: ANN401 - a Future
    """Put the files of a run in place, the notebook with the record last."""
    outcome: Outcome
    files: dict[str, bytes]
    try:
        outcome, files = future.result()
    except InnocapError as error:
        return Outcome(run, "failed", 0.0, None, str(error))
    except Exception as error:  # noqa: BLE001 - whatever a cluster raises is this run's failure
        return Outcome(run, "failed", 0.0, None, f"the cluster lost it: {error}")
    outcome = replace(outcome, run=run)
    try:
        for name in sorted(files, key=lambda name: (name == run.place, name)):
            write_atomically(settings.output_dir / name, files[name])
    except InnocapError as error:
        return replace(outcome, status="failed", error=str(error), record={})
    return outcome
