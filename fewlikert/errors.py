"""What is raised for input that cannot be used."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


class InputError(Exception):
    """A mistake in what was handed over, told in one message with the place and the remedy.

    Examples
    --------
    >>> try:
    ...     raise InputError("answers.csv: line 3, age: 'x' is no number")
    ... except InputError as error:
    ...     print(error)
    answers.csv: line 3, age: 'x' is no number
    """

    def _render_traceback_(self) -> list[str]:
        """Show only the message where IPython would print a traceback."""
        return [f"{type(self).__name__}: {self}"]


def suggest(name: object, known: Sequence[str]) -> str:
    """Return ``; did you mean 'x'?`` for the nearest known name, or an empty string."""
    folded = {word.casefold(): word for word in known}
    near = difflib.get_close_matches(str(name).casefold(), list(folded), n=1, cutoff=0.6)
    return f"; did you mean {folded[near[0]]!r}?" if near else ""
