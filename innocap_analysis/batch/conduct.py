"""A whole batch in one process: plan, scores, what is still good, runs, index, provenance."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from innocap_analysis.batch.outcome import Outcome, Run
from innocap_analysis.settings import InnocapError, Settings

Taken = Callable[[int, Outcome], None]
Execute = Callable[..., None]


@dataclass(frozen=True)
class Request:
    """What somebody wants to be run; see :func:`~innocap_analysis.batch.run.run_notebooks`."""

    settings: Settings
    regions: Sequence[str] | None = None
    notebooks: Sequence[str] | None = None
    language: str | None = None
    parameters: Mapping[str, object] | None = None
    jobs: int | None = None
    force: bool = False


def conduct_batch(
    request: Request, tell: Callable[[str, object], None], execute: Execute
) -> list[Outcome]:
    """Run a batch from its plan to its provenance record.

    Parameters
    ----------
    request : Request
        What is wanted.
    tell : callable
        Takes ``("plan", list of Run)`` once, and ``("done", (number, outcome))`` for each.
    execute : callable
        ``execute(runs, settings, state, jobs, take)`` runs what is not still good and hands
        each number and outcome to ``take``.

    Returns
    -------
    list of Outcome
        In the order of the plan, without their records.

    Raises
    ------
    InnocapError
        The plan, a parameter, the data or the settings are faulty, or another batch writes
        to the same folder, before anything has run; or a page or the record could not be
        written afterwards.
    """
    # Imported here: who only asks for a batch need not load what it is run with.
    from innocap_analysis.batch.crate import write_crate
    from innocap_analysis.batch.execute import name_failed
    from innocap_analysis.batch.fingerprint import describe_project
    from innocap_analysis.batch.index_page import write_index_page
    from innocap_analysis.batch.lock import hold_folder
    from innocap_analysis.batch.parameters import read_notebook
    from innocap_analysis.batch.plan import make_plan
    from innocap_analysis.batch.record import RecordStore, find_current
    from innocap_analysis.batch.results import write_results
    from innocap_analysis.score.capacity import check_year, write_scores

    config = request.settings
    plan = make_plan(
        config,
        regions=request.regions,
        notebooks=request.notebooks,
        language=request.language,
        parameters=request.parameters,
    )
    for year in {run.parameters.get("year") for run in plan} - {None}:
        check_year(int(str(year)), config)
    write_scores(config)  # finds mistakes in the data before anything else is touched
    with hold_folder(config.output_dir), RecordStore(state := describe_project(config)) as records:
        tell("plan", plan)
        done: dict[int, Outcome] = {}

        def take(number: int, outcome: Outcome) -> None:
            records.add(outcome.run.place, outcome.record)
            # With the plan's own run instead of the copy that came through a pipe.
            done[number] = replace(outcome, run=plan[number], record={})
            tell("done", (number, done[number]))

        sources = {run.notebook: read_notebook(run.notebook) for run in plan}
        todo: list[tuple[int, Run]] = []
        for number, run in enumerate(plan):
            current = find_current(run, sources[run.notebook], config, state)
            if current is None or request.force:
                todo.append((number, run))
            else:
                name_failed(run, config).unlink(missing_ok=True)
                take(number, current)
        if todo:
            execute(todo, config, state, count_jobs(request.jobs, len(todo)), take)
        outcomes = [done[number] for number in range(len(plan))]
        write_index_page(config, outcomes, language=plan[0].language)
        write_results(config)
        write_crate(config, records.read())
    return outcomes


def count_jobs(wanted: int | None, runs: int) -> int:
    """Return how many runs go at the same time.

    Parameters
    ----------
    wanted : int or None
        None is one per processor core that this process may use.
    runs : int
        How many there are.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    InnocapError
        `wanted` is no positive number.
    """
    if wanted is not None and wanted < 1:
        raise InnocapError(f"jobs: must be 1 or more, found {wanted}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(wanted or cores or 1, runs))
