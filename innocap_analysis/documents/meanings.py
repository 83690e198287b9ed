"""What the numbers of a brief are, in words."""

from __future__ import annotations

from innocap_analysis.pages.facts import KINDS
from innocap_analysis.pages.view import View


def name_measure(view: View, measure: str) -> str:
    """Return in words what is measured; its own name where it has no words."""
    words = {
        "score": view.say("Score"),
        "value": view.say("Raw figure"),
        "median": view.say("Median"),
        "gap": view.say("From the median"),
        "gap_to_best": view.say("From the best"),
        "best": view.say("Best score"),
        "rank": view.say("Rank"),
        "percentile": view.say("Percentile"),
        "year": view.say("Year"),
        "n_reference": view.say("Countries with a score"),
        "share_widest": view.say("Share of runs in which it lies furthest below"),
        "rank_among_partners": view.say("Rank among the partner countries"),
        "share_first": view.say("Share of runs in first place"),
        "share_last": view.say("Share of runs in last place"),
        "interval_level": view.say("Share of runs that an interval holds"),
        "n_runs": view.say("Number of runs"),
        "n_measured": view.say("Partner countries with a score"),
        "n_indicators": view.say("Number of indicators"),
        "n_best": view.say("Countries with the best score"),
        "n_change_order": view.say("Indicators without which the order changes"),
        "n_figures": view.say("Single figures of the partner countries"),
        "n_figures_change_order": view.say("Figures without which the order changes"),
        "n_figures_change_first": view.say("Figures without which another country is first"),
        "population": view.say("People"),
        "area_km2": view.say("Area, km²"),
        "density": view.say("People per km²"),
        "around": view.say("People per km² in the rest of what surrounds it"),
        "rural_share": view.say("Share of people in rural places"),
        "n_peers": view.say("Number of peers"),
        "n_regions": view.say("Regions with a figure"),
        "n_shared": view.say("Others at this rank"),
        "country_median": view.say("Median of the other regions"),
        "rank_in_country": view.say("Rank in the country"),
        "central": view.say("Central government"),
        "local": view.say("Local government"),
        "services_local": view.say("Local services tried"),
        "median_gap": view.say("Median gap of all countries"),
        "n_change_first": view.say("Indicators without which another country is first"),
        "difference": view.say("Difference"),
        "share_agree": view.say("Share that agrees"),
        "share_named": view.say("Share that names it"),
        "n_respondents": view.say("Respondents"),
        "n_organisations": view.say("Organisations"),
        "scoreboard_year": view.say("Edition of the European Innovation Scoreboard"),
    }
    return words.get(measure, measure)


def name_unit_of_measure(view: View, kind: str) -> str:
    """Return in words what one of a kind of number is."""
    words = {
        "points, 0 to 100": view.say("points, 0 to 100"),
        "points": view.say("points"),
        "rank, 1 is best": view.say("rank, 1 is best"),
        "count": view.say("count"),
        "year": view.say("year"),
        "as published": view.say("as published"),
        "share, 0 to 1": view.say("share, 0 to 1"),
        "share of runs, 0 to 1": view.say("share of runs, 0 to 1"),
        "number": view.say("number"),
    }
    own = KINDS[kind][0]
    return words.get(own, own)
