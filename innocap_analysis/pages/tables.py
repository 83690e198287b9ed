"""Tables for people: labelled, formatted and safe to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape

import pandas as pd

Formatter = Callable[[object], str]
# A dash at which a narrow cell must not break an interval.
JOINED_DASH = "\N{WORD JOINER}–\N{WORD JOINER}"


@dataclass(frozen=True)
class Table:
    """A formatted table that notebooks and reports show.

    Attributes
    ----------
    cells : DataFrame
        Texts, under the headings that are shown.
    numeric : tuple of bool
        Which columns hold numbers and are set flush right.
    caption : str
        What the table shows.
    languages : mapping of str to str
        Language of a column, by its heading, where it is not the page's.
    """

    cells: pd.DataFrame
    numeric: tuple[bool, ...]
    caption: str = ""
    languages: Mapping[str, str] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        right = ' style="text-align:right"'
        left = ' style="text-align:left"'
        sides = [right if number else left for number in self.numeric]
        marks = [
            side + (f' lang="{self.languages[name]}"' if name in self.languages else "")
            for name, side in zip(self.cells.columns, sides, strict=True)
        ]
        head = "".join(
            f'<th scope="col"{side}>{escape(str(name))}</th>'
            for name, side in zip(self.cells.columns, sides, strict=True)
        )
        body = "".join(
            "<tr>"
            + "".join(
                f"<td{side}>{escape(str(cell))}</td>" for cell, side in zip(row, marks, strict=True)
            )
            + "</tr>"
            for row in self.cells.itertuples(index=False)
        )
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        return (
            f'<table class="innocap-table">{caption}<thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )

    def __str__(self) -> str:
        return f"{self.caption}\n{self.cells.to_string(index=False)}".lstrip()


def make_table(
    data: pd.DataFrame, columns: Mapping[str, tuple[str, Formatter]], *, caption: str = ""
) -> Table:
    """Choose, label and format columns for people to read.

    Parameters
    ----------
    data : DataFrame
        Unrounded evidence.
    columns : mapping of str to (str, callable)
        Heading and formatter of each column to show, in order.
    caption : str
        What the table shows.

    Returns
    -------
    Table
        Texts only; the evidence stays unrounded in `data`. Numbers are set flush right,
        and nothing in a cell is run as HTML.

    Raises
    ------
    KeyError
        A column is not in the data.

    Examples
    --------
    >>> data = pd.DataFrame({"unit": ["SE"], "score": [57.04]})
    >>> shown = make_table(data, {"unit": ("Country", str), "score": ("Score", "{:.1f}".format)})
    >>> shown.cells.loc[0, "Score"]
    '57.0'
    """
    cells = {
        title: [write(cell) for cell in data[name]] for name, (title, write) in columns.items()
    }
    numeric = tuple(pd.api.types.is_numeric_dtype(data[name]) for name in columns)
    return Table(pd.DataFrame(cells), numeric, caption)


def as_number(write: Callable[..., str], **options: object) -> Formatter:
    """Return a cell formatter that calls `write` with these options."""
    return lambda value: write(value, **options)


def as_text(name: Callable[[str], str]) -> Formatter:
    """Return a cell formatter that turns a code into its name."""
    return lambda value: name(str(value))
