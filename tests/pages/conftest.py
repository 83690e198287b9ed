"""Pages are read without drawing or writing anything; what they rest on is computed once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from matplotlib.axes import Axes

from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.pages import (
    index_view,
    marks,
    opening,
    place_survey,
    place_view,
    plots,
    survey_view,
    view,
)
from tests.frozen import EDITION

from .reading import read_brief, read_page

# Outlives a session: benchmarks/mutation.py runs many, and changes pages alone.
_known: dict[object, tuple[object, object]] = {}


@pytest.fixture(scope="package", autouse=True)
def no_files() -> Iterator[None]:
    """Let figures have texts and no marks, `view.show` return them; compute nothing twice."""
    patch = pytest.MonkeyPatch()
    patch.chdir(EDITION)
    patch.setattr(view, "save_figure", lambda chart, *_, **__: chart)
    for module, names in (
        (opening, ("load_settings", "load_capacity")),
        (index_view, ("judge_units", "leave_out_indicators", "leave_out_cells")),
        (survey_view, ("load_settings", "judge_wave", "Evidence", "tabulate_group_scores")),
        (place_view, ("load_settings", "read_places", "read_codebook", "prepare_indicators")),
        (place_view, ("read_local",)),
        (place_survey, ("load_wave", "decide_release", "Contrast")),
        (CapacityData, ("simulate",)),
    ):
        for name in names:
            patch.setattr(module, name, _compute_once(getattr(module, name)))
    patch.setattr(plots.sns, "heatmap", lambda *_, **__: None)
    for name in ("draw_dots", "draw_points", "draw_lines", "draw_bars"):  # see test_figures.py
        for module in (marks, plots):
            patch.setattr(module, name, functools.partial(_remember, name), raising=False)
    patch.setattr(Axes, "pcolormesh", lambda *_, **__: None)
    yield
    patch.undo()
    read_page.cache_clear()
    read_brief.cache_clear()


def _remember(name: str, ax: Any, *given: object, **named: object) -> None:
    """Keep on the panel what would have been drawn there."""
    vars(ax).setdefault("drawn", []).append((name, given, named))


def _compute_once(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def once(*given: object, **named: object) -> Any:
        key = (function.__qualname__, _identify(given), _identify(sorted(named.items())))
        if key not in _known:  # what was given is kept, so that nothing else gets its id
            _known[key] = (function(*given, **named), (given, named))
        return _known[key][0]

    return once


def _identify(value: object) -> object:
    """Return what tells an argument from others: texts, numbers and lists by what they hold."""
    if isinstance(value, (list, tuple)):
        return tuple(map(_identify, value))
    return value if isinstance(value, (str, int, float, type(None))) else id(value)
