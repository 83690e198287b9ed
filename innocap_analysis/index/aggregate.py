"""Combining normalised indicators up the index tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.figures import (
    check_numbers,
    check_share,
    find_extremes,
    name_some,
    warn,
)
from innocap_analysis.index.means import Mean, add, find_mean
from innocap_analysis.index.normalise import BLOCK

# Coverage is a ratio of sums of weights; a share of exactly one half must pass 0.5.
_ROUNDING = 1e-9
# Stands for an array of which every cell is true: nothing is missing, and nothing need be masked.
_EVERY = np.asarray(True)

Array = np.ndarray
Node = tuple[Array, Array]


def aggregate(
    normalised: pd.DataFrame, codebook: Codebook | pd.DataFrame, *, min_coverage: float = 0.5
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Aggregate normalised indicators to every group and index.

    Parameters
    ----------
    normalised : DataFrame
        Units x leaf codes, from :func:`~innocap_analysis.index.normalise.normalise`.
    codebook : Codebook or DataFrame
        `parent`, `weight` and `aggregate` of each node.
    min_coverage : float
        Share of a node's weight that must be observed for the node to have a score.

    Returns
    -------
    scores : DataFrame
        Units x group and index codes, children before parents. Weights renormalise over
        the children that have a score.
    coverage : DataFrame
        Same shape: share (0 to 1) of the node's weight that rests on observed indicators.

    Raises
    ------
    InnocapError
        A mean meets figures outside its domain, such as negative ones under a geometric mean
        or a Mazziotta-Pareto index with a negative mean.

    Warns
    -----
    ScoreWarning
        A geometric or harmonic mean, or one with a negative power, meets a zero: the score
        is then zero, the limit of the formula. A Mazziotta-Pareto index meets a mean of
        zero: then there is no coefficient of variation and no score.

    Notes
    -----
    The formulas stand in METHODS.md, with weights that sum to 1 over the children present.
    Sums run child by child, so that except for Copeland a unit's score has the same last bit
    whichever other units are in the table.

    Examples
    --------
    >>> book = pd.DataFrame(
    ...     {
    ...         "code": ["IDX", "A", "B"],
    ...         "parent": ["", "IDX", "IDX"],
    ...         "kind": ["index", "indicator", "indicator"],
    ...         "normalise": ["", "none", "none"],
    ...     }
    ... )
    >>> table = pd.DataFrame({"A": [20.0, 80.0], "B": [40.0, None]}, index=["SE", "FI"])
    >>> scores, coverage = aggregate(table, book)
    >>> scores["IDX"].to_dict(), coverage["IDX"].to_dict()
    ({'SE': 30.0, 'FI': 80.0}, {'SE': 1.0, 'FI': 0.5})
    """
    check_share("min_coverage", min_coverage)
    codebook = read_codebook(codebook)
    leaves = check_numbers(normalised, codebook.leaves, name="normalised")
    units = normalised.index
    scores = np.empty((len(codebook.parents), len(units)))
    coverage = np.empty_like(scores)
    by_unit = all(find_mean(rule.method).by_unit for rule in codebook.parent_rules)
    size = BLOCK if by_unit else max(len(units), 1)
    for start in range(0, len(units), size):
        part = slice(start, start + size)
        nodes = aggregate_arrays(
            dict(zip(codebook.leaves, leaves[:, part], strict=True)),
            codebook,
            min_coverage=min_coverage,
        )
        for i, code in enumerate(codebook.parents):
            scores[i, part], coverage[i, part] = nodes[code]
    known = dict(zip([*codebook.leaves, *codebook.parents], [*leaves, *scores], strict=True))
    enough = coverage >= min_coverage - _ROUNDING
    for text in _list_limits(
        known, dict(zip(codebook.parents, enough, strict=True)), codebook, units
    ):
        warn(text)
    shape = {"index": units, "columns": codebook.parents}
    return pd.DataFrame(scores.T, **shape), pd.DataFrame(coverage.T, **shape)


def aggregate_arrays(
    leaves: Mapping[str, Array],
    codebook: Codebook,
    *,
    weights: Mapping[str, Array] | None = None,
    methods: Mapping[str, str] | None = None,
    min_coverage: float = 0.5,
    coverage_weights: Mapping[str, Array] | None = None,
) -> dict[str, Node]:
    """Aggregate arrays that broadcast, for one run or for many at once.

    `weights` are drawn ones, by child; `coverage_weights` those that coverage is measured with,
    where the codebook's are not. Returns score and coverage by group and index.
    """
    nodes: dict[str, Node] = {code: (x, _find_known(x)) for code, x in leaves.items()}
    parents: dict[str, Node] = {}
    for parent in codebook.parent_rules:
        method = (methods or {}).get(parent.code, parent.method)
        mean = find_mean(method)
        given = dict(zip(parent.children, parent.weights, strict=True))
        ws = [np.asarray((weights or {}).get(c, w), dtype=float) for c, w in given.items()]
        own = ws
        if coverage_weights is not None:
            own = [np.asarray(coverage_weights.get(c, w), dtype=float) for c, w in given.items()]
        children = [nodes[child] for child in parent.children]
        for child, (x, _), w in zip(parent.children, children, ws, strict=True):
            _check_domain(mean, x, w, f"{parent.code}: a {method} mean", child)
        try:
            nodes[parent.code] = parents[parent.code] = _combine(
                mean, children, ws, own, min_coverage
            )
        except InnocapError as error:
            raise InnocapError(f"{parent.code}: {error}") from None
    return parents


def _find_known(x: Array) -> Array:
    known = ~np.isnan(x)
    return _EVERY if known.all() else known


def _combine(
    mean: Mean, children: Sequence[Node], ws: Sequence[Array], own: Sequence[Array], least: float
) -> Node:
    """Return score and coverage of a node; what is complete stays unmasked, which is fast."""
    known = [_find_known(x) for x, _ in children]
    # A child of weight zero takes no part; nor does a missing one.
    used = [w * k for w, k in zip(ws, known, strict=True)]
    total = add(used)
    parts = (o * (w > 0) * k * c for o, w, k, (_, c) in zip(own, ws, known, children, strict=True))
    whole = add(own)
    # A group whose children were all left out covers nothing; it weighs nothing either.
    cover = np.where(whole > 0, add(parts) / np.where(whole > 0, whole, 1.0), 0.0)
    filled = [x if k is _EVERY else _fill(x) for (x, _), k in zip(children, known, strict=True)]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):  # told by the ranks
        score = mean.combine(filled, used, total)
    enough = (total > 0) & (cover >= least - _ROUNDING)
    return score if enough.all() else np.where(enough, score, np.nan), cover


def _fill(x: Array) -> Array:
    """Put a figure of the same size where one is missing; it has no weight."""
    _, high = find_extremes(x)
    return np.where(np.isnan(x), np.where(np.isnan(high), 1.0, high), x)


def _check_domain(mean: Mean, x: Array, w: Array, who: str, child: str) -> None:
    outside = x < mean.lowest
    if not outside.any():
        return
    outside = outside & (w > 0)
    if outside.any():
        least = "zero" if mean.lowest == 0 else f"{mean.lowest:g}"
        found = np.broadcast_to(x, outside.shape)[outside].min()
        raise InnocapError(
            f"{who} needs values of {least} or more, but {child} falls to {found:.6g}; clip it at "
            "'low', or use the arithmetic mean"
        )


def _list_limits(
    values: Mapping[str, Array], enough: Mapping[str, Array], codebook: Codebook, units: pd.Index
) -> list[str]:
    told = []
    for parent in codebook.parent_rules:
        mean = find_mean(parent.method)
        for child, weight in zip(parent.children, parent.weights, strict=True):
            zero = values[child] == 0
            if mean.zero_at_zero and weight > 0 and zero.any():
                told.append(
                    f"{parent.code}: the {parent.method} mean is 0 for "
                    f"{name_some(units[zero])} because {child} is 0"
                )
        weighed = [c for c, w in zip(parent.children, parent.weights, strict=True) if w > 0]
        known = np.logical_or.reduce([~np.isnan(values[child]) for child in weighed])
        lost = known & enough[parent.code] & np.isnan(values[parent.code])
        if mean.no_value and lost.any():
            told.append(f"{parent.code}: no score for {name_some(units[lost])}; {mean.no_value}")
    return told
