"""Answers attach to places, and stand on the pages of those, against the rest of the country."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from innocap_analysis import open_place_view
from innocap_analysis.errors import InnocapError
from innocap_analysis.pages import place_survey
from innocap_analysis.settings import load_settings
from innocap_analysis.survey.importing import import_files
from innocap_analysis.survey.publish import Release
from innocap_analysis.survey.wave import Wave

KEY = b"a key for tests only"
LABELS = ["Strongly agree", "Somewhat agree", "Neither agree nor disagree", "Somewhat disagree"]
# Twelve people of each: a municipality by code, by name, by its organisations; region only.
FROM = {"2284": "SE-2284", "Sundsvall": "SE-2281", "": "", "Umeå": "SE-2480"}


@pytest.fixture
def folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project whose questionnaire asks for the municipality, and its survey folder."""
    monkeypatch.setenv("INNOCAP_KEY_FILE", str(project.parent / "elsewhere" / "key"))
    path = project / "data" / "codebooks" / "survey.csv"
    heads = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    row = dict.fromkeys(heads, "") | {
        "code": "ORG9", "kind": "context", "label_en": "Municipality", "label_sv": "Kommun",
        "label_fi": "Kunta", "label_fr": "Commune", "scale": "place", "answer": "single",
    }  # fmt: skip
    with path.open("a", encoding="utf-8") as stream:
        stream.write(",".join(row[head] for head in heads) + "\n")
    folder = project / "data" / "survey"
    folder.mkdir()
    (folder / "organisations.csv").write_text(
        "organisation,place\n" + "".join(f"kommun {i},Timrå\n" for i in range(4)), encoding="utf-8"
    )
    return folder


def _write(folder: Path, **columns: list[str]) -> Path:
    items = pd.read_csv(folder.parents[1] / "data/codebooks/survey.csv", dtype=str)
    scored = items.loc[items["kind"] == "indicator", "code"]
    where = [name for name in FROM for _ in range(12)]
    table = pd.DataFrame({
        "ORG1": "Sweden",
        "ORG8": [f"{name or 'kommun'} {i % 4}" for i, name in enumerate(where)],
        "ORG9": where,
    })  # fmt: skip
    for i, item in enumerate(scored):
        table[item] = [LABELS[(i + 3 * r + r // 12) % 4] for r in range(len(table))]
    path = folder / "answers.csv"
    table.assign(**columns).to_csv(path, index=False)
    return path


def _import(path: Path) -> Wave:
    return import_files([path], settings=load_settings(), key=KEY).wave


def test_answers_find_their_place_by_code_name_or_organisation(folder: Path) -> None:
    wave = _import(_write(folder))
    assert wave.raw["place"].tolist() == [
        place or "SE-2262" for place in FROM.values() for _ in range(12)
    ]
    counts = wave.clean.groupby("region")["response_id"].size()
    assert counts.to_dict() == {"SE32": 36, "SE33": 12}  # three lie in Västernorrland
    assert wave.lines["SE-2284"] == ("SE-2284", "SE321")
    release = Release(wave)
    for unit in ("SE", "SE32", "SE321", "SE-2284", "SE-2281", "SE-2262", "SE-2284/rest"):
        assert release.shows("", unit), unit


def test_a_place_is_told_of_itself_where_enough_answered_and_of_its_region_where_not(
    folder: Path,
) -> None:
    _import(_write(folder))
    unit = {}
    for place in ("SE-2284", "SE-2280", "SE-2480"):
        view = open_place_view("35", place=place)
        answers = place_survey.open_answers(view)
        assert answers is not None
        assert not answers.wave.is_synthetic
        assert "imported from answers.csv" in str(place_survey.write_who(view, answers))
        assert answers.contrast is not None
        unit[place] = answers.contrast.unit
        table = place_survey.table_scores(view, answers)
        assert table is not None
        assert table.cells.columns[2] == "Sweden elsewhere"
        assert place_survey.write_comparison(view, answers)  # OUT6 was not asked
    # Nobody is from Härnösand itself: its county is shown.
    assert unit == {"SE-2284": "SE-2284", "SE-2280": "SE321", "SE-2480": "SE-2480"}


def test_a_place_in_another_region_than_was_said_is_set_missing(folder: Path) -> None:
    said = ["Central Norrland"] * 24 + [""] * 12 + ["Central Norrland"] * 12
    wave = _import(_write(folder, ORG2=said))
    assert wave.clean["region"].eq("SE32").all()
    assert wave.clean["place"].isna().sum() == 12  # Umeå lies in SE33
    log = wave.log[wave.log["item"] == "place"]
    assert log["reason"].unique().tolist() == ["a place of another region or country"]
    assert len(log) == 12


@pytest.mark.parametrize(("table", "told"), [
    ("organisation,place\na,Atlantis\n", "line 2: place 'Atlantis' is unknown"),
    ("organisation,place\na,Timrå\nA,Sundsvall\n", "line 3: 'A' lies in SE-2262 above"),
    ("organisation,place\na,Sweden\n", "line 2: 'Sweden' is a country"),
    ("name,place\na,Timrå\n", "expected the columns organisation, place"),
])  # fmt: skip
def test_a_fault_of_the_table_of_organisations_is_told(folder: Path, table: str, told: str) -> None:
    (folder / "organisations.csv").write_text(table, encoding="utf-8")
    with pytest.raises(InnocapError, match=told):
        _import(_write(folder))


def test_an_unknown_place_is_refused_with_its_cell(folder: Path) -> None:
    with pytest.raises(InnocapError, match=r"row 2.*'Atlantis' is no answer.*is unknown"):
        _import(_write(folder, ORG9=["Atlantis"] * 48))
