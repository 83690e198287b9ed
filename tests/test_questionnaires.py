"""Somebody's own questionnaire: English only, two dimensions, two scales, no country, weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_cli import call

from innocap_analysis import load_settings, open_survey_view, read_instrument
from innocap_analysis.errors import InnocapError
from innocap_analysis.pages import answers, differences, fitness, measurement, pairs, statements
from innocap_analysis.pages.survey_view import SurveyView
from innocap_analysis.survey.form import make_page, make_xlsform
from innocap_analysis.survey.importing import import_files
from innocap_analysis.survey.scales import make_place_scales

KEY = b"a key for tests only"
ROWS = [
    ("CAP", "", "index", "Readiness", "", "", "", "", ""),
    ("LEAD", "CAP", "group", "Leadership", "", "", "", "", ""),
    ("TOOL", "CAP", "group", "Tools", "", "", "", "", ""),
    *((f"lead{i}", "LEAD", "indicator", f"Leaders do thing {i}.", "-1" if i == 3 else "1", "4",
       "freq4", "likert", "") for i in range(1, 4)),
    *((f"tool{i}", "TOOL", "indicator", f"Tools do thing {i}.", "1", "7", "seven", "likert", "")
      for i in range(1, 4)),
    ("unit", "", "context", "Unit", "", "", "", "id", ""),
    ("kind", "", "context", "Kind of unit", "", "", "kind", "single", "group"),
    ("hinder", "", "context", "What is in the way?", "", "", "hinder", "multi", ""),
    ("w", "", "context", "Weight", "", "", "", "number", "weight"),
]  # fmt: skip
SCALES = {"freq4": "Never Rarely Often Always", "kind": "Town Village", "hinder": "Time Money",
          "seven": "Nothing Hardly Little Half Rather Mostly All"}  # fmt: skip


@pytest.fixture
def own(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with that questionnaire and a file of 80 answers."""
    monkeypatch.setenv("INNOCAP_KEY_FILE", str(project.parent / "elsewhere" / "key"))
    folder = project / "data" / "own"
    folder.mkdir()
    heads = ["code", "parent", "kind", "label_en", "direction", "high", "scale", "answer", "role"]
    book = pd.DataFrame(ROWS, columns=heads)
    book["low"] = np.where(book["high"] != "", "1", "")
    book = book.assign(weight="", clip="both", transform="", normalise="goalposts", aggregate="",
                       denominator="", unit="", source="", note="")  # fmt: skip
    book.to_csv(folder / "codebook.csv", index=False)
    rows = [
        (scale, label.lower() if scale in ("kind", "hinder") else i, "en", label, "SYNTHETIC")
        for scale, labels in SCALES.items()
        for i, label in enumerate(labels.split(), start=1)
    ]
    columns = ["scale", "code", "language", "label", "source"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "scales.csv", index=False)
    config = project / "innocap.yml"
    text = config.read_text(encoding="utf-8")
    for name, file in (("survey", "codebook"), ("scales", "scales")):
        text = text.replace(f"{name}: data/codebooks/{name}.csv", f"{name}: data/own/{file}.csv")
    config.write_text(text.replace("languages: [en, sv, fi, fr]", "languages: [en]"), "utf-8")
    rng = np.random.default_rng(7)
    table = pd.DataFrame({"unit": [f"unit {i % 16}" for i in range(80)]})
    table["kind"] = np.where(np.arange(80) % 16 < 8, "Town", "Village")
    better = np.where(table["kind"] == "Town", 0.8, 0.0)
    for code, scale in [(r[0], r[6]) for r in ROWS if r[7] == "likert"]:
        labels = SCALES[scale].split()
        x = np.clip((rng.normal(0.45, 0.25, 80) + better / 6) * len(labels), 0, len(labels) - 1)
        table[code] = np.array(labels)[x.astype(int)]
    table["hinder"] = rng.choice(["Time", "Money", "Time; Money"], 80)
    table["w"] = [f"{1 + i % 4},5" for i in range(80)]
    path = folder / "answers.csv"
    table.to_csv(path, index=False, sep=";")
    return path


def _read_truth(path: Path) -> pd.DataFrame:
    """Score the file by itself: the mean of rescaled items, in each dimension and overall."""
    table = pd.read_csv(path, sep=";")
    for scale in ("freq4", "seven"):
        labels = SCALES[scale].split()
        for code in (r[0] for r in ROWS if r[6] == scale):
            x = table[code].map({label: 100 * i / (len(labels) - 1)
                                 for i, label in enumerate(labels)})  # fmt: skip
            table[code] = 100 - x if code == "lead3" else x
    table["LEAD"] = table[["lead1", "lead2", "lead3"]].mean(axis=1)
    table["TOOL"] = table[["tool1", "tool2", "tool3"]].mean(axis=1)
    return table.assign(CAP=table[["LEAD", "TOOL"]].mean(axis=1),
                        w=table["w"].str.replace(",", ".").astype(float))  # fmt: skip


def _open(page: str, **how: object) -> SurveyView:
    return open_survey_view(page, wave="imported", **how)  # type: ignore[arg-type]


def test_groups_are_formed_by_what_is_asked_and_weighed(own: Path) -> None:
    import_files([own], settings=load_settings(), key=KEY)
    view, truth = _open("80"), _read_truth(own)
    assert view.wave.by == "kind"
    assert view.groups == ["kind=town", "kind=village"]
    assert [view.unit(group) for group in view.groups] == ["Town", "Village"]
    table = view.scores.set_index(["unit", "code"])
    for kind, rows in truth.groupby("kind"):
        for code in ("CAP", "LEAD", "TOOL"):
            mean = np.average(rows[code], weights=rows["w"])
            assert table.loc[(f"kind={str(kind).lower()}", code), "mean"] == pytest.approx(mean)
    assert "by their weights" in view.circumstances
    told = view.agreement[view.agreement["code"] == "tool1"].set_index("unit")["share"]
    raw = pd.read_csv(own, sep=";")
    high, town = raw["tool1"].isin(["Mostly", "All"]), raw["kind"] == "Town"
    assert told["kind=town"] == pytest.approx(np.average(high[town], weights=truth["w"][town]))


def test_all_three_pages_are_made(own: Path) -> None:
    import_files([own], settings=load_settings(), key=KEY)
    view = _open("80")
    assert statements.list_blocks(view) == [("LEAD", "freq4"), ("TOOL", "seven")]
    assert [statements.name_block(view, *b) for b in statements.list_blocks(view)] == [
        "80_leadership", "80_tools"
    ]  # fmt: skip
    assert statements.name_question(view, "hinder") == "80_hinder"
    assert "one of the two highest" in statements.plot_answers(view, "TOOL").alt
    assert "Town" in str(answers.write_findings(view))
    assert "What is in the way?" in str(answers.write_findings(view))
    assert len(fitness.table_respondents(_open("70")).cells) == 2
    own_view = _open("85")
    assert "Town" in str(pairs.write_pairs(own_view))
    assert "comparisons of two groups" in str(differences.write_findings(own_view))
    assert "Published figures are of countries" in str(
        differences.table_countries(own_view, None)  # type: ignore[arg-type]
    )
    chart = answers.plot_groups(view)
    assert "group" in chart.data
    assert "country" not in chart.data


def test_everyone_together_where_there_are_no_groups(own: Path) -> None:
    import_files([own], settings=load_settings(), key=KEY)
    view, truth = _open("80", by="nothing"), _read_truth(own)
    assert view.groups == ["all"]
    mean = np.average(truth["CAP"], weights=truth["w"])
    assert float(view.score("all", "CAP")) == pytest.approx(mean, abs=0.05 + 1e-9)
    assert "Everyone" in answers.table_scores(view).cells.iloc[:, 0].tolist()
    assert "Highest share" in answers.plot_agreement(view).alt
    # Both pages print a number of everyone in a table or figure and in their text.
    fit = _open("70", by="nothing")
    assert "80" in f"{fit.write_heading()}"
    assert str(fitness.table_respondents(fit).cells.iloc[0, 1]) == "80"
    for dimension, scale in statements.list_blocks(view):
        assert statements.plot_answers(view, dimension, scale).alt
    assert answers.plot_agreement(view).alt
    alone = _open("85", by="nothing")
    assert "nothing to compare" in str(pairs.write_pairs(alone))
    assert "for everyone together" in measurement.plot_reliability(alone).alt
    with pytest.raises(InnocapError, match="by: 'unit' is none of country, kind, nothing"):
        _open("80", by="unit")


def test_a_scale_of_other_numbers_than_whole_ones_is_refused(own: Path) -> None:
    scales = own.parent / "scales.csv"
    text = scales.read_text(encoding="utf-8")
    scales.write_text(text.replace("freq4,1,", "freq4,-1,").replace("freq4,2,", "freq4,0.5,"))
    with pytest.raises(InnocapError, match="codes of scale 'freq4' must be whole numbers from 0"):
        read_instrument(own.parent / "codebook.csv", scales)


def test_the_form_and_a_missing_weight(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = own.parent
    assert call(capsys, "form", "--language", "en", "--folder", str(folder))[0] == 0
    page = (folder / "innocap_form.en.html").read_text(encoding="utf-8")
    assert "Always" in page
    assert "Weight" not in page
    table = pd.read_csv(own, sep=";", dtype=str)
    table.loc[3, "w"] = ""
    table.to_csv(own, index=False, sep=";")
    with pytest.raises(InnocapError, match="some responses have a weight and some have none"):
        import_files([own], settings=load_settings(), key=KEY)
    table.loc[3, "w"] = "-2"
    table.to_csv(own, index=False, sep=";")
    with pytest.raises(InnocapError, match="expected a number above 0"):
        import_files([own], settings=load_settings(), key=KEY)


@pytest.mark.parametrize("name", ["barometer", "staff"])
def test_two_more_instruments_ship_in_four_languages(name: str) -> None:
    settings = load_settings()
    path = settings.survey_path.parent / "survey" / f"{name}.csv"
    instrument = read_instrument(path, settings.scales_path)
    assert len(instrument.scored) == 9
    assert len([c for c in instrument.scored if instrument.items[c].reversed]) == 1
    every = [*instrument.items.values(), *instrument.notes.values()]
    assert all(set(item.texts) == {"en", "sv", "fi", "fr"} for item in every)
    assert all(len(set(item.texts.values())) == 4 for item in every)
    assert {"country", "region", "place", "organisation", "group"} <= {i.role for i in every}
    places = make_place_scales(settings)
    for language in settings.languages:
        page = make_page(instrument, places, minimum=10, language=language)
        assert page.count('<span class="box">') > 60
        assert " 10 " in page.replace("\u00a0", " ")
    assert make_xlsform(instrument, places, minimum=10)[:2] == b"PK"
