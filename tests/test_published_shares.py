"""Published shares: bounds hold the sample's mean, intervals cover the known truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from innocap_analysis import open_survey_view
from innocap_analysis.errors import InnocapError
from innocap_analysis.pages import shares
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.published import read_published, score_published

TRUTH = np.array([0.07, 0.18, 0.31, 0.29, 0.15])  # of the answers 1 to 5: mean 56.75
MEAN = float(TRUTH @ np.arange(5) * 25)
HEAD = "item,answer,percent,n\n"


def _write(path: Path, item: str, counts: np.ndarray, *, decimals: int, skip: int = 0) -> Path:
    n = int(counts.sum())
    rows = [
        f"{item},{code},{100 * count / n:.{decimals}f},{n}"
        for code, count in enumerate(counts, start=1)
        if code != skip
    ]
    path.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("n", "decimals", "skip"), [(62, 0, 0), (400, 0, 0), (400, 1, 2)])
def test_intervals_cover_the_known_truth(
    n: int, decimals: int, skip: int, survey: Instrument, tmp_path: Path
) -> None:
    rng = np.random.default_rng([21, n, decimals])
    covered, draws = 0, 150
    for _ in range(draws):
        counts = rng.multinomial(n, TRUTH)
        path = _write(tmp_path / "p.csv", "SKL1", counts, decimals=decimals, skip=skip)
        row = score_published(read_published(path, survey), survey).iloc[-1]
        sample = counts @ np.arange(5) * 25 / n
        assert row["least"] - 1e-9 <= sample <= row["most"] + 1e-9
        covered += row["low"] <= MEAN <= row["high"]
    assert covered >= 0.92 * draws  # 95% less two standard errors of 150 draws


def test_the_ends_are_those_of_the_rounding(survey: Instrument, tmp_path: Path) -> None:
    """By hand: 50% each of 1 and 5 in whole percent: 49.5 to 50.5 of 100 points."""
    path = tmp_path / "p.csv"
    rows = [("1", "50"), ("2", "0"), ("3", "0"), ("4", "0"), ("5", "50 %")]
    path.write_text(HEAD + "".join(f"SKL1,{a},{p},100\n" for a, p in rows), encoding="utf-8")
    row = score_published(read_published(path, survey), survey).iloc[-1]
    # The least: 5 has 49.5%, and 0.5% lie on the next lower answers as far as they may.
    assert row["least"] == pytest.approx(49.5, abs=1e-9)
    assert row["most"] == pytest.approx(50.5, abs=1e-9)
    # SKL4 is reversed, and don't know leaves the base: 40% and 40% of 80% are half and half.
    rows = [("1", "40.0"), ("2", "0.0"), ("3", "0.0"), ("4", "0.0"), ("5", "40.0"), ("DK", "20.0")]
    path.write_text(HEAD + "".join(f"SKL4,{a},{p},100\n" for a, p in rows), encoding="utf-8")
    row = score_published(read_published(path, survey), survey).iloc[-1]
    assert row["n"] == 79
    assert row["score"] == pytest.approx(50, abs=1e-9)


def test_a_dimension_needs_half_of_its_items(survey: Instrument, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    text = HEAD
    for item in ("SKL1", "SKL2", "SKL3"):
        text += "".join(f"{item},{a},20,50\n" for a in range(1, 6))
    path.write_text(text, encoding="utf-8")
    table = score_published(read_published(path, survey), survey).set_index("code")
    assert list(table.index) == ["SKL", "SKL1", "SKL2", "SKL3"]
    assert table.loc["SKL", "score"] == pytest.approx(50)


def test_a_small_wave_stands_beside_published_shares(project: Path) -> None:
    folder = project / "data" / "survey"
    view = open_survey_view("80")
    assert "No published shares" in str(shares.table_published(view))
    folder.mkdir()
    text = HEAD
    for item in ("SKL1", "SKL2", "SKL3"):
        text += "".join(f"{item},{a},20,500\n" for a in range(1, 6))
    (folder / "published.csv").write_text(text, encoding="utf-8")
    table = shares.table_published(view)
    assert list(table.cells.iloc[:, 0]) == ["Skills"]
    row = score_published(read_published(folder / "published.csv", view.instrument),
                          view.instrument).set_index("code").loc["SKL"]  # fmt: skip
    score, low, high = (f"{row[name]:.1f}" for name in ("score", "low", "high"))
    assert (score, low[:3]) == ("50.0", "46.")
    assert (
        table.cells.iloc[0, 1].replace("\u2060", "").replace("\xa0", " ")
        == f"{score} ({low}–{high})"
    )
    assert table.cells.iloc[0, 2] == f"{row['n']:,.0f}"
    # The whole answers of the SYNTHETIC wave: a mean with its interval over organisations.
    assert table.cells["Sweden"].iloc[0].startswith("59.2\xa0(")
    fact = next(f for f in view.ledger.facts.values() if f.measure == "published_score")
    assert [fact.value, fact.low, fact.high] == pytest.approx(
        [row["score"], row["low"], row["high"]], abs=0.0501
    )


@pytest.mark.parametrize(("rows", "told"), [
    ("SKL9,1,20,50\n", "line 2: 'SKL9' is no scored item"),
    ("SKL1,Maybe,20,50\n", "line 2: 'Maybe' is no answer there"),
    ("SKL1,1,a fifth,50\n", "line 2: percent 'a fifth' is no number"),
    ("SKL1,1,20,50\nSKL1,2,20,51\n", "line 3: n '51' is not the one number"),
    ("SKL1,1,20,50\nSKL1,1,20,50\n", "line 3: '1' of SKL1 stands above too"),
    ("SKL1,1,70,50\nSKL1,2,60,50\n", "SKL1: the shares add up to"),
])  # fmt: skip
def test_faults_are_told(rows: str, told: str, survey: Instrument, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(HEAD + rows, encoding="utf-8")
    with pytest.raises(InnocapError, match=told):
        read_published(path, survey)
