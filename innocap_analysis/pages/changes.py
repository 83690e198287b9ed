"""Page 87: what changed between two waves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from innocap_analysis.pages import marks
from innocap_analysis.pages.drawing.figure import AHEAD, BEHIND, INK, QUIET, Chart, styled
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.survey_view import DEFAULT_SMALLEST, SurveyView, open_survey_view
from innocap_analysis.pages.texts import Prose, Table, round_columns
from innocap_analysis.survey.change import Change
from innocap_analysis.survey.record import refuse_edition
from innocap_analysis.survey.wave import Wave, find_before, load_wave

_LOOKS = {
    "palette": {"differs": BEHIND, "equivalent": AHEAD, "inconclusive": QUIET},
    "markers": {"differs": "D", "equivalent": "s", "inconclusive": "o"},
}


@dataclass(frozen=True, kw_only=True)
class ChangeView(SurveyView):
    """A view of a wave and the one before it; `change` is None where there is none."""

    earlier: Wave | None = None
    earlier_name: str = ""

    @cached_property
    def change(self) -> Change | None:
        """What changed."""
        if self.earlier is None:
            return None
        return Change(self.earlier, self.wave, self.smallest)

    def measure(self, row: Mapping[Any, Any], what: str) -> Said:
        """Return one number of a row of the changes."""
        if what == "change":
            return self.cell("change", row, "gap", of="difference", ends=True)
        return self.cell(what, row, "points", of={"score": "mean"}.get(what, "mean_before"),
                         n="n" if what == "score" else "n_before")  # fmt: skip


def open_change_view(
    page: str,
    *,
    language: str = "en",
    wave: str = "imported",
    before: str | None = None,
    by: str | None = None,
    smallest: float = DEFAULT_SMALLEST,
) -> ChangeView:
    """Open a view of a wave and an earlier one; of itself the last that was kept under a name."""
    view = open_survey_view(page, language=language, wave=wave, by=by, smallest=smallest)
    name = before or find_before(view.settings, wave)
    earlier = load_wave(name, settings=view.settings).group_by(view.wave.by) if name else None
    if earlier is not None and view.settings.publishes:
        refuse_edition(earlier)
    return ChangeView(
        view.settings, view.codebook, view.language, view.page, view.folder, view.ledger,
        wave=view.wave, smallest=view.smallest, earlier=earlier, earlier_name=name,
    )  # fmt: skip


def write_waves(view: ChangeView) -> Prose:
    """Write which waves are compared, and who answered in both."""
    if view.change is None:
        return Prose(
            view.say(
                "There is no earlier wave to compare with. Keep one under a name: innocap import "
                "FILE --as 2025."
            )
        )
    rows = {row["unit"]: row for row in view.change.sizes.to_dict("records")}
    everyone = rows["all"]
    n_before, n = (
        view.cell(measure, everyone, "count", of=of) for measure, of in
        (("n_respondents_before", "n_before"), ("n_respondents_after", "n"))
    )  # fmt: skip
    told = [view.say("Compared with the wave {name}: {n_before} respondents then, {n} now.",
                     name=view.earlier_name, n_before=n_before, n=n)]  # fmt: skip
    if pd.notna(everyone["twice"]):
        twice = view.cell("n_answered_twice", everyone, "count", of="twice")
        told.append(view.say("{n} of them answered both times.", n=twice))
    else:
        told.append(
            view.say(
                "How many answered both times is not known, or not told because few did, left or "
                "came."
            )
        )
    return view.write_list(told)


def plot_changes(view: ChangeView) -> Chart | Prose:
    """Draw the change of every score with its interval, by group."""
    return Prose("–") if view.change is None else _draw_changes(view, view.change)


@styled
def _draw_changes(view: ChangeView, change: Change) -> Chart:
    data, units = round_columns(change.table), change.units
    told = data[data["low"].notna()]
    chart, axes = view.start_chart(
        view.say(
            "Of {n} changes, {open} are open: neither sure nor negligible",
            n=view.tally("n_changes", len(told)),
            open=view.tally("n_changes_open", (told["verdict"] == "inconclusive").sum()),
        ),
        view.say(
            "Change of mean scores from the earlier to the later wave with 95% intervals that know "
            "which organisations and people answered both times; the band is plus or minus "
            "{smallest} points, too small to matter.",
            smallest=view.given("smallest_difference", view.smallest, "given_points"),
        ),
        data=data, height=0.8 + 0.42 * len(units), columns=len(change.nodes), sharey=True,
        key=[
            marks.make_mark(_LOOKS["palette"][v], name, _LOOKS["markers"][v], linestyle="-",
                            linewidth=1.4, markersize=6)
            for v, name in name_changes(view).items()
        ],
    )  # fmt: skip
    reach = float(np.nanmax([*told[["low", "high"]].abs().to_numpy().ravel(), 10.0])) * 1.08
    for ax, node in zip(axes, change.nodes, strict=True):
        own = data[data["code"] == node].reset_index(drop=True)
        names = [view.unit(unit) for unit in own["unit"]] if marks.is_first(ax) else [""] * len(own)
        marks.frame_rows(ax, names, tick=view.tick(), size=8, grid=False)
        ax.axvspan(-view.smallest, view.smallest, color="#EFEFEF", zorder=0, linewidth=0)
        ax.axvline(0, color=INK, linewidth=0.8)
        own["y"] = own.index
        marks.draw_points(ax, own[own["low"].notna()], "difference", looks=_LOOKS, by="verdict",
                          ends=("low", "high"))  # fmt: skip
        for row in own[own["low"].isna()].to_dict("records"):
            ax.text(0, row["y"], f"{view.measure(row, 'change')}", ha="center", va="center",
                    size=7.5, color=QUIET)  # fmt: skip
        ax.set_title(view.heading(node, 80, 8), size=8)
        ax.set_xlim(-reach, reach)
    return chart


def name_changes(view: SurveyView) -> dict[str, str]:
    """Return a word for every verdict on a change."""
    return {
        "differs": view.say("changed"),
        "equivalent": view.say("as before"),
        "inconclusive": view.say("open"),
    }


def table_changes(view: ChangeView) -> Table | None:
    """Show the scores of both waves and their change."""
    if view.change is None:
        return None
    words = name_changes(view)

    def judge(row: Mapping[Any, Any]) -> str:
        if row["suppressed"]:
            return "–"
        return view.say("no comparison") if pd.isna(row["low"]) else words[str(row["verdict"])]

    return view.table(
        view.change.table.to_dict("records"),
        {
            view.say("Group"): lambda row: view.unit(row["unit"]),
            view.say("Score"): lambda row: view.code(row["code"]),
            view.say("Before"): lambda row: view.measure(row, "score_before"),
            view.say("Now"): lambda row: view.measure(row, "score"),
            view.say("Change"): lambda row: f"{view.measure(row, 'change'):interval}",
            view.say("Verdict"): judge,
        },
        caption=view.say("Mean scores of two waves, 0 to 100, and their change"),
    )


def write_changes(view: ChangeView) -> Prose | None:
    """Write a sentence on the index of every group, and on every other change that is not open."""
    if view.change is None:
        return None
    data = view.change.table
    data = data[data["suppressed"] == ""]
    root = data["code"] == view.root
    told = data[root | (data["verdict"].ne("inconclusive") & data["low"].notna())]
    sentences = [_tell_change(view, row) for row in told.to_dict("records")]
    if rest := len(data) - len(told):
        sentences.append(view.say("All other changes, {n} of single dimensions, are open.",
                                  n=view.tally("n_changes_open_of_dimensions", rest)))  # fmt: skip
    return view.write_list(sentences)


def _tell_change(view: ChangeView, row: Mapping[Any, Any]) -> str:
    about = {"measure": view.code(row["code"]), "place": view.unit(row["unit"])}
    change = view.measure(row, "change")
    if pd.isna(row["low"]):
        return view.say("{measure}, {place}: no comparison, because the answers do not tell how "
                        "much chance there is.", **about)  # fmt: skip
    if row["verdict"] == "equivalent":
        smallest = view.given("smallest_difference", view.smallest, "given_points")
        return view.say("{measure}, {place}: as before. Any change is smaller than {smallest} "
                        "points.", smallest=smallest, **about)  # fmt: skip
    if row["verdict"] == "differs":
        return view.say("{measure}, {place}: changed by {change:interval} points.",
                        change=change, **about)  # fmt: skip
    return view.say("{measure}, {place}: open. The change may be anything from {low} to {high} "
                    "points.", low=change.low, high=change.high, **about)  # fmt: skip
