"""A made-up language shows what is written into the code: whatever is not between its brackets."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator

import pytest
from babel import Locale
from babel.dates import get_month_names

from innocap_analysis.data.places import read_places
from innocap_analysis.pages import language
from innocap_analysis.pages.front import describe_front
from innocap_analysis.pages.opening import open_view
from innocap_analysis.settings import load_settings
from tests.frozen import EDITION
from tests.pseudo import Pseudo, make_pseudo

from .reading import read_page

SHOWN = "sv"  # the language whose catalogue is replaced
PAGES: list[tuple[str, dict[str, object]]] = [
    ("10", {}), ("20", {}), ("30", {"region": "IE04"}), ("35", {"place": "FI-491"}),
    ("35", {"place": "CA-1001"}), ("40", {}), ("45", {}), ("50", {}), ("60", {"region": "CA"}),
    ("70", {}), ("80", {}), ("85", {}),
]  # fmt: skip
_ASIDE = re.compile(
    r"\bSYNTHETIC\b|\bdata/processed/cleaning_log\.csv|\bSYNTHETIC_\w+(?:\.\w+)*"
    r"|\b[A-Z]{2}\b|\b[A-Z]{2}-?[A-Z0-9]{1,3}\b"  # codes of countries and regions
    r"|innocap_analysis|\bUTC|Python|pandas|\b[0-9a-f]{12}\b"  # the stamp
    r"|\boch\b|\beller\b"  # of lists
    r"|\bIPAddress|RecipientEmail|LocationLatitude|Invitation number|User name|Last update"
    r"|\bEmail|Name|datestamp|ipaddr|refurl|ORG\d\[other\]|\[other\]"  # columns of survey tools
)


@pytest.fixture(scope="module", autouse=True)
def pseudo() -> Iterator[None]:
    """Replace the catalogue; what was read in the language before is forgotten, and afterwards."""
    patch = pytest.MonkeyPatch()
    read_page.cache_clear()
    patch.setattr(language, "_read_catalogue", lambda _: Pseudo())
    yield
    patch.undo()
    read_page.cache_clear()


def _list_data() -> list[str]:
    """List what tables call things in the language: labels, notes, answers, names of places."""
    found = set(Locale(SHOWN).territories.values())
    files = [*sorted((EDITION / "data/codebooks").rglob("*.csv"))]
    own = re.compile(rf"(?:label|note)_{SHOWN}|{SHOWN}|the|in|of")
    for file in files:
        with file.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                found |= {text for column, text in row.items() if own.fullmatch(column or "")}
                found |= (
                    {row["label"]} if row.get("language") == SHOWN and "label" in row else set()
                )
    settings = load_settings(EDITION)
    found |= set(read_places(settings).table[f"label_{SHOWN}"])
    found |= set(get_month_names("wide", locale=SHOWN).values())
    found |= {one.name_area(SHOWN) for one in settings.countries.values()}
    package = json.loads((EDITION / "data/raw/datapackage.json").read_text(encoding="utf-8"))
    for one in package["resources"]:
        found |= {one["title"], one.get("publisher", "")}
    texts = {part for text in found for part in (text, text.replace("\u00ad", "").rstrip("."))}
    return sorted(filter(None, texts), key=len, reverse=True)


def find_strangers(words: list[str], known: re.Pattern[str]) -> list[str]:
    """Return what stands outside of the brackets and is no name, number or code."""
    strangers = []
    for text in words:
        plain = re.sub(r"-\n", "", text).replace("\u00ad", "").replace("\u2060", "")
        plain = re.sub(r"⟦[^⟦⟧]*⟧", " ", " ".join(plain.split()))
        left = _ASIDE.sub(" ", known.sub(" ", plain))
        if re.search(r"[^\W\d_]{2,}", left):
            strangers.append(left.strip())
    return strangers


@pytest.fixture(scope="module")
def known() -> re.Pattern[str]:
    """Match whatever tables call things."""
    return re.compile("|".join(re.escape(" ".join(text.split())) for text in _list_data()))


@pytest.mark.parametrize(("number", "parameters"), PAGES)
def test_nothing_is_written_into_the_code(
    number: str, parameters: dict[str, object], known: re.Pattern[str]
) -> None:
    page = read_page(number, language=SHOWN, **parameters)
    assert len(page.words) > 10
    assert find_strangers(page.words, known) == []


def test_the_front_page_is_translated_too(known: re.Pattern[str]) -> None:
    told = describe_front(open_view("00", language=SHOWN))
    rows = [cell for row in told.pop("rows") for cell in row]
    rows += [text for _, texts in told.pop("countries") for text in texts]
    lists = [text for x in told.values() for text in ([x] if isinstance(x, str) else x)]
    assert not find_strangers([*lists, *rows], known)


def test_a_hard_coded_word_is_found(known: re.Pattern[str]) -> None:
    assert make_pseudo("Rank {n}").startswith("⟦Rank ⟧{n}⟦")
    assert find_strangers([make_pseudo("{n} runs").format(n="12"), "Sverige 3,4 %"], known) == []
    assert find_strangers([make_pseudo("Rank {n}").format(n="first of all")], known)
    assert find_strangers(["Score"], known) == ["Score"]
