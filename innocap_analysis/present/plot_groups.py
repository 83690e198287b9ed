"""Figure of the scores of countries and regions from answers."""

from __future__ import annotations

import pandas as pd

from innocap_analysis.compare.clusters import estimate_cluster_means
from innocap_analysis.prepare.wave import Wave
from innocap_analysis.present.disclosure import SHOWN
from innocap_analysis.present.figure import GRID, QUIET, Chart, start_chart, styled
from innocap_analysis.present.survey_groups import tabulate_places
from innocap_analysis.present.survey_labels import (
    NO_REGION,
    draw_intervals,
    make_survey_labels,
    mark_chart,
)
from innocap_analysis.score.survey import score_answers

# Below five organisations the spread between them says next to nothing.
MIN_ORGANISATIONS = 5


def tabulate_group_scores(wave: Wave) -> pd.DataFrame:
    """Tabulate the scores of countries and their regions, small groups hidden.

    Parameters
    ----------
    wave : Wave
        Clean answers.

    Returns
    -------
    DataFrame
        One row per unit and node: `country`, `unit`, `code`, `n`, `mean`, `se`, `df`, `low`,
        `high` (95%, of :func:`~innocap_analysis.compare.clusters.estimate_cluster_means`),
        `suppressed`. Every extreme is left out.
    """
    nodes = wave.instrument.codebook.parents

    def estimate_means(scores: pd.DataFrame, by: str) -> pd.DataFrame:
        parts = [
            estimate_cluster_means(
                scores, node, by, "organisation", min_clusters=MIN_ORGANISATIONS
            ).assign(code=node)
            for node in nodes
        ]
        return pd.concat(parts, ignore_index=True)

    shown = ["mean", "se", "df", "low", "high"]
    scores = score_answers(wave.clean, wave.instrument)
    table = tabulate_places(scores, wave, estimate_means, values=shown, within=["code"])
    columns = ["country", "unit", "code", "n", *shown, "suppressed"]
    return table.loc[table["unit"] != NO_REGION, columns].reset_index(drop=True)


@styled
def plot_groups(wave: Wave, *, language: str = "en") -> Chart:
    """Draw the scores of every country and region, with intervals.

    Parameters
    ----------
    wave : Wave
        Clean answers.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: the rows of :func:`tabulate_group_scores`.
    """
    labels = make_survey_labels(wave, language)
    data = tabulate_group_scores(wave)
    book = wave.instrument.codebook
    nodes = [book.indexes[0], *book.children(book.indexes[0])]
    units = list(dict.fromkeys(data["unit"]))
    main = data[(data["unit"] == data["country"]) & (data["suppressed"] == SHOWN)]
    pivot = main.pivot_table(index="unit", columns="code", values="mean")
    weakest = pivot[nodes[1:]].mean().idxmin()
    hidden = data.loc[data["suppressed"] != SHOWN, "unit"].nunique()
    chart, axes = start_chart(
        labels.say(
            "Lowest of the four dimensions on average: {dimension} ({score} of 100)",
            dimension=labels.code(str(weakest)),
            score=labels.number(float(pivot[weakest].mean())),
        ),
        labels.say(
            "Mean scores of respondents from 0 to 100 with 95% intervals over organisations; "
            "hollow: fewer than {k} organisations, no interval. Groups of fewer than {n} "
            "respondents are not shown, nor what would give them away.",
            n=wave.settings.min_respondents,
            k=MIN_ORGANISATIONS,
        ),
        data=data,
        height=0.7 + 0.3 * len(units),
        columns=len(nodes),
        sharey=True,
        note=labels.say("Not shown: {n} of {all} countries and regions.", n=hidden,
                        all=len(units)),
    )  # fmt: skip
    for ax, node in zip(axes, nodes, strict=True):
        own = data[data["code"] == node].set_index("unit").loc[units].reset_index()
        draw_intervals(ax, own, list(range(len(units))), labels, value="mean")
        for y in own.index[own["mean"].isna()]:
            ax.text(50, y, "–", ha="center", va="center", color=QUIET)
        ax.set_title(labels.heading(node, 16), size=8)
        ax.set_xlim(0, 100)
        ax.set_xticks([0, 50, 100])
        ax.grid(axis="x", color=GRID)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
    axes[0].set_yticks(range(len(units)), [labels.unit(unit) for unit in units], size=8)
    for tick, unit in zip(axes[0].get_yticklabels(), units, strict=True):
        tick.set_fontweight("bold" if unit in wave.settings.countries else "normal")
    axes[0].set_ylim(len(units) - 0.4, -0.6)
    return mark_chart(chart, wave)
