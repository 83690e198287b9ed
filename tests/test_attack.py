"""All pages of a wave, attacked by linear programming with every number that they publish.

What the decisions are is not asked: groups count as told when a page, its figure's data or its
results hold a number of them. `INNOCAP_ATTACKED_PAGES` attacks so many waves, page 85 too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from attacker import bound_totals

from innocap_analysis import load_wave, open_survey_view
from innocap_analysis.pages import answers, differences, fitness, measurement, statements
from innocap_analysis.pages.drawing.figure import Chart
from innocap_analysis.settings import Settings
from innocap_analysis.survey.answers import mask_answers
from innocap_analysis.survey.contrast import Contrast, choose_unit
from innocap_analysis.survey.publish import Release
from innocap_analysis.survey.release import Blocks, Rules, number_organisations
from innocap_analysis.survey.score import score_answers
from innocap_analysis.survey.wave import Wave

ASKED = os.environ.get("INNOCAP_ATTACKED_PAGES", "")
WAVES, PAGES = (int(ASKED), ("70", "80", "85")) if ASKED else (1, ("70", "80"))
RULES = Rules()
ITEMS = ("SKL1", "PRO6")
SCORES = ("SKL", "PRO")
STRICT = "@strict"


def make_wave(shipped: Wave, rng: np.random.Generator) -> Wave:
    """Draw people of the shipped wave anew: few of some regions, few or large organisations."""
    clean = shipped.clean[shipped.clean["region"].notna()]
    kept = []
    for _, own in clean.groupby("region"):
        n = min(int(rng.choice([2, 6, 9, 12, 25])), len(own))
        at = rng.permutation(len(own))[:n]
        employers = rng.integers(0, rng.choice([1, 2, 3, 8]), n)
        region = own["region"].iloc[0]
        kept.append(own.iloc[at].assign(organisation=[f"{region} {e}" for e in employers]))
    table = pd.concat(kept, ignore_index=True)
    doubtful = rng.random(len(table)) < rng.choice([0.0, 0.03, 0.3])
    table = table.assign(flag_speed=doubtful, flag_straight_lining=False, flag_identical=False)
    silent = rng.random(len(table)) < rng.choice([0.0, 0.1, 0.9])
    return replace(shipped, clean=table.assign(PRO6=table["PRO6"].mask(silent, -8.0)))


@dataclass(frozen=True)
class Reader:
    """Who keeps every page of a wave: of which groups there is a number, by what it is of."""

    wave: Wave

    def find_members(self, unit: str) -> np.ndarray:
        """Return who is in a group."""
        clean = self.wave.clean
        kept = ~clean["flag_speed"] if unit.endswith(STRICT) else np.ones(len(clean), bool)
        name = unit.removesuffix(STRICT)
        if name.endswith("/rest"):
            inside = clean["region"] == name.removesuffix("/rest")
            return np.asarray(
                kept & (clean["country"] == clean["country"][inside].iloc[0]) & ~inside
            )
        if name in ("", "all"):
            return np.asarray(kept)
        return np.asarray(kept & ((clean["country"] == name) | (clean["region"] == name)))

    def read_pages(self) -> dict[str, set[str]]:
        """Return the groups of which the pages tell each score and item, in both settings."""
        told: dict[str, set[str]] = {code: set() for code in (*ITEMS, *SCORES)}
        for mark in ("", STRICT):
            for unit, code, value in self._list_numbers(strict=bool(mark)):
                if code in told and not np.isnan(value):
                    told[code].add(f"{unit or 'all'}{mark}")
        return told

    def _list_numbers(self, *, strict: bool) -> Iterator[tuple[str, str, float]]:
        for page in PAGES:
            view = open_survey_view(page, wave=self.wave, leave_out_flagged=strict)
            shown: list[object] = []
            if page == "70":
                shown = [fitness.table_respondents(view), fitness.table_items(view)]
            elif page == "80":
                shown = [answers.plot_groups(view), answers.table_scores(view),
                         answers.plot_agreement(view), answers.write_findings(view),
                         *(statements.plot_answers(view, node)
                           for node in SCORES[: len(PAGES) - 1])]  # fmt: skip
            elif view.evidence.groups:
                shown = [measurement.table_reliability(view), differences.table_imputed(view)]
            for fact in view.ledger.facts.values():
                if not fact.measure.startswith(("alpha", "ordinal", "omega", "n_complete")):
                    yield fact.unit, fact.code, fact.value
            for chart in shown:
                if isinstance(chart, Chart):
                    yield from _read_data(chart.data)
        wave = self.wave.drop_flagged() if strict else self.wave
        release = Release(wave)
        for region in wave.clean["region"].unique():  # page 35
            if (unit := choose_unit(release, [region])) is not None:
                contrast = Contrast(release, unit, 5.0)
                yield from _read_data(contrast.means)
                yield from _read_data(contrast.agreement)


def _read_data(data: pd.DataFrame) -> Iterator[tuple[str, str, float]]:
    numbers = data.reindex(columns=["mean", "share", "se", "low", "high", "n"])
    for unit, code, told in zip(
        data["unit"], data["code"], numbers.notna().any(axis=1), strict=True
    ):
        yield str(unit), str(code), 1.0 if told else np.nan


def attack(wave: Wave, told: Mapping[str, set[str]], rng: np.random.Generator) -> list[str]:
    """List the hidden groups and people whose answers are bounded too closely."""
    reader, broken = Reader(wave), []
    organisations = number_organisations(list(wave.clean["organisation"]))
    scores = score_answers(wave.clean, wave.instrument)
    for code, units in told.items():
        counted = code in ITEMS
        if counted:
            x = (mask_answers(wave.clean, [code])[code].to_numpy(float) - 1) / 4
        else:
            x = scores[code].to_numpy(float) / 100
        answered = ~np.isnan(x)
        published = [reader.find_members(unit) & answered for unit in sorted(units)]
        if not published:
            continue
        kinds, block = np.unique(np.array(published), axis=1, return_inverse=True)
        block = np.where(kinds.any(axis=0)[block.ravel()], block.ravel() + 1, 0)
        sizes = np.bincount(block)
        safe = Blocks(organisations, RULES)
        groups = {
            f"{unit}{mark}": reader.find_members(f"{unit}{mark}") & answered
            for unit in (*wave.clean["country"].unique(), *wave.clean["region"].unique())
            for mark in ("", STRICT)
        }
        for one in rng.permutation(np.flatnonzero(answered))[:2]:
            groups[f"person {one}"] = np.arange(len(x)) == one
        attacked: dict[str, np.ndarray] = {}
        for name, members in groups.items():
            inside = np.bincount(block, weights=members)[block]
            open_ = members & ((inside < sizes[block]) | (block == 0) | ~answered)
            if name.removesuffix(STRICT) in units or safe.is_safe(members) or not members.any():
                continue
            # Of a hidden group that is a sum of blocks everything is known: it must be large.
            attacked[name] = open_ if open_.any() else members
        if not attacked:
            continue
        found = bound_totals(
            [own[answered] for own in attacked.values()],
            [group[answered] for group in published], x[answered],
            answers=np.arange(5) / 4 if counted else None,
        )  # fmt: skip
        for (name, own), (low, high) in zip(attacked.items(), found, strict=True):
            if high - low < RULES.protection * own.sum() - 1e-6:
                broken.append(f"{code} of {name}: {own.sum()} people within {high - low:.3f}")
    return broken


@pytest.fixture(scope="module")
def shipped(settings: Settings) -> Wave:
    """Return the wave that ships."""
    return load_wave(settings=settings)


@pytest.mark.parametrize("seed", range(WAVES))
def test_no_page_helps_to_bound_a_hidden_group(shipped: Wave, seed: int) -> None:
    rng = np.random.default_rng([2204, seed])
    wave = make_wave(shipped, rng)
    told = Reader(wave).read_pages()
    assert attack(wave, told, rng) == []


def test_the_attack_sees_what_hiding_small_groups_alone_would_tell(shipped: Wave) -> None:
    found = 0
    for seed in range(3):
        rng = np.random.default_rng([2204, seed])
        wave = make_wave(shipped, rng)
        reader, units = (
            Reader(wave),
            [*wave.clean["country"].unique(), *wave.clean["region"].unique()],
        )
        large = {unit for unit in units if reader.find_members(unit).sum() >= RULES.people}
        found += len(attack(wave, dict.fromkeys(SCORES, large | {"all", f"all{STRICT}"}), rng))
    assert found > 3
