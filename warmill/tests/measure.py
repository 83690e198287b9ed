"""Notebooks x parameters: papermill's command and function in a loop, and warm.

    python -m warmill.tests.measure            # 20 runs, three rounds, alternating

Wall and CPU seconds of all processes, start included, medians of the rounds, two at a time where
a way can do that.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from warmill import Task, execute_notebooks

from .books import write_cells

CELLS = (
    "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd",
    "rng = np.random.default_rng(number)\ntable = pd.DataFrame(rng.normal(size=(1000, 4)))",
    "table.describe().round(2)",
    "table.hist(bins=30)\nplt.show()",
)
LOOP = """
import sys
from papermill import execute_notebook
for number in range(int(sys.argv[1])):
    execute_notebook("one.ipynb", f"{number}.ipynb", {"number": number}, progress_bar=False)
"""


def run_command(n: int) -> None:
    for number in range(n):
        command = ["papermill", "one.ipynb", f"{number}.ipynb", "-p", "number", str(number)]
        subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)


def run_function(n: int) -> None:
    subprocess.run([sys.executable, "-c", LOOP, str(n)], check=True, capture_output=True)


def run_warm(n: int, start: str) -> None:
    tasks = [Task("one.ipynb", "{number}.ipynb", {"number": number}) for number in range(n)]
    ended = execute_notebooks(tasks, jobs=2, start=start)
    assert not any(end.error for end in ended)


def measure(work: Callable[[], object]) -> tuple[float, float]:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    ways = {
        "papermill command": run_command, "papermill.execute_notebook": run_function,
        "fork": partial(run_warm, start="fork"), "spawn": partial(run_warm, start="spawn"),
    }  # fmt: skip
    told: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_cells(Path("one.ipynb"), *CELLS, parameters="number = 0")
        for _ in range(given.rounds):
            for way, work in ways.items():
                told[way].append(measure(partial(work, given.runs)))
    for way, figures in told.items():
        wall, cpu = (statistics.median(f[i] for f in figures) for i in (0, 1))
        print(f"{way:<27}{wall:6.1f} s, CPU {cpu:6.1f} s")


if __name__ == "__main__":
    main()
