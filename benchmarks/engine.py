"""Speed of the index engine: ratios measured side by side in one run.

    python benchmarks/engine.py            # about two minutes
    python benchmarks/engine.py --quick    # a look, with fewer plain runs

CPU seconds of this process and its threads, never wall time; numpy is held to one thread,
so that a ratio compares work and not cores. Every figure is the median of the rounds.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from innocap_analysis import (
    AggregationChoice,
    LeaveOneOut,
    NormalisationChoice,
    ScoreWarning,
    TreatmentChoice,
    WeightNoise,
    aggregate,
    change_codebook,
    normalise,
    read_codebook,
    run_sensitivity,
    score_index,
    treat_outliers,
)

RUNS = 3000


def make_index(indicators: int, groups: int) -> pd.DataFrame:
    """Return a codebook table of three levels: indicators, groups, index."""
    rows = [{"code": "I", "parent": "", "kind": "index"}]
    rows += [{"code": f"G{g}", "parent": "I", "kind": "group"} for g in range(groups)]
    for i in range(indicators):
        rows.append(
            {
                "code": f"x{i}",
                "parent": f"G{i % groups}",
                "kind": "indicator",
                "normalise": "minmax",
                "direction": -1 if i % 7 == 3 else 1,
                "low": 0,
                "high": 1,
            }
        )
    return pd.DataFrame(rows)


def measure_cpu(work: Callable[[], object]) -> float:
    """Return the CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def measure_sensitivity(rounds: int, plain_runs: int) -> None:
    """Compare the sensitivity run with the pipeline that starts over in every run."""
    rng = np.random.default_rng(1)
    book = read_codebook(make_index(49, 8))
    skewed = rng.lognormal(0, 1, (51, 49))
    values = pd.DataFrame(skewed, index=[f"u{i}" for i in range(51)], columns=book.leaves)
    values = values.mask(rng.random(values.shape) < 0.03)
    factors = [
        WeightNoise(0.25),
        LeaveOneOut(),
        TreatmentChoice((None, 0, 1, 3, 5)),
        NormalisationChoice(("minmax", "percentile")),
        AggregationChoice("I"),
    ]

    def fast() -> object:
        return run_sensitivity(values, book, factors=factors, n=RUNS, seed=1)

    choices = fast().choices

    def plain(first: int) -> None:
        for run in range(first, first + plain_runs):
            choice = choices.loc[run]
            table = values
            if choice["treatment"] != "none":
                limit = int(choice["treatment"].split()[1])
                table, _ = treat_outliers(values, winsorise_limit=limit)
            weights = {code: choice[f"weight:{code}"] for code in book.table.index[1:]}
            if choice["left_out"]:
                weights[choice["left_out"]] = 0.0
            own = book.table.assign(normalise=book.table["normalise"])
            own.loc[book.leaves, "normalise"] = choice["normalise"]
            changed = change_codebook(
                read_codebook(own), weights=weights, aggregate={"I": choice["aggregate:I"]}
            )
            score_index(table, changed)

    quick, slow = [], []
    for turn in range(rounds):
        quick.append(measure_cpu(fast))
        slow.append(measure_cpu(lambda turn=turn: plain(turn * plain_runs)) / plain_runs * RUNS)
    ratios = [b / a for a, b in zip(quick, slow, strict=True)]
    print(
        f"sensitivity 51 x 49, {RUNS} runs, 20 variants: {statistics.median(quick):.2f} CPU s; "
        f"plain pipeline {statistics.median(slow):.0f} CPU s (from {plain_runs} runs a round); "
        f"{statistics.median(ratios):.0f} times as fast "
        f"({min(ratios):.0f} to {max(ratios):.0f})"
    )


def measure_scoring(rounds: int) -> None:
    """Time normalising and aggregating 5,000 units x 40 indicators."""
    book = read_codebook(make_index(40, 4).assign(normalise="goalposts"))
    values = pd.DataFrame(np.random.default_rng(1).random((5000, 40)), columns=book.leaves)
    times = [
        measure_cpu(lambda: aggregate(normalise(values, book), book)) for _ in range(rounds * 20)
    ]
    print(
        f"normalise and aggregate 5,000 x 40: {statistics.median(times) * 1e3:.1f} ms CPU "
        f"(quartiles {np.quantile(times, 0.25) * 1e3:.1f} to {np.quantile(times, 0.75) * 1e3:.1f})"
    )


def measure_size(units: int) -> tuple[float, float, float]:
    """Score `units` x 40; return CPU seconds without and with ranks, and peak memory in GB."""
    book = read_codebook(make_index(40, 4).assign(normalise="goalposts"))
    values = pd.DataFrame(np.random.default_rng(1).random((units, 40)), columns=book.leaves)
    bare = min(measure_cpu(lambda: aggregate(normalise(values, book), book)) for _ in range(3))
    whole = min(measure_cpu(lambda: score_index(values, book)) for _ in range(3))
    return bare, whole, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measure_growth() -> None:
    """Show how time and memory grow with the number of units, one fresh process each."""
    for units in (125_000, 250_000, 500_000, 1_000_000):
        told = subprocess.run(
            [sys.executable, __file__, "--size", str(units)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        bare, whole, memory = map(float, told.stdout.split())
        print(
            f"score {units:>9,} x 40: {bare:5.2f} CPU s, {bare / units * 1e6:.2f} microseconds "
            f"a unit; with ranks, which sort, {whole:5.2f} CPU s, {whole / units * 1e6:.2f}; "
            f"peak {memory:.2f} GB"
        )


def main() -> None:
    """Measure and print."""
    warnings.simplefilter("ignore", ScoreWarning)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer plain runs and rounds")
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.size:
        print(*measure_size(asked.size))
        return
    measure_sensitivity(2 if asked.quick else 5, 20 if asked.quick else 100)
    measure_scoring(1 if asked.quick else 5)
    measure_growth()


if __name__ == "__main__":
    main()
