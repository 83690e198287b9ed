"""Cells of every kind end and show the same in every way of running as under papermill.

The kinds of `cells/shown.txt`, `said.txt` and `python.txt` share a notebook each, and so do those
of `tagged.txt`, whose errors are allowed to go on; each kind of `ends.txt` has its own.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest

from warmill import Task, execute_notebooks
from warmill.processes import can_fork

from .books import find_differences, read_book, read_kinds, write_book
from .hooks import load_libraries, load_numpy

pytestmark = pytest.mark.skipif(not can_fork(), reason="compares all ways, of which one forks")

SHARED = {name: read_kinds(name) for name in ("shown", "said", "python", "tagged")}
ENDS = read_kinds("ends")
BOOKS = SHARED | {kind: {kind: cells} for kind, cells in ENDS.items()}
# How a run ends is the same code in every way; on Dask runs are forked from a loaded process as
# well, and one that starts cold has a kernel of its own, as papermill's command has.
WAYS = {
    "fork": tuple(BOOKS),
    "spawn": ("shown", "said", "tagged", "mistyped magic", "own handler", "exit 3", "python"),
    "Dask": ("said", "python", "tagged", "mistyped magic", "own handler", "exit 3"),
    "cold": ("said", "mistyped magic", "exit 3"),
}
PAPERMILL = """
import json, sys
from warmill.processes import import_jsonschema
import_jsonschema()
from papermill.cli import papermill
ends = {}
for name in sys.argv[1:]:
    try:
        papermill(["--no-progress-bar", "--no-request-save-on-cell-execute", "--cwd", "books",
                   "-p", "name", "b", f"books/{name}.ipynb", f"papermill/{name}.ipynb"])
    except SystemExit as end:
        ends[name] = int(end.code or 0)
    except Exception:
        ends[name] = 1  # what Python itself ends with
json.dump(ends, open("papermill/ends.json", "w"))
"""


class End(NamedTuple):
    """How one notebook ended in one way."""

    code: int
    notebook: nbformat.NotebookNode
    error: str = ""


Ends = dict[str, dict[str, End]]


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ends]:
    """Return how every notebook ended in every way, each way run once when it is asked for."""
    root = tmp_path_factory.mktemp("parity")
    (root / "books").mkdir()
    for kind, kinds in BOOKS.items():
        write_book(root / "books" / f"{kind}.ipynb", kinds)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        # A kernel leaves what is written below Python alone where it sees pytest.
        patch.delenv("PYTEST_CURRENT_TEST", raising=False)
        yield {"papermill": run_papermill(root)}


def run_papermill(root: Path) -> dict[str, End]:
    out = root / "papermill"
    out.mkdir()
    subprocess.run([sys.executable, "-c", PAPERMILL, *BOOKS], cwd=root, capture_output=True,
                   check=True, timeout=600)  # fmt: skip
    codes = json.loads((out / "ends.json").read_text(encoding="utf-8"))
    return {kind: End(code, read_book(out / f"{kind}.ipynb")) for kind, code in codes.items()}


def run_way(way: str) -> dict[str, End]:
    kinds = WAYS[way]
    Path(way).mkdir()
    tasks = [Task(f"books/{k}.ipynb", f"{way}/{{name}} {k}.ipynb", {"name": "b"}) for k in kinds]
    start = "fork" if way == "Dask" else way
    load = load_libraries if "shown" in kinds else load_numpy
    jobs = 1 if way == "spawn" else 2  # so that each notebook comes after others
    options = {"load": load, "jobs": jobs, "start": start, "cwd": "books", "timeout": 300}
    if way == "Dask":
        from distributed import Client, LocalCluster

        with (
            LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1",
                         dashboard_address=None, memory_limit=0) as cluster,
            Client(cluster) as client,
        ):  # fmt: skip
            ended = client.submit(execute_notebooks, tasks, **options).result()
    else:
        ended = execute_notebooks(tasks, **options)
    found = {}
    for kind, end in zip(kinds, ended, strict=True):
        found[kind] = End(int(bool(end.error)), read_book(Path(f"{way}/b {kind}.ipynb")), end.error)
    return found


@pytest.fixture
def found(
    ends: Ends, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> dict[str, End]:
    """Return how the notebooks ended in one way."""
    way = request.getfixturevalue("way")
    if way == "Dask" and importlib.util.find_spec("distributed") is None:
        pytest.skip("distributed is not installed")
    if way not in ends:
        monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
        ends[way] = run_way(way)
    return ends[way]


def test_the_corpus_is_large_and_of_both_kinds(ends: Ends) -> None:
    kinds = [kind for book in BOOKS.values() for kind in book]
    assert len(kinds) == len(set(kinds)) + 1  # there are imports twice
    assert len(kinds) >= 75
    assert sum(len(cells) for book in BOOKS.values() for cells in book.values()) >= 250
    codes = {kind: end.code for kind, end in ends["papermill"].items()}
    # From papermill's issues 381, 449 and 501, and its own rule for SystemExit.
    good = dict.fromkeys(("shown", "said", "python", "exit 0", "exit"), 0)
    wanted = good | dict.fromkeys(("tagged", "mistyped magic", "exit 3"), 1)
    assert {kind: codes[kind] for kind in wanted} == wanted
    shown, said = (
        [o for cell in ends["papermill"][name].notebook.cells for o in cell.get("outputs", [])]
        for name in ("shown", "said")
    )
    assert sum("image/png" in output.get("data", {}) for output in shown) >= 13
    assert sum("Warning" in output.get("text", "") for output in said) >= 8


@pytest.mark.parametrize("way", WAYS)
def test_every_end_is_that_of_papermill(ends: Ends, way: str, found: dict[str, End]) -> None:
    for kind, end in found.items():
        assert end.code == ends["papermill"][kind].code, (kind, end.error)
    told = {
        "mistyped magic": "UsageError: Line magic function `%nosuchmagic` not found.",
        "exit 3": "SystemExit: 3",
        **({"own handler": "handled division by zero"} if way != "cold" else {}),
    }
    assert {kind: found[kind].error for kind in told} == told


@pytest.mark.parametrize("way", WAYS)
def test_every_output_is_that_of_papermill(ends: Ends, way: str, found: dict[str, End]) -> None:
    different = []
    for kind, end in found.items():
        wanted = ends["papermill"][kind].notebook
        assert end.notebook.metadata.language_info == wanted.metadata.language_info
        assert end.notebook.metadata.get("widgets") == wanted.metadata.get("widgets")
        different += [(kind, *cell) for cell in find_differences(wanted, end.notebook)]
    assert different == []
