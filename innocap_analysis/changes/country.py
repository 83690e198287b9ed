"""A further partner country, and names and places of the tree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from innocap_analysis.changes.change import Change, refuse
from innocap_analysis.changes.csvtext import add_row
from innocap_analysis.changes.yamltext import add_entry, quote
from innocap_analysis.data.official.match import list_countries
from innocap_analysis.data.units import read_regions
from innocap_analysis.errors import suggest
from innocap_analysis.languages import SOURCE_LANGUAGE
from innocap_analysis.settings import CONFIG_NAME, Settings

# At least three to one against white, and told apart by readers who are colour-blind.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#000000", "#B8508A", "#6A51A3", "#8C6D1F", "#6B6B6B")
MARKERS = "os^vDP*X"
_REGION = re.compile(r"[A-Z]{2}[A-Z0-9-]{1,6}")


@dataclass(frozen=True)
class NewCountry:
    """A country as a person says it: codes, names by language, and how figures mark it."""

    code: str
    region: str = ""
    area: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    colour: str = ""
    marker: str = ""


def add_country(settings: Settings, new: NewCountry) -> Change:
    """Add a partner country to the settings, and its region if the table of regions lacks it.

    Colour and marker are by default the first that no other country has.
    """
    faults = _check_country(settings, new)
    regions = read_regions(settings.regions_path)
    known = new.region in regions.index
    if known and regions.at[new.region, "country"] != new.code:
        faults.append(f"--region {new.region}: lies in {regions.at[new.region, 'country']}")
    if not known and new.region:
        faults += check_region(new.region, new.code, new.labels)
    refuse("innocap add country", faults)
    change = Change(settings)
    if not known:
        put_region(change, new.region, new.code, new.labels)
    used = settings.countries.values()
    colours = [one for one in COLOURS if one.lower() not in {u.colour.lower() for u in used}]
    markers = [one for one in MARKERS if one not in {u.marker for u in used}]
    area = ", ".join(f"{language}: {quote(name)}" for language, name in new.area.items())
    entry = [
        f"partner_region: {new.region}",
        f"partner_area: {{{area}}}",
        f'colour: "{new.colour or colours[0]}"',
        f"marker: {quote(new.marker or markers[0])}",
    ]
    path = settings.root / CONFIG_NAME
    key = f'"{new.code}"' if new.code in ("NO", "ON") else new.code  # YAML's words for false, true
    change.put(path, add_entry(change.read(path), ["countries"], key, entry, name=CONFIG_NAME))
    return change


def _check_country(settings: Settings, new: NewCountry) -> list[str]:
    faults = []
    if new.code not in set(list_countries().values()):
        near = suggest(new.code, sorted(set(list_countries().values())))
        faults.append(f"{new.code!r}: expected an ISO 3166-1 alpha-2 code such as NO{near}")
    elif new.code in settings.countries:
        faults.append(f"{settings.locate('countries', new.code)}: is there already")
    if not new.region:
        faults.append("say --region: the statistical region that holds the partner area")
    if not new.area.get(SOURCE_LANGUAGE):
        faults.append("say --area en=NAME: what the partner area is called")
    strange = [one for one in new.area if one not in settings.languages]
    faults += [f"--area {one}=…: {one!r} is no language of the project" for one in strange]
    for what, value, all_ in (("colour", new.colour, COLOURS), ("marker", new.marker, MARKERS)):
        used = {getattr(one, what).lower(): code for code, one in settings.countries.items()}
        if value.lower() in used:
            faults.append(f"--{what} {value}: is that of {used[value.lower()]}; give another")
        if not value and all(one.lower() in used for one in all_):
            faults.append(f"say --{what}: all that are at hand are taken")
    return faults


def check_region(code: str, country: str, labels: Mapping[str, str]) -> list[str]:
    """List what is wrong with a region that the table of regions shall get."""
    faults = []
    if not _REGION.fullmatch(code) or not code.startswith(country):
        faults.append(
            f"region {code!r}: expected a code that begins with {country}, such as NUTS 2"
        )
    if not labels.get(SOURCE_LANGUAGE):
        faults.append(f"region {code}: is not in the table of regions; say --label en=NAME")
    return faults


def put_region(
    change: Change, code: str, country: str, labels: Mapping[str, str], raw_code: str = ""
) -> None:
    """Add a row to the table of regions."""
    path = change.settings.regions_path
    text = change.read(path)
    row = {"raw_code": raw_code or code, "unit": code, "country": country}
    names = {f"label_{language}": name for language, name in labels.items()}
    change.put(path, add_row(text, row | names, name=path.name))
