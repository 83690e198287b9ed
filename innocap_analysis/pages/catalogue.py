"""Keeping the translation catalogues in step with the texts of the project."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from innocap_analysis.errors import InnocapError
from innocap_analysis.files import write_atomically
from innocap_analysis.languages import LOCALE_DIR, SOURCE_LANGUAGE
from innocap_analysis.pages.language import WORDINGS, name_wording_file, read_wording
from innocap_analysis.settings import Settings

_KEYWORDS = {"say": None, "translate": None, "say_number": (1, 2)}


def extract_messages(settings: Settings) -> Catalog:
    """Collect every text that a report can show: from the package and from the notebooks."""
    import nbformat

    catalogue = Catalog(project="innocap_analysis", charset="utf-8")
    package = Path(__file__).parents[1]
    for path in sorted(package.rglob("*.py")):
        for line, message, _, _ in extract_from_file("python", path, keywords=_KEYWORDS):
            place = path.relative_to(package.parent).as_posix()
            catalogue.add(message, locations=[(place, line)])
    for path in sorted(settings.notebooks_dir.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        for number, cell in enumerate(notebook.cells, start=1):
            if cell.cell_type == "markdown":
                catalogue.add(cell.source, locations=[(f"notebooks/{path.name}", number)])
    for wording in WORDINGS:  # one may word the texts of another anew
        file, words = name_wording_file(wording), read_wording(wording)
        known = {m.id if isinstance(m.id, str) else m.id[0] for m in catalogue}
        if unknown := sorted(set(words) - known):
            raise InnocapError(
                f"{file}: these are texts of no page or notebook any more: "
                + "; ".join(repr(text) for text in unknown)
                + ". Put the text as it is now in place of each msgid, and mend its msgstr"
            )
        for text in words.values():
            catalogue.add(text, locations=[(f"innocap_analysis/pages/locale/{file}", 1)])
    return catalogue


def _is_translated(message: Message) -> bool:
    """Tell whether a message has every form that its language needs."""
    texts = message.string
    return bool(texts) if isinstance(texts, str) else all(texts or [""])


def draft_catalogue(language: str, template: Catalog) -> tuple[bytes, int]:
    """Return the catalogue of a language with the texts of a template, and how many wait.

    A text that was changed keeps its translation beside it, marked `fuzzy` and shown nowhere
    until someone has read it and taken the mark away. Translations of texts that are gone stand at
    the end until nothing waits: a text written anew is often the old one, said better.
    """
    path = LOCALE_DIR / f"{language}.po"
    if path.exists():
        with path.open("rb") as stream:
            catalogue = read_po(stream, locale=language)
    else:
        catalogue = Catalog(locale=language, project="innocap_analysis", charset="utf-8")
    catalogue.update(template)
    waiting = [m for m in catalogue if m.id and (m.fuzzy or not _is_translated(m))]
    if not waiting:
        catalogue.obsolete.clear()
    text = io.BytesIO()
    write_po(
        text, catalogue, width=100, sort_by_file=True, omit_header=True, include_lineno=False,
        include_previous=True,
    )  # fmt: skip
    return text.getvalue(), len(waiting)


def update_catalogues(settings: Settings) -> dict[str, int]:
    """Bring the catalogues in step with the texts; return how many wait for a translator."""
    template = extract_messages(settings)
    todo: dict[str, int] = {}
    for language in settings.languages:
        if language != SOURCE_LANGUAGE:
            text, todo[language] = draft_catalogue(language, template)
            write_atomically(LOCALE_DIR / f"{language}.po", text)
    return todo
