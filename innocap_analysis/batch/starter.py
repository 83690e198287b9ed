"""A project of one's own: settings, codebook, notebooks and example figures to begin with."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from innocap_analysis.errors import InnocapError
from innocap_analysis.files import write_atomically

_PACKAGE = Path(__file__).resolve().parents[1]
STARTER = _PACKAGE / "starter"
NOTEBOOKS = (
    "20_how_do_the_scores_come_about",
    "30_how_does_this_country_do",
    "40_how_do_the_countries_compare",
    "50_how_sure_are_the_ranks",
    "60_where_to_start",
)
# What the notebooks of the repository say of their own index, and what a new one begins with.
_INSTEAD = {
    '= \\"oecd_eu\\"': '= \\"all_countries\\"',
    '= \\"OECD_PMR_PROC\\"': '= \\"TRAINED\\"',
    '= \\"BIPA_PROCDATA\\"': '= \\"TRAINED\\"',
    '[\\"UN_OSI\\", \\"UN_EPI\\"]': '[\\"TRAINED\\", \\"ONLINE\\"]',
    "the four dimensions": "the dimensions",
    " for a programme of capacity building,": ",",
    "Where should capacity building start?": "Where to start?",
    ", open procurement data by default: it says how open the data about buying are, and a": ": a",
    "They say under which conditions a rural public sector works; they": "They",
    " and say nothing about a single municipality. No indicator asks directly whether government "
    "buying fosters innovation.": ".",
    "The procurement dimension is measured only indirectly, so a gap there": "A gap",
    " The survey of municipalities and agencies is what can tell a region's own priorities.": "",
}


def create_project(folder: Path) -> list[Path]:
    """Create a project in a folder that is not there yet, or empty; whole or not at all.

    Returns: its files, relative to the folder.
    """
    place = folder.expanduser().resolve()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise InnocapError(f"{folder}: is there and not empty; name a folder that is not there yet")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".innocap-new-", dir=place.parent) as staging:
            made = Path(staging) / "project"
            shutil.copytree(STARTER, made, ignore=shutil.ignore_patterns("notebooks", "__*"))
            (made / "notebooks").mkdir()
            for name in NOTEBOOKS:
                text = _find_notebook(name).read_text(encoding="utf-8")
                for old, new in _INSTEAD.items():
                    text = text.replace(old, new)
                write_atomically(made / "notebooks" / f"{name}.ipynb", text)
            if place.exists():
                place.rmdir()
            made.rename(place)
    except OSError as error:
        raise InnocapError(f"{folder}: cannot be made ({error.strerror})") from None
    return sorted(path.relative_to(place) for path in place.rglob("*") if path.is_file())


def _find_notebook(name: str) -> Path:
    """Return a notebook: from the wheel, or beside the package in the repository."""
    for folder in (STARTER / "notebooks", _PACKAGE.parent / "notebooks"):
        if (folder / f"{name}.ipynb").is_file():
            return folder / f"{name}.ipynb"
    raise InnocapError(f"{name}.ipynb: is not in this installation; install the package again")
