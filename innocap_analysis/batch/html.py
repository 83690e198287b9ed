"""Executed notebooks as self-contained pages: no request leaves them."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import pass_context

from innocap_analysis.batch.prose import Pictures, render_latex, render_markdown
from innocap_analysis.pages.language import get_translator

TEMPLATES = Path(__file__).parent / "templates"
_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script\s*>", re.IGNORECASE | re.DOTALL)
_ANY_SCRIPT = "script-src 'unsafe-inline'"  # as templates have it
STYLESHEET = TEMPLATES / "innocap" / "report.css"


def find_title(notebook: nbformat.NotebookNode) -> str:
    """Return the text of a notebook's first heading, or an empty string."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = re.search(r"^# +(.+)$", cell.source, flags=re.MULTILINE)
            if heading:
                return heading.group(1).strip()
    return ""


def export_html(
    notebook: nbformat.NotebookNode,
    language: str,
    *,
    folder: Path | None = None,
    index: str = "index.html",
) -> str:
    """Render an executed notebook as one HTML page that leads back to an index page."""
    translate = get_translator(language)
    resources: dict[str, Any] = {
        "innocap": {
            "language": language,
            "title": find_title(notebook),
            "style": STYLESHEET.read_text(encoding="utf-8"),
            "back": translate("All reports"),
            "index": f"../{index}",
            "code": translate("Code"),
            "skip": translate("Skip to the content"),
            "pictures": Pictures(
                folder or Path(),
                missing=translate("Picture not found:"),
                elsewhere=translate("Picture elsewhere, not loaded:"),
            ),
        }
    }
    page, _ = _exporter().from_notebook_node(notebook, resources=resources)
    return seal_page(str(page))


def seal_page(page: str) -> str:
    """Let a page run the scripts that it has now, by their hashes, and no other.

    What a name or label could bring along is no script element by then, and attributes such as
    ``onerror`` and links such as ``javascript:`` have no hash.
    """
    hashes = {
        base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
        for text in _SCRIPT.findall(page)
    }
    allowed = " ".join(f"'sha256-{own}'" for own in sorted(hashes)) or "'none'"
    return page.replace(_ANY_SCRIPT, f"script-src {allowed}", 1)


@lru_cache
def _exporter() -> Any:  # noqa: ANN401 - nbconvert has no types
    """Build the exporter once: that costs more than using it."""
    from nbconvert import HTMLExporter

    class Exporter(HTMLExporter):
        @pass_context
        def markdown2html(self, context: Any, source: str) -> str:  # noqa: ANN401
            """Return Markdown as HTML that asks for nothing."""
            attachments = context.get("cell", {}).get("attachments", {})
            pictures = context["resources"]["innocap"]["pictures"]
            return render_markdown(source, pictures, attachments)

    exporter = Exporter(
        template_name="innocap",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    exporter.register_filter("latex2html", render_latex)
    for trait in exporter.trait_names():
        if trait.endswith("_url") and isinstance(getattr(exporter, trait), str):
            setattr(exporter, trait, "")
    return exporter
