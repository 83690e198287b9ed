"""Page 40: how the partner countries compare."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from innocap_analysis.pages import marks, plots
from innocap_analysis.pages.drawing.figure import Chart, styled
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.indicators import draw_rows, make_key
from innocap_analysis.pages.order import tell_order_changes, tell_rank
from innocap_analysis.pages.texts import Prose, Table

_TALL = 0.45  # inches of each row of the profile
_MOST_NARROW = 6  # columns of numbers in a narrow figure


@styled
def plot_dimensions(view: IndexView) -> Chart:
    """Draw index and dimensions of the partner countries over the reference set."""
    table = view.verdicts.table
    table = table[table["unit"].isin(_list_marked(view)) & table["code"].isin(view.profile)]
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
        height=max(3.2, _TALL * len(view.profile)),
        key=make_key(_list_marked(view), view),
        note=" ".join([*(f"{text}." for text in told[1:]), few]),
    )
    draw_rows(ax, view, view.profile, _list_marked(view))
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
def plot_heatmap(view: IndexView) -> Chart:
    """Draw the indicator scores of the partner countries as a table of colours.

    Of many units a narrow figure has a column for the first and the last ones only.
    """
    codes, units = view.codebook.leaves, view.shown
    drawn = units if len(units) <= _MOST_NARROW or not view.medium.narrow else view.marked
    names = [view.unit(unit) for unit in drawn]
    table = view.capacity.result.normalised.reindex(units)[codes].T
    widest = str((table.max(axis=1) - table.min(axis=1)).idxmax())
    ends = table.loc[widest].idxmin(), table.loc[widest].idxmax()
    low, high = (view.stand(str(unit), widest, "score") for unit in ends)
    data = table.rename_axis("code").reset_index().melt("code", var_name="unit", value_name="score")
    chart, (ax,) = view.start_chart(
        view.say(
            "The countries differ most on {low.name}: from {low} points ({low.place}) to {high} "
            "({high.place})",
            low=low, high=high,
        ),
        view.say("Indicator scores from 0 (lowest goalpost) to 100 (highest)."),
        data=data,
        height=round(0.3 * len(codes) + max(0.6, marks.measure_tilted(names)), 2),
        key=marks.key_shades(view.say("Lowest goalpost"), view.say("Highest goalpost")),
        note=" ".join(view.tell_flags(units, codes)),
    )  # fmt: skip
    texts = [[view.stand(unit, code, "score") for unit in drawn] for code in codes]
    plots.draw_tiles(
        ax, table[drawn].to_numpy(), *view.ends, texts, rows=[*map(view.code, codes)],
        columns=names,
    )  # fmt: skip
    marks.tilt_columns(ax, names)
    groups = {view.code(d): len(view.codebook.leaves_of(d)) for d in view.nodes[1:]}
    ax.hlines(marks.name_groups(ax, groups, 0)[:-1], 0, len(drawn), color="white", linewidth=5)
    return chart


def table_scores(view: IndexView, *, ranks: bool = True) -> Table:
    """Show index and dimension scores; no rank without its interval.

    Of an index with many units a row for each of them, the highest overall score first.
    """
    if view.has_many:
        return _table_units(view)
    columns: dict[str, Callable[[tuple[str, str]], object]] = {
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


def write_findings(view: IndexView) -> Prose:
    """Write how the partner countries compare, each rank with how sure it is."""
    told = [
        view.say(
            "{unit}: {score} of 100; {rank}, first in {first} of runs.", unit, view.root,
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
