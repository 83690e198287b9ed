"""Text measured and traced with the font itself, each word shaped once."""

from __future__ import annotations

import functools
import re
import string
import warnings
from typing import Any, NamedTuple

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import GlyphIndexType, Kerning, LoadFlags
from matplotlib.path import Path
from matplotlib.textpath import TextToPath

FAMILY = "DejaVu Sans"
SOFT_HYPHEN = "\u00ad"
LINE_SPACING = 1.35
UNIT = float(TextToPath.FONT_SCALE)  # the size in points at which words are shaped

# No letter is drawn nearer to a space or a digit in DejaVu Sans, so that a line is the sum of
# such pieces. Figures are made of the same words, and each is put together once.
_PIECE = re.compile(r"\d|\s|[^\d\s]+")
_PLAIN = re.compile(  # without what is not drawn, such as soft hyphens
    r"[\u0020-\u007e\u00a0-\u00ac\u00ae-\u024f\u2010-\u2027\u202f-\u205e\u2190-\u22ff\u25a0-\u25ff]+"
)
_LIGATURES = {"ffi": "\ufb03", "ffl": "\ufb04", "ff": "\ufb00", "fi": "\ufb01", "fl": "\ufb02"}
_LIGATURE = re.compile("|".join(_LIGATURES))
_FAR_TOO_WIDE = 1.5  # a word: times the room that there is
_TRACER = TextToPath()
_OUTLINE_CACHE: dict[str, tuple[np.ndarray, np.ndarray]] = {}


_Glyph = tuple[str, float, float]  # its name, and where it stands


class Extent(NamedTuple):
    """Size of a line set at a size of ``UNIT`` points: where the ink ends, and the advance."""

    width: float
    top: float
    bottom: float


class _Piece(NamedTuple):
    glyphs: tuple[_Glyph, ...]
    advance: float
    vertices: np.ndarray
    codes: np.ndarray


class Face(NamedTuple):
    """One font file, and how tall its lines are for each point of size."""

    file: str
    ascent: float
    descent: float
    gap: float


_TOLD: set[str] = set()  # letters that no font has, once that has been said
_FACE_CACHE: dict[tuple[object, ...], Face] = {}


def find_face(prop: FontProperties) -> Face:
    """Return the font of some properties; their size plays no part."""
    key = (*prop.get_family(), prop.get_style(), prop.get_variant(), prop.get_weight(),
           prop.get_stretch(), prop.get_file())  # fmt: skip
    if key not in _FACE_CACHE:
        _FACE_CACHE[key] = _read_face(findfont(prop))
    return _FACE_CACHE[key]


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
def _shape_piece(text: str, file: str, *, plain: bool) -> _Piece:
    """Place the letters of a piece, and join their outlines."""
    glyphs, advance = _kern_letters(text, file) if plain else _shape_fully(text, file)
    vertices = [
        np.empty((0, 2)),
        *(_OUTLINE_CACHE[name][0] + np.array([x, y]) for name, x, y in glyphs),
    ]
    codes = [np.empty(0, Path.code_type), *(_OUTLINE_CACHE[name][1] for name, *_ in glyphs)]
    return _Piece(tuple(glyphs), advance, np.concatenate(vertices), np.concatenate(codes))


def _kern_letters(text: str, file: str) -> tuple[list[_Glyph], float]:
    """Place letters by their widths and by the font's own table of pairs.

    That is all HarfBuzz does with Latin text in DejaVu Sans, besides ligatures, and it takes
    a fiftieth of the time.
    """
    font = get_font(file)
    at, before = 0.0, None
    glyphs: list[_Glyph] = []
    for letter in _LIGATURE.sub(lambda match: _LIGATURES[match[0]], text):
        index, name, width = _load_letter(letter, file)
        if before is not None:
            font.set_size(UNIT, 72)
            at += font.get_kerning(before, index, Kerning.UNFITTED) / 64
        glyphs.append((name, at, 0.0))
        at += width
        before = index
    return glyphs, at


@functools.lru_cache(maxsize=4096)
def _load_letter(letter: str, file: str) -> tuple[GlyphIndexType, str, float]:
    """Return the number and name of a letter's glyph and its width; keep its outline."""
    font = get_font(file)
    font.set_size(UNIT, 72)
    index = font.get_char_index(ord(letter))
    glyph = font.load_glyph(index, flags=LoadFlags.NO_HINTING)
    name = f"{font.postscript_name}-{index:x}"
    _OUTLINE_CACHE[name] = font.get_path()
    return index, name, glyph.linearHoriAdvance / 65536


def _shape_fully(text: str, file: str) -> tuple[list[_Glyph], float]:
    """Place the letters of any font and script as matplotlib does, by HarfBuzz."""
    font = get_font(file)
    font.set_size(UNIT, 72)
    if lacking := {c for c in text if not font.get_char_index(ord(c))} - _TOLD:
        _TOLD.update(lacking)
        letters = "".join(sorted(lacking))
        warnings.warn(f"figures show boxes for {letters}, which no font here has", stacklevel=2)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # told once, above
        placed, _, _ = _TRACER.get_glyphs_with_font(font, text, glyph_map=_OUTLINE_CACHE)
        font.set_text(text, flags=LoadFlags.NO_HINTING)
    return [(name, x, y) for name, x, y, _ in placed], font.get_width_height()[0] / 64


@functools.lru_cache(maxsize=1024)
def _shape_line(text: str, file: str) -> tuple[tuple[float, _Piece], ...]:
    """Return the pieces of a line and where each begins."""
    plain = file in _own_files() and _PLAIN.fullmatch(text)
    if not (plain and all(_load_letter(letter, file)[0] for letter in set(text))):
        return ((0.0, _shape_piece(text, file, plain=False)),) if text else ()
    at, pieces = 0.0, []
    for part in _PIECE.findall(text):
        piece = _shape_piece(part, file, plain=True)
        pieces.append((at, piece))
        at += piece.advance
    return tuple(pieces)


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


def place_glyphs(text: str, file: str) -> list[_Glyph]:
    """Return each glyph of a line and where it stands, at a size of ``UNIT`` points."""
    line = _shape_line(text, file)
    return [(name, at + x, y) for at, piece in line for name, x, y in piece.glyphs]


def outline_glyph(name: str) -> Path:
    """Return the outline of a glyph that :func:`place_glyphs` named."""
    return Path(*_OUTLINE_CACHE[name])


def wrap_text(
    text: str, room: float, size: float, *, bold: bool = False, even: bool = False
) -> str:
    """Break a text into lines that fit, measured with the font itself.

    A word that is too long is broken at a soft hyphen, one that is far too long anywhere; `even`
    makes the lines about equally long.
    """
    lines = _fill_lines(text, room, size, bold=bold)
    if even and len(lines) > 1:
        whole = measure_width(text.replace(SOFT_HYPHEN, ""), size, bold=bold)
        for narrow in np.linspace(whole / len(lines), room, 9)[:-1]:
            closer = _fill_lines(text, narrow, size, bold=bold)
            if len(closer) == len(lines):
                return "\n".join(closer)
    return "\n".join(lines)


def _fill_lines(text: str, room: float, size: float, *, bold: bool) -> list[str]:
    lines = [""]

    def fits(words: str) -> bool:
        return measure_width(words, size, bold=bold) <= room

    words = text.split(" ")[::-1]
    while words:
        word = words.pop()
        whole = word.replace(SOFT_HYPHEN, "")
        sign = SOFT_HYPHEN if SOFT_HYPHEN in word and not fits(whole) else "-"
        line = lines[-1] + " " * bool(lines[-1])
        heads = [word[: cut.start()] for cut in re.finditer(sign, word)]
        able = [head for head in heads if fits(f"{line}{head}-".replace(SOFT_HYPHEN, ""))]
        head = (able[-1:] or heads[:1] or [word])[0]  # as much of it as there is room for
        first, rest = head.replace(SOFT_HYPHEN, ""), word[len(head) + 1 :]
        if fits(line + whole):
            lines[-1] = line + whole
        elif rest and fits(f"{line}{first}-"):
            lines[-1:] = [f"{line}{first}-", ""]
            words.append(rest)  # which may be too long itself
        elif rest and not fits(whole):
            lines += [f"{first}-", ""]
            words.append(rest)
        elif (much := measure_width(whole, size, bold=bold) / room) > _FAR_TOO_WIDE:
            n = int(len(whole) / much) or 1
            while n > 1 and not fits(whole[:n]):
                n -= 1
            lines += [whole[:n], ""]
            words.append(whole[n:])
        else:
            lines.append(whole)
    return [line for line in lines if line] or [""]


def measure_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width in points of a line of text set at a size in points."""
    file, words = _own_file(bold), text.split(" ")
    width = sum(_measure_word(word, file) for word in words)
    return (width + (len(words) - 1) * _measure_word(" ", file)) * size / UNIT


@functools.lru_cache(maxsize=8192)
def _measure_word(word: str, file: str) -> float:
    return sum(piece.advance for _, piece in _shape_line(word, file))


@functools.cache
def _own_file(bold: bool) -> str:
    return find_face(FontProperties(family=FAMILY, weight="bold" if bold else "normal")).file


def rehearse_letters() -> None:
    """Load the letters that all figures are made of."""
    for file in _own_files():
        for letter in string.ascii_letters + string.digits + string.punctuation + " åäöéèêà−–’":
            _load_letter(letter, file)


@functools.cache
def _own_files() -> tuple[str, str]:
    return _own_file(False), _own_file(True)


def measure_height(text: str, size: float) -> float:
    """Return the height in inches of lines of text set at a size in points."""
    return (text.count("\n") + 1) * size * LINE_SPACING / 72


class Ruler(RendererBase):
    """Measures the texts of a figure, at its size and resolution, and draws nothing."""

    def __init__(self, figure: Figure) -> None:
        super().__init__()
        self.dpi = figure.dpi
        self.width, self.height = (float(round(side)) for side in figure.bbox.size)

    def points_to_pixels(self, points: Any) -> float:
        """Return a length in the figure's own pixels."""
        return float(points * self.dpi / 72)

    def flipy(self) -> bool:
        """Tell that texts are placed from the upper edge."""
        return True

    def get_canvas_width_height(self) -> tuple[float, float]:
        """Return the size in pixels."""
        return self.width, self.height

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: Any
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
