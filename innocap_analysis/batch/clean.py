"""What batches have left behind that no call of `innocap report` makes any more."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

from innocap_analysis.batch.crate import CRATE_NAME, write_crate
from innocap_analysis.batch.execute import FAILED
from innocap_analysis.batch.explore_page import STEM as EXPLORE
from innocap_analysis.batch.index_page import open_fronts, write_index_pages
from innocap_analysis.batch.lock import hold_pages, hold_places
from innocap_analysis.batch.naming import name_report, split_index, split_report, split_tag
from innocap_analysis.batch.places_page import STEM, write_places_pages
from innocap_analysis.batch.plan import COMPARISON, make_plan
from innocap_analysis.batch.record import find_changes, read_record
from innocap_analysis.batch.results import FRONT_NAME, NAME, SCHEMA_NAME, write_results
from innocap_analysis.batch.switch import link_languages
from innocap_analysis.batch.units_page import UNITS_STEM, write_units_pages
from innocap_analysis.batch.verify import read_outputs
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import hash_file
from innocap_analysis.settings import Settings

_STEMS = ("index", EXPLORE, STEM)  # of pages that are about all reports


@dataclass(frozen=True)
class Leftovers:
    """Files below ``reports`` and ``figures`` that no plan accounts for.

    Attributes
    ----------
    removable : dict of str to str
        Why, by path below the output folder.
    foreign : list of str
        Files that no batch has made, or that somebody has changed since; they stay.
    """

    removable: dict[str, str]
    foreign: list[str]


def find_leftovers(settings: Settings) -> Leftovers:
    """Find reports, figures and failed notebooks that no plan makes any more.

    Returns: a report stays as long as some call of ``innocap report`` would make it: its notebook
    is planned, its region known, its language offered and its parameters are valid.
    """
    folder = settings.output_dir
    removable: dict[str, str] = {}
    own_pages = (CRATE_NAME, FRONT_NAME, NAME, SCHEMA_NAME)
    kept: set[str] = {"figures/README.md", *(f"reports/{name}" for name in own_pages)}
    planned = {run.place for run in make_plan(settings)}
    for path in sorted(settings.reports_dir.glob("*/*.ipynb")):
        place = path.relative_to(folder).as_posix()
        failed = place.endswith(FAILED)
        record = {} if failed else read_record(path)
        if not record and not failed:
            continue
        wanted = place.replace(FAILED, ".ipynb")
        why = "" if wanted in planned else _find_fault(wanted, record, settings)
        outputs = record.get("outputs", {})
        if not why:
            kept |= {place, *outputs}
            continue
        changed = find_changes(outputs, folder)  # what is missing, or somebody's own by now
        there = [name for name in outputs if name not in changed]
        removable |= dict.fromkeys([place, *there], why)
    kept |= {
        f"reports/{name_report(stem, own, settings)}.html"
        for own in settings.languages
        for stem in (*_STEMS, *(f"{UNITS_STEM}@{name}" for name in settings.indexes))
    }
    made = read_outputs(settings.reports_dir)
    stems = (*_STEMS, UNITS_STEM)
    for path in (p for stem in stems for p in settings.reports_dir.glob(f"{stem}*.html")):
        if made.get(path.name) == hash_file(path):
            removable[f"reports/{path.name}"] = "its language is not offered"
    removable = {name: why for name, why in removable.items() if name not in kept}
    here = {
        path.relative_to(folder).as_posix()
        for top in (settings.reports_dir, settings.figures_dir)
        for path in top.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    return Leftovers(dict(sorted(removable.items())), sorted(here - kept - set(removable)))


def _find_fault(place: str, record: dict[str, Any], settings: Settings) -> str:
    """Say why no plan makes a report; empty where one does."""
    _, folder, name = place.split("/")
    stem = name.removesuffix(".ipynb")
    parameters = dict(record.get("parameters", {}))
    parameters.pop("language", None)
    region = parameters.pop("region", None)
    of_place = parameters.pop("place", None) is not None
    formats = parameters.pop("formats", None)
    notebook, tag, language = split_report(stem, settings)
    index, variant = split_index(split_tag(tag)[1], settings)
    told = parameters.pop("index", None)
    if told and told != index:
        return f"innocap.yml lists no index {told}"
    plan = settings.batch
    planned = plan.comparison if folder == COMPARISON else plan.place if of_place else plan.region
    if notebook not in (*planned, *plan.documents):
        return f"innocap.yml plans no {notebook} " + (
            "once" if folder == COMPARISON else "for places" if of_place else "for regions"
        )
    try:
        runs = make_plan(
            settings,
            regions=None if folder == COMPARISON or of_place else [str(region or folder)],
            places=[folder] if of_place else None,
            notebooks=[notebook],
            language=language,
            parameters=None if variant in settings.batch.sets else parameters,
            variants=[variant] if variant else None,
            index=index or None,
            formats=formats,
        )
    except InnocapError as fault:
        return str(fault).splitlines()[0]
    return "" if place in {run.place for run in runs} else "its name is another one now"


def remove_leftovers(settings: Settings) -> Leftovers:
    """Remove what no plan makes any more, and bring index and record in step."""
    places = [name for name in find_leftovers(settings).removable if name.endswith(".ipynb")]
    with hold_places(settings.output_dir, places), hold_pages(settings.output_dir):
        found = find_leftovers(settings)
        # The notebook with the record last: what is left half-way is found again.
        for name in sorted(found.removable, key=lambda name: (name.endswith(".ipynb"), name)):
            path = settings.output_dir / name
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise InnocapError(f"{path}: cannot be removed ({error.strerror})") from None
            with contextlib.suppress(OSError):  # unless there is more in it
                path.parent.rmdir()
        if found.removable:
            link_languages(settings, places)
            _bring_in_step(settings)
    return found


def _bring_in_step(settings: Settings) -> None:
    write_places_pages(settings)
    write_units_pages(settings)
    if any(settings.reports_dir.glob("index*.html")):
        write_index_pages(settings, open_fronts(settings), (), ())
    write_results(settings)
    write_crate(settings)
