"""The units that a page is about: whom it compares, shows and marks, and who they are held against.

Of an index of countries the partner countries are compared, shown and marked. Of another, with
many units, a page about one compares it with its peers, any other page all of them; shown are as
many as figures have room for, and a few are marked by colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from innocap_analysis.data.levels import COUNTRY
from innocap_analysis.data.units import Unit
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.index.peers import PeerGroup
from innocap_analysis.pages.drawing.figure import REFERENCE
from innocap_analysis.pages.facts import OWN_SCALE, Said
from innocap_analysis.pages.language import name_wording
from innocap_analysis.pages.view import View
from innocap_analysis.partners import PEERS

_MOST_ENDS = 6  # of many units, so many of the highest and of the lowest have a row
# Colours and marks of units that are no partner countries; all stand out on white.
_LOOKS = (("#0072B2", "o"), ("#009E73", "^"), ("#000000", "D"),
          ("#D55E00", "s"), ("#8C5A00", "P"), ("#7A3E9D", "v"))  # fmt: skip
_PLAIN = (REFERENCE, "o")


@dataclass(frozen=True, kw_only=True)
class UnitView(View):
    """A view of scored units: `place` is held against the set `reference`."""

    capacity: CapacityData
    reference: str | tuple[str, ...]
    place: Unit | None = None

    @property
    def has_many(self) -> bool:
        """Whether the units of the index are others than the partner countries."""
        return self.capacity.level != COUNTRY

    @property
    def wording(self) -> str:
        """Which words texts take: those of countries or those of places."""
        return name_wording(self.has_many, self.codebook)

    @property
    def country(self) -> str:
        """Code of the country that the page is about."""
        assert self.place is not None, "this page is about no single country"
        return self.place.country

    @property
    def about(self) -> str:
        """Code of the unit that the page is about."""
        assert self.place is not None, "this page is about no single unit"
        return self.place.code if self.has_many else self.place.country

    @cached_property
    def peers(self) -> PeerGroup:
        """The units that are like the one that the page is about."""
        return self.capacity.group_peers(self.about)

    @cached_property
    def compared(self) -> list[str]:
        """Units that are ranked among each other."""
        if not self.has_many or self.place is None:
            return self.capacity.units
        return [self.about, *self.peers.codes]

    @cached_property
    def shown(self) -> list[str]:
        """Those of the compared units that figures and tables have a row or column for."""
        if not self.has_many:
            return self.compared
        if self.place is not None:
            return self.compared[: 2 * _MOST_ENDS]
        order = self.order_measured()
        return order if len(order) <= 2 * _MOST_ENDS else order[:_MOST_ENDS] + order[-_MOST_ENDS:]

    @cached_property
    def marked(self) -> list[str]:
        """Those of the shown units that colours tell apart."""
        if not self.has_many:
            return self.compared
        if self.place is not None:
            return [self.about]
        half = len(_LOOKS) // 2
        return self.shown if len(self.shown) <= 2 * half else self.shown[:half] + self.shown[-half:]

    def fact(
        self, measure: str, value: float, kind: str, unit: str = "", code: str = "", **more: Any
    ) -> Said:
        """Return a number that may be said, of points on the scale of the index."""
        own = kind if self.codebook.is_of_hundred else OWN_SCALE.get(kind, kind)
        return super().fact(measure, value, own, unit, code, **more)

    @cached_property
    def ends(self) -> tuple[float, float]:
        """From where to where scores go."""
        if self.codebook.is_of_hundred:
            return 0.0, 100.0
        return float(self.scores.min(axis=None)), float(self.scores.max(axis=None))

    def unit(self, code: str) -> str:
        """Return the name of a country, region or place."""
        if code not in self._unit_names:
            text = self.capacity.names.name(code, self.language)
            self._unit_names[code] = self.bend(text, code)
        return self._unit_names[code]

    @cached_property
    def _unit_names(self) -> dict[str, str]:
        return {}

    def colour(self, unit: str) -> str:
        """Return the colour of a partner country or marked unit, grey for others."""
        return self._looks.get(unit, _PLAIN)[0] if self.has_many else super().colour(unit)

    def marker(self, unit: str) -> str:
        """Return the marker of a partner country or marked unit, a dot for others."""
        return self._looks.get(unit, _PLAIN)[1] if self.has_many else super().marker(unit)

    @cached_property
    def _looks(self) -> dict[str, tuple[str, str]]:
        return dict(zip(self.marked, _LOOKS, strict=False))

    @cached_property
    def members(self) -> list[str]:
        """Units of the reference set."""
        if self.reference == PEERS:
            return sorted([self.about, *self.peers.codes])
        return self.capacity.reference_units(self.reference)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Scores of every unit on every node: indicators, groups and the index."""
        return pd.concat([self.capacity.result.normalised, self.capacity.result.scores], axis=1)

    @cached_property
    def measured(self) -> list[str]:
        """Compared units that have an overall score."""
        scores = self.capacity.result.scores[self.root]
        return [unit for unit in self.compared if pd.notna(scores.get(unit))]

    def order_measured(self) -> list[str]:
        """Return the measured units, the highest overall score first."""
        scores = self.scores.loc[self.measured, self.root]
        return list(scores.sort_values(ascending=False, kind="stable").index)
