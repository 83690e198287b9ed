"""What pages 30, 40 and 60 say of a country that is ahead, behind or unmeasured everywhere."""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from innocap_analysis.index.capacity import load_capacity
from innocap_analysis.index.score import score_index
from innocap_analysis.pages import comparison, country, order, trends
from innocap_analysis.pages.drawing.figure import AHEAD, BEHIND
from innocap_analysis.pages.facts import Fact
from innocap_analysis.pages.front import write_headline
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.opening import open_view
from innocap_analysis.settings import load_settings
from tests.frozen import EDITION

from .oracle import consult
from .reading import read_numbers, read_page
from .test_index_facts import LANGUAGES, PARTNERS, _context
from .test_method_words import _label, _name

UNIT = "IE"
RUNS = 20


def part_of_the_way(case: str, unit: str, i: int) -> float:
    """Return how far a figure of a partner lies from the worst goalpost to the best, 0 to 1."""
    if case in ("apart", "close"):
        parts = {"apart": (0.9, 0.7, 0.4, 0.1), "close": (0.9, 0.5, 0.5, 0.1)}[case]
        part = parts[PARTNERS.index(unit)]
        # Two that lie close, now one and now the other ahead.
        return part + (0.004 * (i % 2) - 0.002) * (case == "close" and unit == "FI")
    if case == "single":
        # The second and the third differ by as much in every figure, and their own figures more.
        change = 0.3 * (i % 2)
        return {"SE": 0.95, "FI": 0.3 + change, "IE": 0.29 + change, "CA": 0.1}[unit]
    near = dict(zip(consult().of["PRO"], [_find_near()] * 9, strict=False))
    code = consult().leaves[i]
    if case.startswith("nearly") and code in near:
        return near[code]
    if case.startswith("partly") and code in consult().of["DIG"]:
        return np.nan
    # Never the same twice, so that there is one that is furthest.
    return {"ahead": 1 - 0.002 * i, "behind": 0.002 * i, "nothing": np.nan}[case.split("-")[-1]]


def _find_near() -> float:
    """Return the score, 0 to 1, that lies half a point above the median, itself included."""
    o = consult()
    others = np.sort(o.scores["PRO"][np.array(o.units) != UNIT])
    return float(others[~np.isnan(others)][(~np.isnan(others)).sum() // 2] + 0.5) / 100


@functools.cache
def look(case: str, language: str = "en") -> IndexView:
    """Return a view in which Ireland, or every partner, has other figures or none."""
    capacity = load_capacity(settings=load_settings(EDITION))
    values = capacity.values.copy()
    book = capacity.codebook.table
    for i, code in enumerate(capacity.codebook.leaves):
        low, high = float(book.at[code, "low"]), float(book.at[code, "high"])
        best = high if book.at[code, "direction"] == 1 else low
        worst = low + high - best
        for unit in PARTNERS if case in ("apart", "close", "single") else (UNIT,):
            values.loc[unit, code] = worst + part_of_the_way(case, unit, i) * (best - worst)
    changed = replace(capacity, values=values, result=score_index(values, capacity.codebook))
    view = open_view("30", capacity=changed, region=UNIT, language=language, runs=RUNS)
    return replace(view, page=f"{case}-{language}")


def gaps(case: str) -> dict[str, float]:
    """Return the gap of each dimension, from scores of the oracle and those made up here."""
    o = consult()
    found = {}
    for d in o.dimensions:
        at = [o.leaves.index(c) for c in o.of[d]]
        own = np.mean([100 * (1 - 0.002 * i if case == "ahead" else 0.002 * i) for i in at])
        scores = np.where(np.array(o.units) == UNIT, own, o.scores[d])
        found[d] = float(own - np.nanmedian(scores))
    return found


EVERYWHERE = {
    "ahead": ("at or above", "på eller över", "mediaanin tasolla tai sen yläpuolella",
              "à la médiane de référence ou au-dessus"),
    "behind": ("below the reference median in every", "under", "alapuolella", "au-dessous"),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", ["ahead", "behind"])
def test_of_all_on_one_side_the_nearest_and_the_furthest_are_named(
    case: str, language: str
) -> None:
    o, own = consult(), gaps(case)
    by_gap = sorted(own, key=lambda d: -abs(own[d]))
    title = country.tell_profile(look(case, language))
    assert _name(UNIT, language) in title
    # Most first of what is ahead, least first of what is behind: from the best to the worst.
    first, last = (by_gap[0], by_gap[-1]) if case == "ahead" else (by_gap[-1], by_gap[0])
    assert o.is_named(first, language, title)
    assert o.is_named(last, language, title)
    if language == "en":
        assert read_numbers(title) == pytest.approx([own[first], own[last]], abs=0.05)
        assert ("at or above" in title) == (case == "ahead")
        assert ("below the reference median in every" in title) == (case == "behind")
        least, most = title.index("least in"), title.index("most in")
        assert (most < least) == (case == "ahead")
        assert _label(by_gap[0], "en").lower() in title[most:].lower()
        assert _label(by_gap[-1], "en").lower() in title[least:].lower()


def test_half_a_point_above_the_median_is_above_it() -> None:
    title = country.tell_profile(look("nearly-ahead"))
    assert "at or above the reference median in every dimension" in title
    assert read_numbers(title)[1] == pytest.approx(0.5, abs=0.05)
    title = country.tell_profile(look("nearly-behind"))
    assert "furthest above the reference median in procurement" in title.lower()
    assert read_numbers(title)[0] == pytest.approx(0.5, abs=0.05)
    chart = country.plot_gaps_behind(look("nearly-behind"))
    assert not set(chart.data["code"]) & set(consult().of["PRO"])
    lines = str(country.write_priorities(look("nearly-behind"))).splitlines()
    own = [x for x in lines if x.startswith(f"- {_label('PRO', 'en')}")]
    assert "Furthest below in" not in own[0]
    assert str(country.write_priorities(look("nearly-behind"))).count("Furthest below in") == 3


def test_an_order_that_nothing_changes_is_said_to_stay() -> None:
    told = order.tell_order_changes(look("apart"))
    assert told == (
        "The order of the 4 countries stays the same whichever of the 18 indicators, or of the 72 "
        "single figures, is left out."
    )
    told = order.tell_order_changes(look("close"))
    assert told.startswith("The order of the 4 countries changes when any one of ")
    assert "Another country comes first" not in told


def test_an_order_that_only_single_figures_change_is_said_to_change() -> None:
    told = order.tell_order_changes(look("single"))
    assert told.startswith("The order of the 4 countries changes when any one of ")
    assert told.endswith(" of the 72 single figures is left out.")
    assert "indicators" not in told


def test_who_is_not_measured_has_no_place_to_start_on_the_front_page() -> None:
    told = write_headline(look("nothing"))[3:]
    assert [text.partition(":")[0] for text in told] == [
        _name(unit, "en") for unit in PARTNERS if unit != UNIT
    ]


def test_without_a_dimension_below_the_nearest_one_is_looked_into() -> None:
    o, own = consult(), gaps("ahead")
    nearest = min(own, key=own.__getitem__)
    told = country.tell_priority(look("ahead"), UNIT)
    assert "no dimension is below the reference median" in told
    assert o.is_named(nearest, "en", told)
    chart = country.plot_gaps_behind(look("ahead"))
    assert set(chart.data["code"]) == set(o.of[nearest])
    behind = country.plot_gaps_behind(look("behind"))
    assert set(behind.data["code"]) == set(o.leaves)
    lines = str(country.write_priorities(look("ahead")))
    assert "Furthest below" not in lines
    assert str(country.write_priorities(look("behind"))).count("Furthest below in") == len(own)


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_what_can_be_judged_is_said_not_to_be_below(language: str) -> None:
    told = country.tell_priority(look("partly-ahead", language), UNIT)
    (inside,) = re.findall(r"\(([^()]*), ([^()]*), ([^()]*)\)", told)
    assert list(inside) == [_label(d, language) for d in consult().dimensions if d != "DIG"]
    if language == "en":
        assert "of the dimensions that can be judged" in told
        assert "no dimension" not in told


def test_what_is_not_measured_is_said_and_never_judged() -> None:
    o, view = consult(), look("nothing")
    assert "no dimension is measured" in country.tell_profile(view)
    assert "no dimension is measured" in country.tell_priority(view, UNIT)
    text = str(country.write_findings(view))
    for d in o.dimensions:
        assert f"- {_label(d, 'en')}: not measured." in text.splitlines()
    assert "Strengths: none among the indicators." in text
    lines = str(country.write_priorities(view)).splitlines()
    assert [f"- {_label(d, 'en')}: not measured." for d in o.dimensions] == lines[1:5]
    table = country.table_profile(view).cells
    assert set(table["Score"]) == {"–"}
    told = str(comparison.write_findings(view))
    assert f"- {_name(UNIT, 'en')}" not in told
    assert all(f"- {_name(u, 'en')}: " in told for u in PARTNERS if u != UNIT)
    chart = comparison.plot_dimensions(view)
    (((data, _), _),) = [
        (given, named) for ax in chart.axes for kind, given, named in vars(ax)["drawn"]
        if kind == "draw_points"
    ]  # fmt: skip
    assert UNIT not in set(data["unit"])


def test_indicators_of_other_years_are_found_where_those_asked_for_are_not() -> None:
    o, view = consult(), look("ahead")
    chart = trends.show_trends(view, ["NONE", "OTHER"])
    several = [
        c for c in o.leaves
        if len({year for u in PARTNERS for year in o.raw.get((u, c), ())}) > 1
    ]  # fmt: skip
    assert (
        list(dict.fromkeys(chart.data["code"])) == several[:2]
        or set(  # type: ignore[union-attr]
            chart.data["code"]  # type: ignore[union-attr]
        )
        == set(several[:2])
    )
    assert len(chart.axes) == 2  # type: ignore[union-attr]
    asked = trends.show_trends(view, ["UN_EPI"])
    assert set(asked.data["code"]) == {"UN_EPI"}  # type: ignore[union-attr]


def test_who_leads_most_is_named_first() -> None:
    o = consult()
    chart = comparison.plot_dimensions(open_view("40"))
    first = {d: max(PARTNERS, key=lambda u, d=d: o.score(u, d)) for d in o.dimensions}  # type: ignore[misc]
    last = {d: min(PARTNERS, key=lambda u, d=d: o.score(u, d)) for d in o.dimensions}  # type: ignore[misc]
    led, lost = ({u: sum(x == u for x in own.values()) for u in PARTNERS} for own in (first, last))
    named = sorted((u for u in PARTNERS if led[u] or lost[u]), key=lambda u: (-led[u], -lost[u]))
    shown = " ".join(" ".join(text.get_text() for text in chart.texts).split())
    text = f"{chart.alt.split('. ')[0]}. {shown[shown.index('(highest)') :]}"
    places = [text.index(f"{_name(u, 'en')} ") for u in named]
    assert places == sorted(places)


@pytest.mark.parametrize("unit", PARTNERS)
def test_regions_run_from_the_highest_and_lacking_figures_are_said(unit: str) -> None:
    o = consult()
    chart = read_page("30", region=unit, language="en").charts[-1]
    focus = o.settings["countries"][unit]["partner_region"]
    ahead, known_of = _context(o, Fact("30", focus, "", "n_context", "count", 0))
    told = read_numbers(chart.alt.split("median of the country’s regions on")[1])[:2]
    assert told == [ahead, known_of]
    codes = list(dict.fromkeys(chart.data["code"]))
    regions = sorted({u for u, c in o.raw if u[:2] == unit and len(u) > 2})
    (((first, _), _),) = [(g, n) for _, g, n in vars(chart.axes[0])["drawn"]]
    own = first[first["role"] != "other"].sort_values("y")
    known = own["value"].dropna()
    assert list(known) == sorted(known, reverse=True)
    assert list(own["y"]) == list(range(len(regions)))
    assert set(own.index) == set(regions)
    for ax, code in zip(chart.axes, codes, strict=False):
        lacking = [y for u, y in own["y"].items() if np.isnan(o.newest(str(u), code))]
        said = [t.get_position()[1] for t in ax.texts if t.get_text() == "no figure"]
        assert sorted(said) == sorted(lacking), code
        value = o.newest(focus, code)
        beside = [t for t in ax.texts if t.get_text() and t.get_position()[1] == own.at[focus, "y"]
                  and read_numbers(t.get_text()) and t.get_position()[0] == value]  # fmt: skip
        if not np.isnan(value):
            assert [read_numbers(t.get_text())[0] for t in beside] == [round(value, 1)]


def _row_names(ax: Any) -> list[str]:
    own = [t for t in ax.texts if (t.get_ha(), t.get_va()) == ("right", "center_baseline")]
    return [" ".join(t.get_text().split()) for t in sorted(own, key=lambda t: t.get_position()[1])]


def test_a_weak_figure_is_marked_beside_its_name_where_several_countries_are_shown() -> None:
    o = consult()
    rows = [code for d in o.dimensions for code in (d, *o.of[d])]
    with (EDITION / "data/codebooks/flags.csv").open(encoding="utf-8", newline="") as stream:
        weak = {row["code"] for row in csv.DictReader(stream) if row["unit"] in ("", *PARTNERS)}
    (ax,) = read_page("20", language="en").charts[2].axes
    assert _row_names(ax) == [f"{_label(c, 'en')}{'†' * (c in weak)}" for c in rows]
    (ax,) = read_page("30", region="SE", language="en").charts[1].axes
    assert _row_names(ax) == [_label(c, "en") for c in rows]


@pytest.mark.parametrize("unit", PARTNERS)
def test_gap_and_verdict_stand_beside_each_priority(unit: str) -> None:
    o = consult()
    (ax,) = read_page("60", region=unit, language="en").charts[0].axes
    beside = {t.get_position()[1]: t.get_text() for t in ax.texts if t.get_position()[0] == 1.01}
    by_gap = sorted(o.dimensions, key=lambda d: o.gap(unit, d))
    for y, d in enumerate(by_gap):
        verdict = {"rests on one": "rests on one figure"}.get(
            o.verdict(unit, d), o.verdict(unit, d)
        )
        gap = f"{o.gap(unit, d):+.1f}".replace("-", "−")
        assert beside[y].replace("†", "") == f"{gap} · {verdict}"
    lines = read_page("60", region=unit, language="en").texts[1].splitlines()
    assert max(line.count("Its weakest indicator") for line in lines) == 1
    chart = read_page("30", region=unit, language="en").charts[2]
    ((kind, (gaps, *_, colours), _),) = vars(chart.axes[0])["drawn"]
    assert kind == "draw_bars"
    assert list(colours) == [BEHIND if gap < 0 else AHEAD for gap in gaps]
    right = [t for t in chart.axes[0].texts if t.get_ha() == "left" and read_numbers(t.get_text())]
    assert all(read_numbers(t.get_text())[0] >= 0 for t in right)
    cells = read_page("30", region=unit, language="en").tables[0].cells
    lower = [o.node[c]["direction"] == "-1" for c in o.leaves]
    assert [x.endswith("(lower is better)") for x in cells["Indicator"]] == lower


def test_a_page_asked_for_a_region_says_whose_figures_it_shows() -> None:
    told = read_page("30", region="SE32", language="en").texts[0]
    assert told.startswith("**Central Norrland, Sweden.** The scores are those of the country")
    told = read_page("30", region="SE", language="en").texts[0]
    assert told.startswith("**Sweden.** The partner area is ")


def test_the_data_beside_a_figure_have_these_columns() -> None:
    page = read_page("40", language="en")
    assert list(page.charts[3].data) == ["code", "unit", "time", "value"]
    assert list(read_page("30", region="SE", language="en").charts[-1].data) == [
        "code", "unit", "value",
    ]  # fmt: skip
    assert list(read_page("50", language="en").charts[1].data) == [
        "alternative", "unit", "score", "rank", "shift", "change",
    ]  # fmt: skip
    (ax,) = page.charts[1].axes
    assert not [line for line in ax.lines if line.get_linestyle() == ":"]
