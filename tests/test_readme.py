"""The README is the front door: short, whole, and its map is the notebooks'."""

from __future__ import annotations

import re
from pathlib import Path

from innocap_analysis import open_survey_view
from innocap_analysis.batch.plan import make_plan
from innocap_analysis.pages import statements
from innocap_analysis.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
VARIABLES = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
PLAN = (ROOT / "docs" / "howto" / "plan.md").read_text(encoding="utf-8")


def test_it_is_short_and_shows_one_picture_of_the_result() -> None:
    assert len(TEXT.splitlines()) <= 120
    assert re.findall(r"!\[.+\]\(([^)]+)\)", TEXT) == ["docs/result.png"]
    for job in ("report", "test"):
        for python in ("python3", "py"):
            assert f"`{python} bootstrap.py {job}`" in TEXT


def test_every_notebook_and_figure_is_mapped() -> None:
    notebooks = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert notebooks == set(re.findall(r"\| `(\d[0-9]_\w+)` \|", TEXT))
    saved = set()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        saved |= set(re.findall(r'\\"(\d[0-9]_\w+)\\"', path.read_text(encoding="utf-8")))
    view = open_survey_view("80")  # its figures are as many as the questionnaire has dimensions
    saved |= {statements.name_block(view, *block) for block in statements.list_blocks(view)}
    saved |= {statements.name_question(view, question) for question in view.multiple}
    named = set(re.findall(r"`(?:comparison/|<region>/)?(\d[0-9]_\w+)`", TEXT)) - notebooks
    assert named == saved


def test_every_environment_variable_is_documented() -> None:
    used: set[str] = set()
    for path in [ROOT / "bootstrap.py", *(ROOT / "innocap_analysis").rglob("*.py")]:
        used |= set(re.findall(r"\bINNOCAP_[A-Z_]+\b", path.read_text(encoding="utf-8")))
    rows = set(re.findall(r"^\| `(INNOCAP_[A-Z_]+)` \|", VARIABLES, re.MULTILINE))
    assert len(used) >= 5
    assert rows == used


def test_the_plan_of_the_example_is_read(project: Path) -> None:
    (project / "my_units.csv").write_text("IE04\n", encoding="utf-8")
    found = re.search(r"```yaml\n(batch:.*?)```", PLAN, re.DOTALL)
    assert found
    config = project / "innocap.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text[: text.index("batch:")] + found[1], encoding="utf-8")
    places = {run.place.removeprefix("reports/") for run in make_plan(load_settings())}
    assert "SE11/30_how_does_this_country_do@nordic-2022.sv.ipynb" in places
    assert "IE04/60_where_to_start.fr.ipynb" in places
    # Once, four countries; eight regions in two languages with two sets; 2 x 3 x 4.
    assert len(places) == 1 + 4 + 8 * 2 * 2 + 2 * 3 * 4 - 2  # SE32 in sv and fi is in both rows
