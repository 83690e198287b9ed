"""What figures of pages 70, 80 and 85 draw, and where numbers of their tables stand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from innocap_analysis.pages import measurement
from innocap_analysis.pages.drawing.figure import BEHIND, Chart
from innocap_analysis.pages.facts import Ledger
from innocap_analysis.pages.survey_view import SurveyView, open_survey_view

from .oracle_survey import SurveyOracle, consult_survey
from .reading import Page, read_numbers, read_page
from .test_numbers import WRITERS

HALF, HUNDREDTH = 0.05 + 1e-9, 0.005 + 1e-9  # as answers are published


def _page(number: str) -> Page:
    return read_page(number, language="en")


def _chart(number: str, name: str) -> Chart:
    """Return the figure of a page whose title has these words."""
    return next(c for c in _page(number).charts if name in c.alt)


def _drawn(ax: Any) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    return [(given, named) for _, given, named in vars(ax).get("drawn", [])]


def _label(code: str) -> str:
    return consult_survey().node[code]["label_en"]


def _name(o: SurveyOracle, unit: str) -> str:
    return o.names[unit, "en"] if unit in o.order else o.region_label[unit, "en"]


def _plain(text: object) -> str:
    return str(text).replace("−", "-").replace("\u2060", "").replace("\u00a0", " ")


def _write(number: str, unit: str, code: str, measure: str, *, interval: bool = False) -> str:
    """Return how a fact, which is held against the oracle by its name, is to be printed."""
    fact = _page(number).facts[f"{number}:{unit}:{code}:{measure}"]
    if fact.hidden:
        return "not shown"
    if math.isnan(fact.value):
        return "–"
    write = WRITERS[fact.kind]
    if interval and not math.isnan(fact.low):
        return f"{write(fact.value)} ({write(fact.low)}–{write(fact.high)})"
    return write(fact.value)


def _rows(number: str, head: str) -> list[dict[str, str]]:
    """Return the rows of the table of a page that has a column with some heading."""
    table = next(t for t in _page(number).tables if head in t.cells)
    return [{k: _plain(v) for k, v in row.items()} for row in table.cells.to_dict("records")]


def _nodes(o: SurveyOracle) -> list[str]:
    return [o.root, *o.dimensions]


# Table by one of its headings: page, what a row is about, and the measure of each column.
NODE_TABLES: list[tuple[str, str, dict[str, str]]] = [
    ("85", "Design effect", {
        "Respondents with a score": "n_scored", "Organisations": "n_organisations",
        "Between organisations": "share_between_organisations", "Design effect": "design_effect",
        "Worth as many independent respondents": "effective_n",
    }),
    ("85", "Welch, p", {
        "Welch, p": "p_welch", "Kruskal–Wallis, p": "p_kruskal_wallis",
        "Permutation, p": "p_permutation", "Omega squared (95% interval)": "omega_squared+",
    }),
    ("85", "Ordinal alpha", {
        "Complete answers": "n_complete", "Alpha (95% interval)": "alpha+",
        "Ordinal alpha": "ordinal_alpha", "Omega total": "omega_total",
    }),
]  # fmt: skip


@pytest.mark.parametrize(("number", "head", "columns"), NODE_TABLES)
def test_numbers_about_scores_stand_in_their_columns(
    number: str, head: str, columns: dict[str, str]
) -> None:
    o, rows = consult_survey(), _rows(number, head)
    nodes = o.dimensions if "alpha" in head else _nodes(o)
    assert len(rows) == len(nodes)
    for code, row in zip(nodes, rows, strict=True):
        assert next(iter(row.values())) == _label(code)
        for column, measure in columns.items():
            name, interval = measure.rstrip("+"), measure.endswith("+")
            assert row[column] == _write(number, "", code, name, interval=interval), (code, column)


COUNTRY_TABLES: list[tuple[str, dict[str, str]]] = [
    ("Pooled mean (95% interval)", {
        "Mean as answered": "score", "Pooled mean (95% interval)": "score_pooled+",
        **{f"Rank {k}": f"probability_rank_{k}" for k in range(1, 5)},
    }),
    ("Information missing", {
        "As scored": "score", "Respondents": "n_respondents",
        "Only who answered every item": "score_complete",
        "Imputed (95% interval)": "score_imputed+",
        "Information missing": "share_information_missing",
    }),
    ("Index of the answers", {"Index of the answers": "score"}),
]  # fmt: skip


@pytest.mark.parametrize(("head", "columns"), COUNTRY_TABLES)
def test_numbers_about_countries_stand_in_their_columns(head: str, columns: dict[str, str]) -> None:
    o, rows = consult_survey(), _rows("85", head)
    by_name = {row["Country"]: row for row in rows}
    assert set(by_name) == {_name(o, unit) for unit in o.countries}
    for unit in o.countries:
        for column, measure in columns.items():
            name, interval = measure.rstrip("+"), measure.endswith("+")
            code = "" if name == "n_respondents" else o.root
            told = _write("85", unit, code, name, interval=interval)
            assert by_name[_name(o, unit)][column] == told, (unit, column)


def test_published_scores_stand_beside_those_of_the_answers() -> None:
    o, facts = consult_survey(), _page("85").facts
    for row in _rows("85", "Index of published figures"):
        unit = next(u for u in o.countries if _name(o, u) == row["Country"])
        told = row["Index of published figures"].replace("†", "")
        assert told == f"{facts[f'85:{unit}:INNOCAP:score'].value:.1f}"


def test_scores_of_places_stand_in_their_columns() -> None:
    o, rows = consult_survey(), _rows("80", "Country or region")
    by_name = {row["Country or region"]: row for row in rows}
    assert list(by_name) == [_name(o, unit) for unit in o.places]
    for unit in o.places:
        row = by_name[_name(o, unit)]
        assert row["Respondents with a score"] == _write("80", unit, o.root, "n_scored")
        for code in _nodes(o):
            assert row[_label(code)] == _write("80", unit, code, "score", interval=True)


def test_files_steps_and_respondents_stand_in_their_columns() -> None:
    o = consult_survey()
    for row in _rows("70", "Responses"):
        told = _write("70", "", row["File"], "n_responses")
        assert row["Responses"] == told
        assert row["Columns read as items"] == _write("70", "", row["File"], "n_item_columns")
    steps = _rows("70", "Responses before")
    for step, row in zip(o.steps, steps, strict=True):
        told = [_write("70", "", step, f"n_{x}")
                for x in ("before", "dropped", "after", "flagged", "set_missing")]  # fmt: skip
        assert list(row.values())[1:] == told, step
    people = {row["Country or region"]: row for row in _rows("70", "Minutes, median")}
    for unit in o.places:
        row = people[_name(o, unit)]
        assert [row["Respondents"], row["Organisations"], row["Minutes, median"]] == [
            _write("70", unit, "", name)
            for name in ("n_respondents", "n_organisations", "median_minutes")
        ]  # fmt: skip
    for code, row in zip(o.items, _rows("70", "Skewness"), strict=True):
        assert row["Item"].startswith(_label(code).rstrip("."))
        told = [
            _write("70", "", code, x)
            for x in ("n_answers", "mean_answer", "sd_answer", "skewness_answer",
                      "share_lowest_answer", "share_highest_answer")
        ]  # fmt: skip
        assert list(row.values())[1:] == told, code


# ------------------------------------------------------------ what is drawn


def _names(ax: Any) -> dict[float, str]:
    """Return the names of rows left of a panel by their height."""
    return {
        t.get_position()[1]: " ".join(t.get_text().split())
        for t in ax.texts
        if t.get_ha() == "right" and t.get_va() == "center_baseline"
    }


def test_scores_of_groups_are_drawn_with_their_intervals() -> None:
    o, chart = consult_survey(), _chart("80", "Lowest mean")
    names = _names(chart.axes[0])
    for y, unit in enumerate(o.places):
        assert names[y].startswith(_name(o, unit)), unit
    for ax, code in zip(chart.axes, _nodes(o), strict=True):
        (((data, x), named),) = _drawn(ax)
        assert (x, named["ends"]) == ("mean", ("low", "high"))
        assert list(data["y"]) == [o.places.index(unit) for unit in data["unit"]]
        own = data.set_index("unit")
        for unit in o.places:
            if o.hides_score(unit, code):
                assert math.isnan(own.at[unit, "mean"])
            else:
                wanted = o.mean(code, unit)[:3]
                found = own.loc[unit, ["mean", "low", "high"]].to_numpy(float)
                assert found == pytest.approx(wanted, abs=HALF, nan_ok=True), (unit, code)
        hidden = [t for t in ax.texts if t.get_text() == "not shown"]
        assert sorted(t.get_position()[1] for t in hidden) == [
            y for y, unit in enumerate(o.places) if o.hides_score(unit, code)
        ]
        low, high = ax.get_xlim()
        assert low <= np.nanmin(data["low"])
        assert high >= np.nanmax(data["high"])


def _check_shares(ax: Any, wanted: dict[tuple[str, str], tuple[float, ...]]) -> None:
    """Hold points of countries in rows of codes to shares and their intervals."""
    (((data, x), named),) = _drawn(ax)
    assert (x, named["ends"]) == ("share", ("low", "high"))
    rows = list(dict.fromkeys(code for code, _ in wanted))
    assert len(data) == len(wanted)
    for row in data.to_dict("records"):
        told = wanted[row["code"], row["unit"]]
        assert [row["share"], row["low"], row["high"]] == pytest.approx(told, abs=HUNDREDTH)
        assert round(row["y"]) == rows.index(row["code"])
    assert ax.get_xlim()[1] >= min(1, data["high"].max())


def test_agreement_is_drawn_for_every_item_and_country() -> None:
    o, chart = consult_survey(), _chart("80", "Furthest apart")
    (ax,) = chart.axes
    _check_shares(ax, {(c, u): o.share_agree(c, u)[:3] for c in o.items for u in o.countries})
    for y, told in _names(ax).items():
        assert told.startswith(_label(o.items[int(y)]).rstrip(".")[:30])


@pytest.mark.parametrize("question", ["OUT6", "BAR1"])
def test_options_are_drawn_most_named_first(question: str) -> None:
    o = consult_survey()
    chart = next(
        c for c in _page("80").charts
        if "Named most" in c.alt and _label(question).rstrip(".?") in c.alt
    )  # fmt: skip
    shares, _ = o.named(question)
    ((data, _), _), = _drawn(chart.axes[0])  # fmt: skip
    scale = o.node[question]["scale"]
    names = _names(chart.axes[0])
    order = sorted(range(len(names)), key=lambda y: y)
    told = [next(x for x in shares if o.labels[scale, x, "en"] == names[y]) for y in order]
    assert [shares[x] for x in told] == sorted(shares.values(), reverse=True)
    for row in data.to_dict("records"):
        own, n = o.named(question, row["unit"])
        assert row["share"] == pytest.approx(own[row["code"]], abs=HUNDREDTH)
        assert row["n"] == n
        assert told[round(row["y"])] == row["code"]


def _answer_shares(o: SurveyOracle, code: str, unit: str) -> list[float]:
    x = o.given(code, unit)
    return [float((x == step).mean()) for step in range(1, 6)]


@pytest.mark.parametrize("at", range(4))
def test_answers_are_drawn_around_the_middle_one(at: int) -> None:
    o = consult_survey()
    d = o.dimensions[at]
    chart = next(c for c in _page("80").charts if f"{_label(d)}: most agree" in c.alt)
    (ax,) = chart.axes
    bars = [[path.vertices for path in own.get_paths()] for own in ax.collections]
    assert len(bars) == 5
    keys = [(c, u) for c in o.of[d] for u in o.countries]
    assert {len(own) for own in bars} == {len(keys)}
    labels = {tick.get_text() for tick in ax.get_yticklabels()}
    assert {_name(o, u) for u in o.countries} == {x.split(" (")[0] for x in labels}
    heights = sorted(float(v[:, 1].mean()) for v in (own[:4] for own in bars[0]))
    beside = {}
    for text in ax.texts:
        x, y = text.get_position()
        if text.get_ha() in ("left", "right") and text.get_text().endswith("%"):
            beside.setdefault(round(y, 6), {})[text.get_ha()] = (
                x,
                read_numbers(text.get_text())[0],
            )
    for i, (code, unit) in enumerate(keys):
        shares = _answer_shares(o, code, unit)
        left = -(shares[0] + shares[1] + shares[2] / 2)
        for own, share in zip(bars, shares, strict=True):
            x = own[i][:4, 0]
            assert (x.min(), x.max()) == pytest.approx((left, left + share), abs=5 * HUNDREDTH)
            left += share
        told = beside[round(heights[i], 6)]
        assert told["right"][1] == pytest.approx(100 * (shares[0] + shares[1]), abs=1.5)
        assert told["left"][1] == pytest.approx(100 * (shares[3] + shares[4]), abs=1)
        assert told["right"][0] < 0 < told["left"][0]


def test_why_there_is_no_answer_is_drawn_for_every_item() -> None:
    o, chart = consult_survey(), _chart("70", "Most answered")
    bars, cells = chart.axes
    drawn = [
        [(p.get_x(), p.get_width(), p.get_y() + p.get_height() / 2) for p in own]
        for own in bars.containers
    ]
    assert len(drawn) == 3
    texts = {t.get_position()[1]: t for t in bars.texts if t.get_text().endswith("%")}
    for i, code in enumerate(o.items):
        x = o.answers(code)
        left = 0.0
        for own, share in zip(drawn, (x == -8, x == -9, np.isnan(x)), strict=True):
            assert own[i] == pytest.approx((left, share.mean(), i + 0.5), abs=3 * HUNDREDTH)
            left += float(share.mean())
        at = texts[i + 0.5]
        assert read_numbers(at.get_text())[0] == pytest.approx(100 * left, abs=0.5)
        assert at.get_position()[0] == pytest.approx(left, abs=3 * HUNDREDTH)
    told = {t.get_position(): t.get_text() for t in cells.texts if t.get_text()}
    for i, code in enumerate(o.items):
        for k, unit in enumerate(o.countries):
            share = float((~(o.answers(code, unit) > 0)).mean())
            assert read_numbers(told[k + 0.5, i + 0.5])[0] == pytest.approx(100 * share, abs=0.5)
    names = _names(bars)
    assert [names[i + 0.5][:20] for i in range(len(o.items))] == [
        _label(code)[:20] for code in o.items
    ]


def test_alpha_is_drawn_for_everyone_and_every_country() -> None:
    o, chart = consult_survey(), _chart("85", "Alpha of the dimensions")
    (ax,) = chart.axes
    (((data, x), named),) = _drawn(ax)
    assert (x, named["ends"]) == ("estimate", ("low", "high"))
    assert len(data) == len(o.dimensions) * (1 + len(o.countries))
    assert list(chart.data) == [
        "unit", "code", "estimate", "low", "high", "n", "synthetic",
    ]  # fmt: skip
    for row in data.to_dict("records"):
        unit = row["unit"] if row["unit"] in o.countries else ""
        told = [row[c] for c in ("estimate", "low", "high", "n")]
        assert told == pytest.approx(o.alpha(row["code"], unit), abs=HUNDREDTH)
        assert o.dimensions[round(row["y"])] == row["code"]
    every = [o.alpha(d)[0] for d in o.dimensions]
    single = [o.alpha(d, u)[0] for d in o.dimensions for u in o.countries]
    title = chart.alt.split("Alpha of the dimensions")[1]
    told = [min(every), max(every), min(single), max(single)]
    assert read_numbers(title)[:4] == pytest.approx(told, abs=HUNDREDTH)
    note = " ".join(" ".join(t.get_text() for t in chart.texts).split())
    below = min(o.alpha(d, u)[1] for d in o.dimensions for u in ("", *o.countries)) < 0
    assert ("below 0 are cut off" in note) == below
    assert ax.get_xlim()[0] <= min(0, *single)


def test_nothing_is_said_to_be_cut_off_where_nothing_is() -> None:
    view = open_survey_view("85", wave="synthetic")
    data = view.evidence.reliability
    for low, cut in ((0.01, False), (-0.01, True)):
        changed = data.assign(low=data["low"].clip(lower=low))
        own = _with("85", reliability=changed, release=view.evidence.release)
        note = " ".join(t.get_text() for t in measurement.plot_reliability(own).texts)
        assert ("below 0 are cut off" in " ".join(note.split())) == cut


def test_pairs_are_drawn_in_the_panel_of_their_score() -> None:
    o, chart = consult_survey(), _chart("85", "differences between countries")
    names = [" ".join(x.split()) for x in _names(chart.axes[0]).values()]
    assert names == [f"{_name(o, a)} – {_name(o, b)}" for a, b in o.pairs]
    look = {"differs": "D", "alike": "s", "open": "o"}
    for ax, code in zip(chart.axes, _nodes(o), strict=True):
        (((data, x), named),) = _drawn(ax)
        assert (x, named["by"]) == ("difference", "verdict")
        assert [tuple(row) for row in data[["unit", "other"]].to_numpy()] == o.pairs
        assert list(data["y"]) == list(range(len(o.pairs)))
        for row in data.to_dict("records"):
            wanted = o.difference(row["unit"], row["other"], code)
            found = [row["difference"], *(row[end] for end in named["ends"])]
            told = [wanted["gap"], wanted["low"], wanted["high"]]
            assert found == pytest.approx(told, abs=HALF), (row["unit"], row["other"], code)
            verdict = o.verdict(row["unit"], row["other"], code, 5.0)
            assert named["looks"]["markers"][row["verdict"]] == look[verdict]
        reach = ax.get_xlim()[1]
        assert reach >= min(60, np.abs(data[list(named["ends"])].to_numpy()).max())


def test_the_key_of_pairs_says_what_their_marks_mean() -> None:
    chart = _chart("85", "differences between countries")
    told = {t.get_text(): h.get_marker() for legend in _legends(chart)
            for t, h in zip(legend.get_texts(), legend.legend_handles, strict=True)}  # fmt: skip
    assert {told["different"], told["alike"], told["open"]} == {"D", "s", "o"}
    assert (told["different"], told["alike"], told["open"]) == ("D", "s", "o")


def _legends(chart: Chart) -> Iterator[Any]:
    yield from chart.legends
    for ax in chart.axes:
        if ax.get_legend():
            yield ax.get_legend()


def test_pooled_means_stand_below_those_as_answered() -> None:
    o, chart = consult_survey(), _chart("85", "Pooling takes")
    (ax,) = chart.axes
    ((answered, x), plain), ((pooled, other), named) = _drawn(ax)
    assert (x, other) == ("mean", "pooled")
    assert plain["hollow"]
    assert named["ends"] == ("low", "high")
    assert list(answered["unit"]) == o.countries
    for i, unit in enumerate(o.countries):
        assert answered["mean"].iloc[i] == pytest.approx(o.mean(o.root, unit)[0], abs=HALF)
        row = pooled.iloc[i]
        ends = o.pooled["ends"][i]
        assert [row["pooled"], row["low"], row["high"]] == pytest.approx(
            [o.pooled["mean"][i], *ends], abs=HALF
        )
        assert answered["y"].iloc[i] < i < row["y"]


def test_items_are_drawn_with_their_gain_and_counted_beyond_chance() -> None:
    chart = next(c for c in _page("85").charts if "depend on the country" in c.alt)
    (ax,) = chart.axes
    data, facts = chart.data, _page("85").facts
    (((gains, heights, _, colours), _),) = _drawn(ax)
    assert list(gains) == pytest.approx(list(data["delta_r2"]), abs=HUNDREDTH)
    assert list(heights) == list(range(len(data)))
    beyond = data["p_bh"] < 0.05
    assert [colour == BEHIND for colour in colours] == list(beyond)
    (title,) = [line for line in chart.alt.split(". ") if "depend on the country more" in line]
    assert read_numbers(title) == [beyond.sum(), len(data)]
    told = {round(t.get_position()[1]): t.get_text() for t in ax.texts if t.get_ha() == "left"
            and read_numbers(t.get_text())}  # fmt: skip
    for y, row in enumerate(data.to_dict("records")):
        fact = facts[f"85::{row['code']}:mcfadden_gain"]
        assert fact.value == pytest.approx(list(gains)[y], abs=0.0005 + 1e-9)
        assert told[y] == f"{fact.value:.3f}"
    odd = data[beyond & (data["size"] != "negligible")]["code"]
    line = _page("85").texts[-1]
    told_items = [c for c in data["code"] if _label(c).rstrip(".") in " ".join(_page("85").texts)]
    assert set(odd) <= set(told_items), line


# ------------------------------------------------------------ what this wave does not show


def _with(number: str, **evidence: object) -> SurveyView:
    """Return a view with other evidence than that of the wave, and a ledger of its own."""
    view = open_survey_view(number, wave="synthetic")
    view = replace(view, ledger=Ledger())
    view.__dict__["evidence"] = SimpleNamespace(groups=["CA", "SE"], **evidence)
    return view


def test_the_last_step_that_holds_is_named_with_the_fit_of_the_first() -> None:
    steps = ["configural", "metric", "scalar", "strict"]
    told = []
    untested = [True, None, None, None]
    for holds in ([True, True, False, True], [True] * 4, [False, True, True, True], untested):
        rows = [
            {"code": "SKL", "step": step, "cfi": 0.951 - 0.1 * i, "rmsea": 0.042 + 0.1 * i,
             "holds": held}
            for i, (step, held) in enumerate(zip(steps, holds, strict=True))
        ]  # fmt: skip
        none = [row | {"code": "DIG", "cfi": np.nan, "rmsea": np.nan} for row in rows]
        data = pd.DataFrame([*rows, *none])
        told.append(str(measurement.write_invariance(_with("85", invariance=data))).splitlines())
    steps = ["the same loadings", "the same residuals", "nothing", "the same structure"]
    for lines, last in zip(told, steps, strict=True):
        assert lines[0].startswith(f"- {_label('DIG')}: not testable.")
        assert lines[1] == (
            f"- {_label('SKL')}: {last} holds across the countries (CFI 0.951, RMSEA 0.042 of the "
            "first step)."
        )


def test_items_read_otherwise_are_those_beyond_chance_and_not_negligible() -> None:
    o = consult_survey()
    first, second, third = o.items[:3]
    data = pd.DataFrame({
        "code": [first, second, third], "p_bh": [0.04, 0.04, 0.06],
        "size": ["moderate", "negligible", "large"],
    })  # fmt: skip
    told = measurement.tell_items(_with("85", dif=data))
    assert [c for c in (first, second, third) if _label(c).rstrip(".") in told] == [first]
    told = measurement.tell_items(_with("85", dif=data[1:]))
    assert told.startswith("No item stands out")


def test_doubtful_responses_are_counted_where_they_are_left_out() -> None:
    o = consult_survey()
    page = read_page("70", language="en", leave_out_flagged=True)
    told = page.texts[1].splitlines()
    n = sum(o.doubtful)
    assert told[0].startswith(f"- {len(o.clean)} of {len(o.raw)} responses are kept; ")
    assert told[1] == f"- {n} doubtful responses were left out of this page as well."
    assert page.facts["70:::n_flagged_left_out"].value == n
