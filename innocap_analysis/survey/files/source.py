"""Opening a survey file of any kind."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.survey.files import textfile
from innocap_analysis.survey.files.cells import Cells
from innocap_analysis.survey.files.columnar import read_columns
from innocap_analysis.survey.files.labelled import read_spss, read_stata
from innocap_analysis.survey.files.layout import Layout
from innocap_analysis.survey.files.workbook import read_workbook

TEXT_ENDINGS = (".csv", ".tsv", ".txt")
BOOK_ENDINGS = (".xlsx", ".xls", ".ods")
_LABELLED = {
    ".sav": ("spss", read_spss),
    ".zsav": ("spss", read_spss),
    ".dta": ("stata", read_stata),
}


@dataclass(frozen=True)
class Source:
    """An opened file: its first rows, and all rows once the header is known.

    `kind`, `texts` and `missing` are what a labelled file is, the labels of its variables, and
    those of values that it declares missing.
    """

    head: list[list[str]]
    encoding: str = ""
    delimiter: str = ""
    table: pd.DataFrame | None = None
    kind: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    left: Sequence[str] = ()  # sheets that are not read


def open_source(
    path: Path, encoding: str | None, delimiter: str | None, sheet: str | None = None
) -> Source:
    """Open a survey file and read as much as tells its layout."""
    ending = path.suffix.lower()
    if not os.path.isfile(path):  # noqa: PTH113 - a name too long is no file either
        raise InnocapError(f"{path}: there is no such file")
    if path.stat().st_size == 0:
        raise InnocapError(f"{path.name}: is empty")
    if sheet is not None and ending not in BOOK_ENDINGS:
        raise InnocapError(f"{path.name}: has no sheets, so no sheet {sheet!r}")
    if ending in TEXT_ENDINGS:
        return _open_text(path, encoding, delimiter)
    if ending in BOOK_ENDINGS:
        sheets = _choose_sheet(read_workbook(path), sheet, path.name)
        rows, left = _join_sheets(sheets, path.name)
        return Source([list(row) for row in rows.head(60).to_numpy()], table=rows, left=left)
    if ending in _LABELLED:
        kind, read = _LABELLED[ending]
        cells, texts, missing = read(path)
        header = pd.DataFrame([list(cells.columns)])
        rows = pd.concat([header, cells.set_axis(range(cells.shape[1]), axis=1)])
        rows = rows.set_axis(range(1, len(rows) + 1), axis=0)
        return Source([list(cells.columns)], table=rows, kind=kind, texts=texts, missing=missing)
    known = ", ".join((*TEXT_ENDINGS, *BOOK_ENDINGS, *_LABELLED))
    raise InnocapError(f"{path.name}: files ending in {ending or 'nothing'} are not read ({known})")


def _choose_sheet(
    sheets: dict[str, pd.DataFrame], sheet: str | None, name: str
) -> dict[str, pd.DataFrame]:
    if sheet is None:  # a cover is narrow; the first about as wide as the widest has the answers
        widths = {own: int((rows != "").any().sum()) for own, rows in sheets.items()}
        sheet = next(own for own, n in widths.items() if 2 * n >= max(widths.values()))
    if sheet not in sheets:
        raise InnocapError(
            f"{name}: has no sheet {sheet!r} with cells, only {', '.join(sheets)}"
            f"{suggest(sheet, list(sheets))}"
        )
    return {sheet: sheets[sheet]} | {own: rows for own, rows in sheets.items() if own != sheet}


def _join_sheets(sheets: Mapping[str, pd.DataFrame], name: str) -> tuple[pd.DataFrame, list[str]]:
    """Put the sheets side by side over which EUSurvey spreads more than 254 columns.

    Returns: that, and the names of the sheets that are no part of it.
    """
    (title, first), *others = sheets.items()
    parts, left = [first], []
    for other, rows in others:
        if not re.fullmatch(rf"{re.escape(title)}\d+", other):
            left.append(other)
            continue
        # Only the place of a row says whose answers it holds: there is no id on the sheet.
        if len(rows) > len(first):
            raise InnocapError(
                f"{name}: sheet {other} has {len(rows)} rows and {title} has {len(first)}; they "
                "are parts of one table, so export the answers again"
            )
        parts.append(rows)
    joined = pd.concat(parts, axis=1, ignore_index=True).fillna("") if len(parts) > 1 else first
    return joined, left


def _open_text(path: Path, encoding: str | None, delimiter: str | None) -> Source:
    with path.open("rb") as stream:
        start = stream.read(4)
    if start[:2] == b"PK" or start == b"\xd0\xcf\x11\xe0":
        raise InnocapError(f"{path.name}: is a workbook or archive, not text; mend its ending")
    if encoding is not None and encoding not in textfile.ENCODINGS:
        raise InnocapError(f"encoding {encoding!r} is none of {', '.join(textfile.ENCODINGS)}")
    if delimiter is not None and delimiter not in textfile.DELIMITERS:
        raise InnocapError(f"delimiter {delimiter!r} is no comma, semicolon, tab or bar")
    own = encoding or textfile.detect_encoding(path)
    own = textfile.find_half(path) or own if own == "utf-16" else own
    mark = delimiter or textfile.detect_delimiter(textfile.read_sample(path, own), path.name)
    return Source(textfile.read_head(path, own, mark), own, mark)


def iterate_source(
    path: Path, source: Source, layout: Layout, wanted: Sequence[int]
) -> Iterator[dict[int, Cells]]:
    """Read the wanted columns of an opened file, piece by piece."""
    width, cells = len(layout.columns), None
    if source.table is None:
        cells = read_columns(
            path, source.encoding, source.delimiter, skip=layout.skip, width=width, wanted=wanted
        )
    if cells is not None:
        yield cells
        return
    for rows in _iterate_rows(path, source, layout, width):
        yield {i: Cells.number(rows[i].to_numpy(), rows.index) for i in wanted}


def _iterate_rows(path: Path, source: Source, layout: Layout, width: int) -> Iterator[pd.DataFrame]:
    if source.table is None:
        yield from textfile.iterate_rows(
            path, source.encoding, source.delimiter, skip=layout.skip, width=width,
            short=textfile.count_short(source.head[layout.skip :], width),
            longest=len(source.head[layout.header_row - 1]),
        )  # fmt: skip
        return
    rows = source.table
    rows = rows[rows.index > layout.skip].iloc[:, :width]
    blank = (rows.fillna("").map(str.strip) == "").all(axis=1)
    yield rows[~blank].fillna("")
