"""Page 40: how the partner countries compare."""

from __future__ import annotations

import pandas as pd

from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.panel import score_panel, tabulate_changes
from innocap_analysis.pages import marks
from innocap_analysis.pages.drawing.figure import INK, Chart, styled
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.indicators import draw_rows, make_key
from innocap_analysis.pages.order import tell_order_changes, tell_rank
from innocap_analysis.pages.texts import Prose, Table
from innocap_analysis.reads import list_files


@styled
def plot_dimensions(view: IndexView) -> Chart:
    """Draw index and dimensions of the partner countries over the reference set."""
    table = view.verdicts.table
    table = table[table["unit"].isin(view.measured) & table["code"].isin(view.nodes)]
    scores = view.scores.loc[view.measured, view.dimensions].dropna(axis=1, how="all")
    ends = {}
    for end, units in (("highest", scores.idxmax()), ("lowest", scores.idxmin())):
        led = {unit: list(units.index[units == unit]) for unit in view.measured}
        named = [f"{view.unit(unit)} ({view.codes(own)})" for unit, own in led.items() if own]
        ends[end] = view.join(named)
    chart, (ax,) = view.start_chart(
        view.say("Highest score: {highest}. Lowest: {lowest}.", **ends),
        view.say(
            "Scores of the partner countries over {n_members} reference countries, from 0 (lowest "
            "goalpost) to 100 (highest)."
        ),
        data=table,
        height=view.medium.tall(3.2, round(2.3 * len(view.nodes))),
        key=make_key(view.measured, view),
        note=view.say(
            "Differences between so few countries come without p-values: each is its own case."
        ),
    )
    draw_rows(ax, view, view.nodes, view.measured)
    return chart


@styled
def plot_ranking(view: IndexView) -> Chart:
    """Draw the index of every reference country with its interval over the runs."""
    data = view.everyone
    own = data["unit"].isin(view.countries)
    ranks = {unit: view.stand_in_ranking(unit) for unit in data["unit"]}
    told = [f"{view.unit(unit)} {ranks[unit]:interval}" for unit in data["unit"][own]]
    chart, (ax,) = view.start_chart(
        view.say(
            "Rank among {n} countries, with its interval: {told}",
            n=view.tally("n_ranked", len(data), view.root), told=", ".join(told),
        ),
        view.say(
            "Index score; the line holds {level} of {n_runs} runs with other weights, one "
            "indicator left out, or a geometric mean."
        ),
        data=data,
        height=0.19 * len(data) + 0.6,
        note=tell_order_changes(view),
    )  # fmt: skip
    names = [f"{rank}  {view.unit(unit)}" for unit, rank in ranks.items()]
    colours = [view.colour(unit) if unit in view.countries else INK for unit in data["unit"]]
    marks.frame_rows(ax, names, bold=list(own), size=8, colours=colours, label=view.say("Score"))
    marks.draw_points(
        ax, data.assign(y=data.index), "score", looks=view.looks(data["unit"]), edge="white",
        size=own.map({True: 8, False: 4.5}), ends=("low", "high"),
        linewidth=own.map({True: 2.2, False: 1.4}),
    )  # fmt: skip
    return chart


@styled
def plot_heatmap(view: IndexView) -> Chart:
    """Draw the indicator scores of the partner countries as a table of colours."""
    codes, units = view.codebook.leaves, view.countries
    table = view.capacity.result.normalised.reindex(units)[codes].T
    widest = str((table.max(axis=1) - table.min(axis=1)).idxmax())
    ends = table.loc[widest].idxmin(), table.loc[widest].idxmax()
    low, high = (view.stand(str(unit), widest, "score") for unit in ends)
    data = table.rename_axis("code").reset_index().melt("code", var_name="unit", value_name="score")
    chart, (ax,) = view.start_chart(
        view.say(
            "The countries differ most on {low.name}: {low} ({low.place}) to {high} ({high.place}) "
            "points",
            low=low, high=high,
        ),
        view.say("Indicator scores from 0 (lowest goalpost) to 100 (highest)."),
        data=data,
        height=6.0,
        key=marks.key_shades(view.say("Lowest goalpost"), view.say("Highest goalpost")),
        note=" ".join(view.tell_flags(units, codes)),
    )  # fmt: skip
    texts = [[view.stand(unit, code, "score") for unit in units] for code in codes]
    marks.draw_tiles(
        ax, table.to_numpy(), 0, 100, texts, rows=[*map(view.code, codes)],
        columns=[*map(view.unit, units)],
    )  # fmt: skip
    groups = {view.code(d): len(view.codebook.leaves_of(d)) for d in view.dimensions}
    ax.hlines(marks.name_groups(ax, groups, 0)[:-1], 0, len(units), color="white", linewidth=5)
    return chart


@styled
def plot_trends(view: IndexView, codes: list[str]) -> Chart:
    """Draw indicators with several editions for the partner countries, one panel each."""
    seen = view.capacity.prepared.observations
    data = seen[seen["code"].isin(codes) & seen["unit"].isin(view.countries)]
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
        key=marks.mark_units(view.names(view.countries), view, linestyle="-", markersize=7),
    )
    for ax, code in zip(axes, codes, strict=True):
        own = data[data["code"] == code]
        marks.draw_lines(ax, view, own, "time", "value")
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


def table_scores(view: IndexView, *, ranks: bool = True) -> Table:
    """Show index and dimension scores; no rank without its interval."""
    columns = {
        view.say("Dimension"): lambda at: view.code(at[1]),
        view.say("Country"): lambda at: view.unit(at[0]),
        view.say("Score"): view.column("score"),
        view.say("From the median"): view.column("gap"),
        view.say("From the best"): view.column("gap_to_best"),
        view.say("Verdict"): lambda at: view.tell_verdict(*at),
    }
    if ranks:
        columns[view.say("Rank")] = view.column("rank", interval=True)
        columns[view.say("of countries")] = view.column("n_reference")
    return view.table([(unit, code) for code in view.nodes for unit in view.countries], columns)


def read_examples(view: IndexView) -> list[Codebook]:
    """Return the codebooks of published indexes whose figures are in the data."""
    known = set(view.capacity.prepared.observations["code"])
    folder = view.settings.codebook_path.parent / "examples"
    books = [read_codebook(path) for path in list_files(folder, "*.csv")]
    return [book for book in books if book.indexes[0] in known]


def table_changes(view: IndexView) -> Table:
    """Show how the partner countries moved on published indexes, each recomputed on one base."""
    heads = {
        "first": (view.say("First edition"), view.say("Score then"), view.say("Rank then")),
        "last": (view.say("Last edition"), view.say("Score now"), view.say("Rank now")),
    }
    rows: list[dict[str, object]] = []
    for book in read_examples(view):
        panel = score_panel(view.capacity.prepared.observations, book)
        of = panel.groupby(["code", "time"])["unit"].nunique()
        changes = tabulate_changes(panel, codes=book.indexes)
        for own in changes[changes["unit"].isin(view.countries)].to_dict("records"):
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
    return view.table(rows)


def write_findings(view: IndexView) -> Prose:
    """Write how the partner countries compare, each rank with how sure it is."""
    told = [
        view.say(
            "{unit}: {score} of 100; {rank}, first in {first}.", unit, view.root,
            rank=tell_rank(view, unit), first=view.stand_among(unit, "first"),
        )
        for unit in view.order_measured()
    ]  # fmt: skip
    told.append(tell_order_changes(view))
    for code in view.dimensions:
        column = view.scores[code].reindex(view.countries).dropna()
        if column.empty:
            told.append(view.say("{dimension}: not measured.", dimension=view.code(code)))
            continue
        ends = str(column.idxmin()), str(column.idxmax())
        low, high = (view.stand(unit, code, "score") for unit in ends)
        text = view.say(
            "{low.name}: from {low} ({low.place}) to {high} ({high.place}).", low=low, high=high
        )
        told.append(text)
    return view.write_list(told)
