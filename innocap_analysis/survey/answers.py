"""Cleaning of survey answers: every decision is a row in the log."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from fewlikert.tables import fold_name, list_columns, read_numbers
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.figures import check_share, is_number
from innocap_analysis.survey.codes import SPECIAL, mask_special
from innocap_analysis.survey.instrument import Instrument

LOG_COLUMNS = ("step", "action", "response_id", "item", "reason")
STEPS = ("preview", "duplicate", "impossible", "place", "incomplete", "straight_lining", "speed")
_USED = ("status", "seconds", "organisation", "country", "region", "place")
_FEWEST_FOR_STRAIGHT = 10
# What a tool says is no answer of somebody who was asked.
_NO_RESPONSES = {
    ("preview", "test"): "a preview or test",
    ("spam",): "spam, as the tool says",
    ("screened",): "screened out by the tool",
}


def clean_answers(
    answers: pd.DataFrame,
    instrument: Instrument,
    *,
    min_share: float = 0.5,
    seconds_per_item: float = 2.0,
    region_countries: Mapping[str, str] | None = None,
    place_regions: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clean survey answers and log every decision.

    Parameters
    ----------
    answers : DataFrame
        From :func:`~innocap_analysis.survey.files.read.read_survey`, one file or several
        below each other.
    instrument : Instrument
        The questionnaire.
    min_share : float
        A response with fewer than this share of the scored items answered is dropped;
        don't know and not applicable count as answered.
    seconds_per_item : float
        A response that took less than this per answered item is flagged.
    region_countries : mapping of str to str, optional
        Country of each region; a region of another country is set to missing.
    place_regions : mapping of str to str, optional
        Region of each place (or country, of a place that lies in none); a place of another region
        or country than was said is set to missing, and tells both where they were not.

    Returns
    -------
    clean : DataFrame
        The responses kept, with `flag_straight_lining`, `flag_identical` and `flag_speed`.
        Reversed items keep the respondent's code: the codebook's direction turns them
        when they are scored.
    log : DataFrame
        One row per decision: `step`, `action` (``dropped``, ``flagged``, ``set_missing``),
        `response_id`, `item`, `reason`.

    Raises
    ------
    InnocapError
        A column that a step needs has a fault.

    Notes
    -----
    Dropped are previews, tests, spam and who was screened out, repeated ids (the one with
    most answers stays, the last of equals) and incomplete responses. Flagged and kept are
    straight-lining (the same code on every scored item, ten or more, although some are
    reversed), identical answers within an organisation, and implausible speed: they are
    reasons to look, not proof (METHODS.md, section 8).

    Examples
    --------
    >>> from innocap_analysis import load_settings, read_instrument
    >>> settings = load_settings()
    >>> survey = read_instrument(settings.survey_path, settings.scales_path)
    >>> given = {code: [3.0, float("nan")] for code in survey.scored}
    >>> table = pd.DataFrame({"response_id": ["a", "b"], "status": "complete", **given})
    >>> clean, log = clean_answers(table, survey)
    >>> clean["response_id"].tolist(), log["step"].tolist()
    (['a'], ['incomplete', 'straight_lining'])
    """
    check_share("min_share", min_share)
    if not (is_number(seconds_per_item) and seconds_per_item >= 0):
        raise InnocapError(f"seconds_per_item: 0 or more is needed, found {seconds_per_item!r}")
    maps: dict[str, object]
    maps = {"region_countries": region_countries, "place_regions": place_regions}
    for name, given in maps.items():
        if not (given is None or isinstance(given, Mapping)):
            raise InnocapError(f"{name}: a dict is needed, found {given!r}")
    list_columns(answers, ["response_id"])
    list_columns(answers, [c for c in dict.fromkeys(answers) if c in (*_USED, *instrument.items)])
    table = answers.reset_index(drop=True)  # what is set in it is not set in the answers
    items = [code for code in instrument.scored if code in table]
    log: list[pd.DataFrame] = []
    status = table.get("status", pd.Series("complete", index=table.index)).astype(object)
    status = status.map(lambda word: word.strip().lower() if isinstance(word, str) else word)
    for words, why in _NO_RESPONSES.items():
        table = _drop(table, status.reindex(table.index).isin(words), "preview", why, log)
    table = _drop(table, _find_repeats(table, items), "duplicate", "the same response again", log)
    table = _mend_codes(table, instrument, log)
    table = _add_regions(table, place_regions or {}, log)
    table = _mend_places(table, region_countries or {}, log)
    answered = table[items].notna().sum(axis=1)
    needed = min_share * len(instrument.scored)
    few = answered < needed
    told = f"fewer than {needed:g} of {len(instrument.scored)} items answered"
    table = _drop(table, few, "incomplete", told, log)
    answered = answered.loc[table.index]
    table["flag_straight_lining"] = _find_straight(table[items], instrument)
    table["flag_identical"] = _find_identical(table, items)
    seconds = read_numbers(table, "seconds") if "seconds" in table else np.full(len(table), np.nan)
    # A time below zero is none.
    table["flag_speed"] = (seconds >= 0) & (seconds < seconds_per_item * answered)
    for flag, step, why in (
        ("flag_straight_lining", "straight_lining", "the same code on every item"),
        ("flag_identical", "duplicate", "the same answers as another response of the organisation"),
        ("flag_speed", "speed", f"less than {seconds_per_item:g} seconds per item"),
    ):
        log.append(_log(table.loc[table[flag], "response_id"], step, "flagged", why))
    parts = [part for part in log if len(part)]
    history = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=LOG_COLUMNS)
    return table.reset_index(drop=True), history


def count_cleaning(log: pd.DataFrame, n_raw: int) -> pd.DataFrame:
    """Count responses from raw to clean.

    Parameters
    ----------
    log : DataFrame
        From :func:`clean_answers`.
    n_raw : int
        Responses before cleaning.

    Returns
    -------
    DataFrame
        One row per step in order: `step`, `before`, `dropped`, `after`, `flagged`,
        `set_missing` (answers). The last `after` is the number of clean responses.
    """
    rows = []
    left = n_raw
    for step in STEPS:
        own = log[log["step"] == step]["action"].value_counts()
        dropped = int(own.get("dropped", 0))
        rows.append(
            {
                "step": step,
                "before": left,
                "dropped": dropped,
                "after": left - dropped,
                "flagged": int(own.get("flagged", 0)),
                "set_missing": int(own.get("set_missing", 0)),
            }
        )
        left -= dropped
    return pd.DataFrame(rows)


def mask_answers(answers: pd.DataFrame, items: list[str]) -> pd.DataFrame:
    """Return scale items with don't know and not applicable as missing.

    Parameters
    ----------
    answers : DataFrame
        Table with the items.
    items : list of str
        Which.

    Returns
    -------
    DataFrame
        Responses x items, codes or NaN.

    Raises
    ------
    InnocapError
        An item is no column of the answers, or holds what is no number.

    Notes
    -----
    METHODS.md, section 8, *Cleaning*.

    Examples
    --------
    >>> mask_answers(pd.DataFrame({"SKL1": [4.0, -8.0]}), ["SKL1"])["SKL1"].tolist()
    [4.0, nan]
    """
    return mask_special(answers, items)


def _log(
    ids: pd.Series, step: str, action: str, reason: str, item: str | pd.Series = ""
) -> pd.DataFrame:
    return pd.DataFrame(
        {"step": step, "action": action, "response_id": ids, "item": item, "reason": reason}
    )


def _drop(
    table: pd.DataFrame, out: pd.Series, step: str, reason: str, log: list[pd.DataFrame]
) -> pd.DataFrame:
    log.append(_log(table.loc[out, "response_id"], step, "dropped", reason))
    return table[~out] if out.any() else table


def _find_repeats(table: pd.DataFrame, items: list[str]) -> pd.Series:
    # Ids that look alike are one; a response without one repeats nobody's.
    ids = table["response_id"].map(fold_name, na_action="ignore")
    twice = ids.duplicated(keep=False) & ids.notna() & (ids != "")
    out = pd.Series(False, index=table.index)
    if twice.any():
        own = table[twice]
        filled = own[items].notna().sum(axis=1).rename("filled").to_frame()
        filled["id"] = ids[twice]
        best = filled.sort_values("filled", kind="stable").drop_duplicates("id", keep="last").index
        out.loc[own.index.difference(best)] = True
    return out


def _mend_codes(
    table: pd.DataFrame, instrument: Instrument, log: list[pd.DataFrame]
) -> pd.DataFrame:
    out = table.copy(deep=False)
    for item in instrument.items.values():
        if item.answer not in ("likert", "number") or item.code not in out:
            continue  # weights are not in the columns of items
        x = pd.Series(read_numbers(out, item.code), index=out.index)
        if not pd.api.types.is_numeric_dtype(out[item.code].dtype):
            out[item.code] = x
        # A stretched scale lies between the codes, never outside them.
        fine = x.isna() | x.between(*instrument.limits(item.code)) | x.isin(SPECIAL)
        if not fine.all():
            ids = out.loc[~fine, "response_id"]
            log.append(_log(ids, "impossible", "set_missing", "no code of the scale", item.code))
            out[item.code] = x.where(fine)
    return out


def _add_regions(
    table: pd.DataFrame, place_regions: Mapping[str, str], log: list[pd.DataFrame]
) -> pd.DataFrame:
    if not place_regions or "place" not in table or table["place"].isna().all():
        return table
    region = table["place"].map(place_regions)
    said, country = table["region"], table["country"]
    wrong = region.notna() & (
        (said.notna() & (said != region))
        | (country.notna() & (region.str[:2] != country))  # codes of regions begin with it
    )
    ids = table.loc[wrong, "response_id"]
    log.append(_log(ids, "place", "set_missing", "a place of another region or country", "place"))
    fills = region.where(said.isna() & ~wrong)
    return table.assign(
        place=table["place"].mask(wrong, None), region=said.where(fills.isna(), fills)
    )


def _mend_places(
    table: pd.DataFrame, region_countries: Mapping[str, str], log: list[pd.DataFrame]
) -> pd.DataFrame:
    if not region_countries or "region" not in table or "country" not in table:
        return table
    owner = table["region"].map(region_countries)
    wrong = table["country"].notna() & owner.notna() & (owner != table["country"])
    out = table.copy(deep=False)
    # Who names a region and no country lives in the region's country.
    out["country"] = out["country"].where(out["country"].notna(), owner)
    out.loc[wrong, "region"] = None
    ids = table.loc[wrong, "response_id"]
    log.append(_log(ids, "place", "set_missing", "a region of another country", "region"))
    return out


def _find_straight(block: pd.DataFrame, instrument: Instrument) -> pd.Series:
    x = block.where(~block.isin(SPECIAL))
    turned = {instrument.items[code].reversed for code in block.columns}
    enough = x.notna().sum(axis=1) >= _FEWEST_FOR_STRAIGHT
    return enough & (x.min(axis=1) == x.max(axis=1)) & (len(turned) == 2)


def _find_identical(table: pd.DataFrame, items: list[str]) -> pd.Series:
    if "organisation" not in table:
        return pd.Series(False, index=table.index)
    full = table[items].notna().sum(axis=1) >= _FEWEST_FOR_STRAIGHT
    same = table.duplicated(["organisation", *items], keep="first")
    return same & full & table["organisation"].notna()
