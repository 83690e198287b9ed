"""Pages are read without drawing or writing anything, and data are scored once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.pages import opening, view

from .reading import ROOT, read_page


@pytest.fixture(scope="session", autouse=True)
def no_files() -> Iterator[None]:
    """Let `view.show` return the figure as it is, and load the data of a year once."""
    patch = pytest.MonkeyPatch()
    patch.chdir(ROOT)
    patch.setattr(view, "save_figure", lambda chart, *_, **__: chart)
    patch.setattr(opening, "load_capacity", _load)
    patch.setattr(CapacityData, "simulate", _simulate_once(CapacityData.simulate))
    yield
    patch.undo()
    read_page.cache_clear()


_loaded: dict[int | None, CapacityData] = {}
_original = opening.load_capacity


def _load(*, year: int | None = None, settings: object = None) -> CapacityData:
    if year not in _loaded:
        _loaded[year] = _original(year=year)
    return _loaded[year]


def _simulate_once(simulate: object) -> object:
    known: dict[object, object] = {}

    def once(self: CapacityData, **how: object) -> object:
        key = (id(self), repr(sorted(how.items())))
        if key not in known:
            known[key] = simulate(self, **how)  # type: ignore[operator]
        return known[key]

    return once
