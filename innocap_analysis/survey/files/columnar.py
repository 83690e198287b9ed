"""Delimited files read by columns: of each column, every different cell becomes a text once.

Python's own reader makes a text of every cell, and most cells of a survey say one of six things.
pandas' parser does not, but reads some files otherwise and cannot tell in which row one is
spoilt. So the bytes are looked through first: what is unusual in them is left to
:func:`textfile.iterate_rows` and its messages.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError

_PIECE = 1 << 22
_ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "latin-1")  # in which these bytes are nothing else
_MARK = b"\xef\xbb\xbf"
_LONGEST_CELL = 1 << 17  # as of Python's reader


def read_columns(
    path: Path, encoding: str, delimiter: str, *, skip: int, width: int, rows_at_once: int
) -> Iterator[pd.DataFrame] | None:
    """Read a file whose records all have `width` fields, in pieces.

    Returns: the rows by their number in the file, without those that are empty; None where the
    file is for Python's reader.
    """
    counted = count_fields(path, delimiter) if encoding in _ENCODINGS else None
    if counted is None or counted[1] != counted[0] * (width - 1) or counted[0] <= skip:
        return None
    # All rows: one to be skipped pandas may end at a line feed within quotes.
    how = {"sep": delimiter, "encoding": encoding, "header": None, "dtype": object,
           "na_filter": False, "skip_blank_lines": False}  # fmt: skip
    pieces = _iterate_pieces(path, how, rows_at_once)
    first = next(pieces, None)
    if first is None or first.shape[1] != width:
        return None
    return _iterate_rows(path, itertools.chain([first], pieces), skip, counted[0])


def _iterate_pieces(path: Path, how: dict[str, Any], rows: int) -> Iterator[pd.DataFrame]:
    """Read pieces until one cannot be read."""
    try:
        with pd.read_csv(path, chunksize=rows, **how) as reader:
            yield from reader
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeError):
        return


def _iterate_rows(
    path: Path, pieces: Iterator[pd.DataFrame], skip: int, records: int
) -> Iterator[pd.DataFrame]:
    read = 0
    for piece in pieces:
        read += len(piece)
        rows = piece.set_axis(piece.index + 1)
        yield _drop_empty(rows[rows.index > skip] if piece.index[0] < skip else rows)
    if read != records:
        raise InnocapError(f"{path.name}: cannot be read after row {read} of {records}")


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
            at = np.flatnonzero(cells == ord('"'))
            opens, closes = at[int(inside) :: 2], at[1 - int(inside) :: 2]
            if not (before_quote[previous[opens]].all() and after_quote[following[closes]].all()):
                return None
            borders = _find_borders_between(cells, opens, closes, mark)
            if borders is None:
                within = np.zeros(len(cells), dtype=bool)
                within[at] = True
                within = np.bitwise_xor.accumulate(within)  # true where one opens
                if inside:
                    np.logical_not(within, out=within)
                bare = ~within
                bare[at] = False
                borders = np.flatnonzero(((cells == mark) | (cells == ord("\n"))) & bare)
                if b"\r" in piece and _has_odd_return(previous, cells, following, bare):
                    return None
            ends = borders[cells[borders] == ord("\n")]
            lengths = np.diff(borders, prepend=-since, append=len(cells))
            if (previous[ends] == ord("\n")).any() or lengths.max() > _LONGEST_CELL:
                return None
            records += len(ends)
            delimiters += len(borders) - len(ends)
            inside = inside != bool(len(at) % 2)
            before, since = piece[-1:], int(lengths[-1])
    return None if inside else (records + (before != b"\n"), delimiters)


def _find_borders_between(
    cells: np.ndarray, opens: np.ndarray, closes: np.ndarray, mark: int
) -> np.ndarray | None:
    """Find the borders where every cell is quoted, so that all stand between two quotes.

    Returns: None where there is anything else between them, or at an end of the piece.
    """
    if not len(opens) or not len(closes):
        return None
    starts = closes[: len(closes) - 1] if closes[-1] > opens[-1] else closes
    following = opens[1:] if opens[0] < closes[0] else opens
    gaps = following - starts
    head = cells[: opens[0]] if opens[0] < closes[0] else cells[:0]
    tail = cells[closes[-1] + 1 :] if closes[-1] > opens[-1] else cells[:0]
    one = starts[gaps == 2] + 1
    # One byte between two quotes divides cells, none stands for a quote in a cell.
    if len(one) + int((gaps == 1).sum()) != len(gaps) or len(head) > 1 or len(tail) > 1:
        return None
    edges = [0] * len(head) + [len(cells) - 1] * len(tail)
    borders = np.sort(np.concatenate([one, np.array(edges, dtype=one.dtype)]))
    told = cells[borders]
    return borders if ((told == mark) | (told == ord("\n"))).all() else None


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
