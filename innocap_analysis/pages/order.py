"""Which indicators and single figures the order of the countries rests on."""

from __future__ import annotations

from innocap_analysis.index.verdicts import find_order_changes
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.index_view import IndexView


def tell_rank(view: IndexView, unit: str) -> str:
    """Say between which ranks a partner stands among the partners in most runs."""
    rank = view.stand_among(unit, "rank")
    told = {"low": rank.low, "high": rank.high, "n": view.n_measured, "level": view.level}
    if float(rank.low) == float(rank.high):
        return view.say("rank {low} of the {n} countries in {level} of runs", **told)
    return view.say("rank {low} to {high} of the {n} countries in {level} of runs", **told)


def tell_order_changes(view: IndexView) -> str:
    """Say which indicators, and how many single figures, change the order or the first."""
    scores = view.capacity.result.scores.loc[view.measured, view.root]
    by_code = find_order_changes(view.left_out, view.root, scores)
    by_code = by_code[by_code["left_out"] != ""]
    by_cell = find_order_changes(view.left_out_cells, view.root, scores)
    changing = list(by_code.loc[by_code["order"], "left_out"])
    winning = list(by_code.loc[by_code["first"], "left_out"])

    def count(measure: str, value: int) -> Said:
        return view.fact(measure, value, "count", code=view.root)

    told = {
        "n": count("n_indicators", len(by_code)), "k": count("n_change_order", len(changing)),
        "cells": count("n_figures", len(by_cell)),
        "cells_order": count("n_figures_change_order", int(by_cell["order"].sum())),
        "cells_first": count("n_figures_change_first", int(by_cell["first"].sum())),
        "w": count("n_change_first", len(winning)),
    }  # fmt: skip
    if not changing and not by_cell["order"].any():
        return view.say(
            "The order stays the same whichever of the {n} indicators, or of the {cells} "
            "single figures, is left out.",
            **told,
        )
    text = view.say(
        "The order changes without any one of {k} of the {n} indicators ({codes}), and when "
        "any one of {cells_order} of the {cells} single figures is missing.",
        codes=view.codes(changing), **told,
    )  # fmt: skip
    if winning or by_cell["first"].any():
        text += " " + view.say(
            "Another country comes first without {w} of them ({codes}), and without "
            "{cells_first} of the figures.",
            codes=view.codes(winning), **told,
        )  # fmt: skip
    return text
