"""The brief about all partner countries."""

from __future__ import annotations

from innocap_analysis.documents.brief import Bars, Brief, Cell, Picture, Section, make_grid
from innocap_analysis.documents.country import write_others
from innocap_analysis.documents.ending import (
    describe_making,
    write_sources,
    write_unknown,
)
from innocap_analysis.pages.comparison import plot_dimensions
from innocap_analysis.pages.country import tell_priority
from innocap_analysis.pages.figure_files import name_sources
from innocap_analysis.pages.front import title_report, write_headline
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.order import tell_order_changes, tell_rank


def make_comparison_brief(view: IndexView) -> Brief:
    """Return the brief about the partner countries of a view."""
    scores, lead, *_ = write_headline(view)
    ends = write_ends(view)
    return Brief(
        view=view,
        kicker=title_report(view),
        title=view.units(view.compared),
        headline=" ".join(filter(None, (scores, view.circumstances))),
        messages=(
            (view.say("Who is first"), lead),
            (view.say("Strongest and weakest"), ends),
            (view.say("How sure is this?"), tell_order_changes(view)),
        ),
        sections=(
            _write_scores(view, ends),
            _write_starts(view),
            _write_certainty(view),
            *write_others(view, view.measured),
            write_unknown(view, view.measured),
            write_sources(view, view.measured),
        ),
        foot=describe_making(view),
    )  # fmt: skip


def write_ends(view: IndexView) -> str:
    """Say who has the highest and the lowest score in each dimension."""
    told = []
    for code in view.dimensions:
        column = view.scores.loc[view.measured, code].dropna()
        if column.empty:
            continue
        high, low = (
            view.stand(str(unit), code, "score") for unit in (column.idxmax(), column.idxmin())
        )
        told.append(
            view.say(
                "{high.name}: highest {high.place} ({high}), lowest {low.place} ({low}).",
                high=high, low=low,
            )
        )  # fmt: skip
    return " ".join(told)


def _write_scores(view: IndexView, message: str) -> Section:
    rows: list[list[Cell]] = [
        [
            view.unit(unit), *(view.stand(unit, code, "score") for code in view.nodes),
            view.stand(unit, view.root, "rank"), view.stand(unit, view.root, "n_reference"),
        ]
        for unit in view.order_measured()
    ]  # fmt: skip
    heads = [view.say("Country"), *map(view.code, view.nodes), view.say("Rank"),
             view.say("of countries")]  # fmt: skip
    told = [
        view.say("{unit}: {score} (rank {rank} of {n_reference}).", unit, view.root)
        for unit in view.order_measured()
    ]
    series = tuple(
        (
            view.unit(unit), view.colour(unit),
            tuple(view.stand(unit, code, "score") for code in view.nodes),
        )
        for unit in view.measured
    )  # fmt: skip
    return Section(
        "profile", view.say("Profile"), message,
        grid=make_grid(view.say("Scores, 0 to 100, highest first"), heads, rows),
        picture=Picture("05_dimensions", plot_dimensions, " ".join([message, *told]),
                        name_sources(view, units=view.measured)),
        bars=Bars(view.say("Scores, 0 to 100"), view.say("Score"),
                  tuple(map(view.code, view.nodes)), series),
    )  # fmt: skip


def _write_starts(view: IndexView) -> Section:
    points = tuple(f"{tell_priority(view, unit)}." for unit in view.measured)
    return Section("start", view.say("Where to start"), "", points)


def _write_certainty(view: IndexView) -> Section:
    points = [
        view.say(
            "{unit}: {rank}; first in {first}, last in {last}.", unit, view.root,
            rank=tell_rank(view, unit), first=view.stand_among(unit, "first"),
            last=view.stand_among(unit, "last"),
        )
        for unit in view.order_measured()
    ]  # fmt: skip
    points.append(tell_order_changes(view))
    return Section("certainty", view.say("How sure is this?"), "", tuple(points))
