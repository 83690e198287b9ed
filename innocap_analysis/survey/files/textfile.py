"""Delimited text files: encoding, delimiter and rows, found out and reported."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1")
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
CHUNK_ROWS = 50_000
MOST_COLUMNS = 2_000
_PIECE = 1 << 20
_LONGEST_LINE = 4 << 20
_SAMPLE_ROWS = 60
_START = 4096
_ENTITY = re.compile(r"&#?\w{1,8};")
_UNDEFINED_CP1252 = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])


def detect_encoding(path: Path) -> str:
    """Find the encoding of a text file.

    Returns: one of :data:`ENCODINGS`: by its byte order mark, else UTF-8 if the whole file is,
    else Windows' cp1252, or latin-1 where a byte has no meaning there.
    """
    with path.open("rb") as stream:
        start = stream.read(4)
    marked = start.startswith(codecs.BOM_UTF8)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if half := find_half(path):
        return half
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid, undefined = True, False
    at = 0
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            if (nul := piece.find(0)) >= 0:
                raise InnocapError(
                    f"{path.name}: byte {at + nul} is NUL, so this is no text file (or UTF-16 "
                    "without its mark: give encoding utf-16-le or utf-16-be)"
                )
            if valid:
                try:
                    decoder.decode(_keep_special(piece))
                except UnicodeDecodeError:
                    valid = False
            undefined = undefined or any(byte in piece for byte in _UNDEFINED_CP1252)
            at += len(piece)
    if valid:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            valid = False
    if valid:
        return "utf-8-sig" if marked else "utf-8"
    if marked:
        raise InnocapError(f"{path.name}: starts as UTF-8, but not all of it is; it is damaged")
    return "latin-1" if undefined else "cp1252"


def find_half(path: Path) -> str:
    """Return how UTF-16 without a mark is written: most of its characters have one byte of NUL."""
    with path.open("rb") as stream:
        start = stream.read(_START)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ""
    first, second = start[::2].count(0), start[1::2].count(0)
    for encoding, nul, other in (("utf-16-le", second, first), ("utf-16-be", first, second)):
        if 4 * nul > len(start) and not other:
            return encoding
    return ""


def _keep_special(piece: bytes) -> bytes:
    """Return the bytes that are no ASCII, with a space for every run of others between them.

    They are UTF-8 if and only if all of the piece is, and they are few.
    """
    cells = np.frombuffer(piece, dtype=np.uint8)
    at = np.flatnonzero(cells > 127)
    starts = np.diff(at, prepend=-1) > 1
    kept = np.full(len(at) + int(starts.sum()), ord(" "), dtype=np.uint8)
    kept[np.arange(len(at)) + np.cumsum(starts)] = cells[at]
    return kept.tobytes() + (b"" if len(at) and at[-1] == len(cells) - 1 else b" ")


def read_sample(path: Path, encoding: str) -> str:
    """Return the beginning of a text file, whole lines."""
    try:
        with path.open(encoding=encoding, newline="") as stream:
            text = stream.read(_LONGEST_LINE)
            more = bool(stream.read(1))
    except (UnicodeError, LookupError) as error:
        raise InnocapError(f"{path.name}: is not {encoding} ({error})") from error
    if not more:
        return text
    cut = max(text.rfind("\n"), text.rfind("\r"))
    if cut < 0:
        raise InnocapError(f"{path.name}: the first line is longer than {_LONGEST_LINE} characters")
    return text[: cut + 1]


def detect_delimiter(sample: str, name: str) -> str:
    """Find the delimiter under which most rows have the same number of fields."""
    best: tuple[float, str] | None = None
    sample = _ENTITY.sub("&", sample)  # the semicolon of &nbsp; divides nothing
    for delimiter in DELIMITERS:
        widths = [len(row) for row in _head(sample, delimiter) if any(row)]
        if not widths:
            raise InnocapError(f"{name}: is empty")
        width, count = Counter(widths).most_common(1)[0]
        if width > 1 and (best is None or width * count / len(widths) > best[0]):
            best = width * count / len(widths), delimiter
    if best is None:
        raise InnocapError(
            f"{name}: no table in it; expected fields divided by " + ", ".join(DELIMITERS.values())
        )
    return best[1]


def _head(sample: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) >= _SAMPLE_ROWS:
                break
    except csv.Error:
        return rows
    return rows


def read_head(path: Path, encoding: str, delimiter: str) -> list[list[str]]:
    """Return the first rows of a delimited file."""
    rows = _head(read_sample(path, encoding), delimiter)
    check_width(max((len(row) for row in rows), default=0), path.name)
    return rows


def check_width(columns: int, name: str) -> None:
    """Refuse a table that is wider than any questionnaire."""
    if columns > MOST_COLUMNS:
        raise InnocapError(f"{name}: {columns} columns; a survey export has at most {MOST_COLUMNS}")


def iterate_rows(
    path: Path, encoding: str, delimiter: str, *, skip: int, width: int, short: int = 0,
    longest: int = 0,
) -> Iterator[pd.DataFrame]:  # fmt: skip
    """Read the rows of a delimited file in pieces; each lacks the last `short` empty fields.

    Fields up to the `longest` row are of columns without a name, and left out.
    """
    kept: list[list[str]] = []
    numbers: list[int] = []
    lacking = [""] * short
    try:
        with path.open(encoding=encoding, newline="") as stream:
            for number, row in enumerate(csv.reader(stream, delimiter=delimiter, strict=True), 1):
                if number <= skip or not any(row):
                    continue
                if short and len(row) == width - short:
                    row = [*row, *lacking]
                if width < len(row) <= longest:
                    row = row[:width]
                if len(row) != width:
                    row = _fit_row(row, width, number, path.name)
                kept.append(row)
                numbers.append(number)
                if len(kept) == CHUNK_ROWS:
                    yield _make_frame(kept, numbers, width)
                    kept, numbers = [], []
    except (csv.Error, UnicodeError) as error:
        last = numbers[-1] if numbers else skip
        raise InnocapError(
            f"{path.name}: after row {last}: {error}; the file may have been cut off"
        ) from error
    yield _make_frame(kept, numbers, width)


def count_short(rows: list[list[str]], width: int) -> int:
    """Count the last fields that every row leaves out, as ODK Central does with empty ones."""
    lengths = {len(row) for row in rows if any(row)}
    return max(0, width - lengths.pop()) if len(rows) > 1 and len(lengths) == 1 else 0


def _fit_row(row: list[str], width: int, number: int, name: str) -> list[str]:
    if len(row) > width and not any(row[width:]):
        return row[:width]
    if len(row) > width:
        raise InnocapError(f"{name}: row {number} has {len(row)} fields, the header {width}")
    raise InnocapError(
        f"{name}: row {number} has {len(row)} of {width} fields; the file may have been cut off"
    )


def _make_frame(rows: list[list[str]], numbers: list[int], width: int) -> pd.DataFrame:
    cells = np.array(rows, dtype=object).reshape(len(rows), width)
    return pd.DataFrame(cells, index=numbers, dtype=object)
