"""Which group each response is in: its country, its answer to an item, or everyone together."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.scales import format_code

COUNTRY, NOTHING = "country", "nothing"
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
