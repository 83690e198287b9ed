"""A further language: the settings, a column in every table of texts, a catalogue."""

from __future__ import annotations

from babel import Locale

from innocap_analysis.changes.change import Change, refuse
from innocap_analysis.changes.csvtext import add_columns, list_columns
from innocap_analysis.changes.yamltext import add_item, quote
from innocap_analysis.languages import LOCALE_DIR, is_language
from innocap_analysis.pages.catalogue import draft_catalogue, extract_messages
from innocap_analysis.settings import CONFIG_NAME, Settings


def add_language(settings: Settings, code: str) -> tuple[Change, list[str]]:
    """Add a language, what it lacks being shown in English; also return what is to translate."""
    faults = []
    if not is_language(code):
        faults.append(
            f"{code!r} is no code of a language that Unicode CLDR knows, such as nb or is"
        )
    elif code in settings.languages:
        faults.append(f"{settings.locate('languages')}: {code} is there already")
    refuse("innocap add language", faults)
    change = Change(settings)
    path = settings.root / CONFIG_NAME
    item = quote(code) if code not in ("no", "on") else f'"{code}"'  # YAML's words
    change.put(path, add_item(change.read(path), ["languages"], item, name=CONFIG_NAME))
    books = [settings.root / plan.codebook for plan in settings.indexes.values()]
    tables = [settings.root / settings.codebook, *books, settings.survey_path,
              settings.regions_path, settings.places_path, settings.local_path]  # fmt: skip
    notes = [settings.flags_path, settings.notes_path]
    for stem, paths in (("label", dict.fromkeys(tables)), ("note", dict.fromkeys(notes))):
        for table in filter(lambda one: one.is_file(), paths):
            text = change.read(table)
            own = [column for column in list_columns(text) if column.startswith(f"{stem}_")]
            if own:
                change.put(table, add_columns(text, [f"{stem}_{code}"], after=own[-1]))
    catalogue, missing = draft_catalogue(code, extract_messages(settings))
    change.put(LOCALE_DIR / f"{code}.po", catalogue)
    called = Locale.parse(code).get_display_name("en")
    return change, [f"{missing} texts in {LOCALE_DIR / f'{code}.po'} to translate into {called}"]
