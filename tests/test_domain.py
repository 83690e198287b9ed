"""Countries, regions, languages and data that do not fit are told at once, before anything runs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from matplotlib.text import Text

from innocap_analysis import find_unit, load_capacity, load_wave, open_view, run_notebooks
from innocap_analysis.batch.domain import list_faults, list_notes
from innocap_analysis.errors import InnocapError
from innocap_analysis.pages import country
from innocap_analysis.settings import load_settings

SETTINGS, REGIONS = "innocap.yml", "data/codebooks/regions.csv"
ICELAND = """  IS:
    partner_region: IS00
    partner_area: {en: Westfjords, sv: Västfjordarna, fi: Länsivuonot, fr: Fjords}
    colour: "#CC79A7"
    marker: v
"""


def _change(project: Path, name: str, old: str, new: str) -> int:
    """Replace a text and return the line that it stands in."""
    file = project / name
    text = file.read_text(encoding="utf-8")
    assert old in text, old
    file.write_text(text.replace(old, new, 1), encoding="utf-8", newline="")
    return text[: text.index(old)].count("\n") + 1


def _add_country(project: Path, code: str, *, instead_of: str = "") -> None:
    entry = ICELAND.replace("IS", code)
    _change(project, SETTINGS, "\n# Whom a country", f"{entry}\n# Whom a country")
    file = project / SETTINGS
    text = file.read_text(encoding="utf-8").replace("D\n\n  ", "D\n  ")
    if instead_of:
        start = text.index(f"  {instead_of}:\n")
        end = text.index(f"  {code}:\n")
        text = text[:start] + text[end:]
    file.write_text(text, encoding="utf-8")
    with (project / REGIONS).open("a", encoding="utf-8") as table:
        table.write(f"{code}00,{code}00,{code},North,Norr,Pohjoinen,Nord\n")


FAULTS = [
    (SETTINGS, "partner_region: SE32", "partner_region: SE99",
     "innocap.yml: line {}, countries.SE.partner_region: 'SE99' is not in regions.csv"),
    (SETTINGS, "partner_region: FI1D", "partner_region: IE04",
     "innocap.yml: line {}, countries.FI.partner_region: 'IE04' is a region of IE in regions.csv"),
    (SETTINGS, 'colour: "#000000"', 'colour: "#d55e00"',
     "innocap.yml: line {}, countries.CA.colour: is that of FI too"),
    (SETTINGS, "marker: ^", "marker: o",
     "innocap.yml: line {}, countries.IE.marker: is that of SE too"),
    (SETTINGS, "  nordic: [DK, FI, IS, NO, SE]", "  nordic: [DK, FI, XX, NO, NO]",
     "innocap.yml: line {}, reference_sets.nordic.2: 'XX' has no figure"),
    (REGIONS, "Upper Norrland,Övre Norrland,", ",Övre Norrland,",
     "regions.csv: line {}, SE33: label_en is empty"),
]  # fmt: skip


def test_every_fault_is_told_at_once_with_its_line(project: Path) -> None:
    assert list_faults(load_settings()) == []
    assert list_notes(load_settings()) == []
    told = [text.format(_change(project, name, old, new)) for name, old, new, text in FAULTS]
    found = list_faults(load_settings())
    for text in told:
        assert any(fault.startswith(text) for fault in found), text
    # Beside them only: NO is in the set twice.
    assert len(found) == len(told) + 1


def test_a_batch_is_refused_for_the_same(project: Path) -> None:
    for name, old, new, _ in FAULTS:
        _change(project, name, old, new)
    settings = load_settings()
    with pytest.raises(InnocapError) as caught:
        run_notebooks(settings=settings)
    assert [line.strip() for line in str(caught.value).splitlines()] == list_faults(settings)
    assert not (project / "reports").exists()
    assert not (project / "data" / "processed").exists()


def test_faults_of_the_data_join_those_of_the_settings(project: Path) -> None:
    _change(project, SETTINGS, "partner_region: SE32", "partner_region: SE99")
    _change(project, "data/raw/oecd_adult_skills.csv", "284.0", "294.0")
    first, second = list_faults(load_settings())
    assert "SE99" in first
    assert "oecd_adult_skills.csv: was edited" in second


def test_a_country_without_any_figure_is_refused(project: Path) -> None:
    _add_country(project, "LI")
    with pytest.raises(InnocapError, match=r"line \d+, countries.LI: .* no figure of Liecht"):
        load_capacity()
    assert any("Liechtenstein" in fault for fault in list_faults(load_settings()))


def test_a_region_is_no_country(project: Path) -> None:
    _change(project, REGIONS, "SE11,SE11", "SE11,FI")
    assert any("line 23, FI: is the code of a country" in f for f in list_faults(load_settings()))


@pytest.mark.parametrize("instead_of", ["", "CA"])
def test_iceland_is_noted_and_not_ranked_where_not_measured(project: Path, instead_of: str) -> None:
    _add_country(project, "IS", instead_of=instead_of)
    settings = load_settings()
    assert list_faults(settings) == []
    regional, skills = list_notes(settings)
    assert "Iceland has no regional figures" in regional
    assert "Skills is not measured for Iceland (1 of 5 figures) and not ranked" in skills
    capacity = load_capacity()
    assert pd.isna(capacity.result.ranks.at["IS", "SKL"])
    assert capacity.result.scores.loc["IS"].drop("SKL").notna().all()
    # Ahead in the other three (+15.4, +7.2, +2.4), which is not "in every dimension".
    chart = country.plot_profile(open_view("30", region="IS"))
    texts = [text.get_text() for text in chart.findobj(Text)]
    assert chart.alt.startswith("Iceland: of the dimensions that are measured, highest against")
    assert texts.count("not measured") == 1
    # Of the four made-up exports those of the project's own countries are read.
    assert set(load_wave().clean["country"]) == set(settings.countries) - {"IS"}


def test_a_year_is_not_blamed_for_a_country_that_is_never_measured(project: Path) -> None:
    _add_country(project, "CY")  # of 18 indicators, 8 in three dimensions: too few at any time
    capacity = load_capacity(year=2024)
    assert pd.isna(capacity.result.scores.at["CY", "INNOCAP"])
    with pytest.raises(InnocapError, match=r"year 2020: too few figures .* that SE, FI, IE, CA c"):
        load_capacity(year=2020)


def test_missing_labels_are_noted(project: Path) -> None:
    _change(project, "data/codebooks/indicators.csv", "Senior civil service,Ledar", ",Ledar")
    _change(project, REGIONS, "Upper Norrland,Övre Norrland,", "Upper Norrland,,")
    line = _change(
        project, SETTINGS, "partner_area: {en: Donegal, sv: Donegal, fi: Donegal, fr: Donegal}",
        "partner_area: {en: Donegal, sv: Donegal, fi: ' '}",
    )  # fmt: skip
    place = f"innocap.yml: line {line}, countries.IE.partner_area"
    assert list_notes(load_settings()) == [
        "indicators.csv: OECD_PSLC_SENIOR: label_en is empty; its code is shown",
        "regions.csv: SE33: label_sv is empty; English is shown",
        f"{place}: has no name in 'fi'; 'Donegal' is shown",
        f"{place}: has no name in 'fr'; 'Donegal' is shown",
    ]


def test_an_unknown_region_where_there_are_none_is_told(project: Path) -> None:
    header = "raw_code,unit,country,label_en,label_sv,label_fi,label_fr\n"
    (project / REGIONS).write_text(header, encoding="utf-8")
    with pytest.raises(InnocapError, match="'SE11' is unknown"):
        find_unit("SE11", load_settings())
