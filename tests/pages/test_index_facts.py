"""Every number that pages 00, 30, 40 and 60 say, against the oracle; and the words beside it."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable

import numpy as np
import pytest

from innocap_analysis.pages.facts import Fact
from innocap_analysis.pages.front import describe_front
from innocap_analysis.pages.opening import open_view
from tests.frozen import EDITION

from .oracle import PUBLISHED, RUNS, Oracle, consult
from .reading import Page, read_page

LANGUAGES = ("en", "sv", "fi", "fr")
PARTNERS = tuple(consult().partners)
Expected = tuple[float, float | None, float | None]


def _among(o: Oracle, f: Fact) -> Expected:
    return (o.rank(f.unit, o.root, o.partners), *o.rank_interval(f.unit, o.root, o.partners))


def _changes(o: Oracle, f: Fact) -> Expected:
    order, first = o.changes((o.without_cell if "figures" in f.measure else o.without)[o.root])
    return float((first if "first" in f.measure else order).sum()), None, None


def _share_of_place(o: Oracle, f: Fact) -> Expected:
    place = 1 if f.measure == "share_first" else len(o.partners)
    return float((o.rank_runs(f.unit, o.root, o.partners) == place).mean()), None, None


def _context(o: Oracle, f: Fact) -> tuple[int, int]:
    """Return how many regional figures vary, and on how many a region is at the median or above."""
    country = f.unit[:2]
    ahead = known = 0
    for code, row in o.node.items():
        own = {u: o.newest(u, c) for u, c in o.raw if c == code and len(u) > 2 and u[:2] == country}
        if row["kind"] == "context" and len(set(own.values())) > 1 and f.unit in own:
            known += 1
            ahead += own[f.unit] >= np.median(list(own.values()))
    return ahead, known


def _context_year(o: Oracle, f: Fact) -> Expected:
    """Return the first or last of the years that the country's regional figures are from."""
    years = [
        max(by_year)
        for (u, c), by_year in o.raw.items()
        if len(u) > 2 and u[:2] == f.unit and c in o.node and o.node[c]["kind"] == "context"
    ]
    return float(min(years) if f.measure.startswith("first") else max(years)), None, None


def _edition(o: Oracle, f: Fact) -> Expected:
    """First or last edition that has the indicator, or all parts of the recomputed index."""
    end = min if f.measure.startswith("first") else max
    if (f.unit, f.code) in o.raw and f.code in ("UN_OSI", "UN_EPI"):
        return float(end(o.raw[f.unit, f.code])), None, None
    return float(end(_index_years(o, f.unit, f.code))), None, None


def _index_years(o: Oracle, unit: str, code: str) -> set[int]:
    return set.intersection(*(set(o.raw.get((unit, part), {})) for part in PUBLISHED[code]))


def _published(o: Oracle, f: Fact) -> Expected:
    """Score or rank of a published index in its first or last edition, from its parts."""
    year = int(_edition(o, f)[0])
    scores = {
        u: float(np.mean([o.raw[u, part][year] for part in PUBLISHED[f.code]]))
        for u in o.units
        if year
        in (_index_years(o, u, f.code) if all((u, p) in o.raw for p in PUBLISHED[f.code]) else ())
    }
    own = scores[f.unit]
    if f.measure.endswith("score"):
        return own, None, None
    return 1.0 + sum(x > own + 1e-9 for x in scores.values()), None, None


def _n_published(o: Oracle, f: Fact) -> Expected:
    end = min if "first" in f.measure else max
    per = [
        _index_years(o, u, f.code)
        for u in o.units
        if all((u, p) in o.raw for p in PUBLISHED[f.code])
    ]
    year = end(set.union(*per))
    return float(sum(year in years for years in per)), None, None


def _change(o: Oracle, f: Fact) -> Expected:
    own = o.raw[f.unit, f.code]
    moves = {u: o.raw[u, f.code][max(o.raw[u, f.code])] - o.raw[u, f.code][min(o.raw[u, f.code])]
             for u in o.partners}  # fmt: skip
    assert f.unit == max(moves, key=lambda u: abs(moves[u]))
    return own[max(own)] - own[min(own)], None, None


def _plain(value: Callable[[Oracle, Fact], float]) -> Callable[[Oracle, Fact], Expected]:
    return lambda o, f: (float(value(o, f)), None, None)


EXPECTED: dict[str, Callable[[Oracle, Fact], Expected]] = {
    "score": _plain(lambda o, f: o.score(f.unit, f.code)),
    "value": _plain(lambda o, f: o.newest(f.unit, f.code)),
    "year": _plain(lambda o, f: max(o.raw.get((f.unit, f.code), {}), default=np.nan)),
    "median": _plain(lambda o, f: o.median(f.code)),
    "gap_to_best": _plain(lambda o, f: o.score(f.unit, f.code) - np.nanmax(o.scores[f.code])),
    "percentile": _plain(lambda o, f: o.percentile(f.unit, f.code)),
    "share_widest": _plain(lambda o, f: o.share_widest(f.unit, f.code)),
    "gap": lambda o, f: (
        o.gap(f.unit, f.code),
        *(o.interval(o.gap_runs(f.unit, f.code)) if f.code not in o.leaves else (None, None)),
    ),
    "rank": lambda o, f: (
        o.rank(f.unit, f.code),
        *(o.rank_interval(f.unit, f.code) if f.code not in o.leaves else (None, None)),
    ),
    "rank_of_all": lambda o, f: (o.rank(f.unit, f.code), *o.rank_interval(f.unit, f.code)),
    "rank_among_partners": _among,
    "share_first": _share_of_place,
    "share_last": _share_of_place,
    "n_change_order": _changes,
    "n_change_first": _changes,
    "n_figures_change_order": _changes,
    "n_figures_change_first": _changes,
    "n_figures": _plain(lambda o, f: len(o.without_cell[o.root])),
    "n_indicators": _plain(lambda o, f: len(o.leaves)),
    "n_partners": _plain(lambda o, f: len(o.partners)),
    "n_measured": _plain(lambda o, f: len(o.partners)),
    "n_ranked": _plain(lambda o, f: np.isfinite(o.scores[o.root]).sum()),
    "n_reference": _plain(
        lambda o, f: np.isfinite(o.scores[f.code]).sum() if f.code else len(o.units)
    ),
    "n_best": _plain(lambda o, f: (o.scores[f.code] == np.nanmax(o.scores[f.code])).sum()),
    "n_at_or_above_median": _plain(lambda o, f: sum(o.gap(f.unit, c) >= 0 for c in o.leaves)),
    "n_runs": _plain(lambda o, f: RUNS),
    "interval_level": _plain(lambda o, f: 0.9),
    "context": _plain(lambda o, f: o.newest(f.unit, f.code)),
    "n_context_ahead": _plain(lambda o, f: _context(o, f)[0]),
    "n_context": _plain(lambda o, f: _context(o, f)[1]),
    "first_context_year": _context_year,
    "last_context_year": _context_year,
    "first_edition": _edition,
    "last_edition": _edition,
    "first_score": _published,
    "last_score": _published,
    "first_rank": _published,
    "last_rank": _published,
    "n_first_edition": _n_published,
    "n_last_edition": _n_published,
    "change": _change,
}


def check_facts(page: Page | dict[str, Fact], expected: dict[str, Callable[..., Expected]]) -> None:
    """Hold every fact of a page against the oracle; a measure that it does not know fails."""
    oracle = consult()
    facts = page.facts if isinstance(page, Page) else page
    assert facts
    for fact in facts.values():
        value, low, high = expected[fact.measure](oracle, fact)
        assert fact.value == pytest.approx(value, abs=1e-9, nan_ok=True), fact.id
        for name, found, wanted in (("low", fact.low, low), ("high", fact.high, high)):
            if wanted is None:
                assert math.isnan(found), f"{fact.id}: {name} of what has no interval"
            else:
                assert found == pytest.approx(wanted, abs=1e-9), f"{fact.id}: {name}"
        sources = {oracle.source[c] for c in _leaves_below(oracle, fact.code)}
        assert set(fact.sources) == sources, fact.id
        assert (fact.flag != "") == _is_flagged(fact), fact.id


def _leaves_below(o: Oracle, code: str) -> list[str]:
    if not code:
        return []
    if code == o.root:
        return o.leaves
    return o.of.get(code, [code])


def _is_flagged(fact: Fact) -> bool:
    if fact.measure not in ("value", "score", "gap"):
        return False
    with (EDITION / "data/codebooks/flags.csv").open(encoding="utf-8", newline="") as stream:
        rows = [(row["code"], row["unit"]) for row in csv.DictReader(stream)]
    return (fact.code, fact.unit) in rows or (fact.code, "") in rows


@pytest.mark.parametrize("unit", PARTNERS)
@pytest.mark.parametrize("number", ["30", "60"])
def test_every_number_of_a_country_page(number: str, unit: str) -> None:
    check_facts(read_page(number, region=unit, language="en"), EXPECTED)


def test_every_number_of_the_comparison() -> None:
    check_facts(read_page("40", language="en"), EXPECTED)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_of_the_front_page(language: str) -> None:
    view = open_view("00", language=language)
    describe_front(view)
    check_facts(view.ledger.facts, EXPECTED)


# ------------------------------------------------------------ the words beside the numbers

VERDICT = {
    "ahead": ("ahead", "före", "edellä", "en avance"),
    "behind": ("behind", "efter", "jäljessä", "en retard"),
    "about even": ("about even", "ungefär jämnt", "suunnilleen tasoissa", "à peu près à égalité"),
    "rests on one": (
        "rests on one figure", "vilar på en enda uppgift", "yhden luvun varassa",
        "tient à un seul chiffre",
    ),
}  # fmt: skip
# A part of the sentence that says what the first priority is, by what may be said.
PRIORITY = {
    "none": ("no dimension is below", "ingen dimension ligger under", "mikään ulottuvuus ei ole",
             "aucune dimension n’est au-dessous"),
    "clear": ("is the first priority", "är första prioritet", "ensisijainen kehittämiskohde",
              "première priorité"),
    "hangs": ("but not if", "men inte om", "mutta ei, jos", "ce n’est plus vrai si l’on omet"),
    "open": ("too close to it", "för nära den", "liian lähellä sitä",
             "trop peu pour en faire une priorité"),
}  # fmt: skip


def _label(o: Oracle, code: str, language: str) -> str:
    return o.node[code][f"label_{language}"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unit", PARTNERS)
def test_the_verb_agrees_with_the_interval(unit: str, language: str) -> None:
    o, at = consult(), LANGUAGES.index(language)
    for number in ("30", "60"):
        lines = read_page(number, region=unit, language=language).texts[1].splitlines()
        for d in o.dimensions:
            own = [x for x in lines if x.startswith(f"- {_label(o, d, language)}")]
            assert len(own) == 1, (number, d)
            words = {v for v, words in VERDICT.items() if f"{words[at]} (" in own[0]
                     or f"({words[at]})" in own[0]}  # fmt: skip
            assert words == {o.verdict(unit, d)}, own[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unit", PARTNERS)
def test_the_first_priority_is_said_as_sure_as_it_is(unit: str, language: str) -> None:
    o, at = consult(), LANGUAGES.index(language)
    code, status, hinges = o.priority(unit)
    sentence = read_page("60", region=unit, language=language).texts[1].splitlines()[0]
    assert o.is_named(code, language, sentence)
    assert {s for s, words in PRIORITY.items() if words[at] in sentence} == {status}
    for leaf in hinges:
        assert _label(o, leaf, language) in sentence


@pytest.mark.parametrize("unit", PARTNERS)
def test_strengths_and_weaknesses_are_the_widest_gaps_on_their_side(unit: str) -> None:
    o = consult()
    lines = {
        x[2:].split(":")[0]: x
        for x in read_page("30", region=unit, language="en").texts[1].splitlines()
    }
    for word, verdict, sign in (("Strengths", "ahead", -1), ("Weaknesses", "behind", 1)):
        own = [c for c in o.leaves if o.verdict(unit, c) == verdict]
        own = sorted(own, key=lambda c: sign * o.gap(unit, c))[:3]
        places = [lines[word].index(_label(o, c, "en")) for c in own]
        assert places == sorted(places)
        assert lines[word].count("(") - sum(_label(o, c, "en").count("(") for c in own) == len(own)
        told = lines[word].replace("\u2060", "").replace("\xa0", " ").replace("†", "")
        for c in own:
            gap = f"{o.gap(unit, c):+.1f}".replace("-", "−")
            assert f"{_label(o, c, 'en')} ({gap}" in told


def test_highest_and_lowest_of_the_partners_are_named_for_each_dimension() -> None:
    o = consult()
    page = read_page("40", language="en")
    chart = page.charts[0]
    shown = " ".join(" ".join(text.get_text() for text in chart.texts).split())
    clauses = re.split(r"\. ", f"{chart.alt} {shown[shown.index('(highest)') :]}")
    lines = page.texts[0].splitlines()
    names = {"SE": "Sweden", "FI": "Finland", "IE": "Ireland", "CA": "Canada"}
    for d in o.dimensions:
        scores = {u: o.score(u, d) for u in PARTNERS}
        top, bottom = max(scores, key=scores.__getitem__), min(scores, key=scores.__getitem__)
        label = _label(o, d, "en")
        for words, unit in (("leads in", top), ("is last in", bottom)):
            told = [
                x for x in clauses if label.lower() in x.partition(words)[2].split(" and is ")[0]
            ]
            assert [x.startswith(names[unit]) for x in told] == [True], (d, unit)
        line = next(x for x in lines if x.startswith(f"- {label}"))
        assert line == (
            f"- {label}: from {scores[bottom]:.1f} ({names[bottom]}) to {scores[top]:.1f} "
            f"({names[top]})."
        )


def test_the_order_and_what_it_rests_on_are_named() -> None:
    o = consult()
    order, first = o.changes(o.without[o.root])
    view = open_view("00")
    front = describe_front(view)
    told = f"{front['answer']} {front['sure_text']}"
    changing, winning = told.split("The order of the 4 countries changes")[1].split(
        "Another country"
    )
    assert [c for c in o.leaves if _label(o, c, "en") in changing] == [
        c for c, x in zip(o.leaves, order, strict=True) if x
    ]
    assert [c for c in o.leaves if _label(o, c, "en") in winning.split("), or")[0]] == [
        c for c, x in zip(o.leaves, first, strict=True) if x
    ]
    scores = {u: o.score(u, o.root) for u in PARTNERS}
    names = ["Sweden", "Finland", "Ireland", "Canada"]
    by_score = [names[PARTNERS.index(u)] for u in sorted(scores, key=scores.__getitem__)[::-1]]
    opening = told.split(".")[0] + told.split(":")[1]
    assert sorted(by_score, key=opening.index) == by_score


def test_best_names_all_who_share_it_or_says_how_many() -> None:
    o = consult()
    table = read_page("30", region="SE", language="en").tables[0].cells
    for c, told in zip(o.leaves, table["Best"], strict=True):
        best = o.scores[c] == np.nanmax(o.scores[c])
        assert (f"{best.sum()} countries" == told) == (best.sum() > 2), told
        assert told.count(" and ") == (best.sum() == 2)
