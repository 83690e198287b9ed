"""Figures of the evidence about differences: reliability, items, pairs, pooling."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from innocap_analysis.compare.describe import EVERYONE
from innocap_analysis.present.evidence import PRIOR_SCALE, Evidence
from innocap_analysis.present.figure import (
    AHEAD,
    BEHIND,
    GRID,
    INK,
    QUIET,
    REFERENCE,
    Chart,
    start_chart,
    styled,
)
from innocap_analysis.present.plot_answers import fold
from innocap_analysis.present.survey_labels import (
    draw_intervals,
    make_country_key,
    make_survey_labels,
    mark_chart,
)

_ENOUGH = 0.7
_VERDICT_COLOURS = {"differs": BEHIND, "equivalent": AHEAD, "inconclusive": QUIET}
_VERDICT_MARKS = {"differs": "D", "equivalent": "s", "inconclusive": "o"}
_NOT_COMPARED: dict[str, Any] = {"marker": "x", "color": QUIET, "linestyle": "", "markersize": 5.5}
_QUESTION_WIDTH = 62


@styled
def plot_reliability(evidence: Evidence, *, language: str = "en") -> Chart:
    """Draw alpha with its interval, for everyone and by country.

    Parameters
    ----------
    evidence : Evidence
        Of the wave.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: `unit`, `code`, `estimate`, `low`, `high`, `n`.
    """
    labels = make_survey_labels(evidence.wave, language)
    table = evidence.reliability
    data = table.loc[table["coefficient"] == "alpha"]
    data = data[["unit", "code", "estimate", "low", "high", "n"]].reset_index(drop=True)
    whole = data[data["unit"] == EVERYONE].set_index("code")["estimate"]
    units = [EVERYONE, *evidence.countries]
    chart, (ax,) = start_chart(
        labels.say(
            "Alpha of the dimensions lies between {low} and {high} for everyone together",
            low=labels.number(float(whole.min()), decimals=2),
            high=labels.number(float(whole.max()), decimals=2),
        ),
        labels.say(
            "Cronbach’s alpha of six items each with exact 95% intervals, complete answers; the "
            "line marks {enough}, a common minimum.",
            enough=labels.number(_ENOUGH, decimals=1),
        ),
        data=data,
        height=0.5 + 0.85 * len(evidence.dimensions),
        key=[
            Line2D([], [], marker="*", color=INK, markersize=8, linewidth=1.4,
                   label=labels.say("Everyone")),
            *make_country_key(evidence.countries, labels),
        ],
    )  # fmt: skip
    offsets = np.linspace(-0.32, 0.32, len(units))
    for y, code in enumerate(evidence.dimensions):
        own = data[data["code"] == code].set_index("unit").loc[units].reset_index()
        draw_intervals(
            ax, own[1:].assign(country=own["unit"]), list(y + offsets[1:]), labels,
            value="estimate",
        )  # fmt: skip
        row = own.iloc[0]
        ax.plot([row["low"], row["high"]], [y + offsets[0]] * 2, color=INK, linewidth=1.6)
        ax.plot(row["estimate"], y + offsets[0], "*", color=INK, markersize=9)
    ax.axvline(_ENOUGH, color=REFERENCE, linewidth=1, linestyle="--", zorder=0)
    ax.set_yticks(range(len(evidence.dimensions)), [labels.code(c) for c in evidence.dimensions])
    ax.set_ylim(len(evidence.dimensions) - 0.5, -0.5)
    ax.set_xlim(min(0.0, float(data["low"].min()) - 0.03), 1)
    ax.xaxis.set_major_formatter(lambda tick, _: labels.number(tick, decimals=1))
    ax.grid(axis="x", color=GRID)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    return mark_chart(chart, evidence.wave)


@styled
def plot_dif(evidence: Evidence, *, language: str = "en") -> Chart:
    """Draw how much each item depends on the country beyond the level of the person.

    Parameters
    ----------
    evidence : Evidence
        Of the wave.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: the rows of :func:`~innocap_analysis.compare.invariance.screen_dif`.
    """
    labels = make_survey_labels(evidence.wave, language)
    data = evidence.dif
    beyond = data["p_bh"] < 0.05
    chart, (ax,) = start_chart(
        labels.say(
            "{n} of {all} items depend on the country more than chance would do",
            n=int(beyond.sum()),
            all=len(data),
        ),
        labels.say(
            "Gain in explained variation (McFadden) when the country is added to the mean of "
            "the other items; lines at {small} and {large}: moderate and large.",
            small=labels.figure(0.02), large=labels.figure(0.05),
        ),
        data=data,
        height=8.0,
        key=[
            Patch(facecolor=BEHIND, label=labels.say("beyond chance (5% false finds)")),
            Patch(facecolor=REFERENCE, label=labels.say("within chance")),
        ],
        note=labels.say("Complete answers to a dimension; countries with fewer than 20 left out."),
    )  # fmt: skip
    for y, row in enumerate(data.to_dict("records")):
        if pd.isna(row["delta_r2"]):
            ax.text(0.001, y, "–", va="center", color=QUIET)
            continue
        known = bool(beyond.iloc[y])
        ax.barh(y, row["delta_r2"], color=BEHIND if known else REFERENCE, height=0.6)
        ax.text(row["delta_r2"] + 0.001, y, labels.number(row["delta_r2"], decimals=3),
                va="center", size=7.5,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})  # fmt: skip
    for edge in (0.02, 0.05):
        ax.axvline(edge, color=INK, linewidth=0.8, linestyle="--", zorder=0)
    top = max(0.06, float(data["delta_r2"].max()) * 1.15)
    ax.set_xlim(0, top)
    ax.set_yticks(
        range(len(data)), [fold(labels.question(c), _QUESTION_WIDTH) for c in data["code"]], size=7
    )
    ax.set_ylim(len(data) - 0.4, -0.6)
    ax.xaxis.set_major_formatter(lambda tick, _: labels.number(tick, decimals=2))
    ax.tick_params(axis="y", length=0)
    return mark_chart(chart, evidence.wave)


@styled
def plot_pairs(evidence: Evidence, *, language: str = "en") -> Chart:
    """Draw the difference between every two countries against what matters.

    Parameters
    ----------
    evidence : Evidence
        Of the wave.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: the rows of
        :func:`~innocap_analysis.compare.clusters.compare_cluster_pairs` by score.
    """
    labels = make_survey_labels(evidence.wave, language)
    data = evidence.pairs
    named = {
        "differs": labels.say("differs"),
        "equivalent": labels.say("equivalent"),
        "inconclusive": labels.say("inconclusive"),
    }
    count = data["verdict"].value_counts()
    unknown = data["low_simultaneous"].isna().any()
    nodes = [evidence.root, *evidence.dimensions]
    pairs = list(dict.fromkeys(zip(data["unit"], data["other"], strict=True)))
    chart, axes = start_chart(
        labels.say(
            "Of {n} differences between countries, {open} are open: neither sure nor negligible",
            n=len(data),
            open=int(count.get("inconclusive", 0)),
        ),
        labels.say(
            "Difference of mean scores (first minus second country) with simultaneous 95% "
            "intervals over organisations; the band is plus or minus {smallest} points, too "
            "small to matter.",
            smallest=labels.figure(evidence.smallest),
        ),
        data=data,
        height=0.7 + 0.36 * len(pairs),
        columns=len(nodes),
        sharey=True,
        key=[
            Line2D([], [], marker=_VERDICT_MARKS[v], color=_VERDICT_COLOURS[v], linewidth=1.4,
                   markersize=6, label=named[v])
            for v in named
        ] + [Line2D([], [], label=labels.say("no comparison"), **_NOT_COMPARED)] * bool(unknown),
    )  # fmt: skip
    ends = data[["low_simultaneous", "high_simultaneous"]].abs().max().max()
    reach = float(np.nanmin([ends, 60.0])) * 1.08 if pd.notna(ends) else 10.0
    for ax, node in zip(axes, nodes, strict=True):
        own = data[data["code"] == node].set_index(["unit", "other"]).loc[pairs]
        ax.axvspan(-evidence.smallest, evidence.smallest, color="#EFEFEF", zorder=0, linewidth=0)
        ax.axvline(0, color=INK, linewidth=0.8)
        for y, row in enumerate(own.to_dict("records")):
            if pd.isna(row.get("low_simultaneous")):
                ax.plot(0, y, **_NOT_COMPARED)
                continue
            colour = _VERDICT_COLOURS[row["verdict"]]
            ax.plot([row["low_simultaneous"], row["high_simultaneous"]], [y, y], color=colour,
                    linewidth=1.4)  # fmt: skip
            ax.plot(row["difference"], y, _VERDICT_MARKS[row["verdict"]], color=colour,
                    markersize=5.5)  # fmt: skip
        ax.set_title(labels.heading(node, 16), size=8)
        ax.set_xlim(-reach, reach)
        ax.xaxis.set_major_formatter(lambda tick, _: labels.number(tick, decimals=0))
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
    axes[0].set_yticks(
        range(len(pairs)), [f"{labels.unit(a)} – {labels.unit(b)}" for a, b in pairs], size=8
    )
    axes[0].set_ylim(len(pairs) - 0.4, -0.6)
    return mark_chart(chart, evidence.wave)


@styled
def plot_pooled(evidence: Evidence, *, language: str = "en") -> Chart:
    """Draw the means as answered and partially pooled.

    Parameters
    ----------
    evidence : Evidence
        Of the wave.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: the means of :func:`~innocap_analysis.compare.pooling.pool_means`, or as
        answered where an error is missing.
    """
    labels = make_survey_labels(evidence.wave, language)
    pooled = evidence.pooled
    if pooled is None:
        data = evidence.means.rename(columns={"n": "respondents"})
        title = labels.say("The means cannot be pooled: a country has too few organisations")
    else:
        data = pooled.means
        title = labels.say(
            "Pooling takes {share} of the way to the common mean on average; highest with "
            "probability {p}: {unit}",
            share=labels.share(float(data["shrinkage"].mean())),
            p=labels.probability(float(pooled.ranks[1].max())),
            unit=labels.unit(str(pooled.ranks[1].idxmax())),
        )
    data = data.set_index("unit").loc[evidence.countries].reset_index()
    chart, (ax,) = start_chart(
        title,
        labels.say(
            "Mean index of each country as answered (hollow) and partially pooled (filled) with "
            "95% intervals."
        ),
        data=data,
        height=0.6 + 0.5 * len(data),
        note=labels.say(
            "Prior of the standard deviation between countries: half-normal, scale {scale} points.",
            scale=labels.figure(PRIOR_SCALE),
        ),
    )
    for y, row in enumerate(data.to_dict("records")):
        colour, mark = labels.colour(row["unit"]), labels.marker(row["unit"])
        ax.plot(row["mean"], y - 0.14, mark, color=colour, markerfacecolor="white", markersize=6)
        if "pooled" in row:
            ax.plot([row["low"], row["high"]], [y + 0.14] * 2, color=colour, linewidth=1.6)
            ax.plot(row["pooled"], y + 0.14, mark, color=colour, markersize=6.5)
    if pooled is not None:
        ax.axvline(pooled.spread["grand_mean"], color=REFERENCE, linewidth=1, linestyle="--")
    ax.set_yticks(range(len(data)), [labels.unit(u) for u in data["unit"]])
    ax.set_ylim(len(data) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(lambda tick, _: labels.number(tick, decimals=0))
    ax.grid(axis="x", color=GRID)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    return mark_chart(chart, evidence.wave)
