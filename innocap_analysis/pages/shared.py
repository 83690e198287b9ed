"""What many pages rest on, computed once in a process for each content of figures and index."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any, TypeVar, cast

import pandas as pd

from innocap_analysis.index.capacity import CapacityData

T = TypeVar("T")

_MOST = 16
# Of larger indexes each page computes its own: what is kept here stays until the process ends.
_MOST_SCORES = 2_000  # units x nodes: 30 MB of 2,000 runs
_SHARED_CACHE: dict[tuple[object, ...], object] = {}


def share(capacity: CapacityData, what: tuple[object, ...], compute: Callable[[], T]) -> T:
    """Return what depends on the index, its figures and `what` alone, each time as a copy."""
    if capacity.result.scores.size > _MOST_SCORES:
        return compute()
    key = (capacity.digest, *what)
    if key not in _SHARED_CACHE:
        while len(_SHARED_CACHE) >= _MOST:
            del _SHARED_CACHE[next(iter(_SHARED_CACHE))]
        _SHARED_CACHE[key] = compute()
    return copy_result(cast("T", _SHARED_CACHE[key]))


def copy_result(thing: T) -> T:
    """Copy a result; tables share their memory with it until somebody writes into one."""
    made: Any = thing
    if isinstance(thing, pd.DataFrame | pd.Series):
        made = thing.copy(deep=False)
    elif isinstance(thing, dict):
        made = {key: copy_result(value) for key, value in thing.items()}
    elif is_dataclass(thing) and not isinstance(thing, type):
        made = copy.copy(thing)
        for name, value in vars(thing).items():  # what has been computed of it, too
            object.__setattr__(made, name, copy_result(value))
    return cast("T", made)
