"""How every brief ends: what is not known, the sources, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from innocap_analysis import __version__
from innocap_analysis.data.datapackage import read_datapackage
from innocap_analysis.data.flags import read_notes_on
from innocap_analysis.documents.brief import Section, make_grid
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.front import is_own
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.view import View


def write_unknown(view: IndexView, units: Sequence[str]) -> Section:
    """Write what the figures do not tell."""
    points = []
    if is_own(view):
        text = view.say(
            "How well innovation is bought: no published indicator measures the procurement of "
            "innovation directly, so that dimension is the least certain."
        )
        points.append(text)
    points += [
        view.say(
            "How a single region or municipality does: the indicators are about countries. What "
            "is known of a place is on its own page (35)."
        ),
        view.say(
            "Why a country lies behind, and what would help: a gap is a reason to look closer."
        ),
    ]
    for unit in units:
        lost = [c for c in view.codebook.leaves if view.verdict(unit, c) == "unmeasured"]
        if lost:
            told = {"unit": view.unit(unit), "codes": view.codes(lost)}
            points.append(view.say("{unit} is not measured on: {codes}.", **told))
    dated = _date_figures(view, units)
    if dated:
        oldest = min(dated, key=lambda pair: float(pair[1]))
        points.append(
            view.say(
                "What has changed since: the oldest figure is from {year} ({code}).",
                year=oldest[1], code=view.code(oldest[0]),
            )
        )  # fmt: skip
    return Section("unknown", view.say("What is not known"), "", tuple(points))


def _date_figures(view: IndexView, units: Sequence[str]) -> list[tuple[str, Said]]:
    """Return the year of each figure that is used."""
    found = [
        (code, view.figure_year(unit, code)) for unit in units for code in view.codebook.leaves
    ]
    return [(code, year) for code, year in found if not pd.isna(float(year))]


def write_sources(view: IndexView, units: Sequence[str]) -> Section:
    """List where the figures are from: publisher, terms and years."""
    dated = _date_figures(view, units)
    spans = {}
    for source in read_datapackage(view.settings.raw_dir):
        years = [year for code, year in dated if source.name in view.find_sources(code)]
        if years:
            ends = min(years, key=float), max(years, key=float)
            same = float(ends[0]) == float(ends[1])
            spans[source.name] = f"{ends[0]}" if same else f"{ends[0]}–{ends[1]}"
    return list_sources(view, spans)


def list_sources(view: View, years: Mapping[str, str]) -> Section:
    """Return the section of the sources whose years are given: publisher, years and terms."""
    licences = read_notes_on(view.settings.notes_path, "licence", language=view.language)
    rows = [
        (one.title, one.publisher, years[one.name], licences.get(one.name, one.licence_note))
        for one in read_datapackage(view.settings.raw_dir)
        if one.name in years
    ]
    heads = (
        view.say("Source"), view.say("Publisher"), view.say("Years"), view.say("Licence"),
    )  # fmt: skip
    foreign = "" if view.language == "en" else "en"
    grid = make_grid(view.say("Sources of the figures"), heads, rows, (foreign, foreign, "", ""))
    return Section("sources", view.say("Sources"), "", (), grid)


def describe_making(view: View) -> str:
    """Say how the brief was made, without the time: the same figures give the same file."""
    return view.say(
        "Made with innocap_analysis {version}; data {data}. Every number is in results.csv, on "
        "page {page}.",
        version=__version__, data=view.edition, page=view.page,
    )  # fmt: skip
