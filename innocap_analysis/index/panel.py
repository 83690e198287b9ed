"""Scores over several years on one fixed base, and beside the published ones."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import pandas as pd
from pandas.api.types import is_hashable

from innocap_analysis.data.levels import COUNTRY
from innocap_analysis.data.observations import widen
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.figures import ScoreWarning, check_alike, check_labels, is_figure
from innocap_analysis.index.normalisers import find_normaliser
from innocap_analysis.index.score import score_index
from innocap_analysis.reads import list_files

_LAST_YEAR = 9999


def score_panel(
    observations: pd.DataFrame,
    codebook: Codebook | pd.DataFrame,
    *,
    years: Sequence[int] | None = None,
    min_coverage: float = 0.5,
) -> pd.DataFrame:
    """Score an index for several years with the same goalposts.

    Parameters
    ----------
    observations : DataFrame
        Columns `unit`, `time`, `code`, `value`; denominators of each year among the codes.
    codebook : Codebook or DataFrame
        The index; goalposts (or the raw scale) make years comparable.
    years : sequence of int, optional
        Default: every year in which each indicator has figures.
    min_coverage : float
        As in :func:`~innocap_analysis.index.score.score_index`.

    Returns
    -------
    DataFrame
        As :meth:`~innocap_analysis.index.score.IndexResult.to_long`, one block per year.

    Raises
    ------
    InnocapError
        An indicator is scaled by the units at hand, a year has no figures, or a unit has two
        for one indicator.

    Notes
    -----
    METHODS.md, section 2, *Panels*.

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
    >>> rows = [("SE", 2020, "A", 50.0), ("SE", 2020, "B", 70.0),
    ...         ("SE", 2024, "A", 60.0), ("SE", 2024, "B", 80.0)]
    >>> table = pd.DataFrame(rows, columns=["unit", "time", "code", "value"])
    >>> found = score_panel(table, book)
    >>> found[found["code"] == "IDX"].set_index("time")["score"].to_dict()
    {2020: 60.0, 2024: 70.0}
    """
    codebook = read_codebook(codebook)
    observations = _read_observations(observations)
    moving = [r.code for r in codebook.leaf_rules if not find_normaliser(r.method).fixed]
    if moving:
        raise InnocapError(
            f"score_panel: {moving[0]} is scaled by the units at hand, so its years would not be "
            "comparable; give it goalposts"
        )
    own = observations[observations["code"].isin(codebook.inputs)]
    codes = codebook.find_inputs(set(own["code"]))
    if years is None:
        complete = own.groupby("time")["code"].nunique() == len(codes)
        chosen = [int(year) for year in complete.index[complete]]
    else:
        named = check_labels("score_panel: years", years, own["time"])
        chosen = [_read_year(year) for year in named]
    parts = []
    for year in chosen:
        figures = own[own["time"] == year]
        wide = widen(figures, codes)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*no value at all", category=ScoreWarning)
            result = score_index(wide, codebook, min_coverage=min_coverage)
        parts.append(result.to_long(time=year))
    if not parts:
        raise InnocapError("score_panel: no year has figures for every indicator; name the years")
    return pd.concat(parts, ignore_index=True)


def _read_observations(observations: pd.DataFrame) -> pd.DataFrame:
    """Return observations whose labels are complete, with years as whole numbers.

    A row without a figure is none.
    """
    if not isinstance(observations, pd.DataFrame):
        raise InnocapError("score_panel: observations: expected a table (DataFrame)")
    names = ["unit", "time", "code", "value"]
    for name in names:
        found = list(observations.columns).count(name)
        if found != 1:
            what = "lack the column" if not found else "have more than one column"
            raise InnocapError(f"score_panel: observations {what} {name!r}")
    for name in names[:3]:
        lost = observations[name].isna() | ~observations[name].map(is_hashable).astype(bool)
        if lost.any():
            row = observations.index[lost][0]
            raise InnocapError(
                f"score_panel: observations, row {row}: {name} is missing, or no label"
            )
    check_alike("score_panel: observations: units", observations["unit"].unique())
    years = {time: _read_year(time) for time in observations["time"].unique()}
    known = observations[observations["value"].notna()].reset_index(drop=True)
    return known.assign(time=known["time"].map(years).astype(int))


def _read_year(time: object) -> int:
    year = float(time) if is_figure(time) else math.nan  # type: ignore[arg-type]
    if not (year.is_integer() and 1 <= year <= _LAST_YEAR):
        raise InnocapError(f"score_panel: observations: time {time} is no year")
    return int(year)


def tabulate_changes(panel: pd.DataFrame, *, codes: Sequence[str] | None = None) -> pd.DataFrame:
    """Compare each unit's first and last year in a panel.

    Returns one row per unit and code: `unit`, `code`, `first_time`, `last_time`, `first_score`,
    `last_score`, `change`, `change_per_year`, `first_rank`, `last_rank`, `rank_gain` (places
    won). Units with a score in one year only are left out.
    """
    rows = panel if codes is None else panel[panel["code"].isin(list(codes))]
    rows = rows.dropna(subset=["score"]).sort_values("time")
    ends = rows.groupby(["unit", "code"], sort=True)
    first, last = ends.first(), ends.last()
    table = pd.DataFrame(
        {
            "first_time": first["time"],
            "last_time": last["time"],
            "first_score": first["score"],
            "last_score": last["score"],
            "change": last["score"] - first["score"],
            "change_per_year": (last["score"] - first["score"]) / (last["time"] - first["time"]),
            "first_rank": first["rank"],
            "last_rank": last["rank"],
            "rank_gain": first["rank"] - last["rank"],
        }
    )
    return table[table["last_time"] > table["first_time"]].reset_index()


def recompute_published(observations: pd.DataFrame, codebooks: Sequence[Codebook]) -> pd.DataFrame:
    """Recompute published composites and compare them with what was published.

    Returns: one row per composite, year and unit: `code`, `time`, `unit`, `published`,
    `recomputed`, `difference`. Years without the composite or a part are left out.
    """
    rows = []
    for book in codebooks:
        root = book.indexes[0]
        codes = [root, *book.find_inputs(set(observations["code"]))]
        own = observations[observations["code"].isin(codes)]
        for time, year in own.groupby("time"):
            if set(year["code"]) != set(codes):
                continue
            wide = widen(year, codes).dropna()
            recomputed = score_index(wide, book).scores[root]
            table = pd.DataFrame({"published": wide[root], "recomputed": recomputed})
            table = table.assign(difference=recomputed - wide[root]).rename_axis("unit")
            table = table.reset_index()
            table.insert(0, "code", root)
            table.insert(1, "time", time)
            rows.append(table)
    return pd.concat(rows, ignore_index=True)


def list_published(capacity: CapacityData) -> list[Codebook]:
    """Return the codebooks of published indexes, all of countries, whose figures are there."""
    if capacity.level != COUNTRY:
        return []
    known = set(capacity.prepared.observations["code"])
    folder = capacity.settings.codebook_path.parent / "examples"
    books = [read_codebook(path) for path in list_files(folder, "*.csv")]
    return [book for book in books if book.indexes[0] in known]
