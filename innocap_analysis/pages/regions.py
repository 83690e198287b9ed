"""The context of a country's regions: figures about residents, never scored."""

from __future__ import annotations

import numpy as np
import pandas as pd

from innocap_analysis.pages import marks
from innocap_analysis.pages.drawing.figure import GRID, QUIET, REFERENCE, Chart, styled
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.ranking import plot_ranking
from innocap_analysis.pages.texts import Prose


def show_regions(view: IndexView) -> Chart | Prose:
    """Draw the regional context, or say that there is none; of a region or place, its peers."""
    assert view.place is not None
    if view.has_many:
        peers: Chart = plot_ranking(view)
        return peers
    country = view.settings.countries[view.country]
    focus = country.partner_region if view.place.is_country else view.place.code
    owner = view.capacity.region_countries
    table = view.capacity.regional
    units = [unit for unit in table.index if owner[unit] == view.country]
    if not units:
        name = view.unit(view.country)
        return Prose(view.say("There are no regional figures for {country}.", country=name))
    chart: Chart = plot_regions(view, table, units, focus)
    return chart


def _tell_place(view: IndexView, inside: pd.DataFrame, focus: str) -> str:
    """Say on how many figures that tell regions apart the region lies at or above their median."""
    varying = inside.loc[:, inside.max() > inside.min()]
    known = varying.loc[focus].dropna() if focus in varying.index else pd.Series()
    if known.empty:
        return view.say("{region}: no context figures", region=view.unit(focus))
    ahead = (known >= varying[known.index].median()).sum()
    return view.say_number(
        "{ahead.place}: at or above the median of the country’s regions on {ahead} of {n} context "
        "figure that differs between them",
        "{ahead.place}: at or above the median of the country’s regions on {ahead} of {n} context "
        "figures that differ between them",
        ahead=view.tally("n_context_ahead", ahead, unit=focus),
        n=view.tally("n_context", len(known), unit=focus),
    )


def _tell_years(view: IndexView, table: pd.DataFrame, units: list[str]) -> list[str]:
    """Say from when the figures of the country's regions are."""
    seen = view.capacity.observations
    own = seen[seen["unit"].isin(units) & seen["code"].isin(table.columns)]
    years = own.groupby(["unit", "code"])["time"].max()
    if years.empty:
        return []
    first, last = (
        view.fact(f"{end}_context_year", year, "year", view.country)
        for end, year in (("first", years.min()), ("last", years.max()))
    )
    return [view.say("Newest figures of {first} to {last}.", first=first, last=last)]


@styled
def plot_regions(view: IndexView, table: pd.DataFrame, units: list[str], focus: str) -> Chart:
    """Draw the country's regions one row each, `focus` marked, the other regions as dots below."""
    inside = table.loc[units]
    data = table.rename_axis("unit").reset_index().melt("unit", var_name="code").dropna()
    chart, axes = view.start_chart(
        _tell_place(view, inside, focus),
        view.say(
            "Figures about residents, not about public bodies: regional context, never scored."
        ),
        data=data[["code", "unit", "value"]].reset_index(drop=True),
        height=0.24 * len(units) + 1.1,
        columns=len(table.columns),
        sharey=True,
        note=" ".join(
            [
                *_tell_years(view, table, units),
                view.say(
                    "The small dots below the line are the regions of the other partner countries."
                ),
            ]
        ),
    )
    chart.about = units
    order = list(inside.iloc[:, 0].fillna(-np.inf).sort_values().index)[::-1]
    n, colour, marker = len(order), view.colour(view.country), view.marker(view.country)
    others = [unit for unit in table.index if unit not in units]
    drawn = pd.DataFrame({"y": [*range(n), *[n + 0.4] * len(others)]}, index=order + others)
    drawn["role"] = [
        "focus" if u == focus else "own" if u in units else "other" for u in drawn.index
    ]
    sizes = drawn["role"].map({"focus": 9, "own": 6, "other": 3.5})
    looks = {
        "palette": {"focus": colour, "own": REFERENCE, "other": f"{REFERENCE}80"},
        "markers": {"focus": marker, "own": marker, "other": "o"},
    }
    for ax, code in zip(axes, map(str, table.columns), strict=True):
        marks.frame_rows(
            ax, [view.unit(unit) if marks.is_first(ax) else "" for unit in order], tick=view.figure,
            bold=[unit == focus for unit in order], label=str(view.codebook.table.at[code, "unit"]),
        )  # fmt: skip
        ax.xaxis.label.set_fontsize(8)
        ax.set_ylim(n + 1, -0.8)
        ax.axhline(n - 0.25, color=GRID)
        own = drawn.assign(value=table[code])
        marks.draw_points(ax, own, "value", looks=looks, by="role", size=sizes)
        for y in own.loc[own["value"].isna() & (own["role"] != "other"), "y"]:
            ax.text(0.5, y, view.say("no figure"), transform=ax.get_yaxis_transform(), ha="center",
                    va="center", size=7.5, color=QUIET)  # fmt: skip
        mine = own[own["role"] == "focus"].dropna()
        told = [view.fact("context", x, "number", focus, code) for x in mine["value"]]
        marks.write_beside(ax, mine["value"], mine["y"], told, (8, 0), va="center", size=8,
                           weight="bold", color=colour)  # fmt: skip
        ax.margins(x=0.2)
        ax.set_title(view.heading(code, 128, 8.5), size=8.5)
        if table[code].isna().all():
            ax.set_xticks([])
    return chart
