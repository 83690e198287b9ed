"""A project of one's own, made by `innocap new`: it is checked whole, scored and shown."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from pathlib import Path

import frictionless
import pytest
from typer.testing import CliRunner

from innocap_analysis import InnocapError, load_capacity, load_settings, open_view
from innocap_analysis.batch.check import check_project
from innocap_analysis.batch.plan import make_plan
from innocap_analysis.batch.starter import NOTEBOOKS, STARTER, create_project
from innocap_analysis.cli import app
from innocap_analysis.pages import comparison, country
from innocap_analysis.pages.front import describe_front

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project that was made into an empty folder, with the working directory in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INNOCAP_OUTPUT", raising=False)
    assert CliRunner().invoke(app, ["new", "my index/första"]).exit_code == 0
    monkeypatch.chdir(tmp_path / "my index" / "första")
    return Path.cwd()


def test_a_new_project_has_no_fault_and_shows_its_pages(mine: Path) -> None:
    settings = load_settings()
    assert settings.root == mine
    faults = {name: found for name, found in check_project(settings) if found}
    assert faults == {}
    assert len(make_plan(settings)) == 3 + 2 * len(settings.countries)
    capacity = load_capacity()
    # By hand: the goalposts are the ends of the newest figures, two groups of two weigh the same.
    figures, book = capacity.values.loc["SE"], capacity.codebook.table
    scaled = [
        100
        * (figures[code] - book.at[code, "low"])
        / (book.at[code, "high"] - book.at[code, "low"])
        for code in ("TRAINED", "EXCHANGE", "ONLINE", "SHARED")
    ]
    assert capacity.result.scores.at["SE", "INDEX"] == pytest.approx(sum(scaled) / 4, abs=1e-9)
    view = open_view("60", region="SE", runs=50)
    assert "Staff" in str(country.write_priorities(view))
    assert comparison.plot_dimensions(view).data["unit"].nunique() == 4


@pytest.mark.usefixtures("mine")
def test_nothing_that_readers_see_is_of_another_index() -> None:
    texts = [path.read_text(encoding="utf-8") for path in Path("notebooks").glob("*.ipynb")]
    view = open_view("00", runs=50)
    texts.append(str(describe_front(view)))
    assert len(texts) == len(NOTEBOOKS) + 1
    for text in texts:
        assert not re.search(
            "INNOCAP(?! analysis)|procure|four dimen|UN_|OECD|BIPA|municipal", text
        )


def test_its_figures_are_made_up_and_say_so(mine: Path) -> None:
    text = (mine / "data" / "raw" / "datapackage.json").read_text(encoding="utf-8")
    (resource,) = json.loads(text)["resources"]
    data = (mine / "data" / "raw" / resource["path"]).read_bytes()
    assert resource["hash"] == "sha256:" + hashlib.sha256(data).hexdigest()
    assert resource["publisher"] == "made up"
    assert frictionless.validate(str(mine / "data" / "raw" / "datapackage.json")).valid


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InnocapError, match="is there and not empty"):
        create_project(tmp_path)
    with pytest.raises(InnocapError, match="is there and not empty"):
        create_project(tmp_path / "a.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_the_wheel_holds_what_a_project_is_made_from() -> None:
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    taken = hatch["targets"]["wheel"]["force-include"]
    assert taken == {"notebooks": STARTER.relative_to(ROOT).as_posix() + "/notebooks"}
    for name in NOTEBOOKS:
        assert (ROOT / "notebooks" / f"{name}.ipynb").is_file()
