"""How figures moved between editions: indicators, and published indexes recomputed on one base."""

from __future__ import annotations

import pandas as pd

from innocap_analysis.index.panel import list_published, score_panel, tabulate_changes
from innocap_analysis.pages import marks, plots
from innocap_analysis.pages.drawing.figure import Chart, styled
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.texts import Prose, Table


def show_trends(view: IndexView, codes: list[str]) -> Chart | Prose:
    """Draw indicators with several editions; of another index the first that have several."""
    seen = view.capacity.prepared.observations
    if not set(codes) <= set(seen["code"]):
        own = seen[seen["unit"].isin(view.compared) & seen["code"].isin(view.codebook.leaves)]
        editions = own.groupby("code")["time"].nunique()
        codes = [code for code in view.codebook.leaves if editions.get(code, 0) > 1][: len(codes)]
    if not codes:
        return Prose(view.say("No indicator has figures of several years."))
    chart: Chart = plot_trends(view, codes)
    return chart


@styled
def plot_trends(view: IndexView, codes: list[str]) -> Chart:
    """Draw indicators with several editions for the partner countries, one panel each."""
    seen = view.capacity.prepared.observations
    data = seen[seen["code"].isin(codes) & seen["unit"].isin(view.marked)]
    if view.year is not None:
        data = data[data["time"] <= view.year]
    data = data[["code", "unit", "time", "value"]].reset_index(drop=True)
    told = [_tell_change(view, data[data["code"] == code], code) for code in codes]
    chart, axes = view.start_chart(
        view.say("Changed most: {told}", told=view.join(filter(None, told))),
        view.say(
            "Raw figures of each edition; methods changed between editions, so read levels with "
            "care."
        ),
        data=data,
        height=3.0,
        columns=len(codes),
        sharey=True,
        key=marks.mark_units(view.names(view.marked), view, linestyle="-", markersize=7),
    )
    for ax, code in zip(axes, codes, strict=True):
        own = data[data["code"] == code]
        plots.draw_lines(ax, view, own, "time", "value")
        ax.set_title(view.heading(code, 416 / len(codes), 10))
        editions = sorted(own["time"].unique())
        ax.set_xticks(editions, [str(year) for year in editions])
        ax.yaxis.set_major_formatter(view.tick(decimals=2))
        ax.grid(axis="y")
    axes[0].set_ylabel(view.measure(codes[0]))
    return chart


def _tell_change(view: IndexView, rows: pd.DataFrame, code: str) -> str:
    """Say who changed most on one indicator between the first and the last edition."""
    ordered = rows.sort_values("time").groupby("unit")
    change = (ordered["value"].last() - ordered["value"].first()).dropna()
    if change.empty:
        return ""
    unit = str(change.abs().idxmax())
    first, last = (
        view.fact(f"{end}_edition", ordered["time"].agg(end)[unit], "year", unit=unit, code=code)
        for end in ("first", "last")
    )
    return view.say(
        "{change.place} in {change.name} ({first} to {last}: {change})",
        first=first, last=last, change=view.fact("change", change[unit], "change", unit, code),
    )  # fmt: skip


def table_changes(view: IndexView) -> Table | Prose:
    """Show how the partner countries moved on published indexes, each recomputed on one base."""
    heads = {
        "first": (view.say("First edition"), view.say("Score then"), view.say("Rank then")),
        "last": (view.say("Last edition"), view.say("Score now"), view.say("Rank now")),
    }
    rows: list[dict[str, object]] = []
    for book in list_published(view.capacity):
        panel = score_panel(view.capacity.prepared.observations, book)
        of = panel.groupby(["code", "time"])["unit"].nunique()
        changes = tabulate_changes(panel, codes=book.indexes)
        for own in changes[changes["unit"].isin(view.shown)].to_dict("records"):
            unit, code = about = str(own["unit"]), str(own["code"])
            row: dict[str, object] = {view.say("Published index"): view.code(code)}
            row[view.say("Country")] = view.unit(unit)
            for end, (edition, score, place) in heads.items():
                time, name = own[f"{end}_time"], f"{end}_score"
                n = view.tally(f"n_{end}_edition", of[code, time], code)
                rank = view.fact(f"{end}_rank", own[f"{end}_rank"], "rank", *about)
                row[edition] = view.fact(f"{end}_edition", time, "year", *about)
                row[score] = view.fact(name, own[name], "number_3", *about)
                row[place] = view.say("{rank} of {n}", rank=rank, n=n)
            rows.append(row)
    if not rows:
        return Prose(view.say("No published index is recomputed here."))
    return view.table(rows)
