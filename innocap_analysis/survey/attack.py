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

from innocap_analysis.survey.cells import Members, list_pairs, number_alike
from innocap_analysis.survey.exchange import Exchanges
from innocap_analysis.survey.programme import Column, Programme, Total

_ROUNDING = 1e-6
_DIGITS = 9  # of a share
_FEW = 8, 64  # people


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
        self._exchanges = Exchanges(self._parts, self._sums, self.weights)

    def measure(self, pairs: np.ndarray, n: int) -> np.ndarray:
        """Return how uncertain exchanges leave the score of n groups; see :class:`Exchanges`."""
        return self._exchanges.measure(pairs, self.shares, n)

    def list_goals(
        self, secret: Sequence[Members], organisations: np.ndarray | None = None
    ) -> Iterator[Goal]:
        """List of whom something may be known, one person of every kind; of the others not.

        Small groups alone where there are scores between: organisations, people, and sums of
        parts were attacked when these were decided, and are with them.
        """
        if self._shares_between:
            organisations = None
        n = len(self._sums)
        sums = [
            *((own, self._count_one(at), n + at) for at, own in enumerate(self._secret)),
            *((own, self._shares_between[at - 1], at)
              for at, own in enumerate(self._secret_between, start=1)),
            (secret, self.shares, 0),
        ]  # fmt: skip
        for own, shares, told in sums:
            yield from self._list_secret(list_pairs(own, organisations), shares, told)
        if self._shares_between:
            return
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
        """List several parts that are told of the same people, and all the others of each."""
        alike: dict[bytes, set[int]] = {}
        for at, part in enumerate(self._parts):
            told = part.blocks * (self.shares[:, at] > 0)
            alike.setdefault(told.tobytes(), set()).add(at)
        whole = set(range(len(self._parts)))
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
        for one in np.flatnonzero(self._exchanges.measure(people, shares, n) < need):
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
        order = near[np.argsort(-akin, kind="stable")]
        some_more = [np.union1d(np.flatnonzero(own), order[: n + int(own.sum())]) for n in _FEW]
        for some in (*some_more, near):
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

    def _list_lonely(self, at: int) -> np.ndarray:
        """List one person, the heaviest, of every kind whom no exchange leaves uncertain enough."""
        there = self._parts[at].has & self._exchanges.counts(at)
        room = self._exchanges.list_rooms(at)
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
