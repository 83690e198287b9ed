"""What is told of the groups of a wave, small ones hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from innocap_analysis.prepare.wave import Wave
from innocap_analysis.present.disclosure import suppress_small_cells
from innocap_analysis.present.survey_labels import NO_REGION


def tabulate_places(
    people: pd.DataFrame,
    wave: Wave,
    describe: Callable[[pd.DataFrame, str], pd.DataFrame],
    *,
    values: Sequence[str],
    within: Sequence[str],
) -> pd.DataFrame:
    """Tabulate countries and below each its regions, small groups hidden.

    Parameters
    ----------
    people : DataFrame
        One row per respondent, with `country` and `region`.
    wave : Wave
        Knows the countries, their order and the fewest respondents to show.
    describe : callable
        Takes people and the column to group them by; returns `unit`, `n` and more.
    values, within : sequence of str
        As in :func:`~innocap_analysis.present.disclosure.suppress_small_cells`.

    Returns
    -------
    DataFrame
        The rows of `describe` with `country` and `suppressed`; people without a region are
        the unit :data:`~innocap_analysis.present.survey_labels.NO_REGION` of their country.
    """
    named = people.assign(
        country=people["country"].fillna(""), region=people["region"].fillna(NO_REGION)
    )
    countries = describe(named, "country")
    parts = [countries.assign(country=countries["unit"])]
    for country, rows in named.groupby("country"):
        parts.append(describe(rows, "region").assign(country=country))
    minimum = wave.settings.min_respondents
    table = pd.concat(
        [suppress_small_cells(p, minimum=minimum, values=values, within=within) for p in parts],
        ignore_index=True,
    )
    order = {code: i for i, code in enumerate(wave.settings.countries)}
    table = table[table["country"].isin(order)]
    rank = table["country"].map(order) + 0.5 * (table["unit"] != table["country"])
    table = table.assign(rank=rank).sort_values(["rank", "unit"], kind="stable")
    return table.drop(columns="rank").reset_index(drop=True)
