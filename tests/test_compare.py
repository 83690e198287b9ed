"""Descriptives against a reference set, sensitivity runs and priorities."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from innocap_analysis import (
    change_codebook,
    compare_alternatives,
    run_sensitivity,
    score_index,
)
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.index.factors import AggregationChoice, LeaveOneOut, WeightNoise
from innocap_analysis.index.figures import ScoreWarning
from innocap_analysis.index.ranks import rank_scores
from innocap_analysis.index.reference import compare_to_reference


def test_comparison_agrees_with_scipy(capacity: CapacityData) -> None:
    members = capacity.reference_units("oecd_eu")
    table = compare_to_reference(capacity.result, capacity.countries, reference_units=members)
    assert len(table) == 4 * (18 + 4 + 1)
    row = table[(table["unit"] == "IE") & (table["code"] == "OECD_DGI")].iloc[0]
    reference = capacity.result.normalised.loc[members, "OECD_DGI"].dropna()
    assert row["reference_n"] == len(reference) == 35
    assert row["percentile"] == pytest.approx(
        stats.percentileofscore(reference, row["score"], kind="mean")
    )
    assert row["reference_rank"] == (reference > row["score"]).sum() + 1
    assert row["gap_to_median"] == pytest.approx(row["score"] - np.median(reference))
    assert row["gap_to_best"] == pytest.approx(row["score"] - reference.max())
    assert row["best_units"] == "KR"
    assert row["value"] == capacity.values.at["IE", "OECD_DGI"]


def test_a_unit_outside_the_set_is_placed_in_it(capacity: CapacityData) -> None:
    table = compare_to_reference(capacity.result, ["CA"], reference_units=["FI", "SE"])
    row = table.set_index("code").loc["SKL"]
    assert row["reference_n"] == 2
    assert row["reference_rank"] == 1
    assert row["percentile"] == 100


def test_runs_repeat_with_their_seed_and_differ_without(capacity: CapacityData) -> None:
    one, same, other = (
        run_sensitivity(capacity.values, capacity.codebook, n=50, seed=seed) for seed in (3, 3, 4)
    )
    pd.testing.assert_frame_equal(one.choices, same.choices)
    pd.testing.assert_frame_equal(one.scores["INNOCAP"], same.scores["INNOCAP"], check_exact=True)
    assert not one.scores["INNOCAP"].equals(other.scores["INNOCAP"])


def test_every_run_equals_the_index_with_its_choices(capacity: CapacityData) -> None:
    runs = run_sensitivity(capacity.values, capacity.codebook, n=25, seed=9)
    for number, choice in runs.choices.iterrows():
        weights = {
            c: choice[f"weight:{c}"]
            for c in capacity.codebook.table.index
            if f"weight:{c}" in choice
        }
        if choice["left_out"]:
            weights[choice["left_out"]] = 0.0
        book = change_codebook(
            capacity.codebook,
            weights=weights,
            aggregate={"INNOCAP": choice["aggregate:INNOCAP"]},
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ScoreWarning)  # Romania's zero, under a geometric mean
            expected = score_index(capacity.values, book).scores["INNOCAP"]
        # Whether a unit with gaps has a score is measured with the codebook's own weights.
        whole = capacity.result.coverage.index[capacity.result.coverage["INNOCAP"] > 0.999]
        assert len(whole) > 15
        np.testing.assert_allclose(
            runs.scores["INNOCAP"].loc[number, whole], expected[whole], rtol=1e-12
        )


def test_without_factors_every_run_is_the_index(capacity: CapacityData) -> None:
    runs = run_sensitivity(capacity.values, capacity.codebook, factors=[], n=3)
    for code, scores in runs.scores.items():
        for number in range(3):
            np.testing.assert_array_equal(scores.loc[number], capacity.result.scores[code])


@pytest.mark.parametrize(
    ("factor", "told"),
    [
        (WeightNoise(2.0), "WeightNoise: relative: a share lies between 0 and 1"),
        (LeaveOneOut(("NOPE",)), "'NOPE' is no indicator"),
        (AggregationChoice("NOPE"), "'NOPE' is no group"),
    ],
)
def test_impossible_factors_are_refused(capacity: CapacityData, factor: object, told: str) -> None:
    with pytest.raises(InnocapError, match=told):
        run_sensitivity(capacity.values, capacity.codebook, factors=[factor], n=2)


def test_rank_summary_by_hand() -> None:
    scores = pd.DataFrame({"a": [9.0, 9, 4, 9], "b": [5.0, 5, 5, 5]})
    ranks = rank_scores(scores)
    assert ranks.table.to_numpy().T.tolist() == [[1, 1, 2, 1], [2, 2, 1, 2]]
    table = ranks.summary().set_index("unit")
    assert table.loc["a", ["median", "low", "high", "share_1", "share_2"]].tolist() == [
        1.0,
        1.0,
        2.0,
        0.75,
        0.25,
    ]


def test_superiority_by_hand_counts_ties_half() -> None:
    scores = pd.DataFrame({"a": [3.0, 1.0, 2.0, 2.0], "b": [1.0, 2.0, 2.0, 1.0]})
    table = rank_scores(scores).superiority()
    assert table.at["a", "b"] == 0.625
    assert table.at["b", "a"] == 0.375
    assert np.isnan(table.at["a", "a"])


def test_alternatives_drop_whole_branches(capacity: CapacityData) -> None:
    book = capacity.codebook
    without = change_codebook(book, drop=["PRO"])
    assert not set(book.leaves_of("PRO")) & set(without.leaves)
    table = compare_alternatives(
        capacity.values, {"all": book, "three": without}, units=capacity.countries
    ).set_index(["alternative", "unit"])
    three = capacity.result.scores.loc["CA", ["SKL", "DIG", "DEL"]].mean()
    assert table.at[("three", "CA"), "score"] == pytest.approx(three)
    assert table.loc["all", "shift"].eq(0).all()
    with pytest.raises(InnocapError, match="'NOPE' is unknown"):
        change_codebook(book, drop=["NOPE"])


def test_priorities_without_uncertainty_are_the_plain_gaps(capacity: CapacityData) -> None:
    members = capacity.reference_units("oecd_eu")
    runs = run_sensitivity(capacity.values, capacity.codebook, factors=[], n=2)
    table = runs.priorities("SE", capacity.dimensions, reference_units=members)
    gaps = compare_to_reference(capacity.result, ["SE"], reference_units=members)
    gaps = gaps[gaps["level"] == 1].set_index("code")["gap_to_median"].sort_values()
    assert table["code"].tolist() == gaps.index.tolist()
    np.testing.assert_allclose(table["gap"], gaps, rtol=1e-12)
    assert table["probability_first"].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert (table["low"] == table["high"]).all()
