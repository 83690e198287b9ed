"""What tells a report with other parameters from the standard one: names, heading, a sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from innocap_analysis.batch.naming import name_choices, split_tag, tag_file
from innocap_analysis.batch.outcome import Run, Value
from innocap_analysis.pages.language import get_translator

KEY = "innocap_variant"


def name_variant(tag: str, choices: Mapping[str, Value]) -> str:
    """Return the name of a set for people; empty for the standard report."""
    _, name = split_tag(tag)
    if name and name == name_choices(choices):  # nobody gave it one
        return ", ".join(f"{key} {_write(value)}" for key, value in sorted(choices.items()))
    return name


def describe_choices(choices: Mapping[str, Value], language: str) -> str:
    """Say what a report does otherwise than the standard one."""
    translate = get_translator(language)
    parts = []
    for key, value in choices.items():
        if key == "year" and value is not None:
            parts.append(translate("data up to {year}").format(year=value))
        elif key == "reference":
            parts.append(translate("compared with the reference set {name}").format(name=value))
        else:
            parts.append(f"{key} = {_write(value)}")
    said = translate("Other choices than in the standard report: {choices}.")
    return said.format(choices="; ".join(parts))


def _write(value: Value) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def mark_variant(notebook: nbformat.NotebookNode, run: Run) -> None:
    """Say in an executed notebook which other parameters it was made with."""
    name = name_variant("" if not run.choices else run.tag.removeprefix(run.index), run.choices)
    if not name:
        return
    notebook.metadata[KEY] = {"name": name, "choices": dict(run.choices)}
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and re.search(r"^# +", cell.source, re.MULTILINE):
            cell.source = re.sub(
                r"^(# +.*?) *$", lambda line: f"{line[1]} ({name})", cell.source, count=1,
                flags=re.MULTILINE,
            )  # fmt: skip
            break
    said = describe_choices(run.choices, run.language)
    shown: Any = nbformat.v4.new_output(
        "display_data", data={"text/markdown": f"> **{name}.** {said}", "text/plain": said}
    )
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.outputs = [shown, *cell.get("outputs", [])]


def read_variant(notebook: Path) -> dict[str, Any]:
    """Read name and choices of an executed notebook; empty where it says none."""
    try:
        said = json.loads(notebook.read_text(encoding="utf-8"))["metadata"][KEY]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return said if isinstance(said, dict) else {}


def tag_files(folder: Path, tag: str) -> None:
    """Give every file below a folder the tag, whatever a notebook called it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            path.rename(path.with_name(tag_file(path.name, tag)))
