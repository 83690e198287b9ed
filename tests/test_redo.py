"""A batch redoes what has read something that changed, says why before, and nothing else."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_batch import small, write_notebook
from test_cli import call

from innocap_analysis import load_settings, run_notebooks
from innocap_analysis.batch import witness
from innocap_analysis.batch.conduct import Request, foresee_batch
from innocap_analysis.batch.execute import execute_run
from innocap_analysis.batch.fingerprint import describe_project, list_software
from innocap_analysis.batch.plan import make_plan
from innocap_analysis.batch.record import read_record
from innocap_analysis.batch.verify import verify_reports
from innocap_analysis.reads import walk_files
from innocap_analysis.settings import OUTPUT_VARIABLE
from innocap_analysis.survey.importing import import_files

__all__ = ["small"]
COUNTRIES = ("SE", "FI", "IE", "CA")
INDEX = {"10", "20", "40", "50", "85", *(f"{c} {n}" for c in COUNTRIES for n in ("30", "60"))}
SURVEY = {"70", "80", "85"}
NAMED = INDEX | {"45"}  # names regions, and shows nothing of the index


def _edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        text = (root / name).read_text(encoding="utf-8")
        assert old in text, (name, old)
        (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def _note(*names: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("a\n1\n", encoding="utf-8")

    return change


def _link(root: Path) -> None:
    (root / "data").rename(root / "elsewhere")
    (root / "data").symlink_to(root / "elsewhere")


def _link_and_change(root: Path) -> None:
    _link(root)
    _edit("elsewhere/codebooks/examples/hdi.csv", "Human", "Humane")(root)


BOOK = "data/codebooks/indicators.csv"
# What changes, which of the sixteen reports are then redone, and the reason that is given.
CHANGES: dict[str, tuple[Callable[[Path], object], set[str], str]] = {
    "nothing": (lambda root: None, set(), ""),
    "a weight": (_edit(BOOK, "1,1,238.0", "1,2,238.0"), INDEX, f"{BOOK} changed"),
    "a label of the index": (_edit(BOOK, "Skills", "Abilities"), INDEX, f"{BOOK} changed"),
    "a label of the questionnaire": (
        _edit("data/codebooks/survey.csv", "Skills", "Abilities"), SURVEY,
        "data/codebooks/survey.csv changed",
    ),
    "a label of a scale": (
        _edit("data/codebooks/scales.csv", "Strongly agree", "Fully agree"), SURVEY,
        "data/codebooks/scales.csv changed",
    ),
    "a name of a region": (
        _edit("data/codebooks/regions.csv", "Newfoundland ja", "Newfoundland &"),
        NAMED | SURVEY, "data/codebooks/regions.csv changed",
    ),
    "published figures": (
        _edit("data/raw/oecd_ourdata.csv", "0.", "0.0"), INDEX, "oecd_ourdata.csv changed",
    ),
    "a note in data": (
        _note("data/note.txt", "data/raw/note.md", "data/raw/survey/note.txt",
              "data/codebooks/examples/note.txt", "data/new/note.csv", "notebooks/note.txt"),
        set(), "",
    ),
    "an example codebook": (
        _edit("data/codebooks/examples/hdi.csv", "Human", "Humane"), {"10", "40"},
        "data/codebooks/examples/hdi.csv changed",
    ),
    "another example codebook": (
        _note("data/codebooks/examples/z.csv"), {"10", "40"},
        "data/codebooks/examples/*.csv holds other files",
    ),
    "another made-up file": (
        _note("data/raw/survey/SYNTHETIC_NO.csv"), SURVEY,
        "data/raw/survey/SYNTHETIC_* holds other files",
    ),
    "a file that was read is gone": (
        lambda root: (root / "data/codebooks/examples/hdi.csv").unlink(), {"10", "40"},
        "data/codebooks/examples/hdi.csv is missing",
    ),
    "data moved behind a link": (_link, set(), ""),
    "data changed behind a link": (
        _link_and_change, {"10", "40"}, "data/codebooks/examples/hdi.csv changed",
    ),
    "a notebook": (
        _edit("notebooks/30_how_does_this_country_do.ipynb", "view = open", "view  = open"),
        {f"{c} 30" for c in COUNTRIES}, "notebook edited",
    ),
    "a comment in the settings": (_edit("innocap.yml", "# ISO", "# The ISO"), set(), ""),
    "the time limit": (_edit("innocap.yml", "seconds: 600", "seconds: 601"), set(), ""),
    "a colour": (
        _edit("innocap.yml", "#0072B2", "#0072B3"),
        {"10", "20", "40", "50", "80", "85", "SE 30", "SE 60"},
        "innocap.yml, countries.SE.colour changed",
    ),
    "least coverage": (
        _edit("innocap.yml", "min_coverage: 0.5", "min_coverage: 0.6"), INDEX,
        "innocap.yml, min_coverage changed",
    ),
    "fewest respondents": (
        _edit("innocap.yml", "min_respondents: 10", "min_respondents: 11"), SURVEY,
        "innocap.yml, min_respondents changed",
    ),
    "a figure is gone": (
        lambda root: (root / "figures/SE/30_gaps.png").unlink(), {"SE 30"},
        "figures/SE/30_gaps.png missing",
    ),
}  # fmt: skip


def _foresee(root: Path, **wanted: object) -> dict[str, str]:
    """Return why each report would be made again, by region and number of its notebook."""
    found = foresee_batch(Request(load_settings(root), **wanted))  # type: ignore[arg-type]
    return {
        " ".join([run.folder, run.stem[:2]]).removeprefix("comparison "): why
        for run, why in found
        if why
    }


@pytest.fixture
def made(whole: Path) -> Iterator[Path]:
    """Return a project whose whole plan has run once; copy it before it is changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(OUTPUT_VARIABLE, raising=False)
        yield whole


@pytest.fixture
def no_own_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the libraries that read by themselves: another test may have loaded one here."""
    monkeypatch.setattr(witness, "_OWN_READERS", set())


@pytest.mark.slow
def test_only_what_read_it_is_redone(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from innocap_analysis.batch import conduct

    # Faults in the data stop a batch before; here it is only asked who has read what.
    monkeypatch.setattr("innocap_analysis.index.capacity.load_capacity", lambda **_: None)
    monkeypatch.setattr("innocap_analysis.batch.domain.refuse_faults", lambda *_: None)
    wrong = {}
    for number, (what, (change, wanted, reason)) in enumerate(CHANGES.items()):
        root = tmp_path / str(number)
        shutil.copytree(made, root)
        change(root)
        found = _foresee(root)
        if set(found) != wanted or not all(reason in why for why in found.values()):
            wrong[what] = found
        inputs = verify_reports(root / "reports", load_settings(root)).inputs
        if bool(inputs) != bool(wanted - {"SE 30"} or reason.startswith("notebook")):
            wrong[f"{what}, verified"] = inputs
    assert wrong == {}
    monkeypatch.setattr(conduct, "MOST_REASONS", 9)
    found = _foresee(made, parameters={"runs": "32", "base": "16"})
    assert set(found) == {"40", "50", *(f"{c} 60" for c in COUNTRIES)}
    assert found["40"] == "no report yet"  # other parameters make a report of their own


def test_a_package_edited_and_put_back_while_a_run_is_under_way_is_not_what_ran(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "innocap_analysis.batch.fingerprint"
    code = tmp_path / "package" / "module.py"
    code.parent.mkdir()
    code.write_text("x = 1\n")
    monkeypatch.setattr(f"{name}.CODE_FOLDERS", (code.parent,))
    monkeypatch.setattr(f"{name}._LOADED", time.time() + 0.1)
    time.sleep(0.2)
    path = small / "notebooks" / "30_one.ipynb"
    settings, wanted = load_settings(), {"regions": ["SE"], "notebooks": ["30"]}
    for cell, told in (("1", set()), (f"{code!r}.touch()", {"package edited meanwhile"})):
        write_notebook(path, "from pathlib import Path, PosixPath, WindowsPath", cell)
        (run,) = make_plan(settings, **wanted)
        assert execute_run(run, settings, describe_project(settings)).error == ""
        assert set(_foresee(small, **wanted).values()) == told


@pytest.mark.slow
def test_another_package_redoes_everything(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "innocap_analysis.batch.fingerprint"
    monkeypatch.setattr(f"{name}._hash_code", lambda _: "0" * 64)
    assert set(_foresee(made).values()) == {"package changed"}
    monkeypatch.undo()
    other = list_software() | {"python": "0"}
    monkeypatch.setattr(f"{name}.list_software", lambda: other)
    told = f"python 0 instead of {platform.python_version()}"
    assert set(_foresee(made).values()) == {told}
    monkeypatch.undo()
    assert _foresee(made) == {}
    assert set(_foresee(made, force=True).values()) == {"forced"}


@pytest.mark.slow
def test_an_import_redoes_the_pages_of_the_imported_wave(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "project"
    shutil.copytree(made, root)
    settings = load_settings(root)
    file = root / "data/raw/survey/SYNTHETIC_SE_limesurvey.csv"
    monkeypatch.setenv("INNOCAP_KEY_FILE", str(tmp_path / "key"))
    import_files([file], settings=settings)
    monkeypatch.setenv(OUTPUT_VARIABLE, str(tmp_path / "imported"))
    wanted = {"notebooks": ["70", "80"], "parameters": {"wave": "imported"}}
    outcomes = run_notebooks(settings=settings, **wanted)  # type: ignore[arg-type]
    assert [outcome.error for outcome in outcomes] == ["", ""]
    assert _foresee(root, **wanted) == {}
    _edit("data/processed/answers.csv", "True", "False")(root)
    found = _foresee(root, **wanted)
    assert found == dict.fromkeys(["70", "80"], "data/processed/answers.csv changed")
    monkeypatch.delenv(OUTPUT_VARIABLE)
    # The pages of the made-up wave stand as they were, beside those of the real one.
    made_up = {"notebooks": ["70", "80"], "parameters": {"wave": "synthetic"}}
    assert _foresee(root, **made_up) == {}


BY_HAND = """
import os, sqlite3
from pathlib import Path
import numpy as np
import pandas as pd
import helper
pd.read_csv("../data/by_hand.csv")
np.loadtxt(Path("..") / "data" / "numbers.txt")
Path("../data/not_there.csv").exists()
os.path.isfile("looked_for.txt")
try:
    open("../data/not_there_either.csv")
except FileNotFoundError:
    pass
try:
    import not_written_yet
except ImportError:
    pass
os.listdir("../data/folder")
sqlite3.connect("../data/base.db").close()
Path("made.txt").write_text("made by the run itself")
Path("made.txt").read_text()
Path("../data").mkdir(exist_ok=True)
pd.read_csv(OUTSIDE)
pid = os.fork()
if pid == 0:
    open("../data/by_a_child.txt").read()
    os._exit(0)
os.waitpid(pid, 0)
"""


@pytest.mark.slow
@pytest.mark.usefixtures("no_own_readers")
@pytest.mark.parametrize("way", ["warm", "cold"])
def test_what_a_notebook_opens_by_hand_counts(small: Path, tmp_path: Path, way: str) -> None:
    outside = tmp_path / "outside.csv"
    for path in (outside, small / "data" / "by_hand.csv", small / "data" / "by_a_child.txt"):
        path.write_text("a\n1\n")
    (small / "data" / "numbers.txt").write_text("1 2\n")
    (small / "data" / "folder").mkdir()
    (small / "data" / "base.db").write_bytes(b"")
    (small / "notebooks" / "helper.py").write_text("x = 1\n")
    path = small / "notebooks" / "30_one.ipynb"
    write_notebook(path, BY_HAND.replace("OUTSIDE", repr(str(outside))))
    settings = load_settings()
    if way == "warm":
        (outcome,) = run_notebooks(regions=["SE"], notebooks=["30"])
    else:
        (run,) = make_plan(settings, regions=["SE"], notebooks=["30"])
        outcome = execute_run(run, settings, describe_project(settings))
    assert outcome.error == ""
    read = read_record(small / "reports" / "SE" / "30_one.ipynb")["reads"]
    files = {name for name in read["file"] if "custom" not in name and "matplotlibrc" not in name}
    assert files >= {
        "data/by_hand.csv", "data/numbers.txt", "data/not_there.csv", "notebooks/looked_for.txt",
        "data/not_there_either.csv", "notebooks/helper.py", "notebooks/not_written_yet.py",
        "data/base.db", "data/by_a_child.txt", outside.as_posix(),
    }  # fmt: skip
    assert "notebooks/made.txt" not in files
    assert not [name for name in files if name.startswith(("reports/", "figures/", "."))]
    assert list(read["list"]) == ["data/folder/*"]
    assert read["tree"] == {}
    wanted = {"regions": ["SE"], "notebooks": ["30"]}
    for name, reason in {
        "data/by_hand.csv": "data/by_hand.csv changed",
        "data/not_there.csv": "data/not_there.csv has appeared",
        "notebooks/helper.py": "notebooks/helper.py changed",
        "notebooks/not_written_yet.py": "notebooks/not_written_yet.py has appeared",
        "data/folder/new.txt": "data/folder/* holds other files",
        "data/by_a_child.txt": "data/by_a_child.txt changed",
        str(outside): f"{outside.as_posix()} changed",
    }.items():
        file = small / name
        before = file.read_bytes() if file.exists() else None
        assert _foresee(small, **wanted) == {}
        file.write_text("something else\n")
        assert _foresee(small, **wanted) == {"SE 30": reason}
        if before is None:
            file.unlink()
        else:
            file.write_bytes(before)


@pytest.mark.slow
def test_what_python_cannot_see_counts_as_having_read_all_data(small: Path) -> None:
    path = small / "notebooks" / "30_one.ipynb"
    write_notebook(path, "import subprocess\nsubprocess.run(['cat', '../data/x.txt'])")
    (small / "data" / "x.txt").write_text("x")
    run_notebooks(regions=["SE"], notebooks=["30"])
    wanted = {"regions": ["SE"], "notebooks": ["30"]}
    assert _foresee(small, **wanted) == {}
    (small / "data" / "x.txt").write_text("y")
    assert _foresee(small, **wanted) == {"SE 30": "data/ changed"}


@pytest.mark.usefixtures("no_own_readers")
def test_a_witness_that_fails_has_seen_everything(small: Path, tmp_path: Path) -> None:
    with witness.listen(small, tmp_path / "gone" / "log") as heard:
        (small / "data" / "codebooks" / "regions.csv").read_bytes()
    read = witness.collect(heard)
    assert list(read["file"]) == ["data/codebooks/regions.csv"]
    assert list(read["tree"]) == ["data"]
    with witness.listen(small, tmp_path / "log") as heard:
        pass
    assert witness.collect(heard)["tree"] == {}
    assert list(witness.collect(heard, kernel=True)["tree"]) == ["data"]
    assert not hasattr(os.stat, "plain")


def test_settings_tell_what_is_read_of_them(small: Path, tmp_path: Path) -> None:
    with witness.listen(small, tmp_path / "log") as heard:
        settings = load_settings()
        assert settings.countries["SE"].colour
        assert settings.regions_path
        assert settings.output_dir
    assert list(witness.collect(heard)["setting"]) == [
        "countries", "countries.SE.colour", "regions",
    ]  # fmt: skip
    for step in (vars, repr, lambda own: own.model_dump_json(), lambda own: own == own):
        with witness.listen(small, tmp_path / "log2") as heard:
            step(load_settings())
        assert "*" in witness.collect(heard)["setting"], step
    for name, digest in witness.collect(heard)["setting"].items():
        assert load_settings().hash_read(name) == digest
    assert load_settings().hash_read("countries.NO.colour") == "absent"


def test_files_are_found_through_links(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "far" / "deep").mkdir(parents=True)
    (tmp_path / "far" / "deep" / "x.csv").write_text("1")
    (tmp_path / "far" / "deep" / "up").symlink_to(tmp_path / "far")
    for name in ("one", "two"):
        (tmp_path / "data" / name).symlink_to(tmp_path / "far")
    (tmp_path / "data" / "broken").symlink_to(tmp_path / "nowhere")
    found = [path.relative_to(tmp_path).as_posix() for path in walk_files(tmp_path / "data")]
    assert found == ["data/one/deep/x.csv", "data/two/deep/x.csv"]


@pytest.mark.slow
def test_a_dry_run_tells_and_writes_nothing(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(small.rglob("*"))
    code, out, _ = call(capsys, "report", "--dry-run", "-r", "SE", "-r", "FI")
    assert code == 0
    assert "SE 30_one: no report yet" in out
    assert "3 of 3 would be run, 0 stand as they are" in out
    assert sorted(small.rglob("*")) == before
    assert call(capsys, "report", "--dry-run", "--set", "m=1")[0] == 2
    assert call(capsys, "report", "-r", "SE", "-r", "FI")[0] == 0
    write_notebook(small / "notebooks" / "10_all.ipynb", "1", parameters='language: str = "en"')
    _, out, _ = call(capsys, "report", "--dry-run", "-r", "SE", "-r", "FI")
    assert out.startswith("comparison 10_all: notebook edited\n1 of 3 would be run")
    _, out, _ = call(capsys, "report", "-r", "SE", "-r", "FI")
    assert "(notebook edited)" in out


@pytest.mark.slow
def test_clean_removes_what_no_plan_makes(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_notebooks(regions=["SE", "FI", "SE32"])
    run_notebooks(regions=["SE"], notebooks=["30"], language="fi")
    assert call(capsys, "clean", "--yes")[1] == "0 files removed, 0 others stay\n"
    (small / "reports" / "mine.html").write_text("mine")
    (small / "figures" / "FI" / "30_figure.csv").write_text("changed by hand")
    (small / "reports" / "SE" / "gone.failed.ipynb").write_text("{}")
    _edit("innocap.yml", "languages: [en, sv, fi, fr]", "languages: [en, sv]")(small)
    _edit("innocap.yml", "region: [30_one]", "region: []")(small)
    everything = sorted(small.rglob("*"))
    code, out, _ = call(capsys, "clean", "--dry-run")
    assert code == 0
    assert sorted(small.rglob("*")) == everything
    assert "remove  reports/FI/30_one.ipynb: innocap.yml plans no 30_one for regions" in out
    assert "stays   figures/FI/30_figure.csv" in out
    assert "stays   reports/mine.html" in out
    assert "remove  reports/SE/gone.failed.ipynb" in out
    code, out, _ = call(capsys, "clean", "--yes")
    assert code == 0
    left = {
        path.relative_to(small).as_posix()
        for top in ("reports", "figures")
        for path in (small / top).rglob("*")
        if path.is_file()
    }
    assert left == {
        "reports/explore.html", "reports/index.html", "reports/index.results.csv",
        "reports/mine.html",
        "reports/results.csv", "reports/results.schema.json", "reports/ro-crate-metadata.json",
        "figures/FI/30_figure.csv", "reports/comparison/10_all.ipynb",
        "reports/comparison/10_all.html",
    }  # fmt: skip
    assert verify_reports(small / "reports", load_settings()).inputs == {}
