"""Page 35, first half: answers in short, what kind of place it is, with whom it is compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator

from innocap_analysis.data.place_tree import CENTRE_FROM, RURAL_BELOW, SPARSE_BELOW
from innocap_analysis.index import peers
from innocap_analysis.pages import marks
from innocap_analysis.pages.drawing.figure import AHEAD, BEHIND, QUIET, REFERENCE, Chart, styled
from innocap_analysis.pages.drawing.medium import TITLED
from innocap_analysis.pages.drawing.naming import name_dots
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.language import format_date
from innocap_analysis.pages.place_lessons import write_answers
from innocap_analysis.pages.place_view import PlaceView
from innocap_analysis.pages.texts import Prose, Table

MOST_NAMED = 12  # peers that are named in the list
_LABELLED = 5  # peers that are named in the figure
# About the least size of the panel, in points, by medium.
_ROOM = {"": (490.0, 228.0), "8cm": (145.0, 140.0), "16cm": (370.0, 152.0), "slide": (730.0, 305.0)}
_FEW_DECADES = 1.7  # an axis shorter than that has ticks between powers of ten
_COLUMNS = ("population", "area_km2", "density", "around")


def write_heading(view: PlaceView) -> Prose:
    """Write who the page is about, what became of it, and the answers in short."""
    names = [view.unit(code) for code in view.places.ancestors(view.place)]
    inside = ", ".join(dict.fromkeys(names))  # the one region of a country is called like it
    kind = view.tell_kind(view.place)
    lies = view.say("**{place}**, {kind}. Lies in: {inside}.", kind=kind, inside=inside)
    answers = write_answers(view, tell_standing(view))
    return Prose("\n\n".join([lies, *tell_mergers(view), answers]))


def tell_mergers(view: PlaceView) -> list[str]:
    """Say that a place is no more, or that another joined it after its figures were made."""
    row, table = view.row, view.places.table
    told = []
    if row["merged_into"]:
        told.append(
            view.say(
                "> **{place} is no municipality any more.** It joined {other} in {year}. The "
                "figures are from before that ({date}); see the page of {other} too.",
                other=view.unit(row["merged_into"]), year=_tell_year(view, view.place),
                date=tell_date(view),
            )
        )  # fmt: skip
    for code in table.index[table["merged_into"] == view.place]:
        both = float(row["population"] + table.at[code, "population"])
        told.append(
            view.say(
                "> **{other} joined {place} in {year}.** The figures are from before that "
                "({date}): {people} people without {other}, {both} with it.",
                other=view.unit(code), year=_tell_year(view, code),
                date=tell_date(view), people=view.size("population"),
                both=view.fact("population_with_merged", both, "count", unit=view.place,
                               sources=view.size("population").fact.sources),
            )
        )  # fmt: skip
    return told


def _tell_year(view: PlaceView, code: str) -> object:
    year = float(view.places.table.at[code, "merged_in"])
    return view.fact("merged_in", year, "year", unit=code, sources=())


def write_kind(view: PlaceView) -> Prose:
    """Write how rural the place is, and what surrounds it."""
    row = view.row
    told = []
    class_ = {"class": view.tell_rurality(view.place)}
    if row["basis"] == "degurba":
        told.append(view.say("Degree of urbanisation (Eurostat, 2019): **{class}**.", **class_))
    elif row["basis"] == "type":
        told.append(view.say("Urban-rural type (Eurostat, 2024): **{class}**.", **class_))
    elif row["basis"] == "density":
        told.append(
            view.say(
                "**{class:The}**, by the OECD’s criteria: rural is what has fewer than {limit} "
                "people per km² and no centre of {centre} people; a division of so many people is "
                "taken to hold one. No degree of urbanisation is published for census divisions.",
                limit=view.fact("rural_below", RURAL_BELOW, "count", sources=()),
                centre=view.fact("centre_from", CENTRE_FROM, "count", sources=()), **class_,
            )
        )  # fmt: skip
    else:
        told.append(
            view.say(
                "**{class:The}**, by the share of its people who live in rural places: {share}.",
                share=view.size("rural_share"), **class_,
            )
        )  # fmt: skip
    limit = view.fact("sparse_below", SPARSE_BELOW, "number", sources=())
    density = view.size("density")
    told.append(
        view.say("**Sparsely populated**: {density} people per km², below {limit}.",
                 density=density, limit=limit)
        if row["sparse"]
        else view.say("Not sparsely populated: {density} people per km², not below {limit}.",
                      density=density, limit=limit)
    )  # fmt: skip
    told += _tell_district(view)
    if row["national_class"]:
        words = {
            "Rural municipalities": view.say("rural municipality"),
            "Semi-urban municipalities": view.say("semi-urban municipality"),
            "Urban municipalities": view.say("urban municipality"),
        }
        name = str(row["national_class"])
        told.append(
            view.say("Statistics Finland’s grouping (2025): {class}.",
                     **{"class": words.get(name, name)})
        )  # fmt: skip
    return view.write_list(told)


def _tell_district(view: PlaceView) -> list[str]:
    """Say what kind of region the place lies in."""
    code = view.places.above(view.place, "district")
    if code is None or code == view.place:
        return []
    told = [
        view.say(
            "{region}: {type}, {share} of its people live in rural places.",
            region=view.unit(code), type=view.tell_rurality(code),
            share=view.size("rural_share", code),
        )
    ]  # fmt: skip
    if view.places.table.at[code, "coastal"] == 1:
        told.append(view.say("{region} lies on the coast.", region=view.unit(code)))
    return told


def list_sizes(view: PlaceView) -> list[dict[str, str | Said]]:
    """List size and density beside the peers' and everyone's medians, with headings."""
    names: dict[str, str] = {
        "population": view.say("People"),
        "area_km2": view.say("Area, km²"),
        "density": view.say("People per km²"),
        "around": view.say("People per km² in the rest of what surrounds it"),
    }
    rows: list[dict[str, str | Said]] = []
    for column in _COLUMNS:
        standing, own = view.stand_in_peers(column), view.size(column)
        everyone = view.pool[column].astype(float).drop(index=view.place)
        kind, n = own.fact.kind, len(view.peers.codes)
        peers_median = view.fact(f"peer_median_{column}", standing.median, kind, view.place, n=n)
        median, n = everyone.median(), len(everyone)
        row: dict[str, str | Said] = {
            view.say("Figure"): names[column],
            view.unit(view.place): own,
            view.say("Median of its peers"): peers_median,
            tell_everyone(view): view.fact(f"pool_median_{column}", median, kind, view.place, n=n),
            view.say("Peers with less"): view.count_peers(
                f"n_peers_below_{column}", standing.below
            ),
            view.say("Peers with the same"): view.count_peers(
                f"n_peers_equal_{column}", standing.shared
            ),
        }
        rows.append(row)
    return rows


def table_kind(view: PlaceView) -> Table:
    """Show size and density beside the peers' and everyone's medians."""
    return view.table(list_sizes(view), caption=view.say("Level of the figures: {place}."))


def tell_everyone(view: PlaceView) -> str:
    """Name the median of everyone else that the place may be compared with."""
    if not view.row["smallest"]:
        return view.say("Median of all other such regions")
    return view.say("Median of the others in {country}")


def write_peers(view: PlaceView) -> Prose:
    """Write who the peers are, and by which rule they were chosen."""
    group = view.peers
    nearest = [view.unit(code) for code in group.codes[:MOST_NAMED]]
    told = [
        view.say("Peers: **{n}** places. {rule}", n=view.count_peers("n_peers", len(group.codes)),
                 rule=_tell_rule(view)),
        view.say("Nearest first: {names}.", names=", ".join(nearest))
        if len(group.codes) <= MOST_NAMED
        else view.say("The nearest of them: {names}.", names=", ".join(nearest)),
    ]  # fmt: skip
    if not view.row["smallest"]:
        told.append(
            view.say(
                "They are regions of several countries, whose areas are not measured alike: "
                "densities are to be compared inside a country only."
            )
        )
    return view.write_list(told)


def _tell_rule(view: PlaceView) -> str:
    """Say by which rule the peers were chosen, and how far it had to be widened."""
    group = view.peers
    if group.rule == "nearest":
        return view.say(
            "The rule: nearest in size, density and remoteness (how thinly the surroundings are "
            "populated), each on a logarithmic scale with the same spread."
        )
    class_ = view.tell_rurality(view.place)
    factor = view.fact("peer_factor", group.factor, "figure", unit=view.place, sources=())
    told = {"class": class_, "factor": factor}
    if group.step in (peers.NARROW, peers.WIDER):
        return view.say(
            "The rule: the same class ({class}), sparsely populated just as it is or just as it "
            "is not, and at most {factor} times larger or smaller in population.",
            **told,
        )
    if group.step in (peers.ANY_SPARSITY, peers.ANY_SPARSITY_WIDER):
        return view.say(
            "The rule: the same class ({class}) and at most {factor} times larger or smaller in "
            "population; too few are also alike in being sparsely populated or not.",
            **told,
        )
    if group.step == peers.ANY_SIZE:
        return view.say(
            "The rule: the same class ({class}) of any size; there were too few of about its size.",
            **{"class": class_},
        )
    if group.step == peers.ANY_CLASS:
        return view.say(
            "The rule: at most {factor} times larger or smaller in population, of any class; "
            "there were too few of its own class.",
            factor=factor,
        )
    return view.say(
        "The rule: the nearest in population; there were too few of its class or of about its size."
    )


def tell_standing(view: PlaceView) -> str:
    """Say where the place stands among its peers."""
    return view.say(
        "{place:The}: larger than {larger} of its {n} peers, more thinly populated than {thinner}",
        larger=view.count_peers(
            "n_peers_below_population", view.stand_in_peers("population").below
        ),
        n=view.count_peers("n_peers", len(view.peers.codes)),
        thinner=view.count_peers("n_peers_above_density", view.stand_in_peers("density").above),
    )


@styled
def plot_peers(view: PlaceView) -> Chart:
    """Draw population and density of the place, its peers and all the others."""
    table, group = view.pool, view.peers
    role = pd.Series("other", index=table.index)
    role[group.codes] = "peer"
    role[view.place] = "place"
    data = table[["population", "density"]].assign(role=role).reset_index()
    chart, (ax,) = view.start_chart(
        tell_standing(view),
        view.say("People and people per km², each on a logarithmic scale; one dot is one place."),
        data=data,
        height=3.7,
        key=[
            marks.make_mark(BEHIND, view.unit(view.place), "D"),
            marks.make_mark(AHEAD, view.say("Peers")),
            marks.make_mark(REFERENCE, _tell_others(view), mfc="white", markersize=5),
        ],
        note=_tell_areas(view),
    )  # fmt: skip
    looks = {
        "palette": {"other": REFERENCE, "peer": AHEAD, "place": BEHIND},
        "markers": {"other": "o", "peer": "o", "place": "D"},
    }
    data = data.assign(y=data["density"])
    for name, size in (("other", 4), ("peer", 6.5), ("place", 9)):
        own = data[data["role"] == name]
        marks.draw_points(ax, own, "population", looks=looks, by="role",
                          size=size, hollow=name == "other")  # fmt: skip
    _scale(ax, view)
    _name_dots(ax, view)
    ax.axhline(SPARSE_BELOW, color=QUIET, linewidth=1, linestyle="--", zorder=1)
    return chart


def _tell_others(view: PlaceView) -> str:
    if view.row["smallest"]:
        return view.say("Others in {country}")
    return view.say("Other regions")


def _tell_areas(view: PlaceView) -> str:
    """Say what the areas of the country hold, and from when the figures are."""
    told = [view.say("The broken line marks the limit of sparse population.")]
    basis = {
        "FI": view.say("Areas include inland and sea water."),
        "SE": view.say("Areas are land."), "IS": view.say("Areas are land."),
        "CA": view.say("Areas are land."), "IE": view.say("Areas are total areas."),
    }  # fmt: skip
    if view.row["smallest"] and view.country in basis:
        told.append(basis[view.country])
    told.append(view.say("Population: {date}.", date=tell_date(view)))
    return " ".join(told)


def tell_date(view: PlaceView, code: str = "") -> str:
    """Say of when the population of the place is, or of another one."""
    return ", ".join(
        view.say("census of {year}", year=date.removesuffix(" census"))
        if date.endswith(" census")
        else format_date(date, view.language)
        for date in str(view.places.rows[code or view.place]["population_date"]).split(", ")
    )


def _name_dots(ax: Axes, view: PlaceView) -> None:
    """Name the place and its nearest peers, in the free space around them."""
    table = view.pool
    named = 0 if view.medium.name else _LABELLED  # a document names the nearest in its text
    codes = [view.place, *view.peers.codes[:named]]
    room = _ROOM[view.medium.name.removesuffix(f"-{TITLED}")]
    sizes = dict.fromkeys(codes, 8.0) | {view.place: 9.0}
    for note in name_dots(
        ax, table[["population", "density"]].astype(float), view.names(codes), sizes,
        room, line=SPARSE_BELOW, medium=view.medium, color=AHEAD, zorder=5,
    ):  # fmt: skip
        if note.xy == tuple(table.loc[view.place, ["population", "density"]].astype(float)):
            note.set(weight="bold", color=BEHIND)


def _scale(ax: Axes, view: PlaceView) -> None:
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.margins(0.06)
    for axis, ends in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        few = np.log10(ends[1] / ends[0]) < _FEW_DECADES
        axis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5) if few else (1,)))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(view.tick_size)
    ax.set_xlabel(view.say("People"))
    ax.set_ylabel(view.say("People per km²"))
    ax.grid()
