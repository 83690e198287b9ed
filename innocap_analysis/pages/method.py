"""Page 20: how the scores come about, and what decides them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.coherence import (
    correlate_nodes,
    estimate_group_alpha,
    estimate_importance,
)
from innocap_analysis.index.goalposts import compute_goalposts
from innocap_analysis.index.normalisers import find_normaliser
from innocap_analysis.index.weights import compute_effective_weights
from innocap_analysis.pages.drawing.figure import (
    AHEAD,
    BEHIND,
    GRID,
    INK,
    QUIET,
    REFERENCE,
    Chart,
    styled,
)
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.marks import make_dot
from innocap_analysis.pages.prose import Prose
from innocap_analysis.pages.tables import Table


def _goalpost(view: IndexView, code: str, end: str) -> Said:
    """Return the `low` or `high` goalpost as the codebook holds it."""
    return view.fact(f"goalpost_{end}", view.codebook.table.at[code, end], "figure", code=code)


@styled
def plot_normalisation(view: IndexView, code: str, unit: str) -> Chart:
    """Draw how one indicator's raw figures become scores between its goalposts."""
    if code not in view.codebook.leaves:
        raise InnocapError(f"plot_normalisation: {code!r} is no scored indicator")
    row = view.codebook.table.loc[code]
    if not find_normaliser(row["normalise"]).needs or row["transform"] != "none":
        raise InnocapError(f"plot_normalisation: {code!r} is not scored on a line of goalposts")
    result, members = view.capacity.result, view.members
    data = pd.DataFrame({"value": result.values[code], "score": result.normalised[code]})
    data = data.loc[members].dropna()
    value, score = view.stand(unit, code, "value"), view.stand(unit, code, "score")
    low, high = (_goalpost(view, code, end) for end in ("low", "high"))
    rising = row["direction"] == 1
    told = {"code": view.code(code), "unit": view.unit(unit)}
    measured = not np.isnan(float(score))
    chart, (ax,) = view.start_chart(
        view.say(
            "{code}: {value} for {unit} becomes {score} of 100", value=value, score=score, **told
        )
        if measured
        else view.say("{code}: {unit} is not measured", **told),
        view.say(
            "Score = 100 × ({top}) / ({high} − {low}). Raw figure in {measure}; {n} countries "
            "with a value.",
            top=f"{value} − {low}" if rising else f"{high} − {value}",
            high=high,
            low=low,
            measure=view.measure(code),
            n=view.count_values(code),
        ),
        data=data.reset_index(),
        height=3.3,
        note=" ".join(view.tell_flags([unit], [code])),
    )
    ends = [float(low), float(high)]
    ax.plot(ends, (0, 100) if rising else (100, 0), color=INK, linewidth=1)
    ax.plot(data["value"], data["score"], "o", color=REFERENCE, alpha=0.6, markersize=5)
    if measured:
        x, y, colour = float(value), float(score), view.colour(unit)
        ax.plot([x, x, ends[0]], [0, y, y], color=colour, linestyle=":")
        ax.plot(x, y, view.marker(unit), color=colour, markersize=9)
        ax.annotate(
            view.unit(unit), (x, y), xytext=(9, -13 if rising else 3), color=colour,
            textcoords="offset points", weight="bold",
        )  # fmt: skip
    ax.set_xlabel(f"{view.code(code)} ({view.measure(code)})")
    ax.xaxis.set_major_formatter(view.figure)
    ax.set_ylabel(view.say("Score"))
    ax.set_ylim(-4, 104)
    ax.grid()
    return chart


@styled
def plot_weights(view: IndexView) -> Chart:
    """Draw how much each indicator counts in the index."""
    effective = compute_effective_weights(view.codebook).set_index("code")
    data = effective.loc[view.codebook.leaves].reset_index()
    told = {
        code: view.fact("weight_in_index", effective.at[code, "weight"], "share_2", code=code)
        for code in data["code"]
    }
    between = effective.loc[view.dimensions, "weight"]
    inside = data["weight"] / data.groupby("parent")["weight"].transform("mean")
    alike = all(np.allclose(part, part.mean()) for part in (between, inside))
    chart, (ax,) = view.start_chart(
        view.say(
            "One indicator counts from {low} to {high} of the index",
            low=told[data.at[data["weight"].idxmin(), "code"]],
            high=told[data.at[data["weight"].idxmax(), "code"]],
        ),
        view.say(
            "Weight of each indicator in the index; equal inside a dimension, and equal between "
            "dimensions."
        )
        if alike
        else view.say("Weight of each indicator in the index, as the codebook sets it."),
        data=data,
        height=4.9,
    )
    y = np.arange(len(data))
    ax.barh(y, 100 * data["weight"], color=QUIET, height=0.7)
    for at, row in data.iterrows():
        ax.annotate(
            f"{told[row['code']]}", (100 * row["weight"], at), xytext=(4, 0), va="center", size=8,
            textcoords="offset points",
        )  # fmt: skip
    row = -0.5
    for dimension in view.dimensions:
        count = len(view.codebook.leaves_of(dimension))
        ax.annotate(
            view.code(dimension), (1.01, row + count / 2), va="center", weight="bold",
            xycoords=ax.get_yaxis_transform(),
        )  # fmt: skip
        row += count
        if row < len(data) - 1:
            ax.axhline(row, color=QUIET, linewidth=0.6)
    ax.set_xlim(0, 100 * data["weight"].max() * 1.15)
    ax.set_yticks(y, [view.code(code) for code in data["code"]])
    ax.set_ylim(len(data) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_major_formatter(view.figure)
    ax.set_xlabel(view.say("Percent of the index"))
    return chart


def table_goalposts(view: IndexView) -> Table:
    """List the goalposts of the index and how many countries they rest on."""
    words = {1.0: view.say("higher is better"), -1.0: view.say("lower is better")}
    counts = compute_goalposts(view.capacity.values, view.codebook).set_index("code")["n"]
    rows = [
        {
            view.say("Indicator"): view.code(code),
            view.say("Unit"): view.measure(code),
            view.say("Direction"): words[float(view.codebook.table.at[code, "direction"])],
            view.say("Low"): _goalpost(view, code, "low"),
            view.say("High"): _goalpost(view, code, "high"),
            view.say("Countries"): view.fact("n_goalposts", n, "count", code=code),
        }
        for code, n in counts.items()
    ]
    return view.table(rows)


def table_coherence(view: IndexView) -> Table:
    """Show how far the parts of each dimension, and of the index, go together."""
    pairs = correlate_nodes(view.capacity.result)
    pairs = pairs[pairs["relation"] == "sibling"].dropna(subset="correlation")
    above = pairs["code"].map(view.codebook.table["parent"])
    alphas = estimate_group_alpha(view.capacity.result).set_index("code")
    rows = []
    for code in view.nodes:
        own, alpha = pairs[above == code].sort_values("correlation"), alphas.loc[code]
        least = own.iloc[:1]
        pair = view.codes([*least["code"], *least["other"]])
        weakest = view.fact(
            "correlation_weakest", least["correlation"].min(), "number_2", code=code,
            n=least["n"].min(),
        )  # fmt: skip
        mean = own["correlation"].mean()
        rows.append(
            {
                view.say("Dimension"): view.code(code),
                view.say("Parts"): view.fact("n_parts", alpha["k"], "count", code=code),
                view.say("Countries with all"): view.fact(
                    "n_with_all_parts", alpha["n"], "count", code=code
                ),
                view.say("Cronbach’s alpha"): view.fact(
                    "alpha", alpha["alpha"], "number_2", code=code, n=alpha["n"]
                ),
                view.say("Mean correlation"): view.fact(
                    "correlation_mean", mean, "number_2", code=code
                ),
                view.say("Weakest pair"): f"{pair} ({weakest})" if pair else "–",
            }
        )
    return view.table(rows)


@styled
def plot_importance(view: IndexView) -> Chart:
    """Draw the weight of each part beside its share of the differences between countries."""
    data = estimate_importance(view.capacity.result)
    data["share"] = data["first_order"] / data.groupby("parent")["first_order"].transform("sum")
    furthest = data.loc[(data["share"] - data["weight"]).abs().idxmax()]
    part = str(furthest["code"])
    chart, (ax,) = view.start_chart(
        view.say(
            "{code} weighs {weight} in {parent} and decides {share} of its differences",
            code=view.code(part),
            parent=view.code(furthest["parent"]),
            weight=view.fact("weight_in_parent", furthest["weight"], "share", code=part),
            share=view.fact(
                "share_of_differences", furthest["share"], "share", code=part, n=furthest["n"]
            ),
        ),
        view.say(
            "Weight of each part and its share of the main effects on the differences between "
            "{low} to {high} countries, in percent of its dimension.",
            low=view.fact("n_fewest_importance", data["n"].min(), "count", code=view.root),
            high=view.fact("n_most_importance", data["n"].max(), "count", code=view.root),
        ),
        data=data,
        height=6.0,
        key=[
            make_dot(INK, "white", view.say("Weight")),
            make_dot(AHEAD, AHEAD, view.say("Decides as much or more")),
            make_dot(BEHIND, BEHIND, view.say("Decides less")),
        ],
    )
    ticks: dict[float, tuple[str, bool]] = {}
    y = 0.0
    for parent in view.nodes:
        ticks[y] = (view.code(parent), True)
        for row in data[data["parent"] == parent].itertuples():
            y += 1
            ticks[y] = (view.code(row.code), False)
            weight, share = 100 * row.weight, 100 * row.share
            colour = AHEAD if share >= weight else BEHIND
            ax.axhline(y, color=GRID, linewidth=1, zorder=0)
            ax.plot([weight, share], [y, y], color=colour, linewidth=2)
            ax.plot(weight, y, "o", mfc="white", mec=INK, markersize=7)
            ax.plot(share, y, "o", color=colour, markersize=7)
        y += 1.35
    ax.set_yticks(list(ticks), [name for name, _ in ticks.values()])
    for tick, (_, heading) in zip(ax.get_yticklabels(), ticks.values(), strict=True):
        tick.set_fontweight("bold" if heading else "normal")
    ax.set_ylim(y - 0.75, -0.6)
    ax.set_xlim(0, 100 * max(data["share"].max(), data["weight"].max()) * 1.08)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_formatter(view.figure)
    ax.set_xlabel(view.say("Percent"))
    return chart


def write_overlaps(view: IndexView) -> Prose:
    """Name the scored indicators that overlap with another one, and how closely."""
    told = []
    for code in view.codebook.leaves:
        whole = str(view.codebook.table.at[code, "part_of"])
        if whole not in view.codebook.leaves:
            continue
        both = view.capacity.values[[code, whole]].dropna()
        r = both[code].corr(both[whole]) if len(both) > 1 else np.nan
        told.append(
            view.say(
                "{part} overlaps with {whole}: their figures correlate {r} over {n} countries.",
                part=view.code(code),
                whole=view.code(whole),
                r=view.fact("correlation_with_whole", r, "number_2", code=code, n=len(both)),
                n=view.fact("n_with_whole", len(both), "count", code=code),
            )
        )
    return view.list(told or [view.say("No indicator is counted inside another one.")])
