"""What the order of secondary suppression costs: against the least by integer programming.

    python benchmarks/suppression.py [--waves 100] [--groups 1000]

On small made-up waves (countries and their regions) the groups that are shown are held against
the most that any choice by the same rule could show, found by `scipy.optimize.milp`; then the
seconds for many groups. Everyone has an organisation of their own, and values are not bounded, so
that only sizes decide, as in the integer programme.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from innocap_analysis.survey.attack import Part
from innocap_analysis.survey.linked import Links
from innocap_analysis.survey.release import Rules, decide_groups

RULES = Rules(people=10, organisations=1, largest_share=1.0)


def make_wave(rng: np.random.Generator) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Make up countries of regions, the larger first, everyone before them."""
    country = np.repeat(np.arange(4), rng.integers(5, 60, 4))
    region = 10 * country + rng.integers(0, rng.integers(2, 6), len(country))
    groups, parents = {"all": np.ones(len(country), bool)}, {}
    for kind, own in (("c", country), ("r", region)):
        names, sizes = np.unique(own, return_counts=True)
        for name in names[np.argsort(-sizes, kind="stable")]:
            groups[f"{kind}{name}"] = own == name
            if kind == "r":
                parents[f"r{name}"] = f"c{name // 10}"
    return groups, parents


def count_most(groups: dict[str, np.ndarray], parents: dict[str, str]) -> int:
    """Return the most countries and regions that may be shown: the same blocks, any choice.

    Shown or not is 1 or 0. What is left of a group without its shown parts is empty or large
    enough: the size of its hidden parts is 0 or at least that of the rule.
    """
    names = [name for name in groups if name != "all"]
    sizes = np.array([groups[name].sum() for name in names], float)
    above = [parents.get(name, "all") for name in names]
    owners = sorted(set(above))
    n, width = len(names), len(names) + len(owners)
    rows, low, high = [], [], []
    for k, owner in enumerate(owners):
        own = np.array([up == owner for up in above])
        total = sizes[own].sum()
        # hidden = total - sum(size * shown) >= people * is_any_hidden, below a shown group
        row, slack = np.zeros(width), 0
        row[:n][own] = -sizes[own]
        row[n + k] = -RULES.people
        if owner != "all":
            row[names.index(owner)], slack = -RULES.people, RULES.people
        rows.append(row), low.append(-total - slack), high.append(np.inf)
        row = np.zeros(width)  # hidden <= total * is_any_hidden
        row[:n][own] = -sizes[own]
        row[n + k] = -total
        rows.append(row), low.append(-np.inf), high.append(-total)
    for i, up in enumerate(above):
        if up != "all":  # only below a shown country
            row = np.zeros(width)
            row[i], row[names.index(up)] = 1, -1
            rows.append(row), low.append(-np.inf), high.append(0)
    most = np.concatenate([sizes >= RULES.people, np.ones(len(owners))]).astype(float)
    goal = np.concatenate([-np.ones(n), np.zeros(len(owners))])
    found = milp(
        goal, integrality=np.ones(width), bounds=Bounds(0, most),
        constraints=LinearConstraint(np.array(rows), low, high),
    )  # fmt: skip
    if not found.success:
        raise RuntimeError(found.message)
    return round(-found.fun)


def compare(waves: int) -> None:
    """Print how many groups are shown in the published order, and at the most."""
    ours = least = primary = 0
    worse = 0
    for number in range(waves):
        groups, parents = make_wave(np.random.default_rng([number, 3]))
        people = np.arange(len(groups["all"]))
        shown = len(decide_groups(groups, people, rules=RULES, parents=parents).shown) - 1
        best = count_most(groups, parents)
        ours, least, worse = ours + shown, least + best, worse + (shown < best)
        primary += sum(own.sum() >= RULES.people for own in groups.values()) - 1
    sys.stdout.write(
        f"{waves} waves: {primary} groups are large enough, {ours} shown in the published order, "
        f"{least} at the most; fewer than the most in {worse} waves\n"
    )


def time_groups(count: int) -> None:
    """Print the seconds for many groups of many people, with values and their counts."""
    rng = np.random.default_rng(1)
    region = rng.integers(0, count, 25 * count)
    groups = {"all": np.ones(len(region), bool)}
    sizes = np.bincount(region)
    groups |= {str(own): region == own for own in np.argsort(-sizes, kind="stable")}
    values = rng.integers(0, 5, len(region)) / 4
    organisations = region * 8 + rng.integers(0, 8, len(region))
    for counted in (False, True):
        clock = time.process_time()
        shown = decide_groups(
            groups, organisations, rules=Rules(), values=values, counted=counted
        ).shown
        used = time.process_time() - clock
        sys.stdout.write(
            f"{count} groups of {len(region)} people, {'counts' if counted else 'means'}: "
            f"{len(shown)} shown, {used:.1f} CPU seconds a variable\n"
        )


def time_score(count: int, items: int = 6) -> None:
    """Print the seconds for a score of items of which some people leave out one or the other."""
    rng = np.random.default_rng(2)
    region = rng.integers(0, count, 25 * count)
    groups = {"all": np.ones(len(region), bool)}
    groups |= {str(own): region == own for own in np.argsort(-np.bincount(region), kind="stable")}
    organisations = region * 8 + rng.integers(0, 8, len(region))
    x = rng.integers(0, 5, (len(region), items)) / 4
    x[rng.random(x.shape) < np.where(np.arange(items) < items - 1, 0.02, 0.3)] = np.nan
    share = ~np.isnan(x) / np.maximum((~np.isnan(x)).sum(axis=1, keepdims=True), 1)
    score = np.where(share.any(axis=1), np.nansum(share * np.nan_to_num(x), axis=1), np.nan)
    told = [decide_groups(groups, organisations, rules=Rules(), answered=~np.isnan(own),
                          values=own, counted=True) for own in x.T]  # fmt: skip
    parts = [Part(own, one.blocks, part, True, one.secret)
             for own, one, part in zip(x.T, told, share.T, strict=True)]  # fmt: skip
    shown = [one.shown for one in told]
    both = frozenset(shown[0]).intersection(*shown)
    links = Links(score, parts, Rules().protection, Rules().people, both)
    for known in ([], [links]):
        clock = time.process_time()
        found = decide_groups(groups, organisations, rules=Rules(), answered=~np.isnan(score),
                              values=score, links=known).shown  # fmt: skip
        used = time.process_time() - clock
        sys.stdout.write(
            f"{count} groups, a score of {items} items {'with' if known else 'without'} what they "
            f"tell: {len(found)} shown, {used:.1f} CPU seconds\n"
        )


def main() -> None:
    """Compare with the least, then measure the time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waves", type=int, default=100)
    parser.add_argument("--groups", type=int, default=1000)
    asked = parser.parse_args()
    compare(asked.waves)
    time_groups(asked.groups)
    time_score(asked.groups)


if __name__ == "__main__":
    main()
