"""The index of every unit with its interval: the ranking of page 40, and of units' peers."""

from __future__ import annotations

import pandas as pd

from innocap_analysis.pages import marks
from innocap_analysis.pages.drawing.figure import INK, QUIET, Chart, styled
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.order import tell_order_changes, tell_ranks

_MOST_ROWS = 50  # to be read on a screen and on a page


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
                     label=view.say("Score"), tick=view.figure)  # fmt: skip
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
