"""Keeping the translation catalogues in step with the texts of the project."""

from __future__ import annotations

import ast
import io
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.pofile import read_po, write_po

from innocap_analysis.errors import InnocapError
from innocap_analysis.files import write_atomically
from innocap_analysis.languages import LOCALE_DIR, SOURCE_LANGUAGE
from innocap_analysis.pages.language import WORDINGS, name_wording_file, read_wording
from innocap_analysis.settings import Settings

_KEYWORDS = {"say": 1, "translate": 1, "say_number": 2}  # how many texts each is given


def extract_messages(settings: Settings) -> Catalog:
    """Collect every text that a report can show: from the package and from the notebooks."""
    import nbformat

    catalogue = Catalog(project="innocap_analysis", charset="utf-8")
    package = Path(__file__).parents[1]
    for path in sorted(package.rglob("*.py")):
        place = path.relative_to(package.parent).as_posix()
        for line, message in _list_texts(path.read_text(encoding="utf-8")):
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


def _list_texts(code: str) -> list[tuple[int, str | tuple[str, ...]]]:
    """List what code says, by line: also in the braces of a text, where Babel looks as of 3.12."""
    found: list[tuple[tuple[int, int], str | tuple[str, ...]]] = []
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call):
            continue
        n = _KEYWORDS.get(ast.unparse(node.func).rpartition(".")[2], 0)
        given = [one.value for one in node.args[:n] if isinstance(one, ast.Constant)]
        texts = tuple(text for text in given if isinstance(text, str))
        if n and len(texts) == n:
            found.append(((node.lineno, node.col_offset), texts[0] if n == 1 else texts))
    return [(line, text) for (line, _), text in sorted(found, key=lambda one: one[0])]


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
