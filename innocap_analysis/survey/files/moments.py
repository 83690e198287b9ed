"""Dates, times and durations as tools and people write them in the languages of the pages.

A moment is read in full or not at all: what is left over makes it missing, so that no date is
guessed from a part of a text.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from babel import Locale

from innocap_analysis.languages import list_catalogues
from innocap_analysis.survey.files.problems import shorten

ORDERS = ("day_first", "month_first")
# With a year of two digits only where nobody would write the year first.
_ORDERED = re.compile(r"^\s*(\d{1,2})[./-](\d{1,2})(?:[./-]\d{4}|[./]\d{2}(?!\d))")
_DATES = (
    re.compile(r"(?P<y>\d{4})([./-])(?P<m>\d{1,2})\2(?P<d>\d{1,2})"),
    re.compile(r"(?P<a>\d{1,2})([./-])(?P<b>\d{1,2})\2(?P<y>\d{4}|(?<=[./])\d{2})"),
    re.compile(
        r"(?P<d>\d{1,2})(?:\.|er|:?e|:a|st|nd|rd|th)?[\s-]*(?:of )?(?P<name>[^\W\d]{3,})"
        r"\.?[\s,-]*(?P<y>\d{4}|\d{2}(?![\d:.h]))"
    ),
    re.compile(r"(?P<name>[^\W\d]{3,})\.?\s*(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})"),
)
_TIME = re.compile(
    r"(?P<h>\d{1,2})\s*[:.h]\s*(?P<min>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d+)?)?"
    r"(?:\s*(?P<half>[ap]\.?\s?m\.?|[fe]\.?\s?m\.?|[ai]p\.?))?"
)
_ZONE = re.compile(
    r"(?:[(]?(?:utc|gmt|z)[)]?)?\s*(?:(?P<sign>[+-])(?P<zh>\d{1,2}):?(?P<zm>\d{2})?)?|[a-z]{2,5}|[a-z]+/[a-z_]+"
)
_ZONE_NAME = re.compile(r" \([^()\d]*\)$")  # behind a zone: (Central European Summer Time)
_ARTICLE = re.compile(r"(?:den|le|the) ")
_AFTERNOON = ("p", "e", "i")  # pm, em, ip.
_AT = re.compile(r"^(?:[\s,t]|[-–—] |klo|kl\.?|à|at|@)*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_EPOCH = dt.datetime(1970, 1, 1)
_FIRST_DAY = dt.datetime(1899, 12, 30)  # what the days of a workbook are counted from
_SERIALS = 36_526, 73_051  # of 2000 and 2100
_CLOCK = re.compile(
    r"(?:(?P<d>\d+)\s*(?:d|days?),?\s*)?(?P<h>\d+):(?P<m>\d{2}):(?P<s>\d{2}(?:[.,]\d+)?)"
)
_SPELT = re.compile(
    r"(?:pt)?(?:(?P<d>\d+)\s*(?:d|days?|dagar|päivää|jours?)[\s,]*)?"
    r"(?:(?P<h>\d+(?:[.,]\d+)?)\s*(?:h|hours?|hrs?|tim(?:mar|me)?|t|tuntia?|heures?)[\s.,]*)?"
    r"(?:(?P<m>\d+(?:[.,]\d+)?)\s*(?:m|min(?:uter|uuttia|uutti|utes?|s)?)[\s.,]*)?"
    r"(?:(?P<s>\d+(?:[.,]\d+)?)\s*(?:s|sek(?:under|unti[a]?)?|sec(?:onds?|ondes?|s)?)\.?)?"
)


class Moment(NamedTuple):
    """A date with its time of day as it is written, and how far that is ahead of Greenwich."""

    local: dt.datetime
    offset: dt.timedelta | None = None


def read_moment(text: str, order: str) -> Moment | None:
    """Read a date with or without a time; None for anything else."""
    try:
        found = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return _read_other(text, order)
    return Moment(found.replace(tzinfo=None), found.utcoffset())


def _read_other(text: str, order: str) -> Moment | None:
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if _NUMBER.fullmatch(plain):
        return _read_serial(float(plain.replace(",", ".")))
    months, weekdays = _name_calendar()
    first = re.match(r"([^\W\d]+)[.,\s]+", plain)
    if first and first[1] in weekdays and first[1] not in months:
        plain = plain[first.end() :]
    plain = _ZONE_NAME.sub("", plain)
    plain = plain[own.end() :] if (own := _ARTICLE.match(plain)) else plain
    found = next(filter(None, (pattern.match(plain) for pattern in _DATES)), None)
    if found is None:
        return None
    parts = found.groupdict()
    day, month = parts.get("d"), parts.get("m")
    if "a" in parts:
        day, month = (parts["a"], parts["b"])[:: 1 if order == "day_first" else -1]
    number = _find_month(parts["name"]) if "name" in parts else int(month or 0)
    year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0)
    rest = plain[found.end() :]
    rest = _AT.sub("", rest)
    hour, minute, second, offset = 0, 0, 0, None
    if clock := _TIME.match(rest):
        hour, minute, second = (int(clock[name] or 0) for name in ("h", "min", "s"))
        if half := clock["half"]:
            hour = hour % 12 + 12 * (half[0] in _AFTERNOON)
        rest = rest[clock.end() :].strip()
    zone = _ZONE.fullmatch(rest.strip("() ") if clock else rest)
    if zone is None or (rest and not clock):
        return None
    if zone["sign"]:
        ahead = dt.timedelta(hours=int(zone["zh"]), minutes=int(zone["zm"] or 0))
        offset = ahead if zone["sign"] == "+" else -ahead
    midnight = dt.timedelta(days=(hour, minute, second) == (24, 0, 0))
    try:
        at = dt.datetime(year, number, int(day or 0), 0 if midnight else hour, minute, second)
        return Moment(at + midnight, offset)
    except ValueError:
        return None


def _find_month(name: str) -> int:
    """Return the number of a month by its name, or by a beginning that only one month has."""
    months, _ = _name_calendar()
    plain = _drop_accents(name)
    found = {n for own, n in months.items() if _drop_accents(own).startswith(plain)}
    return months.get(name, found.pop() if len(found) == 1 else 0)


def _drop_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _read_serial(number: float) -> Moment | None:
    """Read days of a workbook, or seconds and thousandths since 1970."""
    if _SERIALS[0] <= number < _SERIALS[1]:
        return Moment(_FIRST_DAY + dt.timedelta(seconds=round(number * 86400)))
    for unit in (1, 1000):
        if 1e9 <= number / unit < 4e9:
            return Moment(_EPOCH + dt.timedelta(seconds=number / unit), dt.timedelta())
    return None


@lru_cache(maxsize=1)
def _name_calendar() -> tuple[dict[str, int], frozenset[str]]:
    """Return the months by name, long, short and without a point, and the names of weekdays."""
    months: dict[str, int] = {}
    weekdays: set[str] = set()
    for language in list_catalogues():
        own = Locale.parse(language)
        for use in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in own.months[use][width].items():
                    months.setdefault(str(name).casefold().rstrip("."), number)
                weekdays |= {str(d).casefold().rstrip(".") for d in own.days[use][width].values()}
    months["sept"] = 9
    return months, frozenset(weekdays)


def hear_order(texts: Sequence[tuple[str, int]]) -> tuple[dict[str, str], str]:
    """Tell which order of day and month some date can only have, with the row that shows it.

    Returns: that, and the first date of which both come before its year, if any.
    """
    seen: dict[str, tuple[int, str]] = {}
    first = ""
    for text, row in texts:
        if found := _ORDERED.match(text):
            first = first or text
            for order, part in zip(ORDERS, found.groups(), strict=True):
                if int(part) > 12 and row < seen.get(order, (row + 1, ""))[0]:
                    seen[order] = row, f"row {row} has {shorten(text)!r}"
    return {order: seen[order][1] for order in ORDERS if order in seen}, first


def read_duration(text: str) -> float | None:
    """Read seconds, or hours, minutes and seconds; None for anything else, as for ``06:12``."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if _NUMBER.fullmatch(plain):
        return float(plain.replace(",", "."))
    plain = re.sub(r" (?:and|och|ja|et) ", " ", plain)
    found = _CLOCK.fullmatch(plain) or _SPELT.fullmatch(plain)
    if found is None or not plain:
        return None
    sizes = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    parts = found.groupdict()
    return sum(float((parts.get(n) or "0").replace(",", ".")) * size for n, size in sizes.items())
