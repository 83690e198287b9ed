"""The same batch on Dask distributed: the same reports, whatever happens to a worker."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from distributed import Client, LocalCluster
from test_batch import small, write_notebook

from innocap_analysis import run_notebooks
from innocap_analysis.batch import worker
from innocap_analysis.batch.fingerprint import describe_project
from innocap_analysis.batch.verify import verify_reports
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import OUTPUT_VARIABLE, load_settings
from warmill.processes import can_fork

__all__ = ["small"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not can_fork(), reason="workers fork, which only Linux can"),
]
FIGURE = """
import os
from pathlib import Path
folder = Path(os.environ["INNOCAP_OUTPUT"]) / "figures" / region
folder.mkdir(parents=True, exist_ok=True)
(folder / "30_a.csv").write_text(region)
"""
REGIONS = ["SE", "FI", "IE", "CA", "SE32", "FI1D"]


@pytest.fixture
def cluster(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalCluster]:
    """Return two workers on this machine (or as many as asked), each a process of its own."""
    with LocalCluster(
        n_workers=getattr(request, "param", 2), threads_per_worker=1, host="127.0.0.1",
        dashboard_address=None, memory_limit=0, local_directory=str(tmp_path / "scratch"),
    ) as workers:  # fmt: skip
        yield workers


def _read(folder: Path) -> dict[str, str]:
    masked = r"\d{4}-\d\d-\d\d.\d\d:\d\d"
    return {
        path.relative_to(folder).as_posix(): re.sub(masked, "STAMP", path.read_text("utf-8"))
        for path in sorted(folder.rglob("[!.]*.*"))
        if path.suffix in (".html", ".csv", ".svg")
    }


def test_two_workers_make_the_same_reports(
    small: Path, tmp_path: Path, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_notebook(
        small / "notebooks" / "30_one.ipynb", FIGURE, "import os\nprint(region)",
        "if region == 'IE':\n    raise ValueError('x')\nif region == 'CA':\n    os._exit(5)",
    )  # fmt: skip
    told = {}
    for name, scheduler in (("here", None), ("there", cluster.scheduler_address)):
        # Each batch from a process of its own, as a command has it.
        code = (
            "import json; from innocap_analysis import run_notebooks\n"
            f"ends = run_notebooks(regions={REGIONS}, notebooks=['30'], jobs=2, "
            f"scheduler={scheduler!r})\n"
            "print(json.dumps([(o.run.folder, o.status, o.cell, o.error) for o in ends]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300,
            env=os.environ | {OUTPUT_VARIABLE: str(tmp_path / name)},
        )  # fmt: skip
        told[name] = json.loads(done.stdout.splitlines()[-1])
    monkeypatch.setenv(OUTPUT_VARIABLE, str(tmp_path / "there"))
    assert told["here"] == told["there"]
    assert [status for _, status, *_ in told["there"]] == [
        "ok",
        "ok",
        "failed",
        "failed",
        "ok",
        "ok",
    ]
    assert _read(tmp_path / "here") == _read(tmp_path / "there")
    failed = sorted(path.name for path in (tmp_path / "there").rglob("*.failed.ipynb"))
    assert failed == ["30_one.failed.ipynb"] * 2
    found = verify_reports(tmp_path / "there" / "reports", load_settings())
    assert (found.outputs, found.inputs) == ({}, {})
    again = run_notebooks(regions=["SE"], notebooks=["30"], scheduler=cluster.scheduler_address)
    assert [o.status for o in again] == ["skipped"]
    # Where a run ended is still told, from what is kept of it.
    assert "Cell 5" in (tmp_path / "there" / "reports" / "index.html").read_text("utf-8")


# Alone, so that what it did waits for the one that takes its place; two are below.
@pytest.mark.parametrize("cluster", [1], indirect=True, ids=["the only one"])
def test_a_worker_killed_mid_way_is_survived(
    small: Path, tmp_path: Path, cluster: LocalCluster
) -> None:
    write_notebook(small / "notebooks" / "30_one.ipynb", FIGURE, "import time\ntime.sleep(1)")
    killed: list[int] = []

    def kill() -> None:
        with Client(cluster.scheduler_address) as client:
            while not killed:
                busy = [name for name, runs in client.processing().items() if runs]
                if (
                    len(busy) == len(cluster.workers)
                    and len(list(small.glob("reports/*/*.html"))) >= 1
                ):
                    killed.append(cluster.workers[0].pid)
                    os.kill(killed[0], signal.SIGKILL)
                time.sleep(0.1)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    outcomes = run_notebooks(regions=REGIONS, notebooks=["30"], scheduler=cluster.scheduler_address)
    thread.join(10)
    assert killed
    assert [(o.run.folder, o.status) for o in outcomes] == [(code, "ok") for code in REGIONS]
    found = verify_reports(small / "reports", load_settings())
    assert (found.outputs, found.inputs) == ({}, {})
    # The killed worker's copy of the data was removed when another took its place.
    copies = list((tmp_path / "scratch").rglob("innocap-*"))
    assert 1 <= len(copies) <= len(cluster.workers)


def test_a_worker_that_closes_gives_its_runs_back(small: Path, cluster: LocalCluster) -> None:
    begun = small / "begun"
    begun.mkdir()
    write_notebook(
        small / "notebooks" / "30_one.ipynb", FIGURE,
        f"import time\nopen({str(begun)!r} + f'/{{time.time_ns()}}', 'w').close()\n"
        "time.sleep(2)",
    )  # fmt: skip
    closed: list[object] = []

    def close() -> None:
        with Client(cluster.scheduler_address) as client:
            while len(list(begun.iterdir())) < len(cluster.workers):
                time.sleep(0.05)
            busy = [name for name, runs in client.processing().items() if runs]
            closed.append(client.retire_workers([busy[0]], close_workers=True))

    thread = threading.Thread(target=close, daemon=True)
    thread.start()
    outcomes = run_notebooks(
        regions=REGIONS[:4], notebooks=["30"], scheduler=cluster.scheduler_address
    )
    thread.join(10)
    assert closed
    assert [(o.run.folder, o.status) for o in outcomes] == [(code, "ok") for code in REGIONS[:4]]
    assert len(list(begun.iterdir())) > len(outcomes)  # what was under way was begun again


def test_a_worker_with_other_software_is_refused(
    small: Path, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = describe_project(load_settings())
    other = replace(state, software=state.software | {"pandas": "0.1"})
    with pytest.raises(InnocapError, match=r"has other software: pandas \S+ instead of 0\.1"):
        worker._check_same(state, other)
    with pytest.raises(InnocapError, match="another edition of the package"):
        worker._check_same(state, replace(state, code="x"))


def test_nobody_answers(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("innocap_analysis.batch.cluster.START_SECONDS", 1)
    with pytest.raises(InnocapError, match="no Dask scheduler answers there"):
        run_notebooks(scheduler="tcp://127.0.0.1:9", notebooks=["30"], regions=["SE"])
    with pytest.raises(InnocapError, match="no Dask scheduler answers there"):
        run_notebooks(scheduler="nonsense://x", notebooks=["30"], regions=["SE"])
    assert not (small / "reports").exists()
