"""Page 80: the answers to each item, dimension by dimension."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.patches import Patch
from matplotlib.transforms import blended_transform_factory

from fewlikert.describe import EVERYONE
from innocap_analysis.data.places import fold_name
from innocap_analysis.errors import InnocapError
from innocap_analysis.pages.drawing.figure import AHEAD, BEHIND, INK, QUIET, Chart, Rows, styled
from innocap_analysis.pages.drawing.lettering import wrap_text
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.survey_view import SurveyView
from innocap_analysis.pages.texts import Prose
from innocap_analysis.survey.disclosure import tabulate_agreement, tabulate_choices

_DIVERGING = (BEHIND, "#D9A27F", "#D8D8D8", "#A79FDB", AHEAD)
_EVEN = (BEHIND, "#D9A27F", "#A79FDB", AHEAD)
_STEP = 0.95
_MARGIN = 12.0  # points beside a statement that is broken into lines


def list_blocks(view: SurveyView) -> list[tuple[str, str]]:
    """List the dimensions, each with the scales that its items are answered on."""
    return [
        (dimension, scale)
        for dimension in view.dimensions
        for scale in dict.fromkeys(
            view.instrument.items[code].scale for code in view.codebook.leaves_of(dimension)
        )
    ]


def name_block(view: SurveyView, dimension: str, scale: str) -> str:
    """Return the name of a block's figure: the first word of its label where that tells it."""
    words = {code: _name_file(view.codebook.label(code)) for code in view.dimensions}
    plain = words[dimension]
    clear = list(words.values()).count(plain) == 1 and plain not in _TAKEN
    name = plain if clear else dimension.lower()
    several = sum(own == dimension for own, _ in list_blocks(view)) > 1
    return f"80_{name}_{scale}" if several else f"80_{name}"


def name_question(view: SurveyView, question: str) -> str:
    """Return the name of the figure of a question with several answers: its scale's if its own."""
    scales = [view.instrument.items[code].scale for code in view.multiple]
    own = view.instrument.items[question].scale
    taken = {name_block(view, *block) for block in list_blocks(view)}
    alone = scales.count(own) == 1 and own not in _TAKEN and f"80_{own}" not in taken
    return f"80_{own if alone else question.lower()}"


def _name_file(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", fold_name(label).split(" ")[0])


_TAKEN = ("groups", "agreement")


def write_block(view: SurveyView, dimension: str) -> Prose:
    """Write the heading of a dimension."""
    return Prose(f"### {view.code(dimension)}")


@styled
def plot_answers(view: SurveyView, dimension: str, scale: str = "") -> Chart:
    """Draw the answers to one dimension's items as diverging stacked bars, by group.

    Of items that are answered on several scales, those on `scale`; by default the first one.
    """
    if dimension not in view.dimensions:
        raise InnocapError(
            f"{dimension!r} is no dimension of the questionnaire; it has "
            + ", ".join(view.dimensions)
        )
    items, groups = view.instrument.items, view.groups
    scale = scale or next(own for code, own in list_blocks(view) if code == dimension)
    codes = [code for code in view.codebook.leaves_of(dimension) if items[code].scale == scale]
    data = tabulate_choices(view.release, codes)
    wide = data.set_index(["code", "unit", "answer"])["share"]
    overall = tabulate_agreement(view.release, by=None).set_index("code").loc[codes]
    steps = sorted(float(code) for code in view.instrument.scales[scale].codes)
    colours = _choose_colours(len(steps))
    title, subtitle = _title_answers(view, dimension, scale, overall)
    chart, (ax,) = view.start_chart(
        title,
        subtitle,
        data=data[["unit", "code", "answer", "share", "n", "suppressed"]],
        height=0.3 + len(codes) * (0.36 + 0.19 * len(groups)),
        key=[
            Patch(facecolor=colour, label=view.answer(codes[0], step))
            for colour, step in zip(colours, steps, strict=True)
        ],
        note=tell_star(view),
    )
    agreed = {(row["unit"], row["code"]): row for row in view.agreement.to_dict("records")}
    margin = blended_transform_factory(chart.transFigure, ax.transData)
    y, ticks = 0.0, {}
    drawn: dict[float, tuple[np.ndarray, Said, Said]] = {}
    room = view.medium.room(1) - _MARGIN
    for code in codes:
        told = wrap_text(view.question(code, star=True), room, view.medium.size(8))
        more = told.count("\n") * _STEP / 2
        y += more
        ax.text(0.015, y, told, size=8, va="center", color=INK,
                transform=margin).set_in_layout(False)  # fmt: skip
        y += more + _STEP
        ax.plot([0, 0], [y - 0.45, y - 0.5 + _STEP * len(groups)], color=INK, linewidth=0.8)
        for unit in groups:
            row = agreed[unit, code]
            shares = np.array([wide[code, unit, step] for step in steps])
            n = view.cell("n_answers", row, "count", of="n")
            ticks[y] = view.unit(unit) if n.fact.hidden else view.sized(unit, n)
            row["disagree"] = shares[: len(steps) // 2].sum()
            left = view.cell("share_disagree", row, "share", of="disagree")
            right = view.cell("share_agree", row, "share", of="share", ends=True)
            if np.isnan(shares).any():
                ax.text(0, y, f"{right}", size=7.5, va="center", ha="center", color=QUIET)
            else:
                drawn[y] = (shares, left, right)
            y += _STEP
        y += 0.45
    _draw_diverging(ax, drawn, colours)
    ax.set_xlim(-1, 1)
    ax.set_ylim(y - 0.6, -0.8)
    chart.rows[ax] = Rows(inches=1.35 * view.medium.size(8) * (y + 0.2) / 72)
    ax.set_yticks(list(ticks), list(ticks.values()), size=8)
    ax.tick_params(axis="both", length=0)
    ax.set_xticks([])
    ax.spines[:].set_visible(False)
    return chart


def is_agreement(view: SurveyView, scale: str) -> bool:
    """Tell whether the answers of a scale say how far somebody agrees."""
    return view.instrument.scales[scale].name.startswith("agree")


def _choose_colours(steps: int) -> list[str]:
    """Return a colour for every answer, from the lowest to the highest; the middle is grey."""
    if steps == len(_DIVERGING):
        return list(_DIVERGING)
    # Without a middle answer no colour is that of one.
    known = _DIVERGING if steps % 2 else _EVEN
    shades = LinearSegmentedColormap.from_list("answers", known)
    return [to_hex(shades(at)) for at in np.linspace(0, 1, steps)]


def _draw_diverging(
    ax: Axes, drawn: Mapping[float, tuple[np.ndarray, Said, Said]], colours: Sequence[str]
) -> None:
    """Draw one bar per height, the middle of all answers at nought."""
    if not drawn:
        return
    shares = np.array([shares for shares, _, _ in drawn.values()])
    middle = shares.shape[1] // 2
    zero = shares[:, :middle].sum(axis=1)
    zero += shares[:, middle] / 2 if shares.shape[1] % 2 else 0
    ends = np.cumsum(shares, axis=1) - zero[:, None]
    starts = ends - shares
    for step, colour in enumerate(colours):
        bars = [
            [(left, y - 0.4), (right, y - 0.4), (right, y + 0.4), (left, y + 0.4)]
            for y, left, right in zip(drawn, starts[:, step], ends[:, step], strict=True)
        ]
        ax.add_collection(PolyCollection(bars, facecolors=colour, linewidths=0), autolim=False)
    style: dict[str, Any] = {"size": 7.5, "va": "center"}
    for (y, (_, low, high)), left, right in zip(
        drawn.items(), starts[:, 0], ends[:, -1], strict=True
    ):
        ax.text(left - 0.015, y, f"{low}", ha="right", color=QUIET, **style)
        ax.text(right + 0.015, y, f"{high}", ha="left", color=INK, **style)


def _title_answers(
    view: SurveyView, dimension: str, scale: str, overall: pd.DataFrame
) -> tuple[str, str]:
    """Return title and subtitle: what most agree with, of what may be told of everyone."""
    agrees, shares = is_agreement(view, scale), overall["share"].dropna()
    subtitle = (
        view.say(
            "Share of respondents by answer; on the left who disagrees, on the right who agrees, "
            "in figures. Don’t know and no answer are left out."
        )
        if agrees
        else view.say(
            "Share of respondents by answer; in figures on the left the lower half of the "
            "answers, on the right the two highest. Don’t know and no answer are left out."
        )
    )
    if shares.empty:
        return tell_nothing(view), subtitle
    best = str(shares.idxmax())
    # The same number is in the figure where everyone is its only group.
    alone = view.groups == [EVERYONE]
    ends = {end: overall.at[best, end] for end in ("low", "high") if alone}
    told = {
        "dimension": view.code(dimension),
        "share": view.fact(
            "share_agree", shares[best], "share", code=best, n=overall.at[best, "n"], **ends
        ),
        "question": view.question(best).rstrip("."),
    }
    if agrees:
        return view.say("{dimension}: most agree ({share}) that “{question}”", **told), subtitle
    title = view.say(
        "{dimension}: one of the two highest answers is given most often ({share}) to “{question}”",
        **told,
    )
    return title, subtitle


def tell_nothing(view: SurveyView) -> str:
    """Say that nothing may be told of any group."""
    return view.say("Too few people answered in every country to show one")


def tell_star(view: SurveyView) -> str:
    """Say what the star behind a statement means."""
    return view.say(
        "Statements marked * are worded the other way round: to agree means less capacity."
    )
