"""The engine: hand-worked values and invariants."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from innocap_analysis import normalise, rank_units, read_codebook, score_index
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.figures import ScoreWarning
from innocap_analysis.index.weights import compute_effective_weights


def make_book(**changes: object) -> Codebook:
    table = pd.DataFrame(
        {
            "code": ["IDX", "G", "H", "A", "B", "C"],
            "parent": ["", "IDX", "IDX", "G", "G", "H"],
            "kind": ["index", "group", "group", "indicator", "indicator", "indicator"],
            "direction": [1, 1, 1, 1, -1, 1],
            "weight": [1.0, 3.0, 1.0, 1.0, 1.0, 1.0],
            "low": [None, None, None, 0, 10, 1],
            "high": [None, None, None, 10, 20, 100],
            "clip": ["none", "none", "none", "none", "both", "none"],
            "transform": ["none", "none", "none", "none", "none", "log"],
            "aggregate": ["arithmetic", "arithmetic", "arithmetic", "none", "none", "none"],
        }
    )
    table.loc[table["aggregate"] == "none", "aggregate"] = "arithmetic"
    for column, values in changes.items():
        for code, value in dict(values).items():  # type: ignore[call-overload]
            table.loc[table["code"] == code, column] = value
    return read_codebook(table)


VALUES = pd.DataFrame(
    {"A": [2.0, 12.0, np.nan], "B": [10.0, 25.0, 15.0], "C": [10.0, 1.0, np.nan]},
    index=["SE", "FI", "IE"],
)


def test_goalposts_by_hand() -> None:
    scores = normalise(VALUES, make_book())
    # A: 2/10, 12/10 unclipped; B reversed and clipped: (20-10)/10, below 0 -> 0, (20-15)/10;
    # C: ln(10)/ln(100) = 0.5, ln(1)/ln(100) = 0.
    assert scores["A"].tolist()[:2] == [20.0, 120.0]
    assert scores["B"].tolist() == [100.0, 0.0, 50.0]
    np.testing.assert_allclose(scores["C"].tolist()[:2], [50.0, 0.0], rtol=1e-15)


def test_aggregation_by_hand() -> None:
    result = score_index(VALUES, make_book())
    # G = mean(A, B); IDX = (3 G + H) / 4. IE has B alone: G rests on half of its weight and
    # keeps its score, IDX on 3/4 of that half and loses it.
    np.testing.assert_allclose(result.scores["G"], [60.0, 60.0, 50.0], rtol=1e-15)
    np.testing.assert_allclose(result.scores["IDX"], [57.5, 45.0, np.nan], rtol=1e-15)
    assert result.coverage.loc["IE", ["G", "H", "IDX"]].tolist() == [0.5, 0.0, 0.375]


def test_coverage_below_the_minimum_gives_no_score() -> None:
    lax = score_index(VALUES, make_book(), min_coverage=0.3)
    strict = score_index(VALUES, make_book(), min_coverage=0.6)
    assert lax.scores.loc["IE", ["G", "IDX"]].tolist() == [50.0, 50.0]
    assert strict.scores.loc["IE", ["G", "IDX"]].isna().all()
    assert strict.ranks["IDX"].tolist()[:2] == [1.0, 2.0]
    assert np.isnan(strict.ranks.at["IE", "IDX"])


def test_geometric_mean_by_hand_and_its_zero() -> None:
    book = make_book(aggregate={"G": "geometric"}, weight={"A": 2})
    with pytest.warns(ScoreWarning, match=r"G: the geometric mean is 0 for FI because B is 0"):
        result = score_index(VALUES, book)
    # A weighs twice as much as B: the cube root of 20 * 20 * 100.
    np.testing.assert_allclose(result.scores.at["SE", "G"], 40000 ** (1 / 3), rtol=1e-14)
    assert result.scores.at["FI", "G"] == 0.0
    assert np.isnan(result.scores.at["IE", "G"])  # B is but a third of the weight


def test_geometric_mean_refuses_negative_values() -> None:
    values = VALUES.assign(A=[-1.0, 5.0, 5.0])
    with pytest.raises(InnocapError, match=r"G: a geometric mean .* A falls to -10"):
        score_index(values, make_book(aggregate={"G": "geometric"}))


def test_kept_scale_and_direction() -> None:
    kept = dict.fromkeys("ABC", "none")
    scores = normalise(VALUES, make_book(normalise=kept, transform=kept, clip=kept))
    assert scores["A"].tolist()[:2] == [2.0, 12.0]
    assert scores["B"].tolist() == [-10.0, -25.0, -15.0]


def test_ties_share_the_best_rank() -> None:
    scores = pd.DataFrame({"IDX": [1.0, 3.0, 1.0 + 1e-13, np.nan]}, index=list("abcd"))
    assert rank_units(scores)["IDX"].tolist()[:3] == [2.0, 1.0, 2.0]
    assert np.isnan(rank_units(scores).at["d", "IDX"])


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (VALUES.drop(columns="B"), "column 'B' is missing"),
        (VALUES.rename(columns={"B": "b"}), "column 'B' is missing"),
        (VALUES.astype(object).assign(A=["x", 1, 2]), "SE, A: 'x'"),
        (VALUES.assign(A=[np.inf, 1, 2]), "SE, A: inf"),
        (VALUES.assign(C=[1.0, 0.0, 2.0]), "FI, C: 0"),
        (pd.concat([VALUES, VALUES.head(1)]), "unit 'SE' occurs twice"),
    ],
)
def test_bad_values_are_named_by_cell(values: pd.DataFrame, told: str) -> None:
    with pytest.raises(InnocapError) as caught:
        score_index(values, make_book())
    assert told in str(caught.value)


def test_effective_weights_by_hand() -> None:
    weights = compute_effective_weights(make_book(weight={"A": 3})).set_index("code")["weight"]
    assert weights.to_dict() == {
        "IDX": 1.0,
        "G": 0.75,
        "H": 0.25,
        "A": 0.5625,
        "B": 0.1875,
        "C": 0.25,
    }


cells = hnp.arrays(
    float,
    st.tuples(st.integers(2, 6), st.just(3)),
    elements=st.one_of(st.floats(0.5, 200), st.just(np.nan)),
)


def _frame(x: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(x, columns=["A", "B", "C"], index=[f"u{i}" for i in range(len(x))])


@given(cells, st.randoms(use_true_random=False))
def test_order_of_units_and_columns_never_matters(x: np.ndarray, random: object) -> None:
    values = _frame(x)
    rows, columns = list(values.index), list(values.columns)
    random.shuffle(rows)  # type: ignore[attr-defined]
    random.shuffle(columns)  # type: ignore[attr-defined]
    one = score_index(values, make_book())
    other = score_index(values.loc[rows, columns], make_book())
    pd.testing.assert_frame_equal(one.scores, other.scores.loc[values.index], check_exact=True)
    pd.testing.assert_frame_equal(one.ranks, other.ranks.loc[values.index], check_exact=True)


@given(cells)
def test_reversing_a_direction_mirrors(x: np.ndarray) -> None:
    one = normalise(_frame(x), make_book())
    other = normalise(_frame(x), make_book(direction={"A": -1}))
    np.testing.assert_allclose(one["A"] + other["A"], np.where(one["A"].isna(), np.nan, 100.0))


@given(cells, st.sampled_from(["A", "B", "C"]), st.floats(0, 50))
def test_a_better_figure_never_lowers_the_index(x: np.ndarray, code: str, gain: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoreWarning)
        book = make_book(clip=dict.fromkeys("ABC", "both"), aggregate={"IDX": "geometric"})
        values = _frame(x)
        better = values.copy()
        better[code] += gain if code != "B" else -gain
        if code == "B":
            better[code] = better[code].clip(lower=0.01)
        before = score_index(values, book).scores["IDX"]
        after = score_index(better, book).scores["IDX"]
    both = before.notna() & after.notna()
    assert (after[both] >= before[both] - 1e-9).all()
