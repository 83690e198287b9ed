"""Options that are possible, refused before they turn into a number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from innocap_analysis.codebook import DONT_KNOW, NOT_APPLICABLE
from innocap_analysis.settings import InnocapError


def check_share(name: str, value: float) -> None:
    """Refuse a share that is not between 0 and 1, such as 50 for a half."""
    if not 0 <= value <= 1:
        raise InnocapError(f"{name}: a share lies between 0 and 1, found {value!r}")


def check_level(value: float) -> None:
    """Refuse a level of an interval that is not between 0 and 1, such as 95."""
    if not 0 < value < 1:
        raise InnocapError(f"level: lies between 0 and 1, such as 0.9; found {value!r}")


def check_count(name: str, value: int) -> None:
    """Refuse a number of runs or resamples below one."""
    if isinstance(value, bool) or value < 1 or int(value) != value:
        raise InnocapError(f"{name}: must be a whole number of 1 or more, found {value!r}")


def check_options(name: str, options: Sequence[object]) -> None:
    """Refuse a choice without options, or with one twice, which would count double."""
    if not options:
        raise InnocapError(f"{name}: names nothing to choose from")
    twice = [option for option in options if list(options).count(option) > 1]
    if twice:
        raise InnocapError(f"{name}: {twice[0]!r} is named twice")


def refuse_codes(table: pd.DataFrame, items: Sequence[str]) -> None:
    """Refuse answers among which the codes of *don't know* and *not applicable* still stand.

    They are answers on no scale. A column with other figures below zero, or with fractions, is
    no column of answers.
    """
    for item in items:
        x = pd.to_numeric(table[item], errors="coerce").dropna().to_numpy(dtype=float)
        coded = np.isin(x, (DONT_KNOW, NOT_APPLICABLE))
        if coded.any() and (x[~coded] >= 0).all() and (x == np.round(x)).all():
            raise InnocapError(
                f"{item}: {coded.sum()} answers are {DONT_KNOW:g} (don't know) or "
                f"{NOT_APPLICABLE:g} (not applicable), which are none; leave them out first, for "
                f"example with table.where(table > {DONT_KNOW:g})"
            )
