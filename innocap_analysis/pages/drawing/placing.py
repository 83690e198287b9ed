"""Where the panels of a figure stand: as large as their labels leave room for."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import LayoutEngine
from matplotlib.spines import Spine
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from innocap_analysis.pages.drawing.lettering import Ruler

_PASSES = 2  # what an axis has for ticks depends on how long it is
_NEAR = 1e-9
_PAD_WIDE, _PAD_TALL = 0.08, 0.04167  # inches around each panel
_NO_ROOM = (
    "the labels leave no room for the panels of a figure, which stay where they were: make it "
    "larger or its labels shorter"
)

# Of each axis: where its ticks were, and how far the box of its labels lay from the outer two;
# of each text, its box around the place where it is written.
_Known = dict[Any, tuple[tuple[float, ...], np.ndarray]]


class Panels(LayoutEngine):
    """Places panels side by side, their axes level and as wide as their ratios say, or stacked.

    They have the figure's height from `bottom` to `top`, labels included, and its width but for
    an `edge` at either side. matplotlib's own solver does the same for any grid; it takes as long
    as the drawing, and its last digit depends on addresses in memory.
    """

    _adjust_compatible = False
    _colorbar_gridspec = False

    def __init__(
        self, bottom: float, top: float, edge: float, *, stacked: bool = False,
        shares: Sequence[float] = (),
    ) -> None:  # fmt: skip
        super().__init__()
        self._stacked, self._shares = stacked, shares
        self._bottom, self._top, self._edge = bottom, top, edge

    def execute(self, fig: Figure) -> None:
        """Place the panels of a figure."""
        panels = [ax for ax in fig.axes if ax.get_subplotspec() is not None]
        if not panels:
            return
        for ax in panels:
            ax.get_xlim()  # has the limits follow the data, which texts are placed by
        ruler = Ruler(fig)
        for axis in _list_axes(panels):
            # Placing a name looks at every tick once more, even where there is no name.
            axis._autolabelpos = bool(axis.label.get_text())
        width, height = fig.bbox.size
        grid: Any = panels[0].get_gridspec()
        shares = np.array(grid.get_width_ratios()) / sum(grid.get_width_ratios())
        pads = np.array([_PAD_WIDE / width, _PAD_TALL / height] * 2) * fig.dpi
        margins = np.tile(pads, (len(panels), 1))  # left, below, right, above
        known: _Known = {}
        for measured in range(_PASSES + 1):
            if measured:
                # First how wide the panels are: along, ticks are known when that is.
                last = measured == _PASSES
                boxes = [_find_labels(ax, ruler, known, along=last) for ax in panels]
                margins = pads + boxes / np.array([width, height, width, height])
            left, below, right, above = margins.T
            if self._stacked:
                self._stack(panels, margins)
                continue
            low, high = self._bottom + below.max(), self._top - above.max()
            widths = (1 - 2 * self._edge - (left + right).sum()) * shares
            starts = self._edge + left + np.cumsum([0.0, *(left + widths + right)[:-1]])
            if low >= high or widths.min() <= 0:
                warnings.warn(_NO_ROOM, stacklevel=2)
                return
            for ax, start, wide in zip(panels, starts, widths, strict=True):
                ax.set_position(Bbox([[start, low], [start + wide, high]]))
                ax.set_in_layout(True)  # setting a position had taken it out

    def _stack(self, panels: list[Axes], margins: np.ndarray) -> None:
        """Place panels below each other, equally wide and as high as their shares say."""
        left, below, right, above = margins.T
        start, wide = self._edge + left.max(), 1 - 2 * self._edge - left.max() - right.max()
        shares = np.array(self._shares or [1.0] * len(panels))
        heights = (self._top - self._bottom - (below + above).sum()) * shares / shares.sum()
        if heights.min() <= 0 or wide <= 0:
            warnings.warn(_NO_ROOM, stacklevel=3)
            return
        upper = self._top
        for ax, under, over, high in zip(panels, below, above, heights, strict=True):
            upper -= over + high
            ax.set_position(Bbox([[start, upper], [start + wide, upper + high]]))
            ax.set_in_layout(True)
            upper -= under


def _list_axes(panels: list[Axes]) -> list[Any]:
    return [axis for ax in panels for axis in (ax.xaxis, ax.yaxis)]


def _measure_axis(axis: Any, ruler: Ruler, known: _Known) -> Bbox | None:
    """Return the box of an axis's labels, which move with its ends while the ticks are the same."""
    ax, at = axis.axes, tuple(axis.get_majorticklocs())
    if not at and not axis.label.get_text():
        return None
    to_scale = axis.get_transform().transform
    low, high = to_scale(np.array(axis.get_view_interval()))
    places = (to_scale(np.array(at, dtype=float)) - low) / (high - low)  # 0 to 1 along the axis
    shown = places[(places > -_NEAR) & (places < 1 + _NEAR)]
    i = 0 if axis.axis_name == "x" else 1
    ends = ax.bbox.get_points().copy()
    outer = np.array([shown.min(initial=1.0), shown.max(initial=0.0)])
    ends[:, i] = ends[0, i] + outer * (ends[1, i] - ends[0, i])
    if axis in known and known[axis][0] == at:
        return Bbox(known[axis][1] + ends)
    box: Bbox | None = axis.get_tightbbox(ruler, for_layout_only=True)
    if box is not None and not len(axis.get_minorticklocs()):
        beyond = box.get_points() - ends
        # Across, only what lies outside of the panel counts.
        beyond[:, 1 - i] = min(beyond[0, 1 - i], 0), max(beyond[1, 1 - i], 0)
        known[axis] = at, beyond
    return box


def _measure_mark(mark: Any, ruler: Ruler, known: _Known) -> Any:
    """Return the box of a mark; that of a text moves with the place where it is written."""
    if isinstance(mark, Annotation):  # places itself; its line is not looked at, which is inside
        mark.update_positions(ruler)
        return Text.get_window_extent(mark, ruler)
    if type(mark) is not Text:
        return mark.get_tightbbox(ruler)
    at = mark.get_transform().transform(mark.get_position())
    if mark not in known:
        known[mark] = (), mark.get_window_extent(ruler).get_points() - at
    return Bbox(known[mark][1] + at)


def _find_labels(ax: Axes, ruler: Ruler, known: _Known, *, along: bool) -> np.ndarray:
    """Return how far the labels of a panel reach out of it: left, below, right, above."""
    ax.apply_aspect()
    parts: Any = ax
    titles = [text for text in (parts.title, parts._left_title, parts._right_title)
              if text.get_text()]  # fmt: skip
    boxes: list[Bbox | None] = []
    if titles and along and ax.xaxis.get_ticks_position() != "bottom":
        boxes.append(ax.get_tightbbox(ruler, for_layout_only=True))  # a title makes way for ticks
    else:
        # As get_tightbbox does, without the spines: each looks up all ticks once more.
        if ax.axison:
            axes = (ax.xaxis, ax.yaxis) if along else (ax.yaxis,)
            boxes += [_measure_axis(axis, ruler, known) for axis in axes]
        boxes += [_flatten(text.get_window_extent(ruler)) for text in titles]
        marks = ax.get_default_bbox_extra_artists()
        boxes += [
            _measure_mark(mark, ruler, known) for mark in marks if not isinstance(mark, Spine)
        ]
    if ax.axison and len(ax.get_yticks()):
        length = ruler.points_to_pixels(ax.yaxis.get_tick_padding())
        boxes.append(Bbox([[ax.bbox.x0 - length, ax.bbox.y0], ax.bbox.p1]))  # ticks without labels
    seen = [box for box in boxes if box is not None and np.isfinite(box.get_points()).all()]
    inner, outer = ax.bbox, Bbox.union([ax.bbox, *(box for box in seen if box.width or box.height)])
    return np.array(
        [inner.x0 - outer.x0, inner.y0 - outer.y0, outer.x1 - inner.x1, outer.y1 - inner.y1]
    )


def _flatten(box: Bbox) -> Bbox:
    """Leave of a title only its height: a long one runs on over the next panel's margin."""
    middle = (box.x0 + box.x1) / 2
    return Bbox([[middle - 0.5, box.y0], [middle + 0.5, box.y1]])
