"""Marks that figures share: named rows, points with their intervals, bars, tiles and keys."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.transforms import offset_copy

from innocap_analysis.pages.drawing.figure import INK, QUIET, REFERENCE, Chart, Rows
from innocap_analysis.pages.drawing.lettering import measure_width, wrap_text
from innocap_analysis.pages.drawing.medium import SCREEN, Medium
from innocap_analysis.pages.view import View

# One direction on every page: the darker, the more.
SHADES = colormaps["Blues"]
DARK = 0.72
_MOST_LEVEL = 6  # columns whose names stand side by side
_TILT, _TILTED = 40, 8  # degrees and points of the names of more, or of longer ones
_GROUP_GAP = 6.0  # points between the names of groups of rows
_ACROSS = 330.0  # points that level names have together


def frame_rows(
    ax: Axes,
    names: Sequence[str],
    *,
    label: str = "",
    tick: Callable[[float, object], str] | None = None,
    grid: bool = True,
    **style: Any,
) -> None:
    """Name the rows 0, 1, … of a panel, the first on top, and label its scale."""
    name_rows(ax, names, **style)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlabel(label)
    ax.grid(visible=grid, axis="x")
    if tick:
        ax.xaxis.set_major_formatter(tick)


def name_rows(
    ax: Axes,
    names: Sequence[str],
    *,
    bold: Sequence[bool] = (),
    size: float = 9,
    colours: Sequence[str] = (),
    first: float = 0,
    pad: float = 3.5,
    room: float = 0.4,
) -> None:
    """Write the names of rows left of a panel, and leave out the axis there.

    In a document a name is broken where it takes more than its share of the width, `room`.
    """
    chart = ax.get_figure(root=True)
    dense: dict[str, Any] = {}
    if isinstance(chart, Chart) and chart.medium.name:
        medium, dense = chart.medium, {"linespacing": 1.0}
        wide, letters = medium.room(room), medium.size(size)
        names = [wrap_text(name.replace("\n", " "), wide, letters) for name in names]
        chart.rows[ax] = Rows(tuple(name.count("\n") + 1 for name in names), letters)
    # Texts, because a tick of matplotlib is three lines and two texts.
    place = offset_copy(ax.get_yaxis_transform(), ax.get_figure(root=True), -pad, units="points")
    for row, name in enumerate(names):
        if name:
            ax.text(
                0, row + first, name, transform=place, ha="right", va="center_baseline", size=size,
                weight="bold" if bold and bold[row] else "normal",
                color=colours[row] if colours else INK, **dense,
            )  # fmt: skip
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def write_beside(
    ax: Axes,
    x: Iterable[float],
    y: Iterable[float],
    texts: Iterable[object],
    shift: tuple[float, float],
    **style: Any,
) -> None:
    """Write a text beside each point, so many points of print away."""
    place = offset_copy(ax.transData, ax.get_figure(root=True), *shift, units="points")
    for at, height, text in zip(x, y, texts, strict=True):
        if np.isfinite(at) and np.isfinite(height):
            ax.text(at, height, f"{text}", transform=place, **style)


def name_groups(ax: Axes, names: Mapping[str, int], first: float = -0.5) -> list[float]:
    """Write the name of each group of rows right of a panel; return where each group ends."""
    ends = first + np.cumsum(list(names.values()))
    medium = _find_medium(ax)
    turn: dict[str, Any] = {"rotation": 270} if medium.narrow else {}
    pitch = 0.0  # points of a row beside which the name of its group fits
    for name, count, end in zip(names, names.values(), ends, strict=True):
        if medium.narrow:  # along the rows, each of which has two lines at least
            name = wrap_text(name, count * 2 * medium.size(9), medium.size(9), bold=True)
            long = max(measure_width(line, medium.size(9), bold=True) for line in name.split("\n"))
            pitch = max(pitch, (long + _GROUP_GAP) / count)
        ax.text(1.01, end - count / 2, name, transform=ax.get_yaxis_transform(), va="center",
                weight="bold", **turn)  # fmt: skip
    chart = ax.get_figure(root=True)
    if isinstance(chart, Chart) and ax in chart.rows:
        known = chart.rows[ax]
        inches = max(known.inches, pitch * sum(names.values()) / 72)
        chart.rows[ax] = replace(known, inches=inches)
    return list(ends)


def _find_medium(ax: Axes) -> Medium:
    chart = ax.get_figure(root=True)
    return chart.medium if isinstance(chart, Chart) else SCREEN


def is_first(ax: Axes) -> bool:
    """Whether a panel is one whose rows are named: the first of those side by side."""
    place = ax.get_subplotspec()
    return place is None or place.is_first_col()


def draw_dots(ax: Axes, x: np.ndarray, y: np.ndarray, *, size: float, alpha: float) -> None:
    """Draw what is not named, such as the reference set, as grey dots."""
    size *= _find_medium(ax).letters
    seen = np.isfinite(x) & np.isfinite(y)
    ax.scatter(x[seen], y[seen], color=REFERENCE, alpha=alpha, s=size**2, linewidth=0, zorder=2)


def draw_points(
    ax: Axes,
    data: pd.DataFrame,
    x: str,
    *,
    looks: Mapping[str, Any],
    by: str = "unit",
    size: float | pd.Series = 5.5,
    edge: str = "",
    ends: tuple[str, str] | None = None,
    hollow: bool = False,
    **line: Any,
) -> None:
    """Draw a mark for each row of a table at its height `y`, and a line between its `ends`.

    `looks` gives each value of the column `by` its colour and shape. A mark without ends is hollow.
    """
    data = data.dropna(subset=[x])
    if data.empty:
        return
    colours = data[by].map(looks["palette"]).to_numpy()
    filled = np.full(len(data), not hollow)
    if ends:
        filled = data[list(ends)].notna().all(axis=1).to_numpy()
        own = data[filled]
        line = {"colors": colours[filled], "linewidth": 1.4, "zorder": 2} | line
        ax.hlines(own["y"], own[ends[0]], own[ends[1]], **line)
    shapes = data[by].map(looks["markers"]).to_list()
    sizes = np.square(size if isinstance(size, float | int) else size.loc[data.index])
    sizes = sizes * _find_medium(ax).letters ** 2
    points = ax.scatter(
        data[x], data["y"], s=sizes, marker=shapes[0], color=colours[0], zorder=3,
        clip_on=False, linewidth=0.8 if edge else 1,
    )  # fmt: skip
    if len(set(shapes)) > 1:  # one path for all is drawn faster
        points.set_paths([_trace_mark(shape) for shape in shapes])
    faces = np.where(filled, colours, "white")
    points.set(facecolor=_unify(faces), edgecolor=edge or _unify(colours))


def _trace_mark(shape: str) -> Path:
    mark = MarkerStyle(shape)
    return mark.get_path().transformed(mark.get_transform())


def _unify(colours: np.ndarray) -> Any:
    """Return a colour that all share as one, which is drawn faster."""
    return colours[0] if (colours == colours[0]).all() else colours


def draw_intervals(
    ax: Axes, view: View, data: pd.DataFrame, x: str, *, by: str = "unit",
    size: float | pd.Series = 5.5,
) -> None:  # fmt: skip
    """Draw values with intervals; without one the mark is hollow, a hidden value is left out."""
    draw_points(ax, data, x, looks=view.looks(data[by]), by=by, ends=("low", "high"), hollow=True,
                alpha=0.75, size=size)  # fmt: skip


def draw_bars(
    ax: Axes, x: Iterable[float], y: Iterable[float], width: float, colours: str | np.ndarray
) -> None:
    """Draw a bar from nought at each height, in one colour or one each."""
    ends = np.asarray(x, float)
    seen = np.isfinite(ends)
    shades: Any = colours if isinstance(colours, str) else colours[seen]
    ax.barh(np.asarray(y, float)[seen], ends[seen], width, color=shades, linewidth=0)


def tilt_columns(ax: Axes, names: Sequence[str]) -> None:
    """Turn the names of columns where they cannot stand side by side."""
    if measure_tilted(names):
        for label in ax.get_xticklabels():
            label.set(rotation=_TILT, ha="left", rotation_mode="anchor", size=_TILTED)


def measure_tilted(names: Sequence[str]) -> float:
    """Return how many inches the names of columns rise, if they are turned."""
    widest = max((measure_width(name, _TILTED) for name in names), default=0.0)
    if len(names) <= _MOST_LEVEL and widest * len(names) < _ACROSS:
        return 0.0
    return widest * math.sin(math.radians(_TILT)) / 72


def spread_rows(units: Sequence[str], reach: float) -> dict[str, float]:
    """Return offsets that keep equal values of several units from hiding each other."""
    offsets = np.linspace(-reach, reach, len(units)) if len(units) > 1 else [0.0]
    return dict(zip(units, offsets, strict=True))


def make_mark(colour: str, label: str, marker: str = "o", **style: Any) -> Line2D:
    """Return the key entry of a mark."""
    how: dict[str, Any] = {"linestyle": "", "markersize": 8} | style
    return Line2D([], [], marker=marker, color=colour, label=label, **how)


def mark_units(names: Mapping[str, str], view: View, **style: Any) -> list[Artist]:
    """Return one key entry per unit, in its colour and marker."""
    return [make_mark(view.colour(u), name, view.marker(u), **style) for u, name in names.items()]


def key_shades(light: str, dark: str, *, darkest: float = 1.0) -> list[Artist]:
    """Return the key of a table of cells: what the lightest and the darkest mean."""
    return [
        Patch(facecolor=SHADES(at), edgecolor=QUIET, linewidth=0.5, label=text)
        for at, text in ((0.0, light), (darkest, dark))
    ]
