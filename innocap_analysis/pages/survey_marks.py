"""Marks that figures of a survey share: values with intervals, a key of countries, questions."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from innocap_analysis.pages.drawing.figure import GRID
from innocap_analysis.pages.survey_view import SurveyView

QUESTION_WIDTH = 62


def fold(text: str, width: int = QUESTION_WIDTH) -> str:
    """Break a question into lines of about equal length, none longer than `width`."""
    lines = -(-len(text) // width)
    for even in range(-(-len(text) // lines), width + 1):
        folded = textwrap.wrap(text, even)
        if len(folded) <= lines:
            return "\n".join(folded)
    return textwrap.fill(text, width)


def draw_interval(
    ax: Axes, view: SurveyView, country: str, row: Mapping[Any, Any], y: float, *, of: str
) -> None:
    """Draw a value and its interval; without one the mark is hollow, a hidden value left out."""
    if pd.isna(row[of]):
        return
    colour = view.colour(country)
    sure = pd.notna(row["low"])
    if sure:
        ax.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=1.4, alpha=0.75)
    ax.plot(
        row[of], y, view.marker(country), color=colour, markersize=5.5,
        markerfacecolor=colour if sure else "white", clip_on=False, zorder=3,
    )  # fmt: skip


def make_country_key(view: SurveyView, names: Mapping[str, str]) -> list[Line2D]:
    """Return the key of country colours and markers."""
    return [
        Line2D([], [], marker=view.marker(c), color=view.colour(c), markersize=6, linewidth=1.4,
               label=name)
        for c, name in names.items()
    ]  # fmt: skip


def set_rows(ax: Axes, names: Sequence[str], *, size: float = 8, room: float = 0.5) -> None:
    """Name the rows of a figure, the first on top, without a line beside them."""
    ax.set_yticks(range(len(names)), names, size=size)
    ax.set_ylim(len(names) - room, -0.5)
    ax.grid(axis="x", color=GRID)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
