"""What can be worked out of a score and its parts from all that is told of them.

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

from innocap_analysis.survey.cells import Cells, Members, list_pairs, number_alike
from innocap_analysis.survey.programme import Column, Programme, Total

_ROUNDING = 1e-6
_DIGITS = 9  # of a share
_FEW = 8


@dataclass(frozen=True)
class Part:
    """A question that a score is made of, or a score of which the questions do not count.

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
class Between:
    """A score between the parts and the score: a dimension of an index.

    Attributes
    ----------
    blocks : array of int, shape (people,)
        Whom told totals hold together; 0 of whom nothing is told.
    shares : array of float, shape (people, parts)
        How much of it each part is; 0 of whom has no value.
    secret : sequence of array of bool
        Groups that must stay uncertain.
    """

    blocks: np.ndarray
    shares: np.ndarray
    secret: Sequence[Members] = ()


@dataclass(frozen=True)
class Goal:
    """People of whom a sum must stay uncertain.

    Attributes
    ----------
    people : array of bool, shape (people,)
        Who they are.
    shares : array of float, shape (people, parts)
        What each part counts in the sum.
    told : int, optional
        Number of what is told of the same sum, as the attack counts them; None of no other.
    """

    people: Members
    shares: np.ndarray
    told: int | None = None


class Attack:
    """What can be worked out of a score and its parts from all that is told of them.

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
    between : sequence of Between, optional
        Scores that parts add up to on the way.
    """

    def __init__(
        self, score: np.ndarray, parts: Sequence[Part], blocks: np.ndarray, least: float,
        weights: np.ndarray | None = None, between: Sequence[Between] = (),
    ) -> None:  # fmt: skip
        self.least = least
        self.weights = np.ones(len(blocks)) if weights is None else weights
        self._secret = [part.secret for part in parts]
        self._secret_between = [own.secret for own in between]
        self._parts = [
            Column(part.values, ~np.isnan(part.values), part.blocks, part.counted)
            for part in parts
        ]  # fmt: skip
        self.shares = np.column_stack([part.shares for part in parts]).round(_DIGITS)
        self._has = [~np.isnan(score), *((own.shares > 0).any(axis=1) for own in between)]
        shares = [self.shares, *(own.shares.round(_DIGITS) for own in between)]
        all_blocks = [blocks, *(own.blocks for own in between)]
        self._sums = [
            Total(known := np.where(has, of, 0), np.where(known[:, None] > 0, own, 0.0))
            for has, of, own in zip(self._has, all_blocks, shares, strict=True)
        ]
        self._shares_between = shares[1:]

    def list_goals(
        self, secret: Sequence[Members], organisations: np.ndarray | None = None
    ) -> Iterator[Goal]:
        """List of whom something may be known, one person of every kind; of the others not."""
        n = len(self._sums)
        sums = [
            *((own, self._count_one(at), n + at) for at, own in enumerate(self._secret)),
            *((own, self._shares_between[at - 1], at)
              for at, own in enumerate(self._secret_between, start=1)),
            (secret, self.shares, 0),
        ]  # fmt: skip
        for own, shares, told in sums:
            yield from self._list_secret(list_pairs(own, organisations), shares, told)
        kind = number_alike(*self._list_blocks())
        whole = np.all([p.has for p in self._parts], axis=0)
        alone = [kind == one for one in np.flatnonzero(np.bincount(kind) == 1)]
        alone = [own for own in alone if (own & whole).any()]
        for some in self._list_sums():
            counting = np.isin(np.arange(len(self._parts)), some)
            pairs = list_pairs([*secret, *alone], organisations)
            yield from self._list_secret(pairs, self.shares * counting, None)
        for at in range(len(self._parts)):
            for person in self._list_lonely(at):
                who = np.arange(len(self.weights)) == person
                yield Goal(who, self._count_one(at), n + at)

    def _list_blocks(self) -> list[np.ndarray]:
        return [*(own.blocks for own in self._sums), *(own.blocks for own in self._parts)]

    def _count_one(self, at: int) -> np.ndarray:
        shares = np.zeros_like(self.shares)
        shares[:, at] = 1.0
        return shares

    def _list_sums(self) -> set[tuple[int, ...]]:
        """List several parts that are told of the same people, and all the others of each.

        Of a score between they are one: its own parts were attacked when it was decided.
        """
        alike: dict[bytes, set[int]] = {}
        whole = set(range(len(self._parts)))
        inside = [np.flatnonzero(own.any(axis=0)).tolist() for own in self._shares_between]
        for at in whole.difference(*inside):
            told = self._parts[at].blocks * (self.shares[:, at] > 0)
            alike.setdefault(told.tobytes(), set()).add(at)
        for own, parts in zip(self._sums[1:], inside, strict=True):
            told = own.blocks * (self.shares[:, parts] > 0).any(axis=1)
            alike.setdefault(told.tobytes(), set()).update(parts)
        return {
            tuple(sorted(own))
            for own in (*alike.values(), *(whole - own for own in alike.values()))
            if 1 < len(own) < len(whole)
        }

    def _list_secret(
        self, pairs: np.ndarray, shares: np.ndarray, told: int | None
    ) -> Iterator[Goal]:
        n = pairs[0].max(initial=-1) + 1
        group, person = people = self._open(pairs, shares, told)
        counts = (self.weights[:, None] * shares).sum(axis=1)
        need = self.least * np.bincount(group, counts[person], minlength=n) - _ROUNDING
        done = set[bytes]()
        for one in np.flatnonzero(self.measure(people, shares, n) < need):
            own = np.zeros(len(counts), dtype=bool)
            own[pairs[1, pairs[0] == one]] = True
            if own.tobytes() not in done:
                done.add(own.tobytes())
                yield Goal(own, shares, told)

    def find_near(self, goal: Goal) -> np.ndarray | None:
        """Return whoever can tell of a goal, if together they bound it too closely; or None."""
        own = np.zeros(len(goal.people), dtype=bool)
        own[self._open(list_pairs([goal.people]), goal.shares, goal.told)[1]] = True
        need = self.least * (self.weights[own] @ goal.shares[own]).sum() - _ROUNDING
        near = np.flatnonzero(np.isin(self._near, self._near[own]))
        if not len(near):
            return None
        # Whom a few leave open, the others fixed, all leave open.
        told = np.array(self._list_blocks())[:, near]
        akin = sum((np.isin(of, of[own[near]]) & (of > 0)).astype(int) for of in told)
        few = near[np.argsort(-akin, kind="stable")][: _FEW + int(own.sum())]
        few = np.union1d(np.flatnonzero(own), few)
        for some in (few, near):
            programme = Programme(
                [part.take(some) for part in self._parts],
                [total.take(some) for total in self._sums],
                goal.shares[some], self.weights[some], own[some],
            )  # fmt: skip
            if not programme.bounds(need):
                return None
        return near

    def _open(self, pairs: np.ndarray, shares: np.ndarray, told: int | None) -> np.ndarray:
        """Return of whom in groups a sum is not told."""
        of = [*((own.blocks, has) for own, has in zip(self._sums, self._has, strict=True)),
              *((part.blocks, part.has) for part in self._parts)]  # fmt: skip
        some = [told] if told is not None else len(self._sums) + np.flatnonzero(shares.any(axis=0))
        return pairs[:, np.any([_is_open(pairs, *of[at]) for at in some], axis=0)]

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
        for at in np.flatnonzero(shares.any(axis=0)):
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

    def _list_told(self, at: int, *, but_score: bool = False) -> list[np.ndarray]:
        """List how people count in what is told of a part's sums: of two who are alike, alike."""
        sums = [own for own in self._sums[but_score:] if own.shares[:, at].any()]
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
            found.append((number, ~told & ~self._counts(at)[first], cells))
        return found

    def _counts(self, at: int, *, but_score: bool = False) -> np.ndarray:
        """Tell of whom a part counts in a told sum."""
        counts = [own.shares[:, at] > 0 for own in self._sums[but_score:]]
        return np.asarray(np.any(counts, axis=0)) | np.zeros(len(self.weights), bool)

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

        They count otherwise in one score, and alike in those above and below it: what somebody
        gains in a part is lost in the others of that score.
        """
        found = np.zeros((len(self._parts), len(self.weights)))
        for one, shares in enumerate([self.shares, *self._shares_between]):
            inside = np.flatnonzero(shares.any(axis=0)).tolist()
            ends = [self._exchange(at, one, shares[:, at]) for at in inside]
            ups, downs, least = (np.array(some) for some in zip(*ends, strict=True))
            gain = np.minimum(ups, downs.sum(axis=0) - downs)
            gain += np.minimum(downs, ups.sum(axis=0) - ups)
            room = np.where(least > _ROUNDING, gain / np.maximum(least, _ROUNDING), 0.0)
            found[inside] = np.maximum(found[inside], room)
        return found

    def _exchange(
        self, at: int, one: int, share: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what a score can gain and lose by exchanges of a part, and what they count."""
        part, (number, _, cells) = self._parts[at], self._cells[at]
        n, blocks = len(self.weights), self._sums[one].blocks
        usual = _find_usual(blocks, np.where(part.has, share, -1.0))
        alike = [part.blocks, blocks]
        for level, told in enumerate(self._sums):
            if level != one and told.shares[:, at].any():
                # What is above changes by its share of the score, which is that of all parts.
                by = np.where(share > 0, share, 1.0) if level < one else 1.0
                alike += [told.blocks, (told.shares[:, at] / by).round(_DIGITS - 2)]
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
        free = part.has & (part.blocks == 0) & ~self._counts(at, but_score=True)
        low = np.where(free, 0.0, np.where(meets, np.minimum(low, x), x))
        high = np.where(free, 1.0, np.where(meets, np.maximum(high, x), x))
        tilt = np.where(free, share, share - usual)
        up = np.where(tilt > 0, high - x, x - low) * np.abs(tilt)
        down = np.where(tilt > 0, x - low, high - x) * np.abs(tilt)
        return up, down, np.abs(tilt)

    def _list_lonely(self, at: int) -> np.ndarray:
        """List one person, the heaviest, of every kind whom no exchange leaves uncertain enough."""
        room = np.maximum(self._alone[at], self._mixed[at])
        there = self._parts[at].has & self._counts(at)
        near = np.flatnonzero(there & (room < self.least - _ROUNDING))
        near = near[np.argsort(-self.weights[near], kind="stable")]
        columns = [own[near] for p in self._parts for own in (p.blocks, p.has)]
        columns += [own.blocks[near] for own in self._sums]
        columns += [c for own in self._sums for c in own.shares[near].T if c.any()]
        first = np.unique(number_alike(*columns), return_index=True)[1]
        return np.asarray(near[first])

    @cached_property
    def _near(self) -> np.ndarray:
        """Number of each person's component: people of another tell nothing of them."""
        from scipy.sparse import coo_array  # as in `Programme`
        from scipy.sparse.csgraph import connected_components

        told = [own.blocks for own in self._sums]
        told += [np.where(p.has, p.blocks, 0) for p in self._parts]
        n = len(self.weights)
        ends, begin = [], n
        for of in told:
            who = np.flatnonzero(of)
            ends.append(np.array([who, begin + of[who]]))
            begin += int(of.max(initial=0)) + 1
        edges = np.concatenate(ends, axis=1)
        graph = coo_array((np.ones(edges.shape[1]), edges), (begin, begin))
        return np.asarray(connected_components(graph, directed=False)[1])[:n]


def _is_open(pairs: np.ndarray, of: np.ndarray, there: Members) -> np.ndarray:
    """Tell who of groups have a value, and no block or one that holds others, too."""
    n = np.bincount(of[there], minlength=of.max(initial=0) + 1)
    group, person = pairs
    has = there[person]
    key = np.where(has, group * len(n) + of[person], -1)
    _, at, found = np.unique(key, return_inverse=True, return_counts=True)
    return np.asarray(has & ((of[person] == 0) | (found[at] < n[of[person]])))


def _find_usual(known: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return for everyone the share that most people of their block have."""
    kind = number_alike(known, share)
    n = np.bincount(kind)[kind]
    order = np.lexsort((n, known))
    usual = np.zeros(known.max(initial=0) + 1)
    usual[known[order]] = share[order]  # the last of a block has company most
    return np.asarray(usual[known])
