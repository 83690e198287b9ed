"""Where each unit stands on each node, judged once by one written rule.

Every title, bullet, table and page reads these tables and judges nothing by itself, so that
no two pages can contradict each other. The rule is written down in METHODS.md, section 4.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from innocap_analysis.index.figures import check_level, measure_rounding
from innocap_analysis.index.reference import compare_to_reference
from innocap_analysis.index.runs import SensitivityResult
from innocap_analysis.index.score import IndexResult, rank_units

LEVEL = 0.9
AHEAD, EVEN, BEHIND, HANGS, UNMEASURED = (
    "ahead",
    "about even",
    "behind",
    "rests on one",
    "unmeasured",
)
VERDICTS = (AHEAD, EVEN, BEHIND, HANGS, UNMEASURED)
# An indicator has no runs: it is even with the median inside the middle fifth of the set.
EVEN_PERCENTILES = 40.0, 60.0
_NONE = ""


@dataclass(frozen=True)
class Priority:
    """The dimension where a unit lies furthest behind, and whether that may be said.

    *clear*: behind over the interval of runs and furthest behind whichever single indicator is
    left out; *hangs*: not so without some indicators; *open*: the interval reaches the median;
    *none*: no dimension is below the median.
    """

    code: str  # the dimension with the lowest gap to the reference median
    status: Literal["clear", "hangs", "open", "none"]
    hangs_on: tuple[str, ...]  # without them another dimension is furthest behind, or none is


@dataclass(frozen=True)
class Verdicts:
    """The judged table and what it was judged from.

    Attributes
    ----------
    table : DataFrame
        One row per unit and node (index, groups, indicators): `unit`, `code`, `parent`, `level`
        (0 for an index), `value` (raw), `score`, `reference_n`, `reference_rank`, `percentile`
        (share of the set below, half of the ties, 0 to 100), `reference_median`,
        `reference_best`, `best_units`, `gap_to_median`, `gap_to_best` (points), `rank_low`,
        `rank_high`, `gap_low`, `gap_high` (the interval of the runs; NaN for an indicator),
        `share_widest` (runs in which a dimension has the lowest gap), `share_behind` (runs
        below the median), `hangs_on` (indicators, joined by spaces, without which the gap
        changes its side) and `verdict`.
    gaps_without : DataFrame
        Gap of each group when one indicator is left out: columns `left_out`, `unit`, `code`,
        `gap`; the empty `left_out` is the index as it is.
    dimensions : tuple of str
        The groups that compete for being the first priority.
    level : float
        Share of the runs that an interval holds.
    """

    table: pd.DataFrame
    gaps_without: pd.DataFrame
    dimensions: tuple[str, ...]
    level: float = LEVEL

    @cached_property
    def _by_unit(self) -> dict[str, pd.DataFrame]:
        return {str(u): rows.set_index("code") for u, rows in self.table.groupby("unit")}

    def of(self, unit: str) -> pd.DataFrame:
        """Return the rows of one unit, indexed by code; one without any figure is unmeasured."""
        if unit in self._by_unit:
            return self._by_unit[unit]
        rows = next(iter(self._by_unit.values())).copy()
        own = [
            c
            for c in rows.select_dtypes("number")
            if not c.startswith("reference_") and c != "level"
        ]
        rows[[*own, "reference_rank"]] = np.nan
        return rows.assign(unit=unit, hangs_on="", verdict=UNMEASURED)

    @cached_property
    def _rows(self) -> dict[str, dict[str, dict[str, Any]]]:
        return {}

    def find_row(self, unit: str, code: str) -> dict[str, Any]:
        """Return one row by its columns; KeyError for a node that is none."""
        if unit not in self._rows:
            self._rows[unit] = self.of(unit).to_dict("index")
        return self._rows[unit][code]

    def order_dimensions(self, unit: str) -> list[str]:
        """Return the measured dimensions of a unit, the one furthest behind first."""
        gaps = self.of(unit).loc[list(self.dimensions), "gap_to_median"].dropna()
        return list(gaps.sort_values(kind="stable").index)

    def find_priority(self, unit: str) -> Priority | None:
        """Judge the first priority of a unit; None where no dimension is measured."""
        order = self.order_dimensions(unit)
        if not order:
            return None
        rows, first = self.of(unit), order[0]
        if rows.at[first, "gap_to_median"] >= 0:
            return Priority(first, "none", ())
        own = self.gaps_without[self.gaps_without["unit"] == unit]
        wide = own.pivot(index="left_out", columns="code", values="gap")[list(self.dimensions)]
        wide = wide.loc[[code for code in wide.index if code != _NONE]]
        other = (wide.idxmin(axis=1) != first) | ~(wide[first] < 0)
        hangs_on = tuple(code for code in self.table["code"].unique() if other.get(code, False))
        if hangs_on:
            return Priority(first, "hangs", hangs_on)
        return Priority(first, "clear" if rows.at[first, "gap_high"] < 0 else "open", ())

    def list_strengths(self, unit: str, indicators: Sequence[str], *, most: int = 3) -> list[str]:
        """Return the indicators furthest ahead, all of them ahead of the median."""
        rows = self.of(unit).loc[list(indicators)]
        rows = rows[rows["verdict"] == AHEAD].sort_values("gap_to_median", kind="stable")
        return list(rows.index[::-1][:most])

    def list_weaknesses(self, unit: str, indicators: Sequence[str], *, most: int = 3) -> list[str]:
        """Return the indicators furthest behind, all of them behind the median."""
        rows = self.of(unit).loc[list(indicators)]
        rows = rows[rows["verdict"] == BEHIND].sort_values("gap_to_median", kind="stable")
        return list(rows.index[:most])


def judge_units(
    result: IndexResult,
    runs: SensitivityResult,
    left_out: SensitivityResult,
    *,
    units: Sequence[str],
    reference_units: Sequence[str],
    level: float = LEVEL,
) -> Verdicts:
    """Judge where units stand against a reference set on every node of an index."""
    check_level(level)
    book = result.codebook
    own, members = list(units), list(reference_units)
    table = compare_to_reference(result, own, reference_units=members)
    parents, dimensions = list(book.parents), tuple(book.dimensions)
    tails = ((1 - level) / 2, (1 + level) / 2)
    # Groups x runs x units: the median is taken anew in every run.
    gaps = np.stack([runs.gaps(code, own, reference_units=members).to_numpy() for code in parents])
    ranks = np.stack([_rank_among(runs, code, own, members) for code in parents])
    which = [parents.index(code) for code in dimensions]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN", RuntimeWarning)  # of the unmeasured
        widest = gaps[which] == np.nanmin(gaps[which], axis=0)
        found = {
            "rank_low": np.nanquantile(ranks, tails[0], axis=1, method="lower"),
            "rank_high": np.nanquantile(ranks, tails[1], axis=1, method="higher"),
            **dict(zip(("gap_low", "gap_high"), np.nanquantile(gaps, tails, axis=1), strict=True)),
        }
    found["share_widest"] = np.full_like(found["gap_low"], np.nan)
    found["share_widest"][which] = widest.mean(axis=1)
    found["share_behind"] = (gaps < 0).mean(axis=1)
    place = {(u, c): (i, j) for i, c in enumerate(parents) for j, u in enumerate(own)}
    keys = list(zip(table["unit"], table["code"], strict=True))
    for name, values in found.items():
        table[name] = [values[place[key]] if key in place else np.nan for key in keys]
    gaps_without = _leave_out(left_out, parents, own, members)
    hinges = _find_hinges(gaps_without)
    table["hangs_on"] = [hinges.get(key, "") for key in keys]
    dropped = runs.choices.get("left_out", pd.Series("", index=runs.choices.index)).to_numpy()
    table["verdict"] = [
        _judge(row, gaps[at[0], :, at[1]] if (at := place.get(key)) else None, dropped, tails)
        for key, row in zip(keys, table.to_dict("records"), strict=True)
    ]
    return Verdicts(table, gaps_without, dimensions, level)


def _rank_among(
    runs: SensitivityResult, code: str, units: list[str], members: list[str]
) -> np.ndarray:
    """Rank each unit in every run among the reference set and itself; runs x units."""
    scores = runs.judge_scores(code, list(dict.fromkeys([*units, *members])))
    slack = measure_rounding(scores.to_numpy())
    others = scores[members].to_numpy() - slack
    own = scores[units].to_numpy()
    above = [(others > one[:, None]).sum(axis=1) + 1.0 for one in own.T]
    return np.where(np.isnan(own), np.nan, np.transpose(above))


def _leave_out(
    left_out: SensitivityResult, parents: list[str], units: list[str], members: list[str]
) -> pd.DataFrame:
    """Return the gaps when one indicator is left out, a row per group, unit and indicator."""
    codes = left_out.choices["left_out"].to_numpy()
    gaps = [left_out.gaps(code, units, reference_units=members).to_numpy().T for code in parents]
    return pd.DataFrame(
        {
            "left_out": np.tile(codes, len(parents) * len(units)),
            "unit": np.tile(np.repeat(units, len(codes)), len(parents)),
            "code": np.repeat(parents, len(units) * len(codes)),
            "gap": np.ravel(gaps),
        }
    )


def _find_hinges(gaps_without: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return, by unit and group, the indicators without which the gap changes its side."""
    whole = gaps_without[gaps_without["left_out"] == _NONE].set_index(["unit", "code"])["gap"]
    rows = gaps_without[gaps_without["left_out"] != _NONE]
    before = whole.loc[pd.MultiIndex.from_frame(rows[["unit", "code"]])].to_numpy()
    turned = rows[np.sign(rows["gap"].to_numpy()) * np.sign(before) < 0]
    return {
        (str(unit), str(code)): " ".join(part["left_out"])
        for (unit, code), part in turned.groupby(["unit", "code"], sort=False)
    }


def _judge(
    row: dict[str, Any], gaps: np.ndarray | None, dropped: np.ndarray, tails: tuple[float, float]
) -> str:
    """Apply the written rule to one row; `gaps` are those of its unit and node in every run."""
    if np.isnan(row["score"]):
        return UNMEASURED
    if gaps is None:  # an indicator: no choice moves it
        bottom, top = EVEN_PERCENTILES
        percentile = row["percentile"]
        return BEHIND if percentile < bottom else AHEAD if percentile > top else EVEN
    low, high = row["gap_low"], row["gap_high"]
    hinges = row["hangs_on"].split()
    if hinges:
        low, high = np.nanquantile(gaps[~np.isin(dropped, hinges)], tails)
    if low <= 0 <= high:
        return EVEN
    if hinges:
        return HANGS
    return AHEAD if low > 0 else BEHIND


def find_order_changes(runs: SensitivityResult, code: str, scores: pd.Series) -> pd.DataFrame:
    """Tell in which runs some units change their order, or who of them is first."""
    before = rank_units(scores.to_frame()).iloc[:, 0]
    after = runs.ranks(code, list(scores.index)).table
    return runs.choices.assign(
        order=(after != before).any(axis=1), first=((after == 1) != (before == 1)).any(axis=1)
    )
