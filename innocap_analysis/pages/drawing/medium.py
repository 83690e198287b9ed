"""What a figure is drawn for: a page on a screen, a column of a document, a slide."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

from innocap_analysis.errors import InnocapError, suggest

# Set by the batch: names of sizes that figures are laid out for beside the page's.
FIGURES_VARIABLE = "INNOCAP_FIGURES"
SMALLEST = 7.5  # points; no letter is set smaller in a document
TITLED = "title"  # what the name of a medium ends with where the finding stands above the figure
_CM = 1 / 2.54
_LETTERS = 9.0  # points of a row's name on a screen
_NARROW = 5.0  # inches


@dataclass(frozen=True)
class Medium:
    """The space that a figure is laid out for, which is more than scaling it.

    Attributes
    ----------
    name : str
        What the names of its files carry; empty for a page on a screen.
    width : float
        Inches.
    letters : float
        Size of the letters against those on a screen; never under :data:`SMALLEST` points.
    dpi : int
        Pixels to the inch.
    titled : bool
        Whether the finding stands above the figure; a document has it in the caption.
    words : bool
        Whether letters in an SVG are text that can be searched and edited.
    tallest : float
        Inches that a figure may be high where smaller letters can help.
    """

    name: str = ""
    width: float = 8.0
    letters: float = 1.0
    dpi: int = 160
    titled: bool = True
    words: bool = False
    tallest: float = math.inf

    def size(self, points: float) -> float:
        """Return the size in points of letters that have so many on a screen."""
        return points if not self.name else max(SMALLEST, points * self.letters)

    @property
    def narrow(self) -> bool:
        """Whether panels stand below each other."""
        return self.width < _NARROW

    def room(self, share: float) -> float:
        """Return the points that the names of rows may take; on a screen as many as they need."""
        return math.inf if not self.name else share * self.width * 72

    def head(self, points: float) -> float:
        """Return how wide the title of a panel may be that has so many points on a screen."""
        if not self.name:
            return points
        return 0.48 * self.width * 72 if self.narrow else points * self.width / SCREEN.width

    def shrink(self, height: float) -> Medium:
        """Return the medium with letters that make a figure of this height fit, if any can."""
        least = min(1.0, SMALLEST / _LETTERS)
        if not self.name or height <= self.tallest or self.letters < 1.1 * least:
            return self
        return replace(self, letters=max(least, self.letters * self.tallest / height))


SCREEN = Medium()
_PRINT: dict[str, bool] = {"titled": False, "words": True}
COLUMN = Medium("8cm", 8 * _CM, 0.84, 300, **_PRINT, tallest=9.4)
PAGE = Medium("16cm", 16 * _CM, 0.94, 300, **_PRINT, tallest=9.4)
SLIDE = Medium("slide", 12.0, 1.7, 150, **_PRINT, tallest=6.2)
DOCUMENTS = (COLUMN, PAGE, SLIDE)


def find_media(names: Iterable[str] = ()) -> list[Medium]:
    """Return media by their names: ``8cm``, ``16cm``, ``slide``, each also as ``8cm+title``.

    Without names they are those that the batch asks for.
    """
    known = {medium.name: medium for medium in DOCUMENTS}
    known |= {
        f"{name}+{TITLED}": replace(medium, name=f"{name}-{TITLED}", titled=True)
        for name, medium in known.items()
    }
    found = []
    for name in dict.fromkeys(names or os.environ.get(FIGURES_VARIABLE, "").split()):
        if name not in known:
            raise InnocapError(
                f"figures for {name!r}: choose from {', '.join(known)}" + suggest(name, [*known])
            )
        found.append(known[name])
    return found
