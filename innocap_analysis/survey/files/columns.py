"""Which item of the questionnaire each column of an export is."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.files import read_text
from innocap_analysis.survey.files.cells import Cells
from innocap_analysis.survey.files.choices import is_other
from innocap_analysis.survey.files.layout import Column, Layout
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.scales import normalise_label, spell_letters
from innocap_analysis.survey.tools import Tool, find_meaning

IGNORE = "ignore"
_ALIKE = 0.75
MAPPING_COLUMNS = ["header", "item"]
_TYPED = re.compile(r"\w+_\d+_TEXT", re.IGNORECASE)  # Qualtrics' column of an option
# Where a statement begins behind its question or a number: "Please rate: X", "Q1_2 X", "[Q1] X".
_BEGINS = re.compile(r"^\s*\S*\d\S*\s+|[:.;>|?!)\]…\n]\s*|\s[-–—/]\s")
_AROUND = " .:-–|/_>()[]#"
_BY_NUMBER = re.compile(r"#(\d{1,4})(?: (.*))?", re.DOTALL)


@dataclass(frozen=True)
class Target:
    """What a column is read as."""

    column: Column
    # item, option (of a multiple choice), typed (under *other* of a single one), role (said by the
    # tool), personal, unmatched
    kind: str
    code: str = ""  # of the item, or what the tool says
    option: str = ""

    @property
    def is_answer(self) -> bool:
        """Whether the column holds answers."""
        return self.kind in ("item", "option")

    @property
    def is_read(self) -> bool:
        """Whether its cells are looked at."""
        return self.is_answer or self.kind in ("role", "typed")

    @property
    def name(self) -> str:
        """Item and option, as messages have it."""
        return "/".join(part for part in (self.code, self.option) if part)


def match_columns(
    layout: Layout, instrument: Instrument, name: str, *,
    mapping: Mapping[str, str] | None = None, strict: bool = True,
) -> list[Target]:  # fmt: skip
    """Match the columns of an export with the items of the questionnaire, some if strict."""
    given = place_mapping(layout, dict(mapping or {}), instrument, name)
    targets = [_match(column, instrument, layout.tool, given) for column in layout.columns]
    targets = _match_letters(targets, instrument, given)
    targets = _prefer_options(targets)
    if strict and not set(instrument.scored) & {target.code for target in targets}:
        raise InnocapError(
            f"{name}: no column is an item of the questionnaire (the first are "
            + ", ".join(repr(target.column.shown) for target in targets[:3])
            + "); draft a mapping with: innocap import --suggest"
        )
    return targets


def place_mapping(
    layout: Layout, mapping: Mapping[str, str], instrument: Instrument, name: str
) -> dict[int, str]:
    """Return the item by position; a column is named by its header, or as ``#3`` by its number."""
    headers = [column.header for column in layout.columns]
    placed: dict[int, str] = {}
    for header, code in mapping.items():
        number = _BY_NUMBER.fullmatch(header)
        if number and header not in headers and 0 < int(number[1]) <= len(headers):
            found = [int(number[1]) - 1]
            own = layout.columns[found[0]]
            if number[2] not in (None, own.header.strip(), own.shown):
                raise InnocapError(
                    f"{name}: column {number[1]} is {own.shown!r} now, and was decided as "
                    f"{number[2]!r}; draft the decisions anew: innocap import --suggest"
                )
        else:
            found = [i for i, own in enumerate(headers) if own == header]
        if not found:
            near = suggest(header, headers)
            raise InnocapError(f"mapping: {name} has no column {header!r}{near}")
        if len(found) > 1 and code != IGNORE:
            raise InnocapError(
                f"mapping: {name} has the column {header!r} {len(found)} times; name one by its "
                f"number: #{found[0] + 1} or #{found[1] + 1}"
            )
        item, _, option = code.partition("/")
        if code != IGNORE and item not in instrument.items:
            raise InnocapError(
                f"mapping: {item!r} is no item{suggest(item, list(instrument.items))}"
            )
        if option and option not in instrument.options(item):
            options = instrument.options(item)
            raise InnocapError(
                f"mapping: {option!r} is no option of {item}{suggest(option, options)}"
            )
        placed |= dict.fromkeys(found, code)
    return placed


def _match(column: Column, instrument: Instrument, tool: Tool, given: Mapping[int, str]) -> Target:
    if column.position in given:
        code, _, option = given[column.position].partition("/")
        if code == IGNORE:
            return Target(column, "unmatched")
        return Target(column, "option" if option else "item", code, option)
    if headed := _find_headed_option(column, instrument):
        return headed
    folded = {code.casefold(): code for code in instrument.items}
    for text in column.names:
        if text.casefold() in folded:
            return _make_target(column, folded[text.casefold()], instrument)
        for code in _list_multi(instrument):
            if text.casefold().startswith(f"{code.casefold()}_"):
                return _make_target(column, code, instrument)
    said = {normalise_label(text): "" for text in (column.header, *column.texts[:1])}
    meanings = [meaning for text in said if (meaning := find_meaning(text, tool))]
    if "personal" in meanings:
        return Target(column, "personal")
    for text in column.texts:
        if (asked := instrument.by_text.get(normalise_label(text))) is not None:
            return _make_target(column, asked, instrument)
    return Target(column, "role", meanings[0]) if meanings else Target(column, "unmatched")


def _match_letters(
    targets: Sequence[Target], instrument: Instrument, given: Mapping[int, str]
) -> list[Target]:
    """Match what is left by letters and digits alone, or by what stands behind its question.

    Only items that no other column is: a comment may have the text of its question too.
    """
    taken = {target.code for target in targets if target.is_answer}
    known: dict[str, str] = {}
    for text, code in instrument.by_text.items():
        letters = spell_letters(text)
        known[letters] = code if known.get(letters, code) == code else ""
    options = {
        spell_letters(text + label): (code, str(option))
        for text, code in instrument.by_text.items()
        if instrument.items[code].answer == "multi"
        for label, option in instrument.scales[instrument.items[code].scale].known.items()
    }
    found = []
    for target in targets:
        own = target
        if target.kind == "unmatched" and target.column.position not in given:
            text = target.column.texts[0]
            option = options.get(spell_letters(text), ("", ""))
            ends = [text, *(text[part.end() :] for part in _BEGINS.finditer(text))]
            codes = {known.get(spell_letters(end)) for end in ends} - {None, "", *taken}
            if option[0] and option[0] not in taken:
                own = Target(target.column, "option", *option)
            elif len(codes) == 1:
                own = _make_target(target.column, str(codes.pop()), instrument)
        found.append(own)
    return found


def _find_headed_option(column: Column, instrument: Instrument) -> Target | None:
    """Find the option of a multiple choice behind or before the text of its question."""
    for text in () if _is_typed(column) else column.texts:
        plain = normalise_label(text)
        for code in _list_multi(instrument):
            tail = plain.removeprefix(code.casefold())
            option = _find_option(tail.strip(_AROUND), instrument, code)
            if option and tail != plain and not tail[0].isalnum():
                return Target(column, "option", code, option)
        for asked, code in instrument.by_text.items():
            item = instrument.items[code]
            if item.answer != "multi" or asked not in plain or asked == plain:
                continue
            before, _, behind = plain.partition(asked)
            option = _find_option((behind or before).strip(_AROUND), instrument, code)
            if option and not (before and behind):
                return Target(column, "option", code, option)
    return None


def _is_typed(column: Column) -> bool:
    return any(map(_TYPED.fullmatch, column.names[:1]))


def _find_option(text: str, instrument: Instrument, code: str) -> str:
    """Return the option that a header names, also as ``Other (please specify)``; else nothing."""
    scale = instrument.scales.get(instrument.items[code].scale)
    if scale is None or not text:
        return ""
    found = scale.known.get(normalise_label(text))
    return str(found) if found is not None else "other" * is_other(text, scale)


def _list_multi(instrument: Instrument) -> list[str]:
    return [item.code for item in instrument.items.values() if item.answer == "multi"]


def _make_target(column: Column, code: str, instrument: Instrument) -> Target:
    item = instrument.items[code]
    if item.answer != "multi":
        # "Q3[other]", "Q3/other", "Type of organisation [Other]" and "Q3_8_TEXT" hold what somebody
        # typed, not the answer.
        option = normalise_label(column.option)
        other = option in ("other", "-oth-") or _find_option(option, instrument, code) == "other"
        if other or _is_typed(column):
            chosen = item.answer == "single" and "other" in instrument.options(code)
            return Target(column, "typed" if chosen else "unmatched", code if chosen else "")
        return Target(column, "unmatched") if option == "comment" else Target(column, "item", code)
    if _is_typed(column):
        return Target(column, "unmatched")
    tail = column.names[0][len(code) + 1 :] if column.names else ""
    for text in (column.option, tail):
        if text != code and (named := _find_option(text, instrument, code)):
            return Target(column, "option", code, named)
    if column.option and normalise_label(column.option) not in (code.casefold(), ""):
        by_code = code.casefold() in (n.casefold() for n in column.names[:1])
        if not by_code and "selected choice" not in normalise_label(column.option):
            return Target(column, "unmatched")
    return Target(column, "item", code)


def _prefer_options(targets: Sequence[Target]) -> list[Target]:
    """Keep the yes-or-no columns of a multiple choice where its summary is there too."""
    split = {target.code for target in targets if target.kind == "option"}
    return [
        Target(t.column, "unmatched") if t.kind == "item" and t.code in split else t
        for t in targets
    ]


def merge_columns(
    cells: Mapping[int, Cells], targets: Sequence[Target], name: str
) -> dict[tuple[str, str], tuple[Target, Cells]]:
    """Return the cells of every item and option.

    A form with a section per language has several columns of one item; everybody fills one.
    """
    merged: dict[tuple[str, str], tuple[Target, Cells]] = {}
    for target in targets:
        if not target.is_answer:
            continue
        own = cells[target.column.position]
        first, told = merged.setdefault((target.code, target.option), (target, own))
        if first is target:
            continue
        # Of *other* one may be a tick and one what was typed.
        both = told.filled & own.filled & (target.option != "other")
        if both.any():
            raise InnocapError(
                f"{name}: columns {first.column.shown!r} and {target.column.shown!r} are both "
                f"{target.name}, and row {own.rows[both][0]} has an answer in both; "
                "leave one out with a mapping to 'ignore'"
            )
        merged[target.code, target.option] = first, told.fill(own, ~told.filled)
    return merged


def suggest_item(column: Column, instrument: Instrument) -> tuple[str, str]:
    """Return the item whose text is most like a column's, with how much; ``ignore`` for none."""
    wanted = normalise_label(column.texts[-1])
    near = difflib.get_close_matches(wanted, instrument.by_text, n=1, cutoff=_ALIKE)
    if not near:
        return IGNORE, "unlike any question"
    share = difflib.SequenceMatcher(None, wanted, near[0]).ratio()
    return instrument.by_text[near[0]], f"{share:.0%} like: {near[0]}"


def read_mapping(path: Path) -> dict[str, str]:
    """Read a mapping file: the columns header (or ``#3``) and item."""
    try:
        text = read_text(path, foreign=True)
    except InnocapError as error:
        raise InnocapError(f"mapping {error}") from None
    delimiter = ";" if text.split("\n", 1)[0].count(";") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    if reader.fieldnames != MAPPING_COLUMNS:
        wanted = ", ".join(MAPPING_COLUMNS)
        raise InnocapError(f"mapping {path.name}: expected the columns {wanted}")
    found: dict[str, str] = {}
    for line, row in enumerate(reader, start=2):
        header, item = (row["header"] or "").strip(), (row["item"] or "").strip()
        if header in found or not item:
            why = "is named twice" if header in found else "has no item"
            raise InnocapError(f"mapping {path.name}: line {line}: {header!r} {why}")
        found[header] = item
    return found


def list_columns(targets: Sequence[Target]) -> pd.DataFrame:
    """List what every column was read as.

    Returns: columns `position`, `header`, `read_as`, `code`.
    """
    return pd.DataFrame(
        {
            "position": [target.column.position + 1 for target in targets],
            "header": [target.column.shown for target in targets],
            "read_as": ["unmatched" if t.kind == "typed" else t.kind for t in targets],
            "code": ["" if t.kind == "typed" else t.name for t in targets],
        }
    )
