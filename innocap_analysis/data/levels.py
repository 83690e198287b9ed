"""What the units of an index are: countries, regions, districts or municipalities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from innocap_analysis.data.datapackage import Resource, read_datapackage
from innocap_analysis.data.find_places import look_up
from innocap_analysis.data.places import Places, find_known_places, fold_name
from innocap_analysis.data.units import Unit, find_unit, name_unit, read_regions
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.settings import Settings

COUNTRY, REGION = "country", "region"
UNIT_COLUMNS = ("country", "region", "place")  # of raw files; any of them says whom a row is about
_MOST_NAMED = 5


def find_level(settings: Settings) -> str:
    """Return what the units of the index are that is looked at.

    The default index, where nothing is set, is one of countries if there are figures of countries,
    and one of regions in a project that has none.
    """
    if settings.chosen.level is not None:
        return settings.chosen.level
    resources = list_observed(settings)
    national = any(find_unit_column(resource) == COUNTRY for resource in resources)
    return COUNTRY if national or not resources else REGION


def list_observed(settings: Settings) -> list[Resource]:
    """Return the raw files that hold figures of units."""
    return [one for one in read_datapackage(settings.raw_dir) if one.role == "observations"]


def find_unit_column(resource: Resource) -> str:
    """Return the column that says whom a row of a raw file is about."""
    names = [column.name for column in resource.table.fields]
    return next((name for name in reversed(UNIT_COLUMNS) if name in names), COUNTRY)


def resolve_places(codes: Iterable[str], settings: Settings) -> dict[str, tuple[str, str]]:
    """Return place and level of codes that the table of regions does not know.

    A code is that of the table of places, or the nation's own where no other nation has it.
    """
    wanted = sorted(set(codes) - set(read_regions(settings.regions_path)["raw_code"]))
    places = find_known_places(settings) if wanted else None
    if places is None:
        return {}
    found = {}
    for code in wanted:
        named = code.upper() in places.table.index or code in places.own_codes
        known = look_up(code, places) if named else []
        if len(known) == 1:
            found[code] = (known[0], str(places.table.at[known[0], "level"]))
    return found


@dataclass(frozen=True)
class UnitNames:
    """Names and countries of the units of an index.

    Attributes
    ----------
    settings : Settings
        The project, as seen from the index.
    level : str
        Level of the units.
    """

    settings: Settings
    level: str

    @cached_property
    def places(self) -> Places | None:
        """The places; None where units are countries, or nothing is known of places."""
        return None if self.level == COUNTRY else find_known_places(self.settings)

    @cached_property
    def regions(self) -> pd.DataFrame:
        """The table of statistical regions."""
        return read_regions(self.settings.regions_path)

    def is_place(self, code: str) -> bool:
        """Return whether the table of places knows a unit."""
        return self.places is not None and code in self.places.table.index

    def country(self, code: str) -> str:
        """Return the country of a unit."""
        if self.level == COUNTRY or code in self.regions.index:
            return code if self.level == COUNTRY else str(self.regions.at[code, "country"])
        assert self.places is not None, "who is in no table of regions is in that of places"
        return str(self.places.table.at[code, "country"])

    def name(self, code: str, language: str) -> str:
        """Return the name of a unit, or of a country."""
        if self.level != COUNTRY and code not in self.regions.index and self.is_place(code):
            assert self.places is not None
            return self.places.label(code, language)
        return name_unit(code, self.settings, language)

    def find(self, wanted: str, units: Iterable[str]) -> Unit:
        """Find a unit of the index by its code or name.

        Of an index of countries, a region is found too: its page is about the country.
        """
        if self.level == COUNTRY:
            return find_unit(wanted, self.settings)
        known = list(units)
        if wanted in known:
            return Unit(wanted, self.country(wanted))
        name = fold_name(wanted)
        tongues = self.settings.languages
        called: dict[str, list[str]] = {}
        for code in known:
            for own in dict.fromkeys(fold_name(self.name(code, tongue)) for tongue in tongues):
                called.setdefault(own, []).append(code)
        found = called.get(name, [])
        if len(found) == 1:
            return Unit(found[0], self.country(found[0]))
        if found:
            raise InnocapError(f"region {wanted!r}: several are called so, {', '.join(found)}")
        raise InnocapError(
            f"region {wanted!r} is no unit of {self.settings.index or 'the index'}, or has no "
            f"figure; there are {len(known)} ({', '.join(known[:_MOST_NAMED])}"
            f"{', …' if known[_MOST_NAMED:] else ''})" + suggest(wanted, [*known, *called])
        )
