"""What the batch withstands: many runs, and runs that end badly.

    python benchmarks/endure.py mix                   # 200 runs, a third of which end badly
    python benchmarks/endure.py kill                  # the batch killed at 20 moments, each start
    python benchmarks/endure.py scale                 # 900 SYNTHETIC municipalities x 3 notebooks
    python benchmarks/endure.py scale --municipalities 50 --plot docs/batch_scale.png

`mix` checks that each end is named and that no process is left; `kill`, that no process is left
and that the next batch goes on to whole reports. `scale` samples the process
that forks the runs (memory, descriptors, zombies) and draws cost against number of runs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parents[1]
COUNTRIES = {"SE": 290, "FI": 309, "IE": 31, "CA": 270}
PARAMETERS = 'region: str = "SE"  # whom\nlanguage: str = "en"  # en, sv, fi or fr'
DATA = """import numpy as np
import pandas as pd

number = sum(map(ord, region))
rng = np.random.default_rng(number)
answers = pd.DataFrame(rng.integers(1, 6, (40, 12)), columns=[f"q{i}" for i in range(1, 13)])"""
NOTEBOOKS = {
    "30_answers": [DATA, "answers.describe().T.round(2)"],
    "50_reliability": [
        DATA,
        "from innocap_analysis import estimate_reliability\n\nitems = answers.astype(float)",
        "items.corr().round(2)",
    ],
    "60_figure": [
        DATA,
        "from innocap_analysis.pages.drawing.figure import start_chart, styled\n"
        "from innocap_analysis.pages.drawing.saving import save_figure",
        """@styled
def plot_means(table):
    title = f"SYNTHETIC: mean answers in {region}"
    data = table.mean().rename("mean").rename_axis("item").reset_index()
    chart, (ax,) = start_chart(title, "Made-up answers, 1 to 5", data=data, height=2.5)
    ax.barh(data["item"], data["mean"])
    return chart""",
        'save_figure(plot_means(answers), "60_means", folder=region, language=language)',
    ],
}  # fmt: skip
# What a run does, by the remainder of its number, and what must be told of it.
ENDS = {
    0: ("raise ValueError('on purpose')", "ValueError: on purpose"),
    2: ("import os\nos._exit(3)", "ended its own process (exit code 3)"),
    4: ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "ended by SIGSEGV, 2 times"),
    6: ("while True:\n    pass", "took longer than 3 s"),
    8: ("import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\n"
        "while True:\n    pass", "took longer than 3 s"),
    10: ("import sys\nsys.exit(4)", "SystemExit: 4"),
    12: ("import numpy as np\nnp.ones(2**28).sum()", "MemoryError"),
}  # fmt: skip
CYCLE = 20


def make_project(folder: Path, units: list[tuple[str, str]], names: list[str], batch: str) -> Path:
    """Copy the project, with made-up municipalities and other notebooks."""
    root = folder / "project"
    (root / "notebooks").mkdir(parents=True)
    for name in ("raw", "codebooks"):
        shutil.copytree(ROOT / "data" / name, root / "data" / name)
    text = (ROOT / "innocap.yml").read_text(encoding="utf-8")
    plan = f"batch:\n  comparison: []\n  region: [{', '.join(names)}]\n{batch}"
    (root / "innocap.yml").write_text(text[: text.index("batch:")] + plan, encoding="utf-8")
    table = pd.read_csv(root / "data" / "codebooks" / "regions.csv", keep_default_na=False)
    labels = [column for column in table if column.startswith("label_")]
    more = pd.DataFrame(units, columns=["unit", "country"]).assign(raw_code=[u for u, _ in units])
    for label in labels:
        more[label] = "SYNTHETIC " + more["unit"]
    pd.concat([table, more]).to_csv(root / "data" / "codebooks" / "regions.csv", index=False)
    return root


def write_notebook(path: Path, codes: list[str]) -> None:
    """Write a notebook with a cell of parameters and these cells."""
    cells = [new_markdown_cell(f"# SYNTHETIC: {path.stem}"), new_code_cell(PARAMETERS)]
    cells[1].metadata["tags"] = ["parameters"]
    nbformat.write(new_notebook(cells=cells + [new_code_cell(code) for code in codes]), path)


def name_municipalities(n: int) -> list[tuple[str, str]]:
    """Return codes and countries of made-up municipalities, as many in proportion."""
    every = [(f"{country}-M{i:03d}", country) for country, k in COUNTRIES.items() for i in range(k)]
    return [every[int(i)] for i in np.linspace(0, len(every) - 1, n)]


def find_family(mark: str) -> dict[int, str]:
    """Return the state of each process whose environment holds a mark."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if not entry.name.isdigit() or b"resource_tracker" in (entry / "cmdline").read_bytes():
                continue  # multiprocessing's own, of this very process
            if mark.encode() in (entry / "environ").read_bytes():
                found[int(entry.name)] = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
    return found


class Sampler(threading.Thread):
    """Watches the process that starts the runs: it is the one that this process started."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.rows: list[dict[str, float]] = []
        self.done = 0
        self._over = threading.Event()

    def run(self) -> None:
        """Take a sample every second."""
        started = time.perf_counter()
        while not self._over.wait(1):
            for child in self._list_children(os.getpid()):
                with_children = self._list_children(child)
                try:
                    if b"warmill-helper" not in Path(f"/proc/{child}/cmdline").read_bytes():
                        continue
                    status = Path(f"/proc/{child}/status").read_text()
                    memory = int(status.split("VmRSS:")[1].split()[0]) / 1024
                    descriptors = sum(1 for _ in Path(f"/proc/{child}/fd").iterdir())
                except (OSError, IndexError):
                    continue
                ours = [self._read_memory(grandchild) for grandchild in with_children]
                zombies = sum(self._is_zombie(grandchild) for grandchild in with_children)
                self.rows.append({"seconds": time.perf_counter() - started, "runs": self.done,
                                  "memory_mb": memory, "largest_child_mb": max(ours, default=0.0),
                                  "descriptors": descriptors,
                                  "children": len(with_children), "zombies": zombies})  # fmt: skip

    @staticmethod
    def _list_children(pid: int) -> list[int]:
        try:
            found: list[int] = []
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
            return found
        except OSError:
            return []

    @staticmethod
    def _read_memory(pid: int) -> float:
        try:
            text = Path(f"/proc/{pid}/status").read_text()
            return int(text.split("VmRSS:")[1].split()[0]) / 1024
        except (OSError, IndexError):
            return 0.0

    @staticmethod
    def _is_zombie(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return False

    def close(self) -> pd.DataFrame:
        """Stop and return the samples."""
        self._over.set()
        self.join()
        return pd.DataFrame(self.rows)


def run_mix(folder: Path) -> int:
    """Run 200 runs, many of which end badly; return how many were told wrongly."""
    from innocap_analysis import load_settings, run_notebooks

    units = name_municipalities(200)
    batch = "  timeout_seconds: 3\n  memory_mb: 1500\n"
    root = make_project(folder, units, ["30_one"], batch)
    numbers = {unit: i for i, (unit, _) in enumerate(units)}
    codes = {number: code for number, (code, _) in ENDS.items()}
    write_notebook(
        root / "notebooks" / "30_one.ipynb",
        [f"number = {numbers!r}[region] % {CYCLE}",
         f"exec({codes!r}.get(number, 'print(region)'))"],
    )  # fmt: skip
    mark = f"INNOCAP_OUTPUT={folder / 'out'}"
    os.environ["INNOCAP_OUTPUT"] = str(folder / "out")
    start = time.perf_counter()
    outcomes = run_notebooks(regions=[u for u, _ in units], settings=load_settings(root))
    seconds = time.perf_counter() - start
    told: Counter[str] = Counter()
    wrong = 0
    for i, outcome in enumerate(outcomes):
        expected = ENDS.get(i % CYCLE, ("", ""))[1]
        right = expected in outcome.error and (outcome.status == "failed") == bool(expected)
        page = folder / "out" / "reports" / outcome.run.folder / "30_one.html"
        if not (right and page.exists() == (not expected)):
            wrong += 1
            print("WRONG", outcome)
        told[expected or "ok"] += 1
    left = {pid for pid in find_family(mark) if pid != os.getpid()}
    print(f"{len(outcomes)} runs in {seconds:.0f} s: {dict(told)}")
    print(f"told wrongly: {wrong}; processes left: {len(left)}")
    return wrong + len(left)


def run_kills(folder: Path, moments: int = 20) -> int:
    """Kill the batch at random moments; return how often something was left or torn."""
    root = make_project(folder, [], ["30_answers"], "  timeout_seconds: 60\n")
    write_notebook(root / "notebooks" / "30_answers.ipynb", [*NOTEBOOKS["30_answers"],
                   "import time\n\ntime.sleep(0.3)"])  # fmt: skip
    rng, wrong = np.random.default_rng(6), 0
    code = "from innocap_analysis import cli; cli.main()"
    for start in ("fork", "spawn"):
        output = folder / f"out-{start}"
        environment = os.environ | {"INNOCAP_OUTPUT": str(output), "INNOCAP_START": start}

        def begin(environment: dict[str, str] = environment) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-c", code, "report", "--force", "-j", "2"]
            nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            return subprocess.Popen(command, cwd=root, env=environment, **nowhere)

        clock = time.perf_counter()
        wrong += begin().wait() != 0
        whole = time.perf_counter() - clock
        for moment in rng.uniform(0.3, whole, moments):
            process = begin()
            time.sleep(moment)
            process.kill()
            process.wait()
            time.sleep(1)
            left = find_family(f"INNOCAP_OUTPUT={output}")
            if left:
                wrong += 1
                print(f"LEFT after {moment:.1f} s: {left}")
        wrong += begin().wait() != 0
        verify = [sys.executable, "-c", code, "verify"]
        wrong += subprocess.call(verify, cwd=root, env=environment) != 0
        wrong += len(list(output.glob(".staging-*")))
        print(
            f"{start}: killed at {moments} moments of {whole:.1f} s, {wrong} wrong so far",
            flush=True,
        )
    return wrong


def run_scale(folder: Path, municipalities: int, plot: Path | None) -> int:
    """Run every municipality's notebooks; return whether something failed or leaked."""
    from innocap_analysis import load_settings, run_notebooks
    from innocap_analysis.batch.outcome import Outcome

    units = name_municipalities(municipalities)
    root = make_project(folder, units, list(NOTEBOOKS), "  timeout_seconds: 60\n")
    for name, codes in NOTEBOOKS.items():
        write_notebook(root / "notebooks" / f"{name}.ipynb", codes)
    os.environ["INNOCAP_OUTPUT"] = str(folder / "out")
    sampler = Sampler()
    ends: list[float] = []
    start = time.perf_counter()

    def report(_: Outcome, done: int, __: int) -> None:
        ends.append(time.perf_counter() - start)
        sampler.done = done

    sampler.start()
    settings = load_settings(root)
    outcomes = run_notebooks(regions=[u for u, _ in units], settings=settings, report=report)
    seconds = time.perf_counter() - start
    samples = sampler.close()
    failed = [outcome for outcome in outcomes if outcome.status != "ok"]
    busy = samples[(samples["runs"] > 50) & (samples["runs"] < len(outcomes))]
    quarter = max(len(busy) // 4, 1)
    first, last = busy.head(quarter).mean(), busy.tail(quarter).mean()
    print(f"{len(outcomes)} runs in {seconds:.0f} s, {len(outcomes) / seconds:.1f} a second, "
          f"{len(failed)} not ok; first run done after {ends[0]:.1f} s")  # fmt: skip
    print(f"peak memory of a run {max(o.memory_mb for o in outcomes):.0f} MB")
    for name in ("memory_mb", "largest_child_mb", "descriptors", "children", "zombies"):
        print(f"forking process, {name}: {first[name]:.1f} in the first quarter, "
              f"{last[name]:.1f} in the last, {samples[name].max():.0f} at most")  # fmt: skip
    start = time.perf_counter()
    again = run_notebooks(regions=[u for u, _ in units], settings=settings)
    print(f"once more: {Counter(o.status for o in again)} in {time.perf_counter() - start:.0f} s")
    if plot is not None:
        draw(plot, ends, samples)
    return len(failed) + sum(outcome.status != "skipped" for outcome in again)


def draw(path: Path, ends: list[float], samples: pd.DataFrame) -> None:
    """Draw time against number of runs, and the forking process's memory."""
    from innocap_analysis.pages.drawing.figure import Chart, start_chart, styled

    @styled
    def plot() -> Chart:
        n = len(ends)
        rate = (ends[-1] - ends[0]) / max(n - 1, 1)
        chart, (left, right) = start_chart(
            f"Every run costs the same: {rate:.2f} s, from the first to run {n:,}",
            "Left: seconds until so many runs were done. Right: memory of the process that "
            "forks them. SYNTHETIC municipalities, three notebooks each.",
            data=samples, height=2.8, columns=2,
        )  # fmt: skip
        under_way = samples[(samples["runs"] > 0) & (samples["runs"] < n)]
        left.plot(range(1, n + 1), ends, color="#0072B2")
        left.set(xlabel="Runs done", ylabel="Seconds", xlim=(0, n), ylim=(0, None))
        right.plot(under_way["runs"], under_way["memory_mb"], color="#D55E00")
        right.set(xlabel="Runs done", ylabel="MB", xlim=(0, n), ylim=(0, 400))
        return chart

    path.write_bytes(plot().to_png())


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["kill", "mix", "scale"])
    parser.add_argument("--municipalities", type=int, default=900)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="innocap-endure-") as folder:
        if given.what == "mix":
            return run_mix(Path(folder))
        if given.what == "kill":
            return run_kills(Path(folder))
        return run_scale(Path(folder), given.municipalities, given.plot)


if __name__ == "__main__":
    sys.exit(main())
