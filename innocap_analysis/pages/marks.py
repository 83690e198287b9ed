"""Marks that several figures share: rows of scores over a reference set, and tiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from innocap_analysis.pages.facts import FLAG_MARK
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.present.figure import GRID, INK, QUIET, REFERENCE
from innocap_analysis.present.labels import Labels

# One direction on every page: the darker, the more.
SHADES = colormaps["Blues"]
_DARK = 0.72


def draw_rows(
    ax: Axes,
    view: IndexView,
    rows: Sequence[str],
    units: Sequence[str],
    *,
    headings: Sequence[str] = (),
) -> None:
    """Draw one row per code: the reference set as dots, its median as a tick, units marked.

    A single unit is labelled with its score. `headings` are rows without scores; a unit that has
    no score in a row is not drawn there.
    """
    capacity, members = view.capacity, view.members
    scores = pd.concat([capacity.result.normalised, capacity.result.scores], axis=1)
    own = scores.reindex(units)
    for y, code in enumerate(rows):
        if code in headings:
            continue
        reference = scores.loc[list(members), code].dropna()
        ax.plot([0, 100], [y, y], color=GRID, linewidth=1, zorder=0)
        ax.plot(
            reference, np.full(len(reference), y), "o", color=REFERENCE, alpha=0.35,
            markersize=4.5, markeredgewidth=0,
        )  # fmt: skip
        # In points, so that it ends below the number of a unit at the median.
        ax.plot(reference.median(), y, "|", color=INK, markersize=15, markeredgewidth=1.8)
        for unit, shift in zip(units, _spread(len(units)), strict=True):
            score = own.at[unit, code]
            if np.isnan(score):
                continue
            ax.plot(
                score, y + shift, view.marker(unit), color=view.colour(unit),
                markersize=9 if len(units) == 1 else 7.5, markeredgecolor="white",
                markeredgewidth=0.8, zorder=3, clip_on=False,
            )  # fmt: skip
            if len(units) == 1:
                ax.annotate(
                    f"{view.stand(unit, code, 'score')}", (score, y), xytext=(0, 8),
                    textcoords="offset points", ha="center", va="bottom", size=8.5,
                    weight="bold", color=view.colour(unit),
                )  # fmt: skip
    # A single unit's number carries its own mark.
    marked = {c for c in rows if len(units) > 1 and any(view.flag(u, c) for u in units)}
    names = [view.code(code) + (FLAG_MARK if code in marked else "") for code in rows]
    ax.set_yticks(range(len(rows)), names)
    for tick, code in zip(ax.get_yticklabels(), rows, strict=True):
        if code in headings or code == capacity.root:
            tick.set_fontweight("bold")
    ax.set_ylim(len(rows) - 0.4, -0.7)
    ax.set_xlim(-2, 102)
    ax.set_xlabel(view.say("Score"))
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)


def draw_tiles(
    ax: Axes, cells: np.ndarray, low: float, high: float, texts: Sequence[Sequence[str]]
) -> None:
    """Draw a table of cells, the darker the more, with their texts; NaN is left white."""
    ax.imshow(cells, cmap=SHADES, vmin=low, vmax=high, aspect="auto")
    dark = low + _DARK * (high - low)
    for (row, column), value in np.ndenumerate(cells):
        ax.text(
            column,
            row,
            texts[row][column],
            ha="center",
            va="center",
            color="white" if value > dark else "black",
        )
    ax.set_xticks(np.arange(-0.5, cells.shape[1]), minor=True)
    ax.set_yticks(np.arange(-0.5, cells.shape[0]), minor=True)
    ax.grid(which="minor", color="white", linewidth=2)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)


def key_shades(light: str, dark: str, *, darkest: float = 1.0) -> list[Artist]:
    """Return the key of a table of cells: what the lightest and the darkest mean."""
    return [
        Patch(facecolor=SHADES(at), edgecolor=QUIET, linewidth=0.5, label=text)
        for at, text in ((0.0, light), (darkest, dark))
    ]


def _spread(count: int) -> np.ndarray:
    """Offsets that keep equal scores of several units from hiding each other."""
    return np.linspace(-0.18, 0.18, count) if count > 1 else np.zeros(1)


def make_dot(edge: str, face: str, label: str, *, size: float = 8) -> Line2D:
    """Return the key entry of a round mark."""
    return Line2D(
        [], [], marker="o", linestyle="", markersize=size, color=edge, markerfacecolor=face,
        label=label,
    )  # fmt: skip


def make_key(units: Sequence[str], labels: Labels) -> list[Artist]:
    """Return the key of a figure that marks units over a reference set."""
    return [
        *mark_units(units, labels),
        Line2D(
            [], [], marker="|", color=INK, linestyle="", markersize=11, markeredgewidth=1.8,
            label=labels.say("Reference median"),
        ),
        Line2D(
            [], [], marker="o", color=REFERENCE, alpha=0.6, linestyle="", markersize=5,
            label=labels.say("Reference country"),
        ),
    ]  # fmt: skip


def mark_units(units: Sequence[str], labels: Labels, *, line: bool = False) -> list[Artist]:
    """Return one key entry per unit, in its colour and marker."""
    return [
        Line2D(
            [], [], marker=labels.marker(unit), color=labels.colour(unit),
            linestyle="-" if line else "", markersize=7 if line else 8, label=labels.unit(unit),
        )
        for unit in units
    ]  # fmt: skip
