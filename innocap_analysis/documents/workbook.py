"""A brief as an Excel workbook: its tables, and every number with what it is and its source."""

from __future__ import annotations

import io
import math
from typing import Any

import xlsxwriter

from innocap_analysis.documents.archive import MADE, fix_archive
from innocap_analysis.documents.brief import Bars, Brief, Cell, Grid
from innocap_analysis.documents.look import ACCENT, LINE, MAKER, QUIET
from innocap_analysis.documents.meanings import name_measure, name_unit_of_measure
from innocap_analysis.pages.facts import SYNTHETIC, Fact, Said

# Excel writes them with the signs of the reader's own language.
_FORMATS = {
    "points": "0.0", "gap": "+0.0;-0.0;0.0", "own_points": "0.00",
    "own_gap": "+0.00;-0.00;0.00", "rank": "0", "count": "#,##0", "year": "0",
    "km2": "#,##0", "per_km2": "0.0#", "share": "0%", "probability": "0.0%", "number_0": "0",
    "figure": "0.0####",
}  # fmt: skip
_ROWS_OF_CHART, _LINE_POINTS = 16, 15
_MOST_LETTERS = 31  # of a sheet's name


def write_workbook(brief: Brief) -> bytes:
    """Return a brief as XLSX; a text is never taken for a formula or a link."""
    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    with xlsxwriter.Workbook(made, options) as book:
        book.set_properties(
            {"title": brief.full_title, "subject": brief.headline, "author": MAKER,
             "comments": brief.foot,
             "created": MADE}
        )  # fmt: skip
        writer = _Writer(book, brief)
        writer.write_opening()
        for section in brief.sections:
            if section.grid:
                writer.write_grid(section.title, section.grid, section.bars)
        writer.write_numbers()
    return fix_archive(made.getvalue())


class _Writer:
    """Writes the sheets of one workbook."""

    def __init__(self, book: Any, brief: Brief) -> None:
        self.book, self.brief, self.view = book, brief, brief.view
        base = {"font_name": "Arial", "font_size": 11, "valign": "top"}
        self._base = base
        self._known: dict[str, Any] = {}
        add = book.add_format
        self.title = add(base | {"bold": True, "font_size": 20, "font_color": f"#{ACCENT}"})
        head = base | {"bold": True, "text_wrap": True, "font_color": "#FFFFFF",
                       "bg_color": f"#{ACCENT}", "valign": "vcenter"}  # fmt: skip
        self.head = add(head | {"indent": 1})
        self.head_right = add(head | {"align": "right"})
        self.text = add(
            base
            | {
                "text_wrap": True,
                "align": "left",
                "indent": 1,
                "bottom": 1,
                "bottom_color": f"#{LINE}",
            }
        )
        self.plain = add(base | {"text_wrap": True})
        self.bold = add(base | {"bold": True, "text_wrap": True})
        self.quiet = add(base | {"font_color": f"#{QUIET}", "text_wrap": True})

    def number(self, kind: str) -> Any:
        """Return the format of a kind of number."""
        shape = _FORMATS.get(kind, "0.0##")
        if shape not in self._known:
            own = {"num_format": shape, "bottom": 1, "bottom_color": f"#{LINE}"}
            self._known[shape] = self.book.add_format(self._base | own)
        return self._known[shape]

    def add_sheet(self, name: str) -> Any:
        """Add a sheet that prints on one page across."""
        clean = "".join(" " if sign in "[]:*?/\\" else sign for sign in name).strip(" '")
        sheet = self.book.add_worksheet(clean[:_MOST_LETTERS])
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        return sheet

    def write_opening(self) -> None:
        """Write what is to be remembered, and the sentences of every section."""
        brief = self.brief
        sheet = self.add_sheet(brief.title)
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 100)
        rows: list[tuple[str, str, Any]] = [
            (brief.kicker, "", self.quiet), (brief.title, "", self.title),
            ("", brief.headline, self.bold),
            *((lead, text, self.bold) for lead, text in brief.messages),
        ]  # fmt: skip
        for section in brief.sections:
            told = [text for text in (section.message, *section.points) if text]
            rows += [(section.title if i == 0 else "", text, self.bold)
                     for i, text in enumerate(told)]  # fmt: skip
        rows.append(("", brief.foot, self.quiet))
        for row, (left, right, style) in enumerate(rows):
            sheet.write_string(row, 0, left, style)
            sheet.write_string(row, 1, right, self.quiet if style is self.quiet else self.plain)
            if style is not self.title:
                lines = max(_count_lines(left, 26), _count_lines(right, 100))
                sheet.set_row(row, _LINE_POINTS * lines)

    def write_grid(self, name: str, grid: Grid, bars: Bars | None) -> None:
        """Write a table on a sheet of its own, with a chart of it where there is one."""
        sheet = self.add_sheet(name)
        self._write_table(sheet, grid.heads, grid.rows)
        if bars is None:
            return
        chart = self.book.add_chart({"type": "bar"})
        for label, colour, numbers in bars.series:
            rows, columns = zip(*(_find(grid, number) for number in numbers), strict=True)
            along = len(set(rows)) == 1  # a series is a row of the table, or a column
            names = (0, columns[0], 0, columns[-1]) if along else (rows[0], 0, rows[-1], 0)
            chart.add_series(
                {"name": label, "categories": [sheet.get_name(), *names],
                 "values": [sheet.get_name(), rows[0], columns[0], rows[-1], columns[-1]],
                 "fill": {"color": colour}, "gap": 60, "data_labels": {"value": True}}
            )  # fmt: skip
        chart.set_title({"name": bars.title, "name_font": {"size": 12, "color": f"#{ACCENT}"}})
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"name": bars.axis, "major_gridlines": {"visible": False}})
        chart.set_legend({"position": "bottom"})
        options = {"object_position": 2, "description": self.brief.messages[1][1]}
        chart.set_size({"width": 800, "height": 20 * _ROWS_OF_CHART})
        sheet.insert_chart(len(grid.rows) + 3, 0, chart, options)

    def _write_table(self, sheet: Any, heads: Any, rows: Any) -> None:
        numeric = [any(isinstance(row[i], Said | float) for row in rows) for i in range(len(heads))]
        widths = []
        for i, head in enumerate(heads):
            sheet.write_string(0, i, head, self.head_right if numeric[i] else self.head)
            longest = max((len(f"{row[i]}") for row in rows), default=0)
            wide = max((len(part) for part in head.split()), default=0)
            widths.append(min(48, max(longest, wide + 3, 8) + 2))
            sheet.set_column(i, i, widths[-1])
        pairs = [zip(row, widths, strict=True) for row in (heads, *rows)]
        for j, cells in enumerate(pairs):
            lines = max(_count_lines(f"{cell}", width - 1) for cell, width in cells)
            sheet.set_row(j, _LINE_POINTS * lines + 3)
        for j, row in enumerate(rows, start=1):
            for i, cell in enumerate(row):
                self._write_cell(sheet, j, i, cell)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.autofilter(0, 0, len(rows), len(heads) - 1)

    def _write_cell(self, sheet: Any, row: int, column: int, cell: Any) -> None:
        if isinstance(cell, Said) and not cell.fact.hidden and not math.isnan(float(cell)):
            sheet.write_number(row, column, float(cell), self.number(cell.fact.kind))
        elif isinstance(cell, float):
            sheet.write_number(row, column, cell, self.number("number_0"))
        else:
            sheet.write_string(row, column, f"{cell}", self.text)

    def write_numbers(self) -> None:
        """Write every fact of the brief: about whom and what, how large, from when and whence."""
        say = self.view.say
        heads = (
            say("About"), say("Of what"), say("Measure"), say("Value"), say("From"), say("To"),
            say("Rests on"), say("Unit of measure"), say("Year"), say("Sources"),
            say("Known weakness"), say("Id in results.csv"),
        )  # fmt: skip
        rows = [self._tell_fact(fact) for _, fact in sorted(self.view.ledger.facts.items())]
        sheet = self.add_sheet(say("All numbers"))
        self._write_table(sheet, heads, rows)

    def _tell_fact(self, fact: Fact) -> tuple[Cell | float, ...]:
        view, names = self.view, self.brief.names
        said = Said(fact, view)
        year = view.find_year(fact.unit, fact.code)
        dated = fact.unit and fact.measure in ("value", "score", "gap")
        flag = "; ".join(
            text.split(": ", 1)[1].removesuffix(".")
            for text in view.tell_flags([fact.unit], [fact.code])
        )
        ends = (said.low, said.high) if not math.isnan(fact.low) else ("", "")
        return (
            names.get(fact.unit) or view.unit(fact.unit) if fact.unit else say_all(self.brief),
            names.get(fact.code) or view.code(fact.code) if fact.code else "",
            name_measure(view, fact.measure), said, *ends,
            fact.n if not math.isnan(fact.n) else "",
            name_unit_of_measure(view, fact.kind),
            year if dated and not math.isnan(year) else "",
            ", ".join(fact.sources),
            fact.flag if fact.flag == SYNTHETIC else flag if fact.flag else "", fact.id,
        )  # fmt: skip


def say_all(brief: Brief) -> str:
    """Return what stands for everyone."""
    return brief.view.say("All countries")


def _find(grid: Grid, number: Said) -> tuple[int, int]:
    """Return row and column of a number in the sheet of a table, the heads being row 0."""
    return next(
        (j, i)
        for j, row in enumerate(grid.rows, start=1)
        for i, cell in enumerate(row)
        if isinstance(cell, Said) and cell.fact.id == number.fact.id
    )


def _count_lines(text: str, width: float) -> int:
    return -(-len(text) // int(width)) or 1
