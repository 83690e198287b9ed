"""What an import found out and decided, for the reader of the answers."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class ImportReport:
    """How a file was read: what was found out or told, and what was left out."""

    file: str
    tool: str
    encoding: str
    delimiter: str
    decimal_comma: bool  # whether a number had one
    header_row: int  # from 1
    rows: int  # responses
    columns: pd.DataFrame  # of list_columns; personal and unmatched ones were left out
    missing_items: tuple[str, ...] = ()  # that the file lacks
    typed_other: int = 0  # answers that somebody typed instead of choosing one
    notes: tuple[str, ...] = ()  # on what the tool says and could not be read

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
        lines += [f"  {note}" for note in self.notes]
        if self.missing_items:
            lines.append(f"  not in the file: {', '.join(self.missing_items)}")
        return "\n".join(lines)
