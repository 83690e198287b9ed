"""Every normaliser and every mean is one object, and a new one is one more.

Their known scores stand beside the formulas: R 4.2.2 (`rank(ties.method = "min")`, `sd`,
`weighted.mean`) or by hand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from innocap_analysis import (
    AggregationChoice,
    NormalisationChoice,
    aggregate,
    normalise,
    read_codebook,
    run_sensitivity,
    score_index,
    score_panel,
)
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.means import MEANS, Mean, MeanVector, add
from innocap_analysis.index.normalisers import NORMALISERS, Normaliser, Rule, ScaleVector

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.filterwarnings("ignore::innocap_analysis.index.figures.ScoreWarning")

SCALES = [(word, i) for word, way in NORMALISERS.items() for i in range(len(way.vectors))]
POOLS = [(word, i) for word, mean in MEANS.items() for i in range(len(mean.vectors))]


def make_book(codes: str, how: str, weights: Sequence[float] = (), **cells: object) -> Codebook:
    rows: list[dict[str, object]] = [{"code": "I", "parent": "", "kind": "index", "aggregate": how}]
    for i, code in enumerate(codes):
        weight = weights[i] if weights else 1
        rows.append({"code": code, "parent": "I", "kind": "indicator", "weight": weight, **cells})
    return read_codebook(pd.DataFrame(rows))


def check_scale(way: Normaliser, vector: ScaleVector) -> None:
    book = make_book("A", "arithmetic", normalise=way.word, **vector.cells)
    table = pd.DataFrame({"A": vector.figures}, index=list("stuvwxyz")[: len(vector.figures)])
    at = vector.reference
    unit = None if at is None else str(table.index[at])
    found = normalise(table, book, reference_unit=unit)["A"]
    np.testing.assert_allclose(found, vector.scores, rtol=1e-12, atol=1e-12)


def check_mean(mean: Mean, vector: MeanVector) -> None:
    codes = "ABCDEFG"[: len(vector.weights)]
    how = ":".join(filter(None, [mean.word, vector.parameter]))
    book = make_book(codes, how, vector.weights, normalise="none")
    table = pd.DataFrame(vector.figures, columns=list(codes), dtype=float)
    found = aggregate(table, book, min_coverage=0)[0]["I"]
    np.testing.assert_allclose(found, vector.scores, rtol=1e-12)


@pytest.mark.parametrize(("word", "i"), SCALES)
def test_a_normaliser_gives_its_known_scores(word: str, i: int) -> None:
    check_scale(NORMALISERS[word], NORMALISERS[word].vectors[i])


@pytest.mark.parametrize(("word", "i"), POOLS)
def test_a_mean_gives_its_known_scores(word: str, i: int) -> None:
    check_mean(MEANS[word], MEANS[word].vectors[i])


def test_every_way_has_a_formula_that_methods_tells_and_known_scores() -> None:
    methods = (ROOT / "METHODS.md").read_text(encoding="utf-8")
    plain = methods.replace("`", "")
    for way in [*NORMALISERS.values(), *MEANS.values()]:
        assert way.vectors, way.word
        assert f"`{way.word}`" in methods or f"`{way.word}:" in methods
        assert way.formula in plain, way.word


def test_no_word_is_tested_anywhere_else() -> None:
    words = "|".join({*NORMALISERS, *MEANS} - {"none", "rank"})
    tests = re.compile(rf"""(==|!=|\bin\b|startswith)[ (]*["']({words})["'].*""")
    for path in (ROOT / "innocap_analysis").rglob("*.py"):
        found = tests.search(path.read_text(encoding="utf-8"))
        assert not found, f"{path}: {found[0]}: ask the object, or choose a word that is free"


def test_a_share_of_the_best_is_one_of_figures_above_zero() -> None:
    book = make_book("AB", "arithmetic", normalise="fraction_of_max")
    table = pd.DataFrame({"A": [-1.0, 2, 4], "B": [-3.0, -2, -1]}, index=list("xyz"))
    with pytest.warns(UserWarning, match="A: a fraction of the best needs figures above zero"):
        found = normalise(table, book)
    np.testing.assert_array_equal(found["A"], [np.nan, 50, 100])
    assert found["B"].isna().all()


@pytest.mark.parametrize("how", ["geometric", "harmonic", "power:0.5"])
def test_a_figure_that_is_the_low_goalpost_but_for_rounding_is_not_below_it(how: str) -> None:
    low = 0.1 + 0.2  # 0.30000000000000004
    book = make_book("AB", how, normalise="goalposts", low=low, high=1)
    scores = score_index(pd.DataFrame({"A": [0.3, 0.65], "B": [0.65, 0.65]}), book).scores["I"]
    halves = {"geometric": 0.0, "harmonic": 0.0, "power:0.5": 12.5}  # of 0 and 50, by hand
    np.testing.assert_allclose(scores, [halves[how], 50], rtol=1e-9, atol=1e-9)


# The contraharmonic mean, and the logistic curve of the z-score; by hand.
LEHMER = Mean(
    "lehmer",
    "sum(w x^2) / sum(w x)",
    lambda xs, ws, total: (
        add(w * x * x for w, x in zip(ws, xs, strict=True))
        / add(w * x for w, x in zip(ws, xs, strict=True))
    ),
    lowest=0.0,
    no_value="their figures are all 0",
    vectors=(
        MeanVector([[1, 3], [2, 2]], (1, 1), [2.5, 2.0]),
        MeanVector([[2, 4, np.nan]], (3, 1, 5), [28 / 10]),
    ),
)


def _scale_odds(x: np.ndarray, rule: Rule) -> np.ndarray:
    return np.asarray(100 / (1 + (rule.high / x) ** 2))


ODDS = Normaliser(
    "odds", "100 / (1 + (high / x)^2)", _scale_odds, uses=("high",), needs=("high",), fixed=True,
    vectors=(ScaleVector((1, 2, np.nan), (20, 50, np.nan), {"high": 2}),),
)  # fmt: skip


@pytest.fixture
def two_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a mean and a normaliser: two objects and nothing else."""
    monkeypatch.setitem(MEANS, LEHMER.word, LEHMER)
    monkeypatch.setitem(NORMALISERS, ODDS.word, ODDS)


@pytest.mark.usefixtures("two_more")
def test_a_new_mean_is_one_object() -> None:
    for vector in LEHMER.vectors:
        check_mean(LEHMER, vector)
    book = make_book("AB", "lehmer", normalise="none")
    with pytest.raises(InnocapError, match=r"I: a lehmer mean needs values of zero or more.* -1"):
        score_index(pd.DataFrame({"A": [-1.0, 1], "B": [2.0, 2]}), book)
    with pytest.warns(UserWarning, match="I: no score for 0; their figures are all 0"):
        assert score_index(pd.DataFrame({"A": [0.0], "B": [0.0]}), book).scores["I"].isna().all()
    values = pd.DataFrame({"A": [1.0, 2], "B": [3.0, 2]})
    runs = run_sensitivity(values, book, factors=[AggregationChoice("I", ("lehmer", "mpi:+"))], n=9)
    taken = runs.choices["aggregate:I"] == "lehmer"
    assert 0 < taken.sum() < 9
    assert (runs.scores["I"][taken] == [2.5, 2.0]).all(axis=None)
    for wrong, told in (("lehmre", "mean 'lehmer'?"), ("lehmer:2", "none of arithmetic")):
        with pytest.raises(InnocapError, match=re.escape(told)):
            make_book("AB", wrong)


@pytest.mark.usefixtures("two_more")
def test_a_new_normaliser_is_one_object() -> None:
    check_scale(ODDS, ODDS.vectors[0])
    book = make_book("AB", "arithmetic", normalise="odds", high=2)
    values = pd.DataFrame({"A": [1.0, 2], "B": [2.0, 2]})
    runs = run_sensitivity(values, book, factors=[NormalisationChoice(("odds",))], n=3)
    assert (runs.scores["I"] == [35.0, 50.0]).all(axis=None)
    seen = pd.DataFrame({"unit": "x", "time": 2020, "code": ["A", "B"], "value": [1.0, 2.0]})
    assert score_panel(seen, book).set_index("code").at["I", "score"] == 35.0
    with pytest.raises(InnocapError, match=r"row 1, A: odds needs high"):
        make_book("A", "arithmetic", normalise="odds")
    plain = make_book("AB", "arithmetic", normalise="none")
    with pytest.raises(InnocapError, match=r"NormalisationChoice: codebook, A: odds needs high"):
        run_sensitivity(values, plain, factors=[NormalisationChoice(("none", "odds"))], n=3)
