"""Marks that several figures share: rows of scores over a reference set, and tiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from innocap_analysis.present.figure import (
    GRID,
    INK,
    REFERENCE,
)
from innocap_analysis.present.labels import Labels
from innocap_analysis.score.capacity import CapacityData


def draw_rows(
    ax: Axes,
    capacity: CapacityData,
    rows: Sequence[str | None],
    units: Sequence[str],
    members: Sequence[str],
    labels: Labels,
    *,
    headings: Sequence[str] = (),
) -> None:
    """Draw one row per code: the reference set as dots, its median as a tick, units marked.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    capacity : CapacityData
        The project's data.
    rows : sequence of str
        Codes from top to bottom.
    units : sequence of str
        Units to mark; a single one is labelled with its score.
    members : sequence of str
        Units of the reference set.
    labels : Labels
        Names, colours and number format.
    headings : sequence of str
        Codes among the rows that are headings without scores.
    """
    scores = pd.concat([capacity.result.normalised, capacity.result.scores], axis=1)
    for y, code in enumerate(rows):
        if code is None or code in headings:
            continue
        reference = scores.loc[list(members), code].dropna()
        ax.plot([0, 100], [y, y], color=GRID, linewidth=1, zorder=0)
        ax.plot(
            reference,
            np.full(len(reference), y),
            "o",
            color=REFERENCE,
            alpha=0.35,
            markersize=4.5,
            markeredgewidth=0,
        )
        # In points, so that it ends below the number of a unit at the median.
        ax.plot(reference.median(), y, "|", color=INK, markersize=15, markeredgewidth=1.8)
        for unit, shift in zip(units, _spread(len(units)), strict=True):
            score = scores.at[unit, code]
            ax.plot(
                score,
                y + shift,
                labels.marker(unit),
                color=labels.colour(unit),
                markersize=9 if len(units) == 1 else 7.5,
                markeredgecolor="white",
                markeredgewidth=0.8,
                zorder=3,
                clip_on=False,
            )
            if len(units) == 1:
                ax.annotate(
                    labels.number(score),
                    (score, y),
                    xytext=(0, 8),
                    textcoords="offset points",
                    ha="center",
                    va="bottom",
                    size=8.5,
                    weight="bold",
                    color=labels.colour(unit),
                )
    ax.set_yticks(range(len(rows)), [labels.code(code) if code else "" for code in rows])
    for tick, code in zip(ax.get_yticklabels(), rows, strict=True):
        if code in headings or code == capacity.root:
            tick.set_fontweight("bold")
    ax.set_ylim(len(rows) - 0.4, -0.7)
    ax.set_xlim(-2, 102)
    ax.set_xlabel(labels.say("Score"))
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)


def _spread(count: int) -> np.ndarray:
    """Offsets that keep equal scores of several units from hiding each other."""
    return np.linspace(-0.18, 0.18, count) if count > 1 else np.zeros(1)


def make_key(units: Sequence[str], labels: Labels) -> list[Artist]:
    """Return the key of a figure that marks units over a reference set."""
    return [
        *mark_units(units, labels),
        Line2D(
            [],
            [],
            marker="|",
            color=INK,
            linestyle="",
            markersize=11,
            markeredgewidth=1.8,
            label=labels.say("Reference median"),
        ),
        Line2D(
            [],
            [],
            marker="o",
            color=REFERENCE,
            alpha=0.6,
            linestyle="",
            markersize=5,
            label=labels.say("Reference country"),
        ),
    ]


def mark_units(units: Sequence[str], labels: Labels) -> list[Artist]:
    """Return one key entry per unit, in its colour and marker."""
    return [
        Line2D(
            [],
            [],
            marker=labels.marker(unit),
            color=labels.colour(unit),
            linestyle="",
            markersize=8,
            label=labels.unit(unit),
        )
        for unit in units
    ]
