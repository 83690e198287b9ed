"""Which tool wrote a table, where its header is, and what each column is called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.survey.scales import normalise_label

TOOLS = (
    "limesurvey",
    "eusurvey",
    "qualtrics",
    "msforms",
    "kobo",
    "odk",
    "googleforms",
    "spss",
    "plain",
)

# What each tool puts between the options of a multiple choice.
SEPARATORS = {
    "eusurvey": ";",
    "msforms": ";",
    "qualtrics": ",",
    "googleforms": ",",
    "kobo": " ",
    "odk": " ",
    "limesurvey": ";",
    "spss": ";",
    "plain": ";",
}

# "Contribution ID" in the languages of the interface, as its message files have it.
_EUSURVEY = frozenset(
    {
        "contribution id",
        "svar-id",
        "vastauksen tunnistenumero",
        "numéro d'identification de la contribution",
        "id na haighneachta",
    }
)
_MS_START = {"start time", "starttid", "aloitusaika", "heure de début"}
_GOOGLE = {"timestamp", "tidstämpel", "aikaleima", "horodateur"}
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,40}")
_BRACKETS = re.compile(r"^(?P<head>.*?)\s*\[(?P<inner>[^\[\]]*)\]\s*$", re.DOTALL)
_SHORTNAME = re.compile(r"^(?P<text>.*\S)\s*\((?P<code>[A-Za-z]\w{0,40})\)\s*$", re.DOTALL)
# LimeSurvey's "question code & question text": Q1. Text, Q2[SQ1]. Text [Sub text], and with
# underscores for spaces where that was ticked.
_CODE_TEXT = re.compile(
    r"^(?P<code>[A-Za-z]\w{0,40}(?:\[[^\[\]]*\]){0,2})\.[ _](?P<text>.*)$", re.DOTALL
)
_NUMBERED = re.compile(r"^\s*(?:[A-Za-z]{0,3}\d+[.):]|\d+\s*[.)\-:])\s+")
_TAG = re.compile(r"<[^>]{1,200}>")


@dataclass(frozen=True)
class Column:
    """One column of an export.

    Attributes
    ----------
    position : int
        From 0.
    header : str
        As the tool wrote it.
    names : tuple of str
        Codes that the header may mean, the most likely first.
    texts : tuple of str
        Question texts that it may be.
    option : str
        Option of a multiple choice, or row of a grid; empty otherwise.
    """

    position: int
    header: str
    names: tuple[str, ...]
    texts: tuple[str, ...]
    option: str = ""


@dataclass(frozen=True)
class Layout:
    """How a table is laid out.

    Attributes
    ----------
    tool : str
        One of :data:`TOOLS`.
    header_row : int
        Row of the header, from 1.
    skip : int
        Rows before the first answer.
    columns : tuple of Column
        From left to right.
    """

    tool: str
    header_row: int
    skip: int
    columns: tuple[Column, ...]

    @property
    def separator(self) -> str:
        """What the tool puts between the options of a multiple choice."""
        return SEPARATORS[self.tool]


def detect_layout(
    rows: Sequence[Sequence[str]],
    name: str,
    *,
    tool: str | None = None,
    header_row: int | None = None,
) -> Layout:
    """Find out which tool wrote a table and what its columns are."""
    if tool is not None and tool not in TOOLS:
        raise InnocapError(f"tool {tool!r} is none of {', '.join(TOOLS)}{suggest(tool, TOOLS)}")
    filled = [i for i, row in enumerate(rows) if any(str(cell).strip() for cell in row)]
    if not filled:
        raise InnocapError(f"{name}: is empty")
    at = header_row - 1 if header_row else _find_header(rows, filled)
    if at not in filled:
        raise InnocapError(f"{name}: row {at + 1} is empty, so it cannot be the header")
    header = [str(cell).strip() for cell in rows[at]]
    while header and not header[-1]:
        header.pop()
    own = tool or _name_tool(header, rows, filled, at)
    skip, second = at + 1, None
    if own == "qualtrics":
        below = [i for i in filled if i > at][:2]
        if below:
            second = [str(cell).strip() for cell in rows[below[0]]]
        skip = (below[-1] if below else at) + 1
    _check_header(header, own, name, at)
    columns = tuple(
        _read_column(i, cell, own, second[i] if second and i < len(second) else "")
        for i, cell in enumerate(header)
    )
    return Layout(own, at + 1, skip, columns)


def _find_header(rows: Sequence[Sequence[str]], filled: Sequence[int]) -> int:
    for i in filled[:12]:
        if {normalise_label(str(cell)) for cell in rows[i]} & _EUSURVEY:
            return i
    # Titles above a table fill one or two cells; the header is the first row about as wide
    # as the widest.
    width = [sum(bool(str(cell).strip()) for cell in rows[i]) for i in filled[:12]]
    return next(i for i, n in zip(filled, width, strict=False) if n >= 0.5 * max(width))


def _name_tool(
    header: Sequence[str], rows: Sequence[Sequence[str]], filled: Sequence[int], at: int
) -> str:
    names = [normalise_label(cell) for cell in header]
    known = set(names)
    below = [i for i in filled if i > at][:2]
    if any('"importid"' in str(cell).lower() for i in below for cell in rows[i]):
        return "qualtrics"
    if known & _EUSURVEY:
        return "eusurvey"
    if "_uuid" in known or {"_id", "_index"} <= known:
        return "kobo"
    if {"submissiondate", "key"} <= known:
        return "odk"
    if {"response id", "date submitted"} <= known or any(
        cell.partition(".")[0] == "submitdate" for cell in names
    ):
        return "limesurvey"
    if names[:1] == ["id"] and known & _MS_START:
        return "msforms"
    if names and names[0] in _GOOGLE:
        return "googleforms"
    return "plain"


def _check_header(header: Sequence[str], tool: str, name: str, at: int) -> None:
    seen: dict[str, int] = {}
    for i, cell in enumerate(header):
        if not cell:
            continue
        if cell in seen and tool not in ("googleforms", "msforms"):
            raise InnocapError(
                f"{name}: row {at + 1} has the column {cell!r} twice (columns {seen[cell] + 1} and "
                f"{i + 1})"
            )
        seen[cell] = i


def _read_column(position: int, header: str, tool: str, second: str) -> Column:
    plain, full = _TAG.sub(" ", header).strip(), ""
    if tool == "limesurvey" and (both := _CODE_TEXT.match(plain)):
        plain, full = both["code"], both["text"]
    if tool == "odk":  # group-question, and group-question/option
        path, slash, last = plain.partition("/")
        plain = path.rpartition("-")[2] + slash + last
    names = [plain] if _CODE.fullmatch(plain) else []
    texts = [plain, _NUMBERED.sub("", plain)]
    option = ""
    if tool == "limesurvey" and "_" in plain and names:  # codes for expressions: Q2_SQ1
        head, _, option = plain.rpartition("_")
        names += [option, head]
    if short := _SHORTNAME.match(plain):
        names.append(short["code"])
        texts += [short["text"], _NUMBERED.sub("", short["text"])]
    if brackets := _split_brackets(plain):
        option, head = brackets
        names += [part for part in brackets if _CODE.fullmatch(part)]
        texts += [option, head, _NUMBERED.sub("", head)]
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
