"""Every indicator of some countries over the reference set: a figure of pages 20 and 30."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from innocap_analysis.pages.drawing.figure import Chart, styled
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.marks import draw_rows, make_key


@styled
def plot_indicators(view: IndexView, units: Sequence[str]) -> Chart:
    """Draw every indicator's scores: the reference set, its median and the given countries."""
    codes = view.codebook.leaves
    table = pd.concat([view.verdicts.of(u).loc[codes].reset_index() for u in units])
    told = []
    for unit in units:
        gaps = table.loc[table["unit"] == unit, "gap_to_median"]
        k = view.fact(
            "n_at_or_above_median", (gaps >= 0).sum() if gaps.count() else math.nan, "count",
            unit=unit, code=view.root, n=gaps.count(),
        )  # fmt: skip
        told.append(f"{view.unit(unit)} {k}")
    notes = [view.say("Higher is always better.")]
    if turned := [c for c in codes if view.codebook.table.at[c, "direction"] == -1]:
        notes.append(view.say("The raw figure is reversed for: {codes}.", codes=view.codes(turned)))
    for unit, own in table[table["score"].isna()].groupby("unit", sort=False)["code"]:
        told_of = {"unit": view.unit(str(unit)), "codes": view.codes(list(own))}
        notes.append(view.say("{unit} is not measured on: {codes}.", **told_of))
    notes.append(view.say("Published national indicators; sources in data/raw/datapackage.json."))
    chart, (ax,) = view.start_chart(
        view.say(
            "Number of the {n} indicators at or above the reference median: {told}",
            n=view.n_indicators,
            told=", ".join(told),
        ),
        view.say(
            "Scores of up to {n} reference countries, their median and the countries named "
            "below, from 0 (lowest goalpost) to 100 (highest).",
            n=view.n_members,
        ),
        data=table,
        height=7.8,
        key=make_key(units, view),
        note=" ".join([*notes, *view.tell_flags(units, codes)]),
    )
    rows: list[str] = []
    for dimension in view.dimensions:
        rows += [dimension, *view.codebook.leaves_of(dimension)]
    draw_rows(ax, view, rows, units, headings=view.dimensions)
    return chart
