"""A pool of warm processes: tasks are given out, watched, and told how they ended."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, Self

from warmill.attempt import Attempt, Ended
from warmill.errors import WarmillError
from warmill.helper import at_stop, check_portable
from warmill.processes import can_fork, check_threads

if TYPE_CHECKING:
    from warmill.forking import Forks
    from warmill.spawning import Workers

Start = Literal["fork", "spawn", "cold"]
Run = Callable[[Any, str | None], Any]
Hook = Callable[[], object]

_GRACE_SECONDS = 3.0
# A kernel of its own first hears of its end, and is waited for.
_COLD_GRACE_SECONDS = 30.0
_MOST_ON_WINDOWS = 61  # it waits for no more handles than 63 at a time


class Pool:
    """Processes that are loaded once and run one notebook after the other.

    Parameters
    ----------
    run : callable
        ``run(task, engine)`` is called in a child for each task, and what it returns travels
        back. `engine` is the papermill engine that runs the cells in that very process, or None
        where the task is to have a kernel of its own; see :func:`~warmill.run_cells`.
    load, rehearse : callable, optional
        Called once in the process that is loaded: `load` imports what the notebooks import, and
        `rehearse` does what is slow the first time, such as drawing a figure.
    jobs : int, optional
        Tasks at the same time. Default: one per processor core.
    start : {'fork', 'spawn', 'cold'}, optional
        ``fork``: this very process is loaded and forks a child per task; it must have a single
        thread, and Linux. ``spawn``: `jobs` loaded processes live on, and are put back into
        their state after each task. ``cold``: nothing is loaded, each notebook has a kernel of
        its own. The last two need hooks and tasks that can be pickled. Default: ``fork``, or
        ``spawn`` where that cannot be.
    timeout : float, optional
        Seconds that a task may take.
    memory_mb : int, optional
        Memory that a task may take, on Linux, in MiB.

    Attributes
    ----------
    start : str
        How its processes begin: ``fork``, ``spawn`` or ``cold``.

    Raises
    ------
    WarmillError
        `jobs` is below 1, this process or system cannot do what `start` asks, or hooks or tasks
        cannot be pickled.

    Examples
    --------
    >>> from warmill import Pool
    >>> from warmill.tests.hooks import double
    >>> with Pool(double, jobs=1, start="spawn") as pool:
    ...     [ended.value for ended in pool.map([1, 2, 3])]
    [2, 4, 6]
    """

    def __init__(
        self,
        run: Run,
        *,
        load: Hook | None = None,
        rehearse: Hook | None = None,
        jobs: int | None = None,
        start: Start | None = None,
        timeout: float | None = None,
        memory_mb: int | None = None,
    ) -> None:
        self._timeout = timeout
        self._waiting: deque[Attempt] = deque()
        self.start: Start = start or ("fork" if can_fork() else "spawn")
        self._processes: Forks | Workers
        most = self._jobs = count_jobs(jobs)
        if self.start == "fork":
            try:
                self._processes = _load_forks(run, load, rehearse, most, memory_mb)
            except WarmillError:
                if start is not None:
                    raise
                self.start = "spawn"
        if self.start != "fork":
            from warmill.spawning import Workers

            hooks = (load, rehearse) if self.start == "spawn" else None
            most = min(most, _MOST_ON_WINDOWS) if sys.platform == "win32" else most
            self._processes = Workers(run, hooks, most, memory_mb)
        at_stop.append(self.close)

    @property
    def busy(self) -> bool:
        """Whether a task is waiting or under way."""
        return bool(self._waiting or self._processes.under_way())

    def begin(self) -> None:
        """Start processes that live on before there is a task for them; forks need none."""
        self._processes.make_room(self._jobs)

    def submit(self, task: object) -> None:
        """Take a task on."""
        if self.start != "fork":
            check_portable(task)
        grace = _COLD_GRACE_SECONDS if self.start == "cold" else _GRACE_SECONDS
        self._waiting.append(Attempt(task, self._timeout, grace))

    def collect(self, also: int | None = None) -> list[Ended]:
        """Start what there is room for, wait a while, and return what has ended.

        Parameters
        ----------
        also : int, optional
            A descriptor that ends the waiting when it can be read; with ``fork`` only.
        """
        ended = self._begin()
        for attempt, code, memory_mb in self._processes.wait(also):
            end = attempt.conclude(code, memory_mb)
            if end is None:
                self._waiting.append(attempt)
            else:
                ended.append(end)
        return ended + self._begin()  # before the caller sees to what has ended

    def _begin(self) -> list[Ended]:
        """Begin as many tasks as there is room for; return what could not be started."""
        ended = []
        for _ in range(self._processes.make_room(len(self._waiting))):
            attempt = self._waiting.popleft()
            try:
                self._processes.begin(attempt)
            except OSError as fault:
                ended.append(Ended(attempt.task, error=f"could not be started: {fault}"))
        return ended

    def map(self, tasks: Iterable[object]) -> Iterator[Ended]:
        """Run tasks, and yield each as it ends, in whatever order."""
        for task in tasks:
            self.submit(task)
        while self.busy:
            yield from self.collect()

    def close(self) -> list[Any]:
        """End everything at once; return the tasks that were under way."""
        if self.close in at_stop:
            at_stop.remove(self.close)
        self._waiting.clear()
        left = [attempt.task for attempt in self._processes.under_way()]
        self._processes.close()
        return left

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _load_forks(
    run: Run, load: Hook | None, rehearse: Hook | None, jobs: int, memory_mb: int | None
) -> Forks:
    if not can_fork():
        raise WarmillError("start: this system cannot fork runs, choose spawn or cold")
    from warmill.forking import Forks
    from warmill.loading import load_process

    load_process(load, rehearse)
    check_threads()
    return Forks(run, jobs, memory_mb)


def count_jobs(wanted: int | None) -> int:
    """Return how many tasks go at the same time."""
    if wanted is not None and wanted < 1:
        raise WarmillError(f"jobs: must be 1 or more, found {wanted}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return wanted or cores or 1
