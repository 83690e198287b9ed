"""Known weaknesses of single figures: a table that travels with them to every page."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from innocap_analysis.prepare.files import read_table
from innocap_analysis.settings import InnocapError, suggest

_KEYS = ("code", "unit", "flag", "source")
EVERY_UNIT = ""


def read_flags(path: Path, *, codes: list[str]) -> pd.DataFrame:
    """Read ``flags.csv``: what is known to be wrong or old about a figure.

    Parameters
    ----------
    path : Path
        CSV with `code`, `unit` (empty: every unit), `flag` (one word), `source` (a raw file) and
        `note_<language>`. A project without the file has no flags.
    codes : list of str
        Codes that a flag may name.

    Returns
    -------
    DataFrame
        One row per flag, texts only.

    Raises
    ------
    InnocapError
        A column is missing or a code is unknown; every fault is listed with its line.
    """
    if not path.exists():
        return pd.DataFrame(columns=list(_KEYS), dtype="str")
    table = read_table(path).fillna("").astype("str")
    faults = [f"column {column!r} is missing" for column in _KEYS if column not in table]
    if not faults:
        faults = [
            f"line {row + 2}: code {code!r} is unknown{suggest(code, codes)}"
            for row, code in enumerate(table["code"])
            if code not in codes
        ]
    if faults:
        raise InnocapError(f"{path.name}: " + "\n  ".join(faults))
    return table


def find_flags(flags: pd.DataFrame, unit: str, code: str) -> pd.DataFrame:
    """Return the flags of one figure, those of this unit first."""
    own = flags[(flags["code"] == code) & flags["unit"].isin([unit, EVERY_UNIT])]
    return own.sort_values("unit", ascending=False, kind="stable")
