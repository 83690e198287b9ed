"""Turning what a tool wrote in a cell into the code of an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from fewlikert.options import DONT_KNOW, NOT_APPLICABLE
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.survey.files.cells import Cells
from innocap_analysis.survey.files.choices import NO, YES, is_other, read_truth, split_options
from innocap_analysis.survey.files.decisions import MISSING
from innocap_analysis.survey.files.layout import Column
from innocap_analysis.survey.files.numbers import (
    LABELLED,
    find_doubts,
    find_number,
    normalise_cell,
    read_spaces,
    split_number,
)
from innocap_analysis.survey.files.privacy import name_cell
from innocap_analysis.survey.files.problems import BARE, Problem, shorten, stop_at_problems
from innocap_analysis.survey.instrument import Instrument, Item
from innocap_analysis.survey.scales import Scale, format_code, normalise_label
from innocap_analysis.survey.tools import PLAIN, TOOLS, Tool

CODES = ("high_agrees", "low_agrees")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_THOUSANDS = re.compile(r"(?<=\d)[ ,.](?=\d{3}(?!\d))")  # 5 000 or 5,000 in a label
_SPACED = re.compile(r"(?<=\d) ?- ?(?=\d)")  # 10 - 49
_NUTS3 = re.compile(r"[a-z]{2}\w{3}")
_SPECIAL = (DONT_KNOW, NOT_APPLICABLE)


@dataclass
class Resolver:
    """Reads cells under the scales that a file declares, and collects what it cannot read."""

    instrument: Instrument
    tool: Tool
    name: str  # of the file, for messages
    scale: str | None = None  # of the scored items, where it is not the questionnaire's own
    codes: str | None = None  # which way bare numbers run, unless those with a label tell
    rescale: bool = False  # whether a scale with other ends may be stretched to the item's own
    extra: Mapping[str, Scale] = field(default_factory=dict)  # countries and regions
    missing: frozenset[str] = frozenset()  # normalised words that mean missing in this file
    find_place: Callable[[str], str] | None = None  # for the scale ``place``
    # What a person decided of cells, by the number of their column and as they are named.
    decided: Mapping[tuple[int, str], str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    typed_other: int = 0
    told: dict[str, str] = field(default_factory=dict)
    uneven: dict[str, str] = field(default_factory=dict)  # scales whose numbers are no codes
    _rows: int = 0  # that have the cell which is being read

    def __post_init__(self) -> None:
        """Check the options."""
        if self.codes is not None and self.codes not in CODES:
            raise InnocapError(f"codes {self.codes!r} is none of {', '.join(CODES)}")
        if self.scale is not None and self.scale not in self.instrument.scales:
            known = list(self.instrument.scales)
            raise InnocapError(f"scale {self.scale!r} is unknown{suggest(self.scale, known)}")

    def find_scale(self, item: Item) -> Scale:
        """Return the scale under which an item's labels are read."""
        name = self.scale if item.answer == "likert" and self.scale else item.scale
        if name in self.extra:
            return self.extra[name]
        if not name:
            raise InnocapError(
                f"{self.name}: no scale is declared for {item.code}; one label means other codes "
                f"on other scales, so name one of {', '.join(self.instrument.scales)}"
            )
        scale = self.instrument.scales[name]
        if item.answer == "likert" and item.code in self.instrument.codebook.table.index:
            self._check_ends(scale, item)
        return scale

    def _check_ends(self, scale: Scale, item: Item) -> None:
        own = self.instrument.scales[item.scale] if item.scale else scale
        ends = [(min(map(float, s.codes)), max(map(float, s.codes))) for s in (scale, own)]
        if ends[0] != ends[1] and not self.rescale:
            raise InnocapError(
                f"{self.name}: scale {scale.name} runs from {ends[0][0]:.0f} to {ends[0][1]:.0f}, "
                f"{item.code} from {ends[1][0]:.0f} to {ends[1][1]:.0f}; state that it may be "
                "stretched (rescale), or name another scale"
            )

    def read_scale(self, cells: Cells, item: Item, column: Column) -> np.ndarray:
        """Read a scale question: codes as numbers, -8 don't know, -9 not applicable."""
        scale = self.find_scale(item)
        low, high = min(map(float, scale.codes)), max(map(float, scale.codes))

        def read(text: str) -> float:
            plain = normalise_cell(text, scale)
            number, label = split_number(plain, scale)
            if not scale.has_words and label not in scale.known:
                number = label = find_number(plain, high) or label
            code = scale.known.get(label, self._read_name(plain))
            code = read_truth(plain, scale) if code is None else code
            if code is None:
                raise KeyError(scale.show(plain))
            if label != number:
                return float(code)
            if scale.name in self.uneven:
                raise KeyError(f"a label: numbers are no codes here, as {self.uneven[scale.name]}")
            direction = self._find_direction()
            if direction is None and not (self.tool.codes_are_answers or label in scale.words):
                raise KeyError(BARE)
            return low + high - float(code) if direction == "low_agrees" else float(code)

        found = self._read_numbers(cells, column, scale, read)
        own = self.instrument.scales[item.scale] if item.scale else scale
        first, last = min(map(float, own.codes)), max(map(float, own.codes))
        if (first, last) == (low, high):
            return found
        stretched = first + (found - low) * (last - first) / (high - low)
        return np.where(np.isin(found, _SPECIAL), found, stretched)

    def _find_direction(self) -> str | None:
        return self.codes or next(iter(self.told), None)

    def hear_numbers(self, texts: Iterable[str], item: Item, column: Column) -> None:
        """Note which way numbers run where a label stands beside one, as 5 - Strongly agree."""
        scale = self.find_scale(item)
        low, high = min(map(float, scale.codes)), max(map(float, scale.codes))
        for text in texts:
            number, label = split_number(normalise_cell(text, scale), scale)
            code = scale.known.get(label)
            if number == label or not number or code is None or code in _SPECIAL:
                continue
            same, turned = float(number) == code, float(number) == low + high - float(code)
            told = f"column {column.shown!r} has {shorten(text)!r}"
            if same != turned:  # both in the middle
                self.told.setdefault("high_agrees" if same else "low_agrees", told)
            elif not same:
                self.uneven.setdefault(scale.name, told)
        wrong = {way: told for way, told in self.told.items() if self.codes not in (None, way)}
        if wrong or len(self.told) > 1:
            said = f"are said to run {self.codes}, but " if wrong else "run both ways: "
            told = " and ".join((wrong or self.told).values())
            raise InnocapError(f"{self.name}: the numbers of scale {scale.name} {said}{told}")

    def _read_name(self, plain: str) -> float | None:
        # Elsewhere "NA" may be R's word for missing.
        names = {"dk": DONT_KNOW, "na": NOT_APPLICABLE}
        return names.get(plain) if self.tool.codes_are_answers else None

    def read_number(self, cells: Cells, item: Item, column: Column) -> np.ndarray:
        """Read a number on a scale with a lowest and a highest value; a comma may be decimal."""
        scale = Scale("weight", {}) if item.role == "weight" else self.find_scale(item)
        ends = list(map(float, scale.codes)) or [np.nextafter(0, 1), np.inf]  # a weight has none
        low, high = min(ends), max(ends)
        doubts = find_doubts(cells.texts, high)

        def read(text: str) -> float:
            plain = read_spaces(normalise_label(text))
            if plain in doubts:
                raise KeyError(doubts[plain])
            if _NUMBER.fullmatch(plain.rstrip("% ") if (low, high) == (0, 100) else plain):
                number = float(plain.rstrip("% ").replace(",", "."))
            else:
                number = float(find_number(plain, high) or np.nan)
            if not low <= number <= high:
                told = f"from {low:.0f} to {high:.0f}" if scale.codes else "above 0"
                raise KeyError(f"a number {told}")
            return number

        return self._read_numbers(cells, column, scale, read)

    def read_single(self, cells: Cells, item: Item, column: Column) -> np.ndarray:
        """Read a single choice as the code of its option; ``other`` for a typed answer."""
        scale = self.find_scale(item)
        typed = self._may_be_typed(scale)

        def read(text: str) -> object:
            if scale.name == "place" and self.find_place is not None:
                return self.find_place(text)
            plain = normalise_cell(text, scale)
            if plain == "-oth-" and "other" in scale.codes:
                return "other"
            code = scale.known.get(split_number(plain, scale)[1], self._read_name(plain))
            if code is None:
                code = scale.known.get(_THOUSANDS.sub("", _SPACED.sub("-", plain)))
            code = read_truth(plain, scale) if code is None else code
            if code is None and scale.name == "region" and _NUTS3.fullmatch(plain):
                code = scale.known.get(plain[:4])
            if code is None and (typed or is_other(plain, scale)):
                self.typed_other += self._rows
                return "other"
            if code is None:
                raise KeyError(scale.show(plain))
            return format_code(code) if code in _SPECIAL else code

        return cells.spread(self._read(cells, column, scale, read, empty=None))

    def _may_be_typed(self, scale: Scale) -> bool:
        return self.tool.typed_other == "cell" and "other" in scale.codes

    def read_multi(self, cells: Cells, item: Item, column: Column) -> dict[str, np.ndarray]:
        """Read the options of a multiple choice from one cell: 1 chosen, 0 not, by option."""
        scale = self.find_scale(item)

        def read(text: str) -> object:
            chosen, typed = split_options(
                text, scale, self.tool.separator, typed=self._may_be_typed(scale)
            )
            self.typed_other += self._rows if typed else 0
            return chosen or None

        answers = self._read(cells, column, scale, read, empty=None)
        return {
            str(option): np.array([np.nan if a is None else float(option in a) for a in answers])[
                cells.at
            ]
            for option in scale.codes
        }

    def read_option(self, cells: Cells, item: Item, option: str, column: Column) -> np.ndarray:
        """Read one yes-or-no column of a multiple choice; NaN where the cell is empty."""
        scale = self.find_scale(item)
        # Some have what somebody typed there, and so chose it.
        typed = option == "other" and (
            self.tool.typed_other == "option" or is_other(column.option, scale)
        )
        yes, no = self.tool.ticks or (YES, NO)

        def read(text: str) -> float:
            plain = normalise_cell(text, scale)
            if labelled := LABELLED.fullmatch(plain):  # 1 - Yes
                plain = labelled[1] if labelled[1] in yes | no else plain
            if plain in yes or scale.known.get(plain) == option:
                return 1.0
            if plain in no:
                return 0.0
            if typed:
                return 1.0
            raise KeyError(f"yes, no, or {scale.label(option, 'en')!r}")

        return self._read_numbers(cells, column, scale, read)

    def fill_other(self, answers: object, typed: Cells) -> np.ndarray:
        """Return a single choice with *other* where somebody typed an answer and chose none."""
        found = np.array(answers, dtype=object)
        only = typed.filled & np.array([answer is None for answer in found], dtype=bool)
        self.typed_other += int(only.sum())
        found[only] = "other"
        return found

    def blank_silent(self, cells: Cells, column: Column) -> Cells:
        """Empty the cells of a text or name in which the tool only says that nobody answered."""
        silent = self._silent | column.missing | self.missing
        # Plain letters stay when a label is brought to its form, but in a tag or an entity.
        more = re.compile(f"(?:[^<&a-zA-Z]*+[a-zA-Z]){{{max(map(len, silent), default=0) + 1}}}")
        return cells.rewrite(
            text if more.match(text) or normalise_label(text) not in silent else ""
            for text in cells.texts
        )

    @cached_property
    def _silent(self) -> frozenset[str]:
        """Normalised words for no answer: the tool's, and those of programs that save it again."""
        return self.tool.silent | (frozenset() if self.tool.codes_are_answers
                                   else TOOLS[PLAIN].silent)  # fmt: skip

    @cached_property
    def _noise(self) -> re.Pattern[str] | None:
        return re.compile(self.tool.noise) if self.tool.noise else None

    def _read_numbers(
        self, cells: Cells, column: Column, scale: Scale, read: Callable[[str], object]
    ) -> np.ndarray:
        found = np.array(self._read(cells, column, scale, read), dtype=float)
        return np.asarray(found[cells.at])

    def _read(
        self, cells: Cells, column: Column, scale: Scale, read: Callable[[str], object], *,
        empty: object = np.nan,
    ) -> list[Any]:  # fmt: skip
        """Return the answer that each of the different cells is."""
        silent = self._silent | column.missing
        answers: list[Any] = []
        for i, text in enumerate(cells.texts):
            plain = normalise_label(str(text)).rstrip(";").strip()
            unknown = plain in silent and plain not in scale.known
            if not plain or unknown or plain in self.missing:
                answers.append(empty)
                continue
            told = str(text).strip().rstrip(";")
            if self.decided:
                told = self.decided.get((column.position + 1, name_cell(str(text))), told)
            if told == MISSING:
                answers.append(empty)
                continue
            if self._noise is not None:
                told = self._noise.sub("", told)
            self._rows = int(cells.counts[i])
            try:
                answers.append(read(told))
            except KeyError as expected:
                row, wanted = int(cells.first_rows[i]), str(expected.args[0])
                self.problems.append(Problem(column, str(text), row, self._rows, wanted))
                answers.append(empty)
        return answers

    def stop_at_problems(self) -> None:
        """Raise what could not be read, if anything."""
        stop_at_problems(self.problems, self.name)
