"""The notebook tests with kernels forked from a loaded process, and with plain ones.

    python benchmarks/kernels.py            # three rounds, alternating

The server that forks is started anew in every round. The notebooks run twice with it: once
with its start counted, and once with the server that is then there. The plain side is nbval's
own command, the other one the same command with the package's plugin.
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
PLAIN: list[str] = []
FORKED = ["-p", "warmill.notebook_tests"]


def run_nbval(plugin: list[str], folder: Path) -> float:
    """Run every notebook under nbval, one after the other; return wall seconds."""
    environment = os.environ | {
        "JUPYTER_PREFER_ENV_PATH": "1",
        "INNOCAP_OUTPUT": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
    }
    command = ["-m", "pytest", *plugin, "--nbval-lax", "notebooks", "-q"]
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *command, "-p", "no:cacheprovider"],
        cwd=ROOT, env=environment, check=True, capture_output=True,
    )  # fmt: skip
    return time.perf_counter() - start


def end_server(folder: Path) -> None:
    """End the server whose socket lies below a folder."""
    for entry in Path("/proc").iterdir():
        try:
            mine = entry.name.isdigit() and str(folder).encode() in (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if mine:
            os.kill(int(entry.name), signal.SIGTERM)


def main() -> None:
    """Alternate both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    told: dict[str, list[float]] = {"plain": [], "forked, server started": [], "forked": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for name in told:
                plugin = PLAIN if name == "plain" else FORKED
                told[name].append(run_nbval(plugin, Path(folder)))
            end_server(Path(folder))
    for name, seconds in told.items():
        ratios = [a / b for a, b in zip(told["plain"], seconds, strict=True)]
        print(f"{name:<22} {statistics.median(seconds):6.1f} s, {statistics.median(ratios):.2f} "
              f"times as fast ({min(ratios):.2f} to {max(ratios):.2f})")  # fmt: skip


if __name__ == "__main__":
    main()
