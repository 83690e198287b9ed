"""How documents look: their colours, the language codes of offices, and where templates lie."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import matplotlib as mpl
from babel.core import get_global
from matplotlib.ft2font import FT2Font, LoadFlags

from innocap_analysis.errors import InnocapError
from innocap_analysis.languages import SOURCE_LANGUAGE
from innocap_analysis.settings import Settings

ACCENT = "1F3A5F"  # no country's colour
QUIET, LINE, SOFT = "5C5C5C", "C9CED6", "EEF2F7"
MAKER = "INNOCAP analysis"
TEMPLATES = Path(__file__).parent / "templates"
_ENGLISH = "en-GB"


def name_culture(language: str) -> str:
    """Return the language as Word and PowerPoint name it, in which they check spelling."""
    if language == SOURCE_LANGUAGE:
        return _ENGLISH
    parts = str(get_global("likely_subtags").get(language, language)).split("_")
    return f"{parts[0]}-{parts[-1].upper()}" if len(parts) > 1 else language


def locate_font(*, bold: bool) -> Path:
    """Return the font that comes with matplotlib, which every machine has."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return Path(mpl.get_data_path()) / "fonts" / "ttf" / name


@cache
def measure_text(text: str, *, bold: bool = False) -> float:
    """Return the width of a text in ems, in a font that is wider than what offices have."""
    font = FT2Font(str(locate_font(bold=bold)))
    font.set_size(100, 72)
    font.set_text(text, flags=LoadFlags.NO_HINTING)
    return float(font.get_width_height()[0]) / 6400


def find_template(settings: Settings, ending: Literal["docx", "pptx"]) -> Path:
    """Return the office's own template where the settings name one, else ours."""
    own = settings.templates.get(ending)
    if own is None:
        return TEMPLATES / f"brief.{ending}"
    path = settings.root / own
    if not path.is_file():
        place = settings.locate("templates", ending)
        raise InnocapError(f"{place}: there is no file {path}; mend the path or remove the line")
    return path


def refuse_template(path: Path, problem: object) -> InnocapError:
    """Return the error of a template that cannot be used."""
    return InnocapError(
        f"{path.name}: is no template for a brief ({problem}); start from a copy of "
        f"innocap_analysis/documents/templates/brief{path.suffix}"
    )
