"""Names of units and codes, and how figures mark them, in one language."""

from __future__ import annotations

import math
from dataclasses import dataclass

from babel.lists import format_list

from innocap_analysis.data.units import name_unit
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.index.codebook import SOFT_HYPHEN, Codebook
from innocap_analysis.pages.drawing.figure import REFERENCE
from innocap_analysis.pages.language import (
    Translator,
    format_figure,
    format_number,
    format_p,
    format_share,
    get_translator,
)
from innocap_analysis.settings import Settings


@dataclass(frozen=True)
class Labels:
    """Everything that turns codes and numbers into words of one language.

    Attributes
    ----------
    settings : Settings
        Countries and how figures mark them.
    codebook : Codebook
        Labels of indicators and groups.
    language : str
        One of the project's languages.
    """

    settings: Settings
    codebook: Codebook
    language: str = "en"

    @property
    def translate(self) -> Translator:
        """The translator of fixed texts."""
        return get_translator(self.language)

    def say(self, text: str, **values: object) -> str:
        """Translate a text and fill its placeholders."""
        return self.translate(text).format(**values)

    def unit(self, code: str) -> str:
        """Return the name of a country or region."""
        return name_unit(code, self.settings, self.language)

    def units(self, codes: list[str]) -> str:
        """Return the names of several units as a list in a sentence."""
        return str(format_list([self.unit(code) for code in codes], locale=self.language))

    def code(self, code: str) -> str:
        """Return the label of an indicator, group or index."""
        return self.codebook.label(code, self.language)

    def heading(self, code: str, most: int) -> str:
        """Return the label in lines of at most so many letters, long words broken."""
        lines = [""]
        for word in self.codebook.hyphenated(code, self.language).split(" "):
            whole = word.replace(SOFT_HYPHEN, "")
            if len(f"{lines[-1]} {whole}".strip()) <= most:
                lines[-1] = f"{lines[-1]} {whole}".strip()
            elif len(whole) <= most or SOFT_HYPHEN not in word:
                lines.append(whole)
            else:
                first, _, rest = word.partition(SOFT_HYPHEN)
                lines += [f"{first}-", rest.replace(SOFT_HYPHEN, "")]
        return "\n".join(line for line in lines if line)

    def codes_of(self, codes: list[str]) -> list[str]:
        """Return several labels."""
        return [self.code(code) for code in codes]

    def join(self, texts: list[str]) -> str:
        """Return several texts as a list in a sentence."""
        return str(format_list(texts, locale=self.language))

    def codes(self, codes: list[str]) -> str:
        """Return several labels, separated by commas."""
        return ", ".join(self.code(code) for code in codes)

    def number(self, value: float, *, decimals: int = 1, sign: bool = False) -> str:
        """Return a number in the language's style."""
        return format_number(value, self.language, decimals=decimals, sign=sign)

    def rank(self, rank: float, low: float, high: float) -> str:
        """Return a rank with its interval over the runs, as ``5 (3–10)``."""
        if math.isnan(rank):
            return self.say("not measured")
        return f"{rank:.0f} ({low:.0f}–{high:.0f})"

    def figure(self, value: float, _: object = None) -> str:
        """Return a published figure with its own digits; also serves as a tick formatter."""
        return format_figure(value, self.language)

    def share(self, share: float, *, decimals: int = 0) -> str:
        """Return a share as a percentage."""
        return format_share(share, self.language, decimals=decimals)

    def probability(self, share: float) -> str:
        """Return a simulated probability as a percentage."""
        return format_p(share, self.language)

    def p_value(self, p: float) -> str:
        """Return a p-value, never smaller than can be told."""
        least = 0.001
        return "<" + self.number(least, decimals=3) if p < least else self.number(p, decimals=3)

    def colour(self, unit: str) -> str:
        """Return the colour of a partner country, grey for others."""
        country = self.settings.countries.get(unit)
        return country.colour if country else REFERENCE

    def marker(self, unit: str) -> str:
        """Return the marker of a partner country, a dot for others."""
        country = self.settings.countries.get(unit)
        return country.marker if country else "o"


def make_labels(capacity: CapacityData, language: str) -> Labels:
    """Return the labels of a project in a language."""
    return Labels(capacity.settings, capacity.codebook, capacity.settings.check_language(language))
