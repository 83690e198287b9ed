"""What a person has to decide about files of answers, and the record of what was decided."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.survey.files.options import PLAIN, FileOptions, find_delimiter, read_cells

COLUMN, ANSWER, STATUS, NOTE = "column", "answer", "status", "note"
MISSING = "missing"  # an answer that is none


@dataclass(frozen=True)
class Decision:
    """One row of the record: what it is about, what was found, and what was decided."""

    file: str
    about: str  # an option of FileOptions, a column, an answer in one, a status word, a note
    column: str = ""  # its letter, as in a spreadsheet
    header: str = ""
    cell: str = ""
    count: str = ""  # of cells
    decision: str = ""  # empty: not taken yet
    evidence: str = ""

    @property
    def is_open(self) -> bool:
        """Whether somebody has to decide."""
        return not self.decision and self.about != NOTE

    @property
    def subject(self) -> tuple[str, ...]:
        """What the decision is about."""
        return self.file, self.about, self.column, self.cell


_FIELDS = tuple(own.name for own in fields(Decision))


def write_letters(number: int) -> str:
    """Return the letters of a column, counted from 1: A, B … Z, AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def read_letters(text: str) -> int:
    """Return the number of a column given by letters or number; 0 for anything else."""
    plain = text.strip().lstrip("#").upper()
    if plain.isdecimal():
        return int(plain)
    if not re.fullmatch("[A-Z]{1,3}", plain):
        return 0
    number = 0
    for letter in plain:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def write_decisions(rows: Iterable[Decision]) -> str:
    """Write the record as :func:`read_decisions` reads it."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([_FIELDS, *map(astuple, rows)])
    return stream.getvalue()


def read_decisions(text: str, name: str) -> list[tuple[int, Decision]]:
    """Read the record: every decision with its line."""
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=find_delimiter(text))
    known = _FIELDS
    columns = [str(column).strip() for column in reader.fieldnames or ()]
    faults = [f"column {c!r} is unknown{suggest(c, known)}" for c in columns if c not in known]
    faults += [f"column {c!r} is missing" for c in ("file", "decision") if c not in columns]
    reader.fieldnames = columns
    abouts = (*(own.name for own in PLAIN), COLUMN, ANSWER, STATUS, NOTE)
    found = []
    for row in [] if faults else reader:
        at = reader.line_num
        if None in row or None in row.values():
            faults.append(f"line {at}: has other cells than the header")
            continue
        own = Decision(**{c: cell.strip() for c, cell in row.items()})
        if own.about not in abouts:
            faults.append(f"line {at}: {own.about!r} is none of {', '.join(abouts)}")
        found.append((at, own))
    if faults:
        raise InnocapError(f"{name}: " + "\n  ".join(faults))
    return found


def apply_decisions(rows: Sequence[tuple[int, Decision]], path: Path) -> dict[Path, FileOptions]:
    """Return the options of every file that a record decides on; refuse where one is open."""
    faults: list[str] = []
    grouped: dict[str, list[tuple[int, Decision]]] = {}
    for line, own in rows:
        grouped.setdefault(own.file, []).append((line, own))
        if own.is_open:
            where = " ".join(
                part for part in (own.column, repr(own.cell) if own.cell else "") if part
            )
            what = f"{own.about} {where}".strip()
            faults.append(f"line {line}: {own.file}: {what}: nothing is decided ({own.evidence})")
    found: dict[Path, FileOptions] = {}
    for file, decided in grouped.items():
        place = (path.parent / Path(file).expanduser()).resolve()
        if not file:
            faults.append(f"line {decided[0][0]}: names no file")
            continue
        try:
            found[place] = _make_options(decided, path.parent)
        except InnocapError as error:
            faults.append(f"{file}: {error}")
    if faults:
        raise InnocapError(f"{path.name}: " + "\n  ".join(faults))
    return found


def _make_options(rows: Sequence[tuple[int, Decision]], folder: Path) -> FileOptions:
    plain: dict[str, str] = {}
    special: dict[str, dict[Any, str]] = {"mapping": {}, "answers": {}, "statuses": {}}
    for line, own in rows:
        number = read_letters(own.column)
        if own.about in (COLUMN, ANSWER) and not number:
            raise InnocapError(
                f"line {line}: column {own.column!r} is neither letters nor a number"
            )
        if own.about == COLUMN:
            special["mapping"][f"#{number} {own.header}"] = own.decision
        elif own.about == ANSWER:
            special["answers"][number, own.cell] = own.decision
        elif own.about == STATUS:
            special["statuses"][own.cell] = own.decision
        elif own.about != NOTE and own.decision:
            plain[own.about] = own.decision
    how = read_cells(plain, folder)
    return FileOptions(**(how | {name: told for name, told in special.items() if told}))


def keep_decided(drafted: Sequence[Decision], before: Sequence[Decision]) -> list[Decision]:
    """Put a draft beside what was decided before, which stands; open rows are drafted anew."""
    known = {own.subject: own for own in before if own.decision or own.about == NOTE}
    files = {own.file for own in drafted}
    rows = [own for own in before if own.file not in files]
    rows += [known.pop(own.subject, own) for own in drafted]
    rows += [own for own in known.values() if own.file in files]
    return rows
