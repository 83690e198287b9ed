"""Languages: their codes, and the columns in which tables hold their texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from babel import Locale
from babel.localedata import exists

SOURCE_LANGUAGE = "en"  # what stands where a language has no text of its own
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[a-z]{2})?")


LOCALE_DIR = Path(__file__).parent / "pages" / "locale"


def list_catalogues() -> list[str]:
    """Return the languages that the pages are written in: English, and one of each catalogue."""
    own = sorted(path.stem for path in LOCALE_DIR.glob("*.po") if "@" not in path.stem)
    return [SOURCE_LANGUAGE, *own]


def is_language(code: str) -> bool:
    """Tell whether a text is the code of a language, or of one as spoken in a country (sv_fi)."""
    return _LANGUAGE.fullmatch(code) is not None and exists(code)


def name_language(code: str) -> str:
    """Return what a language calls itself, as a link begins with it."""
    return str(Locale.parse(code).get_display_name(code)).capitalize()


def find_languages(columns: Iterable[object], stem: str = "label") -> list[str]:
    """Return the languages that a table has columns in: ``label_en``, ``label_sv_fi``, …."""
    names = [str(name) for name in columns if str(name).startswith(f"{stem}_")]
    return [own for name in names if is_language(own := name.removeprefix(f"{stem}_"))]
