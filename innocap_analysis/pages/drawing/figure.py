"""One look for all figures, and their export with the data behind them."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ParamSpec, cast

import matplotlib as mpl
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from innocap_analysis import __version__
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import write_atomically, write_table
from innocap_analysis.pages.drawing.lettering import (
    FAMILY,
    LINE_SPACING,
    measure_height,
    measure_width,
    wrap_text,
)
from innocap_analysis.pages.drawing.medium import SCREEN, Medium
from innocap_analysis.pages.drawing.placing import OneRow
from innocap_analysis.pages.drawing.sheet import Sheet
from innocap_analysis.settings import LAB_FOLDER, Settings, load_settings

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
    # Grid-fitted letters help at screen size only, and cost more than all else in a figure.
    "text.hinting": "none",
    "svg.hashsalt": "innocap",
    "text.parse_math": False,  # a label with $ is a label
    "figure.facecolor": "white",
}


class Chart(Figure):
    """A matplotlib figure that carries its data and an alternative text.

    Notebooks show it as a PNG whose alternative text reaches the HTML report. It is made
    without pyplot, so nothing stays open and nothing is shown twice.
    """

    data: pd.DataFrame
    alt: str
    caption: str = ""  # the finding, how to read it, what to be careful about
    reading: str = ""  # without the finding
    medium: Medium = SCREEN
    edition: str = ""  # of the data that it shows
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

    @property
    def maker(self) -> str:
        """What the figure and its table were made with, and from which edition of the data."""
        return f"{MAKER}; data {self.edition}" if self.edition else MAKER

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
    """Run a plotting function under the project's style, whatever the user's own is."""

    @functools.wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Chart:
        with house_style():
            return draw(*args, **kwargs)

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
    rows = _count_key_rows([str(mark.get_label()) for mark in key], room, medium)
    bottom = foot + _KEY_HEIGHT * rows * (medium.size(_KEY_SIZE) / _KEY_SIZE)
    # Whole pixels, so that every renderer turns the picture upside down at the same line.
    total = math.ceil((top + height + bottom) * dpi) / dpi
    chart = Chart(figsize=(round(wide * dpi) / dpi, total), dpi=dpi)
    chart.medium = medium
    chart.set_layout_engine(OneRow(bottom / total, 1 - top / total, _EDGE))
    under = _MARGIN + measure_height(heading, head) + 0.04
    quiet = {"color": QUIET, "size": middle}
    for words, at, style in (
        (heading, 1 - _MARGIN / total, {"size": head, "weight": "bold"}),
        (below, 1 - under / total, quiet),
        (small, _MARGIN / 2 / total, quiet | {"size": least, "va": "bottom"}),
    ):
        if words:
            placed: dict[str, Any] = {"va": "top", "linespacing": LINE_SPACING} | style
            chart.text(_MARGIN / wide, at, words, **placed)
    if key:
        across = -(-len(key) // rows)
        # Matplotlib fills columns; a reader goes along the rows.
        along = [mark for first in range(across) for mark in key[first::across]]
        chart.legend(
            handles=along, loc="lower center", bbox_to_anchor=(0.5, foot / total), ncols=across,
            borderaxespad=0.2, columnspacing=1.4, handletextpad=0.4,
            fontsize=medium.size(_KEY_SIZE),
        ).set_in_layout(False)  # fmt: skip
    chart.data = data
    chart.alt = f"{_end_sentence(title)} {subtitle}"
    chart.reading = " ".join(filter(None, (subtitle, note)))
    chart.caption = f"{_end_sentence(title)} {chart.reading}"
    axes = list(chart.subplots(1, columns, squeeze=False, **subplots).flat)
    if medium is not SCREEN:
        for ax in axes:
            ax.tick_params(labelsize=medium.size(8.5))
            ax.xaxis.label.set_size(medium.size(9))
    return chart, axes


def _end_sentence(text: str) -> str:
    return text if not text or text.endswith((".", "!", "?", "…")) else f"{text}."


def _count_key_rows(texts: Sequence[str], room: float, medium: Medium) -> int:
    """Return in how many rows the key fits below the axes."""
    if not texts:
        return 0
    size = medium.size(_KEY_SIZE)
    widths = [measure_width(text, size) + _KEY_MARK * size / _KEY_SIZE for text in texts]
    for rows in range(1, len(texts)):
        columns = -(-len(texts) // rows)
        if sum(max(widths[first::columns]) for first in range(columns)) <= room:
            return rows
    return len(texts)


def save_figure(
    chart: Chart, name: str, *, folder: str, language: str = "en", settings: Settings | None = None
) -> Chart:
    """Save a figure as SVG and PNG, and the data behind it as CSV.

    Parameters
    ----------
    chart : Chart
        From one of the ``plot_*`` functions.
    name : str
        File name without ending, such as ``30_profile``.
    folder : str
        Folder below ``figures``: a region's code or ``comparison``.
    language : str
        Other languages than the default carry their code in the file name.
    settings : Settings, optional
        Default: found from the working directory.

    Returns
    -------
    Chart
        The same figure, so that a notebook cell can end with this call and show it.

    Raises
    ------
    InnocapError
        The folder cannot be written, or a name is no plain file name.

    Examples
    --------
    >>> from innocap_analysis import open_view
    >>> from innocap_analysis.pages import comparison
    >>> chart = comparison.plot_dimensions(open_view("40"))
    >>> save_figure(chart, "40_mine", folder="comparison")  # doctest: +SKIP
    """
    config = settings or load_settings()
    for part in (name, folder):
        if not part or Path(part).name != part or part.startswith("."):
            raise InnocapError(f"save_figure: {part!r} is no plain name for a file or folder")
    name += config.variant_suffix
    stem = name if language == config.default_language else f"{name}.{language}"
    # Exploring by hand never touches what is published.
    place = config.figures_dir / ("" if config.publishes else LAB_FOLDER) / folder
    write_atomically(place / f"{stem}.png", chart.to_png())
    write_atomically(place / f"{stem}.svg", chart.to_svg())
    write_table(place / f"{stem}.csv", chart.table)
    return chart
