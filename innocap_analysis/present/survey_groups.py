"""What is told of the groups of a wave, small ones hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from innocap_analysis.compare.clusters import estimate_cluster_means
from innocap_analysis.compare.describe import summarise
from innocap_analysis.prepare.wave import Wave
from innocap_analysis.present.disclosure import suppress_small_cells
from innocap_analysis.present.survey_labels import NO_REGION
from innocap_analysis.score.survey import score_answers

# Below five organisations the spread between them says next to nothing.
MIN_ORGANISATIONS = 5


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


def tabulate_group_scores(wave: Wave) -> pd.DataFrame:
    """Tabulate the scores of countries and their regions, small groups hidden.

    Parameters
    ----------
    wave : Wave
        Clean answers.

    Returns
    -------
    DataFrame
        One row per unit and node: `country`, `unit`, `code`, `n`, `mean`, `se`, `df`, `low`,
        `high` (95%, of :func:`~innocap_analysis.compare.clusters.estimate_cluster_means`),
        `suppressed`. Every extreme is left out.
    """
    nodes = wave.instrument.codebook.parents

    def estimate_means(scores: pd.DataFrame, by: str) -> pd.DataFrame:
        parts = [
            estimate_cluster_means(
                scores, node, by, "organisation", min_clusters=MIN_ORGANISATIONS
            ).assign(code=node)
            for node in nodes
        ]
        return pd.concat(parts, ignore_index=True)

    shown = ["mean", "se", "df", "low", "high"]
    scores = score_answers(wave.clean, wave.instrument)
    table = tabulate_places(scores, wave, estimate_means, values=shown, within=["code"])
    columns = ["country", "unit", "code", "n", *shown, "suppressed"]
    return table.loc[table["unit"] != NO_REGION, columns].reset_index(drop=True)


def tabulate_nonresponse(wave: Wave) -> pd.DataFrame:
    """Tabulate what is missing, for everyone and by country, small countries hidden.

    Parameters
    ----------
    wave : Wave
        Clean answers.

    Returns
    -------
    DataFrame
        Columns `unit`, `code`, `respondents`, `dont_know`, `not_applicable`, `missing`,
        `unusable` (shares), `suppressed`.
    """
    items = wave.instrument.scored
    limits = {code: wave.instrument.limits(code) for code in items}
    parts = []
    table = wave.clean.assign(country=wave.clean["country"].fillna(""))
    for by in (None, "country"):
        found = summarise(table, items, by=by, limits=limits)
        why = found[["dont_know", "not_applicable", "missing"]]
        found["respondents"] = found["n"] + why.sum(axis=1)
        shares = why.div(found["respondents"], axis=0)
        part = pd.concat([found[["unit", "code", "respondents"]], shares], axis=1)
        part["unusable"] = shares.sum(axis=1)
        parts.append(
            suppress_small_cells(
                part,
                minimum=wave.settings.min_respondents,
                values=[*shares.columns, "unusable"],
                within=["code"] if by else [],
                n="respondents",
            )
        )
    table = pd.concat(parts, ignore_index=True)
    return table[table["unit"] != ""].reset_index(drop=True)


def shield_countries(table: pd.DataFrame, wave: Wave, values: list[str]) -> pd.DataFrame:
    """Hide small countries, and what subtraction would tell of them.

    Parameters
    ----------
    table : DataFrame
        Rows by `unit` (country; empty where unknown), `code`, and `answer` if any.
    wave : Wave
        Knows the fewest respondents to show.
    values : list of str
        Columns to blank.

    Returns
    -------
    DataFrame
        With `country` and `suppressed`, without the row of unknown country.
    """
    within = [column for column in ("code", "answer") if column in table]
    minimum = wave.settings.min_respondents
    out = suppress_small_cells(table, minimum=minimum, values=values, within=within)
    out = out[out["unit"] != ""].reset_index(drop=True)
    return out.assign(country=out["unit"])
