"""Which municipality a response is about: as its answer says, or its organisation's."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from innocap_analysis.data.find_places import find_place
from innocap_analysis.data.places import Places, read_places
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import read_text
from innocap_analysis.settings import Settings
from innocap_analysis.survey.files.privacy import make_pseudonym, redact_text

ORGANISATIONS_NAME = "organisations.csv"
_COLUMNS = ("organisation", "place")


def make_finder(settings: Settings, country: str | None) -> Callable[[str], str]:
    """Return what finds a place by code or name, in one country where all responses are from it.

    What is unknown or ambiguous raises a KeyError that says what was expected.
    """
    places = read_places(settings)

    def find(text: str) -> str:
        try:
            return _find_below_country(text, places, country)
        except InnocapError as error:
            raise KeyError(f"a municipality or region: {redact_text(str(error))}") from None

    return find


def _find_below_country(text: str, places: Places, country: str | None = None) -> str:
    code = find_place(text, places, country=country)
    if places.table.at[code, "level"] == "country":
        raise InnocapError(f"{text!r} is a country")
    return code


def locate_answers(table: pd.DataFrame, settings: Settings, key: bytes) -> pd.DataFrame:
    """Give responses without a place that of their organisation, where a table tells it."""
    path = settings.wave_path.with_name(ORGANISATIONS_NAME)
    if not path.is_file() or table["organisation"].isna().all():
        return table
    known = _read_organisations(path, read_places(settings), key)
    told = table["organisation"].map(known)
    return table.assign(place=table["place"].where(table["place"].notna(), told))


def _read_organisations(path: Path, places: Places, key: bytes) -> dict[str, str]:
    """Read the place of each organisation, by the pseudonym that its name or code becomes."""
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), restval="")
    if not set(_COLUMNS) <= set(reader.fieldnames or ()):
        raise InnocapError(f"{path.name}: expected the columns {', '.join(_COLUMNS)}")
    found: dict[str, str] = {}
    faults = []
    for line, row in enumerate(reader, start=2):
        own = make_pseudonym(row["organisation"], key, kind="organisation")
        try:
            place = _find_below_country(row["place"], places)
        except InnocapError as error:
            faults.append(f"line {line}: {error}")
            continue
        if not row["organisation"].strip():
            faults.append(f"line {line}: organisation is empty")
        elif found.setdefault(own, place) != place:
            faults.append(f"line {line}: {row['organisation']!r} lies in {found[own]} above")
    if faults:
        raise InnocapError(f"{path.name}: " + "; ".join(faults))
    return found
