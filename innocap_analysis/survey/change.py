"""What changed between two waves, knowing who answered in both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from fewlikert.clusters import compare_cluster_pairs, estimate_cluster_means
from fewlikert.describe import EVERYONE
from innocap_analysis.errors import InnocapError
from innocap_analysis.survey.disclosure import MIN_ORGANISATIONS
from innocap_analysis.survey.publish import RESPONDENTS, Release
from innocap_analysis.survey.release import Blocks, Rules, number_organisations
from innocap_analysis.survey.score import score_answers
from innocap_analysis.survey.spread import list_least_errors
from innocap_analysis.survey.wave import Wave

BEFORE, AFTER = "before", "after"


@dataclass(frozen=True)
class Change:
    """Two waves of the same questionnaire, by the same groups.

    Attributes
    ----------
    before, after : Wave
        The earlier and the later one.
    smallest : float
        Smallest change of interest, in points.
    """

    before: Wave
    after: Wave
    smallest: float

    def __post_init__(self) -> None:
        """Check that the waves are of one kind."""
        if self.before.is_synthetic != self.after.is_synthetic:
            raise InnocapError("one of the two waves is made up and the other is not")

    @property
    def waves(self) -> dict[str, Wave]:
        """The two waves by their place in time."""
        return {BEFORE: self.before, AFTER: self.after}

    @cached_property
    def releases(self) -> dict[str, Release]:
        """What may be told of each."""
        return {when: Release(wave) for when, wave in self.waves.items()}

    @cached_property
    def nodes(self) -> list[str]:
        """The index and its dimensions."""
        book = self.after.instrument.codebook
        return list(dict.fromkeys([book.indexes[0], *book.dimensions]))

    @cached_property
    def units(self) -> list[str]:
        """Everyone, and the groups that somebody was in both times."""
        groups = [g for g in self.after.groups if g in self.before.groups]
        return [EVERYONE, *groups]

    def shows(self, code: str, unit: str) -> bool:
        """Tell whether a variable of a group may be told of both waves."""
        return all(release.shows(code, unit) for release in self.releases.values())

    @cached_property
    def people(self) -> pd.DataFrame:
        """Scores of both waves below each other, with `wave` and whom each `cluster` holds.

        People of one organisation are a cluster, in whichever wave they answered; who names none
        is one with the answer of the same person in the other wave.
        """
        parts = []
        for when, wave in self.waves.items():
            scores = score_answers(wave.people, wave.instrument)
            alone = pd.Series([f"{when} {i}" for i in range(len(scores))], index=scores.index)
            person, organisation = wave.people["person"], wave.people["organisation"]
            cluster = organisation.where(organisation.notna(), person)
            parts.append(scores.assign(
                wave=when, person=person, cluster=cluster.where(cluster.notna(), alone)
            ))  # fmt: skip
        table = pd.concat(parts, ignore_index=True)
        return table.assign(wave=pd.Categorical(table["wave"], [AFTER, BEFORE]))

    def _take(self, unit: str) -> pd.DataFrame:
        return self.people if unit == EVERYONE else self.people[self.people["group"] == unit]

    @cached_property
    def table(self) -> pd.DataFrame:
        """Change by group and score: one row each, in the order of the groups.

        Columns `unit`, `code`, `n_before`, `n`, `mean_before`, `mean`, `difference` (later less
        earlier), `low`, `high` (95%), `verdict`, `suppressed`. From fewer than five organisations
        in either wave there is no interval.
        """
        weights = self.after.weights if self.before.weights else None
        rows = []
        least = {
            (code, when): list_least_errors(release, code, self.units)
            for code in self.nodes
            for when, release in self.releases.items()
        }
        for unit in self.units:
            own = self._take(unit)
            for code in self.nodes:
                if not self.shows(code, unit):
                    rows.append({"unit": unit, "code": code, "suppressed": "hidden"})
                    continue
                pair = compare_cluster_pairs(
                    own,
                    code,
                    "wave",
                    "cluster",
                    smallest=self.smallest,
                    min_clusters=MIN_ORGANISATIONS,
                    weights=weights,
                    least_errors={when: least[code, when][unit] for when in self.releases},
                ).iloc[0]
                means = estimate_cluster_means(own, code, "wave", "cluster", weights=weights)
                means = means.set_index("unit")["mean"]
                rows.append({
                    "unit": unit, "code": code, "n_before": pair["n_other"], "n": pair["n"],
                    "mean_before": means[BEFORE], "mean": means[AFTER],
                    "difference": pair["difference"], "low": pair["low"], "high": pair["high"],
                    "verdict": pair["verdict"], "suppressed": "",
                })  # fmt: skip
        columns = ["unit", "code", "n_before", "n", "mean_before", "mean", "difference", "low",
                   "high", "verdict", "suppressed"]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def sizes(self) -> pd.DataFrame:
        """Who answered, by group: `unit`, `n_before`, `n`, `twice`, `suppressed`.

        How many answered twice is told where neither they, nor who left, nor who came are few,
        also of what is left of everyone without the groups of which it is told.
        """
        rows, told = [], self._list_recounted()
        for unit in self.units:
            own = self._take(unit)
            known = {when: set(own.loc[own["wave"] == when, "person"].dropna())
                     for when in self.waves}  # fmt: skip
            n = {when: int((own["wave"] == when).sum()) for when in self.waves}
            twice = len(known[BEFORE] & known[AFTER])
            shown = self.shows(RESPONDENTS, unit)
            rows.append({
                "unit": unit, "n_before": n[BEFORE] if shown else np.nan,
                "n": n[AFTER] if shown else np.nan,
                "twice": float(twice) if twice and unit in told else np.nan,
                "suppressed": "" if shown else "hidden",
            })  # fmt: skip
        return pd.DataFrame(rows)

    def _list_recounted(self) -> list[str]:
        """List the groups of which it may be told how many answered both times."""
        rows = self.people.assign(at=range(len(self.people)))
        rows["who"] = rows["person"].where(rows["person"].notna(), rows["at"])
        people = rows.drop_duplicates("who")
        settings, told = self.after.settings, []
        blocks = Blocks(
            number_organisations(list(people["cluster"])),
            Rules(people=settings.min_respondents, organisations=settings.min_organisations),
        )
        for unit in self.units:
            own = self._take(unit)
            then, now = (
                people["who"].isin(rows.loc[own.index[own["wave"] == when], "who"]).to_numpy()
                for when in (BEFORE, AFTER)
            )
            tried, safe = replace(blocks, of=blocks.told), self.shows(RESPONDENTS, unit)
            for part in (then & now, then & ~now, now & ~then):
                safe = safe and tried.may_split(part)
                tried.split(part)
            if safe:
                told.append(unit)
                blocks = tried
        return told
