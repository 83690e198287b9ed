"""The wide simulation of page 50 computed anew, to the last run: numpy and scipy alone.

Written from METHODS.md, sections 2 and 4. Its draws are uniform numbers, choice by choice in
the order of ``WIDE``, one row a run: first for one base sample, then for the other.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np
from scipy import stats

from .oracle import SEED, Oracle, consult

BASE, RESAMPLES, SOBOL_LEVEL = 512, 500, 0.95
WIDE = ("weights", "left_out", "aggregate", "normalise", "treatment", "imputation")


@functools.cache
def wide_scores() -> np.ndarray:
    """Return the index in every run of the wide simulation: runs x countries.

    Two base samples, then the first with each choice in turn from the second.
    """
    o = consult()
    k, rng = len(o.leaves), np.random.default_rng(SEED)
    sizes = [k + len(o.dimensions), 1, 1, 1, 1, 1]
    a, b = ([rng.random((BASE, size)) for size in sizes] for _ in range(2))
    blocks = [a, b, *([b[j] if j == i else a[j] for j in range(6)] for i in range(6))]
    drawn = [np.concatenate([block[j] for block in blocks]) for j in range(6)]
    pick = [np.floor(x[:, 0] * n).astype(int) for x, n in zip(drawn[1:], (k + 1, 3, 3, 2, 3),
                                                              strict=True)]  # fmt: skip
    dropped, mean, normalise, treat, fill = pick
    weights = 0.75 + 0.5 * drawn[0]
    leaf_weights = np.empty((len(weights), k))
    leaf_weights[:, [o.leaves.index(c) for d in o.dimensions for c in o.of[d]]] = weights[:, :k]
    out = np.empty((len(weights), len(o.units)))
    for f, t in itertools.product(range(3), range(2)):
        table = _fill(o.values, f)
        # No column is so skewed that it would be treated; one that is needs METHODS, section 2.
        assert not any(_is_skewed(x) for x in table.T)
        for n in range(3):
            at = (fill == f) & (treat == t) & (normalise == n)
            scored = o.aggregate(
                _scale(o, table, n)[None], leaf_weights[at] * o.weights[0],
                weights[at, k:] * o.weights[1], dropped[at] - 1,
                mean[at],
            )  # fmt: skip
            out[at] = scored[o.root]
    return out


def _fill(x: np.ndarray, how: int) -> np.ndarray:
    """Fill gaps: not at all, by the median, or from the most correlated other column."""
    out = x.copy()
    for row, column in np.argwhere(np.isnan(x)) if how else ():
        if how == 1:
            out[row, column] = np.nanmedian(x[:, column])
            continue
        best, line = -1.0, None
        for other in set(range(x.shape[1])) - {column}:
            both = ~np.isnan(x[:, column]) & ~np.isnan(x[:, other])
            if both.sum() >= 10 and not np.isnan(x[row, other]):
                found = stats.linregress(x[both, other], x[both, column])
                if abs(found.rvalue) > best:
                    best, line = abs(found.rvalue), (found.intercept, found.slope, other)
        assert line is not None
        out[row, column] = line[0] + line[1] * x[row, line[2]]
    return out


def _is_skewed(x: np.ndarray) -> bool:
    known = x[~np.isnan(x)]
    return abs(stats.skew(known, bias=False)) > 2 and stats.kurtosis(known, bias=False) > 3.5


def _scale(o: Oracle, x: np.ndarray, how: int) -> np.ndarray:
    """Bring figures to 0 to 100: by goalposts, by the range at hand, or by the share below."""
    out = np.empty_like(x)
    for i, code in enumerate(o.leaves):
        sign = float(o.node[code]["direction"])
        column = sign * x[:, i]
        ends = [float(o.node[code][end]) * sign for end in ("low", "high")] if how == 0 else column
        low, high = np.nanmin(ends), np.nanmax(ends)
        if how == 2:
            known = (~np.isnan(column)).sum()
            below = (column[None, :] < column[:, None] - 1e-12 * np.nanmax(np.abs(column))).sum(1)
            out[:, i] = np.where(np.isnan(column), np.nan, 100 * below / (known - 1))
        else:
            out[:, i] = np.clip(100 * (column - low) / (high - low), 0, 100)
    return out


def _rank(x: np.ndarray) -> np.ndarray:
    return 1.0 + (x[:, None, :] > x[:, :, None] + 1e-9).sum(axis=2)


@functools.cache
def wide_ranks() -> np.ndarray:
    """Return the rank of every partner among the partners: runs x partners."""
    o = consult()
    return _rank(wide_scores()[:, [o.units.index(u) for u in o.partners]])


@functools.cache
def sobol() -> tuple[int, dict[str, dict[str, tuple[float, float, float]]]]:
    """Return how many countries are ranked, and Sobol indices of the mean shift of ranks.

    By choice `first_order` and `total`, each with a percentile interval over resampled rows.
    """
    o = consult()
    scored = ~np.isnan(wide_scores()).any(axis=0) & ~np.isnan(o.scores[o.root])
    base = _rank(o.scores[o.root][None, scored])
    shift = np.abs(_rank(wide_scores()[:, scored]) - base).mean(axis=1).reshape(8, BASE)
    picks = np.random.default_rng(SEED).integers(0, BASE, size=(RESAMPLES, BASE))
    shift = shift - shift[:2].mean()
    found: dict[str, dict[str, tuple[float, float, float]]] = {}
    for i, name in enumerate(WIDE):
        each = {"first_order": [], "total": []}  # type: ignore[var-annotated]
        for rows in (np.arange(BASE), *picks):
            fa, fb, mixed = shift[0, rows], shift[1, rows], shift[2 + i, rows]
            variance = np.concatenate([fa, fb]).var()
            each["first_order"].append((fb * (mixed - fa)).mean() / variance)
            each["total"].append(((fa - mixed) ** 2).mean() / (2 * variance))
        tail = (1 - SOBOL_LEVEL) / 2
        found[name] = {
            kind: (x[0], *np.quantile(x[1:], [tail, 1 - tail])) for kind, x in each.items()
        }
    return int(scored.sum()), found


def choices_by_total() -> list[str]:
    """Return the choices, the one that moves the ranks most first."""
    return sorted(WIDE, key=lambda name: -sobol()[1][name]["total"][0])
