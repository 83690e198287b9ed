"""REDCap, SoSci Survey and Netigate, OpenDocument and Stata: what their exports hold is read.

Layouts as the tools document them: REDCap's export of records (names with three underscores, labels
with *choice*, ``[not completed]``), SoSci Survey's manual on variables and values (a tick is 2).
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from survey_truth import KEY
from test_survey import PERSONAL
from test_survey_wild import ENGLISH, SKL1, Wild, answer, texts, wild  # noqa: F401

from innocap_analysis import read_survey
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import load_settings
from innocap_analysis.survey.files.opendocument import look_over_content
from innocap_analysis.survey.files.options import FileOptions
from innocap_analysis.survey.importing import import_files
from innocap_analysis.survey.tools import TOOLS


def test_the_tools_are_told_where_people_look_for_them() -> None:
    guide = Path(__file__).parents[1] / "docs" / "howto" / "survey.md"
    told = guide.read_text(encoding="utf-8").lower().replace(" ", "")
    missing = [name for name in TOOLS if {"msforms": "microsoftforms"}.get(name, name) not in told]
    assert not missing, f"{guide.name} names every tool that is read; it lacks these"


def test_redcap_by_name(wild: Wild) -> None:  # noqa: F811
    rows = [["record_id", "redcap_survey_identifier", "innocap_timestamp",
             *(code.lower() for code in wild.survey.scored), "bar1___time", "bar1___old_it",
             "innocap_complete"]]  # fmt: skip
    done = [("2026-09-01 10:00:00", "2"), ("[not completed]", "0"), ("2026-09-03 10:00:00", "1")]
    rows += [[str(r + 1), "anna@example.org", when, *answer(r), "1", str(r % 2), state]
             for r, (when, state) in enumerate(done)]  # fmt: skip
    found = wild.read(rows)
    assert found.report.tool == "redcap"
    assert found.table["SKL1"].tolist() == SKL1[:3]
    assert found.table["status"].tolist() == ["complete", "partial", "complete"]
    assert found.table["submitted"].isna().tolist() == [False, True, False]
    assert found.table["BAR1_time"].tolist() == [1, 1, 1]
    assert found.table["BAR1_old_it"].tolist() == [0, 1, 0]
    assert found.report.dropped == ["redcap_survey_identifier"]


def test_redcap_by_label(wild: Wild) -> None:  # noqa: F811
    asked = wild.survey.text("BAR1", "en")
    rows = [["Record ID", "Survey Identifier", "Survey Timestamp", *texts(wild.survey),
             f"{asked} (choice=Time)", f"{asked} (choice=Money)", "Complete?"]]  # fmt: skip
    rows += [[str(r), "", "2026-09-01 10:00:00", *answer(r), "Checked", "Unchecked", state]
             for r, state in enumerate(("Complete", "Incomplete"))]  # fmt: skip
    found = wild.read(rows)
    assert found.report.tool == "redcap"
    assert found.table["SKL1"].tolist() == SKL1[:2]
    assert found.table["status"].tolist() == ["complete", "partial"]
    assert found.table["BAR1_time"].tolist() == [1, 1]
    assert found.table["BAR1_money"].tolist() == [0, 0]


@pytest.mark.parametrize("labels", [True, False])
def test_sosci_survey_has_a_row_of_labels_and_counts_from_one(
    labels: bool,
    wild: Wild,  # noqa: F811
) -> None:
    own = ["CASE", "SERIAL", "REF", "QUESTNNR", "MODE", "STARTED"]
    end = ["BA01_01", "BA01_02", "TIME_SUM", "LASTDATA", "STATUS", "FINISHED", "Q_VIEWER"]
    items = [f"SK01_{i + 1:02d}" for i in range(24)]
    rows = [[*own, *items, *end]]
    if labels:
        rows.append([*("Interview number (ongoing)", "Serial number", "Reference", "Questionnaire",
                       "Mode", "Time the interview has started"),
                     *(f"Abilities: {text}" for text in texts(wild.survey)),
                     *("Barriers: Time", "Barriers: Money"), *end[2:]])  # fmt: skip
    mapping = {"BA01_01": "BAR1/time", "BA01_02": "BAR1/money"}
    mapping |= {} if labels else dict(zip(items, wild.survey.scored, strict=True))
    signs = [("interview", "complete", "1"), ("pretest", "complete", "1"),
             ("interview", "screenout", "1"), ("interview", "", "0")]  # fmt: skip
    for r, (mode, status, finished) in enumerate(signs):
        said = ["-9" if r == 3 and i == 1 else cell for i, cell in enumerate(answer(r))]
        rows.append([str(120 + r), "P-anna", "", "base", mode, f"2026-09-01 10:0{r}:00", *said,
                     "2", "1", "333", f"2026-09-01 10:1{r}:00", status, finished, "0"])  # fmt: skip
    found = wild.read(rows, delimiter="\t", mapping=mapping)
    assert found.report.tool == "soscisurvey"
    assert found.table["SKL1"].tolist() == SKL1
    assert found.table["SKL2"].isna().tolist() == [False, False, False, True]
    assert found.table["BAR1_time"].tolist() == [1] * 4
    assert found.table["BAR1_money"].tolist() == [0] * 4
    assert found.table["status"].tolist() == ["complete", "test", "screened", "partial"]
    assert found.table["seconds"].tolist() == [333] * 4
    assert "SERIAL" in found.report.dropped


def test_netigate_has_question_texts_behind_its_ids(wild: Wild) -> None:  # noqa: F811
    rows = [["AnswerSetId", "Start time", "End time", *texts(wild.survey, "sv")]]
    labels = {5: "Instämmer helt", 4: "Instämmer delvis", 3: "Varken instämmer eller tar avstånd",
              2: "Tar delvis avstånd", 1: "Tar helt avstånd"}  # fmt: skip
    rows += [[str(r), "2026-09-01 10:00:00", "2026-09-01 10:06:00", *answer(r, labels)]
             for r in range(2)]  # fmt: skip
    found = wild.read(rows)
    assert found.report.tool == "netigate"
    assert found.table["SKL1"].tolist() == SKL1[:2]
    assert found.table["seconds"].tolist() == [360, 360]


# Headers under which the new tools keep who somebody is, in the languages of their interfaces.
_WHO = ["redcap_survey_identifier", "SERIAL", "IP", "Käyttäjätunnus", "Inloggning", "Identifiant",
        "Sukunimi", "Etunimi", "Förnamn", "Prénom", "Courriel", "Puhelin", "Téléphone", "Telefon",
        "Henkilötunnus", "Personnummer"]  # fmt: skip
_MARKS = {"redcap": ["record_id", "redcap_event_name"], "netigate": ["AnswerSetId"],
          "soscisurvey": ["CASE", "QUESTNNR", "MODE", "STARTED"]}  # fmt: skip


@pytest.mark.parametrize("tool", _MARKS)
def test_no_personal_string_of_a_new_tool_is_written(
    tool: str,
    wild: Wild,  # noqa: F811
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INNOCAP_KEY_FILE", str(project.parent / "elsewhere" / "key"))
    settings = load_settings(project)
    open1 = wild.survey.text("OPEN1", "fi")
    rows = [[*_MARKS[tool], *_WHO, *wild.survey.scored, open1, "Oma huomautus"]]
    own = [text for text in PERSONAL if not text.replace(" ", "").isalpha()]
    for r in range(len(own)):
        who = [PERSONAL[(r + k) % len(PERSONAL)] for k in range(len(_WHO))]
        rows.append([*[f"{r}"] * len(_MARKS[tool]), *who, *answer(r),
                     f"Soita {own[r]} tai {own[r - 1]}", PERSONAL[r]])  # fmt: skip
    path = project / f"answers_{tool}.csv"
    pd.DataFrame(rows).to_csv(path, header=False, index=False)
    done = import_files({path: FileOptions(tool=tool, country="SE")}, settings=settings)
    assert len(done.wave.raw) == len(own)
    for file in settings.processed_dir.iterdir():
        written = file.read_text(encoding="utf-8")
        found = [text for text in PERSONAL if text in written]
        assert found == [], file.name


def _write_ods(path: Path, rows: list[list[str]], *, tail: str = "", formula: str = "") -> None:
    def cell(text: str) -> str:
        told = f'office:value-type="string"{formula}><text:p>{text}</text:p>'
        return f"<table:table-cell {told}</table:table-cell>"

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
                      for name in ("office", "table", "text"))  # fmt: skip
    content = (f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}>'
               f'<office:body><office:spreadsheet><table:table table:name="Answers">{body}{tail}'
               "</table:table></office:spreadsheet></office:body>"
               "</office:document-content>")  # fmt: skip
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", _MANIFEST)


_MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"""
_EMPTY = ('<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
          'table:number-columns-repeated="16384"/></table:table-row>')  # fmt: skip
_MANY = _EMPTY.replace("/></", ' office:value-type="float" office:value="1"/></')


def test_an_opendocument_sheet_is_read_and_looked_over(wild: Wild) -> None:  # noqa: F811
    rows = [["respondent id", *wild.survey.scored], *([f"p{r}", *answer(r)] for r in range(3))]
    path = wild.folder / "answers.ods"
    _write_ods(path, rows, tail=_EMPTY)  # as LibreOffice ends a sheet
    found = read_survey(path, key=KEY, settings=wild.settings)
    assert found.table["SKL1"].tolist() == SKL1[:3]
    for how, told in (({"tail": _MANY}, "columns; a survey export has"),
                      ({"tail": _MANY.replace("16384", "900")}, "has cells down to row 1048004"),
                      ({"formula": ' table:formula="of:=1"'}, "holds formulas")):  # fmt: skip
        _write_ods(path, rows, **how)
        with pytest.raises(InnocapError, match=told):
            read_survey(path, key=KEY, settings=wild.settings)
    with pytest.raises(InnocapError, match="is damaged"):
        look_over_content(io.BytesIO(b"<a><b></a>"), "answers.ods", most_cells=1)


def test_stata_labels_and_letters_are_read(wild: Wild) -> None:  # noqa: F811
    codes = {code: [float([4, 2, 5, 3, 1][(i + r) % 5]) for r in range(4)]
             for i, code in enumerate(wild.survey.scored)}  # fmt: skip
    data = pd.DataFrame(codes).astype(object)
    data.loc[1, "SKL1"] = "a"
    labels = {code: dict(ENGLISH) for code in codes}
    labels["SKL1"] = {**labels["SKL1"], "a": "Refused"}
    path = wild.folder / "answers.dta"
    pyreadstat.write_dta(data, path, variable_value_labels=labels,
                         missing_user_values={"SKL1": ["a"]})  # fmt: skip
    found = read_survey(path, key=KEY, settings=wild.settings)
    assert found.report.tool == "stata"
    assert found.table["SKL1"].isna().tolist() == [False, True, False, False]
    assert found.table["SKL1"].iloc[[0, 2, 3]].tolist() == [4, 5, 3]
    assert found.table["SKL2"].tolist() == [2, 5, 3, 1]
    path.write_bytes(b"not Stata at all")
    with pytest.raises(InnocapError, match="is no Stata file"):
        read_survey(path, key=KEY, settings=wild.settings)
