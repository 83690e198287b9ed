"""What briefs say of a country and of all of them, against the oracle: numbers, tables, words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from innocap_analysis.documents import ending
from innocap_analysis.documents.brief import Brief, Grid, Section
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.opening import open_view
from tests.frozen import EDITION

from .oracle import Oracle, consult, read_rows
from .reading import read_brief, read_page
from .test_index_facts import EXPECTED, LANGUAGES, PARTNERS, VERDICT, Expected, check_facts
from .test_index_words import NAMES, VERDICTS
from .test_method_words import _label, _name

MOST, TEACHERS = 4, 3
# Part of the first sentence by the verdict on the index.
HEADLINE = {
    "ahead": ("above the median", "mer än medianen", "enemmän kuin", "au-dessus de la médiane"),
    "behind": ("below the median", "mindre än medianen", "vähemmän kuin",
               "au-dessous de la médiane"),
    "about even": ("about as much as", "ungefär som", "suunnilleen saman", "à peu près"),
}  # fmt: skip

GROUPS = {
    "leader": ("leaders", "ledarna", "johtajat", "champions"),
    "strong": ("strong", "starka", "vahvat", "notables"),
}


def _section(brief: Brief, key: str) -> Section:
    return next(section for section in brief.sections if section.key == key)


def _grid(brief: Brief, key: str) -> Grid:
    grid = _section(brief, key).grid
    assert grid is not None, key
    return grid


def _numbers(cells: tuple[str | Said, ...]) -> list[float]:
    return [float(cell) for cell in cells if isinstance(cell, Said)]


def _best(o: Oracle, code: str) -> float:
    return float(np.nanmax(o.scores[code]))


def _n(o: Oracle, code: str) -> float:
    return float(np.isfinite(o.scores[code]).sum())


def _listed(o: Oracle, unit: str, verdict: str, most: int = MOST) -> list[str]:
    """Return the indicators furthest on one side of the median, the furthest first."""
    own = [c for c in o.leaves if o.verdict(unit, c) == verdict]
    return sorted(own, key=lambda c: -abs(o.gap(unit, c)))[:most]


def _year(o: Oracle, unit: str, code: str) -> float:
    return float(max(o.raw[unit, code])) if (unit, code) in o.raw else math.nan


@pytest.mark.parametrize("unit", [*PARTNERS, None])
def test_every_number_of_a_brief(unit: str | None) -> None:
    def best(o: Oracle, f: object) -> Expected:
        return _best(o, f.code), None, None  # type: ignore[attr-defined]

    facts = dict(read_brief(unit).view.ledger.facts)
    scoreboard = [key for key in facts if key.endswith(":scoreboard_year")]
    assert [facts.pop(key).value for key in scoreboard] == [2025.0] * (unit != "CA")
    check_facts(facts, EXPECTED | {"best": best})


@pytest.mark.parametrize("unit", PARTNERS)
def test_tables_of_a_country_have_each_number_in_its_column(unit: str) -> None:
    o, brief = consult(), read_brief(unit)
    nodes = [o.root, *o.dimensions]
    for code, row in zip(nodes, _grid(brief, "profile").rows, strict=True):
        verdict = VERDICTS.get(o.verdict(unit, code), o.verdict(unit, code))
        assert (row[0], row[-1]) == (_label(code, "en"), verdict)
        assert _numbers(row) == pytest.approx(
            [o.score(unit, code), o.median(code), o.gap(unit, code), o.rank(unit, code),
             _n(o, code)], abs=1e-9,
        )  # fmt: skip
    strong, weak = _listed(o, unit, "ahead"), _listed(o, unit, "behind")
    kinds = ["Strength"] * len(strong) + ["Weakness"] * len(weak)
    rows = _grid(brief, "sides").rows
    assert [row[0] for row in rows] == kinds
    for code, row in zip([*strong, *weak], rows, strict=True):
        assert row[1:3] == (_label(code, "en"), _label(o.node[code]["parent"], "en"))
        told = [o.score(unit, code), o.gap(unit, code), o.rank(unit, code), _n(o, code),
                _year(o, unit, code)]  # fmt: skip
        assert _numbers(row) == pytest.approx(told, abs=1e-9)
    for code, row in zip(weak, _grid(brief, "teachers").rows, strict=True):
        ahead = [u for u in PARTNERS if u != unit and o.verdict(u, code) == "ahead"]
        ahead = sorted(ahead, key=lambda u: -o.score(u, code))[:TEACHERS]
        named = [f"{NAMES[u]} ({o.score(u, code):.1f})" for u in ahead]
        told = str(row[3]).replace("†", "").replace(" and ", ", ")
        assert told.replace(",,", ",") == (", ".join(named) or "none of the partners"), code
        best = [u for u in o.units if o.score(u, code) == _best(o, code)]
        assert row[4] == (
            " and ".join(sorted((_name(u, "en") for u in best), key=str(row[4]).find))
            if len(best) <= 2 else f"{len(best)} countries"
        )  # fmt: skip
        assert _numbers(row) == pytest.approx([o.score(unit, code), _best(o, code)], abs=1e-9)


@pytest.mark.parametrize("unit", PARTNERS)
def test_charts_of_a_country_show_scores_medians_and_gaps(unit: str) -> None:
    o, brief = consult(), read_brief(unit)
    nodes = [o.root, *o.dimensions]
    bars = _section(brief, "profile").bars
    assert bars is not None
    assert bars.names == tuple(_label(c, "en") for c in nodes)
    (own, _, scores), (_, _, medians) = bars.series
    assert own == NAMES[unit]
    assert _numbers(scores) == pytest.approx([o.score(unit, c) for c in nodes])
    assert _numbers(medians) == pytest.approx([o.median(c) for c in nodes])
    bars = _section(brief, "start").bars
    assert bars is not None
    order = sorted(o.dimensions, key=lambda d: o.gap(unit, d))
    assert bars.names == tuple(_label(d, "en") for d in order)
    assert _numbers(bars.series[0][2]) == pytest.approx([o.gap(unit, d) for d in order])


def _drop_name(text: str, name: str) -> str:
    """Return what stands behind a name and its colon: a brief has the name in its title alone."""
    named, _, said = text.partition(":")
    assert named.strip() == name
    said = said.strip()
    return said[:1].upper() + said[1:]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unit", PARTNERS)
def test_a_brief_says_what_the_pages_of_its_country_say(unit: str, language: str) -> None:
    o, brief, at = consult(), read_brief(unit, language), LANGUAGES.index(language)
    verdict = o.verdict(unit, o.root)
    told = {v for v, words in HEADLINE.items() if words[at] in brief.headline}
    assert told == {verdict} & set(HEADLINE), brief.headline
    profile = _grid(brief, "profile").rows
    for code, row in zip([o.root, *o.dimensions], profile, strict=True):
        assert row[-1] == VERDICT[o.verdict(unit, code)][at]
    first, *lines = read_page("60", region=unit, language=language).texts[1].splitlines()
    start = _section(brief, "start")
    assert _drop_name(first.removeprefix("- "), brief.title) == start.message
    assert list(start.points) == [x.removeprefix("- ") for x in lines[: len(o.dimensions)]]
    assert dict(brief.messages).popitem()[1] == start.message
    title = read_page("30", region=unit, language=language).charts[0].alt
    title = _drop_name(title, brief.title)
    assert title.startswith(_section(brief, "profile").message.rstrip("."))
    certain = _section(brief, "certainty").points
    assert certain[1] in read_page("40", language=language).texts[0].replace("- ", "")


@pytest.mark.parametrize("unit", PARTNERS)
def test_how_sure_a_brief_is(unit: str) -> None:
    o, brief = consult(), read_brief(unit)
    low, high = o.rank_interval(unit, o.root, o.partners)
    ranks = o.rank_runs(unit, o.root, o.partners)
    told = _section(brief, "certainty").points[0].replace("\u2060", "")
    span = f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
    shares = [float((ranks == place).mean()) for place in (1, len(PARTNERS))]
    first, last = (">99%" if x > 0.99 else "<1%" if x < 0.01 else f"{x:.0%}" for x in shares)
    least = "at least " if low == high else ""
    assert told == (
        f"Rank {span} of the 4 countries in {least}90% of runs; first in {first}, last in {last}."
    )
    low, high = o.rank_interval(unit, o.root)
    assert brief.messages[0][1] == (
        f"Rank {o.rank(unit, o.root):.0f} of {_n(o, o.root):.0f} countries. With other weights, "
        f"other means or one indicator left out it is {low:.0f} to {high:.0f} in 90% of 2,000 runs."
    )


@pytest.mark.parametrize(("language", "own"), [("en", ""), ("sv", "en")])
def test_years_of_a_source_are_a_span_where_they_differ(
    language: str, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = open_view("05", language=language)
    first, second = ("UN_OSI", "OECD_PMR_PROC")
    years = [(first, "2018"), (first, "2012"), (first, "2015"), (second, "2023"), (second, "2023")]
    monkeypatch.setattr(ending, "_date_figures", lambda *_: years)
    grid = ending.write_sources(view, ["SE"]).grid
    assert grid is not None
    assert {row[2] for row in grid.rows} == {"2012–2018", "2023"}
    assert grid.languages == (own, own, "", "")  # titles and publishers are English


@pytest.mark.parametrize("unit", [*PARTNERS, None])
def test_sources_and_the_oldest_figure(unit: str | None) -> None:
    o, brief = consult(), read_brief(unit)
    units = [unit] if unit else sorted(PARTNERS, key=PARTNERS.index)
    years = {(u, c): _year(o, u, c) for u in units for c in o.leaves if (u, c) in o.raw}
    told = next(x for x in _section(brief, "unknown").points if x.startswith("What has changed"))
    lacking = {u for u in units for c in o.leaves if (u, c) not in o.raw}
    said = [x for x in _section(brief, "unknown").points if "is not measured on" in x]
    assert [x.split(" is not")[0] for x in said] == [NAMES[u] for u in units if u in lacking]
    oldest = min(years.values())
    assert f"from {oldest:.0f} (" in told
    assert next(c for c in o.leaves if f"({_label(c, 'en')})" in told) in {
        c for (_, c), year in years.items() if year == oldest
    }
    spans: dict[str, list[float]] = {}
    for (_, code), year in years.items():
        spans.setdefault(o.source[code], []).append(year)
    rows = _grid(brief, "sources").rows
    known = [r for r in o.resources if r["name"] in spans]
    for resource, row in zip(known, rows, strict=True):
        first, last = min(spans[resource["name"]]), max(spans[resource["name"]])
        assert row[:2] == (resource["title"], resource["publisher"])
        assert row[2] == (f"{first:.0f}" if first == last else f"{first:.0f}–{last:.0f}")
    picture = _section(brief, "profile").picture
    assert picture is not None
    publishers = "; ".join(dict.fromkeys(r["publisher"] for r in known))
    ends = f"{oldest:.0f} to {max(years.values()):.0f}"
    assert picture.source == f"Sources: {publishers}. Figures of {ends}."


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_highest_and_lowest_in_each_dimension(language: str) -> None:
    o, brief = consult(), read_brief(None, language)
    ends = dict(brief.messages[1:2]).popitem()[1]
    places = []
    for d in o.dimensions:
        by_score = sorted(PARTNERS, key=lambda u, d=d: -o.score(u, d))  # type: ignore[misc]
        clause = ends[ends.index(_label(d, language)) :]
        clause = clause[: clause.index(")", clause.index(")") + 1)]
        named = [u for u in PARTNERS if _name(u, language) in clause]
        assert sorted(named, key=lambda u: clause.index(_name(u, language))) == [
            by_score[0], by_score[-1],
        ]  # fmt: skip
        sign = "." if language == "en" else ","
        for unit in named:
            assert f"{o.score(unit, d):.1f}".replace(".", sign) in clause
        places.append(ends.index(_label(d, language)))
    assert places == sorted(places)


def test_the_brief_of_all_countries_has_them_in_their_order() -> None:
    o, brief = consult(), read_brief(None)
    order = sorted(PARTNERS, key=lambda u: -o.score(u, o.root))
    nodes = [o.root, *o.dimensions]
    for unit, row in zip(order, _grid(brief, "profile").rows, strict=True):
        assert row[0] == NAMES[unit]
        told = [*(o.score(unit, c) for c in nodes), o.rank(unit, o.root), _n(o, o.root)]
        assert _numbers(row) == pytest.approx(told)
    certain = _section(brief, "certainty").points
    assert [p.split(":")[0] for p in certain[: len(order)]] == [NAMES[u] for u in order]
    for unit, told in zip(order, certain, strict=False):
        assert _drop_name(told, NAMES[unit]) == _section(read_brief(unit), "certainty").points[0]
    starts = _section(brief, "start").points
    own = [_section(read_brief(unit), "start").message for unit in PARTNERS]
    assert [_drop_name(x, NAMES[u]) for x, u in zip(starts, PARTNERS, strict=True)] == own
    bars = _section(brief, "profile").bars
    assert bars is not None
    for unit, (name, _, scores) in zip(PARTNERS, bars.series, strict=True):
        assert name == NAMES[unit]
        assert _numbers(scores) == pytest.approx([o.score(unit, c) for c in nodes])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unit", [*PARTNERS, None])
def test_groups_of_the_innovation_scoreboard_are_those_of_its_file(
    unit: str | None, language: str
) -> None:
    table = read_rows(EDITION / "data/raw/reference/ec_innovation_scoreboard_2025.csv")
    group = {row["country"]: row["group"] for row in table}
    points = _section(read_brief(unit, language), "others").points
    told = [point for point in points if "2025" in point]
    own = [u for u in PARTNERS if u in group and unit in (None, u)]
    assert len(told) == bool(own)
    if own:
        first, *others = told[0].split("2025")[1:]
        parts = {"leader": first, "strong": (others or [first])[-1]}
        for u in own:
            assert _name(u, language) in parts[group[u]]
            assert GROUPS[group[u]][LANGUAGES.index(language)] in parts[group[u]]
