"""The provenance record: an RO-Crate that names every input and output, and no machine."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate
from test_batch import PARAMETERS, small, write_notebook
from typer.testing import CliRunner

from innocap_analysis import run_notebooks
from innocap_analysis.batch.crate import CRATE_NAME, PROFILE
from innocap_analysis.batch.fingerprint import describe_project
from innocap_analysis.batch.record import RecordStore
from innocap_analysis.batch.verify import verify_reports
from innocap_analysis.cli import app
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import load_settings

__all__ = ["small"]
FIGURE = """
import os
from pathlib import Path
from innocap_analysis import find_unit, load_settings
find_unit("SE32", load_settings())
folder = Path(os.environ["INNOCAP_OUTPUT"]) / "figures" / region
folder.mkdir(parents=True, exist_ok=True)
(folder / "30_a.svg").write_text(f"<svg>{n}</svg>")
"""


@pytest.fixture
def reports(small: Path) -> Path:
    """Return the reports folder of a project that has run once, with three reports."""
    cell = PARAMETERS.replace("n: int or None = None", "n: int = 3")
    write_notebook(small / "notebooks" / "30_one.ipynb", FIGURE, parameters=cell)
    outcomes = run_notebooks(regions=["SE", "FI"], jobs=2)
    assert [outcome.error for outcome in outcomes] == [""] * 3
    return small / "reports"


@pytest.mark.slow
def test_the_record_is_an_ro_crate_of_process_runs(reports: Path) -> None:
    graph = json.loads((reports / CRATE_NAME).read_text(encoding="utf-8"))["@graph"]
    by_id = {entity["@id"]: entity for entity in graph}
    assert len(by_id) == len(graph)
    root = by_id["./"]
    # https://www.researchobject.org/workflow-run-crate/profiles/process_run_crate, version 0.5
    assert root["conformsTo"] == {"@id": PROFILE}
    assert {"name", "description", "datePublished", "license"} <= set(root)
    runs = [entity for entity in graph if entity["@type"] == "CreateAction"]
    assert sorted(run["name"] for run in runs) == [
        "reports/FI/30_one.ipynb",
        "reports/SE/30_one.ipynb",
        "reports/comparison/10_all.ipynb",
    ]
    assert root["mentions"] == [{"@id": run["@id"]} for run in runs]

    def resolve(references: list[dict[str, str]]) -> list[dict[str, str]]:
        return [by_id[reference["@id"]] for reference in references]

    swedish = next(run for run in runs if "SE" in run["name"])
    given = {e["name"]: e["value"] for e in resolve(swedish["object"]) if "value" in e}
    assert (given["region"], given["n"]) == ("SE", 3)
    inputs = {e["name"]: e["sha256"] for e in resolve(swedish["object"]) if "sha256" in e}
    # For the name in the heading, and how it bends there; nothing else was opened.
    assert set(inputs) == {f"data/codebooks/{name}.csv" for name in ("regions", "names")}
    assert "countries" in given
    assert "min_coverage" not in given
    results = {e["name"]: e["sha256"] for e in resolve(swedish["result"])}
    assert sorted(results) == [
        "figures/SE/30_a.svg", "reports/SE/30_one.html", "reports/SE/30_one.ipynb",
    ]  # fmt: skip
    for name, sha256 in (inputs | results).items():
        assert hashlib.sha256((reports.parent / name).read_bytes()).hexdigest() == sha256, name
    notebook = by_id[swedish["instrument"]["@id"]]
    assert notebook["name"] == "notebooks/30_one.ipynb"
    versions = {e["name"]: e["softwareVersion"] for e in resolve(notebook["softwareRequirements"])}
    assert {"python", "pandas", "innocap-analysis"} <= set(versions)
    parts = {part["@id"] for part in root["hasPart"]}
    assert parts == {e["@id"] for e in graph if e["@type"] == "File"}
    # It says nothing of who ran it, or where.
    text = (reports / CRATE_NAME).read_text(encoding="utf-8")
    assert str(reports.parent) not in text
    assert not re.search(r"/(home|root|tmp|Users)/", text)
    # The reference implementation of RO-Crate reads it too.
    crate = ROCrate(reports)
    assert len([e for e in crate.get_entities() if e.type == "CreateAction"]) == 3


@pytest.mark.slow
def test_every_difference_is_named(reports: Path) -> None:
    root = reports.parent
    runner = CliRunner()
    assert runner.invoke(app, ["verify"]).exit_code == 0
    (root / "figures" / "SE" / "30_a.svg").write_text("<svg>4</svg>")
    (reports / "FI" / "30_one.html").unlink()
    (reports / "FI" / "other.html").write_text("x")
    (reports / "index.html").write_text("x")
    data = root / "data" / "codebooks" / "regions.csv"
    data.write_text(data.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    write_notebook(root / "notebooks" / "30_one.ipynb", FIGURE, "1")
    (root / "data" / "new.csv").write_text("a")
    found = verify_reports(reports, load_settings())
    assert found.outputs == {
        "figures/SE/30_a.svg": "changed",
        "reports/FI/30_one.html": "missing",
        "reports/FI/other.html": "is not in the record",
        "reports/index.html": "changed",
    }
    assert found.inputs == {
        "data/codebooks/regions.csv": "changed",
        "notebooks/30_one.ipynb": "changed",
    }
    told = runner.invoke(app, ["verify", str(reports)])
    assert told.exit_code == 1
    for name, change in (found.outputs | found.inputs).items():
        assert f"{name} {change}" in told.output
    # One region made again from the new edition: the others still tell of the old one.
    run_notebooks(regions=["SE"], notebooks=["30"])
    found = verify_reports(reports, load_settings())
    old = "reports/FI/30_one.ipynb made from another edition"
    assert found.inputs == {
        "data/codebooks/regions.csv": old,
        "notebooks/30_one.ipynb": old,
    }
    assert "figures/SE/30_a.svg" not in found.outputs


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk at hand")
def test_records_wait_in_a_file_and_a_full_disk_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = describe_project(load_settings())
    read = {"file": {"data/a.csv": "0"}}
    record = {"reads": read, "software": {"python": "0"}, "parameters": {"n": None}}
    with RecordStore(state) as records:
        records.add("reports/SE/a.ipynb", record)
        records.add("reports/SE/b.ipynb", {})
        assert records.read() == {"reports/SE/a.ipynb": record}
        records.add("reports/FI/a.ipynb", record)
        assert list(records.read()) == ["reports/SE/a.ipynb", "reports/FI/a.ipynb"]
    with open("/dev/full", "w") as full, RecordStore(state) as records:  # noqa: PTH123
        monkeypatch.setattr(records, "_file", full)
        records.add("reports/SE/a.ipynb", record)
        with pytest.raises(InnocapError, match=r"temporary folder: No space left .* space on"):
            records.read()
    monkeypatch.setattr(tempfile, "tempdir", str(project / "gone"))
    with pytest.raises(InnocapError, match=r"temporary folder: No such file"):
        RecordStore(state)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "there is no provenance record; make the reports with: innocap report"),
        ("{", "is no provenance record that can be read"),
        ('{"@graph": 1}', "is not a list of entities"),
        ('{"other": []}', "is no provenance record that can be read"),
    ],
)
def test_a_record_that_cannot_be_used_is_told(
    project: Path, content: str | None, told: str
) -> None:
    folder = project / "reports"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if content is not None:
        (folder / CRATE_NAME).write_text(content, encoding="utf-8")
    with pytest.raises(InnocapError, match=re.escape(told)):
        verify_reports(folder, load_settings())
