"""What may be told of the groups of a wave: nobody is shown who could be recognised."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from fewlikert.clusters import estimate_cluster_means
from fewlikert.describe import EVERYONE, summarise
from innocap_analysis.survey.grouping import COUNTRY, NO_REGION
from innocap_analysis.survey.publish import AGREE, HIDDEN, RESPONDENTS, SHOWN, Release
from innocap_analysis.survey.score import score_answers
from innocap_analysis.survey.shares import estimate_top_two, tabulate_answers
from innocap_analysis.survey.spread import list_least_errors
from innocap_analysis.survey.wave import Wave

# Below five organisations the spread between them says next to nothing.
MIN_ORGANISATIONS = 5
_SHARES = ("share", "low", "high", "count")


def tabulate_places(
    people: pd.DataFrame,
    release: Release,
    describe: Callable[[pd.DataFrame, str], pd.DataFrame],
    *,
    values: Sequence[str],
) -> pd.DataFrame:
    """Tabulate the groups of a wave and, where they are countries, below each its regions.

    `describe` takes people and a column; people without a region are the unit :data:`NO_REGION`
    of their country. Where there are no groups, it is everyone.
    """
    wave = release.wave
    if not wave.groups:
        everyone = describe(people.assign(group=EVERYONE), "group")
        return release.hide(everyone.assign(group=everyone["unit"]), values)
    order = {code: i for i, code in enumerate(wave.groups)}
    named = people[people["group"].isin(order)]
    groups = describe(named, "group")
    parts = [groups.assign(group=groups["unit"])]
    if wave.by == COUNTRY:
        named = named.assign(region=named["region"].fillna(NO_REGION))
        for country, rows in named.groupby("group"):
            parts.append(describe(rows, "region").assign(group=country))
    table = release.hide(pd.concat(parts, ignore_index=True), values)
    rank = table["group"].map(order) + 0.5 * (table["unit"] != table["group"])
    table = table.assign(rank=rank).sort_values(["rank", "unit"], kind="stable")
    return table.drop(columns="rank").reset_index(drop=True)


def tabulate_respondents(release: Release) -> pd.DataFrame:
    """Count respondents (`n`), `organisations` and median `minutes` of every place."""

    def count(people: pd.DataFrame, by: str) -> pd.DataFrame:
        table = people.groupby(by, sort=True).agg(
            n=("response_id", "size"),
            organisations=("organisation", "nunique"),
            minutes=("seconds", lambda s: s.astype(float).median() / 60),
        )
        table["minutes"] = table["minutes"].where(table["organisations"] >= MIN_ORGANISATIONS)
        return table.rename_axis("unit").reset_index().assign(code=RESPONDENTS)

    return tabulate_places(release.wave.people, release, count, values=["organisations", "minutes"])


def tabulate_group_scores(release: Release) -> pd.DataFrame:
    """Tabulate the scores of countries and their regions: one row per unit and node.

    Columns `group`, `unit`, `code`, `n`, `mean`, `se`, `df`, `low`, `high` (95%, over
    organisations), `suppressed`; every extreme is left out. From fewer
    than :data:`MIN_ORGANISATIONS` there is no error: it would tell the means of two.
    """
    wave = release.wave
    nodes = wave.instrument.codebook.parents
    shown = ["mean", "se", "df", "low", "high"]

    units = [EVERYONE, *wave.groups, *wave.people["region"].dropna().unique()]
    least = {node: list_least_errors(release, node, units) for node in nodes}

    def estimate_means(scores: pd.DataFrame, by: str) -> pd.DataFrame:
        parts = [
            estimate_cluster_means(
                scores,
                node,
                by,
                "organisation",
                min_clusters=MIN_ORGANISATIONS,
                weights=wave.weights,
                least_errors=least[node],
            ).assign(code=node)
            for node in nodes
        ]
        table = pd.concat(parts, ignore_index=True)
        table.loc[table["low"].isna(), ["se", "df"]] = np.nan
        return table

    table = tabulate_places(score_answers(wave.people, wave.instrument), release, estimate_means,
                            values=shown)  # fmt: skip
    columns = ["group", "unit", "code", "n", *shown, "suppressed"]
    return table.loc[table["unit"] != NO_REGION, columns].reset_index(drop=True)


def tabulate_items(release: Release) -> pd.DataFrame:
    """Describe every scored item over everyone: `n`, `mean`, `sd`, `skew`, shares at the ends."""
    wave = release.wave
    limits = {code: wave.instrument.limits(code) for code in wave.instrument.scored}
    values = ["mean", "sd", "skew", "floor_share", "ceiling_share"]
    table = summarise(wave.clean, list(limits), limits=limits, weights=read_weights(wave))
    return release.hide(table[["unit", "code", "n", *values]], values)


def tabulate_nonresponse(release: Release) -> pd.DataFrame:
    """Tabulate the shares that gave no usable answer, for everyone (``all``) and by group.

    People count the same here, whatever their weight: it is about the file, not the population.

    Columns `unit`, `code`, `respondents`, `dont_know`, `not_applicable`, `missing`, their sum
    `unusable`, `suppressed`.
    """
    wave = release.wave
    items = wave.instrument.scored
    limits = {code: wave.instrument.limits(code) for code in items}
    parts = []
    for by in (None, "group") if wave.groups else (None,):
        found = summarise(wave.people, items, by=by, limits=limits)
        why = found[["dont_know", "not_applicable", "missing"]]
        found["respondents"] = found["n"] + why.sum(axis=1)
        shares = why.div(found["respondents"], axis=0)
        part = pd.concat([found[["unit", "code", "respondents"]], shares], axis=1)
        parts.append(part.assign(unusable=shares.sum(axis=1)))
    table = pd.concat(parts, ignore_index=True)
    values = ["dont_know", "not_applicable", "missing", "unusable"]
    hidden = release.hide(table.assign(code=RESPONDENTS), [*values, "respondents"])
    hidden["code"] = table["code"]
    # What everyone of a group said is not told, and "don't know" is something that people say.
    silent = hidden["code"].isin([code for code in items if release.is_silent(code)])
    hidden.loc[silent, [*values, "respondents"]] = np.nan
    hidden.loc[silent, "suppressed"] = HIDDEN
    return hidden


def tabulate_choices(
    release: Release, codes: Sequence[str], *, by: str | None = "group"
) -> pd.DataFrame:
    """Tabulate the answers to questions by group: the columns of `tabulate_answers`."""
    wave = release.wave
    by = by if wave.groups else None
    table = tabulate_answers(
        wave.people, wave.instrument, items=codes, by=by, weights=read_weights(wave)
    )
    out = _shield(table, release)
    # The bars of an item add up to who agrees: they are told where that may be told as well.
    scored = out["code"].isin(wave.instrument.scored)
    agrees = _shield(table[scored], release, suffix=AGREE) if scored.any() else out[:0]
    silent = agrees.index[agrees["suppressed"] != SHOWN]
    out.loc[silent, [*(c for c in _SHARES if c in out), "n"]] = np.nan
    out.loc[silent, "suppressed"] = HIDDEN
    return out


def tabulate_agreement(release: Release, *, by: str | None = "group") -> pd.DataFrame:
    """Tabulate who agrees with every scored item by group: the columns of `estimate_top_two`."""
    wave = release.wave
    by = by if wave.groups else None
    table = estimate_top_two(wave.people, wave.instrument, by=by, weights=read_weights(wave))
    return _shield(table, release, suffix=AGREE)


def read_weights(wave: Wave) -> pd.Series | None:
    """Return the weight of each response kept; None where all count the same."""
    return None if wave.weights is None else wave.clean[wave.weights].astype(float)


def _shield(table: pd.DataFrame, release: Release, *, suffix: str = "") -> pd.DataFrame:
    """Hide what may not be told, and the count, which would tell a share to the last digit."""
    out = release.hide(table, _SHARES, suffix=suffix).drop(columns=["count"])
    return out.assign(group=out["unit"])
