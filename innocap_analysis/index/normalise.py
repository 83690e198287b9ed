"""Bringing indicators to one scale."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.index.codebook import Codebook, Leaf
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.figures import MOST_SHOWN, check_numbers, name_some, warn
from innocap_analysis.index.normalisers import Rule, find_normaliser

Array = np.ndarray

# Units that are taken together where each stands by itself: blocks that stay in the processor's
# cache keep the cost per unit the same for a million units.
BLOCK = 8192


def normalise(
    values: pd.DataFrame, codebook: Codebook | pd.DataFrame, *, reference_unit: str | None = None
) -> pd.DataFrame:
    """Normalise every scored indicator as its codebook row says.

    Parameters
    ----------
    values : DataFrame
        Units x codes, raw units; NaN where there is no value. Columns that the codebook
        does not score are ignored.
    codebook : Codebook or DataFrame
        `normalise`, `transform`, `low`, `high`, `clip` and `direction` of each leaf.
    reference_unit : str, optional
        The unit that ``distance_to_reference`` is measured from, where the codebook gives
        no reference value in `high`.

    Returns
    -------
    DataFrame
        Units x leaf codes, higher is better, from 0 to 100 or on the method's own scale.

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
    codebook = read_codebook(codebook)
    raw = check_numbers(values, codebook.leaves, of=codebook.name)
    at = None if reference_unit is None else find_reference(reference_unit, values.index)
    for text in _list_doubts(codebook):
        warn(text)
    out = np.empty_like(raw)
    for i, leaf in enumerate(codebook.leaf_rules):
        fixed = find_normaliser(leaf.method).fixed
        size = BLOCK if fixed else max(raw.shape[1], 1)
        for start in range(0, raw.shape[1], size):
            part = slice(start, start + size)
            units = values.index[part]
            out[i, part] = normalise_array(raw[i, part], leaf, units=units, reference=at)
        if fixed and np.isnan(raw[i]).all():
            warn(f"{leaf.code}: has no value at all and no score")
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
    way = find_normaliser(leaf.method)
    low, high = leaf.low, leaf.high
    if leaf.log:
        x = _take_log(x, leaf.code, units)
        low, high = np.log(low), np.log(high)
    target = high * leaf.direction
    if leaf.direction == -1:
        x, low, high = -x, -high, -low

    def tell(text: str) -> None:
        if not quiet:
            warn(f"{leaf.code}: {text}")

    if way.clips == "figure":
        bottom = low if leaf.clip_low and not np.isnan(low) else -np.inf
        top = high if leaf.clip_high and not np.isnan(high) else np.inf
        x = np.clip(x, bottom, top)
    if not way.fixed and np.isnan(x).all():
        tell("has no value at all and no score")
        return np.full_like(x, np.nan)
    rule = Rule(low, high, target, leaf.direction == -1, reference, tell)
    try:
        score = way.scale(x, rule)
    except InnocapError as error:
        raise InnocapError(f"{leaf.code}: {error}") from None
    if way.clips == "score" and (leaf.clip_low or leaf.clip_high):
        bottom, top = 0.0 if leaf.clip_low else -np.inf, 100.0 if leaf.clip_high else np.inf
        score = np.clip(score, bottom, top)
    return np.asarray(score)


def find_reference(unit: str, units: pd.Index) -> int:
    """Return the place of the reference unit."""
    if not isinstance(unit, Hashable) or unit not in units:
        known = [str(name) for name in units]
        raise InnocapError(
            f"reference_unit {unit!r} is not in the table{suggest(str(unit), known)}"
        )
    return int(units.get_indexer_for([unit])[0])


def _list_doubts(codebook: Codebook) -> list[str]:
    ways = {rule.code: find_normaliser(rule.method) for rule in codebook.leaf_rules}
    doubts = []
    if scaled := [code for code, way in ways.items() if not way.fixed]:
        shown = ", ".join(scaled[:MOST_SHOWN]) + (", …" if len(scaled) > MOST_SHOWN else "")
        doubts.append(
            f"{shown}: scaled by the units at hand, so a score changes with who else is in the "
            "table; goalposts do not"
        )
    for rule in codebook.leaf_rules:
        way = ways[rule.code]
        clip = "some" if rule.clip_low or rule.clip_high else "none"
        used = way.list_columns(clip)
        idle = [c for c in ("low", "high") if not np.isnan(getattr(rule, c)) and c not in used]
        idle += ["clip"] if clip != "none" and way.clips == "nothing" else []
        if idle:
            doubts.append(
                f"{rule.code}: {way.word} does not use {' and '.join(idle)} of the codebook"
            )
    return doubts


def _take_log(x: Array, code: str, units: pd.Index | None) -> Array:
    wrong = x <= 0
    if wrong.any():
        cells = [
            (f"{units[place[-1]]}, " if units is not None else "") + f"{code}: {x[tuple(place)]:g}"
            for place in np.argwhere(wrong)
        ]
        raise InnocapError(
            f"values: transform is log, which needs numbers above zero ({name_some(cells)})"
        )
    return np.asarray(np.log(x))
