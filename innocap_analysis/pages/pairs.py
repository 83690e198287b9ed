"""Page 85: every two countries, in a picture and in one plain sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from fewlikert.judgement import VERDICTS
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.pages.drawing.figure import AHEAD, BEHIND, INK, QUIET, Chart, styled
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.prose import Prose
from innocap_analysis.pages.survey_marks import set_rows
from innocap_analysis.pages.survey_view import SurveyView

_COLOURS = {"differs": BEHIND, "equivalent": AHEAD, "inconclusive": QUIET}
_MARKS = {"differs": "D", "equivalent": "s", "inconclusive": "o"}
_NOT_COMPARED: dict[str, Any] = {"marker": "x", "color": QUIET, "linestyle": "", "markersize": 5.5}


def count_verdicts(view: SurveyView) -> dict[str, Said]:
    """Return how many comparisons there are, and of each verdict."""
    found = view.evidence.pairs["verdict"].value_counts()
    names = {"differs": "n_differ", "equivalent": "n_alike", "inconclusive": "n_open"}
    counts = {"n": view.tally("n_comparisons", int(found.sum()))}
    for verdict, name in names.items():
        counts[verdict] = view.tally(name, int(found.get(verdict, 0)))
    return counts


def tell_smallest(view: SurveyView) -> Said:
    """Return the smallest difference of interest."""
    return view.given("smallest_difference", view.smallest, "given_points")


@styled
def plot_pairs(view: SurveyView) -> Chart:
    """Draw the difference between every two countries against what matters."""
    data = view.evidence.pairs
    named = {
        "differs": view.say("different"),
        "equivalent": view.say("alike"),
        "inconclusive": view.say("open"),
    }
    counts = count_verdicts(view)
    pairs = list(dict.fromkeys(zip(data["unit"], data["other"], strict=True)))
    key = [
        Line2D([], [], marker=_MARKS[v], color=_COLOURS[v], linewidth=1.4, markersize=6, label=name)
        for v, name in named.items()
    ]
    if data["low_simultaneous"].isna().any():
        key.append(Line2D([], [], label=view.say("no comparison"), **_NOT_COMPARED))
    chart, axes = view.start_chart(
        view.say(
            "Of {n} differences between countries, {open} are open: neither sure nor negligible",
            n=counts["n"],
            open=counts["inconclusive"],
        ),
        view.say(
            "Difference of mean scores (first minus second country) with simultaneous 95% "
            "intervals over organisations; the band is plus or minus {smallest} points, too "
            "small to matter.",
            smallest=tell_smallest(view),
        ),
        data=data,
        height=0.7 + 0.42 * len(pairs),
        columns=len(view.nodes),
        sharey=True,
        key=key,
        note=view.tell_sizes(view.evidence.countries),
    )
    ends = data[["low_simultaneous", "high_simultaneous"]].abs().max().max()
    reach = float(np.nanmin([ends, 60.0])) * 1.08 if pd.notna(ends) else 10.0
    for ax, node in zip(axes, view.nodes, strict=True):
        own = data[data["code"] == node].set_index(["unit", "other"]).loc[pairs]
        ax.axvspan(-view.smallest, view.smallest, color="#EFEFEF", zorder=0, linewidth=0)
        ax.axvline(0, color=INK, linewidth=0.8)
        for y, row in enumerate(own.to_dict("records")):
            if pd.isna(row["low_simultaneous"]):
                ax.plot(0, y, **_NOT_COMPARED)
                continue
            verdict = row["verdict"]
            ax.plot([row["low_simultaneous"], row["high_simultaneous"]], [y, y],
                    color=_COLOURS[verdict], linewidth=1.4)  # fmt: skip
            ax.plot(row["difference"], y, _MARKS[verdict], color=_COLOURS[verdict],
                    markersize=5.5)  # fmt: skip
        ax.set_title(view.heading(node, 16), size=8)
        set_rows(ax, [f"{view.unit(a)} –\n{view.unit(b)}" for a, b in pairs], room=0.4)
        ax.grid(visible=False)
        ax.set_xlim(-reach, reach)
        ax.xaxis.set_major_formatter(view.tick())
    return chart


def write_pairs(view: SurveyView) -> Prose:
    """Write one sentence for every two countries on the index, and for all that is not open."""
    pairs = view.evidence.pairs
    closed = pairs[(pairs["code"] != view.root) & (pairs["verdict"] != "inconclusive")]
    told = pd.concat([pairs[pairs["code"] == view.root], closed])
    order = told["verdict"].map(VERDICTS.index).sort_values(kind="stable").index
    sentences = [tell_pair(view, row) for row in told.loc[order].to_dict("records")]
    if rest := len(pairs) - len(told):
        sentences.append(
            view.say(
                "All other comparisons, {n} of single dimensions, are open.",
                n=view.tally("n_open_of_dimensions", rest),
            )
        )
    return view.list(sentences)


def tell_pair(view: SurveyView, row: Mapping[Any, Any]) -> str:
    """Write what a comparison of two countries allows to say.

    From the simultaneous interval and never from a p-value: *differs* with how much it may be,
    *equivalent* with the limit, or *inconclusive* with all that is possible.
    """
    verdict = str(row["verdict"])
    if verdict not in VERDICTS:
        raise InnocapError(
            f"verdict {verdict!r} is none of {', '.join(VERDICTS)}{suggest(verdict, VERDICTS)}"
        )
    codes = str(row["unit"]), str(row["other"])
    first, second = map(view.unit, codes)
    measure = view.code(str(row["code"]))
    if pd.isna(row["low_simultaneous"]):
        return view.say(
            "{measure}, {first} and {second}: no comparison, because the answers do not tell "
            "how much chance there is.",
            measure=measure, first=first, second=second,
        )  # fmt: skip
    gap = view.fact(
        "difference", row["difference"], "gap", unit="/".join(codes), code=str(row["code"]),
        low=row["low_simultaneous"], high=row["high_simultaneous"], n=row["n"] + row["n_other"],
    )  # fmt: skip
    low, high = gap.low, gap.high
    # Told from the country that is, or may be, above.
    if float(high) <= 0 or (verdict == "differs" and float(gap) < 0):
        first, second, low, high = second, first, high, low
    said: dict[str, object] = {
        "measure": measure, "first": first, "second": second, "difference": f"{gap:abs}",
        "low": f"{low:abs}", "high": f"{high:abs}", "smallest": tell_smallest(view),
    }  # fmt: skip
    if verdict == "equivalent":
        return view.say(
            "{measure}, {first} and {second}: alike. Any difference is smaller than {smallest} "
            "points.",
            **said,
        )
    if verdict == "differs" and abs(float(low)) >= view.smallest:
        return view.say(
            "{measure}: {first} is above {second} by {difference} points, and by more than "
            "{smallest} for sure ({low} to {high}).",
            **said,
        )
    if verdict == "differs":
        return view.say(
            "{measure}: {first} is above {second} by {difference} points ({low} to {high}); "
            "whether by the {smallest} that matter is open.",
            **said,
        )
    if float(gap.low) >= 0 or float(gap.high) <= 0:
        return view.say(
            "{measure}: open. {first} may be above {second} by {low} to {high} points.", **said
        )
    return view.say(
        "{measure}: open. {first} may be anything from {low} points below {second} to {high} "
        "above.",
        **said,
    )
