"""Figure of how much each part of an index decides, against how much it weighs."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from innocap_analysis.compare.coherence import estimate_importance
from innocap_analysis.present.figure import AHEAD, BEHIND, GRID, INK, Chart, start_chart, styled
from innocap_analysis.present.labels import make_labels
from innocap_analysis.score.capacity import CapacityData


@styled
def plot_importance(capacity: CapacityData, *, language: str = "en") -> Chart:
    """Draw the weight of each part beside its share of the differences between countries.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: the rows of :func:`~innocap_analysis.compare.coherence.estimate_importance`
        and `share`, the first-order indices scaled to sum to 1 among siblings.
    """
    labels = make_labels(capacity, language)
    data = estimate_importance(capacity.result)
    data["share"] = data["first_order"] / data.groupby("parent")["first_order"].transform("sum")
    furthest = data.loc[(data["share"] - data["weight"]).abs().idxmax()]
    chart, (ax,) = start_chart(
        labels.say(
            "{code} weighs {weight} in {parent} and decides {share} of its differences",
            code=labels.code(furthest["code"]),
            parent=labels.code(furthest["parent"]),
            weight=labels.share(furthest["weight"]),
            share=labels.share(furthest["share"]),
        ),
        labels.say(
            "Weight of each part and its share of the main effects on the differences between "
            "{low} to {high} countries, in percent of its dimension.",
            low=data["n"].min(),
            high=data["n"].max(),
        ),
        data=data,
        height=6.0,
        key=[
            _mark("o", "white", INK, labels.say("Weight")),
            _mark("o", AHEAD, AHEAD, labels.say("Decides as much or more")),
            _mark("o", BEHIND, BEHIND, labels.say("Decides less")),
        ],
    )
    ticks: dict[float, tuple[str, bool]] = {}
    y = 0.0
    for parent in [capacity.root, *capacity.dimensions]:
        ticks[y] = (labels.code(parent), True)
        for row in data[data["parent"] == parent].itertuples():
            y += 1
            ticks[y] = (labels.code(row.code), False)
            _draw_row(ax, y, 100 * row.weight, 100 * row.share)
        y += 1.35
    ax.set_yticks(list(ticks), [name for name, _ in ticks.values()])
    for tick, (_, heading) in zip(ax.get_yticklabels(), ticks.values(), strict=True):
        tick.set_fontweight("bold" if heading else "normal")
    ax.set_ylim(y - 0.75, -0.6)
    ax.set_xlim(0, 100 * max(data["share"].max(), data["weight"].max()) * 1.08)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(labels.say("Percent"))
    return chart


def _mark(marker: str, fill: str, edge: str, label: str) -> Line2D:
    return Line2D(
        [], [], marker=marker, linestyle="", markersize=8, markerfacecolor=fill,
        markeredgecolor=edge, label=label,
    )  # fmt: skip


def _draw_row(ax: Axes, y: float, weight: float, share: float) -> None:
    colour = AHEAD if share >= weight else BEHIND
    ax.axhline(y, color=GRID, linewidth=1, zorder=0)
    ax.plot([weight, share], [y, y], color=colour, linewidth=2)
    ax.plot(weight, y, "o", mfc="white", mec=INK, markersize=7)
    ax.plot(share, y, "o", color=colour, markersize=7)
