"""The view of the published figures: runs, verdicts and flags, each computed once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from innocap_analysis.data.flags import find_flags, group_flags
from innocap_analysis.data.observations import fingerprint_inputs
from innocap_analysis.data.units import Unit
from innocap_analysis.files import choose_texts
from innocap_analysis.index.alternatives import leave_out_cells, leave_out_indicators
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.index.runs import SensitivityResult
from innocap_analysis.index.score import rank_units
from innocap_analysis.index.verdicts import LEVEL, Verdicts, judge_units
from innocap_analysis.pages.facts import FLAG_MARK, Ledger, Said
from innocap_analysis.pages.prose import Prose
from innocap_analysis.pages.view import View


@dataclass(frozen=True, kw_only=True)
class IndexView(View):
    """A view of the published figures.

    Attributes
    ----------
    capacity : CapacityData
        The project's data, all units scored together.
    reference : str or tuple of str
        Name of the set that units are held against, or the units themselves.
    place : Unit, optional
        Whom the page is about.
    year : int, optional
        Nothing later is used; None is the newest.
    n, seed : int
        Number and seed of the sensitivity runs.
    """

    capacity: CapacityData
    reference: str | tuple[str, ...]
    place: Unit | None = None
    year: int | None = None
    n: int = 2000
    seed: int = 1

    def in_language(self, language: str) -> IndexView:
        """Return the same view in another language; what takes long is computed once for all."""
        other = replace(self, language=language, ledger=Ledger())
        other.__dict__.update({name: getattr(self, name) for name in _SHARED})
        return other

    @property
    def countries(self) -> list[str]:
        """Partner countries, in the order of the settings."""
        return self.capacity.countries

    @property
    def root(self) -> str:
        """Code of the index."""
        return self.capacity.root

    @property
    def dimensions(self) -> list[str]:
        """Codes of the dimensions."""
        return self.capacity.dimensions

    @property
    def nodes(self) -> list[str]:
        """The index and its dimensions."""
        return [self.root, *self.dimensions]

    @property
    def country(self) -> str:
        """Code of the country that the page is about."""
        assert self.place is not None, "this page is about no single country"
        return self.place.country

    @cached_property
    def members(self) -> list[str]:
        """Units of the reference set."""
        return self.capacity.reference_units(self.reference)

    @cached_property
    def runs(self) -> SensitivityResult:
        """The index under other defensible choices: one simulation for everything said."""
        return self.capacity.simulate(n=self.n, seed=self.seed)

    @cached_property
    def left_out(self) -> SensitivityResult:
        """The index without each indicator in turn."""
        capacity = self.capacity
        return leave_out_indicators(
            capacity.values, capacity.codebook, min_coverage=self.settings.min_coverage
        )

    @cached_property
    def left_out_cells(self) -> SensitivityResult:
        """The index without each single figure of the partner countries in turn."""
        return leave_out_cells(
            self.capacity.result, self.measured, min_coverage=self.settings.min_coverage
        )

    @cached_property
    def measured(self) -> list[str]:
        """Partner countries that have an overall score."""
        scores = self.capacity.result.scores[self.root]
        return [unit for unit in self.countries if unit in scores and pd.notna(scores[unit])]

    @cached_property
    def verdicts(self) -> Verdicts:
        """Where the partner countries stand, judged once."""
        return judge_units(
            self.capacity.result, self.runs, self.left_out,
            units=[u for u in self.countries if u in self.capacity.values.index],
            reference_units=self.members,
        )  # fmt: skip

    @property
    def circumstances(self) -> str:
        """Say which year and reference set a page uses where they are not the default."""
        told = []
        if self.year is not None:
            told.append(self.say("Figures up to {year} only.", year=self.count_year(self.year)))
        n, whom = self.n_members, self.reference
        if not isinstance(whom, str):
            units = self.units(self.members)
            told.append(self.say("Held against {n} chosen countries: {units}.", n=n, units=units))
        elif whom != next(iter(self.settings.reference_sets)):
            told.append(self.say("Held against the reference set “{reference}”, {n} countries.",
                                 reference=whom, n=n))  # fmt: skip
        return " ".join(told)

    def count_year(self, year: int) -> Said:
        """Return the year that a page stops at."""
        return self.fact("year_limit", year, "year", sources=())

    def find_sources(self, code: str) -> tuple[str, ...]:
        """Return the names of the raw files behind a node."""
        return self._sources.get(code, ())

    @cached_property
    def _sources(self) -> dict[str, tuple[str, ...]]:
        own = self.codebook.table["source"].astype(str).to_dict()
        return {
            code: tuple(
                sorted({own[leaf] for leaf in self.codebook.leaves_of(code) or [code]} - {""})
            )
            for code in own
        }

    @property
    def n_members(self) -> Said:
        """How many countries the reference set has."""
        return self.fact("n_reference", len(self.members), "count")

    @property
    def n_countries(self) -> Said:
        """How many partner countries there are."""
        return self.fact("n_partners", len(self.countries), "count")

    @property
    def n_measured(self) -> Said:
        """How many partner countries have an overall score."""
        return self.fact("n_measured", len(self.measured), "count")

    @property
    def n_indicators(self) -> Said:
        """How many indicators are scored."""
        return self.fact("n_indicators", len(self.codebook.leaves), "count", code=self.root)

    def count_values(self, code: str) -> Said:
        """Return how many countries of the reference set have a figure for an indicator."""
        values = self.capacity.result.values.loc[self.members, code]
        return self.fact("n_with_value", values.count(), "count", code=code, n=len(values))

    @property
    def n_runs(self) -> Said:
        """How many sensitivity runs there are."""
        return self.fact("n_runs", len(self.runs.choices), "count")

    @property
    def level(self) -> Said:
        """Share of the runs that every interval holds."""
        return self.fact("interval_level", LEVEL, "share")

    def stand(self, unit: str, code: str, column: str) -> Said:
        """Return one number of the verdicts.

        `column` is score, value, rank, percentile, gap, gap_to_best, median, best, share_widest,
        or n_reference.
        """
        row = self.verdicts.find_row(unit, code)
        name, kind, low, high = _STANDS[column]
        ends = {end: row[of] for end, of in (("low", low), ("high", high)) if of}
        flag = self.flag(unit, code) if column in ("value", "score", "gap") else ""
        about = "" if column in ("median", "best", "n_reference") else unit
        return self.fact(
            column, row[name], kind, unit=about, code=code, n=row["reference_n"], flag=flag, **ends
        )

    @cached_property
    def _among(self) -> pd.DataFrame:
        """Ranks of the partner countries among themselves, over the runs."""
        table = self.runs.ranks(self.root, self.measured).summary(LEVEL)
        scores = self.capacity.result.scores.loc[self.measured, [self.root]]
        return table.set_index("unit").assign(rank=rank_units(scores)[self.root])

    def stand_among(self, unit: str, what: str) -> Said:
        """Return a partner's `rank` among the partners, or its share of runs `first` or `last`."""
        row = self._among.loc[unit]
        n = len(self.measured)
        if what == "rank":
            return self.fact(
                "rank_among_partners", row["rank"], "rank", unit=unit, code=self.root,
                low=row["low"], high=row["high"], n=n,
            )  # fmt: skip
        share = row[f"share_{1 if what == 'first' else n}"]
        return self.fact(f"share_{what}", share, "probability", unit=unit, code=self.root, n=n)

    @cached_property
    def everyone(self) -> pd.DataFrame:
        """Score and rank of every reference and partner country with their intervals.

        Columns `unit`, `score`, `low`, `high`, `rank`, `rank_low`, `rank_high`; highest first.
        """
        units = sorted({*self.members, *self.measured})
        scored = self.capacity.result.scores[self.root].loc[units].dropna()
        scored = scored.sort_values(ascending=False)
        spread = self.runs.scores[self.root][list(scored.index)]
        ranks = self.runs.ranks(self.root, list(scored.index)).interval(LEVEL)
        return pd.DataFrame(
            {
                "unit": scored.index,
                "score": scored.to_numpy(),
                "low": spread.quantile((1 - LEVEL) / 2).to_numpy(),
                "high": spread.quantile((1 + LEVEL) / 2).to_numpy(),
                "rank": rank_units(scored.to_frame()).iloc[:, 0].to_numpy(),
                "rank_low": ranks["low"].to_numpy(),
                "rank_high": ranks["high"].to_numpy(),
            }
        )

    def stand_in_ranking(self, unit: str) -> Said:
        """Return the rank of a country among all reference and partner countries."""
        row = self.everyone.set_index("unit").loc[unit]
        return self.fact(
            "rank_of_all", row["rank"], "rank", unit=unit, code=self.root,
            low=row["rank_low"], high=row["rank_high"], n=len(self.everyone),
        )  # fmt: skip

    def figure_year(self, unit: str, code: str) -> Said:
        """Return the year that a raw figure is from."""
        year = self._years.get((unit, code), math.nan)
        return self.fact("year", year, "year", unit=unit, code=code)

    @cached_property
    def _years(self) -> dict[tuple[str, str], float]:
        seen = self.capacity.observations.drop_duplicates(["unit", "code"])
        return dict(seen.set_index(["unit", "code"])["time"].astype(float))

    def verdict(self, unit: str, code: str) -> str:
        """Return the judged word."""
        return str(self.verdicts.find_row(unit, code)["verdict"])

    def tell_verdict(self, unit: str, code: str) -> str:
        """Return the verdict in plain words."""
        words = {
            "ahead": self.say("ahead"),
            "behind": self.say("behind"),
            "about even": self.say("about even"),
            "rests on one": self.say("rests on one figure"),
            "unmeasured": self.say("not measured"),
        }
        return words[self.verdict(unit, code)]

    def flag(self, unit: str, code: str) -> str:
        """Return the known weaknesses of a figure, joined by commas."""
        return find_flags(self._flags, unit, code)

    @cached_property
    def _flags(self) -> dict[tuple[str, str], list[str]]:
        return group_flags(self.capacity.flags)

    def measure(self, code: str) -> str:
        """Return the unit of measure of a raw figure, in words where it has some."""
        own = str(self.codebook.table.at[code, "unit"])
        words = {
            "index": self.say("index"),
            "index (sum of 4 parts)": self.say("index, sum of its parts"),
            "points": self.say("points"),
            "score": self.say("score"),
            "standard normal": self.say("standard normal"),
            "standardised": self.say("standardised"),
        }
        return words.get(own, own)

    def tell_flags(self, units: Sequence[str], codes: Sequence[str]) -> list[str]:
        """Say what is known to be weak about the figures of some units, one line per weakness."""
        flags = self.capacity.flags
        own = flags[flags["code"].isin(codes) & flags["unit"].isin(["", *units])]
        notes = choose_texts(own, "note", self.language).rename("note")
        lines = []
        for (unit, text), rows in own.groupby(["unit", notes], sort=False):
            whom = [self.unit(str(unit))] if unit else []
            about = ", ".join([*whom, self.codes(list(rows["code"]))])
            lines.append(self.say("{mark} {about}: {note}.", mark=FLAG_MARK, about=about,
                                  note=str(text)))  # fmt: skip
        return lines

    def tell_best(self, unit: str, code: str, *, most: int = 2) -> str:
        """Name all who share the best score, or say how many."""
        row = self.verdicts.find_row(unit, code)
        best = str(row["best_units"]).split()
        if len(best) <= most:
            return self.units(best)
        return self.say("{n} countries", n=self.fact("n_best", len(best), "count", code=code))

    def stamp(self) -> Prose:
        """Close the page: results written, and how it was made."""
        empty = [code for code in self.codebook.leaves if self.capacity.values[code].isna().all()]
        told = (
            self.say("Without any figure, and so not counted: {codes}.", codes=self.codes(empty))
            + "\n\n"
            if empty
            else ""
        )
        return Prose(told + self.close(fingerprint_inputs(self.settings)))


# What no language changes.
_SHARED = ("members", "measured", "runs", "left_out", "left_out_cells", "verdicts")
# Name of the column in the verdicts, how it is written, and the ends of its interval.
_STANDS: dict[str, tuple[str, str, str, str]] = {
    "score": ("score", "points", "", ""),
    "value": ("value", "figure", "", ""),
    "rank": ("reference_rank", "rank", "rank_low", "rank_high"),
    "percentile": ("percentile", "number_0", "", ""),
    "gap": ("gap_to_median", "gap", "gap_low", "gap_high"),
    "gap_to_best": ("gap_to_best", "gap", "", ""),
    "median": ("reference_median", "points", "", ""),
    "best": ("reference_best", "points", "", ""),
    "share_widest": ("share_widest", "probability", "", ""),
    "n_reference": ("reference_n", "count", "", ""),
}  # fmt: skip
