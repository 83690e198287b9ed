"""What follows from a wave that has a name, made once for all pages of a batch that show it."""

from __future__ import annotations

from innocap_analysis.reads import is_listening, keep
from innocap_analysis.settings import Settings
from innocap_analysis.survey.evidence import Evidence
from innocap_analysis.survey.publish import Release
from innocap_analysis.survey.record import refuse_edition
from innocap_analysis.survey.wave import Wave, load_wave


def judge_wave(
    name: str, by: str | None, strict: bool, smallest: float, seed: int, settings: Settings
) -> Evidence:
    """Return the evidence of a wave by name, on what may be told of it.

    While a batch listens to what is read, all of what may be told is decided at once and kept.
    """

    def decide() -> Release:
        wave = load_wave(name, settings=settings)
        batch = is_listening()
        if settings.publishes or batch:
            refuse_edition(wave)
        release = Release(choose_people(wave, by, strict))
        for code in release.list_codes() if batch else ():
            release.list_told(code)
        return release

    def judge() -> Evidence:
        release = keep(("answers", name, by, strict), decide, settings.hash_read)
        return Evidence(release.wave, smallest=smallest, seed=seed, decided=release)

    return keep(("evidence", name, by, strict, smallest, seed), judge, settings.hash_read)


def choose_people(wave: Wave, by: str | None, strict: bool) -> Wave:
    """Return a wave by other groups, without doubtful responses if asked."""
    grouped = wave.group_by(by)
    return grouped.drop_flagged() if strict else grouped
