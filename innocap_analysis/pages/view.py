"""What a page is looked at through: one language, and a ledger of every number that is said."""

from __future__ import annotations

import math
import platform
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cached_property
from operator import itemgetter
from typing import Any, Self

import pandas as pd
from matplotlib.axes import Axes

from innocap_analysis.data.units import name_unit
from innocap_analysis.files import write_atomically
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.pages.drawing.figure import (
    MAKER,
    REFERENCE,
    Chart,
    start_chart,
)
from innocap_analysis.pages.drawing.lettering import wrap_text
from innocap_analysis.pages.drawing.medium import SCREEN, Medium, find_media
from innocap_analysis.pages.drawing.saving import save_figure, save_file
from innocap_analysis.pages.facts import Fact, Ledger, Said
from innocap_analysis.pages.language import (
    PLACES,
    format_figure,
    format_number,
    format_p,
    format_share,
    get_translator,
    translate_plural,
    typeset,
)
from innocap_analysis.pages.names import NAMES_FILE, Forms, Name, bend_name, join_names, read_forms
from innocap_analysis.pages.texts import Prose, Table
from innocap_analysis.settings import Settings

COMPARISON = "comparison"
RESULTS = ".results.csv"
_SHORT = re.compile(r"[-+−\d]\S*( \S+){1,3}(?<=[\d)†%])")  # such as 21 (16–30) and 4 of 43


@dataclass(frozen=True)
class View:
    """A reader's view: turns codes and numbers into words of one language.

    `page` is the number of the notebook; figures go to `folder`, a unit's code or ``comparison``;
    `ledger` holds the facts that were printed; figures are laid out for `medium`.
    """

    settings: Settings
    codebook: Codebook
    language: str = "en"
    page: str = ""
    folder: str = COMPARISON
    ledger: Ledger = field(default_factory=Ledger, compare=False, repr=False)
    medium: Medium = SCREEN

    @property
    def root(self) -> str:
        """Code of the index."""
        return self.codebook.indexes[0]

    @property
    def wording(self) -> str:
        """Names of the other wordings that texts take, one after the other; empty for countries."""
        return ""

    @property
    def dimensions(self) -> list[str]:
        """Codes of the dimensions; the index itself where it has none."""
        return self.codebook.dimensions

    @property
    def nodes(self) -> list[str]:
        """The index and its dimensions."""
        return list(dict.fromkeys([self.root, *self.dimensions]))

    @property
    def profile(self) -> list[str]:
        """The index and what it is told in: its dimensions, or its indicators where it has none."""
        below = self.codebook.leaves if self.codebook.is_flat else self.dimensions
        return [self.root, *below]

    def lay_out_for(self, medium: Medium) -> Self:
        """Return the same view for figures of another medium; what it knows is not found anew."""
        other = replace(self, medium=medium)
        own = {field.name for field in fields(self)}
        other.__dict__.update({k: v for k, v in self.__dict__.items() if k not in own})
        return other

    def say(self, text: str, *about: str, **values: object) -> str:
        """Translate a text and fill its placeholders with facts and names, never bare numbers.

        What is not given is looked up about a unit and a node, then among the view's own facts.
        """
        text = get_translator(self.language, self.wording)(text)
        return self._fill(text, about, values)

    def say_number(self, one: str, many: str, *about: str, n: Said, **values: object) -> str:
        """Translate a text about `n` of something, in the form that the number asks for."""
        text = translate_plural(one, many, n.digits, self.language, self.wording)
        return self._fill(text, about, {"n": n, **values})

    def _fill(self, text: str, about: tuple[str, ...], values: Mapping[str, object]) -> str:
        return typeset(text.format_map(_Filling(self, about, values)), self.language)

    def look_up(self, name: str, *about: str) -> object:
        """Return what a placeholder stands for that was not given."""
        raise KeyError(name)

    def unit(self, code: str) -> str:
        """Return the name of a country or region."""
        return self.bend(name_unit(code, self.settings, self.language), code)

    def bend(self, text: str, code: str) -> Name:
        """Return the name of a country, region or place with its forms."""
        kind = "country" if len(code) == 2 else "place" if PLACES in self.wording else "region"
        return self.name(text, code, kind)

    def name(self, text: str, code: str, kind: str) -> Name:
        """Return a name with the forms that it takes inside a sentence."""
        return bend_name(typeset(text, self.language), code, kind, self.language, self._forms)

    @cached_property
    def _forms(self) -> Forms:
        return read_forms(self.settings.regions_path.parent / NAMES_FILE)

    def names(self, codes: Iterable[str]) -> dict[str, str]:
        """Return the names of several units by their codes."""
        return {code: self.unit(code) for code in codes}

    def units(self, codes: Iterable[str]) -> str:
        """Return the names of several units as a list in a sentence."""
        return self.join(map(self.unit, codes))

    def code(self, code: str) -> str:
        """Return the label of an indicator, group or index."""
        return self._labels[code]

    @cached_property
    def _labels(self) -> dict[str, Name]:
        label, kinds = self.codebook.label, self.codebook.table["kind"]
        return {
            code: self.name(label(code, self.language), code, kind) for code, kind in kinds.items()
        }

    def heading(self, code: str, room: float, size: float) -> str:
        """Return the label in bold lines that fit, long words broken."""
        room, size = self.medium.head(room), self.medium.size(size)
        return wrap_text(self.codebook.hyphenated(code, self.language), room, size, bold=True)

    def codes(self, codes: Iterable[str]) -> str:
        """Return several labels, separated by commas."""
        return ", ".join(map(self.code, codes))

    def join(self, texts: Iterable[str], *, style: str = "standard") -> str:
        """Return several texts as a list in a sentence; style ``or`` for alternatives."""
        return join_names(texts, self.language, style=style)

    def number(self, value: float, *, decimals: int = 1, sign: bool = False) -> str:
        """Return a number in the language's style."""
        return format_number(value, self.language, decimals=decimals, sign=sign)

    def figure(self, value: float, _: object = None) -> str:
        """Return a published figure with its own digits; also serves as a tick formatter."""
        return format_figure(value, self.language)

    def share(self, share: float, _: object = None, *, decimals: int = 0) -> str:
        """Return a share as a percentage; also serves as a tick formatter."""
        return format_share(share, self.language, decimals=decimals)

    def probability(self, share: float) -> str:
        """Return a simulated probability as a percentage."""
        return format_p(share, self.language)

    def p_value(self, p: float) -> str:
        """Return a p-value, never smaller than can be told."""
        least = 0.001
        return "<" + self.number(least, decimals=3) if p < least else self.number(p, decimals=3)

    def tick(self, *, decimals: int = 0) -> Callable[[float, object], str]:
        """Return a formatter for the numbers along an axis; they are a scale, no facts."""
        return lambda at, _: self.number(at, decimals=decimals)

    def colour(self, unit: str) -> str:
        """Return the colour of a partner country, grey for others."""
        country = self.settings.countries.get(unit)
        return country.colour if country else REFERENCE

    def marker(self, unit: str) -> str:
        """Return the marker of a partner country, a dot for others."""
        country = self.settings.countries.get(unit)
        return country.marker if country else "o"

    def looks(self, units: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return colour and marker of each unit."""
        units = dict.fromkeys(units)
        return {"palette": {unit: self.colour(unit) for unit in units},
                "markers": {unit: self.marker(unit) for unit in units}}  # fmt: skip

    def fact(
        self, measure: str, value: float, kind: str, unit: str = "", code: str = "", **more: Any
    ) -> Said:
        """Return a number that may be said; see :class:`~innocap_analysis.pages.facts.Fact`."""
        number = math.nan if value is None or pd.isna(value) else float(value)
        more = {k: float(v) if k in ("low", "high", "n") else v for k, v in more.items()}
        more.setdefault("sources", self.find_sources(code))
        return Said(Fact(self.page, unit, code, measure, kind, number, **more), self)

    def tally(self, measure: str, value: float, code: str = "", **more: Any) -> Said:
        """Return a count."""
        return self.fact(measure, value, "count", code=code, **more)

    def find_sources(self, code: str) -> tuple[str, ...]:
        """Return the names of the raw files behind a node."""
        return ()

    def find_year(self, unit: str, code: str) -> float:
        """Return the year that a figure is from; NaN where it has none."""
        return math.nan

    def tell_flags(self, units: Iterable[str], codes: Iterable[str]) -> list[str]:
        """Say what is known to be weak about the figures of some units, one line per weakness."""
        return []

    @property
    def circumstances(self) -> str:
        """Say what is other than the default about this view; empty where nothing is."""
        return ""

    @property
    def edition(self) -> str:
        """Return a short hash over the figures that the page rests on, for stamps and figures."""
        raise NotImplementedError

    @property
    def maker(self) -> str:
        """What makes figures and pages, and from which edition of the data, for their files."""
        return f"{MAKER}; data {self.edition}"

    def start_chart(
        self, title: str, subtitle: str, *, note: str = "", **chart: Any
    ) -> tuple[Chart, list[Axes]]:
        """Start a figure whose note and alternative text tell the circumstances of the view."""
        told = self.circumstances
        note = " ".join(filter(None, (note, told)))
        made, axes = start_chart(title, subtitle, note=note, medium=self.medium, **chart)
        made.maker = self.maker
        made.alt = " ".join(filter(None, (made.alt, told)))
        return made, axes

    def show(self, chart: Chart | Prose, name: str, *, sizes: Sequence[str] = ()) -> Chart | Prose:
        """Save a figure where this page's figures go, and return it to be shown.

        `sizes` such as ``8cm``, ``16cm+title`` and ``slide`` are laid out for documents as well.
        A text that stands in for a figure, because there is nothing to draw, is only shown.
        """
        if isinstance(chart, Prose):
            return chart
        where = {"folder": self.folder, "language": self.language}
        if self.settings.index and not self.settings.publishes:
            name = f"{name}@{self.settings.index}"  # the batch names files itself
        save_figure(chart, name, settings=self.settings, **where)
        media = find_media(sizes)
        if media and (chart.redraw or sizes):
            from innocap_analysis.pages.figure_files import make_figure_files

            for stem, ending, content in make_figure_files(self, chart, name, media):
                save_file(content, stem, ending, settings=self.settings, **where)
        return chart

    def table(
        self,
        items: Iterable[Any],
        columns: Mapping[str, Callable[[Any], object]] | None = None,
        *,
        caption: str = "",
        english: Sequence[str] = (),
    ) -> Table:
        """Return a table: what each column makes of every item, facts set flush right.

        Without `columns` the items are rows, with a cell under each heading. `english` lists the
        headings of columns whose texts stay English on every page.
        """
        items = list(items)
        if columns is None:
            columns = {head: itemgetter(head) for head in (items[0] if items else ())}
        cells = {head: [make(item) for item in items] for head, make in columns.items()}
        numeric = tuple(
            any(isinstance(cell, Said) for cell in column)
            and all(isinstance(cell, Said) or cell == "" for cell in column)
            for column in cells.values()
        )
        texts = pd.DataFrame({h: [_keep_together(str(c)) for c in own] for h, own in cells.items()})
        return Table(texts, numeric, caption, {h: "en" for h in english if self.language != "en"})

    def write_list(self, sentences: Iterable[str]) -> Prose:
        """Return sentences as a bulleted list."""
        return Prose("\n".join(f"- {sentence}" for sentence in sentences))

    def stamp(self) -> Prose:
        """Close the page: write its results, and return the line that says how it was made."""
        from innocap_analysis import __version__

        config = self.settings
        if config.publishes:
            other = "" if self.language == config.default_language else f".{self.language}"
            place = config.reports_dir / self.folder / f"{self.page}{other}{RESULTS}"
            write_atomically(place, self.ledger.to_csv())
        told = {"date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"), "version": __version__,
                "python": platform.python_version(), "pandas": pd.__version__}  # fmt: skip
        return Prose(
            self.say(
                "Made {date} (UTC) with innocap_analysis {version}, Python {python}, pandas "
                "{pandas}; data {data}.",
                data=self.edition, **told,
            )
        )  # fmt: skip


def _keep_together(text: str) -> str:
    """Return a number with what stands behind it, such as its interval, on one line of a cell."""
    return text.replace(" ", "\N{NO-BREAK SPACE}") if _SHORT.fullmatch(text) else text


@dataclass(frozen=True)
class _Filling:
    """What the placeholders of a text stand for."""

    view: View
    about: tuple[str, ...]
    values: Mapping[str, object]

    def __getitem__(self, name: str) -> object:
        given = name in self.values
        value = self.values[name] if given else self.view.look_up(name, *self.about)
        if not isinstance(value, (Said, str)):
            raise TypeError(f"say(): {name} is a bare {type(value).__name__}, no fact")
        return value
