"""Figures of scores over a reference set."""

from __future__ import annotations

from collections.abc import Sequence

from innocap_analysis.compare.reference import compare_to_reference
from innocap_analysis.present.figure import (
    Chart,
    start_chart,
    styled,
)
from innocap_analysis.present.labels import make_labels
from innocap_analysis.present.marks import draw_rows, make_key
from innocap_analysis.score.capacity import CapacityData


@styled
def plot_profile(
    capacity: CapacityData, unit: str, *, reference: str, language: str = "en"
) -> Chart:
    """Draw one country's index and dimension scores over the reference set.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    unit : str
        Country code.
    reference : str
        Name of a reference set.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data are the rows of :func:`compare_to_reference`.
    """
    labels = make_labels(capacity, language)
    members = capacity.reference_units(reference)
    table = compare_to_reference(capacity.result, [unit], reference_units=members)
    table = table[table["level"] <= 1].sort_values("level", kind="stable")
    dimensions = table[table["level"] == 1].sort_values("score")
    low, high = dimensions.iloc[0], dimensions.iloc[-1]
    chart, (ax,) = start_chart(
        labels.say(
            "{unit}: highest score in {high} ({high_score} of 100), lowest in {low} ({low_score})",
            unit=labels.unit(unit),
            high=labels.code(high["code"]),
            high_score=labels.number(high["score"]),
            low=labels.code(low["code"]),
            low_score=labels.number(low["score"]),
        ),
        labels.say(
            "Scores of {n} reference countries, their median and {unit}, from 0 (lowest goalpost) "
            "to 100 (highest).",
            n=len(members),
            unit=labels.unit(unit),
        ),
        data=table,
        height=2.9,
        key=make_key([unit], labels),
        note=labels.say("Published national indicators; sources in data/raw/datapackage.json."),
    )
    draw_rows(ax, capacity, list(table["code"]), [unit], members, labels)
    return chart


@styled
def plot_indicators(
    capacity: CapacityData, units: Sequence[str], *, reference: str, language: str = "en"
) -> Chart:
    """Draw every indicator's scores: the reference set, its median and the given countries.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    units : sequence of str
        Countries to mark.
    reference : str
        Name of a reference set.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data are the rows of :func:`compare_to_reference` for indicators.
    """
    labels = make_labels(capacity, language)
    members = capacity.reference_units(reference)
    table = compare_to_reference(capacity.result, list(units), reference_units=members)
    table = table[table["code"].isin(capacity.codebook.leaves)]
    ahead = (table["gap_to_median"] >= 0).groupby(table["unit"]).sum()
    told = ", ".join(f"{labels.unit(unit)} {ahead[unit]}" for unit in units)
    chart, (ax,) = start_chart(
        labels.say(
            "Number of the {n} indicators at or above the reference median: {told}",
            n=len(capacity.codebook.leaves),
            told=told,
        ),
        labels.say(
            "Scores of up to {n} reference countries, their median and the countries named "
            "below, from 0 (lowest goalpost) to 100 (highest).",
            n=len(members),
        ),
        data=table,
        height=7.8,
        key=make_key(units, labels),
        note=labels.say(
            "Higher is always better: for {code} the raw figure is reversed. "
            "Published national indicators; sources in data/raw/datapackage.json.",
            code=labels.codes(_reversed_codes(capacity)),
        ),
    )
    rows: list[str | None] = []
    for dimension in capacity.dimensions:
        rows += [dimension, *capacity.codebook.leaves_of(dimension)]
    draw_rows(ax, capacity, rows, units, members, labels, headings=capacity.dimensions)
    return chart


def _reversed_codes(capacity: CapacityData) -> list[str]:
    table = capacity.codebook.table.loc[capacity.codebook.leaves]
    return list(table.index[table["direction"] == -1])
