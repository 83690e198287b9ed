"""Whether countries, regions, languages and data fit each other, before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from innocap_analysis.data.levels import COUNTRY
from innocap_analysis.data.observations import PreparedData
from innocap_analysis.data.units import name_country, read_regions
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.files import parse_texts, read_text
from innocap_analysis.index.capacity import (
    CapacityData,
    list_unmeasured,
    load_capacity,
    prepare_indicators,
)
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.languages import LOCALE_DIR, SOURCE_LANGUAGE
from innocap_analysis.settings import Settings
from innocap_analysis.survey.instrument import read_instrument
from innocap_analysis.survey.wave import has_answers

_MOST_NAMED = 5


def list_faults(settings: Settings) -> list[str]:
    """List what would make a run fail or a figure mislead, each with its line."""
    regions = read_regions(settings.regions_path)
    faults = [*_check_marks(settings), *_check_regions(settings, regions)]
    try:
        prepared = prepare_indicators(settings)
    except InnocapError as error:
        return [*faults, str(error)]
    return [*faults, *list_unmeasured(prepared, settings), *_check_sets(settings, prepared)]


def refuse_faults(settings: Settings) -> None:
    """Raise one error that tells all of :func:`list_faults`, if there are any."""
    faults = list_faults(settings)
    if faults:
        raise InnocapError("\n  ".join(faults))


def list_notes(settings: Settings) -> list[str]:
    """List what pages will show as not measured, not there or not translated."""
    capacity = load_capacity(settings=settings)
    names = () if settings.index else settings.indexes
    others = [load_capacity(index=name, settings=settings) for name in names]
    gaps = [note for own in (capacity, *others) for note in _note_gaps(own)]
    return [*gaps, *_note_labels(settings), *_note_answers(settings)]


def _check_marks(settings: Settings) -> Iterator[str]:
    marks: dict[str, Callable[[str], str]] = {
        "colour": lambda code: settings.countries[code].colour.lower(),
        "marker": lambda code: settings.countries[code].marker,
    }
    for name, get in marks.items():
        first: dict[str, str] = {}
        for code in settings.countries:
            other = first.setdefault(get(code), code)
            if other != code:
                yield (
                    f"{settings.locate('countries', code, name)}: is that of {other} too; give "
                    "every country its own"
                )


def _check_regions(settings: Settings, regions: pd.DataFrame) -> Iterator[str]:
    table = settings.regions_path.name
    owners = {str(unit): str(country) for unit, country in regions["country"].items()}
    for code, country in settings.countries.items():
        own, place = country.partner_region, settings.locate("countries", code, "partner_region")
        if own not in owners:
            near = suggest(own, [unit for unit, owner in owners.items() if owner == code])
            yield f"{place}: {own!r} is not in {table}{near or '; add it there'}"
        elif owners[own] != code:
            yield f"{place}: {own!r} is a region of {owners[own]} in {table}, not of {code}"
    for line, (unit, row) in enumerate(regions.iterrows(), start=2):
        at = f"{table}: line {line}, {unit}"
        if unit in settings.countries:
            yield f"{at}: is the code of a country; give the region another"
        if row["country"] in settings.countries and not str(row["label_en"]).strip():
            yield f"{at}: label_en is empty; it stands where a language has no name of its own"


def _check_sets(settings: Settings, prepared: PreparedData) -> Iterator[str]:
    known = set(prepared.list_units(prepared.observations))
    at = ("indexes", settings.index, "reference_sets") if settings.index else ("reference_sets",)
    for name, members in settings.sets.items():
        if members is not None and not members:
            yield f"{settings.locate(*at, name)}: names no country"
        for i, code in enumerate(members or ()):
            place = f"{settings.locate(*at, name, str(i))}"
            if code not in known:
                yield f"{place}: {code!r} has no figure in data/raw; take it out of the set"
            elif code in (members or ())[:i]:
                yield f"{place}: {code!r} is listed twice"


def _note_gaps(capacity: CapacityData) -> Iterator[str]:
    settings, result = capacity.settings, capacity.result
    if capacity.level != COUNTRY:
        yield from _note_units(capacity)
        return
    with_figures = {capacity.region_countries[unit] for unit in capacity.regional.index}
    for code in capacity.countries:
        place = settings.locate("countries", code)
        if code not in with_figures:
            yield f"{place}: {name_country(code)} has no regional figures; its page says so"
        for node in dict.fromkeys((capacity.root, *capacity.dimensions)):
            if pd.isna(result.scores.at[code, node]):
                leaves = capacity.codebook.leaves_of(node)
                n = int(result.values.loc[code, leaves].notna().sum())
                yield (
                    f"{place}: {capacity.codebook.label(node)} is not measured for "
                    f"{name_country(code)} ({n} of {len(leaves)} figures) and not ranked"
                )


def _note_units(capacity: CapacityData) -> Iterator[str]:
    """Tell what the units are, and who of them has too few figures to be ranked."""
    book, scores = capacity.codebook, capacity.result.scores[capacity.root]
    yield f"{book.name}: the units are the {len(scores)} of the level {capacity.level} with figures"
    lost = [str(unit) for unit in scores.index[scores.isna()]]
    if lost:
        more = f" and {len(lost) - _MOST_NAMED} more" if lost[_MOST_NAMED:] else ""
        yield f"{book.name}: too few figures to be ranked: {', '.join(lost[:_MOST_NAMED])}{more}"


def _note_answers(settings: Settings) -> Iterator[str]:
    if not has_answers(settings):
        yield (
            f"no made-up answers of {', '.join(settings.countries)} ship and none were imported; "
            "pages on answers cannot be made"
        )


def _note_labels(settings: Settings) -> Iterator[str]:
    """Tell what is shown in English because a language of the project has no text for it."""
    book = read_codebook(settings.codebook_path)
    for code in book.table.index:
        if not book.table.at[code, "label_en"]:
            yield f"{book.name}: {code}: label_en is empty; its code is shown"
    tables = list(_list_texts(settings))
    for language in settings.languages:
        if language == SOURCE_LANGUAGE:
            continue
        if not (LOCALE_DIR / f"{language}.po").is_file():
            yield f"{language}: has no catalogue {language}.po; fixed texts are in English"
        for code, country in settings.countries.items():
            if not country.partner_area.get(language, "").strip():
                place = settings.locate("countries", code, "partner_area")
                shown = country.name_area(language)
                yield f"{place}: has no name in {language!r}; {shown!r} is shown"
        for name, stem, table in tables:
            column = f"{stem}_{language}"
            texts = table.get(column, pd.Series("", index=table.index)).fillna("")
            lacking = [str(code) for code in texts.index[texts.str.strip() == ""]]
            if lacking:
                more = f" and {len(lacking) - _MOST_NAMED} more" if lacking[_MOST_NAMED:] else ""
                told = ", ".join(lacking[:_MOST_NAMED]) + more
                yield f"{name}: {told}: {column} is empty; English is shown"


def _list_texts(settings: Settings) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """List the tables that hold texts: name, beginning of their columns, and the table."""
    yield settings.codebook_path.name, "label", read_codebook(settings.codebook_path).table
    if settings.survey_path.is_file():
        yield from _list_survey_texts(settings)
    regions = read_regions(settings.regions_path)
    yield settings.regions_path.name, "label", regions[regions["country"].isin(settings.countries)]
    for path, key in ((settings.flags_path, "code"), (settings.notes_path, "about")):
        if path.is_file():
            yield path.name, "note", parse_texts(read_text(path), path.name).set_index(key)


def _list_survey_texts(settings: Settings) -> Iterator[tuple[str, str, pd.DataFrame]]:
    name = settings.survey_path.name
    survey = read_instrument(settings.survey_path, settings.scales_path)
    yield name, "label", survey.codebook.table
    texts = pd.DataFrame({i.code: i.texts for i in survey.items.values()}).T.add_prefix("label_")
    yield name, "label", texts
    scales = {item.scale: survey.scales[item.scale] for item in survey.items.values()
              if item.scale in survey.scales}  # fmt: skip
    rows = {name: dict(scale.labels) for name, scale in scales.items() if scale.has_words}
    labels = {name: {own[0]: own[1] for own in reversed(list(row))} for name, row in rows.items()}
    yield settings.scales_path.name, "label", pd.DataFrame(labels).T.add_prefix("label_")
