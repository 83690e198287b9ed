"""What may stand in an option or among answers, refused before it turns into a number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fewlikert.errors import InputError

# Codes of answers that are on no scale.
DONT_KNOW = -8.0
NOT_APPLICABLE = -9.0
ROUNDING = 1e-12  # relative; published figures have a dozen digits at most


def check_level(value: float) -> None:
    """Refuse a level of an interval that is not between 0 and 1, such as 95."""
    if not 0 < value < 1:
        raise InputError(f"level: lies between 0 and 1, such as 0.9; found {value!r}")


def refuse_codes(table: pd.DataFrame, items: Sequence[str]) -> None:
    """Refuse answers among which the codes of *don't know* and *not applicable* still stand.

    They are answers on no scale. A column with other figures below zero, or with fractions, is
    no column of answers.
    """
    for item in items:
        x = pd.to_numeric(table[item], errors="coerce").dropna().to_numpy(dtype=float)
        coded = np.isin(x, (DONT_KNOW, NOT_APPLICABLE))
        if coded.any() and (x[~coded] >= 0).all() and (x == np.round(x)).all():
            raise InputError(
                f"{item}: {coded.sum()} answers are {DONT_KNOW:g} (don't know) or "
                f"{NOT_APPLICABLE:g} (not applicable), which are none; leave them out first, for "
                f"example with table.where(table > {DONT_KNOW:g})"
            )


def is_flat(x: np.ndarray) -> np.ndarray:
    """Tell of each row whether its figures do not vary by more than the rounding of their size."""
    known = ~np.isnan(x)
    low = np.where(known, x, np.inf).min(axis=-1, initial=np.inf)
    high = np.where(known, x, -np.inf).max(axis=-1, initial=-np.inf)
    # Without any figure the range is minus infinity, which is no more than any rounding.
    return np.asarray(high - low <= ROUNDING * np.maximum(np.abs(low), np.abs(high)))
