"""Rows and columns added to a table that people edit; every other byte of it stays."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.index.codebook_file import find_cells, find_delimiter


def list_columns(text: str) -> list[str]:
    """Return the columns of a table."""
    first = text.partition("\n")[0].rstrip("\r")
    return [cell.strip() for cell in next(csv.reader([first], delimiter=find_delimiter(text)), [])]


def add_row(text: str, cells: Mapping[str, str], *, name: str, below: Sequence[str] = ()) -> str:
    """Return a table with one more row: after the last that begins with one of `below`, or last."""
    columns = list_columns(text)
    lost = [column for column in cells if column not in columns and cells[column]]
    if lost:
        raise InnocapError(
            f"{name}: has no column {lost[0]!r}{suggest(lost[0], columns)}; add it to the header"
        )
    row = _write_row([cells.get(column, "") for column in columns], text)
    records = find_cells(text, find_delimiter(text))
    at = len(text)
    for record in records[1:]:
        start, end = record[0]
        if text[start:end].strip('"') in below:
            at = _find_line_end(text, record[-1][1])
    before, after = text[:at], text[at:]
    if before and not before.endswith(("\n", "\r")):
        before += _find_newline(text)
    return before + row + _find_newline(text) + after


def set_cells(text: str, key: str, cells: Mapping[str, str], *, name: str) -> str:
    """Return a table with other cells in the row that begins with a key."""
    columns, delimiter = list_columns(text), find_delimiter(text)
    lost = [column for column in cells if column not in columns]
    if lost:
        raise InnocapError(f"{name}: has no column {lost[0]!r}{suggest(lost[0], columns)}")
    for record in find_cells(text, delimiter)[1:]:
        if text[slice(*record[0])].strip('"') == key:
            for column in sorted(cells, key=columns.index, reverse=True):
                start, end = record[columns.index(column)]
                text = text[:start] + _write_row([cells[column]], text) + text[end:]
            return text
    raise InnocapError(f"{name}: has no row {key!r}")


def add_columns(text: str, columns: Sequence[str], *, after: str) -> str:
    """Return a table with further empty columns behind one that it has, without those it has."""
    known = list_columns(text)
    new = [column for column in columns if column not in known]
    if not new:
        return text
    delimiter = find_delimiter(text)
    at = known.index(after)
    for number, record in reversed(list(enumerate(find_cells(text, delimiter)))):
        end = record[min(at, len(record) - 1)][1]
        told = new if number == 0 else [""] * len(new)
        text = text[:end] + delimiter + delimiter.join(told) + text[end:]
    return text


def _write_row(cells: Sequence[str], text: str) -> str:
    line = io.StringIO()
    writer = csv.writer(line, delimiter=find_delimiter(text), lineterminator="")
    writer.writerow([" ".join(cell.split()) for cell in cells])
    return line.getvalue()


def _find_newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _find_line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1
