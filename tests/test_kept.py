"""What pages have in common is computed once, and still counts as read by each."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from innocap_analysis import open_place_view, open_survey_view, open_view, reads
from innocap_analysis.batch.hooks import rehearse_places, rehearse_surveys, rehearse_views
from innocap_analysis.batch.witness import listen
from innocap_analysis.pages import opening, place_survey
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.reads import Reading
from innocap_analysis.settings import load_settings
from innocap_analysis.survey.evidence import Evidence

PLACES = ["SE-2284", "SE-2281", "IS-6706"]


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "_MADE_CACHE", {})


def _open(root: Path, log: Path, place: str) -> tuple[dict[Reading, str], str, object]:
    """Return what is heard of opening a page's view and answers, a text of it, and the release."""
    with listen(root, log) as witness:
        view = open_place_view("35", place=place, settings=load_settings(root))
        answers = place_survey.open_answers(view)
        assert answers is not None
        table = place_survey.table_scores(view, answers)
        return dict(witness.found), str(table), answers.release


def test_what_was_kept_counts_as_read_and_is_made_anew_when_it_changed(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path, alone = tmp_path_factory.mktemp("logs"), {}
    for place in PLACES[1:]:
        monkeypatch.setattr(reads, "_MADE_CACHE", {})
        alone[place] = _open(project, tmp_path / f"alone-{place}", place)
    monkeypatch.setattr(reads, "_MADE_CACHE", {})
    rehearse_places(project, PLACES, {})
    kept = {key[1:]: made for key, (made, _) in reads._MADE_CACHE.items()}
    for place in PLACES[1:]:
        found, table, release = _open(project, tmp_path / f"kept-{place}", place)
        assert release is kept["release", "synthetic"]
        own = alone[place][0]
        assert {one: value for one, value in found.items() if own.get(one) != value} == {}
        assert set(own) - set(found) == set()
        assert table == alone[place][1]
    assert Reading("setting", "min_respondents") in alone["SE-2281"][0]
    file = project / "innocap.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("min_respondents: 10", "min_respondents: 60"), encoding="utf-8")
    _, table, release = _open(project, tmp_path / "changed", "SE-2281")
    assert release is not kept["release", "synthetic"]
    assert table != alone["SE-2281"][1]


def _look(root: Path, log: Path, language: str) -> tuple[dict[Reading, str], Evidence]:
    """Return what is heard of opening page 85, and what it rests on."""
    with listen(root, log) as witness:
        view = open_survey_view("85", language=language, settings=load_settings(root))
        return dict(witness.found), view.evidence


def test_a_wave_is_judged_once_for_its_pages_in_all_languages(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmp_path = tmp_path_factory.mktemp("logs")
    own, alone = _look(project, tmp_path / "alone", "sv")
    reads._MADE_CACHE.clear()
    page = {"wave": "synthetic", "by": None, "leave_out_flagged": False}
    others = [{"wave": "synthetic"}, page | {"wave": "of nobody"}]  # of no wave; of none there is
    rehearse_surveys(project, [*others, page, *[page | {"smallest": 5.0, "seed": 1}] * 2], {})
    found, evidence = _look(project, tmp_path / "kept", "sv")
    assert evidence is not alone
    assert "pairs" in vars(evidence)  # was computed before anybody looked
    assert _look(project, tmp_path / "other", "fi")[1] is evidence
    assert {one: value for one, value in found.items() if own.get(one) != value} == {}
    assert set(own) - set(found) == set()
    assert Reading("setting", "min_respondents") in found
    file = project / "innocap.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("min_respondents: 10", "min_respondents: 60"), encoding="utf-8")
    _, other = _look(project, tmp_path / "changed", "sv")
    assert len(other.groups) < len(evidence.groups)


def test_an_index_is_scored_once_for_its_pages(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path = tmp_path_factory.mktemp("logs")

    def look(log: str) -> tuple[dict[Reading, str], IndexView]:
        with listen(project, tmp_path / log) as witness:
            view = open_view("60", region="SE", language="sv")
            return dict(witness.found), view

    own, alone = look("alone")
    reads._MADE_CACHE.clear()
    rehearse_views(project, [{}, {"year": 1900}], {})  # of one there is none
    with monkeypatch.context() as patch:
        patch.setattr(opening, "load_capacity", None)
        found, view = look("kept")
        view.capacity.values.iloc[:] = 0.0  # in a cell, by somebody who tries something
        again = look("again")[1].capacity
    assert again.values.equals(alone.capacity.values)
    assert again.result.scores.equals(alone.capacity.result.scores)
    assert {one: value for one, value in found.items() if own.get(one) != value} == {}
    assert set(own) - set(found) == set()
    sterner = load_settings(project).model_copy(update={"min_coverage": 1.0})
    assert open_view("60", settings=sterner).capacity.settings is sterner
    file = project / "innocap.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("min_coverage: 0.5", "min_coverage: 1.0"), encoding="utf-8")
    assert look("changed")[1].capacity.settings.min_coverage == 1.0


def test_a_module_of_the_project_counts_however_late_it_comes(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, found = tmp_path_factory.mktemp("logs") / "reads", []
    monkeypatch.syspath_prepend(str(project))
    for name in ("own_first", "own_second"):
        (project / f"{name}.py").write_text("A = 1\n", encoding="utf-8")
    for wanted in ("colorsys", "own_first", "quopri", "own_second", "colorsys"):
        with listen(project, log) as witness:
            sys.modules.pop(wanted, None)
            importlib.import_module(wanted)
        found.append(sorted(one.name for one in witness.found if one.name.startswith("own")))
    for name in ("own_first", "own_second"):
        monkeypatch.delitem(sys.modules, name)
    assert found == [
        [],
        ["own_first.py"],
        ["own_first.py"],
        *[["own_first.py", "own_second.py"]] * 2,
    ]


def test_where_nobody_listens_nothing_is_kept(project: Path) -> None:
    made = [reads.keep(("a",), object, str) for _ in range(2)]
    assert made[0] is not made[1]
    assert reads._MADE_CACHE == {}
