"""Shared fixtures: a copy of the project that a test may spoil."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pandas as pd
import pytest
from filelock import FileLock
from loaded import Loaded

from innocap_analysis import read_instrument, run_notebooks
from innocap_analysis.index.capacity import CapacityData, load_capacity
from innocap_analysis.settings import OUTPUT_VARIABLE, Settings, load_settings
from innocap_analysis.survey.instrument import Instrument
from tests.frozen import EDITION, copy_content, watch_content, watching
from tests.synthetic.people import make_respondents
from warmill.helper import Helper
from warmill.processes import can_fork, import_jsonschema, keep_memory

ROOT = Path(__file__).resolve().parents[1]
sys.addaudithook(watch_content)
watching.append(None)  # from now on, but for tests/content
# Time is no property: a busy machine must not fail a test.
hypothesis.settings.register_profile("innocap", deadline=None)
hypothesis.settings.load_profile("innocap")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Leave the tests of pages to one worker: what they read is read once in a process."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return "tests/pages" if file.startswith("tests/pages/") else file

    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Run tests of the software in the frozen edition, and tests of the content in what ships."""
    kept = list(watching)
    if ROOT / "tests" not in item.path.parents:  # of a neighbour: where it works is its own
        watching.clear()
        result = yield
        watching[:] = kept
        return result
    content = ROOT / "tests" / "content" in item.path.parents
    watching[:] = [] if content else [None]
    with contextlib.chdir(EDITION if watching else ROOT), pytest.MonkeyPatch.context() as patch:
        if can_fork():
            patch.setattr("warmill.helper.start_helper", _start_quickly)
        result = yield
    watching[:] = kept
    return result


def _start_quickly(*asked: Any) -> Helper:
    """Have a batch conducted by a fork of a loaded process."""
    if not loaded:
        loaded.append(Loaded(EDITION))
    return loaded[0].start_helper(*asked)


def pytest_configure() -> None:
    """Import as a run does: looking little for garbage, and without a grammar."""
    keep_memory()
    import_jsonschema()


def pytest_collection_finish() -> None:
    """Look no more for garbage in what is there before the first test."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """End the loaded process."""
    while loaded:
        loaded.pop().close()


loaded: list[Loaded] = []


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the project's inputs, with the working directory in it."""
    folder = tmp_path / "project"
    copy_content(EDITION, folder)
    shutil.copytree(EDITION / "notebooks", folder / "notebooks")
    monkeypatch.chdir(folder)
    monkeypatch.delenv(OUTPUT_VARIABLE, raising=False)
    return folder


@pytest.fixture(scope="session")
def capacity() -> CapacityData:
    """Return the frozen figures, read once."""
    return load_capacity(settings=load_settings(EDITION))


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Return the settings of the frozen edition."""
    return load_settings(EDITION)


@pytest.fixture(scope="session")
def survey(settings: Settings) -> Instrument:
    """Return the questionnaire."""
    return read_instrument(settings.survey_path, settings.scales_path)


@pytest.fixture(scope="session")
def people(survey: Instrument) -> pd.DataFrame:
    """Return thirty made-up Swedish respondents."""
    return make_respondents(survey, "SE", n=30, seed=5)


@pytest.fixture
def accept_raw(project: Path) -> Callable[[str], None]:
    """Return a function that records an edited raw file's hash, as for a new edition."""

    def accept(name: str) -> None:
        package = project / "data" / "raw" / "datapackage.json"
        content = json.loads(package.read_text(encoding="utf-8"))
        for resource in content["resources"]:
            if resource["path"] == name:
                data = (project / "data" / "raw" / name).read_bytes()
                resource["hash"] = "sha256:" + hashlib.sha256(data).hexdigest()
        package.write_text(json.dumps(content), encoding="utf-8")

    return accept


@pytest.fixture
def bounded() -> Iterator[None]:
    """Let a test take ten seconds of the processor at the most, and two gigabytes."""
    begun, held = time.process_time(), _measure_memory()
    yield
    assert time.process_time() - begun < 10
    assert _measure_memory() < max(held + 1, 2 << 20)


def _measure_memory() -> int:
    """Return the most kilobytes that this process has held; 0 where nobody counts them."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project whose whole plan has run once, the same for all workers; copy it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    root, done = shared / "whole" / "project", shared / "whole" / "done"
    root.parent.mkdir(exist_ok=True)
    with FileLock(root.parent / "lock"):
        if not done.exists():
            shutil.rmtree(root, ignore_errors=True)
            copy_content(EDITION, root)
            shutil.copytree(EDITION / "notebooks", root / "notebooks")
            with pytest.MonkeyPatch.context() as patch:
                patch.delenv(OUTPUT_VARIABLE, raising=False)
                outcomes = run_notebooks(settings=load_settings(root), jobs=2)
            assert [outcome.error for outcome in outcomes] == [""] * 16
            assert {outcome.why for outcome in outcomes} == {"no report yet"}
            done.touch()
    return root
