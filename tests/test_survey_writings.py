"""What people and spreadsheets write in place of what a tool writes: read in full, or told.

Expected values are what each text says; the answer of response r to item i is
``[4, 2, 5, 3, 1][(i + r) % 5]``, as in ``test_survey_wild.py``.
"""

from __future__ import annotations

import datetime as dt
import hmac
import html
import re
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from survey_truth import KEY
from test_survey_wild import ENGLISH, SKL1, Wild, answer, texts, wild  # noqa: F401

from innocap_analysis import read_survey
from innocap_analysis.errors import InnocapError
from innocap_analysis.survey import scales
from innocap_analysis.survey.files.cells import Cells
from innocap_analysis.survey.files.choices import split_options
from innocap_analysis.survey.files.layout import Column
from innocap_analysis.survey.files.moments import read_duration, read_moment
from innocap_analysis.survey.files.numbers import find_doubts
from innocap_analysis.survey.files.privacy import make_pseudonym, make_safe
from innocap_analysis.survey.files.resolve import Resolver
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.scales import normalise_label
from innocap_analysis.survey.tools import PLAIN, TOOLS

MORNING, EVENING = dt.datetime(2026, 9, 26, 10, 5), dt.datetime(2026, 9, 26, 22, 5)
MOMENTS = [
    ("2026/09/26 10:05:00 AM GMT+3", MORNING), ("2026/09/26 10:05:00 AM EEST", MORNING),
    ("2026-09-26T10:05:00+02:00", MORNING), ("20260926T100500Z", MORNING),
    ("26.9.2026 klo 10.05", MORNING), ("26/09/2026 à 10h05", MORNING),
    ("26 sept. 2026 10:05", MORNING), ("26. syyskuuta 2026 klo 10.05", MORNING),
    ("lör 26 september 2026 kl. 10:05", MORNING), ("Sep 26, 2026, 10:05 PM", EVENING),
    ("2026-09-26 10:05 em", EVENING), ("26.9.26 10.05 ip.", EVENING),
    ("26-Sep-2026 22:05", EVENING),
    ("46291,92014", dt.datetime(2026, 9, 26, 22, 5)), ("1790417100", MORNING),
    ("4 mai 2026", dt.datetime(2026, 5, 4)), ("4 maj 2026", dt.datetime(2026, 5, 4)),
    ("26-09-26 10:05", None), ("06:12", None), ("2026", None), ("26/09/2026 anna", None),
    ("31/02/2026", None), ("26/09/2026 25:00", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MOMENTS)
def test_a_moment_is_read_in_full_or_not_at_all(text: str, expected: dt.datetime | None) -> None:
    found = read_moment(text, "day_first")
    assert (found and found.local.replace(second=0)) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("372,5", 372.5), ("00:06:12", 372), ("1 day, 00:00:10", 86410), ("6 min 12 s", 372),
    ("1h 2m", 3720), ("PT6M12S", 372), ("2 tuntia", 7200), ("06:12", None), ("", None),
    ("soon", None),
])  # fmt: skip
def test_a_duration_is_seconds_or_spelt_out(text: str, expected: float | None) -> None:
    assert read_duration(text) == expected


def test_days_are_those_where_the_person_was_and_durations_go_over_zones(
    wild: Wild,  # noqa: F811
) -> None:
    times = [("2026-10-25T02:50:00+02:00", "2026-10-25T02:10:00+01:00"),
             ("2026-09-01T00:20:00+02:00", "2026-09-01T00:30:00+02:00"),
             ("2026-09-01T10:10:00Z", "2026-09-01T10:00:00Z"),
             ("?", "2026-09-01 10:00:00")]  # fmt: skip
    rows = [["start", "end", *wild.survey.scored], *([*t, *answer(r)] for r, t in enumerate(times))]
    found = wild.read(rows)
    assert found.table["submitted"].tolist() == ["2026-10-25", *["2026-09-01"] * 3]
    assert found.table["seconds"].fillna(-1).tolist() == [1200, 600, -1, -1]
    assert "1 dates cannot be read and are missing, first row 5: '?'" in str(found.report)


def test_status_words_of_any_table_count_and_unknown_ones_are_told(
    wild: Wild,  # noqa: F811
) -> None:
    words = ["Valmis", "Keskeneräinen", "Avbruten", "Screened out", "vilande"]
    rows = [["Statut", *wild.survey.scored], *([w, *answer(r)] for r, w in enumerate(words))]
    found = wild.read(rows)
    assert found.table["status"].tolist() == ["complete", "partial", "partial", "screened",
                                              "complete"]  # fmt: skip
    assert "read as complete: 'vilande' (1)" in str(found.report)
    rows[0][0] = "_validation_status"
    rows = [["_uuid", "_id", "_index", *rows[0]],
            *(["u", str(r), str(r), word, *answer(r, {k: str(k) for k in ENGLISH})]
              for r, word in enumerate(("Approved", "Not Approved")))]  # fmt: skip
    assert wild.read(rows).table["status"].tolist() == ["complete", "screened"]


@pytest.mark.parametrize("cell", ["3.4", "4-5", "2 3", "4.5", "4 (5)"])
def test_two_numbers_are_no_answer_on_a_scale(cell: str, wild: Wild) -> None:  # noqa: F811
    rows = [wild.survey.scored, answer(0), [cell, *answer(1)[1:]]]
    with pytest.raises(InnocapError, match="row 3, column 'SKL1'"):
        wild.read(rows, codes="high_agrees")


def test_numbers_that_labels_show_to_be_no_codes_are_refused(wild: Wild) -> None:  # noqa: F811
    ends = {k: f"{k - 1} - {v}" if k in (1, 5) else str(k - 1) for k, v in ENGLISH.items()}
    rows = [wild.survey.scored, *(answer(r, ends) for r in range(3))]
    with pytest.raises(InnocapError, match="numbers are no codes here, as column"):
        wild.read(rows, codes="high_agrees")
    labelled = {k: f"{k - 1} - {v}" for k, v in ENGLISH.items()}
    rows = [wild.survey.scored, *(answer(r, labelled) for r in range(3))]
    assert wild.read(rows).table["SKL1"].tolist() == SKL1[:3]


def test_a_label_in_a_later_column_tells_how_earlier_numbers_run(wild: Wild) -> None:  # noqa: F811
    turned = {k: str(6 - k) for k in ENGLISH}
    rows = [wild.survey.scored, *(answer(r, turned) for r in range(3))]
    rows[1][20] = {"1": "1 - Strongly agree", "2": "2 - Somewhat agree"}[rows[1][20]]
    assert wild.read(rows).table["SKL1"].tolist() == SKL1[:3]


@pytest.mark.parametrize(("cells", "high", "doubtful"), [
    (["1,000", "900"], 5000, ["1,000"]), (["1,000", "12,5"], 5000, []), (["1.234"], 100, []),
    (["0.7", "0.85", "1"], 100, ["0.7", "0.85"]), (["0.5", "7"], 10, []), (["0", "1"], 10, []),
])  # fmt: skip
def test_a_number_that_may_mean_two_is_in_doubt(
    cells: list[str], high: float, doubtful: list[str]
) -> None:
    assert list(find_doubts(cells, high)) == doubtful


@pytest.mark.parametrize("cell", [
    "Time;Money", "Time, Money", "Time | Money", "Time\nMoney", "Time / Money", "Time;#Money",
    '["Time","Money"]', "['Time', 'Money']", "1. Time; 2. Money", "Money,Time",
])  # fmt: skip
def test_chosen_options_may_be_joined_in_any_way(cell: str, survey: Instrument) -> None:
    scale = survey.scales["barriers"]
    assert split_options(cell, scale, ";", typed=False) == ({"time", "money"}, False)


def test_only_what_is_typed_under_other_may_be_anything(survey: Instrument) -> None:
    scale = survey.scales["barriers"]
    assert split_options("Time; Other: dust", scale, ";", typed=False) == ({"time", "other"}, True)
    with pytest.raises(KeyError):
        split_options("Time; dust", scale, ";", typed=False)


@pytest.mark.parametrize("form", ["{q}: {o}", "{q} - {o}", "{q} ({o})", "{q} | {o}", "{o}: {q}",
                                  "{q} [{o}]", "25. {q}:{o}"])  # fmt: skip
@pytest.mark.parametrize(("yes", "no"), [("1.0", "0.0"), ("SANT", "FALSKT"), ("✓", "☐"),
                                         ("VRAI", "FAUX")])  # fmt: skip
def test_an_option_is_a_column_behind_its_question(
    form: str, yes: str, no: str, wild: Wild  # noqa: F811
) -> None:  # fmt: skip
    asked = wild.survey.text("BAR1", "en")
    rows = [[*(form.format(q=asked, o=o) for o in ("Time", "Money")), *wild.survey.scored],
            [yes, no, *answer(0)], [no, yes, *answer(1)]]  # fmt: skip
    found = wild.read(rows).table
    assert found["BAR1_time"].tolist() == [1, 0]
    assert found["BAR1_money"].tolist() == [0, 1]


def test_what_is_typed_beside_a_single_choice_is_other(wild: Wild) -> None:  # noqa: F811
    asked, times = wild.survey.text("ORG3", "en"), ["9/26/2026 10:00"] * 2
    own = ["Respondent ID", "Collector ID", "Start Date", "End Date"]
    rows = [[*own, asked, "", wild.survey.text("BAR1", "en"), "", "Agree?", *[""] * 23],
            [*[""] * 4, "Response", "Other (please specify)", "Time", "Other (please specify)",
             *texts(wild.survey)],
            ["118", "4", *times, "Municipality", "", "Time", "", *answer(0)],
            ["119", "4", *times, "", "a parish", "", "dust", *answer(1)]]  # fmt: skip
    found = wild.read(rows)
    assert found.report.tool == "surveymonkey"
    assert found.table["ORG3"].tolist() == ["municipality", "other"]
    assert found.table["BAR1_other"].tolist() == [0, 1]
    plain = [["ORG3", *wild.survey.scored], ["Other: a parish", *answer(0)]]
    assert wild.read(plain).table["ORG3"].tolist() == ["other"]
    own = ["StartDate", "EndDate", "Status", "Finished", "ResponseId"]
    rows = [[*own, "ORG3", "ORG3_8_TEXT", *wild.survey.scored],
            [*own, f"{asked} - Selected Choice", f"{asked} - Other - Text", *texts(wild.survey)],
            [f'{{"ImportId": "{i}"}}' for i in range(31)],
            [*times, "IP Address", "True", "R_1", "Other", "a parish", *answer(0)]]  # fmt: skip
    assert wild.read(rows).table["ORG3"].tolist() == ["other"]


def test_a_header_of_two_rows_may_name_some_columns_above(wild: Wild) -> None:  # noqa: F811
    rows = [["Country", "To what extent do you agree?", *[""] * 23], ["", *texts(wild.survey)],
            ["Sweden", *answer(0)], ["FIN", *answer(1)]]  # fmt: skip
    found = wild.read(rows)
    assert found.table["country"].tolist() == ["SE", "FI"]
    rows = [["Agree?"] * 24, texts(wild.survey), answer(0)]
    assert wild.read(rows, header_rows=2).table["SKL1"].tolist() == SKL1[:1]


def test_limesurveys_vv_file_has_codes_below_the_texts(wild: Wild) -> None:  # noqa: F811
    own = ["id", "submitdate", "startlanguage"]
    numbers = {k: str(k) for k in ENGLISH}
    hidden = "{question_not_shown}"
    rows = [[*own, *texts(wild.survey)], [*own, *wild.survey.scored],
            ["1", "2026-09-01 10:00:00", "en", *answer(0, numbers)],
            ["2", hidden, "en", hidden, *answer(1, numbers)[1:]]]  # fmt: skip
    found = wild.read(rows, delimiter="\t", codes="high_agrees").table
    assert found["SKL1"].fillna(0).tolist() == [4, 0]
    assert found["status"].tolist() == ["complete", "partial"]


@pytest.mark.parametrize("mark", ["Question {n}: {text}", "Q{n} - {text}", "{n}a) {text}",
                                  "\u200e{text}\u200f", "{text}:"])  # fmt: skip
def test_what_stands_around_a_question_is_not_its_text(
    mark: str,
    wild: Wild,  # noqa: F811
) -> None:
    head = [mark.format(n=i + 1, text=text) for i, text in enumerate(texts(wild.survey))]
    assert wild.read([head, answer(0)]).table["SKL1"].tolist() == SKL1[:1]


def test_an_acute_accent_is_an_apostrophe_and_sizes_have_any_dash() -> None:
    assert normalise_label("Don´t know:") == normalise_label("don’t know")


PIECES = st.sampled_from(
    ["Don", "\u00b4", "t know", " ", "\u2019", "\u200b", "\u00a0", "<b>", "&nbsp;", "\ufb01", "N/A",
     "n/a", ".", ":", "é", "10", "+", "%", "< ", "≥ ", "\t", "\x1c", "“", "-", "—", "\u212a", "À",
     "e\u0301", "a" * 30]
)  # fmt: skip


def _normalise_plainly(text: str) -> str:
    """Bring a label to its form by every step, also those that most texts do not need."""
    told = re.sub(r"</?[A-Za-z][^<>]{0,200}>", " ", html.unescape(text))
    plain = unicodedata.normalize("NFKC", told.translate(scales._ALIKE)).translate(scales._ALIKE)
    plain = re.sub(r"\s+", " ", plain).strip(" '\"").rstrip(".:! ").casefold()
    return re.sub(r"(?<=[<>≤≥]) (?=\d)|(?<=\d) (?=[+%])", "", plain)


@given(st.lists(PIECES, max_size=8).map("".join))
def test_no_shortcut_changes_a_label_or_hides_that_nobody_answered(text: str) -> None:
    assert normalise_label(text) == _normalise_plainly(text)
    silent = frozenset({"n/a", "don't know", "aaa"})
    cells = Cells.number(np.array([text], dtype=object), pd.RangeIndex(1))
    resolver = Resolver(Instrument.__new__(Instrument), TOOLS[PLAIN], "x.csv", missing=silent)
    (told,) = resolver.blank_silent(cells, Column(0, "x", (), ())).texts
    wanted = normalise_label(text) in silent | TOOLS[PLAIN].silent
    assert told == ("" if wanted else text)


@given(st.binary(min_size=1, max_size=200), st.text(max_size=40))
def test_a_pseudonym_is_the_hmac_of_its_kind_and_text(key: bytes, text: str) -> None:
    """By Python's own HMAC (RFC 2104)."""
    message = f"person\0{' '.join(text.split()).casefold()}".encode("utf-8", "surrogatepass")
    wanted = "p" + hmac.new(key, message, "sha256").hexdigest()[:12]
    assert make_pseudonym(text, key, kind="person") == wanted


def test_sizes_may_be_written_with_spaces_and_any_dash(wild: Wild) -> None:  # noqa: F811
    cells = ["10 — 49", "1 000 or more", "1,000 or more", "1000+"]
    rows = [["ORG4", *wild.survey.scored], *([c, *answer(r)] for r, c in enumerate(cells))]
    assert wild.read(rows).table["ORG4"].tolist() == ["10-49", "1000+", "1000+", "1000+"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_mark(encoding: str, wild: Wild, tmp_path: Path) -> None:  # noqa: F811
    path = tmp_path / "half.csv"
    path.write_bytes(
        "\n".join(map("\t".join, [texts(wild.survey, "sv"), answer(0)])).encode(encoding)
    )
    for how in ({}, {"encoding": "utf-16"}):
        found = read_survey(path, key=KEY, settings=wild.settings, **how)
        assert found.table["SKL1"].tolist() == SKL1[:1]


@pytest.mark.parametrize(("text", "secret"), [
    ("850101–1234", "1234"), ("19850101−1234", "1234"), ("131052–308T", "308T"),
    ("131052 - 308T", "308T"), ("046–454–286", "454"), ("anna.a＠kommun.se", "anna"),
    ("anna.a at kommun dot se", "anna"), ("anna.a@kommun", "anna"), ("anna.a(a)kommun.fi", "anna"),
    ("puh0401234567", "0401234567"), ("0401234567tack", "0401234567"), ("070–123 45 67", "45 67"),
])  # fmt: skip
def test_identifiers_are_found_as_people_write_them(text: str, secret: str) -> None:
    assert secret not in make_safe(f"hej {text} tack")


def test_days_and_plain_words_stay(wild: Wild) -> None:  # noqa: F811
    for text in ("on 2026-09-26 we met", "26.9.2026 10.05", "we look at kommun", "section 4.2.1"):
        assert make_safe(text) == text


def test_no_message_and_no_list_of_columns_quotes_an_identifier(wild: Wild) -> None:  # noqa: F811
    mail, phone = "anna.a@kommun.se", "070-123 45 67"
    rows = [["ORG4", *wild.survey.scored], [f"{mail} {phone}", *answer(0)]]
    with pytest.raises(InnocapError, match="is no answer there") as caught:
        wild.read(rows)
    assert not any(secret in str(caught.value) for secret in (mail, phone))
    with pytest.raises(InnocapError, match="no column is an item") as caught:
        wild.read([[mail, "b"], ["x", "y"]])
    assert mail not in str(caught.value)
    found = wild.read([[mail, f"Call {phone}", "=1+1", *wild.survey.scored],
                       ["a", "b", "c", *answer(0)]])  # fmt: skip
    told = str(found.report) + found.report.columns.to_csv()
    assert not any(secret in told for secret in (mail, phone))
    assert found.report.dropped[2] == "'=1+1"
