"""Cells that are no answers, and the one message that tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from innocap_analysis.errors import InnocapError
from innocap_analysis.survey.files.layout import Column
from innocap_analysis.survey.files.privacy import redact_text

BARE = "a number without a label: say which way the numbers run (codes high_agrees or low_agrees)"
_MOST_SHOWN = 5


@dataclass(frozen=True)
class Problem:
    """A cell that is no answer: the first row that has it, how many do, and what was expected."""

    column: Column
    text: str
    row: int
    count: int
    expected: str

    @property
    def is_bare(self) -> bool:
        """Whether it is a number of which only the direction is open."""
        return self.expected == BARE

    def __str__(self) -> str:
        return (
            f"row {self.row}, column {self.column.shown!r}: {shorten(self.text)!r} is no answer "
            f"there; expected {self.expected}"
        )


def stop_at_problems(problems: Sequence[Problem], name: str) -> None:
    """Raise what could not be read of a file, if anything."""
    if not problems:
        return
    shown = "".join(f"\n  {problem}" for problem in problems[:_MOST_SHOWN])
    more = len(problems) - _MOST_SHOWN
    rest = f"\n  and {more} more" if more > 0 else ""
    raise InnocapError(f"{name}: some answers cannot be read{shown}{rest}")


def shorten(text: str, most: int = 60) -> str:
    """Cut a text for a message, and take out who is meant."""
    text = redact_text(text)
    return text if len(text) <= most else text[: most - 1] + "…"
