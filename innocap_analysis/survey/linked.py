"""What a score tells of the answers that it is made of, and they of it.

The mean score of people who left nothing out is the mean of its parts: whoever knows it, and all
parts but one, knows that one, although nothing was told of it. Whoever did leave something out
makes what follows less exact; how exact it is at best is known from the order of the answers
(Hardy, Littlewood and Pólya, 1934, *Inequalities*, theorem 368: sums of products are least and
greatest where both are sorted, against each other or alike).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Members = np.ndarray  # of bool, one per person
_ROUNDING = 1e-9
# Above so many parts that are told of different people, or people, not all sums are looked at.
_KINDS, _PEOPLE = 6, 1_000


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
    count_unsafe : callable
        From who is in a group to how many people would stand for themselves who must not, were
        it told of the group.
    """

    values: np.ndarray
    blocks: np.ndarray
    shares: np.ndarray
    counted: bool
    count_unsafe: Callable[[Members], int]

    @cached_property
    def _given(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return told answers by block, in their order; where each begins, its size and total."""
        told = np.flatnonzero((self.blocks > 0) & ~np.isnan(self.values))
        order = told[np.lexsort((self.values[told], self.blocks[told]))]
        given, of = self.values[order], self.blocks[order]
        n = np.bincount(of, minlength=self.blocks.max() + 1)
        return given, np.cumsum(n) - n, n, np.bincount(of, given, minlength=len(n))

    def bound(self, members: Members) -> tuple[float, float]:
        """Return the least and the most that it can be of the summed scores of a group."""
        inside = members & (self.shares > 0)
        told = inside & (self.blocks > 0)
        order = np.lexsort((self.shares[told], self.blocks[told]))
        share, of = self.shares[told][order], self.blocks[told][order]
        given, start, n, total = self._given
        own = np.bincount(of, minlength=len(n))
        rank = np.arange(len(of)) - (np.cumsum(own) - own)[of]  # the last has the largest share
        if self.counted:
            least = given[(start + own)[of] - 1 - rank]
            most = given[(start + n - own)[of] + rank]
        else:  # a total is at least what the others cannot have, and nobody has more than 1
            least = np.clip(np.maximum(0.0, total - (n - own))[of] - rank, 0.0, 1.0)
            most = np.clip(np.minimum(total, own)[of] - (own[of] - 1 - rank), 0.0, 1.0)
        return float(share @ least), float(share @ most + self.shares[inside & ~told].sum())

    def is_open(self, members: Members) -> bool:
        """Tell whether it is not told of a group, nor follows from what is told of it."""
        of = self.blocks[members & (self.shares > 0)]
        n = self._given[2]
        own = np.bincount(of, minlength=len(n))
        return bool(own[0] > 0 or ((own > 0) & (own < n)).any())


@dataclass(frozen=True)
class Links:
    """A score and its parts.

    Attributes
    ----------
    score : array of float, shape (people,)
        From 0 to 1; NaN of whom has none.
    parts : sequence of Part
        What it is made of.
    least : float
        Least width of what can be known of what is not told, a person.
    people : int
        Fewest people of whom something is told.
    shown : frozenset of str
        Names of the groups of which all parts are told.
    count_unsafe : callable
        From blocks of people and who is in a group to how many people would stand for themselves
        who must not, were it told of the group.
    """

    score: np.ndarray
    parts: Sequence[Part]
    least: float
    people: int
    shown: frozenset[str]
    count_unsafe: Callable[[np.ndarray, Members], int]

    def betrays(
        self, blocks: np.ndarray, fresh: np.ndarray, secret: Sequence[Members] = ()
    ) -> bool:
        """Tell whether new blocks of people tell what must not be told of a part or the score.

        Of the score a secret group is bounded by what the few others of its block can have.
        """
        known = np.where(np.isnan(self.score), 0, blocks)
        if any(self._bounds(known == block, own) for block in fresh for own in secret):
            return True
        alone = [known == block for block in fresh]
        sets = list(alone)
        for at in range(len(self.parts)):
            sets += self._list_common(known, fresh, {at})
        if any(map(self._betrays, sets)):
            return True
        ends = {own.tobytes(): self._bound_parts(own) for own in alone}
        for some, joined in self._sums:
            for own in [*alone, *self._list_common(known, fresh, some)]:
                key = own.tobytes()
                ends[key] = ends[key] if key in ends else self._bound_parts(own)
                if self._betrays_sum(own, ends[key], some, joined):
                    return True
        return False

    def _bound_parts(self, members: Members) -> np.ndarray:
        return np.array([part.bound(members) for part in self.parts])

    @cached_property
    def _sums(self) -> list[tuple[set[int], np.ndarray]]:
        """Parts that may follow together, and the blocks of people of whom all of them are told.

        Parts that are told of the same blocks stay together: fewer of them tell no more.
        """
        alike: dict[bytes, set[int]] = {}
        for at, part in enumerate(self.parts):
            alike.setdefault((part.blocks * (part.shares > 0)).tobytes(), set()).add(at)
        kinds = list(alike.values())
        few = len(kinds) <= _KINDS and len(self.score) <= _PEOPLE
        sizes = range(1, len(kinds)) if few else {1, len(kinds) - 1} - {0}
        chosen = [set().union(*some) for n in sizes for some in combinations(kinds, n)]
        own = np.flatnonzero(~np.isnan(self.score))
        return [(some, self._join(own, some)) for some in chosen if len(some) > 1]

    def _join(self, people: np.ndarray, some: set[int]) -> np.ndarray:
        """Return the number of the smallest group of which all of some parts are told; or 0."""
        everyone = np.zeros(len(self.score), dtype=int)
        everyone[people] = 1 + np.arange(len(people))
        found = (label := self._connect(everyone, some))[everyone]
        return np.where(found == label[0], 0, 1 + found)

    def _list_common(self, known: np.ndarray, fresh: np.ndarray, but: set[int]) -> list[Members]:
        """List the smallest groups of which the score and all parts but some are told."""
        label = self._connect(known, set(range(len(self.parts))) - but)
        found = np.setdiff1d(label[fresh], label[0])
        return [(known > 0) & (label[known] == one) for one in found]

    def _connect(self, known: np.ndarray, some: set[int]) -> np.ndarray:
        """Return numbers of blocks, the same for those that share people of some parts."""
        told = np.flatnonzero(known)
        ends, begin = [], known.max() + 1
        for part in (self.parts[at] for at in sorted(some)):
            own = told[part.shares[told] > 0]
            of = part.blocks[own]  # people of whom nothing is told join what has the number 0
            ends.append(np.column_stack([known[own], np.where(of, begin + of, 0)]))
            begin += part.blocks.max() + 1
        edges = np.concatenate(ends).T if ends else np.empty((2, 0), int)
        graph = coo_array((np.ones(edges.shape[1]), edges), (begin, begin))
        return np.asarray(connected_components(graph, directed=False)[1])

    def _betrays(self, inside: Members) -> bool:
        if not any(part.is_open(inside) for part in self.parts):
            return False
        total = self.score[inside].sum()
        ends = self._bound_parts(inside)
        for part, (low, high) in zip(self.parts, ends, strict=True):
            others = ends.sum(axis=0) - (low, high)
            width = min(high, total - others[0]) - max(low, total - others[1])
            own = inside & (part.shares > 0)
            if width < high - low - _ROUNDING and part.is_open(own):
                least = self.least * part.count_unsafe(own) * part.shares[own].mean()
                if width < least - _ROUNDING:
                    return True
        return False

    def _bounds(self, block: Members, secret: Members) -> bool:
        """Tell whether a block bounds a secret group that is most of it more than its parts do."""
        own, rest = block & secret, block & ~secret
        people = int(own.sum())
        if not rest.any() or people <= rest.sum():
            return False
        (low, high), (least, most) = (self._bound_parts(some).sum(axis=0) for some in (own, rest))
        total = self.score[block].sum()
        width = min(high, total - least) - max(low, total - most)
        return bool(width < min(high - low, self.least * people) - _ROUNDING)

    def _betrays_sum(
        self, inside: Members, ends: np.ndarray, some: set[int], joined: np.ndarray
    ) -> bool:
        """Tell whether the sum of some parts would follow of people of whom it must not."""
        chosen = np.isin(np.arange(len(self.parts)), list(some))
        (low, high), others = ends[chosen].sum(axis=0), ends[~chosen].sum(axis=0)
        total = self.score[inside].sum()
        width = min(high, total - others[0]) - max(low, total - others[1])
        if width >= high - low - _ROUNDING:
            return False
        shares = np.sum([self.parts[at].shares for at in some], axis=0)
        own = inside & (shares > 0)
        if not own.any():
            return False
        least = self.least * self.count_unsafe(joined, own) * shares[own].mean()
        return bool(width < least - _ROUNDING)

    def follows(self, members: Members) -> bool:
        """Tell whether the summed score of a group follows from what is told of its parts."""
        inside = members & ~np.isnan(self.score)
        low, high = self._bound_parts(inside).sum(axis=0)
        return bool(inside.any() and high - low < self.least * self.people)
