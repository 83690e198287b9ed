"""Batches that go on where they stopped: what would come out the same is left as it is."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from test_batch import small, write_notebook

from innocap_analysis import run_notebooks
from innocap_analysis.batch import run as batch
from innocap_analysis.batch.bundle import pack_project, unpack_project
from innocap_analysis.batch.conduct import Request
from innocap_analysis.batch.fingerprint import Edition, describe_project
from innocap_analysis.batch.parameters import read_notebook
from innocap_analysis.batch.plan import make_plan
from innocap_analysis.batch.record import find_reasons, read_record
from innocap_analysis.batch.verify import verify_reports
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import OUTPUT_VARIABLE, TEXTS_NAME, load_settings
from warmill import helper
from warmill.helper import Helper

__all__ = ["small"]
pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("INNOCAP_KILLS", "3"))
FIGURE = """
import os
from pathlib import Path
folder = Path(os.environ["INNOCAP_OUTPUT"]) / "figures" / region
folder.mkdir(parents=True, exist_ok=True)
for name in names:
    (folder / name).write_text(region)
"""
READ = """
from innocap_analysis import find_unit, load_settings
settings = load_settings()
find_unit("SE32", settings), settings.min_coverage
"""
STAMPS = (
    r'"(started|ended|start_time|end_time|duration|iopub\.[a-z_.]+|shell\.[a-z_.]+|sha256)": '
    r'("[^"]*"|[\d.]+)',
    r'"(startTime|endTime|datePublished)": "[^"]*"',
    r"\d{4}-\d\d-\d\d \d\d:\d\d",
    r'"reports/[^"]*\.html": "[0-9a-f]{64}"',
)


def run(jobs: int = 2, *, force: bool = False) -> dict[str, str]:
    outcomes = run_notebooks(regions=["SE", "FI"], notebooks=["30"], jobs=jobs, force=force)
    assert [o.error for o in outcomes if o.status == "failed"] == []
    return {outcome.run.folder: outcome.status for outcome in outcomes}


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


CHANGES: dict[str, tuple[Callable[[Path], object], dict[str, str]]] = {
    "nothing": (lambda root: None, {"SE": "skipped", "FI": "skipped"}),
    "outputs in the source": (
        lambda root: _save_with_outputs(root / "notebooks" / "30_one.ipynb"),
        {"SE": "skipped", "FI": "skipped"},
    ),
    "time limit": (
        lambda root: _edit(root / "innocap.yml", "seconds: 60", "seconds: 61"),
        {"SE": "skipped", "FI": "skipped"},
    ),
    "notebook": (
        lambda root: _edit(root / "notebooks" / "30_one.ipynb", "write_text", "write_text "),
        {"SE": "ok", "FI": "ok"},
    ),
    "a setting that is read": (
        lambda root: _edit(root / "innocap.yml", "min_coverage: 0.5", "min_coverage: 0.6"),
        {"SE": "ok", "FI": "ok"},
    ),
    "a setting that is not": (
        lambda root: _edit(root / "innocap.yml", "min_respondents: 10", "min_respondents: 12"),
        {"SE": "skipped", "FI": "skipped"},
    ),
    "data that is read": (
        lambda root: _edit(
            root / "data" / "codebooks" / "regions.csv", "Newfoundland ja", "Newfoundland & "
        ),
        {"SE": "ok", "FI": "ok"},
    ),
    "data that is not": (
        lambda root: (root / "data" / "processed" / "answers.csv").write_text("a\n1\n"),
        {"SE": "skipped", "FI": "skipped"},
    ),
    "a record of old": (
        lambda root: _edit(root / "reports" / "SE" / "30_one.ipynb", '"reads"', '"inputs"'),
        {"SE": "ok", "FI": "skipped"},
    ),
    "a figure is changed": (
        lambda root: (root / "figures" / "SE" / "30_a.csv").write_text("x"),
        {"SE": "ok", "FI": "skipped"},
    ),
    "a page is gone": (
        lambda root: (root / "reports" / "FI" / "30_one.html").unlink(),
        {"SE": "skipped", "FI": "ok"},
    ),
    "a report is cut off": (
        lambda root: (root / "reports" / "FI" / "30_one.ipynb").write_text('{"cells": ['),
        {"SE": "skipped", "FI": "ok"},
    ),
}


def _save_with_outputs(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    book.cells[-1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="x")]
    book.cells[-1].execution_count = 7
    nbformat.write(book, path)


def _foresee() -> dict[str, str]:
    """Return what a batch would do, without doing it."""
    settings = load_settings()
    state = describe_project(settings)
    edition = Edition(settings, state.files)
    return {
        one.folder: "ok"
        if find_reasons(one, read_notebook(one.notebook), settings, state, edition)[0]
        else "skipped"
        for one in make_plan(settings, regions=["SE", "FI"], notebooks=["30"])
    }


def test_only_what_would_change_runs_again(small: Path, tmp_path: Path) -> None:
    names = "names = ['30_a.csv', '30_b.csv']"
    write_notebook(small / "notebooks" / "30_one.ipynb", names, FIGURE, READ)
    run()
    kept = tmp_path / "kept"
    shutil.copytree(small, kept)
    for what, (change, told) in CHANGES.items():
        shutil.rmtree(small)
        shutil.copytree(kept, small)
        os.chdir(small)
        change(small)
        assert _foresee() == told, what
        verified = verify_reports(small / "reports", load_settings())
        differs = bool(verified.outputs or verified.inputs)
        assert differs == ("ok" in told.values()), (what, verified)
    assert run() == told
    verified = verify_reports(small / "reports", load_settings())
    assert (verified.outputs, verified.inputs) == ({}, {})


def test_force_other_parameters_and_figures_no_longer_made(small: Path) -> None:
    path = write_notebook(
        small / "notebooks" / "30_one.ipynb", "names = ['30_a.csv', '30_b.csv']", FIGURE,
        "if n == 7:\n    raise ValueError('x')",
    )  # fmt: skip
    run()
    assert run(force=True) == {"SE": "ok", "FI": "ok"}
    failed = small / "reports" / "SE" / "30_one@n-7.failed.ipynb"
    again = run_notebooks(regions=["SE"], notebooks=["30"], parameters={"n": "7"})
    assert [outcome.status for outcome in again] == ["failed"]
    assert failed.exists()
    assert run() == {"SE": "skipped", "FI": "skipped"}  # the standard report still stands
    again = run_notebooks(regions=["SE"], notebooks=["30"], parameters={"n": "3"})
    assert again[0].status == "ok"
    assert (small / "figures" / "SE" / "30_a@n-3.csv").exists()
    assert _foresee() == {"SE": "skipped", "FI": "skipped"}  # beside the standard one
    _edit(path, "'30_a.csv', '30_b.csv'", "'30_a.csv'")
    assert run() == {"SE": "ok", "FI": "ok"}
    assert not (small / "figures" / "SE" / "30_b.csv").exists()
    assert (small / "figures" / "SE" / "30_a.csv").exists()


def test_a_record_names_the_same_project_anywhere(small: Path, tmp_path: Path) -> None:
    run()
    record = read_record(small / "reports" / "SE" / "30_one.ipynb")
    assert str(small) not in json.dumps(record)
    settings = load_settings()
    (settings.processed_dir / TEXTS_NAME).write_text("response_id,item,text\n")
    elsewhere = unpack_project(pack_project(settings), tmp_path)
    assert not (elsewhere.processed_dir / TEXTS_NAME).exists()  # free texts stay at home
    assert describe_project(elsewhere) == describe_project(settings)
    assert pack_project(elsewhere) == pack_project(settings)


def _tree(root: Path) -> dict[str, str]:
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            text = path.read_text(encoding="utf-8")
            for stamp in STAMPS:
                text = re.sub(stamp, "STAMP", text)
            found[path.relative_to(root).as_posix()] = text
    return found


def test_killed_at_any_moment_it_goes_on_to_the_same_end(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_notebook(small / "notebooks" / "30_one.ipynb",
                   "names = [f'30_{i}.csv' for i in range(20)]", FIGURE,
                   "import time\ntime.sleep(0.3)\nprint(region)")  # fmt: skip
    asked = {"regions": ["SE", "FI", "IE", "CA"], "notebooks": ["30"], "jobs": 2}

    def start(output: Path) -> Helper:
        """Start what conducts a batch; the processes that it has started must follow it."""
        monkeypatch.setenv(OUTPUT_VARIABLE, str(output))
        request = Request(load_settings(), **asked)  # type: ignore[arg-type]
        return helper.start_helper(helper._serve, batch._conduct, (request, "fork"))

    def wait(under_way: Helper, seconds: float) -> float:
        begun = time.monotonic()
        while not under_way.has_ended() and time.monotonic() < begun + seconds:
            time.sleep(0.01)
        return time.monotonic() - begun

    whole = wait(start(tmp_path / "calm"), 300)
    rng = random.Random(6)
    output = tmp_path / "stormy"
    for number in range(KILLS):
        if number % 5 == 0:
            shutil.rmtree(output, ignore_errors=True)
        under_way = start(output)
        wait(under_way, rng.uniform(0.1, whole))
        if not under_way.has_ended():
            os.kill(under_way.pid, signal.SIGKILL)
        wait(under_way, 300)
        for page in output.glob("reports/*/*.ipynb"):
            json.loads(page.read_text(encoding="utf-8"))  # whole, whenever it was killed
    for _ in range(50):  # the last one's processes let go of the folder
        try:
            outcomes = run_notebooks(**asked)  # type: ignore[arg-type]
            break
        except InnocapError:
            time.sleep(0.1)
    assert {outcome.status for outcome in outcomes} <= {"ok", "skipped"}
    assert _tree(output) == _tree(tmp_path / "calm")
    assert not list(output.glob(".staging-*"))


def _fill(folder: Path, *, leave: int) -> None:
    free = shutil.disk_usage(folder).free
    (folder / "fill").write_bytes(b"\0" * max(free - leave, 0))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounts a tmpfs")
def test_a_full_disk_costs_no_earlier_report(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = small / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        monkeypatch.setenv(OUTPUT_VARIABLE, str(disk))
        run()
        before = _tree(disk)
        write_notebook(small / "notebooks" / "30_one.ipynb", "names = ['30_big.csv']",
                       FIGURE.replace("(region)", "(region * 10**6)"))  # fmt: skip
        for leave in (0, 60_000):
            _fill(disk, leave=leave)
            told = _read_fault(["SE", "FI"])
            assert "No space left on device" in told
            assert "space on the disk" in told
            (disk / "fill").unlink()
            now = {k: v for k, v in _tree(disk).items() if ".failed." not in k}
            kept = {k: v for k, v in now.items() if "index" not in k and "crate" not in k}
            assert kept.items() <= before.items()
            assert {k for k in before if "index" not in k} <= set(now)
            for left in disk.rglob("*.failed.ipynb"):
                left.unlink()
        assert set(run().values()) == {"ok"}
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    ("raised", "advised"),
    [
        ("OSError(errno.ENOSPC, 'No space left on device')", True),
        ("PermissionError(errno.EACCES, 'Permission denied', 'a.csv')", True),
        ("FileNotFoundError(errno.ENOENT, 'No such file', 'a.csv')", False),
        ("ValueError('[Errno 28] is only a text here')", False),
    ],
)
def test_a_cell_that_the_disk_refused_says_what_to_check(
    small: Path, raised: str, *, advised: bool
) -> None:
    write_notebook(small / "notebooks" / "30_one.ipynb", "n = 0", f"import errno\nraise {raised}")
    told = _read_fault(["SE"])
    assert told.startswith(raised.partition("(")[0])
    assert ("the space on the disk" in told) == advised


def test_a_folder_that_cannot_be_written_is_named(small: Path) -> None:
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        blocked = small / "reports"
        blocked.write_text("a file where a folder belongs")
    else:
        blocked = small / "reports"
        blocked.mkdir(mode=0o500)
    told = _read_fault(["SE"])
    assert str(blocked) in told
    assert "permissions" in told


def _read_fault(regions: list[str]) -> str:
    """Return what a batch says that cannot succeed, before or after its runs."""
    try:
        outcomes = run_notebooks(regions=regions, notebooks=["30"], jobs=2)
    except InnocapError as error:
        return str(error)
    assert [outcome.status for outcome in outcomes] == ["failed"] * len(regions)
    return outcomes[0].error
