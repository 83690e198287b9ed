"""Names of reports: what was run, with which other choices, in which language."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from innocap_analysis.batch.outcome import Value
from innocap_analysis.planned import MARK
from innocap_analysis.settings import Settings

SEPARATOR = "@"
_MOST_LETTERS = 60
_HASH_LETTERS = 8


def name_report(notebook: str, language: str, settings: Settings, tag: str = "") -> str:
    """Return the file name of a report without its ending."""
    ending = "" if language == settings.default_language else f".{language}"
    return f"{notebook}{_join(tag)}{ending}"


def _join(tag: str) -> str:
    return f"{SEPARATOR}{tag}" if tag else ""


def split_report(stem: str, settings: Settings) -> tuple[str, str, str]:
    """Return notebook, tag and language of a report's name."""
    name, _, tag = stem.partition(SEPARATOR)
    last = tag or name
    text, dot, language = last.rpartition(".")
    if not dot or language not in settings.languages:
        return name, tag, settings.default_language
    return (name, text, language) if tag else (text, "", language)


def make_tag(mark: str, index: str, variant: str) -> str:
    """Return what tells a report from the standard one: made-up answers, the index, the set."""
    return SEPARATOR.join(part for part in (mark, index, variant) if part)


def split_index(tag: str, settings: Settings) -> tuple[str, str]:
    """Return the name of the index, empty for the default one, and the rest of a tag."""
    parts = [part for part in tag.split(SEPARATOR) if part]
    index = next((part for part in parts if part in settings.indexes), "")
    return index, SEPARATOR.join(part for part in parts if part != index)


def split_tag(tag: str) -> tuple[str, str]:
    """Return the mark of made-up answers and the name of the set."""
    parts = [part for part in tag.split(SEPARATOR) if part]
    mark = [part for part in parts if part.startswith(MARK)]
    return "".join(mark), SEPARATOR.join(part for part in parts if part not in mark)


def tag_file(name: str, tag: str) -> str:
    """Return a file's name with the tag before its endings, once: ``30_profile@x.sv.png``."""
    if not tag:
        return name
    stem, dot, endings = name.partition(".")
    for known in (tag, split_tag(tag)[1]):
        stem = stem.removesuffix(_join(known)) if known else stem
    return f"{stem}{_join(tag)}{dot}{endings}"


def name_choices(choices: Mapping[str, Value]) -> str:
    """Return a name for parameters that were given without one.

    Returns: ``reference-nordic_year-2022``: the same for the same values; a few digits are added
    where a value does not fit into a file name.
    """
    words = {key: _write_value(value) for key, value in sorted(choices.items())}
    plain = {key: re.sub(r"[^A-Za-z0-9-]+", "-", word) for key, word in words.items()}
    name = "_".join(f"{key}-{word}" for key, word in plain.items())
    if plain == words and len(name) <= _MOST_LETTERS and not any(map(_is_joined, choices.values())):
        return name
    text = json.dumps(dict(sorted(choices.items()))).encode("utf-8")
    digits = hashlib.sha256(text).hexdigest()[:_HASH_LETTERS]
    return f"{name[: _MOST_LETTERS - _HASH_LETTERS - 1]}-{digits}"


def _is_joined(value: Value) -> bool:
    """Tell whether another list reads the same: a-b is one part or two."""
    return isinstance(value, list) and (
        value == ["nothing"] or any("-" in _write_value(part) for part in value)
    )


def _write_value(value: Value) -> str:
    if isinstance(value, list):
        return "-".join(_write_value(part) for part in value) or "nothing"
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def mark_wave(wave: str, settings: Settings) -> str:
    """Return what the names of files from a wave say: nothing when people answered.

    Returns: ``SYNTHETIC`` for the wave that ships, ``SYNTHETIC-imported`` when made-up answers
    were imported, the name of a wave that has one, else empty.
    """
    from innocap_analysis.survey.wave import ANSWERS_NAME, find_folder

    if wave == "synthetic":
        return MARK
    if _is_made_up(find_folder(settings, wave) / ANSWERS_NAME):
        return f"{MARK}-{wave}"
    return "" if wave == "imported" else wave


def _is_made_up(answers: Path) -> bool:
    if not answers.is_file():
        return False
    with answers.open(encoding="utf-8", errors="replace", newline="") as stream:
        return any(row.get("synthetic") == "True" for row in csv.DictReader(stream))
