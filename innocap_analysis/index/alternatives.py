"""The same units under other choices, one at a time."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.score import rank_units, score_index


def change_codebook(
    codebook: Codebook,
    *,
    drop: Sequence[str] = (),
    weights: dict[str, float] | None = None,
    aggregate: dict[str, str] | None = None,
) -> Codebook:
    """Return a codebook with some choices changed, checked again.

    Parameters
    ----------
    codebook : Codebook
        The index to start from; it stays as it is.
    drop : sequence of str
        Indicators or groups to leave out, with everything below them; a group that is left
        without a weighted child goes too.
    weights : dict of str to float, optional
        New weights by code.
    aggregate : dict of str to str, optional
        New aggregation by group or index code.

    Returns
    -------
    Codebook
        The changed tree.

    Raises
    ------
    InnocapError
        A code is unknown, nothing is left of an index, or the changed tree has a fault.
    """
    table = codebook.table.copy()
    for code in [*drop, *(weights or {}), *(aggregate or {})]:
        if code not in table.index:
            raise InnocapError(f"{codebook.name}: {code!r} is unknown")
    for code, weight in (weights or {}).items():
        table.loc[code, "weight"] = weight
    for code, method in (aggregate or {}).items():
        table.loc[code, "aggregate"] = method
    gone = _find_branches(table, set(drop))
    lost = [index for index in codebook.indexes if index in gone - set(drop)]
    if lost:
        raise InnocapError(f"{codebook.name}: nothing would be left of {lost[0]}")
    # A part of what is left out is counted once now.
    table.loc[table["part_of"].isin(gone), "part_of"] = ""
    return read_codebook(table.drop(index=list(gone)))


def _find_branches(table: pd.DataFrame, gone: set[str]) -> set[str]:
    """Add everything below the nodes that go, and the groups that they leave empty."""
    weighted = (table["kind"] != "context") & (table["weight"] > 0)
    while True:
        left = set(table["parent"][weighted & ~table.index.isin(gone)])
        more = set(table.index[table["parent"].isin(gone)])
        more |= {str(table.at[c, "parent"]) for c in gone} - left - {""}
        if more <= gone:
            return gone
        gone = gone | more


def find_double_counts(codebook: Codebook) -> list[str]:
    """Return scored indicators inside another scored one; :func:`change_codebook` drops them."""
    leaves = codebook.leaves
    return [code for code in leaves if codebook.table.at[code, "part_of"] in leaves]


def compare_alternatives(
    values: pd.DataFrame,
    alternatives: dict[str, Codebook],
    *,
    units: Sequence[str],
    min_coverage: float = 0.5,
) -> pd.DataFrame:
    """Score the same units under several codebooks, side by side.

    Parameters
    ----------
    values : DataFrame
        Units x codes; every unit is scored.
    alternatives : dict of str to Codebook
        Index by name; the first is what the others are compared with.
    units : sequence of str
        Units to show and to rank among themselves.
    min_coverage : float
        As in :func:`~innocap_analysis.index.score.score_index`.

    Returns
    -------
    DataFrame
        Columns `alternative`, `unit`, `score`, `rank` (among `units`), `shift` (rank minus
        the rank in the first alternative; positive is worse).
    """
    parts = []
    base: pd.Series | None = None
    for name, book in alternatives.items():
        score = score_index(values, book, min_coverage=min_coverage).scores[book.indexes[0]]
        shown = score.loc[list(units)]
        rank = rank_units(shown.to_frame()).iloc[:, 0]
        base = rank if base is None else base
        parts.append(
            pd.DataFrame(
                {
                    "alternative": name,
                    "unit": list(units),
                    "score": shown.to_numpy(),
                    "rank": rank.to_numpy(),
                    "shift": (rank - base).to_numpy(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
