"""Reading a codebook from a file or a table."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.files import read_text
from innocap_analysis.index.codebook import COLUMNS, Codebook
from innocap_analysis.index.codebook_check import (
    NUMBER_COLUMNS,
    check_cells,
    check_columns,
    check_tree,
    parse_number,
)
from innocap_analysis.languages import find_languages

_DEFAULTS = {
    "direction": "1",
    "weight": "1",
    "goalposts": "figures",
    "clip": "none",
    "transform": "none",
    "normalise": "goalposts",
    "aggregate": "arithmetic",
}


def read_codebook(source: str | Path | pd.DataFrame | Codebook, *, frozen: bool = True) -> Codebook:
    """Read an index tree from a table and check it.

    Parameters
    ----------
    source : str, Path, DataFrame or Codebook
        A CSV file (comma, or semicolon with decimal comma, as spreadsheets save it;
        UTF-8 with or without BOM), a table of the same columns, or a checked codebook,
        which is returned as it is. Columns `code`, `parent` and `kind` are required; `direction`,
        `weight`, `low`, `high`, `goalposts`, `clip`, `transform`, `normalise`, `aggregate`,
        `denominator`, `part_of`, `scale`, `unit`, `source` and `note` may be left out or empty and
        then mean: direction 1, weight 1, goalposts that come from the figures, no clipping, no
        transform, arithmetic mean. Labels stand in columns such as `label_en`, one per language.
    frozen : bool
        Whether every indicator with goalposts must have them already; without them it
        cannot be scored, only given some (``innocap goalposts --write``).

    Returns
    -------
    Codebook
        The checked tree.

    Raises
    ------
    InnocapError
        Anything is wrong; the message lists every fault with its row.

    Notes
    -----
    Checked: known columns and words, unique codes, numbers that are finite numbers,
    directions of 1 or -1, weights that are not negative and not all zero among siblings,
    goalposts with low below high (above zero for a log), known parents of a fitting kind,
    no cycles, groups with children, labels for nodes shown to people (METHODS.md, section 2).

    Examples
    --------
    >>> book = read_codebook(
    ...     pd.DataFrame(
    ...         {
    ...             "code": ["IDX", "A", "B"],
    ...             "parent": ["", "IDX", "IDX"],
    ...             "kind": ["index", "indicator", "indicator"],
    ...             "low": [None, 0, 0],
    ...             "high": [None, 10, 5],
    ...         }
    ...     )
    ... )
    >>> book.leaves
    ['A', 'B']
    """
    if isinstance(source, Codebook):
        return source
    if isinstance(source, pd.DataFrame):
        table = _texts_of(source)
        return _check_table(table, [f"row {i}" for i in range(len(table))], "codebook", frozen)
    if not isinstance(source, (str, Path)):
        raise InnocapError(f"codebook: expected a file or a table, found {source!r}")
    path = Path(source)
    book = _parse_codebook(read_text(path), path.name, frozen)
    return Codebook(book.table.copy(deep=False), book.name)


@lru_cache(maxsize=16)  # many pages start from the same files
def _parse_codebook(text: str, name: str, frozen: bool) -> Codebook:
    return _check_table(*_split_cells(text, name), name, frozen)


def _check_table(table: pd.DataFrame, rows: list[str], name: str, frozen: bool) -> Codebook:
    faults = check_columns(table)
    if faults:
        raise InnocapError(f"{name}: " + "; ".join(faults))
    for column in COLUMNS:
        if column not in table:
            table[column] = pd.Series("", index=table.index, dtype=object)  # as the others
    for column, default in _DEFAULTS.items():
        table[column] = table[column].where(table[column] != "", default)
    faults = [*check_cells(table, rows, frozen=frozen), *check_tree(table, rows)]
    if faults:
        lines = "".join(f"\n  {fault}" for fault in faults)
        raise InnocapError(f"{name}: {len(faults)} fault(s) in the codebook{lines}")
    for column in NUMBER_COLUMNS:
        table[column] = [parse_number(text) for text in table[column]]
    labels = [f"label_{language}" for language in find_languages(table)]
    return Codebook(table[[*COLUMNS, *labels]].set_index("code", drop=True), name)


def _texts_of(source: pd.DataFrame) -> pd.DataFrame:
    """Turn any table into one of stripped strings, so that files and tables meet one check."""
    named = source.index.name == "code" and "code" not in source.columns
    table = source.reset_index() if named else source.copy()
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise InnocapError(f"codebook: column {twice!r} appears twice")

    def text(cell: object) -> str:
        if pd.api.types.is_scalar(cell) and pd.isna(cell):
            return ""
        if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        return str(cell).strip()

    return pd.DataFrame(
        {str(column): [text(cell) for cell in table[column]] for column in table.columns},
        dtype=object,
    )


def find_delimiter(text: str) -> str:
    """Return what separates the cells of a table."""
    return max(",;\t", key=text.partition("\n")[0].count)


def _split_cells(text: str, name: str) -> tuple[pd.DataFrame, list[str]]:
    delimiter = find_delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    records = [(reader.line_num, row) for row in reader if any(row)]
    if not records:
        raise InnocapError(f"{name}: is empty; expected a header row with {COLUMNS[0]!r}, …")
    head = [cell.strip() for cell in records[0][1]]
    for line, record in records[1:]:
        if len(record) != len(head):
            raise InnocapError(
                f"{name}: line {line} has {len(record)} cells, the header {len(head)}; "
                f"is a text with {delimiter!r} in it unquoted?"
            )
    cells = [[cell.strip() for cell in record] for _, record in records[1:]]
    lines = [f"line {line}" for line, _ in records[1:]]
    table = pd.DataFrame(cells, columns=head, dtype=object)
    if delimiter == ";":  # such files come from spreadsheets that write 0,5 for a half
        for column in set(NUMBER_COLUMNS) & set(head):
            table[column] = [re.sub(r"^(-?\d*),(\d+)$", r"\1.\2", cell) for cell in table[column]]
    return table, lines


def replace_cells(path: Path, numbers: Mapping[tuple[str, str], float]) -> tuple[bytes, int]:
    """Return the bytes of a codebook with other numbers in some cells; all others stay."""
    table, _ = _split_cells(read_text(path), path.name)
    text = path.read_bytes().decode("utf-8")
    delimiter = find_delimiter(text)
    spans = find_cells(text, delimiter)
    rows = {str(code): i for i, code in enumerate(table["code"])}
    new: list[tuple[int, int, str]] = []
    for (code, column), number in numbers.items():
        if column not in table:
            raise InnocapError(f"{path.name}: column {column!r} is missing; add it to the header")
        if parse_number(str(table.at[rows[code], column])) != number:
            told = repr(number).replace(".", "," if delimiter == ";" else ".")
            at = list(table.columns).index(column)
            new.append((*spans[rows[code] + 1][at], told))
    for start, end, told in sorted(new, reverse=True):
        text = text[:start] + told + text[end:]
    return text.encode("utf-8"), len(new)


def find_cells(text: str, delimiter: str) -> list[list[tuple[int, int]]]:
    """Return where every cell of every record that is not empty starts and ends."""
    plain = f"[^{delimiter}\r\n]*"
    cell = re.compile(rf'("(?:[^"]|"")*"{plain}|{plain})({delimiter}|\r\n|\r|\n|\Z)')
    records: list[list[tuple[int, int]]] = [[]]
    at = 0
    while found := cell.match(text, at):
        records[-1].append(found.span(1))
        at = found.end()
        if found[2] != delimiter:
            records.append([])
        if not found[2]:
            break
    return [record for record in records if any(start < end for start, end in record)]
