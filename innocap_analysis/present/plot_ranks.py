"""Figures of ranks and priorities, and of how sure they are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from innocap_analysis.compare.reference import rank_priorities
from innocap_analysis.present.figure import (
    INK,
    Chart,
    start_chart,
    styled,
)
from innocap_analysis.present.labels import make_labels
from innocap_analysis.present.marks import draw_tiles, name_rows
from innocap_analysis.score.capacity import CapacityData
from innocap_analysis.score.index import rank_units
from innocap_analysis.score.robustness import summarise_ranks
from innocap_analysis.score.sensitivity import SensitivityResult

LEVEL = 0.9


@styled
def plot_ranking(
    capacity: CapacityData, runs: SensitivityResult, *, reference: str, language: str = "en"
) -> Chart:
    """Draw the index of every reference country with its interval over the runs.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    runs : SensitivityResult
        Scores under many defensible choices.
    reference : str
        Name of a reference set; partner countries are always shown.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: `unit`, `score`, `low`, `high` (90 % of runs), `rank`, `rank_low`,
        `rank_high`.
    """
    labels = make_labels(capacity, language)
    scores = capacity.result.scores[capacity.root]
    members = sorted({*capacity.reference_units(reference), *capacity.countries})
    scored = scores.loc[members].dropna().sort_values(ascending=False)
    spread = runs.scores[capacity.root][list(scored.index)]
    ranks = summarise_ranks(runs.rank_runs(capacity.root, list(scored.index)), level=LEVEL)
    data = pd.DataFrame(
        {
            "unit": scored.index,
            "score": scored.to_numpy(),
            "low": spread.quantile((1 - LEVEL) / 2).to_numpy(),
            "high": spread.quantile((1 + LEVEL) / 2).to_numpy(),
            "rank": rank_units(scored.to_frame()).iloc[:, 0].to_numpy(),
            "rank_low": ranks["low"].to_numpy(),
            "rank_high": ranks["high"].to_numpy(),
        }
    )
    partners = data.set_index("unit").loc[[u for u in data["unit"] if u in capacity.countries]]
    told = ", ".join(
        f"{labels.unit(str(unit))} "
        + labels.rank(row["rank"], int(row["rank_low"]), int(row["rank_high"]))
        for unit, row in partners.iterrows()
    )
    chart, (ax,) = start_chart(
        labels.say("Rank among {n} countries, with its interval: {told}", n=len(data), told=told),
        labels.say(
            "Index score; the line holds {level} of {runs} runs with other weights, one "
            "indicator left out, or a geometric mean.",
            level=labels.share(LEVEL),
            runs=len(runs.choices),
        ),
        data=data,
        height=0.19 * len(data) + 0.6,
    )
    for y, row in enumerate(data.itertuples()):
        own = row.unit in capacity.countries
        colour = labels.colour(row.unit)
        ax.plot([row.low, row.high], [y, y], color=colour, linewidth=2.2 if own else 1.4)
        ax.plot(
            row.score,
            y,
            labels.marker(row.unit),
            color=colour,
            markersize=8 if own else 4.5,
            markeredgecolor="white",
            markeredgewidth=0.6,
        )
    partner = [unit in capacity.countries for unit in data["unit"]]
    name_rows(
        ax,
        [f"{row.rank:.0f}  {labels.unit(row.unit)}" for row in data.itertuples()],
        bold=partner,
        size=8,
        colours=[
            labels.colour(unit) if own else INK
            for unit, own in zip(data["unit"], partner, strict=True)
        ],
    )
    ax.set_ylim(len(data) - 0.4, -0.6)
    ax.grid(axis="x")
    ax.set_xlabel(labels.say("Score"))
    return chart


@styled
def plot_rank_shares(
    capacity: CapacityData, runs: SensitivityResult, *, language: str = "en"
) -> Chart:
    """Draw how often each partner country takes each rank among the four.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    runs : SensitivityResult
        Scores under many defensible choices.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: `unit`, `median`, `low`, `high`, `share_1`, `share_2`, ….
    """
    labels = make_labels(capacity, language)
    data = summarise_ranks(runs.rank_runs(capacity.root, capacity.countries), level=LEVEL)
    shares = data.filter(like="share_").to_numpy()
    order = np.argsort(data["median"] - shares[:, 0], kind="stable")
    data, shares = data.iloc[order].reset_index(drop=True), shares[order]
    chart, (ax,) = start_chart(
        labels.say(
            "{first} comes first of the four in {first_share} of runs, {last} last in {last_share}",
            first=labels.unit(data["unit"].iloc[0]),
            first_share=labels.probability(shares[0, 0]),
            last=labels.unit(data["unit"].iloc[-1]),
            last_share=labels.probability(shares[-1, -1]),
        ),
        labels.say(
            "Share of {runs} runs, by rank. Each run draws other weights, leaves out "
            "one indicator or none, and takes an arithmetic or geometric mean of the dimensions.",
            runs=len(runs.choices),
        ),
        data=data,
        height=2.3,
    )
    draw_tiles(ax, shares, 0, 1, labels.probability)
    ax.set_yticks(range(len(data)), [labels.unit(unit) for unit in data["unit"]])
    ranks = [labels.say("Rank {rank}", rank=k) for k in range(1, shares.shape[1] + 1)]
    ax.set_xticks(range(shares.shape[1]), ranks)
    ax.xaxis.tick_top()
    return chart


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
    name_rows(ax, [f"{row.priority}  {labels.code(row.code)}" for row in data.itertuples()])
    ax.set_ylim(len(data) - 0.5, -0.5)
    ax.margins(x=0.06)
    ax.grid(axis="x")
    ax.set_xlabel(labels.say("Points from the reference median"))
    return chart
