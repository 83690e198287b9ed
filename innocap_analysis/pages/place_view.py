"""The view of places: one place with its peers, or the levels of government of many countries."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import pandas as pd

from innocap_analysis.data.datapackage import read_datapackage
from innocap_analysis.data.find_places import find_place
from innocap_analysis.data.local import LocalFigures, read_local
from innocap_analysis.data.place_tree import RURAL, TOWN
from innocap_analysis.data.places import Places, read_places
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import choose_texts
from innocap_analysis.index.capacity import prepare_indicators
from innocap_analysis.index.codebook import COLUMNS, Codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.peers import (
    PeerGroup,
    Standing,
    find_nearest,
    group_by_class,
    stand_among,
)
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.names import Name
from innocap_analysis.pages.view import COMPARISON, View
from innocap_analysis.reads import keep
from innocap_analysis.settings import Settings, load_settings

_NO_FIGURES = pd.DataFrame(columns=["unit", "time", "code", "value"])
RULES = ("class", "nearest")
FEW_SERVICES = 3  # a mean over fewer is told with care, and none to start from


@dataclass(frozen=True, kw_only=True)
class PlaceView(View):
    """A view of places.

    Attributes
    ----------
    places : Places
        Every place.
    local : LocalFigures
        What is measured of regions and levels of government.
    place : str
        Code of the place that the page is about; empty where it is about all.
    rule : str
        How its peers are chosen.
    """

    places: Places
    local: LocalFigures
    place: str = ""
    rule: str = "class"

    @cached_property
    def row(self) -> pd.Series:
        """What is known of the place."""
        return self.places.table.loc[self.place]

    def look_up(self, name: str, *about: str) -> str:
        """Return the name of the `place`, its `region` or its `country`."""
        return self.unit(getattr(self, name))

    @property
    def country(self) -> str:
        """Code of its country."""
        return str(self.row["country"])

    @cached_property
    def region(self) -> str:
        """Code of its statistical region (NUTS 2) or province; its own where it is one."""
        found = self.places.above(self.place, "region")
        assert found is not None, "a place lies in a region"
        return found

    def unit(self, code: str) -> str:
        """Return the name of a place or country."""
        rows = self.places.rows
        if code not in rows:
            return super().unit(code)
        level = str(rows[code]["level"])
        kind = level if level in ("country", "region") else "place"
        return self.name(self.places.label(code, self.language), code, kind)

    def code(self, code: str) -> str:
        """Return the label of what is measured."""
        if code in self.places.rows:  # in the data of a figure
            return self.unit(code)
        if code in self.local.labels.index:
            label = str(choose_texts(self.local.labels, "label", self.language)[code])
            return self.name(label, code, "indicator")
        return super().code(code)

    def find_measure(self, code: str) -> str:
        """Return what one of a figure is."""
        table = self.local.labels if code in self.local.labels.index else self.codebook.table
        return str(table.at[code, "unit"])

    def find_sources(self, code: str) -> tuple[str, ...]:
        """Return the raw files behind an indicator."""
        table = self.local.labels if code in self.local.labels.index else self.codebook.table
        return (str(table.at[code, "source"]),) if code in table.index else ()

    @cached_property
    def pool(self) -> pd.DataFrame:
        """The places that this one may be compared with, itself included.

        Of its own kind and country; of districts and regions there are so few that those of the
        other countries join. What is no more is nobody's peer.
        """
        table, own = self.places.table, self.row
        if own["level"] == "region":
            chosen = table["level"] == "region"
        else:
            chosen = table["kind"] == own["kind"]
            if own["smallest"]:
                chosen &= table["country"] == own["country"]
        gone = (table["merged_into"] != "") & (table.index != self.place)
        return table[chosen & ~gone]

    @cached_property
    def peers(self) -> PeerGroup:
        """Its peers, by the rule of the project."""
        rule = self.settings.peers
        if self.rule == "nearest":
            return find_nearest(self.pool, self.place, number=rule.number)
        return group_by_class(self.pool, self.place, factor=rule.factor, least=rule.least)

    def stand_in_peers(self, column: str) -> Standing:
        """Say where the place stands among its peers."""
        values = self.places.table.loc[[self.place, *self.peers.codes], column]
        return stand_among(values.astype(float), self.place)

    def size(self, column: str, code: str = "") -> Said:
        """Return population, area, density or another number of a place."""
        unit = code or self.place
        kinds = {"population": "count", "area_km2": "km2", "rural_share": "share"}
        value = self.places.rows[unit][column]
        return self.fact(column, value, kinds.get(column, "per_km2"), unit=unit,
                         sources=self._find_files(unit))  # fmt: skip

    def count_peers(self, measure: str, number: float, *, code: str = "") -> Said:
        """Return a number about the place among its peers."""
        return self.fact(measure, number, "count", unit=self.place, code=code,
                         n=len(self.peers.codes), sources=self._find_files(self.place))  # fmt: skip

    def _find_files(self, unit: str) -> tuple[str, ...]:
        row = self.places.rows[unit]
        name = "canada_census_divisions" if row["country"] == "CA" else "municipalities_rurality"
        return (name, "regions_nuts3_rurality") if row["kind"] == "nuts3" else (name,)

    @cached_property
    def regional(self) -> pd.DataFrame:
        """Regions x codes of what is measured of regions."""
        return self.local.by_region

    @cached_property
    def regional_codes(self) -> list[str]:
        """What is measured of regions, the index's own first."""
        own = [code for code in self.codebook.table.index if code in self.regional]
        return [*own, *(code for code in self.regional if code not in own)]

    def measure_region(self, code: str, unit: str = "") -> Said:
        """Return a figure of a region."""
        region = unit or self.region
        value = self.regional[code].get(region)
        return self.fact("value", value, "figure", unit=region, code=code)

    def stand_in_country(self, code: str) -> Standing:
        """Say where the region stands among those of its country."""
        return self._standings[code]

    @cached_property
    def _standings(self) -> dict[str, Standing]:
        owner = self.places.table["country"].reindex(self.regional.index)
        same = self.regional[owner == self.country]
        return {str(code): stand_among(same[code], self.region) for code in same}

    def figure_year(self, code: str, unit: str = "") -> Said:
        """Return the year that a region's figure is from."""
        about = unit or self.region
        return self.fact("year", self.find_year(about, code), "year", unit=about, code=code)

    def find_year(self, unit: str, code: str) -> float:
        """Return the year that a region's figure is from; NaN where it has none."""
        rows = self.local.regions
        own = rows.loc[(rows["unit"] == unit) & (rows["code"] == code), "time"]
        return float(own.iloc[0]) if len(own) else math.nan

    @cached_property
    def levels(self) -> pd.DataFrame:
        """Central and local government side by side: one row per country and code."""
        return self.local.levels

    @cached_property
    def government_codes(self) -> list[str]:
        """What is measured of levels of government."""
        own = self.local.labels.index[self.local.labels["kind"] == "government"]
        return [str(code) for code in own]

    def level(self, row: Any, column: str) -> Said:
        """Return one number of a row of :attr:`levels`."""
        kind = {"gap": "gap"}.get(column, "count" if column.startswith("services") else "points")
        number = row.services_local if column in ("local", "gap") else row.services_central
        return self.fact(column, getattr(row, column), kind, unit=row.country, code=row.code,
                         n=number, sources=self.find_sources(row.code))  # fmt: skip

    def tick_size(self, at: float, _: object = None) -> str:
        """Write a number along a logarithmic axis."""
        return self.number(at, decimals=0 if at >= 1 else 2)

    def tell_kind(self, code: str) -> str:
        """Return in words what a place is."""
        words = {
            "municipality": self.say("municipality"),
            "electoral area": self.say("local electoral area"),
            "census division": self.say("census division"),
            "county": self.say("county"),
            "nuts3": self.say("region (NUTS 3)"),
            "nuts2": self.say("statistical region (NUTS 2)"),
            "province": self.say("province or territory"),
        }
        return words[str(self.places.rows[code]["kind"])]

    def tell_rurality(self, code: str) -> Name:
        """Return in words how rural a place is, by the measure that there is of it."""
        row = self.places.rows[code]
        if row["basis"] == "degurba":
            words = {
                1: self.say("city"), TOWN: self.say("town or suburb"), RURAL: self.say("rural area")
            }  # fmt: skip
        elif row["basis"] == "density":
            words = {TOWN: self.say("urban or mixed"), RURAL: self.say("rural")}
        else:
            words = {
                1: self.say("predominantly urban"), TOWN: self.say("intermediate"),
                RURAL: self.say("predominantly rural"),
            }  # fmt: skip
        return Name(words[int(row["rurality"])], {})

    @cached_property
    def edition(self) -> str:
        """Return a short hash over the raw files that the page rests on."""
        role = None if self.place else "places"  # without a place no figure of the index is shown
        own = read_datapackage(self.settings.raw_dir, role=role)
        files = {one.name: one.sha256 for one in own}
        return hashlib.sha256(json.dumps(files).encode("utf-8")).hexdigest()[:12]


def open_place_view(
    page: str,
    *,
    place: str | None = None,
    language: str = "en",
    peers: str | None = None,
    settings: Settings | None = None,
) -> PlaceView:
    """Open a view of places, as the notebooks about places and local government do first.

    Parameters
    ----------
    page : str
        Number of the notebook, such as ``"35"``.
    place : str, optional
        Code or name of a municipality, district or region. Default: the page is about all.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of everything shown.
    peers : {'class', 'nearest'}, optional
        How peers are chosen. Default: as the settings say.
    settings : Settings, optional
        Default: found from the working directory.

    Returns
    -------
    PlaceView
        Hand it to the functions of the page's module; ``view.show`` saves and shows a figure.

    Raises
    ------
    InnocapError
        The place is unknown, ambiguous or a country, or a file is faulty.

    Examples
    --------
    >>> view = open_place_view("35", place="Örnsköldsvik")
    >>> view.region
    'SE32'
    """
    config = settings or load_settings()
    places = read_places(config)
    rule = peers or config.peers.rule
    if rule not in RULES:
        raise InnocapError(f"peers: {rule!r} is no rule; choose one of {', '.join(RULES)}")
    code = "" if place is None else check_place(place, places)
    # About all places, only levels of government are shown and nothing of the index.
    book, local = keep(("local", bool(code)), partial(_read_figures, config, places, bool(code)),
                       config.hash_read)  # fmt: skip
    return PlaceView(
        config, book, config.check_language(language),
        page=f"{page}{config.variant_suffix}", folder=code or COMPARISON, places=places,
        local=local, place=code, rule=rule,
    )  # fmt: skip


def _read_figures(
    settings: Settings, places: Places, indicators: bool
) -> tuple[Codebook, LocalFigures]:
    """Read what is the same on every page: the codebook, and what is measured of regions."""
    book = Codebook(pd.DataFrame(columns=COLUMNS, dtype=object).set_index("code"))
    observations = _NO_FIGURES
    if indicators:
        book = read_codebook(settings.codebook_path)
        observations = prepare_indicators(settings, book).observations
    return book, read_local(settings, places, observations)


def check_place(place: str, places: Places) -> str:
    """Return the code of a place that has a page; countries have pages of their own."""
    code = find_place(place, places)
    if places.table.at[code, "level"] == "country":
        raise InnocapError(
            f"place {place!r} is a country: pages 30 and 60 are about countries, with "
            f"region={code!r}"
        )
    return code
