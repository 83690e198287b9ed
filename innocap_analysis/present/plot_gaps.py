"""Figures of gaps: to the reference median, and between the partner countries."""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Patch

from innocap_analysis.compare.reference import compare_to_reference
from innocap_analysis.present.figure import (
    AHEAD,
    BEHIND,
    INK,
    Chart,
    start_chart,
    styled,
)
from innocap_analysis.present.labels import make_labels
from innocap_analysis.present.marks import draw_tiles, name_rows, write_beside
from innocap_analysis.score.capacity import CapacityData


@styled
def plot_gaps(capacity: CapacityData, unit: str, *, reference: str, language: str = "en") -> Chart:
    """Draw how far a country lies ahead of or behind the reference median, by indicator.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    unit : str
        Country code.
    reference : str
        Name of a reference set.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data are the rows of :func:`compare_to_reference`, widest lead first.
    """
    labels = make_labels(capacity, language)
    members = capacity.reference_units(reference)
    table = compare_to_reference(capacity.result, [unit], reference_units=members)
    table = table[table["code"].isin(capacity.codebook.leaves)].dropna(subset=["gap_to_median"])
    table = table.sort_values("gap_to_median", ascending=False, ignore_index=True)
    first, last = table.iloc[0], table.iloc[-1]
    chart, (ax,) = start_chart(
        labels.say(
            "{unit}: furthest from the reference median are {first} ({first_gap}) "
            "and {last} ({last_gap})",
            unit=labels.unit(unit),
            first=labels.code(first["code"]),
            first_gap=labels.number(first["gap_to_median"], sign=True),
            last=labels.code(last["code"]),
            last_gap=labels.number(last["gap_to_median"], sign=True),
        ),
        labels.say(
            "Score minus the median of up to {n} reference countries, in points.", n=len(members)
        ),
        data=table,
        height=5.2,
        note=labels.say("The dimension of each indicator stands in brackets."),
        key=[
            Patch(facecolor=AHEAD, label=labels.say("Ahead of the reference median")),
            Patch(
                facecolor=BEHIND,
                hatch="////",
                edgecolor="white",
                linewidth=0,
                label=labels.say("Behind it"),
            ),
        ],
    )
    gaps = table["gap_to_median"].to_numpy()
    y = np.arange(len(table))
    ahead = gaps >= 0
    ax.barh(y[ahead], gaps[ahead], color=AHEAD, height=0.68)
    ax.barh(
        y[~ahead],
        gaps[~ahead],
        color=BEHIND,
        height=0.68,
        hatch="////",
        edgecolor="white",
        linewidth=0,
    )
    told = [labels.number(gap, sign=True) for gap in gaps]
    for side, shift, align in ((ahead, 4, "left"), (~ahead, -4, "right")):
        some = [text for text, here in zip(told, side, strict=True) if here]
        write_beside(ax, gaps[side], y[side], some, (shift, 0), ha=align, va="center", size=8)
    name_rows(
        ax,
        [
            f"{labels.code(code)} ({labels.code(parent)})"
            for code, parent in zip(table["code"], table["parent"], strict=True)
        ],
    )
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.axvline(0, color=INK, linewidth=1)
    ax.margins(x=0.16)
    ax.grid(axis="x")
    ax.set_xlabel(labels.say("Points from the reference median"))
    return chart


@styled
def plot_heatmap(capacity: CapacityData, *, language: str = "en") -> Chart:
    """Draw the indicator scores of the partner countries as a table of colours.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data are units x indicators, long.
    """
    labels = make_labels(capacity, language)
    codes = capacity.codebook.leaves
    table = capacity.result.normalised.loc[capacity.countries, codes].T
    spread = table.max(axis=1) - table.min(axis=1)
    widest = str(spread.idxmax())
    data = table.rename_axis("code").reset_index().melt("code", var_name="unit", value_name="score")
    chart, (ax,) = start_chart(
        labels.say(
            "The four countries differ most on {code}: {low} to {high} points",
            code=labels.code(widest),
            low=labels.number(table.loc[widest].min(), decimals=0),
            high=labels.number(table.loc[widest].max(), decimals=0),
        ),
        labels.say("Indicator scores from 0 (lowest goalpost) to 100 (highest)."),
        data=data,
        height=6.0,
    )
    draw_tiles(ax, table.to_numpy(), 0, 100, lambda score: labels.number(score, decimals=0))
    ax.set_yticks(range(len(codes)), [labels.code(code) for code in codes])
    ax.set_xticks(range(len(capacity.countries)), [labels.unit(u) for u in capacity.countries])
    ax.xaxis.tick_top()
    row = -0.5
    for dimension in capacity.dimensions:
        count = len(capacity.codebook.leaves_of(dimension))
        if row > 0:
            ax.axhline(row, color="white", linewidth=5)
        ax.annotate(
            labels.code(dimension),
            (1.01, row + count / 2),
            xycoords=ax.get_yaxis_transform(),
            va="center",
            weight="bold",
        )
        row += count
    return chart
