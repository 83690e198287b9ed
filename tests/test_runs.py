"""Runs are a table: rows and sets of parameters, told apart by name, and every fault at once."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path

import nbformat
import pytest
from test_batch import PARAMETERS, small, write_notebook
from test_cli import call

from innocap_analysis import run_notebooks
from innocap_analysis.batch.book import find_overruled
from innocap_analysis.batch.cells import forget_machine
from innocap_analysis.batch.check import check_project
from innocap_analysis.batch.conduct import Request
from innocap_analysis.batch.execute import STAGING_PREFIX, name_staging
from innocap_analysis.batch.lock import LIVE, hold_pages, hold_places
from innocap_analysis.batch.naming import (
    mark_wave,
    name_choices,
    name_report,
    split_report,
    tag_file,
)
from innocap_analysis.batch.outcome import Outcome
from innocap_analysis.batch.parameters import check_parameters, read_parameters
from innocap_analysis.batch.plan import make_plan
from innocap_analysis.batch.progress import Progress, write_time
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings, load_settings
from warmill.processes import can_fork

__all__ = ["small"]
# The regions of Sweden at NUTS level 2, as Eurostat codes them.
NUTS2 = ["SE11", "SE12", "SE21", "SE22", "SE23", "SE31", "SE32", "SE33"]
SAVE = """
import os
from pathlib import Path
folder = Path(os.environ["INNOCAP_OUTPUT"]) / "figures" / region
folder.mkdir(parents=True, exist_ok=True)
(folder / f"30_a.{language}.csv").write_text(f"{n} {os.environ['INNOCAP_VARIANT']}")
"""


def extend(root: Path, *lines: str) -> None:
    """Add lines to the batch in innocap.yml."""
    config = root / "innocap.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text("\n".join([text.rstrip(), *(f"  {line}" for line in lines), ""]), "utf-8")


def list_places(**wanted: object) -> list[str]:
    """Return where the reports of a plan go."""
    return [run.place.removeprefix("reports/") for run in make_plan(load_settings(), **wanted)]  # type: ignore[arg-type]


def test_rows_are_notebooks_by_units_by_languages_by_sets(small: Path) -> None:
    (small / "units.csv").write_text("unit,name\nFI1D,x\nIE04,y\n", encoding="utf-8")
    extend(
        small,
        "sets:",
        "  seven: {n: 7}",
        "runs:",
        "  - {notebook: 30, units: all regions of SE, languages: [sv, fi], sets: [default, seven]}",
        "  - {notebook: 30_one, units: [file units.csv, CA], sets: seven}",
    )
    simple = ["comparison/10_all.ipynb", *(f"{c}/30_one.ipynb" for c in ("SE", "FI", "IE", "CA"))]
    swedish = [
        f"{unit}/30_one{tag}.{language}.ipynb"
        for language in ("sv", "fi")
        for unit in NUTS2
        for tag in ("", "@seven")
    ]
    others = [f"{unit}/30_one@seven.ipynb" for unit in ("FI1D", "IE04", "CA")]
    places = list_places()
    assert sorted(places) == sorted([*simple, *swedish, *others])
    assert places[: len(simple)] == simple
    seven = {run.place: run for run in make_plan(load_settings())}["reports/CA/30_one@seven.ipynb"]
    assert seven.choices == {"n": 7}
    assert seven.parameters == {"region": "CA", "language": "en", "n": 7, "x": 1.5, "yes": True}
    # A call takes a part of the plan.
    assert list_places(regions=["SE32"], language="fi") == [
        "comparison/10_all.fi.ipynb", "SE32/30_one.fi.ipynb", "SE32/30_one@seven.fi.ipynb",
    ]  # fmt: skip
    assert list_places(notebooks=["30"], regions=["FI"], variants=["seven"]) == [
        "FI/30_one@seven.ipynb"
    ]
    assert list_places(notebooks=["10"], language="all") == [
        f"comparison/10_all{ending}.ipynb" for ending in ("", ".sv", ".fi", ".fr")
    ]
    assert list_places(notebooks=["10"], language=["fi", "sv", "fi"]) == [
        "comparison/10_all.fi.ipynb", "comparison/10_all.sv.ipynb",
    ]  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_file_has_rows_too(small: Path, delimiter: str) -> None:
    file = small / "rows.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(
            [
                ["notebook", "units", "languages", "set", "n", "x"],
                ["30", "SE; regions of FI", "sv;fi", "", "", ""],
                ["30", "SE FI", "", "five", "5", ""],
                [],
                ["30_one", "CA", "", "", "", "2.5"],
                ["10", "", "", "", "", ""],
            ]
        )
    found = {run.place.removeprefix("reports/"): run for run in make_plan(load_settings(),
                                                                         table=file)}  # fmt: skip
    finnish = ["FI19", "FI1B", "FI1C", "FI1D", "FI20"]  # NUTS 2016 and 2021
    assert set(found) == {
        *(f"{u}/30_one.{lang}.ipynb" for u in ["SE", *finnish] for lang in ("sv", "fi")),
        "SE/30_one@five.ipynb", "FI/30_one@five.ipynb", "comparison/10_all.ipynb",
        next(place for place in found if place.startswith("CA/30_one@x-2-5-")),
    }  # fmt: skip
    assert found["FI/30_one@five.ipynb"].parameters["n"] == 5


def test_every_fault_of_a_file_is_told_with_line_field_and_remedy(small: Path) -> None:
    file = small / "rows.csv"
    file.write_text(
        "notebook,units,languages,sets,n,region\n"  # sets, as in innocap.yml
        "99,SE,,,,\n30,XX,,,,\n30,SE,de,,,\n30,SE,,gone,,\n30,SE,,SYNTHETIC-2,3,\n"
        "30,SE,,,soon,\n10,SE,,,,\n30,SE\n30,all regions of NO,,,,\n30,file no.txt,,,,\n"
        "30,SE,,a,1,\n30,SE,,a,2,\n30,,,,,SE\n10,,,,3,\n",
        encoding="utf-8",
    )
    with pytest.raises(InnocapError) as caught:
        make_plan(load_settings(), table=file)
    told = str(caught.value)
    for line, field, text in [
        (2, "notebook", "notebook '99' is unknown; there are: 10_all, 30_one"),
        (3, "units", "region 'XX' is unknown"),
        (4, "languages", "language 'de' is not offered: choose one of en, sv, fi, fr"),
        (5, "set", "there is no set 'gone'; define it in innocap.yml"),
        (6, "set", "'SYNTHETIC-2' is no name for a set"),
        (7, "n", "parameter n: 'soon' is not of type int or none"),
        (8, "units", "10_all runs once, for all countries; leave the units out"),
        (10, "units", "country 'NO' is none of SE, FI, IE, CA"),
        (11, "units", "no.txt: cannot be read"),
        (13, "set", "30_one@a.ipynb is made by another row with other parameters"),
        (14, "region", "is no parameter here; use units and languages"),
        (15, "n", "10_all has no such parameter"),
    ]:
        assert any(
            one.strip().startswith(f"rows.csv: line {line}, {field}: ") and text in one
            for one in told.splitlines()
        ), (line, told)
    assert "rows.csv: line 9: 2 fields, the header has 6" in told
    assert len(told.splitlines()) == 13


def test_faults_of_the_plan_name_its_lines(small: Path) -> None:
    extend(
        small, "sets:", "  seven: {n: seven, m: 1}", "runs:", "  - {notebook: 30, sets: [eight]}",
        "defaults:", "  30_one: {region: SE, x: much}", "  30_two: {n: 1}",
    )  # fmt: skip
    text = (small / "innocap.yml").read_text(encoding="utf-8").splitlines()
    sets = next(i for i, line in enumerate(text, start=1) if "seven:" in line)
    with pytest.raises(InnocapError) as caught:
        make_plan(load_settings())
    told = str(caught.value)
    assert f"innocap.yml: line {sets}, batch.sets.seven.n: 30_one.ipynb: parameter n" in told
    assert f"line {sets}, batch.sets.seven.m: no notebook has such a parameter" in told
    assert f"line {sets + 2}, batch.runs.0.sets: there is no set 'eight'" in told
    assert f"line {sets + 4}, batch.defaults.30_one.x: 30_one.ipynb: parameter x" in told
    assert f"line {sets + 4}, batch.defaults.30_one.region: the notebook takes no" in told
    assert f"line {sets + 5}, batch.defaults.30_two: there is no notebooks/30_two.ipynb" in told


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("notebok,units", "column 'notebook' is missing"),
        ("notebook,n,n", "column 'n' occurs twice"),
        ("notebook,", "a column has no name"),
        ("", "column 'notebook' is missing"),
    ],
)
def test_a_header_that_cannot_be_used_is_told(small: Path, header: str, told: str) -> None:
    (small / "rows.csv").write_text(f"{header}\n", encoding="utf-8")
    with pytest.raises(InnocapError, match=rf"rows\.csv: line 1: .*{told}"):
        make_plan(load_settings(), table=small / "rows.csv")


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"variants": ["six"]}, "--variant six: innocap.yml has no such set"),
        ({"variants": ["seven"], "parameters": {"n": 1}}, "is a set of innocap.yml already"),
        ({"variants": ["a", "b"], "parameters": {"n": 1}}, "one name only goes with --set"),
        ({"variants": ["../up"], "parameters": {"n": 1}}, "'../up' is no name for a set"),
        ({"variants": ["default"], "parameters": {"n": 1}}, "'default' is no name for a set"),
        ({"variants": ["Synthetic"], "parameters": {"n": 1}}, "is no name for a set"),
    ],
)  # fmt: skip
def test_names_that_cannot_be_are_refused(small: Path, wanted: dict, told: str) -> None:
    extend(small, "sets:", "  seven: {n: 7}")
    with pytest.raises(InnocapError) as caught:
        make_plan(load_settings(), **wanted)
    assert told in str(caught.value)


def test_unnamed_choices_have_a_name_of_their_own() -> None:
    assert name_choices({"year": 2022, "reference": "nordic"}) == "reference-nordic_year-2022"
    assert name_choices({"yes": False, "n": None}) == "n-none_yes-false"
    odd = [{"x": 2.5}, {"x": "2-5"}, {"x": "2/5"}, {"x": "a" * 99}, {"x": "a" * 98}, {"x": [1, 2]}]
    # A hyphen inside a part reads like one between two.
    odd += [{"l": ["a-b"]}, {"l": ["a", "b"]}, {"l": []}, {"l": ["nothing"]}, {"l": [-1, 2]}]
    names = [name_choices(choices) for choices in odd]
    assert len(set(names)) == len(odd)
    assert all(len(name) <= 60 and name.replace("-", "").isalnum() for name in names)


def test_names_say_set_and_language_and_are_read_back(small: Path) -> None:
    settings = load_settings()
    for language in settings.languages:
        for tag in ("", "nordic-2022", "SYNTHETIC", "SYNTHETIC@strict"):
            stem = name_report("30_one", language, settings, tag)
            assert split_report(stem, settings) == ("30_one", tag, language)
    assert tag_file("30_a.sv.png", "x") == "30_a@x.sv.png"
    assert tag_file("30_a@x.sv.png", "x") == "30_a@x.sv.png"
    assert tag_file("30_a@x.png", "SYNTHETIC@x") == "30_a@SYNTHETIC@x.png"
    assert tag_file("30_a.png", "") == "30_a.png"


def test_a_cell_that_was_changed_does_not_change_the_batch(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert find_overruled(load_settings()) == []
    notebook = project / "notebooks" / "60_where_to_start.ipynb"
    text = notebook.read_text(encoding="utf-8")
    for old, new in (('"oecd_eu\\"', '"nordic\\"'), ("int or None = None", "int or None = 2019")):
        assert old in text
        text = text.replace(old, new)
    notebook.write_text(text.replace('region: str = \\"SE', 'region: str = \\"FI'), "utf-8")
    (run,) = make_plan(load_settings(), notebooks=["60"], regions=["SE"])
    assert (run.parameters["reference"], run.parameters["year"]) == ("oecd_eu", None)
    assert run.tag == ""
    found = "\n".join(dict(check_project(load_settings()))["parameters"])
    assert "the parameters cell says reference = 'nordic', the batch gives 'oecd_eu'" in found
    assert "says year = 2019, the batch gives None" in found
    assert call(capsys, "check")[0] == 1


@pytest.mark.slow
def test_another_default_than_in_the_last_report_is_told(small: Path) -> None:
    run_notebooks(regions=["SE"], notebooks=["30"])
    cell = PARAMETERS.replace("= None", "= 4")
    write_notebook(small / "notebooks" / "30_one.ipynb", "print(n)", parameters=cell)
    told: list[str] = []
    run_notebooks(regions=["SE"], notebooks=["30"], note=told.append)
    assert told[0].startswith("30_one: its cell says n = 4, the last report was made with None")


@pytest.mark.slow
def test_another_set_stands_beside_the_standard_report(small: Path) -> None:
    write_notebook(small / "notebooks" / "30_one.ipynb", SAVE)
    run_notebooks(regions=["SE"], notebooks=["30"])
    made = [small / "reports/SE/30_one.html", small / "reports/SE/30_one.ipynb",
            small / "figures/SE/30_a.en.csv"]  # fmt: skip
    before = [path.read_bytes() for path in made]
    extend(small, "sets:", "  seven: {n: 7}")
    outcomes = run_notebooks(
        regions=["SE"], notebooks=["30"], variants=["seven"], language=["en", "sv"]
    )
    outcomes += run_notebooks(regions=["SE"], notebooks=["30"], parameters={"n": 3, "x": "1.5"})
    assert [outcome.status for outcome in outcomes] == ["ok"] * 3
    assert [path.read_bytes() for path in made] == before
    assert (small / "figures/SE/30_a@seven.sv.csv").read_text() == "7 seven"
    assert (small / "figures/SE/30_a@n-3.en.csv").read_text() == "3 n-3"
    page = (small / "reports/SE/30_one@seven.sv.html").read_text(encoding="utf-8")
    assert "A title (seven)</title>" in page
    assert "Andra val än i standardrapporten: n = 7." in page
    book = nbformat.read(small / "reports/SE/30_one@seven.ipynb", as_version=4)
    assert book.metadata.innocap_variant == {"name": "seven", "choices": {"n": 7}}
    assert any("n = 7" in str(cell.get("outputs")) for cell in book.cells)
    index = (small / "reports/index.html").read_text(encoding="utf-8")
    assert index.index("SE/30_one.html") < index.index("With other choices")
    assert index.index("With other choices") < index.index("SE/30_one@seven.html")
    assert "<h3>n 3</h3>" in index
    assert "Other choices than in the standard report: n = 7." in index
    # The standard values again are the standard report.
    again = run_notebooks(regions=["SE"], notebooks=["30"], parameters={"n": "none"})
    assert [(o.status, o.run.stem) for o in again] == [("skipped", "30_one")]


@pytest.mark.slow
def test_each_index_page_links_all_others(small: Path) -> None:
    write_notebook(small / "notebooks" / "30_one.ipynb", "1 / n")
    failed = run_notebooks(regions=["SE"], notebooks=["30"])
    assert failed[0].status == "failed"
    run_notebooks(notebooks=["10"], language=["sv", "fi"])
    pages = {"en": "index.html", "sv": "index.sv.html", "fi": "index.fi.html"}
    for language, name in pages.items():
        text = (small / "reports" / name).read_text(encoding="utf-8")
        for other, link in pages.items():
            assert (f'href="{link}" lang="{other}"' in text) == (other != language)
        # What failed in an earlier batch is still not made.
        assert ("TypeError" in text) == (language == "en")


def write_answers(root: Path, *, made_up: bool) -> None:
    """Put down what an import leaves, as far as names depend on it."""
    folder = root / "data" / "processed"
    folder.mkdir(exist_ok=True)
    (folder / "answers.csv").write_text(f"response_id,synthetic\na,{made_up}\n", "utf-8")


def test_real_answers_and_made_up_ones_have_different_names(project: Path) -> None:
    settings = load_settings()

    def name_survey(**wanted: object) -> str:
        (run,) = make_plan(settings, notebooks=["80"], **wanted)  # type: ignore[arg-type]
        return f"{run.stem.removeprefix('80_what_did_people_answer')} {run.parameters['wave']}"

    assert name_survey() == "@SYNTHETIC synthetic"
    write_answers(project, made_up=False)
    assert name_survey() == " imported"
    assert name_survey(parameters={"wave": "imported"}) == " imported"
    assert name_survey(parameters={"wave": "synthetic"}) == "@SYNTHETIC synthetic"
    strict = {"wave": "synthetic", "leave_out_flagged": "true"}
    assert name_survey(parameters=strict, variants=["strict"]) == "@SYNTHETIC@strict synthetic"
    write_answers(project, made_up=True)
    assert name_survey() == "@SYNTHETIC-imported imported"
    assert mark_wave("synthetic", settings) == "SYNTHETIC"


LISTS = """units: list[str] = ["SE"]  # whom
weights: list[float] or None = None
since: "date" = "2026-01-31"
until: date or None = None
old: "Optional[int]" = None
older: int | None = None"""


@pytest.mark.parametrize("cell", ["[a, b]", '["a","b"]', "('a', 'b')", "a;;b", "a; b;"])
def test_a_list_may_be_written_as_python_and_tables_do(small: Path, cell: str) -> None:
    path = write_notebook(small / "notebooks" / "30_one.ipynb", parameters="t: list[str] = []")
    text = path.read_text(encoding="utf-8").replace('"metadata": {}', '"metadata": {"tags": null}')
    path.write_text(text, encoding="utf-8")
    assert check_parameters(path, {"t": cell}, load_settings())["t"] == ["a", "b"]
    assert check_parameters(path, {"t": "[]"}, load_settings())["t"] == []


def test_a_table_as_excel_saves_it(small: Path) -> None:
    file = small / "rows.csv"
    file.write_text("sep=;\nNotebook;Units;n\n30;SE;7.0;;\n", encoding="utf-8")
    assert [run.place for run in make_plan(load_settings(), table=file)] == [
        "reports/SE/30_one@n-7.ipynb"
    ]


def test_lists_dates_and_none_are_parameters(small: Path) -> None:
    path = write_notebook(small / "notebooks" / "30_one.ipynb", parameters=LISTS)
    found = {p.name: (p.wanted, p.default) for p in read_parameters(path)}
    assert found == {
        "units": ("list[str]", ["SE"]), "weights": ("list[float] or none", None),
        "since": ("date", "2026-01-31"), "until": ("date or none", None),
        "old": ("int or none", None), "older": ("int or none", None),
    }  # fmt: skip
    given = {"units": "SE, FI", "weights": ["1", 2], "since": "2026-02-28", "until": "none"}
    assert check_parameters(path, given, load_settings()) == {
        "units": ["SE", "FI"], "weights": [1.0, 2.0], "since": "2026-02-28", "until": None,
    }  # fmt: skip
    assert check_parameters(path, {"units": ""}, load_settings()) == {"units": []}
    # As other columns of a table hold several values; commas may then stand inside one.
    for text in ("SE; Paris, TX", "SE|Paris, TX"):
        assert check_parameters(path, {"units": text}, load_settings()) == {
            "units": ["SE", "Paris, TX"]
        }
    for wrong in (
        {"since": "2026-02-30"}, {"since": "28.2.2026"}, {"since": "20260228"}, {"since": None},
        {"weights": "1,x"}, {"units": [1]}, {"units": None},
    ):  # fmt: skip
        with pytest.raises(InnocapError, match="is not of type"):
            check_parameters(path, wrong, load_settings())
    told = dict(check_project(load_settings()))[f"notebook {path.name}"]
    assert told == ["parameter older: papermill --help-notebook does not see it; write "
                    "older: int or None = …"]  # fmt: skip


@pytest.mark.slow
def test_lists_dates_and_none_reach_the_notebook(small: Path) -> None:
    cell = PARAMETERS + '\nunits: list[str] = []\nuntil: "date or None" = None'
    write_notebook(small / "notebooks" / "30_one.ipynb", "print([units, until, n])",
                   parameters=cell)  # fmt: skip
    given = {"units": 'a"b,c\\d', "until": "2026-01-31"}
    outcomes = run_notebooks(regions=["SE"], notebooks=["30"], parameters=given)
    place = small / outcomes[0].run.place
    book = nbformat.read(place, as_version=4)
    expected = [['a"b', "c\\d"], "2026-01-31", None]
    assert book.cells[-1].outputs[0].text == f"{expected}\n"


def test_batches_share_a_folder_unless_they_make_the_same(small: Path) -> None:
    settings = load_settings()
    with hold_places(small, ["a", "b"]) as first, hold_places(small, ["c"]) as second:
        own = [name_staging(settings.name_batch(name)) for name in (first, second)]
        for folder in [*own, small / f"{STAGING_PREFIX}dead-1"]:
            folder.mkdir()
        with (
            pytest.raises(
                InnocapError, match=rf"process {os.getpid()}\) is making (a and 1 more|c)"
            ),
            hold_places(small, ["b", "c", "a"]),
        ):
            pass
        # Only what no living batch owns is cleared.
        assert sorted(small.glob(f"{STAGING_PREFIX}*")) == sorted(own)
        with hold_pages(small):
            pass
    assert list((small / LIVE).iterdir()) == []
    with hold_places(small, ["b", "c"]):
        assert not list(small.glob(f"{STAGING_PREFIX}*"))


def test_a_batch_that_is_refused_its_folder_has_told_nothing(small: Path) -> None:
    write_notebook(small / "notebooks" / "30_one.ipynb", "print(region)")
    settings = load_settings()
    (run,) = make_plan(settings, regions=["SE"], notebooks=["30"])
    with hold_places(small, [run.place]), pytest.raises(InnocapError, match="another batch"):
        run_notebooks(regions=["SE"], notebooks=["30"])
    assert not list(settings.processed_dir.rglob("scores.csv"))


def test_a_batch_that_was_killed_keeps_nobody_out(small: Path) -> None:
    code = (
        "import os, signal\nfrom pathlib import Path\n"
        "from innocap_analysis.batch.lock import hold_places\n"
        f"with hold_places(Path({str(small)!r}), ['a']):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    subprocess.run([sys.executable, "-c", code], timeout=60)
    assert len({path.stem for path in (small / LIVE).iterdir()}) == 1  # its list and its lock
    with hold_places(small, ["a"]) as name:
        assert {path.stem for path in (small / LIVE).iterdir()} == {name}


@pytest.mark.slow
def test_two_commands_with_other_regions_run_at_once(small: Path) -> None:
    write_notebook(small / "notebooks" / "30_one.ipynb", "import time", "time.sleep(2)", SAVE)
    code = "import sys; from innocap_analysis import cli; sys.argv[0] = 'innocap'; cli.main()"
    batches = [
        subprocess.Popen(
            [sys.executable, "-c", code, "report", "-n", "30", "-j", "1", "-r", region],
            cwd=small, stdout=subprocess.DEVNULL,
        )
        for region in ("SE", "FI")
    ]  # fmt: skip
    assert [batch.wait(180) for batch in batches] == [0, 0]
    index = (small / "reports" / "index.html").read_text(encoding="utf-8")
    crate = json.loads((small / "reports" / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    runs = {entity["name"] for entity in crate["@graph"] if entity["@type"] == "CreateAction"}
    for region in ("SE", "FI"):
        assert f"{region}/30_one.html" in index
        assert f"reports/{region}/30_one.ipynb" in runs
    assert not list(small.glob(f"{STAGING_PREFIX}*"))


def test_an_operator_sees_count_and_time(small: Path) -> None:
    runs = make_plan(load_settings())
    ticks = count(0, 10)
    lines: list[str] = []
    progress = Progress(lines.append, clock=lambda: float(next(ticks)))
    progress.note("runs")  # 10 s
    progress.take(Outcome(runs[0], "skipped", 0.0), 1, 4)
    progress.take(Outcome(runs[1], "ok", 9.0), 2, 4)  # 20 s: 10 s for one, two are left
    progress.take(Outcome(runs[2], "failed", 9.0), 3, 4)
    progress.take(Outcome(runs[3], "ok", 9.0), 4, 4)
    assert lines == [
        "runs",
        "[2/4] ok     SE 30_one  9.0 s; 0:20 elapsed, about 0:20 left",
        "[3/4] failed FI 30_one  9.0 s; 0:30 elapsed, about 0:10 left",
        "[4/4] ok     IE 30_one  9.0 s; 0:40 elapsed",
    ]
    assert [write_time(s) for s in (6.6, 750, 7500)] == ["0:07", "12:30", "2:05:00"]


@pytest.mark.slow
def test_the_command_tells_all_of_it(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "report", "-n", "30", "-r", "SE", "-l", "sv", "-l", "fi")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "Planning notebook 30 for SE in sv, fi; reading the data …"
    assert lines[1] == "Runs: 2, 2 to do, 0 as they were"
    assert "[1/2] ok     SE 30_one." in lines[2]
    assert any(line.startswith("Took 0:") and line.endswith(" MB") for line in lines)
    assert [line.rpartition("/")[2] for line in lines[-2:]] == ["index.sv.html", "index.fi.html"]


def test_a_warning_on_a_page_names_no_file_of_the_machine(project: Path) -> None:
    run, *_ = make_plan(load_settings(), notebooks=["40"])
    told = "/srv/a b/drawing.py:91: UserWarning: no font has ⽊\n  glyphs = shape(text, file)\n"
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    book.cells[0].outputs = [
        nbformat.v4.new_output("stream", name="stderr", text=told + "Mine: 3\n")
    ]
    forget_machine(book, run)
    assert book.cells[0].outputs[0]["text"] == "UserWarning: no font has ⽊\nMine: 3\n"


def test_what_is_loaded_for_a_table_follows_its_notebooks(
    settings: Settings, tmp_path: Path
) -> None:
    table, pipe = tmp_path / "rows.csv", tmp_path / "pipe"
    table.write_text("notebook,units\n60,SE\n30_how_does_this_country_do,FI\n", encoding="utf-8")
    guessed = Request(settings, table=table).guess_notebooks()
    assert sorted(path.stem[:2] for path in guessed) == ["30", "60"]
    if can_fork():
        os.mkfifo(pipe)  # nobody writes into it, and nobody waits for that
        assert (
            Request(settings, table=pipe).guess_notebooks() == Request(settings).guess_notebooks()
        )
