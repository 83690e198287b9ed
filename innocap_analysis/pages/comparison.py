"""Page 40: how the partner countries compare."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd

from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.panel import score_panel, tabulate_changes
from innocap_analysis.pages import marks, plots
from innocap_analysis.pages.drawing.figure import INK, QUIET, Chart, styled
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.indicators import draw_rows, make_key
from innocap_analysis.pages.order import tell_order_changes, tell_rank, tell_ranks
from innocap_analysis.pages.texts import Prose, Table
from innocap_analysis.reads import list_files

_MOST_ROWS = 50  # of a ranking, to be read on a screen and on a page


@styled
def plot_dimensions(view: IndexView) -> Chart:
    """Draw index and dimensions of the partner countries over the reference set."""
    table = view.verdicts.table
    table = table[table["unit"].isin(_list_marked(view)) & table["code"].isin(view.nodes)]
    told = _tell_ends(view)
    few = view.say(
        "Differences between so few countries come without p-values: each is its own case."
    )
    chart, (ax,) = view.start_chart(
        told[0],
        view.say(
            "Scores of the partner countries over {n_members} reference countries, from 0 (lowest "
            "goalpost) to 100 (highest)."
        ),
        data=table,
        height=3.2,
        key=make_key(_list_marked(view), view),
        note=" ".join([*(f"{text}." for text in told[1:]), few]),
    )
    draw_rows(ax, view, view.nodes, _list_marked(view))
    return chart


def _list_marked(view: IndexView) -> list[str]:
    return [unit for unit in view.marked if unit in view.measured]


def _tell_ends(view: IndexView) -> list[str]:
    """Say in which dimensions each partner country leads and is last, who leads most first."""
    scores = view.scores.loc[view.measured, view.dimensions].dropna(axis=1, how="all")
    first, last = scores.idxmax(), scores.idxmin()
    led, lost = ({u: list(own.index[own == u]) for u in view.measured} for own in (first, last))
    told = []
    for unit in sorted(view.measured, key=lambda u: (-len(led[u]), -len(lost[u]))):
        said = {"unit": view.unit(unit)}
        said |= {"led": view.join(map(view.code, led[unit]))}
        said |= {"lost": view.join(map(view.code, lost[unit]))}
        if led[unit] and lost[unit]:
            told.append(view.say("{unit:the} leads in {led:the} and is last in {lost:the}", **said))
        elif led[unit]:
            told.append(view.say("{unit:the} leads in {led:the}", **said))
        elif lost[unit]:
            told.append(view.say("{unit:the} is last in {lost:the}", **said))
    return [text[:1].upper() + text[1:] for text in told]


@styled
def plot_ranking(view: IndexView) -> Chart:
    """Draw the index of every reference country with its interval over the runs.

    Of very many units only the highest and the lowest have a row, and on a page about one itself
    and its peers.
    """
    data, note = _choose_rows(view)
    own = data["unit"].isin(view.marked if view.has_many else view.shown)
    ranks = {unit: view.stand_in_ranking(unit) for unit in data["unit"]}
    told = [f"{view.unit(unit)} {ranks[unit]:interval}" for unit in data["unit"][own]]
    chart, (ax,) = view.start_chart(
        view.say(
            "Rank among {n} countries, with its interval: {told}",
            n=view.tally("n_ranked", len(view.everyone), view.root), told=", ".join(told),
        ),
        view.say(
            "Index score; the line holds {level} of {n_runs} runs with other weights, one "
            "indicator left out, or a geometric mean."
        ),
        data=data,
        height=0.19 * len(data) + 0.6,
        note=note,
    )  # fmt: skip
    if len(data) < len(view.everyone) and view.place is None:
        ax.axhline(len(data) / 2 - 0.5, color=QUIET, linewidth=1, linestyle=":")
    names = [f"{rank}  {view.unit(unit)}" for unit, rank in ranks.items()]
    colours = [view.colour(u) if mine else INK for u, mine in zip(data["unit"], own, strict=True)]
    marks.frame_rows(ax, names, bold=list(own), size=8, colours=colours, room=0.5,
                     label=view.say("Score"))  # fmt: skip
    marks.draw_points(
        ax, data.assign(y=data.index), "score", looks=view.looks(data["unit"]), edge="white",
        size=own.map({True: 8, False: 4.5}), ends=("low", "high"),
        linewidth=own.map({True: 2.2, False: 1.4}),
    )  # fmt: skip
    return chart


def _choose_rows(view: IndexView) -> tuple[pd.DataFrame, str]:
    """Return whom the ranking has a row for, and what its note says."""
    data, most = view.everyone, _MOST_ROWS // 2
    if view.has_many and view.place is not None:
        near = data.index[data["unit"].isin(view.compared)]
        own = data.index[data["unit"] == view.about]
        if len(near) > _MOST_ROWS:  # those nearest in rank, where peers are nearly all
            at = list(near).index(own[0]) if len(own) else most
            start = min(max(at - most, 0), len(near) - _MOST_ROWS)
            near = near[start : start + _MOST_ROWS]
        return data.loc[near].reset_index(drop=True), tell_ranks(view)
    if view.has_many and len(data) > _MOST_ROWS:
        ends = pd.concat([data.iloc[:most], data.iloc[-most:]]).reset_index(drop=True)
        told = view.say(
            "Shown are the {most} highest and the {most} lowest.",
            most=view.tally("n_shown_ends", most),
        )
        return ends, f"{told} {tell_order_changes(view)}"
    return data, tell_order_changes(view)


@styled
def plot_heatmap(view: IndexView) -> Chart:
    """Draw the indicator scores of the partner countries as a table of colours."""
    codes, units = view.codebook.leaves, view.shown
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
        height=round(0.3 * len(codes) + 0.6, 2),
        key=marks.key_shades(view.say("Lowest goalpost"), view.say("Highest goalpost")),
        note=" ".join(view.tell_flags(units, codes)),
    )  # fmt: skip
    texts = [[view.stand(unit, code, "score") for unit in units] for code in codes]
    plots.draw_tiles(
        ax, table.to_numpy(), 0, 100, texts, rows=[*map(view.code, codes)],
        columns=[*map(view.unit, units)],
    )  # fmt: skip
    marks.tilt_columns(ax, len(units))
    groups = {view.code(d): len(view.codebook.leaves_of(d)) for d in view.dimensions}
    ax.hlines(marks.name_groups(ax, groups, 0)[:-1], 0, len(units), color="white", linewidth=5)
    return chart


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


def table_scores(view: IndexView, *, ranks: bool = True) -> Table:
    """Show index and dimension scores; no rank without its interval.

    Of an index with many units a row for each of them, the highest overall score first.
    """
    if view.has_many:
        return _table_units(view)
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
    return view.table([(unit, code) for code in view.nodes for unit in view.shown], columns)


def _table_units(view: IndexView) -> Table:
    """Show every unit of an index: rank with its interval, index and dimensions."""
    columns: dict[str, Callable[[str], object]] = {
        view.say("Rank"): lambda unit: f"{view.stand_in_ranking(unit):interval}",
        view.say("Country"): view.unit,
    }
    columns |= {view.code(code): partial(view.score, code=code) for code in view.nodes}
    n = view.tally("n_ranked", len(view.everyone), view.root)
    caption = view.say("Rank among {n} places; the brackets hold {level} of runs.", n=n)
    return view.table(view.everyone["unit"], columns, caption=caption)


def read_examples(view: IndexView) -> list[Codebook]:
    """Return the codebooks of published indexes whose figures are in the data."""
    known = set(view.capacity.prepared.observations["code"])
    folder = view.settings.codebook_path.parent / "examples"
    books = [read_codebook(path) for path in list_files(folder, "*.csv")]
    if view.has_many:  # they are of countries
        return []
    return [book for book in books if book.indexes[0] in known]


def table_changes(view: IndexView) -> Table | Prose:
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


def write_findings(view: IndexView) -> Prose:
    """Write how the partner countries compare, each rank with how sure it is."""
    told = [
        view.say(
            "{unit}: {score} of 100; {rank}, first in {first}.", unit, view.root,
            rank=tell_rank(view, unit), first=view.stand_among(unit, "first"),
        )
        for unit in view.order_measured()
        if unit in view.shown
    ]  # fmt: skip
    told.append(tell_order_changes(view))
    for code in view.dimensions:
        column = view.scores[code].reindex(view.compared).dropna()
        if column.empty:
            told.append(view.say("{dimension}: not measured.", dimension=view.code(code)))
            continue
        ends = str(column.idxmin()), str(column.idxmax())
        low, high = (view.score(unit, code) for unit in ends)
        text = view.say(
            "{low.name}: from {low} ({low.place}) to {high} ({high.place}).", low=low, high=high
        )
        told.append(text)
    return view.write_list(told)
