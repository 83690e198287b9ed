"""A whole batch in one process: plan, scores, what is still good, runs, index, provenance."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from innocap_analysis.batch.outcome import Outcome, Run
from innocap_analysis.errors import InnocapError
from innocap_analysis.reads import read_bytes
from innocap_analysis.settings import Settings
from warmill.processes import can_fork

Taken = Callable[[int, Outcome], None]
Execute = Callable[..., None]
Tell = Callable[[str, object], None]
MOST_REASONS = 3


@dataclass(frozen=True)
class Request:
    """What somebody wants to be run; see :func:`~innocap_analysis.batch.run.run_notebooks`."""

    settings: Settings
    regions: Sequence[str] | None = None
    notebooks: Sequence[str] | None = None
    language: str | Sequence[str] | None = None
    parameters: Mapping[str, object] | None = None
    jobs: int | None = None
    force: bool = False
    variants: Sequence[str] | None = None
    table: Path | None = None
    places: Sequence[str] | None = None
    country: str | None = None
    index: str | None = None
    formats: Sequence[str] | None = None
    figures: Sequence[str] | None = None

    @property
    def begins_afresh(self) -> bool:
        """Whether everything is to be made, as far as can be told before it is planned."""
        return self.force or not any(self.settings.reports_dir.glob("*/*.ipynb"))

    def guess_languages(self) -> list[str]:
        """Return the languages that the runs will be in, as far as can be told now."""
        known = self.settings.languages
        asked = [self.language] if isinstance(self.language, str) else self.language or known[:1]
        return [own for own in known if own in asked or "all" in asked] or [known[0]]

    def guess_notebooks(self) -> list[Path]:
        """Return the notebooks that will run, as far as can be told now."""
        plan = self.settings.batch
        names = plan.place if self.places else (*plan.comparison, *plan.region)
        asked = tuple(self.notebooks or ("",))
        if self.table is not None and not self.notebooks:
            with contextlib.suppress(OSError):  # told by who plans
                asked = tuple(re.findall(r"\w+", read_bytes(self.table).decode("utf-8", "replace")))
        paths = [self.settings.notebooks_dir / f"{n}.ipynb" for n in names if n.startswith(asked)]
        return [path for path in paths if path.is_file()]


def conduct_batch(
    request: Request,
    tell: Tell,
    execute: Execute,
    plan_runs: Callable[[Request, Tell], list[Run]] | None = None,
) -> list[Outcome]:
    """Run a batch from its plan to its provenance record."""
    # Imported here: who only asks for a batch need not load what it is run with.
    from innocap_analysis.batch.book import list_waves
    from innocap_analysis.batch.crate import write_crate
    from innocap_analysis.batch.execute import name_failed
    from innocap_analysis.batch.fingerprint import Edition, describe_project
    from innocap_analysis.batch.hooks import rehearse_places, rehearse_surveys
    from innocap_analysis.batch.index_page import open_fronts, write_index_pages
    from innocap_analysis.batch.lock import hold_pages, hold_places
    from innocap_analysis.batch.parameters import read_notebook
    from innocap_analysis.batch.places_page import write_places_pages
    from innocap_analysis.batch.record import RecordStore, find_reasons
    from innocap_analysis.batch.results import write_results
    from innocap_analysis.batch.switch import link_languages
    from innocap_analysis.batch.units_page import write_units_pages
    from innocap_analysis.index.capacity import load_capacity, write_scores

    config = request.settings
    plan = (plan_runs or plan_batch)(request, tell)
    load_capacity(index=request.index, settings=config)  # its faults, before anything is touched
    with contextlib.ExitStack() as held:
        # A batch that may not write there tells nobody anything, so nothing is kept of it.
        places = [run.place for run in plan]
        config = config.name_batch(held.enter_context(hold_places(config.output_dir, places)))
        write_scores(config.choose(request.index))
        for wave in list_waves(plan, config):
            # Imported here: it needs scipy's statistics, which published figures do not.
            from innocap_analysis.survey.record import record_edition

            if told := record_edition(config, wave):
                tell("note", told)
        records = held.enter_context(RecordStore(state := describe_project(config)))
        tell("plan", plan)
        done: dict[int, Outcome] = {}
        why: dict[int, str] = {}

        def take(number: int, outcome: Outcome) -> None:
            records.add(outcome.run.place, outcome.record)
            # With the plan's own run instead of the copy that came through a pipe.
            done[number] = replace(outcome, run=plan[number], record={}, why=why.get(number, ""))
            tell("done", (number, done[number]))

        sources = {path: read_notebook(path) for path in {run.notebook for run in plan}}
        edition = Edition(config, state.files)
        todo: list[tuple[int, Run]] = []
        for number, run in enumerate(plan):
            reasons, record = find_reasons(run, sources[run.notebook], config, state, edition)
            if reasons or request.force:
                todo.append((number, run))
                why[number] = tell_reasons(reasons)
            else:
                name_failed(run, config).unlink(missing_ok=True)
                take(number, Outcome(run, "skipped", 0.0, record=record))
        tell("note", f"Runs: {len(plan)}, {len(todo)} to do, {len(plan) - len(todo)} as they were")
        units = [str(run.parameters["place"]) for _, run in todo if "place" in run.parameters]
        if units:
            rehearse_places(config.root, list(dict.fromkeys(units)), state.files)
        surveys = [run.parameters for _, run in todo if "wave" in run.parameters]
        if surveys and can_fork():
            rehearse_surveys(config.root, surveys, state.files)
        if todo:
            execute(todo, config, state, count_jobs(request.jobs, len(todo)), take)
        outcomes = [done[number] for number in range(len(plan))]
        fronts = open_fronts(config)
        languages = list(dict.fromkeys(run.language for run in plan))
        with hold_pages(config.output_dir):
            write_places_pages(config)
            write_units_pages(config)
            write_index_pages(config, fronts, outcomes, languages)
            link_languages(config, [run.place for run in plan], records)
            write_results(config)
            write_crate(config, records.read())
    return outcomes


def foresee_batch(request: Request) -> list[tuple[Run, str]]:
    """Say what a batch would run and why, without a trace of having asked."""
    from innocap_analysis.batch.fingerprint import Edition, describe_project
    from innocap_analysis.batch.parameters import read_notebook
    from innocap_analysis.batch.record import find_reasons
    from innocap_analysis.index.capacity import load_capacity

    config = request.settings
    plan = plan_batch(request)
    load_capacity(index=request.index, settings=config)  # the faults that would stop the batch
    state = describe_project(config)
    edition = Edition(config, state.files)
    sources = {path: read_notebook(path) for path in {run.notebook for run in plan}}
    found = []
    for run in plan:
        reasons, _ = find_reasons(run, sources[run.notebook], config, state, edition)
        found.append((run, tell_reasons(reasons) if reasons or request.force else ""))
    return found


def tell_reasons(reasons: Sequence[str]) -> str:
    """Say in one line why something is run: the first few reasons."""
    more = [f"{len(reasons) - MOST_REASONS} more"] if len(reasons) > MOST_REASONS else []
    return "; ".join([*reasons[:MOST_REASONS], *more]) or "forced"


def plan_batch(request: Request, tell: Tell = lambda *_: None) -> list[Run]:
    """Return the runs that were asked for, and tell what somebody should know of them."""
    from innocap_analysis.batch.book import find_changed, find_overruled, tell_led, tell_waves
    from innocap_analysis.batch.domain import refuse_faults
    from innocap_analysis.batch.plan import make_plan
    from innocap_analysis.index.capacity import load_capacity

    plan = make_plan(
        request.settings,
        regions=request.regions,
        notebooks=request.notebooks,
        language=request.language,
        parameters=request.parameters,
        variants=request.variants,
        table=request.table,
        places=request.places,
        country=request.country,
        index=request.index,
        formats=request.formats,
    )
    config = request.settings
    plan = _choose_sizes(plan, config, request.figures or ())
    refuse_faults(config.choose(request.index))
    for note in (
        *tell_led(config, plan, request.notebooks),
        *find_overruled(config, plan),
        *find_changed(config, plan),
        *tell_waves(plan),
        *_tell_substitutes(plan),
    ):
        tell("note", note)
    for year in {run.parameters.get("year") for run in plan} - {None}:
        load_capacity(index=request.index, year=int(str(year)), settings=config)
    return plan


def _choose_sizes(plan: list[Run], settings: Settings, wanted: Sequence[str]) -> list[Run]:
    """Have figures laid out for the sizes that are asked for, and those that stand kept in step."""
    from innocap_analysis.batch.record import read_record
    from innocap_analysis.pages.drawing.medium import find_media

    find_media(wanted)  # or say which there are
    chosen = []
    for run in plan:
        before = read_record(settings.output_dir / run.place).get("figures", [])
        chosen.append(replace(run, sizes=tuple(dict.fromkeys([*before, *wanted]))))
    return chosen


def _tell_substitutes(plan: Sequence[Run]) -> list[str]:
    """Say what makes documents otherwise than it should."""
    from innocap_analysis.documents.web import tell_substitute

    formats = [run.parameters.get("formats") for run in plan]
    wanted = any(isinstance(own, list) and "pdf" in own for own in formats)
    return [told] if wanted and (told := tell_substitute()) else []


def count_jobs(wanted: int | None, runs: int) -> int:
    """Return how many runs go at the same time."""
    if wanted is not None and wanted < 1:
        raise InnocapError(f"jobs: must be 1 or more, found {wanted}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(wanted or cores or 1, runs))
