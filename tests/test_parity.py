"""Cells of every kind end and show the same in every way of running as under papermill.

The kinds of `corpus/shown.txt`, `said.txt` and `python.txt` share a notebook each, and so do those
of `tagged.txt`, whose errors are allowed to go on; each kind of `ends.txt` has its own. A kind
begins with `=== name`, its further cells with `---` and their tags.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from innocap_analysis.batch.processes import START_VARIABLE, can_fork
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from innocap_analysis import run_notebooks
from innocap_analysis.settings import OUTPUT_VARIABLE, load_settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not can_fork(), reason="runs start warm on Linux only"),
]
ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path(__file__).parent / "corpus"
STARTS = {"warm": "fork", "spawned": "spawn", "Dask": "fork", "cold": "cold"}
WAYS = tuple(STARTS)
# What differs between two runs of papermill's own command, too: pattern, what stands for it, why.
MASKS = (
    (r"0x[0-9a-f]{6,}", "0x0", "an address in memory"),
    (r"/tmp/ipykernel_\d+", "/tmp/ipykernel_0", "a cell's file is named by the process"),
    (r"/tmp/tmp\w{8}\.json", "/tmp/tmp.json", "the file that tells a client its kernel's ports"),
    (r"<dc:date>[^<]*", "<dc:date>", "when an SVG was drawn"),
)
PAPERMILL = """
import json, sys
from papermill.cli import papermill
ends = {}
for name in sys.argv[2:]:
    try:
        papermill(["--no-progress-bar", "--cwd", "notebooks", "-p", "region", "SE", "-p",
                   "language", "en", f"notebooks/{name}.ipynb", f"{sys.argv[1]}/{name}.ipynb"])
    except SystemExit as end:
        ends[name] = int(end.code or 0)
    except Exception:
        ends[name] = 1  # what Python itself ends with
json.dump(ends, open(f"{sys.argv[1]}/ends.json", "w"))
"""


class Ended(NamedTuple):
    """How one notebook ended in one way."""

    code: int
    notebook: nbformat.NotebookNode
    error: str = ""


def read_corpus(name: str) -> dict[str, list[tuple[list[str], str]]]:
    """Return name -> cells, each with its tags."""
    kinds: dict[str, list[tuple[list[str], list[str]]]] = {}
    for line in (CORPUS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("=== "):
            cells = kinds.setdefault(line[4:], [])
        elif line.startswith("---"):
            cells.append((line[3:].split(), []))
        else:
            if not cells:
                cells.append(([], []))
            cells[-1][1].append(line)
    return {
        kind: [(tags, "\n".join(lines)) for tags, lines in cells] for kind, cells in kinds.items()
    }


SHARED = {name: read_corpus(name) for name in ("shown", "said", "python", "tagged")}
ENDS = read_corpus("ends")
BOOKS = SHARED | {kind: {kind: cells} for kind, cells in ENDS.items()}
# How a run ends is the same code in every way; on Dask runs are forked from a loaded process as
# well, and a run that starts cold has a kernel of its own, as papermill's command has.
PARTS = {
    "warm": tuple(BOOKS),
    "spawned": ("shown", "said", "python", "tagged", "mistyped magic", "own handler", "exit 3"),
    "Dask": ("said", "python", "tagged", "mistyped magic", "own handler", "exit 3"),
    "cold": ("said", "mistyped magic", "own handler", "exit 0", "exit 3"),
}
NAMES = {kind: f"{i}_{kind.replace(' ', '_')}" for i, kind in enumerate(BOOKS, start=10)}


def write_book(path: Path, kinds: dict[str, list[tuple[list[str], str]]]) -> None:
    parameters = 'region: str = "SE"  # whom\nlanguage: str = "en"'
    cells = [new_markdown_cell("# A title", id="a")]
    cells.append(new_code_cell(parameters, metadata={"tags": ["parameters"]}, id="b"))
    for kind, codes in kinds.items():
        for tags, code in codes:
            about = {"tags": tags, "kind": kind}
            cells.append(new_code_cell(code, metadata=about, id=f"c{len(cells)}"))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Ended]]]:
    """Return how every notebook ended in every way."""
    root = tmp_path_factory.mktemp("parity")
    (root / "notebooks").mkdir()
    for kind, kinds in BOOKS.items():
        write_book(root / "notebooks" / f"{NAMES[kind]}.ipynb", kinds)
    for name in ("raw", "codebooks"):
        shutil.copytree(ROOT / "data" / name, root / "data" / name)
    text = (ROOT / "innocap.yml").read_text(encoding="utf-8")
    plan = "".join(f"    - {name}\n" for name in NAMES.values())
    head = text[: text.index("batch:")] + "batch:\n  comparison: []\n  timeout_seconds: 300\n"
    (root / "innocap.yml").write_text(f"{head}  region:\n{plan}", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        # A kernel leaves what is written below Python alone where it sees pytest.
        patch.delenv("PYTEST_CURRENT_TEST", raising=False)
        found = {"papermill": run_papermill(root)}
        for way in WAYS:
            patch.setenv(OUTPUT_VARIABLE, str(root / way))
            patch.setenv(START_VARIABLE, STARTS[way])
            found[way] = run_batch(root / way, way)
        yield found


def run_papermill(root: Path) -> dict[str, Ended]:
    out = root / "papermill"
    out.mkdir()
    subprocess.run(
        [sys.executable, "-c", PAPERMILL, str(out), *NAMES.values()],
        cwd=root, capture_output=True, check=True, timeout=900,
    )  # fmt: skip
    ends = json.loads((out / "ends.json").read_text(encoding="utf-8"))
    return {
        kind: Ended(ends[name], nbformat.read(str(out / f"{name}.ipynb"), as_version=4))
        for kind, name in NAMES.items()
    }


def run_batch(out: Path, way: str) -> dict[str, Ended]:
    kinds = PARTS[way]
    outcomes = run_notebooks(
        regions=["SE"], notebooks=[NAMES[kind] for kind in kinds], jobs=2,
        scheduler="local" if way == "Dask" else None, settings=load_settings(),
    )  # fmt: skip
    found = {}
    for kind, outcome in zip(kinds, outcomes, strict=True):
        failed = outcome.status != "ok"
        place = out / "reports" / "SE" / f"{NAMES[kind]}{'.failed' if failed else ''}.ipynb"
        book = nbformat.read(str(place), as_version=4)
        found[kind] = Ended(int(failed), book, outcome.error or "")
    return found


def list_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    added = {"injected-parameters", "papermill-error-cell-tag"}
    return [cell for cell in notebook.cells if not added & set(cell.metadata.get("tags", []))]


def mask(cell: nbformat.NotebookNode) -> list[dict]:
    """Return a cell's outputs without what differs by nature.

    Text of one stream is joined: a kernel cuts it by its clock.
    """
    text = json.dumps(cell.get("outputs", []), sort_keys=True)
    for pattern, instead, _ in MASKS:
        text = re.sub(pattern, instead, text)
    joined: list[dict] = []
    for output in json.loads(text):
        before = joined[-1] if joined else {}
        if output["output_type"] == "stream" and output["name"] == before.get("name"):
            before["text"] += output["text"]
        else:
            joined.append(output)
    return joined


def test_the_corpus_is_large_and_of_both_kinds(ways: dict[str, dict[str, Ended]]) -> None:
    assert sum(len(kinds) for kinds in SHARED.values()) + len(ENDS) >= 70
    codes = {kind: end.code for kind, end in ways["papermill"].items()}
    # From papermill's issues 381, 449 and 501, and its own rule for SystemExit.
    good = dict.fromkeys(("shown", "said", "python", "exit 0", "exit"), 0)
    wanted = good | dict.fromkeys(("tagged", "mistyped magic", "exit 3"), 1)
    assert {kind: codes[kind] for kind in wanted} == wanted
    shown, said = (
        [output for cell in ways["papermill"][name].notebook.cells
         for output in cell.get("outputs", [])]
        for name in ("shown", "said")
    )  # fmt: skip
    assert sum("image/png" in output.get("data", {}) for output in shown) >= 15
    assert sum("Warning" in output.get("text", "") for output in said) >= 8


@pytest.mark.parametrize("way", WAYS)
def test_every_notebook_ends_as_under_papermill(
    ways: dict[str, dict[str, Ended]], way: str
) -> None:
    for kind, end in ways[way].items():
        assert end.code == ways["papermill"][kind].code, (kind, end.error)
        assert bool(end.error) == bool(end.code), kind
    told = {
        "mistyped magic": "UsageError: Line magic function `%nosuchmagic` not found.",
        "own handler": "handled division by zero",
        "exit 3": "SystemExit: 3",
    }
    for kind in told.keys() & ways[way].keys():
        assert ways[way][kind].error == told[kind]


@pytest.mark.parametrize("way", WAYS)
def test_every_output_is_that_of_papermill(ways: dict[str, dict[str, Ended]], way: str) -> None:
    different = []
    for kind, end in ways[way].items():
        wanted = ways["papermill"][kind].notebook
        assert end.notebook.metadata.language_info == wanted.metadata.language_info
        assert end.notebook.metadata.get("widgets") == wanted.metadata.get("widgets")
        pairs = zip(list_cells(wanted), list_cells(end.notebook), strict=True)
        different += [
            (cell.metadata.kind, cell.source, mask(cell), mask(other))
            for cell, other in pairs
            if mask(cell) != mask(other)
            or cell.get("execution_count") != other.get("execution_count")
        ]
    assert different == []
