"""Places: their names and mergers, a further region, a further municipality."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from innocap_analysis.changes.change import Change, refuse
from innocap_analysis.changes.country import check_region, put_region
from innocap_analysis.changes.csvtext import add_row, set_cells
from innocap_analysis.data.datapackage import PACKAGE_NAME
from innocap_analysis.data.official.describe import renew_resource
from innocap_analysis.data.official.match import list_countries
from innocap_analysis.data.place_tree import read_names
from innocap_analysis.data.places import find_known_places, find_resources
from innocap_analysis.data.units import read_regions
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.settings import Settings

_MUNICIPALITIES = "municipalities_rurality"
_MUNICIPALITY = re.compile(r"([A-Z]{2})-(\w{2,8})")


@dataclass(frozen=True)
class NewPlace:
    """A place as a person says it.

    `labels` are its names by language, `also` other names it is found by, `merged_into` and
    `merged_in` the place that it has become part of and the year. The others are for a
    municipality that the raw files do not have; `source` says who published its figures.
    """

    code: str
    labels: Mapping[str, str] = field(default_factory=dict)
    also: str = ""
    merged_into: str = ""
    merged_in: str = ""
    country: str = ""
    raw_code: str = ""
    district: str = ""
    population: int | None = None
    population_date: str = ""
    area_km2: float | None = None
    degurba: int | None = None
    source: str = ""


def add_place(settings: Settings, new: NewPlace) -> Change:
    """Add names of a place that is known, a municipality (``SE-9901``), or else a region."""
    places = find_known_places(settings)
    regions = read_regions(settings.regions_path)
    change = Change(settings)
    if places is not None and new.code in places.table.index:
        into = new.merged_into
        faults = []
        if into and into not in places.table.index:
            near = suggest(into, list(places.table.index))
            faults.append(f"--merged-into {into!r}: is no place of the project{near}")
        if bool(into) != bool(new.merged_in):
            faults.append("give both --merged-into and --merged-in (a year), or neither")
        if not (new.labels or new.also or into):
            faults.append(f"place {new.code}: is there already; say a --label, --also or a merger")
        refuse("innocap add place", faults)
        _put_names(change, new)
    elif new.code in regions.index:
        raise InnocapError(
            f"region {new.code}: is in {settings.regions_path.name} already; edit it there"
        )
    elif found := _MUNICIPALITY.fullmatch(new.code):
        refuse("innocap add place", _check_municipality(new, places is not None))
        _put_municipality(change, new, country=found[1], own_code=found[2])
        if new.also or set(new.labels) - {"en"}:
            _put_names(change, new)
    else:
        faults = check_region(new.code, new.country or new.code[:2], new.labels)
        if (new.country or new.code[:2]) not in set(list_countries().values()):
            faults.append("say --country: the ISO 3166-1 alpha-2 code of its country")
        refuse("innocap add place", faults)
        put_region(change, new.code, new.country or new.code[:2], new.labels, new.raw_code)
    return change


def _put_names(change: Change, new: NewPlace) -> None:
    path = change.settings.places_path
    text = change.read(path)
    cells = {f"label_{language}": name for language, name in new.labels.items()}
    given = {"also": new.also, "merged_into": new.merged_into, "merged_in": new.merged_in}
    cells |= {column: value for column, value in given.items() if value}
    known = read_names(text.encode("utf-8"), path.name).index
    if new.code in known:
        change.put(path, set_cells(text, new.code, cells, name=path.name))
    else:
        change.put(path, add_row(text, {"code": new.code, **cells}, name=path.name))


def _check_municipality(new: NewPlace, tree: bool) -> list[str]:
    faults = [] if tree else ["the project has no raw files about places; add those first"]
    wanted = {
        "--label en=NAME": new.labels.get("en"), "--district (the NUTS 3 region)": new.district,
        "--population": new.population, "--population-date": new.population_date,
        "--area-km2": new.area_km2, "--degurba (1 city, 2 town, 3 rural)": new.degurba,
        "--source (who published these figures)": new.source,
    }  # fmt: skip
    faults += [
        f"place {new.code}: say {what}" for what, value in wanted.items() if value in (None, "")
    ]
    if new.degurba is not None and new.degurba not in (1, 2, 3):
        faults.append(f"--degurba {new.degurba}: is 1 (city), 2 (town or suburb) or 3 (rural)")
    if new.area_km2 is not None and new.area_km2 <= 0:
        faults.append("--area-km2: is above zero")
    if new.district and not re.fullmatch(rf"{new.code[:2]}[A-Z0-9]{{3}}", new.district):
        faults.append(f"--district {new.district!r}: expected a NUTS 3 code such as SE321")
    return faults


def _put_municipality(change: Change, new: NewPlace, *, country: str, own_code: str) -> None:
    """Add a row to the raw file of municipalities, and say in its description whose it is."""
    settings = change.settings
    (resource,) = find_resources(settings, (_MUNICIPALITIES,))
    assert new.population is not None, "was checked"
    assert new.area_km2 is not None, "was checked"
    cells = {
        "country": country, "lau_code": own_code, "name": new.labels["en"],
        "nuts3_2016": new.district, "nuts3_2024": new.district,
        "population": str(new.population), "population_date": new.population_date,
        "area_km2": f"{new.area_km2:g}", "area_basis": "land",
        "density_per_km2": f"{new.population / new.area_km2:.2f}", "degurba": str(new.degurba),
    }  # fmt: skip
    text = add_row(change.read(resource.path), cells, name=resource.path.name)
    change.put(resource.path, text)
    package = settings.raw_dir / PACKAGE_NAME
    told = f"{new.code} added from {new.source}"
    data = change.files[resource.path]
    change.put(package, renew_resource(package.read_bytes(), resource.name, data, told))
