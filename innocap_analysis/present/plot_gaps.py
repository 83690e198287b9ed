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
    for at, gap in zip(y, gaps, strict=True):
        ax.annotate(
            labels.number(gap, sign=True),
            (gap, at),
            xytext=(4 if gap >= 0 else -4, 0),
            textcoords="offset points",
            ha="left" if gap >= 0 else "right",
            va="center",
            size=8,
        )
    names = [
        f"{labels.code(c)} ({labels.code(p)})"
        for c, p in zip(table["code"], table["parent"], strict=True)
    ]
    ax.set_yticks(y, names)
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.axvline(0, color=INK, linewidth=1)
    ax.margins(x=0.16)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x")
    ax.set_xlabel(labels.say("Points from the reference median"))
    return chart
