"""Page 50: how sure the ranks are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from innocap_analysis.index import factors
from innocap_analysis.index.runs import SensitivityResult
from innocap_analysis.index.sobol import MEAN_SHIFT
from innocap_analysis.index.verdicts import LEVEL
from innocap_analysis.pages import marks, plots
from innocap_analysis.pages.alternatives import SINGLE, count_kept, tell_order
from innocap_analysis.pages.drawing.figure import AHEAD, INK, Chart, styled
from innocap_analysis.pages.drawing.lettering import wrap_text
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.order import tell_order_changes, tell_rank
from innocap_analysis.pages.texts import Prose, Table

_SOBOL_LEVEL = 0.95
_TOTAL = "#A79FDB"
_HEAD = 95.0  # points that the title of a panel takes on a screen
_MOST_RANKS, _TOP = 12, 10  # of more, ranks are told in groups: the first few and quarters


@dataclass(frozen=True)
class WideRuns:
    """The index under a wider set of choices, laid out so that each can be told apart."""

    view: IndexView
    result: SensitivityResult

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Sobol indices of the mean shift of ranks and of the rank of each country."""
        return self.result.sobol(self.view.root, level=_SOBOL_LEVEL)

    @cached_property
    def choices(self) -> pd.DataFrame:
        """Effects on the mean shift of ranks, the choice that moves most first."""
        mean = self.effects[self.effects["output"] == MEAN_SHIFT].set_index("factor")
        return mean.sort_values("total", ascending=False)

    @property
    def settled(self) -> bool:
        """Whether no choice changes any rank."""
        return bool(self.choices["total"].isna().all())

    @property
    def n(self) -> Said:
        """How many runs there are."""
        return self.view.tally("n_runs_wide", len(self.result.choices))

    def stand(self) -> dict[str, dict[str, Said]]:
        """Return of each partner its `median` rank and its shares of runs `first` and `last`."""
        view, told = self.view, {}
        n = len(view.measured)
        ranks = self.result.ranks(view.root, view.measured)
        share_last, table = ranks.share_between(n, n), ranks.summary(LEVEL).set_index("unit")
        shown = [unit for unit in view.shown if unit in table.index]
        for row in table.loc[shown].reset_index().to_dict("records"):
            about = {"unit": row["unit"], "code": view.root, "n": n}
            first, last = row["share_1"], share_last[row["unit"]]
            ends = {"low": row["low"], "high": row["high"]}
            told[str(row["unit"])] = {
                "median": view.fact("median_rank_wide", row["median"], "rank", **ends, **about),
                "first": view.fact("share_first_wide", first, "probability", **about),
                "last": view.fact("share_last_wide", last, "probability", **about),
            }
        return told

    def tell_choice(self, factor: str) -> str:
        """Say how much of the variance of ranks goes with a choice, alone and with others."""
        row, view = self.choices.loc[factor], self.view
        name, n = factor.partition(":")[0], len(self.result.choices)
        alone, total = (
            view.fact(f"sobol_{measure}_{name}", row[kind], "share", code=view.root, n=n,
                      low=row[f"{kind}_low"], high=row[f"{kind}_high"])
            for kind, measure in (("first", "first_order"), ("total", "total"))
        )  # fmt: skip
        return view.say(
            "{choice} ({alone} alone, {total} together with other choices)",
            choice=name_factors(view)[factor].lower(), alone=alone, total=total,
        )  # fmt: skip


def simulate_wide(view: IndexView, *, base: int) -> WideRuns:
    """Score the index under a wider set of choices; eight times `base` runs."""
    wide: list[factors.Factor] = [
        factors.WeightNoise(0.25),
        factors.LeaveOneOut(),
        factors.AggregationChoice(view.root, ("arithmetic", "geometric", "mpi")),
        factors.NormalisationChoice(("codebook", "minmax", "percentile")),
        factors.TreatmentChoice((None, 5)),
        factors.ImputationChoice(("none", "median", "regression")),
    ]
    runs = view.capacity.simulate(n=base, seed=view.seed, factors=wide, sobol=True)
    return WideRuns(view, runs)


@styled
def plot_rank_shares(view: IndexView) -> Chart:
    """Draw how often each partner country takes each rank among the partners."""
    if len(view.measured) > _MOST_RANKS:
        chart: Chart = plot_rank_groups(view)
        return chart
    data = view.runs.ranks(view.root, view.measured).summary(LEVEL)
    shares = data.filter(like="share_").to_numpy()
    order = np.argsort(data["median"] - shares[:, 0], kind="stable")
    data, shares = data.iloc[order].reset_index(drop=True), shares[order]
    units = list(data["unit"])
    said = [
        [_share_of_rank(view, unit, k + 1, share) for k, share in enumerate(row)]
        for unit, row in zip(units, shares, strict=True)
    ]
    chart, (ax,) = view.start_chart(
        view.say(
            "{first.place} comes first of the {n_measured} in {first} of runs, {last.place} last "
            "in {last}",
            first=said[0][0], last=said[-1][-1],
        ),
        view.say(
            "Share of {n_runs} runs, by rank. Each run draws other weights, leaves out "
            "one indicator or none, and takes an arithmetic or geometric mean of the dimensions."
        ),
        data=data,
        height=2.3,
        key=marks.key_shades(view.say("In no run"), view.say("In all runs")),
        note=tell_order_changes(view),
    )  # fmt: skip
    columns = [view.say("Rank {rank}", rank=f"{rank}") for rank in range(1, shares.shape[1] + 1)]
    rows = [view.unit(unit) for unit in units]
    plots.draw_tiles(ax, shares, 0, 1, said, rows=rows, columns=columns)
    return chart


@styled
def plot_rank_groups(view: IndexView) -> Chart:
    """Draw how often each shown unit is first, among the ten first, and in each quarter."""
    n = len(view.measured)
    quarters = [round(n * k / 4) for k in range(5)]
    steps = [(low + 1, high) for low, high in pairwise(quarters)]
    tops = [(1, _TOP)] if quarters[1] > _TOP else []
    groups = {"1": (1, 1), **{f"{low}–{high}": (low, high) for low, high in [*tops, *steps]}}
    ranks = view.runs.ranks(view.root, view.measured)
    shares = pd.DataFrame({told: ranks.share_between(*ends) for told, ends in groups.items()})
    shares = shares.loc[view.shown]
    said = [
        [
            _share_of_ranks(view, unit, told, share) if told != "1" else first
            for told, share in shares.loc[unit].items()
        ]
        for unit, first in ((unit, view.stand_among(unit, "first")) for unit in view.shown)
    ]
    chart, (ax,) = view.start_chart(
        view.say(
            "{first.place} comes first of the {n_measured} in {first} of runs", first=said[0][0]
        ),
        view.say(
            "Share of {n_runs} runs with a rank in each range, for the highest and the lowest. "
            "Each run draws other weights, leaves out one indicator or none, and takes an "
            "arithmetic or geometric mean of the dimensions."
        ),
        data=shares.rename_axis("unit").reset_index(),
        height=0.32 * len(view.shown) + 0.4,
        key=marks.key_shades(view.say("In no run"), view.say("In all runs")),
        note=tell_order_changes(view),
    )  # fmt: skip
    columns = [view.say("Rank {rank}", rank=told) for told in groups]
    rows = [*map(view.unit, view.shown)]
    plots.draw_tiles(ax, shares.to_numpy(), 0, 1, said, rows=rows, columns=columns)
    return chart


def _share_of_ranks(view: IndexView, unit: str, ranks: str, share: float) -> Said:
    measure, n = f"share_ranks_{ranks.replace('–', '_to_')}", len(view.measured)
    return view.fact(measure, share, "probability", unit, view.root, n=n)


def _share_of_rank(view: IndexView, unit: str, rank: int, share: float) -> Said:
    n = len(view.measured)
    if rank in (1, n):
        return view.stand_among(unit, "first" if rank == 1 else "last")
    return view.fact(f"share_rank_{rank}", share, "probability", unit, view.root, n=n)


def table_superiority(view: IndexView) -> Table:
    """Show how often each partner country scores above each other one over the runs."""
    units = [unit for unit in view.shown if unit in view.measured]
    shares = view.runs.ranks(view.root, units).superiority()

    def share_above(unit: str, other: str) -> Said | str:
        told = f"share_above_{other}", shares.at[unit, other], "probability"
        return "" if other == unit else view.fact(*told, unit, view.root)

    columns: dict[str, Callable[[str], object]] = {view.say("Scores above →"): view.unit}
    columns |= {view.unit(other): partial(share_above, other=other) for other in units}
    return view.table(units, columns)


def name_factors(view: IndexView) -> dict[str, str]:
    """Name the choices of the wider simulation."""
    return {
        "weights": view.say("Weights"),
        "left_out": view.say("Indicator left out"),
        f"aggregate:{view.root}": view.say("Mean of the dimensions"),
        "normalise": view.say("Normalisation"),
        "treatment": view.say("Treatment of outliers"),
        "imputation": view.say("Filling of gaps"),
    }


def plot_sobol(view: IndexView, wide: WideRuns) -> Chart | Prose:
    """Draw how much of the movement of ranks goes with each choice."""
    if wide.settled:
        return Prose(view.say("No choice changes a rank."))
    chart: Chart = _draw_sobol(view, wide)
    return chart


@styled
def _draw_sobol(view: IndexView, wide: WideRuns) -> Chart:
    ranked = set(wide.effects["output"])
    outputs = [MEAN_SHIFT, *(unit for unit in _name_outputs(view) if unit in ranked)]
    absent = [unit for unit in _name_outputs(view) if unit not in ranked]
    data = wide.effects[wide.effects["output"].isin(outputs)].reset_index(drop=True)
    order = list(wide.choices.index)
    names = name_factors(view)
    chart, axes = view.start_chart(
        view.say(
            "What moves the ranks most: {first}, then {second}",
            first=names[order[0]].lower(),
            second=names[order[1]].lower(),
        ),
        view.say(
            "Share of the variance of ranks among {n} countries that goes with each choice, "
            "in {runs} runs. Lines: {level} bootstrap intervals.",
            n=view.tally("n_ranked_wide", len(ranked) - 1, view.root), runs=wide.n,
            level=view.fact("interval_level_sobol", _SOBOL_LEVEL, "share"),
        ),
        data=data, height=2.6, columns=len(outputs), sharey=True, sharex=True,
        note=view.say("Without a score in some runs: {units}.", units=view.units(absent))
        if absent
        else "",
        key=[
            Patch(color=AHEAD, label=view.say("Alone (first-order index)")),
            Patch(color=_TOTAL, label=view.say("Together with other choices (total index)")),
        ],
    )  # fmt: skip
    for ax, output in zip(axes, outputs, strict=True):
        own = data[data["output"] == output].set_index("factor").loc[order]
        rows = [names[factor] if marks.is_first(ax) else "" for factor in order]
        marks.frame_rows(ax, rows, tick=view.figure)
        y = np.arange(len(order))
        for kind, colour, lift in (("total", _TOTAL, 0.19), ("first", AHEAD, -0.19)):
            plots.draw_bars(ax, 100 * own[kind].clip(lower=0), y + lift, 0.38, colour)
            ends = 100 * own[[f"{kind}_low", f"{kind}_high"]].clip(lower=0)
            ax.hlines(y + lift, *ends.to_numpy().T, color=INK, linewidth=1)
        title = view.say("All countries") if output == MEAN_SHIFT else view.unit(output)
        ax.set_title(wrap_text(title, view.medium.head(_HEAD), 9, bold=True), size=9)
    axes[0].set_xlim(0, _find_end(data))
    axes[-1 if chart.stacked else len(axes) // 2].set_xlabel(view.say("Percent of the variance"))
    return chart


def _name_outputs(view: IndexView) -> list[str]:
    """Return whose ranks have a panel: the partner countries, or one at each end of many."""
    return [view.marked[0], view.marked[-1]] if view.has_many else view.shown


def _find_end(data: pd.DataFrame) -> float:
    top = float(np.nanmax(data[["total", "total_high", "first_high"]].to_numpy()))
    return min(100.0, 100 * top * 1.05) if top < 1 else 100 * top * 1.05


def table_rank_summary(view: IndexView, wide: WideRuns) -> Table:
    """Summarise the ranks of the partners among themselves over the wider set of choices."""
    columns: dict[str, Callable[[tuple[str, dict[str, Said]]], object]] = {
        view.say("Country"): lambda row: view.unit(row[0]),
        view.say("Rank as reported"): lambda row: view.stand_among(row[0], "rank"),
        view.say("Median rank and interval"): lambda row: f"{row[1]['median']:interval}",
        view.say("First"): lambda row: row[1]["first"],
        view.say("Last"): lambda row: row[1]["last"],
    }
    caption = view.say(
        "Over {runs} runs of the wider set of choices; the interval holds {level} of them.",
        runs=wide.n,
    )
    return view.table(wide.stand().items(), columns, caption=caption)


def write_findings(view: IndexView, alternatives: pd.DataFrame, wide: WideRuns) -> Prose:
    """Write which ranks survive other choices, and which choices and figures they rest on."""
    told, changing = count_kept(view, alternatives)
    said = [
        view.say(
            "The order of the {n_measured} countries stays the same in {same} of the {k} "
            "alternatives.",
            **told,
        )
    ]
    if SINGLE in changing:
        order = tell_order(view, alternatives, SINGLE)
        said.append(view.say("Without double counts the order becomes {order}.", order=order))
    elif SINGLE in set(alternatives["alternative"]):
        said.append(view.say("Without double counts the order stays the same."))
    text = view.say("No choice changes a rank.")
    if not wide.settled:
        first, second = (wide.tell_choice(factor) for factor in wide.choices.index[:2])
        text = view.say(
            "What moves the ranks most, as a share of their variance: {first}; {second}.",
            first=first, second=second,
        )  # fmt: skip
    said += [text, tell_order_changes(view)]
    for unit, own in wide.stand().items():
        text = view.say(
            "{first.place}: {rank}, first in {first}; over the wider set of choices, which is "
            "another simulation, first in {first_wide}.",
            rank=tell_rank(view, unit), first=view.stand_among(unit, "first"),
            first_wide=own["first"],
        )  # fmt: skip
        said.append(text)
    for unit in (unit for unit in view.shown if unit in view.measured):
        if absent := [d for d in view.dimensions if view.verdict(unit, d) == "unmeasured"]:
            named = {"unit": view.unit(unit), "codes": view.codes(absent)}
            said.append(
                view.say("{unit} is ranked without what is not measured: {codes}.", **named)
            )
    if missing := [unit for unit in view.compared if unit not in view.measured]:
        text = view.say("Not measured, and so not ranked: {units}.", units=view.units(missing))
        said.append(text)
    return view.write_list(said)
