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
from innocap_analysis.index.figures import FEWEST_UNITS
from innocap_analysis.index.goalposts import compute_goalposts
from innocap_analysis.index.normalisers import find_normaliser
from innocap_analysis.index.weights import compute_effective_weights
from innocap_analysis.pages import marks, plots
from innocap_analysis.pages.drawing.figure import AHEAD, BEHIND, GRID, INK, QUIET, Chart, styled
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.texts import Prose, Table


def _goalpost(view: IndexView, code: str, end: str) -> Said:
    """Return the `low` or `high` goalpost as the codebook holds it."""
    return view.fact(f"goalpost_{end}", view.codebook.table.at[code, end], "figure", code=code)


def plot_normalisation(view: IndexView, code: str | None, unit: str | None) -> Chart | Prose:
    """Draw how one indicator's raw figures become scores between its goalposts.

    Without a code it is the first indicator that has some, without a unit the first in the order
    of scores.
    """
    drawn = [leaf for leaf in view.codebook.leaves if _is_line(view, leaf)]
    if code is None and not drawn:
        return Prose(
            view.say(
                "No indicator is scored on a line between two goalposts; the codebook says how "
                "each becomes a score."
            )
        )
    chart: Chart = _draw_normalisation(view, code or drawn[0], unit)
    return chart


def _is_line(view: IndexView, code: str) -> bool:
    """Whether an indicator is scored on a line between its goalposts."""
    row = view.codebook.table.loc[code]
    return bool(find_normaliser(row["normalise"]).needs) and row["transform"] == "none"


@styled
def _draw_normalisation(view: IndexView, code: str, unit: str | None) -> Chart:
    known = unit is not None
    unit = view.capacity.names.find(unit, view.shown).code if known else view.shown[0]  # type: ignore[arg-type]
    if code not in view.codebook.leaves:
        raise InnocapError(f"plot_normalisation: {code!r} is no scored indicator")
    row = view.codebook.table.loc[code]
    if not _is_line(view, code):
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
    marks.draw_dots(ax, data["value"].to_numpy(), data["score"].to_numpy(), size=6, alpha=0.6)
    if measured:
        x, y, colour = float(value), float(score), view.colour(unit)
        ax.plot([x, x, ends[0]], [0, y, y], color=colour, linestyle=":")
        ax.plot(x, y, view.marker(unit), color=colour, markersize=9)
        marks.write_beside(ax, [x], [y], [view.unit(unit)], (9, -13 if rising else 3), color=colour,
                           weight="bold")  # fmt: skip
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
    told = [
        view.fact("weight_in_index", weight, "share_2", code=code)
        for code, weight in zip(data["code"], data["weight"], strict=True)
    ]
    between = effective["weight"].reindex(view.nodes[1:])
    inside = data["weight"] / data.groupby("parent")["weight"].transform("mean")
    alike = all(np.allclose(part, part.mean()) for part in (between, inside))
    chart, (ax,) = view.start_chart(
        view.say(
            "One indicator counts from {low} to {high} of the index",
            low=told[data["weight"].idxmin()],
            high=told[data["weight"].idxmax()],
        ),
        view.say(
            "Weight of each indicator in the index; equal inside a dimension, and equal between "
            "dimensions."
        )
        if alike
        else view.say("Weight of each indicator in the index, as the codebook sets it."),
        data=data,
        height=round(0.25 * len(data) + 0.4, 2),
    )
    names = [view.code(code) for code in data["code"]]
    marks.frame_rows(ax, names, label=view.say("Percent of the index"), tick=view.figure,
                     grid=False)  # fmt: skip
    weights = 100 * data["weight"]
    plots.draw_bars(ax, weights, data.index, 0.7, QUIET)
    marks.write_beside(ax, weights, data.index, told, (4, 0), va="center", size=8)
    groups = {view.code(d): len(view.codebook.leaves_of(d)) for d in view.nodes[1:]}
    for end in marks.name_groups(ax, groups)[:-1]:
        ax.axhline(end, color=QUIET, linewidth=0.6)
    ax.set_xlim(0, weights.max() * (1.7 if view.medium.narrow else 1.15))
    return chart


def table_goalposts(view: IndexView) -> Table:
    """List the goalposts of the index and how many countries they rest on."""
    words = {1.0: view.say("higher is better"), -1.0: view.say("lower is better")}
    directions = view.codebook.table["direction"].astype(float)
    counts = compute_goalposts(view.capacity.values, view.codebook).set_index("code")["n"]
    return view.table(
        counts.index,
        {
            view.say("Indicator"): view.code,
            view.say("Unit"): view.measure,
            view.say("Direction"): lambda code: words[directions[code]],
            view.say("Low"): lambda code: _goalpost(view, code, "low"),
            view.say("High"): lambda code: _goalpost(view, code, "high"),
            view.say("Countries"): lambda code: view.tally("n_goalposts", counts[code], code),
        },
    )


def table_coherence(view: IndexView) -> Table | Prose:
    """Show how far the parts of each dimension, and of the index, go together."""
    if few := _tell_few(view):
        return few
    pairs = correlate_nodes(view.capacity.result)
    pairs = pairs[pairs["relation"] == "sibling"].dropna(subset="correlation")
    above = pairs["code"].map(view.codebook.table["parent"])
    alphas = estimate_group_alpha(view.capacity.result).set_index("code")
    rows = []
    for code in view.nodes:
        own, alpha = pairs[above == code].sort_values("correlation"), alphas.loc[code]
        least, mean = own.iloc[:1], own["correlation"].mean()
        pair = view.codes([*least["code"], *least["other"]])
        r, n = least["correlation"].min(), least["n"].min()
        weakest = view.fact("correlation_weakest", r, "number_2", code=code, n=n)
        row = {
            view.say("Dimension"): view.code(code),
            view.say("Parts"): view.tally("n_parts", alpha["k"], code),
            view.say("Countries with all"): view.tally("n_with_all_parts", alpha["n"], code),
            view.say("Cronbach’s alpha"): view.fact(
                "alpha", alpha["alpha"], "number_2", code=code, n=alpha["n"]
            ),
            view.say("Mean correlation"): view.fact(
                "correlation_mean", mean, "number_2", code=code
            ),
            view.say("Weakest pair"): f"{pair} ({weakest})" if pair else "–",
        }
        rows.append(row)
    return view.table(rows)


def _tell_few(view: IndexView) -> Prose | None:
    """Say that there are too few units for what rests on correlations, where that is so."""
    n = len(view.capacity.result.scores)
    if n >= FEWEST_UNITS:
        return None
    text = view.say(
        "With {n} in the index nothing can be said of how its figures go together; at least "
        "{least} are needed.",
        n=view.tally("n_scored", n, view.root),
        least=view.tally("n_fewest_correlated", FEWEST_UNITS, view.root),
    )  # fmt: skip
    return Prose(text)


def plot_importance(view: IndexView) -> Chart | Prose:
    """Draw the weight of each part beside its share of the differences between countries."""
    return _tell_few(view) or _draw_importance(view)


@styled
def _draw_importance(view: IndexView) -> Chart:
    data = estimate_importance(view.capacity.result)
    data["share"] = data["first_order"] / data.groupby("parent")["first_order"].transform("sum")
    furthest = data.loc[(data["share"] - data["weight"]).abs().idxmax()]
    part, share, n = furthest[["code", "share", "n"]]
    chart, (ax,) = view.start_chart(
        view.say(
            "{share.name} weighs {weight} in {parent} and decides {share} of its differences",
            parent=view.code(furthest["parent"]),
            weight=view.fact("weight_in_parent", furthest["weight"], "share", code=part),
            share=view.fact("share_of_differences", share, "share", code=part, n=n),
        ),
        view.say(
            "Weight of each part and its share of the main effects on the differences between "
            "{low} to {high} countries, in percent of its dimension.",
            low=view.tally("n_fewest_importance", data["n"].min(), view.root),
            high=view.tally("n_most_importance", data["n"].max(), view.root),
        ),
        data=data,
        height=round(0.18 * (len(data) + 2 * len(view.nodes)) + 0.24, 2),
        key=[
            marks.make_mark(INK, view.say("Weight"), mfc="white"),
            marks.make_mark(AHEAD, view.say("Decides as much or more")),
            marks.make_mark(BEHIND, view.say("Decides less")),
        ],
    )  # fmt: skip
    data = data.assign(weight=100 * data["weight"], share=100 * data["share"])
    rows: list[str] = []
    for parent in view.nodes:
        parts = data.index[data["parent"] == parent]
        data.loc[parts, "y"] = np.arange(len(parts)) + len(rows) + 1.0
        rows += [parent, *data.loc[parts, "code"], ""]
    data["side"] = np.where(data["share"] >= data["weight"], "more", "less")
    headings = [y not in set(data["y"]) for y in range(len(rows))]
    names = [view.code(row) if row else "" for row in rows[:-1]]
    marks.frame_rows(ax, names, bold=headings, label=view.say("Percent"), tick=view.figure,
                     grid=False)  # fmt: skip
    looks = {"palette": {"more": AHEAD, "less": BEHIND}, "markers": {"more": "o", "less": "o"}}
    ax.hlines(
        data["y"], 0, 1, color=GRID, linewidth=1, zorder=0, transform=ax.get_yaxis_transform()
    )
    marks.draw_points(ax, data, "share", looks=looks, by="side", size=7, ends=("weight", "share"),
                      linewidth=2)  # fmt: skip
    ax.plot(data["weight"], data["y"], "o", mfc="white", mec=INK, markersize=7)
    ax.set_xlim(0, data[["share", "weight"]].max().max() * 1.08)
    return chart


def write_overlaps(view: IndexView) -> Prose:
    """Name the scored indicators that overlap with another one, and how closely."""
    told = []
    for code in view.codebook.leaves:
        whole = str(view.codebook.table.at[code, "part_of"])
        if whole not in view.codebook.leaves:
            continue
        both = view.capacity.values[[code, whole]].dropna()
        n = len(both)
        r = both[code].corr(both[whole]) if n > 2 else np.nan  # two lie on a line
        text = view.say(
            "{r.name} overlaps with {whole}: their figures correlate {r} over {n} countries.",
            whole=view.code(whole),
            r=view.fact("correlation_with_whole", r, "number_2", code=code, n=n),
            n=view.tally("n_with_whole", n, code),
        )  # fmt: skip
        told.append(text)
    return view.write_list(told or [view.say("No indicator is counted inside another one.")])
