"""Weights of respondents that fit known margins of the population."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from fewlikert.errors import InputError
from fewlikert.options import check_positive, read_number
from fewlikert.tables import LARGEST, SMALLEST, list_columns, name_group, read_column, split_groups

_MOST_ROUNDS = 200


def rake_weights(
    answers: pd.DataFrame,
    margins: Mapping[str, Mapping[Any, float]],
    *,
    tolerance: float = 1e-9,
) -> pd.Series:
    """Weight respondents so that their margins are those of the population.

    Parameters
    ----------
    answers : DataFrame
        One row per respondent.
    margins : mapping of str to mapping
        For each column the share (or number) of the population in each of its categories.
    tolerance : float
        Largest difference left between a weighted and a wanted share.

    Returns
    -------
    Series
        One weight per row, their mean is 1.

    Raises
    ------
    InputError
        A category is missing on either side, or the weights do not settle.

    Notes
    -----
    Iterative proportional fitting (Deming and Stephan, 1940, *Annals of Mathematical
    Statistics* 11, 427-444), as ``survey::rake`` in R.

    Examples
    --------
    >>> table = pd.DataFrame({"office": ["a", "a", "a", "b"]})
    >>> rake_weights(table, {"office": {"a": 0.5, "b": 0.5}}).round(3).tolist()
    [0.667, 0.667, 0.667, 2.0]
    """
    check_positive(tolerance, "tolerance")
    if not isinstance(margins, Mapping):
        raise InputError("margins: a dict of column to shares is needed, such as {'g': {'a': 0.5}}")
    if not list_columns(answers, list(margins)):
        raise InputError("margins: they name no column of the population")
    if answers.empty:
        raise InputError("rake_weights: the table has no rows to weight")
    wanted = [_read_margin(answers, column, shares) for column, shares in margins.items()]
    weights = np.ones(len(answers))
    for _ in range(_MOST_ROUNDS):
        worst = 0.0
        for at, goal in wanted:
            share = np.bincount(at, weights=weights, minlength=len(goal)) / weights.sum()
            worst = max(worst, float(np.abs(share - goal).max()))
            weights = weights * (goal / share)[at]
        if worst < tolerance:
            return pd.Series(weights / weights.mean(), index=answers.index, name="weight")
    raise InputError(
        "rake_weights: the weights do not settle; the margins may contradict each other"
    )


def _read_margin(
    answers: pd.DataFrame, column: str, shares: Mapping[Any, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each row's category, and the wanted share of each category."""
    if not isinstance(shares, Mapping | pd.Series):
        raise InputError(f"margins: {column}: a dict of category to share is needed")
    groups = split_groups(read_column(answers, column))
    goals: dict[str, float] = {}
    for category, share in shares.items():
        name = name_group(category)
        if name in goals:
            raise InputError(
                f"margins: {column}: two different categories are both called {name!r}"
            )
        goals[name] = read_number(share)
        if not SMALLEST <= goals[name] <= LARGEST:
            raise InputError(
                f"rake_weights: {column}: a share is not above zero: {share!r} of {name!r}"
            )
    strange = sorted(set(groups) ^ set(goals))
    at = np.full(len(answers), -1)
    for i, rows in enumerate(groups.values()):
        at[rows] = i
    if (at < 0).any() or strange:
        raise InputError(
            f"rake_weights: {column}: every respondent and every margin needs the same "
            f"categories; look at {', '.join(strange) or 'the missing answers'}"
        )
    goal = np.array([goals[name] for name in groups])
    return at, goal / goal.sum()
