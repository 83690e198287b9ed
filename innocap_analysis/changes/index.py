"""A further index: its codebook, begun with a root, and its entry in the settings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from innocap_analysis.changes.change import Change
from innocap_analysis.changes.csvtext import add_row
from innocap_analysis.changes.yamltext import add_entry, quote
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.settings import CONFIG_NAME, Settings

_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
_COLUMNS = ("direction", "weight", "low", "high", "clip", "transform", "normalise", "aggregate",
            "unit", "source", "note")  # fmt: skip


def check_name(settings: Settings, name: str) -> list[str]:
    """List what speaks against a name of a further index."""
    faults = []
    if not _NAME.fullmatch(name):
        faults.append(f"--new-index {name!r}: small letters, digits and '_' only, a letter first")
    elif name in settings.indexes or find_file(settings, name).exists():
        faults.append(
            f"--new-index {name!r}: is there already; add to it with --codebook "
            f"{find_file(settings, name).relative_to(settings.root).as_posix()}"
        )
    return faults


def find_file(settings: Settings, name: str) -> Path:
    """Return where the codebook of a further index goes: beside the project's."""
    return (settings.root / settings.codebook).parent / f"{name}.csv"


def find_root_code(name: str) -> str:
    """Return the code of the root of a further index."""
    return name.upper()


def put_index(change: Change, name: str, *, level: str, title: str, groups: Sequence[str]) -> None:
    """Begin a codebook with its root and dimensions, and list the index in the settings.

    A dimension that the project's own codebook has too is called as there.
    """
    settings = change.settings
    file = find_file(settings, name)
    labels = [f"label_{language}" for language in settings.languages]
    head = ",".join(["code", "parent", "kind", *labels, *_COLUMNS]) + "\n"
    root = {"code": find_root_code(name), "kind": "index", "label_en": title, "weight": "1",
            "direction": "1", "aggregate": "arithmetic"}  # fmt: skip
    text = add_row(head, root, name=file.name)
    known = read_codebook(settings.root / settings.codebook)
    for group in groups:
        row = root | {"code": group, "parent": root["code"], "kind": "group", "label_en": group}
        if group in known.table.index:
            row |= {label: known.hyphenated(group, label[6:]) for label in labels}
        text = add_row(text, row, name=file.name)
    change.put(file, text)
    lines = [
        f"codebook: {file.relative_to(settings.root).as_posix()}",
        f"level: {level}",
        f"title: {{en: {quote(title)}}}",
    ]
    path = settings.root / CONFIG_NAME
    text = change.read(path)
    if settings.indexes:
        text = add_entry(text, ["indexes"], name, lines, name=CONFIG_NAME)
    else:
        inner = [f"{name}:", *(f"  {line}" for line in lines)]
        text = add_entry(text, [], "indexes", inner, name=CONFIG_NAME)
    change.put(path, text)
