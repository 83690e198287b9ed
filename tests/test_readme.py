"""The README tells what the software computes."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from innocap_analysis import run_sensitivity
from innocap_analysis.score.capacity import CapacityData
from innocap_analysis.score.robustness import summarise_ranks

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
    shares = summarise_ranks(runs.rank_runs("INNOCAP", capacity.countries)).set_index("unit")
    assert shares.at["SE", "share_4"] > 0.99
    assert "more than 99 % of 2,000 runs" in opening


def test_every_notebook_and_figure_is_mapped() -> None:
    notebooks = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert notebooks == set(re.findall(r"\| `(\d[05]_\w+)` \|", TEXT))
    saved = set()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        saved |= set(re.findall(r'\\"(\d[05]_\w+)\\"', path.read_text(encoding="utf-8")))
    named = set(re.findall(r"`(?:comparison/|<region>/)?(\d[05]_\w+)`", TEXT)) - notebooks
    assert named == saved


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert target.startswith("https://") or (ROOT / target).exists(), target


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
