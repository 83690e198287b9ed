"""Page 40: how the partner countries compare."""

from __future__ import annotations

from textwrap import fill

import pandas as pd

from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.panel import score_panel, tabulate_changes
from innocap_analysis.pages.drawing.figure import INK, Chart, styled
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.marks import (
    draw_rows,
    draw_tiles,
    key_shades,
    make_key,
    mark_units,
    name_rows,
)
from innocap_analysis.pages.order import tell_order_changes, tell_rank
from innocap_analysis.pages.prose import Prose
from innocap_analysis.pages.tables import Table
from innocap_analysis.reads import list_files


@styled
def plot_dimensions(view: IndexView) -> Chart:
    """Draw index and dimensions of the partner countries over the reference set."""
    units = view.measured
    table = view.verdicts.table
    table = table[table["unit"].isin(units) & table["code"].isin(view.nodes)]
    scores = table.pivot(index="unit", columns="code", values="score").loc[units]
    highest, lowest = (
        view.join(
            [
                f"{view.unit(unit)} ({view.codes(own)})"
                for unit in units
                if (own := [d for d in view.dimensions if unit == _pick(scores[d], end)])
            ]
        )
        for end in ("highest", "lowest")
    )
    chart, (ax,) = view.start_chart(
        view.say("Highest score: {highest}. Lowest: {lowest}.", highest=highest, lowest=lowest),
        view.say(
            "Scores of the partner countries over {n} reference countries, from 0 (lowest "
            "goalpost) to 100 (highest).",
            n=view.n_members,
        ),
        data=table,
        height=3.2,
        key=make_key(units, view),
        note=view.say(
            "Differences between so few countries come without p-values: each is its own case."
        ),
    )
    draw_rows(ax, view, view.nodes, units)
    return chart


def _pick(scores: pd.Series, end: str) -> str:
    known = scores.dropna()
    if known.empty:
        return ""
    return str(known.idxmax() if end == "highest" else known.idxmin())


@styled
def plot_ranking(view: IndexView) -> Chart:
    """Draw the index of every reference country with its interval over the runs."""
    data = view.everyone
    partners = [unit for unit in data["unit"] if unit in view.countries]
    chart, (ax,) = view.start_chart(
        view.say(
            "Rank among {n} countries, with its interval: {told}",
            n=view.fact("n_ranked", len(data), "count", code=view.root),
            told=", ".join(f"{view.unit(u)} {view.stand_in_ranking(u):interval}" for u in partners),
        ),
        view.say(
            "Index score; the line holds {level} of {runs} runs with other weights, one "
            "indicator left out, or a geometric mean.",
            level=view.level,
            runs=view.n_runs,
        ),
        data=data,
        height=0.19 * len(data) + 0.6,
        note=tell_order_changes(view),
    )
    for y, row in enumerate(data.itertuples()):
        partner = row.unit in view.countries
        colour = view.colour(row.unit)
        ax.plot([row.low, row.high], [y, y], color=colour, linewidth=2.2 if partner else 1.4)
        ax.plot(
            row.score, y, view.marker(row.unit), color=colour,
            markersize=8 if partner else 4.5, markeredgecolor="white", markeredgewidth=0.6,
        )  # fmt: skip
    names = [f"{view.stand_in_ranking(u)}  {view.unit(u)}" for u in data["unit"]]
    own = [unit in view.countries for unit in data["unit"]]
    colours = [view.colour(u) if o else INK for u, o in zip(data["unit"], own, strict=True)]
    name_rows(ax, names, bold=own, size=8, colours=colours)
    ax.set_ylim(len(data) - 0.4, -0.6)
    ax.grid(axis="x")
    ax.set_xlabel(view.say("Score"))
    return chart


@styled
def plot_heatmap(view: IndexView) -> Chart:
    """Draw the indicator scores of the partner countries as a table of colours."""
    codes, units = view.codebook.leaves, view.countries
    table = view.capacity.result.normalised.reindex(units)[codes].T
    widest = str((table.max(axis=1) - table.min(axis=1)).idxmax())
    ends = table.loc[widest]
    data = table.rename_axis("code").reset_index().melt("code", var_name="unit", value_name="score")
    chart, (ax,) = view.start_chart(
        view.say(
            "The countries differ most on {code}: {low} ({low_unit}) to {high} ({high_unit}) "
            "points",
            code=view.code(widest),
            low=view.stand(str(ends.idxmin()), widest, "score"),
            low_unit=view.unit(str(ends.idxmin())),
            high=view.stand(str(ends.idxmax()), widest, "score"),
            high_unit=view.unit(str(ends.idxmax())),
        ),
        view.say("Indicator scores from 0 (lowest goalpost) to 100 (highest)."),
        data=data,
        height=6.0,
        key=key_shades(view.say("Lowest goalpost"), view.say("Highest goalpost")),
        note=" ".join(view.tell_flags(units, codes)),
    )
    texts = [[f"{view.stand(unit, code, 'score')}" for unit in units] for code in codes]
    draw_tiles(ax, table.to_numpy(), 0, 100, texts)
    ax.set_yticks(range(len(codes)), [view.code(code) for code in codes])
    ax.set_xticks(range(len(units)), [view.unit(u) for u in units])
    ax.xaxis.tick_top()
    row = -0.5
    for dimension in view.dimensions:
        count = len(view.codebook.leaves_of(dimension))
        if row > 0:
            ax.axhline(row, color="white", linewidth=5)
        ax.annotate(
            view.code(dimension), (1.01, row + count / 2), xycoords=ax.get_yaxis_transform(),
            va="center", weight="bold",
        )  # fmt: skip
        row += count
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
        view.say("Changed most: {told}", told=view.join([text for text in told if text])),
        view.say(
            "Raw figures of each edition; methods changed between editions, so read levels with "
            "care."
        ),
        data=data,
        height=3.0,
        columns=len(codes),
        sharey=True,
        key=mark_units(view.countries, view, line=True),
    )
    for ax, code in zip(axes, codes, strict=True):
        own = data[data["code"] == code].sort_values("time")
        for unit in view.countries:
            line = own[own["unit"] == unit]
            ax.plot(
                line["time"], line["value"], color=view.colour(unit), marker=view.marker(unit),
                markersize=6, linewidth=1.5,
            )  # fmt: skip
        ax.set_title(fill(view.code(code), 66 // len(codes)))
        editions = sorted(own["time"].unique())
        ax.set_xticks(editions, [str(year) for year in editions])
        ax.yaxis.set_major_formatter(view.tick(decimals=2))
        ax.set_ylabel(view.measure(codes[0]) if ax is axes[0] else "")
        ax.grid(axis="y")
    return chart


def _tell_change(view: IndexView, rows: pd.DataFrame, code: str) -> str:
    """Say who changed most on one indicator between the first and the last edition."""
    ordered = rows.sort_values("time").groupby("unit")
    change = (ordered["value"].last() - ordered["value"].first()).dropna()
    if change.empty:
        return ""
    most = str(change.abs().idxmax())
    first, last = (
        view.fact(f"{end}_edition", at, "year", unit=most, code=code)
        for end, at in (
            ("first", ordered["time"].first()[most]),
            ("last", ordered["time"].last()[most]),
        )
    )
    return view.say(
        "{unit} in {code} ({first} to {last}: {change})",
        unit=view.unit(most), code=view.code(code), first=first, last=last,
        change=view.fact("change", float(change[most]), "change", unit=most, code=code),
    )  # fmt: skip


def table_scores(view: IndexView, *, ranks: bool = True) -> Table:
    """Show index and dimension scores; no rank without its interval."""
    rows: list[dict[str, object]] = []
    for code in view.nodes:
        for unit in view.countries:
            row: dict[str, object] = {"code": view.code(code), "unit": view.unit(unit)}
            row |= {name: view.stand(unit, code, name) for name in ("score", "gap", "gap_to_best")}
            if ranks:
                rank = view.stand(unit, code, "rank")
                row |= {"rank": f"{rank:interval}", "n": view.stand(unit, code, "n_reference")}
            rows.append(row | {"verdict": view.tell_verdict(unit, code)})
    heads = {
        "code": view.say("Dimension"),
        "unit": view.say("Country"),
        "score": view.say("Score"),
        "gap": view.say("From the median"),
        "gap_to_best": view.say("From the best"),
        "verdict": view.say("Verdict"),
    }
    if ranks:
        heads |= {"rank": view.say("Rank"), "n": view.say("of countries")}
    return view.table(rows, heads)


def read_examples(view: IndexView) -> list[Codebook]:
    """Return the codebooks of published indexes whose figures are in the data."""
    known = set(view.capacity.prepared.observations["code"])
    folder = view.settings.codebook_path.parent / "examples"
    books = [read_codebook(path) for path in list_files(folder, "*.csv")]
    return [book for book in books if book.indexes[0] in known]


def table_changes(view: IndexView) -> Table:
    """Show how the partner countries moved on published indexes, each recomputed on one base."""
    rows: list[dict[str, object]] = []
    for book in read_examples(view):
        panel = score_panel(view.capacity.prepared.observations, book)
        of = panel.groupby(["code", "time"])["unit"].nunique()
        changes = tabulate_changes(panel, codes=book.indexes)
        for change in changes[changes["unit"].isin(view.countries)].to_dict("records"):
            unit, code = str(change["unit"]), str(change["code"])
            row: dict[str, object] = {"code": view.code(code), "unit": view.unit(unit)}
            for end in ("first", "last"):
                time = change[f"{end}_time"]
                about = {"unit": unit, "code": code}
                n = view.fact(f"n_{end}_edition", of[code, time], "count", code=code)
                rank = view.fact(f"{end}_rank", change[f"{end}_rank"], "rank", **about)
                row |= {
                    f"{end}_time": view.fact(f"{end}_edition", time, "year", **about),
                    f"{end}_score": view.fact(
                        f"{end}_score", change[f"{end}_score"], "number_3", **about
                    ),
                    f"{end}_place": view.say("{rank} of {n}", rank=rank, n=n),
                }
            rows.append(row)
    return view.table(
        rows,
        {
            "code": view.say("Published index"),
            "unit": view.say("Country"),
            "first_time": view.say("First edition"),
            "first_score": view.say("Score then"),
            "first_place": view.say("Rank then"),
            "last_time": view.say("Last edition"),
            "last_score": view.say("Score now"),
            "last_place": view.say("Rank now"),
        },
    )


def write_findings(view: IndexView) -> Prose:
    """Write how the partner countries compare, each rank with how sure it is."""
    scores = view.capacity.result.scores
    told = []
    for unit in scores.loc[view.measured, view.root].sort_values(ascending=False).index:
        told.append(
            view.say(
                "{unit}: {score} of 100; {rank}, first in {first}.",
                unit=view.unit(unit),
                score=view.stand(unit, view.root, "score"),
                rank=tell_rank(view, unit),
                first=view.stand_among(unit, "first"),
            )
        )
    told.append(tell_order_changes(view))
    for code in view.dimensions:
        column = scores[code].reindex(view.countries).dropna()
        if column.empty:
            told.append(view.say("{dimension}: not measured.", dimension=view.code(code)))
            continue
        low, high = str(column.idxmin()), str(column.idxmax())
        told.append(
            view.say(
                "{dimension}: from {low} ({low_unit}) to {high} ({high_unit}).",
                dimension=view.code(code),
                low=view.stand(low, code, "score"),
                low_unit=view.unit(low),
                high=view.stand(high, code, "score"),
                high_unit=view.unit(high),
            )
        )
    return view.list(told)
