"""Published indexes come out of their codebooks, from the raw figures alone.

References: United Nations E-Government Survey 2016, 2018, 2022 and 2024 (EGDI); World Bank
GovTech Maturity Index 2020, 2022 and 2025 (GTMI); OECD Digital Government Index 2023 (DGI); UNDP
Human Development Report 2023/24 (HDI 2022).
"""

from __future__ import annotations

import pandas as pd
import pytest

from innocap_analysis import read_codebook, score_index
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.index.panel import recompute_published
from tests.frozen import EDITION

EXAMPLES = EDITION / "data" / "codebooks" / "examples"


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
        EDITION / "data" / "raw" / "reference" / "undp_hdi_2022.csv", index_col="country"
    )
    recomputed = score_index(table, EXAMPLES / "hdi.csv").scores["HDI"] / 100
    assert len(table) == 43
    assert recomputed.round(3).tolist() == table["hdi"].tolist()
