"""Page 85: every two countries, in a picture and in one plain sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from fewlikert.judgement import VERDICTS
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.pages import marks
from innocap_analysis.pages.comparing import compares
from innocap_analysis.pages.drawing.figure import AHEAD, BEHIND, INK, QUIET, Chart, styled
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.names import Name
from innocap_analysis.pages.survey_view import SurveyView
from innocap_analysis.pages.texts import Prose, round_columns

_LOOKS = {
    "palette": {"differs": BEHIND, "equivalent": AHEAD, "inconclusive": QUIET},
    "markers": {"differs": "D", "equivalent": "s", "inconclusive": "o"},
}


def count_verdicts(view: SurveyView) -> dict[str, Said]:
    """Return how many comparisons there are, and of each verdict."""
    found = view.evidence.pairs["verdict"].value_counts()
    names = {"differs": "n_differ", "equivalent": "n_alike", "inconclusive": "n_open"}
    counts = {"n": view.tally("n_comparisons", int(found.sum()))}
    for verdict, name in names.items():
        counts[verdict] = view.tally(name, int(found.get(verdict, 0)))
    return counts


def name_verdicts(view: SurveyView) -> dict[str, str]:
    """Return a word for every verdict on a difference."""
    return {
        "differs": view.say("different"),
        "equivalent": view.say("alike"),
        "inconclusive": view.say("open"),
    }


def tell_smallest(view: SurveyView) -> Said:
    """Return the smallest difference of interest."""
    return view.given("smallest_difference", view.smallest, "given_points")


@compares(2)
@styled
def plot_pairs(view: SurveyView) -> Chart:
    """Draw the difference between every two countries against what matters."""
    data, named = round_columns(view.evidence.pairs), name_verdicts(view)
    counts = count_verdicts(view)
    pairs = list(dict.fromkeys(zip(data["unit"], data["other"], strict=True)))
    style = {"linestyle": "-", "linewidth": 1.4, "markersize": 6}
    key = [
        marks.make_mark(_LOOKS["palette"][v], name, _LOOKS["markers"][v], **style)
        for v, name in named.items()
    ]
    if data["low_simultaneous"].isna().any():
        key.append(marks.make_mark(QUIET, view.say("no comparison"), "x", markersize=5.5))
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
        note=view.tell_sizes(view.evidence.groups),
    )
    ends = data[["low_simultaneous", "high_simultaneous"]].abs().max().max()
    reach = float(np.nanmin([ends, 60.0])) * 1.08 if pd.notna(ends) else 10.0
    names = [f"{view.unit(a)} –\n{view.unit(b)}" for a, b in pairs]
    ends = ("low_simultaneous", "high_simultaneous")
    for ax, node in zip(axes, view.nodes, strict=True):
        own = data[data["code"] == node].set_index(["unit", "other"]).loc[pairs].reset_index()
        marks.frame_rows(ax, names if marks.is_first(ax) else [""] * len(names), tick=view.tick(),
                         size=8, grid=False)  # fmt: skip
        ax.axvspan(-view.smallest, view.smallest, color="#EFEFEF", zorder=0, linewidth=0)
        ax.axvline(0, color=INK, linewidth=0.8)
        own["y"], compared = own.index, own[ends[0]].notna()
        ax.plot(own["y"][~compared] * 0, own["y"][~compared], "x", color=QUIET, markersize=5.5)
        marks.draw_points(ax, own[compared], "difference", looks=_LOOKS, by="verdict", ends=ends)
        ax.set_title(view.heading(node, 80, 8), size=8)
        ax.set_xlim(-reach, reach)
    return chart


@compares(2)
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
    return view.write_list(sentences)


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
    first, second = (Name.wrap(view.unit(code)) for code in codes)
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
        "measure": measure, "first": first, "second": second, "difference": gap.distance,
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
            "{measure}: {first} is above {second} by {difference}, and by more than "
            "{smallest} for sure ({low} to {high}).",
            **said,
        )
    if verdict == "differs":
        return view.say(
            "{measure}: {first} is above {second} by {difference} ({low} to {high}); "
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
