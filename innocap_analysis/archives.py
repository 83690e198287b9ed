"""Archives and workbooks that are the same bytes whenever they hold the same."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

_FIXED = (1980, 1, 1, 0, 0, 0)
_CORE = "docProps/core.xml"


def pack_files(files: Mapping[str, bytes]) -> bytes:
    """Pack files into a zip archive without dates."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, _FIXED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return stream.getvalue()


def _write_cell(page: Any, value: object) -> object:  # noqa: ANN401 - openpyxl's
    """Return a cell; a text that begins like a formula stays a text, without control characters."""
    if not isinstance(value, str):
        return value
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    text = str(ILLEGAL_CHARACTERS_RE.sub("\ufffd", value))
    if not text.startswith(("=", "+", "-", "@")):
        return text
    cell = WriteOnlyCell(page, text)
    cell.data_type = "s"
    return cell


def make_workbook(sheets: Mapping[str, Iterable[Iterable[object]]]) -> bytes:
    """Make an Excel workbook without dates of its own."""
    from openpyxl import Workbook
    from openpyxl.packaging.core import DocumentProperties
    from openpyxl.xml.functions import tostring

    book = Workbook(write_only=True)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append([_write_cell(page, value) for value in row])
    stream = io.BytesIO()
    book.save(stream)
    with zipfile.ZipFile(stream) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    # openpyxl writes the moment of saving, whatever the properties say.
    moment = dt.datetime(*_FIXED)
    known = DocumentProperties(creator="INNOCAP analysis", created=moment, modified=moment)
    return pack_files(files | {_CORE: tostring(known.to_tree())})
