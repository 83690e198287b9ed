"""Shared fixtures: a copy of the project that a test may spoil."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pandas as pd
import pytest
from loaded import Loaded

from innocap_analysis import read_instrument
from innocap_analysis.index.capacity import CapacityData, load_capacity
from innocap_analysis.settings import OUTPUT_VARIABLE, Settings, load_settings
from innocap_analysis.survey.instrument import Instrument
from tests.synthetic.people import make_respondents
from warmill.helper import Helper
from warmill.processes import can_fork

ROOT = Path(__file__).resolve().parents[1]
# Time is no property: a busy machine must not fail a test.
hypothesis.settings.register_profile("innocap", deadline=None)
hypothesis.settings.load_profile("innocap")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the project's inputs, with the working directory in it."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(ROOT / "innocap.yml", folder)
    shutil.copytree(ROOT / "data" / "raw", folder / "data" / "raw")
    shutil.copytree(ROOT / "data" / "codebooks", folder / "data" / "codebooks")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    monkeypatch.chdir(folder)
    monkeypatch.delenv(OUTPUT_VARIABLE, raising=False)
    return folder


@pytest.fixture(scope="session")
def capacity() -> CapacityData:
    """Return the project's own data, read once."""
    return load_capacity(settings=load_settings(ROOT))


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Return the settings of the project itself."""
    return load_settings(ROOT)


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
def loaded() -> Iterator[Loaded]:
    """Return the process that forks the conductors of batches."""
    process = Loaded()
    yield process
    process.close()


@pytest.fixture(autouse=True)
def _quick_start(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have batches conducted by forks of a loaded process, except where a test marks it."""
    if can_fork() and "project" in request.fixturenames and not _is_real(request):
        process: list[Loaded] = []

        def start(*arguments: object) -> Helper:
            process or process.append(request.getfixturevalue("loaded"))
            return process[0].start_helper(*arguments)

        monkeypatch.setattr("warmill.helper.start_helper", start)


def _is_real(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("real_start") is not None
