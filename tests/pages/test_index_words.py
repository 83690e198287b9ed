"""Where each number of pages 00, 30, 40 and 60 stands: in its own column, behind its own words."""

from __future__ import annotations

import numpy as np
import pytest
from babel import Locale

from innocap_analysis.pages.front import describe_front, write_headline
from innocap_analysis.pages.opening import open_view

from .oracle import PUBLISHED, Oracle, consult
from .reading import read_page
from .test_index_facts import PARTNERS

NAMES = {"SE": "Sweden", "FI": "Finland", "IE": "Ireland", "CA": "Canada"}
VERDICTS = {"rests on one": "rests on one figure"}


def _write(x: float, *, sign: bool = True) -> str:
    text = f"{x:+.1f}" if sign else f"{x:.1f}"
    return text.replace("-", "−").replace("+0.0", "0.0").replace("−0.0", "0.0")


def _to_best(o: Oracle, unit: str, code: str) -> str:
    return _write(o.score(unit, code) - np.nanmax(o.scores[code]))


def _interval(rank: float, ends: tuple[float, float]) -> str:
    return f"{rank:.0f} ({ends[0]:.0f}–{ends[1]:.0f})"


def _label(code: str) -> str:
    return consult().node[code]["label_en"]


def _plain(text: str) -> str:
    return text.replace("\u2060", "").replace("†", "").replace("\xa0", " ")


@pytest.mark.parametrize("unit", PARTNERS)
def test_findings_tell_the_gap_to_the_median_and_to_the_best(unit: str) -> None:
    o = consult()
    text = _plain(read_page("30", region=unit, language="en").texts[1])
    for d in o.dimensions:
        verdict = VERDICTS.get(o.verdict(unit, d), o.verdict(unit, d))
        assert (
            f"- {_label(d)}: {_write(o.score(unit, d), sign=False)}, {_write(o.gap(unit, d))} "
            f"points from the median ({verdict}) and {_to_best(o, unit, d)} from the best."
        ) in text
    low, high = o.rank_interval(unit, o.root)
    assert (
        f"- {NAMES[unit]} scores {o.score(unit, o.root):.1f} of 100 on capacity to innovate; the "
        f"median of {np.isfinite(o.scores[o.root]).sum()} reference countries is "
        f"{o.median(o.root):.1f}. Rank {o.rank(unit, o.root):.0f}, in 90% of runs {low:.0f} to "
        f"{high:.0f}."
    ) in text


@pytest.mark.parametrize("unit", PARTNERS)
def test_priorities_tell_gap_and_interval_of_each_dimension(unit: str) -> None:
    o = consult()
    text = _plain(read_page("60", region=unit, language="en").texts[1])
    for d in o.dimensions:
        verdict = VERDICTS.get(o.verdict(unit, d), o.verdict(unit, d))
        low, high = map(_write, o.interval(o.gap_runs(unit, d)))
        told = f"- {_label(d)}: {verdict} ({_write(o.gap(unit, d))} points; {low} to {high} in 90%"
        assert told in text
        behind = [c for c in o.of[d] if o.verdict(unit, c) == "behind"]
        line = next(x for x in text.splitlines() if x.startswith(told))
        if behind:
            worst = min(behind, key=lambda c: o.gap(unit, c))
            assert f"Its weakest indicator: {_label(worst)} ({_write(o.gap(unit, worst))})." in line
        assert ("Its weakest indicator" in line) == bool(behind)


@pytest.mark.parametrize("unit", PARTNERS)
def test_the_profile_has_each_number_in_its_column(unit: str) -> None:
    o = consult()
    cells = read_page("30", region=unit, language="en").tables[0].cells
    for code, row in zip(o.leaves, cells.to_dict("records"), strict=True):
        assert row["Indicator"].startswith(_label(code))
        assert row["Dimension"] == _label(o.node[code]["parent"])
        assert [_plain(row[x]) for x in ("Raw figure", "Year", "Score", "Rank", "of countries",
                                         "Percentile")] == [
            f"{o.newest(unit, code):g}".replace("-", "−"), str(max(o.raw[unit, code])),
            f"{o.score(unit, code):.1f}", f"{o.rank(unit, code):.0f}",
            f"{np.isfinite(o.scores[code]).sum()}", f"{o.percentile(unit, code):.0f}",
        ]  # fmt: skip


@pytest.mark.parametrize("unit", PARTNERS)
def test_findings_tell_the_rank_among_the_partners_and_its_interval(unit: str) -> None:
    o = consult()
    low, high = o.rank_interval(unit, o.root, PARTNERS)
    ranks = f"{low:.0f} to {high:.0f}" if low != high else f"{low:.0f}"
    level = "90%" if low != high else "at least 90%"
    assert (
        f"- {NAMES[unit]}: {_write(o.score(unit, o.root), sign=False)} of 100; rank {ranks} of "
        f"the {len(PARTNERS)} countries in {level} of runs, first in "
    ) in _plain(read_page("40", language="en").texts[0])


def test_the_comparison_has_each_number_in_its_column() -> None:
    o = consult()
    cells = next(t.cells for t in read_page("40", language="en").tables if "Verdict" in t.cells)
    rows = [(c, u) for c in (o.root, *o.dimensions) for u in PARTNERS]
    for (code, unit), row in zip(rows, cells.to_dict("records"), strict=True):
        assert (row["Dimension"], row["Country"]) == (_label(code), NAMES[unit])
        told = [_plain(row[x]) for x in ("Score", "From the median", "From the best", "Rank")]
        rank = _interval(o.rank(unit, code), o.rank_interval(unit, code))
        score, gap = _write(o.score(unit, code), sign=False), _write(o.gap(unit, code))
        assert told == [score, gap, _to_best(o, unit, code), rank]
        assert row["of countries"] == f"{np.isfinite(o.scores[code]).sum()}"


def test_the_front_page_has_each_number_in_its_column() -> None:
    o = consult()
    told = describe_front(open_view("00"))
    for unit, row in zip(PARTNERS, told["rows"], strict=True):
        scores = [f"{o.score(unit, c):.1f}" for c in (o.root, *o.dimensions)]
        rank = _interval(o.rank(unit, o.root), o.rank_interval(unit, o.root))
        assert [_plain(cell) for cell in row] == [NAMES[unit], *scores, rank]
    assert told["heads"] == ["Country", *map(_label, (o.root, *o.dimensions)), "Rank"]


def _percent(share: float) -> str:
    return ">99%" if share > 0.99 else "<1%" if share < 0.01 else f"{100 * share:.0f}%"


def test_the_front_page_says_who_is_first_and_last_and_where_each_would_start() -> None:
    o = consult()
    front = describe_front(open_view("00"))
    order = sorted(PARTNERS, key=lambda u: -o.score(u, o.root))
    *most, last = (f"{NAMES[u]} ({o.score(u, o.root):.1f})" for u in order)
    scores = f"Overall scores: {', '.join(most)}, and {last}."
    share = {
        place: _percent(float((o.rank_runs(unit, o.root, o.partners) == place).mean()))
        for place, unit in ((1, order[0]), (len(order), order[-1]))
    }
    assert _plain(front["answer"]) == (
        f"{scores} {NAMES[order[0]]} is first of the 4 countries in {share[1]} of 2,000 runs with "
        f"other choices, {NAMES[order[-1]]} last in {share[len(order)]}."
    )
    for unit, (code, told) in zip(PARTNERS, front["countries"], strict=True):
        assert code == unit
        page = read_page("60", region=unit, language="en").texts[1]
        low, high = o.rank_interval(unit, o.root)
        rank = f"Rank {o.rank(unit, o.root):.0f}, in 90% of runs {low:.0f} to {high:.0f}."
        assert _plain(told[1]) == rank
        own = _plain(told[2])  # the name stands in front of all three sentences
        assert f"- {NAMES[unit]}: {own[0].lower()}{own[1:]}" == _plain(page.splitlines()[0])


def test_the_headline_ends_with_where_each_country_would_start() -> None:
    told = write_headline(open_view("00"))[3:]
    for unit, text in zip(PARTNERS, told, strict=True):
        page = read_page("60", region=unit, language="en").texts[1]
        own = _plain(text)
        assert own.startswith(f"{NAMES[unit]}: ")
        assert f"- {own}" == _plain(page.splitlines()[0])


@pytest.mark.parametrize("language", ["sv", "fi", "fr"])
def test_the_headline_names_the_same_countries_in_every_language(language: str) -> None:
    o = consult()
    front = describe_front(open_view("00", language=language))
    order = sorted(PARTNERS, key=lambda u: -o.score(u, o.root))
    territories = Locale(language).territories
    places = [front["answer"].index(territories[u]) for u in order]
    assert places == sorted(places)
    lead = front["answer"][places[-1] + 1 :]  # behind the scores of all
    assert [u for u in order if territories[u] in lead] == [order[0], order[-1]]
    assert lead.index(territories[order[0]]) < lead.index(territories[order[-1]])
    told = [lines[2] for _, lines in front["countries"]]
    assert not any(text.startswith(territories[u]) for u in PARTNERS for text in told)
    assert all(text[0].isupper() and len(text) > len("x: .") for text in told)


def test_first_and_last_edition_of_published_indexes_stand_in_their_own_columns() -> None:
    o, page = consult(), read_page("40", language="en")
    cells = next(t.cells for t in page.tables if "Published index" in t.cells)
    ledger = {(f.measure, f.unit, f.code): f.value for f in page.facts.values()}
    seen = []
    for row in cells.to_dict("records"):
        code = next(c for c in PUBLISHED if _label(c) == row["Published index"])
        unit = next(u for u in o.partners if NAMES[u] == row["Country"])
        for edition, score, place, end in (
            ("First edition", "Score then", "Rank then", "first"),
            ("Last edition", "Score now", "Rank now", "last"),
        ):
            about = unit, code
            n = ledger[f"n_{end}_edition", "", code]
            assert row[edition] == f"{ledger[f'{end}_edition', *about]:.0f}"
            assert row[score] == f"{ledger[f'{end}_score', *about]:.3f}"
            assert _plain(row[place]) == f"{ledger[f'{end}_rank', *about]:.0f} of {n:.0f}"
        seen.append((code, unit))
    assert len(set(seen)) == len(seen) == len(cells) > 0
