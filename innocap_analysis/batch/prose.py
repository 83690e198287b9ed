r"""Prose of notebooks as HTML that asks for nothing: pictures inside, formulas as MathML.

Formulas are found as pandoc finds them: after an opening ``$`` and before a closing one stands
no space, and after the closing one no digit, so that "$5 and $6" are sums of money; nor does
one open after a letter or before a comma ("US$5 or 6 $, US$ 7").
"""

from __future__ import annotations

import base64
import mimetypes
import re
from collections import Counter
from html import escape, unescape
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import nbformat
from bs4 import BeautifulSoup
from nbconvert.filters.markdown_mistune import (
    IPythonRenderer,
    MarkdownWithMath,
    MathBlockParser,
    MathInlineParser,
)

Attachments = dict[str, dict[str, str]]
_ATTACHMENT = "attachment:"
_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE | re.DOTALL)
_ATTRIBUTE = re.compile(
    r"""\s(?P<name>src|srcset|alt)\s*=\s*(?:"(?P<a>[^"]*)"|'(?P<b>[^']*)'|(?P<c>[^\s>"']+))""",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_LETTER = re.compile(r"&#(?:12[89]|1[3-9]\d|[2-9]\d\d|\d{4,});")  # beyond ASCII
_EMPTY = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
}  # fmt: skip
_LINK = re.compile(
    r"!\[[^\]]*\]\(\s*<?(?P<inline>[^)\s>]+)|^ {0,3}\[[^\]]+\]:\s*<?(?P<named>[^\s>]+)",
    re.MULTILINE,
)
_ENVIRONMENT = (
    r"\\begin\{(?P<math_env_name>[a-zA-Z]+\*?)\}(?P<math_env_body>.*?)\\end\{(?P=math_env_name)\}"
)
_DISPLAY = r"(?<!\\)\$\$(?P<math_block_tex>(?:\\.|[^\\`$])+?)\$\$"
_BRACKETS = r"\\\\?\[(?P<math_block_latex>[^`]*?)\\\\?\]"
_INLINE = r"(?<![\w$\\])\$(?=[^\s,;:!?)])(?P<math_inline_tex>(?:\\.|[^\\$`])+?)(?<=\S)\$(?![\d$])"
_PARENTHESES = r"\\\\?\((?P<math_inline_latex>[^`]*?)\\\\?\)"
_NUMBERED = re.compile(r"\\(begin|end)\{(align|equation|gather|multline|alignat|eqnarray)\}")
_MATHML = {
    "math", "menclose", "merror", "mfenced", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover",
    "mpadded", "mphantom", "mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle",
    "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover", "none",
}  # fmt: skip


class _Blocks(MathBlockParser):
    MULTILINE_MATH = f"(?s:{_DISPLAY}|{_BRACKETS}|{_ENVIRONMENT})"
    SPECIFICATION: ClassVar = MathBlockParser.SPECIFICATION | {"multiline_math": MULTILINE_MATH}


class _Inlines(MathInlineParser):
    SPECIFICATION: ClassVar = MathInlineParser.SPECIFICATION | {
        "block_math_tex": f"(?s:{_DISPLAY})",
        "block_math_latex": f"(?s:{_BRACKETS})",
        "inline_math_tex": f"(?s:{_INLINE})",
        "inline_math_latex": f"(?s:{_PARENTHESES})",
        "latex_environment": f"(?s:{_ENVIRONMENT})",
    }


class Pictures:
    """Puts pictures into a page.

    Parameters
    ----------
    folder : Path
        What their paths are relative to.
    missing, elsewhere : str
        What is said where there is none, or where it would have to be fetched.
    """

    def __init__(self, folder: Path, *, missing: str, elsewhere: str) -> None:
        self._folder, self._missing, self._elsewhere = folder, missing, elsewhere

    def read(self, url: str, attachments: Attachments) -> str | None:
        """Return a picture as a data address, or None where there is none."""
        if url.startswith("data:"):
            return url
        if url.startswith(_ATTACHMENT):
            forms = attachments.get(unquote(url.removeprefix(_ATTACHMENT)), {})
            kinds = [kind for kind in ("image/svg+xml", *forms) if kind in forms]
            if not kinds:
                return None
            content = "".join(forms[kinds[0]])
            if content.lstrip().startswith("<"):  # an SVG as it is
                content = base64.b64encode(content.encode("utf-8")).decode("ascii")
            return f"data:{kinds[0]};base64,{content}"
        path = find_file(url, self._folder)
        kind = mimetypes.guess_type(path.name)[0] if path else None
        if path is None or kind is None or not kind.startswith("image/"):
            return None
        return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"

    def miss(self, url: str, alt: str) -> str:
        """Return what stands in the place of a picture that is not put into the page."""
        words = f" ({escape(alt)})" if alt else ""
        told, place = self._missing, escape(url)
        if is_elsewhere(url):
            told, place = self._elsewhere, f'<a href="{place}">{place}</a>'
        return f'<span class="notice">{escape(told)} {place}{words}</span>'

    def embed(self, html: str, attachments: Attachments | None = None) -> str:
        """Put the pictures that HTML refers to into it."""

        def replace(match: re.Match[str]) -> str:
            tag = match[0]
            found = {m["name"].lower(): m for m in _ATTRIBUTE.finditer(tag)}
            if "src" not in found:
                return tag
            words = {n: unescape(m["a"] or m["b"] or m["c"] or "") for n, m in found.items()}
            content = self.read(words["src"], attachments or {})
            if content is None:
                return self.miss(words["src"], words.get("alt", ""))
            if "srcset" in found:  # other sizes of the same
                tag = tag.replace(found["srcset"][0], "")
            return tag.replace(found["src"][0], f' src="{content}"')

        return _IMAGE.sub(replace, html)


def close_elements(html: str) -> str:
    """Return HTML that ends all that it begins, and no more, so that the box around it holds."""
    depth: Counter[str] = Counter()
    for end, name in _TAG.findall(html):
        depth[name.lower()] += 0 if name.lower() in _EMPTY else -1 if end else 1
        if depth[name.lower()] < 0:
            break
    if "<!" in html or any(depth.values()):
        return str(BeautifulSoup(html, "html.parser"))
    return html


class _Renderer(IPythonRenderer):
    def __init__(self, pictures: Pictures, attachments: Attachments, **options: Any) -> None:  # noqa: ANN401
        super().__init__(escape=False, attachments=attachments, **options)
        self._pictures = pictures

    def image(self, text: str, url: str, title: str | None = None) -> str:
        content = self._pictures.read(url, self.attachments)
        if content is None:
            return self._pictures.miss(url, re.sub(r"<[^>]+>", "", text))
        words = escape(unescape(re.sub(r"<[^>]+>", "", text)))
        told = f' title="{escape(title)}"' if title else ""
        return f'<img src="{content}" alt="{words}"{told} />'

    def block_html(self, html: str) -> str:
        return super().block_html(self._pictures.embed(html, self.attachments))

    def inline_html(self, html: str) -> str:
        return super().inline_html(self._pictures.embed(html, self.attachments))

    def inline_math(self, body: str) -> str:
        return render_formula(body)

    def block_math(self, body: str) -> str:
        return render_formula(body, block=True)

    def latex_environment(self, name: str, body: str) -> str:
        return render_formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True)


def render_markdown(text: str, pictures: Pictures, attachments: Attachments, **options: Any) -> str:  # noqa: ANN401
    """Return Markdown as HTML."""
    renderer = _Renderer(pictures, attachments, **options)
    markdown = MarkdownWithMath(renderer, block=_Blocks(), inline=_Inlines(hard_wrap=False))
    # nbconvert writes the letters of a heading as numbers.
    return close_elements(_LETTER.sub(lambda m: unescape(m[0]), markdown.render(text)))


def render_latex(text: str) -> str:
    """Return an output in LaTeX as HTML: its formulas as MathML, the rest as it is."""
    parts, end = [], 0
    forms = re.compile(
        "|".join((_DISPLAY, _BRACKETS, _ENVIRONMENT, _INLINE, _PARENTHESES)), re.DOTALL
    )
    for match in forms.finditer(text):
        parts.append(_show_words(text[end : match.start()]))
        found = match.groupdict()
        inline = found["math_inline_tex"] or found["math_inline_latex"]
        block = found["math_block_tex"] or found["math_block_latex"] or match[0]
        parts.append(render_formula(inline or block, block=inline is None))
        end = match.end()
    return "".join([*parts, _show_words(text[end:])])


def _show_words(text: str) -> str:
    return escape(text.replace("\\$", "$"), quote=False)


def render_formula(source: str, *, block: bool = False) -> str:
    r"""Return a formula as MathML, or its source where that is not understood."""
    from latex2mathml.converter import convert

    text = _NUMBERED.sub(r"\\\1{\2*}", re.sub(r"\\label\{[^}]*\}", "", source)).strip()
    try:
        made = convert(text, display="block" if block else "inline")
        elements = list(ElementTree.fromstring(made).iter())
    except Exception:  # noqa: BLE001 - the library raises whatever it stumbles upon
        elements = []
    known = all(element.tag.rpartition("}")[2] in _MATHML for element in elements)
    plain = "".join(element.text or "" for element in elements)
    if not elements or not known or "\\" in plain or any("href" in e.attrib for e in elements):
        return f'<code class="formula">{escape(source.strip(), quote=False)}</code>'
    return made


def list_pictures(notebook: nbformat.NotebookNode, folder: Path) -> list[Path]:
    """Return the files that the prose of a notebook shows as pictures."""
    urls: dict[str, None] = {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for match in _LINK.finditer(cell.source):
                urls[match["inline"] or match["named"]] = None
            for image in _IMAGE.findall(cell.source):
                for match in _ATTRIBUTE.finditer(image):
                    urls[unescape(match["a"] or match["b"] or match["c"] or "")] = None
    files = (find_file(url, folder) for url in urls)
    kinds = ((path, mimetypes.guess_type(path.name)[0] or "") for path in files if path)
    return [path for path, kind in kinds if kind.startswith("image/")]


def find_file(url: str, folder: Path) -> Path | None:
    """Return the file that an address names, if it names one here."""
    if is_elsewhere(url) or url.startswith(("data:", _ATTACHMENT, "#")):
        return None
    name = unquote(urlsplit(url).path)
    path = (folder / name).resolve() if name else None
    return path if path is not None and path.is_file() else None


def is_elsewhere(url: str) -> bool:
    """Return whether an address names something on a network."""
    return re.match(r"\s*([a-z][a-z0-9+.-]+:)?//(?!/)", url, re.IGNORECASE) is not None
