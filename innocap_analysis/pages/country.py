"""Pages 30 and 60: how one country does, and where capacity building would start."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from babel.lists import format_list
from matplotlib.patches import Patch

from innocap_analysis.pages.drawing.figure import AHEAD, BEHIND, INK, Chart, styled
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.marks import draw_rows, make_key, name_rows, write_beside
from innocap_analysis.pages.order import tell_order_changes
from innocap_analysis.pages.prose import Prose
from innocap_analysis.pages.tables import Table


def write_heading(view: IndexView) -> Prose:
    """Write the line that says whom a page is about."""
    assert view.place is not None
    if not view.place.is_country:
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
    rows = view.verdicts.of(view.country)
    chart, (ax,) = view.start_chart(
        _tell_profile(view),
        view.say(
            "Scores of {n} reference countries, their median and {unit}, from 0 (lowest goalpost) "
            "to 100 (highest).",
            n=view.n_members,
            unit=view.unit(view.country),
        ),
        data=rows.loc[view.nodes].reset_index(),
        height=2.9,
        key=make_key([view.country], view),
        note=view.say("Published national indicators; sources in data/raw/datapackage.json."),
    )
    draw_rows(ax, view, view.nodes, [view.country])
    return chart


def _tell_profile(view: IndexView) -> str:
    """Name the dimensions furthest ahead and furthest behind, by the gap to the median."""
    unit = view.country
    order = view.verdicts.order_dimensions(unit)
    if not order:
        return view.say("{unit}: no dimension is measured", unit=view.unit(unit))
    worst, best = order[0], order[-1]
    told = {
        "unit": view.unit(unit), "best": view.code(best), "best_gap": view.stand(unit, best, "gap"),
        "worst": view.code(worst), "worst_gap": view.stand(unit, worst, "gap"),
    }  # fmt: skip
    if float(told["worst_gap"]) >= 0:  # type: ignore[arg-type]
        return view.say(
            "{unit}: at or above the reference median in every dimension, most in {best} "
            "({best_gap} points), least in {worst} ({worst_gap})",
            **told,
        )
    if float(told["best_gap"]) < 0:  # type: ignore[arg-type]
        return view.say(
            "{unit}: below the reference median in every dimension, least in {best} ({best_gap} "
            "points), most in {worst} ({worst_gap})",
            **told,
        )
    return view.say(
        "{unit}: furthest above the reference median in {best} ({best_gap} points), furthest below "
        "in {worst} ({worst_gap})",
        **told,
    )


def tell_priority(view: IndexView, unit: str) -> str:
    """Say what the first priority of a country is, and whether that may be said."""
    found = view.verdicts.find_priority(unit)
    if found is None:
        return view.say("{unit}: no dimension is measured", unit=view.unit(unit))
    told = {
        "unit": view.unit(unit), "dimension": view.code(found.code),
        "gap": view.stand(unit, found.code, "gap"),
        "share": view.stand(unit, found.code, "share_widest"),
    }  # fmt: skip
    if found.status == "none":
        return view.say(
            "{unit}: no dimension is below the reference median; {dimension} has the smallest "
            "lead ({gap} points)",
            **told,
        )
    if found.status == "clear":
        return view.say(
            "{unit}: {dimension} is the first priority, furthest below the reference median in "
            "{share} of runs and whichever indicator is left out",
            **told,
        )
    if found.status == "hangs":
        return view.say(
            "{unit}: {dimension} lies furthest below the reference median ({gap} points), but not "
            "without {codes}",
            codes=join_or(view, found.hangs_on), **told,
        )  # fmt: skip
    return view.say(
        "{unit}: {dimension} lies furthest below the reference median ({gap} points), too close to "
        "it to be called a priority",
        **told,
    )


def join_or(view: IndexView, codes: Sequence[str]) -> str:
    """Return labels as alternatives in a sentence."""
    return str(format_list([view.code(c) for c in codes], style="or", locale=view.language))


@styled
def plot_gaps(view: IndexView, dimensions: Sequence[str] | None = None) -> Chart:
    """Draw how far the country lies from the reference median, by indicator, widest lead first."""
    unit = view.country
    leaves = [leaf for d in dimensions or view.dimensions for leaf in view.codebook.leaves_of(d)]
    table = view.verdicts.of(unit).loc[leaves].dropna(subset=["gap_to_median"])
    table = table.sort_values("gap_to_median", ascending=False, kind="stable").reset_index()
    ends = [str(table["code"].iloc[i]) for i in (0, -1)]
    chart, (ax,) = view.start_chart(
        view.say(
            "{unit}: from {first} ({first_gap}) to {last} ({last_gap})",
            unit=view.unit(unit),
            first=view.code(ends[0]), first_gap=view.stand(unit, ends[0], "gap"),
            last=view.code(ends[1]), last_gap=view.stand(unit, ends[1], "gap"),
        ),
        view.say(
            "Score minus the median of up to {n} reference countries, in points.", n=view.n_members
        ),
        data=table,
        height=0.27 * len(table) + 0.7,
        key=[
            Patch(facecolor=AHEAD, label=view.say("Above the reference median")),
            Patch(facecolor=BEHIND, hatch="////", edgecolor="white", linewidth=0,
                  label=view.say("Below it")),
        ],
        note=" ".join(view.tell_flags([unit], leaves)),
    )  # fmt: skip
    gaps, y = table["gap_to_median"].to_numpy(), np.arange(len(table))
    ahead = gaps >= 0
    ax.barh(y[ahead], gaps[ahead], color=AHEAD, height=0.68)
    ax.barh(
        y[~ahead], gaps[~ahead], color=BEHIND, height=0.68, hatch="////", edgecolor="white",
        linewidth=0,
    )  # fmt: skip
    told = [f"{view.stand(unit, code, 'gap')}" for code in table["code"]]
    for side, shift, align in ((ahead, 4, "left"), (~ahead, -4, "right")):
        some = [text for text, here in zip(told, side, strict=True) if here]
        write_beside(ax, gaps[side], y[side], some, (shift, 0), ha=align, va="center", size=8)
    names = [
        f"{view.code(c)} ({view.code(p)})"
        for c, p in zip(table["code"], table["parent"], strict=True)
    ]
    name_rows(ax, names)
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.axvline(0, color=INK, linewidth=1)
    ax.margins(x=0.16)
    ax.grid(axis="x")
    ax.set_xlabel(view.say("Points from the reference median"))
    return chart


def plot_gaps_behind(view: IndexView) -> Chart:
    """Draw the indicators of the dimensions that lie below the median, or of the lowest one."""
    unit = view.country
    rows = view.verdicts.of(unit)
    order = view.verdicts.order_dimensions(unit)
    below = [code for code in order if rows.at[code, "gap_to_median"] < 0]
    chart: Chart = plot_gaps(view, below or order[:1])
    return chart


def table_profile(view: IndexView) -> Table:
    """Show every indicator of the country: raw figure, score and place in the reference set."""
    unit = view.country
    rows: list[dict[str, object]] = []
    for code in view.codebook.leaves:
        node = view.codebook.table.loc[code]
        name = view.code(code)
        if node["direction"] == -1:
            name = view.say("{code} (lower is better)", code=name)
        row: dict[str, object] = {"code": name, "parent": view.code(str(node["parent"]))}
        row |= {
            column: view.stand(unit, code, column)
            for column in ("value", "score", "rank", "n_reference", "percentile")
        }
        year = view.figure_year(unit, code)
        rows.append(row | {"year": year, "best": view.tell_best(unit, code)})
    return view.table(
        rows,
        {
            "parent": view.say("Dimension"),
            "code": view.say("Indicator"),
            "value": view.say("Raw figure"),
            "year": view.say("Year"),
            "score": view.say("Score"),
            "rank": view.say("Rank"),
            "n_reference": view.say("of countries"),
            "percentile": view.say("Percentile"),
            "best": view.say("Best"),
        },
    )


@styled
def plot_priorities(view: IndexView) -> Chart:
    """Draw the dimensions of the country by their gap to the reference median."""
    unit = view.country
    order = view.verdicts.order_dimensions(unit)
    data = view.verdicts.of(unit).loc[order].reset_index()
    chart, (ax,) = view.start_chart(
        tell_priority(view, unit),
        view.say(
            "Points from the median of {n} reference countries; the line holds {level} of {runs} "
            "runs with other weights, one indicator left out, or a geometric mean.",
            n=view.n_members, level=view.level, runs=view.n_runs,
        ),
        data=data,
        height=0.55 * len(order) + 0.3,
    )  # fmt: skip
    colour = view.colour(unit)
    for y, row in enumerate(data.itertuples()):
        ax.plot(
            [row.gap_low, row.gap_high], [y, y], color=colour, linewidth=3, alpha=0.55,
            solid_capstyle="butt",
        )  # fmt: skip
        ax.plot(row.gap_to_median, y, view.marker(unit), color=colour, markersize=9)
        ax.annotate(
            view.say(
                "{gap} · {verdict}",
                gap=view.stand(unit, row.code, "gap"),
                verdict=view.tell_verdict(unit, row.code),
            ),
            (1.01, y), xycoords=ax.get_yaxis_transform(), va="center", size=8.5,
        )  # fmt: skip
    ax.axvline(0, color=INK, linewidth=1.4)
    name_rows(ax, [view.code(code) for code in order])
    ax.set_ylim(len(order) - 0.5, -0.5)
    ax.margins(x=0.06)
    ax.grid(axis="x")
    ax.set_xlabel(view.say("Points from the reference median"))
    return chart


def write_findings(view: IndexView) -> Prose:
    """Write what the country's profile shows."""
    unit, root = view.country, view.root
    rank = view.stand(unit, root, "rank")
    told = [
        view.say(
            "{unit} scores {score} of 100 on {index}; the median of {n} reference countries is "
            "{median}. Rank {rank}, in {level} of runs {low} to {high}.",
            unit=view.unit(unit), index=view.code(root), score=view.stand(unit, root, "score"),
            n=view.stand(unit, root, "n_reference"), median=view.stand(unit, root, "median"),
            rank=rank, level=view.level, low=rank.low, high=rank.high,
        ),
        tell_order_changes(view),
    ]  # fmt: skip
    for code in view.dimensions:
        if view.verdict(unit, code) == "unmeasured":
            told.append(view.say("{dimension}: not measured.", dimension=view.code(code)))
            continue
        told.append(
            view.say(
                "{dimension}: {score}, {gap} points from the median ({verdict}) and {best} from "
                "the best.",
                dimension=view.code(code),
                score=view.stand(unit, code, "score"),
                gap=view.stand(unit, code, "gap"),
                verdict=view.tell_verdict(unit, code),
                best=view.stand(unit, code, "gap_to_best"),
            )
        )
    leaves = view.codebook.leaves
    for title, codes in (
        (view.say("Strengths"), view.verdicts.list_strengths(unit, leaves)),
        (view.say("Weaknesses"), view.verdicts.list_weaknesses(unit, leaves)),
    ):
        named = ", ".join(f"{view.code(c)} ({view.stand(unit, c, 'gap')})" for c in codes)
        told.append(
            view.say("{title}: {codes}.", title=title, codes=named)
            if codes
            else view.say("{title}: none among the indicators.", title=title)
        )
    return view.list([*told, f"{tell_priority(view, unit)}.", *view.tell_flags([unit], leaves)])


def write_priorities(view: IndexView) -> Prose:
    """Write where a capacity-building programme would start, and how sure that is."""
    unit = view.country
    told = [f"{tell_priority(view, unit)}."]
    for code in view.verdicts.order_dimensions(unit):
        gap = view.stand(unit, code, "gap")
        own = view.verdicts.list_weaknesses(unit, view.codebook.leaves_of(code), most=1)
        said = {
            "dimension": view.code(code), "verdict": view.tell_verdict(unit, code), "gap": gap,
            "low": gap.low, "high": gap.high, "level": view.level,
        }  # fmt: skip
        text = view.say(
            "{dimension}: {verdict} ({gap} points; {low} to {high} in {level} of runs).", **said
        )
        if float(gap) < 0:
            text += " " + view.say(
                "Furthest below in {share} of runs.", share=view.stand(unit, code, "share_widest")
            )
        hinges = str(view.verdicts.of(unit).at[code, "hangs_on"]).split()
        if hinges:
            text += " " + view.say(
                "On the other side of the median without {codes}.", codes=join_or(view, hinges)
            )
        if own:
            text += " " + view.say(
                "Its weakest indicator: {weakest} ({weak_gap}).",
                weakest=view.code(own[0]), weak_gap=view.stand(unit, own[0], "gap"),
            )  # fmt: skip
        told.append(text)
    missing = [d for d in view.dimensions if view.verdict(unit, d) == "unmeasured"]
    told += [view.say("{dimension}: not measured.", dimension=view.code(code)) for code in missing]
    return view.list([*told, *view.tell_flags([unit], view.codebook.leaves)])
