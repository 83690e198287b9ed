"""A region or place against the rest of its country: what may be told of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from fewlikert.clusters import compare_cluster_pairs, estimate_cluster_means
from innocap_analysis.survey.disclosure import MIN_ORGANISATIONS
from innocap_analysis.survey.grouping import REST
from innocap_analysis.survey.publish import AGREE, ALPHA, RESPONDENTS, SHOWN, Release
from innocap_analysis.survey.score import score_answers
from innocap_analysis.survey.shares import estimate_top_two, tabulate_answers
from innocap_analysis.survey.spread import list_least_errors
from innocap_analysis.survey.wave import Wave


@dataclass(frozen=True)
class Contrast:
    """People from a region or place, and everyone else from its country.

    Attributes
    ----------
    release : Release
        What may be told of the wave.
    unit : str
        Code of a region, or of a place below one.
    smallest : float
        Smallest difference of interest, in points.
    """

    release: Release
    unit: str
    smallest: float

    @property
    def sides(self) -> tuple[str, str]:
        """The unit, and what is left of its country."""
        return self.unit, f"{self.unit}{REST}"

    def shows(self, code: str) -> bool:
        """Tell whether a variable may be told of both sides."""
        return all(self.release.shows(code, side) for side in self.sides)

    @cached_property
    def people(self) -> pd.DataFrame:
        """Responses from the country of the unit, with `side`."""
        clean = self.release.wave.clean
        inside = find_members(self.release, self.unit)
        country = clean.loc[inside, "country"].iloc[0] if inside.any() else None
        side = np.where(inside, *self.sides)
        own = clean["country"] == country
        return clean.assign(side=side)[own].reset_index(drop=True)

    @property
    def _weights(self) -> pd.Series | None:
        column = self.release.wave.weights
        return None if column is None else self.people[column].astype(float)

    @cached_property
    def sizes(self) -> pd.DataFrame:
        """Respondents (`n`) and `organisations` of both sides: `unit`, `code`, `suppressed`."""
        table = self.people.groupby("side").agg(
            n=("response_id", "size"), organisations=("organisation", "nunique")
        )
        table = table.rename_axis("unit").reset_index().assign(code=RESPONDENTS)
        return self.release.hide(table, ["organisations"])

    @cached_property
    def _scores(self) -> pd.DataFrame:
        scores = score_answers(self.people, self.release.wave.instrument)
        return scores.assign(side=self.people["side"])

    @cached_property
    def _least_errors(self) -> dict[str, dict[str, float]]:
        nodes = self.release.wave.instrument.codebook.parents
        return {code: list_least_errors(self.release, code, self.sides) for code in nodes}

    @cached_property
    def means(self) -> pd.DataFrame:
        """Mean scores of both sides: `unit`, `code`, `n`, `mean`, `low`, `high`, `suppressed`."""
        parts = [
            estimate_cluster_means(
                self._scores,
                node,
                "side",
                "organisation",
                min_clusters=MIN_ORGANISATIONS,
                weights=self.release.wave.weights,
                least_errors=self._least_errors[node],
            ).assign(code=node)
            for node in self.release.wave.instrument.codebook.parents
        ]
        table = pd.concat(parts, ignore_index=True)
        return self.release.hide(table, ["mean", "se", "df", "low", "high"])

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Unit less rest by score: the columns of `compare_cluster_pairs` and `code`.

        Only of the scores that may be told of both.
        """
        parts = [
            compare_cluster_pairs(
                self._scores.assign(side=pd.Categorical(self._scores["side"], self.sides)),
                node, "side", "organisation",
                smallest=self.smallest, min_clusters=MIN_ORGANISATIONS,
                weights=self.release.wave.weights,
                least_errors=self._least_errors[node],
            ).assign(code=node)
            for node in self.release.wave.instrument.codebook.parents
            if self.shows(node)
        ]  # fmt: skip
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["code"])

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """Shares of both sides that agree with each item, of items that may be told of both."""
        instrument = self.release.wave.instrument
        table = estimate_top_two(self.people, instrument, by="side", weights=self._weights)
        hidden = self.release.hide(table, ["share", "low", "high", "count"], suffix=AGREE)
        return self._keep_told(hidden)

    @cached_property
    def choices(self) -> dict[str, pd.DataFrame]:
        """Answers of both sides to each question with several, if it may be told of both."""
        instrument = self.release.wave.instrument
        found = {}
        for code, item in instrument.items.items():
            if item.answer != "multi" or f"{code}_{instrument.options(code)[0]}" not in self.people:
                continue  # one that was not asked has no columns
            table = tabulate_answers(
                self.people, instrument, items=[code], by="side", weights=self._weights
            )
            told = self.release.hide(table, ["share", "low", "high", "count"])
            found[code] = self._keep_told(told)
        return found

    def compute_all(self) -> Contrast:
        """Return it with everything computed, for those to whom it is the same."""
        for name in ("sizes", "means", "differences", "agreement", "choices"):
            getattr(self, name)
        return self

    def _keep_told(self, table: pd.DataFrame) -> pd.DataFrame:
        hidden = table.loc[table["suppressed"] != SHOWN, "code"]
        told = table[~table["code"].isin(hidden)].drop(columns="count")
        return told.reset_index(drop=True)


def decide_release(wave: Wave) -> Release:
    """Return what may be told of a wave, decided of everything that a contrast tells."""
    release = Release(wave)
    for code in release.list_codes():
        if not code.endswith(ALPHA):
            release.list_told(code)
    return release


def find_members(release: Release, unit: str) -> pd.Series:
    """Return which responses are from a region or from a place below one."""
    clean = release.wave.clean
    inside = {code for code, line in release.wave.lines.items() if unit in line}
    return (clean["region"] == unit) | clean["place"].isin(inside)


def choose_unit(release: Release, line: Sequence[str]) -> str | None:
    """Return the first of several units, the smallest first, whose scores may all be told."""
    codes = (RESPONDENTS, *release.wave.instrument.codebook.parents)
    for unit in line:
        told = (unit, f"{unit}{REST}")
        if all(release.shows(code, one) for code in codes for one in told):
            return unit
    return None
