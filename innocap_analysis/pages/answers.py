"""Page 80: what people answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd

from innocap_analysis.pages import marks
from innocap_analysis.pages.drawing.figure import QUIET, Chart, styled
from innocap_analysis.pages.drawing.lettering import wrap_text
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.statements import is_agreement, tell_nothing, tell_star
from innocap_analysis.pages.survey_view import SurveyView
from innocap_analysis.pages.texts import Prose, Table, round_columns
from innocap_analysis.survey.disclosure import (
    MIN_ORGANISATIONS,
    tabulate_choices,
)
from innocap_analysis.survey.publish import SHOWN

_MOST_NAMED = 3


def _title_groups(view: SurveyView) -> str:
    data = view.scores
    main = data[(data["unit"] == data["group"]) & (data["suppressed"] == SHOWN)]
    means = main.groupby("code")["mean"].mean().reindex(view.dimensions).dropna()
    if means.empty:
        return tell_nothing(view)
    lowest, n = str(means.idxmin()), main["unit"].nunique()
    return view.say(
        "Lowest mean over the countries: {score.name} ({score} of 100)",
        score=view.fact("mean_of_countries", means[lowest], "points", code=lowest, n=n),
    )


@styled
def plot_groups(view: SurveyView) -> Chart:
    """Draw the scores of every country and region, with intervals."""
    data = round_columns(view.scores)
    hidden = data.loc[data["suppressed"] != SHOWN, "unit"].nunique()
    note = view.say(
        "Not shown: {n} of {all} countries and regions.",
        n=view.tally("n_hidden", hidden), all=view.tally("n_places", data["unit"].nunique()),
    )  # fmt: skip
    if view.medium.narrow:  # regions need more room than a column has
        data, note = data[data["unit"].isin(view.groups)], ""
    units = list(dict.fromkeys(data["unit"]))
    chart, axes = view.start_chart(
        _title_groups(view),
        view.say(
            "Mean scores of respondents from 0 to 100 with 95% intervals over organisations; "
            "hollow: fewer than {k} organisations, no interval. Groups of fewer than "
            "{min_respondents} respondents are not shown, nor what would give them away.",
            k=view.given("min_organisations", MIN_ORGANISATIONS, "count"),
        ),
        data=data, height=0.7 + 0.36 * len(units), columns=len(view.nodes), sharey=True,
        sharex=True,
        note=note,
    )  # fmt: skip
    names = [view.sized(unit, view.n_scored(unit, view.root)) for unit in units]
    names = [wrap_text(name, 125, 8, even=True) for name in names]
    plain = [view.unit(unit) for unit in units]  # below each other, sizes stand once
    data = data.assign(y=data["unit"].map(units.index))
    drawn = data[["low", "high", "mean"]]
    ends = 10 * np.floor(drawn.min().min() / 10), 10 * np.ceil(drawn.max().max() / 10)
    ends = (0.0, 100.0) if np.isnan(ends).any() else ends
    for ax, node in zip(axes, view.nodes, strict=True):
        own = data[data["code"] == node]
        marks.frame_rows(
            ax, names if ax is axes[0] else plain if chart.stacked else [""] * len(units),
            tick=view.tick(), size=8,
            bold=[unit in view.groups for unit in units],
        )  # fmt: skip
        marks.draw_intervals(ax, view, own, "mean", by="group")
        for unit, y in own.loc[own["mean"].isna(), ["unit", "y"]].itertuples(index=False):
            ax.text(sum(ends) / 2, y, f"{view.score(unit, node)}", ha="center", va="center",
                    size=7.5, color=QUIET)  # fmt: skip
        ax.set_title(view.heading(node, 80, 8), size=8)
    axes[0].set_xlim(*ends)
    axes[0].set_xticks(np.arange(ends[0] + 20, ends[1], 20))  # panels touch at their ends
    return chart


def table_scores(view: SurveyView) -> Table:
    """Show the scores of countries and regions with their intervals, small groups hidden."""
    columns: dict[str, Callable[[str], object]] = {
        view.say("Country or region"): view.unit,
        view.say("Respondents with a score"): lambda unit: view.n_scored(unit, view.root),
    }

    def write_score(unit: str, *, node: str) -> str:
        return f"{view.score(unit, node):interval}"

    columns |= {view.code(node): partial(write_score, node=node) for node in view.nodes}
    caption = view.say("Mean scores, 0 to 100, with 95% intervals over organisations")
    return view.table(view.scores["unit"].unique(), columns, caption=caption)


def _title_agreement(view: SurveyView) -> str:
    data = view.agreement
    wide = data.pivot_table(index="code", columns="unit", values="share")
    if wide.empty:
        return tell_nothing(view)
    if len(view.groups) < 2:
        best = str(wide.max(axis=1).idxmax())
        row = data[data["code"] == best].to_dict("records")[0]
        share = view.cell("share_agree", row, "share", of="share", ends=True)
        question = view.question(best)
        return view.say("Highest share, {share}: {question}", share=share, question=question)
    far = str((wide.max(axis=1) - wide.min(axis=1)).reindex(view.instrument.scored).idxmax())
    rows = {row["unit"]: row for row in data[data["code"] == far].to_dict("records")}
    low, high = (
        view.cell("share_agree", rows[unit], "share", of="share", ends=True)
        for unit in (wide.loc[far].idxmin(), wide.loc[far].idxmax())
    )
    return view.say(
        "Furthest apart, {low} in {low.place} and {high} in {high.place}: {question}",
        low=low, high=high, question=view.question(far),
    )  # fmt: skip


@styled
def plot_agreement(view: SurveyView) -> Chart:
    """Draw the share that agrees with every item, by country, with Wilson intervals."""
    data, codes = view.agreement, view.instrument.scored
    title = _title_agreement(view)
    every = {item.scale for code, item in view.instrument.items.items() if code in codes}
    agrees = all(is_agreement(view, scale) for scale in every)
    subtitle = view.say(
        "Share that gave one of the two highest answers, with 95% Wilson intervals, by group. "
        "Where intervals overlap widely, the groups should not be told apart."
    )
    if agrees:
        subtitle = view.say(
            "Share that agrees or strongly agrees, with 95% Wilson intervals, by country. Where "
            "intervals overlap widely, the countries should not be told apart."
        )
    sizes = {unit: view.sized(unit) for unit in view.groups}
    names = {code: view.question(code, star=True) for code in codes}
    return _draw_shares(view, data, title, subtitle, names, sizes, note=tell_star(view))


@styled
def plot_options(view: SurveyView, question: str) -> Chart:
    """Draw how many chose each option of a multiple-choice question, by country."""
    named = _rank_options(view, question)
    data = tabulate_choices(view.release, [question])
    given = {row["unit"]: row for row in data.to_dict("records")}
    sizes = {
        unit: view.sized(unit, view.cell("n_answers", given[unit], "count", of="n"))
        for unit in view.groups
    }
    names = {option: view.answer(question, option) for option in named}
    (first, most), (second, next_most) = list(named.items())[:2]
    title = view.say(
        "Named most: {first} ({first_share}), then {second} ({second_share})",
        first=names[first], first_share=most, second=names[second], second_share=next_most,
    )  # fmt: skip
    subtitle = view.say(
        "{question} Share of those who answered, with 95% Wilson intervals, by country.",
        question=view.question(question),
    )
    return _draw_shares(view, data.assign(code=data["answer"]), title, subtitle, names, sizes)


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
    title: str,
    subtitle: str,
    names: Mapping[str, str],
    sizes: Mapping[str, str],
    *,
    note: str = "",
) -> Chart:
    """Draw shares of countries with intervals, a row for each of `names`."""
    key = marks.mark_units(sizes, view, linestyle="-", linewidth=1.4, markersize=6)
    height = 0.4 + 0.4 * len(names)
    chart, (ax,) = view.start_chart(title, subtitle, data=data, note=note, height=height, key=key)
    told = [wrap_text(name, 248, 7.5, even=True) for name in names.values()]
    marks.frame_rows(
        ax, told, size=7.5, tick=view.share, pad=8, room=0.58
    )  # a mark at 0 % reaches over
    for y in range(1, len(names), 2):
        ax.axhspan(y - 0.5, y + 0.5, color="#F6F6F6", zorder=0, linewidth=0)
    rows, spread = list(names), marks.spread_rows(view.groups, 0.3)
    data = round_columns(data[data["unit"].isin(view.groups)])
    data = data.assign(y=data["code"].map(rows.index) + data["unit"].map(spread))
    marks.draw_intervals(ax, view, data, "share")
    ax.set_xlim(0, min(1.0, float(data["high"].max()) + 0.05))
    return chart


def write_findings(view: SurveyView) -> Prose:
    """Write the scores of the groups, and what was named most where several answers were free."""
    told = []
    shown = view.scores[view.scores["suppressed"] == SHOWN]
    groups = [unit for unit in view.groups if unit in set(shown["unit"])]
    for node in view.dimensions if groups else ():
        parts = [f"{view.unit(unit)} {view.score(unit, node):interval}" for unit in groups]
        scores = {"dimension": view.code(node), "scores": "; ".join(parts)}
        told.append(view.say("{dimension}: {scores}.", **scores))
    for question in view.multiple:
        named = list(_rank_options(view, question).items())
        if not named[0][1].fact.n >= view.settings.min_respondents:
            continue
        most = [f"{view.answer(question, o)} ({share})" for o, share in named[:_MOST_NAMED]]
        text = view.say(
            "{question} Named most: {answers}.",
            question=view.question(question), answers=", ".join(most),
        )  # fmt: skip
        told.append(text)
    return view.write_list([*told, view.tell_hidden()])
