"""Numbers that people and spreadsheets write, and which of them may mean two things."""

from __future__ import annotations

import re
from collections.abc import Iterable

from innocap_analysis.survey.scales import normalise_label

_SPACED = re.compile(r"\d{1,3}(?: \d{3})+")
_GROUPED = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")  # a thousand, or one with three decimals
_DECIMAL = re.compile(r"0[.,]\d+|\d+[.,](?:\d{1,2}|\d{4,})")
_BROKEN = re.compile(r"0[.,]\d*[1-9]\d*")
_SHARE = re.compile(r"0[.,]\d+|[01](?:[.,]0+)?")


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
