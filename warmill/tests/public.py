"""Notebooks that somebody else wrote, through all ways of running: which outputs differ.

    python -m warmill.tests.public NOTEBOOK...

Compared with papermill's own command by the rules of the corpus; see `test_parity.py`. What two
runs of that command show differently (a clock, numbers that are drawn without a seed) is counted
and left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from warmill import Task, execute_notebooks

from .books import find_differences, read_book

KERNEL = "python3"  # some notebooks name a kernel of their own


def run_on_dask(tasks: list[Task], **options: Any) -> list[Any]:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None,
                     memory_limit=0) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        ended: list[Any] = client.submit(execute_notebooks, tasks, **options).result()
        return ended


def list_ways() -> dict[str, Any]:
    ways: dict[str, Any] = {
        start: partial(execute_notebooks, start=start) for start in ("fork", "spawn", "cold")
    }
    if importlib.util.find_spec("distributed"):
        ways["Dask"] = run_on_dask
    return ways


def main() -> None:
    """Run all, and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="+", type=Path)
    books: list[Path] = [path.absolute() for path in parser.parse_args().notebooks]
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        codes, chance = {}, {}
        for folder in ("papermill", "again", *list_ways()):
            (root / folder).mkdir()
        for book in books:
            # In one folder, because a notebook may show its own.
            shutil.copy(book, root / book.name)
            for folder in ("papermill", "again"):
                command = [sys.executable, "-m", "papermill", book.name, f"{folder}/{book.name}",
                           "-k", KERNEL, "--no-progress-bar"]  # fmt: skip
                codes[book] = subprocess.run(command, cwd=root, capture_output=True).returncode
            twice = (read_book(root / folder / book.name) for folder in ("papermill", "again"))
            chance[book] = {cell for cell, *_ in find_differences(*twice)}
        for way, execute in list_ways().items():
            tasks = [Task(root / book.name, root / way / book.name) for book in books]
            ended = execute(tasks, cwd=str(root), kernel_name=KERNEL, timeout=600)
            for book, end in zip(books, ended, strict=True):
                wanted = read_book(root / "papermill" / book.name)
                found = find_differences(wanted, read_book(root / way / book.name))
                different = [one for one in found if one[0] not in chance[book]]
                lines = [
                    f"{book.name} {way}: exit {int(bool(end.error))} (papermill "
                    f"{codes[book]}), {len(wanted.cells)} cells, {len(chance[book])} differ "
                    f"between two runs of papermill, {len(different)} others here"
                ]
                lines += [f"--- {cell}\n{one}\n{two}" for cell, one, two in different]
                sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
