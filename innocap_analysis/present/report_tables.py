"""The tables of the report, each one call from a notebook."""

from __future__ import annotations

from innocap_analysis.compare.reference import compare_to_reference
from innocap_analysis.present.labels import make_labels
from innocap_analysis.present.tables import Table, as_number, as_text, make_table
from innocap_analysis.score.capacity import CapacityData


def table_profile(capacity: CapacityData, unit: str, *, reference: str, language: str) -> Table:
    """Show every indicator of a country: raw figure, score and place in the reference set.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    unit : str
        Country code.
    reference : str
        Name of a reference set.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        One row per indicator.
    """
    labels = make_labels(capacity, language)
    members = capacity.reference_units(reference)
    data = compare_to_reference(capacity.result, [unit], reference_units=members)
    data = data[data["code"].isin(capacity.codebook.leaves)]
    return make_table(
        data,
        {
            "parent": (labels.say("Dimension"), as_text(labels.code)),
            "code": (labels.say("Indicator"), as_text(labels.code)),
            "value": (labels.say("Raw figure"), as_number(labels.figure)),
            "score": (labels.say("Score"), as_number(labels.number)),
            "reference_rank": (labels.say("Rank"), "{:.0f}".format),
            "reference_n": (labels.say("of countries"), str),
            "percentile": (labels.say("Percentile"), as_number(labels.number, decimals=0)),
            "best_units": (
                labels.say("Best"),
                lambda codes: labels.units(str(codes).split()[:3]),
            ),
        },
    )
