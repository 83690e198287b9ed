"""Delimited files read by columns: of each column, every different cell becomes a text once.

Python's own reader makes a text of every cell, and most cells of a survey say one of six things.
pandas' parser does not, but reads some files otherwise and cannot tell in which row one is
spoilt. So the bytes are looked through first: what is unusual in them is left to
:func:`textfile.iterate_rows` and its messages.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

_PIECE = 1 << 22
_ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "latin-1")  # in which these bytes are nothing else
_MARK = b"\xef\xbb\xbf"
_LONGEST_CELL = 1 << 17  # as of Python's reader


def read_columns(
    path: Path, encoding: str, delimiter: str, *, skip: int, width: int, rows_at_once: int
) -> list[pd.DataFrame] | None:
    """Read a file whose records all have `width` fields, in pieces.

    Returns: the rows by their number in the file, without those that are empty; None where the
    file is for Python's reader.
    """
    counted = count_fields(path, delimiter) if encoding in _ENCODINGS else None
    if counted is None or counted[1] != counted[0] * (width - 1) or counted[0] <= skip:
        return None
    try:
        with pd.read_csv(
            path, sep=delimiter, encoding=encoding, header=None, skiprows=skip, dtype=object,
            na_filter=False, skip_blank_lines=False, chunksize=rows_at_once,
        ) as reader:  # fmt: skip
            parts = list(reader)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeError):
        return None
    if skip + sum(map(len, parts)) != counted[0] or parts[0].shape[1] != width:
        return None
    return [_drop_empty(part.set_axis(part.index + skip + 1)) for part in parts]


def _drop_empty(rows: pd.DataFrame) -> pd.DataFrame:
    empty = np.ones(len(rows), dtype=bool)
    for column in rows:
        empty &= (rows[column] == "").to_numpy()
        if not empty.any():
            return rows
    return rows[~empty]


def count_fields(path: Path, delimiter: str) -> tuple[int, int] | None:
    """Count the records of a delimited file, and all delimiters between their fields.

    Returns: None where pandas and Python's reader may disagree: text after a closing quote or
    before an opening one, a return without a line feed, a blank line, a very long cell.
    """
    mark = ord(delimiter)
    before_quote, after_quote = _mark(mark, *b'"\n'), _mark(mark, *b'"\n\r')
    records = delimiters = since = 0
    inside, before = False, b"\n"  # how the last piece ended
    with path.open("rb") as stream:
        if stream.read(len(_MARK)) != _MARK:
            stream.seek(0)
        ahead = stream.read(_PIECE)
        while piece := ahead:
            ahead = stream.read(_PIECE)
            around = np.frombuffer(before + piece + (ahead[:1] or b"\n"), dtype=np.uint8)
            previous, cells, following = around[:-2], around[1:-1], around[2:]
            quotes = cells == ord('"')
            within = np.bitwise_xor.accumulate(quotes)  # true where one opens, not where it closes
            if inside:
                np.logical_not(within, out=within)
            bare = ~(within | quotes)
            borders = np.flatnonzero(((cells == mark) | (cells == ord("\n"))) & bare)
            ends = borders[cells[borders] == ord("\n")]
            at = np.flatnonzero(quotes)
            opens = within[at]
            lengths = np.diff(borders, prepend=-since, append=len(cells))
            if (
                not before_quote[previous[at[opens]]].all()
                or not after_quote[following[at[~opens]]].all()
                or (previous[ends] == ord("\n")).any()
                or (b"\r" in piece and _has_odd_return(previous, cells, following, bare))
                or lengths.max() > _LONGEST_CELL
            ):
                return None
            records += len(ends)
            delimiters += len(borders) - len(ends)
            inside, before, since = bool(within[-1]), piece[-1:], int(lengths[-1])
    return None if inside else (records + (before != b"\n"), delimiters)


def _mark(*marks: int) -> np.ndarray:
    known = np.zeros(256, dtype=bool)
    known[list(marks)] = True
    return known


def _has_odd_return(
    previous: np.ndarray, cells: np.ndarray, following: np.ndarray, bare: np.ndarray
) -> bool:
    """Tell whether a return ends an empty line, or a line by itself."""
    at = np.flatnonzero((cells == ord("\r")) & bare)
    return bool(((following[at] != ord("\n")) | (previous[at] == ord("\n"))).any())
