"""Where the names of dots stand in a figure with many of them: in free space, near their dot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from innocap_analysis.pages.drawing.lettering import measure_width

_NEAR, _FAR = 7.0, (7.0, 12.0, 20.0, 30.0, 42.0, 56.0, 72.0)  # points between a dot and its name
_DIRECTIONS = 16
_DOT = 5.0  # half the size of a dot, in points
_PAD = 1.5
_LINE = "#666666"
_COST_NAME, _COST_LINE, _COST_DOT, _COST_AWAY, _COST_OUT = 100.0, 25.0, 6.0, 0.12, 1000.0


def name_dots(
    ax: Axes, dots: pd.DataFrame, names: Mapping[str, str], sizes: Mapping[str, float],
    room: tuple[float, float], **style: Any,
) -> list[Annotation]:  # fmt: skip
    """Name some of the dots of a panel with logarithmic axes, with a line to those far away.

    `dots` has a row for each by its code, and the columns of both axes; `room` is about the size
    of the panel in points.
    """
    ends = np.log10(np.array([ax.get_xlim(), ax.get_ylim()]))
    known = dots[(dots > 0).all(axis=1)]
    points = (np.log10(known) - ends[:, 0]) / (ends[:, 1] - ends[:, 0]) * np.array(room)
    own = [code for code in names if code in known.index]
    wide = [(measure_width(names[code], sizes[code], bold=True), 1.2 * sizes[code]) for code in own]
    shifts = spread_names(points.loc[own].to_numpy(), wide, points.to_numpy(), np.array(room))
    return [
        ax.annotate(
            names[code],
            tuple(dots.loc[code]),
            xytext=shift,
            textcoords="offset points",
            size=sizes[code],
            ha="center",
            va="center",
            **style,
            arrowprops={"arrowstyle": "-", "color": _LINE, "linewidth": 0.7, "shrinkB": 3},
        )
        for code, shift in zip(own, shifts, strict=True)
    ]


def spread_names(
    spots: np.ndarray, sizes: Sequence[tuple[float, float]], dots: np.ndarray, room: np.ndarray
) -> list[tuple[float, float]]:
    """Return where the middle of each name stands from its spot, all in points.

    The first is placed first; a name rather stands away from its dot than on another name, a
    dot, or a line that leads to a name. `room` is the width and height of the panel.
    """
    taken: list[np.ndarray] = []  # boxes of names: left, below, right, above
    lines: list[np.ndarray] = []  # points along what leads to names
    found = []
    for spot, size in zip(spots, sizes, strict=True):
        half = np.array(size) / 2 + _PAD
        best, least = np.zeros(2), np.inf
        for far in _FAR:
            for angle in np.linspace(0, 2 * np.pi, _DIRECTIONS, endpoint=False):
                way = np.array([np.cos(angle), np.sin(angle)])
                reach = min(half / np.maximum(abs(way), 1e-9))  # from the middle to the edge
                middle = way * (reach + far)
                cost = _judge(spot + middle, half, dots, [*taken], lines, room)
                cost += _COST_AWAY * (far - _NEAR) + 0.3 * (way[0] < 0)
                lead = _lead(spot, middle, half)
                cost += _COST_LINE * sum(bool(_inside(lead, box).any()) for box in taken)
                if cost < least:
                    best, least = middle, cost
        at = spot + best
        taken.append(np.concatenate([at - half, at + half]))
        lines.append(_lead(spot, best, half))
        found.append((float(best[0]), float(best[1])))
    return found


def _lead(spot: np.ndarray, middle: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Return points on the line from a spot to the edge of its name."""
    length = max(float(np.hypot(*middle)), 1e-9)
    edge = length - min(half / np.maximum(abs(middle / length), 1e-9))
    line: np.ndarray = spot + np.linspace(0.3, 1, 6)[:, None] * middle * edge / length
    return line


def _inside(points: np.ndarray, box: np.ndarray, pad: float = 0.0) -> np.ndarray:
    inside: np.ndarray = np.all((points > box[:2] - pad) & (points < box[2:] + pad), axis=1)
    return inside


def _judge(
    at: np.ndarray, half: np.ndarray, dots: np.ndarray, taken: Sequence[np.ndarray],
    lines: Sequence[np.ndarray], room: np.ndarray,
) -> float:  # fmt: skip
    """Return how bad a place is: what a name there would hide."""
    box = np.concatenate([at - half, at + half])
    cost = _COST_DOT * float(_inside(dots, box, _DOT).sum())
    for other in taken:
        cost += _COST_NAME * bool(np.all(box[:2] < other[2:]) and np.all(other[:2] < box[2:]))
    cost += _COST_LINE * sum(bool(_inside(line, box).any()) for line in lines)
    return cost + _COST_OUT * bool(np.any(box[:2] < 0) or np.any(box[2:] > room))
