"""What an OpenDocument sheet would take in memory, found without building it."""

from __future__ import annotations

from typing import IO, Any
from xml.parsers import expat

from innocap_analysis.errors import InnocapError
from innocap_analysis.survey.files.textfile import check_width

_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_TYPE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 value-type"


def look_over_content(stream: IO[bytes], name: str, *, most_cells: int) -> None:
    """Refuse a sheet with formulas, or whose filled cells reach further than any export's.

    A cell or a row is written once and repeated by a number: a few bytes may mean a billion.
    """
    row = column = 0  # what lies behind us in this sheet and row
    repeats, filled = 1, 0  # of this row, and its last filled column

    def start(tag: str, attributes: dict[str, Any]) -> None:
        nonlocal row, column, repeats, filled
        if tag == f"{_TABLE}table":
            row = 0
        elif tag == f"{_TABLE}table-row":
            column, filled = 0, 0
            repeats = int(attributes.get(f"{_TABLE}number-rows-repeated", 1))
        elif tag in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            if f"{_TABLE}formula" in attributes:
                raise InnocapError(
                    f"{name}: holds formulas; a survey export has values only. Copy the sheet and "
                    "paste values, or save it as CSV"
                )
            column += int(attributes.get(f"{_TABLE}number-columns-repeated", 1))
            if _TYPE in attributes:
                filled = column

    def end(tag: str) -> None:
        nonlocal row
        if tag != f"{_TABLE}table-row":
            return
        row += repeats
        check_width(filled, name)
        if filled and row * filled > most_cells:
            raise InnocapError(
                f"{name}: has cells down to row {row}; a survey export has fewer. Delete the rows "
                "below the answers, or save it as CSV"
            )

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.ParseFile(stream)
    except (expat.ExpatError, ValueError) as error:
        raise InnocapError(f"{name}: is damaged ({error})") from None
