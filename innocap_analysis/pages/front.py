"""The front page of the report: the countries at a glance, and what may be said first."""

from __future__ import annotations

from typing import Any

from innocap_analysis.pages.country import tell_priority
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.order import tell_order_changes

PAGE = "00"


def describe_front(view: IndexView) -> dict[str, Any]:
    """Return the texts of the front page: intro, findings, the table at a glance, its note."""
    return {
        "title": view.say("Capacity to innovate in the public sector"),
        "intro": view.say(
            "How able is the public sector of {countries} to innovate? Four dimensions, scored "
            "from published national indicators, each with how sure it is.",
            countries=view.units(view.countries),
        ),
        "findings": write_headline(view),
        "glance": view.say("The countries at a glance"),
        "heads": [view.say("Country"), *view.codes_of(view.nodes), view.say("Rank")],
        "rows": [
            [
                view.unit(unit),
                *(f"{view.stand(unit, code, 'score')}" for code in view.nodes),
                f"{view.stand(unit, view.root, 'rank'):interval}",
            ]
            for unit in view.countries
        ],
        "glance_note": view.say(
            "Scores from 0 to 100. Rank of the overall index among the {n} countries with enough "
            "data; the brackets hold {level} of {runs} runs with other choices. So few countries "
            "are no sample: no significance tests. No indicator measures innovation procurement "
            "directly.",
            n=view.stand(view.measured[0], view.root, "n_reference"),
            level=view.level, runs=view.n_runs,
        ),
    }  # fmt: skip


def write_headline(view: IndexView) -> list[str]:
    """Return what may be said first: scores in order, what holds, and on what the order rests."""
    scores = view.capacity.result.scores.loc[view.measured, view.root]
    order = list(scores.sort_values(ascending=False, kind="stable").index)
    named = view.join([f"{view.unit(u)} ({view.stand(u, view.root, 'score')})" for u in order])
    told = [view.say("Overall scores: {named}.", named=named)]
    first, last = order[0], order[-1]
    told.append(
        view.say(
            "{first} is first of the {n} countries in {first_share} of {runs} runs with other "
            "choices, {last} last in {last_share}.",
            first=view.unit(first),
            n=view.n_measured,
            runs=view.n_runs,
            last=view.unit(last),
            first_share=view.stand_among(first, "first"),
            last_share=view.stand_among(last, "last"),
        )
    )
    told.append(tell_order_changes(view))
    told += [f"{tell_priority(view, unit)}." for unit in view.measured]
    return told
