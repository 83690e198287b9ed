"""Survey tools, one a file: what is put into this folder is known everywhere."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.survey.tools.tool import Tool

PLAIN = "plain"


def _load_tools() -> dict[str, Tool]:
    found: dict[str, Tool] = {}
    for entry in pkgutil.iter_modules(__path__, f"{__name__}."):
        tool = getattr(importlib.import_module(entry.name), "TOOL", None)
        if isinstance(tool, Tool):
            found[tool.name] = tool
    return found


TOOLS = _load_tools()


def find_tool(name: str) -> Tool:
    """Return a tool by its name."""
    if name not in TOOLS:
        known = list(TOOLS)
        raise InnocapError(f"tool {name!r} is none of {', '.join(known)}{suggest(name, known)}")
    return TOOLS[name]


def recognise_tool(rows: Sequence[Sequence[str]], at: int) -> Tool | None:
    """Return the tool with the most marks in a table whose header is in a row, if any has one."""
    marks = {name: tool.count_marks(rows, at) for name, tool in TOOLS.items()}
    best = max(marks, key=lambda name: marks[name])
    return TOOLS[best] if marks[best] else None


def find_meaning(header: str, tool: Tool) -> str:
    """Return what a column says of a response: as its own tool has it, else as any does."""
    others = (own.meanings[header] for own in TOOLS.values() if header in own.meanings)
    return tool.find_meaning(header) or next(others, "")


def find_statuses(meaning: str, tool: Tool) -> dict[str, str]:
    """Return the statuses by the words of a column of some meaning, without case.

    Those that any tool may write count beside its own, or where it has none.
    """
    own = tool.status.get(meaning, {})
    known = TOOLS[PLAIN].status.get(meaning, {}) if meaning == "status" or not own else {}
    if meaning == "finished" and meaning in tool.columns:
        known = {}  # LimeSurvey's is the number of a page
    return {word.casefold(): told for word, told in {**known, **own}.items()}


__all__ = ["PLAIN", "TOOLS", "Tool", "find_meaning", "find_statuses", "find_tool", "recognise_tool"]
