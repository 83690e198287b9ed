"""Where the names of dots stand in a figure with many of them: in free space, near their dot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from innocap_analysis.pages.drawing.lettering import LINE_SPACING, measure_width, wrap_text
from innocap_analysis.pages.drawing.medium import SCREEN, Medium

_FAR = (7.0, 14.0, 24.0, 36.0, 50.0, 68.0, 90.0, 120.0)  # points between a dot and its name
_DIRECTIONS, _STEPS = 12, 5
_REACH = 200.0  # points from a dot within which others are looked at
_DOT = 5.0  # about half the size of a dot, in points
_PAD = 1.5
_WIDEST = 0.7  # of a panel is taken by a line of a name
_COST_NAME, _COST_LINE, _COST_DOT, _COST_CROSSED = 100.0, 25.0, 30.0, 5.0
_COST_AWAY, _COST_OUT = 0.12, 1000.0
_LINE = "#666666"


def name_dots(
    ax: Axes, dots: pd.DataFrame, names: Mapping[str, str], sizes: Mapping[str, float],
    room: tuple[float, float], *, line: float, medium: Medium = SCREEN, **style: Any,
) -> list[Annotation]:  # fmt: skip
    """Name some of the dots of a panel with logarithmic axes, with a line to those far away.

    `dots` has a row for each by its code, and the columns of both axes; `room` is about the size
    of the panel in points, and a horizontal `line` is kept free as well. `sizes` are those of
    the letters on a screen; the medium makes its own of them.
    """
    ends = np.log10(np.array([ax.get_xlim(), ax.get_ylim()]))
    known = dots[(dots > 0).all(axis=1)]
    points = (np.log10(known) - ends[:, 0]) / (ends[:, 1] - ends[:, 0]) * np.array(room)
    own = [code for code in names if code in known.index]
    drawn = {code: medium.size(sizes[code]) for code in own}
    texts = {code: wrap_text(names[code], _WIDEST * room[0], drawn[code]) for code in own}
    wide = [_measure(texts[code], drawn[code]) for code in own]
    level = (np.log10(line) - ends[1, 0]) / (ends[1, 1] - ends[1, 0]) * room[1]
    across = np.column_stack(
        [np.arange(0, room[0], 20), np.full(int(np.ceil(room[0] / 20)), level)]
    )
    taken = np.vstack([points.to_numpy(), across])
    shifts = spread_names(points.loc[own].to_numpy(), wide, taken, np.array(room))
    return [
        ax.annotate(
            texts[code],
            tuple(dots.loc[code]),
            xytext=shift,
            textcoords="offset points",
            size=sizes[code],
            ha="center",
            va="center",
            linespacing=LINE_SPACING,
            **style,
            arrowprops={"arrowstyle": "-", "color": _LINE, "linewidth": 0.7, "shrinkB": 3},
        )
        for code, shift in zip(own, shifts, strict=True)
    ]


def _measure(text: str, size: float) -> tuple[float, float]:
    lines = text.split("\n")
    return max(measure_width(line, size, bold=True) for line in lines), 1.2 * size * len(lines)


def spread_names(
    spots: np.ndarray, sizes: Sequence[tuple[float, float]], dots: np.ndarray, room: np.ndarray
) -> list[tuple[float, float]]:
    """Return where the middle of each name stands from its spot, all in points.

    The first is placed first; a name rather stands away from its dot than on another name, a
    dot, or a line that leads to a name. `room` is the width and height of the panel.
    """
    angles = np.linspace(0, 2 * np.pi, _DIRECTIONS, endpoint=False)
    ways = np.tile(np.column_stack([np.cos(angles), np.sin(angles)]), (len(_FAR), 1))
    far = np.repeat(_FAR, _DIRECTIONS)
    along = np.linspace(0.3, 1, _STEPS)[:, None]
    boxes, leads = np.empty((0, 4)), np.empty((0, 2))  # what is taken by names, and leads to them
    found = []
    for spot, size in zip(spots, sizes, strict=True):
        half = np.array(size) / 2 + _PAD
        edge = np.min(half / np.maximum(abs(ways), 1e-9), axis=1)  # from the middle of a name
        at = spot + ways * (edge + far)[:, None]
        box = np.hstack([at - half, at + half])
        lead = spot + along * (ways * far[:, None])[:, None]  # places, steps, 2
        near = dots[np.hypot(*(dots - spot).T) < _REACH]
        x, y = (lead[..., i, None] - near[:, i] for i in (0, 1))
        crossed = (x * x + y * y).min(axis=1) < _DOT**2
        others = np.hypot(*(near - spot).T) > 2 * _DOT
        cost = (
            _COST_DOT * _hold(box, near, _DOT).sum(axis=1)
            + _COST_CROSSED * (crossed & others).sum(axis=1)
            + _COST_LINE * _hold(box, leads).sum(axis=1) / _STEPS
            + _COST_NAME * _meet(box, boxes).sum(axis=1)
            + _COST_LINE
            * (_hold(boxes, lead.reshape(-1, 2)).reshape(len(boxes), *lead.shape[:2]))
            .any(axis=2)
            .sum(axis=0)
            + _COST_AWAY * far
            + _COST_OUT * ((box[:, :2] < 0).any(axis=1) | (box[:, 2:] > room).any(axis=1))
        )
        best = int(np.argmin(cost))
        boxes, leads = np.vstack([boxes, box[best]]), np.vstack([leads, lead[best]])
        found.append((float(at[best, 0] - spot[0]), float(at[best, 1] - spot[1])))
    return found


def _hold(boxes: np.ndarray, points: np.ndarray, pad: float = 0.0) -> np.ndarray:
    """Return which of the points each box holds."""
    low, high = boxes[:, None, :2] - pad, boxes[:, None, 2:] + pad
    return np.asarray(((points > low) & (points < high)).all(axis=2))


def _meet(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return which of the other boxes each box meets."""
    inside = (boxes[:, None, :2] < others[:, 2:]) & (others[:, :2] < boxes[:, None, 2:])
    return np.asarray(inside.all(axis=2))
