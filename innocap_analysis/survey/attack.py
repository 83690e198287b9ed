"""What can be worked out of a score and its parts from all that is told of both.

The mean score of people who left nothing out is the mean of its parts. Where people left something
out, or answers are near an end of the scale, what follows is less exact; how exact it is at best
is found by a linear programme. Few are solved: whoever may have exchanged answers with people who
count alike in all that is told is uncertain enough by that alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from innocap_analysis.survey.cells import Cells, Members, number_alike
from innocap_analysis.survey.programme import Column, Programme

_ROUNDING = 1e-6
_DIGITS = 9  # of a share


@dataclass(frozen=True)
class Part:
    """A question or score that a score is made of, and what is told of it.

    Attributes
    ----------
    values : array of float, shape (people,)
        From 0 to 1, higher is better; NaN of whom has none.
    blocks : array of int, shape (people,)
        Whom told totals hold together; 0 of whom nothing is told.
    shares : array of float, shape (people,)
        How much of each person's score it is; 0 of whom has no value or no score.
    counted : bool
        Whether it is told how many gave each answer.
    secret : sequence of array of bool
        Groups that must stay uncertain, as everyone alone does.
    """

    values: np.ndarray
    blocks: np.ndarray
    shares: np.ndarray
    counted: bool
    secret: Sequence[Members] = ()


@dataclass(frozen=True)
class Goal:
    """People of whom a part, by its number, or what several add to a score must stay uncertain."""

    people: Members
    parts: tuple[int, ...]


class Attack:
    """What can be worked out of a score and its parts from all that is told of both.

    Parameters
    ----------
    score : array of float, shape (people,)
        From 0 to 1; NaN of whom has none.
    parts : sequence of Part
        What it is made of.
    blocks : array of int, shape (people,)
        Whom the told totals of the score hold together; 0 of whom nothing is told.
    least : float
        Least width of what can be known of what is not told, as a share of the scale.
    weights : array of float, shape (people,), optional
        What each person counts in the totals. Default: all the same.
    """

    def __init__(
        self, score: np.ndarray, parts: Sequence[Part], blocks: np.ndarray, least: float,
        weights: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        self.has, self.least = ~np.isnan(score), least
        self.known = np.where(self.has, blocks, 0)
        self.weights = np.ones(len(blocks)) if weights is None else weights
        self._secret = [part.secret for part in parts]
        self._parts = [
            Column(part.values, ~np.isnan(part.values), part.blocks, part.shares.round(_DIGITS),
                   part.counted)
            for part in parts
        ]  # fmt: skip

    @property
    def all(self) -> tuple[int, ...]:
        """Numbers of all parts, which together are the score."""
        return tuple(range(len(self._parts)))

    def list_goals(self, secret: Sequence[Members]) -> Iterator[Goal]:
        """List of whom something may be known, one person of every kind; of the others not."""
        for at, own in enumerate(self._secret):
            yield from self._list_secret(own, (at,))
        yield from self._list_secret(secret, self.all)
        kind = number_alike(self.known, *(p.blocks for p in self._parts))
        whole = np.all([p.has for p in self._parts], axis=0)
        alone = [kind == one for one in np.flatnonzero(np.bincount(kind) == 1)]
        alone = [own for own in alone if (own & whole).any()]
        for some in self._list_sums():
            yield from self._list_secret([*secret, *alone], some)
        for at in self.all:
            for person in self._list_lonely(at):
                yield Goal(np.arange(len(self.known)) == person, (at,))

    def _list_sums(self) -> set[tuple[int, ...]]:
        """List several parts that are told of the same people, and all the others of each."""
        alike: dict[bytes, list[int]] = {}
        for at, part in enumerate(self._parts):
            alike.setdefault((part.blocks * (part.shares > 0)).tobytes(), []).append(at)
        rest = ((at for at in self.all if at not in own) for own in alike.values())
        return {
            some for own in (*alike.values(), *rest) if 1 < len(some := tuple(own)) < len(self.all)
        }

    def _list_secret(self, secret: Sequence[Members], parts: tuple[int, ...]) -> Iterator[Goal]:
        for own in {own.tobytes(): own for own in secret}.values():
            people = self._open(goal := Goal(own, parts))
            if self.measure(people, parts) < self._require(people, parts):
                yield goal

    def _require(self, people: Members, parts: tuple[int, ...]) -> float:
        """Return how uncertain a sum of some people must be."""
        share = np.sum([self._parts[at].shares for at in parts], axis=0) if parts[1:] else 1.0
        return float(self.least * (self.weights * share)[people].sum() - _ROUNDING)

    def find_near(self, goal: Goal) -> np.ndarray | None:
        """Return whoever can tell of a goal, if together they bound it too closely; or None."""
        own = self._open(goal)
        near = np.flatnonzero(np.isin(self._near, self._near[own]))
        if not len(near):
            return None
        parts = [
            Column(p.values[near], p.has[near], p.blocks[near], p.shares[near], p.counted)
            for p in self._parts
        ]
        programme = Programme(parts, self.known[near], self.weights[near], own[near])
        return near if programme.bounds(goal.parts, self._require(own, goal.parts)) else None

    def _open(self, goal: Goal) -> Members:
        """Return those of a goal of whom it is not told."""
        if goal.parts == self.all and goal.parts[1:]:
            return _find_open(goal.people & self.has, self.known, self.has)
        some = [self._parts[at] for at in goal.parts]
        found = [_find_open(goal.people & p.has, p.blocks, p.has) for p in some]
        return np.asarray(np.any(found, axis=0))

    def measure(self, own: Members, parts: tuple[int, ...]) -> float:
        """Return how uncertain exchanges among people who count alike leave a sum of some."""
        room = 0.0
        for at in parts:
            part, (number, free, cells) = self._parts[at], self._cells[at]
            mine = own & part.has
            inside = np.bincount(number[mine], self.weights[mine], minlength=len(cells.n))
            width = np.where(free, inside, cells.measure(inside))
            if len(parts) > 1:
                # Of whom no score is told the shares differ in a cell: as if all had the least.
                share = np.full(len(cells.n), 1.0)
                np.minimum.at(share, number[mine], part.shares[mine])
                width = width * share
            room += width.sum()
        return room

    @cached_property
    def _cells(self) -> list[tuple[np.ndarray, np.ndarray, Cells]]:
        """By part: everyone's cell, of which cells nothing is told, and what is known of them.

        People of a cell count alike in all that is told: they may have exchanged answers.
        """
        found = []
        for part in self._parts:
            share = np.where(self.known > 0, part.shares, 0.0)
            number = number_alike(part.blocks, self.known, share, part.has)
            first = np.unique(number, return_index=True)[1]
            x, w = np.where(part.has, part.values, 0.0), np.where(part.has, self.weights, 0.0)
            told = part.blocks[first] > 0
            cells = Cells(number, x, w, told & part.counted)
            found.append((number, ~told & (self.known[first] == 0), cells))
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
    def _mixed(self) -> list[np.ndarray]:
        """By part: how uncertain everyone is by exchanges with those of whom there are most.

        They count otherwise in the score: what somebody gains in a part is lost in the others.
        """
        up, down, tilts = [], [], []
        n = len(self.known)
        for part, (number, _, cells) in zip(self._parts, self._cells, strict=True):
            share = np.where(self.known > 0, part.shares, 0.0)
            usual = _find_usual(self.known, np.where(part.has, share, -1.0))
            own = [part.blocks, self.known, share, part.has]
            other = [part.blocks, self.known, usual, np.ones(n, bool)]
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
            up.append(np.where(tilt > 0, high - x, x - low) * np.abs(tilt))
            down.append(np.where(tilt > 0, x - low, high - x) * np.abs(tilt))
            tilts.append(np.abs(tilt))
        ups, downs, least = np.array(up), np.array(down), np.array(tilts)
        gain = np.minimum(ups, downs.sum(axis=0) - downs)
        gain += np.minimum(downs, ups.sum(axis=0) - ups)
        return list(np.where(least > _ROUNDING, gain / np.maximum(least, _ROUNDING), 0.0))

    def _list_lonely(self, at: int) -> np.ndarray:
        """List one person, the heaviest, of every kind whom no exchange leaves uncertain enough."""
        room = np.maximum(self._alone[at], self._mixed[at])
        there = self._parts[at].has & (self.known > 0)
        near = np.flatnonzero(there & (room < self.least - _ROUNDING))
        near = near[np.argsort(-self.weights[near], kind="stable")]
        columns = [own[near] for p in self._parts for own in (p.blocks, p.shares, p.has)]
        first = np.unique(number_alike(self.known[near], *columns), return_index=True)[1]
        return np.asarray(near[first])

    @cached_property
    def _near(self) -> np.ndarray:
        """Number of each person's component: people of another tell nothing of them."""
        from scipy.sparse import coo_array  # as in `Programme`
        from scipy.sparse.csgraph import connected_components

        told = [self.known, *(np.where(p.has, p.blocks, 0) for p in self._parts)]
        n = len(self.known)
        ends, begin = [], n
        for of in told:
            who = np.flatnonzero(of)
            ends.append(np.array([who, begin + of[who]]))
            begin += int(of.max(initial=0)) + 1
        edges = np.concatenate(ends, axis=1)
        graph = coo_array((np.ones(edges.shape[1]), edges), (begin, begin))
        return np.asarray(connected_components(graph, directed=False)[1])[:n]


def _find_open(own: Members, of: np.ndarray, there: Members) -> Members:
    """Return those of some people whose block, if they have one, holds others, too."""
    n = np.bincount(of[there], minlength=of.max(initial=0) + 1)
    whole = np.bincount(of[own], minlength=len(n)) == n
    whole[0] = False
    return np.asarray(own & ~whole[of])


def _find_usual(known: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return for everyone the share that most people of their block have."""
    kind = number_alike(known, share)
    n = np.bincount(kind)[kind]
    order = np.lexsort((n, known))
    usual = np.zeros(known.max(initial=0) + 1)
    usual[known[order]] = share[order]  # the last of a block has company most
    return np.asarray(usual[known])
