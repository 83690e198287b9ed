"""The tables about method: how scores come about, and how sure they are."""

from __future__ import annotations

import pandas as pd

from innocap_analysis.compare.coherence import correlate_nodes, estimate_group_alpha
from innocap_analysis.present.labels import make_labels
from innocap_analysis.present.tables import Table, as_number, as_text, make_table
from innocap_analysis.score.capacity import CapacityData
from innocap_analysis.score.goalposts import compute_goalposts
from innocap_analysis.score.robustness import estimate_superiority, summarise_ranks
from innocap_analysis.score.sensitivity import SensitivityResult


def table_goalposts(capacity: CapacityData, *, language: str) -> Table:
    """List the goalposts of the index and how many countries they rest on.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        One row per indicator.
    """
    labels = make_labels(capacity, language)
    data = compute_goalposts(capacity.values, capacity.codebook)
    table = capacity.codebook.table
    data["unit"] = [table.at[code, "unit"] for code in data["code"]]
    data["direction"] = [table.at[code, "direction"] for code in data["code"]]
    words = {1.0: labels.say("higher is better"), -1.0: labels.say("lower is better")}
    return make_table(
        data.astype({"direction": object}),
        {
            "code": (labels.say("Indicator"), as_text(labels.code)),
            "unit": (labels.say("Unit"), str),
            "direction": (labels.say("Direction"), lambda value: words[float(str(value))]),
            "frozen_low": (labels.say("Low"), as_number(labels.figure)),
            "frozen_high": (labels.say("High"), as_number(labels.figure)),
            "n": (labels.say("Countries"), str),
        },
    )


def table_coherence(capacity: CapacityData, *, language: str) -> Table:
    """Show how far the parts of each dimension, and of the index, go together.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        One row per group: number of parts, countries with all of them, Cronbach's alpha,
        mean correlation between parts, and the pair that agrees least.
    """
    labels = make_labels(capacity, language)
    pairs = correlate_nodes(capacity.result)
    pairs = pairs[pairs["relation"] == "sibling"]
    above = pairs["code"].map(capacity.codebook.table["parent"])
    data = estimate_group_alpha(capacity.result).set_index("code")
    data = data.loc[[capacity.root, *capacity.dimensions]].reset_index()
    data["mean"] = data["code"].map(pairs.groupby(above)["correlation"].mean())
    least = pairs.loc[pairs.groupby(above)["correlation"].idxmin()]
    least = least.set_index(above.loc[least.index])
    data["pair"] = [
        f"{labels.codes([least.at[c, 'code'], least.at[c, 'other']])} "
        f"({labels.number(least.at[c, 'correlation'], decimals=2)})"
        for c in data["code"]
    ]
    two = as_number(labels.number, decimals=2)
    return make_table(
        data,
        {
            "code": (labels.say("Dimension"), as_text(labels.code)),
            "k": (labels.say("Parts"), str),
            "n": (labels.say("Countries with all"), str),
            "alpha": (labels.say("Cronbach’s alpha"), two),
            "mean": (labels.say("Mean correlation"), two),
            "pair": (labels.say("Weakest pair"), str),
        },
    )


def table_superiority(capacity: CapacityData, runs: SensitivityResult, *, language: str) -> Table:
    """Show how often each partner country scores above each other one over the runs.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    runs : SensitivityResult
        Scores under many defensible choices.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        One row per country; each cell is the share of runs in which it is above the
        column's country.
    """
    labels = make_labels(capacity, language)
    shares = estimate_superiority(runs.judge_scores(capacity.root), capacity.countries)

    def write(share: object) -> str:
        value = float(str(share))
        return "" if value != value else labels.probability(value)

    return make_table(
        shares.rename_axis("unit").reset_index(),
        {
            "unit": (labels.say("Scores above →"), as_text(labels.unit)),
            **{unit: (labels.unit(unit), write) for unit in capacity.countries},
        },
    )


def table_rank_summary(capacity: CapacityData, runs: SensitivityResult, *, language: str) -> Table:
    """Summarise the ranks of the partner countries among themselves over the runs.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    runs : SensitivityResult
        Scores under many defensible choices.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        One row per country: rank as reported, median and 90 % interval, share of runs in
        first and last place.
    """
    labels = make_labels(capacity, language)
    units = capacity.countries
    data: pd.DataFrame = summarise_ranks(runs.rank_runs(capacity.root, units))
    baseline = runs.baseline.loc[units, capacity.root].rank(ascending=False, method="min")
    data["reported"] = baseline.to_numpy()
    data["interval"] = [
        labels.rank(median, low, high)
        for median, low, high in zip(data["median"], data["low"], data["high"], strict=True)
    ]
    probability = as_number(labels.probability)
    return make_table(
        data,
        {
            "unit": (labels.say("Country"), as_text(labels.unit)),
            "reported": (labels.say("Rank as reported"), "{:.0f}".format),
            "interval": (labels.say("Median rank and interval"), str),
            "share_1": (labels.say("First"), probability),
            f"share_{len(units)}": (labels.say("Last"), probability),
        },
    )
