"""Running the plan: every notebook for every region, one failure never hides another."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from innocap_analysis.batch.conduct import (
    Request,
    Taken,
    Tell,
    conduct_batch,
    count_jobs,
    plan_batch,
)
from innocap_analysis.batch.outcome import Outcome, Run
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import refuse_folder
from innocap_analysis.settings import Settings, load_settings
from warmill.errors import LostError, WarmillError
from warmill.helper import Elsewhere, call_elsewhere
from warmill.processes import can_fork

if TYPE_CHECKING:
    from innocap_analysis.batch.fingerprint import ProjectState
    from innocap_analysis.batch.pool import RunPool
    from warmill.pool import Start

# fork, spawn or cold; what is best on this system where it is not set.
START_VARIABLE = "INNOCAP_START"
_MANY = 1_000  # more runs than there are processors


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
    index: str | None = None,
    formats: Sequence[str] | None = None,
    figures: Sequence[str] | None = None,
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
    index : str, optional
        One of the indexes that ``innocap.yml`` lists: its notebooks and units instead.
    formats : sequence of str, optional
        Write briefs of ``pdf``, ``docx``, ``pptx`` or ``xlsx`` too; with ``html`` the pages as
        well. Default: the pages, and the briefs that stand are brought in step.
    figures : sequence of str, optional
        Lay figures out for documents too: ``8cm``, ``16cm`` and ``slide``, each also as
        ``8cm+title``; with caption, alternative text and data. Those that stand are kept in step.
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

    Notes
    -----
    METHODS.md, section 7.

    Examples
    --------
    >>> outcomes = run_notebooks(notebooks=["30"], regions=["SE"])  # doctest: +SKIP
    >>> [outcome.status for outcome in outcomes]  # doctest: +SKIP
    ['ok']
    """
    config = settings or load_settings()
    refuse_folder(config.output_dir, config.root / "data", config.notebooks_dir)
    count_jobs(jobs, 1)
    request = Request(
        config, regions, notebooks, language, parameters, jobs, force, variants, table,
        places, country, index, formats, figures,
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


def choose_start() -> Start:
    """Return how runs start."""
    known = ("fork", "spawn", "cold") if can_fork() else ("spawn", "cold")
    wanted = os.environ.get(START_VARIABLE) or known[0]
    if wanted not in known:
        names = f"{', '.join(known[:-1])} or {known[-1]}"
        raise InnocapError(f"{START_VARIABLE}={wanted}: must be {names} on this system")
    return cast("Start", wanted)


def _watch(request: Request, tally: _Tally) -> None:
    """Have the batch conducted by a process of its own, which loads everything.

    This process may have threads, and then must not fork; it also need not load anything.
    """
    start = choose_start()
    try:
        call_elsewhere(_conduct, request, start, take=tally.take)
    except LostError:
        tally.give_up()
    except InnocapError as fault:
        raise InnocapError(f"{fault}{tally.sum_up()}") from None


def _conduct(tell: Tell, request: Request, start: Start) -> None:
    with _Processes(request, start) as processes:
        conduct_batch(request, tell, processes.execute, processes.plan)


def _plan(tell: Tell, request: Request) -> None:
    tell("planned", plan_batch(request, tell))


class _Processes:
    """Processes of this machine that execute runs."""

    def __init__(self, request: Request, start: Start) -> None:
        from innocap_analysis.batch.pool import RunPool

        self._start, self._pool = start, cast("RunPool | None", None)
        self._planner: Elsewhere | None = None
        config, jobs = request.settings, count_jobs(request.jobs, _MANY)
        if start == "cold" or not request.begins_afresh:
            return
        # Where everything is to be made, what makes it is loaded while the runs are planned.
        guessed = request.guess_languages(), request.guess_notebooks()
        if start == "spawn":  # what turns out to be missing is loaded by the run that needs it
            views = [] if request.places else [{"index": request.index}]
            self._pool = RunPool(config, jobs, start, *guessed, views)
            self._pool.begin()
        elif jobs > 1:  # this process loads, another plans
            self._planner = Elsewhere(_plan, request)
            self._pool = self._open(config, jobs, *guessed, [])

    def __enter__(self) -> _Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def plan(self, request: Request, tell: Tell) -> list[Run]:
        """Return the runs that were asked for."""
        if self._planner is None:
            return plan_batch(request, tell)
        planned: list[list[Run]] = []

        def take(kind: str, content: Any) -> None:  # noqa: ANN401
            planned.append(content) if kind == "planned" else tell(kind, content)

        with self._planner as planner:
            planner.hear(take)
        self._planner = None
        return planned[0]

    def execute(
        self,
        runs: list[tuple[int, Run]],
        settings: Settings,
        state: ProjectState,
        jobs: int,
        take: Taken,
    ) -> None:
        """Execute the runs."""
        pool = self._pool = self._load(runs, settings, state, jobs)
        for number, run in runs:
            pool.submit(number, run, settings, state)
        while pool.busy:
            for number, outcome in pool.collect():
                take(number, outcome)
        self.close()

    def close(self) -> None:
        """End them."""
        if self._planner is not None:
            self._planner.stop()
            self._planner = None
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _load(
        self, runs: list[tuple[int, Run]], settings: Settings, state: ProjectState, jobs: int
    ) -> RunPool:
        from innocap_analysis.batch.hooks import find_views

        languages = list(dict.fromkeys(run.language for _, run in runs))
        notebooks = list(dict.fromkeys(run.notebook for _, run in runs))
        views = find_views(run for _, run in runs)
        if self._pool is None:
            return self._open(settings, jobs, languages, notebooks, views, state.files)
        self._pool.learn(languages, notebooks, views, settings.root, state.files)
        return self._pool

    def _open(self, settings: Settings, jobs: int, *loaded: Any) -> RunPool:  # noqa: ANN401
        from innocap_analysis.batch.pool import RunPool

        try:
            return RunPool(settings, jobs, self._start, *loaded)
        except WarmillError as reason:
            if self._start != "fork":
                raise
            sys.stderr.write(f"Runs start in loaded processes, not by a fork: {reason}\n")
            return RunPool(settings, jobs, "spawn", *loaded)
