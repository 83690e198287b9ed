"""The questionnaire: codebook, scales, and the forms made from them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pyxform.xls2xform import convert

from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings, load_settings
from innocap_analysis.survey.form import write_form
from innocap_analysis.survey.instrument import Instrument, read_instrument
from innocap_analysis.survey.scales import read_scales

LANGUAGES = ["sv", "fi", "en", "fr"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_converts_and_holds_every_language(
    language: str, settings: Settings, survey: Instrument, tmp_path: Path
) -> None:
    paths = write_form(settings, language=language, folder=tmp_path)
    book = next(path for path in paths if path.suffix == ".xlsx")
    result = convert(xlsform=str(book), validate=False)
    assert result.warnings == []
    sheet = load_workbook(book)["settings"]
    values = dict(zip(*([cell.value for cell in row] for row in sheet.rows), strict=True))
    assert f"({language})" in values["default_language"]
    texts = [survey.text(code, spoken) for code in survey.scored for spoken in LANGUAGES]
    # pyxform writes straight apostrophes; the import reads both.
    assert [text for text in texts if text.replace("’", "'") not in result.xform] == []
    assert result.xform.count("<translation ") == 5  # with Swedish as spoken in Finland


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_holds_every_question_and_nothing_from_outside(
    language: str, settings: Settings, survey: Instrument, tmp_path: Path
) -> None:
    page = next(p for p in write_form(settings, language=language, folder=tmp_path)
                if p.suffix == ".html").read_text(encoding="utf-8")  # fmt: skip
    assert f'<html lang="{language}"' in page
    for code in survey.scored:
        assert survey.text(code, language) in page.replace("&#x27;", "'").replace("&amp;", "&")
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_the_form_promises_what_the_settings_keep(settings: Settings, tmp_path: Path) -> None:
    strict = settings.model_copy(update={"min_respondents": 25})
    book, page = write_form(strict, language="en", folder=tmp_path)
    assert "groups of 25 people or more" in page.read_text(encoding="utf-8")
    survey = [[cell.value for cell in row] for row in load_workbook(book)["survey"].rows]
    assert "groups of 25 people or more" in str(survey[3])
    rating = next(row for row in survey if row[1] == "GLOB")
    assert ". >= 0 and . <= 10" in rating


def test_an_unknown_language_is_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(InnocapError, match="language 'se'"):
        write_form(settings, language="se", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_questionnaire_is_whole(survey: Instrument) -> None:
    assert len(survey.scored) == 24
    for dimension in ("SKL", "DIG", "DEL", "PRO"):
        items = survey.codebook.children(dimension)
        assert len(items) == 6
        assert sum(survey.items[code].reversed for code in items) == 1
    for item in survey.items.values():
        assert all(survey.text(item.code, language).strip() for language in LANGUAGES)


def _edit(path: Path, edit: dict[tuple[str, str], str], key: str = "code") -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for (code, column), value in edit.items():
        next(row for row in rows if row[key] == code)[column] = value
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({("SKL1", "scale"): "agree6"}, r"SKL1.*agree6.*did you mean 'agree5'"),
        ({("SKL1", "answer"): "liket"}, r"SKL1.*liket.*did you mean 'likert'"),
        ({("SKL1", "label_en"): ""}, r"SKL1.*label_en"),
        ({("SKL1", "role"): "organization"}, r"SKL1.*role.*did you mean 'organisation'"),
        ({("SKL1", "role"): "country"}, r"ORG1: role 'country' is that of SKL1 too"),
    ],
)
def test_a_fault_of_the_questionnaire_is_told_with_its_place(
    edit: dict[tuple[str, str], str], told: str, project: Path
) -> None:
    config = load_settings()
    _edit(config.survey_path, edit)
    with pytest.raises(InnocapError, match=told) as caught:
        read_instrument(config.survey_path, config.scales_path)
    assert "survey.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("agree5,4,en,Somewhat agree", "agree5,4,en,Strongly agree", "'Strongly agree' is 5 and 4"),
        ("agree5,4,en,", "agree5,4,eng,", "line 7: language 'eng' is unknown"),
        ("agree5,4,en,Somewhat agree", "agree5,4,en,", "line 7: label is empty"),
        ("scale,code,language", "scale,code,tongue", "expected the columns scale, code"),
    ],
)
def test_a_fault_of_the_scales_is_told_with_its_line(
    old: str, new: str, told: str, project: Path
) -> None:
    path = load_settings().scales_path
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InnocapError, match=re.escape(told)):
        read_scales(path)
