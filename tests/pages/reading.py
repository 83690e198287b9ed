"""Pages read as a reader does: the cells of a notebook run here, what they show is kept."""

from __future__ import annotations

import ast
import functools
import json
import re
from dataclasses import dataclass, field
from typing import Any

from matplotlib.text import Text

from innocap_analysis.documents.brief import Brief
from innocap_analysis.documents.save import make_brief
from innocap_analysis.pages.drawing.figure import Chart
from innocap_analysis.pages.facts import Fact
from innocap_analysis.pages.opening import open_view
from innocap_analysis.pages.texts import Table
from innocap_analysis.pages.view import View
from tests.frozen import EDITION

NOTEBOOKS = {path.name[:2]: path for path in sorted((EDITION / "notebooks").glob("*.ipynb"))}
# Signs of the languages: minus, joined dashes, spaces inside numbers.
_SIGNS = str.maketrans({"−": "-", "\u2060": "", "\u00a0": " ", "\u202f": " ", "†": ""})
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d ,]*(?:[.,]\d+)?")


@dataclass
class Page:
    """What one notebook showed.

    Attributes
    ----------
    charts, tables, texts : list
        In the order of the cells.
    facts : dict of str to Fact
        The ledger.
    namespace : dict
        What the cells defined.
    """

    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    facts: dict[str, Fact] = field(default_factory=dict)
    namespace: dict[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> list[str]:
        """Every text that holds numbers, but for the bare numbers of a scale along an axis."""
        found = list(self.texts)
        for chart in self.charts:
            scales = {id(text) for ax in chart.axes for text in _find_scale(ax)}
            found += [
                text.get_text()
                for text in chart.findobj(Text)
                if text.get_text() and id(text) not in scales
            ]
            found.append(chart.alt)
        for table in self.tables:
            found += [*table.cells.columns, *map(str, table.cells.to_numpy().ravel())]
            found.append(table.caption)
        return found


def _find_scale(ax: Any) -> list[Text]:
    """Return the tick labels on either side that name nothing; those with letters are rows."""
    ticks = [tick for axis in (ax.xaxis, ax.yaxis) for tick in axis.majorTicks + axis.minorTicks]
    labels = [label for tick in ticks for label in (tick.label1, tick.label2)]
    return [label for label in labels if not any(x.isalpha() for x in label.get_text())]


def read_numbers(text: str) -> list[float]:
    """Return the numbers in an English text."""
    plain = text.translate(_SIGNS)
    return [float(part.replace(" ", "").replace(",", "")) for part in NUMBER.findall(plain)]


@functools.cache
def read_page(number: str, **parameters: object) -> Page:
    """Run the code cells of a notebook with some parameters and keep what they show.

    Figures are made but neither drawn nor saved: see the fixture ``no_files``.
    """
    page = Page()
    names: dict[str, Any] = {"display": lambda shown: _keep(page, shown)}
    notebook = json.loads(NOTEBOOKS[number].read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        code = ast.parse("".join(cell["source"]))
        last = code.body.pop() if code.body and isinstance(code.body[-1], ast.Expr) else None
        exec(compile(code, number, "exec"), names)  # the project's own notebooks
        if "parameters" in cell["metadata"].get("tags", []):
            assert set(parameters) <= set(names), f"{number} lacks {set(parameters) - set(names)}"
            names.update(parameters)
        if last is not None:
            shown = eval(compile(ast.Expression(last.value), number, "eval"), names)  # noqa: S307
            _keep(page, shown)
    for value in names.values():
        if isinstance(value, View):
            page.facts |= value.ledger.facts
    page.namespace = names
    return page


@functools.cache
def read_brief(unit: str | None, language: str = "en") -> Brief:
    """Return the brief about a country, or about all, with every number of its tables printed."""
    brief = make_brief(open_view("05", region=unit, language=language))
    for section in brief.sections:
        for row in section.grid.rows if section.grid else ():
            list(map(str, row))
    return brief


def _keep(page: Page, shown: object) -> None:
    if isinstance(shown, Chart):
        page.charts.append(shown)
    elif isinstance(shown, Table):
        page.tables.append(shown)
    elif shown is not None:
        page.texts.append(str(shown))
