"""Combining normalised indicators up the index tree."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from innocap_analysis.codebook import Codebook
from innocap_analysis.settings import InnocapError

# Coverage is a ratio of sums of weights; a share of exactly one half must pass 0.5.
_ROUNDING = 1e-9


class ScoreWarning(UserWarning):
    """A cell that makes a score say less than it seems to; the text names the cell."""


def aggregate(
    normalised: pd.DataFrame, codebook: Codebook, *, min_coverage: float = 0.5
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Aggregate normalised indicators to every group and index.

    Parameters
    ----------
    normalised : DataFrame
        Units x leaf codes, from :func:`~innocap_analysis.score.normalise.normalise`.
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
        A geometric mean meets a negative value.

    Warns
    -----
    ScoreWarning
        A geometric mean meets a zero: the score is then zero, its limit.

    Notes
    -----
    Arithmetic mean ``sum(w x) / sum(w)``, geometric mean ``exp(sum(w ln x) / sum(w))``
    (OECD/JRC Handbook, 2008, pp. 103-105). Sums run child by child, so a unit's score has
    the same last bit whichever other units are in the table.
    """
    leaves = {
        code: np.ascontiguousarray(normalised[code].to_numpy(float)) for code in codebook.leaves
    }
    _check_geometric(leaves, codebook, normalised.index)
    nodes = aggregate_arrays(leaves, codebook, min_coverage=min_coverage)
    _warn_of_zeros({**leaves, **{c: s for c, (s, _) in nodes.items()}}, codebook, normalised.index)
    shape = (len(normalised),)
    scores = {code: np.broadcast_to(score, shape) for code, (score, _) in nodes.items()}
    coverage = {code: np.broadcast_to(cover, shape) for code, (_, cover) in nodes.items()}
    return (
        pd.DataFrame(scores, index=normalised.index),
        pd.DataFrame(coverage, index=normalised.index),
    )


def aggregate_arrays(
    leaves: Mapping[str, np.ndarray],
    codebook: Codebook,
    *,
    weights: Mapping[str, np.ndarray] | None = None,
    methods: Mapping[str, str] | None = None,
    min_coverage: float = 0.5,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Aggregate arrays of any shape, for one run or for many at once.

    Parameters
    ----------
    leaves : mapping of str to ndarray
        Normalised values by leaf code, last axis units.
    codebook : Codebook
        The tree.
    weights : mapping of str to ndarray, optional
        Weights by node code where they differ from the codebook's, shaped to broadcast
        against the values: ``(runs, 1)`` for one weight per run.
    methods : mapping of str to str, optional
        Aggregation by parent code where it differs from the codebook's.
    min_coverage : float
        As in :func:`aggregate`.

    Returns
    -------
    dict of str to (ndarray, ndarray)
        Score and coverage by group and index code, children before parents.
    """
    given = weights or {}
    table = codebook.table
    done: dict[str, tuple[np.ndarray, np.ndarray]] = {
        code: (x, (~np.isnan(x)).astype(float)) for code, x in leaves.items()
    }
    parents: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for parent in codebook.parents:
        method = (methods or {}).get(parent) or str(table.at[parent, "aggregate"])
        forward, backward = _MEANS[method]
        total = top = observed = cover = np.zeros(1)
        for child in codebook.children(parent):
            x, child_cover = done[child]
            weight = np.asarray(given.get(child, table.at[child, "weight"]), dtype=float)
            present = ~np.isnan(x)
            # A child of weight zero must not turn a zero into NaN (0 * -inf).
            counts = present & (weight > 0)
            top = top + np.where(counts, weight * forward(np.where(counts, x, 1.0)), 0.0)
            observed = observed + np.where(counts, weight, 0.0)
            cover = cover + np.where(present, weight * child_cover, 0.0)
            total = total + weight
        with np.errstate(invalid="ignore", divide="ignore"):
            cover = cover / total
            score = backward(top / observed)
        enough = (observed > 0) & (cover >= min_coverage - _ROUNDING)
        done[parent] = parents[parent] = (np.where(enough, score, np.nan), cover)
    return parents


def _identity(x: np.ndarray) -> np.ndarray:
    return x


def _log(x: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(x))


def _exp(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(x))


_MEANS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "arithmetic": (_identity, _identity),
    "geometric": (_log, _exp),
}


def _check_geometric(values: Mapping[str, np.ndarray], codebook: Codebook, units: pd.Index) -> None:
    for parent in codebook.parents:
        if codebook.table.at[parent, "aggregate"] != "geometric":
            continue
        for leaf in codebook.leaves_of(parent):
            negative = values[leaf] < 0
            if negative.any():
                raise InnocapError(
                    f"{parent}: a geometric mean needs values of zero or more, but {leaf} is "
                    f"{values[leaf][negative][0]:.6g} for {units[negative][0]}; clip it at "
                    "'low' or use the arithmetic mean"
                )


def _warn_of_zeros(values: Mapping[str, np.ndarray], codebook: Codebook, units: pd.Index) -> None:
    for parent in codebook.parents:
        if codebook.table.at[parent, "aggregate"] != "geometric":
            continue
        for child in codebook.children(parent):
            zero = values[child] == 0
            if zero.any():
                warnings.warn(
                    f"{parent}: the geometric mean is 0 for {', '.join(map(str, units[zero]))} "
                    f"because {child} is 0",
                    ScoreWarning,
                    stacklevel=4,
                )
