"""Codes and names of countries and statistical regions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd
from babel import Locale
from babel.core import get_global

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.files import decode_text, parse_texts
from innocap_analysis.reads import read_bytes
from innocap_analysis.settings import Settings

_COLUMNS = ("raw_code", "unit", "country", "label_en")


@dataclass(frozen=True)
class Unit:
    """A country, or a statistical region inside one.

    Attributes
    ----------
    code : str
        ISO 3166-1 alpha-2 for a country; NUTS or ISO 3166-2 for a region.
    country : str
        The country's code; equal to `code` for a country.
    """

    code: str
    country: str

    @property
    def is_country(self) -> bool:
        """Whether the unit is a country."""
        return self.code == self.country


def map_country(alpha3: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of an alpha-3 code, or None when there is none."""
    aliases = get_global("territory_aliases").get(alpha3)  # from Unicode CLDR
    return str(aliases[0]) if aliases and len(alpha3) == 3 else None


def name_country(code: str, language: str = "en") -> str:
    """Return the name of a country in a language."""
    return str(Locale(language).territories.get(code, code))


def read_regions(path: Path) -> pd.DataFrame:
    """Read the table of statistical regions.

    Returns: one row per region, indexed by `unit`.
    """
    try:
        content = read_bytes(path)
    except OSError as error:
        raise InnocapError(f"{path.name}: cannot be read as a table ({error.strerror})") from None
    return _parse_regions(content, path.name).copy(deep=False)  # pandas copies on write


@lru_cache(maxsize=8)
def _parse_regions(content: bytes, name: str) -> pd.DataFrame:
    """Parse the table once for as long as its bytes stay the same: every name is looked up."""
    table = parse_texts(decode_text(content, name), name)
    missing = [column for column in _COLUMNS if column not in table]
    if missing:
        raise InnocapError(f"{name}: column {missing[0]!r} is missing")
    for column in ("raw_code", "unit"):
        twice = table[column][table[column].duplicated()]
        if len(twice):
            raise InnocapError(
                f"{name}: line {twice.index[0] + 2}: {column} {twice.iloc[0]!r} occurs twice"
            )
    return table.set_index("unit")


def name_unit(code: str, settings: Settings, language: str = "en") -> str:
    """Return the name of a country or region in a language."""
    regions = read_regions(settings.regions_path)
    if code in regions.index:
        row = regions.loc[code]
        return str(row.get(f"label_{language}") or row["label_en"] or code)
    return name_country(code, language)


def find_unit(code: str, settings: Settings) -> Unit:
    """Find a country or region that a report can be made for.

    Parameters
    ----------
    code : str
        ``SE``, ``FI1D``, ``CA-NL``, ….
    settings : Settings
        Lists the partner countries and says where the table of regions is.

    Returns
    -------
    Unit
        The unit and its country.

    Raises
    ------
    InnocapError
        The code is neither a partner country nor one of their regions.

    Examples
    --------
    >>> from innocap_analysis import load_settings
    >>> find_unit("SE32", load_settings())
    Unit(code='SE32', country='SE')
    """
    if not isinstance(code, str):
        raise InnocapError(f"region {code!r}: a code is needed")
    if code in settings.countries:
        return Unit(code, code)
    regions = read_regions(settings.regions_path)
    regions = regions[regions["country"].isin(settings.countries)]
    if code in regions.index:
        return Unit(code, str(regions.at[code, "country"]))
    countries = ", ".join(settings.countries)
    raise InnocapError(
        f"region {code!r} is unknown: give a country ({countries}) or one of their "
        f"{len(regions)} regions in {settings.regions_path.name}"
        + (f", such as {regions.index[0]}" if len(regions) else "")
        + suggest(code, [*settings.countries, *regions.index])
    )
