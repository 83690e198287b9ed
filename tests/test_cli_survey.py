"""The command line of the survey: import, form and the made-up wave."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from test_cli import call

from innocap_analysis.settings import load_settings
from tests.synthetic.wave import write_wave


@pytest.fixture
def keyed(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the project with a key for pseudonyms outside of it."""
    monkeypatch.setenv("INNOCAP_KEY_FILE", str(tmp_path / "elsewhere" / "key"))
    return project


def test_answers_are_imported_with_a_report_and_counts(
    keyed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = keyed / "data" / "raw" / "survey"
    files = [str(path) for path in sorted(folder.glob("SYNTHETIC_*.*"))]
    code, out, err = call(capsys, "import", *files)
    assert (code, err) == (0, "")
    for told in ("SYNTHETIC_SE_limesurvey.csv: limesurvey", "qualtrics", "eusurvey", "msforms",
                 "left out as personal", "preview", "dropped"):  # fmt: skip
        assert told in out
    written = {file.name for file in (keyed / "data" / "processed").iterdir()}
    assert written == {"answers.csv", "answers_texts.csv", "answers_columns.csv", "answers_log.csv"}


def test_a_name_forges_no_error(keyed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (forged := keyed / "a\nerror: all answers are lost.csv").write_text("nothing\n", "utf-8")
    code, _, err = call(capsys, "import", str(forged))
    assert code == 2
    assert [line[:6] for line in err.splitlines() if line.startswith("error:")] == ["error:"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing.csv"], "nothing.csv: there is no such file"),
        (["notes.docx"], "files ending in .docx are not read"),
        (["data/raw/survey/SYNTHETIC_SE_limesurvey.csv", "--tool", "limesurvy"],
         "did you mean 'limesurvey'"),
        (["data/raw/survey/SYNTHETIC_SE_limesurvey.csv", "--scale", "agree6"],
         "did you mean 'agree5'"),
        (["data/raw/survey/SYNTHETIC_SE_limesurvey.csv", "--country", "SWE"],
         "country 'SWE' is none of SE, FI, IE, CA"),
        (["data/raw/survey/SYNTHETIC_SE_limesurvey.csv", "--codes", "high"],
         "none of high_agrees, low_agrees"),
        (["data/raw/survey/SYNTHETIC_SE_limesurvey.csv", "--mapping", "gone.csv"],
         "mapping gone.csv: cannot be read"),
        (["data/raw/oecd_adult_skills.csv"], "oecd_adult_skills.csv"),
    ],
)  # fmt: skip
def test_a_mistaken_import_is_told_once_and_writes_nothing(
    arguments: list[str], told: str, keyed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (keyed / "notes.docx").write_text("not a survey", encoding="utf-8")
    code, _, err = call(capsys, "import", *arguments)
    assert code == 2
    assert err.startswith("error: ")
    assert told in err
    assert "Traceback" not in err
    assert not (keyed / "data" / "processed").exists()


def test_the_form_is_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "form", "--language", "fr")
    assert code == 0
    assert all(Path(line).is_file() for line in out.splitlines())
    assert call(capsys, "form", "--language", "de")[0] == 2


def test_the_made_up_wave_is_made_again_as_it_ships(project: Path) -> None:
    shipped = sorted((project / "data/raw/survey").glob("SYNTHETIC_*"))
    before = [_unpack(path) for path in shipped]
    assert len(shipped) == 4
    write_wave(load_settings())
    assert [_unpack(path) for path in shipped] == before


def _unpack(path: Path) -> dict[str, bytes | str]:
    # Neither the bytes of the archive, which are up to the machine's zlib, nor how its XML is
    # written, which is up to whether lxml is there.
    if path.suffix != ".xlsx":
        return {path.name: path.read_bytes()}
    with zipfile.ZipFile(path) as archive:
        return {
            name: ET.canonicalize(archive.read(name).decode(), rewrite_prefixes=True)
            for name in archive.namelist()
        }
