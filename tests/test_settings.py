"""innocap.yml is read strictly and from anywhere inside the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from innocap_analysis.batch.index_page import open_fronts
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import load_settings


def _change(project: Path, old: str, new: str) -> None:
    file = project / "innocap.yml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_found_from_a_folder_below(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "notebooks")
    assert load_settings().root == project


def test_country_code_of_norway_stays_text(project: Path) -> None:
    # YAML reads a bare NO as False.
    assert "NO" in (load_settings().reference_sets["nordic"] or ())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("min_coverage: 0.5", "min_coverage: half", ["min_coverage", "half", "line"]),
        ("min_coverage: 0.5", "min_coverage: 2", ["min_coverage", "less than or equal to 1"]),
        ("min_coverage", "min_covrage", ["min_covrage", "misspelt"]),
        ("languages: [en,", "languages: [eng,", ["languages", "'eng'"]),
        ("languages: [en,", "languages: [sv,", ["listed twice"]),
        ("  FI:", "  Finland:", ["Finland", "alpha-2"]),
        ('colour: "#0072B2"', "colour: blue", ["SE.colour", "'blue'"]),
        ("  nordic:", "  oecd:", ["oecd", "set twice"]),
        ("codebook: ", "codebook ", ["not valid YAML", "line"]),
        ("min_coverage: ", "? [min_coverage]\n: ", ["line", "a name is a text"]),
        ("    - 60_where_to_start", "    - 10_can_the_data_be_trusted", ["listed twice"]),
        (
            "runs: 2000, seed: 1}\n    50",
            "runs: 500, seed: 1}\n    50",
            ["batch", "different runs (2000, 500)", "a set of their own"],
        ),
    ],
)
def test_faults_name_the_place(project: Path, old: str, new: str, told: list[str]) -> None:
    _change(project, old, new)
    with pytest.raises(InnocapError) as caught:
        load_settings()
    for word in ["innocap.yml", *told]:
        assert word in str(caught.value)


def test_the_front_page_shows_the_simulation_of_the_pages(project: Path) -> None:
    file = project / "innocap.yml"
    file.write_text(file.read_text("utf-8").replace("runs: 2000", "runs: 50"), encoding="utf-8")
    settings = load_settings()
    assert settings.batch.simulation == {"runs": 50, "seed": 1}
    assert len(open_fronts(settings)["en"].runs.choices) == 50


def test_missing_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(InnocapError, match=r"cannot be read"):
        load_settings(tmp_path / "innocap.yml")


def test_unknown_names_are_refused_with_what_there_is(project: Path) -> None:
    settings = load_settings()
    with pytest.raises(InnocapError, match="en, sv, fi, fr"):
        settings.check_language("se")
    with pytest.raises(InnocapError, match="did you mean 'nordic'"):
        settings.check_reference("nordics")
