"""What figures of pages 30, 40 and 60 say in their titles and draw, against the oracle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from innocap_analysis.pages import comparison
from innocap_analysis.pages.drawing.figure import Chart
from innocap_analysis.pages.drawing.medium import COLUMN
from innocap_analysis.pages.opening import open_view

from .oracle import Oracle, consult
from .reading import read_numbers, read_page
from .test_index_facts import PARTNERS
from .test_index_words import NAMES

_TOLERANCE = 1e-9


def _label(code: str) -> str:
    return consult().node[code]["label_en"]


def _title(chart: Chart) -> str:
    """Return the title, which is the figure's largest text."""
    largest = max(text.get_fontsize() for text in chart.texts)
    lines = [t.get_text() for t in chart.texts if t.get_fontsize() == largest]
    return " ".join(" ".join(lines).split()).replace("\u2060", "").replace("†", "")


def _drawn(chart: Chart, name: str) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    for ax in chart.axes:
        for kind, given, named in vars(ax).get("drawn", []):
            if kind == name:
                yield given, named


def _assert_names(title: str, names: Iterable[str], others: Iterable[str]) -> None:
    """Hold a title to names in their order, and to none of the others."""
    title, names = title.lower(), [name.lower() for name in names]
    others = [other.lower() for other in others]
    places = [title.index(name) for name in names]
    assert places == sorted(places), title
    for other in set(others) - set(names):
        longer = [name for name in names if other in name]
        assert title.count(other) == sum(title.count(name) for name in longer), (other, title)


def _stand(o: Oracle, unit: str, code: str) -> dict[str, object]:
    """Return what a row of verdicts says of a unit on a node."""
    scores, leaf = o.scores[code], code in o.leaves
    told: dict[str, object] = {
        "score": o.score(unit, code),
        "reference_n": np.isfinite(scores).sum(),
        "reference_rank": o.rank(unit, code),
        "percentile": o.percentile(unit, code),
        "reference_median": o.median(code),
        "reference_best": np.nanmax(scores),
        "gap_to_median": o.gap(unit, code),
        "gap_to_best": o.score(unit, code) - np.nanmax(scores),
        "verdict": o.verdict(unit, code).replace("rests on one", "rests on one figure"),
    }
    if not leaf:
        told["gap_low"], told["gap_high"] = o.interval(o.gap_runs(unit, code))
        told["rank_low"], told["rank_high"] = o.rank_interval(unit, code)
    if code in o.dimensions:
        told["share_widest"] = o.share_widest(unit, code)
    return told


def _check_verdicts(data: pd.DataFrame) -> None:
    """Hold every column of the table behind a figure against the oracle."""
    o = consult()
    assert len(data)
    for row in data.to_dict("records"):
        for column, wanted in _stand(o, row["unit"], row["code"]).items():
            found = row[column]
            if column == "verdict":
                assert found.replace("_", " ") in (wanted, "rests on one"), (
                    row["unit"],
                    row["code"],
                )
            else:
                at = f"{row['unit']} {row['code']} {column}"
                assert found == pytest.approx(wanted, abs=_TOLERANCE, nan_ok=True), at


@pytest.mark.parametrize("unit", PARTNERS)
@pytest.mark.parametrize("number", ["30", "60"])
def test_the_table_behind_a_figure_is_the_oracles(number: str, unit: str) -> None:
    charts = [
        c for c in read_page(number, region=unit, language="en").charts if "verdict" in c.data
    ]
    assert len(charts) == {"30": 3, "60": 2}[number]
    for chart in charts:
        _check_verdicts(chart.data)


def test_the_table_behind_the_comparison_is_the_oracles() -> None:
    charts = [c for c in read_page("40", language="en").charts if "verdict" in c.data]
    assert len(charts) == 1
    _check_verdicts(charts[0].data)
    assert len(charts[0].data) == len(PARTNERS) * (1 + len(consult().dimensions))


@pytest.mark.parametrize("unit", PARTNERS)
def test_the_profile_names_the_dimensions_furthest_ahead_and_behind(unit: str) -> None:
    o = consult()
    gaps = {d: o.gap(unit, d) for d in o.dimensions}
    best, worst = max(gaps, key=gaps.__getitem__), min(gaps, key=gaps.__getitem__)
    title = _title(read_page("30", region=unit, language="en").charts[0])
    _assert_names(title, [_label(best), _label(worst)], map(_label, o.dimensions))
    assert NAMES[unit] in title
    assert read_numbers(title) == pytest.approx([gaps[best], gaps[worst]], abs=0.05)
    assert ("above" in title.split(_label(best))[0]) == (gaps[best] >= 0)
    assert ("below" in title) == (gaps[worst] < 0)


@pytest.mark.parametrize("unit", PARTNERS)
def test_the_gaps_run_from_the_widest_lead_to_the_widest_lag(unit: str) -> None:
    o = consult()
    leaves = sorted((c for c in o.leaves if np.isfinite(o.score(unit, c))),
                    key=lambda c: -o.gap(unit, c))  # fmt: skip
    chart = next(c for c in read_page("30", region=unit, language="en").charts
                 if next(_drawn(c, "draw_bars"), None))  # fmt: skip
    title = _title(chart)
    _assert_names(title, [_label(leaves[0]), _label(leaves[-1])], map(_label, o.leaves))
    ends = [o.gap(unit, leaves[0]), o.gap(unit, leaves[-1])]
    assert read_numbers(title) == pytest.approx(ends, abs=0.05)
    (((gaps, heights, *_), _),) = _drawn(chart, "draw_bars")
    assert list(gaps) == pytest.approx([o.gap(unit, c) for c in leaves], abs=_TOLERANCE)
    assert list(heights) == list(range(len(leaves)))
    beside = {read_numbers(t)[0] for t in _texts(chart) if len(t) < 9 and read_numbers(t)}
    assert beside >= {round(x, 1) + 0.0 for x in gaps}


def _texts(chart: Chart) -> list[str]:
    return [t.get_text() for ax in chart.axes for t in ax.findobj(Text) if t.get_text()]


@pytest.mark.parametrize("unit", PARTNERS)
def test_priorities_are_drawn_with_their_intervals(unit: str) -> None:
    o = consult()
    chart = read_page("60", region=unit, language="en").charts[0]
    (((data, x), named),) = _drawn(chart, "draw_points")
    order = sorted(o.dimensions, key=lambda d: o.gap(unit, d))
    assert list(data["code"]) == order
    assert x == "gap_to_median"
    for d, low, high in zip(order, *(data[end] for end in named["ends"]), strict=True):
        assert (low, high) == pytest.approx(o.interval(o.gap_runs(unit, d)), abs=_TOLERANCE)
    behind = [d for d in order if o.gap(unit, d) < 0] or order[:1]
    gaps = read_page("60", region=unit, language="en").charts[1].data
    assert sorted(gaps["code"]) == sorted(c for d in behind for c in o.of[d]
                                          if np.isfinite(o.score(unit, c)))  # fmt: skip


def test_the_scores_that_are_drawn_are_the_oracles() -> None:
    o, seen = consult(), 0
    pages = [read_page("30", region=unit, language="en") for unit in PARTNERS]
    for page in (*pages, read_page("40", language="en"), read_page("20", language="en")):
        for chart in page.charts:
            for (data, x, *_), _ in _drawn(chart, "draw_points"):
                if x == "score" and "code" in data:
                    seen += len(data)
                    for row in data.to_dict("records"):
                        wanted = o.score(row["unit"], row["code"])
                        assert row["score"] == pytest.approx(wanted, nan_ok=True)
    # Index and dimensions on pages 30 and 40, indicators on 30 and 20.
    assert seen == 2 * len(PARTNERS) * (1 + len(o.dimensions) + len(o.leaves))


def test_the_ranking_has_everyone_in_order_with_an_interval() -> None:
    o = consult()
    chart = read_page("40", language="en").charts[1]
    (((data, x), named),) = _drawn(chart, "draw_points")
    scores = o.scores[o.root]
    order = [o.units[i] for i in np.argsort(-scores, kind="stable") if np.isfinite(scores[i])]
    assert list(data["unit"]) == order
    assert x == "score"
    ends = named["ends"]
    for row in data.to_dict("records"):
        i = o.units.index(row["unit"])
        assert row["score"] == pytest.approx(scores[i])
        wanted = o.interval(o.runs[o.root][:, i])
        assert (row[ends[0]], row[ends[1]]) == pytest.approx(wanted, abs=_TOLERANCE)
        assert row["rank"] == o.rank(row["unit"], o.root)
        found = row["rank_low"], row["rank_high"]
        assert found == o.rank_interval(row["unit"], o.root)
    names = [unit for unit in order if unit in PARTNERS]
    title = _title(chart)
    _assert_names(title, [NAMES[unit] for unit in names], NAMES.values())
    told = [float(len(order))]
    for unit in names:
        told += [o.rank(unit, o.root), *o.rank_interval(unit, o.root)]
    assert read_numbers(title.replace("–", " – ")) == told


def test_the_heatmap_shows_scores_and_names_what_differs_most() -> None:
    o = consult()
    chart = read_page("40", language="en").charts[2]
    cells = {(c, u): o.score(u, c) for c in o.leaves for u in PARTNERS}
    widest = max(o.leaves, key=lambda c: max(cells[c, u] for u in PARTNERS)
                 - min(cells[c, u] for u in PARTNERS))  # fmt: skip
    own = {u: cells[widest, u] for u in PARTNERS}
    low, high = min(own, key=own.__getitem__), max(own, key=own.__getitem__)
    title = _title(chart)
    _assert_names(title, [_label(widest)], map(_label, o.leaves))
    _assert_names(title, [NAMES[low], NAMES[high]], NAMES.values())
    assert read_numbers(title) == pytest.approx([own[low], own[high]], abs=0.05)
    for row in chart.data.to_dict("records"):
        assert row["score"] == pytest.approx(cells[row["code"], row["unit"]], nan_ok=True)
    seen = 0
    for text in chart.axes[0].texts:
        x, y = text.get_position()
        if (x % 1, y % 1) == (0.5, 0.5) and 0 < x < len(PARTNERS):
            seen += 1
            wanted = cells[o.leaves[int(y)], PARTNERS[int(x)]]
            assert read_numbers(text.get_text()) == pytest.approx([wanted], abs=0.05)
    assert seen == np.isfinite(list(cells.values())).sum()


def test_of_few_units_all_have_a_column_in_a_narrow_figure() -> None:
    chart = comparison.plot_heatmap(open_view("40", runs=20).lay_out_for(COLUMN))
    assert [t.get_text() for t in chart.axes[0].get_xticklabels()] == [NAMES[u] for u in PARTNERS]


def test_trends_name_who_changed_most_between_first_and_last_edition() -> None:
    o = consult()
    chart = read_page("40", language="en").charts[3]
    codes = list(dict.fromkeys(chart.data["code"]))
    title = _title(chart)
    wanted = []
    for code in codes:
        ends = {u: (min(o.raw[u, code]), max(o.raw[u, code])) for u in PARTNERS}
        moves = {u: o.raw[u, code][b] - o.raw[u, code][a] for u, (a, b) in ends.items()}
        unit = max(moves, key=lambda u: abs(moves[u]))
        wanted.append((title.index(f"{NAMES[unit]} in {_label(code)}"), *ends[unit], moves[unit]))
    told = np.reshape(read_numbers(title.replace(" (UN)", "")), (-1, 3))
    assert told == pytest.approx(np.array([row for _, *row in sorted(wanted)]), abs=0.005)
    lines = [given for given, _ in _drawn(chart, "draw_lines")]
    assert {given[2:] for given in lines} == {("time", "value")}
    drawn = pd.concat([given[1] for given in lines])
    for data in (chart.data, drawn):
        assert len(data) == sum(len(o.raw[u, c]) for u in PARTNERS for c in codes)
        for row in data.to_dict("records"):
            assert o.raw[row["unit"], row["code"]][row["time"]] == row["value"]


def test_no_edition_after_the_chosen_year_is_drawn() -> None:
    o, year = consult(), 2022
    chart = read_page("40", language="en", year=year).charts[3]
    own = [x for (u, c), x in o.raw.items() if u in PARTNERS and c in set(chart.data["code"])]
    assert set(chart.data["time"]) == {time for x in own for time in x if time <= year}
    assert max(time for x in own for time in x) > year


@pytest.mark.parametrize("unit", PARTNERS)
def test_regions_of_the_country_are_drawn_and_the_partners_stands_out(unit: str) -> None:
    o = consult()
    chart = read_page("30", region=unit, language="en").charts[-1]
    focus = o.settings["countries"][unit]["partner_region"]
    for row in chart.data.to_dict("records"):
        assert row["value"] == o.newest(row["unit"], row["code"])
    assert set(chart.data["unit"].str[:2]) == set(PARTNERS)
    for (data, x), _ in _drawn(chart, "draw_points"):
        assert x == "value"
        roles = data["role"]
        assert list(data.index[roles == "focus"]) == [focus]
        assert set(data.index[roles == "own"].str[:2]) <= {unit}
        assert unit not in set(data.index[roles == "other"].str[:2])


@pytest.mark.parametrize("unit", PARTNERS)
def test_the_numbers_beside_the_marks_are_the_scores(unit: str) -> None:
    o = consult()
    profile, indicators, *_ = read_page("30", region=unit, language="en").charts
    nodes = [o.root, *o.dimensions]
    leaves = [c for d in o.dimensions for c in o.of[d] if np.isfinite(o.score(unit, c))]
    for chart, codes in ((profile, nodes), (indicators, leaves)):
        texts = [
            t for t in chart.axes[0].texts if t.get_ha() == "center" and read_numbers(t.get_text())
        ]
        found = {t.get_position()[1]: (t.get_position()[0], read_numbers(t.get_text())[0])
                 for t in texts}  # fmt: skip
        told = [found[y] for y in sorted(found)]
        assert [x for x, _ in told] == pytest.approx([o.score(unit, c) for c in codes])
        assert [n for _, n in told] == pytest.approx([o.score(unit, c) for c in codes], abs=0.05)


def test_what_is_turned_round_is_named() -> None:
    o = consult()
    chart = read_page("30", region="SE", language="en").charts[1]
    note = " ".join(text.get_text() for text in chart.texts)
    told = note.split("reversed for:")[1].split(".")[0]
    wanted = [_label(c) for c in o.leaves if o.node[c]["direction"] == "-1"]
    assert [label.strip() for label in " ".join(told.split()).split(",")] == wanted


@pytest.mark.parametrize("unit", PARTNERS)
def test_furthest_below_is_said_of_what_is_below_only(unit: str) -> None:
    o = consult()
    lines = read_page("60", region=unit, language="en").texts[1].splitlines()
    for d in o.dimensions:
        line = next(x for x in lines if x.startswith(f"- {_label(d)}:"))
        assert ("Furthest below" in line) == (o.gap(unit, d) < 0), line
