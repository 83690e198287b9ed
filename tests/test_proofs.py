"""What CONTRIBUTING promises: a survey tool is one file, a language its columns and catalogue.

Each is added here as somebody would add it, and used at once.
"""

from __future__ import annotations

import ast
import csv
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from openpyxl import load_workbook
from survey_truth import KEY, differences

from innocap_analysis import load_capacity, open_survey_view, open_view, read_survey
from innocap_analysis.batch.domain import list_faults, list_notes
from innocap_analysis.pages import country, language
from innocap_analysis.settings import Settings, load_settings
from innocap_analysis.survey import tools
from innocap_analysis.survey.form import write_form
from innocap_analysis.survey.instrument import Instrument, read_instrument
from tests.frozen import EDITION, ROOT
from tests.synthetic.exports import Writer

TOOL = r'''
"""A made-up tool: a title, a mark in the header, bars between options, its own words."""

from innocap_analysis.survey.tools.tool import Tool

TOOL = Tool(
    name="nordform",
    marks=("nordform no|nordform state",),
    columns={"response_id": "nordform no", "status": "nordform state"},
    status={"status": {"utkast": "partial", "prov": "test"}},
    separator="|",
    no_answer="tomt",
    noise=r"\s*<<\d+>>",
)
'''


def test_a_survey_tool_is_one_file(
    people: pd.DataFrame, survey: Instrument, settings: Settings, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    folder = tmp_path / "tools"
    shutil.copytree(Path(tools.__file__).parent, folder)
    (folder / "nordform.py").write_text(TOOL, encoding="utf-8")
    monkeypatch.setattr(tools, "__path__", [str(folder)])
    known = tools._load_tools()
    assert set(known) == {*tools.TOOLS, "nordform"}
    monkeypatch.setitem(tools.TOOLS, "nordform", known["nordform"])
    del sys.modules[f"{tools.__name__}.nordform"]

    writer = Writer(people, survey, settings, "sv")
    columns = {"Nordform no": [f"N{i}" for i in people["id"]],
               "Nordform state": ["prov", "utkast", *["klar"] * (len(people) - 2)]}  # fmt: skip
    for code in writer.codes:
        cells = writer.cells(code, separator=" | ")
        columns[code] = [f"{cell} <<7>>" if survey.items[code].answer == "likert" and cell else
                         cell or "tomt" for cell in cells]  # fmt: skip
    path = tmp_path / "answers.csv"
    rows = [["Svar från Nordform"], list(columns), *zip(*columns.values(), strict=True)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(rows)
    found = read_survey(path, key=KEY, settings=settings)
    assert found.report.tool == "nordform"
    assert found.report.header_row == 2
    assert differences(people, found, survey) == []
    assert found.table["status"].tolist()[:3] == ["test", "partial", "complete"]
    assert found.table["response_id"].nunique() == len(people)


@pytest.fixture
def irish(project: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return a copy of the project that also speaks Irish, as far as somebody got with it."""
    config = project / "innocap.yml"
    content = yaml.load(config.read_text(encoding="utf-8"), yaml.BaseLoader)  # NO is a country
    content["languages"].append("ga")
    content["countries"]["IE"]["partner_area"]["ga"] = "Dún na nGall"
    config.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    books = project / "data" / "codebooks"
    _add_column(books / "indicators.csv", "label_ga", {"SKL": "Scileanna", "PRO": "Soláthar"})
    _add_column(books / "survey.csv", "label_ga", {"SKL1": "Tá na scileanna ag ár bhfoireann."})
    _add_column(books / "regions.csv", "label_ga", {"IE04": "An Tuaisceart"}, key="unit")
    catalogues = project / "locale"
    shutil.copytree(language.LOCALE_DIR, catalogues)
    (catalogues / "ga.po").write_text(
        'msgid "{unit}: {what}"\nmsgstr "{unit} – {what}"\n\n'
        'msgid "Country or region"\nmsgstr "Tír nó réigiún"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(language, "LOCALE_DIR", catalogues)
    monkeypatch.setattr("innocap_analysis.batch.domain.LOCALE_DIR", catalogues)
    language._read_catalogue.cache_clear()
    yield load_settings()
    language._read_catalogue.cache_clear()


def _add_column(path: Path, column: str, cells: dict[str, str], key: str = "code") -> None:
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table[column] = table[key].map(cells).fillna("")
    table.to_csv(path, index=False)


def test_a_language_is_its_columns_and_its_catalogue(irish: Settings) -> None:
    assert list_faults(irish) == []
    notes = "\n".join(list_notes(irish))
    nodes = len(pd.read_csv(irish.codebook_path))
    for told in (
        f"indicators.csv: INNOCAP, DIG, DEL, PIAAC_LIT, BIPA_HRM and {nodes - 7} "
        "more: label_ga is empty; English is shown",
        "countries.SE.partner_area: has no name in 'ga'; 'Västernorrland' is shown",
        "survey.csv: SELF, ", "survey.csv: SKL2, ", "scales.csv: agree5, ", "flags.csv: ",
        "notes.csv: ", "regions.csv: ",
    ):  # fmt: skip
        assert told in notes
    assert "ga: has no catalogue" not in notes

    view = open_view("30", region="IE", language="ga", settings=irish)
    assert view.code("SKL") == "Scileanna"
    assert view.code("DIG") == "Digital technology"  # no label of its own
    assert view.unit("IE") == "Éire"  # Unicode CLDR
    assert view.unit("IE04") == "An Tuaisceart"
    assert view.unit("SE32") == "Central Norrland"  # regions.csv
    assert view.share(0.5) == "50%"
    assert view.say("Country or region") == "Tír nó réigiún"
    assert view.say("Publisher") == "Publisher"
    page = str(country.write_heading(view))
    assert "Dún na nGall" in page
    assert "Éire" in page
    chart = country.plot_profile(view)
    assert any("Scileanna" in text.get_text() for ax in chart.figure.axes for text in ax.texts)


def test_the_questionnaire_is_asked_and_answered_in_the_new_language(
    irish: Settings, tmp_path: Path
) -> None:
    book, page = write_form(irish, language="ga", folder=tmp_path)
    heads = [cell.value for cell in next(load_workbook(book)["survey"].rows)]
    assert "label::Gaeilge (ga)" in heads
    told = page.read_text(encoding="utf-8")
    assert '<html lang="ga"' in told
    assert "Tá na scileanna ag ár bhfoireann." in told
    assert "Managers back staff who try new ways of working." in told
    instrument = read_instrument(irish.survey_path, irish.scales_path)
    assert instrument.by_text["tá na scileanna ag ár bhfoireann"] == "SKL1"
    survey_view = open_survey_view("80", language="ga", settings=irish)
    assert survey_view.question("SKL1") == "Tá na scileanna ag ár bhfoireann."


def test_no_code_of_an_item_is_typed_in_the_package(survey: Instrument) -> None:
    # The word SYNTHETIC is in file names too, and stands for no item there.
    codes = {code for code, item in survey.items.items() if item.role != "synthetic"}
    typed = []
    for path in sorted((ROOT / "innocap_analysis").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and node.value in codes:
                typed.append(f"{path.name}: line {node.lineno}: {node.value}")
    assert typed == []
    assert {"ORG1", "BAR1", "OPEN1"} <= codes


def test_no_language_but_english_is_typed_in_the_package() -> None:
    # Their own words for yes, no and their columns are what tools write, not codes of languages;
    # pages/language.py knows the spaces and the order of letters of some languages.
    typed = []
    for path in sorted((ROOT / "innocap_analysis").rglob("*.py")):
        if path == ROOT / "innocap_analysis/pages/language.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            own = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
            if own in {"sv", "fr", "sv_fi", "ga"} or str(own).startswith(("label_sv", "label_fi")):
                typed.append(f"{path.name}: line {node.lineno}: {own}")
    assert typed == []


def test_a_capacity_is_scored_alike_in_any_languages(irish: Settings) -> None:
    there = load_capacity(settings=irish).result.scores
    pd.testing.assert_frame_equal(
        there, load_capacity(settings=load_settings(EDITION)).result.scores
    )
