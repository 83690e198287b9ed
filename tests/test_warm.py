"""Reports in loaded processes: those of a kernel, whatever ends a run, and nothing left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from test_batch import small, write_notebook

from innocap_analysis import run_notebooks
from innocap_analysis.batch import run
from innocap_analysis.batch.lock import NAME, hold_places
from innocap_analysis.batch.run import START_VARIABLE, choose_start
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import WRITING_PREFIX
from innocap_analysis.settings import OUTPUT_VARIABLE, load_settings
from warmill.processes import can_fork

__all__ = ["small"]
linux = pytest.mark.skipif(not can_fork(), reason="runs start warm on Linux only")
STARTS = ("fork", "spawn", "cold")


def _mask(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "DATE", text)


@linux
@pytest.mark.slow
def test_warm_reports_are_those_of_a_kernel(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in project.glob("notebooks/[36]0_*.ipynb"):
        book = nbformat.read(path, as_version=4)
        if path.name.startswith("60"):  # a short one, to follow the other
            tags = [cell.metadata.get("tags", []) for cell in book.cells]
            del book.cells[tags.index(["parameters"]) + 1 :]
        # Not shown, as it differs from run to run.
        note = f"import os\n\nwith open({str(tmp_path / 'pids')!r}, 'a') as file:\n"
        note += "    _ = file.write(f'{os.getpid()} ')"
        book.cells.append(nbformat.v4.new_code_cell(note, id="pid"))
        nbformat.write(book, path)
    for name in STARTS:
        monkeypatch.setenv(OUTPUT_VARIABLE, str(tmp_path / name))
        monkeypatch.setenv(START_VARIABLE, name)
        outcomes = run_notebooks(
            regions=["SE"],
            notebooks=["30", "60"] if name == "spawn" else ["30"],
            jobs=1,
            settings=load_settings(project),
        )
        assert {o.error for o in outcomes} == {""}
    _, one, other, _ = (tmp_path / "pids").read_text().split()
    assert one == other  # where a process lives on, an ordinary page costs none
    files = {
        name: sorted(p.relative_to(tmp_path / name) for p in (tmp_path / name).rglob("30_*"))
        for name in STARTS
    }
    assert files["fork"] == files["spawn"] == files["cold"]
    for name in ("fork", "spawn"):
        for file in files["cold"]:
            warm, cold = (tmp_path / place / file for place in (name, "cold"))
            if file.suffix == ".ipynb":
                _compare(*(nbformat.read(path, as_version=4) for path in (warm, cold)))
            elif file.suffix == ".html":
                assert _mask(warm.read_text("utf-8")) == _mask(cold.read_text("utf-8"))
            else:
                assert warm.read_bytes() == cold.read_bytes()


def _compare(one: nbformat.NotebookNode, two: nbformat.NotebookNode) -> None:
    assert one.metadata.language_info == two.metadata.language_info
    for a, b in zip(one.cells, two.cells, strict=True):
        assert (a.source, a.id) == (b.source, b.id)
        shown = [_mask(json.dumps(cell.get("outputs", []))) for cell in (a, b)]
        assert shown[0] == shown[1]
        assert a.get("execution_count") == b.get("execution_count")


BAD = {
    "SE": ("raise ValueError('on\\npurpose')", "ValueError: on purpose"),
    "FI": ("import os\nos._exit(3)", "ended its own process (exit code 3)"),
    "IE": ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "ended by SIGSEGV, 2 times"),
    "CA": ("while True:\n    pass", "took longer than 3 s"),
    "SE32": ("import numpy as np\nnp.ones(2**28).sum()", "MemoryError"),
    "SE33": ("print(region)", ""),
}  # fmt: skip


@linux
@pytest.mark.slow
def test_every_end_is_told_apart_and_hides_no_other(small: Path) -> None:
    codes = {code: cell for code, (cell, _) in BAD.items()}
    write_notebook(small / "notebooks" / "30_one.ipynb", f"ends = {codes!r}", "exec(ends[region])")
    config = small / "innocap.yml"
    text = config.read_text(encoding="utf-8").replace(
        "timeout_seconds: 60", "timeout_seconds: 3\n  memory_mb: 1000"
    )
    config.write_text(text, encoding="utf-8")
    outcomes = run_notebooks(regions=list(BAD), notebooks=["30"], jobs=3)
    for outcome, (code, (_, told)) in zip(outcomes, BAD.items(), strict=True):
        assert (outcome.run.folder, outcome.status) == (code, "failed" if told else "ok")
        assert told in outcome.error
        assert outcome.cell == (4 if told else None)
        assert (small / "reports" / code / "30_one.failed.ipynb").exists() == bool(told)
    assert not list(small.glob(".staging-*"))


@linux
@pytest.mark.slow
def test_nothing_is_left_when_the_batch_is_ended(small: Path) -> None:
    write_notebook(small / "notebooks" / "30_one.ipynb", "import time", "time.sleep(300)")
    mark = f"{OUTPUT_VARIABLE}={small}"
    environment = os.environ | {OUTPUT_VARIABLE: str(small)}
    code = (
        # A shell starts what runs in the background with Ctrl-C ignored.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "import sys; from innocap_analysis import cli; sys.argv = ['innocap', 'report', '-n', '30',"
        " '-j', '2']; cli.main()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=small, env=environment)
    deadline = time.monotonic() + 60
    while len(list(small.glob(".staging-*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(_find_family(mark)) >= 4  # the command, the parent and two children
    process.send_signal(signal.SIGINT)
    process.wait(10)
    deadline = time.monotonic() + 5
    while _find_family(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _find_family(mark) == []
    assert process.returncode == 130
    assert not list(small.glob(".staging-*"))
    assert not list((small / "reports").rglob("*.html"))


def _find_family(mark: str) -> list[int]:
    """Return the processes whose environment holds a mark."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_two_batches_never_make_the_same_report(small: Path) -> None:
    left = small / ".staging-left-behind"
    left.mkdir()
    half = small / "reports" / "SE" / f"{WRITING_PREFIX}30_one.html-x"
    half.parent.mkdir(parents=True)
    half.touch()
    with hold_places(small, ["reports/SE/30_one.ipynb"]):
        # Of a batch that was ended.
        assert not left.exists()
        assert not half.exists()
        half.parent.rmdir()
        half.parent.parent.rmdir()
        with pytest.raises(
            InnocapError, match=rf"another batch .process {os.getpid()}. is making .*SE/30"
        ):
            run_notebooks(regions=["SE"], notebooks=["30"])
        assert not (small / "reports").exists()
    # The file stays and keeps nobody out.
    assert (small / NAME).exists()
    with hold_places(small, ["reports/SE/30_one.ipynb"]):
        pass


def test_the_start_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for can, wanted, chosen in ((True, "", "fork"), (False, "", "spawn"), (True, "spawn", "spawn"),
                                (False, "cold", "cold")):  # fmt: skip
        monkeypatch.setattr(run, "can_fork", lambda can=can: can)
        monkeypatch.setenv(START_VARIABLE, wanted)
        assert choose_start() == chosen
    monkeypatch.setenv(START_VARIABLE, "fork")
    with pytest.raises(InnocapError, match="INNOCAP_START=fork: must be spawn or cold"):
        choose_start()


@pytest.mark.parametrize(
    ("encoding", "command", "code"), [("ascii", "form --folder", 0), ("cp437", "report -r", 2)]
)
def test_every_code_page_is_told(project: Path, encoding: str, command: str, code: int) -> None:
    place = project.parent / "Västernorrland → ≥ 3"
    place.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", "from innocap_analysis import cli; cli.main()", *command.split(),
         str(place)],
        cwd=project, capture_output=True, timeout=60,
        env=os.environ | {"PYTHONIOENCODING": encoding, OUTPUT_VARIABLE: str(place)},
    )  # fmt: skip
    text = (done.stdout + done.stderr).decode(encoding, "replace")
    assert "sternorrland" in text
    assert "Error" not in text
    assert done.returncode == code, text
