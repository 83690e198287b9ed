"""The ways in which one tool writes its headers: the same answers under each, or a refusal.

LimeSurvey's are those of its export page: question code, code as in expressions, question text,
"question code & question text", and the last with spaces turned into underscores (LimeSurvey,
`application/helpers/admin/export/Writer.php`, function `write`). ODK Central's are those of its
`lib/data/briefcase.js`; KoBo writes names, or labels of groups, questions and options.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from survey_truth import KEY, differences, export, read_rows, write_rows

from innocap_analysis import read_survey
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings
from innocap_analysis.survey.instrument import Instrument

OWN = {
    "id": "Response ID", "submitdate": "Date submitted", "lastpage": "Last page",
    "startlanguage": "Start language", "startdate": "Date started",
    "datestamp": "Date last action", "ipaddr": "IP address", "refurl": "Referrer URL",
    "interviewtime": "Total time",
}  # fmt: skip
STYLES = ["code", "expression", "text", "code and text", "underscores"]


def write_heading(header: str, style: str, language: str, survey: Instrument) -> str:
    code, _, sub = header.removesuffix("]").partition("[")
    if style == "code":
        return header
    if style == "expression":
        return f"{code}_{sub}" if sub else code
    if code in OWN:
        text = OWN[code]
    elif sub in survey.items:
        text = f"Hur väl stämmer det? [{survey.text(sub, language)}]"
    elif sub:
        label = survey.scales[survey.items[code].scale].label(sub, language)
        text = f"{survey.text(code, language)} [{label}]"
    else:
        text = survey.text(code, language)
    if style == "text":
        return text
    both = f"{header}. {text}"
    return both.replace(" ", "_") if style == "underscores" else both


@pytest.mark.parametrize("language", ["sv", "fi", "en", "fr"])
@pytest.mark.parametrize("style", STYLES)
def test_every_heading_gives_the_same_answers(
    style: str, language: str, people: pd.DataFrame, survey: Instrument, settings: Settings,
    tmp_path: Path,
) -> None:  # fmt: skip
    told = people.copy()
    told.loc[0, "status"] = "partial"
    path = export("limesurvey", told, survey, settings, tmp_path, language)
    plain = read_survey(path, key=KEY, settings=settings)
    rows, delimiter = read_rows(path)
    rows[0] = [write_heading(header, style, language, survey) for header in rows[0]]
    write_rows(path, rows, delimiter)
    found = read_survey(path, key=KEY, settings=settings)
    assert found.report.tool == "limesurvey"
    assert found.report.missing_items == ()
    assert differences(told, found, survey) == []
    pd.testing.assert_frame_equal(found.table, plain.table)
    assert found.table["status"].tolist()[:2] == ["partial", "complete"]


def test_what_is_typed_under_other_is_a_choice_and_is_left_out(
    people: pd.DataFrame, survey: Instrument, settings: Settings, tmp_path: Path
) -> None:
    path = export("limesurvey", people, survey, settings, tmp_path, "sv")
    rows, delimiter = read_rows(path)
    at = rows[0].index("OUT6[other]")
    for row in rows[1:]:
        row[at] = "Något som Anna skrev" if row[at] else ""
    write_rows(path, rows, delimiter)
    found = read_survey(path, key=KEY, settings=settings)
    assert any(row[at] for row in rows[1:])
    assert differences(people, found, survey) == []
    assert not found.texts["text"].str.contains("Anna").any()
    beside = rows[0].index("OUT6[quality]")
    rows[1][beside] = "Något som Anna skrev"
    write_rows(path, rows, delimiter)
    with pytest.raises(InnocapError, match=r"row 2, column 'OUT6\[quality\]'.*no answer there"):
        read_survey(path, key=KEY, settings=settings)


def test_abbreviated_question_texts_are_refused(
    people: pd.DataFrame, survey: Instrument, settings: Settings, tmp_path: Path
) -> None:
    path = export("limesurvey", people, survey, settings, tmp_path, "en")
    rows, delimiter = read_rows(path)
    texts = [write_heading(header, "text", "en", survey) for header in rows[0]]
    rows[0] = [f"{text[:15]}.. {i}" if len(text) > 15 else text for i, text in enumerate(texts)]
    write_rows(path, rows, delimiter)
    with pytest.raises(InnocapError, match="no column is an item"):
        read_survey(path, key=KEY, settings=settings)


def rename_as_odk(header: str) -> str:
    own = {"_submission_time": "SubmissionDate", "_uuid": "KEY", "username": "SubmitterName",
           "_id": "SubmitterID", "_index": "AttachmentsPresent",
           "_validation_status": "ReviewState", "deviceid": "DeviceID"}  # fmt: skip
    if header.startswith("OUT6"):
        header = f"about/{header}"
    group, slash, rest = header.partition("/")
    if slash and group in ("part", "about"):
        header = f"{group}-{rest}"
    return own.get(header, header)


def test_odk_central_joins_groups_with_hyphens(
    people: pd.DataFrame, survey: Instrument, settings: Settings, tmp_path: Path
) -> None:
    path = export("kobo", people, survey, settings, tmp_path)
    rows, _ = read_rows(path)
    rows[0] = [rename_as_odk(header) for header in rows[0]]
    assert "part-SKL1" in rows[0]
    assert "about-OUT6/quality" in rows[0]
    write_rows(path, rows, ",")
    for parted in (True, False):  # choices of a multiple answer in columns of their own, or not
        if not parted:
            kept = [i for i, header in enumerate(rows[0]) if "/" not in header]
            write_rows(path, [[row[i] for i in kept] for row in rows], ",")
        found = read_survey(path, key=KEY, settings=settings)
        assert found.report.tool == "odk"
        assert found.report.missing_items == ()
        assert differences(people, found, survey) == []
        assert found.table["submitted"].notna().all()
        assert not found.table["response_id"].duplicated().any()
    personal = found.report.columns.query("read_as == 'personal'")["header"]
    assert {"SubmitterName", "DeviceID", "SubmitterID"} <= set(personal)


@pytest.mark.parametrize("language", ["sv", "fi", "en", "fr"])
def test_kobo_labels_of_groups_questions_and_options(
    language: str, people: pd.DataFrame, survey: Instrument, settings: Settings, tmp_path: Path
) -> None:
    path = export("kobo", people, survey, settings, tmp_path, language)
    rows, delimiter = read_rows(path)
    for i, header in enumerate(rows[0]):
        code, _, option = header.removeprefix("part/").partition("/")
        if code in survey.items:
            rows[0][i] = f"Mål/medel/{survey.text(code, language)}"
            if option:
                scale = survey.scales[survey.items[code].scale]
                rows[0][i] += f"/{scale.label(option, language)}"
    write_rows(path, rows, delimiter)
    found = read_survey(path, key=KEY, settings=settings)
    assert found.report.missing_items == ()
    assert differences(people, found, survey) == []


STEM = "Hur väl stämmer det på er organisation?"


def test_qualtrics_matrices_and_parted_choices(
    people: pd.DataFrame, survey: Instrument, settings: Settings, tmp_path: Path
) -> None:
    path = export("qualtrics", people, survey, settings, tmp_path)
    rows, delimiter = read_rows(path)
    names, texts, ids = rows[0], rows[1], rows[2]
    for i, name in enumerate(names):
        if name in survey.scored:  # Qualtrics numbers questions and their rows itself
            names[i], texts[i] = f"Q2_{i}", f"{STEM} - {texts[i]}"
    for code in ("OUT6", "BAR1"):
        at = names.index(code)
        options = survey.options(code)
        scale = survey.scales[survey.items[code].scale]
        names[at : at + 1] = [f"{code}_{k}" for k in range(len(options))]
        texts[at : at + 1] = [f"{texts[at]} - Selected Choice - {scale.label(option, 'sv')}"
                              for option in options]  # fmt: skip
        ids[at : at + 1] = [f'{{"ImportId":"QID9_{k}"}}' for k in range(len(options))]
        for row, chosen in zip(rows[3:], people[code], strict=True):
            row[at : at + 1] = ["" if chosen is None or option not in chosen
                                else scale.label(option, "sv") for option in options]  # fmt: skip
        names.append(f"{code}_9_TEXT")
        texts.append(f"{survey.text(code, 'sv')} - Annat - Text")
        ids.append('{"ImportId":"QID9_9_TEXT"}')
        for row in rows[3:]:
            row.append("Något som Anna skrev")
    write_rows(path, rows, delimiter)
    found = read_survey(path, key=KEY, settings=settings)
    assert found.report.tool == "qualtrics"
    assert differences(people, found, survey) == []
    assert (
        not found.table.astype(str).apply(lambda cells: cells.str.contains("Anna")).any(axis=None)
    )


def test_google_grids_have_the_statement_in_brackets(
    people: pd.DataFrame, survey: Instrument, settings: Settings, tmp_path: Path
) -> None:
    path = export("googleforms", people, survey, settings, tmp_path)
    rows, delimiter = read_rows(path)
    statements = {survey.text(code, "sv") for code in survey.scored}
    rows[0] = [f"{STEM} [{text}]" if text in statements else text for text in rows[0]]
    assert sum(header.startswith(STEM) for header in rows[0]) == len(survey.scored)
    write_rows(path, rows, delimiter)
    found = read_survey(path, key=KEY, settings=settings)
    assert differences(people, found, survey) == []
