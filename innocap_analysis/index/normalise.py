"""Bringing indicators to one scale."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.index.codebook import Codebook, Leaf
from innocap_analysis.index.ties import find_extremes, is_flat, measure_rounding, rank_figures
from innocap_analysis.index.values import MOST_CELLS_SHOWN, check_values

FIXED = ("goalposts", "none")
OWN_SCALE = ("zscore", "rank", "borda", "none")
_MIDDLE = 50.0

Array = np.ndarray


BLOCK = 8192  # units


class ScoreWarning(UserWarning):
    """A cell that makes a score say less than it seems to; the text names the cell."""


def normalise(
    values: pd.DataFrame, codebook: Codebook, *, reference_unit: str | None = None
) -> pd.DataFrame:
    """Normalise every scored indicator as its codebook row says.

    Parameters
    ----------
    values : DataFrame
        Units x codes, raw units; NaN where there is no value. Columns that the codebook
        does not score are ignored.
    codebook : Codebook
        `normalise`, `transform`, `low`, `high`, `clip` and `direction` of each leaf.
    reference_unit : str, optional
        The unit that ``distance_to_reference`` is measured from, where the codebook gives
        no reference value in `high`.

    Returns
    -------
    DataFrame
        Units x leaf codes, higher is better. On a scale of 0 to 100: ``goalposts`` (beyond
        it unless clipped), ``minmax``, ``percentile``, ``distance_to_max``,
        ``distance_to_reference`` and ``fraction_of_max``. On their own scale: ``zscore``
        (mean 0, standard deviation 1), ``rank`` (1 is the lowest), ``borda`` (rank minus
        1) and ``none``, which `clip` holds between `low` and `high`.

    Raises
    ------
    InnocapError
        A leaf has no column, a cell is no finite number or has no logarithm, or the
        reference has no value.

    Warns
    -----
    ScoreWarning
        A method scales by the units at hand or leaves a column of the codebook unused, an
        indicator has no value or no range, or a fraction has no maximum above zero; the text
        names the indicator.

    Notes
    -----
    See METHODS.md for the formula of each method. Logarithms are taken before anything
    else, goalposts and reference values included; then a direction of -1 negates. With
    ``goalposts`` and ``none`` a unit's result never depends on the other units.

    Examples
    --------
    >>> from innocap_analysis import read_codebook
    >>> book = read_codebook(
    ...     pd.DataFrame(
    ...         {
    ...             "code": ["IDX", "A"],
    ...             "parent": ["", "IDX"],
    ...             "kind": ["index", "indicator"],
    ...             "low": [None, 0],
    ...             "high": [None, 8],
    ...         }
    ...     )
    ... )
    >>> normalise(pd.DataFrame({"A": [2.0, 8.0]}, index=["SE", "FI"]), book)["A"].to_dict()
    {'SE': 25.0, 'FI': 100.0}
    """
    raw = check_values(values, codebook)
    at = None if reference_unit is None else _find_reference(reference_unit, values.index)
    _warn_of_in_sample_scaling(codebook)
    _warn_of_idle_columns(codebook)
    out = np.empty_like(raw)
    for i, leaf in enumerate(codebook.leaf_rules):
        # With fixed goalposts a unit stands by itself: blocks that stay in the processor's
        # cache keep the cost per unit the same for a million units.
        size = BLOCK if leaf.method in FIXED else max(raw.shape[1], 1)
        for start in range(0, raw.shape[1], size):
            part = slice(start, start + size)
            units = values.index[part]
            out[i, part] = normalise_array(raw[i, part], leaf, units=units, reference=at)
        if leaf.method in FIXED and np.isnan(raw[i]).all():
            _warn(f"{leaf.code}: has no value at all and no score")
    return pd.DataFrame(out.T, index=values.index, columns=codebook.leaves, copy=False)


def normalise_array(
    x: Array,
    leaf: Leaf,
    *,
    units: pd.Index | None = None,
    reference: int | None = None,
    quiet: bool = False,
) -> Array:
    """Normalise one indicator, for one run or for many at once."""
    tell = (lambda _: None) if quiet else _warn
    low, high = leaf.low, leaf.high
    if leaf.log:
        x = _take_log(x, leaf.code, units)
        low, high = np.log(low), np.log(high)
    if leaf.direction == -1:
        x, low, high = -x, -high, -low
    if leaf.method == "goalposts":
        score = (x - low) / (high - low) * 100.0
    elif leaf.method == "none":
        bottom = low if leaf.clip_low and not np.isnan(low) else -np.inf
        top = high if leaf.clip_high and not np.isnan(high) else np.inf
        score = np.clip(x, bottom, top)
    elif np.isnan(x).all():
        tell(f"{leaf.code}: has no value at all and no score")
        score = np.full_like(x, np.nan)
    elif leaf.method == "distance_to_reference":
        # The reference value stands in `high` (the better end) or is that of a unit.
        given = leaf.high if leaf.direction == 1 else -leaf.high
        given = np.log(leaf.high) * leaf.direction if leaf.log else given
        score = _measure_from_reference(x, given, reference, leaf.code, tell)
    elif leaf.method == "fraction_of_max":
        score = _take_fraction(x, leaf, tell)
    else:
        score = _SAMPLE_METHODS[leaf.method](x, leaf.code, tell)
    if (leaf.clip_low or leaf.clip_high) and leaf.method not in OWN_SCALE:
        score = np.clip(
            score, 0.0 if leaf.clip_low else -np.inf, 100.0 if leaf.clip_high else np.inf
        )
    return np.asarray(score)


def _warn(text: str) -> None:
    warnings.warn(text, ScoreWarning, stacklevel=4)


def _warn_of_in_sample_scaling(codebook: Codebook) -> None:
    scaled = [rule.code for rule in codebook.leaf_rules if rule.method not in FIXED]
    if scaled:
        shown = ", ".join(scaled[:MOST_CELLS_SHOWN]) + (", …" if len(scaled) > 5 else "")
        _warn(
            f"{shown}: scaled by the units at hand, so a score changes with who else is in the "
            "table; goalposts do not"
        )


def _warn_of_idle_columns(codebook: Codebook) -> None:
    for rule in codebook.leaf_rules:
        clips = rule.clip_low or rule.clip_high
        used = (
            {"low", "high"}
            if rule.method == "goalposts" or (rule.method == "none" and clips)
            else set()
        )
        used |= {"high"} if rule.method == "distance_to_reference" else set()
        idle = [c for c in ("low", "high") if not np.isnan(getattr(rule, c)) and c not in used]
        idle += ["clip"] if clips and rule.method in OWN_SCALE and rule.method != "none" else []
        if idle:
            _warn(f"{rule.code}: {rule.method} does not use {' and '.join(idle)} of the codebook")


def _take_log(x: Array, code: str, units: pd.Index | None) -> Array:
    wrong = x <= 0
    if wrong.any():
        places = np.argwhere(wrong)[:MOST_CELLS_SHOWN]
        cells = ", ".join(
            (f"{units[place[-1]]}, " if units is not None else "") + f"{code}: {x[tuple(place)]:g}"
            for place in places
        )
        raise InnocapError(f"values: transform is log, which needs numbers above zero ({cells})")
    return np.asarray(np.log(x))


def _find_reference(unit: str, units: pd.Index) -> int:
    if unit not in units:
        known = [str(name) for name in units]
        raise InnocapError(f"reference_unit {unit!r} is not in the table{suggest(unit, known)}")
    return int(units.get_indexer_for([unit])[0])


def _share(
    top: Array, range_: Array, flat: Array, x: Array, code: str, tell: Callable[[str], None]
) -> Array:
    """Divide by a range; where there is none nobody is ahead, and everybody gets the middle."""
    flat = flat & ~np.isnan(x).all(axis=-1, keepdims=True)
    if flat.any():
        tell(f"{code}: all units are equal, so each scores {_MIDDLE:g}")
    score = 100.0 * top / np.where(flat, 1.0, range_)
    return np.where(flat & ~np.isnan(x), _MIDDLE, score)


def _scale_minmax(x: Array, code: str, tell: Callable[[str], None]) -> Array:
    low, high = find_extremes(x)
    return _share(x - low, high - low, is_flat(x), x, code, tell)


def _standardise(x: Array, code: str, tell: Callable[[str], None]) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        mean = np.nanmean(x, axis=-1, keepdims=True)
        sd = np.nanstd(x, axis=-1, ddof=1, keepdims=True)
    flat = is_flat(x)
    if flat.any():
        tell(f"{code}: the units do not vary, so each scores 0")
    zero = np.where(np.isnan(x), np.nan, 0.0)
    return np.asarray(np.where(flat, zero, (x - mean) / np.where(flat, 1.0, sd)))


def _rank_up(x: Array, *_: object) -> Array:
    return rank_figures(x)


def _count_below(x: Array, *_: object) -> Array:
    return _rank_up(x) - 1.0


def _rank_percentile(x: Array, code: str, tell: Callable[[str], None]) -> Array:
    others = (~np.isnan(x)).sum(axis=-1, keepdims=True) - 1.0
    return _share(_count_below(x), others, others <= 0, x, code, tell)


def _measure_from_reference(
    x: Array, given: float, unit: int | None, code: str, tell: Callable[[str], None]
) -> Array:
    low, _ = find_extremes(x)
    if not np.isnan(given):
        reference = np.full_like(low, given)
        if (reference < low - measure_rounding(x)).any():
            raise InnocapError(
                f"{code}: the reference value lies below the lowest figure, as directed, so the "
                "scale would turn around; give a better one in column high"
            )
    elif unit is None:
        raise InnocapError(
            f"{code}: distance_to_reference needs the reference value in column high, or the "
            "name of a unit as reference_unit"
        )
    else:
        reference = x[..., unit : unit + 1]
        if np.isnan(reference).any():
            raise InnocapError(f"{code}: the reference unit has no value")
    flat = is_flat(x)
    lost = (np.abs(reference - low) <= measure_rounding(x)) & ~flat
    score = _share(x - low, np.where(lost, 1.0, reference - low), flat, x, code, tell)
    if lost.any():
        tell(f"{code}: the reference is the lowest figure, so there is no distance and no score")
    return np.where(lost, np.nan, score)


def _take_fraction(x: Array, leaf: Leaf, tell: Callable[[str], None]) -> Array:
    """Divide by the best: ``x / max``, or ``min / x`` where lower is better."""
    raw = -x if leaf.direction == -1 else x
    low, high = find_extremes(raw)
    if (low <= 0).any() if leaf.direction == -1 else (high <= 0).any():
        tell(f"{leaf.code}: a fraction of the best needs figures above zero; no score")
    with np.errstate(divide="ignore", invalid="ignore"):
        if leaf.direction == -1:
            return np.where(low > 0, 100.0 * low / raw, np.nan)
        return np.where(high > 0, 100.0 * raw / high, np.nan)


_SAMPLE_METHODS: dict[str, Callable[[Array, str, Callable[[str], None]], Array]] = {
    "minmax": _scale_minmax,
    "distance_to_max": _scale_minmax,  # 1 - (max - x) / (max - min) is the same number
    "zscore": _standardise,
    "rank": _rank_up,
    "borda": _count_below,
    "percentile": _rank_percentile,
}
