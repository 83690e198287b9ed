"""Places as a tree: country, region, district, county and municipality, with their rurality.

Built from the raw files of the role ``places`` and two tables of names; nothing about a place is
in the code.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import pandas as pd

from innocap_analysis.data.datapackage import PACKAGE_NAME, Resource, read_datapackage
from innocap_analysis.data.place_tree import (
    classify,
    list_labels,
    look_around,
    name_places,
    read_names,
    sum_up,
    take_areas,
    take_divisions,
    take_upper,
    tell_apart,
)
from innocap_analysis.data.raw import read_raw_table
from innocap_analysis.data.units import read_regions
from innocap_analysis.errors import InnocapError
from innocap_analysis.reads import read_bytes
from innocap_analysis.settings import Settings

_ROLE = "places"
_FILES = ("municipalities_rurality", "regions_nuts3_rurality", "canada_census_divisions")


@dataclass(frozen=True)
class Places:
    """Every place that the project knows.

    Attributes
    ----------
    table : DataFrame
        One row per place, by `code` (``SE``, ``SE32``, ``SE321``, ``SE-2284``). Columns:

        - `level` (country, region, district, county, municipality), `kind` (country, nuts2,
          province, nuts3, county, municipality, electoral area, census division), `country`,
          `parent`, `own_code` (the nation's code), `smallest` (whether nothing lies in it);
        - `label_<language>`, `name` (as published), `also` (other names);
        - `population`, `population_date`, `area_km2`, `density` (people per km2), `around`
          (density of what surrounds it), `sparse` (below 12.5), `coastal`;
        - `rurality` (1 city or predominantly urban, 2 town or intermediate, 3 rural), `basis` (of
          it: degurba, type, share or density), `rural_share` (of its people), `national_class`;
        - `merged_into`, `merged_in` (a year).
    """

    table: pd.DataFrame

    @cached_property
    def smallest(self) -> pd.DataFrame:
        """The municipalities, electoral areas and census divisions: each has a page."""
        return self.table[self.table["smallest"]]

    def label(self, code: str, language: str = "en") -> str:
        """Return the name of a place in a language, in English where it has none."""
        row = self.rows[code]
        return str(row.get(f"label_{language}", row["label_en"]))

    @cached_property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The rows of the table by code: a page looks up hundreds of single cells."""
        rows = zip(self.table.index, self.table.to_dict("records"), strict=True)
        return {str(code): row for code, row in rows}

    def ancestors(self, code: str) -> list[str]:
        """Return what a place lies in, from the nearest up to its country."""
        found: list[str] = []
        parent = self._parents[code]
        while parent:
            found.append(parent)
            parent = self._parents[parent]
        return found

    @cached_property
    def _parents(self) -> dict[str, str]:
        return {str(code): str(parent) for code, parent in self.table["parent"].items()}

    def above(self, code: str, level: str) -> str | None:
        """Return the place itself or what it lies in, of a level; None where there is none."""
        line = [code, *self.ancestors(code)]
        return next((one for one in line if self.rows[one]["level"] == level), None)

    def inside(self, code: str) -> list[str]:
        """Return the smallest places that lie in a place."""
        known = {code}
        for one, parent in self.table["parent"].items():  # parents stand before what is in them
            if parent in known:
                known.add(str(one))
        return [str(one) for one in self.smallest.index if one in known and one != code]

    @cached_property
    def own_codes(self) -> set[str]:
        """The nations' own codes."""
        return {str(code) for code in self.table["own_code"]}

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """Codes by each name that a place is found by, lower case and without accents."""
        found: dict[str, list[str]] = {}
        for code, row in zip(self.table.index, self.table.to_dict("records"), strict=True):
            called = {row["name"], *(row[label] for label in list_labels(self.table))}
            for name in dict.fromkeys(fold_name(str(one)) for one in called):
                found.setdefault(name, []).append(str(code))
        return found

    @cached_property
    def other_names(self) -> dict[str, list[str]]:
        """Codes by the other names of places, folded; a name proper goes before."""
        found: dict[str, list[str]] = {}
        for code, name, also in self.table[["name", "also"]].itertuples():
            # A place with two official names has both in one, as "Maarianhamina - Mariehamn".
            parts = re.split(r" [/-] ", str(name))
            for one in filter(None, [*str(also).split(";"), *(parts if len(parts) > 1 else [])]):
                codes = found.setdefault(fold_name(one), [])
                if code not in codes:
                    codes.append(str(code))
        return found


def fold_name(name: str) -> str:
    """Return a name in lower case, without accents and with single spaces for all signs."""
    own = str.maketrans({"ø": "o", "æ": "ae", "ð": "d", "þ": "th", "ß": "ss", "ł": "l", "đ": "d",
                         "ŋ": "n", "ŧ": "t"})  # fmt: skip
    plain = unicodedata.normalize("NFKD", name.casefold().translate(own))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())


def read_places(settings: Settings) -> Places:
    """Read every place and its rurality from the raw files.

    Parameters
    ----------
    settings : Settings
        Says where the raw files and the tables of names are.

    Returns
    -------
    Places
        Countries, regions, districts, Irish counties and the smallest units.

    Raises
    ------
    InnocapError
        A raw file is missing or was edited, or a table of names is faulty.

    Examples
    --------
    >>> from innocap_analysis.settings import load_settings
    >>> read_places(load_settings()).label("FI1DA", "fi")
    'Etelä-Savo'
    """
    resources = find_resources(settings, _FILES)
    try:
        names = read_bytes(settings.places_path)
    except OSError as error:
        raise InnocapError(
            f"{settings.places_path.name}: cannot be read as a table ({error.strerror})"
        ) from None
    regions = read_regions(settings.regions_path)
    given = _Given(
        tuple((one.path.name, one.sha256, one.table.model_dump_json()) for one in resources),
        names, settings.places_path.name, regions.to_json(),
        tuple(read_raw_table(one) for one in resources), regions,
    )  # fmt: skip
    return _build(given)


def find_known_places(settings: Settings) -> Places | None:
    """Return every place, or None in a project without raw files about places."""
    named = {one.name for one in read_datapackage(settings.raw_dir, role=_ROLE)}
    return read_places(settings) if set(_FILES) <= named else None


def find_resources(settings: Settings, names: tuple[str, ...]) -> list[Resource]:
    """Return raw files about places by their names, or say which is missing."""
    known = {one.name: one for one in read_datapackage(settings.raw_dir, role=_ROLE)}
    for name in names:
        if name not in known:
            raise InnocapError(
                f"{PACKAGE_NAME}: no resource {name!r} with the role {_ROLE!r}; pages about places "
                "need it"
            )
    return [known[name] for name in names]


class _Given:
    """What the tree is built from; equal where the files are."""

    def __init__(
        self, files: tuple[tuple[str, str, str], ...], names: bytes, names_file: str, told: str,
        tables: tuple[pd.DataFrame, ...], regions: pd.DataFrame,
    ) -> None:  # fmt: skip
        self.key = (files, names, names_file, told)
        self.names, self.names_file = names, names_file
        self.tables, self.regions = tables, regions

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Given) and self.key == other.key


@lru_cache(maxsize=4)
def _build(given: _Given) -> Places:
    municipalities, districts, divisions = given.tables
    names = read_names(given.names, given.names_file)
    areas = pd.concat([take_areas(municipalities), take_divisions(divisions)])
    table = pd.concat([take_upper(areas, districts, given.regions), areas])
    table = sum_up(name_places(table, names, given.names_file, given.regions))
    table = classify(table, districts.set_index("nuts3")["urban_rural_type"])
    return Places(tell_apart(look_around(table)))
