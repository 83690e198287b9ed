"""What counts as equal: figures that differ by no more than the rounding of their size."""

from __future__ import annotations

import numpy as np

ROUNDING = 1e-12  # relative; published figures have a dozen digits at most

Array = np.ndarray


def find_extremes(x: Array) -> tuple[Array, Array]:
    """Return the lowest and highest figure of each row, NaN where it has none."""
    known = ~np.isnan(x)
    some = known.any(axis=-1, keepdims=True)
    low = np.where(known, x, np.inf).min(axis=-1, keepdims=True, initial=np.inf)
    high = np.where(known, x, -np.inf).max(axis=-1, keepdims=True, initial=-np.inf)
    return np.where(some, low, np.nan), np.where(some, high, np.nan)


def is_flat(x: Array) -> Array:
    """Tell of each row whether its figures do not vary; one without any does not."""
    low, high = find_extremes(x)
    return np.asarray(~(high - low > measure_rounding(x)))


def measure_rounding(x: Array) -> Array:
    """Return the difference that is nothing but rounding, row by row."""
    low, high = find_extremes(x)
    return np.asarray(ROUNDING * np.maximum(np.abs(low), np.abs(high)))


def rank_figures(x: Array, *, descending: bool = False) -> Array:
    """Rank each row; ties share the lowest rank (competition ranking), NaN has none."""
    figures = -x if descending else x
    order = np.argsort(figures, axis=-1, kind="stable")  # NaN last
    ordered = np.take_along_axis(figures, order, axis=-1)
    # A figure ties with the one below it, not with one a rounding further down.
    risen = np.diff(ordered, axis=-1) > measure_rounding(x)
    first = np.concatenate([np.ones_like(risen[..., :1]), risen], axis=-1)
    if not risen.shape[-1]:
        first = np.ones_like(ordered, dtype=bool)
    places = np.where(first, np.arange(1.0, x.shape[-1] + 1), 0.0)
    ranks = np.empty_like(ordered)
    np.put_along_axis(ranks, order, np.maximum.accumulate(places, axis=-1), axis=-1)
    return np.where(np.isnan(x), np.nan, ranks)
