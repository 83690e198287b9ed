"""Places, peers and levels of government computed anew: csv and numpy, nothing of the package.

Written from METHODS.md (section 10) and the raw files alone.
"""

from __future__ import annotations

import csv
import functools
import math
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from tests.frozen import EDITION

FACTOR, LEAST = 2, 10
GOVERNMENT = ["TRANSPARENCY", "EID", "EDOCUMENTS", "PREFILLED", "MOBILE"]


def read_raw(name: str) -> list[dict[str, str]]:
    with (EDITION / "data" / "raw" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@dataclass
class Node:
    """A place: its own figures, and the smallest places that lie in it."""

    code: str
    kind: str
    country: str
    outer: list[str]
    people: float = 0.0
    land: float = 0.0
    rural_people: float = 0.0
    rurality: int = 0
    parts: list[str] = field(default_factory=list)

    @property
    def density(self) -> float:
        return self.people / self.land

    @property
    def sparse(self) -> bool:
        return self.density < 12.5


class PlaceOracle:
    """The tree of places, and what is measured of regions and governments."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        for row in read_raw("municipalities_rurality"):
            code, country = f"{row['country']}-{row['lau_code']}", row["country"]
            nuts3 = row["nuts3_2024"]
            outer = [nuts3, nuts3[:4], country]
            kind = "municipality"
            if country == "IE":
                outer, kind = [f"IE-{row['lau_code'][:-4]}", *outer], "area"
            node = Node(code, kind, country, outer, int(row["population"]), float(row["area_km2"]))
            node.rurality = int(row["degurba"])
            self.nodes[code] = node
        for row in read_raw("canada_census_divisions"):
            node = Node(f"CA-{row['cduid']}", "division", "CA", [f"CA-{row['province']}", "CA"],
                        int(row["population"]), float(row["area_km2"]))  # fmt: skip
            node.rurality = 3 if node.density < 150 and node.people < 200_000 else 2
            self.nodes[node.code] = node
        self.smallest = list(self.nodes)
        types = {r["nuts3"]: int(r["urban_rural_type"]) for r in read_raw("regions_nuts3_rurality")}
        for code in self.smallest:
            node = self.nodes[code]
            for i, outer in enumerate(node.outer):
                kind = {2: "country", 4: "nuts2", 5: "nuts3"}.get(len(outer), "county")
                if "-" in outer:
                    kind = "province" if node.country == "CA" else "county"
                up = self.nodes.setdefault(
                    outer, Node(outer, kind, node.country, node.outer[i + 1 :])
                )
                up.people += node.people
                up.land += node.land
                up.rural_people += node.people if node.rurality == 3 else 0
                up.parts.append(code)
        for code, node in self.nodes.items():
            if node.parts:
                share = node.rural_people / node.people
                node.rurality = types.get(code) or (3 if share > 0.5 else 2 if share >= 0.2 else 1)
        self.merged = {"FI-099": ("FI-214", 2021), "FI-911": ("FI-541", 2020),
                       "FI-588": ("FI-507", 2025)}  # fmt: skip

    def around(self, code: str) -> float:
        """Density of what a place lies in without itself; counties do not count for areas."""
        node = self.nodes[code]
        outer = node.outer[1] if node.kind == "area" else node.outer[0]
        up = self.nodes[outer]
        people, land = up.people - node.people, up.land - node.land
        return people / land if land > 0 and people > 0 else node.density

    def pool(self, code: str) -> list[str]:
        """Those that a place may be compared with, without itself."""
        node = self.nodes[code]
        regions = {"nuts2", "province"}
        kinds = regions if node.kind in regions else {node.kind}
        return [
            c
            for c, other in self.nodes.items()
            if other.kind in kinds
            and c != code
            and (node.parts or other.country == node.country)
            and c not in self.merged
        ]

    @functools.cache  # noqa: B019 - there is one oracle
    def peers(self, code: str) -> tuple[list[str], float]:
        """The peers, and the factor that their population lies within."""
        own, pool = self.nodes[code], self.pool(code)
        apart = {c: abs(math.log(self.nodes[c].people / own.people)) for c in pool}

        def within(factor: float, chosen: list[str]) -> list[str]:
            return [c for c in chosen if apart[c] <= math.log(factor) + 1e-12]

        same = [c for c in pool if self.nodes[c].rurality == own.rurality]
        alike = [c for c in same if self.nodes[c].sparse == own.sparse]
        for factor, chosen in (
            (FACTOR, alike), (FACTOR**2, alike), (FACTOR, same), (FACTOR**2, same),
            (math.inf, same), (FACTOR**2, pool),
        ):  # fmt: skip
            found = within(factor, chosen)
            if len(found) >= LEAST:
                return sorted(found, key=apart.__getitem__), factor
        return sorted(pool, key=apart.__getitem__)[:LEAST], math.inf

    def size(self, code: str, what: str) -> float:
        node = self.nodes[code]
        if what == "around":
            return self.around(code)
        return {"population": node.people, "area_km2": node.land, "density": node.density}[what]

    @functools.cached_property
    def regional(self) -> dict[str, dict[str, tuple[float, int]]]:
        """Figure and year of each region, by indicator."""
        found: dict[str, dict[str, tuple[float, int]]] = defaultdict(dict)
        with (EDITION / "data/codebooks/regions.csv").open(encoding="utf-8", newline="") as stream:
            units = {row["raw_code"]: row["unit"] for row in csv.DictReader(stream)}
        rows = [(r, units[r["region"]]) for r in read_raw("oecd_regional_wellbeing")]
        internet = read_raw("eurostat_daily_internet_use")
        last = max(r["year"] for r in internet)
        rows += [
            (r, r["region"]) for r in internet if r["year"] == last and r["region"] in self.nodes
        ]
        for row, unit in rows:
            if len(unit) > 2 and self.nodes[unit].kind in ("nuts2", "province"):
                known = found[row["indicator"]].get(unit, (0.0, 0))
                if int(row["year"]) > known[1]:
                    found[row["indicator"]][unit] = (float(row["value"]), int(row["year"]))
        return found

    def region(self, code: str) -> str:
        """The statistical region or province that a place lies in."""
        kinds = {"nuts2", "province"}
        return next(c for c in [code, *self.nodes[code].outer] if self.nodes[c].kind in kinds)

    def same_country(self, region: str, indicator: str) -> dict[str, float]:
        """Figures of the regions of the same country."""
        country = self.nodes[region].country
        own = self.regional[indicator]
        return {c: value for c, (value, _) in own.items() if self.nodes[c].country == country}

    @functools.cached_property
    def government(self) -> dict[tuple[str, str], dict[str, tuple[float, int]]]:
        """Value and services by level of government, by country and indicator."""
        found: dict[tuple[str, str], dict[str, tuple[float, int]]] = defaultdict(dict)
        for row in read_raw("ec_egovernment_by_level"):
            if row["check"] == "equal" and row["indicator"] != "EGOV_ONLINE":
                key = (row["country"], row["indicator"])
                found[key][row["government_level"]] = (float(row["value"]), int(row["services"]))
        return {k: v for k, v in found.items() if {"central", "local"} <= set(v)}

    def gaps(self, indicator: str) -> np.ndarray:
        """Central less local of every country."""
        own = [v for (_, code), v in self.government.items() if code == indicator]
        return np.array([v["central"][0] - v["local"][0] for v in own])


@functools.cache
def consult_places() -> PlaceOracle:
    return PlaceOracle()
