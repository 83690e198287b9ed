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
from innocap_analysis.survey.files.privacy import make_pseudonym
from innocap_analysis.survey.tools import Tool
from innocap_analysis.survey.tools.tool import STATUSES

ORDERS = ("day_first", "month_first")
_DATES = ("started", "ended", "sent")
# With a year of two digits only where nobody would write the year first.
_ORDERED = re.compile(r"^\s*(\d{1,2})[./-](\d{1,2})(?:[./-]\d{4}|[./]\d{2}(?!\d))")


def read_roles(
    said: Mapping[str, pd.Series],
    rows: pd.Index,
    tool: Tool,
    key: bytes,
    path: Path,
    *,
    dates: str | None = None,
    languages: Sequence[str] = (),
) -> dict[str, object]:
    """Read what a tool says about each response.

    Returns: `response_id` (pseudonyms), `status`, and `submitted` (day), `seconds`, `language`
    where the file tells them.
    """
    ids = said.get("response_id")
    if ids is None or ids.eq("").any():
        ids = pd.Series(rows.astype(str), index=rows)
    # A running number is one per file, a long identifier one in the world.
    running = bool(ids.str.fullmatch(r"\d{1,9}").any())
    columns: dict[str, object] = {
        "response_id": pseudonymise(ids, key, "response", extra=path.stem if running else "")
    }
    texts = {name: said[name] for name in _DATES if name in said}
    order = _find_order(texts, tool, path.name, dates)
    moments = {name: _read_moments(cells, order) for name, cells in texts.items()}
    done = moments.get("ended", moments.get("sent"))
    if done is not None:
        columns["submitted"] = np.asarray(done.dt.strftime("%Y-%m-%d").astype(object))
    if "seconds" in said:
        seconds = said["seconds"].str.replace(",", ".", regex=False)
        columns["seconds"] = pd.to_numeric(seconds, errors="coerce").to_numpy()
    elif "started" in moments and "ended" in moments:
        # Never up to when it was sent: that waits for a connection.
        gap = moments["ended"] - moments["started"]
        columns["seconds"] = gap.dt.total_seconds().to_numpy()
    if "language" in said:
        names = _name_languages(tuple(languages))
        found = {text: _read_language(text, names) for text in said["language"].unique()}
        columns["language"] = said["language"].map(found)
    columns["status"] = _read_status(said, len(rows), tool)
    return columns


def _read_status(said: Mapping[str, pd.Series], n: int, tool: Tool) -> np.ndarray:
    """Return the worst status that any column tells."""
    worst = np.zeros(n, dtype=int)
    for meaning, words in tool.status.items():
        if meaning in said:
            told = said[meaning].str.replace(r"^\d+ - ", "", regex=True).str.strip().str.casefold()
            told = told.map({word.casefold(): status for word, status in words.items()})
            told = told.fillna(STATUSES[0])
            worst = np.maximum(worst, told.map(STATUSES.index).to_numpy(dtype=int))
    return np.array(STATUSES, dtype=object)[worst]


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


def _find_order(dates: Mapping[str, pd.Series], tool: Tool, name: str, stated: str | None) -> str:
    """Find whether day or month comes first, for all dates of a file together."""
    if stated is not None and stated not in ORDERS:
        raise InnocapError(f"dates {stated!r} is none of {', '.join(ORDERS)}")
    seen: dict[str, str] = {}
    for cells in dates.values():
        parts = cells.str.extract(_ORDERED).astype("float64")
        for order, above in (("day_first", parts[0]), ("month_first", parts[1])):
            if (above > 12).any():
                row = (above > 12).idxmax()
                seen.setdefault(order, f"row {row} has {cells[row]!r}")
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


def _read_moments(cells: pd.Series, order: str) -> pd.Series:
    """Read dates and times; what is no date is missing, as no answer depends on it."""
    at, texts = pd.factorize(cells)
    return _read_each(pd.Series(texts, dtype=object), order).take(at).set_axis(cells.index)


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


def pseudonymise(cells: pd.Series, key: bytes, kind: str, *, extra: str = "") -> np.ndarray:
    """Replace names by keyed pseudonyms."""
    at, texts = pd.factorize(cells.to_numpy())
    names = [
        make_pseudonym(f"{extra}\0{t}" if extra else str(t), key, kind=kind) if str(t).strip()
        else None
        for t in texts
    ]  # fmt: skip
    return np.array(names, dtype=object)[at] if names else np.empty(0, dtype=object)
