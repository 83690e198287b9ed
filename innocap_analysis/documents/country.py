"""The brief about one country, made of the verdicts and facts of its pages."""

from __future__ import annotations

from collections.abc import Sequence

from innocap_analysis.data.datapackage import read_datapackage
from innocap_analysis.data.raw import read_raw_table
from innocap_analysis.documents.brief import Bars, Brief, Picture, Section, make_grid
from innocap_analysis.documents.ending import (
    describe_making,
    write_sources,
    write_unknown,
)
from innocap_analysis.pages.country import (
    plot_priorities,
    plot_profile,
    tell_priority,
    tell_profile,
    tell_sides,
    tell_standing,
    write_priorities,
)
from innocap_analysis.pages.drawing.figure import QUIET
from innocap_analysis.pages.figure_files import name_sources
from innocap_analysis.pages.front import is_own, title_report
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.language import drop_name
from innocap_analysis.pages.order import tell_order_changes, tell_rank

_MOST = 4  # indicators on either side of the median
_TEACHERS = 3
_SCOREBOARD = "ec_innovation_scoreboard_2025"


def make_country_brief(view: IndexView) -> Brief:
    """Return the brief about the country of a view."""
    unit = view.country
    return Brief(
        view=view,
        kicker=title_report(view),
        title=view.unit(unit),
        headline=" ".join(filter(None, (tell_standing(view, unit), view.circumstances))),
        messages=(
            (view.say("Where it stands"), _tell_rank(view)),
            (view.say("Strongest and weakest"), _tell_ends(view)),
            (view.say("Where to start"), _tell_start(view)),
        ),
        sections=(
            _write_profile(view),
            _write_sides(view),
            _write_start(view),
            _write_teachers(view),
            _write_certainty(view),
            *write_others(view, [unit]),
            write_unknown(view, [unit]),
            write_sources(view, [unit]),
        ),
        foot=describe_making(view),
    )


def _tell_ends(view: IndexView) -> str:
    """Name the dimensions, or of an index without any the indicators, at both ends."""
    if view.codebook.is_flat:
        return " ".join(tell_sides(view, view.country))
    return f"{drop_name(tell_profile(view), view.unit(view.country))}."


def _tell_start(view: IndexView) -> str:
    return f"{drop_name(tell_priority(view, view.country), view.unit(view.country))}."


def _tell_rank(view: IndexView) -> str:
    if view.verdict(view.country, view.root) == "unmeasured":
        return view.say("Not ranked.")
    return view.say(
        "Rank {rank} of {n_reference} countries. With other weights, other means or one indicator "
        "left out it is {rank.low} to {rank.high} in {level} of {n_runs} runs.",
        view.country, view.root,
    )  # fmt: skip


def _write_profile(view: IndexView) -> Section:
    """Write where the country stands in each dimension."""
    unit, nodes = view.country, view.nodes
    rows = [
        (
            view.code(code), view.stand(unit, code, "score"), view.stand(unit, code, "median"),
            view.stand(unit, code, "gap"), view.stand(unit, code, "rank"),
            view.stand(unit, code, "n_reference"), view.tell_verdict(unit, code),
        )
        for code in nodes
    ]  # fmt: skip
    heads = (
        view.say("Dimension"), view.say("Score"), view.say("Median"), view.say("From the median"),
        view.say("Rank"), view.say("of countries"), view.say("Verdict"),
    )  # fmt: skip
    message = f"{tell_profile(view)}."  # of a figure, which may stand alone
    told = [
        view.say("{dimension}: {score} (median {median}, {verdict}).", unit, code) for code in nodes
    ]
    measured = [code for code in nodes if view.verdict(unit, code) != "unmeasured"]
    bars = Bars(
        view.say("Score and median, 0 to 100"), view.say("Score"),
        tuple(map(view.code, measured)),
        (
            (view.unit(unit), view.colour(unit), _list(view, measured, "score")),
            (view.say("Reference median"), QUIET, _list(view, measured, "median")),
        ),
    )  # fmt: skip
    return Section(
        "profile", view.say("Profile"), drop_name(message, view.unit(unit)),
        grid=make_grid(view.say("Score, 0 to 100, by dimension"), heads, rows),
        picture=Picture(
            "05_profile", plot_profile, " ".join([message, *told]), name_sources(view, units=[unit])
        ),
        bars=bars,
    )  # fmt: skip


def _list(view: IndexView, codes: Sequence[str], column: str) -> tuple:  # type: ignore[type-arg]
    return tuple(view.stand(view.country, code, column) for code in codes)


def _write_sides(view: IndexView) -> Section:
    """Write in which indicators the country is furthest ahead and furthest behind."""
    unit, leaves = view.country, view.codebook.leaves
    strong = view.verdicts.list_strengths(unit, leaves, most=_MOST)
    weak = view.verdicts.list_weaknesses(unit, leaves, most=_MOST)
    kinds = {**dict.fromkeys(strong, view.say("Strength")),
             **dict.fromkeys(weak, view.say("Weakness"))}  # fmt: skip
    rows = [
        (
            kind, view.code(code), view.code(str(view.codebook.table.at[code, "parent"])),
            view.stand(unit, code, "score"), view.stand(unit, code, "gap"),
            view.stand(unit, code, "rank"), view.stand(unit, code, "n_reference"),
            view.figure_year(unit, code),
        )
        for code, kind in kinds.items()
    ]  # fmt: skip
    heads = (
        view.say("Kind"), view.say("Indicator"), view.say("Dimension"), view.say("Score"),
        view.say("From the median"), view.say("Rank"), view.say("of countries"), view.say("Year"),
    )  # fmt: skip
    grid = make_grid(view.say("Indicators furthest above and below the median"), heads, rows)
    flags = view.tell_flags([unit], list(kinds))
    empty = "" if grid else view.say("No indicator lies clearly above or below the median.")
    return Section("sides", view.say("Strengths and weaknesses"), empty, tuple(flags), grid)


def _write_start(view: IndexView) -> Section:
    """Write where a programme of capacity building would start."""
    unit = view.country
    order = view.verdicts.order_dimensions(unit)
    if not order:
        return Section("start", view.say("Where to start"), _tell_start(view))
    # The first point repeats the message, the notes on single figures stand with the indicators.
    points = [
        text.removeprefix("- ") for text in write_priorities(view).split("\n")[1 : len(order) + 1]
    ]
    bars = Bars(
        view.say("Points from the reference median"), view.say("Points from the reference median"),
        tuple(map(view.code, order)),
        ((view.unit(unit), view.colour(unit), _list(view, order, "gap")),),
    )  # fmt: skip
    alt = " ".join([f"{tell_priority(view, unit)}.", *points])
    source = name_sources(view, units=[unit])
    picture = Picture("05_priorities", plot_priorities, alt, source)
    return Section(
        "start", view.say("Where to start"), _tell_start(view), tuple(points), None, picture, bars
    )


def _write_teachers(view: IndexView) -> Section:
    """Write which partner countries and which of all do well where this one does not."""
    unit, table = view.country, view.codebook.table
    rows = []
    for code in view.verdicts.list_weaknesses(unit, view.codebook.leaves, most=_MOST):
        others = [
            other for other in view.measured
            if other != unit and view.verdict(other, code) == "ahead"
        ]  # fmt: skip
        others.sort(key=lambda other, code=code: -view.scores.at[other, code])  # type: ignore[misc]
        named = view.join(
            view.say("{score.place} ({score})", score=view.stand(other, code, "score"))
            for other in others[:_TEACHERS]
        )
        rows.append(
            (
                view.code(code), view.code(str(table.at[code, "parent"])),
                view.stand(unit, code, "score"), named or view.say("none of the partners"),
                view.tell_best(unit, code), view.stand(unit, code, "best"),
            )
        )  # fmt: skip
    heads = (
        view.say("Indicator"), view.say("Dimension"), view.say("Own score"),
        view.say("Partner countries ahead"), view.say("Best of all"), view.say("Its score"),
    )  # fmt: skip
    grid = make_grid(view.say("Who does well where this country does not"), heads, rows)
    text = view.say(
        "The partner countries are the first to ask: they are ahead of the median in these "
        "indicators and work in the same project. A higher score says that it can be done, not "
        "that it can be copied."
    )
    if grid is None:
        text = view.say("No indicator lies clearly below the median.")
    return Section("teachers", view.say("Whom to learn from"), text, grid=grid)


def _write_certainty(view: IndexView) -> Section:
    """Write how sure the rank, the order and the priority are."""
    unit = view.country
    points = []
    if unit in view.measured:
        rank = tell_rank(view, unit)
        text = view.say(
            "{unit}: {rank}; first in {first}, last in {last}.", unit, view.root, rank=rank,
            first=view.stand_among(unit, "first"), last=view.stand_among(unit, "last"),
        )  # fmt: skip
        points.append(drop_name(text, view.unit(unit)))
        points.append(tell_order_changes(view))
    points.append(
        view.say(
            "The runs change weights, means and single indicators; they do not know of errors in "
            "the figures themselves."
        )
    )
    return Section("certainty", view.say("How sure is this?"), "", tuple(points))


def write_others(view: IndexView, units: Sequence[str]) -> list[Section]:
    """Write why other rankings say something else than the project's own index."""
    if not is_own(view):
        return []
    points = [
        view.say(
            "The European Innovation Scoreboard measures research, firms and patents: how "
            "innovative an economy is. These figures are about the public sector: the skills of "
            "those who work in it, its digital services, how it delivers and how it buys."
        ),
        *_tell_scoreboard(view, units),
        view.say(
            "Indexes of digital government count what is online. Here that is one dimension of "
            "four."
        ),
    ]
    return [Section("others", view.say("Why do other rankings differ?"), "", tuple(points))]


def _tell_scoreboard(view: IndexView, units: Sequence[str]) -> list[str]:
    """Say in which group that scoreboard has the countries that it covers."""
    found = [one for one in read_datapackage(view.settings.raw_dir) if one.name == _SCOREBOARD]
    if not found:
        return []
    table = read_raw_table(found[0])
    words = {
        "leader": view.say("innovation leaders"), "strong": view.say("strong innovators"),
        "moderate": view.say("moderate innovators"),
    }  # fmt: skip
    told = []
    for (year, group), rows in table.groupby(["year", "group"], sort=False):
        own = [unit for unit in units if unit in set(rows["country"])]
        year = view.fact("scoreboard_year", year, "year", sources=(_SCOREBOARD,))
        named = {"units": view.units(own), "group": words[str(group)], "year": year}
        if own:
            told.append(
                view.say("Its edition of {year} counts {units:the} among the {group}.", **named)
            )
    if not told:
        return []
    text = view.say(
        "High there and low here, or the other way round, is no contradiction: strong firms and "
        "universities do not make the public sector strong by themselves."
    )
    return [" ".join([*told, text])]
