"""The batch: parameters are data, a failure hides nothing, results appear whole or not at all."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from innocap_analysis import run_notebooks
from innocap_analysis.batch.check import check_project
from innocap_analysis.batch.execute import execute_run
from innocap_analysis.batch.fingerprint import describe_project
from innocap_analysis.batch.parameters import check_parameters, read_parameters
from innocap_analysis.batch.plan import make_plan
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import load_settings

PARAMETERS = """region: str = "SE"  # whom
language: str = "en"
n: int or None = None
x: float = 1.5
yes: bool = True"""
SAVE = """
import os
from pathlib import Path
folder = Path(os.environ["INNOCAP_OUTPUT"]) / "figures" / region
folder.mkdir(parents=True, exist_ok=True)
(folder / "30_figure.csv").write_text("new")
"""


def write_notebook(path: Path, *codes: str, parameters: str = PARAMETERS) -> Path:
    cells = [new_markdown_cell("# A title"), new_code_cell(parameters)]
    cells[1].metadata["tags"] = ["parameters"]
    cells += [new_code_cell(code) for code in codes]
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.fixture
def small(project: Path) -> Path:
    """Return the project with one small notebook for regions and one for the comparison."""
    for path in (project / "notebooks").glob("*.ipynb"):
        path.unlink()
    config = project / "innocap.yml"
    text = config.read_text(encoding="utf-8")
    head = text[: text.index("batch:")]
    config.write_text(
        head + "batch:\n  comparison: [10_all]\n  region: [30_one]\n  timeout_seconds: 60\n",
        encoding="utf-8",
    )
    write_notebook(
        project / "notebooks" / "10_all.ipynb", "print(language)", parameters='language: str = "en"'
    )
    write_notebook(project / "notebooks" / "30_one.ipynb", "print(region, n, x)", SAVE)
    return project


def test_parameters_are_read_with_type_and_help(small: Path) -> None:
    found = {p.name: p for p in read_parameters(small / "notebooks" / "30_one.ipynb")}
    assert list(found) == ["region", "language", "n", "x", "yes"]
    assert (found["region"].kind, found["region"].default, found["region"].help) == (
        str,
        "SE",
        "whom",
    )
    assert (found["n"].kind, found["n"].optional, found["n"].default) == (int, True, None)


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("n", "7", 7), ("n", 7, 7), ("n", "newest", None), ("n", None, None), ("n", 7.0, 7),
        ("n", "7.0", 7), ("yes", "True ", True), ("x", "2", 2.0), ("x", 2, 2.0),
        ("yes", "false", False), ("yes", True, True),
        ("region", "CA-NL", "CA-NL"), ("language", "fi", "fi"),
    ],
)  # fmt: skip
def test_parameters_take_their_type(small: Path, name: str, given: object, kept: object) -> None:
    path = small / "notebooks" / "30_one.ipynb"
    value = check_parameters(path, {name: given}, load_settings())[name]
    assert value == kept
    assert type(value) is type(kept)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"n": "seven"}, "parameter n: 'seven' is not of type int or none"),
        ({"n": 7.5}, "7.5 is not of type int"),
        ({"n": "2_022"}, "'2_022' is not of type int"),
        ({"n": True}, "True is not of type int"),
        ({"x": "nan"}, "'nan' is not of type float"),
        ({"x": None}, "None is not of type float"),
        ({"yes": "NO"}, "'NO' is not of type bool"),
        ({"region": 7}, "7 is not of type str"),
        ({"regoin": "SE"}, "has no parameter 'regoin'; did you mean 'region'"),
        ({"region": "XX"}, "region 'XX' is unknown"),
        ({"language": "no"}, "language 'no' is not offered"),
        ({"a=1;import os;os.mkdir('hacked')#": 1}, "has no parameter"),
    ],
)
def test_wrong_parameters_are_refused(small: Path, given: dict[str, object], told: str) -> None:
    with pytest.raises(InnocapError) as caught:
        check_parameters(small / "notebooks" / "30_one.ipynb", given, load_settings())
    assert told in str(caught.value)
    assert "30_one.ipynb" in str(caught.value) or "region" in told or "language" in told


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("import os", "line 1: expected a typed literal"),
        ("a = 1", "line 1: expected a typed literal"),
        ("a: int = 1\nb: str = str(a)", "line 2: the default of b must be a literal"),
        ("a: list = []", "type of a must be"),
        ("a: int = 'x'", "'x' is not of type int"),
        ("a: int =", "line 1"),
        ("a: int = 1\na: int = 2", "a is declared twice"),
    ],
)
def test_parameters_cell_holds_literals_only(small: Path, cell: str, told: str) -> None:
    path = write_notebook(small / "notebooks" / "30_one.ipynb", parameters=cell)
    with pytest.raises(InnocapError) as caught:
        read_parameters(path)
    assert told in str(caught.value)


def test_plan_of_the_real_project(project: Path) -> None:
    settings = load_settings()
    plan = make_plan(settings)
    assert [run.folder for run in plan[:4]] == ["comparison"] * 4
    assert len(plan) == 8 + 4 * 2
    only = make_plan(settings, regions=["SE", "CA", "SE"], notebooks=["30"], language="sv")
    assert [(run.folder, run.stem) for run in only] == [
        ("SE", "30_how_does_this_country_do.sv"),
        ("CA", "30_how_does_this_country_do.sv"),
    ]
    # Every declared parameter is given, so that no cell changes a report unnoticed.
    assert only[1].parameters == {
        "language": "sv", "region": "CA", "reference": "oecd_eu", "year": None, "index": None,
    }  # fmt: skip
    assert make_plan(settings, parameters={"year": "2022"})[0].parameters["year"] == 2022


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"regions": ["XX"]}, "region 'XX' is unknown"),
        ({"regions": ["se"]}, "did you mean 'SE'"),
        ({"notebooks": ["30_how_does_this_cuntry"]}, "did you mean '30_how"),
        ({"notebooks": ["99"]}, "notebook '99' is unknown"),
        ({"notebooks": [""]}, "notebook '' is unknown"),
        ({"language": "de"}, "language 'de' is not offered"),
        ({"parameters": {"yaer": 2022}}, "did you mean 'year'"),
        ({"parameters": {"year": "x"}}, "parameter year: 'x'"),
        ({"parameters": {"region": "SE"}}, "use --region"),
        ({"parameters": {"reference": "nordics"}}, "did you mean 'nordic'"),
        ({"notebooks": ["60"], "parameters": {"example": "X"}}, "60_where_to_start: has no param"),
        ({"notebooks": ["40"], "regions": ["SE"]}, "has no region"),
    ],
)  # fmt: skip
def test_a_wrong_plan_is_refused_whole(project: Path, wanted: dict, told: str) -> None:
    with pytest.raises(InnocapError) as caught:
        make_plan(load_settings(), **wanted)
    assert told in str(caught.value)


def test_a_plan_without_notebooks_is_told(small: Path) -> None:
    config = small / "innocap.yml"
    text = config.read_text(encoding="utf-8")
    empty = text.replace("[10_all]", "[]").replace("[30_one]", "[]")
    config.write_text(empty, encoding="utf-8")
    with pytest.raises(InnocapError, match=r"innocap\.yml: batch names no notebook"):
        make_plan(load_settings())


def test_a_notebook_that_is_none_is_told_also_while_others_load(small: Path) -> None:
    (small / "notebooks" / "30_one.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(InnocapError, match=r"30_one\.ipynb: is no valid notebook"):
        run_notebooks(jobs=2)
    assert not list((small / "reports").glob("*/*"))


def test_the_real_project_passes_its_own_check(project: Path) -> None:
    results = dict(check_project(load_settings()))
    assert len(results) >= 4 + 3 + 6
    assert results == {name: [] for name in results}


def test_check_finds_what_is_off(small: Path) -> None:
    write_notebook(small / "notebooks" / "77_stray.ipynb", "\n".join(["1"] * 16))
    results = dict(check_project(load_settings()))
    assert "no batch runs it" in results["batch plan"][0]
    assert "longer than 15 lines" in results["notebook 77_stray.ipynb"][0]


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("a = 1\nb = (", "line 2: is no Python ('(' was never closed)"),
        ("import json, nosuchpackage.part", "line 1: there is no package 'nosuchpackage'"),
        ("x = 1\nfrom nosuchpackage import one", "line 2: there is no package 'nosuchpackage'"),
        ("%time x = 1\n!true\nawait one()", ""),
        ("%%bash\nif then", ""),
        ("try:\n    import nosuchpackage\nexcept ImportError:\n    pass", ""),
        ("from beside import one\nimport matplotlib.pyplot as plt", ""),
    ],
)
def test_check_finds_a_cell_that_would_fail(small: Path, cell: str, told: str) -> None:
    (small / "notebooks" / "beside.py").write_text("one = 1\n", encoding="utf-8")
    path = write_notebook(small / "notebooks" / "30_one.ipynb", cell)
    faults = dict(check_project(load_settings()))[f"notebook {path.name}"]
    assert [fault.partition(", ")[2].partition("; ")[0] for fault in faults] == [told][: bool(told)]


def _snapshot(project: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(project)): file.read_bytes()
        for folder in ("reports", "figures")
        for file in sorted((project / folder).rglob("*"))
        if file.is_file()
        and file.suffix in (".ipynb", ".csv", ".html")
        and ".failed." not in file.name
        and file.stem != "index"
    }


def test_check_tells_figures_that_nothing_describes_and_sources_that_are_none(
    project: Path,
) -> None:
    book = project / "data/codebooks/indicators.csv"
    with book.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    leaves = [row for row in rows if row["kind"] == "indicator"]
    gone, moved = leaves[0], leaves[-1]
    moved["source"] = f"{moved['source']}s"
    with book.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(row for row in rows if row is not gone)
    unused, source = sorted(
        dict(check_project(load_settings()))["raw files"],
        key=lambda text: "is in no codebook" not in text,
    )
    assert unused.startswith(f"{gone['source']}: {gone['code']} (")
    assert source.startswith(f"indicators.csv: {moved['code']}: no raw file is called")
    assert "did you mean" in source


@pytest.mark.slow
def test_one_failure_hides_nothing(small: Path) -> None:
    settings = load_settings()
    first = run_notebooks(regions=["SE", "FI"], jobs=2)
    assert [outcome.status for outcome in first] == ["ok"] * 3
    before = _snapshot(small)
    assert "figures/SE/30_figure.csv" in before
    assert "reports/SE/30_one.html" in before
    executed = nbformat.read(small / "reports" / "SE" / "30_one.ipynb", as_version=4)
    assert executed.metadata.papermill.output_path == "reports/SE/30_one.ipynb"
    assert str(small) not in nbformat.writes(executed)

    write_notebook(
        small / "notebooks" / "30_one.ipynb",
        SAVE.replace('"new"', '"newer"'),
        'if region == "SE":\n    raise ValueError("on\\npurpose")',
    )
    second = run_notebooks(regions=["SE", "FI"], jobs=2)
    assert [o.status for o in second] == ["skipped", "failed", "ok"]
    assert (second[1].cell, second[1].error) == (4, "ValueError: on purpose")
    after = _snapshot(small)
    for name in ("figures/SE/30_figure.csv", "reports/SE/30_one.html", "reports/SE/30_one.ipynb"):
        assert after[name] == before[name]
    assert after["figures/FI/30_figure.csv"] == b"newer"
    assert (small / "reports" / "SE" / "30_one.failed.ipynb").exists()
    index = (small / "reports" / "index.html").read_text(encoding="utf-8")
    assert "ValueError: on purpose" in index
    assert not list(small.glob(".staging-*"))

    write_notebook(small / "notebooks" / "30_one.ipynb", SAVE)
    run = make_plan(settings, regions=["SE"], notebooks=["30"])[0]
    assert execute_run(run, settings, describe_project(settings)).status == "ok"
    assert not (small / "reports" / "SE" / "30_one.failed.ipynb").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import time\ntime.sleep(60)", "took longer than 2 s"),
        ("import os\nos._exit(3)", "the kernel died"),
        ("from innocap_analysis import find_unit, load_settings\nfind_unit('XX', load_settings())",
         "InputError: region 'XX' is unknown"),
    ],
)  # fmt: skip
def test_ends_are_told_apart(small: Path, code: str, told: str) -> None:
    write_notebook(small / "notebooks" / "30_one.ipynb", "1", code)
    settings = load_settings()
    limit = 2 if "sleep" in code else 60
    short = settings.model_copy(
        update={"batch": settings.batch.model_copy(update={"timeout_seconds": limit})}
    )
    short._root = settings.root
    started = time.monotonic()
    run = make_plan(settings, regions=["SE"], notebooks=["30"])[0]
    outcome = execute_run(run, short, describe_project(settings))
    assert outcome.status == "failed"
    assert told in outcome.error
    assert outcome.cell == 4
    assert time.monotonic() - started < 40
    assert not list(small.glob(".staging-*"))


@pytest.mark.slow
def test_kernels_run_our_own_interpreter(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    # A kernel that the user installed at home must not take the place of ours.
    home = small / "home" / "share" / "jupyter"
    spec = home / "kernels" / "python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(
        '{"argv": ["/bin/false"], "display_name": "x", "language": "python"}', encoding="utf-8"
    )
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(home))
    monkeypatch.delenv("JUPYTER_PREFER_ENV_PATH", raising=False)
    write_notebook(small / "notebooks" / "30_one.ipynb", "import sys\nprint(sys.executable)")
    outcomes = run_notebooks(regions=["SE"], notebooks=["30"], jobs=1)
    assert outcomes[0].error == ""
    done = nbformat.read(small / "reports" / "SE" / "30_one.ipynb", as_version=4)
    assert done.cells[-1].outputs[0].text.strip() == sys.executable
