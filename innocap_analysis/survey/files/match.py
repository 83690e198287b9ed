"""Which item of the questionnaire each column of an export is."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.survey.files.layout import Column, Layout
from innocap_analysis.survey.files.roles import PERSONAL, ROLES
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.scales import normalise_label

IGNORE = "ignore"


@dataclass(frozen=True)
class Target:
    """What a column is read as.

    Attributes
    ----------
    column : Column
        The column.
    kind : str
        ``item``, ``option`` (of a multiple choice), ``role`` (said by the tool),
        ``personal`` or ``unmatched`` (both left out).
    code : str
        Item or role.
    option : str
        Option of a multiple choice.
    """

    column: Column
    kind: str
    code: str = ""
    option: str = ""


def match_columns(
    layout: Layout, instrument: Instrument, name: str, *, mapping: Mapping[str, str] | None = None
) -> list[Target]:
    """Match the columns of an export with the items of the questionnaire."""
    given = dict(mapping or {})
    headers = [column.header for column in layout.columns]
    for header, code in given.items():
        if header not in headers:
            near = suggest(header, headers)
            raise InnocapError(f"mapping: {name} has no column {header!r}{near}")
        item, _, option = code.partition("/")
        if code != IGNORE and item not in instrument.items:
            raise InnocapError(
                f"mapping: {item!r} is no item{suggest(item, list(instrument.items))}"
            )
        if option and option not in instrument.options(item):
            options = instrument.options(item)
            raise InnocapError(
                f"mapping: {option!r} is no option of {item}{suggest(option, options)}"
            )
    targets = [_match(column, instrument, given) for column in layout.columns]
    targets = _prefer_options(targets)
    _check(targets, name, instrument)
    return targets


def _match(column: Column, instrument: Instrument, given: Mapping[str, str]) -> Target:
    if column.header in given:
        code, _, option = given[column.header].partition("/")
        if code == IGNORE:
            return Target(column, "unmatched")
        return Target(column, "option" if option else "item", code, option)
    folded = {code.casefold(): code for code in instrument.items}
    for text in column.names:
        if text.casefold() in folded:
            return _make_target(column, folded[text.casefold()], instrument)
        for code in _list_multi(instrument):
            if text.casefold().startswith(f"{code.casefold()}_"):
                return _make_target(column, code, instrument)
    said = [normalise_label(text) for text in (column.header, column.texts[0])]
    if PERSONAL.intersection(said):
        return Target(column, "personal")
    for text in column.texts:
        if (asked := instrument.by_text.get(normalise_label(text))) is not None:
            return _make_target(column, asked, instrument)
    for text in said:
        if text in ROLES:
            return Target(column, "role", ROLES[text])
    return Target(column, "unmatched")


def _list_multi(instrument: Instrument) -> list[str]:
    return [item.code for item in instrument.items.values() if item.answer == "multi"]


def _make_target(column: Column, code: str, instrument: Instrument) -> Target:
    item = instrument.items[code]
    scale = instrument.scales.get(item.scale)
    known = scale.known if scale is not None else {}
    if item.answer != "multi":
        # "ORG3[other]", "ORG3/other" and "Type of organisation [Other]" hold what somebody
        # typed, not the answer.
        option = normalise_label(column.option)
        typed = option in ("other", "-oth-", "comment") or known.get(option) == "other"
        return Target(column, "unmatched") if typed else Target(column, "item", code)
    tail = column.names[0][len(code) + 1 :] if column.names else ""
    for text in (column.option, tail):
        chosen = known.get(normalise_label(text)) if text else None
        if chosen is not None and text != code:
            return Target(column, "option", code, str(chosen))
    if column.option and normalise_label(column.option) not in (code.casefold(), ""):
        named = code.casefold() in (n.casefold() for n in column.names[:1])
        if not named and "selected choice" not in normalise_label(column.option):
            return Target(column, "unmatched")
    return Target(column, "item", code)


def _prefer_options(targets: Sequence[Target]) -> list[Target]:
    """Keep the yes-or-no columns of a multiple choice where its summary is there too."""
    split = {target.code for target in targets if target.kind == "option"}
    return [
        Target(t.column, "unmatched") if t.kind == "item" and t.code in split else t
        for t in targets
    ]


def _check(targets: Sequence[Target], name: str, instrument: Instrument) -> None:
    seen: dict[tuple[str, str], Target] = {}
    for target in targets:
        if target.kind not in ("item", "option"):
            continue
        other = seen.setdefault((target.code, target.option), target)
        if other is not target:
            what = "/".join(part for part in (target.code, target.option) if part)
            raise InnocapError(
                f"{name}: columns {other.column.header!r} and {target.column.header!r} are both "
                f"{what}; leave one out with a mapping to 'ignore'"
            )
    scored = set(instrument.scored) & {target.code for target in targets}
    if not scored:
        raise InnocapError(
            f"{name}: no column is an item of the questionnaire (the first are "
            + ", ".join(repr(target.column.header) for target in targets[:3])
            + "); draft a mapping with: innocap import --suggest"
        )


def suggest_mapping(layout: Layout, instrument: Instrument) -> dict[str, str]:
    """Draft a mapping for the columns that are not matched by code or text.

    Returns: item by header where a question text is much alike, ``ignore`` otherwise; to be
    read and mended by a person.
    """
    texts = instrument.by_text
    draft: dict[str, str] = {}
    for column in layout.columns:
        target = _match(column, instrument, {})
        if target.kind != "unmatched" or not column.header:
            continue
        wanted = normalise_label(column.texts[-1])
        near = difflib.get_close_matches(wanted, texts, n=1, cutoff=0.75)
        draft[column.header] = texts[near[0]] if near else IGNORE
    return draft
