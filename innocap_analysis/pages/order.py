"""Which indicators and single figures the order of the countries rests on."""

from __future__ import annotations

from innocap_analysis.index.verdicts import find_order_changes
from innocap_analysis.pages.index_view import IndexView


def tell_rank(view: IndexView, unit: str) -> str:
    """Say between which ranks a partner stands among the partners in most runs."""
    rank = view.stand_among(unit, "rank")
    if float(rank.low) == float(rank.high):
        return view.say(
            "rank {rank.low} of the {n_measured} countries in at least {level} of runs", rank=rank
        )
    return view.say(
        "rank {rank.low} to {rank.high} of the {n_measured} countries in {level} of runs", rank=rank
    )


def tell_peers(view: IndexView) -> str:
    """Say with how many others a unit is compared, and by which rule they were chosen."""
    group = view.peers
    rules = {
        "class": view.say(
            "the class of rurality and the size are like its own, so far as there are enough"
        ),
        "nearest": view.say("they are nearest in size, density and remoteness"),
        "all": view.say("all of its country, since nothing is known of their size and rurality")
        if view.capacity.owners[group.codes].eq(view.country).all()
        else view.say("all of the index, since nothing is known of their size and rurality"),
    }
    n = view.tally("n_peers", len(group.codes), unit=view.about)
    return view.say("Its {n} peers: {rule}.", n=n, rule=rules[group.rule])


def tell_ranks(view: IndexView) -> str:
    """Say where a unit stands among its peers and among all units of the index."""
    unit = view.about
    if unit not in view.measured:
        return view.say("Not measured, and so not ranked: {units}.", units=view.unit(unit))
    return view.say(
        "{unit}: rank {rank:interval} of {n_measured} among its peers and itself, {all:interval} "
        "of {n} among all; the brackets hold {level} of {n_runs} runs.",
        unit=view.unit(unit), rank=view.stand_among(unit, "rank"),
        all=view.stand_in_ranking(unit), n=view.tally("n_ranked", len(view.everyone), view.root),
    )  # fmt: skip


def _tell_first(view: IndexView) -> str:
    """Say who of many units is first, and without which indicators another one is."""
    order = view.order_measured()
    first = view.stand_among(order[0], "first")
    by_code = find_order_changes(view.left_out, view.root, view.scores.loc[order, view.root])
    winning = by_code.loc[by_code["first"] & (by_code["left_out"] != ""), "left_out"]
    told = view.say(
        "{first.place} is first of the {n_measured} places in {first} of {n_runs} runs.",
        first=first,
    )
    if len(winning):
        told += " " + view.say("Another one is without: {codes}.", codes=view.codes(winning))
    return told


def tell_order_changes(view: IndexView) -> str:
    """Say which indicators, and how many single figures, change the order or the first."""
    if view.has_many:
        return _tell_first(view)
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
            "The order of the {n_measured} countries stays the same whichever of the "
            "{n_indicators} indicators, or of the {cells} single figures, is left out.", **told,
        )  # fmt: skip
    text = view.say(
        "The order of the {n_measured} countries changes when any one of {k} of the "
        "{n_indicators} indicators is left out ({codes}), or any one of {cells_order} of the "
        "{cells} single figures.",
        codes=view.codes(changing), **told,
    ) if changing else view.say(
        "The order of the {n_measured} countries changes when any one of {cells_order} of the "
        "{cells} single figures is left out.", **told,
    )  # fmt: skip
    if winning or by_cell["first"].any():
        text += " " + view.say(
            "Another country comes first without any one of {w} of these indicators ({codes}), "
            "or of {cells_first} of these figures.",
            codes=view.codes(winning), **told,
        ) if winning else view.say(
            "Another country comes first without any one of {cells_first} of these figures.", **told
        )  # fmt: skip
    return text
