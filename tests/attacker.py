"""Whoever knows every published total finds out by linear programming what follows from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, kron


def bound_totals(
    targets: Sequence[np.ndarray],
    told: Sequence[np.ndarray],
    x: np.ndarray,
    *,
    limits: tuple[float, float] = (0.0, 1.0),
    answers: np.ndarray | None = None,
) -> list[tuple[float, float]]:
    """Return the least and the most that groups' totals can be, knowing those of others.

    `targets` and `told` say who is in each group; with `answers` it is known of every group how
    often each was given, and not the total alone. Each end is a programme of its own; they are
    solved side by side, as one, because to begin takes longer than to solve.
    """
    # People whom the same groups hold are one unknown: their total, or their count by answer.
    held = np.array([*targets, *told], dtype=float)
    kinds, number = np.unique(held, axis=1, return_inverse=True)
    n, size = np.bincount(number.ravel()), 1 if answers is None else len(answers)
    asked, equal = kinds[: len(targets)], kinds[len(targets) :]
    if answers is None:
        known = np.array([own @ x for own in told])
        ends = np.column_stack([n * limits[0], n * limits[1]])
    else:
        equal = np.concatenate(
            [np.kron(np.eye(len(n)), np.ones(size)), np.kron(equal, np.eye(size))]
        )
        counts = [[(own * (x == a)).sum() for a in answers] for own in told]
        known = np.concatenate([n, np.ravel(counts)])
        asked = np.kron(asked, answers)
        ends = np.column_stack([np.zeros(equal.shape[1]), np.repeat(n, size)])
    goals = np.concatenate([asked, -asked])
    found = linprog(
        goals.ravel(), A_eq=kron(eye_array(len(goals)), csr_array(equal), format="csr"),
        b_eq=np.tile(known, len(goals)), bounds=np.tile(ends, (len(goals), 1)), method="highs",
        options={"presolve": False},
    )  # fmt: skip
    assert found.status == 0
    least, most = (goals * found.x.reshape(goals.shape)).sum(axis=1).reshape(2, -1)
    return list(zip(least.tolist(), (-most).tolist(), strict=True))
