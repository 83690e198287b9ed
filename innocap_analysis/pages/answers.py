"""Page 80: what people answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch
from matplotlib.transforms import blended_transform_factory

from innocap_analysis.errors import InnocapError
from innocap_analysis.pages.drawing.figure import INK, QUIET, Chart, styled
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.prose import Prose
from innocap_analysis.pages.survey_marks import draw_interval, fold, make_country_key, set_rows
from innocap_analysis.pages.survey_view import SurveyView
from innocap_analysis.pages.tables import Table
from innocap_analysis.survey.disclosure import (
    MIN_ORGANISATIONS,
    tabulate_agreement,
    tabulate_choices,
)
from innocap_analysis.survey.publish import SHOWN

_DIVERGING = ("#B35806", "#F1A340", "#D8D8D8", "#8DBFE0", "#0072B2")
_STEP = 0.95
_MOST_NAMED = 3


@styled
def plot_groups(view: SurveyView) -> Chart:
    """Draw the scores of every country and region, with intervals."""
    data = view.scores
    units = list(dict.fromkeys(data["unit"]))
    country = dict(zip(data["unit"], data["country"], strict=True))
    main = data[(data["unit"] == data["country"]) & (data["suppressed"] == SHOWN)]
    means = main.groupby("code")["mean"].mean()[view.dimensions]
    lowest = str(means.idxmin())
    hidden = int(data.loc[data["suppressed"] != SHOWN, "unit"].nunique())
    chart, axes = view.start_chart(
        view.say(
            "Lowest mean over the countries: {dimension} ({score} of 100)",
            dimension=view.code(lowest),
            score=view.fact("mean_of_countries", means[lowest], "points", code=lowest,
                            n=main["unit"].nunique()),
        ),
        view.say(
            "Mean scores of respondents from 0 to 100 with 95% intervals over organisations; "
            "hollow: fewer than {k} organisations, no interval. Groups of fewer than {n} "
            "respondents are not shown, nor what would give them away.",
            n=view.min_respondents, k=view.given("min_organisations", MIN_ORGANISATIONS, "count"),
        ),
        data=data, height=0.7 + 0.36 * len(units), columns=len(view.nodes), sharey=True,
        sharex=True,
        note=view.say(
            "Not shown: {n} of {all} countries and regions.",
            n=view.tally("n_hidden", hidden), all=view.tally("n_places", len(units)),
        ),
    )  # fmt: skip
    names = [fold(view.sized(unit, view.n_scored(unit, view.root)), 28) for unit in units]
    rows = {(row["unit"], row["code"]): row for row in data.to_dict("records")}
    drawn = data[["low", "high", "mean"]]
    ends = 10 * np.floor(drawn.min().min() / 10), 10 * np.ceil(drawn.max().max() / 10)
    for ax, node in zip(axes, view.nodes, strict=True):
        for y, unit in enumerate(units):
            draw_interval(ax, view, country[unit], rows[unit, node], y, of="mean")
            if pd.isna(rows[unit, node]["mean"]):
                ax.text(sum(ends) / 2, y, f"{view.score(unit, node)}", ha="center", va="center",
                        size=7.5, color=QUIET)  # fmt: skip
        ax.set_title(view.heading(node, 16), size=8)
        set_rows(ax, names, room=0.4)
        ax.xaxis.set_major_formatter(view.tick())
    axes[0].set_xlim(*ends)
    axes[0].set_xticks(np.arange(ends[0] + 20, ends[1], 20))  # panels touch at their ends
    for tick, unit in zip(axes[0].get_yticklabels(), units, strict=True):
        tick.set_fontweight("bold" if unit in view.settings.countries else "normal")
    return chart


def table_scores(view: SurveyView) -> Table:
    """Show the scores of countries and regions with their intervals, small groups hidden."""
    rows = [
        {"unit": view.unit(unit), "n": view.n_scored(unit, view.root)}
        | {node: f"{view.score(unit, node):interval}" for node in view.nodes}
        for unit in dict.fromkeys(view.scores["unit"])
    ]
    heads = {
        "unit": view.say("Country or region"),
        "n": view.say("Respondents with a score"),
        **{node: view.code(node) for node in view.nodes},
    }
    caption = view.say("Mean scores, 0 to 100, with 95% intervals over organisations")
    return view.table(rows, heads, caption=caption)


@styled
def plot_answers(view: SurveyView, dimension: str) -> Chart:
    """Draw the answers to one dimension's items as diverging stacked bars, by country."""
    if dimension not in view.dimensions:
        raise InnocapError(
            f"{dimension!r} is no dimension of the questionnaire; it has "
            + ", ".join(view.dimensions)
        )
    codes, countries = view.codebook.children(dimension), view.countries
    data = tabulate_choices(view.release, codes)
    wide = data.set_index(["code", "unit", "answer"])["share"]
    data = data[["unit", "code", "answer", "share", "n", "suppressed"]]
    overall = tabulate_agreement(view.release, by=None).set_index("code").loc[codes]
    best = str(overall["share"].idxmax())
    top = overall.loc[best]
    scale = view.instrument.scales[view.instrument.items[codes[0]].scale]
    steps = sorted(float(code) for code in scale.codes)
    chart, (ax,) = view.start_chart(
        view.say(
            "{dimension}: most agree ({share}) that “{question}”",
            dimension=view.code(dimension),
            share=view.fact("share_agree", top["share"], "share", code=best, n=top["n"]),
            question=view.question(best).rstrip("."),
        ),
        view.say(
            "Share of respondents by answer; on the left who disagrees, on the right who agrees, "
            "in figures. Don’t know and no answer are left out."
        ),
        data=data,
        height=0.3 + len(codes) * (0.36 + 0.19 * len(countries)),
        key=[
            Patch(facecolor=colour, label=view.answer(codes[0], step))
            for colour, step in zip(_DIVERGING, steps, strict=True)
        ],
        note=_tell_star(view),
    )
    agreed = {(row["unit"], row["code"]): row for row in view.agreement.to_dict("records")}
    margin = blended_transform_factory(chart.transFigure, ax.transData)
    y, ticks = 0.0, {}
    drawn: dict[float, tuple[np.ndarray, Said, Said]] = {}
    for code in codes:
        ax.text(0.015, y, view.question(code, star=True), size=8, va="center", color=INK,
                transform=margin).set_in_layout(False)  # fmt: skip
        y += _STEP
        ax.plot([0, 0], [y - 0.45, y - 0.5 + _STEP * len(countries)], color=INK, linewidth=0.8)
        for unit in countries:
            row = agreed[unit, code]
            shares = np.array([wide[code, unit, step] for step in steps])
            n = view.cell("n_answers", row, "count", of="n")
            ticks[y] = view.unit(unit) if n.fact.hidden else view.sized(unit, n)
            disagree = row | {"disagree": shares[: len(steps) // 2].sum()}
            left = view.cell("share_disagree", disagree, "share", of="disagree")
            right = view.cell("share_agree", row, "share", of="share", ends=True)
            if np.isnan(shares).any():
                ax.text(0, y, f"{right}", size=7.5, va="center", ha="center", color=QUIET)
            else:
                drawn[y] = (shares, left, right)
            y += _STEP
        y += 0.45
    _draw_diverging(ax, drawn)
    ax.set_xlim(-1, 1)
    ax.set_ylim(y - 0.6, -0.8)
    ax.set_yticks(list(ticks), list(ticks.values()), size=8)
    ax.tick_params(axis="both", length=0)
    ax.set_xticks([])
    ax.spines[:].set_visible(False)
    return chart


def _draw_diverging(ax: Axes, drawn: Mapping[float, tuple[np.ndarray, Said, Said]]) -> None:
    """Draw one bar per height, the middle of the middle answer at nought."""
    if not drawn:
        return
    shares = np.array([shares for shares, _, _ in drawn.values()])
    middle = shares.shape[1] // 2
    zero = shares[:, :middle].sum(axis=1) + shares[:, middle] / 2
    ends = np.cumsum(shares, axis=1) - zero[:, None]
    starts = ends - shares
    for step, colour in enumerate(_DIVERGING):
        bars = [
            [(left, y - 0.4), (right, y - 0.4), (right, y + 0.4), (left, y + 0.4)]
            for y, left, right in zip(drawn, starts[:, step], ends[:, step], strict=True)
        ]
        ax.add_collection(PolyCollection(bars, facecolors=colour, linewidths=0), autolim=False)
    for i, (y, (_, low, high)) in enumerate(drawn.items()):
        ax.text(starts[i, 0] - 0.015, y, f"{low}", size=7.5, va="center", ha="right",
                color=QUIET)  # fmt: skip
        ax.text(ends[i, -1] + 0.015, y, f"{high}", size=7.5, va="center", ha="left",
                color=INK)  # fmt: skip


def _tell_star(view: SurveyView) -> str:
    return view.say(
        "Statements marked * are worded the other way round: to agree means less capacity."
    )


@styled
def plot_agreement(view: SurveyView) -> Chart:
    """Draw the share that agrees with every item, by country, with Wilson intervals."""
    data, codes = view.agreement, view.instrument.scored
    wide = data.pivot_table(index="code", columns="unit", values="share")
    far = str((wide.max(axis=1) - wide.min(axis=1)).reindex(codes).idxmax())
    rows = {(row["unit"], row["code"]): row for row in data.to_dict("records")}
    first, last = str(wide.loc[far].idxmin()), str(wide.loc[far].idxmax())
    low, high = (
        view.cell("share_agree", rows[unit, far], "share", of="share", ends=True)
        for unit in (first, last)
    )
    title = view.say(
        "Furthest apart, {low} in {first} and {high} in {last}: {question}",
        low=low, first=view.unit(first), high=high, last=view.unit(last),
        question=view.question(far),
    )  # fmt: skip
    subtitle = view.say(
        "Share that agrees or strongly agrees, with 95% Wilson intervals, by country. Where "
        "intervals overlap widely, the countries should not be told apart."
    )
    sizes = {unit: view.sized(unit) for unit in view.countries}
    names = [view.question(code, star=True) for code in codes]
    return _draw_shares(view, data, codes, title, subtitle, names, sizes, _tell_star(view))


@styled
def plot_options(view: SurveyView, question: str) -> Chart:
    """Draw how many chose each option of a multiple-choice question, by country."""
    named = _rank_options(view, question)
    data = tabulate_choices(view.release, [question])
    given = {row["unit"]: row for row in data.to_dict("records")}
    sizes = {
        unit: view.sized(unit, view.cell("n_answers", given[unit], "count", of="n"))
        for unit in view.countries
    }
    (first, most), (second, next_most) = list(named.items())[:2]
    title = view.say(
        "Named most: {first} ({first_share}), then {second} ({second_share})",
        first=view.answer(question, first), first_share=most,
        second=view.answer(question, second), second_share=next_most,
    )  # fmt: skip
    subtitle = view.say(
        "{question} Share of those who answered, with 95% Wilson intervals, by country.",
        question=view.question(question),
    )
    names = [view.answer(question, option) for option in named]
    data = data.assign(code=data["answer"])
    return _draw_shares(view, data, list(named), title, subtitle, names, sizes, "")


def _rank_options(view: SurveyView, question: str) -> dict[str, Said]:
    """Return the share that chose each option, most first."""
    table = tabulate_choices(view.release, [question], by=None)
    table = table.sort_values("share", ascending=False, kind="stable")
    return {
        str(row["answer"]): view.fact("share_named", row["share"], "share", n=row["n"],
                                      code=f"{question}_{row['answer']}")
        for row in table.to_dict("records")
    }  # fmt: skip


def _draw_shares(
    view: SurveyView,
    data: pd.DataFrame,
    codes: Sequence[str],
    title: str,
    subtitle: str,
    names: Sequence[str],
    sizes: Mapping[str, str],
    note: str,
) -> Chart:
    chart, (ax,) = view.start_chart(
        title, subtitle, data=data, note=note, height=0.4 + 0.4 * len(codes),
        key=make_country_key(view, sizes),
    )  # fmt: skip
    rows: dict[tuple[Any, Any], dict[Any, Any]] = {
        (row["unit"], row["code"]): row for row in data.to_dict("records")
    }
    offsets = np.linspace(-0.3, 0.3, len(view.countries))
    for y, code in enumerate(codes):
        for unit, offset in zip(view.countries, offsets, strict=True):
            draw_interval(ax, view, unit, rows[unit, code], y + offset, of="share")
        if y % 2:
            ax.axhspan(y - 0.5, y + 0.5, color="#F6F6F6", zorder=0, linewidth=0)
    set_rows(ax, [fold(name) for name in names], size=7.5)
    ax.tick_params(axis="y", pad=7)  # a mark at 0 % reaches over the axis
    ax.set_xlim(0, min(1.0, float(data["high"].max()) + 0.05))
    ax.xaxis.set_major_formatter(view.tick_share)
    return chart


def write_findings(view: SurveyView, question: str) -> Prose:
    """Write the scores of the countries, and what was named most in answer to `question`."""
    told = []
    shown = view.scores[view.scores["suppressed"] == SHOWN]
    countries = [unit for unit in view.countries if unit in set(shown["unit"])]
    for node in view.dimensions:
        parts = [f"{view.unit(unit)} {view.score(unit, node):interval}" for unit in countries]
        if parts:
            told.append(
                view.say(
                    "{dimension}: {scores}.", dimension=view.code(node), scores="; ".join(parts)
                )
            )
    named = _rank_options(view, question)
    n = next(iter(named.values())).fact.n
    if n >= view.settings.min_respondents:
        most = list(named.items())[:_MOST_NAMED]
        told.append(
            view.say(
                "{question} Named most: {answers}.",
                question=view.question(question),
                answers=", ".join(f"{view.answer(question, o)} ({share})" for o, share in most),
            )
        )
    return view.list([*told, view.tell_hidden()])
