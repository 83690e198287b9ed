"""Speed of the evidence: ratios measured side by side in one run.

    python -m pip install ordinalcorr     # the library to compare with, not a dependency
    python benchmarks/evidence.py

CPU seconds of this process, numpy held to one thread; medians of alternating rounds.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from fewlikert.polychoric import estimate_polychoric
from fewlikert.reliability import bootstrap_alpha, compute_alpha

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = "85_do_the_countries_differ"


def measure_cpu(work: Callable[[], object]) -> float:
    """Return the CPU seconds of a call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def draw_answers(n: int, items: int) -> pd.DataFrame:
    """Return n five-point answers with a common factor."""
    rng = np.random.default_rng(3)
    x = 0.6 * rng.normal(size=(n, 1)) + 0.8 * rng.normal(size=(n, items))
    return pd.DataFrame(1.0 + np.digitize(x, [-1.2, -0.4, 0.4, 1.2]))


def tell(title: str, fast: list[float], slow: list[float], other: str) -> None:
    """Print medians and the range of ratios."""
    ratios = [b / a for a, b in zip(fast, slow, strict=True)]
    print(
        f"{title}: {statistics.median(fast):.3f} CPU s; {other} {statistics.median(slow):.2f} "
        f"CPU s; {statistics.median(ratios):.0f} times as fast "
        f"({min(ratios):.0f} to {max(ratios):.0f})"
    )


def measure_polychoric(rounds: int = 3) -> None:
    """Time 25 x 25 polychoric correlations of 2,800 rows."""
    try:
        from ordinalcorr import polychoric
    except ImportError:
        print("polychoric: install ordinalcorr to compare")
        return
    table = draw_answers(2800, 25)
    columns = table.to_numpy().astype(int)

    def plain() -> np.ndarray:
        out = np.eye(25)
        for i in range(25):
            for j in range(i + 1, 25):
                out[i, j] = out[j, i] = polychoric(columns[:, i], columns[:, j])
        return out

    apart = np.abs(plain() - estimate_polychoric(table).correlations.to_numpy()).max()
    fast, slow = [], []
    for _ in range(rounds):
        fast.append(measure_cpu(lambda: estimate_polychoric(table)))
        slow.append(measure_cpu(plain))
    tell("polychoric 25 x 25 on 2,800 rows", fast, slow, "ordinalcorr pair by pair")
    print(f"  largest difference of a correlation: {apart:.1e}")


def measure_bootstrap(rounds: int = 5) -> None:
    """Time 2,000 bootstrapped alphas of six items and 210 rows."""
    table = draw_answers(210, 6)
    x = table.to_numpy()

    def plain() -> list[float]:
        rng = np.random.default_rng(1)
        return [compute_alpha(np.cov(x[rng.integers(0, 210, 210)].T)) for _ in range(2000)]

    fast, slow = [], []
    for _ in range(rounds):
        fast.append(measure_cpu(lambda: bootstrap_alpha(table, rng=np.random.default_rng(1))))
        slow.append(measure_cpu(plain))
    tell("2,000 bootstrapped alphas of 6 items, 210 rows", fast, slow, "numpy loop")


def measure_notebook() -> None:
    """Time the whole notebook, its kernel included, by the command line."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = (
        "import papermill as p;"
        f"p.execute_notebook('notebooks/{NOTEBOOK}.ipynb', None, progress_bar=False)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    print(f"notebook 85 with papermill and a kernel of its own: {spent:.1f} CPU s")


def main() -> None:
    """Measure and print."""
    measure_polychoric()
    measure_bootstrap()
    measure_notebook()


if __name__ == "__main__":
    main()
