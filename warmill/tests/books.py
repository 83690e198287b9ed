"""Notebooks of the tests: a corpus of cells of every kind, and how outputs are compared."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

Kinds = dict[str, list[tuple[list[str], str]]]
CELLS = Path(__file__).parent / "cells"
_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
# What differs between two runs of papermill's own command, too: pattern, what stands for it, why.
MASKS = (
    (r"0x[0-9a-f]{6,}", "0x0", "an address in memory"),
    (r"/tmp/ipykernel_\d+", "/tmp/ipykernel_0", "a cell's file is named by the process"),
    (r"/tmp/tmp\w{8}\.json", "/tmp/tmp.json", "the file that tells a client its kernel's ports"),
    (r"\(pid=\d+\)", "(pid=0)", "which process a warning of Python 3.12 is about"),
    (
        r'({"name": "stderr", "output_type": "stream", "text": "[^"]*forkpty\(\)\\n"}), '
        r'({"name": "stdout", [^}]*})',
        r"\2, \1",
        "whether a kernel tells first that it starts a shell, or what the shell says",
    ),
    (r"<dc:date>[^<]*", "<dc:date>", "when an SVG was drawn"),
)


def read_kinds(name: str) -> Kinds:
    """Return the cells of each kind, each with its tags.

    A kind begins with `=== name`, and `# needs package ...` where it does; its further cells
    with `---` and their tags.
    """
    kinds: dict[str, list[tuple[list[str], list[str]]]] = {}
    cells: list[tuple[list[str], list[str]]] = []
    for line in (CELLS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("=== "):
            kind, _, needs = line[4:].partition(" # needs ")
            cells = []
            if all(map(importlib.util.find_spec, needs.split())):
                kinds[kind] = cells
        elif line.startswith("---"):
            cells.append((line[3:].split(), []))
        else:
            if not cells:
                cells.append(([], []))
            cells[-1][1].append(line)
    return {kind: [(tags, "\n".join(lines)) for tags, lines in own] for kind, own in kinds.items()}


def write_book(path: Path, kinds: Kinds, parameters: str = 'name: str = "a"  # whose') -> Path:
    cells = [new_markdown_cell("# A title", id="a")]
    cells.append(new_code_cell(parameters, metadata={"tags": ["parameters"]}, id="b"))
    for kind, codes in kinds.items():
        for tags, code in codes:
            about = {"tags": tags, "kind": kind}
            cells.append(new_code_cell(code, metadata=about, id=f"c{len(cells)}"))
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": _KERNEL}), path)
    return path


def write_cells(path: Path, *codes: str, parameters: str = 'name = "a"') -> Path:
    return write_book(path, {"": [([], code) for code in codes]}, parameters)


def read_texts(path: Path) -> list[str]:
    """Return the lines that a notebook printed."""
    book = nbformat.read(path, as_version=4)
    shown = [o for cell in book.cells for o in cell.get("outputs", []) if o.output_type == "stream"]
    return "".join(o.text for o in shown if o.name == "stdout").splitlines()


def list_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    added = {"injected-parameters", "papermill-error-cell-tag"}
    return [cell for cell in notebook.cells if not added & set(cell.metadata.get("tags", []))]


def mask(outputs: Iterable[dict]) -> list[dict]:
    """Return outputs without what differs by nature.

    Text of one stream is joined: a kernel cuts it by its clock.
    """
    text = json.dumps(list(outputs), sort_keys=True)
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


def read_book(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def find_differences(
    wanted: nbformat.NotebookNode, found: nbformat.NotebookNode
) -> list[tuple[str, list[dict], list[dict]]]:
    """Return the source of each cell that shows something else, and what it shows in both."""
    different = []
    for cell, other in zip(list_cells(wanted), list_cells(found), strict=True):
        one, two = (mask(c.get("outputs", [])) for c in (cell, other))
        if one != two or cell.get("execution_count") != other.get("execution_count"):
            different.append((cell.source, one, two))
    return different
