"""Figures of ranks and priorities, and of how sure they are."""

from __future__ import annotations

from innocap_analysis.compare.reference import rank_priorities
from innocap_analysis.present.figure import (
    INK,
    Chart,
    start_chart,
    styled,
)
from innocap_analysis.present.labels import make_labels
from innocap_analysis.score.capacity import CapacityData
from innocap_analysis.score.sensitivity import SensitivityResult

LEVEL = 0.9


@styled
def plot_priorities(
    capacity: CapacityData,
    runs: SensitivityResult,
    unit: str,
    *,
    reference: str,
    language: str = "en",
) -> Chart:
    """Draw the dimensions of a country by their gap to the reference median.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    runs : SensitivityResult
        Scores under many defensible choices.
    unit : str
        Country code.
    reference : str
        Name of a reference set.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data are the rows of :func:`~innocap_analysis.compare.reference.rank_priorities`.
    """
    labels = make_labels(capacity, language)
    members = capacity.reference_units(reference)
    data = rank_priorities(runs, capacity.dimensions, unit, reference_units=members, level=LEVEL)
    first = data.iloc[0]
    told = {
        "unit": labels.unit(unit),
        "dimension": labels.code(str(first["code"])),
        "share": labels.probability(float(first["probability_first"])),
    }
    title = (
        labels.say(
            "{unit}: {dimension} is the first priority, furthest behind the reference median in "
            "{share} of runs",
            **told,
        )
        if first["gap"] < 0
        else labels.say(
            "{unit}: no dimension is behind the reference median; {dimension} has the smallest "
            "lead, in {share} of runs",
            **told,
        )
    )
    chart, (ax,) = start_chart(
        title,
        labels.say(
            "Points from the median of {n} reference countries; the line holds {level} of {runs} "
            "runs with other weights, one indicator left out, or a geometric mean.",
            n=len(members),
            level=labels.share(LEVEL),
            runs=len(runs.choices),
        ),
        data=data,
        height=2.5,
    )
    for y, row in enumerate(data.itertuples()):
        ax.plot(
            [row.low, row.high],
            [y, y],
            color=labels.colour(unit),
            linewidth=3,
            alpha=0.55,
            solid_capstyle="butt",
        )
        ax.plot(row.gap, y, labels.marker(unit), color=labels.colour(unit), markersize=9)
        ax.annotate(
            labels.say(
                "{gap} · first in {share}",
                gap=labels.number(row.gap, sign=True),
                share=labels.probability(row.probability_first),
            ),
            (1.01, y),
            xycoords=ax.get_yaxis_transform(),
            va="center",
            size=8.5,
        )
    ax.axvline(0, color=INK, linewidth=1.4)
    names = [f"{row.priority}  {labels.code(row.code)}" for row in data.itertuples()]
    ax.set_yticks(range(len(data)), names)
    ax.set_ylim(len(data) - 0.5, -0.5)
    ax.margins(x=0.06)
    ax.grid(axis="x")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(labels.say("Points from the reference median"))
    return chart
