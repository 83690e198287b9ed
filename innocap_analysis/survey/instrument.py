"""The questionnaire: its items, their answer scales, and the index they form."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from innocap_analysis.errors import InnocapError, suggest, take_path
from innocap_analysis.files import read_text
from innocap_analysis.index.codebook import COLUMNS, Codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.languages import SOURCE_LANGUAGE, find_languages
from innocap_analysis.survey.scales import Scale, normalise_label, read_scales

ANSWERS = ("likert", "number", "single", "multi", "id", "text", "note")
# What an item says about who answered (`synthetic`: that nobody did), and what a note is.
PLACES = ("country", "region", "place")
# Groups of people may be formed by several items; all other roles are had by one.
GROUP = "group"
ROLES = (*PLACES, "organisation", "person", GROUP, "weight", "synthetic", "title", "intro")


class Item(NamedTuple):
    """One question, or a text to read (answer ``note``)."""

    code: str
    answer: str
    scale: str
    reversed: bool
    texts: dict[str, str]
    role: str = ""


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
    notes : dict of str to Item
        Texts to read, by role: ``title`` and ``intro``.
    """

    codebook: Codebook
    items: dict[str, Item]
    scales: dict[str, Scale]
    notes: dict[str, Item] = field(default_factory=dict)

    @property
    def scored(self) -> list[str]:
        """Codes of the items that make up the index."""
        return self.codebook.leaves

    @cached_property
    def languages(self) -> list[str]:
        """Languages that some question is asked in."""
        return list(dict.fromkeys(own for item in self.items.values() for own in item.texts))

    @cached_property
    def by_text(self) -> dict[str, str]:
        """Code by normalised question text, in every language."""
        return {
            normalise_label(text): item.code
            for item in self.items.values()
            for text in item.texts.values()
        }

    def find_role(self, role: str) -> str:
        """Return the code of the item with a role; empty where the questionnaire has none."""
        return next((item.code for item in self.items.values() if item.role == role), "")

    @cached_property
    def groupings(self) -> list[str]:
        """Items that groups of people may be formed by: those of the role ``group``."""
        return [item.code for item in self.items.values() if item.role == GROUP]

    def text(self, code: str, language: str) -> str:
        """Return a question in a language, in the nearest one where it has no own wording."""
        return choose_text(self.items[code].texts, language)

    def limits(self, code: str) -> tuple[float, float]:
        """Return the lowest and the highest code of a scale question."""
        codes = [float(own) for own in self.scales[self.items[code].scale].codes]
        return min(codes), max(codes)

    def options(self, code: str) -> list[str]:
        """Return the options of a multiple-choice item."""
        return [str(option) for option in self.scales[self.items[code].scale].codes]


def choose_text(texts: dict[str, str], language: str) -> str:
    """Return a text in a language, in the one it is a variety of, or in English."""
    return texts.get(language) or texts.get(language.split("_")[0]) or texts[SOURCE_LANGUAGE]


def read_instrument(path: str | Path, scales: str | Path) -> Instrument:
    """Read a questionnaire from its codebook and its table of scales.

    Parameters
    ----------
    path : str or Path
        Codebook with a column `answer` (``likert``, ``number``, ``single``, ``multi``, ``id``,
        ``text``, ``note``), `label_<language>` for every
        language that the questions are asked in (`label_sv_fi`: the Swedish of Finland where
        it differs), and `role` where an item says who answered. An item of the
        scale ``country``, ``region`` or ``place`` (a municipality by code or name), or with the
        answer ``id``, has that role unless another item does. ``group`` may be had by several
        items of one choice: pages can be made by each; ``weight`` is a number above zero;
        ``person`` an ``id`` by which the same person is known again in another wave.
    scales : str or Path
        Table of answer scales: a row per `scale`, `code` and `language`, with its `label`.

    Returns
    -------
    Instrument
        Items, scales and the index.

    Raises
    ------
    InnocapError
        The codebook or the scales have a fault, a kind of answer, a scale or a role is unknown,
        a role is given twice, a scored item is no scale question, or two items have the same
        text.

    Notes
    -----
    METHODS.md, section 8, *Reading*.

    Examples
    --------
    >>> from innocap_analysis import load_settings
    >>> settings = load_settings()
    >>> survey = read_instrument(settings.survey_path, settings.scales_path)
    >>> len(survey.scored), survey.limits(survey.scored[0])
    (24, (1.0, 5.0))
    """
    place = take_path(path, "read_instrument")
    known = read_scales(scales)
    rows = list(csv.DictReader(io.StringIO(read_text(place), newline="")))
    wide = [line for line, row in enumerate(rows, start=2) if None in row]
    if wide:
        raise InnocapError(f"{place.name}: line {wide[0]}: more cells than the header has columns")
    rows = [{name: cell or "" for name, cell in row.items()} for row in rows]  # a line cut short
    table = pd.DataFrame(rows)
    if "answer" not in table:
        raise InnocapError(f"{place.name}: column 'answer' is missing")
    languages = find_languages(table)
    tree = table[table["answer"] != "note"]
    own = [*COLUMNS, *(f"label_{language}" for language in languages)]
    book = read_codebook(tree[[column for column in own if column in tree]])
    faults: list[str] = []
    items: dict[str, Item] = {}
    for line, row in enumerate(rows, start=2):
        if row["kind"] not in ("group", "index"):
            item = _read_item(row, languages)
            faults += [f"line {line}, {item.code}: {fault}" for fault in _check_item(item, known)]
            items[item.code] = item
    faults += [*_check_texts(items), *_check_roles(items)]
    faults += [f"{c}: is scored but no scale question" for c in book.leaves
               if items[c].answer != "likert"]  # fmt: skip
    if faults:
        raise InnocapError(f"{place.name}: " + "; ".join(faults))
    notes = {item.role: item for item in items.values() if item.answer == "note"}
    asked = {code: item for code, item in items.items() if item.answer != "note"}
    return Instrument(book, _give_roles(asked), known, notes)


def _read_item(row: dict[str, str], languages: list[str]) -> Item:
    texts = {own: text for own in languages if (text := (row[f"label_{own}"] or "").strip())}
    turned = row.get("direction") == "-1"
    return Item(row["code"], row["answer"], row.get("scale") or "", turned, texts,
                row.get("role") or "")  # fmt: skip


def _check_item(item: Item, scales: dict[str, Scale]) -> list[str]:
    faults = []
    if item.answer not in ANSWERS:
        near = suggest(item.answer, ANSWERS)
        faults.append(f"answer {item.answer!r} is none of {', '.join(ANSWERS)}{near}")
    free = item.answer in ("text", "id", "note") or item.role == "weight"
    without = not item.scale and free
    if not without and item.scale not in PLACES and item.scale not in scales:
        faults.append(f"scale {item.scale!r} is unknown{suggest(item.scale, list(scales))}")
    elif (
        item.answer == "likert"
        and (scale := scales.get(item.scale))
        and any(isinstance(code, str) for code in scale.codes)
    ):
        faults.append(f"the codes of scale {item.scale!r} must be whole numbers from 0")
    if SOURCE_LANGUAGE not in item.texts:
        faults.append(f"label_{SOURCE_LANGUAGE} is empty")
    if item.role == GROUP and item.answer != "single":
        faults.append(f"role {GROUP!r} needs the answer 'single', not {item.answer!r}")
    if item.role == "person" and item.answer != "id":
        faults.append(f"role 'person' needs the answer 'id', not {item.answer!r}")
    if item.role == "weight" and item.answer != "number":
        faults.append(f"role 'weight' needs the answer 'number', not {item.answer!r}")
    if item.role and item.role not in ROLES:
        faults.append(
            f"role {item.role!r} is none of {', '.join(ROLES)}{suggest(item.role, ROLES)}"
        )
    return faults


def _check_texts(items: dict[str, Item]) -> list[str]:
    seen: dict[str, str] = {}
    return [
        f"{item.code}: {text!r} is also the text of another item"
        for item in items.values()
        for text in item.texts.values()
        if seen.setdefault(normalise_label(text), item.code) != item.code
    ]


def _check_roles(items: dict[str, Item]) -> list[str]:
    seen: dict[str, str] = {}
    return [
        f"{item.code}: role {item.role!r} is that of {seen[item.role]} too"
        for item in items.values()
        if item.role not in ("", GROUP) and seen.setdefault(item.role, item.code) != item.code
    ]


def _give_roles(items: dict[str, Item]) -> dict[str, Item]:
    """Give the first country, region and organisation code its role where no item has it."""
    taken = {item.role for item in items.values()}
    found = dict(items)
    for item in items.values():
        role = item.scale if item.scale in PLACES else "organisation" if item.answer == "id" else ""
        if role and role not in taken and item.role != "person":
            found[item.code] = item._replace(role=role)
            taken.add(role)
    return found
