"""Pages 30 and 60: how one country does, and where capacity building would start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from matplotlib.patches import Patch

from innocap_analysis.pages import marks
from innocap_analysis.pages.drawing.figure import AHEAD, BEHIND, INK, Chart, styled
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.indicators import draw_rows, make_key
from innocap_analysis.pages.order import tell_order_changes, tell_peers, tell_ranks
from innocap_analysis.pages.texts import Prose, Table

_TALL = 0.4  # inches of each row of the profile
_HATCHED: dict[str, Any] = {"hatch": "////", "edgecolor": "white"}


def write_heading(view: IndexView) -> Prose:
    """Write the line that says whom a page is about."""
    assert view.place is not None
    if view.has_many:
        text = view.say(
            "**{unit}**, {country}. {rule}",
            unit=view.unit(view.about), country=view.unit(view.country), rule=tell_peers(view),
        )  # fmt: skip
    elif not view.place.is_country:
        text = view.say(
            "**{region}, {country}.** The scores are those of the country: no published indicator "
            "measures the public sector of a region.",
            region=view.unit(view.place.code),
            country=view.unit(view.country),
        )
    else:
        country = view.settings.countries[view.country]
        text = view.say(
            "**{country}.** The partner area is {area}, inside the statistical region {region}.",
            country=view.unit(view.country),
            area=country.name_area(view.language),
            region=view.unit(country.partner_region),
        )
    return Prose(" ".join(filter(None, (text, view.circumstances))))


@styled
def plot_profile(view: IndexView) -> Chart:
    """Draw the country's index and dimension scores over the reference set."""
    rows = view.verdicts.of(view.about)
    chart, (ax,) = view.start_chart(
        tell_profile(view),
        view.say(
            "Scores of {n_members} reference countries, their median and {unit}, from 0 (lowest "
            "goalpost) to 100 (highest).",
            unit=view.unit(view.about),
        ),
        data=rows.loc[view.profile].reset_index(),
        height=max(2.9, _TALL * len(view.profile)),
        key=make_key([view.about], view),
        note="" if view.medium.name else tell_home(view),
    )
    draw_rows(ax, view, view.profile, [view.about])
    return chart


def tell_home(view: IndexView) -> str:
    """Say where the sources of the figures are told; a document tells them itself."""
    return view.say("Published national indicators; the sources are listed on page 10.")


def tell_profile(view: IndexView) -> str:
    """Name the dimensions furthest ahead and furthest behind, by the gap to the median."""
    unit = view.about
    order = view.verdicts.order_dimensions(unit)
    if not order:
        return view.say("{unit}: no dimension is measured", unit=view.unit(unit))
    if view.codebook.is_flat:
        return view.say("{unit}: {score} of 100, {gap.points} from the reference median",
                        unit, view.root)  # fmt: skip
    worst, best = (view.stand(unit, code, "gap") for code in (order[0], order[-1]))
    if len(order) == 1 < len(view.dimensions):
        return view.say("{best.place}: {best.points} from the median in {best.name:the}, "
                        "the only dimension that is measured", best=best)  # fmt: skip
    one_side = float(worst) >= 0 or float(best) < 0
    if one_side and len(order) < len(view.dimensions):
        return view.say(
            "{best.place}: of the dimensions that are measured, highest against the reference "
            "median in {best.name:the} ({best.points}), lowest in {worst.name:the} ({worst})",
            best=best, worst=worst,
        )  # fmt: skip
    if float(worst) >= 0:
        return view.say(
            "{best.place}: at or above the reference median in every dimension, most in "
            "{best.name:the} ({best.points}), least in {worst.name:the} ({worst})",
            best=best, worst=worst,
        )  # fmt: skip
    if float(best) < 0:
        return view.say(
            "{best.place}: below the reference median in every dimension, least in "
            "{best.name:the} ({best.points}), most in {worst.name:the} ({worst})",
            best=best, worst=worst,
        )  # fmt: skip
    return view.say(
        "{best.place}: furthest above the reference median in {best.name:the} ({best.points}), "
        "furthest below in {worst.name:the} ({worst})",
        best=best, worst=worst,
    )  # fmt: skip


def tell_standing(view: IndexView, unit: str) -> str:
    """Say in one sentence where a country stands, by the judged word."""
    texts = {
        "ahead": view.say(
            "{score} of 100 points, above the median of {n_reference} countries ({median}).",
            unit, view.root,
        ),
        "behind": view.say(
            "{score} of 100 points, below the median of {n_reference} countries ({median}).",
            unit, view.root,
        ),
        "about even": view.say(
            "{score} of 100 points, about as much as the median of {n_reference} countries "
            "({median}).", unit, view.root,
        ),
        "rests on one": view.say(
            "{score} of 100 points; whether that is more than the median of {n_reference} "
            "countries ({median}) rests on a single figure.", unit, view.root,
        ),
        "unmeasured": view.say("Too few figures for an overall score."),
    }  # fmt: skip
    return texts[view.verdict(unit, view.root)]


def tell_priority(view: IndexView, unit: str) -> str:
    """Say what the first priority of a country is, and whether that may be said."""
    found = view.verdicts.find_priority(unit)
    if found is None:
        return view.say("{unit}: no dimension is measured", unit=view.unit(unit))
    about, measured = (unit, found.code), view.verdicts.order_dimensions(unit)
    judged = [code for code in view.dimensions if code in measured]
    if found.status == "none" and len(judged) < len(view.dimensions):
        return view.say(
            "{unit}: of the dimensions that can be judged ({dimensions}), none is below the "
            "reference median; {dimension:the} has the smallest lead ({gap.points})",
            *about, dimensions=view.codes(judged),
        )  # fmt: skip
    if found.status == "none":
        return view.say(
            "{unit}: no dimension is below the reference median; {dimension:the} has the smallest "
            "lead ({gap.points})",
            *about,
        )
    if found.status == "clear":
        return view.say(
            "{unit}: {dimension:the} is the first priority, furthest below the reference median in "
            "{share_widest} of runs and whichever indicator is left out",
            *about,
        )
    if found.status == "hangs":
        return view.say(
            "{unit}: {dimension:the} lies furthest below the reference median ({gap.points}), but "
            "not if {codes} is left out",
            *about, codes=view.join(map(view.code, found.hangs_on), style="or"),
        )  # fmt: skip
    return view.say(
        "{unit}: {dimension:the} lies furthest below the reference median ({gap.points}), too "
        "close to it to be called a priority",
        *about,
    )


@styled
def plot_gaps(view: IndexView, dimensions: Sequence[str] | None = None) -> Chart:
    """Draw how far the country lies from the reference median, by indicator, widest lead first."""
    unit = view.about
    leaves = [leaf for d in dimensions or view.dimensions for leaf in view.codebook.leaves_of(d)]
    table = view.verdicts.of(unit).loc[leaves].dropna(subset=["gap_to_median"])
    table = table.sort_values("gap_to_median", ascending=False, kind="stable").reset_index()
    gaps, told = table["gap_to_median"], [view.stand(unit, c, "gap") for c in table["code"]]
    chart, (ax,) = view.start_chart(
        view.say(
            "{first.place}: from {first.name} ({first}) to {last.name} ({last})",
            first=told[0], last=told[-1],
        ),
        view.say("Score minus the median of up to {n_members} reference countries, in points."),
        data=table,
        height=0.27 * len(table) + 0.7,
        key=[
            Patch(facecolor=AHEAD, label=view.say("Above the reference median")),
            Patch(facecolor=BEHIND, label=view.say("Below it"), **_HATCHED),
        ],
        note=" ".join(view.tell_flags([unit], leaves)),
    )  # fmt: skip
    flat = view.codebook.is_flat
    chart.shows = "gap_to_median"
    names = [
        view.code(c) if flat else f"{view.code(c)} ({view.code(p)})"
        for c, p in zip(table["code"], table["parent"], strict=True)
    ]
    marks.frame_rows(ax, names, label=view.say("Points from the reference median"),
                     tick=view.figure)  # fmt: skip
    below = gaps < 0
    marks.draw_bars(ax, gaps, gaps.index, 0.68, np.where(below, BEHIND, AHEAD))
    for bar in ax.patches:
        bar.set(**_HATCHED if cast(Any, bar).get_width() < 0 else {})
    for side, shift, align in ((~below, 4, "left"), (below, -4, "right")):
        texts = [told[row] for row in gaps.index[side]]
        marks.write_beside(ax, gaps[side], gaps.index[side], texts, (shift, 0), ha=align,
                           va="center", size=8)  # fmt: skip
    ax.axvline(0, color=INK, linewidth=1)
    ax.margins(x=0.7 if view.medium.narrow else 0.16)
    return chart


def plot_gaps_behind(view: IndexView) -> Chart:
    """Draw the indicators of the dimensions that lie below the median, or of the lowest one."""
    unit = view.about
    rows = view.verdicts.of(unit)
    order = view.verdicts.order_dimensions(unit)
    below = [code for code in order if rows.at[code, "gap_to_median"] < 0]
    chart: Chart = plot_gaps(view, below or order[:1])
    return chart


def table_profile(view: IndexView) -> Table:
    """Show every indicator of the country: raw figure, score and place in the reference set."""
    nodes = view.codebook.table

    def name(at: tuple[str, str]) -> str:
        lower = nodes.at[at[1], "direction"] == -1
        return view.say("{code} (lower is better)", *at) if lower else view.code(at[1])

    dimension = {view.say("Dimension"): lambda at: view.code(str(nodes.at[at[1], "parent"]))}
    return view.table(
        [(view.about, code) for code in view.codebook.leaves],
        ({} if view.codebook.is_flat else dimension)
        | {
            view.say("Indicator"): name,
            view.say("Raw figure"): view.column("value"),
            view.say("Unit"): lambda at: view.measure(at[1]),
            view.say("Year"): lambda at: view.figure_year(*at),
            view.say("Score"): view.column("score"),
            view.say("Rank"): view.column("rank"),
            view.say("of countries"): view.column("n_reference"),
            view.say("Percentile"): view.column("percentile"),
            view.say("Best"): lambda at: view.tell_best(*at),
        },
    )


@styled
def plot_priorities(view: IndexView) -> Chart:
    """Draw the dimensions of the country by their gap to the reference median."""
    unit = view.about
    order = view.verdicts.order_dimensions(unit)
    data = view.verdicts.of(unit).loc[order].reset_index()
    chart, (ax,) = view.start_chart(
        tell_priority(view, unit),
        view.say(
            "Points from the median of {n_members} reference countries; the line holds {level} of "
            "{n_runs} runs with other weights, one indicator left out, or a geometric mean."
        ),
        data=data,
        height=0.55 * len(order) + 0.3,
    )
    chart.shows, narrow = "gap_to_median", view.medium.narrow
    marks.frame_rows(ax, [*map(view.code, order)], tick=view.figure,
                     label=view.say("Points from the reference median"))  # fmt: skip
    marks.draw_points(
        ax, data.assign(y=data.index), "gap_to_median", looks=view.looks([unit]), size=9,
        ends=("gap_low", "gap_high"), linewidth=3, alpha=0.55,
    )  # fmt: skip
    for y, code in enumerate(order):
        told = view.say("{gap} · {verdict}", unit, code)
        ax.text(1.01, y, f"{view.stand(unit, code, 'gap')}" if narrow else told, va="center",
                size=8.5, transform=ax.get_yaxis_transform())  # fmt: skip
    ax.axvline(0, color=INK, linewidth=1.4)
    ax.margins(x=0.06)
    return chart


def write_findings(view: IndexView) -> Prose:
    """Write what the country's profile shows."""
    unit, root = view.about, view.root
    told = [
        view.say(
            "{unit:The} scores {score} of 100 on {code:the}; the median of {n_reference} reference "
            "countries is {median}. Rank {rank}, in {level} of runs {rank.low} to {rank.high}.",
            unit, root,
        ),
        tell_ranks(view) if view.has_many else tell_order_changes(view),
    ]  # fmt: skip
    for code in view.nodes[1:]:
        if view.verdict(unit, code) == "unmeasured":
            told.append(view.say("{dimension}: not measured.", unit, code))
            continue
        text = view.say(
            "{dimension}: {score}, {gap.points} from the median ({verdict}) and {gap_to_best} from "
            "the best.",
            unit, code,
        )  # fmt: skip
        told.append(text)
    told += [*tell_sides(view, unit), f"{tell_priority(view, unit)}."]
    return view.write_list([*told, *view.tell_flags([unit], view.codebook.leaves)])


def tell_sides(view: IndexView, unit: str) -> list[str]:
    """Say which indicators are the strengths and the weaknesses."""
    told, leaves = [], view.codebook.leaves
    for title, codes in (
        (view.say("Strengths"), view.verdicts.list_strengths(unit, leaves)),
        (view.say("Weaknesses"), view.verdicts.list_weaknesses(unit, leaves)),
    ):
        named = ", ".join(f"{view.code(c)} ({view.stand(unit, c, 'gap')})" for c in codes)
        text = (
            view.say("{title}: {codes}.", title=title, codes=named)
            if codes
            else view.say("{title}: none among the indicators.", title=title)
        )
        told.append(text)
    return told


def write_priorities(view: IndexView) -> Prose:
    """Write where a capacity-building programme would start, and how sure that is."""
    unit = view.about
    told = [f"{tell_priority(view, unit)}."]
    for code in view.verdicts.order_dimensions(unit):
        said = [
            view.say(
                "{dimension}: {verdict} ({gap.points}; {gap.low} to {gap.high} in {level} of "
                "runs).", unit, code,
            )
        ]  # fmt: skip
        row = view.verdicts.find_row(unit, code)
        if row["gap_to_median"] < 0:
            said.append(view.say("Furthest below in {share_widest} of runs.", unit, code))
        if hinges := str(row["hangs_on"]).split():
            named = view.join(map(view.code, hinges), style="or")
            text = view.say("On the other side of the median if {codes} is left out.", codes=named)
            said.append(text)
        for own in view.verdicts.list_weaknesses(unit, view.codebook.leaves_of(code), most=1):
            said.append(view.say("Its weakest indicator: {code} ({gap}).", unit, own))
        told.append(" ".join(said))
    for code in view.dimensions:
        if view.verdict(unit, code) == "unmeasured":
            told.append(view.say("{dimension}: not measured.", unit, code))
    return view.write_list([*told, *view.tell_flags([unit], view.codebook.leaves)])
