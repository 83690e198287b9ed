"""Every mean as one object: word, formula, where it is defined, figures that it gives.

A new one is one more object in `_ALL`; scoring, the check of a codebook and the sensitivity
runs read it there. Its `vectors` are its test. The explorer, which runs in a browser, has its
own of the same word (`pages/explorer/engine.js`), and a test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from fewlikert.tables import ROUNDING
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.index.figures import measure_rounding

Array = np.ndarray
# Figures of the children, their weights, and the sum of the weights; arrays that broadcast, the
# last axis is of units. A child that takes no part has the weight 0 and some figure or other.
Combine = Callable[[Sequence[Array], Sequence[Array], Array], Array]

# Nearer to zero a power is the geometric mean, and has no digits left; above it overflows.
_LEAST_POWER, _MOST_POWER = 1e-3, 100
_CELLS = 2**20  # of an array of pairs that is held at once


class MeanVector(NamedTuple):
    """Scores that a mean is known to give, in `parameter` what stands after its colon."""

    figures: Sequence[Sequence[float]]  # units x children
    weights: Sequence[float]
    scores: Sequence[float]
    parameter: str = ""


def _take_none(mean: Mean, parameter: str) -> Mean:
    if parameter:
        raise ValueError(parameter)
    return mean


@dataclass(frozen=True)
class Mean:
    """One way to combine children."""

    word: str  # as the codebook names it
    formula: str  # as METHODS writes it
    combine: Combine
    lowest: float = -math.inf  # figures below are outside of its domain, and refused
    zero_at_zero: bool = False  # one child of zero makes it zero, the limit; that is told
    no_value: str = ""  # why it may have no value; told of the units that have none
    by_unit: bool = True  # a unit's score is the same whoever else is in the table
    forms: str = ""  # how the word is written with a parameter
    # Returns the mean of a parameter; raises ValueError where it is none.
    read: Callable[[Mean, str], Mean] = _take_none
    vectors: tuple[MeanVector, ...] = ()


def find_mean(text: str) -> Mean:
    """Return the mean that a codebook names, with its parameter where it takes one."""
    word, colon, parameter = str(text).partition(":")
    try:
        mean = MEANS[word]
        if colon and not parameter:
            raise ValueError
        return mean.read(mean, parameter)
    except (KeyError, ValueError):
        forms = "; ".join(mean.forms for mean in MEANS.values() if mean.forms)
        raise InnocapError(
            f"aggregate {text!r} is none of {', '.join(MEANS)} ({forms})"
            + suggest(word, list(MEANS))
        ) from None


def add(parts: Iterable[Array]) -> Array:
    """Add up in the given order, so that the last bit is the same for one unit and for many."""
    total = np.zeros(1)
    for part in parts:
        if total.shape == np.broadcast_shapes(total.shape, np.shape(part)):
            total += part
        else:
            total = total + part
    return total


def _keep(x: Array) -> Array:
    return x


def _transform(forward: Callable[[Array], Array], backward: Callable[[Array], Array]) -> Combine:
    """Return the mean under a function: its inverse at the weighted mean of its values."""

    def combine(xs: Sequence[Array], ws: Sequence[Array], total: Array) -> Array:
        return backward(add(map(weigh, xs, ws)) / total)

    def weigh(x: Array, w: Array) -> Array:
        y = forward(x)
        # A zero may have no finite value, and must count for nothing where it weighs nothing.
        plain = (w > 0).all() or np.isfinite(y).all()
        return np.asarray(w * y if plain else np.where(w > 0, w * y, 0.0))

    return combine


def _read_power(mean: Mean, parameter: str) -> Mean:
    p = float(parameter)
    if p and not _LEAST_POWER <= abs(p) <= _MOST_POWER:
        raise ValueError(parameter)
    if p == 0:
        return replace(MEANS["geometric"], word=mean.word)
    combine = _transform(lambda x: np.power(x, p), lambda x: np.power(x, 1.0 / p))
    return replace(mean, combine=combine, zero_at_zero=p < 0)


def _penalise(sign: float) -> Combine:
    """Return mean minus (or plus) variance over mean, Mazziotta and Pareto's index."""

    def combine(xs: Sequence[Array], ws: Sequence[Array], total: Array) -> Array:
        mean = add(w * x for x, w in zip(xs, ws, strict=True)) / total
        variance = add(w * (x - mean) ** 2 for x, w in zip(xs, ws, strict=True)) / total
        below = (mean < 0) & (variance > 0)
        if below.any():
            raise InnocapError(
                "mpi needs means above zero, or the penalty turns into a bonus, but one is "
                f"{mean[below].min():.6g}; bring the indicators to a scale from 0 to 100"
            )
        # Without spread there is no penalty, whatever the mean.
        penalty = np.where(variance == 0, 0.0, variance / np.where(mean == 0, np.nan, mean))
        return np.asarray(mean + sign * penalty)

    return combine


def _read_mpi(mean: Mean, parameter: str) -> Mean:
    return replace(mean, combine=_penalise({"": -1.0, "-": -1.0, "+": 1.0}[parameter]))


def _count_wins(xs: Sequence[Array], ws: Sequence[Array], total: Array) -> Array:
    """Compare every pair of units on the children that both have."""
    shape = np.broadcast_shapes(*map(np.shape, [*xs, *ws]))
    values = [np.broadcast_to(x, shape) for x in xs]
    weights = [np.broadcast_to(w, shape) for w in ws]
    tolerances = [measure_rounding(x)[..., None] for x in values]
    slack = ROUNDING * np.broadcast_to(total, shape)
    wins = np.empty(shape)
    step = max(1, _CELLS // math.prod(shape))
    for start in range(0, shape[-1], step):
        part = np.s_[..., start : start + step, None]
        balance = np.zeros((*values[0][part].shape[:-1], shape[-1]))
        for x, w, tolerance in zip(values, weights, tolerances, strict=True):
            ahead = x[part] - x[..., None, :]
            sides = np.where(np.abs(ahead) <= tolerance, 0.0, np.sign(ahead))
            balance += np.minimum(w[part], w[..., None, :]) * sides
        drawn = np.abs(balance) <= slack[part]
        wins[part[:-1]] = np.where(drawn, 0.0, np.sign(balance)).sum(axis=-1)
    return wins


# R 4.2.2 by the formula, with the weights 1, 2, 0.5, 1.5.
_W = (1, 2, 0.5, 1.5)
_LOW, _HIGH = [[20, 0, 55.5, 80]], [[20, 5, 55.5, 80]]
_ALL = (
    Mean(
        "arithmetic", "sum(w x)", _transform(_keep, _keep),
        vectors=(MeanVector(_LOW, _W, [33.549999999999997]),),
    ),
    Mean(
        "geometric", "exp(sum(w ln x))", _transform(np.log, np.exp), lowest=0, zero_at_zero=True,
        vectors=(
            MeanVector(_HIGH, _W, [19.281920826721294]),
            MeanVector([[20, math.nan, 55.5, 80]], _W, [47.41733655709038]),
        ),
    ),
    Mean(
        "harmonic", "1 / sum(w / x)", _transform(np.reciprocal, np.reciprocal), lowest=0,
        zero_at_zero=True, vectors=(MeanVector(_HIGH, _W, [10.465527401296406]),),
    ),
    Mean(
        "power", "sum(w x^p)^(1/p)", _transform(_keep, _keep), lowest=0, read=_read_power,
        forms="power with its exponent, 0 or from 0.001 to 100 in size, as power:0.5",
        vectors=(
            MeanVector(_LOW, _W, [18.685665999666458], "0.5"),
            MeanVector(_LOW, _W, [33.549999999999997], "1"),
            MeanVector(_LOW, _W, [55.644795462584895], "3"),
            MeanVector(_HIGH, _W, [19.281920826721294], "0"),
            MeanVector(_HIGH, _W, [10.465527401296406], "-1"),
            MeanVector(_HIGH, _W, [7.7663396947441452], "-2"),
        ),
    ),
    Mean(
        "mpi", "M - S^2 / M", _penalise(-1.0), no_value="their mean is 0", read=_read_mpi,
        forms="mpi also as mpi:+ or mpi:-",
        vectors=(
            MeanVector(_LOW, _W, [-1.693591654247399]),
            MeanVector(_LOW, _W, [-1.693591654247399], "-"),
            MeanVector(_LOW, _W, [68.793591654247393], "+"),
        ),
    ),
    Mean(
        "copeland", "pairs of units won minus pairs lost", _count_wins, by_unit=False,
        vectors=(
            MeanVector(
                [[1, 5, 3], [2, 5, 1], [0, 9, math.nan], [2, 5, 1]], (1, 2, 1.5), [1, -2, 3, -2]
            ),
        ),
    ),
)  # fmt: skip
MEANS: dict[str, Mean] = {mean.word: mean for mean in _ALL}
