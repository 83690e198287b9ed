"""Executed notebooks as self-contained pages: no request leaves them."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache, partial
from html import escape, unescape
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import pass_context

from innocap_analysis.batch.prose import Pictures, close_elements, render_latex, render_markdown
from innocap_analysis.pages.language import get_translator

TEMPLATES = Path(__file__).parent / "templates"
PYTHON = "ipython3"  # as code of notebooks is named to what colours it
_ELEMENT = r"<{0}\b[^>]*>(.*?)</{0}\s*>"
_OWN_STYLE = re.compile(r"<[^>]+\sstyle\s*=", re.IGNORECASE)
_RIGHT = re.compile(r' style="text-align:(left|right)"')  # as tables are shown in JupyterLab
_QUOTED = re.compile(r"""(?<==)\s*(?:"[^"]*"|'[^']*')""")
_PICTURE = re.compile(
    r"<!--.*?-->|<(script|style)\b.*?</\1\s*>"
    r"""|<img\b(?P<attributes>(?:[^>"']|"[^"]*"|'[^']*')*)>""",
    re.IGNORECASE | re.DOTALL,
)
_CAPTION = re.compile(r"<caption>(.*?)</caption>", re.DOTALL)
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
            "tables": _Tables(translate("Table")),
            "index": f"../{index}",
            "code": translate("Code"),
            "close": close_elements,
            "skip": translate("Skip to the content"),
            "pictures": Pictures(
                folder or Path(),
                missing=translate("Picture not found:"),
                elsewhere=translate("Picture elsewhere, not loaded:"),
            ),
        }
    }
    page, _ = _exporter().from_notebook_node(notebook, resources=resources)
    page = describe_pictures(str(page), translate("Picture without a description"))
    return seal_page(_RIGHT.sub(_name_side, page))


def describe_pictures(page: str, words: str) -> str:
    """Give each picture without an alternative text some words; scripts are left alone."""

    def describe(match: re.Match[str]) -> str:
        attributes = match["attributes"]
        if attributes is None or re.search(r"\salt\s*=", _QUOTED.sub("", attributes)):
            return match[0]
        return f'<img alt="{escape(words)}"{attributes}>'

    return _PICTURE.sub(describe, page)


def _name_side(style: re.Match[str]) -> str:
    return ' class="number"' if style[1] == "right" else ""


def seal_page(page: str) -> str:
    """Let a page run the scripts that it has now, by their hashes, and no other; styles likewise.

    What a name or label could bring along is no script element by then, and attributes such as
    ``onerror`` and links such as ``javascript:`` have no hash. Where a notebook has put styles on
    single elements of a page, which have no hash either, all styles are let in.
    """
    for kind in ("script", "style"):
        if kind == "style" and _OWN_STYLE.search(page):
            continue
        found = re.findall(_ELEMENT.format(kind), page, re.IGNORECASE | re.DOTALL)
        hashes = {
            base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
            for text in found
        }
        allowed = " ".join(f"'sha256-{own}'" for own in sorted(hashes)) or "'none'"
        page = page.replace(f"{kind}-src 'unsafe-inline'", f"{kind}-src {allowed}", 1)
    return page


class _Tables:
    """Tables that a reader can scroll with the keyboard alone, each with a name of its own."""

    def __init__(self, word: str) -> None:
        self._word, self._names = word, {""}

    def frame(self, html: str) -> str:
        """Return the attributes of the box around what a cell shows."""
        if "<table" not in html:
            return ""
        caption = _CAPTION.search(html)
        name = own = unescape(re.sub("<[^>]+>", "", caption[1])) if caption else ""
        while name in self._names:
            name = f"{own or self._word} {len(self._names)}".strip()
        self._names.add(name)
        return f' tabindex="0" role="region" aria-label="{escape(name)}"'


@lru_cache(maxsize=512)
def colour_code(source: str, lexer: str) -> str:
    """Return code as HTML with classes to colour it by; runs of a notebook have most in common."""
    from nbconvert.filters import Highlight2HTML

    return str(Highlight2HTML(lexer)(source))


def _colour_cell(source: str, *, metadata: Mapping[str, Any] = {}, lexer: str) -> str:
    return colour_code(source, metadata.get("magics_language", lexer))


@lru_cache
def _exporter() -> Any:  # noqa: ANN401 - nbconvert has no types
    """Build the exporter once: that costs more than using it."""
    from nbconvert import HTMLExporter, TemplateExporter
    from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter

    class Exporter(HTMLExporter):
        def from_notebook_node(self, nb: Any, resources: Any = None, **more: Any) -> Any:  # noqa: ANN401
            """Return the page as its template makes it; HTMLExporter reads it all once more."""
            told = self._init_resources(resources)
            lexer = nb.metadata.get("language_info", {}).get("pygments_lexer", PYTHON)
            kinds = WidgetsDataTypeFilter(
                notebook_metadata=self._nb_metadata, parent=self, resources=told
            )
            self.register_filter("highlight_code", partial(_colour_cell, lexer=lexer))
            self.register_filter("filter_data_type", kinds)
            return TemplateExporter.from_notebook_node(self, nb, told, **more)

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
        optimistic_validation=True,  # looked at once, not after each of twelve steps
    )
    exporter.register_filter("latex2html", render_latex)
    for trait in exporter.trait_names():
        if trait.endswith("_url") and isinstance(getattr(exporter, trait), str):
            setattr(exporter, trait, "")
    return exporter
