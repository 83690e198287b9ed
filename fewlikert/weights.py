"""Weights of respondents that fit known margins of the population."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from fewlikert.errors import InputError

_MOST_ROUNDS = 200


def _name_category(category: object) -> str:
    """Return a category as text; 1 and 1.0 are one, as a column with gaps makes floats of both."""
    whole = isinstance(category, float) and category.is_integer()
    return str(int(category)) if whole else str(category)  # type: ignore[call-overload]


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
    weights = np.ones(len(answers))
    wanted: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for column, shares in margins.items():
        at, found = pd.factorize(answers[column])
        names = [_name_category(name) for name in found]
        shares = {_name_category(name): share for name, share in shares.items()}
        strange = sorted(set(names) ^ set(shares))
        if (at < 0).any() or strange:
            raise InputError(
                f"rake_weights: {column}: every respondent and every margin needs the same "
                f"categories; look at {', '.join(strange) or 'the missing answers'}"
            )
        goal = np.array([shares[name] for name in names], dtype=float)
        if not (goal > 0).all():
            raise InputError(f"rake_weights: {column}: a share is not above zero")
        wanted[column] = at, goal / goal.sum()
    for _ in range(_MOST_ROUNDS):
        worst = 0.0
        for at, goal in wanted.values():
            share = np.bincount(at, weights=weights, minlength=len(goal)) / weights.sum()
            worst = max(worst, float(np.abs(share - goal).max()))
            weights = weights * (goal / share)[at]
        if worst < tolerance:
            return pd.Series(weights / weights.mean(), index=answers.index, name="weight")
    raise InputError(
        "rake_weights: the weights do not settle; the margins may contradict each other"
    )
