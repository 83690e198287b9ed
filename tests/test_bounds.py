"""What is read is bounded and checked before it is used; what is written stays where it belongs."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from test_batch import small
from test_cli import call

from innocap_analysis import run_notebooks
from innocap_analysis.archives import make_workbook, pack_files
from innocap_analysis.batch.parameters import check_parameters
from innocap_analysis.data.datapackage import read_datapackage
from innocap_analysis.data.units import read_regions
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import read_table, refuse_folder, write_atomically
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.settings import OUTPUT_VARIABLE, Settings, load_settings
from innocap_analysis.survey.files.columns import read_mapping
from innocap_analysis.survey.files.options import read_wave_table
from innocap_analysis.survey.files.privacy import find_key
from innocap_analysis.survey.files.workbook import read_workbook
from innocap_analysis.survey.scales import read_scales

__all__ = ["small"]
pytestmark = pytest.mark.usefixtures("bounded")
Change = Callable[[dict[str, Any]], object]


def _first(**values: object) -> Change:
    return lambda package: package["resources"][0].update(values)


def _column(**values: object) -> Change:
    return lambda package: package["resources"][0]["schema"]["fields"][0].update(values)


FIRST = "resource 'blavatnik_public_administration'"
FAULTS: dict[str, tuple[Change, str]] = {
    "role misspelt": (_first(role="observation"), "did you mean 'observations'?"),
    "role of another type": (_first(role=["observations"]), f"{FIRST}, role: "),
    "hash a number": (_first(hash=5), f"{FIRST}, hash: "),
    "hash of another kind": (_first(hash="md5:abc"), f"{FIRST}, hash: "),
    "hash in capitals": (_first(hash="sha256:" + "A" * 64), f"{FIRST}, hash: "),
    "path a list": (_first(path=["a.csv", "b.csv"]), f"{FIRST}, path: "),
    "path absolute": (_first(path="/etc/passwd"), "lies outside data/raw"),
    "path up": (_first(path="../../README.md"), "lies outside data/raw"),
    "path up in the middle": (_first(path="a/../../x.csv"), "lies outside data/raw"),
    "path empty": (_first(path=""), "lies outside data/raw"),
    "schema a list": (_first(schema=[]), f"{FIRST}, schema: "),
    "no title": (lambda package: package["resources"][0].pop("title"), "title: is missing"),
    "name a number": (_first(name=7), "resource 1, name: "),
    "cautions a text": (_first(cautions="none"), f"{FIRST}, cautions: "),
    "type unknown": (_column(type="date"), "schema, fields, 0, type: "),
    "pattern broken": (_column(type="string", constraints={"pattern": "["}), "no regular"),
    "rule misspelt": (_column(constraints={"minimun": 1}), "constraints, minimun: "),
    "minimum a text": (_column(constraints={"minimum": "1"}), "constraints, minimum"),
    "key unknown": (
        lambda package: package["resources"][0]["schema"].update(primaryKey=["contry"]),
        "there is no column 'contry'; did you mean 'country'?",
    ),
    "two of one name": (
        lambda package: package["resources"].append(package["resources"][0]),
        "two resources have the name",
    ),
    "no resources": (lambda package: package.pop("resources"), "resources: is missing"),
    "resources an object": (lambda package: package.update(resources={}), "resources: "),
    "a resource a number": (lambda package: package["resources"].append(3), "resource 13: "),
}


@pytest.mark.parametrize("change", FAULTS)
def test_a_fault_of_the_datapackage_is_named_with_its_resource(project: Path, change: str) -> None:
    path = project / "data" / "raw" / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    while len(package["resources"]) > 12:
        package["resources"].pop()
    make, told = FAULTS[change]
    make(package)
    path.write_text(json.dumps(package), encoding="utf-8")
    with pytest.raises(InnocapError, match=r"^datapackage.json: ") as caught:
        read_datapackage(path.parent)
    assert told in str(caught.value)


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "null", '"x"', "{", "\ufeff{}"])
def test_a_datapackage_of_another_form_is_refused(project: Path, text: str) -> None:
    path = project / "data" / "raw" / "datapackage.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InnocapError, match=r"^datapackage.json: "):
        read_datapackage(path.parent)


def test_all_faults_of_the_datapackage_are_told_at_once(project: Path) -> None:
    path = project / "data" / "raw" / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    for resource in package["resources"][:3]:
        resource["hash"] = 1
    path.write_text(json.dumps(package), encoding="utf-8")
    with pytest.raises(InnocapError) as caught:
        read_datapackage(path.parent)
    assert str(caught.value).count(", hash: ") == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: &a [x]\nb: *a\n", r"line 2: \*a refers to another place"),
        ("a: &a {x: 1}\nb: {<<: *a}\n", r"line 2: \*a refers to another place"),
        ("a: &a [*a]\n", r"line 1: \*a refers to another place"),
        (f"a: {'[' * 50}{']' * 50}\n", "more than 20 levels"),
        (f"a: {'{b: ' * 5000}", "more than 20 levels"),
        (f"# {'x' * 30_000_000}\na: b\n", "longer than 250000 letters"),
    ],
)
def test_settings_that_would_take_all_memory_are_refused(
    project: Path, text: str, told: str
) -> None:
    (project / "innocap.yml").write_text(text, encoding="utf-8")
    with pytest.raises(InnocapError, match=told):
        load_settings()


@pytest.mark.parametrize(
    ("number", "name", "value"),
    [("50", "runs", 0), ("50", "runs", 10**9), ("60", "seed", -1), ("40", "seed", 2**32),
     ("50", "base", 1), ("85", "smallest", -0.5), ("85", "smallest", 101.0)],
)  # fmt: skip
def test_a_parameter_out_of_its_range_is_refused(
    project: Path, number: str, name: str, value: float
) -> None:
    (path,) = (project / "notebooks").glob(f"{number}_*.ipynb")
    with pytest.raises(InnocapError, match=f"parameter {name}: {value} is not between"):
        check_parameters(path, {name: value}, load_settings())


def test_a_run_out_of_range_is_refused_before_anything_runs(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, told = call(capsys, "report", "-n", "50", "--set", "runs=0")
    assert code == 2
    assert "runs: 0 is not between 1 and 100000" in told
    assert not (project / "reports").exists()


def test_a_relative_output_starts_at_the_project(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OUTPUT_VARIABLE, "out")
    monkeypatch.chdir(project / "notebooks")
    assert load_settings().figures_dir == project / "out" / "figures"
    monkeypatch.setenv(OUTPUT_VARIABLE, str(project / "elsewhere"))
    assert load_settings().reports_dir == project / "elsewhere" / "reports"


@pytest.mark.parametrize(
    ("name", "problem"),
    [("a" * 300, "File name too long"), ("x/" * 900, "200 folders"), ("\udcff", "no UTF-8")],
)
def test_an_output_that_no_disk_can_hold_is_refused(
    name: str, problem: str, tmp_path: Path
) -> None:
    with pytest.raises(InnocapError, match=f"cannot be written to .*{problem}"):
        refuse_folder(tmp_path / name)
    refuse_folder(tmp_path / "new" / "folder")


@pytest.mark.parametrize("folder", ["data", "data/raw", "data/new", "notebooks", "link"])
def test_no_report_is_written_among_what_it_is_made_from(
    folder: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Below data/raw it would be a file that nobody described, and stop every batch from then on.
    (project / "link").symlink_to("data/raw")
    before = _list_tree(project)
    monkeypatch.setenv(OUTPUT_VARIABLE, folder)
    with pytest.raises(InnocapError, match=r"cannot be written to \(reports are made from what"):
        run_notebooks(notebooks=["30"], regions=["SE"])
    assert _list_tree(project) == before


@pytest.mark.slow
def test_reports_lie_where_an_odd_output_says(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    before = _list_tree(small)
    for name in ("a {b} $c 'd' é", "link"):
        monkeypatch.setenv(OUTPUT_VARIABLE, str(tmp_path / name))
        outcomes = run_notebooks(regions=["SE"], notebooks=["30"])
        assert [(o.status, o.error) for o in outcomes] == [("ok", "")]
        for made in ("reports/SE/30_one.html", "figures/SE/30_figure.csv"):
            assert (tmp_path / name / made).is_file()
    assert {path.name for path in tmp_path.iterdir()} - {"project"} == {
        "a {b} $c 'd' é", "link", "real"
    }  # fmt: skip
    assert not {path for path in _list_tree(small) - before if "processed" not in path}


@pytest.mark.skipif(os.name == "nt", reason="has no umask")
@pytest.mark.parametrize(("mask", "private", "mode"), [
    (0o022, False, 0o644), (0o077, False, 0o600), (0o002, False, 0o664), (0o000, True, 0o600),
])  # fmt: skip
def test_files_are_as_open_as_the_umask_says(
    tmp_path: Path, mask: int, mode: int, *, private: bool
) -> None:
    before = os.umask(mask)
    try:
        path = write_atomically(tmp_path / "a.txt", "x", private=private)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("read", [read_regions, read_table])
def test_a_header_of_too_few_columns_moves_no_column(tmp_path: Path, read: Any) -> None:
    path = tmp_path / "regions.csv"
    path.write_text("raw_code,unit,country\nSE11,SE11,SE,Stockholm\n", encoding="utf-8")
    with pytest.raises(InnocapError, match=r"regions\.csv: the rows have more cells than"):
        read(path)


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_atomically(tmp_path / "a.csv", iter(["a\n", "\ud800"]))
    assert list(tmp_path.iterdir()) == []


def _make_book(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """Make a workbook of one answer whose sheet is changed."""
    data = make_workbook({"Sheet": [["id", "SKL1"], ["1", "x"]]})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    (sheet,) = [name for name in files if "/worksheets/" in name]
    path.write_bytes(pack_files(files | {sheet: change(files[sheet])}))
    return path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'r="B2"', b'r="B4294967295"'), (b'<row r="2"', b'<row r="4294967295"'),
        (b'r="B2"', b'r="b99999999999"'), (b'r="B2"', b'r="ZZZZZZ2"'),
        (b'r="B2"', b'r="ATR1048576"'),
    ],
)  # fmt: skip
def test_a_workbook_that_claims_endless_rows_is_refused(
    tmp_path: Path, old: bytes, new: bytes
) -> None:
    path = _make_book(tmp_path / "a.xlsx", lambda sheet: sheet.replace(old, new))
    with pytest.raises(InnocapError, match=r"^a.xlsx: .*(cells down to row|columns; a survey)"):
        read_workbook(path)


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    path = _make_book(tmp_path / "a.xlsx", lambda sheet: sheet + b"<!-- x -->" * 500)
    data = bytearray(path.read_bytes())
    at = data.find(b"xl/worksheets/") + 60
    data[at : at + 200] = bytes(200)
    path.write_bytes(bytes(data))
    with pytest.raises(InnocapError, match=r"^a.xlsx: is damaged"):
        read_workbook(path)


def test_a_binary_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(pack_files({"xl/workbook.bin": b"x"}))
    with pytest.raises(InnocapError, match="binary workbook"):
        read_workbook(path)


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("x")', "+1", "-1", "@SUM(A1)"])
def test_no_text_becomes_a_formula_in_a_workbook(text: str) -> None:
    data = make_workbook({"a": [[text, "b"]]})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert load_workbook(io.BytesIO(data)).active["A1"].data_type == "s"


@pytest.mark.parametrize("name", ["scales", "survey", "indicators", "regions", "places", "local"])
def test_a_table_that_is_no_utf_8_is_refused_with_its_line(
    project: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project / "data" / "codebooks" / f"{name}.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b",", b",\xff\xfe", 1)
    path.write_bytes(b"".join(lines))
    code, out, err = call(capsys, "check")
    assert code != 0
    assert f"{name}.csv: line 3: is not UTF-8" in out + err
    assert "Traceback" not in out + err


@pytest.mark.parametrize("read", [read_codebook, read_mapping, read_scales, read_wave_table,
                                  read_regions])  # fmt: skip
def test_a_cell_without_an_end_is_refused_with_its_line(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text('code,parent\n"never closed,x\n' + "x" * 140_000, encoding="utf-8")
    before = csv.field_size_limit(10**9)  # as a library sets it for the whole process
    try:
        with pytest.raises(InnocapError, match=r"a.csv: line 3: field larger than"):
            read(path)
        assert csv.field_size_limit() == 10**9
    finally:
        csv.field_size_limit(before)


@pytest.mark.skipif(os.name == "nt", reason="has no modes")
@pytest.mark.parametrize(
    ("content", "mode", "told"),
    [
        (b"0123456789abcdef" * 4, 0o644, "others may read it; close it: chmod 600"),
        (b"0123456789abcdef" * 4, 0o620, "others may read it"),
        (b"a" * 64, 0o600, "the same few characters"),
        (b"0123456789abcdef" * 4096, 0o600, "too long"),
        (b"short", 0o600, "too few"),
    ],
)
def test_a_weak_or_open_key_is_refused(
    tmp_path: Path, content: bytes, mode: int, told: str
) -> None:
    place = tmp_path / "key"
    place.write_bytes(content)
    place.chmod(mode)
    with pytest.raises(InnocapError, match=told):
        find_key(tmp_path / "project", place)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="has no owners")
def test_the_key_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "key"
    find_key(tmp_path / "project", place)
    monkeypatch.setattr(os, "geteuid", lambda: place.stat().st_uid + 1)
    with pytest.raises(InnocapError, match="belongs to another user"):
        find_key(tmp_path / "project", place)


def test_a_key_that_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InnocapError, match="is no file"):
        find_key(tmp_path / "project", tmp_path)


_BAD = {
    ("50", "runs"): ["0", "-1", "1e3", "1.5", "nan", "inf", "", " ", "100001", "9" * 400, "٣x",
                     "0x10", "True", "[1]", "1;2", "$(id)", "\0"],
    ("60", "seed"): ["-1", "4294967296", "1e999", "x", "None"],
    ("60", "region"): ["../../etc", "se", "SE;FI", "<b>", "", "*", "SE\n"],
    ("40", "language"): ["EN", "../sv", "xx", ""],
    ("40", "reference"): ["nordics", "__class__", "{0}"],
    ("35", "place"): ["nowhere", "../SE-2284", "SE-0000"],
    ("70", "wave"): ["imported", "../answers", "SYNTHETIC"],
    ("70", "leave_out_flagged"): ["yes", "1", ""],
    ("85", "smallest"): ["-0.5", "100.5", "nan"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("number", "name", "value"), [(*key, value) for key, own in _BAD.items() for value in own]
)
def test_a_parameter_that_is_none_is_told(
    number: str, name: str, value: str, settings: Settings
) -> None:
    (path,) = settings.notebooks_dir.glob(f"{number}_*.ipynb")
    with pytest.raises(InnocapError):
        check_parameters(path, {name: value}, settings)


def _list_tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_a_path_that_leads_nowhere_is_told_and_nothing_is_written(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INNOCAP_KEY_FILE", str(project / ".." / "key"))
    (project / "loop").symlink_to("loop")
    (project / "folder.csv").mkdir()
    (project / "nul.csv").write_bytes(b"notebook,units\n30,\0\n")
    (project / "away.csv").symlink_to("/proc/self/mem")
    before = _list_tree(project.parent)
    paths = ["gone.csv", "loop", "folder.csv", "away.csv", "nul.csv", "", ".", "..", "/",
             "/dev/null", "x" * 300, "a/../../../../etc/passwd", "-", "con.csv"]  # fmt: skip
    for path in paths:
        for arguments in (["import", path], ["report", "--dry-run", "--runs", path]):
            code, out, err = call(capsys, *arguments)
            assert code == 2, (arguments, out, err)
            assert len((out + err).strip()) > 10
            assert "Traceback" not in out + err
    assert _list_tree(project.parent) - before <= {"key"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
@pytest.mark.parametrize("read", [load_settings, read_codebook, read_mapping, read_scales,
                                  read_wave_table, read_regions])  # fmt: skip
def test_what_is_no_ordinary_file_is_refused_at_once(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.csv")  # nobody ever writes into it
    (tmp_path / "endless.csv").symlink_to("/dev/zero")
    for name in ("pipe.csv", "endless.csv"):
        with pytest.raises(InnocapError, match=rf"{name}: .*is no ordinary file"):
            read(tmp_path / name)
