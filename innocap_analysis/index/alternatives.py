"""The same units under other choices, one at a time."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.aggregate import aggregate_arrays
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.factors import LeaveOneOut
from innocap_analysis.index.figures import (
    ScoreWarning,
    check_labels,
    check_table,
    read_sizes,
)
from innocap_analysis.index.runs import SensitivityResult
from innocap_analysis.index.score import IndexResult, rank_units, score_index
from innocap_analysis.index.sensitivity import collect_runs
from innocap_analysis.index.simulation import Numbers, Simulation


def change_codebook(
    codebook: Codebook | pd.DataFrame,
    *,
    drop: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
    aggregate: Mapping[str, str] | None = None,
    normalise: Mapping[str, str] | None = None,
) -> Codebook:
    """Return a codebook with some choices changed, checked again.

    Parameters
    ----------
    codebook : Codebook or DataFrame
        The index to start from; it stays as it is.
    drop : sequence of str
        Indicators or groups to leave out, with everything below them; a group that is left
        without a weighted child goes too.
    weights : mapping of str to float, optional
        New weights by code.
    aggregate : mapping of str to str, optional
        New aggregation by group or index code.
    normalise : mapping of str to str, optional
        New normalisation by indicator.

    Returns
    -------
    Codebook
        The changed tree.

    Raises
    ------
    InnocapError
        A code is unknown, nothing is left of an index, or the changed tree has a fault.

    Notes
    -----
    METHODS.md, section 4, *One choice at a time*.

    Examples
    --------
    >>> book = pd.DataFrame(
    ...     {
    ...         "code": ["IDX", "A", "B"],
    ...         "parent": ["", "IDX", "IDX"],
    ...         "kind": ["index", "indicator", "indicator"],
    ...         "normalise": ["", "none", "none"],
    ...     }
    ... )
    >>> changed = change_codebook(book, weights={"A": 3}, aggregate={"IDX": "geometric"})
    >>> changed.table["weight"].tolist()[1:], changed.table.at["IDX", "aggregate"]
    ([3.0, 1.0], 'geometric')
    """
    codebook = read_codebook(codebook)
    if not isinstance(drop, Iterable):
        raise InnocapError(f"{codebook.name}: drop: expected a list of codes, found {drop!r}")
    drop = [drop] if isinstance(drop, str) else list(drop)
    asked: Iterable[object] = drop
    if strange := [code for code in asked if not isinstance(code, str)]:
        raise InnocapError(f"{codebook.name}: drop: {strange[0]!r} is no code")
    weights = _read_changes("weights", weights, codebook)
    aggregate = _read_changes("aggregate", aggregate, codebook)
    normalise = _read_changes("normalise", normalise, codebook)
    table = codebook.table.astype(object)
    siblings = [str(code) for code in table.index if table.at[code, "parent"]]
    given: dict[str, tuple[dict[str, Any], list[str], str]] = {
        "weight": (weights, siblings, "has no siblings to be weighed against"),
        "aggregate": (aggregate, codebook.parents, "is no group or index"),
        "normalise": (normalise, codebook.leaves, "is no indicator"),
    }
    named = dict.fromkeys([*drop, *weights, *aggregate, *normalise])
    check_labels(codebook.name, named, table.index)
    for column, (cells, known, fault) in given.items():
        for code, cell in cells.items():
            if code not in known:
                raise InnocapError(f"{codebook.name}: {column}: {code!r} {fault}")
            table.at[code, column] = cell
    gone = _find_branches(table, set(drop))
    lost = [index for index in codebook.indexes if index in gone - set(drop)]
    if lost:
        raise InnocapError(f"{codebook.name}: nothing would be left of {lost[0]}")
    # A part of what is left out is counted once now.
    table.loc[table["part_of"].isin(gone), "part_of"] = ""
    return read_codebook(table.drop(index=list(gone)))


def _read_changes(name: str, changes: Mapping[str, Any] | None, book: Codebook) -> dict[str, Any]:
    read = read_sizes(f"{book.name}: {name}", {} if changes is None else changes)
    if read is None:
        raise InnocapError(f"{book.name}: {name}: expected a dict by code, found {changes!r}")
    for code, cell in read.items():
        if np.ndim(cell):
            raise InnocapError(f"{book.name}: {name}: {code}: {cell!r} is more than one")
        if cell is None or cell is pd.NA or cell != cell or cell == "":
            raise InnocapError(f"{book.name}: {name}: {code}: nothing is given; leave it out")
    return read


def _find_branches(table: pd.DataFrame, gone: set[str]) -> set[str]:
    """Add everything below the nodes that go, and the groups that they leave empty."""
    weights = pd.to_numeric(table["weight"], errors="coerce")  # faults are told by row later
    weighted = (table["kind"] != "context") & ~(weights <= 0)
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
    alternatives: Mapping[str, Codebook],
    *,
    units: Sequence[str],
    min_coverage: float = 0.5,
) -> pd.DataFrame:
    """Score the same units under several codebooks, side by side.

    Parameters
    ----------
    values : DataFrame
        Units x codes; every unit is scored.
    alternatives : mapping of str to Codebook
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

    Raises
    ------
    InnocapError
        A figure or an index has a fault, or a unit is not among the values.

    Notes
    -----
    METHODS.md, section 4, *One choice at a time*.

    Examples
    --------
    >>> book = pd.DataFrame(
    ...     {
    ...         "code": ["IDX", "A", "B"],
    ...         "parent": ["", "IDX", "IDX"],
    ...         "kind": ["index", "indicator", "indicator"],
    ...         "normalise": ["", "none", "none"],
    ...     }
    ... )
    >>> thrice = change_codebook(book, weights={"A": 3})
    >>> books = {"equal": change_codebook(book), "A thrice": thrice}
    >>> values = pd.DataFrame({"A": [20.0, 70.0], "B": [80.0, 40.0]}, index=["SE", "FI"])
    >>> found = compare_alternatives(values, books, units=["SE", "FI"])
    >>> found.pivot(index="alternative", columns="unit", values="score").loc["A thrice"].to_dict()
    {'FI': 62.5, 'SE': 35.0}
    """
    parts = []
    base: pd.Series | None = None
    if not (isinstance(alternatives, Mapping) and alternatives):
        raise InnocapError("alternatives: expected one codebook or more by name")
    check_table(values)
    units = check_labels("units", units, values.index)
    if not units:
        raise InnocapError("units: names nothing to compare")
    for name, other in alternatives.items():
        book = read_codebook(other)
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


def leave_out_indicators(
    values: pd.DataFrame, codebook: Codebook, *, min_coverage: float
) -> SensitivityResult:
    """Score the index once for each indicator that could be left out, and as it is.

    Returns: one run per indicator; `choices` names it in the column `left_out`, empty in the first
    run, which is the index as it is.
    """
    factor = LeaveOneOut()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoreWarning)  # told when the index itself was scored
        baseline = score_index(values, codebook, min_coverage=min_coverage).scores
        simulation = Simulation(
            values, codebook, [factor], [_Middles(len(factor.options(codebook)))],
            len(factor.options(codebook)), min_coverage=min_coverage,
        )  # fmt: skip
        scores, _ = collect_runs(simulation, baseline)
    return SensitivityResult(simulation.choices, scores, baseline, (factor.name,))


class _Middles(Numbers):
    """The middle of each option's share of the unit interval, which picks every option once."""

    def __init__(self, n: int) -> None:
        super().__init__(seed=0, n=n, count=1, starts=(0,), swapped=2)

    def draw(self, runs: np.ndarray) -> np.ndarray:
        return np.asarray((runs[:, None] + 0.5) / self.n)


def leave_out_cells(
    result: IndexResult, units: Sequence[str], *, min_coverage: float
) -> SensitivityResult:
    """Score the index once for each single figure of some units that could be missing."""
    book, index = result.codebook, result.normalised.index
    cells = [
        (unit, code)
        for unit in units
        for code in book.leaves
        if not np.isnan(result.normalised.at[unit, code])
    ]
    leaves = {
        code: np.tile(result.normalised[code].to_numpy(), (len(cells), 1)) for code in book.leaves
    }
    for run, (unit, code) in enumerate(cells):
        leaves[code][run, index.get_loc(unit)] = np.nan
    nodes = aggregate_arrays(leaves, book, min_coverage=min_coverage)
    scores = {code: pd.DataFrame(score, columns=index) for code, (score, _) in nodes.items()}
    choices = pd.DataFrame(cells, columns=["unit", "left_out"])
    return SensitivityResult(choices, scores, result.scores, ("cell",))
