"""Figures of answers: diverging bars, and shares with intervals."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch

from innocap_analysis.compare.shares import estimate_top_two, tabulate_answers
from innocap_analysis.prepare.wave import Wave
from innocap_analysis.present.figure import GRID, INK, QUIET, Chart, start_chart, styled
from innocap_analysis.present.labels import Labels
from innocap_analysis.present.survey_groups import shield_countries
from innocap_analysis.present.survey_labels import (
    draw_intervals,
    make_country_key,
    make_survey_labels,
    mark_chart,
)

_DIVERGING = ("#B35806", "#F1A340", "#D8D8D8", "#8DBFE0", "#0072B2")
_QUESTION_WIDTH = 62


def fold(text: str, width: int) -> str:
    """Break a question into lines of about equal length, none longer than `width`.

    Parameters
    ----------
    text : str
        A question.
    width : int
        Most letters of a line.

    Returns
    -------
    str
        The text with line breaks.
    """
    lines = -(-len(text) // width)
    for even in range(-(-len(text) // lines), width + 1):
        folded = textwrap.wrap(text, even)
        if len(folded) <= lines:
            return "\n".join(folded)
    return textwrap.fill(text, width)


@styled
def plot_answers(wave: Wave, dimension: str, *, language: str = "en") -> Chart:
    """Draw the answers to one dimension's items as diverging stacked bars, by country.

    Parameters
    ----------
    wave : Wave
        Clean answers.
    dimension : str
        Code of a dimension.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: `unit`, `code`, `answer`, `share`, `n`, `suppressed`.
    """
    labels = make_survey_labels(wave, language)
    codes = wave.instrument.codebook.children(dimension)
    clean = wave.clean.assign(country=wave.clean["country"].fillna(""))
    found = tabulate_answers(clean, wave.instrument, items=codes, by="country")
    data = shield_countries(found, wave, ["share", "low", "high", "count"])
    data = data[["unit", "code", "answer", "share", "n", "suppressed"]]
    countries = [c for c in wave.settings.countries if c in set(data["unit"])]
    top = estimate_top_two(clean, wave.instrument, items=codes).set_index("code")["share"]
    best = str(top.idxmax())
    scale = wave.instrument.scales[wave.instrument.items[codes[0]].scale]
    steps = sorted(float(code) for code in scale.codes)
    chart, (ax,) = start_chart(
        labels.say(
            "{dimension}: most agree ({share}) that “{question}”",
            dimension=labels.code(dimension),
            share=labels.share(float(top[best])),
            question=labels.question(best).rstrip("."),
        ),
        labels.say(
            "Share of respondents by answer; on the left who disagrees, on the right who agrees, "
            "in figures. Don’t know and no answer are left out."
        ),
        data=data,
        height=0.3 + len(codes) * (0.36 + 0.19 * len(countries)),
        key=[
            Patch(facecolor=colour, label=labels.answer(codes[0], step))
            for colour, step in zip(_DIVERGING, steps, strict=True)
        ],
        note=labels.say(
            "Statements marked * are worded the other way round: to agree means less capacity."
        ),
    )
    y, ticks, names = 0.0, [], []  # type: float, list[float], list[str]
    drawn: dict[float, np.ndarray] = {}
    wide = data.set_index(["code", "unit", "answer"])["share"]
    for code in codes:
        star = " *" if wave.instrument.items[code].reversed else ""
        ax.text(-1.0, y, labels.question(code) + star, size=8, va="center", color=INK)
        y += 0.95
        ax.plot([0, 0], [y - 0.45, y - 0.5 + 0.95 * len(countries)], color=INK, linewidth=0.8)
        for unit in countries:
            shares = np.array([wide[code, unit, step] for step in steps])
            ticks.append(y)
            names.append(labels.unit(unit))
            if np.isnan(shares).any():
                ax.text(0, y, labels.hidden, size=7.5, va="center", ha="center", color=QUIET)
            else:
                drawn[y] = shares
            y += 0.95
        y += 0.45
    _draw_diverging(ax, drawn, labels)
    ax.set_xlim(-1, 1)
    ax.set_ylim(y - 0.6, -0.8)
    ax.set_yticks(ticks, names, size=8)
    ax.tick_params(axis="both", length=0)
    ax.set_xticks([])
    ax.spines[:].set_visible(False)
    return mark_chart(chart, wave)


def _draw_diverging(ax: Axes, drawn: dict[float, np.ndarray], labels: Labels) -> None:
    """Draw one bar per height, the middle of the middle answer at nought."""
    if not drawn:
        return
    shares = np.array(list(drawn.values()))
    middle = shares.shape[1] // 2
    low, high = shares[:, :middle].sum(axis=1), shares[:, middle + 1 :].sum(axis=1)
    ends = np.cumsum(shares, axis=1) - (low + shares[:, middle] / 2)[:, None]
    starts = ends - shares
    for step, colour in enumerate(_DIVERGING):
        bars = [
            [(left, y - 0.4), (right, y - 0.4), (right, y + 0.4), (left, y + 0.4)]
            for y, left, right in zip(drawn, starts[:, step], ends[:, step], strict=True)
        ]
        ax.add_collection(PolyCollection(bars, facecolors=colour, linewidths=0), autolim=False)
    for i, y in enumerate(drawn):
        ax.text(
            starts[i, 0] - 0.015,
            y,
            labels.share(low[i]),
            size=7.5,
            va="center",
            ha="right",
            color=QUIET,
        )
        ax.text(ends[i, -1] + 0.015, y, labels.share(high[i]), size=7.5, va="center", ha="left",
                color=INK)  # fmt: skip


@styled
def plot_top_two(wave: Wave, *, language: str = "en") -> Chart:
    """Draw the share that agrees with every item, by country, with Wilson intervals.

    Parameters
    ----------
    wave : Wave
        Clean answers.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: the rows of :func:`estimate_top_two` by country, with `suppressed`.
    """
    labels = make_survey_labels(wave, language)
    clean = wave.clean.assign(country=wave.clean["country"].fillna(""))
    found = estimate_top_two(clean, wave.instrument, by="country")
    data = shield_countries(found, wave, ["share", "low", "high", "count"])
    codes = wave.instrument.scored
    wide = data.pivot_table(index="code", columns="unit", values="share")
    spread = (wide.max(axis=1) - wide.min(axis=1)).reindex(codes)
    far = str(spread.idxmax())
    title = labels.say(
        "Furthest apart, {low} in {first} and {high} in {last}: {question}",
        low=labels.share(float(wide.loc[far].min())),
        first=labels.unit(str(wide.loc[far].idxmin())),
        high=labels.share(float(wide.loc[far].max())),
        last=labels.unit(str(wide.loc[far].idxmax())),
        question=labels.question(far),
    )
    return _draw_shares(
        wave, data, codes, title,
        labels.say(
            "Share that agrees or strongly agrees, with 95% Wilson intervals, by country. Where "
            "intervals overlap widely, the countries should not be told apart."
        ),
        [labels.question(code) + (" *" if wave.instrument.items[code].reversed else "")
         for code in codes],
        labels.say(
            "Statements marked * are worded the other way round: to agree means less capacity."
        ),
        language,
    )  # fmt: skip


@styled
def plot_options(wave: Wave, code: str, *, language: str = "en") -> Chart:
    """Draw how many chose each option of a multiple-choice question, by country.

    Parameters
    ----------
    wave : Wave
        Clean answers.
    code : str
        A multiple-choice question.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: `unit`, `answer`, `count`, `n`, `share`, `low`, `high`, `suppressed`.
    """
    labels = make_survey_labels(wave, language)
    clean = wave.clean.assign(country=wave.clean["country"].fillna(""))
    overall = tabulate_answers(clean, wave.instrument, items=[code]).set_index("answer")["share"]
    order = list(overall.sort_values(ascending=False, kind="stable").index)
    found = tabulate_answers(clean, wave.instrument, items=[code], by="country")
    data = shield_countries(found, wave, ["share", "low", "high", "count"])
    title = labels.say(
        "Named most: {first} ({first_share}), then {second} ({second_share})",
        first=labels.answer(code, order[0]),
        first_share=labels.share(float(overall[order[0]])),
        second=labels.answer(code, order[1]),
        second_share=labels.share(float(overall[order[1]])),
    )
    return _draw_shares(
        wave, data.assign(code=data["answer"]), order, title,
        labels.say(
            "{question} Share of those who answered, with 95% Wilson intervals, by country.",
            question=labels.question(code),
        ),
        [labels.answer(code, option) for option in order], "", language,
    )  # fmt: skip


def _draw_shares(
    wave: Wave,
    data: pd.DataFrame,
    rows: list[str],
    title: str,
    subtitle: str,
    names: list[str],
    note: str,
    language: str,
) -> Chart:
    labels = make_survey_labels(wave, language)
    countries = [c for c in wave.settings.countries if c in set(data["unit"])]
    chart, (ax,) = start_chart(
        title, subtitle, data=data, note=note, height=0.4 + 0.4 * len(rows),
        key=make_country_key(countries, labels),
    )  # fmt: skip
    offsets = np.linspace(-0.3, 0.3, len(countries))
    for y, code in enumerate(rows):
        own = data[data["code"] == code].set_index("unit").loc[countries].reset_index()
        draw_intervals(ax, own, list(y + offsets), labels, value="share")
        if y % 2:
            ax.axhspan(y - 0.5, y + 0.5, color="#F6F6F6", zorder=0, linewidth=0)
    ax.set_yticks(range(len(rows)), [fold(name, _QUESTION_WIDTH) for name in names], size=7.5)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlim(0, min(1.0, float(data["high"].max()) + 0.05))
    ax.xaxis.set_major_formatter(lambda tick, _: labels.share(tick))
    ax.grid(axis="x", color=GRID)
    ax.tick_params(axis="y", length=0, pad=7)  # a mark at 0 % reaches over the axis
    ax.spines["left"].set_visible(False)
    return mark_chart(chart, wave)
