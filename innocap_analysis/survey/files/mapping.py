"""The small file that says which column is which item, where nothing else does."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from innocap_analysis.errors import InnocapError
from innocap_analysis.files import write_atomically
from innocap_analysis.settings import Settings
from innocap_analysis.survey.files.match import suggest_mapping
from innocap_analysis.survey.files.read import open_layout
from innocap_analysis.survey.instrument import read_instrument

_COLUMNS = ["header", "item"]


def read_mapping(path: Path) -> dict[str, str]:
    """Read a mapping file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise InnocapError(f"mapping {path}: cannot be read ({error})") from error
    delimiter = ";" if text.split("\n", 1)[0].count(";") else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    if reader.fieldnames != _COLUMNS:
        raise InnocapError(f"mapping {path.name}: expected the columns {', '.join(_COLUMNS)}")
    found: dict[str, str] = {}
    for line, row in enumerate(reader, start=2):
        header, item = (row["header"] or "").strip(), (row["item"] or "").strip()
        if header in found or not item:
            why = "is named twice" if header in found else "has no item"
            raise InnocapError(f"mapping {path.name}: line {line}: {header!r} {why}")
        found[header] = item
    return found


def draft_mapping(
    path: Path,
    *,
    settings: Settings,
    tool: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
) -> Path:
    """Draft the mapping of a file, for a person to read and mend.

    Returns: ``<name>.mapping.csv`` in the working directory, with the columns that neither code
    nor text gives away; never the answers.
    """
    instrument = read_instrument(settings.survey_path, settings.scales_path)
    layout = open_layout(
        path, tool=tool, encoding=encoding, delimiter=delimiter, header_row=header_row
    )
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(suggest_mapping(layout, instrument).items())
    return write_atomically(Path(f"{path.stem}.mapping.csv"), stream.getvalue())
