"""The context of a country's regions: figures about residents, never scored."""

from __future__ import annotations

from textwrap import fill

import numpy as np
import pandas as pd

from innocap_analysis.pages.drawing.figure import GRID, QUIET, REFERENCE, Chart, styled
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.marks import name_rows
from innocap_analysis.pages.prose import Prose


def show_regions(view: IndexView) -> Chart | Prose:
    """Draw the regional context, or say that there is none."""
    assert view.place is not None
    country = view.settings.countries[view.country]
    focus = country.partner_region if view.place.is_country else view.place.code
    owner = view.capacity.region_countries
    table = view.capacity.regional
    units = [unit for unit in table.index if owner[unit] == view.country]
    if not units:
        return Prose(
            view.say(
                "There are no regional figures for {country}.", country=view.unit(view.country)
            )
        )
    chart: Chart = plot_regions(view, table, units, focus)
    return chart


def _tell_place(view: IndexView, inside: pd.DataFrame, focus: str) -> str:
    """Say on how many figures that tell regions apart the region lies at or above their median."""
    varying = inside.loc[:, inside.max() > inside.min()]
    known = varying.loc[focus].dropna().index if focus in varying.index else []
    if not len(known):
        return view.say("{region}: no context figures", region=view.unit(focus))
    ahead = [code for code in known if varying.at[focus, code] >= varying[code].median()]
    return view.say(
        "{region}: at or above the median of the country’s regions on {ahead} of {n} context "
        "figures that differ between them",
        region=view.unit(focus),
        ahead=view.fact("n_context_ahead", len(ahead), "count", unit=focus),
        n=view.fact("n_context", len(known), "count", unit=focus),
    )


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
        note=view.say(
            "The small dots below the line are the regions of the other partner countries."
        ),
    )
    order = list(inside.iloc[:, 0].fillna(-np.inf).sort_values().index)
    colour = view.colour(view.country)
    for ax, code in zip(axes, table.columns, strict=True):
        others = table.loc[~table.index.isin(units), code].dropna()
        ax.plot(
            others, np.full(len(others), -1.4), "o", color=REFERENCE, alpha=0.5, markersize=4,
            markeredgewidth=0,
        )  # fmt: skip
        for y, unit in enumerate(order):
            value, mine = inside.at[unit, code], unit == focus
            if np.isnan(value):
                ax.text(
                    0.5, y, view.say("no figure"), transform=ax.get_yaxis_transform(), ha="center",
                    va="center", size=7.5, color=QUIET,
                )  # fmt: skip
                continue
            ax.plot(
                value, y, view.marker(view.country), color=colour if mine else REFERENCE,
                markersize=9 if mine else 6,
            )  # fmt: skip
            if mine:
                told = view.fact("context", value, "number", unit=unit, code=str(code))
                ax.annotate(
                    f"{told}", (value, y), xytext=(8, 0), textcoords="offset points", va="center",
                    size=8, weight="bold", color=colour,
                )  # fmt: skip
        ax.axhline(-0.75, color=GRID)
        ax.set_ylim(-2, len(order) - 0.2)
        ax.margins(x=0.2)
        ax.set_title(fill(view.code(str(code)), 24), size=8.5)
        ax.set_xlabel(str(view.codebook.table.at[code, "unit"]), size=8)
        ax.xaxis.set_major_formatter(view.figure)
        if table[code].isna().all():
            ax.set_xticks([])
        ax.grid(axis="x")
        ax.spines["left"].set_visible(False)
    names = [view.unit(unit) for unit in order]
    name_rows(axes[0], names, bold=[unit == focus for unit in order])
    return chart
