"""The units of an index of regions or municipalities, as a plan names them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from innocap_analysis.batch.rows import Faults
from innocap_analysis.data.find_places import choose_places
from innocap_analysis.data.places import read_places
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.capacity import CapacityData, load_capacity
from innocap_analysis.settings import Settings


class ManyUnits:
    """The units of an index whose units are no countries; the figures say which there are."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _capacity(self) -> CapacityData:
        return load_capacity(settings=self._settings)

    def find(self, wanted: str) -> str:
        """Return the code of a unit that is named by code or name."""
        return self._capacity.names.find(wanted, self._capacity.units).code

    def choose(self, words: Sequence[str], country: str | None) -> Sequence[str]:
        """Return the units among places that are chosen by kind, name or file."""
        places = read_places(self._settings)
        chosen = choose_places(words, places, country=country, folder=Path.cwd())
        known = set(self._capacity.units)
        found = [code for code in chosen if code in known]
        if not found:
            raise InnocapError(
                f"--places {', '.join(words)}: none of these {len(chosen)} is a unit of "
                f"{self._settings.index or 'the index'} with figures"
            )
        return found

    def list(
        self, words: Sequence[str] | None, asked: Sequence[str] | None, place: str, faults: Faults
    ) -> list[str]:
        """Return the units of a row: those that it names, or all; of them those asked for."""
        if words is None or list(words) == ["countries"]:
            return self._capacity.units if asked is None else [*asked]
        found = []
        for word in words:
            try:
                found.append(self.find(word))
            except InnocapError as error:
                faults.add(place, error)
        return [unit for unit in found if asked is None or unit in asked]
