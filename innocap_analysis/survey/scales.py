"""Answer scales: which label means which code, scale by scale."""

from __future__ import annotations

import csv
import html
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache
from pathlib import Path

from fewlikert.options import DONT_KNOW, NOT_APPLICABLE
from innocap_analysis.data.official.match import list_countries
from innocap_analysis.data.units import name_country, read_regions
from innocap_analysis.errors import InnocapError, take_path
from innocap_analysis.files import choose_texts, read_text
from innocap_analysis.languages import SOURCE_LANGUAGE, is_language
from innocap_analysis.settings import Settings

Code = float | str

_MOST_SHOWN, _MOST_COMPARED = 8, 80  # codes in a message, letters of an answer
_COLUMNS = ("scale", "code", "language", "label", "source")
_SPECIAL: Mapping[str, Code] = {"DK": DONT_KNOW, "NA": NOT_APPLICABLE}
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛ʼ´`‹›", "'"),
        **dict.fromkeys("“”„‟«»", '"'),
        **dict.fromkeys("–—―−‒‐‑", "-"),
        # What nobody sees: spaces without width, marks of direction, hyphens that may break.
        **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066"
                        "\u2067\u2068\u2069\ufeff\u00ad"),
    }
)  # fmt: skip
_OTHER = re.compile(f"[{re.escape(''.join(map(chr, _ALIKE)))}]")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_AROUND_SIGNS = re.compile(r"(?<=[<>≤≥]) (?=\d)|(?<=\d) (?=[+%])")  # < 10 and <10
_SIGN = re.compile(r"[<>≤≥+%]")
_LEFT_OUT = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)  # a file says the same few words in thousands of cells
def normalise_label(text: str) -> str:
    r"""Bring a label to the form in which two writings of it are equal."""
    told = html.unescape(text) if "&" in text else text
    told = _TAG.sub(" ", told) if "<" in told else told
    # NFKC would take an acute accent that stands for an apostrophe apart.
    plain = unicodedata.normalize("NFKC", _make_alike(told))
    plain = " ".join(_make_alike(plain).split()).strip(" '\"").rstrip(".:! ").casefold()
    return _AROUND_SIGNS.sub("", plain) if _SIGN.search(plain) else plain


def _make_alike(text: str) -> str:
    # To look for such a character takes a tenth of what replacing does, and few texts have one.
    return text.translate(_ALIKE) if _OTHER.search(text) else text


def spell_letters(text: str) -> str:
    """Return the letters and digits of a text, all that is left of it in R's ``What.is.it.``."""
    return _LEFT_OUT.sub("", normalise_label(text))


@dataclass(frozen=True)
class Scale:
    """One answer scale: its name, which a file declares, and codes by language and label."""

    name: str
    labels: dict[tuple[str, str], Code]

    @cached_property
    def known(self) -> dict[str, Code]:
        """Code by normalised label or code, every language together."""
        found: dict[str, Code] = {}
        for code in self.codes:
            found[normalise_label(format_code(code))] = code
        for (_, label), code in self.labels.items():
            found[normalise_label(label)] = code
        return found

    @cached_property
    def words(self) -> frozenset[str]:
        """Return the normalised labels, which may be numbers."""
        return frozenset(normalise_label(label) for _, label in self.labels)

    @cached_property
    def codes(self) -> list[Code]:
        """Codes in the order of the table, without don't know and not applicable."""
        special = set(_SPECIAL.values())
        return [c for c in dict.fromkeys(self.labels.values()) if c not in special]

    @property
    def has_words(self) -> bool:
        """Whether a label says more than its code, and so may need a translation."""
        return any(label != format_code(code) for (_, label), code in self.labels.items())

    @cached_property
    def _first(self) -> dict[tuple[str, Code], str]:
        """First label by language and code."""
        return {(own[0], code): own[1] for own, code in reversed(self.labels.items())}

    def label(self, code: Code, language: str) -> str:
        """Return the label of a code, in the nearest language that has one, or the code."""
        for spoken in (language, language.split("_")[0], SOURCE_LANGUAGE):
            if (spoken, code) in self._first:
                return self._first[spoken, code]
        return format_code(code)

    def show(self, answer: str) -> str:
        """List the labels for a message, code by code; of very many those nearest to an answer."""
        codes, more = list(dict.fromkeys(self.labels.values())), ""
        if len(codes) > _MOST_SHOWN:
            given = normalise_label(answer)[:_MOST_COMPARED]
            near = get_close_matches(given, self.known, _MOST_SHOWN, cutoff=0)
            chosen = list(dict.fromkeys(self.known[label] for label in near))
            codes, more = chosen, f", or one of {len(codes) - len(chosen)} more"
        told = []
        for code in codes:
            labels = [label for (_, label), own in self.labels.items() if own == code]
            told.append(f"{format_code(code)} = " + " / ".join(dict.fromkeys(labels)))
        return "; ".join(told) + more


def format_code(code: Code) -> str:
    """Write a code as it stands in the table of scales."""
    for text, own in _SPECIAL.items():
        if own == code:
            return text
    return str(int(code)) if isinstance(code, float) else code


def read_scales(path: str | Path) -> dict[str, Scale]:
    """Read the table of answer scales and check it."""
    place = take_path(path, "read_scales")
    reader = csv.DictReader(io.StringIO(read_text(place), newline=""), restval="")
    if tuple(reader.fieldnames or ()) != _COLUMNS:
        raise InnocapError(f"{place.name}: expected the columns {', '.join(_COLUMNS)}")
    given = list(reader)
    wide = [line for line, row in enumerate(given, start=2) if None in row]
    if wide:
        raise InnocapError(f"{place.name}: line {wide[0]}: more cells than the header has columns")
    rows = [{k: v.strip() for k, v in row.items()} for row in given]
    faults: list[str] = []
    found: dict[str, dict[tuple[str, str], Code]] = {}
    meant: dict[tuple[str, str], Code] = {}
    numeric = _find_numeric(rows)
    for line, row in enumerate(rows, start=2):
        empty = [column for column in _COLUMNS if not row[column]]
        if empty:
            faults.append(f"line {line}: {empty[0]} is empty")
            continue
        if not is_language(row["language"]):
            faults.append(f"line {line}: language {row['language']!r} is unknown")
        text = row["code"]
        code: Code = float(text) if row["scale"] in numeric and text.isdecimal() else text
        code = _SPECIAL.get(text, code)
        key = (row["scale"], normalise_label(row["label"]))
        if meant.setdefault(key, code) != code:
            faults.append(
                f"line {line}: {row['label']!r} is {format_code(meant[key])} and {text} on "
                f"{row['scale']}"
            )
        found.setdefault(row["scale"], {})[row["language"], row["label"]] = code
    if faults:
        raise InnocapError(f"{place.name}: " + "; ".join(faults))
    return {name: Scale(name, labels) for name, labels in found.items()}


def _find_numeric(rows: list[dict[str, str]]) -> set[str]:
    names = {row["scale"] for row in rows}
    words = {r["scale"] for r in rows if r["code"] not in _SPECIAL and not r["code"].isdecimal()}
    return names - words


def make_place_scales(settings: Settings) -> dict[str, Scale]:
    """Make the scales of countries and regions.

    Returns: ``country`` (ISO 3166-1 codes by name), ``region`` (codes of statistical regions
    by name, by the raw code of their publisher, and by the name of the partner area), and
    ``place``, which has too many labels to list: its answers are looked up.
    """
    countries: dict[tuple[str, str], Code] = {}
    regions: dict[tuple[str, str], Code] = {}
    table = read_regions(settings.regions_path)
    for language in settings.languages:
        for code, country in settings.countries.items():
            countries[language, name_country(code, language)] = code
            regions[language, country.name_area(language)] = country.partner_region
        names = choose_texts(table, "label", language)
        for unit, name in names.items():
            regions.setdefault((language, str(name)), str(unit))
    regions |= {(SOURCE_LANGUAGE, str(raw)): str(unit) for unit, raw in table["raw_code"].items()}
    countries |= {(SOURCE_LANGUAGE, told): code for told, code in list_countries().items()
                  if code in settings.countries}  # fmt: skip
    scales = {"country": countries, "region": regions, "place": {}}
    return {name: Scale(name, labels) for name, labels in scales.items()}
