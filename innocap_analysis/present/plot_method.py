"""Figures of how scores come about: goalposts and weights."""

from __future__ import annotations

import numpy as np
import pandas as pd

from innocap_analysis.present.figure import (
    AHEAD,
    INK,
    QUIET,
    REFERENCE,
    Chart,
    start_chart,
    styled,
)
from innocap_analysis.present.labels import make_labels
from innocap_analysis.score.capacity import CapacityData
from innocap_analysis.score.weights import compute_effective_weights
from innocap_analysis.settings import InnocapError


@styled
def plot_normalisation(
    capacity: CapacityData, code: str, unit: str, *, reference: str, language: str = "en"
) -> Chart:
    """Draw how one indicator's raw figures become scores between its goalposts.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    code : str
        Indicator.
    unit : str
        Country to follow.
    reference : str
        Name of a reference set.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: `unit`, `value` (raw), `score`.

    Raises
    ------
    InnocapError
        The code is not a scored indicator.
    """
    if code not in capacity.codebook.leaves:
        raise InnocapError(f"plot_normalisation: {code!r} is no scored indicator")
    labels = make_labels(capacity, language)
    row = capacity.codebook.table.loc[code]
    members = capacity.reference_units(reference)
    data = pd.DataFrame(
        {
            "value": capacity.result.values.loc[members, code],
            "score": capacity.result.normalised.loc[members, code],
        }
    ).dropna()
    value = float(capacity.result.values[code].to_dict()[unit])
    score = float(capacity.result.normalised[code].to_dict()[unit])
    low, high = float(row["low"]), float(row["high"])
    top = " − ".join(
        labels.figure(end) for end in ((value, low) if row["direction"] == 1 else (high, value))
    )
    chart, (ax,) = start_chart(
        labels.say(
            "{code}: {value} for {unit} becomes {score} of 100",
            code=labels.code(code),
            value=labels.figure(value),
            unit=labels.unit(unit),
            score=labels.number(score),
        ),
        labels.say(
            "Score = 100 × ({top}) / ({high} − {low}). Raw figure in {measure}; {n} countries "
            "with a value.",
            top=top,
            high=labels.figure(high),
            low=labels.figure(low),
            measure=row["unit"],
            n=len(data),
        ),
        data=data.reset_index(),
        height=3.3,
    )
    ends = (0, 100) if row["direction"] == 1 else (100, 0)
    ax.plot([low, high], ends, color=INK, linewidth=1)
    ax.plot(data["value"], data["score"], "o", color=REFERENCE, alpha=0.6, markersize=5)
    ax.plot(
        [value, value, low],
        [0, score, score],
        color=labels.colour(unit),
        linestyle=":",
    )
    ax.plot(value, score, labels.marker(unit), color=labels.colour(unit), markersize=9)
    ax.annotate(
        labels.unit(unit),
        (value, score),
        xytext=(9, 3 if row["direction"] == -1 else -13),
        textcoords="offset points",
        color=labels.colour(unit),
        weight="bold",
    )
    ax.set_xlabel(f"{labels.code(code)} ({row['unit']})")
    ax.xaxis.set_major_formatter(labels.figure)
    ax.set_ylabel(labels.say("Score"))
    ax.set_ylim(-4, 104)
    ax.grid()
    return chart


@styled
def plot_weights(capacity: CapacityData, *, language: str = "en") -> Chart:
    """Draw how much each indicator counts in the index.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: `code`, `parent`, `weight` (effective, sums to 1 over indicators).
    """
    labels = make_labels(capacity, language)
    effective = compute_effective_weights(capacity.codebook)
    data = effective[effective["code"].isin(capacity.codebook.leaves)].reset_index(drop=True)
    chart, (ax,) = start_chart(
        labels.say(
            "One indicator counts from {low} to {high} of the index",
            low=labels.share(data["weight"].min(), decimals=2),
            high=labels.share(data["weight"].max(), decimals=2),
        ),
        labels.say(
            "Weight of each indicator in the index; equal inside a dimension, and equal between "
            "dimensions."
        ),
        data=data,
        height=4.9,
    )
    y = np.arange(len(data))
    band = data["parent"].map({d: i % 2 for i, d in enumerate(capacity.dimensions)})
    ax.barh(y, 100 * data["weight"], color=np.where(band == 0, AHEAD, QUIET), height=0.7)
    for at, weight in zip(y, data["weight"], strict=True):
        ax.annotate(
            labels.share(weight, decimals=2),
            (100 * weight, at),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            size=8,
        )
    row = -0.5
    for dimension in capacity.dimensions:
        count = int((data["parent"] == dimension).sum())
        ax.annotate(
            labels.code(dimension),
            (0.99, row + count / 2),
            xycoords=ax.get_yaxis_transform(),
            va="center",
            ha="right",
            weight="bold",
        )
        row += count
        if row < len(data) - 1:
            ax.axhline(row, color=QUIET, linewidth=0.6)
    ax.set_xlim(0, 100 * data["weight"].max() * 1.95)
    ax.set_yticks(y, [labels.code(code) for code in data["code"]])
    ax.set_ylim(len(data) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(labels.say("Percent of the index"))
    return chart
