"""What may be published of groups: attacked by linear programming with all that is published."""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest
from attacker import bound_totals

from innocap_analysis.survey.release import Blocks, Rules, decide_groups, number_organisations

RULES = Rules(people=10, organisations=3, largest_share=0.9, protection=0.2)
LOW, HIGH = 1.0, 5.0
MOST_ATTACKED = int(os.environ.get("INNOCAP_ATTACKED", "6"))  # groups of each of 500 waves


def make_wave(rng: np.random.Generator) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Make up countries, regions and places below them, doubtful responses, a former edition."""
    n_countries = int(rng.integers(2, 5))
    sizes = rng.integers(1, 40, n_countries)
    country = np.repeat(np.arange(n_countries), sizes)
    n = len(country)
    region = 10 * country + rng.integers(0, rng.integers(1, 4), n)
    organisation = 100 * region + rng.integers(0, rng.integers(1, 9), n)
    doubtful = rng.random(n) < rng.choice([0.0, 0.03, 0.2, 0.5])
    former = rng.random(n) < rng.choice([0.6, 0.9, 1.0])
    values = np.clip(np.round(rng.normal(rng.choice([1.3, 3, 4.8]), 1, n)), LOW, HIGH)
    plain = {"all": np.ones(n, bool)}
    plain |= {f"c{c}": country == c for c in np.argsort(-sizes, kind="stable")}
    own, counts = np.unique(region, return_counts=True)
    plain |= {f"r{r}": region == r for r in own[np.argsort(-counts, kind="stable")]}
    if rng.random() < 0.4:
        place = 10 * region + (organisation + region) % int(rng.integers(1, 4))
        own, counts = np.unique(place, return_counts=True)
        plain |= {f"p{p}": place == p for p in own[np.argsort(-counts, kind="stable")]}
        for name in [name for name in plain if name[0] in "rp"]:  # the country without each of them
            inside = country == country[plain[name]][0]
            plain[f"{name}/rest"] = inside & ~plain[name]
    groups = {f"{name}@former": members & former for name, members in plain.items()}
    groups |= plain
    groups |= {f"{name}@strict": members & ~doubtful for name, members in plain.items()}
    return groups, organisation, values


def publish(
    groups: dict[str, np.ndarray], organisation: np.ndarray, values: np.ndarray
) -> list[str]:
    return decide_groups(groups, organisation, rules=RULES, values=values, limits=(LOW, HIGH)).shown


@pytest.mark.parametrize("part", range(10))
def test_no_hidden_group_and_nobody_is_bounded_closely(part: int) -> None:
    rng = np.random.default_rng([22, part])
    for _ in range(50):
        groups, organisation, values = make_wave(rng)
        shown = publish(groups, organisation, values)
        published = [groups[name] for name in shown]
        if not published:
            continue
        told = np.unique(np.array(published), axis=1, return_inverse=True)[1].ravel()
        sizes = np.bincount(told)
        least = RULES.protection * (HIGH - LOW)
        names = rng.permutation(list(groups))[:MOST_ATTACKED].tolist()
        person = np.zeros(len(values), bool)
        person[int(rng.integers(len(values)))] = True
        attacked = {"person": person}
        employer = organisation == organisation[person]
        for name, members in [*((name, groups[name]) for name in names), ("employer", employer)]:
            # Of people in no published group, nothing is known; of whole blocks, everything is.
            open_ = members & (np.bincount(told, weights=members)[told] < sizes[told])
            if open_.any() and not Blocks(organisation, RULES).is_safe(members):
                attacked[name] = open_
        found = bound_totals(list(attacked.values()), published, values, limits=(LOW, HIGH))
        for (name, members), (low, high) in zip(attacked.items(), found, strict=True):
            assert high - low >= least * members.sum() - 1e-6, name


def test_any_sum_and_difference_of_what_is_published_has_enough_people() -> None:
    rng = np.random.default_rng(5)
    for _ in range(100):
        groups, organisation, values = make_wave(rng)
        shown = publish(groups, organisation, values)[:6]
        for signs in itertools.product((-1, 0, 1), repeat=len(shown)):
            total = sum(s * groups[k].astype(int) for s, k in zip(signs, shown, strict=True))
            if np.isin(total, (0, 1)).all() and np.any(total):
                own = np.asarray(total, bool)
                assert own.sum() >= RULES.people
                assert len(set(organisation[own])) >= RULES.organisations


def test_small_groups_alone_would_not_do() -> None:
    """The same attack finds hidden totals to the last digit when only small groups are hidden."""
    rng, exact = np.random.default_rng([22, 0]), 0
    for _ in range(50):
        groups, _, values = make_wave(rng)
        groups = {name: own for name, own in groups.items() if name[0] in "acr" and "/" not in name}
        shown = [name for name, own in groups.items() if own.sum() >= RULES.people]
        published = [groups[name] for name in shown]
        hidden = [own for name, own in groups.items() if name not in shown and own.any()]
        if hidden and published:
            found = bound_totals(hidden, published, values, limits=(LOW, HIGH))
            exact += sum(high - low < 1e-6 for low, high in found)
        if exact > 20:
            return
    raise AssertionError(f"{exact} totals found")


def _people(**sizes: int) -> dict[str, np.ndarray]:
    """Return groups that follow each other, and all of them together."""
    names = np.repeat(list(sizes), list(sizes.values()))
    order = sorted(sizes, key=lambda name: -sizes[name])
    return {"all": np.ones(len(names), bool)} | {name: names == name for name in order}


def test_the_smallest_group_left_shields_a_hidden_one() -> None:
    groups = _people(SE=24, FI=8, IE=18, CA=30)
    shown = decide_groups(groups, np.arange(80), rules=RULES).shown
    assert shown == ["all", "CA", "SE"]


def test_the_only_region_of_a_hidden_country_is_hidden_too() -> None:
    groups = _people(SE=24, FI=8, IE=18, CA=30)
    groups |= {"IE04": groups["IE"], "SE32": groups["SE"] & (np.arange(80) < 12)}
    parents = {"IE04": "IE", "SE32": "SE"}
    shown = decide_groups(groups, np.arange(80), rules=RULES, parents=parents).shown
    assert shown == ["all", "CA", "SE", "SE32"]
    assert "IE04" not in decide_groups(groups, np.arange(80), rules=RULES).shown


def test_a_question_that_nobody_answered_is_told_of_nobody() -> None:
    groups, nobody = _people(SE=24, FI=20), np.zeros(44, bool)
    for values in (np.full(44, np.nan), np.full((44, 2), np.nan)):
        told = decide_groups(groups, np.arange(44), rules=RULES, answered=nobody, values=values)
        assert told.shown == []


def test_a_second_setting_that_differs_by_few_people_is_not_shown() -> None:
    groups = _people(SE=24, FI=20)
    one = np.arange(44) == 3
    groups |= {"SE@strict": groups["SE"] & ~one, "FI@strict": groups["FI"] & ~one}
    shown = decide_groups(groups, np.arange(44), rules=RULES).shown
    assert shown == ["all", "SE", "FI", "FI@strict"]  # the doubtful one is Swedish


def test_a_question_that_four_people_answered_tells_nothing() -> None:
    groups = _people(SE=40, FI=40)
    answered = np.arange(80) < 4
    assert decide_groups(groups, np.arange(80), rules=RULES, answered=answered).shown == []


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        ((14,), False), ((7, 7), False), ((5, 5, 4), True), ((19, 1, 0), False),
        ((28, 1, 1), False), ((26, 2, 2), True),
    ],
)  # fmt: skip
def test_few_organisations_or_one_that_is_nearly_all_hide_a_group(
    sizes: tuple[int, ...], shown: bool
) -> None:
    organisation = np.repeat(np.arange(len(sizes)), sizes)
    blocks = Blocks(organisation, RULES)
    assert blocks.may_split(np.ones(len(organisation), bool)) == shown


@pytest.mark.parametrize(("size", "shown"), [(10, ["all"]), (11, [])])
def test_an_employer_of_most_of_a_group_hides_it_where_its_mean_would_be_bounded(
    size: int, shown: list[str]
) -> None:
    """Of two others anything may be true: they leave 2 / 10 or 2 / 11 of the scale."""
    n = size + 2
    organisation = np.maximum(np.arange(n) - size + 1, 0)
    told = decide_groups(
        {"all": np.ones(n, bool)}, organisation, rules=RULES, values=np.full(n, 3.0),
        limits=(LOW, HIGH),
    ).shown  # fmt: skip
    assert told == shown


@pytest.mark.parametrize(
    ("weight", "counted", "shown"),
    [(1.0, True, True), (3.9, True, True), (4.1, True, False), (50.0, False, True),
     (60.0, False, False)],
)  # fmt: skip
def test_somebody_whose_weight_is_most_of_a_total_hides_it(
    weight: float, counted: bool, shown: bool
) -> None:
    """Of 12 people eleven count 1 each, four and three and four of them say 1, 3 and 5.

    A mean leaves the other 11 / weight of the scale (0.22, 0.18). Of shares by answer only one is
    told of more than 4 people: whoever counts 4.1 gave it; who counts 3.9 may have said 1 or 5.
    """
    weights = np.array([weight, *[1.0] * 11])
    values = np.array([3.0, *[1.0] * 4, *[3.0] * 3, *[5.0] * 4])
    blocks = Blocks(np.arange(12), RULES, values, (LOW, HIGH), counted=counted, weights=weights)
    assert blocks.may_split(np.ones(12, bool)) == shown


def test_weights_decide_how_closely_a_small_group_is_bounded() -> None:
    """Three of 13 people count 20 each: a mean bounds theirs to 10 / 60 of the scale."""
    values, small = np.tile([1.0, 3.0, 5.0], 5)[:13], np.arange(13) < 3
    groups = {"all": np.ones(13, bool), "small": small}
    for weight, shown in ((20.0, []), (10.0, ["all"])):
        weights = np.where(small, weight, 1.0)
        told = decide_groups(
            groups, np.arange(13), rules=RULES, values=values, limits=(LOW, HIGH), weights=weights
        ).shown
        assert told == shown


@pytest.mark.parametrize(
    ("values", "shown"),
    [([3.0] * 12, False), ([3.0] * 11 + [4.0], True), ([5.0] * 11 + [1.0], True)],
)
def test_where_everyone_gives_the_same_answer_no_counts_are_told(
    values: list[float], shown: bool
) -> None:
    blocks = Blocks(np.arange(12), RULES, np.array(values), (LOW, HIGH), counted=True)
    assert blocks.may_split(np.ones(12, bool)) == shown


def test_counts_bound_a_hidden_group_more_closely_than_a_mean() -> None:
    # Mean 3.05 leaves 8 hidden people anything; nineteen answers of 3 and one of 4 do not.
    values = np.array([3.0] * 19 + [4.0])
    groups = {"all": np.ones(20, bool), "small": np.arange(20) < 8}
    told = [
        decide_groups(groups, np.arange(20), rules=RULES, values=values, limits=(LOW, HIGH),
                      counted=counted).shown
        for counted in (False, True)
    ]  # fmt: skip
    assert told == [["all"], []]


@pytest.mark.parametrize(
    ("values", "shown"),
    [([5.0] * 12, False), ([1.0] * 12, False), ([5.0] * 11 + [4.0], True), ([3.0] * 12, True)],
)
def test_where_everyone_answers_the_same_end_of_the_scale_nothing_is_told(
    values: list[float], shown: bool
) -> None:
    blocks = Blocks(np.arange(12), RULES, np.array(values), (LOW, HIGH))
    assert blocks.may_split(np.ones(12, bool)) == shown


def test_a_hidden_group_near_the_end_of_the_scale_is_protected() -> None:
    # 12 people at 5 and 8 hidden ones at 4.9: the block's total leaves them hardly any room.
    values = np.array([5.0] * 12 + [5.0] * 7 + [4.0])
    groups = {"all": np.ones(20, bool), "small": np.arange(20) >= 12}
    assert decide_groups(groups, np.arange(20), rules=RULES, values=values,
                         limits=(LOW, HIGH)).shown == []  # fmt: skip
    values[:6] = 3.0
    assert decide_groups(groups, np.arange(20), rules=RULES, values=values,
                         limits=(LOW, HIGH)).shown == ["all"]  # fmt: skip


def test_people_without_an_organisation_are_each_their_own() -> None:
    numbers = number_organisations(["a", None, "a", float("nan"), "", "b"])
    assert numbers[0] == numbers[2]
    assert len(set(numbers.tolist())) == 5
