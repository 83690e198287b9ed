"""A user's mistake, told in one message that names the place and the remedy."""

from __future__ import annotations

import os
from pathlib import Path

from fewlikert.errors import InputError, suggest

# One class for the house and for the statistics beside it: who catches one catches all. The
# command line prints the text without a traceback, and so does a notebook.
InnocapError = InputError

__all__ = ["InnocapError", "show_text", "suggest", "take_path"]

# What a terminal obeys or turns round: control characters but the ends of lines, and marks of
# direction (Unicode Bidirectional Algorithm, UAX 9, section 2).
_DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_CONTROLS = (*range(9), *range(11, 32), *range(127, 160))
_OBEYED = {code: f"\\u{code:04x}" for code in (*_CONTROLS, *_DIRECTIONS)}


def show_text(text: str) -> str:
    """Return a text as a terminal shows it and does not obey it: names come from anybody."""
    return text.translate(_OBEYED)


def take_path(value: object, what: str) -> Path:
    """Return a file or folder that was handed over; other things are none."""
    if not isinstance(value, str | os.PathLike):
        raise InnocapError(f"{what}: expected a file or folder, found {value!r}")
    return Path(value)
