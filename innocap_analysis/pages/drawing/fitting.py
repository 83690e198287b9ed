"""A figure fitted to its medium: letters of its size, rows and labels with the room they need."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.ticker import AutoLocator, FixedFormatter, MaxNLocator

from innocap_analysis.pages.drawing.lettering import LINE_SPACING, Ruler, wrap_text

if TYPE_CHECKING:
    from innocap_analysis.pages.drawing.figure import Chart

_FLAT = 0.8  # a figure is lower in a document than on a screen, letters against letters
_LINE = 1.24  # points that a line of a row's name takes, for each point of its letters
_GAP = 2.0  # points between rows, and between the labels of ticks
_LEAST_LABEL = 60.0  # points that the name of an axis may always take
_NOTHING = 0.01  # inches
_PASSES = 3
_NUMBER = re.compile(r"[\d\s.,%+−–<>-]*")


def fit_chart(chart: Chart) -> None:
    """Set the letters of a figure to those of its medium, and make room for them."""
    _size_letters(chart)
    for ax in chart.axes:
        for axis in (ax.xaxis, ax.yaxis):
            if isinstance(axis.get_major_locator(), AutoLocator):  # no steps of 2.5, rounded to 2
                axis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))
    height = _measure_panels(chart) * chart.medium.letters * _FLAT
    for _ in range(_PASSES):  # what one label takes changes the room of the next
        chart.set_panel_height(height)
        _place(chart)
        for ax in chart.axes:
            _wrap_names(chart, ax)
            _spread_ticks(chart, ax)
        _place(chart)
        needed = [_measure_need(chart, ax) for ax in chart.axes]
        have = [ax.get_position().height * float(chart.get_size_inches()[1]) for ax in chart.axes]
        if chart.stacked:
            least = max(needed) / 4  # so that a panel without rows of its own is seen
            chart.shares = [max(own, least) or 1.0 for own in needed]
            needed, have = [sum(needed)], [sum(have)]
        lacking = max(need - own for need, own in zip(needed, have, strict=True))
        if lacking < _NOTHING:
            break
        height += lacking
    chart.set_panel_height(height)


def _place(chart: Chart) -> None:
    engine: Any = chart.get_layout_engine()
    engine.execute(chart)


def _measure_panels(chart: Chart) -> float:
    return float(chart.get_size_inches()[1]) - chart.frame.top - chart.frame.bottom


def _size_letters(chart: Chart) -> None:
    size = chart.medium.size
    done = {id(text) for text, _ in chart.frame.texts}
    done |= {id(text) for legend in chart.legends for text in legend.findobj(Text)}
    for ax in chart.axes:
        for name, axis in (("x", ax.xaxis), ("y", ax.yaxis)):
            labels = axis.get_ticklabels()
            done |= {id(x) for tick in axis.get_major_ticks() for x in (tick.label1, tick.label2)}
            if labels:
                ax.tick_params(axis=name, labelsize=size(_read_size(labels[0])))  # type: ignore[arg-type]
    for text in chart.findobj(Text):
        if id(text) not in done and isinstance(text, Text):
            text.set_fontsize(size(_read_size(text)))


def _read_size(text: Text) -> float:
    return float(text.get_fontsize())


def _measure_need(chart: Chart, ax: Axes) -> float:
    """Return how many inches the rows of a panel need."""
    rows = chart.rows.get(ax)
    if rows is None:
        return 0.0
    low, high = ax.get_ylim()
    lines = max((sum(pair) / 2 for pair in pairwise((*rows.lines, *rows.lines[-1:]))), default=0)
    pitch = (lines * rows.size * _LINE + _GAP) if lines else 0.0
    return float(max(pitch * abs(high - low) / 72, rows.inches))


def _wrap_names(chart: Chart, ax: Axes) -> None:
    """Break the names of the axes so that they are no longer than these."""
    inches = chart.get_size_inches()
    for label, side, length in (
        (ax.xaxis.label, inches[0], ax.get_position().width),
        (ax.yaxis.label, inches[1], ax.get_position().height),
    ):
        text = label.get_text().replace("\n", " ")
        if text.strip():
            room = max(float(side) * length * 72, _LEAST_LABEL)
            label.set_text(wrap_text(text, room, _read_size(label)))
            label.set_linespacing(LINE_SPACING)


def _spread_ticks(chart: Chart, ax: Axes) -> None:
    """Leave out every other number along an axis, or turn its names, where they would meet."""
    axis: Any = ax.xaxis
    for _ in range(4):
        ruler = Ruler(chart)
        shown = [x for t in axis._update_ticks() for x in (t.label1, t.label2)
                 if x.get_visible() and x.get_text().strip()]  # fmt: skip
        boxes = sorted((x.get_window_extent(ruler) for x in shown), key=lambda box: box.x0)
        gap = _GAP * chart.dpi / 72
        if not any(b.x0 - a.x1 < gap for a, b in pairwise(boxes)):
            return
        texts = [x.get_text() for x in shown]
        if not all(_NUMBER.fullmatch(text) for text in texts):
            axis.set_tick_params(labelrotation=90)
            return
        places = axis.get_majorticklocs()[::2]
        if isinstance(axis.get_major_formatter(), FixedFormatter):
            ax.set_xticks(places, axis.get_major_formatter().seq[::2])
        else:
            ax.set_xticks(places)
