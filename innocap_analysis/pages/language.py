"""Texts and numbers in the languages of the project."""

from __future__ import annotations

import gettext
import math
import re
import sys
import unicodedata
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from babel import Locale
from babel import dates as babel_dates
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from innocap_analysis.languages import LOCALE_DIR, SOURCE_LANGUAGE

if TYPE_CHECKING:
    import nbformat

    from innocap_analysis.index.codebook import Codebook

# The wordings of an index whose units are no countries, of one without dimensions, and of one
# whose scores do not go from 0 to 100.
PLACES, FLAT, SCALE = WORDINGS = ("places", "flat", "scale")

_BEHIND_ALL = sys.maxunicode + 1
Translator = Callable[[str], str]

_SPACE = "[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]*"
_NARROW = "\N{NARROW NO-BREAK SPACE}"
_PERCENT = (re.compile(r"(?<=\d) (?=%)"), "\N{NO-BREAK SPACE}")
# What stands between a sign and the word beside it, by language.
_SIGNS: dict[str, list[tuple[re.Pattern[str], str]]] = {
    "fr": [
        (re.compile(rf"(?<=[^\s;:?!]){_SPACE}(?=[;:?!»](?:[\s».,;:?!)*]|$))"), _NARROW),
        (re.compile(f"(?<=«){_SPACE}"), _NARROW),
        _PERCENT,
    ],
    "sv": [_PERCENT],
    "fi": [_PERCENT],
}


def typeset(text: str, language: str) -> str:
    """Return a text with the spaces that its language puts at signs; no line breaks there.

    The one place that knows them: catalogues, tables and code may hold plain spaces or none.
    """
    for pattern, space in _SIGNS.get(language, ()):
        text = pattern.sub(space, text)
    return text


@lru_cache
def _read_catalogue(language: str) -> dict[str, tuple[str, ...]]:
    path = LOCALE_DIR / f"{language}.po"
    if not path.is_file():  # English stays, and `innocap check` says so
        return {}
    with path.open("rb") as stream:
        catalogue = read_po(stream, locale=language.partition("@")[0])
    found = {}
    for message in catalogue:
        own, texts = message.id, message.string
        if own and texts and not message.fuzzy:
            forms = (texts,) if isinstance(texts, str) else tuple(texts)
            if all(forms):
                source = own if isinstance(own, str) else own[0]
                found[source] = tuple(typeset(form, language) for form in forms)
    return found


def name_wording(of_places: bool, codebook: Codebook) -> str:
    """Return which wordings the texts about an index take, one after the other."""
    own = [PLACES] * of_places + [FLAT] * codebook.is_flat
    return " ".join(own + [SCALE] * (not codebook.is_of_hundred))


def name_wording_file(wording: str) -> str:
    """Return the name of the file that holds a wording."""
    return f"{SOURCE_LANGUAGE}@{wording}.po"


def read_wording(wording: str) -> dict[str, str]:
    """Return the English texts of another wording by those that they stand for."""
    found = _read_catalogue(f"{SOURCE_LANGUAGE}@{wording}")
    return {text: own[0] for text, own in found.items()}


def get_translator(language: str, wording: str = "") -> Translator:
    """Return the function that turns an English text of the project into a language.

    With wordings, texts about countries and dimensions are first put into their words.

    Returns: takes the English text (with its ``{placeholders}``), returns the translation; a
    text without one stays English. A test holds the catalogues complete.
    """
    if language == SOURCE_LANGUAGE and not wording:
        return str
    words = [read_wording(own) for own in wording.split()]
    catalogue = {} if language == SOURCE_LANGUAGE else _read_catalogue(language)

    def translate(text: str) -> str:
        for other in words:
            text = other.get(text, text)
        return catalogue.get(text, (text,))[0]

    return translate


def translate_plural(one: str, many: str, number: str, language: str, wording: str = "") -> str:
    """Return the translation of a text with a number in it, in the form that it takes there.

    `number` is written as English writes it: 1 point, 1.0 points; in French 1,9 point.
    """
    texts: tuple[str, ...] = (one, many)
    for own in wording.split():
        texts = _read_catalogue(f"{SOURCE_LANGUAGE}@{own}").get(texts[0], texts)
    if language != SOURCE_LANGUAGE:
        texts = _read_catalogue(language).get(texts[0], texts)
    return texts[min(_choose_form(number, language), len(texts) - 1)]


@lru_cache(maxsize=4096)
def _choose_form(number: str, language: str) -> int:
    """Return which form of a catalogue a number takes: gettext's rule, for fractions CLDR's."""
    value = abs(Decimal(number))
    rule = get_plural(language)
    if value == value.to_integral_value() and value.as_tuple().exponent == 0:
        return int(gettext.c2py(rule.plural_expr)(int(value)))
    return 0 if Locale.parse(language).plural_form(value) == "one" else rule.num_plurals - 1


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


def format_date(text: str, language: str) -> str:
    """Return a day such as 2018-12-31 as a language writes it; anything else stays as it is."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    own = "en_GB" if language == SOURCE_LANGUAGE else language
    return str(babel_dates.format_date(day, "long", locale=own))


def format_figure(value: float, language: str) -> str:
    """Return a published figure with the digits it has (six at most), in the language's style."""
    exponent = Decimal(f"{abs(value):g}").as_tuple().exponent
    return format_number(value, language, decimals=max(0, -int(exponent)))


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


def drop_name(text: str, name: str) -> str:
    """Return a sentence without the name before its colon, where that stands above already."""
    rest = text[len(name) :].lstrip()
    if not (text.casefold().startswith(name.casefold()) and rest.startswith(":")):
        return text
    rest = rest[1:].lstrip()
    return rest[:1].upper() + rest[1:]
