"""Texts and numbers in the languages of the project."""

from __future__ import annotations

import math
import sys
import unicodedata
from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from babel import Locale
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, get_decimal_symbol

from innocap_analysis.languages import SOURCE_LANGUAGE

if TYPE_CHECKING:
    import nbformat

LOCALE_DIR = Path(__file__).parent / "locale"
PLACES = "places"  # the wording of an index whose units are no countries
WORDING_FILE = f"{SOURCE_LANGUAGE}@{PLACES}.po"

_BEHIND_ALL = sys.maxunicode + 1
Translator = Callable[[str], str]


@lru_cache
def _read_catalogue(language: str) -> dict[str, str]:
    path = LOCALE_DIR / f"{language}.po"
    if not path.is_file():  # English stays, and `innocap check` says so
        return {}
    with path.open("rb") as stream:
        catalogue = read_po(stream)
    return {
        str(message.id): str(message.string)
        for message in catalogue
        if message.id and message.string and not message.fuzzy
    }


def read_wording(wording: str) -> dict[str, str]:
    """Return the English texts of another wording by those that they stand for."""
    return _read_catalogue(f"{SOURCE_LANGUAGE}@{wording}") if wording else {}


def get_translator(language: str, wording: str = "") -> Translator:
    """Return the function that turns an English text of the project into a language.

    With a wording, texts about countries are first put into its words.

    Returns: takes the English text (with its ``{placeholders}``), returns the translation; a
    text without one stays English. A test holds the catalogues complete.
    """
    if language == SOURCE_LANGUAGE and not wording:
        return str
    words = read_wording(wording)
    catalogue = {} if language == SOURCE_LANGUAGE else _read_catalogue(language)

    def translate(text: str) -> str:
        own = words.get(text, text)
        return catalogue.get(own, own)

    return translate


def translate_notebook(
    notebook: nbformat.NotebookNode, language: str, wording: str = ""
) -> nbformat.NotebookNode:
    """Return a copy of a notebook with its prose in a language."""
    translate = get_translator(language, wording)
    copy = deepcopy(notebook)
    for cell in copy.cells:
        if cell.cell_type == "markdown":
            cell.source = translate(cell.source)
    return copy


# Letters that a language puts behind z, in their order, and others that stand for them.
_LAST_LETTERS = {
    **dict.fromkeys(("sv", "fi"), ("åäö", {"æ": "ä", "ø": "ö"})),
    **dict.fromkeys(("da", "nb", "nn"), ("æøå", {"ä": "æ", "ö": "ø"})),
    "is": ("þæö", {"ø": "ö", "ä": "æ"}),
}


def order_name(name: str, language: str) -> tuple[list[int], str]:
    """Return what names are sorted by: as a language orders its letters, other accents aside."""
    last, same = _LAST_LETTERS.get(language.partition("_")[0], ("", {}))
    letters: list[int] = []
    for letter in unicodedata.normalize("NFC", name.casefold()):
        own = same.get(letter, letter)
        if own in last:
            letters.append(_BEHIND_ALL + last.index(own))
        else:
            plain = unicodedata.normalize("NFKD", own)
            letters += [ord(one) for one in plain if not unicodedata.combining(one)]
    return letters, name


def format_number(value: float, language: str, *, decimals: int = 1, sign: bool = False) -> str:
    """Return a number with the language's decimal sign."""
    if value is None or math.isnan(value):
        return "–"
    rounded = round(float(value), decimals) + 0.0  # no negative zero
    digits = "0" * decimals
    text = format_decimal(
        abs(rounded), format="#,##0" + ("." + digits if decimals else ""), locale=language
    )
    if rounded < 0:
        return "−" + text
    return "+" + text if sign and rounded > 0 else text


def format_figure(value: float, language: str) -> str:
    """Return a published figure with the digits it has (six at most), in the language's style."""
    text = f"{abs(value):g}".replace(".", get_decimal_symbol(language))
    return ("−" if value < 0 else "") + text


def format_share(share: float, language: str, *, decimals: int = 0) -> str:
    r"""Return a share between 0 and 1 as a percentage in the language's style."""
    if share is None or math.isnan(share):
        return "–"
    number = format_number(100 * share, language, decimals=decimals)
    return number + _find_percent_sign(language)


@lru_cache
def _find_percent_sign(language: str) -> str:
    pattern = Locale.parse(language).percent_formats[None].pattern
    return "%" if pattern.endswith("0%") else "\N{NO-BREAK SPACE}%"


def format_p(share: float, language: str) -> str:
    """Return a simulated probability, never claiming certainty that runs cannot give."""
    if share > 0.99:
        return ">" + format_share(0.99, language)
    if share < 0.01:
        return "<" + format_share(0.01, language)
    return format_share(share, language)
