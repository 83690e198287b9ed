"""The tree of places: rows from raw files, names, sums up the tree, and classes of rurality."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from innocap_analysis.data.units import name_country
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import decode_text, parse_table
from innocap_analysis.languages import find_languages

# From the top down. A district is a NUTS 3 region or a Canadian census division.
LEVELS = ("country", "region", "district", "county", "municipality")
CITY, TOWN, RURAL = 1, 2, 3
SPARSE_BELOW = 12.5  # people per km2: sparsely populated, as for the EU's northernmost regions
# Canadian divisions have no degree of urbanisation. The OECD's criteria: a local unit is rural
# below so many people per km2, and no region is with a centre of so many people; a division of
# that size is taken to hold one.
RURAL_BELOW, CENTRE_FROM = 150.0, 200_000
# Share of people in rural municipalities: predominantly rural above, predominantly urban below.
_RURAL_SHARE, _URBAN_SHARE = 0.5, 0.2
_NAME_COLUMNS = ("code", "label_en", "also", "merged_into", "merged_in")
_COUNTY_COUNTRY = "IE"  # the number of its county begins the code of an Irish area
_AREA_DIGITS = 4


def list_labels(table: pd.DataFrame) -> list[str]:
    """Return the columns that hold names, one for each language."""
    return [f"label_{language}" for language in find_languages(table)]


def read_names(content: bytes, file: str) -> pd.DataFrame:
    """Read the table of names, other names and mergers, by code."""
    text = decode_text(content, file)
    head = text.split("\n", 1)[0].strip().split(",")
    table = parse_table(text, file, **dict.fromkeys(head, "str"))
    missing = [column for column in _NAME_COLUMNS if column not in table]
    if missing:
        raise InnocapError(f"{file}: column {missing[0]!r} is missing")
    twice = table["code"][table["code"].duplicated()]
    if len(twice):
        raise InnocapError(f"{file}: line {twice.index[0] + 2}: code {twice.iloc[0]!r} twice")
    return table.set_index("code")


def take_areas(raw: pd.DataFrame) -> pd.DataFrame:
    """Return municipalities and Irish areas as rows of the tree."""
    irish = raw["country"] == _COUNTY_COUNTRY
    counties = raw["country"] + "-" + raw["lau_code"].str[:-_AREA_DIGITS]
    return pd.DataFrame({
        "code": raw["country"] + "-" + raw["lau_code"],
        "level": "municipality",
        "kind": np.where(irish, "electoral area", "municipality"),
        "country": raw["country"], "own_code": raw["lau_code"],
        "parent": counties.where(irish, raw["nuts3_2024"]), "nuts3": raw["nuts3_2024"],
        "name": [_write_name(name) for name in raw["name"]],
        "population": raw["population"].astype(float), "population_date": raw["population_date"],
        "area_km2": raw["area_km2"], "rurality": raw["degurba"].astype(float),
        "basis": "degurba", "national_class": raw["national_class"].fillna(""), "smallest": True,
    }).set_index("code")  # fmt: skip


def take_divisions(raw: pd.DataFrame) -> pd.DataFrame:
    """Return Canadian census divisions as rows of the tree."""
    return pd.DataFrame({
        "code": raw["country"] + "-" + raw["cduid"], "level": "district",
        "kind": "census division", "country": raw["country"], "own_code": raw["cduid"],
        "parent": raw["country"] + "-" + raw["province"], "nuts3": "",
        "name": raw["name"].str.replace("--", "–"),
        "population": raw["population"].astype(float), "population_date": raw["population_date"],
        "area_km2": raw["area_km2"], "rurality": np.nan, "basis": "density",
        "national_class": "", "smallest": True,
    }).set_index("code")  # fmt: skip


def _write_name(name: str) -> str:
    """Write a name that stands in capitals as people write it."""
    if not name.isupper():
        return name.strip()
    plain = re.sub(r" *- *|  +", "–", name.strip()).title()
    return re.sub(r"–(In|On)–", lambda m: f"-{m[1].lower()}-", plain)


def take_upper(
    smallest: pd.DataFrame, districts: pd.DataFrame, regions: pd.DataFrame
) -> pd.DataFrame:
    """Return countries, regions, districts and counties, each before what lies in it."""
    rows: list[dict[str, object]] = []

    def add(code: str, level: str, kind: str, parent: str, name: str, **more: object) -> None:
        rows.append({"code": code, "level": level, "kind": kind, "parent": parent, "name": name,
                     "country": code[:2], "own_code": code, **more})  # fmt: skip

    nuts3 = sorted({*smallest["nuts3"]} - {""})
    countries = sorted({*smallest["country"]})
    for country in countries:
        add(country, "country", "country", "", name_country(country))
    provinces = sorted({*smallest.loc[smallest["nuts3"] == "", "parent"]})
    for region in provinces:
        add(region, "region", "province", region[:2], _find_label(regions, region))
    for region in sorted({code[:4] for code in nuts3}):
        add(region, "region", "nuts2", region[:2], _find_label(regions, region))
    known = districts.set_index("nuts3")
    for code in nuts3:
        own = known.loc[code] if code in known.index else {"name": code, "coastal": np.nan}
        add(code, "district", "nuts3", code[:4], str(own["name"]).strip(),
            coastal=own["coastal"])  # fmt: skip
    counties = smallest[smallest["level"] == "municipality"].groupby("parent", sort=True)
    for code, own in counties["nuts3"].unique().items():
        if str(code) not in nuts3:
            if len(own) != 1:
                raise InnocapError(f"municipalities_rurality: {code} lies in {', '.join(own)}")
            add(str(code), "county", "county", str(own[0]), str(code))
    return pd.DataFrame(rows).set_index("code").assign(smallest=False)


def _find_label(regions: pd.DataFrame, code: str) -> str:
    return str(regions.at[code, "label_en"]) if code in regions.index else code


def name_places(
    table: pd.DataFrame, names: pd.DataFrame, file: str, regions: pd.DataFrame
) -> pd.DataFrame:
    """Give every place its names: those of its own table, of the regions', or as published."""
    unknown = [code for code in names.index if code not in table.index]
    unknown += [c for c in names["merged_into"] if c and c not in table.index]
    if unknown:
        raise InnocapError(f"{file}: {unknown[0]!r} is no place in data/raw; remove the row")
    table = table.assign(**{c: names[c].reindex(table.index).fillna("") for c in names})
    # People say Donegal for the county too.
    county = (table["level"] == "county") & (table["also"] != "")
    table["name"] = table["name"].where(~county, table["also"].str.split(";").str[0])
    for language in dict.fromkeys(find_languages([*names, *regions])):
        column = f"label_{language}"
        given = table["name"]
        if column in regions:
            given = regions[column].replace("", np.nan).reindex(table.index).fillna(given)
        own = table.get(column, pd.Series("", index=table.index))
        table[column] = own.where(own != "", given)
        own = table["level"] == "country"
        table.loc[own, column] = [name_country(code, language) for code in table.index[own]]
    return table


def sum_up(table: pd.DataFrame) -> pd.DataFrame:
    """Sum people and land up the tree, and the share of people in rural places."""
    sums = table[["population", "area_km2"]].copy()
    rural = (table["rurality"] == RURAL) | _is_rural_by_density(table)
    sums["rural"] = sums["population"].where(rural, 0.0)
    dates: dict[str, set[str]] = {str(code): set() for code in table.index}
    rows = zip(table.index, table["parent"], table["population_date"], strict=True)
    for code, parent, date in reversed(list(rows)):
        dates[code] |= {date} if isinstance(date, str) else set()
        if parent:
            dates[parent] |= dates[code]
    for level in reversed(LEVELS):
        here = sums[table["level"] == level]
        parents = table.loc[here.index, "parent"]
        above = here.groupby(parents).sum()
        above = above[above.index != ""]
        for column in sums:
            sums[column] = sums[column].add(above[column], fill_value=0.0).reindex(sums.index)
    return table.assign(
        population=sums["population"], area_km2=sums["area_km2"],
        density=sums["population"] / sums["area_km2"],
        rural_share=(sums["rural"] / sums["population"]).where(~table["smallest"].astype(bool)),
        population_date=[", ".join(sorted(dates[code])) for code in table.index],
    )  # fmt: skip


def _is_rural_by_density(table: pd.DataFrame) -> pd.Series:
    density = table["population"] / table["area_km2"]
    rural = (density < RURAL_BELOW) & (table["population"] < CENTRE_FROM)
    return (table["basis"] == "density") & rural


def classify(table: pd.DataFrame, types: pd.Series) -> pd.DataFrame:
    """Fill in the class of rurality of what has none of its own, and who is sparsely populated."""
    share = table["rural_share"]
    by_share = np.select([share > _RURAL_SHARE, share >= _URBAN_SHARE], [RURAL, TOWN], CITY)
    published = pd.Series(types.astype(float)).reindex(table.index)
    by_density = np.where(_is_rural_by_density(table), RURAL, TOWN)
    own, census = table["basis"] == "degurba", table["basis"] == "density"
    rurality = np.select(
        [own, census, published.notna()], [table["rurality"], by_density, published], by_share
    )
    basis = np.select([own, census, published.notna()], ["degurba", "density", "type"], "share")
    return table.assign(
        rurality=rurality.astype(int), basis=basis, sparse=table["density"] < SPARSE_BELOW,
        national_class=table["national_class"].fillna(""),
    )  # fmt: skip


def look_around(table: pd.DataFrame) -> pd.DataFrame:
    """Add how thinly what surrounds a place is populated: what it lies in, without itself."""
    outer: Mapping[str, str] = table["parent"].to_dict()
    above = pd.Series({c: outer[c] for c in table.index})
    county = table["level"].reindex(above.to_numpy()).to_numpy() == "county"
    above = above.where(~county, above.map(outer))
    people = table["population"].reindex(above.to_numpy()).to_numpy() - table["population"]
    land = table["area_km2"].reindex(above.to_numpy()).to_numpy() - table["area_km2"]
    around = (people / land).where(land > 0)
    return table.assign(around=around.where(around > 0, table["density"]))


def tell_apart(table: pd.DataFrame) -> pd.DataFrame:
    """Add what it lies in to a name that several places of a country have, or that is a number."""
    smallest = table[table["smallest"]]
    twice = smallest.duplicated(["country", "name"], keep=False)
    names = smallest.index[twice | smallest["name"].str.contains(r"\d$")]
    again = pd.Series(table.index.isin(names), index=table.index)
    for column in list_labels(table):
        inside = table[column].reindex(table["parent"]).to_numpy()
        joined = table[column] + " (" + pd.Series(inside, index=table.index).fillna("") + ")"
        table[column] = table[column].where(~again, joined)
    return table
