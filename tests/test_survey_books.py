"""Changed workbooks and SPSS files: read the same, or refused with the place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from openpyxl import Workbook, load_workbook
from survey_truth import BOOK_TOOLS, KEY, differences, export

from innocap_analysis import read_survey
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings
from innocap_analysis.survey.instrument import Instrument
from tests.frozen import ROOT
from tests.synthetic.people import make_respondents

BOOK_CHANGES = ["blank_row", "moved", "upper", "space", "language", "comma", "title", "unknown",
                "twice", "other_sheet"]  # fmt: skip


@pytest.mark.parametrize("change", BOOK_CHANGES)
@pytest.mark.parametrize("tool", BOOK_TOOLS)
def test_changed_workbooks_are_read_right_or_refused(
    tool: str, change: str, people: pd.DataFrame, survey: Instrument, settings: Settings,
    tmp_path: Path,
) -> None:  # fmt: skip
    path = export(tool, people, survey, settings, tmp_path)
    book = load_workbook(path)
    page = book.active
    head = 4 if tool == "eusurvey" else 1
    column = next(c for c in range(1, 60) if "kompetens" in str(page.cell(head, c).value))
    cells = [page.cell(row, column) for row in range(head + 1, page.max_row + 1)]
    if change == "blank_row":
        page.insert_rows(head + 1)
        page.insert_rows(head + 9)
    elif change == "moved":
        values = [page.cell(row, column).value for row in range(1, page.max_row + 1)]
        page.delete_cols(column)
        for row, value in enumerate(values, start=1):
            page.cell(row, page.max_column + (row == 1), value)
    elif change in ("upper", "space", "language"):
        for cell in cells:
            text = str(cell.value or "")
            swapped = text.replace("Instämmer helt", "Fortement d'accord")
            cell.value = {"upper": text.upper(), "space": text.replace(" ", "\u00a0 "),
                          "language": swapped}[change] or None  # fmt: skip
    elif change == "comma":
        at = next(c for c in range(1, 60) if "helhet" in str(page.cell(head, c).value)
                  or "hela taget" in str(page.cell(head, c).value))  # fmt: skip
        for row in range(head + 1, page.max_row + 1):
            if page.cell(row, at).value is not None:
                page.cell(row, at).value = f"{page.cell(row, at).value},0"
    elif change == "title":
        page.insert_rows(1)
        page.cell(1, 1, "Exported for the partner")
    elif change == "unknown":
        cells[6].value = "Instämmer nog"
    elif change == "twice":
        values = [page.cell(row, column).value for row in range(1, page.max_row + 1)]
        last = page.max_column + 1
        for row, value in enumerate(values, start=1):
            page.cell(row, last, value)
    elif change == "other_sheet":
        book.create_sheet("Notes").append(["nothing here"])
    book.save(path)
    if change in ("unknown", "twice"):
        told = rf"row {head + 7}, .*Instämmer nog" if change == "unknown" else "twice|are both"
        with pytest.raises(InnocapError, match=told):
            read_survey(path, key=KEY, settings=settings)
    else:
        found = read_survey(path, key=KEY, settings=settings)
        assert differences(people, found, survey) == []


def _change_spss(path: Path, change: str) -> Path:
    """Write an SPSS file again with one thing changed."""
    data, meta = pyreadstat.read_sav(path, user_missing=True)
    form: dict[str, Any] = {
        "column_labels": dict(meta.column_names_to_labels),
        "variable_value_labels": {k: dict(v) for k, v in meta.variable_value_labels.items()},
        "missing_ranges": {k: [r["lo"] for r in v] for k, v in meta.missing_ranges.items()},
    }
    labels = form["variable_value_labels"]
    if change == "reordered":
        data = data[data.columns[::-1]]
    elif change == "lower":
        data.columns = data.columns.str.lower()
        form = {k: {c.lower(): v for c, v in t.items()} for k, t in form.items()}
    elif change == "text names":
        names = {c: f"V{i}" for i, c in enumerate(data.columns) if c.startswith(("SKL", "PRO"))}
        data = data.rename(columns=names)
        form = {k: {names.get(c, c): v for c, v in t.items()} for k, t in form.items()}
    elif change == "packed":
        pass
    elif change == "space":
        labels["SKL1"] = {k: v.replace(" ", "\u00a0") for k, v in labels["SKL1"].items()}
    elif change == "language":
        labels["SKL1"] |= {5.0: "Strongly agree", 4.0: "Plutôt d'accord"}
    elif change == "turned":
        turned = {1.0: 5.0, 2.0: 4.0, 3.0: 3.0, 4.0: 2.0, 5.0: 1.0, 8.0: 8.0, 9.0: 9.0}
        labels["DIG2"] = {turned[k]: v for k, v in labels["DIG2"].items()}
        data["DIG2"] = data["DIG2"].map(turned)
    elif change == "undeclared":
        form["missing_ranges"].pop("DEL3")
    elif change == "words":
        data["SKL2"] = data["SKL2"].map(labels.pop("SKL2")).fillna("")
        form["missing_ranges"].pop("SKL2")
    elif change == "unknown":
        labels["SKL1"][5.0] = "Instämmer nog"
        data.loc[3, "SKL1"] = 5.0
    elif change == "no label":
        data.loc[3, "SKL1"] = 6.0
    elif change == "no labels":
        labels.pop("SKL1")
        form["missing_ranges"].pop("SKL1")
    elif change == "twice":
        data["Q77"] = data["SKL1"]
        form["column_labels"]["Q77"] = form["column_labels"]["SKL1"]
        labels["Q77"] = labels["SKL1"]
    place = path.with_suffix(".zsav") if change == "packed" else path
    pyreadstat.write_sav(data, place, row_compress=change == "packed", **form)
    if change == "cut off":
        place.write_bytes(place.read_bytes()[:-4000])
    return place


@pytest.mark.parametrize("change", ["reordered", "lower", "text names", "packed", "space",
                                    "language", "turned", "undeclared", "words"])  # fmt: skip
def test_changed_spss_files_read_the_same(
    change: str, people: pd.DataFrame, survey: Instrument, settings: Settings, tmp_path: Path
) -> None:
    path = _change_spss(export("spss", people, survey, settings, tmp_path), change)
    assert differences(people, read_survey(path, key=KEY, settings=settings), survey) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("unknown", r"row \d+, column 'SKL1': 'Instämmer nog'.*5 = "),
        ("no label", "row 5, column 'SKL1': '6'.*5 = "),
        ("no labels", "column 'SKL1'.*say which way the numbers run"),
        ("twice", "are both SKL1"),
        ("cut off", "cannot be read as an SPSS file"),
    ],
)
def test_spoilt_spss_files_are_refused_with_their_place(
    change: str, told: str, people: pd.DataFrame, survey: Instrument, settings: Settings,
    tmp_path: Path,
) -> None:  # fmt: skip
    path = _change_spss(export("spss", people, survey, settings, tmp_path), change)
    with pytest.raises(InnocapError, match=told):
        read_survey(path, key=KEY, settings=settings)


def test_a_declared_missing_value_without_label_is_missing(
    people: pd.DataFrame, survey: Instrument, settings: Settings, tmp_path: Path
) -> None:
    path = export("spss", people, survey, settings, tmp_path)
    data, meta = pyreadstat.read_sav(path, user_missing=True)
    data.loc[[0, 1], "SKL1"] = 99.0
    pyreadstat.write_sav(
        data, path, variable_value_labels=meta.variable_value_labels,
        missing_ranges={"SKL1": [99.0]},
    )  # fmt: skip
    found = read_survey(path, key=KEY, settings=settings).table
    assert found["SKL1"].isna().tolist()[:2] == [True, True]


def test_sheets_over_which_eusurvey_spreads_a_survey_are_joined(
    people: pd.DataFrame, survey: Instrument, settings: Settings, tmp_path: Path
) -> None:
    path = export("eusurvey", people, survey, settings, tmp_path)
    rows = [[cell.value for cell in row] for row in load_workbook(path).active.rows]
    # EUSurvey fills a sheet with 254 columns, repeats its title rows, and goes on.
    other = [[f"Another question {i}", *[""] * (len(rows) - 4)] for i in range(240)]
    wide = [[*row[:3], *(column[r - 3] if r >= 3 else None for column in other), *row[3:]]
            for r, row in enumerate(rows)]  # fmt: skip
    wide[:3] = [[row[0]] for row in rows[:3]]
    _write_sheets(path, {"Content": [r[:254] for r in wide],
                         "Content1": [*wide[:3], *(r[254:] for r in wide[3:])]})  # fmt: skip
    found = read_survey(path, key=KEY, settings=settings)
    assert found.report.tool == "eusurvey"
    assert differences(people, found, survey) == []
    longer = [*wide[:3], *(r[254:] for r in wide[3:]), ["one", "more"]]
    _write_sheets(path, {"Content": [r[:254] for r in wide], "Content1": longer})
    with pytest.raises(InnocapError, match="sheet Content1 has 35 rows and Content has 34"):
        read_survey(path, key=KEY, settings=settings)


def _write_sheets(path: Path, sheets: dict[str, list[list[Any]]]) -> None:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    book.save(path)


def test_an_old_workbook_is_read(survey: Instrument, settings: Settings) -> None:
    # Made once with xlwt 1.3.0 from these twelve people, over two sheets as EUSurvey does.
    people = make_respondents(survey, "FI", n=12, seed=3)
    path = ROOT / "tests" / "fixtures" / "SYNTHETIC_eusurvey.xls"
    found = read_survey(path, key=KEY, settings=settings)
    assert (found.report.tool, found.report.header_row) == ("eusurvey", 4)
    assert differences(people, found, survey) == []
