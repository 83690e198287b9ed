"""The view of the published figures: runs, verdicts and flags, each computed once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from innocap_analysis.data.flags import find_flags, group_flags
from innocap_analysis.data.observations import fingerprint_inputs
from innocap_analysis.files import choose_texts
from innocap_analysis.index.alternatives import leave_out_cells, leave_out_indicators
from innocap_analysis.index.runs import SensitivityResult
from innocap_analysis.index.score import rank_units
from innocap_analysis.index.verdicts import LEVEL, Verdicts, judge_units
from innocap_analysis.pages.facts import FLAG_MARK, Ledger, Said
from innocap_analysis.pages.shared import share
from innocap_analysis.pages.texts import Prose
from innocap_analysis.pages.unit_view import UnitView
from innocap_analysis.partners import PEERS

# What no language changes.
_SHARED = ("compared", "members", "measured", "runs", "left_out", "left_out_cells", "verdicts")
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
}


@dataclass(frozen=True, kw_only=True)
class IndexView(UnitView):
    """A view of the published figures: runs, verdicts and flags.

    Nothing later than `year` is used; `n` and `seed` are of the sensitivity runs; `what_if` says
    that somebody has chosen another index than the report's.
    """

    year: int | None = None
    n: int = 2000
    seed: int = 1
    what_if: bool = False

    def in_language(self, language: str) -> IndexView:
        """Return the same view in another language; what takes long is computed once for all."""
        other = replace(self, language=language, ledger=Ledger())
        other.__dict__.update({name: getattr(self, name) for name in _SHARED})
        return other

    def look_up(self, name: str, *about: str) -> object:
        """Return what a text names: a fact of all, the unit or the node, one of their numbers."""
        if name in _COMMON:
            return _COMMON[name](self)
        return (
            _NAMED[name](self, *about) if name in _NAMED else self.stand(about[0], about[1], name)
        )

    @cached_property
    def runs(self) -> SensitivityResult:
        """The index under other defensible choices: one simulation for everything said."""
        return share(
            self.capacity, ("runs", self.n, self.seed),
            lambda: self.capacity.simulate(n=self.n, seed=self.seed),
        )  # fmt: skip

    @cached_property
    def left_out(self) -> SensitivityResult:
        """The index without each indicator in turn."""
        least = self.settings.min_coverage
        return share(
            self.capacity, ("left out",),
            lambda: leave_out_indicators(self.capacity.values, self.codebook, min_coverage=least),
        )  # fmt: skip

    @cached_property
    def left_out_cells(self) -> SensitivityResult:
        """The index without each single figure of the compared units in turn."""
        least = self.settings.min_coverage
        return share(
            self.capacity, ("left out cells", *self.measured),
            lambda: leave_out_cells(self.capacity.result, self.measured, min_coverage=least),
        )  # fmt: skip

    @cached_property
    def verdicts(self) -> Verdicts:
        """Where the units stand that the page is about, judged once."""
        own = [self.about] if self.has_many and self.place else self.shown
        units, members = [u for u in own if u in self.capacity.values.index], self.members
        return share(
            self.capacity, ("verdicts", self.n, self.seed, tuple(units), tuple(members)),
            lambda: judge_units(
                self.capacity.result, self.runs, self.left_out,
                units=units, reference_units=members,
            ),
        )  # fmt: skip

    @property
    def circumstances(self) -> str:
        """Say which year and reference set a page uses where they are not the default."""
        told = []
        if self.what_if:
            told.append(
                self.say("What-if, not the report’s verdict: other weights, means or indicators.")
            )
        if self.year is not None:
            year = self.fact("year_limit", self.year, "year", sources=())
            told.append(self.say("Figures up to {year} only.", year=year))
        if self.place is not None and not self.has_many and not self.place.is_country:
            named = {"region": self.unit(self.place.code), "country": self.unit(self.country)}
            told.append(
                self.say(
                    "The figures are those of {country}, not of {region}, which page 35 is about.",
                    **named,
                )
            )
        if self.reference == PEERS:
            told.append(self.say("Held against its peers and itself, {n_members} places."))
        elif not isinstance(self.reference, str):
            whom = self.units(self.members)
            text = self.say("Held against {n_members} chosen countries: {units}.", units=whom)
            told.append(text)
        elif self.reference != next(iter(self.settings.sets)):
            text = self.say(
                "Held against the reference set “{reference}”, {n_members} countries.",
                reference=self.reference,
            )
            told.append(text)
        return " ".join(told)

    def find_sources(self, code: str) -> tuple[str, ...]:
        """Return the names of the raw files behind a node."""
        return self._sources.get(code, ())

    @cached_property
    def _sources(self) -> dict[str, tuple[str, ...]]:
        own, leaves_of = self.codebook.table["source"].astype(str), self.codebook.leaves_of
        files = {code: {own[leaf] for leaf in leaves_of(code) or [code]} for code in own.index}
        return {code: tuple(sorted(some - {""})) for code, some in files.items()}

    def count_values(self, code: str) -> Said:
        """Return how many countries of the reference set have a figure for an indicator."""
        values = self.capacity.result.values.loc[self.members, code]
        return self.tally("n_with_value", values.count(), code, n=len(values))

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

    def score(self, unit: str, code: str) -> Said:
        """Return the score of any unit, those without a verdict too."""
        if not self.has_many:
            return self.stand(unit, code, "score")
        flag = self.flag(unit, code)
        return self.fact("score", self.scores.at[unit, code], "points", unit, code, flag=flag,
                         n=self.scores.loc[self.members, code].count())  # fmt: skip

    def column(self, column: str, *, interval: bool = False) -> Callable[[tuple[str, str]], object]:
        """Return what makes a cell of a table from each unit and node."""
        if interval:
            return lambda at: f"{self.stand(*at, column):interval}"
        return lambda at: self.stand(*at, column)

    @cached_property
    def _among(self) -> pd.DataFrame:
        """Ranks of the measured units among themselves, over the runs."""
        ranks, n = self.runs.ranks(self.root, self.measured), len(self.measured)
        rank = rank_units(self.scores.loc[self.measured, [self.root]])[self.root]
        table = ranks.summary(LEVEL).set_index("unit")
        return table.assign(rank=rank, share_last=ranks.share_between(n, n))

    def stand_among(self, unit: str, what: str) -> Said:
        """Return a partner's `rank` among the partners, or its share of runs `first` or `last`."""
        row, n = self._among.loc[unit], len(self.measured)
        about: dict[str, Any] = {"unit": unit, "code": self.root, "n": n}
        if what == "rank":
            ends = {"low": row["low"], "high": row["high"]}
            whom = "partners" if not self.has_many else "all" if self.place is None else "peers"
            return self.fact(f"rank_among_{whom}", row["rank"], "rank", **ends, **about)
        share = row["share_1" if what == "first" else "share_last"]
        return self.fact(f"share_{what}", share, "probability", **about)

    @cached_property
    def everyone(self) -> pd.DataFrame:
        """Score and rank of every reference and compared unit with their intervals.

        Columns `unit`, `score`, `low`, `high`, `rank`, `rank_low`, `rank_high`; highest first.
        """
        units = self.capacity.units if self.has_many else sorted({*self.members, *self.measured})
        scored = self.scores.loc[units, self.root].dropna().sort_values(ascending=False)
        spread = self.runs.scores[self.root][list(scored.index)]
        ranks = self.runs.ranks(self.root, list(scored.index)).interval(LEVEL)
        columns = {
            "unit": scored.index,
            "score": scored,
            "low": spread.quantile((1 - LEVEL) / 2),
            "high": spread.quantile((1 + LEVEL) / 2),
            "rank": rank_units(scored.to_frame()).iloc[:, 0],
            "rank_low": ranks["low"],
            "rank_high": ranks["high"],
        }
        return pd.DataFrame({name: column.to_numpy() for name, column in columns.items()})

    def stand_in_ranking(self, unit: str) -> Said:
        """Return the rank of a country among all reference and partner countries."""
        row = self._ranking[unit]
        ends = {"low": row["rank_low"], "high": row["rank_high"], "n": len(self._ranking)}
        return self.fact("rank_of_all", row["rank"], "rank", unit=unit, code=self.root, **ends)

    @cached_property
    def _ranking(self) -> Any:
        return self.everyone.set_index("unit").to_dict("index")

    def figure_year(self, unit: str, code: str) -> Said:
        """Return the year that a raw figure is from."""
        year = self._years.get((unit, code), math.nan)
        return self.fact("year", year, "year", unit=unit, code=code)

    @cached_property
    def _years(self) -> dict[tuple[str, str], float]:
        seen = self.capacity.observations
        at = zip(seen["unit"].tolist(), seen["code"].tolist(), strict=True)
        return dict(zip(at, seen["time"].tolist(), strict=True))

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

    def tell_flags(self, units: Iterable[str], codes: Iterable[str]) -> list[str]:
        """Say what is known to be weak about the figures of some units, one line per weakness."""
        asked, whom = {*codes}, {"", *units}
        found: dict[tuple[str, str], list[str]] = {}
        for unit, code, note in self._weaknesses:
            if code in asked and unit in whom:
                found.setdefault((unit, note), []).append(code)
        lines = []
        for (unit, note), own in found.items():
            told = {"mark": FLAG_MARK, "about": self.codes(own), "note": note}
            if unit:
                told["about"] = f"{self.unit(unit)}, {told['about']}"
            lines.append(self.say("{mark} {about}: {note}.", **told))
        return lines

    @cached_property
    def _weaknesses(self) -> list[tuple[str, str, str]]:
        flags = self.capacity.flags
        notes = choose_texts(flags, "note", self.language)
        return list(zip(flags["unit"], flags["code"], notes, strict=True))

    def tell_best(self, unit: str, code: str, *, most: int = 2) -> str:
        """Name all who share the best score, or say how many."""
        best = str(self.verdicts.find_row(unit, code)["best_units"]).split()
        if len(best) <= most:
            return self.units(best)
        return self.say("{n} countries", n=self.tally("n_best", len(best), code))

    @cached_property
    def edition(self) -> str:
        """Return a short hash over the published figures, the codebook and the settings."""
        return fingerprint_inputs(self.settings)

    def stamp(self) -> Prose:
        """Close the page, and say what is without any figure."""
        empty = [code for code in self.codebook.leaves if self.capacity.values[code].isna().all()]
        text = super().stamp()
        if empty:
            told = self.say("Without any figure, and so not counted: {codes}.",
                            codes=self.codes(empty))  # fmt: skip
            text = Prose(f"{told}\n\n{text}")
        return text


# What a text may name of everyone, and about a unit and a node besides their numbers.
_COMMON: dict[str, Callable[[IndexView], Said]] = {
    "level": lambda view: view.fact("interval_level", LEVEL, "share"),
    "n_indicators": lambda view: view.tally("n_indicators", len(view.codebook.leaves), view.root),
    "n_measured": lambda view: view.tally("n_measured", len(view.measured)),
    "n_members": lambda view: view.tally("n_reference", len(view.members)),
    "n_runs": lambda view: view.tally("n_runs", len(view.runs.choices)),
}
_NAMED: dict[str, Callable[[IndexView, str, str], object]] = {
    "unit": lambda view, unit, _: view.unit(unit),
    "code": lambda view, _, code: view.code(code),
    "dimension": lambda view, _, code: view.code(code),
    "verdict": lambda view, unit, code: view.tell_verdict(unit, code),
}
