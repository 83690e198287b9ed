"""Text measured with the font itself, before a figure is drawn."""

from __future__ import annotations

import functools

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags

FAMILY = "DejaVu Sans"
LINE_SPACING = 1.35


def wrap_text(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Break a text into lines that fit, measured with the font itself.

    Parameters
    ----------
    text : str
        One paragraph.
    room : float
        Width in points.
    size : float
        Font size in points.
    bold : bool
        Whether the text is set in bold.

    Returns
    -------
    str
        The text with line breaks.
    """
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}".strip()
        if line and measure_width(longer, size, bold=bold) > room:
            lines.append(line)
            line = word
        else:
            line = longer
    return "\n".join([*lines, line])


def measure_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width in points of a line of text set at a size in points."""
    # The sum of the letters, without kerning: shaping each text takes longer than drawing it,
    # and kerning only draws letters together.
    return size * sum(_letter_width(letter, bold) for letter in text)


@functools.lru_cache(maxsize=4096)
def _letter_width(letter: str, bold: bool) -> float:
    """Return the width of a letter set at size 1."""
    font = FontProperties(family=FAMILY, weight="bold" if bold else "normal")
    face = get_font(findfont(font))
    face.set_size(100, 72)
    glyph = face.load_char(ord(letter), flags=LoadFlags.NO_HINTING)
    return float(glyph.linearHoriAdvance) / 65536 / 100


def measure_height(text: str, size: float) -> float:
    """Return the height in inches of lines of text set at a size in points."""
    return (text.count("\n") + 1) * size * LINE_SPACING / 72
