"""An index at any level: thirty made-up regions and 290 municipalities, by tables alone."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from innocap_analysis import load_capacity, open_view, run_notebooks
from innocap_analysis.batch.check import check_project
from innocap_analysis.batch.clean import find_leftovers
from innocap_analysis.batch.conduct import Request, foresee_batch
from innocap_analysis.batch.domain import list_faults, list_notes
from innocap_analysis.batch.outcome import Run
from innocap_analysis.batch.plan import make_plan
from innocap_analysis.batch.results import NAME
from innocap_analysis.batch.trace import trace_number
from innocap_analysis.batch.verify import verify_reports
from innocap_analysis.data.places import read_places
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.capacity import CapacityData, write_scores
from innocap_analysis.index.goalposts import recompute_goalposts
from innocap_analysis.pages import (
    alternatives,
    comparison,
    country,
    indicators,
    method,
    ranking,
    ranks,
    trends,
)
from innocap_analysis.pages.drawing.medium import COLUMN
from innocap_analysis.pages.language import order_name, translate_notebook
from innocap_analysis.pages.regions import show_regions
from innocap_analysis.settings import Settings, load_settings
from tests.made_up import GROUPS, LEAVES, add_index, add_regions
from tests.test_document_figures import list_faults as find_crowding

ROOT = Path(__file__).resolve().parents[1]
TOWN = "SE-2281"  # Sundsvall


def _list_municipalities(settings: Settings) -> list[str]:
    table = read_places(settings).smallest
    return [str(code) for code in table.index[table["country"] == "SE"]]


def _score_by_hand(figures: np.ndarray) -> np.ndarray:
    """Return the mean of the groups' means: goalposts are 0 and 100, so a figure is its score."""
    at = [[LEAVES.index(leaf) for leaf in leaves] for leaves in GROUPS.values()]
    return np.mean([figures[:, own].mean(axis=1) for own in at], axis=0)


@pytest.fixture
def counties(project: Path) -> np.ndarray:
    """Return the figures of thirty made-up regions, an index of the project."""
    return add_index(project, "counties", "region", add_regions(project), years=(2022, 2024))


@pytest.fixture
def towns(project: Path, settings: Settings) -> pd.DataFrame:
    """Return the figures of all Swedish municipalities, an index of the project."""
    units = _list_municipalities(settings)
    assert len(units) == 290
    return pd.DataFrame(add_index(project, "towns", "municipality", units), units, LEAVES)


def test_thirty_regions_are_scored_and_nothing_national_changes(
    project: Path, counties: np.ndarray, capacity: CapacityData
) -> None:
    found = load_capacity(index="counties")
    assert (found.level, len(found.units)) == ("region", 30)
    assert np.allclose(found.result.scores["COUNTIES"], _score_by_hand(counties), atol=1e-9)
    assert found.names.name("SE904", "sv") == "Region 04"
    national = load_capacity()
    pd.testing.assert_frame_equal(national.result.scores, capacity.result.scores)
    assert list_faults(load_settings()) == []
    assert any("the units are the 30 of the level region" in t for t in list_notes(load_settings()))
    write_scores(load_settings().choose("counties"))
    assert (project / "data/processed/counties/scores.csv").is_file()
    assert not (project / "data/processed/scores.csv").exists()


def test_a_town_is_held_against_towns_like_it(towns: pd.DataFrame) -> None:
    view = open_view("30", index="towns", region="sundsvall", runs=200)
    scores = pd.Series(_score_by_hand(towns.to_numpy()), towns.index)
    peers = view.peers.codes
    sizes = view.capacity.names.places.table["population"]  # type: ignore[union-attr]
    assert view.folder == TOWN
    assert len(peers) >= 10
    assert (np.abs(np.log(sizes[peers] / sizes[TOWN])) <= np.log(2)).all()  # the rule's factor
    own, group = scores[TOWN], scores[[TOWN, *peers]]
    assert float(view.stand(TOWN, "TOWNS", "gap")) == pytest.approx(own - group.median())
    assert float(view.stand_among(TOWN, "rank")) == 1 + (group > own).sum()
    assert float(view.stand_in_ranking(TOWN)) == 1 + (scores > own).sum()
    said = country.write_heading(view)
    assert said.startswith(f"**Sundsvall**, Sweden. Its {len(peers)} peers: ")
    assert len(show_regions(view).data) == len(peers) + 1  # type: ignore[union-attr]


def test_held_against_all_where_that_is_asked_for(towns: pd.DataFrame) -> None:
    view = open_view("60", index="towns", region=TOWN, reference="all", runs=50)
    scores = pd.Series(_score_by_hand(towns.to_numpy()), towns.index)
    assert float(view.stand(TOWN, "TOWNS", "gap")) == pytest.approx(scores[TOWN] - scores.median())
    with pytest.raises(InnocapError, match="'oecd_eu' is unknown: choose one of all, peers"):
        open_view("60", index="towns", region=TOWN, reference="oecd_eu")


def test_without_knowledge_of_places_all_are_peers(counties: np.ndarray) -> None:
    view = open_view("30", index="counties", region="Region 04", runs=50)
    assert view.peers.rule == "all"
    assert len(view.members) == 30


PAGES: dict[str, Callable[..., object]] = {
    "20_indicators": lambda v: indicators.plot_indicators(v, v.marked),
    "20_normalisation": lambda v: method.plot_normalisation(v, None, None),
    "40_dimensions": comparison.plot_dimensions,
    "40_ranking": ranking.plot_ranking,
    "40_heatmap": comparison.plot_heatmap,
    "50_alternatives": lambda v: alternatives.plot_alternatives(
        v, alternatives.compare(v, leave_out=None)
    ),
    "50_left_out": alternatives.plot_left_out,
    "50_rank_shares": ranks.plot_rank_shares,
}


@pytest.mark.usefixtures("towns")
def test_figures_of_290_units_stay_readable_and_speak_of_places() -> None:
    view = open_view("40", index="towns", runs=50)
    for name, plot in PAGES.items():
        chart = plot(view)
        rows = chart.data["unit"].nunique() if "unit" in chart.data else 0  # type: ignore[attr-defined]
        assert rows <= 50 or name in ("20_normalisation", "50_alternatives"), name
        assert chart.get_size_inches()[1] < 13, name  # type: ignore[attr-defined]
        assert "countr" not in chart.alt.lower(), name  # type: ignore[attr-defined]
    narrow = comparison.plot_heatmap(view).redraw  # type: ignore[attr-defined]
    assert find_crowding(narrow(COLUMN)) == []
    assert len(comparison.table_scores(view).cells) == 290
    for text in (comparison.write_findings(view), trends.show_trends(view, ["UN_OSI"])):
        assert "countr" not in str(text).lower()


def test_who_is_first_in_how_many_runs(counties: np.ndarray) -> None:
    view = open_view("50", index="counties", runs=50)
    order = np.argsort(-_score_by_hand(counties))
    first = f"SE9{order[0] + 1:02d}"
    table = view.runs.ranks(view.root).table
    assert view.order_measured()[0] == first
    assert float(view.stand_among(first, "first")) == (table[first] == 1).mean()
    last = view.order_measured()[-1]
    assert float(view.stand_among(last, "last")) == (table[last] == 30).mean()


def _tell(runs: list[Run]) -> list[str]:
    return [f"{run.folder}/{run.stem}" for run in runs]


def test_the_plan_of_an_index_is_the_same_notebooks_over_its_units(counties: np.ndarray) -> None:
    settings = load_settings()
    runs = make_plan(settings, index="counties")
    assert _tell(runs)[:3] == [
        "comparison/20_how_do_the_scores_come_about@counties",
        "comparison/40_how_do_the_countries_compare@counties",
        "comparison/50_how_sure_are_the_ranks@counties",
    ]
    assert len(runs) == 3 + 2 * 30
    assert {run.parameters["index"] for run in runs} == {"counties"}
    assert {run.parameters.get("reference") for run in runs} == {None}
    (one,) = make_plan(settings, index="counties", regions=["region 04"], notebooks=["60"],
                       language="sv", parameters={"runs": 500})  # fmt: skip
    assert f"{one.folder}/{one.stem}" == "SE904/60_where_to_start@counties@runs-500.sv"
    assert not any("counties" in run.place for run in make_plan(settings))


def test_units_are_chosen_by_kind(towns: pd.DataFrame) -> None:
    asked: dict[str, object] = {"index": "towns", "notebooks": ["60"], "country": "SE"}
    runs = make_plan(load_settings(), places=["rural"], **asked)  # type: ignore[arg-type]
    assert len(runs) == 146  # as of pages about places
    assert {run.tag for run in runs} == {"towns"}


REFUSED = [
    ({"index": "countees"}, "lists counties under indexes:; did you mean 'counties'"),
    ({"index": "counties", "regions": ["SE32"]}, "'SE32' is no unit of counties, or has no figure"),
    ({"index": "counties", "regions": ["SE94"]}, "did you mean 'SE9"),
    ({"index": "counties", "notebooks": ["70"]}, "is about no index; leave --index out"),
    ({"index": "counties", "places": ["rural"]}, "is a unit of counties with figures"),
    ({"parameters": {"index": "counties"}}, "use --index instead"),
]


@pytest.mark.parametrize(("asked", "told"), REFUSED)
def test_what_makes_no_sense_is_refused(
    counties: np.ndarray, asked: dict[str, object], told: str
) -> None:
    with pytest.raises(InnocapError, match=re.escape(told)):
        make_plan(load_settings(), **asked)  # type: ignore[arg-type]


FAULTS = [
    ("level: region", "level: parish", r"line \d+, indexes.counties.level: Input should be"),
    ("counties:", "default:", "'default' is no name for a set"),
    ("    title:", "    reference_sets: {peers: all}\n    title:", "'peers' stands for a unit"),
    ("counties.csv", "gone.csv", "gone.csv"),
]


@pytest.mark.parametrize(("old", "new", "told"), FAULTS)
def test_a_faulty_index_is_told(
    project: Path, counties: np.ndarray, old: str, new: str, told: str
) -> None:
    file = project / "innocap.yml"
    head, text = file.read_text(encoding="utf-8").split("\nindexes:")
    assert old in text
    file.write_text(f"{head}\nindexes:{text.replace(old, new)}", encoding="utf-8")
    with pytest.raises(InnocapError, match=told):
        load_capacity(index="counties")


def test_indicators_beside_dimensions_are_refused(project: Path, counties: np.ndarray) -> None:
    book = project / "data/codebooks/counties.csv"
    rows = book.read_text(encoding="utf-8").replace(",SKILLS,", ",COUNTIES,").splitlines()
    book.write_text("\n".join(r for r in rows if not r.startswith("SKILLS")), encoding="utf-8")
    with pytest.raises(InnocapError, match=r"counties.csv: TRAINED, STAFF lie directly below"):
        open_view("40", index="counties")


@pytest.fixture
def flat(project: Path) -> np.ndarray:
    """Return the figures of thirty made-up regions, an index of one level."""
    return add_index(project, "flat", "region", add_regions(project), years=(2022, 2024), flat=True)


def test_an_index_of_one_level_is_the_mean_of_its_indicators(flat: np.ndarray) -> None:
    view = open_view("60", index="flat", region="SE904", runs=200)
    scores = flat.mean(axis=1)  # goalposts are 0 and 100, all weights the same
    assert np.allclose(view.scores["FLAT"], scores, atol=1e-9)
    assert (view.dimensions, view.nodes) == (["FLAT"], ["FLAT"])
    gap = scores[3] - np.median(scores)
    assert float(view.stand("SE904", "FLAT", "gap")) == pytest.approx(gap)
    found = view.verdicts.find_priority("SE904")
    assert found is not None
    assert (found.status == "none") == (gap >= 0)
    assert len(country.plot_profile(view).data) == 1 + len(LEAVES)
    assert set(country.plot_gaps_behind(view).data["code"]) == set(LEAVES)


@pytest.mark.parametrize("language", ["en", "sv", "fi", "fr"])
def test_of_an_index_of_one_level_no_page_speaks_of_dimensions(
    flat: np.ndarray, language: str
) -> None:
    told: list[object] = []
    for page in ("20", "30", "40", "50", "60"):
        (file,) = (ROOT / "notebooks").glob(f"{page}_*.ipynb")
        cells = translate_notebook(nbformat.read(file, 4), language, "places flat").cells
        told += [cell.source for cell in cells if cell.cell_type == "markdown"]
    many = open_view("40", index="flat", language=language, runs=50)
    one = open_view("30", index="flat", region="SE904", language=language, runs=50)
    choices = alternatives.compare(many, leave_out=None)
    told += [
        comparison.write_findings(many), comparison.table_scores(many),
        alternatives.write_alternatives(many, choices), method.table_coherence(many),
        country.write_findings(one), country.write_priorities(one), country.table_profile(one),
        *(str(cell) for cell in country.table_profile(one).cells),
    ]  # fmt: skip
    charts = [
        comparison.plot_dimensions(many), comparison.plot_heatmap(many),
        method.plot_weights(many), method.plot_importance(many),
        indicators.plot_indicators(one, ["SE904"]), ranks.plot_rank_shares(many),
        alternatives.plot_alternatives(many, choices), country.plot_gaps(one),
        country.plot_priorities(one), country.plot_profile(one),
    ]  # fmt: skip
    told += [chart.alt for chart in charts]
    words = re.compile("dimension|ulottuvuu|osa-alue", re.IGNORECASE)
    assert [text for text in map(str, told) if words.search(text)] == []
    assert {view.wording for view in (many, one)} == {"places flat"}


def test_scores_that_are_not_of_a_hundred_are_told_on_their_own_scale(flat: np.ndarray) -> None:
    """Figures taken as they are: the score is their mean, whatever it is a share of."""
    book = load_settings().root / "data/codebooks/flat.csv"
    head, index, *rows = book.read_text(encoding="utf-8").splitlines()
    rows = [f"{row},none" for row in "\n".join(rows).replace(",0,100,", ",,,").splitlines()]
    book.write_text("\n".join([f"{head},normalise", f"{index},", *rows]), encoding="utf-8")
    one = open_view("30", index="flat", region="SE904", runs=50)
    chart = country.plot_profile(one)
    told = [country.tell_profile(one), country.tell_standing(one, "SE904"), chart.alt,
            str(country.write_findings(one)), comparison.plot_heatmap(one).alt]  # fmt: skip
    assert [text for text in told if "100" in text] == []
    assert f"{flat.mean(axis=1)[3]:.2f} points" in told[1]
    (low, high), scores = chart.axes[0].get_xlim(), np.append(flat.mean(axis=1), flat)
    assert low < scores.min() < scores.max() < high < 100
    assert one.stand("SE904", "FLAT", "score").fact.kind == "own_points"
    assert "No indicator is scored on a line" in f"{method.plot_normalisation(one, None, None)}"


def test_who_scores_nothing_under_a_geometric_mean_is_counted(flat: np.ndarray) -> None:
    """With goalposts at the extremes who is last in one indicator has a zero there."""
    book = load_settings().root / "data/codebooks/flat.csv"
    low = flat[:, LEAVES.index("STAFF")].min()
    text = book.read_text(encoding="utf-8")
    book.write_text(re.sub(r"(STAFF,FLAT,.*?),0,100,", rf"\1,{low},100,", text), encoding="utf-8")
    view = open_view("50", index="flat", runs=50)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        choices = alternatives.compare(view, leave_out=None)
    own = choices[choices["alternative"] == "geometric"]
    assert (own["score"] == 0).sum() == (flat[:, LEAVES.index("STAFF")] == low).sum() == 1
    told = "Under the geometric mean 1 of them scores 0"
    assert told in str(alternatives.write_alternatives(view, choices))


def test_goalposts_of_an_index_are_recomputed_from_its_units(counties: np.ndarray) -> None:
    table = recompute_goalposts(load_settings().choose("counties")).set_index("code")
    assert table.loc["TRAINED", "low"] == counties[:, 0].min()
    assert table.loc["TRAINED", "high"] == counties[:, 0].max()
    assert table["n"].eq(30).all()


def test_a_project_without_national_figures_has_regions_for_units(
    project: Path, counties: np.ndarray
) -> None:
    """The default index of a project that is about one country's regions only."""
    import json

    raw = project / "data/raw/datapackage.json"
    package = json.loads(raw.read_text(encoding="utf-8"))
    package["resources"] = [r for r in package["resources"] if r["name"] == "counties"]
    raw.write_text(json.dumps(package), encoding="utf-8")
    for file in (project / "data/raw").rglob("*.csv"):
        if file.name != "counties.csv":
            file.unlink()
    file = project / "innocap.yml"
    text = file.read_text(encoding="utf-8").split("\nindexes:")[0]
    file.write_text(text.replace("indicators.csv", "counties.csv", 1), encoding="utf-8")
    assert load_capacity().level == "region"
    assert open_view("30", region="SE901", runs=20).reference == "peers"
    runs = make_plan(load_settings(), regions=["SE901", "SE902"], notebooks=["60"])
    assert _tell(runs) == ["SE901/60_where_to_start", "SE902/60_where_to_start"]


def test_a_flag_of_no_indicator_is_told_by_check(project: Path) -> None:
    with (project / "data/codebooks/flags.csv").open("a", encoding="utf-8") as stream:
        stream.write("UN_OSII,,old,un_egovernment_survey,a,b,c,d\n")
    found = dict(check_project(load_settings()))
    assert any("'UN_OSII' is in no codebook" in text for text in found["flags and notes"])


def test_asked_for_a_region_the_national_page_says_whose_figures_it_shows(
    capacity: CapacityData,
) -> None:
    view = open_view("30", region="SE32", capacity=capacity, runs=20)
    told = "The figures are those of Sweden, not of Central Norrland, which page 35 is about."
    assert told in country.plot_profile(view).alt
    assert told in country.write_heading(view)
    assert (
        told
        not in country.plot_profile(open_view("30", region="SE", capacity=capacity, runs=20)).alt
    )


def test_names_are_sorted_as_each_language_does() -> None:
    """Swedish and Finnish put å, ä, ö last, Danish and Norwegian æ, ø, å; English folds."""
    names = ["Örebro", "Ale", "Åre", "Zinkgruvan", "Ängelholm", "Élan", "Eda"]

    def order(language: str) -> list[str]:
        return sorted(names, key=lambda name: order_name(name, language))

    assert order("sv") == ["Ale", "Eda", "Élan", "Zinkgruvan", "Åre", "Ängelholm", "Örebro"]
    assert order("en") == ["Ale", "Ängelholm", "Åre", "Eda", "Élan", "Örebro", "Zinkgruvan"]
    assert sorted(["Ærø", "Åre", "Zealand"], key=lambda n: order_name(n, "da")) == [
        "Zealand", "Ærø", "Åre"
    ]  # fmt: skip


def test_a_report_of_towns_stands_beside_the_national_one(
    project: Path, towns: pd.DataFrame
) -> None:
    settings = load_settings()
    asked: dict[str, object] = {"index": "towns", "regions": [TOWN], "notebooks": ["30", "40"]}
    outcomes = run_notebooks(settings=settings, **asked)  # type: ignore[arg-type]
    assert [outcome.error for outcome in outcomes] == ["", ""]
    page = (project / f"reports/{TOWN}/30_how_does_this_country_do@towns.html").read_text("utf-8")
    assert "<h1" in page
    assert "How does this place do? – Sundsvall – The towns" in re.sub("<[^>]+>", "", page)
    assert "countr" not in re.sub(r"<(pre|style)\b.*?</\1>|<[^>]+>", "", page, flags=re.S).lower()
    assert not (project / f"reports/{TOWN}/30_how_does_this_country_do.html").exists()
    front = (project / "reports/index.html").read_text("utf-8")
    assert "The towns" in front
    assert f"{TOWN}/30_how_does_this_country_do@towns.html" in front
    number = f"30@towns:{TOWN}:TRAINED:value"
    told = "\n".join(trace_number(number, settings))
    line = 2 + len(LEAVES) * list(towns.index).index(TOWN)
    assert f"{towns.at[TOWN, 'TRAINED']} -> " in told
    assert f"towns.csv, line {line}" in told
    results = (project / "reports" / NAME).read_text("utf-8")
    assert f"\n{number}," in results
    assert not verify_reports(project / "reports", settings).outputs
    assert find_leftovers(settings).removable == {}
    book = project / "data/codebooks/towns.csv"
    book.write_text(book.read_text("utf-8").replace("Trained", "Taught"), encoding="utf-8")
    request = Request(settings, [TOWN], ["30"], index="towns")
    ((_, why),) = foresee_batch(request)
    assert "towns.csv" in why


@pytest.mark.parametrize("number", [1, 7])
def test_an_index_of_few_says_what_cannot_be_said(project: Path, number: int) -> None:
    add_index(project, "few", "region", add_regions(project, number))
    view = open_view("50", index="few", runs=20)
    needed = f"With {number} in the index nothing can be said"
    assert f"{method.table_coherence(view)}".startswith(needed)
    assert f"{method.plot_importance(view)}".startswith(needed)
    drawn = ranks.plot_sobol(view, ranks.simulate_wide(view, base=8))
    assert (f"{drawn}" == "No choice changes a rank.") == (number == 1)
