"""Lines, bars and tables of cells: what seaborn draws.

Pages about one place or country are made by the hundred and do without it: their points and bars
(`marks`) are plain matplotlib, because loading seaborn is a third of what a batch starts with.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import Colormap

from innocap_analysis.pages import marks
from innocap_analysis.pages.view import View


@contextlib.contextmanager
def _labelled(ax: Axes) -> Iterator[None]:
    """Keep the labels of the axes: seaborn looks up every tick before it names one itself."""
    labels = ax.get_xlabel(), ax.get_ylabel()
    ax.set(xlabel=" ", ylabel=" ")
    yield
    ax.set(xlabel=labels[0], ylabel=labels[1])


def draw_lines(ax: Axes, view: View, data: pd.DataFrame, x: str, y: str) -> None:
    """Draw a line with marks for each country."""
    units, partners = list(dict.fromkeys(data["unit"])), list(view.settings.countries)
    countries = partners if set(units) <= set(partners) else units
    with _labelled(ax):
        sns.lineplot(
            data, x=x, y=y, hue="unit", hue_order=countries, style="unit", dashes=False,
            estimator=None, legend=False, markersize=6, markeredgewidth=1, markeredgecolor=None,
            linewidth=1.5, ax=ax, **view.looks(countries),
        )  # fmt: skip


def draw_bars(
    ax: Axes, x: Iterable[float], y: Iterable[float], width: float, colours: str | np.ndarray
) -> None:
    """Draw a bar from nought at each height, in one colour or one each."""
    style: dict[str, Any] = {"color": colours}
    if not isinstance(colours, str):
        style = {"hue": colours, "palette": {colour: colour for colour in colours}}
    with _labelled(ax):
        sns.barplot(
            x=np.asarray(x), y=np.asarray(y), orient="y", native_scale=True, errorbar=None,
            saturation=1, width=width, linewidth=0, legend=False, ax=ax, **style,
        )  # fmt: skip


def draw_tiles(
    ax: Axes,
    cells: np.ndarray,
    low: float,
    high: float,
    texts: Sequence[Sequence[object]] = (),
    *,
    rows: Sequence[str] = (),
    columns: Sequence[str],
    shades: Colormap = marks.SHADES,
    text_size: float = 9,
    **style: Any,
) -> None:
    """Draw a table of cells, the darker the more, with their texts; NaN is left white."""
    with _labelled(ax):
        sns.heatmap(cells, vmin=low, vmax=high, cmap=shades, cbar=False, linewidths=2, ax=ax,
                    xticklabels=False, yticklabels=False)  # fmt: skip
    # Ours, because seaborn writes white digits on mid grey.
    dark = low + marks.DARK * (high - low)
    for (row, column), value in np.ndenumerate(cells) if texts else ():
        ax.text(column + 0.5, row + 0.5, f"{texts[row][column]}", ha="center", va="center",
                size=text_size, color="white" if value > dark else "black")  # fmt: skip
    marks.name_rows(ax, rows, first=0.5, **style)
    ax.set_xticks(np.arange(len(columns)) + 0.5, columns)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
