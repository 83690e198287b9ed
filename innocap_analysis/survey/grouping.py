"""Which group each response is in: its country, its answer to an item, or everyone together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.survey.cells import Members
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.scales import format_code

COUNTRY, NOTHING = "country", "nothing"
REST = "/rest"  # of the country, without a region or place
NO_REGION = "?"
_NO_ANSWERS = ("DK", "NA")


def name_group(item: str, answer: object) -> str:
    """Return the code of the group of people who gave an answer: ``ORG3=municipality``."""
    code = format_code(answer) if isinstance(answer, (float, str)) else str(answer)
    return f"{item}={code}"


def add_groups(clean: pd.DataFrame, by: str, countries: Iterable[str]) -> pd.DataFrame:
    """Add the code of each response's `group`; regions only where countries are the groups."""
    if by == COUNTRY:
        known = clean["country"].isin(list(countries))
        return clean.assign(group=clean["country"].where(known, None))
    group = pd.Series(None, index=clean.index, dtype=object)
    if by in clean:
        told = clean[by].notna() & ~clean[by].isin(_NO_ANSWERS)
        group[told] = [name_group(by, answer) for answer in clean.loc[told, by]]
    return clean.assign(group=group, region=None)


def list_groups(
    people: pd.DataFrame, by: str, instrument: Instrument, countries: Iterable[str]
) -> list[str]:
    """List the groups that somebody is in, in their order."""
    if by == COUNTRY:
        order = list(countries)
    elif by in instrument.items:
        scale = instrument.scales[instrument.items[by].scale]
        order = [name_group(by, code) for code in scale.codes]
    else:
        order = []
    answered = set(people["group"])
    return [group for group in order if group in answered]


def choose_grouping(
    by: str | None, clean: pd.DataFrame, instrument: Instrument, countries: Iterable[str]
) -> str:
    """Return what groups are formed by; of itself by country, else by the first item for it."""
    if by is not None:
        return check_grouping(by, instrument)
    if clean["country"].isin(list(countries)).any():
        return COUNTRY
    return next((code for code in instrument.groupings if code in clean), NOTHING)


def check_grouping(by: str, instrument: Instrument) -> str:
    """Return what groups are to be formed by if the questionnaire has it."""
    known = [COUNTRY, *instrument.groupings, NOTHING]
    if by not in known:
        raise InnocapError(f"by: {by!r} is none of {', '.join(known)}{suggest(by, known)}")
    return by


def list_units(
    people: pd.DataFrame, countries: Iterable[str], lines: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, Members], dict[str, str]]:
    """List countries, regions, places and the rest of a country, and what each lies in."""
    country = people["country"].fillna("").to_numpy(dtype=object)
    region = people["region"].fillna(NO_REGION).to_numpy(dtype=object)
    known = [code for code in countries if (country == code).any()]
    plain = sort_groups({code: country == code for code in known})
    parents: dict[str, str] = {}
    regions: dict[str, Members] = {}
    for code in known:
        for own in sorted(set(region[country == code])):
            name = f"{code}/{NO_REGION}" if own == NO_REGION else str(own)
            regions[name] = (country == code) & (region == own)
            parents[name] = code
    plain |= sort_groups(regions)
    places = _list_places(people, region, parents, lines)
    plain |= places
    rest: dict[str, Members] = {}
    for name in [name for name in (*regions, *places) if not name.endswith(NO_REGION)]:
        owner = str(country[plain[name]][0])
        rest[f"{name}{REST}"] = (country == owner) & ~plain[name]
        parents[f"{name}{REST}"] = name
    return plain | sort_groups(rest), parents


def _list_places(
    people: pd.DataFrame,
    region: np.ndarray,
    parents: dict[str, str],
    lines: Mapping[str, tuple[str, ...]],
) -> dict[str, Members]:
    """List the groups of people from a place, and name what each lies in in `parents`."""
    found: dict[str, Members] = {}
    depth: dict[str, int] = {}
    for code, line in lines.items():
        own = (people["place"] == code).to_numpy(dtype=bool)
        if not own.any():
            continue
        for name, above in zip(line, (*line[1:], str(region[own][0])), strict=True):
            found[name] = found.get(name, np.zeros(len(own), bool)) | own
            parents[name], depth[name] = above, len(line) - line.index(name)
    # What lies in a place comes behind it, also where it is all of it.
    order = sorted(found, key=lambda name: (-int(found[name].sum()), depth[name], name))
    return {name: found[name] for name in order}


def sort_groups(groups: Mapping[str, Members]) -> dict[str, Members]:
    """Sort groups by size, the largest first, and by name."""
    order = sorted(groups, key=lambda name: (-int(groups[name].sum()), name))
    return {name: groups[name] for name in order}
