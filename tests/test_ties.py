"""One relative test of what does not vary and of what ties, wherever figures are compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from innocap_analysis import (
    derive_weights,
    normalise,
    rank_units,
    read_codebook,
    score_index,
)
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.figures import ScoreWarning, is_flat, rank_figures
from innocap_analysis.index.ranks import rank_scores
from innocap_analysis.index.steps import measure_shape

TENTHS = [0.1 / 1, 0.7 / 7, 0.3 / 3, 0.6 / 6]  # equal ratios that are not the same float


def _book(method: str, how: str = "arithmetic", codes: str = "A", **cells: object) -> Codebook:
    rows: list[dict[str, object]] = [{"code": "I", "kind": "index", "parent": "", "aggregate": how}]
    rows += [
        {"code": c, "kind": "indicator", "parent": "I", "normalise": method, **cells} for c in codes
    ]
    return read_codebook(pd.DataFrame(rows))


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize(
    ("method", "score"),
    [("minmax", 50.0), ("zscore", 0.0), ("rank", 1.0), ("borda", 0.0), ("distance_to_max", 50.0)],
)
def test_equal_figures_score_alike_in_any_unit(method: str, score: float, size: float) -> None:
    assert len(set(TENTHS)) > 1
    for figures in (TENTHS, [14.62] * 7, [-0.1 * 3] * 3 + [-0.3], [0.0] * 3):
        table = pd.DataFrame({"A": figures}) * size
        with pytest.warns(ScoreWarning):
            got = normalise(table, _book(method))["A"]
        assert got.tolist() == [score] * len(figures)


def test_figures_of_small_units_do_vary() -> None:
    table = pd.DataFrame({"A": [1e-13, 2e-13, 3e-13], "B": [1e9, 1e9 + 1, 1e9 + 2]})
    with pytest.warns(ScoreWarning):
        got = normalise(table, _book("minmax", codes="AB"))
    np.testing.assert_allclose(got, [[0, 0], [50, 50], [100, 100]], rtol=1e-9)
    # An index in small units has ranks too, and one in large units ties what rounding parts.
    scores = pd.DataFrame({"A": [1e-13, 3e-13, 2e-13], "B": [3e9 * 0.1, 3e8, 1e9]})
    assert rank_units(scores).to_numpy().T.tolist() == [[3, 1, 2], [2, 2, 1]]


def test_ranks_skip_after_ties_and_leave_gaps_out() -> None:
    x = np.array([[3.0, np.nan, 1.0, 3.0 + 1e-14, 2.0], [np.nan] * 5])
    assert rank_figures(x)[0, [0, 2, 3, 4]].tolist() == [3, 1, 3, 2]
    assert rank_figures(x, descending=True)[0, [0, 2, 3, 4]].tolist() == [1, 4, 1, 3]
    assert np.isnan(rank_figures(x)[:, 1]).all()
    assert np.isnan(rank_figures(x)[1]).all()
    assert rank_figures(np.array([[7.0]])).tolist() == [[1]]
    assert is_flat(x).ravel().tolist() == [False, True]


def test_copeland_knows_ties_by_rounding() -> None:
    table = pd.DataFrame({"A": TENTHS, "B": TENTHS[::-1], "C": [1.0, 2, 3, 4]}) * 1e6
    got = score_index(table, _book("none", "copeland", "ABC")).scores["I"]
    assert got.tolist() == [-3, -1, 1, 3]  # by hand: only C tells them apart
    tiny = _book("none", "copeland", "AC", weight=1e-14)
    assert score_index(table, tiny).scores["I"].tolist() == [-3, -1, 1, 3]


def test_superiority_and_shape_and_weights_know_them_too() -> None:
    runs = pd.DataFrame({"a": [TENTHS[0]], "b": [TENTHS[1]]}) * 1e5
    assert rank_scores(runs).superiority().at["a", "b"] == 0.5
    assert np.isnan(measure_shape(np.array(TENTHS * 5))).all()
    flat = pd.DataFrame({"A": np.arange(40.0), "B": TENTHS * 10})
    with pytest.raises(InnocapError, match="B does not vary"):
        derive_weights(_book("none", codes="AB"), method="pca", parent="I", normalised=flat)


def test_a_reference_that_is_the_lowest_figure_gives_no_score() -> None:
    table = pd.DataFrame({"A": [5.0, 8, 11]}, index=["x", "y", "z"])
    book = _book("distance_to_reference")
    with pytest.warns(ScoreWarning, match="reference is the lowest figure"):
        assert normalise(table, book, reference_unit="x")["A"].isna().all()
    down = _book("distance_to_reference", direction=-1)
    with pytest.warns(ScoreWarning, match="reference is the lowest figure"):
        assert normalise(table, down, reference_unit="z")["A"].isna().all()
    with pytest.warns(ScoreWarning, match="all units are equal"):
        assert normalise(table * 0 + 5, book, reference_unit="x")["A"].eq(50).all()


@pytest.mark.parametrize(("direction", "target"), [(1, 3), (1, 4.9), (-1, 12)])
def test_a_target_beyond_the_worst_figure_is_refused(direction: int, target: float) -> None:
    table = pd.DataFrame({"A": [5.0, 8, 11]})
    book = _book("distance_to_reference", direction=direction, high=target)
    with pytest.warns(ScoreWarning), pytest.raises(InnocapError, match=r"A: .* turn around"):
        normalise(table, book)
