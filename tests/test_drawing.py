"""Drawing: our letters, panels, pixels and SVG against matplotlib's own."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.textpath import TextToPath
from PIL import Image

from innocap_analysis.pages import marks
from innocap_analysis.pages.drawing.figure import AHEAD, BEHIND, STYLE, Chart, start_chart, styled
from innocap_analysis.pages.drawing.lettering import (
    UNIT,
    Ruler,
    find_face,
    measure_width,
    place_glyphs,
    wrap_text,
)
from innocap_analysis.pages.drawing.naming import spread_names
from innocap_analysis.pages.drawing.placing import Panels
from innocap_analysis.pages.drawing.sheet import reduce_colours

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "innocap_analysis" / "pages" / "locale"
LANGUAGES = ["sv", "fi", "fr"]
SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"


def _read_texts(language: str) -> list[str]:
    """Every line of a catalogue, original and translation."""
    po = (LOCALE / f"{language}.po").read_text(encoding="utf-8")
    lines = re.findall(r'^(?:msgid |msgstr )?"(.+)"$', po, flags=re.MULTILINE)
    return [line.replace('\\"', '"').removesuffix("\\n") for line in lines]


@styled
def _draw(name: str) -> Chart:
    """One figure of each kind: marks over rows, hatched bars, panels, tiles, a curve."""
    key = [Line2D([], [], marker="^", linestyle="", color=AHEAD, label="Mark")]
    table = pd.DataFrame({"value": np.linspace(-30.0, 100.0, 6)})
    chart, axes = start_chart(
        "A takeaway that is long enough to need a second line, for it says a fair number of things",
        "What is drawn: coefficients of an office in Fjällbacka, from 0 to 100.",
        data=table,
        height=2.6,
        note="Small print at the foot.",
        key=key if name in {"marks", "bars"} else (),
        columns=3 if name == "panels" else 1,
        sharey=name == "panels",
    )
    value, row = table["value"].to_numpy(), np.arange(6)
    for ax in axes:
        if name == "bars":
            ax.barh(row, value, color=BEHIND, hatch="////", edgecolor="white", linewidth=0)
        elif name == "tiles":
            ax.pcolormesh(np.arange(12.0).reshape(6, 2))
            ax.xaxis.tick_top()
        elif name == "curve":
            ax.plot(row, value**2, linestyle="--", color=AHEAD)
            ax.set_ylabel("Square")
        else:
            ax.plot(np.repeat(value, 2), np.repeat(row, 2), "o", alpha=0.3, markeredgewidth=0)
            ax.plot(value, row, "^", color=AHEAD, markersize=9, clip_on=False)
        if name == "marks":
            ax.annotate("87.3", (100, 5), xytext=(8, 0), textcoords="offset points")
        if name == "panels":
            ax.set_title("Adults with an\neducation", size=8.5)
        if name != "curve":
            ax.set_yticks(row, [f"Row number {i}, and its name" for i in row])
        ax.set_xlabel("Points")
    return chart


CHARTS = ["marks", "bars", "panels", "tiles", "curve"]


@pytest.mark.parametrize("weight", ["normal", "bold"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_stand_where_harfbuzz_puts_them(language: str, weight: str) -> None:
    # Reference: matplotlib's own text paths, which HarfBuzz shapes.
    file = find_face(FontProperties(family="DejaVu Sans", weight=weight)).file
    own, font = TextToPath(), get_font(file)
    texts = _read_texts(language)[weight == "bold" :: 20]
    assert any("fi" in text or "ff" in text for text in texts)
    for text in texts:
        font.set_size(UNIT, 72)
        expected, _, _ = own.get_glyphs_with_font(font, text)
        placed = place_glyphs(text, file)
        assert [name for name, *_ in placed] == [name for name, *_ in expected], text
        for (_, x, _), (_, at, *_) in zip(placed, expected, strict=True):
            assert x == pytest.approx(at, abs=0.003 * UNIT)


@pytest.mark.parametrize("text", ["soft\u00adhyphen", "a\u0301", "\u05e9\u05dc\u05d5\u05dd"])
def test_what_is_not_plain_is_shaped_by_harfbuzz(text: str) -> None:
    file = find_face(FontProperties(family="DejaVu Sans")).file
    font = get_font(file)
    font.set_size(UNIT, 72)
    expected, _, _ = TextToPath().get_glyphs_with_font(font, text)
    assert [name for name, *_ in place_glyphs(text, file)] == [name for name, *_ in expected]


def test_lines_are_measured_as_agg_measures_them() -> None:
    # Reference: the size that matplotlib's pixel renderer gives a text that is not hinted.
    ruler, agg = Ruler(Figure(dpi=160)), RendererAgg(100, 100, 160)
    with mpl.rc_context(STYLE):
        for size, weight in ((8, "normal"), (12.5, "bold")):
            prop = FontProperties(family="DejaVu Sans", size=size, weight=weight)
            for text in ["–", "Jg", "(12 %)", "J", *_read_texts("fr")[::25]]:
                ours = ruler.get_text_width_height_descent(text, prop, False)
                theirs = agg.get_text_width_height_descent(text, prop, False)
                assert ours == pytest.approx(theirs, abs=0.6), text


@pytest.mark.parametrize("name", CHARTS)
def test_panels_stand_where_the_solver_puts_them(name: str) -> None:
    # Reference: matplotlib's constrained layout with the same room and padding.
    chart, other = _draw(name), _draw(name)
    canvas = FigureCanvasAgg(chart)
    canvas.draw()
    ours = [ax.get_position(original=True).get_points() for ax in chart.axes]
    engine = chart.get_layout_engine()
    room = (engine._edge, engine._bottom, 1 - 2 * engine._edge, engine._top - engine._bottom)
    other.set_layout_engine("constrained", rect=room, w_pad=0.08)
    with mpl.rc_context(STYLE):
        FigureCanvasAgg(other).draw()
    theirs = [ax.get_position(original=True).get_points() for ax in other.axes]
    pixels = chart.bbox.size * (np.array(ours) - np.array(theirs))
    assert np.abs(pixels).max() < 2


def test_panels_without_room_are_told() -> None:
    figure = Figure(figsize=(2, 2), layout=Panels(0.1, 0.9, 0.05))
    ax = figure.subplots()
    ax.set_yticks([0.5], ["a label that is far longer than the figure is wide"])
    with pytest.warns(UserWarning, match="leave no room for the panels"):
        figure.get_layout_engine().execute(figure)


@pytest.mark.parametrize("name", CHARTS)
def test_pixels_are_those_of_matplotlib(name: str) -> None:
    # Reference: the same figure drawn by matplotlib's canvas, letters by FreeType.
    chart = _draw(name)
    with Image.open(io.BytesIO(chart.to_png())) as image:
        ours = np.asarray(image.convert("RGB"), float)
    canvas = FigureCanvasAgg(chart)
    with mpl.rc_context(STYLE):
        canvas.draw()
    theirs = np.asarray(canvas.buffer_rgba())[..., :3].astype(float)
    assert ours.shape == theirs.shape
    assert np.sqrt(((ours - theirs) ** 2).mean()) / 255 < 0.02


@pytest.mark.parametrize("name", CHARTS)
def test_the_svg_is_whole_and_says_its_words(name: str) -> None:
    chart = _draw(name)
    root = ET.fromstring(chart.to_svg())
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == chart.alt
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    marks = "".join(ET.tostring(element, encoding="unicode") for element in root)
    asked = set(re.findall(r"url\(#([^)]+)\)", marks))
    asked |= {element.get(f"{XLINK}href")[1:] for element in root.iter(f"{SVG}use")}
    assert asked == set(ids)
    said = {element.get("aria-label") for element in root.iter(f"{SVG}g")}
    for text in chart.findobj(Text):
        if text.get_visible() and text.get_text().strip() and text in chart.texts:
            assert set(text.get_text().split("\n")) <= said
    assert root.get("viewBox").split()[2:] == [
        f"{round(side)}" for side in chart.get_size_inches() * chart.dpi
    ]


def test_hatched_bars_keep_their_hatching() -> None:
    root = ET.fromstring(_draw("bars").to_svg())
    filled = [path for path in root.iter(f"{SVG}path") if "url(#p" in path.get("fill", "")]
    assert len(list(root.iter(f"{SVG}pattern"))) == 1
    assert len(filled) == 6


def test_triangles_point_upwards_in_the_svg() -> None:
    # In an SVG, y grows downwards.
    root = ET.fromstring(_draw("marks").to_svg())
    used = {use.get(f"{XLINK}href")[1:] for use in root.iter(f"{SVG}use")}
    marks = [path.get("d") for path in root.iter(f"{SVG}path") if path.get("id") in used]
    points = [re.findall(r"(-?[\d.]+) (-?[\d.]+)", d) for d in marks if re.match(r"M[^LQC]+L", d)]
    triangles = [{(float(x), float(y)) for x, y in some} for some in points if len(some) == 3]
    assert triangles
    for corners in triangles:
        heights = sorted(y for _, y in corners)
        assert heights[0] < 0 < heights[1] == heights[2]


def test_few_colours_stay_as_they_are() -> None:
    rng = np.random.default_rng(1)
    colours = rng.integers(0, 256, (256, 4), dtype=np.uint8)
    colours[:, 3] = 255
    pixels = colours[rng.permutation(np.arange(60 * 80) % 256).reshape(60, 80)]
    indices, palette = reduce_colours(pixels)
    table = np.frombuffer(palette, np.uint8).reshape(-1, 3)
    assert np.array_equal(table[indices].reshape(60, 80, 3), pixels[..., :3])


def test_of_many_colours_the_rare_become_the_nearest() -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8), 4).reshape(32, 32)
    pixels = np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=-1)
    pixels[-1, -1, :3] = (250, 255, 255)  # the 257th, and seen once
    pixels[-1, -2, :3] = (0, 254, 0)
    indices, palette = reduce_colours(pixels)
    table = np.frombuffer(palette, np.uint8).reshape(-1, 3)
    drawn = table[indices].reshape(32, 32, 3).astype(int)
    assert len(table) == 256
    difference = np.abs(drawn - pixels[..., :3])
    assert (difference.max(axis=-1) > 0).sum() <= 2
    assert difference[-1, -1].max() <= 5


def test_a_users_own_style_changes_nothing_and_stays() -> None:
    plain = _draw("marks").to_svg()
    with mpl.rc_context({"font.size": 30, "axes.grid": True, "lines.linewidth": 9}):
        assert _draw("marks").to_svg() == plain
        assert mpl.rcParams["font.size"] == 30
        assert mpl.rcParams["axes.grid"]


def test_every_process_draws_the_same_bytes() -> None:
    code = (
        "import hashlib, test_drawing\n"
        "x = test_drawing._draw('panels')\n"
        "print(hashlib.sha256(x.to_png() + x.to_svg()).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=Path(__file__).parent, check=True, text=True,
            capture_output=True, env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(told) == 1


def test_names_of_near_dots_stand_apart_inside_and_clear_of_other_dots() -> None:
    generator = np.random.default_rng(5)
    room = np.array([500.0, 230.0])
    crowd = np.array([250.0, 115.0]) + generator.normal(0, 12, (40, 2))
    names = [(60.0, 11.0)] * 6
    boxes = []
    for spot, shift in zip(crowd[:6], spread_names(crowd[:6], names, crowd, room), strict=True):
        middle, half = spot + shift, np.array([30.0, 5.5])
        boxes.append((middle - half, middle + half))
    for i, (low, high) in enumerate(boxes):
        assert (low >= 0).all()
        assert (high <= room).all()
        assert not ((crowd > low) & (crowd < high)).all(axis=1).any()
        for other_low, other_high in boxes[:i]:
            assert (low >= other_high).any() or (other_low >= high).any()


def test_a_dot_alone_is_named_right_beside_it() -> None:
    alone = np.array([[100.0, 100.0]])
    ((across, up),) = spread_names(alone, [(40.0, 10.0)], alone, np.array([500.0, 230.0]))
    assert np.hypot(max(abs(across) - 20, 0), max(abs(up) - 5, 0)) < 10


def test_a_name_goes_as_far_as_it_must_to_lie_on_no_dot() -> None:
    grid = np.stack(np.meshgrid(np.arange(170, 331, 9.0), np.arange(35, 196, 9.0)), -1)
    crowd = np.vstack([[[250.0, 115.0]], grid.reshape(-1, 2)])
    (shift,) = spread_names(crowd[:1], [(60.0, 11.0)], crowd, np.array([500.0, 230.0]))
    low, high = crowd[0] + shift - [30, 5.5], crowd[0] + shift + [30, 5.5]
    assert not ((crowd > low) & (crowd < high)).all(axis=1).any()


def test_a_word_that_is_far_too_long_is_broken_anywhere() -> None:
    word = "<p_style='background:url(x)'>" * 20
    lines = wrap_text(f"Skills {word}", 120, 9).split("\n")
    assert "".join(lines) == f"Skills{word}"
    assert all(measure_width(line, 9) <= 1.5 * 120 for line in lines)
    assert lines[0] == "Skills"


def test_turned_names_of_columns_have_room_above_the_rows() -> None:
    """As the font measures: the width at 8 points, times the sine of 40 degrees."""
    font = get_font(mpl.get_data_path() + "/fonts/ttf/DejaVuSans.ttf")
    font.set_size(8, 72)
    font.set_text("Nordre Ångermanlands Västra Kommunalförb", 0, flags=LoadFlags.NO_HINTING)
    wide = font.get_width_height()[0] / 64
    names = ["Nordre Ångermanlands Västra Kommunalförb", *"abcdef"]
    assert marks.measure_tilted(names) == pytest.approx(wide * 0.6428 / 72, rel=0.02)
    assert marks.measure_tilted(names[1:]) == 0
    three = names[:1] * 3  # too long to stand side by side
    assert marks.measure_tilted(three) == marks.measure_tilted(names)


def test_a_name_breaks_at_as_many_hyphens_as_it_must() -> None:
    name = "Sault-Sainte-Marie-de-la-Rivière-Blanche"
    lines = wrap_text(name, 95, 9, bold=True).split("\n")
    assert "".join(lines) == name
    assert all(measure_width(line, 9, bold=True) <= 95 for line in lines)
