"""Nothing is shown of a group so small that its members could be recognised."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import MIN_RESPONDENTS_FLOOR

SHOWN, SMALL, COMPLEMENTARY = "", "small", "complementary"
_FEWEST_HIDDEN = 2


def suppress_small_cells(
    table: pd.DataFrame,
    *,
    minimum: int,
    values: Sequence[str],
    within: Sequence[str] = (),
    n: str = "n",
) -> pd.DataFrame:
    """Blank what is known of groups of few respondents, and what would give them away.

    Parameters
    ----------
    table : DataFrame
        One row per group, **all** groups that add up to a published total, those without
        a name (no region given) too.
    minimum : int
        Fewest respondents of a group that may be shown.
    values : sequence of str
        Columns to blank; `n` is blanked with them.
    within : sequence of str
        Columns that name the published total that a group is part of, such as country and
        item: with all groups but one shown, the last could be had by subtraction, so the
        next smallest group is hidden too, until at least two groups of together `minimum`
        respondents are. Empty: groups are on their own, no total is published.
    n : str
        Column of respondents behind a row.

    Returns
    -------
    DataFrame
        The same rows with `suppressed`: empty, ``small`` or ``complementary``.

    Raises
    ------
    InnocapError
        `minimum` is below five.

    Notes
    -----
    Primary and complementary suppression as in Hundepool and others (2012), *Statistical
    Disclosure Control*, chapter 4, for one-way totals.

    Examples
    --------
    >>> table = pd.DataFrame({"region": ["a", "b", "c"], "n": [40, 12, 3], "share": 0.5})
    >>> table["country"] = "X"
    >>> out = suppress_small_cells(table, minimum=10, values=["share"], within=["country"])
    >>> out["suppressed"].tolist()
    ['', 'complementary', 'small']
    """
    if minimum < MIN_RESPONDENTS_FLOOR:
        raise InnocapError(
            f"suppress_small_cells: minimum {minimum} is below {MIN_RESPONDENTS_FLOOR}, the "
            "fewest respondents that a shown group may have"
        )
    out = table.copy()
    size = out[n].to_numpy(dtype=float)
    why = np.full(len(out), SHOWN, dtype=object)
    why[(size > 0) & (size < minimum)] = SMALL
    if within:
        for at in out.groupby(list(within), sort=False, dropna=False).indices.values():
            _hide_complements(np.asarray(at), size, why, minimum)
    hidden = why != SHOWN
    for column in [*values, n]:
        out[column] = out[column].astype("float64").where(~hidden)
    out["suppressed"] = why
    return out


def _hide_complements(at: np.ndarray, size: np.ndarray, why: np.ndarray, minimum: int) -> None:
    own = at[size[at] > 0]
    if not (why[own] != SHOWN).any():
        return
    for i in own[np.argsort(size[own], kind="stable")]:
        hidden = own[why[own] != SHOWN]
        if len(hidden) >= _FEWEST_HIDDEN and size[hidden].sum() >= minimum:
            return
        if why[i] == SHOWN:
            why[i] = COMPLEMENTARY
