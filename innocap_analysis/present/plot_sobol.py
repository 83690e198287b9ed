"""Figure of which choice moves the ranks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from innocap_analysis.present.figure import AHEAD, INK, Chart, start_chart, styled
from innocap_analysis.present.labels import Labels, make_labels
from innocap_analysis.score.capacity import CapacityData
from innocap_analysis.score.sensitivity import SensitivityResult
from innocap_analysis.score.sobol import MEAN_SHIFT, estimate_sobol

_ALL = "#9FC8E4"


@styled
def plot_sobol(capacity: CapacityData, runs: SensitivityResult, *, language: str = "en") -> Chart:
    """Draw how much of the movement of ranks goes with each choice.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    runs : SensitivityResult
        Runs with a Sobol design.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data are the rows of :func:`~innocap_analysis.score.sobol.estimate_sobol` that
        are drawn: the mean rank shift and the partner countries.
    """
    labels = make_labels(capacity, language)
    table = estimate_sobol(runs, capacity.root)
    n = table["output"].nunique() - 1
    ranked = set(table["output"])
    outputs = [MEAN_SHIFT, *(unit for unit in capacity.countries if unit in ranked)]
    absent = [unit for unit in capacity.countries if unit not in ranked]
    data = table[table["output"].isin(outputs)].reset_index(drop=True)
    mean = data[data["output"] == MEAN_SHIFT].set_index("factor")
    order = list(mean["total"].sort_values(ascending=False).index)
    names = name_factors(labels, capacity.root)
    chart, axes = start_chart(
        labels.say(
            "What moves the ranks most: {first}, then {second}",
            first=names[order[0]].lower(),
            second=names[order[1]].lower(),
        ),
        labels.say(
            "Share of the variance of ranks among {n} countries that goes with each choice, "
            "in {runs} runs. Lines: {level} bootstrap intervals.",
            n=n,
            level=labels.share(0.95),
            runs=len(runs.choices),
        ),
        data=data,
        height=2.6,
        columns=len(outputs),
        sharey=True,
        sharex=True,
        note=labels.say("Without a score in some runs: {units}.", units=labels.units(absent))
        if absent
        else "",
        key=[
            Patch(color=AHEAD, label=labels.say("Alone (first-order index)")),
            Patch(color=_ALL, label=labels.say("Together with other choices (total index)")),
        ],
    )
    for ax, output in zip(axes, outputs, strict=True):
        rows = data[data["output"] == output].set_index("factor").loc[order]
        y = np.arange(len(rows))
        for kind, colour, lift in (("total", _ALL, 0.19), ("first", AHEAD, -0.19)):
            share = 100 * rows[kind].clip(lower=0)
            ax.barh(y + lift, share, height=0.38, color=colour)
            ends = 100 * rows[[f"{kind}_low", f"{kind}_high"]].clip(lower=0).to_numpy()
            ax.hlines(y + lift, ends[:, 0], ends[:, 1], color=INK, linewidth=1)
        everyone = output == MEAN_SHIFT
        ax.set_title(labels.say("All countries") if everyone else labels.unit(output), size=9)
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="x")
    axes[0].set_yticks(range(len(order)), [names[factor] for factor in order])
    axes[0].set_ylim(len(order) - 0.5, -0.5)
    axes[0].set_xlim(0, _find_end(data))
    axes[len(axes) // 2].set_xlabel(labels.say("Percent of the variance"))
    return chart


def name_factors(labels: Labels, root: str) -> Mapping[str, str]:
    """Name the factors of a sensitivity run in a language.

    Parameters
    ----------
    labels : Labels
        Language.
    root : str
        Code of the index.

    Returns
    -------
    mapping of str to str
        Name by factor.
    """
    return {
        "weights": labels.say("Weights"),
        "left_out": labels.say("Indicator left out"),
        f"aggregate:{root}": labels.say("Mean of the dimensions"),
        "normalise": labels.say("Normalisation"),
        "treatment": labels.say("Treatment of outliers"),
        "imputation": labels.say("Filling of gaps"),
    }


def _find_end(data: pd.DataFrame) -> float:
    top = float(np.nanmax(data[["total", "total_high", "first_high"]].to_numpy()))
    return min(100.0, 100 * top * 1.05) if top < 1 else 100 * top * 1.05
