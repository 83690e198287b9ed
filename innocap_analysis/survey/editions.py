"""What earlier editions of a wave have told: whom their totals held together, and no answers.

A page made anew from a wave that one person has joined, left, or answered otherwise, would tell
that person's answers to whoever keeps the earlier page. So the blocks of people that were told
are kept, and later editions may split them only as :mod:`innocap_analysis.survey.release` allows.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from innocap_analysis.survey.cells import Members
from innocap_analysis.survey.release import Decision, number_organisations

_LENGTH = 16  # digits of a fingerprint
_YEAR = "."  # between a fingerprint and a year
_DIGITS = 9  # of a value from 0 to 1
Row = tuple[float, ...]


@dataclass(frozen=True)
class Told:
    """What is told of one variable.

    Attributes
    ----------
    blocks : array of int, shape (people,)
        Whom told totals hold together, by the people of the record; 0: nothing is told.
    contents : dict of int to list of (row of float, int)
        What is told of every block: each answer with its count, or the mean of all.
    secret : list of list of int
        Numbers of the people of groups that must stay uncertain.
    """

    blocks: np.ndarray
    contents: dict[int, list[tuple[Row, int]]]
    secret: list[list[int]]


@dataclass(frozen=True)
class Former:
    """All earlier editions together; people and organisations are fingerprints."""

    people: list[str] = field(default_factory=list)
    organisations: list[str] = field(default_factory=list)
    variables: dict[str, Told] = field(default_factory=dict)


def fingerprint(parts: Iterable[object]) -> str:
    """Return the fingerprint of what somebody said."""
    text = "\x1f".join(_write(part) for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]


def _write(part: object) -> str:
    if part is None or part != part:
        return ""
    return f"{float(part):g}" if isinstance(part, int | float | np.number) else str(part)


class Meeting:
    """People of a wave who meet the record of what was told of them.

    Who has left since then, or answered anything otherwise, comes after the people of the wave:
    no group of the wave holds them, and what was told of them is still known.

    Parameters
    ----------
    former : Former
        What earlier editions have told.
    people : DataFrame
        One row per person: `organisation`, when they `submitted` (if known), and all that is
        told of them, with their places.
    """

    def __init__(self, former: Former, people: pd.DataFrame) -> None:
        self.former, self.people, self.n = former, people, len(people)
        seats: dict[str, list[int]] = defaultdict(list)
        for number, token in enumerate(former.people):
            seats[token.partition(_YEAR)[0]].append(number)
        tokens = self.tokens if seats else [""] * self.n
        found = [self._take_seat(seats.get(token.partition(_YEAR)[0]), token) for token in tokens]
        self.at = np.array(found, dtype=int)
        self.gone = np.array(sorted(number for own in seats.values() for number in own), dtype=int)
        self._place = np.empty(len(former.people), dtype=int)
        self._place[self.at[self.is_known]] = np.flatnonzero(self.is_known)
        self._place[self.gone] = self.n + np.arange(len(self.gone))
        names = [fingerprint([x]) if _write(x) else "" for x in people["organisation"]]
        self.names = [*names, *(former.organisations[number] for number in self.gone)]
        self.organisations = number_organisations(self.names)

    @cached_property
    def tokens(self) -> list[str]:
        """Fingerprint of everything that each person of the wave said, and the year if known."""
        answers = self.people.drop(columns=["organisation", "submitted"], errors="ignore")
        tokens = [fingerprint(row) for row in answers.itertuples(index=False, name=None)]
        if "submitted" not in self.people:
            return tokens
        years = [str(when)[:4] for when in self.people["submitted"]]
        return [f"{token}{_YEAR}{year}" if year.isdecimal() else token
                for token, year in zip(tokens, years, strict=True)]  # fmt: skip

    def _take_seat(self, seats: list[int] | None, token: str) -> int:
        """Return who said the same before, unless it was in another year; -1 where nobody did.

        Who says the same again in another wave says it anew: nobody else can know that.
        """
        year = token.partition(_YEAR)[2]
        for number in seats or ():
            other = self.former.people[number].partition(_YEAR)[2]
            if not (year and other) or year == other:
                seats.remove(number)  # type: ignore[union-attr]
                return number
        return -1

    @property
    def is_known(self) -> Members:
        """Who of the wave was there before."""
        return self.at >= 0

    def extend(self, members: np.ndarray, other: float = 0) -> np.ndarray:
        """Return a group or values of the wave among all who were ever told of."""
        if not len(self.gone):
            return members
        return np.concatenate([members, np.full(len(self.gone), other, members.dtype)])

    def recall(
        self, code: str, answered: Members, values: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None, list[Members]]:
        """Return blocks and values of everyone, and the secret groups of earlier editions."""
        told = self.former.variables.get(code)
        everyone = self.n + len(self.gone)
        blocks = np.zeros(everyone, dtype=int)
        if told is not None:
            known = np.flatnonzero(self.is_known & answered)
            blocks[known] = told.blocks[self.at[known]]
            blocks[self.n :] = told.blocks[self.gone]
        secret = []
        for numbers in told.secret if told is not None else ():
            secret.append(np.zeros(everyone, bool))
            secret[-1][self._place[numbers]] = True
        if values is None:
            return blocks, None, secret
        rows = values.reshape(self.n, -1)
        rows = np.concatenate([rows, np.full((len(self.gone), rows.shape[1]), np.nan)])
        left = np.arange(everyone) >= self.n
        for number in np.unique(blocks[left & (blocks > 0)]):
            own = blocks == number
            assert told is not None
            given = told.contents.get(int(number), [])
            rows[left & own] = _give_rest(given, rows[own & ~left], int((own & left).sum()))
        return blocks, rows, secret

    def record(self, decided: Mapping[str, tuple[Decision, np.ndarray | None, bool]]) -> Former:
        """Return the record with another edition: decision, values and whether each is counted."""
        everyone = [*self.tokens, *(self.former.people[number] for number in self.gone)]
        kept = np.zeros(len(everyone), bool)
        for decision, _, _ in decided.values():
            kept |= decision.blocks > 0
        numbers = np.cumsum(kept) - 1
        variables = {}
        for code, (decision, values, counted) in decided.items():
            _, blocks = np.unique([0, *decision.blocks[kept]], return_inverse=True)
            blocks = blocks[1:]
            contents = {}
            if values is not None:
                for number in np.unique(blocks[blocks > 0]):
                    contents[int(number)] = _sum_up(values[kept][blocks == number], counted)
            secret = {tuple(numbers[own & kept].tolist()) for own in decision.secret} - {()}
            variables[code] = Told(blocks, contents, sorted(map(list, secret)))
        return Former(
            [token for token, own in zip(everyone, kept, strict=True) if own],
            [name for name, own in zip(self.names, kept, strict=True) if own],
            variables,
        )


def _sum_up(rows: np.ndarray, counted: bool) -> list[tuple[Row, int]]:
    if counted:
        return sorted(Counter(map(_round, rows)).items())
    return [(_round(rows.mean(axis=0)), len(rows))]


def _round(row: Iterable[float]) -> Row:
    return tuple(round(float(x), _DIGITS) for x in row)


def _give_rest(given: Sequence[tuple[Row, int]], here: np.ndarray, n: int) -> np.ndarray:
    """Return answers of those who left a block: what was told of it without who is here."""
    rest = Counter(dict(given)) - Counter(map(_round, here))
    if len(given) > 1 and rest.total() == n:
        return np.array([row for row, count in rest.items() for _ in range(count)])
    # Of the mean, or where answers are counted otherwise by now, what is left to each of them.
    sums = sum(np.array(row) * count for row, count in given) - here.sum(axis=0)
    return np.tile(np.clip(sums / n, 0, 1), (n, 1))
