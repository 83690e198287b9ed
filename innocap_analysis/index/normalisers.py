"""Every normaliser as one object: word, formula, columns, rule without range, known figures.

A new one is one more object in :data:`NORMALISERS`; scoring, the check of a codebook and the
sensitivity runs read it there, and no word of it stands anywhere else.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from fewlikert.tables import ROUNDING
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.figures import (
    check_word,
    find_extremes,
    is_flat,
    measure_rounding,
    rank_figures,
)

Array = np.ndarray

_MIDDLE = 50.0


class Rule(NamedTuple):
    """What a way may look at beside the figures, on logarithms and turned as they are."""

    low: float = math.nan
    high: float = math.nan
    target: float = math.nan  # the column `high` as a value to reach, whatever the direction
    falling: bool = False  # direction -1: the figures are negated
    unit: int | None = None  # place of the reference unit
    tell: Callable[[str], None] = lambda _: None


class ScaleVector(NamedTuple):
    """Scores that a way is known to give; `reference` is the place of the reference unit."""

    figures: Sequence[float]
    scores: Sequence[float]
    cells: Mapping[str, object] = {}
    reference: int | None = None


@dataclass(frozen=True)
class Normaliser:
    """One way to bring figures to a scale."""

    word: str  # as the codebook names it
    formula: str  # as METHODS writes it
    # Figures (higher is better, the last axis is of units) and their rule in, scores out.
    scale: Callable[[Array, Rule], Array]
    uses: tuple[str, ...] = ()  # which of the columns `low` and `high`
    needs: tuple[str, ...] = ()  # which of them it cannot do without
    # What the column `clip` cuts: the score at 0 and 100, the figure at `low` and `high`, or
    # nothing, because the scale has no ends.
    clips: Literal["score", "figure", "nothing"] = "score"
    fixed: bool = False  # a unit's score is the same whoever else is in the table
    vectors: tuple[ScaleVector, ...] = field(default=(), repr=False)

    def list_columns(self, clip: str) -> tuple[str, ...]:
        """Return which of the columns `low` and `high` it uses with a clip."""
        return ("low", "high") if self.clips == "figure" and clip != "none" else self.uses

    def find_faults(
        self, low: float, high: float, *, clip: str, log: bool, frozen: bool = True
    ) -> Iterator[str]:
        """Say what is wrong with the ends that a codebook gives an indicator."""
        ends = {"low": low, "high": high}
        columns = self.list_columns(clip)
        absent = any(math.isnan(ends[column]) for column in self.needs)
        if absent and frozen:
            yield (
                f"{self.word} need both low and high; give them, or take those of the data with: "
                "innocap goalposts --write (another index than the first: --index NAME)"
                if len(self.needs) == 2
                else f"{self.word} needs {self.needs[0]}"
            )
        elif columns != self.needs and len(columns) == 2 and not low < high:
            yield f"clip {clip!r} with normalise {self.word} needs low below high"
        elif len(columns) == 2 and low >= high:
            yield f"low {low:.12g} is not below high {high:.12g}; reverse with direction -1"
        elif len(columns) == 2 and high - low <= ROUNDING * max(abs(low), abs(high)):
            yield f"low {low:.17g} and high {high:.17g} differ by nothing but rounding"
        elif log:
            for column in columns:
                if ends[column] <= 0:
                    yield f"{column} {ends[column]:.12g} has no logarithm; it must be above zero"
                    break


def find_normaliser(word: str) -> Normaliser:
    """Return the normaliser that a codebook names."""
    check_word("normalise", word, list(NORMALISERS))
    return NORMALISERS[word]


def _scale_between(x: Array, rule: Rule) -> Array:
    gap = x - rule.low
    # A figure that is the low goalpost but for its rounding must not fall below zero.
    gap[np.abs(gap) <= ROUNDING * abs(rule.low)] = 0.0
    return np.asarray(gap / (rule.high - rule.low) * 100.0)


def _keep(x: Array, rule: Rule) -> Array:
    return x


def _share(top: Array, range_: Array, flat: Array, x: Array, rule: Rule) -> Array:
    """Divide by a range; where there is none nobody is ahead, and everybody gets the middle."""
    flat = flat & ~np.isnan(x).all(axis=-1, keepdims=True)
    if flat.any():
        rule.tell(f"all units are equal, so each scores {_MIDDLE:g}")
    score = 100.0 * top / np.where(flat, 1.0, range_)
    return np.where(flat & ~np.isnan(x), _MIDDLE, score)


def _scale_minmax(x: Array, rule: Rule) -> Array:
    low, high = find_extremes(x)
    return _share(x - low, high - low, is_flat(x), x, rule)


def _standardise(x: Array, rule: Rule) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        mean = np.nanmean(x, axis=-1, keepdims=True)
        sd = np.nanstd(x, axis=-1, ddof=1, keepdims=True)
    flat = is_flat(x)
    if flat.any():
        rule.tell("the units do not vary, so each scores 0")
    zero = np.where(np.isnan(x), np.nan, 0.0)
    return np.asarray(np.where(flat, zero, (x - mean) / np.where(flat, 1.0, sd)))


def _rank_up(x: Array, rule: Rule) -> Array:
    return rank_figures(x)


def _count_below(x: Array, rule: Rule) -> Array:
    return rank_figures(x) - 1.0


def _rank_percentile(x: Array, rule: Rule) -> Array:
    others = (~np.isnan(x)).sum(axis=-1, keepdims=True) - 1.0
    return _share(_count_below(x, rule), others, others <= 0, x, rule)


def _measure_from_reference(x: Array, rule: Rule) -> Array:
    low, _ = find_extremes(x)
    if not math.isnan(rule.target):
        reference = np.full_like(low, rule.target)
        if (reference < low - measure_rounding(x)).any():
            raise InnocapError(
                "the reference value lies below the lowest figure, as directed, so the scale "
                "would turn around; give a better one in column high"
            )
    elif rule.unit is None:
        raise InnocapError(
            "distance_to_reference needs the reference value in column high, or the name of a "
            "unit as reference_unit"
        )
    else:
        reference = x[..., rule.unit : rule.unit + 1]
        if np.isnan(reference).any():
            raise InnocapError("the reference unit has no value")
    flat = is_flat(x)
    lost = (np.abs(reference - low) <= measure_rounding(x)) & ~flat
    score = _share(x - low, np.where(lost, 1.0, reference - low), flat, x, rule)
    if lost.any():
        rule.tell("the reference is the lowest figure, so there is no distance and no score")
    return np.where(lost, np.nan, score)


def _take_fraction(x: Array, rule: Rule) -> Array:
    """Divide by the best: ``x / max``, or ``min / x`` where lower is better."""
    raw = -x if rule.falling else x
    low, high = find_extremes(raw)
    # Nothing is a share of a negative number, nor a negative number a share of anything.
    outside = (low <= 0) if rule.falling else (high <= 0) | (raw < 0)
    if outside.any():
        rule.tell("a fraction of the best needs figures above zero; no score")
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 100.0 * low / raw if rule.falling else 100.0 * raw / high
    return np.where(outside, np.nan, share)


# Equal to R 4.2.2 by the formulas: rank(ties.method = "min"), mean, sd. By hand they are ratios.
_NAN = math.nan
_X = (3, -1, 4, _NAN, 4, 0, 10)
_POSITIVE = (3, 1, 4, _NAN, 4, 2, 10)
_DOWN: Mapping[str, object] = {"direction": -1}
_MINMAX = (
    ScaleVector(_X, (400 / 11, 0, 500 / 11, _NAN, 500 / 11, 100 / 11, 100)),
    ScaleVector(_X, (700 / 11, 100, 600 / 11, _NAN, 600 / 11, 1000 / 11, 0), _DOWN),
)
_Z = tuple((x - 10 / 3) / math.sqrt(226 / 15) for x in _X)
_ALL = (
    Normaliser(
        "goalposts", "100 (x - low) / (high - low)", _scale_between, uses=("low", "high"),
        needs=("low", "high"), fixed=True,
        vectors=(
            ScaleVector((1, 6, 11, _NAN), (0, 50, 100, _NAN), {"low": 1, "high": 11}),
            ScaleVector((1, 6, 16), (100, 50, -50), {"low": 1, "high": 11, **_DOWN}),
            ScaleVector((0, 6, 16), (0, 50, 100), {"low": 1, "high": 11, "clip": "both"}),
            ScaleVector((1, 10, 1000), (0, 50, 150), {"low": 1, "high": 100, "transform": "log"}),
        ),
    ),
    Normaliser("minmax", "100 (x - min) / (max - min)", _scale_minmax, vectors=_MINMAX),
    Normaliser(
        "zscore", "(x - mean) / sd", _standardise, clips="nothing",
        vectors=(ScaleVector(_X, _Z), ScaleVector(_X, tuple(-z for z in _Z), _DOWN)),
    ),
    Normaliser(
        "rank", "rank from below, ties share the lowest rank", _rank_up, clips="nothing",
        vectors=(
            ScaleVector(_X, (3, 1, 4, _NAN, 4, 2, 6)),
            ScaleVector(_X, (4, 6, 2, _NAN, 2, 5, 1), _DOWN),
        ),
    ),
    Normaliser(
        "percentile", "100 times units below over other units", _rank_percentile,
        vectors=(
            ScaleVector(_X, (40, 0, 60, _NAN, 60, 20, 100)),
            ScaleVector(_X, (60, 100, 20, _NAN, 20, 80, 0), _DOWN),
        ),
    ),
    Normaliser(
        "borda", "number of units strictly below", _count_below, clips="nothing",
        vectors=(
            ScaleVector(_X, (2, 0, 3, _NAN, 3, 1, 5)),
            ScaleVector(_X, (3, 5, 1, _NAN, 1, 4, 0), _DOWN),
        ),
    ),
    # The same number as minmax, under another name.
    Normaliser(
        "distance_to_max", "100 (1 - (max - x) / (max - min))", _scale_minmax, vectors=_MINMAX
    ),
    Normaliser(
        "distance_to_reference", "100 (x - min) / (reference - min)", _measure_from_reference,
        uses=("high",),
        vectors=(
            ScaleVector(_X, (80, 0, 100, _NAN, 100, 20, 220), reference=2),
            ScaleVector(_X, (700 / 6, 1100 / 6, 100, _NAN, 100, 1000 / 6, 0), _DOWN, 2),
            ScaleVector(_X, (400 / 9, 0, 500 / 9, _NAN, 500 / 9, 100 / 9, 1100 / 9), {"high": 8}),
            ScaleVector(_X, (350, 550, 300, _NAN, 300, 500, 0), {"high": 8, **_DOWN}),
        ),
    ),
    Normaliser(
        "fraction_of_max", "100 x / max, for direction -1 100 min / x", _take_fraction,
        vectors=(
            ScaleVector(_POSITIVE, (30, 10, 40, _NAN, 40, 20, 100)),
            ScaleVector(_POSITIVE, (100 / 3, 100, 25, _NAN, 25, 50, 10), _DOWN),
        ),
    ),
    Normaliser(
        "none", "x, held between low and high where clip says so", _keep, clips="figure",
        fixed=True,
        vectors=(
            ScaleVector(_X, _X),
            ScaleVector(_X, (-3, 1, -4, _NAN, -4, 0, -10), _DOWN),
            ScaleVector((-5, 3, 90), (5, -3, -9), {"low": 0, "high": 9, "clip": "low", **_DOWN}),
        ),
    ),
)  # fmt: skip
NORMALISERS: dict[str, Normaliser] = {way.word: way for way in _ALL}
