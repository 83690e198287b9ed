"""What a notebook shows besides figures: tables and prose, safe to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape

import pandas as pd

# What would be HTML, mathematics or a link; the texts of pages have none of them.
_PLAIN = str.maketrans({"&": "&amp;", "<": "&lt;", "$": "\\$", "[": "\\["})

_SHORT_SCALE = 5  # answers, shares and coefficients; scores go up to 100


class Prose(str):
    """A text that notebooks show as Markdown; names in it are no HTML and no mathematics."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return str(self).translate(_PLAIN)


@dataclass(frozen=True)
class Table:
    """A formatted table; nothing in a cell is run as HTML.

    `numeric` tells which columns are set flush right; `languages` is the language of a column,
    by its heading, where it is not the page's.
    """

    cells: pd.DataFrame
    numeric: tuple[bool, ...]
    caption: str = ""
    languages: Mapping[str, str] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        names = [str(name) for name in self.cells.columns]
        sides = [f' style="text-align:{"right" if it else "left"}"' for it in self.numeric]
        marks = [f' lang="{self.languages[n]}"' if n in self.languages else "" for n in names]
        ways = list(zip(names, sides, marks, strict=True))
        head = "".join(f'<th scope="col"{side}>{escape(name)}</th>' for name, side, _ in ways)
        rows = [
            "".join(
                f"<td{side}{mark}>{escape(str(cell))}</td>"
                for cell, (_, side, mark) in zip(row, ways, strict=True)
            )
            for row in self.cells.itertuples(index=False)
        ]
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return (
            f'<table class="innocap-table">{caption}<thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )

    def __str__(self) -> str:
        return f"{self.caption}\n{self.cells.to_string(index=False)}".lstrip()


def make_table(
    data: pd.DataFrame, columns: Mapping[str, tuple[str, Callable[..., str]]], *, caption: str = ""
) -> Table:
    """Return columns of unrounded evidence under headings and written by functions of their own."""
    cells = {head: [write(cell) for cell in data[name]] for name, (head, write) in columns.items()}
    numeric = tuple(pd.api.types.is_numeric_dtype(data[name]) for name in columns)
    return Table(pd.DataFrame(cells), numeric, caption)


def round_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Round what a figure shows as its page does: scores to a tenth, shares to a hundredth."""
    numbers = table.select_dtypes("float").items()
    digits = {name: 2 if x.abs().max() <= _SHORT_SCALE else 1 for name, x in numbers}
    return table.round({name: n for name, n in digits.items() if not str(name).startswith("p_")})
