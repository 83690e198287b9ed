"""The notebook tests with kernels forked from a loaded process, and with plain ones.

    python benchmarks/kernels.py            # three rounds, alternating

The server that forks is started anew in every round and its start is counted.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROVISIONERS = {"plain": "local-provisioner", "forked": "innocap-warm"}


def run_nbval(provisioner: str, folder: Path) -> float:
    """Run every notebook under nbval; return wall seconds."""
    environment = os.environ | {
        "JUPYTER_DEFAULT_PROVISIONER_NAME": provisioner,
        "INNOCAP_KERNELS_WAIT": "1",
        "JUPYTER_PREFER_ENV_PATH": "1",
        "INNOCAP_OUTPUT": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
    }
    command = ["-m", "pytest", "--nbval-lax", "notebooks", "-q", "-n", "2", "--dist", "loadfile"]
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *command, "-p", "no:cacheprovider"],
        cwd=ROOT, env=environment, check=True, capture_output=True,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    for entry in Path("/proc").iterdir():
        try:
            mine = entry.name.isdigit() and str(folder).encode() in (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if mine:
            os.kill(int(entry.name), signal.SIGTERM)
    return seconds


def main() -> None:
    """Alternate both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    told: dict[str, list[float]] = {name: [] for name in PROVISIONERS}
    for _ in range(rounds):
        for name, provisioner in PROVISIONERS.items():
            with tempfile.TemporaryDirectory() as folder:
                told[name].append(run_nbval(provisioner, Path(folder)))
    for name, seconds in told.items():
        print(f"{name:<7} {statistics.median(seconds):6.1f} s")
    ratios = [a / b for a, b in zip(told["plain"], told["forked"], strict=True)]
    print(f"{statistics.median(ratios):.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
