"""Who answered, when and how, without saying who."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from babel import Locale

from innocap_analysis.errors import InnocapError
from innocap_analysis.survey.files.cells import Cells
from innocap_analysis.survey.files.privacy import make_pseudonym
from innocap_analysis.survey.tools import Tool
from innocap_analysis.survey.tools.tool import STATUSES

ORDERS = ("day_first", "month_first")
DATES = ("started", "ended", "sent")
STATUS_COLUMNS = ("status", "channel", "finished")
_PLAIN = "%Y-%m-%d %H:%M:%S"
_RUNNING = re.compile(r"\d{1,9}")
_NUMBERED = re.compile(r"^\d+ - ")  # 1 - Survey Preview
_MOST_AROUND = 20  # a number before a word, and spaces
# With a year of two digits only where nobody would write the year first.
_ORDERED = re.compile(r"^\s*(\d{1,2})[./-](\d{1,2})(?:[./-]\d{4}|[./]\d{2}(?!\d))")


def read_roles(
    said: Mapping[str, Cells],
    rows: pd.Index,
    tool: Tool,
    key: bytes,
    path: Path,
    *,
    dates: str | None = None,
    languages: Sequence[str] = (),
    statuses: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """Read what a tool says about each response.

    Returns: `response_id` (pseudonyms), `status`, and `submitted` (day), `seconds`, `language`
    where the file tells them.
    """
    ids = said.get("response_id")
    if ids is None or "" in ids.texts:
        ids = Cells(np.arange(len(rows)), np.asarray(rows.astype(str), dtype=object), rows)
    # A running number is one per file, a long identifier one in the world.
    running = any(map(_RUNNING.fullmatch, ids.texts))
    columns: dict[str, object] = {
        "response_id": pseudonymise(ids, key, "response", extra=path.stem if running else "")
    }
    texts = {name: said[name] for name in DATES if name in said}
    moments = _read_moments(texts, tool, path.name, dates)
    done = moments.get("ended", moments.get("sent"))
    if done is not None:
        columns["submitted"] = _write_days(done)
    if "seconds" in said:
        told = said["seconds"]
        plain = pd.Series([text.replace(",", ".") for text in told.texts], dtype=object)
        columns["seconds"] = pd.to_numeric(plain, errors="coerce").to_numpy()[told.at]
    elif "started" in moments and "ended" in moments:
        # Never up to when it was sent: that waits for a connection.
        gap = moments["ended"] - moments["started"]
        columns["seconds"] = gap.dt.total_seconds().to_numpy()
    if "language" in said:
        names, told = _name_languages(tuple(languages)), said["language"]
        columns["language"] = told.spread(_read_language(text, names) for text in told.texts)
    columns["status"] = _read_status(said, len(rows), tool, statuses or {})
    return columns


def _write_days(moments: pd.Series) -> np.ndarray:
    days, different = pd.factorize(moments.to_numpy().astype("datetime64[D]"))
    texts = np.array([*np.datetime_as_string(different), None], dtype=object)
    return np.asarray(texts[days])  # what is missing has the number -1


def _read_status(
    said: Mapping[str, Cells], n: int, tool: Tool, statuses: Mapping[str, str]
) -> np.ndarray:
    """Return the worst status that any column tells."""
    decided = {read_status_word(word): told for word, told in statuses.items()}
    for word, told in statuses.items():
        if told not in STATUSES:
            raise InnocapError(f"status {told!r} of {word!r} is none of {', '.join(STATUSES)}")
    worst = np.zeros(n, dtype=int)
    for meaning in said:
        words = {word.casefold(): told for word, told in tool.status.get(meaning, {}).items()}
        words |= decided if meaning in STATUS_COLUMNS else {}
        if not words:
            continue
        own = said[meaning]
        longest = max(map(len, words)) + _MOST_AROUND
        found = [
            STATUSES.index(words.get(read_status_word(text), STATUSES[0]))
            if len(text) <= longest else 0
            for text in own.texts
        ]  # fmt: skip
        worst = np.maximum(worst, np.array(found, dtype=int)[own.at])
    return np.array(STATUSES, dtype=object)[worst]


def read_status_word(text: str) -> str:
    """Return the word of a status, without a number before it."""
    return _NUMBERED.sub("", text).strip().casefold()


@lru_cache(maxsize=8)
def _name_languages(languages: tuple[str, ...]) -> dict[str, str]:
    """Return the code of every language by its name in those of the project and in itself."""
    names: dict[str, str] = {}
    for spoken in ("en", *languages):
        for code, name in Locale.parse(spoken).languages.items():
            if re.fullmatch("[a-z]{2}", str(code)):
                names.setdefault(str(name).casefold(), str(code))
    for code in languages:
        names.setdefault(str(Locale.parse(code).get_language_name(code)).casefold(), code[:2])
    return names


def _read_language(text: str, names: Mapping[str, str]) -> str | None:
    plain = text.strip().casefold()
    return plain[:2] if re.fullmatch(r"[a-z]{2}(?:[-_].*)?", plain) else names.get(plain)


def _find_order(texts: Sequence[tuple[str, int]], tool: Tool, name: str, stated: str | None) -> str:
    """Find whether day or month comes first, for all dates of a file together."""
    if stated is not None and stated not in ORDERS:
        raise InnocapError(f"dates {stated!r} is none of {', '.join(ORDERS)}")
    seen, _ = hear_order(texts)
    if stated is not None and set(seen) - {stated}:
        raise InnocapError(
            f"{name}: dates are said to be {stated}, but {next(iter(seen.values()))}"
        )
    if len(seen) > 1:
        raise InnocapError(
            f"{name}: some dates have the day first and some the month: "
            + " and ".join(seen.values())
            + "; write them as 2026-09-30"
        )
    return stated or next(iter(seen), tool.dates)


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
                    seen[order] = row, f"row {row} has {text!r}"
    return {order: seen[order][1] for order in ORDERS if order in seen}, first


def _read_moments(
    dates: Mapping[str, Cells], tool: Tool, name: str, stated: str | None
) -> dict[str, pd.Series]:
    """Read dates and times; what is no date is missing, as no answer depends on it."""
    found = {meaning: _read_plain_moments(cells.texts) for meaning, cells in dates.items()}
    odd = [
        (cells.texts[i], int(cells.first_rows[i]))
        for meaning, cells in dates.items()
        for i in np.flatnonzero(found[meaning].isna())
        if _ORDERED.match(cells.texts[i])
    ]
    order = _find_order(odd, tool, name, stated)
    moments = {}
    for meaning, cells in dates.items():
        own = found[meaning]
        rest = own.isna().to_numpy()
        if rest.any():
            own = own.mask(
                rest, _read_each(pd.Series(cells.texts, dtype=object).where(rest), order)
            )
        moments[meaning] = own.take(cells.at).set_axis(cells.rows)
    return moments


def _read_plain_moments(texts: np.ndarray) -> pd.Series:
    """Read those that are written as nearly every tool writes them; the others are missing."""
    return pd.to_datetime(pd.Series(texts, dtype=object), format=_PLAIN, errors="coerce")


def _read_each(cells: pd.Series, order: str) -> pd.Series:
    plain = cells.where(cells != "", None)
    numeric = pd.to_numeric(plain, errors="coerce")
    # Bare numbers in a workbook are days since 1899-12-30.
    days = pd.to_datetime(numeric, unit="D", origin="1899-12-30", errors="coerce")
    texts = plain.where(numeric.isna(), None)
    ordered = texts.str.match(_ORDERED, na=False)
    moments = pd.to_datetime(texts.where(~ordered, None), errors="coerce", utc=True, format="mixed")
    other = pd.to_datetime(
        texts.where(ordered, None), errors="coerce", utc=True, dayfirst=order == "day_first",
        format="mixed",
    )  # fmt: skip
    return moments.fillna(other).dt.tz_localize(None).fillna(days)


def pseudonymise(cells: Cells, key: bytes, kind: str, *, extra: str = "") -> np.ndarray:
    """Replace names by keyed pseudonyms."""
    return cells.spread(
        make_pseudonym(f"{extra}\0{text}" if extra else text, key, kind=kind)
        if text.strip() else None
        for text in map(str, cells.texts)
    )  # fmt: skip
