"""What people can have said of scores and their parts, as a linear programme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from innocap_analysis.survey.cells import Members, number_alike


@dataclass(frozen=True)
class Column:
    """What is known of some people and a part."""

    values: np.ndarray
    has: Members
    blocks: np.ndarray
    counted: bool

    def take(self, people: np.ndarray) -> Column:
        """Return what is known of some of them."""
        return Column(self.values[people], self.has[people], self.blocks[people], self.counted)


@dataclass(frozen=True)
class Total:
    """Whom told totals of a score hold together, and how much of theirs each part is."""

    blocks: np.ndarray
    shares: np.ndarray

    def take(self, people: np.ndarray) -> Total:
        """Return what is told of some of them."""
        return Total(self.blocks[people], self.shares[people])


class Programme:
    """All that is told of some people's scores and their parts.

    Of a kind are people of whom the same is told and who count alike. What they can have said is
    by part the weight of each answer, or one sum where answers are not counted.

    Parameters
    ----------
    parts : sequence of Column
        What the scores are made of.
    sums : sequence of Total
        What is told of the scores.
    wanted : array of float, shape (people, parts)
        What each part counts in the sum that is bounded.
    weights : array of float, shape (people,)
        What each person counts.
    own : array of bool, shape (people,)
        Of whom that sum is.
    """

    def __init__(
        self, parts: Sequence[Column], sums: Sequence[Total], wanted: np.ndarray,
        weights: np.ndarray, own: Members,
    ) -> None:  # fmt: skip
        # Imported here, as the solver: pages about published figures need neither.
        from scipy.sparse import coo_array

        mine = np.where(own[:, None], wanted, 0.0)
        shares = [c for s in (*(told.shares for told in sums), mine) for c in s.T if c.any()]
        kind = number_alike(
            own, *(told.blocks for told in sums), *(p.blocks for p in parts),
            *(p.has for p in parts), *shares,
        )  # fmt: skip
        first = np.unique(kind, return_index=True)[1]
        self._size, self._true = 0, 0.0
        self._entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._totals: list[np.ndarray] = []
        most, goal = [], []
        scores: list[list[tuple[np.ndarray, ...]]] = [[] for _ in sums]
        reached = np.zeros((len(sums), len(weights)))
        for number, part in enumerate(parts):
            has, of = part.has, part.blocks
            answers, given = np.unique(part.values[has], return_inverse=True)
            if not len(answers):
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
            most.append(n[row])
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
            for s, told in enumerate(sums):
                share = told.shares[:, number]
                scores[s].append((at, told.blocks[first[row]], value * share[first[row]]))
                reached[s, has] += (weights * share * part.values)[has]
            goal.append(value * mine[first[row], number])
            self._true += float((weights * mine[:, number] * part.values)[has].sum())
        for told, entries, sum_ in zip(sums, scores, reached, strict=True):
            at, of, value = (np.concatenate(some) for some in zip(*entries, strict=True))
            inside = (of > 0) & (value > 0)
            self._add(at[inside], of[inside], value[inside], np.bincount(told.blocks, sum_))
        rows, columns, values = (np.concatenate(some) for some in zip(*self._entries, strict=True))
        self._total = np.concatenate(self._totals)
        self._matrix = coo_array((values, (rows, columns)), (len(self._total), self._size)).tocsr()
        self._limits = np.column_stack([np.zeros(self._size), np.concatenate(most)])
        self._goal = np.concatenate(goal)

    def _add(self, at: np.ndarray, of: np.ndarray, value: np.ndarray, total: np.ndarray) -> None:
        """Add what is told of sums: of which variables, to which sum they belong, what it is."""
        numbers, row = np.unique(of, return_inverse=True)
        self._entries.append((sum(map(len, self._totals)) + row, at, value))
        self._totals.append(total[numbers])

    def bounds(self, least: float) -> bool:
        """Tell whether the sum is known to less than a width."""
        from scipy.optimize import linprog

        width = 0.0
        for sign in (1, -1):
            # Presolve finds little here and takes several times as long as the solver without it.
            ends = (
                linprog(sign * self._goal, A_eq=self._matrix, b_eq=self._total,
                        bounds=self._limits, method="highs", options={"presolve": presolve})
                for presolve in (False, True)
            )  # fmt: skip
            end = next((own for own in ends if own.status == 0), None)
            if end is None:
                return True
            width += max(sign * self._true - end.fun, 0.0)
            if width >= least:
                return False
        return True
