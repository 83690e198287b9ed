"""Files as tools and people really write them: the right answers, or a refusal that says why.

The answer of response r to item i is ``[4, 2, 5, 3, 1][(i + r) % 5]``, so SKL1 is 4, 2, 5, 3 down
the rows; what is expected follows from that and from the file as it is written here. The layouts
are those of exports met in public: two header rows of Qualtrics' older CSV and of SurveyMonkey,
KoBo forms sent days later, American dates, Alchemer's status, a section per language, and others.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from survey_truth import KEY

from innocap_analysis import clean_answers, read_survey
from innocap_analysis.archives import make_workbook
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.scales import normalise_label

ENGLISH = {5: "Strongly agree", 4: "Somewhat agree", 3: "Neither agree nor disagree",
           2: "Somewhat disagree", 1: "Strongly disagree"}  # fmt: skip
FRENCH = {5: "Fortement d’accord", 4: "Plutôt d’accord", 3: "Ni d’accord ni en désaccord",
          2: "Plutôt en désaccord", 1: "Fortement en désaccord"}  # fmt: skip
SKL1 = [4, 2, 5, 3]


def answer(r: int, labels: dict[int, str] = ENGLISH) -> list[str]:
    return [labels[[4, 2, 5, 3, 1][(i + r) % 5]] for i in range(24)]


def texts(survey: Instrument, language: str = "en") -> list[str]:
    return [survey.text(code, language) for code in survey.scored]


class Wild:
    """Writes and reads a file of made-up answers."""

    def __init__(self, survey: Instrument, settings: Settings, folder: Path) -> None:
        self.survey, self.settings, self.folder = survey, settings, folder

    def read(self, rows: Sequence[Sequence[str]], *, delimiter: str = ",", **how: Any):
        path = self.folder / "answers.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, delimiter=delimiter).writerows(rows)
        return read_survey(path, key=KEY, settings=self.settings, **how)

    def clean(self, found: Any) -> pd.DataFrame:
        return clean_answers(found.table, self.survey)[0]


@pytest.fixture
def wild(survey: Instrument, settings: Settings, tmp_path: Path) -> Wild:
    return Wild(survey, settings, tmp_path)


def test_qualtrics_older_export_has_two_header_rows(wild: Wild) -> None:
    rows = [
        ["V1", "V8", "V9", "V10", "V7", *wild.survey.scored],
        ["ResponseID", "StartDate", "EndDate", "Finished", "Status", *texts(wild.survey)],
    ]
    rows += [[f"R_{r}", "2026-09-01 10:00:00", "2026-09-01 10:06:00", "1", "0", *answer(r)]
             for r in range(3)]  # fmt: skip
    by_code = [["ResponseId", "StartDate", "EndDate", "Finished", "Status", *wild.survey.scored],
               ["Response ID", *rows[1][1:]], *rows[2:]]  # fmt: skip
    for how in ({}, {"tool": "qualtrics"}):
        assert wild.read(by_code, **how).table["SKL1"].tolist() == SKL1[:3]
        found = wild.read(rows, **how)
        assert found.report.tool == "qualtrics"
        assert found.table["SKL1"].tolist() == SKL1[:3]
        assert found.table["seconds"].tolist() == [360.0] * 3


def test_qualtrics_spam_and_previews_are_no_responses(wild: Wild) -> None:
    own = ["StartDate", "EndDate", "Status", "Finished", "ResponseId", "DistributionChannel"]
    rows = [[*own, *wild.survey.scored], [*own, *texts(wild.survey)],
            [f'{{"ImportId": "{code}"}}' for code in [*own, *wild.survey.scored]]]  # fmt: skip
    day = ["2026-09-01 10:00:00", "2026-09-01 10:06:00"]
    signs = [("IP Address", "anonymous"), ("Spam", "anonymous"), ("IP Address", "preview"),
             ("Survey Preview", "preview"), ("8", "email"), ("0", "email")]  # fmt: skip
    rows += [[*day, status, "True", f"R_{r}", channel, *answer(r)]
             for r, (status, channel) in enumerate(signs)]  # fmt: skip
    found = wild.read(rows)
    assert found.table["status"].tolist() == ["complete", "spam", "preview", "preview", "spam",
                                              "complete"]  # fmt: skip
    assert len(wild.clean(found)) == 2


def _write_sav(path: Path, data: dict[str, list[Any]], labels: dict[str, Any], **how: Any) -> Path:
    frame = pd.DataFrame({name: pd.Series(cells) for name, cells in data.items()})
    pyreadstat.write_sav(frame, path, variable_value_labels=labels, **how)
    return path


def _codes(survey: Instrument, n: int) -> dict[str, list[float]]:
    return {code: [float([4, 2, 5, 3, 1][(i + r) % 5]) for r in range(n)]
            for i, code in enumerate(survey.scored)}  # fmt: skip


def test_qualtrics_in_spss_keeps_its_status_and_duration(wild: Wild) -> None:
    codes = _codes(wild.survey, 3)
    data = {"StartDate": ["2026-09-01 10:00:00"] * 3, "EndDate": ["2026-09-01 10:06:00"] * 3,
            "Status": [0.0, 1.0, 0.0], "Duration__in_seconds_": [360.0, 360.0, 20.0],
            "Finished": [1.0] * 3, "ResponseId": ["R_0", "R_1", "R_2"], **codes}  # fmt: skip
    labels = {"Status": {0.0: "IP Address", 1.0: "Survey Preview"}, "Finished": {1.0: "True"},
              **{code: {float(k): v for k, v in ENGLISH.items()} for code in codes}}  # fmt: skip
    path = _write_sav(wild.folder / "q.sav", data, labels)
    found = read_survey(path, key=KEY, settings=wild.settings)
    assert found.report.tool == "qualtrics"
    assert found.table["status"].tolist() == ["complete", "preview", "complete"]
    assert found.table["seconds"].tolist() == [360.0, 360.0, 20.0]
    assert found.table["SKL1"].tolist() == SKL1[:3]


@pytest.mark.parametrize("ends", [True, False])
def test_labelled_ends_of_spss_tell_which_way_its_numbers_run(wild: Wild, ends: bool) -> None:
    codes = _codes(wild.survey, 4)
    turned = {float(6 - k): v for k, v in ENGLISH.items()}
    labels = {k: v for k, v in turned.items() if k in (1.0, 5.0) or not ends}
    path = _write_sav(wild.folder / "ends.sav", codes, dict.fromkeys(codes, labels))
    found = read_survey(path, key=KEY, settings=wild.settings)
    assert found.table["SKL1"].tolist() == [2, 4, 1, 3]
    assert found.table["SKL3"].tolist() == [1, 3, 5, 2]
    if ends:
        with pytest.raises(InnocapError, match="said to run high_agrees, but column"):
            read_survey(path, codes="high_agrees", key=KEY, settings=wild.settings)


def test_declared_missing_values_with_labels_are_missing(wild: Wild) -> None:
    codes = _codes(wild.survey, 4)
    codes["SKL1"][1:3] = [99.0, 98.0]
    labels = {float(k): v for k, v in ENGLISH.items()} | {98.0: "Refused", 99.0: "No answer"}
    path = _write_sav(wild.folder / "m.sav", codes, dict.fromkeys(codes, labels),
                      missing_ranges={"SKL1": [{"lo": 98, "hi": 99}]})  # fmt: skip
    found = read_survey(path, key=KEY, settings=wild.settings)
    assert found.table["SKL1"].isna().tolist() == [False, True, True, False]
    assert found.table["SKL1"].iloc[[0, 3]].tolist() == [4, 3]


def test_the_time_until_a_form_was_sent_is_not_the_time_people_took(wild: Wild) -> None:
    at = "2026-09-01T10:{}.000+02:00"
    rows = [["start", "end", *wild.survey.scored, "_id", "_uuid", "_submission_time", "_index"]]
    for r, end in enumerate(("00:20", "08:00")):
        numbers = [str([4, 2, 5, 3, 1][(i + r) % 5]) for i in range(24)]
        rows.append([at.format("00:00"), at.format(end), *numbers, str(r), f"u-{r}",
                     f"2026-09-0{r + 2}T07:00:00", str(r + 1)])  # fmt: skip
    found = wild.read(rows, delimiter=";")
    assert found.report.tool == "kobo"
    assert found.table["seconds"].tolist() == [20.0, 480.0]
    assert found.table["submitted"].tolist() == ["2026-09-01"] * 2
    assert wild.clean(found)["flag_speed"].tolist() == [True, False]
    without_end = [[*row[:1], *row[2:]] for row in rows]
    assert wild.read(without_end, delimiter=";").table["seconds"].isna().all()


DATES = [
    (["09/30/2026", "04/05/2026"], {}, ["2026-09-30", "2026-04-05"]),
    (["30/09/2026", "04/05/2026"], {}, ["2026-09-30", "2026-05-04"]),
    (["30.09.2026", "04.05.2026"], {}, ["2026-09-30", "2026-05-04"]),
    (["04/05/2026", "05/06/2026"], {"dates": "month_first"}, ["2026-04-05", "2026-05-06"]),
    (["04/05/2026", "05/06/2026"], {}, ["2026-05-04", "2026-06-05"]),
    (["9/30/26 11:58 PM", "4/5/26 1:00 AM"], {}, ["2026-09-30", "2026-04-05"]),
    (["30.9.26", "4.5.26"], {}, ["2026-09-30", "2026-05-04"]),
    (["2026-09-30", "2026-04-05"], {}, ["2026-09-30", "2026-04-05"]),
    (["09/30/2026", "30/09/2026"], {}, "row 3 has '30/09/2026' and row 2 has '09/30/2026'"),
    (["09/30/2026", "04/05/2026"], {"dates": "day_first"}, "said to be day_first, but row 2"),
    (["09/30/2026", "04/05/2026"], {"dates": "day first"}, "none of day_first, month_first"),
]


@pytest.mark.parametrize(("days", "how", "expected"), DATES)
def test_all_dates_of_a_file_have_one_order(
    days: list[str], how: dict[str, str], expected: Any, wild: Wild
) -> None:
    rows = [["id", "End date", *wild.survey.scored]]
    rows += [[str(r), day, *answer(r)] for r, day in enumerate(days)]
    if isinstance(expected, str):
        with pytest.raises(InnocapError, match=expected):
            wild.read(rows, **how)
    else:
        assert wild.read(rows, **how).table["submitted"].tolist() == expected


def test_one_date_tells_the_order_of_the_other_columns(wild: Wild) -> None:
    rows = [
        ["Respondent ID", "Collector ID", "Start Date", "End Date", *wild.survey.scored],
        ["1", "9", "09/30/2026 11:58:00 PM", "10/01/2026 12:06:00 AM", *answer(0)],
    ]
    found = wild.read(rows)
    assert found.report.tool == "surveymonkey"
    assert found.table[["submitted", "seconds"]].iloc[0].tolist() == ["2026-10-01", 480.0]


def test_surveymonkey_has_questions_above_statements(wild: Wild) -> None:
    own = ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "First Name"]
    said = ["9", "09/30/2026 09:00:00 AM", "09/30/2026 09:06:00 AM", "192.0.2.1", "P"]
    rows = [[*own, "To what extent do you agree?", *[""] * 23],
            [*[""] * len(own), *texts(wild.survey)],
            *([str(n), *said, *answer(r)] for r, n in enumerate((11, 12, 11)))]  # fmt: skip
    found = wild.read(rows)
    assert found.table["SKL1"].tolist() == SKL1[:3]
    assert found.table["seconds"].tolist() == [360.0] * 3
    assert len(wild.clean(found)) == 2  # one is there twice
    assert {"IP Address", "First Name"} <= set(found.report.dropped)
    single = [[*own, *texts(wild.survey)], [*[""] * len(own), *["Response"] * 24], *rows[2:]]
    assert wild.read(single).table["SKL1"].tolist() == SKL1[:3]


def test_repeated_headers_of_no_item_are_no_fault(wild: Wild) -> None:
    rows = [["Other (please specify)", "Other (please specify)", *wild.survey.scored],
            *(["", "", *answer(r)] for r in range(3))]  # fmt: skip
    assert wild.read(rows).table["SKL1"].tolist() == SKL1[:3]
    rows[0][2] = "Other (please specify)"
    mapping = {"Other (please specify)": "SKL1"}
    with pytest.raises(InnocapError, match="3 times; name one by its number: #1 or #2"):
        wild.read(rows, mapping=mapping)
    assert wild.read(rows, mapping={"#3": "SKL1"}).table["SKL1"].tolist() == SKL1[:3]


def test_what_was_typed_under_other_is_other_and_is_not_kept(wild: Wild) -> None:
    codes = ["ORG3", "BAR1"]
    rows = [
        ["Timestamp", *texts(wild.survey), *(wild.survey.text(code, "en") for code in codes)],
        ["2026/09/01 10:00:00 AM GMT+2", *answer(0), "Municipality", "Time, Money"],
        ["2026/09/01 10:10:00 AM GMT+2", *answer(1), "Health board", "Time, Nobody, really"],
    ]
    found = wild.read(rows)
    assert found.table["ORG3"].tolist() == ["municipality", "other"]
    told = {o: found.table[f"BAR1_{o}"].tolist() for o in ("time", "money", "other", "skills")}
    assert told == {"time": [1, 1], "money": [1, 0], "other": [0, 1], "skills": [0, 0]}
    assert "2 answers were typed by hand and are read as other" in str(found.report)
    assert "Nobody" not in found.table.to_csv()
    rows[2][-2] = "about 30"
    rows[0][-2] = wild.survey.text("ORG4", "en")
    with pytest.raises(InnocapError, match=r"row 2, column 'Number of employees'.*no answer"):
        wild.read(rows)  # a question without other


def test_a_section_per_language_fills_one_column_each(wild: Wild) -> None:
    rows = [["Timestamp", *texts(wild.survey), *texts(wild.survey, "fr")],
            ["2026/09/01 10:00:00", *answer(0), *[""] * 24],
            ["2026/09/01 10:10:00", *[""] * 24, *answer(1, FRENCH)]]  # fmt: skip
    assert wild.read(rows).table["SKL1"].tolist() == SKL1[:2]
    rows[2][1] = ENGLISH[5]
    with pytest.raises(InnocapError, match=r"are both SKL1, and row 3 has an answer in both"):
        wild.read(rows)


def test_what_r_and_pandas_write_is_read(wild: Wild) -> None:
    numbers = [f"{[4, 2, 5, 3, 1][i % 5]}.0" for i in range(24)]
    rows = [wild.survey.scored, numbers, ["NA", *numbers[1:]]]
    found = wild.read(rows, codes="high_agrees")
    assert found.table["SKL1"].iloc[0] == 4
    assert found.table["SKL1"].isna().tolist() == [False, True]
    rows[2][0] = "ej svar"
    with pytest.raises(InnocapError, match="'ej svar' is no answer"):
        wild.read(rows, codes="high_agrees")
    found = wild.read(rows, codes="high_agrees", missing="EJ SVAR|.")
    assert found.table["SKL1"].isna().tolist() == [False, True]


def test_numbers_beside_labels_tell_the_direction(wild: Wild) -> None:
    labels = {k: str(k) for k in ENGLISH} | {1: "1 - Strongly disagree", 5: "5 - Strongly agree"}
    rows = [["id", "submitdate", *(f"G[{code}]" for code in wild.survey.scored)],
            *([str(r), "2026-09-01", *answer(r, labels)] for r in range(3))]  # fmt: skip
    found = wild.read(rows, delimiter=";")
    assert found.table["SKL1"].tolist() == SKL1[:3]
    assert found.table["SKL5"].tolist() == [1, 4, 2]
    with pytest.raises(InnocapError, match=r"said to run low_agrees, but column 'G\[SKL"):
        wild.read(rows, delimiter=";", codes="low_agrees")
    for row in rows[1:]:
        row[-1] = "1 - Strongly agree"
    with pytest.raises(InnocapError, match="run both ways"):
        wild.read(rows, delimiter=";")


@pytest.mark.parametrize("form", ["{n} {label}", "{n}: {label}", "{label} ({n})", "{n} ({label})",
                                  "{n}) {label}", "{label} = {n}"])  # fmt: skip
def test_a_number_may_stand_anywhere_beside_its_label(form: str, wild: Wild) -> None:
    turned = {k: form.format(n=6 - k, label=v) for k, v in ENGLISH.items()}
    turned |= {k: str(6 - k) for k in (2, 3, 4)}
    rows = [["id", *wild.survey.scored], *([str(r), *answer(r, turned)] for r in range(3))]
    assert wild.read(rows).table["SKL1"].tolist() == SKL1[:3]


def test_eusurvey_writes_the_ids_of_its_values(wild: Wild) -> None:
    heads = [f"{text} ({code})" for text, code in zip(texts(wild.survey), wild.survey.scored,
                                                      strict=True)]  # fmt: skip
    more = [f"{wild.survey.text(code, 'en')} ({code})" for code in ("GLOB", "BAR1", "ORG8")]
    cells = [
        [*(f"{a}(ID100)" for a in answer(0)), "7/10", "Time(ID7); Money(ID8)", "A"],
        [*(f"{a}(ID100)" for a in answer(1)), "10/10", "Skills(ID9)", "No Answer"],
        ["No Answer", *answer(2)[1:], "No Answer", "No Answer", "No Answer"],
    ]
    rows = [["Alias", "wave"], ["Export Date", "2026-10-01"], [None], [*heads, *more], *cells]
    path = wild.folder / "eu.xlsx"
    path.write_bytes(make_workbook({"Content": rows}))
    found = read_survey(path, key=KEY, settings=wild.settings)
    assert found.report.tool == "eusurvey"
    assert found.table["SKL1"].iloc[:2].tolist() == SKL1[:2]
    assert found.table["GLOB"].iloc[:2].tolist() == [7, 10]
    assert found.table["BAR1_time"].iloc[:2].tolist() == [1, 0]
    assert found.table["organisation"].isna().tolist() == [False, True, True]
    assert found.table[["SKL1", "GLOB", "BAR1_time"]].iloc[2].isna().all()


def test_a_field_that_every_row_leaves_out_is_empty(wild: Wild) -> None:
    rows = [[*wild.survey.scored, "Status"], *(answer(r) for r in range(3))]
    assert wild.read(rows).table["SKL1"].tolist() == SKL1[:3]
    rows[-1] = rows[-1][:-1]
    with pytest.raises(InnocapError, match="row 2 has 24 of 25 fields"):
        wild.read(rows)
    with pytest.raises(InnocapError, match="row 2 has 23 of 25 fields"):
        wild.read([rows[0], rows[-1]])


@pytest.mark.parametrize("form", ["1.{n} {text} *", "{n}) {text}", "Q{n}. {text}", "({n}) {text}"])
def test_numbers_and_stars_around_a_question_are_not_its_text(form: str, wild: Wild) -> None:
    heads = [form.format(n=n, text=t) for n, t in enumerate(texts(wild.survey, "fr"), start=1)]
    coded = [head.replace(" ", "&nbsp;", 2).replace("’", "&#8217;") for head in heads]
    labels = {k: v.replace("’", "&#8217;") for k, v in FRENCH.items()}
    assert wild.read([heads, answer(0, FRENCH)]).table["PRO6"].tolist() == [3]
    if not form.startswith("1."):
        assert wild.read([coded, answer(0, labels)]).table["PRO6"].tolist() == [3]
    assert normalise_label("d&#8217;accord") == "d'accord"


def test_a_range_is_no_rating(wild: Wild) -> None:
    rows = [[*wild.survey.scored, "GLOB"], [*answer(0), "10 = excellent"], [*answer(1), "7-8"]]
    with pytest.raises(InnocapError, match=r"row 3, column 'GLOB': '7-8' is no answer"):
        wild.read(rows)
    assert wild.read([*rows[:2], [*answer(1), "7"]]).table["GLOB"].tolist() == [10, 7]


def test_languages_are_told_by_code_or_by_name(wild: Wild) -> None:
    told = {"Swedish": "sv", "Suomi": "fi", "Ruotsi": "sv", "fr-CA": "fr", "EN": "en",
            "Klingon of sorts": None}  # fmt: skip
    rows = [["Language", *wild.survey.scored], *([t, *answer(0)] for t in told)]
    found = wild.read(rows).table["language"]
    assert [None if pd.isna(code) else code for code in found] == list(told.values())


def test_alchemer_is_not_limesurvey_and_has_a_status(wild: Wild) -> None:
    day = ["2026-09-01 10:00:00", "2026-09-01 10:08:00"]
    rows = [["Response ID", "Time Started", "Date Submitted", "Status", *texts(wild.survey)],
            *([str(r), *day, status, *answer(r)]
              for r, status in enumerate(("Complete", "Partial", "Disqualified")))]  # fmt: skip
    found = wild.read(rows)
    assert found.report.tool == "alchemer"
    assert found.table["status"].tolist() == ["complete", "partial", "screened"]
    assert found.table["seconds"].tolist() == [480.0] * 3
    assert len(wild.clean(found)) == 2


def test_a_long_word_costs_no_more_than_its_length(wild: Wild) -> None:
    rows = [[*wild.survey.scored, "OPEN1"], [*answer(0), "a" * 120_000 + " x@example.org"]]
    start = time.process_time()
    found = wild.read(rows)
    # By its square, a third of it took 12 CPU seconds.
    assert time.process_time() - start < 12
    assert found.texts["text"].iloc[0].endswith("[e-mail]")


def test_a_country_that_the_file_contradicts_is_refused(wild: Wild) -> None:
    rows = [["ORG1", *wild.survey.scored], ["Sweden", *answer(0)], ["Finland", *answer(1)]]
    with pytest.raises(InnocapError, match="row 3 is from FI, not from SE"):
        wild.read(rows, country="SE")
    rows[2][0] = ""
    assert wild.read(rows, country="SE").table["country"].tolist() == ["SE", "SE"]


def test_an_option_that_there_is_not_is_refused(wild: Wild) -> None:
    with pytest.raises(InnocapError, match=r"option 'contry' is none of .*did you mean 'country'"):
        wild.read([wild.survey.scored, answer(0)], contry="SE")
