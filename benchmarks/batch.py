"""The batch against what one would write instead: a loop over papermill and nbconvert.

    python benchmarks/batch.py                 # 4 countries x 4 languages x 2 notebooks, thrice
    python benchmarks/batch.py --places 40     # and the pages of so many places
    python benchmarks/batch.py --languages en  # a look

Wall seconds and CPU seconds of all processes, alternating in one run, medians of the
rounds. Every side makes figures and HTML. The loop is written twice: one notebook after the
other, as a shell does it, and two at a time, as the batch does. The limit is what the same
runs cost two loaded processes side by side that only execute the cells and make the page,
one after the other, their start not counted.
"""

from __future__ import annotations

import argparse
import ast
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

ROOT = Path(__file__).resolve().parents[1]
# Where nothing may keep bytecode, as in some images, each process of the loop compiles all anew.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / ".venv" / "pycache"))
COUNTRY_PAGES = ("30_how_does_this_country_do", "60_where_to_start")
PLACE_PAGE = "35_how_does_this_place_do"
JOBS = 2


class Run(NamedTuple):
    """One notebook for one unit in one language."""

    notebook: str
    unit: str
    language: str

    @property
    def about(self) -> str:
        """The parameter that the unit is given as."""
        return "place" if self.notebook == PLACE_PAGE else "region"


def list_runs(languages: list[str], places: int) -> list[Run]:
    """Return the pages of countries, and of places drawn evenly from the table."""
    from innocap_analysis import load_settings
    from innocap_analysis.data.places import read_places

    settings = load_settings()
    smallest = list(read_places(settings).smallest.index)
    drawn = smallest[:: max(len(smallest) // places, 1)][:places] if places else []
    runs = [Run(n, c, lang) for lang in languages for c in settings.countries
            for n in COUNTRY_PAGES]  # fmt: skip
    return runs + [Run(PLACE_PAGE, place, languages[0]) for place in drawn]


def run_loop(runs: list[Run], output: Path, at_a_time: int = 1) -> None:
    """Run the papermill and nbconvert commands."""
    environment = os.environ | {"INNOCAP_OUTPUT": str(output)}

    def one(run: Run) -> None:
        folder = output / "reports" / run.unit / run.language
        folder.mkdir(parents=True, exist_ok=True)
        done = folder / f"{run.notebook}.ipynb"
        command = ["-m", "papermill", f"notebooks/{run.notebook}.ipynb", str(done),
                   "-r", run.about, run.unit, "-p", "language", run.language,
                   "--cwd", "notebooks", "--no-progress-bar"]  # fmt: skip
        page = ["-m", "nbconvert", "--to", "html", str(done)]
        for arguments in (command, page):
            subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=True,
                           capture_output=True)  # fmt: skip

    with ThreadPoolExecutor(at_a_time) as pool:
        list(pool.map(one, runs))


def run_batch(runs: list[Run], output: Path) -> None:
    """Run the batch by its command, the runs in a table."""
    rows = output / "rows.csv"
    lines = [f"{run.notebook},{run.unit},{run.language}" for run in runs]
    rows.write_text("\n".join(["notebook,units,languages", *lines]) + "\n", encoding="utf-8")
    code = "from innocap_analysis.cli import main; main()"
    subprocess.run(
        [sys.executable, "-c", code, "report", f"--runs={rows}", f"--jobs={JOBS}"],
        cwd=ROOT, env=os.environ | {"INNOCAP_OUTPUT": str(output)}, check=True, capture_output=True,
    )  # fmt: skip


def run_limit(runs: list[Run], output: Path) -> float:
    """Execute the same cells in loaded processes; return their seconds, start not counted.

    The folder holds the reports of the batch, whose outputs go into the pages.
    """
    shares = [["/".join(run) for run in runs[i::JOBS]] for i in range(JOBS)]
    environment = os.environ | {"INNOCAP_OUTPUT": str(output)}
    processes = [
        subprocess.Popen([sys.executable, __file__, "--limit", *share], cwd=ROOT, env=environment,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for share in shares if share
    ]  # fmt: skip
    for process in processes:  # both have loaded everything before either begins
        process.stdout.readline()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    return max(float(process.communicate()[0].splitlines()[-1]) for process in processes)


def execute_all(runs: list[Run]) -> float:
    """Run the code of the cells, nothing else around it, and make the pages."""
    import nbformat
    from IPython.core.formatters import DisplayFormatter

    from innocap_analysis import load_settings
    from innocap_analysis.batch.fingerprint import hash_data
    from innocap_analysis.batch.hooks import load_runs, rehearse_places, rehearse_runs
    from innocap_analysis.batch.witness import listen
    from warmill.loading import load_process

    settings = load_settings()
    books = {n: nbformat.read(ROOT / f"notebooks/{n}.ipynb", as_version=4)
             for n in {run.notebook for run in runs}}  # fmt: skip
    languages = tuple(dict.fromkeys(run.language for run in runs))
    paths = [Path(f"notebooks/{n}.ipynb") for n in books]
    load_process(partial(load_runs, languages, paths), partial(rehearse_runs, languages[0]))
    os.chdir(ROOT / "notebooks")
    display = DisplayFormatter().format
    print("loaded", flush=True)
    sys.stdin.readline()
    start = time.perf_counter()
    known = hash_data(settings)
    if places := [run.unit for run in runs if run.notebook == PLACE_PAGE]:
        rehearse_places(settings.root, places, known)  # once, as the batch does
    with tempfile.TemporaryDirectory() as log, listen(settings.root, Path(log) / "r", known=known):
        for run in runs:
            _execute_one(run, books[run.notebook], display, settings)
    return time.perf_counter() - start


def _execute_one(run: Run, book: Any, display: Callable[..., object], settings: Any) -> None:  # noqa: ANN401
    import nbformat

    from innocap_analysis.batch.html import export_html
    from innocap_analysis.batch.naming import name_report

    names: dict[str, object] = {}
    for cell in book.cells:
        if cell.cell_type != "code":
            continue
        *body, last = ast.parse(cell.source).body
        if not isinstance(last, ast.Expr):
            body, last = [*body, last], None
        exec(compile(ast.Module(body, []), "cell", "exec"), names)
        if last is not None:
            shown = compile(ast.Expression(last.value), "cell", "eval")
            display(eval(shown, names))  # noqa: S307
        if "parameters" in cell.metadata.get("tags", []):
            names |= {run.about: run.unit, "language": run.language}
    made = settings.reports_dir / run.unit / name_report(run.notebook, run.language, settings)
    page = nbformat.read(made.with_name(f"{made.name}.ipynb"), as_version=4)
    export_html(page, run.language)


def measure(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall and CPU seconds of a call and its child processes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return wall, cpu


def main() -> None:
    """Alternate the sides and print medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--languages", nargs="+", default=["en", "sv", "fi", "fr"])
    parser.add_argument("--places", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.limit:
        print(execute_all([Run(*text.split("/")) for text in given.limit]))
        return
    runs = list_runs(given.languages, given.places)
    sides = {"loop": run_loop, f"loop by {JOBS}": partial(run_loop, at_a_time=JOBS),
             "batch": run_batch}  # fmt: skip
    told: dict[str, list[tuple[float, float]]] = {side: [] for side in sides}
    limits = []
    with tempfile.TemporaryDirectory() as folder:  # what is compiled and kept at the first use
        run_loop(runs[:1], Path(folder))
        run_batch(runs[:2], Path(folder))
    for _ in range(given.rounds):
        for side, work in sides.items():
            with tempfile.TemporaryDirectory() as folder:
                told[side].append(measure(lambda w=work, f=folder: w(runs, Path(f))))
                if work is run_batch:
                    limits.append(run_limit(runs, Path(folder)))
    n = len(runs)
    for side, figures in told.items():
        wall, cpu = (statistics.median(f[i] for f in figures) for i in (0, 1))
        print(f"{side:<9} {wall:7.1f} s, {wall / n:.2f} s a run, {cpu / n:.2f} CPU s a run")
    print(f"limit     {statistics.median(limits):7.1f} s in {JOBS} loaded processes")
    for side in list(sides)[:-1]:
        for i, unit in ((0, "wall"), (1, "CPU")):
            ratios = [a[i] / b[i] for a, b in zip(told[side], told["batch"], strict=True)]
            print(f"{n} runs, {side}, {unit}: {statistics.median(ratios):.1f} times as fast "
                  f"({min(ratios):.1f} to {max(ratios):.1f})")  # fmt: skip
    beyond = [b[0] / limit for b, limit in zip(told["batch"], limits, strict=True)]
    print(f"batch against the limit: {statistics.median(beyond):.2f} "
          f"({min(beyond):.2f} to {max(beyond):.2f}), start included")  # fmt: skip


if __name__ == "__main__":
    main()
