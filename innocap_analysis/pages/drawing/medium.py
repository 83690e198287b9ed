"""What a figure is drawn for: a page on a screen, a column of a document, a slide."""

from __future__ import annotations

import math
from dataclasses import dataclass

SMALLEST = 7.5  # points; no letter is set smaller in a document
_CM = 1 / 2.54


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
    """

    name: str = ""
    width: float = 8.0
    letters: float = 1.0
    dpi: int = 160
    titled: bool = True
    words: bool = False

    def size(self, points: float) -> float:
        """Return the size in points of letters that have so many on a screen."""
        return points if not self.name else max(SMALLEST, points * self.letters)

    def tall(self, inches: float, rows: int = 0) -> float:
        """Return the height of a panel; `rows` is how many lines of text the rows need."""
        if not self.name:
            return inches
        needed = rows * self.size(9) * 1.45 / 72 + 4 * self.size(9) / 72
        return math.ceil(100 * max(inches * self.letters * 0.8, needed)) / 100

    @property
    def room(self) -> float:
        """Points that the names of rows may take."""
        return math.inf if not self.name else 0.36 * self.width * 72


SCREEN = Medium()
COLUMN = Medium("8cm", 8 * _CM, 0.84, 300, titled=False, words=True)
PAGE = Medium("16cm", 16 * _CM, 0.94, 300, titled=False, words=True)
SLIDE = Medium("slide", 12.0, 1.7, 150, titled=False, words=True)
DOCUMENTS = (COLUMN, PAGE, SLIDE)
