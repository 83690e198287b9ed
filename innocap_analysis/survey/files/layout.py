"""Which tool wrote a table, where its header is, and what each column is called."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from innocap_analysis.errors import InnocapError
from innocap_analysis.survey.files.privacy import make_safe
from innocap_analysis.survey.tools import PLAIN, TOOLS, Tool, find_tool, recognise_tool

_MOST_ABOVE = 12
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,40}")
_BRACKETS = re.compile(r"^(?P<head>.*?)\s*\[(?P<inner>[^\[\]]*)\]\s*$", re.DOTALL)
_SHORTNAME = re.compile(r"^(?P<text>.*\S)\s*\((?P<code>[A-Za-z]\w{0,40})\)\s*$", re.DOTALL)
# "Q1. ", "3) ", "(3) ", "1.1 ", "12a) ", "Question 1: ", "Q1 - ".
_NUMBERED = re.compile(
    r"^\s*(?:[^\W\d_]{0,12}\s?\d+(?:\.\d+)*[a-z]?\s*[.):–-]|\(?\d+(?:\.\d+)*\s*[.)\-:]?)\s+"
)
_STARRED = re.compile(r"\s*\*\s*$")  # of a question that must be answered
_TAG = re.compile(r"<[^>]{1,200}>")


@dataclass(frozen=True)
class Column:
    """One column of an export: where it is, as it is called, and what that may mean."""

    position: int  # from 0
    header: str
    names: tuple[str, ...]  # codes that it may be, the most likely first
    texts: tuple[str, ...]  # questions that it may be
    option: str = ""  # of a multiple choice, or row of a grid
    missing: frozenset[str] = frozenset()  # labels that the file declares to mean missing

    @property
    def shown(self) -> str:
        """The header as it may be shown and written: without identifiers, never a formula."""
        return make_safe(self.header)


@dataclass(frozen=True)
class Layout:
    """How a table is laid out: who wrote it, where the header and the answers begin."""

    tool: Tool
    header_row: int  # from 1
    skip: int  # rows before the first answer
    columns: tuple[Column, ...]

    def add_labels(
        self, kind: str, texts: Mapping[str, str], missing: Mapping[str, frozenset[str]]
    ) -> Layout:
        """Give variables their labels as question texts, and what they declare missing."""
        if not texts:
            return self
        columns = tuple(
            replace(c, texts=(*c.texts, *_clean_texts(texts.get(c.header, ""))),
                    missing=missing.get(c.header, frozenset()))
            for c in self.columns
        )  # fmt: skip
        own = TOOLS[kind] if self.tool.name == PLAIN else self.tool
        return replace(self, tool=own, header_row=1, skip=1, columns=columns)


def detect_layout(
    rows: Sequence[Sequence[str]],
    name: str,
    *,
    tool: str | None = None,
    header_row: int | None = None,
    header_rows: int | None = None,
) -> Layout:
    """Find out which tool wrote a table and what its columns are."""
    own = None if tool is None else find_tool(tool)
    filled = [i for i, row in enumerate(rows) if any(str(cell).strip() for cell in row)]
    if not filled:
        raise InnocapError(f"{name}: is empty")
    at = header_row - 1 if header_row else _find_header(rows, filled, own)
    if at not in filled:
        raise InnocapError(f"{name}: row {at + 1} is empty, so it cannot be the header")
    own = own or recognise_tool(rows, at) or TOOLS[PLAIN]
    skip = at + (header_rows or own.count_header(rows, at))
    block = [[str(cell).strip() for cell in rows[i]] for i in range(at, min(skip, len(rows)))]
    width = max((i + 1 for row in block for i, cell in enumerate(row) if cell), default=0)
    cells = [[row[i] if i < len(row) else "" for row in block] for i in range(width)]
    _spread_questions(cells)
    if at and not header_row and len(block) == 1:
        _name_from_above(cells, rows[at - 1])
    columns = tuple(_read_column(i, own, *own.name_column(cell)) for i, cell in enumerate(cells))
    return Layout(own, at + 1, skip, columns)


def _find_header(rows: Sequence[Sequence[str]], filled: Sequence[int], tool: Tool | None) -> int:
    """Find the first row of the header: the one with a tool's marks, else the first wide one."""
    for i in filled[:_MOST_ABOVE]:
        known = recognise_tool(rows, i) if tool is None else tool
        if known is not None and known.marks and known.count_marks(rows[i : i + 3], 0):
            return i
    # Titles above a table fill one or two cells; the header is the first row about as wide
    # as the widest.
    width = [sum(bool(str(cell).strip()) for cell in rows[i]) for i in filled[:_MOST_ABOVE]]
    return next(i for i, n in zip(filled, width, strict=False) if n >= 0.5 * max(width))


def _spread_questions(cells: list[list[str]]) -> None:
    """Give the parts of a question in the second row the question that stands left above them."""
    for before, own in itertools.pairwise(cells):
        if len(own) > 1 and not own[0] and own[1] and before[1]:
            own[0] = before[0]


def _name_from_above(cells: list[list[str]], above: Sequence[str]) -> None:
    """Name columns without a header by the row above, over which merged cells reach."""
    named = [(i, str(cell).strip()) for i, cell in enumerate(above[: len(cells)])]
    for i, cell in named:
        if cell and not cells[i][0]:
            cells[i][0] = cell


def _clean_texts(text: str) -> list[str]:
    """Return a text as it is, and without what numbers it or marks it as required."""
    plain = _STARRED.sub("", text)
    return list(dict.fromkeys((text, plain, _NUMBERED.sub("", plain))))


def _read_column(position: int, tool: Tool, header: str, second: str) -> Column:
    plain = _TAG.sub(" ", html.unescape(header)).strip()
    plain, full = tool.split_header(plain)
    names = [plain] if _CODE.fullmatch(plain) else []
    texts = _clean_texts(plain)
    option = ""
    if tool.typed_other == "option" and "_" in plain and names:  # codes for expressions: Q2_SQ1
        head, _, option = plain.rpartition("_")
        names += [option, head]
    if short := _SHORTNAME.match(plain):
        names.append(short["code"])
        texts += _clean_texts(short["text"])
    if brackets := _split_brackets(plain):
        option, head = brackets
        names += [part for part in brackets if _CODE.fullmatch(part)]
        texts += [*_clean_texts(option), *_clean_texts(head)]
    if "/" in plain and not plain.endswith("/"):
        head, _, last = plain.rpartition("/")
        names += [last, head.rpartition("/")[2]]
        option = last
        texts += [*_list_endings(plain), head, *_list_endings(head)]
    if full:
        texts += [full, *_split_brackets(full)]
    if second:
        texts += [second, *(part.strip() for part in second.split(" - "))]
        if " - " in second:
            option = second.rpartition(" - ")[2].strip()
    names, texts = list(dict.fromkeys(names)), list(dict.fromkeys(texts))
    return Column(position, header, tuple(names), tuple(texts), option)


def _split_brackets(text: str) -> tuple[str, str] | tuple[()]:
    """Return what stands in the brackets at the end of a header and what before them."""
    found = _BRACKETS.match(text)
    return (found["inner"].strip(), found["head"].strip()) if found else ()


def _list_endings(path: str) -> list[str]:
    """Return what follows each slash: groups come first, and a question may have slashes."""
    parts = path.split("/")
    return ["/".join(parts[i:]) for i in range(1, len(parts))]
