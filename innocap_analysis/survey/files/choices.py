"""Chosen options as tools and people write them: ticks, lists in one cell, what was typed."""

from __future__ import annotations

import re

from innocap_analysis.survey.scales import Code, Scale, normalise_label
from innocap_analysis.survey.tools.tool import split_names

# The logical values are those of Excel and LibreOffice in the languages of the project.
YES = split_names("y|yes|ja|kyllä|oui|1|true|sant|tosi|vrai|x|selected|checked|vald|valittu|coché|"
                  "sélectionné|✓|✔|☑|☒")  # fmt: skip
NO = split_names("|n|no|nej|ei|non|0|false|falskt|epätosi|faux|not selected|unchecked|inte vald|"
                 "ei valittu|non coché|non sélectionné|☐")  # fmt: skip
_TRUE, _FALSE = split_names("true|sant|tosi|vrai|y"), split_names("false|falskt|epätosi|faux|n")
_WIDE = (";", ",", "|", "/")  # where a tool has no mark of its own and nothing is typed
_LISTED = re.compile(r"\[(.*)\]", re.DOTALL)
_QUOTED = re.compile(r"""(?:(?<=^)|(?<=[;,|]))\s*["'](.*?)["']\s*(?=[;,|]|$)""")
_NUMBERED = re.compile(r"\d+\s*[.):=-]\s*(?=\D)")
_AFTER_OTHER = re.compile(r"\s*[:(,=-]")


def is_other(text: str, scale: Scale) -> bool:
    """Whether a text is the label of *other* with something behind it: ``Other: a parish``."""
    plain = normalise_label(text)
    return any(
        code == "other" and plain.startswith(label) and _AFTER_OTHER.match(plain[len(label) :])
        for label, code in scale.known.items()
    )


def split_options(
    text: str, scale: Scale, separator: str, *, typed: bool
) -> tuple[frozenset[object], bool]:
    """Split a list of options; a label may itself hold what divides them.

    Returns: the options, and whether one was typed, which is *other* then.
    """
    if listed := _LISTED.fullmatch(text.strip()):
        text = _QUOTED.sub(r"\1", listed[1])
    rest = normalise_label(text.replace("\n", ";"))
    marks = {separator, ";"} if separator != " " else {" "}
    if not typed and separator != " ":
        marks |= set(_WIDE)
    behind = re.compile(rf"\s*(?:$|[{re.escape(''.join(marks))}][\s#]*)")
    known = sorted(scale.known, key=len, reverse=True)
    chosen: set[object] = set()
    other = False
    while rest:
        found = _find_label(rest, known, behind) or _find_label(
            _NUMBERED.sub("", rest, count=1) if _NUMBERED.match(rest) else "", known, behind
        )
        if found:
            chosen.add(scale.known[found[0]])
            rest = found[1]
        elif typed or other or is_other(rest, scale):
            other = True  # and a mark within what was typed divides nothing
            chosen.add("other")
            rest = re.split("|".join(map(re.escape, marks)), f"{rest}{separator}", maxsplit=1)[1]
            rest = rest.removesuffix(separator).lstrip()
        elif (codes := set(re.split(r"[ +]+", rest))) <= set(map(str, scale.codes)):
            return frozenset(chosen | codes), other  # as forms of XLSForm join them
        else:
            raise KeyError(scale.show(rest))
    return frozenset(chosen), other


def _find_label(rest: str, known: list[str], behind: re.Pattern[str]) -> tuple[str, str] | None:
    """Return the longest label that a list begins with, and the list behind it."""
    for label in known:
        if rest.startswith(label) and (end := behind.match(rest, len(label))):
            return label, rest[end.end() :]
    return None


def read_truth(plain: str, scale: Scale) -> Code | None:
    """Return yes or no as spreadsheets write it, where these are answers."""
    yes, no = scale.known.get("yes"), scale.known.get("no")
    if yes is None or no is None:
        return None
    return yes if plain in _TRUE else no if plain in _FALSE else None
