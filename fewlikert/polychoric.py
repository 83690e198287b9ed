"""Correlations between the dispositions behind answers on a scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from fewlikert.errors import InputError
from fewlikert.tables import read_items

_FAR = 37.0  # beyond this a normal probability is 0 or 1 in double precision
_MOST_STEPS = 100
_CLOSE = 1e-11
_STEEP, _EDGE = 0.9, 0.9999
_SMALLEST = 1e-300
_MOST_ANSWERS = 101  # 0 to 100
_FEW, _MANY = np.polynomial.legendre.leggauss(24), np.polynomial.legendre.leggauss(160)


@dataclass(frozen=True)
class Polychoric:
    """Polychoric correlations.

    Attributes
    ----------
    correlations : DataFrame
        Items x items; NaN where a pair has none.
    thresholds : DataFrame
        `code`, `answer` (upper code below the threshold), `threshold` (standard normal
        quantile), from all answers to the item.
    pairs : DataFrame
        `code`, `other`, `n`, `correlation`, `reason` (why it is NaN, or that it is at the edge).
    """

    correlations: pd.DataFrame
    thresholds: pd.DataFrame
    pairs: pd.DataFrame


def estimate_polychoric(table: pd.DataFrame, items: Sequence[str] | None = None) -> Polychoric:
    """Estimate polychoric correlations and thresholds.

    Parameters
    ----------
    table : DataFrame
        Respondents x items; answers as numbers, NaN missing.
    items : sequence of str, optional
        Default: all columns.

    Returns
    -------
    Polychoric
        Correlations, thresholds, and one row per pair.

    Raises
    ------
    InputError
        A column is not there, or a cell is no finite number or a code of don't know; there are
        fewer than two items, or an item has so many different answers that it is no scale.

    Notes
    -----
    Two steps (Olsson, 1979, *Psychometrika* 44, 443-460): thresholds from the margins of
    the pair's own table, then the correlation by maximum likelihood, all pairs at once by
    Fisher scoring. Pairs use the rows that answered both. No continuity correction for
    empty cells. As ``polycor::polychor(ML = FALSE)``, and ``lavaan::lavCor`` where nothing
    is missing.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1, 1, 2, 2, 3, 3, 1, 3], "b": [1, 2, 2, 3, 3, 3, 1, 2.0]})
    >>> float(estimate_polychoric(table).correlations.loc["a", "b"].round(3))
    0.867
    """
    names, x = read_items(table, items)
    # The answers to each item as numbers from 0; NaN, which is sorted last, becomes -1.
    answers = [np.unique(own[~np.isnan(own)]) for own in x.T]
    for name, own in zip(names, answers, strict=True):
        if len(own) > _MOST_ANSWERS:
            raise InputError(f"{name}: {len(own)} different answers are no scale of answers")
    coded = np.column_stack([np.searchsorted(own, column)
                             for own, column in zip(answers, x.T, strict=True)])  # fmt: skip
    coded = np.where(np.isnan(x), -1, coded)
    first, second = np.triu_indices(len(names), 1)
    counts = _count_pairs(coded, max(map(len, answers)))[first, second]
    spread = ((counts.sum(axis=2) > 0).sum(axis=1) > 1) & ((counts.sum(axis=1) > 0).sum(axis=1) > 1)
    r = np.full(len(first), np.nan)
    if spread.any():
        r[spread] = _maximise(counts[spread])
    matrix = np.eye(len(names))
    matrix[first, second] = matrix[second, first] = r
    at_edge = np.where(np.abs(r) >= _EDGE, "at the edge: 1 or -1", "")
    pairs = pd.DataFrame({
        "code": [names[i] for i in first], "other": [names[j] for j in second],
        "n": counts.sum(axis=(1, 2)).astype(int), "correlation": r,
        "reason": np.where(spread, at_edge, "no spread in an item"),
    })  # fmt: skip
    rows = [
        (name, float(answer), float(ndtri((column <= answer).sum() / (~np.isnan(column)).sum())))
        for name, own, column in zip(names, answers, x.T, strict=True)
        for answer in own[:-1]
    ]
    thresholds = pd.DataFrame(rows, columns=["code", "answer", "threshold"])
    return Polychoric(pd.DataFrame(matrix, names, names), thresholds, pairs)


def _count_pairs(coded: np.ndarray, width: int) -> np.ndarray:
    """Count the answers of all pairs of items: items x items x answers x answers."""
    n, items = coded.shape
    marks = (coded[:, :, None] == np.arange(width)).astype(float).reshape(n, items * width)
    counts = (marks.T @ marks).reshape(items, width, items, width)
    out: np.ndarray = counts.transpose(0, 2, 1, 3)
    return out


def _maximise(counts: np.ndarray) -> np.ndarray:
    total = counts.sum(axis=(1, 2))
    h = _find_limits(counts.sum(axis=2), total)[:, :, None]
    k = _find_limits(counts.sum(axis=1), total)[:, None, :]
    h, k = np.broadcast_arrays(h, k)
    r = np.clip(np.sin(_correlate(counts, total) * np.pi / 2), -0.9, 0.9)
    before = np.full(len(r), -np.inf)
    step = np.zeros(len(r))
    for _ in range(_MOST_STEPS):
        p = np.maximum(_difference(_integrate(h, k, r)), _SMALLEST)
        fit = np.where(counts > 0, counts * np.log(p), 0.0).sum(axis=(1, 2))
        # A step that lost likelihood is halved.
        worse = fit < before - 1e-10 * np.abs(before)
        if worse.any():
            step = np.where(worse, step / 2, 0.0)
            r = np.where(worse, r - step, r)
            continue
        slope = _difference(_density(h, k, r))
        score = (counts / p * slope).sum(axis=(1, 2))
        information = total * (slope**2 / p).sum(axis=(1, 2))
        reach = np.clip(r + score / np.maximum(information, 1e-12), -_EDGE, _EDGE)
        step = np.clip(reach - r, -0.5, 0.5)
        before, r = fit, r + step
        if np.abs(step).max() < _CLOSE:
            break
    return r


def _find_limits(margin: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return the normal quantiles between which each answer lies, from its margin."""
    share = np.cumsum(margin, axis=1) / total[:, None]
    limits = np.clip(ndtri(np.clip(share, 0.0, 1.0)), -_FAR, _FAR)
    limits[share > 1 - 1e-12] = _FAR
    return np.column_stack([np.full(len(margin), -_FAR), limits])


def _correlate(counts: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation of the codes, where the search starts."""
    codes = np.arange(counts.shape[1], dtype=float)
    rows, columns = counts.sum(axis=2), counts.sum(axis=1)
    x, y = rows @ codes / n, columns @ codes / n
    xy = np.einsum("pij,i,j->p", counts, codes, codes) / n - x * y
    xx, yy = rows @ codes**2 / n - x * x, columns @ codes**2 / n - y * y
    out: np.ndarray = np.clip(xy / np.sqrt(np.maximum(xx * yy, 1e-12)), -1, 1)
    return out


def _difference(corners: np.ndarray) -> np.ndarray:
    """Turn what lies below each corner into what lies in each cell."""
    return np.diff(np.diff(corners, axis=1), axis=2)


def _integrate(h: np.ndarray, k: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Integrate the bivariate normal density (Drezner and Wesolowsky, 1990)."""
    out: np.ndarray = ndtr(h) * ndtr(k)
    steep = np.abs(r) > _STEEP
    for own, (nodes, weights) in ((~steep, _FEW), (steep, _MANY)):
        if own.any():
            angle = np.arcsin(r[own])[:, None, None, None]
            s = np.sin(angle * (nodes + 1) / 2)
            a, b = h[own][..., None], k[own][..., None]
            inner = np.exp(-(a * a + b * b - 2 * a * b * s) / (2 * (1 - s * s)))
            out[own] += (inner * weights).sum(axis=-1) * angle[..., 0] / (4 * np.pi)
    return out


def _density(h: np.ndarray, k: np.ndarray, r: np.ndarray) -> np.ndarray:
    r = r[:, None, None]
    rest = 1 - r * r
    inner = np.exp(-(h * h - 2 * r * h * k + k * k) / (2 * rest))
    return np.asarray(inner / (2 * np.pi * np.sqrt(rest)))
