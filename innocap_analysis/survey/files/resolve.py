"""Turning what a tool wrote in a cell into the code of an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from fewlikert.options import DONT_KNOW, NOT_APPLICABLE
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.survey.files.roles import NO, NO_ANSWER, YES
from innocap_analysis.survey.instrument import Instrument, Item
from innocap_analysis.survey.scales import Scale, format_code, normalise_label

CODES = ("high_agrees", "low_agrees")
# They fill in the questionnaire's own XLSForm, in which a choice is named by its code.
_OWN_FORM = ("kobo", "odk")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_NUTS3 = re.compile(r"[a-z]{2}\w{3}")
_MOST_SHOWN = 5
_SPECIAL = (DONT_KNOW, NOT_APPLICABLE)


@dataclass
class Resolver:
    """Reads cells under the scales that a file declares, and collects what it cannot read.

    Attributes
    ----------
    instrument : Instrument
        Items and scales.
    tool : str
        Who wrote the file.
    separator : str
        What the tool puts between options.
    name : str
        File name, for messages.
    scale : str, optional
        Scale of the scored items, where it is not the questionnaire's own.
    codes : str, optional
        Which way bare numbers run: ``high_agrees`` or ``low_agrees``.
    rescale : bool
        Whether a scale with other end points may be stretched to the item's own.
    extra : mapping of str to Scale
        Scales of countries and regions.
    """

    instrument: Instrument
    tool: str
    separator: str
    name: str
    scale: str | None = None
    codes: str | None = None
    rescale: bool = False
    extra: Mapping[str, Scale] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

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

    def read_scale(self, cells: pd.Series, item: Item, header: str) -> np.ndarray:
        """Read a scale question: codes as numbers, -8 don't know, -9 not applicable."""
        scale = self.find_scale(item)
        bare = {normalise_label(f"{code:.0f}") for code in map(float, scale.codes)}
        low, high = min(map(float, scale.codes)), max(map(float, scale.codes))

        def read(text: str) -> float:
            plain = normalise_label(text)
            code = scale.known.get(plain, self._read_name(plain))
            if code is None:
                raise KeyError(scale.show())
            if plain in bare:
                if self.codes is None and self.tool not in _OWN_FORM:
                    raise KeyError(
                        "a number without a label: say which way the numbers run (codes "
                        "high_agrees or low_agrees)"
                    )
                if self.codes == "low_agrees":
                    return low + high - float(code)
            return float(code)

        found = np.asarray(self._read(cells, header, read), dtype=float)
        own = self.instrument.scales[item.scale] if item.scale else scale
        first, last = min(map(float, own.codes)), max(map(float, own.codes))
        if (first, last) == (low, high):
            return found
        stretched = first + (found - low) * (last - first) / (high - low)
        return np.where(np.isin(found, _SPECIAL), found, stretched)

    def _read_name(self, plain: str) -> float | None:
        # Elsewhere "NA" may be R's word for missing.
        names = {"dk": DONT_KNOW, "na": NOT_APPLICABLE}
        return names.get(plain) if self.tool in _OWN_FORM else None

    def read_number(self, cells: pd.Series, item: Item, header: str) -> np.ndarray:
        """Read a number on a scale with a lowest and a highest value; a comma may be decimal."""
        scale = self.find_scale(item)
        low, high = min(map(float, scale.codes)), max(map(float, scale.codes))

        def read(text: str) -> float:
            plain = normalise_label(text)
            if _NUMBER.fullmatch(plain) and low <= float(plain.replace(",", ".")) <= high:
                return float(plain.replace(",", "."))
            # "10 = excellent" and the like: the number leads.
            head = re.match(r"(\d+)\s*(?:=|-|\()", plain)
            if head and low <= float(head[1]) <= high:
                return float(head[1])
            raise KeyError(f"a number from {low:.0f} to {high:.0f}")

        return np.asarray(self._read(cells, header, read), dtype=float)

    def read_single(self, cells: pd.Series, item: Item, header: str) -> pd.Series:
        """Read a single choice as the code of its option; ``other`` for a typed answer."""
        scale = self.find_scale(item)

        def read(text: str) -> object:
            plain = normalise_label(text)
            if plain == "-oth-" and "other" in scale.codes:
                return "other"
            code = scale.known.get(plain, self._read_name(plain))
            if code is None and scale.name == "region" and _NUTS3.fullmatch(plain):
                code = scale.known.get(plain[:4])
            if code is None:
                raise KeyError(scale.show())
            return format_code(code) if code in _SPECIAL else code

        return pd.Series(self._read(cells, header, read, empty=None), index=cells.index)

    def read_multi(self, cells: pd.Series, item: Item, header: str) -> dict[str, np.ndarray]:
        """Read the options of a multiple choice from one cell: 1 chosen, 0 not, by option."""
        scale = self.find_scale(item)

        def read(text: str) -> object:
            return _split_options(text, scale, self.separator)

        chosen: list[Any] = self._read(cells, header, read, empty=None)
        return {
            str(option): np.array([np.nan if c is None else float(option in c) for c in chosen])
            for option in scale.codes
        }

    def read_option(self, cells: pd.Series, item: Item, option: str, header: str) -> np.ndarray:
        """Read one yes-or-no column of a multiple choice; NaN where the cell is empty."""
        scale = self.find_scale(item)
        # LimeSurvey has what somebody typed there, and so chose it.
        typed = self.tool == "limesurvey" and option == "other"

        def read(text: str) -> float:
            plain = normalise_label(text)
            if plain in YES or scale.known.get(plain) == option:
                return 1.0
            if plain in NO:
                return 0.0
            if typed:
                return 1.0
            raise KeyError(f"yes, no, or {scale.label(option, 'en')!r}")

        return np.asarray(self._read(cells, header, read), dtype=float)

    def _read(
        self,
        cells: pd.Series,
        header: str,
        read: Callable[[str], object],
        *,
        empty: object = np.nan,
    ) -> list[Any]:
        """Read each different cell once."""
        at, texts = pd.factorize(cells.to_numpy())
        silent = NO_ANSWER.get(self.tool, frozenset())
        answers: list[object] = []
        for i, text in enumerate(texts):
            plain = normalise_label(str(text)).rstrip(";").strip()
            if not plain or plain in silent:
                answers.append(empty)
                continue
            try:
                answers.append(read(str(text).strip().rstrip(";")))
            except KeyError as expected:
                row = cells.index[int(np.flatnonzero(at == i)[0])]
                self.problems.append(
                    f"row {row}, column {header!r}: {_shorten(str(text))!r} is no answer there; "
                    f"expected {expected.args[0]}"
                )
                answers.append(empty)
        found = np.empty(len(answers), dtype=object)
        found[:] = answers
        return list(found[at])

    def stop_at_problems(self) -> None:
        """Raise what could not be read, if anything."""
        if not self.problems:
            return
        shown = "".join(f"\n  {problem}" for problem in self.problems[:_MOST_SHOWN])
        more = len(self.problems) - _MOST_SHOWN
        rest = f"\n  and {more} more" if more > 0 else ""
        raise InnocapError(f"{self.name}: some answers cannot be read{shown}{rest}")


def _split_options(text: str, scale: Scale, separator: str) -> frozenset[object]:
    """Split a list of options; a label may itself hold what divides them."""
    rest = normalise_label(text)
    marks = {separator, ";"} if separator != " " else {" "}
    known = sorted(scale.known, key=len, reverse=True)
    chosen = set()
    while rest:
        for label in known:
            tail = rest[len(label) :]
            lead = tail.lstrip()
            if rest.startswith(label) and (
                not lead or lead[0] in marks or (" " in marks and tail[0] == " ")
            ):
                chosen.add(scale.known[label])
                rest = lead[1:].lstrip() if lead and lead[0] in marks else lead
                break
        else:
            raise KeyError(scale.show())
    return frozenset(chosen)


def _shorten(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
