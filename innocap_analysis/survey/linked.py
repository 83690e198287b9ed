"""Of which groups a score must not be told, for what it tells of the answers it is made of.

The mean score of people who left nothing out is the mean of its parts: whoever knows it, and all
parts but one, knows that one, although nothing was told of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from innocap_analysis.survey.attack import Attack, Between, Goal, Part
from innocap_analysis.survey.cells import Members, list_pairs, number_alike


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
        Least width of what can be known of what is not told, as a share of the scale.
    people : int
        Fewest people of whom something is told.
    shown : frozenset of str
        Names of the groups of which all parts are told.
    weights : array of float, shape (people,), optional
        What each person counts in the totals. Default: all the same.
    between : sequence of Between, optional
        Scores that parts add up to on the way.
    """

    score: np.ndarray
    parts: Sequence[Part]
    least: float
    people: int
    shown: frozenset[str] = frozenset()
    weights: np.ndarray | None = None
    between: Sequence[Between] = ()

    def list_betraying(
        self, blocks: np.ndarray, told: Mapping[str, Members], secret: Sequence[Members] = (),
        before: np.ndarray | None = None, organisations: np.ndarray | None = None,
    ) -> list[str]:  # fmt: skip
        """List groups whose score tells, with all else that is told, what must stay uncertain.

        Parameters
        ----------
        blocks : array of int, shape (people,)
            Whom the told totals of the score hold together.
        told : mapping of str to array of bool
            The groups of which the score is told, the most important first.
        secret : sequence of array of bool
            Groups of which the score must stay uncertain, as everyone's alone does.
        before : array of int, shape (people,), optional
            The blocks that earlier editions have told; 0 of whom nothing was told.
        organisations : array of int, shape (people,), optional
            Number of each person's organisation, which must stay uncertain, too.

        Returns
        -------
        list of str
            The least important group for each betrayal without which there is none: what is left
            betrays nothing.
        """
        begun = np.zeros_like(blocks) if before is None else before
        left, found = dict(told), list[str]()
        attack = self._attack(blocks)
        for goal in attack.list_goals(secret, organisations):
            while (near := attack.find_near(goal)) is not None:
                name = self._choose(goal, begun, left, near)
                if name is None:  # the parts tell it alone, or an earlier edition does
                    break
                found.append(name)
                del left[name]
                attack = self._attack(_join(begun, left))
        return found

    def list_following(self, groups: Mapping[str, Members]) -> list[str]:
        """List groups whose score follows from its parts alone, but for what a few can have."""
        attack = self._attack(np.zeros(len(self.score), dtype=int))
        there = ~np.isnan(self.score)
        names = [name for name in groups if name in self.shown and (groups[name] & there).any()]
        inside = list_pairs([groups[name] & there for name in names])
        follows = attack.measure(inside, len(names)) < self.least * self.people
        return [name for name, own in zip(names, follows, strict=True) if own]

    def _attack(self, blocks: np.ndarray) -> Attack:
        return Attack(self.score, self.parts, blocks, self.least, self.weights, self.between)

    def _choose(
        self, goal: Goal, begun: np.ndarray, told: Mapping[str, Members], near: np.ndarray
    ) -> str | None:
        """Return the group that, told after those before it, betrays a goal to its component."""
        some = self._take(near)
        own = replace(goal, people=goal.people[near], shares=goal.shares[near])
        names = [name for name, members in told.items() if members[near].any()]

        def is_betrayed(n: int) -> bool:
            first = {name: told[name][near] for name in names[:n]}
            return some._attack(_join(begun[near], first)).find_near(own) is not None

        n = bisect_left(range(len(names)), True, lo=0, key=is_betrayed)
        return None if n == 0 else names[n - 1]

    def _take(self, people: np.ndarray) -> Links:
        parts = [
            replace(own, values=own.values[people], blocks=own.blocks[people],
                    shares=own.shares[people], secret=())
            for own in self.parts
        ]  # fmt: skip
        between = [Between(own.blocks[people], own.shares[people]) for own in self.between]
        weights = None if self.weights is None else self.weights[people]
        return replace(
            self, score=self.score[people], parts=parts, weights=weights, between=between
        )


def link_parts(links: Links, below: Sequence[Links | None]) -> Links:
    """Return a score with what its parts are made of in their place."""
    parts, found = list[Part](), list[tuple[int, Between]]()
    for child, own in zip(links.parts, below, strict=True):
        if own is None:
            parts.append(child)
            continue
        shares = np.column_stack([part.shares for part in own.parts])
        whole = Between(child.blocks, shares, child.secret)
        found += [(len(parts), between) for between in (*own.between, whole)]
        parts += [replace(part, shares=child.shares * part.shares) for part in own.parts]
    between = [
        replace(own, shares=np.pad(
            own.shares, ((0, 0), (begin, len(parts) - begin - own.shares.shape[1]))
        ))
        for begin, own in found
    ]  # fmt: skip
    return replace(links, parts=parts, between=between)


def _join(begun: np.ndarray, told: Mapping[str, Members]) -> np.ndarray:
    """Return the blocks that told groups make of those with which it began."""
    some = np.array([begun > 0, *told.values()])
    rows = np.ascontiguousarray(np.packbits(some, axis=0).T)
    alike = np.unique(rows.view(f"V{rows.shape[1]}").ravel(), return_inverse=True)[1]
    return np.where(some.any(axis=0), 1 + number_alike(begun, alike), 0)
