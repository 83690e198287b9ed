"""What figures of pages 10, 20 and 50 draw, and what the tables of notes list."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np
import pytest

from innocap_analysis.errors import InnocapError
from innocap_analysis.pages import data as page_data
from innocap_analysis.pages import method as page_method
from innocap_analysis.pages.drawing.figure import Chart
from innocap_analysis.pages.drawing.medium import find_media
from innocap_analysis.pages.opening import open_view
from tests.frozen import EDITION

from . import oracle_method as method
from . import oracle_wide as wide
from .oracle import consult
from .reading import read_numbers, read_page
from .test_index_facts import PARTNERS
from .test_method_words import CHOICES, _label, _name, _percent


def _chart(number: str, at: int) -> Chart:
    return read_page(number, language="en").charts[at]


def _drawn(ax: Any, name: str = "draw_points") -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    return [(given, named) for kind, given, named in vars(ax).get("drawn", []) if kind == name]


def _names(ax: Any) -> list[str]:
    """Return the names of rows left of a panel, the uppermost first."""
    own = [t for t in ax.texts if (t.get_ha(), t.get_va()) == ("right", "center_baseline")]
    return [" ".join(t.get_text().split()) for t in sorted(own, key=lambda t: t.get_position()[1])]


def _rows(name: str) -> list[dict[str, str]]:
    with (EDITION / "data" / "codebooks" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


# ------------------------------------------------------------ page 10


def test_a_box_says_which_country_has_which_figure() -> None:
    o, chart = consult(), _chart("10", 0)
    (ax,) = chart.axes
    units = [tick.get_text() for tick in ax.get_xticklabels()]
    n = {u: int((~np.isnan(o.values[o.units.index(u)])).sum()) for u in o.units}
    rest = sorted(set(o.units) - set(PARTNERS), key=lambda u: (-n[u], u))
    assert units == [*sorted(PARTNERS), *rest]
    bold = [t.get_text() for t in ax.get_xticklabels() if t.get_fontweight() == "bold"]
    assert bold == sorted(PARTNERS)
    observed, missing = (
        {tuple(np.round(path.vertices[:4].mean(axis=0)).astype(int)) for path in own.get_paths()}
        for own in ax.collections
    )
    wanted = {
        (x, y): bool(np.isfinite(o.values[o.units.index(u), y]))
        for x, u in enumerate(units)
        for y in range(len(o.leaves))
    }
    assert observed == {at for at, there in wanted.items() if there}
    assert missing == {at for at, there in wanted.items() if not there}
    assert _names(ax) == [_label(c, "en") for c in o.leaves]
    beside = {t.get_position()[1]: t.get_text() for t in ax.texts if t.get_text().isdigit()}
    assert [int(beside[y]) for y in range(len(o.leaves))] == list((~np.isnan(o.values)).sum(axis=0))


def test_in_a_narrow_figure_boxes_count_the_countries_with_a_figure() -> None:
    (medium,) = find_media(["8cm"])
    (ax,) = page_data.plot_coverage(open_view("10").lay_out_for(medium)).axes
    observed, missing = (
        [tuple(np.round(path.vertices[:4].mean(axis=0)).astype(int)) for path in own.get_paths()]
        for own in ax.collections
    )
    there = (~np.isnan(consult().values)).sum(axis=0)
    every = {(x, y) for y, n in enumerate(there) for x in range(n)}
    assert set(observed) == every
    assert len(observed) + len(missing) == consult().values.size
    assert list(ax.get_xticks()) == []


def test_years_are_drawn_and_the_scored_one_stands_out() -> None:
    o, chart = consult(), _chart("10", 1)
    (ax,) = chart.axes
    (older, hollow), (scored, filled) = ((given[0], named) for given, named in _drawn(ax))
    assert (hollow["hollow"], filled["hollow"]) == (True, False)
    known = {
        c: {year for (u, code), own in o.raw.items() if code == c and u in o.units for year in own}
        for c in o.leaves
    }
    newest = dict(zip(o.leaves, method.years_scored(), strict=True))
    assert {(c, t) for c, t in scored[["code", "time"]].to_numpy()} == set(newest.items())
    assert {(c, t) for c, t in older[["code", "time"]].to_numpy()} == {
        (c, year) for c, years in known.items() for year in years if year != newest[c]
    }
    for data in (older, scored):
        assert list(data["y"]) == [o.leaves.index(c) for c in data["code"]]
    every = [year for years in known.values() for year in years]
    ticks = [int(t.get_text()) for t in ax.get_xticklabels()]
    assert ticks == list(range(min(every), max(every) + 1))


@pytest.mark.parametrize("language", ["en", "fi"])
def test_sources_and_cautions_are_all_told(language: str) -> None:
    o, tables = consult(), read_page("10", language=language).tables
    cells = tables[0].cells
    shown = [r for r in o.resources if r["role"] != "reference"]
    assert list(cells.iloc[:, 0]) == [r["title"] for r in shown]
    assert list(cells.iloc[:, 1]) == [r["publisher"] for r in shown]
    notes = {(r["about"], r["topic"]): r[f"note_{language}"] for r in _rows("notes.csv")}
    for resource, row in zip(shown, cells.to_numpy().tolist(), strict=True):
        for topic, told, own in (("licence", row[2], "licence_note"), ("check", row[3], "checked")):
            assert told == notes.get((resource["name"], topic), resource[own])
    told = tables[3].cells.to_numpy().tolist()
    wanted = []
    for code in o.leaves:
        own = [notes[code, "caution"]] if (code, "caution") in notes else []
        for flag in _rows("flags.csv"):
            if flag["code"] == code:
                about = f"{_name(flag['unit'], language)}" if flag["unit"] else ""
                own.append((about, flag[f"note_{language}"]))  # type: ignore[arg-type]
        wanted += [(_label(code, language), note) for note in own]
    others = [row for row in _rows("notes.csv")
              if row["topic"] == "caution" and row["about"] not in o.leaves]  # fmt: skip
    assert len(told) == len(wanted) + len(others)
    assert {text for _, text in told[len(wanted) :]} == {row[f"note_{language}"] for row in others}
    for (name, note), (label, text) in zip(wanted, told, strict=False):
        assert label == name
        if isinstance(note, tuple):
            assert text.startswith(note[0])
            assert text.endswith(note[1])
        else:
            assert text == note


# ------------------------------------------------------------ page 20


def test_without_a_choice_the_first_indicator_and_country_are_shown() -> None:
    o, view = consult(), open_view("20")
    chart = page_method.plot_normalisation(view, None, None)
    code, unit = o.leaves[0], PARTNERS[0]
    assert f"{_label(code, 'en')}: {o.newest(unit, code):g} for {_name(unit, 'en')}" in chart.alt
    assert len(chart.data) == np.isfinite(o.scores[code]).sum()
    (((values, scores), _),) = _drawn(chart.axes[0], "draw_dots")
    assert dict(zip(values, scores, strict=True)) == pytest.approx(
        {o.newest(u, code): o.score(u, code) for u in o.units if (u, code) in o.raw}
    )
    with pytest.raises(InnocapError, match="'SKL' is no scored indicator"):
        page_method.plot_normalisation(view, "SKL", None)


def test_weights_are_drawn_in_percent_of_the_index() -> None:
    o, chart = consult(), _chart("20", 1)
    (ax,) = chart.axes
    weights = [100 / len(o.dimensions) / len(o.of[method.parent_of(o, c)]) for c in o.leaves]
    (((drawn, heights, *_), _),) = _drawn(ax, "draw_bars")
    assert list(drawn) == pytest.approx(weights)
    assert list(heights) == list(range(len(weights)))
    assert _names(ax) == [_label(c, "en") for c in o.leaves]
    beside = {t.get_position(): t.get_text() for t in ax.texts if t.get_text().endswith("%")}
    for y, weight in enumerate(weights):
        (told,) = [text for (_, at), text in beside.items() if at == y]
        assert told == f"{weight:.2f}%"
    assert f"from {min(weights):.2f}% to {max(weights):.2f}%" in chart.alt
    assert "equal inside a dimension" in chart.alt
    groups = [t.get_text() for t in ax.texts if t.get_text() in map(_dimension, o.dimensions)]
    assert groups == [_dimension(d) for d in o.dimensions]


def _dimension(code: str) -> str:
    return _label(code, "en")


def test_importance_is_drawn_beside_the_weight() -> None:
    o, chart = consult(), _chart("20", 3)
    (ax,) = chart.axes
    (((data, x), named),) = _drawn(ax)
    assert (x, named["by"], named["ends"]) == ("share", "side", ("weight", "share"))
    names = {round(t.get_position()[1]): " ".join(t.get_text().split()) for t in ax.texts}
    found = method.importance()
    assert set(data["code"]) == set(found)
    for row in data.to_dict("records"):
        weight, share, _ = found[row["code"]]
        assert (row["weight"], row["share"]) == pytest.approx((100 * weight, 100 * share))
        assert row["side"] == ("more" if share >= weight else "less")
        assert names[row["y"]] == _label(row["code"], "en")
        above = max(y for y in names if y < row["y"] and names[y] in map(
            _dimension, (o.root, *o.dimensions)) and y not in set(data["y"]))  # fmt: skip
        assert names[above] == _dimension(method.parent_of(o, row["code"]))
    ns = [n for *_, n in found.values()]
    assert f"between {min(ns)} to {max(ns)} countries" in " ".join(chart.alt.split())


# ------------------------------------------------------------ page 50


def test_every_change_without_an_indicator_is_drawn() -> None:
    o, chart = consult(), _chart("50", 1)
    (ax,) = chart.axes
    (((data, x), _),) = _drawn(ax)
    assert x == "change"
    assert len(data) == len(o.leaves) * len(PARTNERS)
    assert _names(ax) == [_label(c, "en") for c in o.leaves]
    for row in data.to_dict("records"):
        at = o.leaves.index(row["alternative"])
        unit = o.units.index(row["unit"])
        without = o.without[o.root][at]
        assert row["score"] == pytest.approx(without[unit])
        assert row["change"] == pytest.approx(without[unit] - o.scores[o.root][unit])
        own = [without[o.units.index(u)] for u in PARTNERS]
        assert row["rank"] == 1 + sum(x > without[unit] for x in own)
        assert row["shift"] == row["rank"] - o.rank(row["unit"], o.root, o.partners)
        assert round(row["y"]) == at


def test_shares_of_ranks_stand_in_the_row_of_their_country() -> None:
    o, chart = consult(), _chart("50", 2)
    (ax,) = chart.axes
    names = _names(ax)
    ranks = {u: o.rank_runs(u, o.root, o.partners) for u in PARTNERS}
    order = sorted(PARTNERS, key=lambda u: np.median(ranks[u]) - (ranks[u] == 1).mean())
    assert names == [_name(u, "en") for u in order]
    assert [t.get_text() for t in ax.get_xticklabels()] == [f"Rank {k}" for k in range(1, 5)]
    told = {t.get_position(): t.get_text() for t in ax.texts if t.get_text().endswith("%")}
    for y, unit in enumerate(order):
        for k in range(len(PARTNERS)):
            text = told[k + 0.5, y + 0.5]
            assert text.strip("<>%") == _percent(float((ranks[unit] == k + 1).mean()))
    for row in chart.data.to_dict("records"):
        for k in range(len(PARTNERS)):
            assert row[f"share_{k + 1}"] == (ranks[row["unit"]] == k + 1).mean()


def test_effects_of_choices_are_drawn_largest_first() -> None:
    chart = _chart("50", 3)
    order, found = wide.choices_by_total(), wide.sobol()[1]
    names = dict(zip(wide.WIDE, CHOICES["en"], strict=True))
    assert [x.lower() for x in _names(chart.axes[0])] == [names[c] for c in order]
    titles = [ax.get_title(loc="left") or ax.get_title() for ax in chart.axes]
    assert titles == ["All countries", *(_name(u, "en") for u in PARTNERS)]
    outputs = [chart.data["output"].iloc[0], *PARTNERS]
    for ax, output in zip(chart.axes, outputs, strict=True):
        ((total, above, *_), _), ((alone, below, *_), _) = _drawn(ax, "draw_bars")
        assert list(np.round(above)) == list(np.round(below)) == list(range(len(order)))
        assert all(a > b for a, b in zip(above, below, strict=True))
        own = chart.data[chart.data["output"] == output].set_index("factor")
        rows = {str(name).partition(":")[0]: row for name, row in own.iterrows()}
        for i, name in enumerate(order):
            told = 100 * max(0, rows[name]["total"]), 100 * max(0, rows[name]["first"])
            assert (total.iloc[i], alone.iloc[i]) == pytest.approx(told)
            if output not in PARTNERS:
                told = tuple(100 * max(0, found[name][k][0]) for k in ("total", "first_order"))
                assert (total.iloc[i], alone.iloc[i]) == pytest.approx(told)
    lines = [own.get_segments() for own in chart.axes[0].collections]
    for kind, segments in zip(("total", "first_order"), lines, strict=True):
        for name, segment in zip(order, segments, strict=True):
            ends = [100 * max(0, x) for x in found[name][kind][1:]]
            assert list(segment[:, 0]) == pytest.approx(ends)
    assert "Without a score" not in " ".join(t.get_text() for t in chart.texts)
    n = wide.sobol()[0]
    assert n in read_numbers(chart.alt)
