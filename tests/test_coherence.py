"""Coherence and panels, against R and by hand.

Reference values: R 4.2.2, `cor`, and Cronbach's formula on `cov`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from innocap_analysis import (
    correlate_nodes,
    estimate_group_alpha,
    estimate_importance,
    read_codebook,
    score_index,
    score_panel,
)
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.alternatives import leave_out_indicators
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.index.panel import tabulate_changes

A = np.array([
    2, 3, 5, 4, 6, 7, 3, 2, 1, 5, 8, 9, 4, 3, 6, 7, 2, 1, 9, 8, 5,
    1, 3, 4, 4, 7, 6, 2, 2, 2, 4, 9, 8, 5, 3, 5, 8, 1, 2, 8, 9, 4,
    9, 2, 3, 5, 1, 8, 7, 4, 6, 3, 2, 5, 8, 1, 9, 4, 6, 7, 3, 2, 5,
], dtype=float).reshape(3, 21).T  # fmt: skip
VALUES = pd.DataFrame(A, columns=list("ABC"), index=[f"u{i}" for i in range(21)])
BOOK = read_codebook(
    pd.DataFrame(
        [{"code": "I", "parent": "", "kind": "index"}]
        + [{"code": c, "parent": "I", "kind": "indicator", "normalise": "none"} for c in "ABC"]
    )
)


def test_alpha_agrees_with_r() -> None:
    row = estimate_group_alpha(score_index(VALUES, BOOK)).iloc[0]
    assert row["alpha"] == pytest.approx(0.21584038694074958, rel=1e-12)
    assert row["alpha_standardised"] == pytest.approx(0.20644081868946082, rel=1e-12)
    assert (row["k"], row["n"], row["reason"]) == (3, 21, "")


def test_correlations_agree_with_r() -> None:
    table = correlate_nodes(score_index(VALUES, BOOK)).set_index(["code", "other"])
    assert table.at[("A", "B"), "correlation"] == pytest.approx(0.93977390482430423, rel=1e-12)
    assert table.at[("A", "I"), "relation"] == "parent"
    assert len(table) == 3 + 3


def test_what_cannot_be_estimated_says_why() -> None:
    flat = score_index(VALUES.assign(A=1.0), BOOK)
    assert estimate_group_alpha(flat)["reason"].tolist() == ["a child does not vary"]
    assert correlate_nodes(flat)["reason"].eq("does not vary").sum() == 3
    assert estimate_importance(flat).set_index("code").at["A", "reason"] == "does not vary"
    few = score_index(VALUES.head(19), BOOK)
    for estimate in (estimate_group_alpha, correlate_nodes, estimate_importance):
        with pytest.raises(InnocapError, match="19 units are too few"):
            estimate(few)


def test_children_that_cancel_out_have_no_alpha() -> None:
    against = VALUES.assign(B=-VALUES["A"])
    book = read_codebook(BOOK.table[BOOK.table.index != "C"].reset_index())
    row = estimate_group_alpha(score_index(against, book)).iloc[0]
    assert np.isnan(row["alpha"])
    assert row["reason"] == "the sum does not vary"


def test_importance_of_known_functions() -> None:
    rng = np.random.default_rng(8)
    n = 400
    a, b, c = rng.normal(size=(3, n))
    values = pd.DataFrame({"A": 3 * a, "B": 2 * b, "C": c})
    table = estimate_importance(score_index(values, BOOK)).set_index("code")
    # Independent parts of an additive index: the variance shares 9, 4 and 1 of 14.
    np.testing.assert_allclose(table["first_order"], [9 / 14, 4 / 14, 1 / 14], atol=0.06)
    np.testing.assert_allclose(table["r_squared"], [9 / 14, 4 / 14, 1 / 14], atol=0.06)
    # Where the parent is a curve of the child, correlation misses what the main effect sees.
    x = rng.uniform(-1, 1, n)
    curved = pd.DataFrame({"A": x, "B": 3 * x**2 + 0.1 * b, "C": 0 * x})
    bent = estimate_importance(score_index(curved.assign(C=rng.normal(0, 0.1, n)), BOOK))
    row = bent.set_index("code").loc["A"]
    assert row["first_order"] > 0.95
    assert row["r_squared"] < 0.7


def test_leaving_one_out_is_scoring_without_it(capacity: CapacityData) -> None:
    runs = leave_out_indicators(capacity.values, capacity.codebook, min_coverage=0.5)
    index = runs.scores["INNOCAP"].set_index(runs.choices["left_out"])
    without = capacity.result.normalised.loc["SE", capacity.codebook.leaves_of("PRO")].drop(
        "BIPA_PROCDATA"
    )
    dimensions = capacity.result.scores.loc["SE", ["SKL", "DIG", "DEL"]].tolist()
    expected = np.mean([*dimensions, without.mean()])
    assert index.at["BIPA_PROCDATA", "SE"] == pytest.approx(expected, rel=1e-12)
    assert index.at["", "SE"] == capacity.result.scores.at["SE", "INNOCAP"]


def test_panels_repeat_the_published_years(capacity: CapacityData) -> None:
    book = read_codebook(capacity.settings.codebook_path.parent / "examples" / "egdi.csv")
    panel = score_panel(capacity.prepared.observations, book)
    assert sorted(panel["time"].unique()) == [2016, 2018, 2022, 2024]
    changes = tabulate_changes(panel, codes=["UN_EGDI"]).set_index("unit")
    published = capacity.prepared.observations.set_index(["unit", "code", "time"])["value"]
    for unit in capacity.countries:
        first, last = (published[unit, "UN_EGDI", year] for year in (2016, 2024))
        assert changes.at[unit, "change"] == pytest.approx(last - first, abs=2e-4)
        assert changes.at[unit, "change_per_year"] == pytest.approx((last - first) / 8, abs=3e-5)
    gtmi = read_codebook(capacity.settings.codebook_path.parent / "examples" / "gtmi.csv")
    assert set(score_panel(capacity.prepared.observations, gtmi)["time"]) == {2020, 2022, 2025}


def test_panels_refuse_what_is_not_comparable(capacity: CapacityData) -> None:
    book = capacity.codebook.table.copy()
    book.loc["UN_OSI", "normalise"] = "minmax"
    with pytest.raises(InnocapError, match="UN_OSI is scaled by the units at hand"):
        score_panel(capacity.prepared.observations, read_codebook(book))
    egdi = read_codebook(capacity.settings.codebook_path.parent / "examples" / "egdi.csv")
    with pytest.raises(InnocapError, match="years: 2019 is unknown"):
        score_panel(capacity.prepared.observations, egdi, years=[2019])
