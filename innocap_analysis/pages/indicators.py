"""Every indicator's scores over the reference set: a figure of pages 20 and 30."""

from __future__ import annotations

from collections.abc import Sequence

from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.marks import draw_rows, make_key
from innocap_analysis.present.figure import Chart, styled


@styled
def plot_indicators(view: IndexView, units: Sequence[str]) -> Chart:
    """Draw every indicator: the reference set, its median and the given countries."""
    leaves = view.codebook.leaves
    table = view.verdicts.table
    table = table[table["unit"].isin(units) & table["code"].isin(leaves)]
    ahead = (table["gap_to_median"] >= 0).groupby(table["unit"]).sum()
    told = ", ".join(
        f"{view.unit(u)} {view.fact('n_at_or_above_median', ahead[u], 'count', unit=u)}"
        for u in units
    )
    turned = [code for code in leaves if view.codebook.table.at[code, "direction"] == -1]
    chart, (ax,) = view.start_chart(
        view.say(
            "Number of the {n} indicators at or above the reference median: {told}",
            n=view.fact("n_indicators", len(leaves), "count", code=view.root),
            told=told,
        ),
        view.say(
            "Scores of up to {n} reference countries, their median and the countries named "
            "below, from 0 (lowest goalpost) to 100 (highest).",
            n=view.n_members,
        ),
        data=table,
        height=7.8,
        key=make_key(units, view),
        note=view.say(
            "Higher is always better: for {code} the raw figure is reversed. "
            "Published national indicators; sources in data/raw/datapackage.json.",
            code=view.codes(turned),
        ),
    )
    rows = [code for d in view.dimensions for code in (d, *view.codebook.leaves_of(d))]
    draw_rows(ax, view, rows, units, headings=view.dimensions)
    return chart
