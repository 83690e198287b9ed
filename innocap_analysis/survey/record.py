"""An edition of a wave is told: what it may tell beside earlier ones, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from fewlikert.describe import EVERYONE
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import write_table
from innocap_analysis.settings import Settings
from innocap_analysis.survey.edition_file import RELEASED_NAME, read_former, write_former
from innocap_analysis.survey.publish import RESPONDENTS, STRICT, Release
from innocap_analysis.survey.wave import Wave, find_folder, load_wave

HIDDEN_NAME = "released_hidden.csv"
_MOST_NAMED = 8


def record_edition(settings: Settings, name: str = "imported") -> str:
    """Keep what the pages of a wave are about to tell; return what they cannot tell.

    Nothing is kept where the pages are refused.
    """
    try:
        release = Release(load_wave(name, settings=settings))
    except InnocapError:
        return ""  # every page of it fails, and says why
    alone = _forget(release)
    table = pd.DataFrame(_list_hidden(release, alone), columns=["code", "group", "reason"])
    write_table(find_folder(settings, name) / HIDDEN_NAME, table, private=True)
    if not _is_refused(release, alone):
        write_former(settings, release.record())
    return tell_changes(release, alone)


def foresee_edition(settings: Settings, name: str = "imported") -> str:
    """Return what :func:`record_edition` would, and keep nothing."""
    if read_former(settings) is None:
        return ""  # nothing was told before
    release = Release(load_wave(name, settings=settings))
    return tell_changes(release, _forget(release))


def refuse_edition(wave: Wave) -> None:
    """Raise if everyone together may not be told anew because an earlier edition told them."""
    if wave.former is not None and _is_refused(release := Release(wave), _forget(release)):
        raise InnocapError(
            "the answers differ from an edition that was told before by too few people; the "
            "batch says beforehand which groups they are in, and what can be done"
        )


def tell_changes(release: Release, alone: Release) -> str:
    """Say which groups differ from earlier editions by too few people, and what can be done."""
    told = set(release.list_told(RESPONDENTS))
    lost = [group for group in alone.list_told(RESPONDENTS) if group not in told]
    if not lost:
        return ""
    settings, groups = release.wave.settings, release.list_groups()
    named = []
    for group in lost:
        plain = group.removesuffix(STRICT)
        if plain == group or plain not in lost:  # each once
            n = int((groups[group] & release.newcomers).sum())
            name = group.replace(STRICT, " without doubtful responses")
            named.append(f"{name} ({n} new)" if n else name)
    more = [f"{len(named) - _MOST_NAMED} more"] if len(named) > _MOST_NAMED else []
    gone = f"; {release.n_gone} have left or answered otherwise" if release.n_gone else ""
    outcome = "its pages are not made, and the earlier ones stand"
    if EVERYONE not in lost:
        outcome = "these groups are not shown"
    return (
        f"survey answers: both together, an earlier edition and this one would tell of fewer than "
        f"{settings.min_respondents} people or {settings.min_organisations} organisations in "
        f"{', '.join([*named[:_MOST_NAMED], *more])}{gone}. Therefore {outcome} "
        f"({HIDDEN_NAME} lists all). Import more answers before you publish, or the earlier files "
        f"again; if no earlier edition was handed on, remove "
        f"{settings.processed_dir / RELEASED_NAME}"
    )


def _forget(release: Release) -> Release:
    """Return what could be told if there were no earlier edition."""
    if release.wave.former is None:
        return release
    return Release(replace(release.wave, former=None))


def _is_refused(release: Release, alone: Release) -> bool:
    return EVERYONE in alone.list_told(RESPONDENTS) and EVERYONE not in release.list_told(
        RESPONDENTS
    )


def _list_hidden(release: Release, alone: Release) -> Iterator[tuple[str, str, str]]:
    """List what is hidden and why, for the operator alone."""
    names = pd.factorize(release.people["organisation"])[0]  # -1: whoever has none is one
    for code in release.list_codes():
        told, single = set(release.list_told(code)), set(alone.list_told(code))
        for group, members in release.list_groups(code).items():
            if group not in told and members.any():
                yield code, group, _find_reason(release.wave.settings, names[members],
                                                is_told_alone=group in single)  # fmt: skip


def _find_reason(settings: Settings, organisations: np.ndarray, *, is_told_alone: bool) -> str:
    n, named = len(organisations), len(set(organisations[organisations >= 0].tolist()))
    if is_told_alone:
        return "differs from an earlier edition by too few"
    if n < settings.min_respondents:
        return f"{n} people"
    if named + int((organisations < 0).sum()) < settings.min_organisations:
        return f"{named} organisations"
    return "would give away others, or what all of it answered"
