"""Runs that start warm: equal to cold ones, and every bad end told apart."""

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
from innocap_analysis.batch.processes import START_VARIABLE, can_fork
from test_batch import small, write_notebook

from innocap_analysis import run_notebooks
from innocap_analysis.batch.crate import CRATE_NAME
from innocap_analysis.batch.lock import NAME, hold_places
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import WRITING_PREFIX
from innocap_analysis.settings import OUTPUT_VARIABLE, load_settings

__all__ = ["small"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not can_fork(), reason="runs start warm on Linux only"),
]
ROOT = Path(__file__).resolve().parents[1]

BAD = {
    "SE": ("raise ValueError('on\\npurpose')", "ValueError: on purpose"),
    "FI": ("import os\nos._exit(3)", "ended its own process (exit code 3)"),
    "IE": ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
           "ended by SIGSEGV, 2 times"),
    "CA": ("while True:\n    pass", "took longer than 5 s"),
    "SE32": ("import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\n"
             "while True:\n    pass", "took longer than 5 s"),
    "SE33": ("import sys\nsys.exit(4)", "SystemExit: 4"),
    "IE06": ("import numpy as np\nnp.ones(2**28).sum()",
             "MemoryError: Unable to allocate 2.00 GiB"),
    "FI1D": ("import subprocess, sys\n"
             "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
             "print(p.pid)", ""),
    "FI19": ("import os\nos.write(1, b'from below')", ""),
    "IE04": ("import numpy as np\nprint(np.random.rand())", ""),
    "IE05": ("import numpy as np\nprint(np.random.rand())", ""),
}  # fmt: skip
FORKED_ONLY = {"IE", "SE32", "SE33"}


def _mask(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "DATE", text)


def test_warm_reports_are_those_of_a_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = ("fork", "spawn", "cold")
    for name in places:
        monkeypatch.setenv(OUTPUT_VARIABLE, str(tmp_path / name))
        monkeypatch.setenv(START_VARIABLE, name)
        outcomes = run_notebooks(
            regions=["SE"], notebooks=["30", "80"], jobs=2, settings=load_settings(ROOT)
        )
        assert [o.error for o in outcomes] == [""] * 2
    files = {
        name: sorted(p.relative_to(tmp_path / name) for p in (tmp_path / name).rglob("[!.]*.*"))
        for name in places
    }
    assert files["fork"] == files["spawn"] == files["cold"]
    for name in ("fork", "spawn"):
        for file in files["cold"]:
            warm, cold = (tmp_path / place / file for place in (name, "cold"))
            if file.suffix == ".ipynb":
                one, two = (nbformat.read(path, as_version=4) for path in (warm, cold))
                assert one.metadata.language_info == two.metadata.language_info
                for a, b in zip(one.cells, two.cells, strict=True):
                    assert (a.source, a.id) == (b.source, b.id)
                    shown = [_mask(json.dumps(cell.get("outputs", []))) for cell in (a, b)]
                    assert shown[0] == shown[1]
                    assert a.get("execution_count") == b.get("execution_count")
            elif file.name == CRATE_NAME:
                continue  # holds the hashes of notebooks with their times
            elif file.suffix == ".html":
                assert _mask(warm.read_text("utf-8")) == _mask(cold.read_text("utf-8"))
            else:
                assert warm.read_bytes() == cold.read_bytes()


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_every_end_is_told_apart_and_hides_no_other(
    small: Path, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    monkeypatch.setenv(START_VARIABLE, start)
    lines = ["ends = {"] + [f"    {code!r}: {cell!r}," for code, (cell, _) in BAD.items()] + ["}"]
    write_notebook(small / "notebooks" / "30_one.ipynb", "\n".join(lines),
                   "exec(ends.get(region, 'print(region)'))")  # fmt: skip
    config = small / "innocap.yml"
    text = config.read_text(encoding="utf-8").replace(
        "timeout_seconds: 60", "timeout_seconds: 5\n  memory_mb: 1000"
    )
    config.write_text(text, encoding="utf-8")
    # Where processes live on, each of these ends costs another one: one of each kind will do.
    regions = [code for code in (*BAD, "CA-NL") if start == "fork" or code not in FORKED_ONLY]
    outcomes = run_notebooks(regions=regions, notebooks=["30"], jobs=3)
    found = {outcome.run.folder: outcome for outcome in outcomes}
    for code, (_, told) in ((code, bad) for code, bad in BAD.items() if code in regions):
        assert told in found[code].error, code
        assert found[code].status == ("failed" if told else "ok"), (code, found[code].error)
        if told:
            assert found[code].cell == 4, code
            assert (small / "reports" / code / "30_one.failed.ipynb").exists()
    assert found["CA-NL"].status == "ok"
    assert found["CA-NL"].memory_mb > 50
    assert not list(small.glob(".staging-*"))

    def read(code: str) -> str:
        book = nbformat.read(small / "reports" / code / "30_one.ipynb", as_version=4)
        return "".join(o.get("text", "") for c in book.cells for o in c.get("outputs", []))

    assert "from below" in read("FI19")
    assert read("IE04") != read("IE05")  # chance is not inherited
    left = int(read("FI1D"))
    deadline = time.monotonic() + 5
    while Path(f"/proc/{left}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    state = Path(f"/proc/{left}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_a_stop_is_heard_where_python_drops_exceptions() -> None:
    code = (
        "import os, signal\nfrom innocap_analysis.batch.run import _Stop\n"
        "signal.signal(signal.SIGTERM, _Stop())\n"
        "class Garbage:\n"
        "    def __del__(self):\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "Garbage()\n"
        "os._exit(7)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


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
    assert [o.status for o in run_notebooks(regions=["SE"], notebooks=["30"])] == ["ok"]


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


@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_when_the_batch_is_ended(
    small: Path, end: signal.Signals, start: str
) -> None:
    write_notebook(small / "notebooks" / "30_one.ipynb", "import time", "time.sleep(300)")
    mark = f"{OUTPUT_VARIABLE}={small}"
    environment = os.environ | {OUTPUT_VARIABLE: str(small), START_VARIABLE: start}
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
    time.sleep(0.5)
    assert len(_find_family(mark)) >= 4  # the command, the parent and two children
    process.send_signal(end)
    process.wait(10)
    deadline = time.monotonic() + 5
    while _find_family(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _find_family(mark) == []
    assert process.returncode == (-9 if end == signal.SIGKILL else 130)
    if end == signal.SIGINT:
        assert not list(small.glob(".staging-*"))
    assert not list((small / "reports").rglob("*.html"))
