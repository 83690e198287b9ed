"""What people can have said of a score and its parts, as a linear programme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from innocap_analysis.survey.cells import Members, number_alike


@dataclass(frozen=True)
class Column:
    """What is known of some people and a part, and how much of their score it is."""

    values: np.ndarray
    has: Members
    blocks: np.ndarray
    shares: np.ndarray
    counted: bool


class Programme:
    """All that is told of some people's score and its parts.

    Of a kind are people of whom the same is told and who count alike. What they can have said is
    by part the weight of each answer, or one sum where answers are not counted.

    Parameters
    ----------
    parts : sequence of Column
        What the score is made of.
    known, weights : array, shape (people,)
        Whom told totals of the score hold together (0 of whom nothing is told), and what each
        person counts.
    own : array of bool, shape (people,)
        Of whom a sum is bounded.
    """

    def __init__(
        self, parts: Sequence[Column], known: np.ndarray, weights: np.ndarray, own: Members
    ) -> None:
        # Imported here, as the solver: pages about published figures need neither.
        from scipy.sparse import coo_array

        self.own, self.weights, self.parts = own, weights, parts
        told = [np.where(known > 0, p.shares, 0.0) for p in parts]
        mine = [np.where(own, p.shares, 0.0) for p in parts]
        kind = number_alike(
            own, known, *(p.blocks for p in parts), *(p.has for p in parts), *told, *mine
        )
        first = np.unique(kind, return_index=True)[1]
        self._size = 0
        self._entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._totals: list[np.ndarray] = []
        self._most: list[np.ndarray] = []
        self._goals: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        scores, sums = [], np.zeros(len(known))
        for part, share in zip(parts, told, strict=True):
            has, of = part.has, part.blocks
            answers, given = np.unique(part.values[has], return_inverse=True)
            if not len(answers):
                self._goals.append((np.empty(0, int), np.empty(0, int), np.empty(0)))
                continue
            n = np.bincount(kind[has], weights[has], minlength=len(first))
            there = np.flatnonzero(np.bincount(kind[has], minlength=len(first)))
            is_counted = part.counted & (of[first[there]] > 0)
            times = np.where(is_counted, len(answers), 1)
            row = np.repeat(there, times)
            which = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
            split = np.repeat(is_counted, times)
            value = np.where(split, answers[which], 1.0)
            at = self._size + np.arange(len(row))
            self._size += len(row)
            self._most.append(n[row])
            block = of[first[row]]
            # The answers of a kind are those of all its people.
            self._add(at[split], row[split], np.ones(split.sum()), n)
            if part.counted:
                key = of[has] * len(answers) + given
                total = np.bincount(key, weights[has], minlength=(of.max() + 1) * len(answers))
                self._add(at[split], (block * len(answers) + which)[split], np.ones(split.sum()),
                          total)  # fmt: skip
            else:
                told_ = block > 0
                total = np.bincount(of[has], (weights * part.values)[has], minlength=of.max() + 1)
                self._add(at[told_], block[told_], value[told_], total)
            scores.append((at, known[first[row]], value * share[first[row]]))
            sums[has] += (weights * share * part.values)[has]
            self._goals.append((at, row, value * own[first[row]]))
        self._first = first
        at, of, value = (np.concatenate(some) for some in zip(*scores, strict=True))
        inside = (of > 0) & (value > 0)
        total = np.bincount(known, sums)
        self._add(at[inside], of[inside], value[inside], total)
        rows, columns, values = (np.concatenate(some) for some in zip(*self._entries, strict=True))
        self._total = np.concatenate(self._totals)
        self._matrix = coo_array((values, (rows, columns)), (len(self._total), self._size)).tocsr()
        self._limits = np.column_stack([np.zeros(self._size), np.concatenate(self._most)])

    def _add(self, at: np.ndarray, of: np.ndarray, value: np.ndarray, total: np.ndarray) -> None:
        """Add what is told of sums: of which variables, to which sum they belong, what it is."""
        numbers, row = np.unique(of, return_inverse=True)
        self._entries.append((sum(map(len, self._totals)) + row, at, value))
        self._totals.append(total[numbers])

    def bounds(self, some: Sequence[int], least: float) -> bool:
        """Tell whether the sum of a part, or of what several add, is known to less than a width."""
        from scipy.optimize import linprog

        goal, true, width = np.zeros(self._size), 0.0, 0.0
        for number in some:
            part, (at, row, value) = self.parts[number], self._goals[number]
            share = part.shares if len(some) > 1 else np.ones(len(self.own))
            goal[at] = value * share[self._first[row]]
            inside = self.own & part.has
            true += float((self.weights * share * part.values)[inside].sum())
        for sign in (1, -1):
            end = linprog(sign * goal, A_eq=self._matrix, b_eq=self._total, bounds=self._limits,
                          method="highs")  # fmt: skip
            if end.status != 0:
                return True
            width += max(sign * true - end.fun, 0.0)
            if width >= least:
                return False
        return True
