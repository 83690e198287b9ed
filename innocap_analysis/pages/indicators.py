"""Scores over the reference set, a row each: a mark of pages 20 to 40, and all indicators."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from innocap_analysis.pages import marks
from innocap_analysis.pages.drawing.figure import GRID, INK, QUIET, REFERENCE, Chart, styled
from innocap_analysis.pages.facts import FLAG_MARK
from innocap_analysis.pages.index_view import IndexView

_LINES = 2.9  # of a row whose mark has its number above it


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
    # A single unit's number carries its own mark.
    marked = {c for c in rows if len(units) > 1 and any(view.flag(u, c) for u in units)}
    names = [view.code(code) + (FLAG_MARK if code in marked else "") for code in rows]
    size = view.medium.size
    marks.frame_rows(
        ax, names, label=view.say("Score"), grid=False, tick=view.figure,
        bold=[code in headings or code == view.root for code in rows],
    )  # fmt: skip
    ax.set_ylim(len(rows) - 0.4, -0.7)
    single = len(units) == 1
    # The number of a single unit is as wide as its mark, and a name stands left of it.
    low, high = view.ends
    room = (high - low) / 100
    ax.set_xlim(low - (10 if single and view.medium.narrow else 2) * room, high + 2 * room)
    heights = {code: y for y, code in enumerate(rows) if code not in headings}
    reference = view.scores.loc[view.members, list(heights)]
    y = [*heights.values()]
    ax.hlines(y, low, high, color=GRID, linewidth=1, zorder=0)
    dots = reference.to_numpy().ravel("F"), np.repeat(y, len(reference))
    marks.draw_dots(ax, *dots, size=4.5, alpha=0.35)
    # In points, so that it ends below the number of a unit at the median.
    ax.plot(reference.median(), y, "|", color=INK, ms=size(15), mew=1.8)
    own = view.scores.reindex(units)[list(heights)].rename_axis("unit").reset_index()
    own = own.melt("unit", var_name="code", value_name="score")
    own["y"] = own["code"].map(heights) + own["unit"].map(marks.spread_rows(units, 0.18))
    marks.draw_points(
        ax, own, "score", looks=view.looks(units), size=9 if single else 7.5, edge="white"
    )
    if single:
        _make_room(ax, len(rows))
        lost = own.loc[own["score"].isna(), "y"]
        middle, told = (low + high) / 2, [view.say("not measured")] * len(lost)
        marks.write_beside(
            ax, [middle] * len(lost), lost, told, (0, size(8)),
            ha="center", va="bottom", size=8.5, color=QUIET,
        )  # fmt: skip
        own = own.dropna()
        texts = [view.stand(units[0], code, "score") for code in own["code"]]
        marks.write_beside(
            ax, own["score"], own["y"], texts, (0, size(8)), ha="center", va="bottom",
            size=8.5, weight="bold", color=view.colour(units[0]),
        )  # fmt: skip


def _make_room(ax: Axes, n: int) -> None:
    """Have the rows of a document so far apart that a number fits between them."""
    chart = ax.get_figure(root=True)
    if isinstance(chart, Chart) and ax in chart.rows:
        known = chart.rows[ax]
        chart.rows[ax] = replace(known, inches=_LINES * known.size * (n + 0.3) / 72)


def make_key(units: Sequence[str], view: IndexView) -> list[Artist]:
    """Return the key of a figure that marks units over a reference set."""
    median, country = view.say("Reference median"), view.say("Reference country")
    return [
        *marks.mark_units(view.names(units), view),
        marks.make_mark(INK, median, "|", markersize=11, markeredgewidth=1.8),
        marks.make_mark(REFERENCE, country, alpha=0.6, markersize=5),
    ]


@styled
def plot_indicators(view: IndexView, units: Sequence[str]) -> Chart:
    """Draw every indicator's scores: the reference set, its median and the given countries."""
    codes = view.codebook.leaves
    table = pd.concat([view.verdicts.of(u).loc[codes].reset_index() for u in units])
    told = []
    for unit in units:
        gaps = table.loc[table["unit"] == unit, "gap_to_median"]
        k = (gaps >= 0).sum() if gaps.count() else math.nan
        k = view.tally("n_at_or_above_median", k, view.root, unit=unit, n=gaps.count())
        told.append(k)
    notes = [view.say("Higher is always better.")]
    if turned := [c for c in codes if view.codebook.table.at[c, "direction"] == -1]:
        notes.append(view.say("The raw figure is reversed for: {codes}.", codes=view.codes(turned)))
    for unit, own in table[table["score"].isna()].groupby("unit", sort=False)["code"]:
        told_of = {"unit": view.unit(str(unit)), "codes": view.codes(own)}
        notes.append(view.say("{unit} is not measured on: {codes}.", **told_of))
    notes.append(view.say("Published national indicators; the sources are listed on page 10."))
    title = (
        view.say(
            "{unit}: {k} of the {n_indicators} indicators at or above the reference median",
            unit=view.unit(units[0]), k=told[0],
        )
        if len(units) == 1
        else view.say(
            "Number of the {n_indicators} indicators at or above the reference median: {told}",
            told=", ".join(f"{view.unit(u)} {k}" for u, k in zip(units, told, strict=True)),
        )
    )  # fmt: skip
    chart, (ax,) = view.start_chart(
        title,
        view.say(
            "Scores of up to {n_members} reference countries, their median and the countries named "
            "below, from 0 (lowest goalpost) to 100 (highest)."
        ),
        data=table,
        height=round(0.32 * (len(codes) + len(view.nodes) - 1) + 0.76, 2),
        key=make_key(units, view),
        note=" ".join([*notes, *view.tell_flags(units, codes)]),
    )
    headings = view.nodes[1:]
    rows = [] if headings else codes
    for dimension in headings:
        rows += [dimension, *view.codebook.leaves_of(dimension)]
    draw_rows(ax, view, rows, units, headings=headings)
    return chart
