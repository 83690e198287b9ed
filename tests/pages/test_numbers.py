"""Every number that an English page prints is a fact of its ledger, written as its kind is."""

from __future__ import annotations

import csv
import functools
import json
import math
import re
from collections.abc import Callable

import pytest

from innocap_analysis.pages.facts import Fact
from innocap_analysis.pages.front import describe_front
from innocap_analysis.pages.opening import open_view
from tests.frozen import EDITION

from .reading import read_page

PAGES: list[tuple[str, dict[str, object]]] = [
    ("00", {}),
    ("10", {}),
    ("20", {}),
    ("30", {"region": "SE"}),
    ("30", {"region": "CA"}),
    ("35", {"place": "SE-2284"}),
    ("35", {"place": "FI-214"}),
    ("35", {"place": "CA-1011"}),
    ("35", {"place": "IE-1350405"}),
    ("35", {"place": "SE32"}),
    ("40", {}),
    ("45", {}),
    ("50", {}),
    ("60", {"region": "SE"}),
    ("60", {"region": "FI"}),
    ("70", {}),
    ("80", {}),
    ("85", {}),
]
# Numbers that belong to a fixed text and say nothing about a unit.
FIXED = re.compile(
    r"from 0 \(lowest goalpost\) to 100 \(highest\)"  # ends of the scale of scores
    r"|[Ss]cores(?: of respondents)?,? (?:from )?0 to 100"
    r"|(?<=\d )of 100(?= on| points|[;:.)]|$| Score)"
    r"|on a scale from 0 to 100 between two fixed goalposts"
    r"|Score = 100 ×"  # the formula of a score
    r"|95% (?:Wilson )?intervals?"  # level of every interval of the survey pages
    r"|5% false finds"  # level of the correction for many items
    r"|the line marks 0\.7"  # a rule of thumb for alpha, drawn as a line
    r"|^Rank \d$"  # heads of columns
    r"|fewer than 20 left out"  # fewest complete answers for an alpha
    r"|Figure, 0 to 100|Score from 0 to 100, "
    r"|(?:^| )[1-5]\. (?=[A-Z])"  # numbered lists
    r"|Rank 1 is the highest"
    r"|\b\d{1,2} (?:December|January) 20\d\d"  # the day of a count of people
    r"|(?<=\d )of 100 here"
    r"|\(Eurostat, 20\d\d\)|grouping \(2025\)|Benchmark 2023|2021–2022"  # editions of sources
    r"|\bpages? \d\d(?: and \d\d)?|the 31 authorities|NUTS [23]"
    r"|\d{4}-\d\d-\d\d|census of \d{4}"  # when people were counted
    r"|(?:Division No\.|Region) \d+"  # names
)
STAMP = "Made "  # date and versions at the foot of a page
_NUMBER = re.compile(r"(?<![\w.])[<>]?[-+]?\d+(?:,\d{3})*(?:\.\d+)?%?(?![\w]|\.\d)")


def find_numbers(text: str) -> list[str]:
    """Return the numbers of a text with their signs: more or less than, plus, minus, percent."""
    plain = text.replace("−", "-").replace("\u2060", "")
    return _NUMBER.findall(plain)


def _fixed(decimals: int, *, sign: bool = False, scale: float = 1) -> Callable[[float], str]:
    def write_number(x: float) -> str:
        text = f"{scale * x:,.{decimals}f}"
        if float(text.replace(",", "")) == 0:
            return text.lstrip("-")
        return f"+{text}" if sign and x > 0 else text

    return write_number


def _share(decimals: int = 0) -> Callable[[float], str]:
    return lambda x: _fixed(decimals, scale=100)(x) + "%"


def _probability(x: float) -> str:
    return ">99%" if x > 0.99 else "<1%" if x < 0.01 else _share()(x)


def _p_value(x: float) -> str:
    return "<0.001" if x < 0.001 else f"{x:.3f}"


# Written from the conventions that METHODS.md and the pages state, not from the package.
WRITERS: dict[str, Callable[[float], str]] = {
    "points": _fixed(1),
    "whole_points": _fixed(0),
    "given_points": "{:g}".format,
    "gap": _fixed(1, sign=True),
    "rank": _fixed(0),
    "count": _fixed(0),
    "km2": _fixed(0),
    "per_km2": lambda x: _fixed(1 if x >= 1 else 2)(x),
    "year": "{:.0f}".format,
    "figure": "{:g}".format,
    "change": _fixed(2, sign=True),
    "share": _share(),
    "share_2": _share(2),
    "probability": _probability,
    "chance": _probability,
    "number": _fixed(1),
    "number_0": _fixed(0),
    "number_2": _fixed(2),
    "number_3": _fixed(3),
    "number_5": _fixed(5),
    "p": _p_value,
    "minutes": _fixed(1),
}


def write(fact: Fact) -> set[str]:
    """Return how a fact may be printed: its value, the ends of its interval, a gap unsigned."""
    numbers = [x for x in (fact.value, fact.low, fact.high) if not math.isnan(x)]
    told = {WRITERS[fact.kind](x) for x in numbers}
    return told | ({_fixed(1)(abs(x)) for x in numbers} if fact.kind == "gap" else set())


_known: dict[str, tuple[list[str], list[Fact]]] = {}


def read(number: str, parameters: dict[str, object]) -> tuple[list[str], list[Fact]]:
    """Return the words and the facts of an English page."""
    key = f"{number} {parameters}"
    if key not in _known:
        _known[key] = _read(number, parameters)
    return _known[key]


def _read(number: str, parameters: dict[str, object]) -> tuple[list[str], list[Fact]]:
    if number == "00":
        view = open_view("00")
        told = describe_front(view)
        rows = [cell for row in told.pop("rows") for cell in row]
        rows += [text for _, texts in told.pop("countries") for text in texts]
        lists = [text for x in told.values() for text in ([x] if isinstance(x, str) else x)]
        return [*lists, *rows], list(view.ledger.facts.values())
    page = read_page(number, **{"language": "en", **parameters})
    return page.words, list(page.facts.values())


@functools.cache
def _read_quotes() -> list[str]:
    """Return the texts that pages quote: notes on figures, and what sources say of themselves."""
    found = []
    for name in ("flags", "notes"):
        with (EDITION / f"data/codebooks/{name}.csv").open(encoding="utf-8", newline="") as stream:
            found += [row["note_en"] for row in csv.DictReader(stream)]
    package = json.loads((EDITION / "data/raw/datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        found += [resource["title"], str(resource.get("checked", ""))]
    return sorted(filter(None, found), key=len, reverse=True)


def _leave_own_numbers(text: str) -> str:
    """Take out of a text what it quotes and what is fixed; what is left comes from facts."""
    text = " ".join(text.split())
    for quote in _read_quotes():
        text = text.replace(quote, "")
    return "" if text.startswith(STAMP) else FIXED.sub("", text)


@pytest.mark.parametrize(("number", "parameters"), PAGES)
def test_every_printed_number_is_a_fact(number: str, parameters: dict[str, object]) -> None:
    words, facts = read(number, parameters)
    known = {text for fact in facts for text in write(fact)}
    strangers = {
        (found, text)
        for text in words
        for found in find_numbers(_leave_own_numbers(text))
        if found not in known
    }
    assert not strangers


@pytest.mark.parametrize(("number", "parameters"), PAGES)
def test_every_fact_is_printed(number: str, parameters: dict[str, object]) -> None:
    words, facts = read(number, parameters)
    printed = {found for text in words for found in find_numbers(text)}
    silent = [fact.id for fact in facts if write(fact) and not write(fact) & printed]
    assert not silent


def test_a_number_that_is_no_fact_is_found() -> None:
    words, facts = read("60", {"region": "SE"})
    known = {text for fact in facts for text in write(fact)}
    assert find_numbers(_leave_own_numbers(f"{words[0]} 1,234.5% of all")) == ["1,234.5%"]
    assert "1,234.5%" not in known
    assert find_numbers("rank 3 (2\u2060–\u20604), −13.7† points, >99%, CA10, 3.11.7") == [
        "3", "2", "4", "-13.7", ">99%",
    ]  # fmt: skip
