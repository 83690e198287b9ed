"""How documents look: their colours, the language codes of offices, and where templates lie."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings

ACCENT = "1F3A5F"  # no country's colour
QUIET, LINE, SOFT = "5C5C5C", "C9CED6", "EEF2F7"
MAKER = "INNOCAP analysis"
TEMPLATES = Path(__file__).parent / "templates"
# As Word and PowerPoint name the languages that they check spelling in.
_CULTURES = {"en": "en-GB", "sv": "sv-SE", "fi": "fi-FI", "fr": "fr-FR"}


def name_culture(language: str) -> str:
    """Return the language as office programs write it."""
    return _CULTURES.get(language, language)


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
