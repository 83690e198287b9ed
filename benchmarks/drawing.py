"""What notebooks 30 and 60 cost, here and in another checkout, side by side.

    python benchmarks/drawing.py ../before             # five rounds of all countries
    python benchmarks/drawing.py ../before --rounds 2  # a look

The other checkout has its environment in `.venv`. CPU seconds of all processes of a batch of
all countries less those of a batch of one, so that the start does not count, for each run;
both checkouts take turns. The spread tells how much the machine had else to do.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

HERE = Path(__file__).resolve().parents[1]
NOTEBOOKS = ("30", "60")


def find_python(checkout: Path) -> Path:
    """Return the interpreter of a checkout's environment."""
    folder = "Scripts" if os.name == "nt" else "bin"
    return checkout / ".venv" / folder / "python"


def list_countries(checkout: Path) -> list[str]:
    """Return the partner countries that a checkout has."""
    code = "from innocap_analysis import load_settings; print(*load_settings().countries)"
    told = subprocess.run([find_python(checkout), "-c", code], cwd=checkout, check=True,
                          capture_output=True, text=True)  # fmt: skip
    return told.stdout.split()


def measure_batch(checkout: Path, notebook: str, regions: list[str]) -> float:
    """Return the CPU seconds of one batch."""
    code = "from innocap_analysis.cli import main; main()"
    options = [f"--notebook={notebook}", *(f"--region={r}" for r in regions), "--jobs=1"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as output:
        subprocess.run([find_python(checkout), "-c", code, "report", *options], cwd=checkout,
                       env=os.environ | {"INNOCAP_OUTPUT": output}, check=True,
                       capture_output=True)  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    """Let both checkouts take turns, and print what a run costs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    sides = {"other": given.other.resolve(), "here": HERE}
    regions = {side: list_countries(place) for side, place in sides.items()}
    for notebook in NOTEBOOKS:
        told: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(given.rounds):
            for side, place in sides.items():
                one, all_ = (measure_batch(place, notebook, some)
                             for some in (regions[side][:1], regions[side]))  # fmt: skip
                told[side].append((all_ - one) / (len(regions[side]) - 1))
        for side, seconds in told.items():
            print(f"{notebook} {side:<6} {statistics.median(seconds):.3f} CPU s a run "
                  f"({min(seconds):.3f} to {max(seconds):.3f})")  # fmt: skip
        shares = [new / old for old, new in zip(told["other"], told["here"], strict=True)]
        print(f"{notebook} here against the other: {statistics.median(shares):.2f} "
              f"({min(shares):.2f} to {max(shares):.2f})", flush=True)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
