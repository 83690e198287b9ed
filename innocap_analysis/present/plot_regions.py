"""The regional context of a country."""

from __future__ import annotations

from textwrap import fill

import numpy as np

from innocap_analysis.present.figure import (
    GRID,
    QUIET,
    REFERENCE,
    Chart,
    start_chart,
    styled,
)
from innocap_analysis.present.labels import make_labels
from innocap_analysis.present.marks import name_rows
from innocap_analysis.score.capacity import CapacityData


@styled
def plot_regions(
    capacity: CapacityData, country: str, focus: str, *, language: str = "en"
) -> Chart:
    """Draw the regional context of a country, its partner region marked.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    country : str
        Country whose regions are drawn.
    focus : str
        Region to mark.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: `code`, `unit`, `value` (raw).
    """
    labels = make_labels(capacity, language)
    table = capacity.regional
    owner = capacity.region_countries
    units = [unit for unit in table.index if owner[unit] == country]
    units = units if focus in units else [*units, focus]  # a region without any figure
    inside = table.reindex(units)
    known = inside.loc[focus].dropna().index
    ahead = int((inside.loc[focus, known] >= inside[known].median()).sum())
    data = table.rename_axis("unit").reset_index().melt("unit", var_name="code").dropna()
    title = (
        labels.say(
            "{region}: at or above the median of the country’s regions on {ahead} of {n} context "
            "figures",
            region=labels.unit(focus),
            ahead=ahead,
            n=len(known),
        )
        if len(known)
        else labels.say("{region}: no context figures", region=labels.unit(focus))
    )
    chart, axes = start_chart(
        title,
        labels.say(
            "Figures about residents, not about public bodies: regional context, never scored."
        ),
        data=data[["code", "unit", "value"]].reset_index(drop=True),
        height=0.24 * len(units) + 1.1,
        columns=len(table.columns),
        sharey=True,
        note=labels.say(
            "The small dots below the line are the regions of the other partner countries."
        ),
    )
    order = list(inside.iloc[:, 0].fillna(-np.inf).sort_values().index)
    for ax, code in zip(axes, table.columns, strict=True):
        others = table.loc[[u for u in table.index if u not in units], code].dropna()
        ax.plot(
            others,
            np.full(len(others), -1.4),
            "o",
            color=REFERENCE,
            alpha=0.5,
            markersize=4,
            markeredgewidth=0,
        )
        for y, unit in enumerate(order):
            value = inside.at[unit, code]
            mine = unit == focus
            if np.isnan(value):
                ax.text(
                    0.5,
                    y,
                    labels.say("no figure"),
                    transform=ax.get_yaxis_transform(),
                    ha="center",
                    va="center",
                    size=7.5,
                    color=QUIET,
                )
                continue
            ax.plot(
                value,
                y,
                labels.marker(country),
                color=labels.colour(country) if mine else REFERENCE,
                markersize=9 if mine else 6,
            )
            if mine:
                ax.annotate(
                    labels.number(value),
                    (value, y),
                    xytext=(8, 0),
                    textcoords="offset points",
                    va="center",
                    size=8,
                    weight="bold",
                    color=labels.colour(country),
                )
        ax.axhline(-0.75, color=GRID)
        ax.set_ylim(-2, len(order) - 0.2)
        ax.margins(x=0.2)
        ax.set_title(fill(labels.code(code), 24), size=8.5)
        ax.set_xlabel(str(capacity.codebook.table.at[code, "unit"]), size=8)
        ax.xaxis.set_major_formatter(labels.figure)
        if table[code].isna().all():
            ax.set_xticks([])
        ax.grid(axis="x")
        ax.spines["left"].set_visible(False)
    name_rows(
        axes[0], [labels.unit(unit) for unit in order], bold=[unit == focus for unit in order]
    )
    return chart
