"""Documents in a batch: asked for, recorded, verified, brought in step and cleaned away."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from innocap_analysis import run_notebooks
from innocap_analysis.batch.clean import find_leftovers
from innocap_analysis.batch.conduct import Request, foresee_batch
from innocap_analysis.batch.plan import make_plan
from innocap_analysis.batch.results import find_result
from innocap_analysis.batch.verify import verify_reports
from innocap_analysis.cli import app
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings, load_settings

PAGE = "05_in_brief"


def _list(settings: Settings, **asked: object) -> list[str]:
    return [f"{run.folder}/{run.stem}" for run in make_plan(settings, **asked)]  # type: ignore[arg-type]


def test_documents_are_made_when_they_are_asked_for(project: Path) -> None:
    settings = load_settings()
    assert not any(PAGE in name for name in _list(settings))
    countries = ["comparison", "SE", "FI", "IE", "CA"]
    assert _list(settings, formats=["docx"]) == [f"{unit}/{PAGE}" for unit in countries]
    assert _list(settings, formats=["pdf"], regions=["FI"], language=["sv", "fi"]) == [
        f"FI/{PAGE}.sv", f"FI/{PAGE}.fi"
    ]  # fmt: skip
    both = _list(settings, formats=["pdf", "html"])
    assert set(both) == {*_list(settings), *_list(settings, formats=["docx"])}
    (run,) = make_plan(settings, formats=["xlsx", "docx"], regions=["SE"])
    assert run.parameters["formats"] == ["docx", "xlsx"]
    assert run.tag == ""
    (other,) = make_plan(
        settings, formats=["docx"], regions=["SE"], parameters={"reference": "nordic"}
    )
    assert other.stem == f"{PAGE}@reference-nordic"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"formats": ["doc"]}, "did you mean 'docx'"),
        ({"formats": ["docx"], "notebooks": ["60"]}, "no document is made"),
        ({"formats": ["docx"], "regions": ["SE32"]}, "documents are about countries"),
        ({"formats": ["docx"], "places": ["Timr\u00e5"]}, "leave --notebook and --places out"),
        ({"parameters": {"formats": "docx"}}, "use --format"),
    ],
)
def test_what_cannot_be_made_is_told(
    settings: Settings, asked: dict[str, object], told: str
) -> None:
    with pytest.raises(InnocapError, match=re.escape(told)):
        _list(settings, **asked)


def test_the_command_tells_a_misspelt_format(project: Path) -> None:
    result = CliRunner().invoke(app, ["report", "--dry-run", "--format", "pdf,wrod"])
    assert isinstance(result.exception, InnocapError)
    assert "'wrod': choose from html, pdf, docx" in str(result.exception)


def test_a_document_is_recorded_verified_and_brought_in_step(project: Path) -> None:
    settings = load_settings()
    (made,) = run_notebooks(settings=settings, regions=["SE"], formats=["docx", "xlsx"])
    assert made.error == ""
    folder = project / "reports" / "SE"
    names = {path.name for path in folder.iterdir()}
    assert names == {
        f"{PAGE}.html", f"{PAGE}.ipynb", "05.results.csv", "brief.docx", "brief.xlsx"
    }  # fmt: skip
    record = nbformat.read(folder / f"{PAGE}.ipynb", 4).metadata.innocap
    assert {"reports/SE/brief.docx", "figures/SE/05_profile-8cm.png"} <= set(record.outputs)
    read = [name for names in record.reads.values() for name in names]
    assert "data/codebooks/indicators.csv" in read
    assert not [name for name in read if "survey/" in name or "answers" in name]
    found = verify_reports(settings.reports_dir, settings)
    assert (found.outputs, found.inputs) == ({}, {})
    assert find_leftovers(settings).removable == {}
    assert find_leftovers(settings).foreign == []
    page = (folder / f"{PAGE}.html").read_text(encoding="utf-8")
    assert "<h1>Sweden</h1>" in page
    index = (project / "reports" / "index.html").read_text(encoding="utf-8")
    for name in (f"{PAGE}.html", "brief.docx", "brief.xlsx"):
        assert f'<a href="SE/{name}">' in index
    assert "brief.pdf" not in index
    assert float(find_result(settings, "05:SE:PRO:gap")["value"]) < 0
    # A plain batch keeps what stands in step, in the formats that it has.
    request = Request(settings, regions=["SE"], notebooks=["05"])
    assert [(run.parameters["formats"], why) for run, why in foresee_batch(request)] == [
        (["docx", "xlsx"], "")
    ]
    (folder / "brief.docx").write_bytes(b"somebody's own")
    assert verify_reports(settings.reports_dir, settings).outputs == {
        "reports/SE/brief.docx": "changed"
    }
    assert [why for _, why in foresee_batch(request)] == ["reports/SE/brief.docx changed"]
    config = project / "innocap.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("  documents:\n    - 05_in_brief\n", ""), encoding="utf-8")
    left = find_leftovers(load_settings())
    assert f"reports/SE/{PAGE}.ipynb" in left.removable
    assert "figures/SE/05_profile-alt.txt" in left.removable
    assert "reports/SE/brief.docx" not in left.removable  # it is somebody's own by now
