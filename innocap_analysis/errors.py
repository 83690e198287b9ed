"""A user's mistake, told in one message that names the place and the remedy."""

from __future__ import annotations

import os
import re
from pathlib import Path

from fewlikert.errors import InputError, suggest

# One class for the house and for the statistics beside it: who catches one catches all. The
# command line prints the text without a traceback, and so does a notebook.
InnocapError = InputError

__all__ = ["InnocapError", "find_no_text", "show_text", "suggest", "take_path"]

# What a terminal obeys or turns round: control characters but the ends of lines, and marks of
# direction (Unicode Bidirectional Algorithm, UAX 9, section 2).
_DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_CONTROLS = (*range(9), *range(11, 32), *range(127, 160))
_OBEYED = {code: f"\\u{code:04x}" for code in (*_CONTROLS, *_DIRECTIONS)}


def show_text(text: str) -> str:
    """Return a text as a terminal shows it and does not obey it: names come from anybody."""
    return text.translate(_OBEYED)


# What XML 1.0 (section 2.2) allows in no document: control characters, halves of characters, and
# codes that are none; and the mark of a file's start, where no PDF can be drawn of it.
_NO_TEXT = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufeff\ufffe\uffff]")


def find_no_text(told: object) -> str:
    """Return the code of what no document could hold of texts, also in lists and mappings."""
    if isinstance(told, str):
        found = _NO_TEXT.search(told)
        return f"U+{ord(found[0]):04X}" if found else ""
    parts = [*told, *told.values()] if isinstance(told, dict) else told
    return next(filter(None, map(find_no_text, parts if isinstance(parts, list) else ())), "")


def take_path(value: object, what: str) -> Path:
    """Return a file or folder that was handed over; other things are none."""
    if not isinstance(value, str | os.PathLike):
        raise InnocapError(f"{what}: expected a file or folder, found {value!r}")
    return Path(value)
