"""Delimited files read by columns: of each column, every different cell becomes a text once.

Python's own reader makes a text of every cell, and most cells of a survey say one of six things.
Here bytes are compared, and only those that differ are decoded. A file with anything unusual is
left to :func:`textfile.iterate_rows` and its messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from innocap_analysis.survey.files.cells import Cells

_PIECE = 1 << 22
_ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "latin-1")  # in which these bytes are nothing else
_MARK = b"\xef\xbb\xbf"
_QUOTE, _FEED, _RETURN = b'"\n\r'
_LONGEST_RECORD = 1 << 23
_LONGEST_CELL = 1 << 17  # as of Python's reader
_WORD = 8  # bytes
_FEW = 8  # rows for a text
_LONGEST_COMPARED = 256  # bytes; of longer cells few are the same
_KEPT = np.array([(1 << 8 * n) - 1 for n in range(_WORD + 1)], dtype=np.uint64)
_FACTOR, _TURN = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)


def read_columns(
    path: Path, encoding: str, delimiter: str, *, skip: int, width: int, wanted: Sequence[int]
) -> dict[int, Cells] | None:
    """Read columns of a file whose records all have `width` fields.

    Returns: the cells of the columns; rows have their number in the file, those that are empty are
    left out. None where the file is for Python's reader.
    """
    if encoding not in _ENCODINGS:
        return None
    read: list[_Rows] = []
    done = 0
    with path.open("rb") as stream:
        if stream.read(len(_MARK)) != _MARK:
            stream.seek(0)
        for piece in _iterate_pieces(stream, ord(delimiter), width):
            found = None
            if piece is not None:
                found = _number_cells(piece, wanted, encoding.removesuffix("-sig"), done, skip)
            if piece is None or found is None:
                return None
            read.append(found)
            done += len(piece.begins)
    return _join_rows(read) if read else None


@dataclass(frozen=True)
class _Piece:
    """Whole records: where in the bytes each field begins, without quotes, and its length."""

    data: bytes
    begins: np.ndarray
    lengths: np.ndarray


@dataclass(frozen=True)
class _Rows:
    """By column which of its texts every row has."""

    rows: np.ndarray
    columns: dict[int, tuple[np.ndarray, list[str]]]


def _iterate_pieces(stream: IO[bytes], mark: int, width: int) -> Iterator[_Piece | None]:
    """Cut a stream into pieces of whole records; None instead of the first that is unusual."""
    left = b""
    while True:
        more = stream.read(_PIECE)
        data = left + more
        if not data:
            return
        if not more and not data.endswith(b"\n"):
            data += b"\n"
        piece, end = _divide(data, mark, width)
        left = data[end:]
        if piece is None or len(left) > _LONGEST_RECORD or (left and not more):
            yield None
            return
        if end:
            yield piece
        if not more:
            return


def _divide(data: bytes, mark: int, width: int) -> tuple[_Piece | None, int]:
    """Find the fields of all whole records, and where these end.

    Returns: no piece where Python's reader may see something else: text after a closing quote or
    before an opening one, a return without a line feed, another number of fields, a very long
    cell.
    """
    cells = np.frombuffer(data, dtype=np.uint8)
    at = np.flatnonzero(cells == _QUOTE)
    end = len(data)
    while (end := data.rfind(b"\n", 0, end)) >= 0 and np.searchsorted(at, end) % 2:
        pass  # a line feed within quotes
    cells, at = cells[: end + 1], at[: np.searchsorted(at, end)]
    if end < 0:
        none = np.empty((0, width), dtype=np.int64)
        return _Piece(data, none, none), 0
    opens, closes = at[::2], at[1::2]
    borders = _find_borders_between(opens, closes, end)
    all_quoted = borders is not None
    if borders is None:
        borders = _find_bare_borders(cells, opens, closes, mark)
    if borders is None or len(borders) % width or data.find(0, 0, end) >= 0:
        return None, 0
    told = cells[borders].reshape(-1, width)
    if not ((told[:, -1] == _FEED).all() and (told[:, :-1] == mark).all()):
        return None, 0
    begins = np.concatenate([[0], borders[:-1] + 1])
    lengths = borders - begins
    if all_quoted:
        begins, lengths = begins + 1, lengths - 2
    else:
        last = slice(width - 1, None, width)
        lengths[last] -= (lengths[last] > 0) & (cells[borders[last] - 1] == _RETURN)
        quoted = cells[begins] == _QUOTE
        begins, lengths = begins + quoted, lengths - 2 * quoted
    if lengths.max() > _LONGEST_CELL:
        return None, 0
    return _Piece(data, begins.reshape(-1, width), lengths.reshape(-1, width)), end + 1


def _find_borders_between(opens: np.ndarray, closes: np.ndarray, end: int) -> np.ndarray | None:
    """Find the borders where every cell is quoted, so that all stand between two quotes.

    Returns: None where there is anything else between them.
    """
    if not len(opens) or opens[0] or closes[-1] != end - 1:
        return None
    gaps = opens[1:] - closes[:-1]
    # One byte between two quotes divides cells, none stands for a quote in a cell.
    divides = gaps == 2
    if np.count_nonzero(divides) + np.count_nonzero(gaps == 1) != len(gaps):
        return None
    return np.append(closes[:-1][divides] + 1, end)


def _find_bare_borders(
    cells: np.ndarray, opens: np.ndarray, closes: np.ndarray, mark: int
) -> np.ndarray | None:
    """Find the borders that stand outside quotes; None where something odd stands beside these."""
    bare = np.ones(len(cells), dtype=bool)
    if len(opens):
        around_open, around_close = _mark(mark, _QUOTE, _FEED), _mark(mark, *b'"\n\r')
        before = cells[opens[opens > 0] - 1]
        if not (around_open[before].all() and around_close[cells[closes + 1]].all()):
            return None
        within = np.zeros(len(cells), dtype=bool)
        within[opens] = within[closes] = True
        bare = ~np.bitwise_xor.accumulate(within)  # false from an opening quote to the closing one
    returns = np.flatnonzero((cells == _RETURN) & bare)
    if (cells[returns + 1] != _FEED).any():
        return None
    return np.flatnonzero(((cells == mark) | (cells == _FEED)) & bare)


def _mark(*marks: int) -> np.ndarray:
    known = np.zeros(256, dtype=bool)
    known[list(marks)] = True
    return known


def _number_cells(
    piece: _Piece, wanted: Sequence[int], encoding: str, done: int, skip: int
) -> _Rows | None:
    """Give cells of columns that differ numbers; None where they cannot be decoded."""
    rows = np.arange(done + 1, done + 1 + len(piece.begins))
    kept = (rows > skip) & (piece.lengths > 0).any(axis=1)
    whole = slice(None) if kept.all() else kept
    # At any byte, the eight from there as one number.
    padded = piece.data + bytes(_WORD)
    words = np.ndarray((len(piece.data),), dtype="<u8", buffer=padded, strides=(1,))
    columns = {}
    try:
        for i in wanted:
            begin = np.ascontiguousarray(piece.begins[whole, i])
            length = np.ascontiguousarray(piece.lengths[whole, i])
            at, first = _factorize_bytes(piece.data, words, begin, length)
            ends = (begin[first] + length[first]).tolist()
            told = [piece.data[a:b] for a, b in zip(begin[first].tolist(), ends, strict=True)]
            texts = b"\0".join(told).decode(encoding).split("\0") if told else []
            texts = [t.replace('""', '"') if '"' in t else t for t in texts]
            # In as few bytes as the numbers need: there are as many as cells.
            columns[i] = at.astype(np.min_scalar_type(len(texts))), texts
    except UnicodeDecodeError:
        return None
    return _Rows(rows[whole], columns)


def _factorize_bytes(
    data: bytes, words: np.ndarray, begin: np.ndarray, length: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return everyone's number, the same for the same cell, and the first cell of each number."""
    longest = int(length.max(initial=0))
    key = start = words[begin] & _KEPT[np.minimum(length, _WORD)]
    further = []
    for at in range(_WORD, min(longest, _LONGEST_COMPARED), _WORD):
        who = np.flatnonzero(length > at)
        own = words[begin[who] + at] & _KEPT[np.minimum(length[who] - at, _WORD)]
        further.append((at, who, own))
        key = key.copy() if key is start else key
        key[who] = (key[who] ^ (key[who] >> _TURN)) * _FACTOR + own
    number, first = _factorize(key)
    if longest <= _WORD:
        return number, first
    # Two cells may have the same key: then their lengths or their bytes differ somewhere.
    same = longest <= _LONGEST_COMPARED and np.array_equal(length, length[first][number])
    same = same and np.array_equal(start, start[first][number])
    for at, who, own in further if same else ():
        left = np.clip(length[first] - at, 0, _WORD)
        first_own = words[np.where(left > 0, begin[first] + at, 0)] & _KEPT[left]
        same = same and np.array_equal(own, first_own[number[who]])
    if same:
        return number, first
    ends = (begin + length).tolist()
    cells = np.empty(len(begin), dtype=object)
    cells[:] = [data[a:b] for a, b in zip(begin.tolist(), ends, strict=True)]
    return _factorize(cells)


def _factorize(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    number, different = pd.factorize(cells)
    first = np.empty(len(different), dtype=np.int64)
    first[number[::-1]] = np.arange(len(cells))[::-1]  # the first one is written last
    return number, first


def _join_rows(parts: Sequence[_Rows]) -> dict[int, Cells]:
    """Put parts below each other; where few texts differ, the same ones get the same number.

    The parts are emptied on the way, so that no column is there twice.
    """
    rows = pd.Index(np.concatenate([part.rows for part in parts]))
    joined = {}
    for i in list(parts[0].columns):
        numbers, texts = zip(*(part.columns.pop(i) for part in parts), strict=True)
        starts = np.cumsum([0, *map(len, texts[:-1])])
        every = np.empty(sum(map(len, texts)), dtype=object)
        every[:] = [text for some in texts for text in some]
        at = np.concatenate([own + start for own, start in zip(numbers, starts, strict=True)])
        if _FEW * len(every) < len(rows):
            number, different = pd.factorize(every)
            at, every = number[at], np.asarray(different, dtype=object)
        joined[i] = Cells(at.astype(np.min_scalar_type(len(every))), every, rows)
    return joined
