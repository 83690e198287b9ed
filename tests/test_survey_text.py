"""Ten and more changes to each text export: read the same, or refused with the place."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from survey_truth import KEY, TEXT_TOOLS, differences, export, head_rows, read_rows, write_rows

from innocap_analysis import read_survey
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.scales import make_place_scales


def _no_mark(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    write_rows(path, rows, delimiter)


def _with_mark(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    write_rows(path, rows, delimiter, encoding="utf-8-sig")


def _other_delimiter(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    write_rows(path, rows, "\t" if delimiter == ";" else ";")


def _crlf(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    write_rows(path, rows, delimiter, end="\r\n")


def _blank_rows(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    n = head_rows(tool)
    empty = [""] * len(rows[0])
    write_rows(path, [*rows[:n], empty, *rows[n:10], empty, *rows[10:], []], delimiter)


def _moved_column(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    first = 1 if tool == "googleforms" else 0
    moved = [[*row[:first], *row[first + 2 :], *row[first : first + 2]] for row in rows]
    write_rows(path, moved, delimiter)


def _odd_characters(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    n = head_rows(tool)
    changed = [[cell.replace("nstämmer ", "nstämmer\u00a0").replace("'", "’") for cell in row]
               for row in rows[n:]]  # fmt: skip
    write_rows(path, [*rows[:n], *changed], delimiter)


def _utf16(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    write_rows(path, rows, delimiter, encoding="utf-16")


def _windows(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    write_rows(path, rows, delimiter, encoding="cp1252")


def _latin1(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    plain = [[c.replace("–", "-").replace("’", "'").replace("…", "") for c in row] for row in rows]
    write_rows(path, plain, delimiter, encoding="latin-1")


def _upper_case(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    n = head_rows(tool)
    changed = [[c.replace("Instämmer helt", " INSTÄMMER HELT. ") for c in row] for row in rows[n:]]
    write_rows(path, [*rows[:n], *changed], delimiter)


def _decimal_comma(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    n = head_rows(tool)
    names = [cell.rpartition("/")[2] for cell in rows[0]]
    question = "Hur bedömer du på det hela taget"
    at = next(i for i, name in enumerate(names) if name == "GLOB" or name.startswith(question))
    for row in rows[n:]:
        row[at] = f"{row[at]},0" if row[at] else ""
    write_rows(path, rows, delimiter)


def _other_language(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    n = head_rows(tool)
    swap = {"Instämmer helt": "täysin samaa mieltä", "Tar helt avstånd": "Strongly disagree"}
    write_rows(path, [*rows[:n], *([swap.get(c, c) for c in row] for row in rows[n:])], delimiter)


HARMLESS = [_no_mark, _with_mark, _other_delimiter, _crlf, _blank_rows, _moved_column,
            _odd_characters, _utf16, _windows, _latin1, _upper_case, _decimal_comma,
            _other_language]  # fmt: skip


@pytest.mark.parametrize("spoil", HARMLESS)
@pytest.mark.parametrize("tool", TEXT_TOOLS)
def test_a_harmless_change_reads_the_same(
    tool: str, spoil: Callable[[Path, str], None], people: pd.DataFrame, survey: Instrument,
    settings: Settings, tmp_path: Path,
) -> None:  # fmt: skip
    path = export(tool, people, survey, settings, tmp_path)
    spoil(path, tool)
    found = read_survey(path, key=KEY, settings=settings)
    assert differences(people, found, survey) == []
    assert found.report.decimal_comma == (spoil is _decimal_comma)
    if spoil in (_utf16, _windows, _with_mark):
        encoding = {_utf16: "utf-16", _windows: "cp1252", _with_mark: "utf-8-sig"}[spoil]
        assert found.report.encoding == encoding


def _cut_off(path: Path, tool: str) -> None:
    data = path.read_bytes().rstrip()
    path.write_bytes(data[: -len(data.splitlines()[-1]) // 2])


def _unknown_label(path: Path, tool: str) -> None:
    text = path.read_text(encoding="utf-8-sig")
    label = next(t for t in ("Instämmer delvis", '"4"') if t in text)
    spoiled = label.replace("Instämmer delvis", "Instämmer nog").replace("4", "7")
    path.write_text(text.replace(label, spoiled, 1), encoding="utf-8")


def _extra_field(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    rows[5].append("more")
    write_rows(path, rows, delimiter)


def _column_twice(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    at = len(rows[0]) // 3
    write_rows(path, [[*row, row[at]] for row in rows], delimiter)


def _nul(path: Path, tool: str) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:400] + b"\0" + data[400:])


HARMFUL: list[tuple[Callable[[Path, str], None], str]] = [
    (_cut_off, "may have been cut off|has a header but no"),
    (_unknown_label, r"row \d+, column .*(nog|7).* is no answer there; expected 5 = "),
    (_extra_field, r"row 6 has \d+ fields, the header \d+"),
    (_column_twice, "twice|are both"),
    (_nul, "is NUL"),
]


@pytest.mark.parametrize(("spoil", "told"), HARMFUL)
@pytest.mark.parametrize("tool", TEXT_TOOLS)
def test_a_harmful_change_is_refused_with_its_place(
    tool: str, spoil: Callable[[Path, str], None], told: str, people: pd.DataFrame,
    survey: Instrument, settings: Settings, tmp_path: Path,
) -> None:  # fmt: skip
    path = export(tool, people, survey, settings, tmp_path)
    spoil(path, tool)
    with pytest.raises(InnocapError, match=told) as caught:
        read_survey(path, key=KEY, settings=settings)
    assert path.name in str(caught.value)


def test_of_many_answers_a_message_names_the_nearest(
    survey: Instrument, settings: Settings
) -> None:
    region = make_place_scales(settings)["region"]
    told = region.show("Vasternorland")
    assert told.startswith("SE32 = ")
    assert re.search(r"; .*, or one of \d\d more$", told)
    assert len(region.show("Vasternorland" + 10_000 * " x")) < 1500
    assert survey.scales["agree5"].show("x").startswith("5 = ")
