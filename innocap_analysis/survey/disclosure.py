"""What may be told of the groups of a wave: nobody is shown who could be recognised."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from fewlikert.clusters import estimate_cluster_means
from fewlikert.describe import summarise
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import MIN_RESPONDENTS_FLOOR
from innocap_analysis.survey.score import score_answers
from innocap_analysis.survey.shares import estimate_top_two, tabulate_answers
from innocap_analysis.survey.wave import Wave

SHOWN, SMALL, COMPLEMENTARY = "", "small", "complementary"
_FEWEST_HIDDEN = 2
# Below five organisations the spread between them says next to nothing.
MIN_ORGANISATIONS = 5
NO_REGION = "?"
_SHARES = ("share", "low", "high", "count")


def suppress_small_cells(
    table: pd.DataFrame,
    *,
    minimum: int,
    values: Sequence[str],
    within: Sequence[str] = (),
    n: str = "n",
) -> pd.DataFrame:
    """Blank what is known of groups of few respondents, and what would give them away.

    Parameters
    ----------
    table : DataFrame
        One row per group, **all** groups that add up to a published total, those without
        a name (no region given) too.
    minimum : int
        Fewest respondents of a group that may be shown.
    values : sequence of str
        Columns to blank; `n` is blanked with them.
    within : sequence of str
        Columns that name the published total that a group is part of, such as country and
        item: with all groups but one shown, the last could be had by subtraction, so the
        next smallest group is hidden too, until at least two groups of together `minimum`
        respondents are. Empty: groups are on their own, no total is published.
    n : str
        Column of respondents behind a row.

    Returns
    -------
    DataFrame
        The same rows with `suppressed`: empty, ``small`` or ``complementary``.

    Raises
    ------
    InnocapError
        `minimum` is below five.

    Notes
    -----
    Primary and complementary suppression as in Hundepool and others (2012), *Statistical
    Disclosure Control*, chapter 4, for one-way totals.

    Examples
    --------
    >>> table = pd.DataFrame({"region": ["a", "b", "c"], "n": [40, 12, 3], "share": 0.5})
    >>> table["country"] = "X"
    >>> out = suppress_small_cells(table, minimum=10, values=["share"], within=["country"])
    >>> out["suppressed"].tolist()
    ['', 'complementary', 'small']
    """
    if minimum < MIN_RESPONDENTS_FLOOR:
        raise InnocapError(
            f"suppress_small_cells: minimum {minimum} is below {MIN_RESPONDENTS_FLOOR}, the "
            "fewest respondents that a shown group may have"
        )
    out = table.copy()
    size = out[n].to_numpy(dtype=float)
    why = np.full(len(out), SHOWN, dtype=object)
    why[(size > 0) & (size < minimum)] = SMALL
    if within:
        for at in out.groupby(list(within), sort=False, dropna=False).indices.values():
            _hide_complements(np.asarray(at), size, why, minimum)
    hidden = why != SHOWN
    for column in [*values, n]:
        out[column] = out[column].astype("float64").where(~hidden)
    out["suppressed"] = why
    return out


def _hide_complements(at: np.ndarray, size: np.ndarray, why: np.ndarray, minimum: int) -> None:
    own = at[size[at] > 0]
    if not (why[own] != SHOWN).any():
        return
    for i in own[np.argsort(size[own], kind="stable")]:
        hidden = own[why[own] != SHOWN]
        if len(hidden) >= _FEWEST_HIDDEN and size[hidden].sum() >= minimum:
            return
        if why[i] == SHOWN:
            why[i] = COMPLEMENTARY


def tabulate_places(
    people: pd.DataFrame,
    wave: Wave,
    describe: Callable[[pd.DataFrame, str], pd.DataFrame],
    *,
    values: Sequence[str],
    within: Sequence[str],
) -> pd.DataFrame:
    """Tabulate countries and below each its regions; `describe` takes people and a column.

    People without a region are the unit :data:`NO_REGION` of their country.
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
    table = _hide_parts(table, [*values, "n"], within)
    order = {code: i for i, code in enumerate(wave.settings.countries)}
    table = table[table["country"].isin(order)]
    rank = table["country"].map(order) + 0.5 * (table["unit"] != table["country"])
    table = table.assign(rank=rank).sort_values(["rank", "unit"], kind="stable")
    return table.drop(columns="rank").reset_index(drop=True)


def _hide_parts(table: pd.DataFrame, values: Sequence[str], within: Sequence[str]) -> pd.DataFrame:
    """Hide every region of a hidden country: together they would tell what it hides."""
    keys = pd.MultiIndex.from_frame(table[["country", *within]])
    hidden = table["suppressed"] != SHOWN
    parts = keys.isin(keys[hidden & (table["unit"] == table["country"])]) & ~hidden
    out = table.copy()
    out.loc[parts, list(values)] = np.nan
    out.loc[parts, "suppressed"] = COMPLEMENTARY
    return out


def tabulate_respondents(wave: Wave) -> pd.DataFrame:
    """Count respondents (`n`), `organisations` and median `minutes` of every place."""

    def count(people: pd.DataFrame, by: str) -> pd.DataFrame:
        table = people.groupby(by, sort=True).agg(
            n=("response_id", "size"),
            organisations=("organisation", "nunique"),
            minutes=("seconds", lambda s: s.astype(float).median() / 60),
        )
        return table.rename_axis("unit").reset_index().assign(total="all")

    shown = ["organisations", "minutes"]
    return tabulate_places(wave.clean, wave, count, values=shown, within=["total"])


def tabulate_group_scores(wave: Wave) -> pd.DataFrame:
    """Tabulate the scores of countries and their regions: one row per unit and node.

    Columns `country`, `unit`, `code`, `n`, `mean`, `se`, `df`, `low`, `high` (95%, over
    organisations), `suppressed`; every extreme is left out.
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
    """Tabulate the shares that gave no usable answer, for everyone (``all``) and by country.

    Columns `unit`, `code`, `respondents`, `dont_know`, `not_applicable`, `missing`, their sum
    `unusable`, `suppressed`.
    """
    items = wave.instrument.scored
    limits = {code: wave.instrument.limits(code) for code in items}
    parts = []
    for by in (None, "country"):
        found = summarise(_name_countries(wave), items, by=by, limits=limits)
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


def tabulate_choices(wave: Wave, codes: Sequence[str]) -> pd.DataFrame:
    """Tabulate the answers to questions by country: the columns of `tabulate_answers`."""
    table = tabulate_answers(_name_countries(wave), wave.instrument, items=codes, by="country")
    return _shield_countries(table, wave)


def tabulate_agreement(wave: Wave) -> pd.DataFrame:
    """Tabulate who agrees with every scored item by country: the columns of `estimate_top_two`."""
    table = estimate_top_two(_name_countries(wave), wave.instrument, by="country")
    return _shield_countries(table, wave)


def _name_countries(wave: Wave) -> pd.DataFrame:
    """Return the answers with people of unknown country as a group of their own."""
    return wave.clean.assign(country=wave.clean["country"].fillna(""))


def _shield_countries(table: pd.DataFrame, wave: Wave) -> pd.DataFrame:
    """Hide small countries and what subtraction would tell of them; drop the unknown one."""
    within = [column for column in ("code", "answer") if column in table]
    minimum = wave.settings.min_respondents
    out = suppress_small_cells(table, minimum=minimum, values=_SHARES, within=within)
    out = out[out["unit"] != ""].reset_index(drop=True)
    return out.assign(country=out["unit"])
