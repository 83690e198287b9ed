"""What of a wave may be published: totals from which nobody's answers can be worked out.

Whoever knows every published total of a variable can add and subtract them. What that yields are
totals of *blocks*: the people whom the same published groups hold. So groups are published one
after the other, the most important first, as long as

1. every block that they tell apart has enough people, from enough organisations of which none
   has nearly all of them, and
2. no small group, no organisation, and nobody alone, is bounded too closely by its block: where a
   block's total is near the end of the scale, all of its people are (Hundepool and others, 2012,
   *Statistical Disclosure Control*, chapter 4, call it the protection interval).

Every total of any set of people that a reader can compute is then a sum of whole blocks, whatever
is added or subtracted; `tests/test_release.py` attacks it by linear programming. The totals of an
earlier edition are blocks to begin with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from innocap_analysis.survey.cells import Cells, Members, list_pairs
from innocap_analysis.survey.linked import Links

_ROUNDING = 1e-9  # of a sum of floats
_NOBODY = np.empty((2, 0), dtype=int)


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
        Most that one organisation's people, or their weights, may be of a block.
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
    values : array of float, shape (people,) or (people, variables), optional
        What is averaged; then hidden groups are protected from bounds, too.
    limits : (float, float)
        Lowest and highest possible value.
    counted : bool
        Whether it is told how many gave each answer, and not the total alone.
    of : array of int, shape (people,), optional
        Number of each person's block; 0 of whom nothing was told. Default: nothing was told.
    weights : array of float, shape (people,), optional
        What each person counts in the totals that are told. Default: all the same.
    """

    organisations: np.ndarray
    rules: Rules
    values: np.ndarray | None = None
    limits: tuple[float, float] = (0.0, 1.0)
    counted: bool = False
    of: np.ndarray | None = None
    weights: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Begin with what was told before; measure values from 0 to 1."""
        told = np.zeros(len(self.organisations), dtype=int) if self.of is None else self.of
        self._of = np.asarray(told)
        low, high = self.limits
        given = None if self.values is None else (np.asarray(self.values) - low) / (high - low)
        self._columns = [] if given is None else list(np.atleast_2d(given.T))

    @property
    def told(self) -> np.ndarray:
        """Number of each person's block; 0 of whom nothing is told."""
        return self._of

    def may_split(self, members: Members, hidden: np.ndarray = _NOBODY) -> bool:
        """Tell whether a group can be published beside what is published already.

        Parameters
        ----------
        members : array of bool, shape (people,)
            Who is in the group.
        hidden : array of int, shape (2, people in groups)
            Numbers of groups that must stay uncertain, as everyone alone does, and who is in them.
        """
        n = np.bincount(self._of)
        within = np.bincount(self._of[members], minlength=len(n))
        cut = (within > 0) & (within < n)
        parts = np.array([within, n - within]) * cut
        parts[:, 0] = within[0], 0  # of the others there, nothing becomes known
        if ((parts > 0) & (parts < self.rules.people)).any():
            return False  # as most that are refused, and soonest seen
        found = self._refine(members)
        fresh = np.unique(found[(parts.sum(axis=0) > 0)[self._of]])
        fresh = fresh[fresh > 0]
        if not len(fresh):
            return True  # a sum of what is published
        return all(self.is_safe(found == block) for block in fresh) and all(
            self._protects(x, found, fresh, hidden) for x in self._columns
        )

    def split(self, members: Members) -> None:
        """Count a group as published."""
        self._of = self._refine(members)

    def _refine(self, members: Members) -> np.ndarray:
        names = 2 * self._of + members
        is_there = np.bincount(names) > 0
        number = np.cumsum(is_there) - is_there[0]  # 0 stays who is in no published group
        return np.asarray(number[names])

    def is_safe(self, block: Members) -> bool:
        """Tell whether a total of these people, and of nobody else, could be told."""
        people = int(block.sum())
        if people < self.rules.people:
            return False
        at = self.organisations[block]
        sizes = np.bincount(at)
        if np.count_nonzero(sizes) < self.rules.organisations:
            return False
        heavy = sizes if self.weights is None else np.bincount(at, weights=self.weights[block])
        return all(
            own.max() <= self.rules.largest_share * own.sum() + _ROUNDING for own in (sizes, heavy)
        )

    def _protects(
        self, x: np.ndarray, found: np.ndarray, fresh: np.ndarray, hidden: np.ndarray
    ) -> bool:
        """Tell whether no hidden mean, and nobody's value, is bounded too closely."""
        weights = np.ones(len(x)) if self.weights is None else self.weights
        cells, least = Cells(found, x, weights, self.counted), self.rules.protection
        heaviest = np.zeros(len(cells.n))
        np.maximum.at(heaviest, found, weights)
        room = cells.measure(heaviest)
        if self.counted:  # somebody gave an answer that is told of as much weight as theirs
            of, given = found[cells.order], x[cells.order]
            is_first = (np.diff(of, prepend=-1) > 0) | (np.diff(given, prepend=-1) != 0)
            first = np.flatnonzero(is_first)
            told = np.diff(cells.reached[[*first, len(x)]])
            may = first[told >= heaviest[of[first]] - _ROUNDING]
            least_of, most_of = np.full(len(cells.n), np.inf), np.full(len(cells.n), -np.inf)
            np.minimum.at(least_of, of[may], given[may])
            np.maximum.at(most_of, of[may], given[may])
            room = np.where(heaviest > 0, heaviest, np.nan) * (most_of - least_of)
        alone = fresh[heaviest[fresh] > 0]
        if (room < least * heaviest - _ROUNDING)[alone].any():
            return False
        group, person = hidden
        is_fresh = np.zeros(len(cells.n), dtype=bool)
        is_fresh[fresh] = True
        is_met = np.zeros(group.max(initial=0) + 1, dtype=bool)
        is_met[group[is_fresh[found[person]]]] = True
        group, person = hidden[:, is_met[group]]
        key, at = np.unique(group * len(cells.n) + found[person], return_inverse=True)
        group, block = np.divmod(key, len(cells.n))
        own = np.bincount(at, weights=weights[person])
        # A block that is wholly in a group is known; of block 0 nothing is told.
        is_open = (own < cells.n[block] - _ROUNDING) | (block == 0)
        width = np.where(block > 0, cells.measure(own, block), own)
        part, room = (np.bincount(group, weights=x * is_open) for x in (own, width))
        return not (room < least * part - _ROUNDING).any()


@dataclass(frozen=True)
class Decision:
    """What is told of a variable.

    Attributes
    ----------
    shown : list of str
        Names of the groups that are told.
    blocks : array of int, shape (people,)
        Whom the told groups hold together; 0 of whom nothing is told.
    secret : list of array of bool
        Groups that must stay uncertain.
    held : list of array of bool
        Groups that are large enough, but would betray others by what the variable is made of.
    """

    shown: list[str]
    blocks: np.ndarray
    secret: list[Members]
    held: list[Members] = field(default_factory=list)


def decide_groups(
    groups: Mapping[str, Members],
    organisations: np.ndarray,
    *,
    rules: Rules,
    answered: Members | None = None,
    values: np.ndarray | None = None,
    limits: tuple[float, float] = (0.0, 1.0),
    counted: bool = False,
    parents: Mapping[str, str] | None = None,
    told: np.ndarray | None = None,
    secret: Sequence[Members] = (),
    weights: np.ndarray | None = None,
    links: Sequence[Links] = (),
) -> Decision:
    """Decide which groups' totals of a variable are published.

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
    values : array of float, shape (people,) or (people, variables), optional
        The variable, or several that are told together; NaN of whom has none.
    limits : (float, float)
        Lowest and highest possible value.
    counted : bool
        Whether it is told how many gave each answer.
    parents : mapping of str to str, optional
        Group that a group belongs to: it is published only below a published one.
    told : array of int, shape (people,), optional
        Blocks that earlier editions have told; 0 of whom nothing was told. Who has left since
        then, or answered otherwise, is somebody else, whom no group holds.
    secret : sequence of array of bool
        Further groups that must stay uncertain.
    weights : array of float, shape (people,), optional
        What each person counts in the totals.
    links : sequence of Links, optional
        What the variable is made of: it is not told where it would tell what is not told of that.

    Returns
    -------
    Decision
        The published groups, in their order.
    """
    whole = np.ones(len(organisations), bool) if answered is None else answered
    own = {name: members[whole] for name, members in groups.items()}
    started = Blocks(
        organisations[whole], rules, None if values is None else values[whole], limits, counted,
        None if told is None else told[whole], None if weights is None else weights[whole],
    )  # fmt: skip
    # What is known about a large group that is not shown is nobody's secret.
    small = [k for k, members in own.items() if members.any() and not started.is_safe(members)]
    kept = [groups[name] & whole for name in small] + [members & whole for members in secret]
    # Where one organisation is enough, its mean may be told.
    employers = organisations if rules.organisations > 1 else None
    hidden = list_pairs(
        [members[whole] for members in kept], None if employers is None else employers[whole]
    )
    blocks, shown = _choose(own, started, hidden, parents or {})
    betraying = set[str]()
    if links:
        safe = list[str]()
        while not set(shown).issubset(safe):
            some = {name: groups[name] & whole for name in shown}
            now, before = _widen(blocks.told, whole), _widen(started.told, whole)
            attacks = (own.list_betraying(now, some, kept, before, employers) for own in links)
            if not (found := next(filter(None, attacks), None)):
                break
            betraying.update(found)
            safe = [name for name in shown if name not in found]
            left = {name: members for name, members in own.items() if name not in betraying}
            blocks, shown = _choose(left, started, hidden, parents or {})
        for name in links[0].list_following(groups):
            blocks.split(own[name])
    held = [groups[name] & whole for name in groups if name in betraying]
    return Decision(shown, _widen(blocks.told, whole), kept, held)


def _widen(blocks: np.ndarray, whole: Members) -> np.ndarray:
    """Return the blocks of all people; those without a value are in none."""
    found = np.zeros(len(whole), dtype=int)
    found[whole] = blocks
    return found


def _choose(
    own: Mapping[str, Members],
    started: Blocks,
    hidden: np.ndarray,
    parents: Mapping[str, str],
) -> tuple[Blocks, list[str]]:
    """Go through the groups, and split off those that are told."""
    blocks, shown = replace(started), dict[str, None]()
    for name, members in own.items():
        above = parents.get(name)
        if (
            members.any()
            and (above is None or above in shown)
            and blocks.may_split(members, hidden)
        ):
            blocks.split(members)
            shown[name] = None
    return blocks, list(shown)


def number_organisations(names: Sequence[object]) -> np.ndarray:
    """Return the number of each person's organisation; whoever has none is one of their own."""
    numbers: dict[object, int] = {}
    return np.asarray(
        [numbers.setdefault(key, len(numbers)) for key in _iterate_keys(names)], dtype=int
    )


def _iterate_keys(names: Sequence[object]) -> Iterator[object]:
    for number, name in enumerate(names):
        missing = name is None or name != name or name == ""
        yield (number,) if missing else name
