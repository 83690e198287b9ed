"""Workbooks of Excel and LibreOffice, looked over before they are opened."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.survey.files.opendocument import look_over_content
from innocap_analysis.survey.files.textfile import check_width

MOST_BYTES = 1_500_000_000
_SMALL = 20_000_000
_MOST_PACKED = 40
_PIECE = 1 << 20
_OVERLAP = 256
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_CELL = re.compile(rb'<(?:\w+:)?c [^>]{0,40}?r="([A-Za-z]{1,9})(\d{1,20})"')
_ROW = re.compile(rb'<(?:\w+:)?row [^>]{0,80}?r="(\d{1,20})"')
MOST_ROWS = 1_048_576  # of any Excel workbook
_MOST_CELLS = 50_000_000  # the reader takes the whole rectangle into memory

_MOST_MEMORY, _MOST_SECONDS = 1_500_000_000, 60
_OPEN = """
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
except ImportError:
    pass
from python_calamine import CalamineError, CalamineWorkbook
try:
    CalamineWorkbook.from_path(sys.argv[1])
except CalamineError:
    pass  # the same is told to whoever asked
"""


def read_workbook(path: Path) -> dict[str, pd.DataFrame]:
    """Read every sheet of a workbook as texts."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    with path.open("rb") as stream:
        start = stream.read(8)
    if start[:2] == b"PK":
        _look_over(path)
    elif start != b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise InnocapError(f"{path.name}: is no Excel workbook, whatever its name says")
    else:
        _try_old(path)
    sheets: dict[str, pd.DataFrame] = {}
    try:
        book = CalamineWorkbook.from_path(str(path))
        hidden = {own.name: own.visible != SheetVisibleEnum.Visible for own in book.sheets_metadata}
        for name in sorted(book.sheet_names, key=lambda own: hidden.get(own, False)):
            sheet = book.get_sheet_by_name(name)
            check_width(sheet.total_width, path.name)
            rows = sheet.to_python(skip_empty_area=False)
            if any(cell != "" for row in rows for cell in row):
                texts = [[write_cell(cell) for cell in row] for row in rows]
                table = pd.DataFrame(texts, dtype=object)
                sheets[name] = table.set_axis(range(1, len(table) + 1), axis=0)
    except CalamineError as error:
        raise InnocapError(f"{path.name}: cannot be read as a workbook ({error})") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the reader's own, and no Exception
            raise
        raise InnocapError(f"{path.name}: is damaged; save it anew from Excel") from None
    if not sheets:
        raise InnocapError(f"{path.name}: has no cells")
    return sheets


def _try_old(path: Path) -> None:
    """Open an old workbook elsewhere first: one that leads in circles ends whoever reads it."""
    command = [sys.executable, "-I", "-c", _OPEN, str(path), str(_MOST_MEMORY)]
    try:
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_MOST_SECONDS
        ).returncode
    except subprocess.TimeoutExpired:
        ended = -1
    if ended:
        raise InnocapError(f"{path.name}: is damaged; save it anew from Excel")


def _look_over(path: Path) -> None:
    """Refuse a workbook that is not what it seems, without unpacking it into memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            document = "content.xml" in names and "mimetype" in names
            if "xl/workbook.bin" in names:
                # Its cells cannot be counted before they are all in memory.
                raise InnocapError(f"{path.name}: is a binary workbook; save it as .xlsx or CSV")
            if not document and "xl/workbook.xml" not in names:
                raise InnocapError(
                    f"{path.name}: is a ZIP archive, but no Excel workbook or OpenDocument sheet"
                )
            unpacked = sum(part.file_size for part in parts)
            packed = path.stat().st_size
            if unpacked > MOST_BYTES or (unpacked > _SMALL and unpacked > _MOST_PACKED * packed):
                raise InnocapError(
                    f"{path.name}: {packed / 1e6:.1f} MB unpack to {unpacked / 1e6:.0f} MB; save "
                    "the answers as CSV if this is a real export"
                )
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _look_over_part(archive, part, path.name)
            if document:
                with archive.open("content.xml") as stream:
                    look_over_content(stream, path.name, most_cells=_MOST_CELLS)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError,
            OSError) as error:  # fmt: skip
        raise InnocapError(f"{path.name}: is damaged ({error})") from error


def _look_over_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, name: str) -> None:
    sheet = "/worksheets/" in part.filename
    tail, read, rows, columns = b"", 0, 0, 0
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            read += len(piece)
            if read > part.file_size:
                raise InnocapError(f"{name}: {part.filename} is larger than it claims")
            text = tail + piece
            if _DOCTYPE.search(text):
                raise InnocapError(f"{name}: {part.filename} declares XML entities; not opened")
            if sheet and _FORMULA.search(text):
                raise InnocapError(
                    f"{name}: {part.filename} holds formulas; a survey export has values only. "
                    "Copy the sheet and paste values, or save it as CSV"
                )
            if sheet:
                cells = _CELL.findall(text)
                columns = max(columns, *(_count(letters) for letters, _ in cells), 0)
                given = [*(row for _, row in cells), *_ROW.findall(text)]
                rows = max(rows, *map(int, given), 0)
                check_width(columns, name)
                if rows > MOST_ROWS or rows * columns > _MOST_CELLS:
                    raise InnocapError(
                        f"{name}: {part.filename} has cells down to row {rows}; a survey export "
                        "has fewer. Delete the rows below the answers, or save it as CSV"
                    )
            tail = text[-_OVERLAP:]


def _count(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def write_cell(cell: object) -> str:
    """Write a cell as the tool would in a text file."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.timedelta):
        return str(cell.total_seconds())
    return str(cell)
