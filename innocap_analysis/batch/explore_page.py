"""The page on which a reader asks "what if": the explorer, alone in one file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from innocap_analysis.batch.html import STYLESHEET, TEMPLATES
from innocap_analysis.batch.naming import name_report
from innocap_analysis.documents.web import render_template
from innocap_analysis.files import write_atomically
from innocap_analysis.pages.explorer.content import collect_content, read_module, read_style
from innocap_analysis.pages.index_view import IndexView

STEM = "explore"
_START = """
mount(document.getElementById("explorer"), JSON.parse(document.getElementById("data").textContent));
"""
_WIDE = "main, nav, footer { max-width: 78rem; }\n"


def write_explore_pages(
    views: Mapping[str, IndexView], links: Mapping[str, dict[str, str]]
) -> list[Path]:
    """Write ``reports/explore.html`` and its like; one that would be the same is left alone.

    `links` are those of the front pages that stand, by language.
    """
    written = []
    for language in links:
        view = views[language]
        place = view.settings.reports_dir / f"{name_report(STEM, language, view.settings)}.html"
        page = _render(view, links).encode("utf-8")
        if not (place.is_file() and place.read_bytes() == page):
            written.append(write_atomically(place, page))
    return written


def _render(view: IndexView, links: Mapping[str, dict[str, str]]) -> str:
    content = collect_content(view)
    script, style = read_module() + _START, STYLESHEET.read_text("utf-8") + read_style() + _WIDE
    others: Sequence[str] = [language for language in links if language != view.language]
    return render_template(
        TEMPLATES / "explore.html.j2",
        language=view.language,
        maker=view.maker,
        title=view.say("What if the choices were others?"),
        intro=view.say(
            "Move a weight, leave out an indicator, take another mean: scores, ranks and "
            "priorities follow at once. Everything is computed in this page; nothing is sent "
            "anywhere, and the address keeps the choices."
        ),
        heading=view.say("Choose, and see what holds"),
        skip=view.say("Skip to the content"),
        back=view.say("All reports"),
        index=links[view.language]["href"],
        languages=[
            links[other] | {"href": f"{name_report(STEM, other, view.settings)}.html"}
            for other in others
        ],
        no_script=content["texts"]["no_script"],
        sources=content["texts"]["sources"],
        # A tag inside would end the block that holds it.
        data=json.dumps(content, ensure_ascii=False).replace("<", "\\u003c"),
        script=script,
        style=style,
        script_hash=_hash(script),
        style_hash=_hash(style),
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"sha256-{digest}"
