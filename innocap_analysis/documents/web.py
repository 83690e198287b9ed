"""A brief as a self-contained page, and the same page set for print as a tagged PDF."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from innocap_analysis.documents.archive import MADE
from innocap_analysis.documents.brief import Brief, Pictures
from innocap_analysis.documents.look import ACCENT, LINE, MAKER, QUIET, SOFT, TEMPLATES, locate_font
from innocap_analysis.errors import InnocapError

VARIANT = "pdf/ua-1"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
_SECONDS = 120


@cache
def _open_templates(folder: Path) -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(folder)
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)


def render_template(template: Path, **given: object) -> str:
    """Return what a template makes of values: each is escaped, and one that is missing refused."""
    return _open_templates(template.parent).get_template(template.name).render(given)


def write_page(
    brief: Brief,
    pictures: Pictures,
    *,
    links: Mapping[str, str] = {},
    printed: bool = False,
) -> str:
    """Return a brief as HTML; `pictures` are SVGs by name, `links` its other forms."""
    style = render_template(
        TEMPLATES / "brief.css.j2",
        accent=f"#{ACCENT}", quiet=f"#{QUIET}", line=f"#{LINE}", soft=f"#{SOFT}", printed=printed,
        fonts=_locate_fonts() if printed else {},
    )  # fmt: skip
    say, first = brief.view.say, brief.view.settings.default_language
    other = "" if brief.language == first else f".{brief.language}"
    return render_template(
        TEMPLATES / "brief.html.j2",
        brief=brief, style=style, style_hash=_hash(style), printed=printed, maker=MAKER,
        made=f"{MADE:%Y-%m-%d}",
        links=links, index=f"../index{other}.html",
        pictures={
            name: "data:image/svg+xml;base64," + base64.b64encode(data).decode("ascii")
            for name, (data, _) in pictures.items()
        },
        captions={name: caption for name, (_, caption) in pictures.items()},
        words={
            "figure": say("Fig."), "table": say("Table"), "back": say("All reports"),
            "also": say("Also as:"), "skip": say("Skip to the content"),
        },
    )  # fmt: skip


def _hash(text: str) -> str:
    """Return what lets a page have this style and no other."""
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"


@cache
def _locate_fonts() -> dict[str, str]:
    """Return the font that comes with matplotlib, so that every machine sets the same lines."""
    return {name: locate_font(bold=name == "bold").as_uri() for name in ("normal", "bold")}


def print_page(page: str) -> bytes:
    """Return a page as PDF/UA-1; without WeasyPrint's libraries as Chromium prints it."""
    reason = find_obstacle()
    if not reason:
        from weasyprint import HTML

        document: Any = HTML(string=page, base_url=None)
        return bytes(document.write_pdf(pdf_variant=VARIANT, pdf_tags=True, pdf_identifier=b"brief",
                                        full_fonts=False, finisher=_finish))  # fmt: skip
    browser = _find_browser()
    if browser is None:
        raise InnocapError(
            f"pdf: WeasyPrint cannot load its system libraries ({reason}) and there is no Chromium "
            "to print instead; install Pango (Debian: libpango-1.0-0 libpangoft2-1.0-0 "
            "libharfbuzz-subset0; macOS: brew install pango; Windows: MSYS2's pango) or leave pdf "
            "out of --format"
        )
    return _print_in_browser(page, browser)


def _finish(_: object, pdf: Any) -> None:
    """Add what WeasyPrint leaves out of PDF/UA.

    The heads of a table are about their columns, and page numbers are no content.
    """
    from pydyf import Dictionary

    parts = [part for part in pdf.objects if isinstance(part, Dictionary)]
    elements = [part for part in parts if part.get("Type") == "/StructElem"]
    for part in elements:
        if part["S"] == "/TH":
            part["A"] = Dictionary({"O": "/Table", "Scope": "/Column"})
    whole = next(part for part in elements if part["S"] == "/Document")
    inside, outside = {*whole["K"]}, set()
    for part in elements:  # those above come first
        margin = part["P"] == whole.reference and part.reference not in inside
        if margin or part["P"] in outside:
            outside.add(part.reference)
            for number in part["K"]:
                if isinstance(number, int):
                    _leave_out(pdf, part["Pg"], number)
    for part in parts:
        for page in part.get("Nums", ())[1::2]:
            if isinstance(page, list):
                page[:] = ["null" if element in outside else element for element in page]


def _leave_out(pdf: Any, page: bytes, number: int) -> None:
    """Mark a piece of a page as something that is not read aloud."""
    contents = next(part["Contents"] for part in pdf.objects if part.reference == page)
    marks = next(part.stream for part in pdf.objects if part.reference == contents)
    at = next(i for i, mark in enumerate(marks)
              if isinstance(mark, dict) and mark.get("MCID") == number)  # fmt: skip
    marks[at - 1 : at + 1] = ["/Artifact", type(marks[at])({"Type": "/Pagination"})]


@cache
def find_obstacle() -> str:
    """Say why WeasyPrint cannot be used; empty where it can."""
    try:
        import weasyprint  # noqa: F401 - loads Pango and its like
    except (ImportError, OSError) as error:
        return str(error).strip().splitlines()[0]
    return ""


def tell_substitute() -> str:
    """Say that PDFs are printed by a browser, where they are; empty elsewhere."""
    reason = find_obstacle()
    if not reason or _find_browser() is None:
        return ""
    return (
        f"PDF: printed by Chromium, not as PDF/UA: WeasyPrint cannot load its libraries ({reason})"
    )


def _find_browser() -> str | None:
    return next((path for name in _BROWSERS if (path := shutil.which(name))), None)


def _print_in_browser(page: str, browser: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "brief.html", Path(folder) / "brief.pdf"
        source.write_text(page, encoding="utf-8")
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
            f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}", source.as_uri(),
        ]  # fmt: skip
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
            return target.read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            raise InnocapError(f"pdf: {browser} could not print the brief ({error})") from None
