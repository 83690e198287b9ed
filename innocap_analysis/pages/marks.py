"""Marks that several figures share: rows of scores over a reference set, and tiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import offset_copy

from innocap_analysis.pages.drawing.figure import GRID, INK, QUIET, REFERENCE
from innocap_analysis.pages.facts import FLAG_MARK
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.labels import Labels

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
    scored = [(y, code) for y, code in enumerate(rows) if code not in headings]
    codes = [code for _, code in scored]
    y = np.array([y for y, _ in scored], float)
    # One artist for all rows: each costs as much as what it draws.
    rails = np.column_stack([np.zeros(len(y)), np.full(len(y), 100.0), np.full(len(y), np.nan)])
    ax.plot(rails.ravel(), np.repeat(y, 3), color=GRID, linewidth=1, zorder=0)
    reference = scores.loc[list(members), codes].to_numpy().T
    ax.plot(
        reference.ravel(),
        np.repeat(y, len(members)),
        "o",
        color=REFERENCE,
        alpha=0.35,
        markersize=4.5,
        markeredgewidth=0,
    )
    medians = scores.loc[list(members), codes].median().to_numpy()
    # In points, so that it ends below the number of a unit at the median.
    ax.plot(medians, y, "|", color=INK, markersize=15, markeredgewidth=1.8)
    for unit, shift in zip(units, _spread(len(units)), strict=True):
        own = scores.reindex([unit])[codes].to_numpy()[0]
        ax.plot(
            own,
            y + shift,
            view.marker(unit),
            color=view.colour(unit),
            markersize=9 if len(units) == 1 else 7.5,
            markeredgecolor="white",
            markeredgewidth=0.8,
            zorder=3,
            clip_on=False,
        )
        if len(units) == 1:
            write_beside(
                ax,
                own,
                y,
                [
                    "" if np.isnan(score) else f"{view.stand(unit, code, 'score')}"
                    for code, score in zip(codes, own, strict=True)
                ],
                (0, 8),
                ha="center",
                va="bottom",
                size=8.5,
                weight="bold",
                color=view.colour(unit),
            )
    # A single unit's number carries its own mark.
    marked = {c for c in rows if len(units) > 1 and any(view.flag(u, c) for u in units)}
    name_rows(
        ax,
        [view.code(code) + (FLAG_MARK if code in marked else "") for code in rows],
        bold=[code in headings or code == capacity.root for code in rows],
    )
    ax.set_ylim(len(rows) - 0.4, -0.7)
    ax.set_xlim(-2, 102)
    ax.set_xlabel(view.say("Score"))


def write_beside(
    ax: Axes,
    x: Sequence[float] | np.ndarray,
    y: Sequence[float] | np.ndarray,
    texts: Sequence[str],
    shift: tuple[float, float],
    **style: Any,  # noqa: ANN401 - as Axes.text takes it
) -> None:
    """Write a text beside each point, so many points of print away."""
    place = offset_copy(ax.transData, ax.get_figure(root=True), *shift, units="points")
    for at, height, text in zip(x, y, texts, strict=True):
        if np.isfinite(at) and np.isfinite(height):
            ax.text(at, height, text, transform=place, **style)


def name_rows(
    ax: Axes,
    names: Sequence[str],
    *,
    bold: Sequence[bool] = (),
    size: float = 9,
    colours: Sequence[str] = (),
) -> None:
    """Write the names of rows 0, 1, … left of a panel, and leave out the axis there."""
    # Texts, because a tick of matplotlib is three lines and two texts.
    place = offset_copy(ax.get_yaxis_transform(), ax.get_figure(root=True), -3.5, 0, units="points")
    for row, name in enumerate(names):
        if name:
            ax.text(
                0,
                row,
                name,
                transform=place,
                ha="right",
                va="center_baseline",
                size=size,
                weight="bold" if bold and bold[row] else "normal",
                color=colours[row] if colours else INK,
            )
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def draw_tiles(
    ax: Axes,
    cells: np.ndarray,
    low: float,
    high: float,
    texts: Sequence[Sequence[str]],
    *,
    size: float = 9,
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
            size=size,
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


def make_dot(edge: str, face: str, label: str, *, size: float = 8, marker: str = "o") -> Line2D:
    """Return the key entry of a mark, a round one unless told otherwise."""
    return Line2D(
        [], [], marker=marker, linestyle="", markersize=size, color=edge, markerfacecolor=face,
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
