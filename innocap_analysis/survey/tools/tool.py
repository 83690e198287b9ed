"""How one survey tool writes its exports: what every file of this folder describes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

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


def name_by_first_row(cells: Sequence[str]) -> tuple[str, str]:
    """Name a column by the first row of the header; there is no other text."""
    return cells[0], ""


def split_nothing(header: str) -> tuple[str, str]:
    """Take a header as it is: one name, no further text."""
    return header, ""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One survey tool.

    Attributes
    ----------
    name : str
        As it is given to ``--tool``.
    marks : tuple of str
        Headers that only this tool writes, bars between those that stand together; of several
        tools the one with the most counts.
    first : str
        Headers that its first column may have, for the `marks` to count.
    above : str
        What stands in the first column above the header; a mark as well.
    recognise : callable, optional
        Counts marks that no list can, from the rows and the header's place.
    columns : mapping of str to str
        Headers of the tool's own columns by what they say (:data:`MEANINGS`), bars between.
    status : mapping of str to mapping
        Status by the words of a column with some meaning; an empty word is an empty cell.
    separator : str
        What stands between the options of a multiple choice.
    no_answer : str
        How it writes that a question was not answered, bars between.
    count_header : callable
        Number of header rows, from the rows and the place of the first.
    name_column : callable
        Header and further text of a column from its cells in the header rows.
    split_header : callable
        Code and question text of a header that holds both.
    noise : str
        Pattern of what it adds to the end of a label.
    codes_are_answers : bool
        Whether it fills in the questionnaire's own form, in which a choice is named by its code.
    typed_other : str
        Where it writes what somebody typed under *other*: ``column`` for a column of its own,
        ``option`` for the yes-or-no column of that option, ``cell`` for the answer itself.
    dates : str
        Order of day and month where no date of a file tells: ``day_first`` or ``month_first``.
    """

    name: str
    marks: tuple[str, ...] = ()
    first: str = ""
    above: str = ""
    recognise: Callable[[Sequence[Sequence[str]], int], int] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    status: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    separator: str = ";"
    no_answer: str = ""
    count_header: Callable[[Sequence[Sequence[str]], int], int] = count_one_row
    name_column: Callable[[Sequence[str]], tuple[str, str]] = name_by_first_row
    split_header: Callable[[str], tuple[str, str]] = split_nothing
    noise: str = ""
    codes_are_answers: bool = False
    typed_other: str = "column"
    dates: str = "day_first"

    @cached_property
    def meanings(self) -> dict[str, str]:
        """What a column says, by its normalised header."""
        return {name: m for m, names in self.columns.items() for name in split_names(names)}

    @cached_property
    def silent(self) -> frozenset[str]:
        """Normalised words for no answer."""
        return split_names(self.no_answer) if self.no_answer else frozenset()

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
