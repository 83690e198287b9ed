"""No two pages of a unit contradict each other, in any language."""

from __future__ import annotations

import pytest

from innocap_analysis.settings import load_settings
from tests.frozen import EDITION

from .oracle import consult
from .reading import Page, read_page

SETTINGS = load_settings(EDITION)
LANGUAGES = SETTINGS.languages
UNITS = [*SETTINGS.countries, *(
    line.split(",")[1]
    for line in SETTINGS.regions_path.read_text(encoding="utf-8").splitlines()[1:]
    if line.split(",")[2] in SETTINGS.countries
)]  # fmt: skip


# Every country in every language; every region in one, so that each language has its regions.
READINGS = [
    *((unit, language) for unit in SETTINGS.countries for language in LANGUAGES),
    *(
        (unit, LANGUAGES[i % len(LANGUAGES)])
        for i, unit in enumerate(u for u in UNITS if u not in SETTINGS.countries)
    ),
]
_known: dict[tuple[str, str, str], tuple[object, str]] = {}


def test_there_are_as_many_units_as_promised() -> None:
    assert len(UNITS) == 33


def _check_one_value(page: Page) -> None:
    for fact in page.facts.values():
        key = (fact.unit, fact.code, fact.measure)
        before, where = _known.setdefault(key, (fact.content, fact.id))
        assert before == fact.content, f"{where} and {fact.id} differ"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", ["40"])
def test_a_quantity_has_one_value_on_the_pages_that_compare(number: str, language: str) -> None:
    _check_one_value(read_page(number, language=language))


@pytest.mark.parametrize(("unit", "language"), READINGS)
def test_the_pages_of_a_unit_agree(unit: str, language: str) -> None:
    profile, priorities = (
        read_page(number, region=unit, language=language) for number in ("30", "60")
    )
    _check_one_value(profile)
    _check_one_value(priorities)
    view = profile.namespace["view"]
    gaps = {code: float(view.stand(view.country, code, "gap")) for code in view.dimensions}
    order = sorted(gaps, key=gaps.__getitem__)
    # Strongest, weakest and first priority are the same dimensions everywhere.
    for title in (profile.charts[0].alt, priorities.charts[0].alt):
        assert consult().is_named(order[0], language, title), title
    assert consult().is_named(order[-1], language, profile.charts[0].alt)
    # The list of priorities runs from the widest gap to the widest lead.
    lines = priorities.texts[1].splitlines()
    told = [line for line in lines if any(line.startswith(f"- {view.code(c)}") for c in gaps)]
    assert [line[2:].split(":")[0].strip() for line in told] == [view.code(c) for c in order]
    # The sentence about the first priority is word for word the same on both pages.
    assert lines[0] in profile.texts[1].splitlines()


@pytest.mark.parametrize("unit", SETTINGS.countries)
def test_a_strength_is_never_below_the_median_nor_a_weakness_above(unit: str) -> None:
    page = read_page("30", region=unit, language="en")
    lines = {line[2:].split(":")[0]: line for line in page.texts[1].splitlines()}
    for word, sign in (("Strengths", "+"), ("Weaknesses", "−")):
        found = [part[0] for part in lines[word].split("(")[1:] if part[0] in "+−"]
        assert found
        assert set(found) == {sign}, lines[word]
