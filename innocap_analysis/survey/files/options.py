"""How a file of answers is to be read: one list for Python, the command line and the wave table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.files import read_text


def _explain(text: str) -> Any:  # noqa: ANN401 - a default of any type
    return field(default=None, metadata={"help": text})


@dataclass(frozen=True)
class FileOptions:
    """How a file is to be read; what is not given is found out, and refused where it cannot be.

    What each means is its help on the command line; `mapping` is a file there and in the table.
    """

    tool: str | None = _explain("Which tool, if not found out.")
    encoding: str | None = _explain("utf-8, utf-16, cp1252 …")
    delimiter: str | None = _explain("Comma, semicolon, tab or bar.")
    sheet: str | None = _explain("Sheet of a workbook, if not the first.")
    header_row: int | None = _explain("Row of the header, from 1.")
    header_rows: int | None = _explain("How many rows the header has.")
    mapping: Mapping[str, str] | None = _explain("CSV with the columns header and item.")
    scale: str | None = _explain("Scale of the items, if another.")
    codes: str | None = _explain("Bare numbers: high_agrees or low_agrees.")
    rescale: bool | None = _explain("A longer or shorter scale may be fitted.")
    country: str | None = _explain("Country of every response.")
    dates: str | None = _explain("04/05/2026: day_first or month_first.")
    missing: str | None = _explain("Words that mean missing, bars between.")
    # What was decided of single cells: of answers by number of the column, and of status words.
    answers: Mapping[tuple[int, str], str] | None = None
    statuses: Mapping[str, str] | None = None


# What can be said in a flag or a cell.
PLAIN = tuple(own for own in fields(FileOptions) if own.metadata)


def make_options(how: Mapping[str, Any]) -> FileOptions:
    """Make options from keywords and refuse those that there are not."""
    known = [own.name for own in fields(FileOptions)]
    for name in how:
        if name not in known:
            raise InnocapError(
                f"option {name!r} is none of {', '.join(known)}{suggest(name, known)}"
            )
    return FileOptions(**how)


def read_wave_table(path: Path) -> dict[Path, FileOptions]:
    """Read the table of a wave: one row per file, with a column for every option that is needed.

    Or the record of decisions, which has a row for each. Returns: options by the path of each file;
    those of files and mappings start at the table.
    """
    # The command line names its flags from here, and need not load what only tables need.
    from innocap_analysis.survey.files.decisions import apply_decisions, read_decisions

    text = read_text(path)
    delimiter = find_delimiter(text)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = [str(name).strip() for name in reader.fieldnames or ()]
    if "about" in columns:
        return apply_decisions(read_decisions(text, path.name), path)
    known = ["file", *(own.name for own in PLAIN), "note"]
    faults = [] if "file" in columns else ["column 'file' is missing"]
    faults += [f"column {c!r} is unknown{suggest(c, known)}" for c in columns if c not in known]
    found: dict[Path, FileOptions] = {}
    reader.fieldnames = columns
    for row in [] if faults else reader:
        at = f"line {reader.line_num}"
        if None in row or None in row.values():
            faults.append(f"{at}: has other cells than the header")
            continue
        if any("\0" in cell for cell in row.values()):
            faults.append(f"{at}: holds a NUL character")
            continue
        cells = {name: cell.strip() for name, cell in row.items() if cell.strip()}
        cells.pop("note", None)
        file = (path.parent / Path(cells.pop("file", "")).expanduser()).resolve()
        names = {own.name for own in found}
        if file == path.parent.resolve() or file.name in names:
            faults.append(f"{at}: names no file" if file.name not in names else
                          f"{at}: {file.name} is listed twice")  # fmt: skip
            continue
        try:
            found[file] = FileOptions(**read_cells(cells, path.parent))
        except InnocapError as error:
            faults.append(f"{at}: {error}")
    if not faults and not found:
        faults.append("lists no file")
    if faults:
        raise InnocapError(f"{path.name}: " + "\n  ".join(faults))
    return found


def find_delimiter(text: str) -> str:
    """Return what divides the cells of a table that people edit."""
    return max(",;\t", key=text.partition("\n")[0].count)


def read_cells(cells: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Read the options of a file from the cells of a table."""
    how: dict[str, Any] = dict(cells)
    for name in ("header_row", "header_rows"):
        if name in how:
            if not how[name].isdecimal() or not int(how[name]):
                raise InnocapError(f"{name} {how[name]!r} is no number from 1")
            how[name] = int(how[name])
    if "rescale" in how:
        if how["rescale"] not in ("yes", "no"):
            raise InnocapError(f"rescale {how['rescale']!r} is neither yes nor no")
        how["rescale"] = how["rescale"] == "yes"
    if "mapping" in how:
        from innocap_analysis.survey.files.columns import read_mapping

        how["mapping"] = read_mapping(folder / Path(how["mapping"]).expanduser())
    return how
