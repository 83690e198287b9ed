"""Who answered, when and how, without saying who."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from babel import Locale
from babel.languages import get_official_languages

from innocap_analysis.errors import InnocapError
from innocap_analysis.languages import list_catalogues
from innocap_analysis.survey.files.cells import Cells
from innocap_analysis.survey.files.moments import ORDERS, hear_order, read_duration, read_moment
from innocap_analysis.survey.files.numbers import find_doubts
from innocap_analysis.survey.files.privacy import make_pseudonym
from innocap_analysis.survey.files.problems import shorten
from innocap_analysis.survey.scales import normalise_label
from innocap_analysis.survey.tools import Tool, find_statuses
from innocap_analysis.survey.tools.tool import STATUSES

DATES = ("started", "ended", "sent")
STATUS_COLUMNS = ("status", "channel", "finished")
_PLAIN = "%Y-%m-%d %H:%M:%S"
_RUNNING = re.compile(r"\d{1,9}")
_NUMBERED = re.compile(r"^\d+ - ")  # 1 - Survey Preview
_MOST_AROUND = 20  # a number before a word, and spaces
_NEIGHBOURS = ("DK", "IE", "NO")  # countries whose languages have no catalogue
_EARLIEST = np.datetime64("1990-01-01")  # LimeSurvey writes 1980 where it keeps no dates
_MOST_WORDS = 20  # of a status, above which a column says something else


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
) -> tuple[dict[str, object], list[str]]:
    """Read what a tool says about each response.

    Returns: `response_id` (pseudonyms), `status`, and `submitted` (day), `seconds`, `language`
    where the file tells them; and notes on what could not be read.
    """
    notes: list[str] = []
    ids = said.get("response_id")
    if ids is None or "" in ids.texts:
        ids = Cells(np.arange(len(rows)), np.asarray(rows.astype(str), dtype=object), rows)
    # A running number is one per file, a long identifier one in the world.
    running = any(map(_RUNNING.fullmatch, ids.texts))
    columns: dict[str, object] = {
        "response_id": pseudonymise(ids, key, "response", extra=path.stem if running else "")
    }
    texts = {name: said[name] for name in DATES if name in said}
    moments = _read_moments(texts, tool, path.name, dates, notes)
    done = moments.get("ended", moments.get("sent"))
    if done is not None:
        columns["submitted"] = _write_days(done[0])  # the day where the person was
    seconds = _read_seconds(said["seconds"], notes) if "seconds" in said else np.nan
    if "started" in moments and "ended" in moments:
        # Never up to when it was sent: that waits for a connection.
        gap = (moments["ended"][1] - moments["started"][1]).dt.total_seconds().to_numpy()
        # A clock that was set back meanwhile tells nothing.
        seconds = np.where(np.isnan(seconds), np.where(gap < 0, np.nan, gap), seconds)
    if isinstance(seconds, np.ndarray):
        columns["seconds"] = seconds
    if "language" in said:
        names, told = _name_languages(tuple(languages)), said["language"]
        columns["language"] = told.spread(_read_language(text, names) for text in told.texts)
    columns["status"] = _read_status(said, len(rows), tool, statuses or {}, notes)
    return columns, notes


def _write_days(moments: pd.Series) -> np.ndarray:
    days, different = pd.factorize(moments.to_numpy().astype("datetime64[D]"))
    texts = np.array([*np.datetime_as_string(different), None], dtype=object)
    return np.asarray(texts[days])  # what is missing has the number -1


def _read_status(
    said: Mapping[str, Cells], n: int, tool: Tool, statuses: Mapping[str, str], notes: list[str]
) -> np.ndarray:
    """Return the worst status that any column tells; an unknown word is complete, and is told."""
    decided = {read_status_word(word): told for word, told in statuses.items()}
    for word, told in statuses.items():
        if told not in STATUSES:
            raise InnocapError(f"status {told!r} of {word!r} is none of {', '.join(STATUSES)}")
    worst = np.zeros(n, dtype=int)
    for meaning in said:
        words = find_statuses(meaning, tool) | (decided if meaning in STATUS_COLUMNS else {})
        if not words:
            continue
        own = said[meaning]
        notes += _tell_unknown(own, words) if meaning == "status" else []
        longest = max(map(len, words)) + _MOST_AROUND
        found = [
            STATUSES.index(words.get(read_status_word(text), STATUSES[0]))
            if len(text) <= longest else 0
            for text in own.texts
        ]  # fmt: skip
        worst = np.maximum(worst, np.array(found, dtype=int)[own.at])
    return np.array(STATUSES, dtype=object)[worst]


def _tell_unknown(cells: Cells, words: Mapping[str, str]) -> list[str]:
    told = {read_status_word(str(text)): int(n)
            for text, n in zip(cells.texts, cells.counts, strict=True)}  # fmt: skip
    new = [word for word in told if word and word not in words]
    if not new or len(told) > _MOST_WORDS:
        return []
    shown = ", ".join(f"{shorten(word)!r} ({told[word]})" for word in new)
    return [f"unknown words of a status are read as complete: {shown}"]


def read_status_word(text: str) -> str:
    """Return the word of a status, without a number before it."""
    return (_NUMBERED.sub("", text) if " - " in text else text).strip().casefold()


@lru_cache(maxsize=8)
def _name_languages(languages: tuple[str, ...]) -> dict[str, str]:
    """Return the code of every language by its name in those of the project and in itself."""
    names: dict[str, str] = {}
    for spoken in ("en", *languages):
        for code, name in Locale.parse(spoken).languages.items():
            if re.fullmatch("[a-z]{2}", str(code)):
                names.setdefault(str(name).casefold(), str(code))
    spoken_near = [c for n in _NEIGHBOURS for c in get_official_languages(n, regional=True)]
    for code in (*languages, *list_catalogues(), *spoken_near):
        names.setdefault(str(Locale.parse(code).get_language_name(code)).casefold(), code[:2])
    return names


def _read_language(text: str, names: Mapping[str, str]) -> str | None:
    plain = normalise_label(text)
    if re.fullmatch(r"[a-z]{2}(?:[-_].*)?", plain):
        return plain[:2]
    return names.get(plain) or names.get(plain.partition(" (")[0])  # English (United States)


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


def _read_moments(
    dates: Mapping[str, Cells], tool: Tool, name: str, stated: str | None, notes: list[str]
) -> dict[str, tuple[pd.Series, pd.Series]]:
    """Read dates and times, as they are written and in Greenwich's.

    What is no date is missing, as no answer depends on it, and is told.
    """
    found = {meaning: _read_plain_moments(cells.texts) for meaning, cells in dates.items()}
    odd = [
        (cells.texts[i], int(cells.first_rows[i]))
        for meaning, cells in dates.items()
        for i in np.flatnonzero(found[meaning].isna())
    ]
    order = _find_order(odd, tool, name, stated)
    moments = {}
    for meaning, cells in dates.items():
        local, gap = found[meaning].to_numpy(copy=True), np.zeros(len(cells.texts), "m8[us]")
        unread = []
        for i in np.flatnonzero(np.isnat(local)):
            text = str(cells.texts[i])
            moment = read_moment(text, order)
            if moment is not None:
                local[i] = np.datetime64(moment.local)
                gap[i] = np.timedelta64(moment.offset or 0, "us")
            elif text.strip() and text.casefold() not in tool.status.get(meaning, {}):
                unread.append(int(i))
        notes += _tell_unread("dates", cells, unread)
        local[local < _EARLIEST] = np.datetime64("NaT", "us")
        rows = {"index": cells.rows}
        moments[meaning] = (pd.Series(local[cells.at], **rows),
                            pd.Series((local - gap)[cells.at], **rows))  # fmt: skip
    return moments


def _tell_unread(what: str, cells: Cells, at: Sequence[int]) -> list[str]:
    """Tell which cells say nothing that can be read."""
    if not at:
        return []
    first = min(at, key=lambda i: int(cells.first_rows[i]))
    n, shown = int(cells.counts[at].sum()), shorten(str(cells.texts[first]))
    return [f"{n} {what} cannot be read and are missing, first row {cells.first_rows[first]}: "
            f"{shown!r}"]  # fmt: skip


def _read_plain_moments(texts: np.ndarray) -> pd.Series:
    """Read those that are written as nearly every tool writes them; the others are missing."""
    plain = pd.Series(texts, dtype=object)
    return pd.to_datetime(plain, format=_PLAIN, errors="coerce").astype("datetime64[us]")


def _read_seconds(cells: Cells, notes: list[str]) -> np.ndarray:
    """Read how long it took."""
    doubts = find_doubts(cells.texts, np.inf) if any(map(str.isdecimal, cells.texts)) else {}
    found = [None if text in doubts else read_duration(text) for text in map(str, cells.texts)]
    unread = [i for i, own in enumerate(found) if own is None and str(cells.texts[i]).strip()]
    notes += _tell_unread("durations", cells, unread)
    return np.asarray(np.array([np.nan if own is None else own for own in found])[cells.at])


def pseudonymise(cells: Cells, key: bytes, kind: str, *, extra: str = "") -> np.ndarray:
    """Replace names by keyed pseudonyms."""
    return cells.spread(
        make_pseudonym(f"{extra}\0{text}" if extra else text, key, kind=kind)
        if text.strip() else None
        for text in map(str, cells.texts)
    )  # fmt: skip
