"""Figures of the data behind the scores: coverage, age and trends."""

from __future__ import annotations

from textwrap import fill

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from innocap_analysis.present.figure import (
    AHEAD,
    GRID,
    QUIET,
    REFERENCE,
    Chart,
    start_chart,
    styled,
)
from innocap_analysis.present.labels import make_labels
from innocap_analysis.score.capacity import CapacityData


@styled
def plot_coverage(capacity: CapacityData, *, reference: str, language: str = "en") -> Chart:
    """Draw which country has a value for which indicator.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    reference : str
        Name of a reference set.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: `code`, `unit`, `observed` (0 or 1).
    """
    labels = make_labels(capacity, language)
    members = capacity.reference_units(reference)
    codes = capacity.codebook.leaves
    have = capacity.result.values.loc[members, codes].notna()
    order = [u for u in members if u in capacity.countries]
    rest = [u for u in members if u not in order]
    order += sorted(rest, key=lambda unit: (-int(have.loc[unit].sum()), unit))
    have = have.loc[order]
    data = have.astype(int).T.rename_axis("code").reset_index()
    data = data.melt("code", var_name="unit", value_name="observed")
    complete = int(have.all(axis=1).sum())
    chart, (ax,) = start_chart(
        labels.say(
            "{complete} of {n} countries have a value for each of the {k} indicators",
            complete=complete,
            n=len(members),
            k=len(codes),
        ),
        labels.say(
            "Newest value of each indicator; number of countries with a value on the right."
        ),
        data=data,
        height=4.9,
        key=[
            Patch(facecolor=AHEAD, label=labels.say("Value")),
            Patch(
                facecolor="white", edgecolor=REFERENCE, hatch="////", label=labels.say("Missing")
            ),
        ],
    )
    cells = have.to_numpy().T
    corners = np.array([(-0.42, -0.4), (0.42, -0.4), (0.42, 0.4), (-0.42, 0.4)])
    for observed, face, edge, hatch in (
        (True, AHEAD, AHEAD, None),
        (False, "white", REFERENCE, "////"),
    ):
        middles = np.argwhere(cells == observed)[:, ::-1]
        boxes = PolyCollection(
            middles[:, None] + corners, facecolors=face, edgecolors=edge, hatch=hatch, linewidths=0
        )
        ax.add_collection(boxes, autolim=False)
    for row, n in enumerate(cells.sum(axis=1)):
        ax.text(len(order) - 0.2, row, str(n), va="center", size=8)
    ax.set_xlim(-0.5, len(order) + 1)
    ax.set_ylim(len(codes) - 0.5, -0.5)
    ax.set_yticks(range(len(codes)), [labels.code(code) for code in codes])
    ax.set_xticks(range(len(order)), order)
    for tick, unit in zip(ax.get_xticklabels(), order, strict=True):
        tick.set_fontweight("bold" if unit in capacity.countries else "normal")
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.tick_params(axis="x", labelrotation=90, labelsize=7)
    ax.spines[:].set_visible(False)
    return chart


@styled
def plot_years(capacity: CapacityData, *, language: str = "en") -> Chart:
    """Draw the years that each indicator has figures for, and the one that is scored.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: `code`, `time`, `n` (countries), `scored` (whether it is the year used).
    """
    labels = make_labels(capacity, language)
    codes = capacity.codebook.leaves
    national = capacity.prepared.observations
    national = national[national["code"].isin(codes)]
    data = national.groupby(["code", "time"]).size().reset_index(name="n")
    used = capacity.observations.groupby("code")["time"].max()
    data["scored"] = data["time"] == data["code"].map(used)
    years = used.reindex(codes)
    chart, (ax,) = start_chart(
        labels.say(
            "The scored figures are from {first} to {last}; half are from {median} or earlier",
            first=years.min(),
            last=years.max(),
            median=int(years.median()),
        ),
        labels.say("Years with figures, by indicator."),
        data=data,
        height=4.9,
        key=[
            Line2D(
                [],
                [],
                marker="o",
                color=AHEAD,
                linestyle="",
                markersize=8,
                label=labels.say("Scored"),
            ),
            Line2D(
                [],
                [],
                marker="o",
                color=QUIET,
                markerfacecolor="white",
                linestyle="",
                markersize=6,
                label=labels.say("Older, kept for trends"),
            ),
        ],
    )
    for y, code in enumerate(codes):
        rows = data[data["code"] == code]
        ax.plot(
            [rows["time"].min(), rows["time"].max()], [y, y], color=GRID, linewidth=1.5, zorder=0
        )
        for row in rows.itertuples():
            ax.plot(
                row.time,
                y,
                "o",
                markersize=8 if row.scored else 6,
                color=AHEAD if row.scored else QUIET,
                markerfacecolor=AHEAD if row.scored else "white",
            )
    ax.set_yticks(range(len(codes)), [labels.code(code) for code in codes])
    ax.set_ylim(len(codes) - 0.4, -0.6)
    span = np.arange(data["time"].min(), data["time"].max() + 1)
    ax.set_xticks(span, [str(year) for year in span])
    ax.grid(axis="x")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    return chart


@styled
def plot_trends(capacity: CapacityData, codes: list[str], *, language: str = "en") -> Chart:
    """Draw indicators with several years for the partner countries.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    codes : list of str
        Indicators, one panel each.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: `code`, `unit`, `time`, `value` (raw).
    """
    labels = make_labels(capacity, language)
    seen = capacity.prepared.observations
    data = seen[seen["code"].isin(codes) & seen["unit"].isin(capacity.countries)]
    data = data[["code", "unit", "time", "value"]].reset_index(drop=True)
    by_unit = data[data["code"] == codes[0]].sort_values("time").groupby("unit")["value"]
    change = by_unit.last() - by_unit.first()
    years = data.loc[data["code"] == codes[0], "time"]
    chart, axes = start_chart(
        labels.say(
            "{code}: {unit} changed most between {first} and {last} ({change})",
            code=labels.code(codes[0]),
            unit=labels.unit(str(change.abs().idxmax())),
            first=years.min(),
            last=years.max(),
            change=labels.number(float(change[change.abs().idxmax()]), decimals=2, sign=True),
        ),
        labels.say(
            "Raw figures of each edition; methods changed between editions, so read levels with "
            "care."
        ),
        data=data,
        height=3.0,
        columns=len(codes),
        sharey=True,
        key=[
            Line2D(
                [],
                [],
                marker=labels.marker(u),
                color=labels.colour(u),
                markersize=7,
                label=labels.unit(u),
            )
            for u in capacity.countries
        ],
    )
    for ax, code in zip(axes, codes, strict=True):
        for unit in capacity.countries:
            line = data[(data["code"] == code) & (data["unit"] == unit)].sort_values("time")
            ax.plot(
                line["time"],
                line["value"],
                color=labels.colour(unit),
                marker=labels.marker(unit),
                markersize=6,
                linewidth=1.5,
            )
        ax.set_title(fill(labels.code(code), 66 // len(codes)))
        editions = sorted(data.loc[data["code"] == code, "time"].unique())
        ax.set_xticks(editions, [str(year) for year in editions])
        ax.yaxis.set_major_formatter(lambda tick, _: labels.number(tick, decimals=2))
        ax.grid(axis="y")
    return chart
