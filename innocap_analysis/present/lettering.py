"""Text measured and traced with the font itself, each word shaped once."""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.path import Path
from matplotlib.textpath import TextToPath

FAMILY = "DejaVu Sans"
LINE_SPACING = 1.35
UNIT = float(TextToPath.FONT_SCALE)  # the size in points at which words are shaped

# HarfBuzz draws no letters together over a space or beside a digit in DejaVu Sans, so that a
# line is the sum of such pieces, to the last unit of the font. Shaping a line takes longer
# than drawing it, and figures are made of the same words.
_PIECE = re.compile(r"\d|\s|[^\d\s]+")
_PROBE = "|"  # stands after a piece to tell where the next one begins
_TRACER = TextToPath()
_OUTLINES: dict[str, tuple[np.ndarray, np.ndarray]] = {}


class Extent(NamedTuple):
    """Size of a line set at a size of ``UNIT`` points: where the ink ends, and the advance."""

    width: float
    top: float
    bottom: float


class _Piece(NamedTuple):
    glyphs: tuple[tuple[str, float], ...]
    advance: float
    vertices: np.ndarray
    codes: np.ndarray


class Face(NamedTuple):
    """One font file, and how tall its lines are for each point of size."""

    file: str
    ascent: float
    descent: float
    gap: float


_FACES: dict[tuple[object, ...], Face] = {}


def find_face(prop: FontProperties) -> Face:
    """Return the font of some properties; their size plays no part."""
    key = (*prop.get_family(), prop.get_style(), prop.get_variant(), prop.get_weight(),
           prop.get_stretch(), prop.get_file())  # fmt: skip
    if key not in _FACES:
        _FACES[key] = _read_face(findfont(prop))
    return _FACES[key]


@functools.cache
def _read_face(file: str) -> Face:
    font = get_font(file)
    head, lines = font.get_sfnt_table("head"), font.get_sfnt_table("OS/2")
    if head is None or lines is None:
        font.set_size(1, 72)
        return Face(file, font.ascender / 64, -font.descender / 64, 0.0)
    em = head["unitsPerEm"]
    return Face(file, lines["sTypoAscender"] / em, -lines["sTypoDescender"] / em,
                lines["sTypoLineGap"] / em)  # fmt: skip


@functools.lru_cache(maxsize=8192)
def _shape_piece(text: str, file: str) -> _Piece:
    font = get_font(file)
    font.set_size(UNIT, 72)
    placed, _, _ = _TRACER.get_glyphs_with_font(font, text + _PROBE, glyph_map=_OUTLINES)
    *own, (_, advance, _, _) = placed
    vertices = [
        np.empty((0, 2)),
        *(_OUTLINES[glyph][0] + np.array([x, y]) for glyph, x, y, _ in own),
    ]
    codes = [np.empty(0, Path.code_type), *(_OUTLINES[glyph][1] for glyph, *_ in own)]
    return _Piece(tuple((glyph, x) for glyph, x, *_ in own), advance,
                  np.concatenate(vertices), np.concatenate(codes))  # fmt: skip


def _shape_line(text: str, file: str) -> list[tuple[float, _Piece]]:
    """Return the pieces of a line and where each begins."""
    at, pieces = 0.0, []
    for part in _PIECE.findall(text):
        piece = _shape_piece(part, file)
        pieces.append((at, piece))
        at += piece.advance
    return pieces


@functools.lru_cache(maxsize=8192)
def measure_line(text: str, file: str) -> Extent:
    """Return how much room a line takes."""
    line = _shape_line(text, file)
    if not line:
        return Extent(0.0, 0.0, 0.0)
    ends = [(at + box[0], *box[1:]) for at, piece in line if (box := _find_ink(piece)) is not None]
    width = max([line[-1][0] + line[-1][1].advance, *(right for right, _, _ in ends)])
    top = max((top for _, top, _ in ends), default=0.0)
    return Extent(width, top, min((bottom for _, _, bottom in ends), default=0.0))


def _find_ink(piece: _Piece) -> tuple[float, float, float] | None:
    """Return the right, upper and lower end of a piece's ink."""
    ink = piece.vertices[piece.codes != Path.CLOSEPOLY]
    if not len(ink):
        return None
    return float(ink[:, 0].max()), float(ink[:, 1].max()), float(ink[:, 1].min())


def trace_line(text: str, file: str) -> Path:
    """Return the outlines of a line as one path, at a size of ``UNIT`` points."""
    line = _shape_line(text, file)
    vertices = np.concatenate(
        [np.empty((0, 2)), *(p.vertices + np.array([at, 0.0]) for at, p in line)]
    )
    return Path(
        vertices, np.concatenate([np.empty(0, Path.code_type), *(p.codes for _, p in line)])
    )


def place_glyphs(text: str, file: str) -> list[tuple[str, float]]:
    """Return each glyph of a line and where it stands, at a size of ``UNIT`` points."""
    return [(name, at + x) for at, piece in _shape_line(text, file) for name, x in piece.glyphs]


def outline_glyph(name: str) -> Path:
    """Return the outline of a glyph that :func:`place_glyphs` named."""
    return Path(*_OUTLINES[name])


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
    return sum(piece.advance for _, piece in _shape_line(text, _own_file(bold))) * size / UNIT


@functools.cache
def _own_file(bold: bool) -> str:
    return find_face(FontProperties(family=FAMILY, weight="bold" if bold else "normal")).file


def measure_height(text: str, size: float) -> float:
    """Return the height in inches of lines of text set at a size in points."""
    return (text.count("\n") + 1) * size * LINE_SPACING / 72


class Ruler(RendererBase):
    """Measures the texts of a figure and draws nothing.

    Parameters
    ----------
    figure : Figure
        Names the size and the resolution.
    """

    def __init__(self, figure: Figure) -> None:
        super().__init__()
        self.dpi = figure.dpi
        self.width, self.height = (float(round(side)) for side in figure.bbox.size)

    def points_to_pixels(self, points: Any) -> float:  # noqa: ANN401
        """Return a length in the figure's own pixels."""
        return float(points * self.dpi / 72)

    def flipy(self) -> bool:
        """Tell that texts are placed from the upper edge."""
        return True

    def get_canvas_width_height(self) -> tuple[float, float]:
        """Return the size in pixels."""
        return self.width, self.height

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: Any  # noqa: ANN401
    ) -> tuple[float, float, float]:  # fmt: skip
        """Return the size of a line, and how much of it is below the base line."""
        if ismath:
            return super().get_text_width_height_descent(s, prop, ismath)
        line = measure_line(s, find_face(prop).file)
        scale = self._scale_letters(prop)
        return line.width * scale, (line.top - line.bottom) * scale, -line.bottom * scale

    def _get_font_height_metrics(self, prop: FontProperties) -> tuple[float, float, float]:
        """Answer what matplotlib would else read from the font file for each text."""
        face, size = find_face(prop), self.points_to_pixels(prop.get_size_in_points())
        return face.ascent * size, face.descent * size, face.gap * size

    def _scale_letters(self, prop: FontProperties) -> float:
        return self.points_to_pixels(prop.get_size_in_points()) / UNIT
