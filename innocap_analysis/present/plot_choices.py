"""Figures of what single choices do to scores and ranks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from innocap_analysis.present.figure import (
    GRID,
    INK,
    Chart,
    start_chart,
    styled,
)
from innocap_analysis.present.labels import make_labels
from innocap_analysis.present.marks import mark_units
from innocap_analysis.score.capacity import CapacityData


@styled
def plot_alternatives(
    capacity: CapacityData, alternatives: pd.DataFrame, *, language: str = "en"
) -> Chart:
    """Draw score and rank of the partner countries under named alternatives.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    alternatives : DataFrame
        From :func:`~innocap_analysis.score.sensitivity.compare_alternatives`; the column
        `alternative` holds texts in the figure's language.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data are the alternatives.
    """
    labels = make_labels(capacity, language)
    names = list(dict.fromkeys(alternatives["alternative"]))
    ranks = alternatives.pivot(index="alternative", columns="unit", values="rank")
    ranks = ranks.loc[names, capacity.countries]
    scores = alternatives.pivot(index="alternative", columns="unit", values="score")
    scores = scores.loc[names, capacity.countries]
    same = int((ranks == ranks.iloc[0]).all(axis=1).sum()) - 1
    chart, (ax,) = start_chart(
        labels.say(
            "The order of the four countries stays the same in {same} of {n} alternatives",
            same=same,
            n=len(names) - 1,
        ),
        labels.say("Rank among the four (large; an arrow marks a change) and index score (small)."),
        data=alternatives,
        height=0.42 * len(names) + 0.5,
    )
    cells = ranks.to_numpy()
    ax.imshow(-cells, cmap="Blues", vmin=-len(capacity.countries) - 0.5, vmax=2, aspect="auto")
    for (row, column), rank in np.ndenumerate(cells):
        moved = rank - cells[0, column]
        arrow = "" if moved == 0 else " ▲" if moved < 0 else " ▼"
        ax.text(
            column - 0.08,
            row,
            f"{rank:.0f}{arrow}",
            ha="right",
            va="center",
            size=11,
            weight="bold" if arrow else "normal",
        )
        ax.text(
            column + 0.02,
            row,
            labels.number(scores.iloc[row, column]),
            ha="left",
            va="center",
            size=8.5,
        )
    ax.set_yticks(range(len(names)), names)
    ax.get_yticklabels()[0].set_fontweight("bold")
    ax.set_xticks(range(len(capacity.countries)), [labels.unit(u) for u in capacity.countries])
    ax.xaxis.tick_top()
    ax.set_xticks(np.arange(-0.5, len(capacity.countries)), minor=True)
    ax.set_yticks(np.arange(-0.5, len(names)), minor=True)
    ax.grid(which="minor", color="white", linewidth=2)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)
    return chart


@styled
def plot_left_out(
    capacity: CapacityData, alternatives: pd.DataFrame, *, language: str = "en"
) -> Chart:
    """Draw how the index of each partner country moves when one indicator is left out.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    alternatives : DataFrame
        From :func:`~innocap_analysis.score.sensitivity.compare_alternatives`; the first
        alternative is the full index, every other is named by the indicator it lacks.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: `alternative` (the indicator left out), `unit`, `score`, `rank`, `shift`,
        `change` (points).
    """
    labels = make_labels(capacity, language)
    base = alternatives["alternative"].iloc[0]
    full = alternatives[alternatives["alternative"] == base].set_index("unit")["score"]
    data = alternatives[alternatives["alternative"] != base].copy()
    data["change"] = data["score"] - data["unit"].map(full)
    top = data.loc[data["change"].abs().idxmax()]
    codes = list(dict.fromkeys(data["alternative"]))
    chart, (ax,) = start_chart(
        labels.say(
            "Without {code} the index of {unit} moves most: {change} points",
            code=labels.code(str(top["alternative"])),
            unit=labels.unit(str(top["unit"])),
            change=labels.number(float(top["change"]), sign=True),
        ),
        labels.say("Change of the index score when one indicator is left out, in points."),
        data=data,
        height=5.2,
        key=mark_units(capacity.countries, labels),
    )
    for y, code in enumerate(codes):
        ax.axhline(y, color=GRID, linewidth=1, zorder=0)
        rows = data[data["alternative"] == code].set_index("unit")
        for unit, lift in zip(
            capacity.countries, np.linspace(-0.21, 0.21, len(capacity.countries)), strict=True
        ):
            ax.plot(
                rows.at[unit, "change"],
                y + lift,
                labels.marker(unit),
                color=labels.colour(unit),
                markersize=6,
                markeredgecolor="white",
                markeredgewidth=0.5,
            )
    ax.axvline(0, color=INK, linewidth=1)
    ax.set_yticks(range(len(codes)), [labels.code(code) for code in codes])
    ax.set_ylim(len(codes) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(labels.say("Points"))
    return chart
