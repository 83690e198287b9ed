"""How the partner countries compare, in sentences computed from the evidence."""

from __future__ import annotations

import pandas as pd

from innocap_analysis.present.labels import make_labels
from innocap_analysis.present.prose import Prose, write_list
from innocap_analysis.present.sentences import LEVEL
from innocap_analysis.score.capacity import CapacityData
from innocap_analysis.score.robustness import summarise_ranks
from innocap_analysis.score.sensitivity import SensitivityResult


def write_comparison_findings(
    capacity: CapacityData, runs: SensitivityResult, *, language: str
) -> Prose:
    """Write how the partner countries compare, each rank with how sure it is.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    runs : SensitivityResult
        Scores under many defensible choices.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the text.

    Returns
    -------
    Prose
        A list of sentences, one per country and one on the differences.
    """
    labels = make_labels(capacity, language)
    scores = capacity.result.scores.loc[capacity.countries, capacity.root]
    ranks = summarise_ranks(runs.rank_runs(capacity.root, capacity.countries), level=LEVEL)
    ranks = ranks.set_index("unit")
    sentences = []
    for unit in scores.sort_values(ascending=False).index:
        row = ranks.loc[unit]
        sentences.append(
            labels.say(
                "{unit}: {score} of 100; rank {low} to {high} of the four in {level} of runs, "
                "first in {first}.",
                unit=labels.unit(unit),
                score=labels.number(scores[unit]),
                low=f"{row['low']:.0f}",
                high=f"{row['high']:.0f}",
                level=labels.share(LEVEL),
                first=labels.probability(row["share_1"]),
            )
        )
    for code in capacity.dimensions:
        column = capacity.result.scores.loc[capacity.countries, code]
        sentences.append(
            labels.say(
                "{dimension}: from {low} ({low_unit}) to {high} ({high_unit}).",
                dimension=labels.code(code),
                low=labels.number(column.min()),
                low_unit=labels.unit(str(column.idxmin())),
                high=labels.number(column.max()),
                high_unit=labels.unit(str(column.idxmax())),
            )
        )
    return write_list(sentences)


def write_alternative_findings(
    capacity: CapacityData, alternatives: pd.DataFrame, *, language: str
) -> Prose:
    """Write which choices change the order of the partner countries.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    alternatives : DataFrame
        From :func:`~innocap_analysis.score.alternatives.compare_alternatives`; names of
        alternatives in the language of the text.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the text.

    Returns
    -------
    Prose
        A list: one sentence per alternative that changes the order, or one that none does.
    """
    labels = make_labels(capacity, language)
    sentences = []
    for name, rows in alternatives.groupby("alternative", sort=False):
        if not rows["shift"].any():
            continue
        order = rows.sort_values(["rank", "unit"])["unit"]
        sentences.append(
            labels.say(
                "{name}: the order becomes {order}.",
                name=name,
                order=" – ".join(labels.unit(unit) for unit in order),
            )
        )
    if not sentences:
        sentences = [labels.say("None of the alternatives changes the order of the countries.")]
    return write_list(sentences)
