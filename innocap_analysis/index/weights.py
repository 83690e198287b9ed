"""Weights: how much each node counts in the index, and where weights can come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.figures import (
    FEWEST_UNITS,
    check_numbers,
    check_word,
    is_flat,
    is_number,
    read_sizes,
    warn,
)


def compute_effective_weights(codebook: Codebook) -> pd.DataFrame:
    """Compute how much each node counts in its index.

    Returns one row per scored node: `code`, `parent`, `level`, `weight` (product of the shares on
    the way up to the root; the indicators of one index sum to 1).
    """
    effective = dict.fromkeys(codebook.indexes, 1.0)
    for parent in reversed(codebook.parents):
        children = codebook.children(parent)
        given = codebook.table["weight"].loc[children]
        for child, share in (given / given.sum()).items():
            effective[str(child)] = effective[parent] * float(share)
    codes = [code for code in codebook.table.index if code in effective]
    return pd.DataFrame(
        {
            "code": codes,
            "parent": [str(codebook.table.at[code, "parent"]) for code in codes],
            "level": [codebook.level(code) for code in codes],
            "weight": [effective[code] for code in codes],
        }
    )


METHODS = ("equal", "given", "budget", "pca", "correlation")
_EQUAL = 1e-6


def derive_weights(
    codebook: Codebook | pd.DataFrame,
    *,
    method: str,
    parent: str,
    normalised: pd.DataFrame | None = None,
    given: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Derive weights for the children of one group or index.

    Parameters
    ----------
    codebook : Codebook or DataFrame
        The index.
    method : {'equal', 'given', 'budget', 'pca', 'correlation'}
        ``given`` takes weights as they are, ``budget`` points that people shared out;
        ``pca`` takes the squared loadings of the first principal component, ``correlation``
        the weights under which every child correlates alike with the mean.
    parent : str
        Group or index.
    normalised : DataFrame, optional
        Units x children, on the common scale, for ``pca`` and ``correlation``.
    given : mapping of str to float, optional
        Weights or points by child, for ``given`` and ``budget``.

    Returns
    -------
    dict of str to float
        Weight by child; they sum to 1. Put them into an index with
        :func:`~innocap_analysis.index.alternatives.change_codebook`.

    Warns
    -----
    ScoreWarning
        No weights above zero make the correlations equal; the nearest are returned.

    Raises
    ------
    InnocapError
        The method is unknown, weights are missing, negative or all zero, or fewer than 20
        complete units are there for a method that rests on correlations, or a child does
        not vary.

    Notes
    -----
    Principal components of the correlation matrix (OECD/JRC Handbook, 2008, section 6);
    squared loadings are never negative and sum to 1. The correlation weights minimise the
    variance of the correlations between children and mean by least squares over the
    simplex (Becker et al., 2017, *Ecological Indicators* 80, 12-22, on why equal weights do
    not mean equal importance).

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
    >>> derive_weights(book, parent="IDX", method="budget", given={"A": 60, "B": 40})
    {'A': 0.6, 'B': 0.4}
    """
    codebook = read_codebook(codebook)
    children = codebook.children(parent) if isinstance(parent, str) else []
    if not children:
        raise InnocapError(f"derive_weights: {parent!r} is no group of {codebook.name}")
    check_word("derive_weights: method", method, METHODS)
    if method == "equal":
        return dict.fromkeys(children, 1.0 / len(children))
    if method in ("given", "budget"):
        return _share_out(given, children, parent)
    x = _complete_units(normalised, children, method)
    correlations = np.corrcoef(x, rowvar=False)
    if method == "pca":
        weights: np.ndarray = np.linalg.eigh(correlations)[1][:, -1] ** 2
    else:
        weights = _equalise(correlations, parent) / x.std(axis=0)
    return dict(zip(children, map(float, weights / weights.sum()), strict=True))


def _share_out(
    given: Mapping[str, float] | pd.Series | None, children: Sequence[str], parent: str
) -> dict[str, float]:
    given = read_sizes(f"derive_weights: {parent}: given", given)
    if given is None:
        raise InnocapError(f"derive_weights: {parent}: given: expected a weight by child")
    wrong = [c for c in given if c not in children] + [c for c in children if c not in given]
    if wrong:
        raise InnocapError(
            f"derive_weights: {parent} has the children {', '.join(children)}; {wrong[0]!r} is "
            "missing or too many"
        )
    for child, weight in given.items():
        if not is_number(weight):
            raise InnocapError(
                f"derive_weights: {parent}: weight {weight!r} of {child} is no number"
            )
    points = check_numbers(pd.DataFrame(given, index=[parent]), children, name="derive_weights")
    points = points[:, 0]
    if not (points.min() >= 0 and points.sum() > 0):
        raise InnocapError(f"derive_weights: {parent}: weights must be 0 or more, not all 0")
    return dict(zip(children, map(float, points / points.sum()), strict=True))


def _complete_units(
    normalised: pd.DataFrame | None, children: Sequence[str], method: str
) -> np.ndarray:
    if normalised is None:
        raise InnocapError(f"derive_weights: {method} needs a table with {', '.join(children)}")
    x = check_numbers(normalised, children, name="derive_weights")
    complete = x[:, ~np.isnan(x).any(axis=0)].T
    if len(complete) < FEWEST_UNITS:
        raise InnocapError(
            f"derive_weights: {method} rests on correlations, and {len(complete)} complete units "
            f"are too few for them (at least {FEWEST_UNITS}); use equal or given weights"
        )
    flat = [c for c, same in zip(children, is_flat(complete.T)[:, 0], strict=True) if same]
    if flat:
        raise InnocapError(f"derive_weights: {flat[0]} does not vary, so it has no correlation")
    return complete


def _equalise(correlations: np.ndarray, parent: str) -> np.ndarray:
    """Return weights of the standardised children, so that their units do not matter."""

    def weigh(logs: np.ndarray) -> np.ndarray:
        full = np.append(logs, 0.0)  # only ratios count: the last weight is the yardstick
        weights = np.exp(full - full.max())
        return np.asarray(weights / weights.sum())

    def correlate(logs: np.ndarray) -> np.ndarray:
        weights = weigh(logs)
        shared = correlations @ weights
        return np.asarray(shared / np.sqrt(weights @ shared))

    def residuals(logs: np.ndarray) -> np.ndarray:
        correlation = correlate(logs)
        return np.asarray(correlation - correlation.mean())

    # Imported here: only this way of weighting needs it, and every notebook imports this file.
    from scipy.optimize import least_squares

    best = least_squares(
        residuals, np.zeros(len(correlations) - 1), xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    reached = correlate(best.x)
    if np.ptp(reached) > _EQUAL:
        warn(
            f"{parent}: no weights make its children correlate alike with it; at best from "
            f"{reached.min():.2f} to {reached.max():.2f}"
        )
    return weigh(np.asarray(best.x))
