"""Known weaknesses of single figures, and what readers are told of sources (notes.csv)."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.files import choose_texts, parse_texts, read_text


def read_flags(path: Path, *, codes: Collection[str] | None = None) -> pd.DataFrame:
    """Read ``flags.csv``: what is known to be wrong or old about a figure.

    Columns `code`, `unit` (empty: every unit), `flag` (one word), `source` (a raw file) and
    `note_<language>`, all texts; where `codes` are given, a flag names one of them. A project
    without the file has no flags.
    """
    return _read(path, ("code", "unit", "flag", "source"), "code", codes)


def read_notes(path: Path, *, codes: Collection[str] | None = None) -> pd.DataFrame:
    """Read ``notes.csv``: what readers should know, in their own language.

    Columns `about` (an indicator or a raw file; where `codes` are given, one of them), `topic`
    (caution, check or licence) and `note_<language>`, all texts. A project without the file has
    no notes.
    """
    return _read(path, ("about", "topic"), "about", codes)


def read_notes_on(path: Path, topic: str, *, language: str) -> dict[str, str]:
    """Return the notes on a topic in a language, by what they are about."""
    notes = read_notes(path)
    own = notes[notes["topic"] == topic]
    return dict(zip(own["about"], choose_texts(own, "note", language), strict=True))


def _read(
    path: Path, columns: tuple[str, ...], key: str, known: Collection[str] | None
) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame(columns=list(columns), dtype="str")
    table = parse_texts(read_text(path), path.name)
    faults = [f"column {column!r} is missing" for column in columns if column not in table]
    if not faults and known is not None:
        faults = [
            f"line {row + 2}: {key} {code!r} is in no codebook{suggest(code, list(known))}"
            for row, code in enumerate(table[key])
            if code not in known
        ]
    if faults:
        raise InnocapError(f"{path.name}: " + "\n  ".join(faults))
    return table


def group_flags(flags: pd.DataFrame) -> dict[tuple[str, str], list[str]]:
    """Return the words by unit and code, for :func:`find_flags`."""
    words: dict[tuple[str, str], list[str]] = {}
    for row in flags.to_dict("records"):
        words.setdefault((row["unit"], row["code"]), []).append(row["flag"])
    return words


def find_flags(words: dict[tuple[str, str], list[str]], unit: str, code: str) -> str:
    """Join the flags of one figure, its own before those of every unit (an empty one)."""
    own = words.get((unit, code), []) if unit else []
    return ", ".join([*own, *words.get(("", code), [])])
