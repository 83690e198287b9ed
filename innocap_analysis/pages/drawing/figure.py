"""One look for all figures, and their export with the data behind them."""

from __future__ import annotations

import contextlib
import functools
import io
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ParamSpec, cast

import matplotlib as mpl
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from innocap_analysis import __version__
from innocap_analysis.pages.drawing.fitting import fit_chart
from innocap_analysis.pages.drawing.lettering import (
    FAMILY,
    LINE_SPACING,
    measure_height,
    measure_width,
    wrap_text,
)
from innocap_analysis.pages.drawing.medium import SCREEN, Medium
from innocap_analysis.pages.drawing.placing import Panels
from innocap_analysis.pages.drawing.sheet import Sheet

P = ParamSpec("P")

INK = "#222222"
QUIET = "#6B6B6B"
REFERENCE = "#9A9A9A"
GRID = "#E3E3E3"
# No country has these; 3:1 and more on white, apart for every reader (tests/test_drawing.py).
AHEAD = "#3A2A9C"
BEHIND = "#8F3A00"

WIDTH, PNG_DPI = SCREEN.width, SCREEN.dpi
MAKER = f"INNOCAP analysis {__version__}"
_SCREEN_DPI = 96
_TITLE_SIZE, _SUBTITLE_SIZE, _NOTE_SIZE = 12.5, 9.5, 8.0
_MARGIN = 0.12
_EDGE = 0.008
_KEY_HEIGHT = 0.3
_KEY_SIZE, _KEY_MARK = 8.5, 38.0
_KEY_LINE, _KEY_PAD = 1.75, 0.1
_STAMP_HEIGHT = 0.26

# Bytes that XML does not allow, of whatever a label holds.
_NO_XML = bytes({*range(32)} - {9, 10, 13})
STYLE: Any = {
    "font.family": FAMILY,
    "font.size": 9,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 9,
    "legend.frameon": False,
    "legend.fontsize": _KEY_SIZE,
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    # Grid-fitted letters help at screen size only, and cost more than all else in a figure.
    "text.hinting": "none",
    "svg.hashsalt": "innocap",
    "text.parse_math": False,  # a label with $ is a label
    "figure.facecolor": "white",
}


@dataclass
class Frame:
    """What stands around the panels: inches above, below the key, and below the panels.

    Texts are placed from the upper edge, or from the lower one by a negative number.
    """

    top: float
    foot: float
    bottom: float
    texts: list[tuple[Text, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Rows:
    """The named rows of a panel: lines of each name, and the least height that they need."""

    lines: tuple[int, ...] = ()
    size: float = 0.0  # points of the letters
    inches: float = 0.0


class Chart(Figure):
    """A matplotlib figure that carries its data and an alternative text.

    Notebooks show it as a PNG whose alternative text reaches the HTML report. It is made
    without pyplot, so nothing stays open and nothing is shown twice.
    """

    data: pd.DataFrame
    alt: str
    caption: str = ""  # the finding, how to read it, what to be careful about
    reading: str = ""  # without the finding
    shows: str = ""  # the column of its data that it draws, where that is not plain
    about: Sequence[str] = ()  # units whose values are told, where it shows very many
    medium: Medium = SCREEN
    frame: Frame
    rows: dict[Axes, Rows]
    redraw: Callable[[Medium], Chart] | None = None  # the same figure for another medium
    stacked: bool = False  # panels stand below each other
    shares: Sequence[float] = ()  # of their heights
    fitted: bool = False
    maker: str = MAKER  # what made it, and from which edition of the data
    _sheet: Sheet | None = None
    _png: bytes = b""

    def to_png(self) -> bytes:
        """Return the figure as a PNG with the alternative text inside.

        A figure that has not changed since it was last drawn is not drawn again: a
        notebook saves a figure and then shows it.
        """
        sheet = self._draw_once()
        if not self._png:
            self._png = sheet.to_png(Software=self.maker, Description=self.alt)
        return self._png

    def to_svg(self) -> bytes:
        """Return the figure as an SVG; the same figure gives the same bytes."""
        svg = self._draw_once().to_svg(self.alt, self.maker, self.caption)
        return svg.translate(None, _NO_XML)

    def to_pdf(self) -> bytes:
        """Return the figure as a PDF with text as text; the same figure gives the same bytes."""
        about = {"Title": self.alt.split("\n")[0], "Creator": self.maker, "Producer": MAKER,
                 "CreationDate": None}  # fmt: skip
        made = io.BytesIO()
        with house_style():
            self.savefig(made, format="pdf", metadata=about)
        return made.getvalue()

    def set_panel_height(self, height: float) -> None:
        """Give the panels so many inches, labels included; what stands around moves along."""
        frame, dpi = self.frame, self.medium.dpi
        # Whole pixels, so that every renderer turns the picture upside down at the same line.
        total = math.ceil((frame.top + height + frame.bottom) * dpi) / dpi
        self.set_size_inches(self.get_size_inches()[0], total)
        ends = frame.bottom / total, 1 - frame.top / total
        self.set_layout_engine(Panels(*ends, _EDGE, stacked=self.stacked, shares=self.shares))
        for text, inches in frame.texts:
            text.set_y(1 - inches / total if inches > 0 else -inches / total)
        for legend in self.legends:
            legend.set_bbox_to_anchor((0.5, frame.foot / total), self.transSubfigure)

    @property
    def table(self) -> pd.DataFrame:
        """The data as they are saved: each row says what made it from which edition."""
        return self.data.assign(made_with=self.maker)

    def _draw_once(self) -> Sheet:
        """Place the panels and draw, for both formats, unless nothing has changed."""
        if self._sheet is None or self.stale:
            self._sheet, self._png = Sheet(self, words=self.medium.words), b""
            with house_style():
                self.draw(self._sheet)
        return self._sheet

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, bytes | str], dict[str, Any]]:
        width, height = (round(side * _SCREEN_DPI) for side in self.get_size_inches())
        seen = {"width": width, "height": height, "alt": self.alt}
        return {"image/png": self.to_png(), "text/plain": self.alt}, {"image/png": seen}


@functools.cache
def _list_style() -> dict[str, Any]:
    """Return every setting of matplotlib as the figures have it."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        params: Any = mpl.rcParams
        return {key: params._get(key) for key in params if key != "backend"}


@contextlib.contextmanager
def house_style() -> Iterator[None]:
    """Set the project's style, whatever the user's own is, and put that back."""
    # As rc_context and rcdefaults do, which check 300 values for every figure.
    style, params = _list_style(), cast(dict[str, Any], mpl.rcParams)
    before = {key: value for key, value in dict.items(params) if key in style}
    dict.update(params, style)
    try:
        yield
    finally:
        dict.update(params, before)


def styled(draw: Callable[P, Chart]) -> Callable[P, Chart]:
    """Run a plotting function under the project's style, whatever the user's own is.

    A figure of a view knows how it is drawn again for another medium, and is fitted to its own.
    """

    @functools.wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Chart:
        with house_style():
            chart = draw(*args, **kwargs)
            view: Any = args[0] if args else None
            if not hasattr(view, "lay_out_for"):
                return chart

            def redraw(medium: Medium) -> Chart:
                return wrapper(view.lay_out_for(medium), *args[1:], **kwargs)  # type: ignore[arg-type]

            chart.redraw = redraw
            if chart.medium.name and not chart.fitted:
                fit_chart(chart)
                chart.fitted = True
                closer = chart.medium.shrink(float(chart.get_size_inches()[1]))
                if closer != chart.medium:
                    return redraw(closer)
        return chart

    return wrapper


def start_chart(
    title: str,
    subtitle: str,
    *,
    data: pd.DataFrame,
    height: float,
    note: str = "",
    key: Sequence[Artist] = (),
    columns: int = 1,
    medium: Medium = SCREEN,
    stamp: str = "",
    **subplots: Any,
) -> tuple[Chart, list[Axes]]:
    """Start a figure with its heading, and the space for it, in place."""
    wide, dpi = medium.width, medium.dpi
    room = (wide - 2 * _MARGIN) * 72
    head, middle, least = map(medium.size, (_TITLE_SIZE, _SUBTITLE_SIZE, _NOTE_SIZE))
    shown = (title, subtitle, note) if medium.titled else ("", "", "")
    heading = wrap_text(shown[0], room, head, bold=True)
    below, small = wrap_text(shown[1], room, middle), wrap_text(shown[2], room, least)
    tall = measure_height(heading, head) + measure_height(below, middle)
    top = _MARGIN + tall + 0.16 if medium.titled else _EDGE
    foot = (measure_height(small, least) + _MARGIN) if small else 0.06
    if medium.name and stamp:  # on a screen it stands in a corner that is free
        foot += _STAMP_HEIGHT
    rows, bottom = _lay_out_key(key, room, medium, foot)
    chart = Chart(figsize=(round(wide * dpi) / dpi, 1), dpi=dpi)
    chart.medium, chart.rows, chart.frame = medium, {}, Frame(top, foot, bottom)
    chart.stacked = medium.narrow and columns > 1
    under = _MARGIN + measure_height(heading, head) + 0.04
    quiet = {"color": QUIET, "size": middle}
    for words, at, style in (
        (heading, _MARGIN, {"size": head, "weight": "bold"}),
        (below, under, quiet),
        (small, -_MARGIN / 2, quiet | {"size": least, "va": "bottom"}),
    ):
        if words:
            placed: dict[str, Any] = {"va": "top", "linespacing": LINE_SPACING} | style
            chart.frame.texts.append((chart.text(_MARGIN / wide, 0, words, **placed), at))
    if key:
        across = -(-len(key) // rows)
        # Matplotlib fills columns; a reader goes along the rows.
        along = [mark for first in range(across) for mark in key[first::across]]
        chart.legend(
            handles=along, loc="lower center", ncols=across,
            borderaxespad=0.2, columnspacing=1.4, handletextpad=0.4,
            fontsize=medium.size(_KEY_SIZE),
        ).set_in_layout(False)  # fmt: skip
    if stamp:
        above = 0.08 if not medium.name else foot - _STAMP_HEIGHT + 0.06
        box = {"facecolor": BEHIND, "edgecolor": "none", "pad": 2.5}
        made = chart.text(1 - _MARGIN / wide, 0, stamp, ha="right", va="bottom", weight="bold",
                          size=medium.size(9), color="white", bbox=box)  # fmt: skip
        chart.frame.texts.append((made, -above))
    chart.set_panel_height(height * columns if chart.stacked else height)
    chart.data = data
    chart.alt = f"{_end_sentence(title)} {subtitle}"
    chart.reading = " ".join(filter(None, (subtitle, note)))
    chart.caption = f"{_end_sentence(title)} {chart.reading}"
    if chart.stacked:
        subplots.pop("width_ratios", None)
    shape = (columns, 1) if chart.stacked else (1, columns)
    return chart, list(chart.subplots(*shape, squeeze=False, **subplots).flat)


def _end_sentence(text: str) -> str:
    return text if not text or text.endswith((".", "!", "?", "…")) else f"{text}."


def _lay_out_key(
    key: Sequence[Artist], room: float, medium: Medium, foot: float
) -> tuple[int, float]:
    """Return in how many rows the key stands, and where the panels begin above it, in inches."""
    size = medium.size(_KEY_SIZE)
    mark = _KEY_MARK * size / _KEY_SIZE
    if medium.name:
        for entry in key:
            entry.set_label(wrap_text(str(entry.get_label()), room - mark, size))
    texts = [str(entry.get_label()) for entry in key]
    widths = [max(measure_width(x, size) for x in text.split("\n")) + mark for text in texts]
    rows = _count_key_rows(widths, room)
    if not medium.name:
        return rows, foot + _KEY_HEIGHT * rows
    lines = rows + sum(text.count("\n") for text in texts)
    return rows, foot + (_KEY_LINE * size * lines / 72 + _KEY_PAD if texts else 0.0)


def _count_key_rows(widths: Sequence[float], room: float) -> int:
    """Return in how many rows entries of these widths fit."""
    for rows in range(1, len(widths)):
        columns = -(-len(widths) // rows)
        if sum(max(widths[first::columns]) for first in range(columns)) <= room:
            return rows
    return len(widths)
