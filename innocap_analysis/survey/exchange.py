"""How uncertain answers are at least, because people who count alike may have exchanged them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from innocap_analysis.survey.cells import Cells, number_alike
from innocap_analysis.survey.programme import Column, Total

_ROUNDING = 1e-6


class Exchanges:
    """What is left open by exchanges that change nothing of what is told.

    Parameters
    ----------
    parts : sequence of Column
        What scores are made of.
    sums : sequence of Total
        What is told of the scores, the highest first.
    weights : array of float, shape (people,)
        What each person counts in the totals.
    """

    def __init__(self, parts: Sequence[Column], sums: Sequence[Total], weights: np.ndarray) -> None:
        self.weights, self._parts, self._sums = weights, parts, sums

    def list_rooms(self, at: int) -> np.ndarray:
        """Return how uncertain everyone's value of a part of the one score is, from 0 to 1."""
        return np.asarray(np.maximum(self._alone[at], self._mixed[at]))

    def counts(self, at: int) -> np.ndarray:
        """Tell of whom a part counts in a told sum."""
        return np.asarray(np.any([own.shares[:, at] > 0 for own in self._sums], axis=0))

    def measure(self, pairs: np.ndarray, shares: np.ndarray, n: int) -> np.ndarray:
        """Return how uncertain exchanges among people who count alike leave a sum of groups.

        Parameters
        ----------
        pairs : array of int, shape (2, people in groups)
            Numbers of groups, and of people in them.
        shares : array of float, shape (people, parts)
            What each part counts in the sum.
        n : int
            How many groups there are.
        """
        room = np.zeros(n)
        for at in np.flatnonzero(shares.any(axis=0)).tolist():
            part, (number, free, cells) = self._parts[at], self._cells[at]
            group, person = pairs[:, part.has[pairs[1]]]
            kinds, of = np.unique(group * len(cells.n) + number[person], return_inverse=True)
            inside = np.bincount(of, self.weights[person])
            group, cell = np.divmod(kinds, len(cells.n))
            width = np.where(free[cell], inside, cells.measure(inside, cell))
            # Where shares differ in a cell: as if all had the least.
            share = np.full(len(kinds), np.inf)
            np.minimum.at(share, of, shares[person, at])
            room += np.bincount(group, width * share, minlength=n)
        return room

    def _list_told(self, at: int) -> list[np.ndarray]:
        """List how people count in what is told of a part's sums: of two who are alike, alike."""
        sums = [own for own in self._sums if own.shares[:, at].any()]
        return [column for own in sums for column in (own.blocks, own.shares[:, at])]

    @cached_property
    def _cells(self) -> list[tuple[np.ndarray, np.ndarray, Cells]]:
        """By part: everyone's cell, of which cells nothing is told, and what is known of them.

        People of a cell count alike in all that is told: they may have exchanged answers.
        """
        found = []
        for at, part in enumerate(self._parts):
            number = number_alike(part.blocks, part.has, *self._list_told(at))
            first = np.unique(number, return_index=True)[1]
            x, w = np.where(part.has, part.values, 0.0), np.where(part.has, self.weights, 0.0)
            told = part.blocks[first] > 0
            cells = Cells(number, x, w, told & part.counted)
            found.append((number, ~told & ~self.counts(at)[first], cells))
        return found

    @cached_property
    def _alone(self) -> list[np.ndarray]:
        """By part: how uncertain everyone is by exchanges with people of the same cell."""
        found = []
        for part, (number, free, cells) in zip(self._parts, self._cells, strict=True):
            w = np.where(part.has, self.weights, 0.0)
            width = np.where(free[number], w, cells.measure(w, number))
            found.append(np.where(w > 0, width / np.where(w > 0, w, 1.0), 0.0))
        return found

    @cached_property
    def _mixed(self) -> np.ndarray:
        """By part: how uncertain everyone is by exchanges with those of whom there are most.

        They count otherwise in the score: what somebody gains in a part is lost in the others.
        """
        ends = [self._exchange(at) for at in range(len(self._parts))]
        ups, downs, least = (np.array(some) for some in zip(*ends, strict=True))
        gain = np.minimum(ups, downs.sum(axis=0) - downs)
        gain += np.minimum(downs, ups.sum(axis=0) - ups)
        return np.where(least > _ROUNDING, gain / np.maximum(least, _ROUNDING), 0.0)

    def _exchange(self, at: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what the score can gain and lose by exchanges of a part, and what they count."""
        part, (number, _, cells) = self._parts[at], self._cells[at]
        (told,), n = self._sums, len(self.weights)
        share = told.shares[:, at]
        usual = _find_usual(told.blocks, np.where(part.has, share, -1.0))
        alike = [part.blocks, told.blocks]
        own = [*alike, share, part.has]
        other = [*alike, usual, np.ones(n, bool)]
        both = number_alike(*map(np.concatenate, zip(own, other, strict=True)))
        seat = np.full(both.max() + 1, -1)
        seat[both[:n]] = number
        cell = seat[both[n:]]
        w = np.where(part.has, self.weights, 0.0)
        x = np.where(part.has, part.values, 0.0)
        low, high = (end / np.where(w > 0, w, 1.0) for end in cells.bound(w, cell))
        meets = part.has & (cell >= 0) & (cells.n[cell] >= w)
        free = part.has & (part.blocks == 0)
        low = np.where(free, 0.0, np.where(meets, np.minimum(low, x), x))
        high = np.where(free, 1.0, np.where(meets, np.maximum(high, x), x))
        tilt = np.where(free, share, share - usual)
        up = np.where(tilt > 0, high - x, x - low) * np.abs(tilt)
        down = np.where(tilt > 0, x - low, high - x) * np.abs(tilt)
        return up, down, np.abs(tilt)


def _find_usual(known: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return for everyone the share that most people of their block have."""
    kind = number_alike(known, share)
    n = np.bincount(kind)[kind]
    order = np.lexsort((n, known))
    usual = np.zeros(known.max(initial=0) + 1)
    usual[known[order]] = share[order]  # the last of a block has company most
    return np.asarray(usual[known])
