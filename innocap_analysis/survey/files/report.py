"""What an import found out and decided, for the reader of the answers."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class ImportReport:
    """How a file was read.

    Attributes
    ----------
    file : str
        Name of the file.
    tool, encoding, delimiter : str
        Found out, or as told; empty where a kind of file has none.
    decimal_comma : bool
        Whether a number with a decimal comma was met.
    header_row : int
        Row of the header, from 1.
    rows : int
        Responses read.
    columns : DataFrame
        One row per column: `position` (from 1), `header`, `read_as` (item, option, role,
        ``personal`` or ``unmatched``), `code`. Personal and unmatched ones were left out.
    missing_items : tuple of str
        Items of the questionnaire that the file lacks.
    typed_other : int
        Answers that somebody typed instead of choosing one, read as *other*.
    """

    file: str
    tool: str
    encoding: str
    delimiter: str
    decimal_comma: bool
    header_row: int
    rows: int
    columns: pd.DataFrame
    missing_items: tuple[str, ...] = ()
    typed_other: int = 0

    @property
    def dropped(self) -> list[str]:
        """Headers of the columns that were left out."""
        out = self.columns["read_as"].isin(["personal", "unmatched"])
        return list(self.columns.loc[out, "header"])

    def __str__(self) -> str:
        how = ", ".join(
            part
            for part in (self.encoding, self.delimiter and f"delimiter {self.delimiter}",
                         "decimal comma" if self.decimal_comma else "")
            if part
        )  # fmt: skip
        kinds = self.columns["read_as"].value_counts()
        lines = [
            f"{self.file}: {self.tool}" + (f" ({how})" if how else ""),
            f"  header in row {self.header_row}, {self.rows} responses",
            f"  {kinds.get('item', 0) + kinds.get('option', 0)} columns are items, "
            f"{kinds.get('role', 0)} say when and how",
        ]
        for kind, told in (
            ("personal", "left out as personal"),
            ("unmatched", "left out, not in the questionnaire"),
        ):
            headers = self.columns.loc[self.columns["read_as"] == kind, "header"]
            if len(headers):
                lines.append(f"  {told}: {', '.join(headers)}")
        if self.typed_other:
            lines.append(f"  {self.typed_other} answers were typed by hand and are read as other")
        if self.missing_items:
            lines.append(f"  not in the file: {', '.join(self.missing_items)}")
        return "\n".join(lines)
