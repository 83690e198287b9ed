"""Every bad end is told apart, hides no other, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from nbclient.client import timestamp

from warmill import Task, execute_notebooks
from warmill.processes import can_fork
from warmill.shell import Wire

from .books import read_texts, write_cells
from .hooks import load_numpy

STARTS = ["fork", "spawn"] if can_fork() else ["spawn"]
BAD = {
    "raised": ("raise ValueError('on\\npurpose')", "ValueError: on purpose"),
    "left": ("import os\nos._exit(3)", "the notebook ended its own process (exit code 3)"),
    "crashed": ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
                "the process was ended by SIGSEGV, 2 times"),
    "hung": ("while True:\n    pass", "took longer than 3 s"),
    "deaf": ("import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\n"
             "while True:\n    pass", "took longer than 3 s"),
    "exited": ("import sys\nsys.exit(4)", "SystemExit: 4"),
    "greedy": ("import numpy as np\nnp.ones(2**28).sum()",
               "MemoryError: Unable to allocate 2.00 GiB"),
    "parent": ("import subprocess, sys\n"
               "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
               "print(p.pid)", ""),
    "below": ("import os\nos.write(1, b'from below')", ""),
    "chance": ("import numpy as np\nprint(np.random.rand())", ""),
    "again": ("import numpy as np\nprint(np.random.rand())", ""),
    "good": ("import os\nprint(os.path.basename(os.getcwd()))", ""),
}  # fmt: skip
# Where processes live on, what costs one comes last, and one of each kind will do.
ENDS = {
    "fork": tuple(BAD),
    "spawn": ("raised", "greedy", "below", "chance", "again", "good", "left", "parent", "hung"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="asks for what only Linux has")
@pytest.mark.parametrize("start", STARTS)
def test_every_end_is_told_apart_and_hides_no_other(tmp_path: Path, start: str) -> None:
    write_cells(tmp_path / "one.ipynb", "", "exec(code)", parameters="code = ''")
    names = ENDS[start]
    result = tmp_path / "{name}.ipynb"
    tasks = [
        Task(tmp_path / "one.ipynb", result, {"name": name, "code": BAD[name][0]}) for name in names
    ]
    reported: list[str] = []
    ended = execute_notebooks(
        tasks, load=load_numpy, jobs=3 if start == "fork" else 1, start=start, timeout=3,
        memory_mb=1000, cwd=tmp_path, report=lambda end: reported.append(end.error),
    )  # fmt: skip
    told = {name: end.error for name, end in zip(names, ended, strict=True)}
    assert {n: told[n] for n in names if not told[n].startswith(BAD[n][1])} == {}
    assert [name for name in names if told[name] and not BAD[name][1]] == []
    assert sorted(reported) == sorted(told.values())
    assert {end.cell for end in ended if end.error} == {4}
    # Where processes live on, one that ended could not say.
    measured = [end.memory_mb for end in ended if start == "fork" or not end.error]
    assert all(20 < memory < 1000 for memory in measured)
    read = {n: read_texts(tmp_path / f"{n}.ipynb")[-1] for n in names if not told[n]}
    assert (read["below"], read["good"]) == ("from below", tmp_path.name)
    assert read["chance"] != read["again"]  # chance is not inherited
    assert is_gone(int(read["parent"]))


def is_gone(pid: int, seconds: float = 5) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2]
        except OSError:
            return True
        if state.split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def find_family(mark: str) -> list[int]:
    """Return the processes whose environment holds a mark."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
@pytest.mark.parametrize(("start", "end"), [("fork", signal.SIGINT), ("spawn", signal.SIGKILL)])
def test_nothing_is_left_when_the_caller_is_ended(
    tmp_path: Path, start: str, end: signal.Signals
) -> None:
    write_cells(tmp_path / "one.ipynb", "open(name, 'w').close()", "import time\ntime.sleep(300)")
    script = (
        # A shell starts what runs in the background with Ctrl-C ignored.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from warmill import Task, execute_notebooks\n"
        "tasks = [Task('one.ipynb', 'of {name}.ipynb', {'name': name}) for name in 'ab']\n"
        f"execute_notebooks(tasks, start={start!r}, jobs=2)"
    )
    mark = f"MARK={tmp_path}"
    process = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, stderr=subprocess.PIPE,
                               env=os.environ | {"MARK": str(tmp_path)})  # fmt: skip
    until = time.monotonic() + 60
    while not ((tmp_path / "a").exists() and (tmp_path / "b").exists()):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)
    assert len(find_family(mark)) >= 4  # the caller, the process below it and two notebooks
    process.send_signal(end)
    _, said = process.communicate(timeout=20)
    assert (b"KeyboardInterrupt" in said) == (end == signal.SIGINT)
    until = time.monotonic() + 5
    while find_family(mark) and time.monotonic() < until:
        time.sleep(0.05)
    assert find_family(mark) == []


def test_what_papermill_refuses_is_told(tmp_path: Path) -> None:
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "bare.ipynb")
    (tmp_path / "torn.ipynb").write_text("{")
    names = ["gone", "torn", "bare"]
    tasks = [Task(tmp_path / "{name}.ipynb", tmp_path / "x.ipynb", {"name": n}) for n in names]
    ended = execute_notebooks(tasks, jobs=1)
    # Papermill's own: FileNotFoundError, nbformat's, and "No kernel name found".
    kinds = [end.error.partition(":")[0] for end in ended]
    assert kinds == ["FileNotFoundError", "NotJSONError", "ValueError"]


def test_another_kernel_runs_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--quiet"]
    place = tmp_path / "kernels" / "other"
    place.mkdir(parents=True)
    about = {"argv": argv, "display_name": "Other", "language": "python"}
    (place / "kernel.json").write_text(json.dumps(about), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    path = write_cells(tmp_path / "one.ipynb", "import sys\nprint(sys.argv[1:])")
    book = nbformat.read(path, as_version=4)
    book.metadata.kernelspec = {"name": "other", "display_name": "Other", "language": "python"}
    nbformat.write(book, path)
    (end,) = execute_notebooks([Task(path, tmp_path / "done.ipynb")])
    assert end.error == ""
    assert "--quiet" in read_texts(tmp_path / "done.ipynb")[0]


def test_a_stop_is_heard_where_python_drops_exceptions() -> None:
    code = (
        "import os, signal\nfrom warmill.helper import _stop\n"
        "signal.signal(signal.SIGTERM, _stop)\n"
        "class Garbage:\n"
        "    def __del__(self):\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "Garbage()\n"
        "os._exit(7)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


def test_half_a_character_is_shown_as_such_and_ends_nothing() -> None:
    # A kernel drops the text with all around it, and papermill ends with 0.
    wire = Wire()
    for text in ("a\ud800b", "\ud83d\ude00"):
        wire.send(None, "stream", {"name": "stdout", "text": text}, parent={})
    assert [m["content"]["text"] for m in wire.shown] == ["a\ufffdb", "\U0001f600"]


def test_messages_have_the_time_at_which_they_were_made() -> None:
    # Without it nbclient takes one of its own, which from Python 3.12 on warns in the notebook's
    # process: a cell that makes warnings errors had failed its notebook.
    wire = Wire()
    before = datetime.now(UTC)
    wire.send(None, "status", {"execution_state": "busy"}, parent={})
    told = datetime.fromisoformat(timestamp(wire.shown[0]))
    assert before <= told <= datetime.now(UTC)
