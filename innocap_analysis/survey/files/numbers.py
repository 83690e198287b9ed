"""Numbers that people and spreadsheets write, and which of them may mean two things."""

from __future__ import annotations

import re
from collections.abc import Iterable

from innocap_analysis.survey.scales import Scale, normalise_label

_SPACED = re.compile(r"\d{1,3}(?: \d{3})+")
_GROUPED = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")  # a thousand, or one with three decimals
_DECIMAL = re.compile(r"0[.,]\d+|\d+[.,](?:\d{1,2}|\d{4,})")
_BROKEN = re.compile(r"0[.,]\d*[1-9]\d*")
_SHARE = re.compile(r"0[.,]\d+|[01](?:[.,]0+)?")
# A number with what it means: "5 - Strongly agree", "10 = excellent"; not a range, "7-8".
LABELLED = re.compile(r"(\d+)\s*(?:=|\(|:|-)(?!\s*\d)\s*(.*)", re.DOTALL)
# The same on a scale, where the label tells that it is one: "5 strongly agree", "agree (4)".
_NUMBER_FIRST = re.compile(r"(?P<number>\d+)\s*[=(:.)\s-]\s*(?P<label>.*?)\s*\)?", re.DOTALL)
_NUMBER_LAST = re.compile(r"(?P<label>.*?)\s*[=(:\s-]\s*(?P<number>\d+)\s*\)?", re.DOTALL)
_LABELLED_LAST = re.compile(r"[^\W\d][^\d]*?\s*[=(:-]\s*(\d+)\s*\)?")  # Excellent - 10
_ORDINAL = re.compile(r"#?(\d+)(?:st|nd|rd|th|:[ae]|er|re|e)?")  # 2nd, of a ranking
_OF_HIGHEST = re.compile(r"(\d+)\s*(?:/|(?:out )?of|av|sur)\s*(\d+)")  # 7/10
_WHOLE = re.compile(r"(\d+)[.,]0+")  # R and pandas write 4.0 for a code beside missing ones
_BETWEEN = re.compile(r"\s*(?:[/|()]+|\s-)\s*")  # what one cell says in several languages


def read_spaces(plain: str) -> str:
    """Return a number without the spaces between its thousands."""
    return plain.replace(" ", "") if _SPACED.fullmatch(plain) else plain


def find_doubts(texts: Iterable[str], high: float) -> dict[str, str]:
    """Find numbers that may mean something else than they say, with what is expected instead.

    All cells of a column count: one with two decimals tells that its comma is a decimal one, and
    where all are between 0 and 1 on a scale of many points a spreadsheet had them as per cent.
    """
    cells = [plain for text in texts if (plain := normalise_label(str(text)))]
    if high >= 1000 and not any(map(_DECIMAL.fullmatch, cells)):
        told = "a number without a mark between its thousands, for this may be two"
        return dict.fromkeys(filter(_GROUPED.fullmatch, cells), told)
    broken = [
        cell for cell in cells if _SHARE.fullmatch(cell) and float(cell.replace(",", ".")) % 1
    ]
    if 10 <= high < 1000 and broken and all(map(_SHARE.fullmatch, cells)):
        told = f"a number up to {high:.0f}; these look like shares of 1, as of a column of per cent"
        return dict.fromkeys(broken, told)
    return {}


def normalise_cell(text: str, scale: Scale) -> str:
    """Normalise a cell as labels are; a line break may divide languages."""
    plain = normalise_label(text)
    if "\n" in text and plain not in scale.known:
        plain = normalise_label(text.replace("\n", " / "))
    return whole[1] if (whole := _WHOLE.fullmatch(plain)) else plain


def find_number(plain: str, high: float) -> str:
    """Return the number beside what a cell says of it; empty where there is none."""
    of_highest = _OF_HIGHEST.fullmatch(plain)
    if of_highest is not None and float(of_highest[2]) == high:
        return of_highest[1]
    patterns = LABELLED, _LABELLED_LAST, _ORDINAL
    found = next(filter(None, (pattern.fullmatch(plain) for pattern in patterns)), None)
    return found[1] if found else ""


def split_number(plain: str, scale: Scale) -> tuple[str, str]:
    """Return the number and the label of a normalised cell; one text twice for a bare number."""
    if plain.isdecimal():
        return plain, plain
    if plain not in scale.known:
        for pattern in (_NUMBER_FIRST, _NUMBER_LAST):
            found = pattern.fullmatch(plain)
            if found and found["label"] in scale.known and not found["label"].isdecimal():
                return found["number"], found["label"]
        parts = [split_number(part, scale) for part in _BETWEEN.split(plain) if part != plain]
        parts = [part for part in parts if part[1]]
        codes = {scale.known.get(label) for _, label in parts}
        if len(codes) == 1 and codes != {None}:
            return next((part for part in parts if part[0]), parts[0])
    return "", plain
