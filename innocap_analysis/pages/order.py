"""Which indicators and single figures the order of the countries rests on."""

from __future__ import annotations

from innocap_analysis.index.verdicts import find_order_changes
from innocap_analysis.pages.index_view import IndexView


def tell_rank(view: IndexView, unit: str) -> str:
    """Say between which ranks a partner stands among the partners in most runs."""
    rank = view.stand_among(unit, "rank")
    if float(rank.low) == float(rank.high):
        return view.say(
            "rank {rank.low} of the {n_measured} countries in {level} of runs", rank=rank
        )
    return view.say(
        "rank {rank.low} to {rank.high} of the {n_measured} countries in {level} of runs", rank=rank
    )


def tell_order_changes(view: IndexView) -> str:
    """Say which indicators, and how many single figures, change the order or the first."""
    scores = view.scores.loc[view.measured, view.root]
    by_code = find_order_changes(view.left_out, view.root, scores)
    by_code = by_code[by_code["left_out"] != ""]
    by_cell = find_order_changes(view.left_out_cells, view.root, scores)
    changing = list(by_code.loc[by_code["order"], "left_out"])
    winning = list(by_code.loc[by_code["first"], "left_out"])
    counts = {
        "k": ("n_change_order", len(changing)), "cells": ("n_figures", len(by_cell)),
        "cells_order": ("n_figures_change_order", by_cell["order"].sum()),
        "cells_first": ("n_figures_change_first", by_cell["first"].sum()),
        "w": ("n_change_first", len(winning)),
    }  # fmt: skip
    told = {name: view.tally(*count, view.root) for name, count in counts.items()}
    if not changing and not by_cell["order"].any():
        return view.say(
            "The order stays the same whichever of the {n_indicators} indicators, or of the "
            "{cells} single figures, is left out.", **told,
        )  # fmt: skip
    text = view.say(
        "The order changes without any one of {k} of the {n_indicators} indicators ({codes}), and "
        "when any one of {cells_order} of the {cells} single figures is missing.",
        codes=view.codes(changing), **told,
    )  # fmt: skip
    if winning or by_cell["first"].any():
        text += " " + view.say(
            "Another country comes first without {w} of them ({codes}), and without "
            "{cells_first} of the figures.",
            codes=view.codes(winning), **told,
        )  # fmt: skip
    return text
