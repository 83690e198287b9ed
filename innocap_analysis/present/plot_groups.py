"""Figure of the scores of countries and regions from answers."""

from __future__ import annotations

from innocap_analysis.prepare.wave import Wave
from innocap_analysis.present.disclosure import SHOWN
from innocap_analysis.present.figure import GRID, QUIET, Chart, start_chart, styled
from innocap_analysis.present.survey_groups import MIN_ORGANISATIONS, tabulate_group_scores
from innocap_analysis.present.survey_labels import (
    draw_intervals,
    make_survey_labels,
    mark_chart,
)


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
        Its data: the rows of
        :func:`~innocap_analysis.present.survey_groups.tabulate_group_scores`.
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
