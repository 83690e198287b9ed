"""A stranger's questionnaire (0 to 10, 4 points, yes or no) in files as people save them again.

Expected values are what each cell says. Forms of headers, cells and dates are those that R,
spreadsheets, browsers and survey tools write.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from survey_truth import KEY

from innocap_analysis import load_settings, read_survey
from innocap_analysis.archives import make_workbook
from innocap_analysis.errors import InnocapError
from innocap_analysis.survey.files.moments import read_duration, read_moment
from innocap_analysis.survey.scales import spell_letters

HEAD = ("code,parent,kind,label_en,label_sv,direction,weight,low,high,clip,transform,normalise,"
        "aggregate,denominator,scale,unit,source,note,answer,role")  # fmt: skip
ITEMS = {"ideas": ("Leaders ask for ideas", "Chefer ber om idéer", "1", 0, 10, "eleven"),
         "blame": ("Leaders blame, often", "", "-1", 1, 4, "often"),
         "tools": ("We may change tools", "", "1", 0, 1, "yn")}  # fmt: skip
SCALES = [
    *(("eleven", i, "en", str(i)) for i in range(11)),
    *(("often", i, "en", o) for i, o in enumerate(("Never", "Rarely", "Often", "Always"), 1)),
    *(("often", i, "sv", o) for i, o in enumerate(("Aldrig", "Sällan", "Ofta", "Alltid"), 1)),
    *(("yn", i, "en", o) for i, o in ((1, "Yes"), (0, "No"))),
    ("yn", 1, "sv", "Ja"),
    ("hinder", "time", "en", "Time, or lack of it"),
    ("hinder", "money", "en", "Money"),
    ("hinder", "other", "en", "Other"),
    ("staff", "few", "en", "< 10"),
    ("staff", "many", "en", "10 +"),
    *(("rank", i, "en", str(i)) for i in (1, 2, 3)),
]
ANSWERS = [["7", "Never", "Yes"], ["0", "Always", "No"]]
KNOWN = {"ideas": [7, 0], "blame": [1, 4], "tools": [1, 0]}

Reader = Callable[..., Any]


@pytest.fixture
def read(project: Path) -> Reader:
    """Return what reads rows or a workbook under that questionnaire."""
    rows = [HEAD, "RDY,,index,Readiness" + "," * 16]
    for code, (en, sv, direction, low, high, scale) in ITEMS.items():
        rows.append(f'{code},RDY,indicator,"{en}",{sv},{direction},,{low},{high},both,,goalposts'
                    f",,,{scale},,,,likert,")  # fmt: skip
    for code, text, scale, answer in (("hinder", "What is in the way?", "hinder", "multi"),
                                      ("staff", "Number of staff", "staff", "single"),
                                      ("first", "Rank of speed", "rank", "number")):  # fmt: skip
        rows.append(f"{code},,context,{text},{',' * 10}{scale},,,,{answer},")
    (project / "own.csv").write_text("\n".join(rows), "utf-8")
    with (project / "own_scales.csv").open("w", encoding="utf-8", newline="") as stream:
        columns = ["scale", "code", "language", "label", "source"]
        csv.writer(stream).writerows([columns, *([*row, "SYNTHETIC"] for row in SCALES)])
    config = project / "innocap.yml"
    text = config.read_text(encoding="utf-8")
    text = text.replace("survey: data/codebooks/survey.csv", "survey: own.csv")
    config.write_text(text.replace("data/codebooks/scales.csv", "own_scales.csv"), "utf-8")
    settings = load_settings(project)

    def read_rows(rows: Sequence[Sequence[str]] | dict[str, Any], **how: Any) -> Any:
        path = project / ("answers.xlsx" if isinstance(rows, dict) else "answers.csv")
        if isinstance(rows, dict):
            path.write_bytes(make_workbook(rows))
        else:
            with path.open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows(rows)
        return read_survey(path, key=KEY, settings=settings, **how)

    return read_rows


def check(found: Any, **expected: list[object]) -> None:
    for code, values in {**KNOWN, **expected}.items():
        assert found.table[code].tolist() == values, code


def add(code: str, *cells: str) -> list[list[str]]:
    return [[*ITEMS, code], *([*row, cell] for row, cell in zip(ANSWERS, cells, strict=True))]


def test_numbers_that_are_the_labels_of_a_scale_need_no_direction(read: Reader) -> None:
    check(read([list(ITEMS), *ANSWERS]))
    for told in ("0 - Not at all", "0 (Not at all)", "Not at all - 0", "0 of 10"):
        check(read([list(ITEMS), ANSWERS[0], [told, *ANSWERS[1][1:]]]))
    for wrong in ("7.5", "11", "7-8", "4/5"):
        with pytest.raises(InnocapError, match="row 2, column 'ideas'"):
            read([list(ITEMS), [wrong, *ANSWERS[0][1:]], ANSWERS[1]])


@pytest.mark.parametrize("write", [
    lambda text: re.sub(r"[^\w.]", ".", text), lambda text: re.sub(r"\W+", "_", text).lower(),
    lambda text: text.title().replace(" ", ""), "{}?", "“{}”", "iv. {}", "b) {}", "Q1_2 {}",
    "[Q3] {}", "Please rate: {}", "Please rate | {}", "Please rate.{}", "Please rate\n{}",
])  # fmt: skip
def test_headers_are_known_by_their_letters_and_behind_their_question(
    write: Any, read: Reader
) -> None:
    make = write if callable(write) else write.format
    check(read([[make(own[0]) for own in ITEMS.values()], *ANSWERS]))


def test_a_comment_on_a_question_is_not_its_answer(read: Reader) -> None:
    heads = [own[0] for own in ITEMS.values()]
    rows = [[*heads, f"Comment: {heads[0]}"], [*ANSWERS[0], "fine"], [*ANSWERS[1], ""]]
    check(read(rows))
    rows = [[f"Now: {heads[0]}", f"Then: {heads[0]}", *heads[1:]],
            *([row[0], "3", *row[1:]] for row in ANSWERS)]  # fmt: skip
    with pytest.raises(InnocapError, match="are both ideas"):
        read(rows)


@pytest.mark.parametrize("header", [
    "hinder.time", "hinder___time", "hinder:time", "hinder (time)", "hinder-time",
    "hinder: Time, or lack of it", "What.is.in.the.way...Time..or.lack.of.it.",
])  # fmt: skip
def test_an_option_stands_behind_the_code_of_its_question(header: str, read: Reader) -> None:
    check(read(add(header, "1", "0")), hinder_time=[1, pytest.approx(float("nan"), nan_ok=True)])


@pytest.mark.parametrize(("cell", "chosen"), [
    ("time money", "time money"), ("time+money", "time money"),
    ("Money, Other: my boss, really", "money other"),
    ("Time&#44; or lack of it;Money", "time money"),
])  # fmt: skip
def test_options_joined_as_codes_or_before_what_was_typed(
    cell: str, chosen: str, read: Reader
) -> None:
    found = read(add("hinder", cell, "[]")).table
    options = [option for option in ("time", "money", "other") if found[f"hinder_{option}"][0]]
    assert options == chosen.split()
    assert found["hinder_time"].isna().tolist() == [False, True]


@pytest.mark.parametrize("form", ["{} / {}", "{}/{}", "{} | {}", "{} – {}", "{}\n{}", "{} ({})"])
def test_a_cell_may_say_the_same_in_two_languages(form: str, read: Reader) -> None:
    head = [form.format(*ITEMS["ideas"][:2]), "blame", "tools"]
    cells = [["7", form.format("Never", "Aldrig"), form.format("Yes", "Ja")],
             ["0", form.format("Alltid", "Always"), "No"]]  # fmt: skip
    check(read([head if "(" not in form else list(ITEMS), *cells]))
    cells[0][1] = form.format("Never", "Alltid")
    with pytest.raises(InnocapError, match="row 2, column 'blame'"):
        read([list(ITEMS), *cells])


@pytest.mark.parametrize("form", ["<p>{}</p>", "{}<br>", "&lt;b&gt;{}&lt;/b&gt;", "'{}'", '"{}"'])
def test_tags_and_quotation_marks_are_no_part_of_an_answer(form: str, read: Reader) -> None:
    check(read([list(ITEMS), [form.format(cell) for cell in ANSWERS[0]], ANSWERS[1]]))


@pytest.mark.parametrize(("yes", "no"), [("TRUE", "FALSE"), ("SANT", "FALSKT"), ("y", "n")])
def test_spreadsheets_write_yes_and_no_as_truth(yes: str, no: str, read: Reader) -> None:
    check(read([list(ITEMS), [*ANSWERS[0][:2], yes], [*ANSWERS[1][:2], no]]))


def test_signs_ordinals_and_blanks(read: Reader) -> None:
    check(read(add("staff", "<10", "10+")), staff=["few", "many"])
    check(read(add("first", "2nd", "#1")), first=[2, 1])
    for silent in ("-", "NULL", "#N/A", "(blank)", "No response"):
        found = read([list(ITEMS), [silent, *ANSWERS[0][1:]], ANSWERS[1]]).table
        assert found["ideas"].isna().tolist() == [True, False]


def test_columns_without_a_name_are_left_out(read: Reader) -> None:
    check(read([[*ITEMS, "", ""], [*ANSWERS[0], "ok", "?"], [*ANSWERS[1], "", ""]]))


def test_a_cover_comes_before_the_answers_and_other_sheets_are_told(read: Reader) -> None:
    rows = [list(ITEMS), *ANSWERS]
    found = read({"Read me": [["These are answers"]], "May": rows, "June": rows})
    check(found)
    assert "sheets that were not read: Read me, June" in str(found.report)


@pytest.mark.parametrize("text", [
    "5th October 2026 10:06", "October 5th, 2026, 10:06 AM", "the 5th of October 2026 10:06",
    "le 5 octobre 2026 à 10 h 06", "måndag den 5 oktober 2026 kl. 10.06", "5:e oktober 2026 10:06",
    "5. loka 2026 10.06", "05-Oct-26 10:06", "5 October 2026 – 10:06",
    "Mon Oct 05 2026 10:06:00 GMT+0200 (Central European Summer Time)",
    "2026-10-05 10:06 Europe/Stockholm",
])  # fmt: skip
def test_more_ways_to_write_a_moment(text: str) -> None:
    found = read_moment(text, "day_first")
    assert found is not None
    assert found.local == dt.datetime(2026, 10, 5, 10, 6)


def test_odd_moments() -> None:
    midnight = read_moment("5 aout 2026 24:00", "day_first")
    assert midnight is not None
    assert midnight.local == dt.datetime(2026, 8, 6)
    assert read_moment("5 ju 2026", "day_first") is None
    assert read_moment("5 jui 2026", "day_first") is None  # juin or juillet


@pytest.mark.parametrize(("text", "seconds"), [
    ("6,2 min", 372), ("6 minutes et 12 secondes", 372), ("0d 0h 6m 12s", 372),
    ("6 min ja 12 s", 372), ("1.5 hours", 5400),
])  # fmt: skip
def test_more_ways_to_write_a_duration(text: str, seconds: float) -> None:
    assert read_duration(text) == pytest.approx(seconds)


def test_a_duration_that_may_be_two_and_a_day_that_is_none_are_missing(read: Reader) -> None:
    found = read([["Duration", "submitted", *ITEMS], ["1,372", "1980-01-01 00:00:00", *ANSWERS[0]],
                  ["372", "2026-10-05", *ANSWERS[1]]])  # fmt: skip
    assert found.table["seconds"].isna().tolist() == [True, False]
    assert found.table["submitted"].isna().tolist() == [True, False]
    assert "1 durations cannot be read" in str(found.report)


def test_letters_are_all_that_is_compared_then() -> None:
    assert spell_letters("What.is.in_the way?") == "whatisintheway"
