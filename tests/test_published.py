"""Published indexes come out of their codebooks, from the raw figures alone.

References: United Nations E-Government Survey 2016, 2018, 2022 and 2024 (EGDI); World Bank
GovTech Maturity Index 2020, 2022 and 2025 (GTMI); OECD Digital Government Index 2023 (DGI); UNDP
Human Development Report 2023/24 (HDI 2022).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from innocap_analysis import read_codebook, score_index
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.index.goalposts import compute_goalposts
from innocap_analysis.index.panel import recompute_published

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "data" / "codebooks" / "examples"


@pytest.mark.parametrize(
    ("name", "countries_by_year", "tolerance"),
    [
        ("egdi", {2016: 43, 2018: 43, 2022: 43, 2024: 43}, 1e-4),
        ("gtmi", {2020: 42, 2022: 43, 2025: 43}, 1e-3),
        ("dgi", {2023: 35}, 1e-3),
    ],
)
def test_published_index(
    capacity: CapacityData, name: str, countries_by_year: dict[int, int], tolerance: float
) -> None:
    book = read_codebook(EXAMPLES / f"{name}.csv")
    rows = recompute_published(capacity.prepared.observations, [book])
    assert rows.groupby("time").size().to_dict() == countries_by_year
    assert rows["difference"].abs().max() <= tolerance


def test_human_development_index_to_its_published_rounding() -> None:
    # UNDP, Human Development Report 2023/24: inputs and index (three decimals), 43 countries.
    table = pd.read_csv(
        ROOT / "data" / "raw" / "reference" / "undp_hdi_2022.csv", index_col="country"
    )
    recomputed = score_index(table, EXAMPLES / "hdi.csv").scores["HDI"] / 100
    assert len(table) == 43
    assert recomputed.round(3).tolist() == table["hdi"].tolist()


def test_frozen_goalposts_agree_with_the_reference_set(capacity: CapacityData) -> None:
    table = compute_goalposts(capacity.values, capacity.codebook)
    assert len(table) == 18
    assert table["agrees"].all(), table[~table["agrees"]]


def test_a_score_by_hand_from_published_figures(capacity: CapacityData) -> None:
    # OECD PMR 2018, barriers in public procurement: Sweden 1.71429, goalposts 0 and 3.75.
    by_hand = 100 * (3.75 - 1.71429) / 3.75
    assert capacity.result.normalised.at["SE", "OECD_PMR_PROC"] == pytest.approx(by_hand, rel=1e-12)
    # The procurement dimension of Sweden is the mean of its four indicators.
    leaves = capacity.codebook.leaves_of("PRO")
    mean = capacity.result.normalised.loc["SE", leaves].mean()
    assert capacity.result.scores.at["SE", "PRO"] == pytest.approx(mean, rel=1e-12)
