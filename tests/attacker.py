"""Whoever knows every published total finds out by linear programming what follows from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linprog


def bound_total(
    target: np.ndarray,
    told: Sequence[np.ndarray],
    x: np.ndarray,
    *,
    limits: tuple[float, float] = (0.0, 1.0),
    answers: np.ndarray | None = None,
) -> tuple[float, float]:
    """Return the least and the most that a group's total can be, knowing those of others.

    `target` and `told` say who is in each group; with `answers` it is known of every group how
    often each was given, and not the total alone.
    """
    # People whom the same groups hold are one unknown: their total, or their count by answer.
    kinds, number = np.unique(np.array([target, *told]), axis=1, return_inverse=True)
    n = np.bincount(number.ravel())
    if answers is None:
        equal, goal = kinds[1:], kinds[0]
        known = np.array([own @ x for own in told])
        ends = np.column_stack([n * limits[0], n * limits[1]])
    else:
        size = len(answers)
        equal = np.concatenate(
            [np.kron(np.eye(len(n)), np.ones(size)), np.kron(kinds[1:], np.eye(size))]
        )
        counts = [[(own * (x == a)).sum() for a in answers] for own in told]
        known = np.concatenate([n, np.ravel(counts)])
        goal = np.kron(kinds[0], answers)
        ends = np.column_stack([np.zeros(len(goal)), np.repeat(n, size)])
    found = [
        linprog(sign * goal, A_eq=equal, b_eq=known, bounds=ends, method="highs")
        for sign in (1, -1)
    ]
    assert all(end.status == 0 for end in found)
    return float(found[0].fun), float(-found[1].fun)
