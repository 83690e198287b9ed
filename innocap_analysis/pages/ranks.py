"""Page 50: how sure the ranks are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from innocap_analysis.index import factors
from innocap_analysis.index.runs import SensitivityResult
from innocap_analysis.index.sobol import MEAN_SHIFT
from innocap_analysis.index.verdicts import LEVEL
from innocap_analysis.pages.alternatives import SINGLE, count_kept, tell_order
from innocap_analysis.pages.drawing.figure import AHEAD, INK, Chart, styled
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.marks import draw_tiles, key_shades
from innocap_analysis.pages.order import tell_order_changes, tell_rank
from innocap_analysis.pages.prose import Prose
from innocap_analysis.pages.tables import Table

_SOBOL_LEVEL = 0.95
_TOTAL = "#9FC8E4"


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
    def n(self) -> Said:
        """How many runs there are."""
        return self.view.fact("n_runs_wide", len(self.result.choices), "count")

    def stand(self) -> dict[str, dict[str, Said]]:
        """Return of each partner its `median` rank and its shares of runs `first` and `last`."""
        view, told = self.view, {}
        n = len(view.measured)
        ranks = self.result.ranks(view.root, view.measured).summary(LEVEL)
        for row in ranks.to_dict("records"):
            about = {"unit": row["unit"], "code": view.root, "n": n}
            ends = {"low": row["low"], "high": row["high"]}
            told[str(row["unit"])] = {
                "median": view.fact("median_rank_wide", row["median"], "rank", **ends, **about),
                "first": view.fact("share_first_wide", row["share_1"], "probability", **about),
                "last": view.fact("share_last_wide", row[f"share_{n}"], "probability", **about),
            }
        return told

    def tell_choice(self, factor: str) -> str:
        """Say how much of the variance of ranks goes with a choice, alone and with others."""
        row, view = self.choices.loc[factor], self.view
        alone, total = (
            view.fact(
                f"sobol_{measure}_{factor.partition(':')[0]}", row[kind], "share", code=view.root,
                low=row[f"{kind}_low"], high=row[f"{kind}_high"], n=len(self.result.choices),
            )
            for kind, measure in (("first", "first_order"), ("total", "total"))
        )  # fmt: skip
        return view.say(
            "{choice} ({alone} alone, {total} together with other choices)",
            choice=name_factors(view)[factor].lower(),
            alone=alone,
            total=total,
        )


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
            "{first} comes first of the {n} in {first_share} of runs, {last} last in {last_share}",
            n=view.n_measured,
            first=view.unit(units[0]),
            first_share=said[0][0],
            last=view.unit(units[-1]),
            last_share=said[-1][-1],
        ),
        view.say(
            "Share of {runs} runs, by rank. Each run draws other weights, leaves out "
            "one indicator or none, and takes an arithmetic or geometric mean of the dimensions.",
            runs=view.n_runs,
        ),
        data=data,
        height=2.3,
        key=key_shades(view.say("In no run"), view.say("In all runs")),
        note=tell_order_changes(view),
    )
    draw_tiles(ax, shares, 0, 1, [[f"{share}" for share in row] for row in said])
    ax.set_yticks(range(len(units)), [view.unit(unit) for unit in units])
    names = [view.say("Rank {rank}", rank=view.tick()(k + 1, None)) for k in range(shares.shape[1])]
    ax.set_xticks(range(len(names)), names)
    ax.xaxis.tick_top()
    return chart


def _share_of_rank(view: IndexView, unit: str, rank: int, share: float) -> Said:
    if rank in (1, len(view.measured)):
        return view.stand_among(unit, "first" if rank == 1 else "last")
    n = len(view.measured)
    return view.fact(f"share_rank_{rank}", share, "probability", unit=unit, code=view.root, n=n)


def table_superiority(view: IndexView) -> Table:
    """Show how often each partner country scores above each other one over the runs."""
    units = view.measured
    shares = view.runs.ranks(view.root, units).superiority()
    rows: list[dict[str, object]] = []
    for unit in units:
        row: dict[str, object] = {view.say("Scores above →"): view.unit(unit)}
        for other in units:
            share = view.fact(
                f"share_above_{other}", shares.at[unit, other], "probability", unit=unit,
                code=view.root,
            )  # fmt: skip
            row[view.unit(other)] = "" if other == unit else share
        rows.append(row)
    return view.table(rows)


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


@styled
def plot_sobol(view: IndexView, wide: WideRuns) -> Chart:
    """Draw how much of the movement of ranks goes with each choice."""
    ranked = set(wide.effects["output"])
    outputs = [MEAN_SHIFT, *(unit for unit in view.countries if unit in ranked)]
    absent = [unit for unit in view.countries if unit not in ranked]
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
            n=view.fact("n_ranked_wide", len(ranked) - 1, "count", code=view.root),
            level=view.fact("interval_level_sobol", _SOBOL_LEVEL, "share"),
            runs=wide.n,
        ),
        data=data,
        height=2.6,
        columns=len(outputs),
        sharey=True,
        sharex=True,
        note=view.say("Without a score in some runs: {units}.", units=view.units(absent))
        if absent
        else "",
        key=[
            Patch(color=AHEAD, label=view.say("Alone (first-order index)")),
            Patch(color=_TOTAL, label=view.say("Together with other choices (total index)")),
        ],
    )
    for ax, output in zip(axes, outputs, strict=True):
        rows = data[data["output"] == output].set_index("factor").loc[order]
        y = np.arange(len(rows))
        for kind, colour, lift in (("total", _TOTAL, 0.19), ("first", AHEAD, -0.19)):
            ax.barh(y + lift, 100 * rows[kind].clip(lower=0), height=0.38, color=colour)
            ends = 100 * rows[[f"{kind}_low", f"{kind}_high"]].clip(lower=0).to_numpy()
            ax.hlines(y + lift, ends[:, 0], ends[:, 1], color=INK, linewidth=1)
        everyone = output == MEAN_SHIFT
        ax.set_title(view.say("All countries") if everyone else view.unit(output), size=9)
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="x")
        ax.xaxis.set_major_formatter(view.figure)
    axes[0].set_yticks(range(len(order)), [names[factor] for factor in order])
    axes[0].set_ylim(len(order) - 0.5, -0.5)
    axes[0].set_xlim(0, _find_end(data))
    axes[len(axes) // 2].set_xlabel(view.say("Percent of the variance"))
    return chart


def _find_end(data: pd.DataFrame) -> float:
    top = float(np.nanmax(data[["total", "total_high", "first_high"]].to_numpy()))
    return min(100.0, 100 * top * 1.05) if top < 1 else 100 * top * 1.05


def table_rank_summary(view: IndexView, wide: WideRuns) -> Table:
    """Summarise the ranks of the partners among themselves over the wider set of choices."""
    rows = [
        {
            view.say("Country"): view.unit(unit),
            view.say("Rank as reported"): view.stand_among(unit, "rank"),
            view.say("Median rank and interval"): f"{own['median']:interval}",
            view.say("First"): own["first"],
            view.say("Last"): own["last"],
        }
        for unit, own in wide.stand().items()
    ]
    caption = view.say(
        "Over {runs} runs of the wider set of choices; the interval holds {level} of them.",
        runs=wide.n,
        level=view.level,
    )
    return view.table(rows, caption=caption)


def write_findings(view: IndexView, alternatives: pd.DataFrame, wide: WideRuns) -> Prose:
    """Write which ranks survive other choices, and which choices and figures they rest on."""
    told, changing = count_kept(view, alternatives)
    said = [
        view.say(
            "The order of the {n} countries stays the same in {same} of the {k} alternatives.",
            **told,
        )
    ]
    if SINGLE in set(alternatives["alternative"]):
        said.append(
            view.say(
                "Without double counts the order becomes {order}.",
                order=tell_order(view, alternatives, SINGLE),
            )
            if SINGLE in changing
            else view.say("Without double counts the order stays the same.")
        )
    first, second = (wide.tell_choice(factor) for factor in wide.choices.index[:2])
    said.append(
        view.say(
            "What moves the ranks most, as a share of their variance: {first}; {second}.",
            first=first, second=second,
        )
    )  # fmt: skip
    said.append(tell_order_changes(view))
    for unit, own in wide.stand().items():
        said.append(
            view.say(
                "{unit}: {rank}, first in {first}; over the wider set of choices, which is another "
                "simulation, first in {first_wide}.",
                unit=view.unit(unit),
                rank=tell_rank(view, unit),
                first=view.stand_among(unit, "first"),
                first_wide=own["first"],
            )
        )
    for unit in view.measured:
        if absent := [d for d in view.dimensions if view.verdict(unit, d) == "unmeasured"]:
            told_of = {"unit": view.unit(unit), "codes": view.codes(absent)}
            said.append(
                view.say("{unit} is ranked without what is not measured: {codes}.", **told_of)
            )
    missing = [unit for unit in view.countries if unit not in view.measured]
    if missing:
        said.append(
            view.say("Not measured, and so not ranked: {units}.", units=view.units(missing))
        )
    return view.list(said)
