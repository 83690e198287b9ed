"""What one call asks of the plan: regions, languages, parameters and sets, each checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from innocap_analysis.batch.book import BY_PLAN
from innocap_analysis.batch.many import ManyUnits
from innocap_analysis.batch.rows import DEFAULT, know_places, resolve_unit
from innocap_analysis.documents.brief import check_formats
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.planned import check_variant
from innocap_analysis.settings import CONFIG_NAME, Settings

ALL = "all"


@dataclass(frozen=True)
class Wish:
    """What one call asks of the plan."""

    regions: list[str] | None
    languages: list[str] | None
    parameters: dict[str, object]
    variants: Sequence[str]
    formats: list[str]  # of documents; none: those that stand are brought in step

    @classmethod
    def read(
        cls,
        settings: Settings,
        regions: Sequence[str] | None,
        language: str | Sequence[str] | None,
        parameters: Mapping[str, object] | None,
        variants: Sequence[str] | None,
        many: ManyUnits | None,
        formats: Sequence[str] | None = None,
    ) -> Wish:
        """Check what was asked for."""
        tongues = [language] if isinstance(language, str) else list(language or [])
        if ALL in tongues:
            tongues = list(settings.languages)
        given = dict(parameters or {})
        for reserved in BY_PLAN:
            if reserved in given:
                option = {"place": "places", "formats": "format"}.get(reserved, reserved)
                raise InnocapError(f"parameter {reserved}: use --{option} instead")
        known = know_places(settings) if regions and many is None else None
        for name in variants or ():
            _check_variant(name, given, variants or (), settings)
        return cls(
            list(
                dict.fromkeys(
                    many.find(code) if many else resolve_unit(code, settings, known)
                    for code in regions
                )
            )
            if regions
            else None,
            list(dict.fromkeys(settings.check_language(tongue) for tongue in tongues)) or None,
            given,
            tuple(dict.fromkeys(variants or ())),
            check_formats(formats or ()),
        )


def _check_variant(
    name: str, given: Mapping[str, object], variants: Sequence[str], settings: Settings
) -> None:
    sets = settings.batch.sets
    if not given and name != DEFAULT and name not in sets:
        raise InnocapError(
            f"--variant {name}: {CONFIG_NAME} has no such set under batch: sets:"
            + (f"; there are {', '.join(sets)}{suggest(name, list(sets))}" if sets else "")
            + "; or give its parameters with --set NAME=VALUE"
        )
    if given and (name in sets or len(variants) > 1):
        raise InnocapError(
            f"--variant {name}: "
            + ("is a set of innocap.yml already" if name in sets else "one name only goes")
            + " with --set; choose another name for these parameters"
        )
    if given:
        try:
            check_variant(name)
        except ValueError as error:
            raise InnocapError(f"--variant {error}") from None
