"""How one survey tool writes its exports: what every file of this folder describes.

A file with this is a whole tool; nothing else names it (`surveymonkey.py` is one whose header
has two rows)::

    TOOL = Tool(
        name="alchemer",
        marks=("response id|date submitted|status",),  # headers that only this tool writes
        columns={"response_id": "response id", "started": "time started", "status": "status",
                 "seconds": "time taken"},
        status={"status": {"partial": "partial", "disqualified": "screened"}},
        separator=",",
        dates="month_first",
    )
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from innocap_analysis.survey.scales import normalise_label

# What a column of a tool's own may say of a response; `personal` ones are left out by name.
MEANINGS = ("response_id", "started", "ended", "sent", "seconds", "language", "status", "channel",
            "finished", "personal")  # fmt: skip
# From good to bad: of several signs the worst counts.
STATUSES = ("complete", "partial", "screened", "preview", "test", "spam")
_TAG = re.compile(r"<[^>]{1,200}>")


def split_names(text: str) -> frozenset[str]:
    """Return names written with bars between them, as headers are compared."""
    return frozenset(normalise_label(name) for name in text.split("|"))


def count_one_row(rows: Sequence[Sequence[str]], at: int) -> int:
    """Return the number of header rows of nearly every tool."""
    return 1


def name_by_rows(cells: Sequence[str]) -> tuple[str, str]:
    """Name a column by the first row of the header; the second one, if any, is another text."""
    return cells[0] or cells[-1], cells[1] if len(cells) > 1 else ""


def split_nothing(header: str) -> tuple[str, str]:
    """Take a header as it is: one name, no further text."""
    return header, ""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One survey tool. Several names in one text are divided by bars."""

    name: str  # as it is given to --tool
    # Headers that only this tool writes, those of one text together; the tool with most counts.
    marks: tuple[str, ...] = ()
    first: str = ""  # headers that the first column may have, for the marks to count
    above: str = ""  # what stands in the first column above the header; a mark as well
    recognise: Callable[[Sequence[Sequence[str]], int], int] | None = None  # counts other marks
    columns: Mapping[str, str] = field(default_factory=dict)  # its own headers by MEANINGS
    endings: Mapping[str, str] = field(default_factory=dict)  # how headers end that vary before it
    # Status (STATUSES) by the words of a column of some meaning, in any case; an empty word is an
    # empty cell, and a word that is not named means complete.
    status: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    separator: str = ";"  # between the options of a multiple choice
    no_answer: str = ""  # how it says that a question was not answered
    ticked: str = ""  # its own words for a chosen option of a multiple choice, and for another one
    unticked: str = ""
    # Rows of the header, of all rows of a file and the number of the one that it begins with.
    count_header: Callable[[Sequence[Sequence[str]], int], int] = count_one_row
    name_column: Callable[[Sequence[str]], tuple[str, str]] = name_by_rows  # header, text
    split_header: Callable[[str], tuple[str, str]] = split_nothing  # code and question text
    noise: str = ""  # pattern of what it adds to labels
    codes_are_answers: bool = False  # it fills in the questionnaire's own form
    # Where it writes what somebody typed under "other": a column of its own, the yes-or-no
    # column of that option, or the cell of the answer.
    typed_other: Literal["column", "option", "cell"] = "column"
    dates: Literal["day_first", "month_first"] = "day_first"  # where no date of a file tells

    @cached_property
    def meanings(self) -> dict[str, str]:
        """What a column says, by its normalised header."""
        return {name: m for m, names in self.columns.items() for name in split_names(names)}

    @cached_property
    def silent(self) -> frozenset[str]:
        """Normalised words for no answer."""
        return split_names(self.no_answer) if self.no_answer else frozenset()

    @cached_property
    def ticks(self) -> tuple[frozenset[str], frozenset[str]] | None:
        """Normalised words of its own for a chosen option and for another one."""
        return (split_names(self.ticked), split_names(self.unticked)) if self.ticked else None

    def find_meaning(self, header: str) -> str:
        """Return what a column says by its normalised header; empty where this tool has none."""
        ends = (meaning for meaning, ending in self.endings.items() if header.endswith(ending))
        return self.meanings.get(header) or next(ends, "")

    def count_marks(self, rows: Sequence[Sequence[str]], at: int) -> int:
        """Count what tells that this tool wrote the table whose header is in a row."""
        names = [normalise_label(_TAG.sub(" ", str(cell))) for cell in rows[at]]
        told = 0
        if not self.first or (names[:1] and names[0] in split_names(self.first)):
            sets = [split_names(mark) for mark in self.marks]
            told = max((len(own) for own in sets if own <= set(names)), default=0)
            told += bool(self.first) and (bool(told) or not self.marks)
        if self.above:
            over = {normalise_label(str(row[0])) for row in rows[:at] if row}
            told += len(split_names(self.above) & over)
        return told + (self.recognise(rows, at) if self.recognise else 0)
