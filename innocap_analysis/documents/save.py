"""Writing a brief in the forms that are asked for, beside the pages of its country."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from innocap_analysis.documents.brief import (
    NAMES,
    PAGE_FORMAT,
    STEM,
    Brief,
    Pictures,
    check_formats,
)
from innocap_analysis.documents.comparison import make_comparison_brief
from innocap_analysis.documents.country import make_country_brief
from innocap_analysis.documents.figures import draw_pictures, make_figure_files
from innocap_analysis.documents.look import find_template
from innocap_analysis.documents.place import make_place_brief
from innocap_analysis.files import write_atomically
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.place_view import PlaceView
from innocap_analysis.pages.texts import Prose
from innocap_analysis.settings import LAB_FOLDER


def make_brief(view: IndexView | PlaceView) -> Brief:
    """Return the brief about the place or country of a view, or about all countries."""
    if isinstance(view, PlaceView):
        return make_place_brief(view)
    return make_comparison_brief(view) if view.place is None else make_country_brief(view)


def save_brief(brief: Brief, formats: Sequence[str]) -> Prose:
    """Write a brief and its figures; return the sentence that says what was written.

    Parameters
    ----------
    brief : Brief
        What is told.
    formats : sequence of str
        Of ``html``, ``pdf``, ``docx``, ``pptx`` and ``xlsx``; the page is always written.

    Returns
    -------
    Prose
        The names of the files.
    """
    wanted = [name for name in check_formats(formats) if name != PAGE_FORMAT]
    view = brief.view
    _say_everything(brief)
    outlined = draw_pictures(brief, outlined=True)
    names = {name: _name_file(brief, name) for name in wanted}
    links = {NAMES[name]: file for name, file in names.items()}
    writers: dict[str, Callable[[], bytes]] = {
        "pdf": lambda: _write_pdf(brief, outlined),
        "docx": lambda: _write_word(brief),
        "pptx": lambda: _write_slides(brief),
        "xlsx": lambda: _write_workbook(brief),
    }
    from innocap_analysis.documents.web import write_page

    made = {name: writers[name]() for name in wanted}
    folder = _find_folder(brief)
    own = f"{_name_page(brief)}{view.settings.variant_suffix}{_ending(brief)}.html"
    write_atomically(folder / own, write_page(brief, outlined, links=links))
    for name, content in made.items():
        write_atomically(folder / names[name], content)
    _save_figures(brief)
    return Prose(view.say("Written: {files}.", files=", ".join([own, *names.values()])))


def _ending(brief: Brief) -> str:
    default = brief.view.settings.default_language
    return "" if brief.language == default else f".{brief.language}"


def _name_page(brief: Brief) -> str:
    """Return the name of the page: in a batch that of the notebook, whose page it is."""
    config = brief.view.settings
    number = brief.view.page.removesuffix(config.variant_suffix)
    books = [name for name in config.batch.documents if name.startswith(number)]
    return books[0] if config.publishes and books else STEM


def _name_file(brief: Brief, ending: str) -> str:
    return f"{STEM}{brief.view.settings.variant_suffix}{_ending(brief)}.{ending}"


def _find_folder(brief: Brief) -> Path:
    """Return where documents go: beside the reports, or with what is made by hand."""
    config = brief.view.settings
    if config.publishes:
        return config.reports_dir / brief.view.folder
    return config.figures_dir / LAB_FOLDER / brief.view.folder


def _say_everything(brief: Brief) -> None:
    """Have every number told, so that the results are the same whatever forms are asked for."""
    for section in brief.sections:
        for row in section.grid.rows if section.grid else ():
            for cell in row:
                f"{cell}"
        for _, _, numbers in section.bars.series if section.bars else ():
            for number in numbers:
                f"{number}"


def _save_figures(brief: Brief) -> None:
    config = brief.view.settings
    folder = config.figures_dir / ("" if config.publishes else LAB_FOLDER) / brief.view.folder
    for section in brief.sections:
        if section.picture:
            for stem, ending, content in make_figure_files(brief.view, section.picture):
                name = f"{stem}{config.variant_suffix}{_ending(brief)}.{ending}"
                write_atomically(folder / name, content)


def _write_pdf(brief: Brief, pictures: Pictures) -> bytes:
    from innocap_analysis.documents.web import print_page, write_page

    return print_page(write_page(brief, pictures, printed=True))


def _write_word(brief: Brief) -> bytes:
    from innocap_analysis.documents.word import write_word

    template = find_template(brief.view.settings, "docx")
    return write_word(brief, template, draw_pictures(brief, outlined=False))


def _write_slides(brief: Brief) -> bytes:
    from innocap_analysis.documents.slides import write_slides

    return write_slides(brief, find_template(brief.view.settings, "pptx"))


def _write_workbook(brief: Brief) -> bytes:
    from innocap_analysis.documents.workbook import write_workbook

    return write_workbook(brief)


def load_writers() -> None:
    """Load what documents are written with, for processes that are forked from this one."""
    from innocap_analysis.documents import slides, web, word, workbook  # noqa: F401

    web.find_obstacle()
