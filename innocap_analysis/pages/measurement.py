"""Page 85: whether the items measure one thing each, and are read alike everywhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from fewlikert.describe import EVERYONE
from innocap_analysis.pages import marks, plots
from innocap_analysis.pages.comparing import compares
from innocap_analysis.pages.drawing.figure import BEHIND, INK, QUIET, REFERENCE, Chart, styled
from innocap_analysis.pages.drawing.lettering import wrap_text
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.survey_view import SurveyView
from innocap_analysis.pages.texts import Prose, Table, round_columns

_ENOUGH = 0.7
_MODERATE, _LARGE = 0.02, 0.05
_FALSE_FINDS = 0.05
_COEFFICIENTS = {"alpha": "alpha", "ordinal_alpha": "alpha_ordinal", "omega_total": "omega_total"}


def find_alpha(view: SurveyView, end: str, *, everyone: bool = True) -> Said:
    """Return the lowest or highest alpha of the dimensions, of everyone or in single countries."""
    data = view.evidence.reliability
    own = data[(data["coefficient"] == "alpha") & ((data["unit"] == EVERYONE) == everyone)]
    found = own["estimate"]
    row = own.loc[found.idxmin() if end == "low" else found.idxmax()].to_dict()
    return view.cell("alpha", row, "number_2", of="estimate", ends=True)


@styled
def plot_reliability(view: SurveyView) -> Chart:
    """Draw alpha with its interval, for everyone and by country."""
    groups, data = view.evidence.groups, view.evidence.reliability
    data = data.loc[
        data["coefficient"] == "alpha", ["unit", "code", "estimate", "low", "high", "n"]
    ]
    data = round_columns(data)
    n = view.tally("n_compared", len(view.wave.clean))
    everyone = view.say("{name} (n = {n})", name=view.say("Everyone"), n=n)
    key = {EVERYONE: everyone} | {unit: view.sized(unit) for unit in groups}
    ends = {"low": find_alpha(view, "low"), "high": find_alpha(view, "high")}
    title = view.say("Alpha of the dimensions is {low} to {high} for everyone together", **ends)
    if groups:
        title = view.say(
            "Alpha of the dimensions is {low} to {high} for everyone together, and {lowest} to "
            "{highest} in single countries",
            lowest=find_alpha(view, "low", everyone=False),
            highest=find_alpha(view, "high", everyone=False),
            **ends,
        )
    chart, (ax,) = view.start_chart(
        title,
        view.say(
            "Cronbach’s alpha of the items of each dimension with exact 95% intervals, complete "
            "answers; the line marks {enough}, a common minimum.",
            enough=view.given("common_minimum_alpha", _ENOUGH, "number"),
        ),
        data=data.reset_index(drop=True), height=0.5 + 0.85 * len(view.dimensions),
        key=marks.mark_units(key, view, linestyle="-", linewidth=1.4, markersize=6),
        note=view.say("Intervals that reach below 0 are cut off there.")
        if data["low"].min() < 0
        else "",
    )  # fmt: skip
    rows, spread = view.dimensions, marks.spread_rows(list(key), 0.32)
    marks.frame_rows(ax, [view.code(code) for code in rows], tick=view.tick(decimals=1))
    data = data.assign(y=data["code"].map(rows.index) + data["unit"].map(spread))
    sizes = data["unit"].eq(EVERYONE).map({True: 9, False: 5.5})
    marks.draw_intervals(ax, view, data, "estimate", size=sizes)
    ax.axvline(_ENOUGH, color=REFERENCE, linewidth=1, linestyle="--", zorder=0)
    ax.set_xlim(min(0.0, float(data["estimate"].min()) - 0.03), 1)
    return chart


def table_reliability(view: SurveyView) -> Table:
    """Show the reliability of every dimension over everyone."""
    data = view.evidence.reliability
    data = data[data["unit"] == EVERYONE].set_index(["code", "coefficient"], drop=False)

    def find(code: str, measure: str) -> Said:
        row = data.loc[(code, _COEFFICIENTS[measure])].to_dict()
        return view.cell(measure, row, "number_2", of="estimate", ends=measure == "alpha")

    return view.table(
        data[data["coefficient"] == "alpha"].to_dict("records"),
        {
            view.say("Dimension"): lambda row: view.code(row["code"]),
            view.say("Complete answers"): view.column("n_complete", "n", "count"),
            view.say("Alpha (95% interval)"): lambda row: f"{find(row['code'], 'alpha'):interval}",
            view.say("Ordinal alpha"): lambda row: find(row["code"], "ordinal_alpha"),
            view.say("Omega total"): lambda row: find(row["code"], "omega_total"),
        },
        caption=view.say("Reliability of the dimensions; omega over the model’s variance"),
    )


@compares(2)
def write_invariance(view: SurveyView) -> Prose:
    """Write whether measurement invariance across the countries could be tested, and held."""
    named = {
        "configural": view.say("the same structure"),
        "metric": view.say("the same loadings"),
        "scalar": view.say("the same intercepts"),
        "strict": view.say("the same residuals"),
    }
    told, closed = [], []
    for code, steps in view.evidence.invariance.groupby("code", sort=False):
        if steps["cfi"].isna().all():
            closed.append(str(code))
            continue
        holds = steps["holds"].fillna(False).astype(bool).cummin()
        cfi, rmsea = (
            view.fact(f"{name}_same_structure", steps[name].iloc[0], "number_3", code=str(code))
            for name in ("cfi", "rmsea")
        )
        text = view.say(
            "{cfi.name}: {last} holds across the countries (CFI {cfi}, RMSEA {rmsea} of the first "
            "step).",
            cfi=cfi, rmsea=rmsea,
            last=named[steps.loc[holds, "step"].iloc[-1]] if holds.any() else view.say("nothing"),
        )  # fmt: skip
        told.append(text)
    if closed:
        text = view.say(
            "{dimensions}: not testable. Fit indices say little below about a hundred "
            "complete answers in every country, and here at least one country has fewer; the "
            "items are screened one by one instead.",
            dimensions=view.codes(closed),
        )
        told.insert(0, text)
    return view.write_list(told)


@compares(2)
@styled
def plot_items(view: SurveyView) -> Chart:
    """Draw how much each item depends on the country beyond the level of the person."""
    data = view.evidence.dif
    beyond = data["p_bh"] < _FALSE_FINDS
    chart, (ax,) = view.start_chart(
        view.say(
            "{n} of {all} items depend on the country more than chance would do",
            n=view.tally("n_items_beyond_chance", int(beyond.sum())),
            all=view.tally("n_items", len(data)),
        ),
        view.say(
            "Gain in explained variation (McFadden) when the country is added to the mean of "
            "the other items; lines at {small} and {large}: moderate and large.",
            small=view.given("moderate_gain", _MODERATE, "number_2"),
            large=view.given("large_gain", _LARGE, "number_2"),
        ),
        data=data,
        height=8.0,
        key=[
            Patch(facecolor=BEHIND, label=view.say("beyond chance (5% false finds)")),
            Patch(facecolor=REFERENCE, label=view.say("within chance")),
        ],
        note=view.say("Complete answers to a dimension; countries with fewer than 20 left out."),
    )
    names = [wrap_text(view.question(code), 235, 7, even=True) for code in data["code"]]
    marks.frame_rows(ax, names, size=7, tick=view.tick(decimals=2), grid=False, room=0.58)
    gains = data["delta_r2"]
    plots.draw_bars(ax, gains, data.index, 0.6, np.where(beyond, BEHIND, REFERENCE))
    for y, row in enumerate(data.to_dict("records")):
        if pd.isna(row["delta_r2"]):
            ax.text(0.001, y, "–", va="center", color=QUIET)
            continue
        gain = view.fact("mcfadden_gain", row["delta_r2"], "number_3", code=row["code"], n=row["n"])
        ax.text(row["delta_r2"] + 0.001, y, f"{gain}", va="center", size=7.5,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})  # fmt: skip
    for edge in (_MODERATE, _LARGE):
        ax.axvline(edge, color=INK, linewidth=0.8, linestyle="--", zorder=0)
    ax.set_xlim(0, max(0.06, float(gains.max()) * 1.15))
    return chart


def tell_items(view: SurveyView) -> str:
    """Name the items that are read otherwise in some country."""
    data = view.evidence.dif
    odd = data[(data["p_bh"] < _FALSE_FINDS) & (data["size"] != "negligible")]
    if not len(odd):
        return view.say(
            "No item stands out as read otherwise in one country; with groups this small, "
            "only large differences would."
        )
    return view.say(
        "Read otherwise in some country, compared with people of the same level: {items}",
        items=" / ".join(view.question(str(code)) for code in odd["code"]),
    )
