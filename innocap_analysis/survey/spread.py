"""How small a standard error may be told: a smaller one would bound a group that is hidden."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from innocap_analysis.survey.cells import Members
from innocap_analysis.survey.publish import STRICT, Release
from innocap_analysis.survey.release import Blocks, Rules, number_organisations
from innocap_analysis.survey.score import score_answers

_POINTS = 100


def list_least_errors(release: Release, code: str, units: Iterable[str]) -> dict[str, float]:
    """List the least standard error, in points, that may be told of a score's mean by group.

    An error adds up squares of what the people of every organisation are above the mean together:
    where it is small, all are near it. What it leaves open of nobody who is an organisation of
    their own, and of no small group of whole ones, may be less than the protection. The least one
    depends on who is where and on the mean, which is told, and so tells nothing itself.
    """
    wave, people = release.wave, release.people
    rules = Rules(
        people=wave.settings.min_respondents, organisations=wave.settings.min_organisations
    )
    weights = None if wave.weights is None else people[wave.weights].to_numpy(dtype=float)
    organisations = number_organisations(list(people["organisation"]))
    groups = release.list_groups(code)
    safe = Blocks(organisations, rules, weights=weights)
    secret = {own.tobytes(): own for own in groups.values() if not safe.is_safe(own)}
    x = score_answers(people, wave.instrument)[code].to_numpy(dtype=float) / _POINTS
    setting = "" if wave.whole is None else STRICT
    found = {}
    for unit in units:
        inside = groups.get(f"{unit}{setting}", np.zeros(len(x), bool))
        hidden = [own[inside] for own in secret.values()]
        heavy = None if weights is None else weights[inside]
        found[unit] = _POINTS * find_least_error(
            x[inside], organisations[inside], hidden, rules.protection, heavy
        )
    return found


def find_least_error(
    x: np.ndarray, organisations: np.ndarray, secret: Iterable[Members], protection: float,
    weights: np.ndarray | None = None,
) -> float:  # fmt: skip
    """Find the least standard error of a mean, from 0 to 1, that protects secret groups and people.

    With the error s of n people, and c the part of CR2's adjustment of each organisation, the sum
    t of what a group's people are above the mean is at most s n sqrt(C D / (C + D)), where C and
    D add up c in the group and outside (Cauchy and Schwarz). With weights it is s W, and c is
    1 - 1/G of G organisations.
    """
    at = np.unique(organisations, return_inverse=True)[1]
    size = np.bincount(at)
    if len(size) < 2:
        return 0.0
    own_weights = np.ones(len(at)) if weights is None else weights
    heavy = np.bincount(at, weights=own_weights)
    part = 1 - (size / len(at) if weights is None else 1 / len(size))
    part = np.broadcast_to(part, size.shape)
    mean = float(np.average(x, weights=own_weights))
    # Near an end of the scale half of the width lies beyond it.
    width = max(protection, 2 * (protection - mean), 2 * (protection - (1 - mean)))
    inside = [np.bincount(at[own], minlength=len(size)) for own in secret]
    whole = [own > 0 for own in inside if (own[own > 0] == size[own > 0]).all() and own.any()]
    least = 0.0
    alone = np.eye(len(size), dtype=bool)[size == 1]
    for own in (*whole, *alone):
        few, rest = part[own].sum(), part[~own].sum()
        if rest > 0:
            reach = 2 * heavy.sum() / heavy[own].sum() * np.sqrt(few * rest / (few + rest))
            least = max(least, float(width / reach))
    return least
