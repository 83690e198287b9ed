"""The same batch on Dask distributed: the same reports, whatever happens to a worker."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from distributed import Client, LocalCluster, Nanny, Status
from test_batch import small, write_notebook

from innocap_analysis import run_notebooks
from innocap_analysis.batch import worker
from innocap_analysis.batch.fingerprint import describe_project
from innocap_analysis.batch.outcome import Outcome
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
WAITING = {"n": "2", "yes": "false"}


BEHAVE = """
import time
if n:
    open(f"{begun}/{time.time_ns()}", "w").close()
    time.sleep(n)
if yes and region == "IE":
    raise ValueError("x")
if yes and region == "CA":
    os._exit(5)
"""


@contextlib.contextmanager
def _start(folder: Path, workers: int) -> Iterator[LocalCluster]:
    """Start workers on this machine, each a process of its own."""
    with LocalCluster(
        n_workers=workers, threads_per_worker=1, host="127.0.0.1",
        dashboard_address=None, memory_limit=0, local_directory=str(folder / "scratch"),
    ) as cluster:  # fmt: skip
        yield cluster


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Return two workers, which keep what they have loaded for a project from test to test."""
    with _start(tmp_path_factory.mktemp("cluster"), 2) as workers:
        yield workers


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder where a run that is to wait leaves a file as it begins."""
    return tmp_path_factory.mktemp("begun")


@pytest.fixture
def behaving(small: Path, begun: Path) -> Path:
    """Return a project whose notebook waits `n` seconds, and fails for two units if `yes`."""
    write_notebook(
        small / "notebooks" / "30_one.ipynb", FIGURE, f"begun = {str(begun)!r}\nprint(region)",
        BEHAVE,
    )  # fmt: skip
    for path in begun.iterdir():
        path.unlink()
    return small


def _run_beside(act: Callable[[], None], cluster: LocalCluster, seconds: int = 2) -> list[Outcome]:
    """Run three notebooks, all of which must end well, while something is done to a worker."""
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    outcomes = run_notebooks(
        regions=REGIONS[:3], notebooks=["30"], parameters=WAITING | {"n": str(seconds)},
        scheduler=cluster.scheduler_address,
    )  # fmt: skip
    thread.join(10)
    assert [(o.run.folder, o.status) for o in outcomes] == [(code, "ok") for code in REGIONS[:3]]
    return outcomes


def _list_running(cluster: LocalCluster) -> list[Nanny]:
    return [worker for worker in cluster.workers.values() if worker.status == Status.running]


def _read(folder: Path) -> dict[str, str]:
    masked = r"\d{4}-\d\d-\d\d.\d\d:\d\d"
    return {
        path.relative_to(folder).as_posix(): re.sub(masked, "STAMP", path.read_text("utf-8"))
        for path in sorted(folder.rglob("[!.]*.*"))
        if path.suffix in (".html", ".csv", ".svg")
    }


def test_two_workers_make_the_same_reports(
    behaving: Path, tmp_path: Path, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {}
    for name, scheduler in (("here", None), ("there", cluster.scheduler_address)):
        monkeypatch.setenv(OUTPUT_VARIABLE, str(tmp_path / name))
        ends = run_notebooks(regions=REGIONS, notebooks=["30"], jobs=2, scheduler=scheduler)
        told[name] = [(o.run.folder, o.status, o.cell, o.error) for o in ends]
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


def test_a_worker_that_closes_gives_its_runs_back(
    behaving: Path, begun: Path, cluster: LocalCluster
) -> None:
    closed: list[object] = []

    def close() -> None:
        with Client(cluster.scheduler_address) as client:
            while len(list(begun.iterdir())) < len(cluster.workers):
                time.sleep(0.05)
            busy = [name for name, runs in client.processing().items() if runs]
            closed.append(client.retire_workers([busy[0]], close_workers=True))

    outcomes = _run_beside(close, cluster, seconds=6)  # until it is heard of, on a busy machine
    assert closed
    assert len(list(begun.iterdir())) > len(outcomes)  # what was under way was begun again


def test_a_worker_killed_mid_way_is_survived(
    behaving: Path, begun: Path, cluster: LocalCluster
) -> None:
    killed: list[int] = []

    def kill() -> None:
        received = behaving / "reports"
        while len(list(begun.iterdir())) < 2 or not list(received.glob("*/*.html")):
            time.sleep(0.05)
        killed.append(left[0].pid)
        os.kill(killed[0], signal.SIGKILL)

    # One is left, so that what it did waits for the one that takes its place.
    left = _list_running(cluster)
    if left[1:]:
        with Client(cluster.scheduler_address) as client:
            client.retire_workers([w.worker_address for w in left[1:]], close_workers=True)
    left = left[:1]
    outcomes = _run_beside(kill, cluster)
    assert killed
    # The killed worker's copy of the data was removed when another took its place.
    assert len(list(Path(left[0].local_directory).parent.rglob("innocap-*"))) == 1
    assert len(list(begun.iterdir())) > len(outcomes)  # what was under way was begun again
    found = verify_reports(behaving / "reports", load_settings())
    assert (found.outputs, found.inputs) == ({}, {})


def test_a_worker_with_other_software_is_refused(
    small: Path, monkeypatch: pytest.MonkeyPatch
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
