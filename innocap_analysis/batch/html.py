"""Executed notebooks as self-contained pages: no request leaves them."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat

from innocap_analysis.present.language import get_translator

TEMPLATES = Path(__file__).parent / "templates"
STYLESHEET = TEMPLATES / "innocap" / "report.css"


def find_title(notebook: nbformat.NotebookNode) -> str:
    """Return the text of a notebook's first heading, or an empty string."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = re.search(r"^# +(.+)$", cell.source, flags=re.MULTILINE)
            if heading:
                return heading.group(1).strip()
    return ""


def export_html(notebook: nbformat.NotebookNode, language: str) -> str:
    """Render an executed notebook as one HTML page.

    Parameters
    ----------
    notebook : NotebookNode
        With outputs; its prose already in the page's language.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the page.

    Returns
    -------
    str
        A page that holds its style and pictures and loads nothing from elsewhere.
    """
    translate = get_translator(language)
    resources: dict[str, Any] = {
        "innocap": {
            "language": language,
            "title": find_title(notebook),
            "style": STYLESHEET.read_text(encoding="utf-8"),
            "back": translate("All reports"),
            "index": "../index.html" if language == "en" else f"../index.{language}.html",
            "code": translate("Code"),
            "skip": translate("Skip to the content"),
        }
    }
    page, _ = _exporter().from_notebook_node(notebook, resources=resources)
    return str(page)


@lru_cache
def _exporter() -> Any:  # noqa: ANN401 - nbconvert has no types
    """Build the exporter once: that costs more than using it."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_name="innocap",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    for trait in exporter.trait_names():
        if trait.endswith("_url") and isinstance(getattr(exporter, trait), str):
            setattr(exporter, trait, "")
    return exporter
