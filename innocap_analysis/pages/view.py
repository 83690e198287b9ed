"""What a page is looked at through: data, language, reference set and place, chosen once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from innocap_analysis.files import write_atomically
from innocap_analysis.pages.drawing.figure import Chart, save_figure, start_chart
from innocap_analysis.pages.facts import Fact, Ledger, Said
from innocap_analysis.pages.labels import Labels
from innocap_analysis.pages.prose import Prose, write_stamp
from innocap_analysis.pages.tables import Table

COMPARISON = "comparison"
RESULTS = ".results.csv"


@dataclass(frozen=True)
class View(Labels):
    """A reader's view: speaks one language, and keeps a ledger of every number that it says.

    Attributes
    ----------
    settings, codebook, language
        As in :class:`~innocap_analysis.pages.labels.Labels`.
    page : str
        Number of the notebook, such as ``40``.
    folder : str
        Where its figures go: a unit's code or ``comparison``.
    ledger : Ledger
        The facts that were printed.
    """

    page: str = ""
    folder: str = COMPARISON
    ledger: Ledger = field(default_factory=Ledger, compare=False, repr=False)

    def say(self, text: str, **values: object) -> str:
        """Translate a text and fill its placeholders with facts and names, never bare numbers."""
        for name, value in values.items():
            if not isinstance(value, (Said, str)):
                raise TypeError(f"say({text!r}): {name} is a bare {type(value).__name__}, no fact")
        return self.translate(text).format(**values)

    def fact(
        self,
        measure: str,
        value: float,
        kind: str,
        *,
        unit: str = "",
        code: str = "",
        **more: Any,  # noqa: ANN401 - the other fields of a fact
    ) -> Said:
        """Return a number that may be said; see :class:`~innocap_analysis.pages.facts.Fact`."""
        number = math.nan if value is None or pd.isna(value) else float(value)
        more = {k: float(v) if k in ("low", "high", "n") else v for k, v in more.items()}
        if "sources" not in more:
            more["sources"] = self.find_sources(code)
        fact = Fact(self.page, unit, code, measure, kind, number, **more)
        return Said(fact, self, self.ledger)

    def find_sources(self, code: str) -> tuple[str, ...]:
        """Return the names of the raw files behind a node."""
        return ()

    @property
    def circumstances(self) -> str:
        """Say what is other than the default about this view; empty where nothing is."""
        return ""

    def start_chart(
        self,
        title: str,
        subtitle: str,
        *,
        note: str = "",
        **chart: Any,  # noqa: ANN401 - passed on
    ) -> tuple[Chart, list[Axes]]:
        """Start a figure whose note and alternative text tell the circumstances of the view."""
        told = self.circumstances
        made, axes = start_chart(
            title, subtitle, note=" ".join(filter(None, (note, told))), **chart
        )
        if told:
            made.alt = f"{made.alt} {told}"
        return made, axes

    def tick(self, *, decimals: int = 0) -> Callable[[float, object], str]:
        """Return a formatter for the numbers along an axis; they are a scale, no facts."""
        return lambda at, _: self.number(at, decimals=decimals)

    def tick_share(self, at: float, _: object = None) -> str:
        """Write a share along an axis."""
        return self.share(at)

    def show(self, chart: Chart | Prose, name: str) -> Chart | Prose:
        """Save a figure where this page's figures go, and return it to be shown.

        A text that stands in for a figure, because there is nothing to draw, is only shown.
        """
        if isinstance(chart, Prose):
            return chart
        return save_figure(
            chart, name, folder=self.folder, language=self.language, settings=self.settings
        )

    def table(
        self,
        rows: Sequence[Mapping[str, object]],
        heads: Mapping[str, str] | None = None,
        *,
        caption: str = "",
        english: Sequence[str] = (),
    ) -> Table:
        """Return a table of facts and names; facts are set flush right.

        `heads` names the columns by the keys of the rows; without it the keys are the names.
        `english` lists the keys of columns whose texts stay English on every page.
        """
        heads = heads if heads is not None else {name: name for name in (rows or [{}])[0]}
        numeric = tuple(
            any(isinstance(row[name], Said) for row in rows)
            and all(isinstance(row[name], Said) or row[name] == "" for row in rows)
            for name in heads
        )
        cells = {head: [str(row[name]) for row in rows] for name, head in heads.items()}
        marked = {heads[name]: "en" for name in english if self.language != "en"}
        return Table(pd.DataFrame(cells), numeric, caption, marked)

    def list(self, sentences: Sequence[str]) -> Prose:
        """Return sentences as a bulleted list."""
        return Prose("\n".join(f"- {sentence}" for sentence in sentences))

    def close(self, digest: str) -> Prose:
        """Write the results of the page, and return the line that says how it was made."""
        config = self.settings
        if config.publishes:
            other = "" if self.language == config.default_language else f".{self.language}"
            place = config.reports_dir / self.folder / f"{self.page}{other}{RESULTS}"
            write_atomically(place, self.ledger.to_csv())
        return write_stamp(self, digest)
