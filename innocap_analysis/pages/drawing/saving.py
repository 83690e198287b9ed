"""Figures saved where they belong: published by a batch, apart when made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from innocap_analysis.errors import InnocapError
from innocap_analysis.files import write_atomically, write_table
from innocap_analysis.pages.drawing.figure import Chart
from innocap_analysis.settings import LAB_FOLDER, Settings, load_settings


def save_figure(
    chart: Chart, name: str, *, folder: str, language: str = "en", settings: Settings | None = None
) -> Chart:
    """Save a figure as SVG and PNG, and the data behind it as CSV.

    Parameters
    ----------
    chart : Chart
        From one of the ``plot_*`` functions.
    name : str
        File name without ending, such as ``30_profile``.
    folder : str
        Folder below ``figures``: a region's code or ``comparison``.
    language : str
        Other languages than the default carry their code in the file name.
    settings : Settings, optional
        Default: found from the working directory.

    Returns
    -------
    Chart
        The same figure, so that a notebook cell can end with this call and show it.

    Raises
    ------
    InnocapError
        The folder cannot be written, or a name is no plain file name.

    Examples
    --------
    >>> from innocap_analysis import open_view
    >>> from innocap_analysis.pages import comparison
    >>> chart = comparison.plot_dimensions(open_view("40"))
    >>> save_figure(chart, "40_mine", folder="comparison")  # doctest: +SKIP
    """
    files = {"png": chart.to_png(), "svg": chart.to_svg()}
    where: dict[str, Any] = {"folder": folder, "language": language, "settings": settings}
    for ending, content in files.items():
        place = save_file(content, name, ending, **where)
    write_table(place.with_suffix(".csv"), chart.table)
    return chart


def save_file(
    content: bytes, name: str, ending: str, *, folder: str, language: str,
    settings: Settings | None = None,
) -> Path:  # fmt: skip
    """Save a file of a figure, and return where it went."""
    config = settings or load_settings()
    for part in (name, folder):
        if not part or Path(part).name != part or part.startswith("."):
            raise InnocapError(f"save_figure: {part!r} is no plain name for a file or folder")
    name += config.variant_suffix
    stem = name if language == config.default_language else f"{name}.{language}"
    # Exploring by hand never touches what is published.
    place = config.figures_dir / ("" if config.publishes else LAB_FOLDER) / folder
    return write_atomically(place / f"{stem}.{ending}", content)
