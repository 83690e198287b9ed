"""Pages 10, 20 and 50 computed anew: csv, numpy and scipy, and nothing of the package.

Written from METHODS.md.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections import Counter

import numpy as np
from scipy import stats

from tests.frozen import EDITION

from .oracle import PUBLISHED, Oracle, consult, read_rows

# ---------------------------------------------------------------- page 10: the data


@functools.cache
def count_log() -> dict[str, tuple[int, int]]:
    """Return decisions and figures of the cleaning log by what was done."""
    o = consult()
    changed: Counter[tuple[str, str]] = Counter()
    older: Counter[tuple[str, str, int]] = Counter()
    for resource in o.resources:
        if resource["role"] != "observations":
            continue
        for row in read_rows(EDITION / "data/raw" / resource["path"]):
            raw, unit = row.get("region", row["country"]), o.unit_of(row)
            changed[resource["name"], raw] += raw != unit
            editions = o.raw[unit, row["indicator"]]  # fails for what the codebook does not hold
            if int(row["year"]) < max(editions):
                older[resource["name"], row["indicator"], int(row["year"])] += 1
    gaps = np.isnan(o.values).sum(axis=0)
    made = [n for n in changed.values() if n]
    return {
        "changed": (len(made), sum(made)),
        "dropped": (len(older), sum(older.values())),
        "missing": (int((gaps > 0).sum()), int(gaps.sum())),
    }


def years_scored() -> list[int]:
    """Return the newest year of every indicator that is scored."""
    o = consult()
    return [max(max(o.raw[u, c]) for u in o.units if (u, c) in o.raw) for c in o.leaves]


def all_years_scored() -> list[int]:
    """Return the year of every single figure that is scored."""
    o = consult()
    return [max(o.raw[u, c]) for u in o.units for c in o.leaves if (u, c) in o.raw]


def recompute(index: str, year: int) -> list[float]:
    """Return published minus recomputed index of every country that has all parts that year."""
    o, found = consult(), []
    for unit in o.units:
        own = [o.raw.get((unit, c), {}).get(year) for c in (index, *PUBLISHED[index])]
        if None not in own:
            found.append(own[0] - sum(own[1:]) / len(own[1:]))
    return found


# ---------------------------------------------------------------- page 20: the method


def parts_of(o: Oracle, code: str) -> list[str]:
    """Return what a dimension, or the index, is the mean of."""
    return o.dimensions if code == o.root else o.of[code]


def parent_of(o: Oracle, code: str) -> str:
    return o.node[code]["parent"]


@functools.cache
def correlate_parts(code: str) -> dict[tuple[str, str], tuple[float, int]]:
    """Return correlation and number of countries of every pair of parts."""
    o = consult()
    found = {}
    for a, b in itertools.combinations(parts_of(o, code), 2):
        x, y = o.scores[a], o.scores[b]
        both = ~np.isnan(x) & ~np.isnan(y)
        found[a, b] = float(stats.pearsonr(x[both], y[both])[0]), int(both.sum())
    return found


def compute_alpha(code: str) -> tuple[float, int]:
    """Return Cronbach's alpha, and over how many countries."""
    o = consult()
    x = np.column_stack([o.scores[c] for c in parts_of(o, code)])
    x = x[~np.isnan(x).any(axis=1)]
    k = x.shape[1]
    items, total = x.var(axis=0, ddof=1).sum(), x.sum(axis=1).var(ddof=1)
    return k / (k - 1) * (1 - items / total), len(x)


def explain(x: np.ndarray, y: np.ndarray) -> float:
    """Return the main effect of x on y: local linear, bandwidth by leaving each country out.

    Each country is left out in truth and predicted anew, where the package takes the shortcut
    over the leverage.
    """
    z = (x - x.mean()) / x.std()
    errors, fits = [], []
    for width in np.geomspace(0.1, 20, 20):
        kernel = stats.norm.pdf(z[:, None], z[None, :], width)
        fit, own = _fit_lines(z, y, kernel)
        if (own > 1 - 1e-6).any():
            continue
        others, _ = _fit_lines(z, y, kernel * (1 - np.eye(len(z))))
        errors.append(((y - others) ** 2).mean())
        fits.append(fit)
    return float(fits[int(np.argmin(errors))].var() / y.var())


def _fit_lines(z: np.ndarray, y: np.ndarray, kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return of each point its weighted regression line there, and its own share in it."""
    gap = z[None, :] - z[:, None]
    sums = [(kernel * gap**power).sum(axis=1) for power in (0, 1, 1, 2)]
    moments = np.stack(sums, axis=-1).reshape(-1, 2, 2)
    # Where all weight lies in one place there is no slope: the line is the mean.
    inverse = np.linalg.pinv(moments, rcond=1e-10, hermitian=True)
    rule = kernel * (inverse[:, :1, 0] + inverse[:, :1, 1] * gap)
    return rule @ y, np.diag(rule)


@functools.cache
def importance() -> dict[str, tuple[float, float, int]]:
    """Return of every part its weight in its parent, share of the main effects, and n."""
    o, found = consult(), {}
    for parent in (o.root, *o.dimensions):
        parts, effects, ns = parts_of(o, parent), [], []
        for part in parts:
            x, y = o.scores[part], o.scores[parent]
            both = ~np.isnan(x) & ~np.isnan(y)
            effects.append(explain(x[both], y[both]))
            ns.append(int(both.sum()))
        for part, effect, n in zip(parts, effects, ns, strict=True):
            found[part] = 1 / len(parts), effect / sum(effects), n
    return found


def furthest_from_its_weight() -> str:
    """Return the part whose share of the differences is furthest from its weight."""
    return max(importance(), key=lambda c: abs(importance()[c][1] - importance()[c][0]))


def correlate_with_whole(code: str) -> tuple[float, int]:
    """Correlate the raw figures of an indicator with the one that holds it."""
    o = consult()
    whole = o.node[code]["part_of"]
    pairs = [
        (o.newest(u, code), o.newest(u, whole))
        for u in o.units
        if (u, code) in o.raw and (u, whole) in o.raw
    ]
    return float(np.corrcoef(np.array(pairs).T)[0, 1]), len(pairs)


# ---------------------------------------------------------------- page 50: one choice at a time


@functools.cache
def alternatives() -> dict[str, dict[str, float]]:
    """Return the score of every partner under every alternative."""
    o = consult()
    twice = [c for c in o.leaves if o.node[c]["part_of"] in o.leaves]
    sizes = {d: len(o.of[d]) for d in o.dimensions}
    how: dict[str, tuple[list[str], dict[str, int], bool]] = {
        "no_double_counts": (twice, {}, False),
        "geometric": ([], {}, True),
        "equal_indicators": ([], sizes, False),
        "without_BIPA_PROCDATA": (["BIPA_PROCDATA"], {}, False),
    } | {f"without_{d}": (o.of[d], {}, False) for d in o.dimensions}
    return {name: {u: _score(o, u, *rule) for u in o.partners} for name, rule in how.items()}


def _score(o: Oracle, unit: str, gone: list[str], sizes: dict[str, int], product: bool) -> float:
    found, weights = [], []
    for d in o.dimensions:
        own = [o.score(unit, c) for c in o.of[d] if c not in gone]
        if own:
            assert not np.isnan(own).any(), "a partner lacks a figure: coverage is to be computed"
            found.append(sum(own) / len(own))
            weights.append(sizes.get(d, 1))
    if product:
        return math.prod(found) ** (1 / len(found))
    return sum(w * x for w, x in zip(weights, found, strict=True)) / sum(weights)


def order_of(scores: dict[str, float]) -> list[str]:
    """Return units from the highest score to the lowest."""
    return sorted(scores, key=scores.__getitem__, reverse=True)


def order_reported() -> list[str]:
    o = consult()
    return order_of({u: o.score(u, o.root) for u in o.partners})


@functools.cache
def moves_most() -> tuple[str, str, float]:
    """Return the indicator, the partner and the change, where the index moves most."""
    o = consult()
    x = o.without[o.root] - o.scores[o.root]
    at = [o.units.index(u) for u in o.partners]
    leaf, unit = np.unravel_index(np.abs(x[:, at]).argmax(), (len(x), len(at)))
    return o.leaves[leaf], o.partners[unit], float(x[leaf, at[unit]])


def share_above(unit: str, other: str) -> float:
    """Return the share of runs in which a partner scores above another; ties count half."""
    o = consult()
    lead = (o.runs[o.root][:, o.units.index(u)] for u in (unit, other))
    lead = np.subtract(*lead)
    return float((lead > 1e-9).mean() + 0.5 * (np.abs(lead) <= 1e-9).mean())
