"""Ranks over many runs: their intervals, shares and who is above whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.figures import check_count, check_level, rank_figures

BLOCK_CELLS = 2**16  # what stays in the processor's cache
MOST_SHARES = 100
_MOST_COMPARED = 5000
_BLOCK = 4096  # units

Array = np.ndarray


def store_ranks(scores: Array) -> Array:
    """Rank each row, highest first, in the smallest whole numbers; 0 is no rank."""
    runs, units = scores.shape
    kind = np.uint16 if units < 2**16 else np.uint32
    places = np.empty(scores.shape, dtype=kind)
    step = max(1, BLOCK_CELLS // max(1, units))
    for start in range(0, runs, step):
        part = slice(start, start + step)
        places[part] = rank_figures(scores[part], descending=True, kind=kind)
    return places


def rank_scores(scores: pd.DataFrame) -> Ranks:
    """Rank units among themselves in every run, from runs x units."""
    return Ranks(scores.columns, store_ranks(scores.to_numpy(dtype=float)))


@dataclass(frozen=True)
class Ranks:
    """Ranks of some units among themselves, in every run.

    Attributes
    ----------
    units : Index
        Who is ranked.
    places : array
        Runs x units, whole numbers: 1 is the highest score, ties share the best rank, 0 is a
        unit without a rank.
    """

    units: pd.Index
    places: Array

    @property
    def table(self) -> pd.DataFrame:
        """Runs x units; NaN where a unit has no rank."""
        places = np.where(self.places == 0, np.nan, self.places)
        return pd.DataFrame(places, columns=self.units)

    def summary(self, level: float = 0.9) -> pd.DataFrame:
        """Summarise the ranks.

        Parameters
        ----------
        level : float
            Share of runs that the interval holds.

        Returns
        -------
        DataFrame
            One row per unit: `unit`, `median`, `low`, `high` (ranks; ends of the interval that
            occurred), `share_1`, `share_2`, … up to the hundredth (of the runs in which the unit
            has a rank, the share with that one), and `ranked`, the share of runs in which it has
            one. NaN for a unit that is never ranked.
        """
        check_level(level)
        tail = (1 - level) / 2
        shown = min(len(self.units), MOST_SHARES)
        parts = [np.empty((0, 4 + shown))]
        for places in self._blocks():
            n = np.count_nonzero(places, axis=1)
            known = np.where(n > 0, n, 1)
            half = (_pick(places, n, 0.5, np.floor) + _pick(places, n, 0.5, np.ceil)) / 2
            at = np.arange(len(places))[:, None] * (shown + 2) + np.minimum(places, shown + 1)
            counts = np.bincount(at.ravel(), minlength=len(places) * (shown + 2))
            shares = counts.reshape(len(places), -1)[:, 1 : shown + 1] / known[:, None]
            own = np.column_stack(
                [half, _pick(places, n, tail, np.floor), _pick(places, n, 1 - tail, np.ceil),
                 shares, n / places.shape[1]]
            )  # fmt: skip
            own[n == 0, :-1] = np.nan
            parts.append(own)
        names = [f"share_{rank}" for rank in range(1, shown + 1)]
        columns = ["median", "low", "high", *names, "ranked"]
        table = pd.DataFrame(np.vstack(parts), columns=columns)
        table.insert(0, "unit", self.units)
        return table

    def interval(self, level: float = 0.9) -> pd.DataFrame:
        """Return the ranks between which each unit stands in most runs, units x `low`, `high`."""
        return self.summary(level).set_index("unit")[["low", "high"]]

    def share_between(self, low: int, high: int) -> pd.Series:
        """Return how often each unit has a rank from `low` to `high`, of the runs that rank it."""
        check_count("low", low)
        check_count("high", high, least=int(low))
        ranked = np.count_nonzero(self.places, axis=0)
        within = np.count_nonzero((self.places >= low) & (self.places <= high), axis=0)
        share = np.where(ranked > 0, within / np.where(ranked > 0, ranked, 1), np.nan)
        return pd.Series(share, index=self.units)

    def superiority(self) -> pd.DataFrame:
        """Return how often each unit (row) is above each other one (column).

        Of the runs that rank both; a tie counts half. NaN on the diagonal and where no run ranks
        both.
        """
        if len(self.units) > _MOST_COMPARED:
            raise InnocapError(
                f"superiority: {len(self.units)} units are too many to compare each with each; "
                "name some in ranks(code, units)"
            )
        # No rank is a rank below all, and a pair counts only where both have one.
        places = self.places.astype(float).T
        known = (places > 0).astype(float)
        both = known @ known.T
        share = np.full(both.shape, np.nan)
        for i, own in enumerate(places):
            lead = places - own
            seen = known * known[i]
            above = ((lead > 0) * seen).sum(axis=1) + 0.5 * ((lead == 0) * seen).sum(axis=1)
            share[i] = np.where(both[i] > 0, above / np.where(both[i] > 0, both[i], 1.0), np.nan)
        np.fill_diagonal(share, np.nan)
        return pd.DataFrame(share, index=list(self.units), columns=list(self.units))

    def _blocks(self) -> Iterator[Array]:
        """Yield the ranks of some units in rising order, units x runs, those without one first."""
        for start in range(0, len(self.units), _BLOCK):
            yield np.sort(self.places[:, start : start + _BLOCK].T, axis=1)


def _pick(places: Array, n: Array, share: float, end: np.ufunc) -> Array:
    """Return the rank below (or above) which a share of the last `n` runs of each row lies."""
    at = places.shape[1] - n + end(share * (n - 1)).astype(int)
    picked = places[np.arange(len(places)), np.clip(at, 0, places.shape[1] - 1)]
    return np.asarray(picked, dtype=float)
