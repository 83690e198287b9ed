"""What of a wave may be published: totals from which nobody's answers can be worked out.

Whoever knows every published total of a variable can add and subtract them. What that yields are
totals of *blocks*: the people whom the same published groups hold. So groups are published one
after the other, the most important first, as long as

1. every block that they tell apart has enough people, from enough organisations of which none
   has nearly all of them, and
2. no small group, and nobody alone, is bounded too closely by its block: where a block's total is
   near the end of the scale, all of its people are (Hundepool and others, 2012, *Statistical
   Disclosure Control*, chapter 4, call it the protection interval).

Every total of any set of people that a reader can compute is then a sum of whole blocks, whatever
is added or subtracted; `tests/test_release.py` attacks it by linear programming.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

Members = np.ndarray  # of bool, one per person


@dataclass(frozen=True)
class Rules:
    """From when on a total may be told.

    Attributes
    ----------
    people : int
        Fewest people of a block.
    organisations : int
        Fewest organisations that a block's people come from.
    largest_share : float
        Most that one organisation's people may be of a block.
    protection : float
        Least width of what can be known of a hidden mean, as a share of the scale.
    """

    people: int = 10
    organisations: int = 3
    largest_share: float = 0.9
    protection: float = 0.2


@dataclass
class Blocks:
    """The people who answered something, split into what published groups tell apart.

    Parameters
    ----------
    organisations : array of int, shape (people,)
        Number of each person's organisation; whoever has none has a number of their own.
    rules : Rules
        When a group may be told.
    values : array of float, shape (people,), optional
        What is averaged; then hidden groups are protected from bounds, too.
    limits : (float, float)
        Lowest and highest possible value.
    """

    organisations: np.ndarray
    rules: Rules
    values: np.ndarray | None = None
    limits: tuple[float, float] = (0.0, 1.0)
    of: np.ndarray = field(init=False)  # the number of each person's block

    def __post_init__(self) -> None:
        """Put everyone into one block."""
        self.of = np.zeros(len(self.organisations), dtype=int)

    def may_split(self, members: Members, hidden: Sequence[Members] = ()) -> bool:
        """Tell whether a group can be published beside what is published already.

        Parameters
        ----------
        members : array of bool, shape (people,)
            Who is in the group.
        hidden : sequence of array of bool
            Groups that must stay uncertain, as everyone alone does.
        """
        found = self._refine(members)
        return all(self.is_safe(found == block) for block in np.unique(found)) and (
            self.values is None or self._protects(found, hidden)
        )

    def split(self, members: Members) -> None:
        """Count a group as published."""
        self.of = self._refine(members)

    def _refine(self, members: Members) -> np.ndarray:
        _, found = np.unique(2 * self.of + members, return_inverse=True)
        return np.asarray(found)

    def is_safe(self, block: Members) -> bool:
        """Tell whether a total of these people, and of nobody else, could be told."""
        people = int(block.sum())
        _, sizes = np.unique(self.organisations[block], return_counts=True)
        return bool(
            people >= self.rules.people
            and len(sizes) >= self.rules.organisations
            and sizes.max() <= self.rules.largest_share * people
        )

    def _protects(self, found: np.ndarray, hidden: Sequence[Members]) -> bool:
        """Tell whether no hidden mean, and nobody's value, is bounded too closely."""
        assert self.values is not None
        low, high = self.limits
        n = np.bincount(found)
        total = np.bincount(found, weights=self.values)
        below, above = total - n * low, n * high - total  # room of a block to either end
        least = self.rules.protection * (high - low)
        if (np.minimum(np.minimum(below, above), high - low) < least).any():
            return False
        for group in hidden:
            own = np.bincount(found[group], minlength=len(n))
            span = own * (high - low)
            # What a part of a block can have: from what the others at most leave it, to what
            # they at least do; a block that is wholly in it is known.
            rest = (n - own) * (high - low)
            lowest = np.maximum(0, below - rest)
            highest = np.minimum(span, below)
            width = np.where(own < n, highest - lowest, 0.0)
            part = own * (own < n)
            if part.any() and width.sum() < least * part.sum():
                return False
        return True


def choose_groups(
    groups: Mapping[str, Members],
    organisations: np.ndarray,
    *,
    rules: Rules,
    answered: Members | None = None,
    values: np.ndarray | None = None,
    limits: tuple[float, float] = (0.0, 1.0),
    parents: Mapping[str, str] | None = None,
) -> list[str]:
    """Choose which groups' totals of a variable are published.

    Parameters
    ----------
    groups : mapping of str to array of bool, shape (people,)
        Candidates, the most important first; of several that are equally important the larger
        first, because the last one left shields the small ones.
    organisations : array of int, shape (people,)
        Number of each person's organisation.
    rules : Rules
        When a group may be told.
    answered : array of bool, optional
        Who has a value of the variable. Default: everyone.
    values : array of float, optional
        The variable; NaN of whom has none.
    limits : (float, float)
        Lowest and highest possible value.
    parents : mapping of str to str, optional
        Group that a group belongs to: it is published only below a published one.

    Returns
    -------
    list of str
        Names of the published groups, in their order.
    """
    whole = np.ones(len(organisations), bool) if answered is None else answered
    own = {name: members[whole] for name, members in groups.items()}
    blocks = Blocks(organisations[whole], rules, None if values is None else values[whole], limits)
    # What is known about a large group that is not shown is nobody's secret.
    secret = [members for members in own.values() if members.any() and not blocks.is_safe(members)]
    shown: list[str] = []
    for name, members in own.items():
        parent = (parents or {}).get(name)
        if not members.any() or (parent is not None and parent not in shown):
            continue
        if blocks.may_split(members, secret):
            blocks.split(members)
            shown.append(name)
    return shown


def number_organisations(names: Sequence[object]) -> np.ndarray:
    """Return the number of each person's organisation; whoever has none is one of their own."""
    numbers: dict[object, int] = {}
    return np.asarray([numbers.setdefault(key, len(numbers)) for key in _iterate_keys(names)])


def _iterate_keys(names: Sequence[object]) -> Iterator[object]:
    for number, name in enumerate(names):
        missing = name is None or name != name or name == ""
        yield (number,) if missing else name
