"""How a sensitivity analysis grows with the number of units: CPU seconds and memory.

    python benchmarks/units.py             # about two minutes

An index of 40 indicators in four groups, 2,000 runs with the default choices, one fresh process
for each size, numpy held to one thread. Each analysis ends with the interval of every unit's rank
in the index; up to 5,000 units the scores of every run are kept, beyond that the ranks in the
index alone.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import resource
import subprocess
import sys
import time
import warnings

import numpy as np
import pandas as pd
from engine import make_index

from innocap_analysis import ScoreWarning, read_codebook, run_sensitivity

SIZES = (500, 5_000, 50_000)
RUNS = 2_000


def measure(units: int) -> tuple[float, float]:
    """Return CPU seconds and peak memory in GB of one analysis."""
    book = read_codebook(make_index(40, 4).assign(normalise="goalposts"))
    figures = np.random.default_rng(1).random((units, 40))
    values = pd.DataFrame(figures, columns=book.leaves, index=[f"u{i}" for i in range(units)])
    start = time.process_time()
    intervals = run_sensitivity(values, book, n=RUNS).ranks("I").interval()
    spent = time.process_time() - start
    assert (intervals["low"] <= intervals["high"]).all()
    return spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Measure each size in a process of its own and print it."""
    warnings.simplefilter("ignore", ScoreWarning)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.size:
        print(*measure(asked.size))
        return
    for units in SIZES:
        told = subprocess.run(
            [sys.executable, __file__, "--size", str(units)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        spent, memory = map(float, told.stdout.split())
        print(
            f"{units:>6,} units x 40 indicators, {RUNS:,} runs: {spent:6.2f} CPU s, "
            f"{spent / units * 1e3:.2f} ms a unit, peak {memory:.2f} GB"
        )


if __name__ == "__main__":
    main()
