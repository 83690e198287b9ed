"""What options may be, refused before it turns into a number."""

from __future__ import annotations

import math

import numpy as np

from fewlikert.errors import InputError

# Codes of answers that are on no scale.
DONT_KNOW = -8.0
NOT_APPLICABLE = -9.0


def read_number(value: object) -> float:
    """Return a number, NaN where a value is none; a text or a truth is none."""
    plain = isinstance(value, int | float | np.integer | np.floating)
    return float(value) if plain and not isinstance(value, bool) else math.nan  # type: ignore[arg-type]


def check_level(value: object, name: str = "level") -> None:
    """Refuse a level of an interval, or a share, that is not between 0 and 1, such as 95."""
    if not 0 < read_number(value) < 1:
        raise InputError(f"{name}: lies between 0 and 1, such as 0.9; found {value!r}")


def check_count(value: object, name: str, *, least: int = 1) -> None:
    """Refuse what is no whole number, or fewer than needed; 3.0 counts nothing."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least:  # type: ignore[operator]
        raise InputError(f"{name}: a whole number, {least} or more, is needed; found {value!r}")


def check_positive(value: object, name: str) -> None:
    """Refuse what is no number above zero; infinity is none."""
    if not 0 < read_number(value) < math.inf:
        raise InputError(f"{name} {value!r} is not above zero, or no finite number")


def check_generator(value: object) -> None:
    """Refuse a seed where a generator of random numbers is needed."""
    if not isinstance(value, np.random.Generator):
        hint = "a numpy Generator is needed, such as np.random.default_rng(1)"
        raise InputError(f"rng: {hint}; found {value!r}")
