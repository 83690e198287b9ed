"""What a brief says, whatever it is written as: every number in it is a fact of its view."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.pages.drawing.figure import Chart
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.language import typeset
from innocap_analysis.pages.view import View

Cell = str | Said
Pictures = dict[str, tuple[bytes, str]]  # by name: the drawing, and how to read it
PAGE_FORMAT = "html"
STEM = "brief"  # of the files' names
NAMES = {"pdf": "PDF", "docx": "Word", "pptx": "PowerPoint", "xlsx": "Excel"}
FORMATS = (PAGE_FORMAT, "pdf", "docx", "pptx", "xlsx")


@dataclass(frozen=True)
class Grid:
    """A table: `numeric` columns are set flush right; `languages` are those of foreign columns."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    languages: tuple[str, ...] = ()

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold numbers."""
        return tuple(
            any(isinstance(row[i], Said) for row in self.rows) for i in range(len(self.heads))
        )

    def language(self, column: int) -> str:
        """Return the language of a column where it is not the brief's."""
        return self.languages[column] if self.languages else ""


@dataclass(frozen=True)
class Bars:
    """What a chart of a slide shows: a number of each series for each name."""

    title: str
    axis: str
    names: tuple[str, ...]
    series: tuple[tuple[str, str, tuple[Said, ...]], ...]  # its name, its colour, its numbers


@dataclass(frozen=True)
class Picture:
    """A figure, with what a reader is told who does not see it.

    Attributes
    ----------
    name : str
        Of its files.
    draw : callable
        Draws it from a view, which says for what medium.
    alt : str
        The finding and the values.
    source : str
        Whose figures it shows, and from when.
    """

    name: str
    draw: Callable[[Any], Chart]
    alt: str
    source: str


@dataclass(frozen=True)
class Section:
    """One question of the brief and its answer; a slide of its own.

    Attributes
    ----------
    key : str
        What it is about, the same in every language.
    title : str
        Its heading.
    message : str
        The answer in one sentence; empty where the table is the answer.
    points : tuple of str
        More sentences.
    """

    key: str
    title: str
    message: str = ""
    points: tuple[str, ...] = ()
    grid: Grid | None = None
    picture: Picture | None = None
    bars: Bars | None = None


@dataclass(frozen=True)
class Brief:
    """What is told of one country or place, or of all countries.

    Attributes
    ----------
    view : View
        Language, facts and figures.
    kicker : str
        What all briefs are about.
    title : str
        Whom this one is about.
    headline : str
        The first sentence.
    messages : tuple of (str, str)
        The three things to remember: what each is about, and the sentence.
    sections : tuple of Section
        In the order of reading.
    foot : str
        How it was made.
    names : dict of str to str
        What units and codes are called that its view does not know.
    """

    view: View
    kicker: str
    title: str
    headline: str
    messages: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    foot: str
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def full_title(self) -> str:
        """Whom the brief is about, and what all briefs are about."""
        return typeset(f"{self.title}: {self.kicker}", self.language)

    @property
    def language(self) -> str:
        """The language of its texts."""
        return self.view.language

    def leads_with(self, section: Section) -> bool:
        """Whether a section begins with its message, which does not stand above already."""
        return bool(section.message) and section.message not in dict(self.messages).values()

    def _repr_markdown_(self) -> str:
        told = (f"- **{end_lead(lead)}** {text}" for lead, text in self.messages)
        return "\n".join([f"**{self.title}.** {self.headline}", "", *told])


def check_formats(formats: Sequence[str]) -> list[str]:
    """Return formats in their order, each once, or say which there are."""
    for name in formats:
        if name not in FORMATS:
            raise InnocapError(
                f"--format {name!r}: choose from {', '.join(FORMATS)}{suggest(name, list(FORMATS))}"
            )
    return [name for name in FORMATS if name in formats]


def make_grid(
    caption: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    languages: Sequence[str] = (),
) -> Grid | None:
    """Return a table, or nothing where there is no row."""
    found = tuple(tuple(row) for row in rows)
    return Grid(caption, tuple(heads), found, tuple(languages)) if found else None


def end_lead(text: str) -> str:
    """Return the beginning of a message with a full stop, unless it asks."""
    return text if text.endswith("?") else f"{text}."
