"""Combining normalised indicators up the index tree."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.normalise import BLOCK, ScoreWarning
from innocap_analysis.index.options import check_share
from innocap_analysis.index.ties import ROUNDING, measure_rounding

# Coverage is a ratio of sums of weights; a share of exactly one half must pass 0.5.
_ROUNDING = 1e-9

Array = np.ndarray
Node = tuple[Array, Array]


def aggregate(
    normalised: pd.DataFrame, codebook: Codebook, *, min_coverage: float = 0.5
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Aggregate normalised indicators to every group and index.

    Parameters
    ----------
    normalised : DataFrame
        Units x leaf codes, from :func:`~innocap_analysis.index.normalise.normalise`.
    codebook : Codebook
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
        A mean that needs values of zero or more meets a negative one, a Mazziotta-Pareto
        index a negative mean.

    Warns
    -----
    ScoreWarning
        A geometric or harmonic mean, or one with a negative power, meets a zero: the score
        is then zero, the limit of the formula. A Mazziotta-Pareto index meets a mean of
        zero: then there is no coefficient of variation and no score.

    Notes
    -----
    With weights ``w`` that sum to 1 over the children present: arithmetic ``sum(w x)``,
    geometric ``exp(sum(w ln x))``, harmonic ``1 / sum(w / x)``, power ``sum(w x^p)^(1/p)``,
    Mazziotta-Pareto ``M - S^2 / M`` (``mpi`` and ``mpi:-``) or ``M + S^2 / M`` (``mpi:+``)
    with mean ``M`` and population standard deviation ``S``, Copeland: pairs of units won
    minus pairs lost. Sums run child by child, so that except for Copeland a unit's score
    has the same last bit whichever other units are in the table.
    """
    check_share("min_coverage", min_coverage)
    units = normalised.index
    leaves = np.ascontiguousarray(normalised[codebook.leaves].to_numpy(dtype=float).T)
    scores = np.empty((len(codebook.parents), len(units)))
    coverage = np.empty_like(scores)
    # Copeland compares every pair of units; all else stands unit by unit, and blocks that
    # stay in the processor's cache keep the cost per unit the same for a million units.
    paired = any(rule.method == "copeland" for rule in codebook.parent_rules)
    size = max(len(units), 1) if paired else BLOCK
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
    _warn_of_limits(known, codebook, units)
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
    """Aggregate arrays of any shape, for one run or for many at once."""
    given = weights or {}
    nodes: dict[str, Node] = {code: (x, ~np.isnan(x)) for code, x in leaves.items()}
    parents: dict[str, Node] = {}
    for parent in codebook.parent_rules:
        method = (methods or {}).get(parent.code, parent.method)
        xs = [nodes[child][0] for child in parent.children]
        ws = [
            np.asarray(given.get(child, weight), dtype=float)
            for child, weight in zip(parent.children, parent.weights, strict=True)
        ]
        _refuse_negative(xs, ws, method, parent.code, parent.children)
        # A child of weight zero takes no part, or it would turn a zero into NaN (0 * -inf).
        present = [~np.isnan(x) & (w > 0) for x, w in zip(xs, ws, strict=True)]
        used = [np.where(p, w, 0.0) for p, w in zip(present, ws, strict=True)]
        filled = [np.where(p, x, 1.0) for p, x in zip(present, xs, strict=True)]
        observed = sum(used[1:], used[0])
        covers = [nodes[child][1] for child in parent.children]
        if coverage_weights is None:
            cover = _measure_coverage(used, ws, covers)
        else:
            own = [
                np.asarray(coverage_weights.get(child, weight), dtype=float)
                for child, weight in zip(parent.children, parent.weights, strict=True)
            ]
            parts = [np.where(p, w, 0.0) for p, w in zip(present, own, strict=True)]
            cover = _measure_coverage(parts, own, covers)
        with np.errstate(invalid="ignore", divide="ignore"):
            score = _combine(method, filled, used, observed, parent.code)
        enough = (observed > 0) & (cover >= min_coverage - _ROUNDING)
        nodes[parent.code] = parents[parent.code] = (np.where(enough, score, np.nan), cover)
    return parents


def _measure_coverage(
    used: Sequence[Array], weights: Sequence[Array], covers: Sequence[Array]
) -> Array:
    observed = sum((u * c for u, c in zip(used, covers, strict=True)), np.zeros(1))
    total = sum(weights[1:], weights[0])
    # A group whose children were all left out covers nothing; it weighs nothing either.
    return np.asarray(np.where(total > 0, observed / np.where(total > 0, total, 1.0), 0.0))


def _combine(
    method: str, xs: Sequence[Array], ws: Sequence[Array], total: Array, parent: str
) -> Array:
    name, _, parameter = method.partition(":")
    if name == "copeland":
        return _count_wins(xs, ws)
    if name == "mpi":
        sign = 1.0 if parameter == "+" else -1.0
        return _penalise_spread(xs, ws, total, sign=sign, parent=parent)
    forward, backward = _find_transform(method)
    top = sum((w * forward(x) for x, w in zip(xs, ws, strict=True)), np.zeros(1))
    return backward(top / total)


def _find_transform(
    method: str,
) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """Return the function under the mean, and its inverse."""
    if method == "arithmetic":
        return np.positive, np.positive
    if method in ("geometric", "power:0"):
        return np.log, np.exp
    if method == "harmonic":
        return np.reciprocal, np.reciprocal
    exponent = float(method.partition(":")[2])
    if exponent == 0:
        return np.log, np.exp
    return lambda x: np.power(x, exponent), lambda x: np.power(x, 1.0 / exponent)


def _penalise_spread(
    xs: Sequence[Array], ws: Sequence[Array], total: Array, *, sign: float, parent: str
) -> Array:
    mean = sum((w * x for x, w in zip(xs, ws, strict=True)), np.zeros(1)) / total
    squares = (w * (x - mean) ** 2 for x, w in zip(xs, ws, strict=True))
    variance = sum(squares, np.zeros(1)) / total
    below = (mean < 0) & (variance > 0)
    if below.any():
        raise InnocapError(
            f"{parent}: mpi needs means above zero, or the penalty turns into a bonus, but one is "
            f"{mean[below].min():.6g}; bring the indicators to a scale from 0 to 100"
        )
    # Without spread there is no penalty, whatever the mean.
    penalty = np.where(variance == 0, 0.0, variance / np.where(mean == 0, np.nan, mean))
    return np.asarray(mean + sign * penalty)


def _count_wins(xs: Sequence[Array], ws: Sequence[Array]) -> Array:
    """Compare every pair of units on the children that both have."""
    shape = np.broadcast_shapes(*(x.shape for x in xs), *(w.shape for w in ws))
    balance = np.zeros((*shape, shape[-1]))
    total = np.zeros(shape)
    for x, w in zip(xs, ws, strict=True):
        values = np.broadcast_to(x, shape)
        weight = np.broadcast_to(w, shape)
        both = np.minimum(weight[..., :, None], weight[..., None, :])
        ahead = values[..., :, None] - values[..., None, :]
        tied = np.abs(ahead) <= measure_rounding(values)[..., None]
        balance += both * np.where(tied, 0.0, np.sign(ahead))
        total += weight
    drawn = np.abs(balance) <= ROUNDING * total[..., None]
    return np.asarray(np.where(drawn, 0.0, np.sign(balance)).sum(axis=-1))


def _refuse_negative(
    xs: Sequence[Array], ws: Sequence[Array], method: str, parent: str, children: Sequence[str]
) -> None:
    if method in ("arithmetic", "copeland") or method.startswith("mpi"):
        return
    for child, x, w in zip(children, xs, ws, strict=True):
        negative = (x < 0) & (w > 0)
        if negative.any():
            lowest = float(np.nanmin(np.where(negative, x, np.nan)))
            raise InnocapError(
                f"{parent}: a {method} mean needs values of zero or more, but {child} falls to "
                f"{lowest:.6g}; clip it at 'low', or use the arithmetic mean"
            )


def _is_zero_at_zero(method: str) -> bool:
    name, _, parameter = method.partition(":")
    return name in ("geometric", "harmonic") or (name == "power" and float(parameter) <= 0)


def _warn_of_limits(values: Mapping[str, Array], codebook: Codebook, units: pd.Index) -> None:
    for parent in codebook.parent_rules:
        if _is_zero_at_zero(parent.method):
            for child in parent.children:
                zero = values[child] == 0
                if zero.any():
                    _warn(
                        f"{parent.code}: the {parent.method} mean is 0 for "
                        f"{_name(units[zero])} because {child} is 0"
                    )
        elif parent.method.startswith("mpi"):
            known = np.logical_or.reduce([~np.isnan(values[child]) for child in parent.children])
            lost = known & np.isnan(values[parent.code])
            means = [values[child] for child in parent.children]
            if lost.any() and (np.nansum(means, axis=0)[lost] == 0).any():
                _warn(f"{parent.code}: no score for {_name(units[lost])}; their mean is 0")


def _name(units: pd.Index) -> str:
    return ", ".join(map(str, units[:5])) + (
        f" and {len(units) - 5} more" if len(units) > 5 else ""
    )


def _warn(text: str) -> None:
    warnings.warn(text, ScoreWarning, stacklevel=4)
