"""Everything that a person must decide about a file stands in one table, which is the record."""

from __future__ import annotations

import csv
import io
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
from test_cli import call

from innocap_analysis.errors import InnocapError
from innocap_analysis.files import _write_rows
from innocap_analysis.settings import load_settings
from innocap_analysis.survey.files.decisions import read_letters, write_letters
from innocap_analysis.survey.instrument import read_instrument
from innocap_analysis.survey.record_decisions import read_wave
from innocap_analysis.survey.wave import load_wave

CODES = [4, 2, 5, 3, 1]


@pytest.fixture
def table(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a partner's table: headers of its own, typed answers, American dates, a status."""
    monkeypatch.setenv("INNOCAP_KEY_FILE", str(project.parent / "elsewhere" / "key"))
    settings = load_settings()
    survey = read_instrument(settings.survey_path, settings.scales_path)
    heads = [survey.text(code, "en") for code in survey.scored]
    heads[0] += " (please think of the last two years)"
    rows = [["respondent id", "End date", "Status", "Remark", "Remark", *heads, "ORG3"]]
    for r in range(12):
        answers = [str(CODES[(i + r) % 5]) for i in range(24)]
        answers[5] = "dunno" if r < 3 else answers[5]
        answers[6] = "call anna@example.org" if r == 4 else answers[6]
        rows.append([f"p{r}", f"09/{r + 10}/2026", "avbruten" if r == 11 else "klar", "", "x",
                     *answers, "Municipality"])  # fmt: skip
    path = project / "data" / "survey" / "partner.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def _read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def _decide(path: Path, told: dict[tuple[str, str], str]) -> None:
    rows = _read(path)
    for row in rows:
        row["decision"] = told.get((row["about"], row["cell"]), row["decision"])
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_all_decisions_are_drafted_taken_and_kept(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call(capsys, "import", str(table), "--suggest")
    assert (code, err) == (0, "")
    record = table.with_name("decisions.csv")
    assert "to be decided" in out
    drafted = {(row["about"], row["cell"] or row["column"]): row for row in _read(record)}
    assert {row["file"] for row in drafted.values()} == {"partner.csv"}
    first = drafted["column", "F"]  # by its letter; its header alone would be two
    assert (first["decision"], "like" in first["evidence"]) == ("SKL1", True)
    assert drafted["column", "E"]["count"] == "12"
    assert drafted["column", "D"]["decision"] == "ignore"
    assert (drafted["answer", "dunno"]["count"], drafted["answer", "dunno"]["decision"]) == (
        "3",
        "",
    )
    assert ("answer", "call [e-mail]") in drafted
    assert "anna@example.org" not in record.read_text(encoding="utf-8")
    assert drafted["dates", ""]["decision"] == "month_first"
    assert "row 5 has '09/13/2026'" in drafted["dates", ""]["evidence"]
    assert drafted["codes", ""]["decision"] == ""
    assert "numbers without a label" in drafted["codes", ""]["evidence"]
    assert (drafted["status", "avbruten"]["count"], drafted["status", "klar"]["count"]) == (
        "1",
        "11",
    )
    assert drafted["country", ""]["decision"] == ""

    code, _, err = call(capsys, "import")
    assert code == 2
    assert "answer K 'dunno': nothing is decided" in err
    assert err.count("nothing is decided") == 4

    told = {("answer", "dunno"): "missing", ("answer", "call [e-mail]"): "3", ("country", ""): "SE",
            ("codes", ""): "low_agrees", ("status", "avbruten"): "test"}  # fmt: skip
    _decide(record, told)
    code, out, err = call(capsys, "import")
    assert (code, err) == (0, "")
    raw = load_wave("imported").raw.set_index("submitted").sort_index()
    assert raw["SKL1"].tolist() == [6 - CODES[r % 5] for r in range(12)]
    assert raw["SKL6"].isna().tolist() == [True] * 3 + [False] * 9
    assert raw["DIG1"].iloc[4] == 3
    assert raw["status"].tolist() == ["complete"] * 11 + ["test"]
    assert set(raw["country"]) == {"SE"}

    # A later draft leaves what was decided, and says what is new.
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("klar", "borta", 1), encoding="utf-8")
    assert call(capsys, "import", "--suggest")[0] == 0
    later = {(row["about"], row["cell"]): row["decision"] for row in _read(record)}
    assert later["answer", "dunno"] == "missing"
    assert later["codes", ""] == "low_agrees"
    assert later["status", "borta"] == "complete"
    assert call(capsys, "import")[0] == 0


def test_a_column_that_moved_is_not_taken_for_another(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(capsys, "import", str(table), "--suggest", "--country", "SE", "--codes", "high_agrees")
    record = table.with_name("decisions.csv")
    _decide(record, {("answer", "dunno"): "missing", ("answer", "call [e-mail]"): "missing"})
    frame = pd.read_csv(table, header=None, dtype=str, keep_default_na=False)
    frame.insert(0, "new", ["new", *["1"] * 12])
    frame.to_csv(table, header=False, index=False)
    code, _, err = call(capsys, "import")
    assert code == 2
    assert "is 'Status' now, and was decided as 'Remark'" in err


def test_a_person_at_a_terminal_is_asked(
    table: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(text: str, **_: object) -> str:
        asked.append(text)
        return "missing" if "dunno" in text or "call" in text else "SE" if "country" in text else ""

    monkeypatch.setattr("typer.prompt", answer)
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    call(capsys, "import", str(table), "--suggest")
    assert len(asked) == 4
    decided = {(row["about"], row["cell"]): row["decision"] for row in
               _read(table.with_name("decisions.csv"))}  # fmt: skip
    assert decided["answer", "dunno"] == "missing"
    assert decided["country", ""] == "SE"
    assert decided["codes", ""] == ""


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("partner.csv,colum,C,,,,SKL1,", "'colum' is none of tool"),
        ("partner.csv,column,?,,,,SKL1,", "'?' is neither letters nor a number"),
        ("partner.csv,rescale,,,,,perhaps,", "rescale 'perhaps' is neither yes nor no"),
        (",country,,,,,SE,", "names no file"),
        ("partner.csv,status,C,,klar,1,done,", "status 'done' of 'klar' is none of complete"),
    ],
)
def test_a_fault_of_the_record_is_told(
    row: str, told: str, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = table.with_name("decisions.csv")
    head = "file,about,column,header,cell,count,decision,evidence"
    given = {"country": "SE", "missing": "dunno|call anna@example.org", "codes": "high_agrees"}
    known = "\n".join(f"partner.csv,{about},,,,,{d}," for about, d in given.items())
    record.write_text(f"{head}\n{known}\n{row}\n", encoding="utf-8")
    code, _, err = call(capsys, "import")
    assert code == 2
    assert told in err


def test_letters_are_those_of_a_spreadsheet() -> None:
    # As Excel names its columns.
    known = {1: "A", 26: "Z", 27: "AA", 52: "AZ", 53: "BA", 702: "ZZ", 703: "AAA"}
    assert {n: write_letters(n) for n in known} == known
    assert [read_letters(text) for text in known.values()] == list(known)
    assert [read_letters(text) for text in ("7", "#7", "g", "", "A1")] == [7, 7, 7, 0, 0]


def test_a_long_table_is_written_as_pandas_writes_it() -> None:
    table = pd.DataFrame({
        "x": [1.0, 0.1, None, 1e-7, 2e16, 1 / 3], "t": ["a,b", 'say "so"', None, "", "c\nd", "é"],
        "b": [True, False, True, True, False, True], "n": [3, -1, 0, 7, 8, 9],
        "none": [None] * 6, "mixed": [1.5, "a", None, "b", 2.0, "c"],
    })  # fmt: skip
    for own in (table, table.iloc[:0], pd.concat([table] * 4000, ignore_index=True)):
        assert "".join(_write_rows(own)) == own.to_csv(index=False, lineterminator="\n")


def test_an_unknown_option_or_no_file_is_refused(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call(capsys, "import", "--suggest")
    assert code == 2
    assert "innocap import FILE --suggest" in err
    shutil.rmtree(table.parent)
    with pytest.raises(InnocapError, match="cannot be read"):
        read_wave(load_settings())
