"""Page 50, its first half: what each single choice changes."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.alternatives import (
    change_codebook,
    compare_alternatives,
    find_double_counts,
)
from innocap_analysis.index.figures import ScoreWarning
from innocap_analysis.pages import marks, plots
from innocap_analysis.pages.drawing.figure import GRID, INK, Chart, Rows, styled
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.order import tell_order_changes
from innocap_analysis.pages.texts import Prose

REPORTED, SINGLE = "reported", "no_double_counts"
_WITHOUT = "without_"
_FIRST = 0.5
_MOST_NAMED, _MOST_FIRST = 12, 5  # of more units than that only the first few are named


def compare(view: IndexView, *, leave_out: str | None) -> pd.DataFrame:
    """Score the partners under defensible indexes that differ from the default in one choice.

    The index as it is comes first; then it without double counts, with a geometric mean of the
    dimensions, with all indicators weighing the same, without `leave_out`, and without each
    dimension. `alternative` holds the keys that :func:`name_alternative` names.
    """
    book = view.codebook
    if leave_out is not None and leave_out not in book.leaves:
        raise InnocapError(f"leave_out: {leave_out!r} is no scored indicator of {book.name}")
    sizes = {d: float(len(book.leaves_of(d))) for d in view.nodes[1:]}
    sizes |= dict.fromkeys(() if sizes else book.leaves, 1.0)
    books = {REPORTED: book}
    if twice := find_double_counts(book):
        books[SINGLE] = change_codebook(book, drop=twice)
    books["geometric"] = change_codebook(book, aggregate={view.root: "geometric"})
    books["equal_indicators"] = change_codebook(book, weights=sizes)
    dimensions = view.dimensions if len(view.dimensions) > 1 else []
    for code in dict.fromkeys(filter(None, (leave_out, *dimensions))):
        books[f"{_WITHOUT}{code}"] = change_codebook(book, drop=[code])
    with warnings.catch_warnings():
        # The foot of the page names these indicators, and a sentence says how many have a zero.
        for told in (".*no value at all", ".*the geometric mean is 0 for"):
            warnings.filterwarnings("ignore", message=told, category=ScoreWarning)
        return compare_alternatives(
            view.capacity.values, books, units=view.measured,
            min_coverage=view.settings.min_coverage,
        )  # fmt: skip


def name_alternative(view: IndexView, key: str) -> str:
    """Return the name of an alternative in the view's language."""
    names = {
        REPORTED: view.say("The index as reported"),
        SINGLE: view.say("Without double counts"),
        "geometric": view.say("Geometric mean of the dimensions"),
        "equal_indicators": view.say("All indicators weigh the same"),
    }
    if key in names:
        return names[key]
    return view.say("Without {code}", code=view.code(key.removeprefix(_WITHOUT)))


def count_kept(view: IndexView, alternatives: pd.DataFrame) -> tuple[dict[str, Said], list[str]]:
    """Count the alternatives that keep the order, and list those that do not."""
    changed = alternatives["shift"].ne(0).groupby(alternatives["alternative"], sort=False).any()
    others = changed.drop(REPORTED)
    told = {
        "same": view.tally("n_order_kept", (~others).sum(), view.root, n=len(others)),
        "k": view.tally("n_alternatives", len(others), view.root),
    }
    return told, list(others.index[others])


@styled
def plot_alternatives(view: IndexView, alternatives: pd.DataFrame) -> Chart:
    """Draw score and rank of the partner countries under the alternatives."""
    keys = list(dict.fromkeys(alternatives["alternative"]))
    names = {key: name_alternative(view, key) for key in keys}
    wide = alternatives.pivot(index="alternative", columns="unit").loc[keys]
    told, _ = count_kept(view, alternatives)
    # A cell holds two numbers: of many units two at each end have a column.
    units = view.marked[:2] + view.marked[-2:] if len(view.measured) > _MOST_NAMED else view.marked
    columns = [view.unit(unit) for unit in units]
    chart, (ax,) = view.start_chart(
        view.say(
            "The order of the {n_measured} countries stays the same in {same} of {k} alternatives",
            **told,
        ),
        view.say(
            "Rank among these countries (large; an arrow marks a change) and index score (small)."
        ),
        data=alternatives.assign(alternative=alternatives["alternative"].map(names)),
        height=0.42 * len(keys) + max(0.5, marks.measure_tilted(columns)),
        key=marks.key_shades(view.say("Last"), view.say("First"), darkest=_FIRST),
        note=tell_order_changes(view),
    )
    # Black text stands on every cell, so the first place takes the middle of the shades.
    span = (len(view.measured) - 1) / _FIRST
    cells = -wide["rank"].reindex(columns=units).to_numpy()
    plots.draw_tiles(
        ax, cells, -len(view.measured), -len(view.measured) + span,
        rows=list(names.values()), columns=columns,
        bold=[key == REPORTED for key in keys],
    )  # fmt: skip
    marks.tilt_columns(ax, columns)
    for row, key in enumerate(keys):
        for column, unit in enumerate(units):
            spot = column + 0.5, row + 0.5
            if unit not in view.measured:
                ax.text(*spot, view.say("not measured"), ha="center", va="center", size=8.5)
                continue
            rank = wide.at[key, ("rank", unit)]
            texts = _stand_in(view, unit, key, rank, wide.at[key, ("score", unit)])
            moved = rank - wide.at[REPORTED, ("rank", unit)]
            arrow = " ▲" if moved < 0 else " ▼" if moved > 0 else ""
            looks: tuple[dict[str, Any], ...]
            if view.medium.narrow:  # one above the other
                looks = ({"ha": "center", "va": "bottom", "size": 9},
                         {"ha": "center", "va": "top", "size": 8.5})  # fmt: skip
                spots = (spot[0], row + 0.48), (spot[0], row + 0.54)
            else:
                looks = {"ha": "right", "va": "center", "size": 11}, {"va": "center", "size": 8.5}
                spots = (spot[0] - 0.08, spot[1]), (spot[0] + 0.02, spot[1])
            weight = "bold" if arrow else "normal"
            ax.text(*spots[0], f"{texts[0]}{arrow}", weight=weight, **looks[0])
            ax.text(*spots[1], f"{texts[1]}", **looks[1])
    if view.medium.narrow:
        chart.rows[ax] = Rows(
            chart.rows[ax].lines, view.medium.size(9), 2.6 * view.medium.size(9) * len(keys) / 72
        )
    return chart


def _stand_in(view: IndexView, unit: str, key: str, rank: float, score: float) -> tuple[Said, Said]:
    """Return rank among the partners and score of a country under an alternative."""
    if key == REPORTED:
        return view.stand_among(unit, "rank"), view.stand(unit, view.root, "score")
    about, n = (unit, view.root), len(view.measured)
    return (
        view.fact(f"rank_among_partners_{key}", rank, "rank", *about, n=n),
        view.fact(f"score_{key}", score, "points", *about),
    )


def write_alternatives(view: IndexView, alternatives: pd.DataFrame) -> Prose:
    """Write which alternatives change the order of the partner countries, and to which."""
    _, changing = count_kept(view, alternatives)
    told = []
    for key in changing:
        named = {"name": name_alternative(view, key), "order": tell_order(view, alternatives, key)}
        told.append(view.say("{name}: the order becomes {order}.", **named))
    told = told or [view.say("None of the alternatives changes the order of the countries.")]
    zero = alternatives["alternative"].eq("geometric") & alternatives["score"].eq(0)
    if zero.any():
        text = view.say_number(
            "Under the geometric mean {n} of them scores 0, because a part of the index does.",
            "Under the geometric mean {n} of them score 0, because a part of the index does.",
            n=view.tally("n_geometric_zero", zero.sum(), view.root),
        )
        told.append(text)
    if twice := [c for c in find_double_counts(view.codebook) if c in view.codebook.leaves]:
        text = view.say(
            "Left out without double counts, since another indicator holds them: {codes}.",
            codes=view.codes(twice),
        )
        told.append(text)
    return view.write_list(told)


def tell_order(view: IndexView, alternatives: pd.DataFrame, key: str) -> str:
    """Return the partners in their order under an alternative."""
    rows = alternatives[alternatives["alternative"] == key].dropna(subset="rank")
    units = list(rows.sort_values(["rank", "unit"])["unit"])
    if len(units) > _MOST_NAMED:
        units = units[:_MOST_FIRST]
        return " – ".join(map(view.unit, units)) + " – (…)"
    return " – ".join(map(view.unit, units))


@styled
def plot_left_out(view: IndexView) -> Chart:
    """Draw how the index of each partner country moves when one indicator is left out."""
    runs, units = view.left_out, [u for u in view.marked if u in view.measured]
    scores, ranks = runs.scores[view.root][units], runs.ranks(view.root, units).table
    columns = {
        "score": scores,
        "rank": ranks,
        "shift": ranks - ranks.iloc[0],
        "change": scores - view.scores.loc[units, view.root],
    }
    data = pd.DataFrame(
        {"alternative": np.repeat(runs.choices["left_out"].to_numpy(), len(units)),
         "unit": units * len(scores)}
        | {name: column.to_numpy().ravel() for name, column in columns.items()}
    )  # fmt: skip
    data = data[data["alternative"] != ""].reset_index(drop=True)
    codes = list(dict.fromkeys(data["alternative"]))
    most = data.loc[data["change"].abs().idxmax()]
    code, unit = str(most["alternative"]), str(most["unit"])
    chart, (ax,) = view.start_chart(
        view.say(
            "Without {code} the index of {unit} moves most: {change.points}", unit, code,
            change=view.fact(f"change_{_WITHOUT}{code}", most["change"], "gap", unit, view.root),
        ),
        view.say("Change of the index score when one indicator is left out, in points."),
        data=data,
        height=round(0.26 * len(codes) + 0.52, 2),
        key=marks.mark_units(view.names(units), view),
    )  # fmt: skip
    names = [view.code(code) for code in codes]
    marks.frame_rows(ax, names, label=view.say("Points"), tick=view.figure, grid=False)
    for y in range(len(codes)):
        ax.axhline(y, color=GRID, linewidth=1, zorder=0)
    spread = marks.spread_rows(units, 0.21)
    data = data.assign(y=data["alternative"].map(codes.index) + data["unit"].map(spread))
    marks.draw_points(ax, data, "change", looks=view.looks(units), size=7, edge="white")
    ax.axvline(0, color=INK, linewidth=1)
    return chart
