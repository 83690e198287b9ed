"""The command line: a mistake is one clear message, a non-zero exit, and nothing lost."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from innocap_analysis import cli, load_settings
from innocap_analysis.index.capacity import load_capacity


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command line in this process and return exit code, output and messages."""
    before = sys.argv
    sys.argv = ["innocap", *arguments]
    code = 0
    try:
        cli.main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = before
    shown = capsys.readouterr()
    return code, shown.out, shown.err


@pytest.fixture
def reported(project: Path) -> Path:
    """Return the project with reports of an earlier batch."""
    for name in ("reports/index.html", "reports/SE/30_how_does_this_country_do.html"):
        file = project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("earlier", encoding="utf-8")
    return project


def _spoil(project: Path, name: str, old: str, new: str) -> None:
    file = project / name
    text = file.read_text(encoding="utf-8")
    assert old in text, old
    file.write_text(text.replace(old, new, 1), encoding="utf-8", newline="")


BOOK = "data/codebooks/indicators.csv"
RAW = "data/raw/oecd_adult_skills.csv"

MISTAKES = {
    "region": (["--region", "XX"], None, ["region 'XX' is unknown", "SE, FI, IE, CA"]),
    "notebook": (
        ["--notebook", "30_how_does_this_contry_do"], None,
        ["30_how_does_this_contry_do", "did you mean '30_how_does_this_country_do'"],
    ),
    "language": (["--language", "se"], None, ["language 'se' is not offered"]),
    "parameter": (["--set", "refrence=eu"], None, ["'refrence'", "did you mean 'reference'"]),
    "parameter value": (["--set", "year=soon"], None, ["parameter year", "'soon'"]),
    "parameter code": (["--set", "a;import os=1"], None, ["has no parameter"]),
    "parameter shape": (["--set", "year"], None, ["expected NAME=VALUE"]),
    "jobs": (["--jobs", "0"], None, ["--jobs"]),
    "unknown parent": ([], (BOOK, "UN_OSI,DIG", "UN_OSI,DOG"),
                       ["indicators.csv", "line 15, UN_OSI", "'DOG'"]),
    "cycle": ([], (BOOK, "SKL,INNOCAP", "SKL,SKL"), ["line 3, SKL", "cycle"]),
    "negative weight": ([], (BOOK, "1,1,238.0", "1,-1,238.0"), ["PIAAC_LIT", "weight -1 is below"]),
    "duplicate code": ([], (BOOK, "UN_OSI,DIG", "OECD_DGI,DIG"), ["OECD_DGI", "already used in"]),
    "text for a number": ([], (BOOK, "1,1,238.0", "1,1,low"), ["PIAAC_LIT", "low 'low' is not a"]),
    "codebook column": ([], (BOOK, "code,parent", "code,mother"), ["column 'parent' is missing"]),
    "edited raw file": ([], (RAW, "284.0", "294.0"), ["oecd_adult_skills.csv: was edited"]),
    "raw column": ([], (RAW, "country,", "land,"), ["adult_skills.csv", "'country' is missing"]),
    "settings": ([], ("innocap.yml", "countries:", "contries:"), ["innocap.yml", "contries"]),
    "notebook missing": ([], ("innocap.yml", "60_where_to_start", "61_gone"), ["61_gone"]),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_once_and_loses_nothing(
    reported: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    arguments, spoiled, told = MISTAKES[name]
    if spoiled:
        _spoil(reported, *spoiled)
    before = {f: f.read_bytes() for f in reported.rglob("*") if f.is_file()}
    code, out, err = call(capsys, "report", *arguments)
    assert code == 2
    for word in told:
        assert word in err
    assert err.count("error") <= 1 or "Error" in err
    assert "Traceback" not in out + err
    assert before == {f: f.read_bytes() for f in reported.rglob("*") if f.is_file()}


def test_an_empty_raw_file_is_told(reported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (reported / RAW).write_bytes(b"")
    code, _, err = call(capsys, "report")
    assert code == 2
    assert err == "error: oecd_adult_skills.csv: is empty; restore the published file\n"


def test_prepare_and_score_write_processed_tables(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(capsys, "prepare")[0] == 0
    written = {file.name for file in (project / "data" / "processed").iterdir()}
    assert written == {"observations.csv", "cleaning_log.csv", "inputs.json"}
    code, out, _ = call(capsys, "score")
    assert code == 0
    assert (project / "data" / "processed" / "scores.csv").exists()
    scores = load_capacity(settings=load_settings()).result.scores
    assert f"{scores.at['SE', 'INNOCAP']:.1f}" in out


def test_check_passes_here_and_fails_on_a_fault(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call(capsys, "check")
    assert (code, err) == (0, "")
    assert "FAULT" not in out
    _spoil(project, BOOK, "238.0,296.0", "230.0,296.0")
    code, out, err = call(capsys, "check")
    assert code == 1
    assert "FAULT  goalposts" in out
    assert "PIAAC_LIT: frozen 230 to 296, the data say 238 to 296" in err


def test_goalposts_are_recomputed_and_frozen(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = (project / BOOK).read_bytes()
    assert call(capsys, "goalposts")[0] == 0
    _spoil(project, BOOK, "238.0,296.0", "230.0,296.0")
    code, _, err = call(capsys, "goalposts")
    assert code == 1
    assert "innocap goalposts --write" in err
    assert call(capsys, "goalposts", "--write")[0] == 0
    assert (project / BOOK).read_bytes() == good


def test_a_new_row_gets_its_goalposts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = (project / BOOK).read_bytes()
    _spoil(project, BOOK, "0.5068,0.9863", ",")
    before = (project / BOOK).read_bytes()
    for command in ("score", "report", "prepare"):
        code, _, err = call(capsys, command)
        assert (code, (project / BOOK).read_bytes()) == (2, before)
        assert "line 17, UN_EPI" in err
        assert "innocap goalposts --write" in err
    assert call(capsys, "goalposts")[0] == 1
    assert call(capsys, "goalposts", "--write")[0] == 0
    assert (project / BOOK).read_bytes() == good


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "--help")
    assert code == 0
    for command in ("report", "prepare", "score", "check", "goalposts"):
        assert command in out
    assert call(capsys, "--version")[1].startswith("innocap_analysis 0.")
    assert call(capsys, "reprot")[0] == 2


@pytest.mark.slow
def test_a_failed_notebook_makes_exit_code_one(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _spoil(
        project, "notebooks/60_where_to_start.ipynb",
        "view = open_view(", "1 / 0\\n\",\n    \"view = open_view(",
    )  # fmt: skip
    code, out, err = call(capsys, "report", "-r", "SE", "-n", "60", "-n", "30", "-j", "2")
    assert code == 1
    assert "ok     SE 30_how_does_this_country_do" in out
    assert "failed SE 60_where_to_start" in out
    assert "FAILED SE 60_where_to_start, cell 3: ZeroDivisionError: division by zero" in err
    assert "1 ok, 1 failed" in out
    assert (project / "reports" / "SE" / "30_how_does_this_country_do.html").exists()
    assert not (project / "reports" / "SE" / "60_where_to_start.html").exists()
