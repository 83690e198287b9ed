"""The README tells what the software computes."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from innocap_analysis import open_survey_view, open_view, run_sensitivity
from innocap_analysis.batch.plan import make_plan
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.index.verdicts import find_order_changes
from innocap_analysis.pages import statements
from innocap_analysis.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_finding_is_computed(capacity: CapacityData) -> None:
    scores = capacity.result.scores.loc[capacity.countries]
    opening = TEXT.split("![", 1)[0]
    for unit in capacity.countries:
        assert f"{scores.at[unit, 'INNOCAP']:.1f}" in opening
    assert scores["INNOCAP"].sort_values(ascending=False).index.tolist() == ["CA", "FI", "IE", "SE"]
    assert scores[["SKL", "DIG", "DEL"]].idxmax().tolist() == ["CA"] * 3
    assert scores["PRO"].rank().loc[["CA", "SE"]].tolist() == [1, 2]
    runs = run_sensitivity(capacity.values, capacity.codebook)
    shares = runs.ranks("INNOCAP", capacity.countries).summary().set_index("unit")
    assert shares.at["SE", "share_4"] > 0.99
    assert "more than 99 % of 2,000 runs" in opening
    # What the order rests on: indicators, and single figures, without which it changes.
    view = open_view("00", capacity=capacity)
    own = scores["INNOCAP"]
    codes = find_order_changes(view.left_out, "INNOCAP", own)
    cells = find_order_changes(view.left_out_cells, "INNOCAP", own)
    labels = capacity.codebook.table["label_en"]
    winning = list(labels[codes.loc[codes["first"], "left_out"]].str.lower())
    assert f"any one of {codes['order'].sum()} of the {len(codes) - 1} indicators" in opening
    assert f"and {len(winning)} of those ({', '.join(winning)}) put another" in opening
    share = len(cells) // cells["first"].sum()
    assert f"so does 1 in {share} of the {len(cells)} single figures" in opening


def test_every_notebook_and_figure_is_mapped() -> None:
    notebooks = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert notebooks == set(re.findall(r"\| `(\d[057]_\w+)` \|", TEXT))
    saved = set()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        saved |= set(re.findall(r'\\"(\d[057]_\w+)\\"', path.read_text(encoding="utf-8")))
    view = open_survey_view("80")  # its figures are as many as the questionnaire has dimensions
    saved |= {statements.name_block(view, *block) for block in statements.list_blocks(view)}
    saved |= {statements.name_question(view, question) for question in view.multiple}
    named = set(re.findall(r"`(?:comparison/|<region>/)?(\d[057]_\w+)`", TEXT)) - notebooks
    assert named == saved


def test_every_environment_variable_is_documented() -> None:
    used: set[str] = set()
    for path in [ROOT / "bootstrap.py", *(ROOT / "innocap_analysis").rglob("*.py")]:
        used |= set(re.findall(r"\bINNOCAP_[A-Z_]+\b", path.read_text(encoding="utf-8")))
    rows = set(re.findall(r"^\| `(INNOCAP_[A-Z_]+)` \|", TEXT, re.MULTILINE))
    assert len(used) >= 5
    assert rows == used


def test_the_plan_of_the_example_is_read(project: Path) -> None:
    (project / "my_units.csv").write_text("IE04\n", encoding="utf-8")
    found = re.search(r"```yaml\n(batch:.*?)```", TEXT, re.DOTALL)
    assert found
    config = project / "innocap.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text[: text.index("batch:")] + found[1], encoding="utf-8")
    places = {run.place.removeprefix("reports/") for run in make_plan(load_settings())}
    assert "SE11/30_how_does_this_country_do@nordic-2022.sv.ipynb" in places
    assert "IE04/60_where_to_start.fr.ipynb" in places
    # Once, four countries; eight regions in two languages with two sets; 2 x 3 x 4.
    assert len(places) == 1 + 4 + 8 * 2 * 2 + 2 * 3 * 4 - 2  # SE32 in sv and fi is in both rows


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        path = target.split("#")[0]
        assert target.startswith("https://") or (ROOT / path).exists(), target


def test_the_python_example_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.search(r"## In Python\n.*?```python\n(.*?)```", TEXT, re.DOTALL)
    assert found
    code = found[1].replace("my_codebook.csv", "data/codebooks/examples/egdi.csv")
    monkeypatch.chdir(ROOT)
    table = {name: [0.5, 0.9] for name in ("UN_OSI", "UN_TII", "UN_HCI")}
    names: dict[str, object] = {"values": pd.DataFrame(table, index=["SE", "FI"])}
    exec(code, names)
    ranks = eval(code.rstrip().rsplit("\n", 1)[1], names)  # noqa: S307
    assert ranks["UN_EGDI"].to_dict() == {"SE": 2.0, "FI": 1.0}
    assert set(names["runs"].factors) > {"weights", "imputation"}
