"""People in cells, and what the sum over some of a cell can be from what is told of all of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Members = np.ndarray  # of bool, one per person


class Cells:
    """Values of people in cells: what the sum over some of the weight of a cell can be.

    Parameters
    ----------
    of : array of int, shape (people,)
        Number of each person's cell.
    values, weights : array of float, shape (people,)
        Their values from 0 to 1, and what each counts.
    counted : bool or array of bool, shape (cells,)
        Whether it is told how many gave each answer, and not the total alone.
    """

    def __init__(
        self, of: np.ndarray, values: np.ndarray, weights: np.ndarray, counted: bool | np.ndarray
    ) -> None:
        self.n = np.bincount(of, weights=weights)
        self.total = np.bincount(of, weights=weights * values)
        self.counted = np.broadcast_to(counted, self.n.shape)
        self.order = np.lexsort((values, of))
        self.reached = np.concatenate([[0.0], np.cumsum(weights[self.order])])
        self._sums = np.concatenate([[0.0], np.cumsum((weights * values)[self.order])])
        self._ends = np.cumsum(np.bincount(of))
        self._starts = np.concatenate([[0], self._ends[:-1]]).astype(int)

    def bound(self, own: np.ndarray, at: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the most that some weight of every cell, or of some, can have."""
        at = np.arange(len(self.n)) if at is None else at
        first, last = self._starts[at], self._ends[at]
        low = np.interp(self.reached[first] + own, self.reached, self._sums) - self._sums[first]
        rest = np.interp(self.reached[last] - own, self.reached, self._sums)
        # Of a total: from what the others at most leave them, to what they at least do.
        n, total, counted = self.n[at], self.total[at], self.counted[at]
        return (
            np.where(counted, low, np.maximum(0.0, total - (n - own))),
            np.where(counted, self._sums[last] - rest, np.minimum(own, total)),
        )

    def measure(self, own: np.ndarray, at: np.ndarray | None = None) -> np.ndarray:
        """Return how uncertain the sum of some weight of every cell, or of some, is."""
        low, high = self.bound(own, at)
        return np.asarray(high - low)


def list_pairs(groups: Sequence[Members], organisations: np.ndarray | None = None) -> np.ndarray:
    """List who is in groups, and in organisations of several people.

    Returns: array of int, shape (2, pairs): numbers of groups, and of people in them.
    """
    people = [np.flatnonzero(own) for own in groups]
    number = np.repeat(np.arange(len(people)), [len(own) for own in people])
    found = np.array([number, np.concatenate([*people, number[:0]])], dtype=int)
    if organisations is None:
        return found
    several = np.flatnonzero(np.bincount(organisations)[organisations] > 1)
    employed = np.array([len(groups) + organisations[several], several])
    return np.concatenate([found, employed], axis=1)


def number_alike(*columns: np.ndarray) -> np.ndarray:
    """Return numbers of people, the same for those who are alike in all columns."""
    order = np.lexsort(columns)
    differs = np.zeros(len(order), dtype=int)
    for column in columns:
        differs[1:] |= column[order[1:]] != column[order[:-1]]
    found = np.empty_like(differs)
    found[order] = np.cumsum(differs)
    return found
