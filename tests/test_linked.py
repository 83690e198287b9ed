"""What a score and its items tell together: attacked by linear programming with all of both."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog

from innocap_analysis import load_wave
from innocap_analysis.settings import Settings
from innocap_analysis.survey.attack import Between, Part
from innocap_analysis.survey.cells import Cells
from innocap_analysis.survey.linked import Links
from innocap_analysis.survey.publish import COMPLETE, Release
from innocap_analysis.survey.release import Rules, decide_groups
from innocap_analysis.survey.wave import Wave

WAVES = int(os.environ.get("INNOCAP_LINKED_WAVES", "2"))
BETRAYED = (6, 34)  # waves of which scores alone would tell a small group's answers
MOST = 3  # small groups of an item that are attacked
NODE = "PRO"
ANSWERS = np.arange(5) / 4
RULES = Rules()


@pytest.fixture(scope="module")
def shipped(settings: Settings) -> Wave:
    """Return the wave that ships."""
    return load_wave(settings=settings)


def make_wave(shipped: Wave, rng: np.random.Generator) -> Wave:
    """Draw people of the shipped wave anew; some leave out one or two items of a dimension."""
    clean = shipped.clean[shipped.clean["region"].notna()]
    sizes = rng.permutation([14, 15, 16, int(rng.choice([8, 12, 18]))])
    kept = [own.sample(min(int(n), len(own)), random_state=rng)
            for n, (_, own) in zip(sizes, clean.groupby("country"), strict=True)]  # fmt: skip
    table = pd.concat(kept, ignore_index=True)
    items = shipped.instrument.codebook.leaves_of(NODE)
    level = rng.choice([1.3, 3, 3, 4.8])
    for code in items:
        x = np.clip(np.round(rng.normal(level, 1, len(table))), 1, 5)
        table[code] = 6 - x if shipped.instrument.items[code].reversed else x
    careless = rng.choice([0.0, 0.0, 0.02])
    for code in rng.permutation(items)[: rng.choice([1, 1, 2])]:
        silent = (table["country"] == rng.choice(["FI", "IE", "SE", "CA"])) & (
            rng.random(len(table)) < rng.choice([0.4, 0.6])
        )
        table.loc[silent | (rng.random(len(table)) < careless), code] = -8.0
    if rng.random() < 0.3:  # all of a country say the same
        table.loc[table["country"] == "CA", rng.choice(items)] = 5.0
    flags = dict.fromkeys(("flag_straight_lining", "flag_identical"), False)
    doubtful = rng.random(len(table)) < rng.choice([0.0, 0.05])
    employers = [f"{c} {rng.integers(0, 6)}" for c in table["country"]]
    return replace(
        shipped, clean=table.assign(**flags, flag_speed=doubtful, organisation=employers)
    )


class Reader:
    """Who knows every total of a dimension and its items, and who left out what."""

    def __init__(self, release: Release, told: list[str]) -> None:
        self.release, self.told, book = release, told, release.wave.instrument.codebook
        self.items = book.leaves_of(NODE)
        (link,) = release._list_links(NODE)
        self.x = np.column_stack([part.values for part in link.parts])
        self.share = np.column_stack([part.shares for part in link.parts])
        n = len(self.x)
        known, values = [], []
        at = np.arange(n * len(self.items) * 5).reshape(n, len(self.items), 5)
        for i, j in np.ndindex(self.x.shape):  # everybody gave one answer, or none
            known.append((at[i, j], np.ones(5)))
            values.append(float(not np.isnan(self.x[i, j])))
        for j, code in enumerate(self.items):
            groups = release.list_groups(code)
            for name in release.list_told(code):
                for a, answer in enumerate(ANSWERS):
                    own = groups[name] & np.isclose(self.x[:, j], answer)
                    known.append((at[groups[name], j, a], np.ones(groups[name].sum())))
                    values.append(float(own.sum()))
        self.own = len(values)
        groups = release.list_groups(NODE)
        for name in told:
            own = groups[name]
            weight = (self.share[own][:, :, None] * ANSWERS).ravel()
            known.append((at[own].ravel(), weight))
            values.append(float(np.nansum(self.share[own] * self.x[own])))
        rows = np.repeat(np.arange(len(known)), [len(where) for where, _ in known])
        where = np.concatenate([where for where, _ in known])
        self.matrix = sp.csr_matrix(
            (np.concatenate([w for _, w in known]), (rows, where)), (len(known), at.size)
        )
        self.values, self.at = np.array(values), at

    def bound(self, members: np.ndarray, item: int | None, *, with_scores: bool) -> float:
        """Return how uncertain the sum of a group's answers to an item, or of its scores, is."""
        rows = slice(None) if with_scores else slice(self.own)
        goal = np.zeros(self.matrix.shape[1])
        if item is None:
            goal[self.at[members].ravel()] = (self.share[members][:, :, None] * ANSWERS).ravel()
        else:
            goal[self.at[members, item].ravel()] = np.tile(ANSWERS, members.sum())
        ends = [
            linprog(
                sign * goal, A_eq=self.matrix[rows], b_eq=self.values[rows], bounds=(0, 1),
                method="highs", options={"presolve": False},
            )
            for sign in (1, -1)
        ]  # fmt: skip
        assert all(end.status == 0 for end in ends)
        return float(-ends[1].fun - ends[0].fun)

    def find_betrayed(self) -> list[str]:
        """List the small groups of which scores and items tell more than each alone."""
        found = []
        for j, code in [*enumerate(self.items), (None, NODE)]:
            secret = {own.tobytes(): own for own in self.release._decide(code)[0].secret}
            for some in sorted(secret.values(), key=np.sum)[-MOST:]:
                members = some if j is not None else some & ~self.find_whole(some)
                after = self.bound(members, j, with_scores=True)
                if after < RULES.protection * members.sum() - 1e-4 and (
                    self.bound(members, j, with_scores=False) > after + 1e-4
                ):
                    found.append(f"{code}: {members.sum()} people within {after:.3f}")
        return found

    def find_whole(self, members: np.ndarray) -> np.ndarray:
        """Return those of a group who are wholly told by themselves."""
        groups = self.release.list_groups(NODE)
        told = np.array([members < 0, *(groups[name] for name in self.told)])
        _, of = np.unique(told, axis=1, return_inverse=True)
        whole = [number for number in set(of[members]) if members[of == number].all()]
        return np.isin(of, whole) & told.any(axis=0)


def list_plainly(release: Release) -> list[str]:
    """Return the groups of which the score is told when nobody looks at its items."""
    groups, parents = release._list_candidates(NODE)
    answered, values, _ = release._read(NODE)
    organisations = release._meeting.organisations
    return decide_groups(
        groups, organisations, rules=RULES, answered=answered, values=values, parents=parents
    ).shown


@pytest.mark.parametrize("seed", sorted({*range(WAVES), *BETRAYED}))
def test_scores_and_items_together_tell_of_no_small_group(shipped: Wave, seed: int) -> None:
    release = Release(make_wave(shipped, np.random.default_rng([2206, seed])))
    assert Reader(release, release.list_told(NODE)).find_betrayed() == []
    if seed in BETRAYED:  # the same attack on scores that know nothing of their items
        assert Reader(release, list_plainly(release)).find_betrayed() != []


def test_a_score_is_not_told_where_it_tells_the_item_that_is_hidden(shipped: Wave) -> None:
    clean = shipped.clean[~shipped.clean.filter(like="flag_").any(axis=1)].reset_index(drop=True)
    clean["organisation"] = [f"o{i % 37}" for i in clean.index]
    for code in shipped.instrument.scored:
        clean[code] = clean[code].where(clean[code].between(1, 5), 1.0 + clean.index % 5)
    finns = clean["country"] == "FI"
    clean["PRO6"] = clean["PRO6"].mask(finns & (finns.cumsum() > 7), -8.0)
    release = Release(replace(shipped, clean=clean))
    # Of seven Finns nothing is told, and the Irish, who all answered, shield them.
    assert not {"FI", "IE"} & set(release.list_told("PRO6"))
    assert not {"FI", "IE"} & set(release.list_told("PRO"))
    # With the Finns' five other items the mean of all would tell the score of those seven, but
    # for their sixth of it, and so less than a fifth of the scale would be left.
    assert "all" not in release.list_told("PRO")
    assert {"SE", "CA"} <= set(release.list_told("PRO"))
    assert {"all", "SE", "FI", "IE", "CA"} <= set(release.list_told("DIG"))
    assert not {"IE", "IE@strict"} & set(release.list_told("SELF"))
    assert not any(name.endswith(COMPLETE) and "/" in name for name in release.list_told("DIG"))


def test_what_follows_from_the_items_counts_as_told_of_the_score() -> None:
    """Three groups of 12, 12 and 9 with a score: those of two follow from their items."""
    group = np.repeat([0, 1, 2], [12, 12, 12])
    x = np.tile(ANSWERS, 8)[:36]
    few = (group == 2) & (np.arange(36) >= 33)
    parts = [Part(x, group + 1, np.where(few, 0.0, 0.5), True) for _ in range(2)]
    links = Links(np.where(few, np.nan, x), parts, 0.2, 10, frozenset({"a", "b", "c"}))
    groups = {"all": group >= 0} | {k: group == i for i, k in enumerate("abc")}
    told = {
        known: decide_groups(
            groups, np.arange(36), rules=RULES, answered=~few, values=np.where(few, np.nan, x),
            links=[links] if known else [],
        ).shown
        for known in (False, True)
    }  # fmt: skip
    assert told[False] == ["all", "a"]  # b would tell of nine
    assert told[True] == ["a", "b"]  # and so would everyone, since a and b are known


def test_a_score_is_not_told_where_it_tells_what_one_person_said_to_several_items() -> None:
    """Groups of 12, 10 and 1 person: of two items the first alone, of a third the second alone.

    With the score of the ten follows the sum of the two items over them, and what is left of the
    eleven of whom these are told is one person's answers to both.
    """
    group = np.repeat([1, 2, 3], [12, 10, 1])
    x = np.resize(ANSWERS, 23)
    alone, others = np.where(group == 1, 1, 2), np.where(group == 2, 2, 1)
    parts = [Part(x, of, np.full(23, 1 / 3), True, [group == 3])
             for of in (alone, alone, others)]  # fmt: skip
    links = Links(x, parts, 0.2, 10)
    one, everyone = {"ten": group == 2}, {"all": group > 0}
    assert links.list_betraying(np.where(group == 2, 1, 0), one, [group == 3]) == ["ten"]
    assert links.list_betraying(np.ones(23, dtype=int), everyone, [group == 3]) == []


def test_an_index_is_not_told_where_questions_tell_one_dimension_and_it_the_other() -> None:
    """Of fifteen people both questions of the second dimension are told, and neither dimension.

    The questions tell the second dimension, as nobody left one out; with the index of all follows
    the first, 14.5 of 15, and so that of five of them is from 4.5 to 5: a tenth of the scale.
    Where the second dimension is all that is known of its questions, and is hidden, nothing does.
    """
    few, everyone, none = np.arange(15) >= 10, np.ones(15, dtype=int), np.zeros(15, dtype=int)
    first, a, b = np.where(np.arange(15) < 2, 0.75, 1.0), np.resize(ANSWERS, 15), np.ones(15)
    half, quarter = np.full(15, 0.5), np.full(15, 0.25)
    index, second = first / 2 + (a + b) / 4, np.column_stack([none, half, half])
    top = Part(first, none, half, True, [few])
    questions = [top, Part(a, everyone, quarter, True), Part(b, everyone, quarter, True)]
    dimensions = [top, Part((a + b) / 2, none, half, False)]
    for parts, between, told in (
        (questions, [Between(none, second)], ["all"]), (dimensions, [], []),
    ):  # fmt: skip
        links = Links(index, parts, 0.2, 10, between=between)
        assert links.list_betraying(everyone, {"all": few | ~few}) == told


def test_answers_near_the_end_of_the_scale_tell_the_score_of_a_few_in_a_large_group() -> None:
    """Twenty people, of whom twelve answered the second item, too; one of these gave 1, others 0.

    Of the first item it is told that one of twenty gave 1. The scores add up to a half, so it was
    one of the twelve, who count half: five of the others have a score of 0, though of them nothing
    is told, and the first item alone would leave the one among them.
    """
    both, few = np.arange(20) < 12, np.arange(20) >= 15
    first, everyone = (np.arange(20) == 0).astype(float), np.ones(20, dtype=int)
    second, share = np.where(both, 0.0, np.nan), np.where(both, 0.5, 1.0)
    parts = [Part(first, everyone, share, True, [few]),
             Part(second, 0 * everyone, np.where(both, 0.5, 0.0), True)]  # fmt: skip
    links = Links(share * first, parts, 0.2, 10)
    assert links.list_betraying(everyone, {"all": everyone > 0}, [few]) == ["all"]
    assert links.list_betraying(0 * everyone, {}, [few]) == []


def test_weights_count_in_what_a_score_tells_of_an_item() -> None:
    """Twelve people of weight 1 and three of weight 10, of whose second item nothing is told.

    The score and the first item of all fifteen tell the second of all: 33 of 42. By number the
    three can have 0 to 3 of it, which is wide enough; of their weight of 30 the others, who weigh
    12, leave them at least 21 and at most 30: 0.3 of the scale. Where all fifteen have the second
    item nearly whole, 41 of 42, that is 29 to 30, and less than a fifth.
    """
    few = np.arange(15) >= 12
    weights = np.where(few, 10.0, 1.0)
    first = np.resize(ANSWERS, 15)
    none, everyone = np.zeros(15, dtype=int), np.ones(15, dtype=int)
    for second, told in (
        (np.where(few, 1.0, 0.25), []),
        (np.where(np.arange(15) == 0, 0.0, 1.0), ["all"]),
    ):
        half = np.full(15, 0.5)
        parts = [Part(first, everyone, half, True), Part(second, none, half, True, [few])]
        links = Links((first + second) / 2, parts, 0.2, 10, weights=weights)
        assert links.list_betraying(everyone, {"all": few | ~few}) == told


def test_a_sum_over_some_of_a_cell_is_bounded_by_sorted_answers() -> None:
    """Worked by hand: answers 0, 0.25 and 1; two of three people, or half the weight of 4."""
    x, one = np.array([0.0, 0.25, 1.0]), np.zeros(3, dtype=int)
    counted = Cells(one, x, np.ones(3), True)
    assert np.ravel(counted.bound(np.array([2.0]))) == pytest.approx([0.25, 1.25])
    mean = Cells(one, x, np.ones(3), False)  # 1.25 in all: the third has at most 1
    assert np.ravel(mean.bound(np.array([2.0]))) == pytest.approx([0.25, 1.25])
    assert np.ravel(mean.bound(np.array([1.0]))) == pytest.approx([0.0, 1.0])
    heavy = Cells(one, x, np.array([1.0, 2.0, 1.0]), True)
    assert np.ravel(heavy.bound(np.array([2.0]))) == pytest.approx([0.25, 1.25])
    assert heavy.measure(np.array([4.0])) == pytest.approx([0.0])
