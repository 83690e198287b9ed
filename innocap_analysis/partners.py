"""Parts of the settings: countries, indexes, and with whom a place is compared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from innocap_analysis.languages import SOURCE_LANGUAGE, is_language
from innocap_analysis.parts import Part


def _check_language(code: str) -> str:
    if not is_language(code):
        raise ValueError(f"{code!r} is no code of a language, such as 'en' or 'sv'")
    return code


def _codes_or_all(value: object) -> object:
    return None if value == "all" else value


Language = Annotated[str, AfterValidator(_check_language)]
# What the units of an index are; the levels of the tree of places.
Level = Literal["country", "region", "district", "county", "municipality"]
Members = Annotated[tuple[str, ...] | None, BeforeValidator(_codes_or_all)]
ReferenceSets = Annotated[dict[str, Members], Field(min_length=1)]
PEERS = "peers"  # the reference set of a unit and those that are like it


class Country(Part):
    """One partner country: its partner region and how figures mark it."""

    partner_region: str
    partner_area: Annotated[dict[Language, str], Field(min_length=1)]
    colour: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
    marker: Annotated[str, Field(pattern=r"^[os^vDP*Xd<>ph8]$")]

    def name_area(self, language: str) -> str:
        """Return the name of the partner area, in English where a language has none."""
        names = self.partner_area
        for own in (language, SOURCE_LANGUAGE, *names):
            if names.get(own, "").strip():
                return names[own]
        return self.partner_region


def _hold_against_all() -> dict[str, tuple[str, ...] | None]:
    return {"all": None}


class IndexPlan(Part):
    """An index beside the default one: its codebook, its units and whom they are held against."""

    codebook: Path
    level: Level
    title: dict[Language, str] = Field(default_factory=dict)
    reference_sets: ReferenceSets = Field(default_factory=_hold_against_all)


class PeerRule(Part):
    """With whom a place is compared; see :mod:`innocap_analysis.index.peers`."""

    rule: Literal["class", "nearest"] = "class"
    factor: Annotated[float, Field(gt=1)] = 2.0
    least: Annotated[int, Field(ge=10)] = 10
    number: Annotated[int, Field(ge=10)] = 15
