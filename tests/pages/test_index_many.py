"""What pages say and draw of an index of 290 made-up municipalities, against a mean of means."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from innocap_analysis.index.capacity import CapacityData, load_capacity
from innocap_analysis.pages import alternatives, comparison, country, order, ranking, ranks, trends
from innocap_analysis.pages.drawing.figure import Chart
from innocap_analysis.pages.drawing.medium import COLUMN
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.opening import open_view
from innocap_analysis.pages.regions import show_regions
from innocap_analysis.settings import load_settings
from tests.frozen import EDITION
from tests.made_up import GROUPS, LEAVES, add_index

from .oracle_places import read_raw
from .reading import read_numbers

TOWN, RUNS = "SE-2281", 40  # Sundsvall


def _score(figures: np.ndarray, without: str = "") -> np.ndarray:
    """Return the mean of the groups' means; a figure is its score between 0 and 100."""
    means = []
    for own in GROUPS.values():
        at = [LEAVES.index(leaf) for leaf in own if leaf != without]
        means.append(figures[:, at].mean(axis=1))
    return np.mean(means, axis=0)


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, CapacityData]:
    folder = Path(tmp_path_factory.mktemp("towns")) / "project"
    folder.mkdir()
    shutil.copy(EDITION / "innocap.yml", folder)
    for name in ("raw", "codebooks"):
        shutil.copytree(EDITION / "data" / name, folder / "data" / name)
    units = [f"SE-{r['lau_code']}" for r in read_raw("municipalities_rurality")
             if r["country"] == "SE"]  # fmt: skip
    figures = pd.DataFrame(add_index(folder, "towns", "municipality", units), units, LEAVES)
    return figures, load_capacity(index="towns", settings=load_settings(folder))


@pytest.fixture(scope="module")
def scores(towns: tuple[pd.DataFrame, CapacityData]) -> pd.Series:
    """Return the overall scores, the highest first."""
    figures = towns[0]
    found = pd.Series(_score(figures.to_numpy()), figures.index)
    return found.sort_values(ascending=False)


@pytest.fixture(scope="module")
def view(towns: tuple[pd.DataFrame, CapacityData]) -> IndexView:
    return open_view("40", capacity=towns[1], runs=RUNS)


@pytest.fixture(scope="module")
def own(towns: tuple[pd.DataFrame, CapacityData]) -> IndexView:
    return open_view("30", capacity=towns[1], region=TOWN, runs=RUNS)


def _points(chart: Chart) -> pd.DataFrame:
    ((data, _),) = [given for ax in chart.axes for kind, given, _ in vars(ax)["drawn"]
                    if kind == "draw_points"]  # fmt: skip
    return data


def _note(chart: Chart) -> str:
    return " ".join(" ".join(t.get_text() for t in chart.texts).split())


def _percent(share: float) -> str:
    return ">99%" if share > 0.99 else "<1%" if share < 0.01 else f"{100 * share:.0f}%"


def _rank(scores: pd.Series, unit: str) -> int:
    return int(1 + (scores > scores[unit] + 1e-9).sum())


def test_the_highest_and_the_lowest_have_a_row(view: IndexView, scores: pd.Series) -> None:
    chart = ranking.plot_ranking(view)
    data = _points(chart)
    wanted = [*scores.index[:25], *scores.index[-25:]]
    assert list(data["unit"]) == wanted
    assert list(data["y"]) == list(range(50))
    own = ["unit", "score", "low", "high", "rank", "rank_low", "rank_high"]
    assert list(chart.data) == list(ranking.plot_ranking(open_view("40")).data) == own
    assert list(data["score"]) == pytest.approx(list(scores[wanted]))
    assert (data["low"] <= data["high"]).all()
    assert (data["low"] < data["high"]).any()
    assert list(data["rank"]) == [_rank(scores, unit) for unit in wanted]
    assert "Shown are the 25 highest and the 25 lowest." in _note(chart)
    dotted = [line for line in chart.axes[0].lines if line.get_linestyle() == ":"]
    assert [line.get_ydata()[0] for line in dotted] == [24.5]
    named = [*scores.index[:3], *scores.index[-3:]]
    title = chart.alt.split(". ")[0]
    places = [title.index(str(view.unit(u))) for u in named]
    assert places == sorted(places)


def test_a_page_about_one_ranks_its_peers_and_itself(own: IndexView, scores: pd.Series) -> None:
    chart = show_regions(own)
    assert isinstance(chart, Chart)
    group = [u for u in scores.index if u in {TOWN, *own.peers.codes}]
    assert len(group) <= 50
    assert list(_points(chart)["unit"]) == group
    assert "index" not in chart.data
    rank = 1 + group.index(TOWN)
    told = order.tell_ranks(own)
    assert told in _note(chart)
    numbers = read_numbers(told)
    assert told.startswith("Sundsvall: rank ")
    assert numbers[0] == rank
    assert f"of {len(group)} among its peers and itself" in told
    assert f"of {len(scores)} among all" in told
    every = 1 + list(scores.index).index(TOWN)
    assert float(own.stand_in_ranking(TOWN)) == every
    assert f"{every} (" in told.split("among its peers")[1].replace("\u2060", "")


@pytest.mark.parametrize("at", [0, 140, 289])
def test_of_many_peers_the_fifty_nearest_in_rank_have_a_row(
    towns: tuple[pd.DataFrame, CapacityData], scores: pd.Series, at: int
) -> None:
    unit = str(scores.index[at])
    view = open_view("30", capacity=towns[1], region=unit, runs=RUNS)
    view.__dict__["compared"] = list(towns[0].index)  # as where nothing is known of places
    data, _ = ranking._choose_rows(view)
    start = {0: 0, 140: 115, 289: 240}[at]
    assert list(data["unit"]) == list(scores.index[start : start + 50])


def test_who_is_first_and_without_what_another_is(
    view: IndexView, towns: tuple[pd.DataFrame, CapacityData], scores: pd.Series
) -> None:
    told = order.tell_order_changes(view)
    first = scores.index[0]
    share = (view.runs.ranks(view.root).table[first] == 1).mean()
    assert told.startswith(
        f"{view.unit(first)} is first of the 290 places in {_percent(share)} of {RUNS} runs."
    )
    figures = towns[0]
    others = [
        leaf for leaf in LEAVES
        if figures.index[_score(figures.to_numpy(), leaf).argmax()] != first
    ]  # fmt: skip
    assert ("Another one is without" in told) == bool(others)
    for leaf in LEAVES:
        assert (str(view.code(leaf)) in told) == (leaf in others)


def test_every_unit_has_a_row_with_its_own_numbers(
    view: IndexView, towns: tuple[pd.DataFrame, CapacityData], scores: pd.Series
) -> None:
    cells = comparison.table_scores(view).cells
    assert list(cells.iloc[:, 1]) == [str(view.unit(u)) for u in scores.index]
    figures = towns[0]
    for unit, row in zip(scores.index, cells.to_numpy().tolist(), strict=True):
        assert row[0].startswith(f"{_rank(scores, unit)}\xa0(")
        groups = [figures.loc[unit, list(own)].mean() for own in GROUPS.values()]
        told = [read_numbers(x)[0] for x in row[2:]]
        assert told == pytest.approx([scores[unit], *groups], abs=0.0501)


def test_ranks_are_told_in_groups(view: IndexView, scores: pd.Series) -> None:
    chart = ranks.plot_rank_shares(view)
    (ax,) = chart.axes
    groups = {"1": (1, 1), "1–10": (1, 10), "1–72": (1, 72), "73–145": (73, 145),
              "146–218": (146, 218), "219–290": (219, 290)}  # fmt: skip
    assert [t.get_text() for t in ax.get_xticklabels()] == [f"Rank {name}" for name in groups]
    shown = [*scores.index[:6], *scores.index[-6:]]
    table = view.runs.ranks(view.root).table
    told = {t.get_position(): t.get_text() for t in ax.texts if t.get_text().endswith("%")}
    for y, unit in enumerate(shown):
        for x, (low, high) in enumerate(groups.values()):
            share = float(table[unit].between(low, high).mean())
            assert told[x + 0.5, y + 0.5] == _percent(share), (unit, low)
    assert list(chart.data["unit"]) == shown
    share = (table[scores.index[0]] == 1).mean()
    assert f"comes first of the 290 in {_percent(share)}" in chart.alt


def test_of_many_units_two_at_each_end_have_a_column(
    view: IndexView, towns: tuple[pd.DataFrame, CapacityData], scores: pd.Series
) -> None:
    found = alternatives.compare(view, leave_out="TRAINED")
    assert list(dict.fromkeys(found["alternative"])) == [
        "reported", "geometric", "equal_indicators", "without_TRAINED", "without_SKILLS",
        "without_SERVICES",
    ]  # fmt: skip
    chart = alternatives.plot_alternatives(view, found)
    (ax,) = chart.axes
    units = [*scores.index[:2], *scores.index[-2:]]
    assert [t.get_text() for t in ax.get_xticklabels()] == [str(view.unit(u)) for u in units]
    figures = towns[0].to_numpy()
    trained = pd.Series(_score(figures, "TRAINED"), towns[0].index)
    texts = [t.get_text() for t in ax.texts][-2 * 4 * 6 :]
    row = texts[3 * 8 : 4 * 8]
    for k, unit in enumerate(units):
        rank = 1 + (trained > trained[unit]).sum()
        assert row[2 * k].startswith(f"{rank}")
        assert row[2 * k + 1] == f"{trained[unit]:.1f}"
        moved = rank - (1 + (scores > scores[unit]).sum())
        arrow = "▲" if moved < 0 else "▼" if moved > 0 else ""
        assert row[2 * k].removeprefix(f"{rank}").strip() == arrow
    first = [str(view.unit(u)) for u in trained.sort_values(ascending=False).index[:5]]
    told = alternatives.tell_order(view, found, "without_TRAINED")
    assert told == " – ".join(first) + " – (…)"
    left = alternatives.plot_left_out(view)
    assert set(left.data["unit"]) == {*scores.index[:3], *scores.index[-3:]}


def test_a_narrow_table_of_colours_has_a_column_for_the_first_and_the_last(
    view: IndexView, scores: pd.Series
) -> None:
    (ax,) = comparison.plot_heatmap(view.lay_out_for(COLUMN)).axes
    units = [*scores.index[:3], *scores.index[-3:]]
    assert [t.get_text() for t in ax.get_xticklabels()] == [str(view.unit(u)) for u in units]


def test_what_there_is_none_of_is_said(view: IndexView) -> None:
    told = str(trends.show_trends(view, ["UN_OSI"]))
    assert told == "No indicator has figures of several years."
    assert str(trends.table_changes(view)) == "No published index is recomputed here."


def test_both_ends_have_a_panel_of_the_wide_simulation(view: IndexView, scores: pd.Series) -> None:
    wide = ranks.simulate_wide(view, base=4)
    chart = ranks.plot_sobol(view, wide)
    names = [ax.get_title(loc="left") or ax.get_title() for ax in chart.axes]
    assert names[1:] == [str(view.unit(scores.index[0])), str(view.unit(scores.index[-1]))]
    assert len(names) == 3


def test_the_heading_says_who_the_peers_are(own: IndexView) -> None:
    told = str(country.write_heading(own))
    n = len(own.peers.codes)
    assert told.startswith(f"**Sundsvall**, Sweden. Its {n} peers: the class of rurality")
    lines = str(country.write_findings(own)).splitlines()
    assert lines[1] == f"- {order.tell_ranks(own)}"
