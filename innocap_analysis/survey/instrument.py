"""The questionnaire: its items, their answer scales, and the index they form."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.index.codebook import COLUMNS, Codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.survey.scales import Scale, normalise_label, read_scales

ANSWERS = ("likert", "number", "single", "multi", "id", "text")
TEXT_LANGUAGES = ("en", "sv", "sv_fi", "fi", "fr")


class Item(NamedTuple):
    """One question."""

    code: str
    answer: str
    scale: str
    reversed: bool
    texts: dict[str, str]


@dataclass(frozen=True)
class Instrument:
    """A questionnaire, checked.

    Attributes
    ----------
    codebook : Codebook
        The index over its capacity items.
    items : dict of str to Item
        Every question in order, by code.
    scales : dict of str to Scale
        Answer scales by name.
    """

    codebook: Codebook
    items: dict[str, Item]
    scales: dict[str, Scale]

    @property
    def scored(self) -> list[str]:
        """Codes of the items that make up the index."""
        return self.codebook.leaves

    @cached_property
    def by_text(self) -> dict[str, str]:
        """Code by normalised question text, in every language."""
        return {
            normalise_label(text): item.code
            for item in self.items.values()
            for text in item.texts.values()
        }

    def text(self, code: str, language: str) -> str:
        """Return a question in a language, in the nearest one where it has no own wording."""
        texts = self.items[code].texts
        return texts.get(language) or texts.get(language.split("_")[0]) or texts["en"]

    def limits(self, code: str) -> tuple[float, float]:
        """Return the lowest and the highest code of a scale question."""
        codes = [float(own) for own in self.scales[self.items[code].scale].codes]
        return min(codes), max(codes)

    def options(self, code: str) -> list[str]:
        """Return the options of a multiple-choice item."""
        return [str(option) for option in self.scales[self.items[code].scale].codes]


def read_instrument(path: str | Path, scales: str | Path) -> Instrument:
    """Read a questionnaire from its codebook and its table of scales.

    Parameters
    ----------
    path : str or Path
        Codebook with two more columns: `answer` (:data:`ANSWERS`) and `label_sv_fi`, the
        Swedish of Finland where it differs.
    scales : str or Path
        Table of answer scales (:func:`~innocap_analysis.survey.scales.read_scales`).

    Returns
    -------
    Instrument
        Items, scales and the index.

    Raises
    ------
    InnocapError
        The codebook or the scales have a fault, a kind of answer or a scale is unknown, a
        scored item is no scale question, or two items have the same text.
    """
    place = Path(path)
    known = read_scales(scales)
    with place.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    table = pd.DataFrame(rows).fillna("")
    for column in ("answer", "label_sv_fi"):
        if column not in table:
            raise InnocapError(f"{place.name}: column {column!r} is missing")
    book = read_codebook(table[[column for column in COLUMNS if column in table]])
    faults: list[str] = []
    items: dict[str, Item] = {}
    seen: dict[str, str] = {}
    for line, row in enumerate(rows, start=2):
        if row["kind"] in ("group", "index"):
            continue
        code, answer, scale = row["code"], row["answer"], row["scale"]
        if answer not in ANSWERS:
            near = suggest(answer, ANSWERS)
            faults.append(
                f"line {line}, {code}: answer {answer!r} is none of {', '.join(ANSWERS)}{near}"
            )
        own = scale in ("country", "region") or (not scale and answer in ("text", "id"))
        if not own and scale not in known:
            near = suggest(scale, list(known))
            faults.append(f"line {line}, {code}: scale {scale!r} is unknown{near}")
        faults += [
            f"line {line}, {code}: label_{spoken} is empty"
            for spoken in TEXT_LANGUAGES
            if spoken != "sv_fi" and not row.get(f"label_{spoken}")
        ]
        texts = {lang: row[f"label_{lang}"] for lang in TEXT_LANGUAGES if row[f"label_{lang}"]}
        for text in texts.values():
            if seen.setdefault(normalise_label(text), code) != code:
                faults.append(f"line {line}, {code}: {text!r} is also the text of another item")
        items[code] = Item(code, answer, scale, row["direction"] == "-1", texts)
    faults += [f"{c}: is scored but no scale question" for c in book.leaves
               if items[c].answer != "likert"]  # fmt: skip
    if faults:
        raise InnocapError(f"{place.name}: " + "; ".join(faults))
    return Instrument(book, items, known)
