"""Scores and compares how able the public sector is to innovate (the INNOCAP project)."""

import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any

import lazy_loader

import fewlikert

# The names are listed in __init__.pyi; loading all of them takes seconds that a command, or a
# notebook that uses a few, need not wait for (SPEC 1 of the Scientific Python project).
_load_own, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = version("innocap-analysis")


def _find(place: str) -> Any:  # noqa: ANN401 - any function
    module, _, name = place.partition(":")
    return getattr(import_module(f"{__name__}.{module}"), name)


# Names that were public: where the function stands now, or the method that took its place.
_OLD: dict[str, str | Callable[..., object]] = {
    "compare_to_reference": "index.reference:compare_to_reference",
    "compute_effective_weights": "index.weights:compute_effective_weights",
    "count_cleaning": "survey.answers:count_cleaning",
    "denominate": "index.steps:denominate",
    "make_table": "pages.tables:make_table",
    "tabulate_changes": "index.panel:tabulate_changes",
    "estimate_sobol": lambda runs, code, **how: runs.sobol(code, **how),
    "estimate_superiority": lambda scores, units: _find("index.ranks:rank_scores")(
        scores[list(units)]
    ).superiority(),
    "rank_interval": lambda runs, code, unit, *, units, level=0.9: tuple(
        runs.ranks(code, list(dict.fromkeys([*units, unit]))).interval(level).loc[unit]
    ),
    "rank_priorities": lambda runs, codes, unit, **how: runs.priorities(unit, codes, **how),
    "summarise_ranks": lambda runs, *, level=0.9: _find("index.ranks:rank_scores")(-runs).summary(
        level
    ),
}


def __getattr__(name: str) -> object:
    """Load a name of this package, or of the statistics that once were part of it."""
    if name in _OLD:
        warnings.warn(f"{name} is no longer public; see CHANGELOG.md", DeprecationWarning, 2)
        old = _OLD[name]
        return _find(old) if isinstance(old, str) else old
    return getattr(fewlikert, name) if name in fewlikert.__all__ else _load_own(name)
