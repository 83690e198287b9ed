"""Which of the formats a file is in, and its figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from innocap_analysis.data.official.cube import MOST_BYTES, Cube, load_json
from innocap_analysis.data.official.jsonstat import is_jsonstat, read_jsonstat
from innocap_analysis.data.official.kolada import is_kolada, read_kolada
from innocap_analysis.data.official.plain import read_plain
from innocap_analysis.data.official.sdmxcsv import is_sdmxcsv, read_sdmxcsv
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import decode_text

_DELIMITERS = ",;\t|"
FORMATS = "JSON-stat, SDMX-CSV, Kolada's JSON, or a table of place, year, indicator and value"


def read_figures(data: bytes, name: str) -> Cube:
    """Read the content of a file in one of the formats; workbooks go to :func:`read_sheet`."""
    if len(data) > MOST_BYTES:
        raise InnocapError(
            f"{name}: {len(data) / 1e6:.0f} MB are more than {MOST_BYTES / 1e6:.0f}; download "
            "fewer figures"
        )
    start = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise InnocapError(f"{name}: is empty; download it again")
    if start.startswith((b"{", b"[")):
        content = load_json(data, name)
        if is_jsonstat(content):
            cube = read_jsonstat(content, name)
        elif is_kolada(content):
            cube = read_kolada(content, name)
        else:
            own = isinstance(content, dict) and {"columns", "data"} <= set(content)
            what = "PxWeb's own JSON; ask it for json-stat2" if own else "JSON of another kind"
            raise InnocapError(f"{name}: is {what}; expected {FORMATS}")
    elif start.startswith((b"<", b"PK", b"\xd0\xcf")):
        what = "HTML or XML" if start.startswith(b"<") else "a workbook with another ending"
        raise InnocapError(f"{name}: is {what}; expected {FORMATS}")
    else:
        cube = read_sheet(*_read_records(data, name), name)
    return _refuse_empty(cube, name)


def read_sheet(records: Sequence[tuple[int, list[str]]], delimiter: str, name: str) -> Cube:
    """Read the records of a table; numbers of one with semicolons have a decimal comma."""
    if len(records) < 2:
        raise InnocapError(f"{name}: holds no row below a header; expected {FORMATS}")
    comma = delimiter == ";"
    if is_sdmxcsv(records[0][1]):
        return _refuse_empty(read_sdmxcsv(records, name, comma=comma), name)
    return _refuse_empty(read_plain(records, name, comma=comma), name)


def _refuse_empty(cube: Cube, name: str) -> Cube:
    if not cube.values.notna().any():
        raise InnocapError(f"{name}: holds no figure at all, only marks for missing ones")
    return cube


def _read_records(data: bytes, name: str) -> tuple[list[tuple[int, list[str]]], str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16, as Excel writes "Unicode text"
        text = data.decode("utf-16", errors="replace")
    else:
        text = decode_text(data, name, foreign=True)
    if "\0" in text:
        raise InnocapError(f"{name}: holds NUL bytes, so it is no text; expected {FORMATS}")
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records = []
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                records.append((reader.line_num, record))
    except csv.Error as error:
        raise InnocapError(
            f"{name}: line {reader.line_num}: is no row of a table ({error})"
        ) from None
    return records, delimiter
