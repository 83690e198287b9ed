"""Runs in the processes of warmill: given out, and told how they ended."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from innocap_analysis.batch.hooks import load_runs, rehearse_runs
from innocap_analysis.batch.outcome import Outcome, Run
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings
from warmill import Ended, Pool, WarmillError
from warmill.loading import loading
from warmill.pool import Start

if TYPE_CHECKING:
    from innocap_analysis.batch.fingerprint import ProjectState


class Task(NamedTuple):
    """A run, its place in the plan, the folder in which it is made, and what it is made with."""

    number: int
    run: Run
    staging: Path
    settings: Settings
    state: ProjectState


class _CleanPool(Pool):
    """Removes what was being written when it is closed, also by a signal."""

    def close(self) -> list[Task]:
        left: list[Task] = super().close()
        for task in left:
            shutil.rmtree(task.staging, ignore_errors=True)
        return left


class RunPool:
    """Processes that runs are given to, and that give their outcomes back."""

    def __init__(
        self,
        settings: Settings,
        jobs: int,
        start: Start,
        languages: Sequence[str],
        notebooks: Sequence[Path],
        views: Sequence[Mapping[str, Any]] = (),
        known: Mapping[str, str] = {},
    ) -> None:
        self._pool = _CleanPool(
            _execute,
            load=partial(load_runs, languages, notebooks, views, settings.root, known),
            rehearse=partial(rehearse_runs, languages[0]),
            jobs=jobs,
            start=start,
            timeout=settings.batch.timeout_seconds,
            memory_mb=settings.batch.memory_mb,
        )

    @property
    def busy(self) -> bool:
        """Whether a run is waiting or under way."""
        return self._pool.busy

    def begin(self) -> None:
        """Start processes that live on before there is something for them to do."""
        self._pool.begin()

    def learn(self, *wanted: Any) -> None:  # noqa: ANN401 - as of `load_runs`
        """Load what else runs need, where they are forked from this process."""
        if self._pool.start == "fork":
            with loading():
                load_runs(*wanted)

    def submit(self, number: int, run: Run, settings: Settings, state: ProjectState) -> None:
        """Take a run on; the number comes back with its outcome."""
        from innocap_analysis.batch.execute import name_staging

        self._pool.submit(Task(number, run, name_staging(settings), settings, state))

    def collect(self, also: int | None = None) -> list[tuple[int, Outcome]]:
        """Start what there is room for, wait a while, and return what has ended."""
        try:
            return [(end.task.number, self._conclude(end)) for end in self._pool.collect(also)]
        except WarmillError as fault:
            raise InnocapError(str(fault)) from None

    def close(self) -> None:
        """End everything at once and remove what it was writing."""
        self._pool.close()

    def _conclude(self, end: Ended) -> Outcome:
        from innocap_analysis.batch.execute import bury_run

        task: Task = end.task
        if not end.error:
            outcome: Outcome = end.value
            return replace(outcome, seconds=end.seconds, memory_mb=end.memory_mb)
        error = bury_run(task.run, task.settings, task.staging, end.error, end.cell)
        return Outcome(task.run, "failed", end.seconds, end.cell, error, end.memory_mb)


def _execute(task: Task, engine: str | None) -> Outcome:
    from innocap_analysis.batch.execute import execute_run

    return execute_run(task.run, task.settings, task.state, engine=engine, staging=task.staging)
