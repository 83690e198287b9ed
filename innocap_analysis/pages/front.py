"""The front page of the report: the countries at a glance, and what may be said first."""

from __future__ import annotations

from typing import Any

from innocap_analysis.pages.country import tell_priority, tell_standing
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.language import drop_name
from innocap_analysis.pages.order import tell_order_changes

PAGE = "00"
_OWN = "INNOCAP"  # the index that the words below about public-sector innovation are about


def describe_front(view: IndexView) -> dict[str, Any]:
    """Return the texts of the front page: intro, answer, a sentence on each country, the table."""
    answer, findings = (told := write_headline(view))[:2], told[2:]
    first = next(unit for unit in view.shown if unit in view.measured)
    own = is_own(view) or view.has_many
    return {
        "title": title_report(view),
        "intro": view.say(
            "How able is the public sector of {countries} to innovate? Four dimensions, scored "
            "from published national indicators, and how sure each score is.",
            countries=view.units(view.shown),
        )
        if own
        else view.say(
            "Scored from the figures of {n_reference} countries, and how sure each score is: "
            "{named}.",
            first, view.root, named=view.codes(view.nodes),
        ),
        "answer": " ".join(answer),
        "findings": findings if view.has_many else [],
        "countries": [] if view.has_many else [(u, _tell_country(view, u)) for u in view.shown],
        "sure": view.say("How sure is this?"),
        "sure_text": "" if view.has_many else findings[0],
        "method": view.say("How it is computed"),
        "method_text": view.say(
            "Every figure is put on a scale from 0 to 100 between two fixed goalposts. A dimension "
            "is the mean of its indicators, the index the mean of its dimensions. Ranks and gaps "
            "are computed again in {n_runs} runs with other weights, another mean, or one "
            "indicator left out."
        ),
        "glance": view.say("The countries at a glance"),
        "heads": [
            view.say("Country"),
            *(view.codebook.hyphenated(code, view.language) for code in view.nodes),
            view.say("Rank"),
        ],
        "rows": [
            [
                view.unit(unit),
                *(f"{view.stand(unit, code, 'score')}" for code in view.nodes),
                f"{view.stand(unit, view.root, 'rank'):interval}",
            ]
            for unit in view.shown
        ],
        "glance_note": view.say(
            "Scores from 0 to 100. Rank of the overall index among the {n_reference} countries "
            "with enough data; the brackets hold {level} of {n_runs} runs with other choices. So "
            "few countries are no sample: no significance tests. No indicator measures innovation "
            "procurement directly.",
            first, view.root,
        )
        if own
        else view.say(
            "Scores from 0 to 100. Rank of the overall index among the {n_reference} countries "
            "with enough data; the brackets hold {level} of {n_runs} runs with other choices. So "
            "few countries are no sample: no significance tests.",
            first, view.root,
        ),
    }  # fmt: skip


def title_report(view: IndexView) -> str:
    """Return what a report is about: the project's own index, or another by its name."""
    own = is_own(view) or view.has_many
    return view.say("Capacity to innovate in the public sector") if own else view.code(view.root)


def is_own(view: IndexView) -> bool:
    """Whether what is said of innovation in the public sector is about the index of a view."""
    return view.root == _OWN


def _tell_country(view: IndexView, unit: str) -> list[str]:
    """Say where a country stands, and where it would start."""
    told = [tell_standing(view, unit)]
    if unit in view.measured:
        rank = view.say(
            "Rank {rank}, in {level} of runs {rank.low} to {rank.high}.", unit, view.root
        )
        told += [rank, f"{drop_name(tell_priority(view, unit), view.unit(unit))}."]
    return told


def write_headline(view: IndexView) -> list[str]:
    """Return what may be said first: scores in order, what holds, and on what the order rests."""
    order = view.order_measured()
    named = view.join(f"{view.unit(u)} ({view.stand(u, view.root, 'score')})" for u in order)
    lead = view.say(
        "{first.place} is first of the {n_measured} countries in {first} of {n_runs} runs with "
        "other choices, {last.place} last in {last}.",
        first=view.stand_among(order[0], "first"), last=view.stand_among(order[-1], "last"),
    )  # fmt: skip
    told = [view.say("Overall scores: {named}.", named=named), lead, tell_order_changes(view)]
    return told + [f"{tell_priority(view, unit)}." for unit in view.shown if unit in view.measured]
