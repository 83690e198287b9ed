"""One drawing of a figure that gives its pixels and its SVG: every mark goes to both."""

from __future__ import annotations

import functools
import hashlib
import io
from typing import Any, cast
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pandas as pd
from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Transform
from PIL import Image, PngImagePlugin

from innocap_analysis.pages.drawing.lettering import (
    FAMILY,
    Ruler,
    find_face,
    measure_line,
    outline_glyph,
    place_glyphs,
    trace_line,
)

_PNG_LEVEL = 3  # a tenth more bytes than level 6 in two thirds of the time
_MOST_COLOURS = 256
_GLYPH_STEPS = 64  # outlines are whole numbers of these
_LETTERS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}
_POINTS = {Path.CURVE3: 2, Path.CURVE4: 3}
_CAPS = {"projecting": "square", "butt": "butt", "round": "round"}
_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" \
width="{points}pt" height="{tall}pt" viewBox="0 0 {width} {height}" version="1.1" role="img">
<title>{title}</title>
{about}<metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" \
xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Description rdf:about="">\
<dc:description>{title}</dc:description><dc:creator>{maker}</dc:creator></rdf:Description>\
</rdf:RDF></metadata>
"""

Colour = Any  # red, green, blue and perhaps opacity, or None


class Sheet(Ruler):
    """Draws a figure into pixels and into an SVG at the same time: ``figure.draw(sheet)``."""

    def __init__(self, figure: Figure, *, words: bool = False) -> None:
        super().__init__(figure)
        self._words = words
        self._agg: Any = RendererAgg(self.width, self.height, self.dpi)  # type: ignore
        self._body: list[str] = []
        self._defined: dict[str, str] = {}
        self._glyphs: dict[str, None] = {}

    def to_png(self, **texts: str) -> bytes:
        """Return the pixels as a PNG with these texts inside."""
        pixels = np.asarray(self._agg.buffer_rgba())
        indices, palette = reduce_colours(pixels)
        image = Image.frombytes("P", pixels.shape[1::-1], indices.tobytes())
        image.putpalette(palette)
        info, stream = PngImagePlugin.PngInfo(), io.BytesIO()
        for key, text in texts.items():
            info.add_text(key, text)
        dots = (self.dpi, self.dpi)
        image.save(stream, "png", pnginfo=info, dpi=dots, compress_level=_PNG_LEVEL)
        return stream.getvalue()

    def to_svg(self, title: str, maker: str, description: str = "") -> bytes:
        """Return the drawing as an SVG; texts are outlines with their words, or text itself."""
        width, height, inch = self.width, self.height, self.dpi / 72
        head = _HEAD.format(
            points=_number(width / inch), tall=_number(height / inch), width=_number(width),
            height=_number(height), title=escape(title), maker=escape(maker),
            about=f"<desc>{escape(description)}</desc>\n" if self._words else "",
        )  # fmt: skip
        letters = (f'<path id="{name}" d="{_outline(name)}"/>' for name in self._glyphs)
        lines = [
            "<defs>", *letters, *self._defined.values(), "</defs>",
            '<g fill="none" stroke-linejoin="round">', *self._body, "</g>", "</svg>\n",
        ]  # fmt: skip
        return (head + "\n".join(lines)).encode("utf-8")

    def draw_path(
        self,
        gc: GraphicsContextBase,
        path: Path,
        transform: Transform,
        rgbFace: Colour = None,  # noqa: N803 - matplotlib's own name
    ) -> None:
        """Draw a line or an area."""
        self._agg.draw_path(gc, path, transform, rgbFace)
        line = rgbFace is None and gc.get_hatch() is None
        frame = (0.0, 0.0, self.width, self.height) if line else None
        d = self._trace(path, transform, frame, simplify=line and path.should_simplify)
        if d:
            self._body.append(f'<path d="{d}"{self._paint(gc, rgbFace)}{self._clip(gc)}/>')

    def draw_markers(
        self, gc: GraphicsContextBase, marker_path: Path, marker_trans: Transform, path: Path,
        trans: Transform, rgbFace: Colour = None,  # noqa: N803 - matplotlib's own name
    ) -> None:  # fmt: skip
        """Draw the same mark at every point of a path."""
        self._agg.draw_markers(gc, marker_path, marker_trans, path, trans, rgbFace)
        centred = marker_trans + Affine2D().translate(0, self.height)  # the corner is its middle
        mark = self._define("path", self._trace(marker_path, centred), 'd="{}"')
        points = trans.transform(path.vertices)
        points = points[np.isfinite(points).all(axis=1)] * [1, -1] + [0, self.height]
        places = [
            f'<use xlink:href="#{mark}" x="{x:.8g}" y="{y:.8g}"/>'
            for x, y in (points.round(2) + 0.0).tolist()
        ]
        if places:
            inside = "".join(places)
            self._body.append(f"<g{self._paint(gc, rgbFace)}{self._clip(gc)}>{inside}</g>")

    def draw_text(
        self, gc: GraphicsContextBase, x: float, y: float, s: str, prop: FontProperties,
        angle: float, ismath: Any = False, mtext: Text | None = None,
    ) -> None:  # fmt: skip
        """Draw a line of text by the outlines of its letters."""
        if ismath:
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
            return
        file, scale = find_face(prop).file, self._scale_letters(prop)
        place = Affine2D().scale(scale).rotate_deg(angle).translate(x, self.height - y)
        gc.set_linewidth(0)
        gc.set_snap(False)
        self._agg.draw_path(gc, trace_line(s, file), place, gc.get_rgb())
        if self._words:
            self._write_words(gc, x, y, s, prop, angle)
            return
        glyphs = place_glyphs(s, file)
        self._glyphs |= dict.fromkeys(name for name, *_ in glyphs)
        inside = "".join(
            f'<use xlink:href="#{name}" x="{_number(at * _GLYPH_STEPS)}"'
            + (f' y="{_number(-up * _GLYPH_STEPS)}"/>' if up else "/>")
            for name, at, up in glyphs
        )
        turn = f" rotate({_number(-angle)})" if angle else ""
        where = f"translate({_number(x)} {_number(y)}){turn} scale({scale / _GLYPH_STEPS:.6g})"
        drawn = (
            f'<g aria-label={quoteattr(s)} transform="{where}"'
            f"{self._paint(gc, gc.get_rgb())}>{inside}</g>"
        )
        clip = self._clip(gc)
        self._body.append(f"<g{clip}>{drawn}</g>" if clip else drawn)

    def _write_words(
        self, gc: GraphicsContextBase, x: float, y: float, s: str, prop: FontProperties,
        angle: float,
    ) -> None:  # fmt: skip
        """Write a line as text; its length is told, so that another font takes the same room."""
        wide = measure_line(s, find_face(prop).file).width * self._scale_letters(prop)
        bold = ' font-weight="bold"' if prop.get_weight() in ("bold", 700) else ""
        turn = f' transform="rotate({_number(-angle)} {_number(x)} {_number(y)})"' if angle else ""
        size = self.points_to_pixels(prop.get_size_in_points())
        self._body.append(
            f'<text x="{_number(x)}" y="{_number(y)}" font-size="{_number(size)}" '
            f'font-family="{FAMILY}, Verdana, sans-serif"{bold} textLength="{_number(wide)}" '
            f'lengthAdjust="spacingAndGlyphs" xml:space="preserve"'
            f"{_colour('fill', gc.get_rgb(), None)}{turn}{self._clip(gc)}>{escape(s)}</text>"
        )

    def _trace(
        self, path: Any, transform: Transform | None, frame: Any = None, *,
        simplify: bool = False,
    ) -> str:  # fmt: skip
        """Return a path in pixels from the upper left corner, as SVG writes it."""
        clean: Any = path.cleaned(transform, True, frame, simplify=simplify, curves=True)
        points = clean.vertices
        return _write_path(points[:, 0], self.height - points[:, 1], clean.codes)

    def _paint(self, gc: GraphicsContextBase, face: Colour) -> str:
        """Return how a mark is filled and outlined."""
        forced = gc.get_alpha() if gc.get_forced_alpha() else None
        told = ""
        if gc.get_hatch() is not None:
            told += f' fill="url(#{self._hatch(gc, face)})"'
            if forced is not None and forced != 1:
                told += f' fill-opacity="{_number(forced)}"'
        elif face is not None:
            told += _colour("fill", face, forced)
        width = gc.get_linewidth()
        if width:
            told += _colour("stroke", gc.get_rgb(), forced)
            told += f' stroke-width="{_number(self.points_to_pixels(width))}"'
            if gc.get_joinstyle() != "round":
                told += f' stroke-linejoin="{gc.get_joinstyle()}"'
            if gc.get_capstyle() != "butt":
                told += f' stroke-linecap="{_CAPS[gc.get_capstyle()]}"'
            offset, dashes = cast(tuple[float, list[float] | None], gc.get_dashes())
            if dashes is not None:
                steps = " ".join(_number(self.points_to_pixels(step)) for step in dashes)
                told += f' stroke-dasharray="{steps}"'
                if offset:
                    told += f' stroke-dashoffset="{_number(self.points_to_pixels(offset))}"'
        return told

    def _hatch(self, gc: GraphicsContextBase, face: Colour) -> str:
        """Define the pattern of a hatched area, an inch wide, and return its id."""
        path: Any = gc.get_hatch_path()
        points = path.vertices * self.dpi
        d = _write_path(points[:, 0], self.dpi - points[:, 1], path.codes)
        edge: Any = gc.get_hatch_color()
        side = _number(self.dpi)
        ground = f'<rect width="{side}" height="{side}"{_colour("fill", face, None)}/>'
        return self._define(
            "pattern",
            (ground if face is not None else "")
            + f'<path d="{d}"{_colour("fill", edge, None)}{_colour("stroke", edge, None)} '
            f'stroke-width="{_number(self.points_to_pixels(gc.get_hatch_linewidth()))}"/>',
            f'patternUnits="userSpaceOnUse" width="{side}" height="{side}"',
        )

    def _clip(self, gc: GraphicsContextBase) -> str:
        """Define what a mark is cut to, and return the attribute that says so."""
        path, transform = gc.get_clip_path()
        box = gc.get_clip_rectangle()
        if path is not None:
            shape = f'<path d="{self._trace(path, transform)}"/>'
        elif box is not None:
            x, y, width, height = box.bounds
            shape = (
                f'<rect x="{_number(x)}" y="{_number(self.height - y - height)}" '
                f'width="{_number(width)}" height="{_number(height)}"/>'
            )
        else:
            return ""
        return f' clip-path="url(#{self._define("clipPath", shape)})"'

    def _define(self, kind: str, content: str, attributes: str = "") -> str:
        """Write a definition once and return its id, which depends on the content alone."""
        digest = hashlib.sha256(f"{kind} {content}".encode()).hexdigest()[:10]
        name = f"{kind[0]}{digest}"
        if name not in self._defined:
            if kind == "path":
                self._defined[name] = f'<path id="{name}" {attributes.format(content)}/>'
            else:
                self._defined[name] = f'<{kind} id="{name}" {attributes}>{content}</{kind}>'
        return name


def reduce_colours(pixels: np.ndarray) -> tuple[np.ndarray, bytes]:
    """Return the number of each pixel's colour, and the colours, at most 256.

    A figure has few colours and their shades at the edges of letters and marks. All stay as
    they are as long as there are no more than 256; beyond that the rarest shades become the
    nearest one of the others. The file is a third of the size, and faster to write.
    """
    flat = np.ascontiguousarray(pixels).view(np.uint32).ravel()
    drawn = np.flatnonzero(flat != flat[0])
    codes, found = pd.factorize(flat[drawn])
    shades = found.view(np.uint8).reshape(-1, 4)[:, :3]
    if len(shades) > _MOST_COLOURS - 1:
        often = np.argsort(-np.bincount(codes), kind="stable")[: _MOST_COLOURS - 1]
        every, kept = shades.astype(float), shades[often].astype(float)
        distance = (kept**2).sum(axis=1) - 2 * every @ kept.T
        codes, shades = distance.argmin(axis=1)[codes], shades[often]
    indices = np.zeros(len(flat), np.uint8)
    indices[drawn] = codes + 1
    return indices, pixels[0, 0, :3].tobytes() + shades.tobytes()


def _number(value: float) -> str:
    """Write a coordinate to a hundredth, far below what print resolves."""
    return f"{round(float(value), 2) + 0.0:.8g}"


def _colour(what: str, colour: Colour, forced: float | None) -> str:
    red, green, blue, *rest = colour
    alpha = forced if forced is not None else rest[0] if rest else 1.0
    code = "".join(f"{round(255 * float(part)):02x}" for part in (red, green, blue))
    seen = "" if alpha == 1 else f' {what}-opacity="{_number(float(alpha))}"'
    return f' {what}="#{code}"{seen}'


def _write_path(x: np.ndarray, y: np.ndarray, codes: np.ndarray | None) -> str:
    """Write the commands of an SVG path."""
    points = [f"{a:.8g} {b:.8g}" for a, b in (np.column_stack([x, y]).round(2) + 0.0).tolist()]
    if codes is None:
        return "M" + "L".join(points)
    parts: list[str] = []
    at = 0
    kinds = codes.tolist()
    while at < len(kinds) and kinds[at] != Path.STOP:
        kind = kinds[at]
        if kind == Path.CLOSEPOLY:
            parts.append("Z")
            at += 1
            continue
        count = _POINTS.get(kind, 1)
        parts.append(_LETTERS[kind] + " ".join(points[at : at + count]))
        at += count
    return "".join(parts)


@functools.lru_cache(maxsize=2048)
def _outline(name: str) -> str:
    """Return the outline of a glyph, upside down as SVG counts."""
    path = outline_glyph(name)
    points = np.asarray(path.vertices) * _GLYPH_STEPS
    return _write_path(points[:, 0], -points[:, 1], np.asarray(path.codes))
