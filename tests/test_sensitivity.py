"""Sensitivity runs: every factor, every failure by its run, Sobol indices against known ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from innocap_analysis import (
    change_codebook,
    impute,
    read_codebook,
    run_sensitivity,
    score_index,
    treat_outliers,
)
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.factors import (
    AggregationChoice,
    ImputationChoice,
    LeaveOneOut,
    MeasurementError,
    NormalisationChoice,
    TreatmentChoice,
    WeightNoise,
)
from innocap_analysis.index.normalisers import NORMALISERS
from innocap_analysis.index.ranks import rank_scores
from innocap_analysis.index.reference import compare_to_reference
from innocap_analysis.index.runs import SensitivityResult
from innocap_analysis.index.simulation import lay_out
from innocap_analysis.index.sobol import MEAN_SHIFT, estimate
from tests.frozen import EDITION

pytestmark = pytest.mark.filterwarnings("ignore::innocap_analysis.index.figures.ScoreWarning")


@pytest.fixture(scope="module")
def small() -> tuple[pd.DataFrame, Codebook]:
    """Return 12 units x 6 indicators with gaps and outliers, in an index of two groups."""
    rng = np.random.default_rng(11)
    values = pd.DataFrame(
        rng.lognormal(3, 1, size=(12, 6)), columns=list("ABCDEF"), index=list("abcdefghijkl")
    )
    values.iloc[2, 1] = np.nan
    values.iloc[7, 4] = np.nan
    values.iloc[5, 0] = 5000.0
    rows = [{"code": "I", "parent": "", "kind": "index"}]
    rows += [{"code": g, "parent": "I", "kind": "group"} for g in ("G", "H")]
    rows += [
        {"code": c, "parent": "G" if c < "D" else "H", "kind": "indicator", "low": 0, "high": 200}
        for c in "ABCDEF"
    ]
    return values, read_codebook(pd.DataFrame(rows))


def test_every_run_equals_the_plain_pipeline(small: tuple[pd.DataFrame, Codebook]) -> None:
    values, book = small
    groups = pd.Series(["x"] * 6 + ["y"] * 6, index=values.index)
    factors = [
        WeightNoise(0.5),
        ImputationChoice(("none", "median", "group_mean", "regression"), groups),
        TreatmentChoice((None, 0, 2)),
        NormalisationChoice(("codebook", "minmax", "percentile")),
        AggregationChoice("I", ("arithmetic", "copeland")),
        AggregationChoice("G", ("arithmetic", "copeland")),
        AggregationChoice("H", ("arithmetic", "mpi")),
        LeaveOneOut(("A", "F")),
    ]
    runs = run_sensitivity(values, book, factors=factors, n=60, seed=2)
    assert runs.choices.nunique().drop([c for c in runs.choices if c[:6] == "weight"]).min() > 1
    for number, choice in runs.choices.iterrows():
        table = impute(values, method=choice["imputation"], groups=groups)
        if choice["treatment"] != "none":
            table, _ = treat_outliers(table, winsorise_limit=int(choice["treatment"].split()[1]))
        weights = {c: choice[f"weight:{c}"] for c in book.table.index[1:]}
        if choice["left_out"]:
            weights[choice["left_out"]] = 0.0
        own = book.table.copy()
        if choice["normalise"] != "codebook":
            own.loc[book.leaves, "normalise"] = choice["normalise"]
        plain = change_codebook(
            read_codebook(own),
            weights=weights,
            aggregate={code: choice[f"aggregate:{code}"] for code in "IGH"},
        )
        # With the weights of the codebook every unit has enough; drawn ones change no more.
        expected = score_index(table, plain, min_coverage=0.0).scores
        for code in ("G", "H", "I"):
            np.testing.assert_allclose(
                runs.scores[code].loc[number], expected[code], rtol=1e-10, equal_nan=True
            )


def test_measurement_error_has_its_size(small: tuple[pd.DataFrame, Codebook]) -> None:
    values, book = small
    factor = MeasurementError(standard_errors={"B": 4.0}, ranges={"E": 6.0})
    runs = run_sensitivity(values, book, factors=[factor], n=4000, seed=3)
    # Goalposts of 0 to 200 halve a raw error; a third of it reaches the group.
    g, h = runs.scores["G"].std(ddof=0), runs.scores["H"].std(ddof=0)
    known = [u for u in values.index if u not in ("c", "h")]
    np.testing.assert_allclose(g[known], 4.0 / 2 / 3, rtol=0.06)
    np.testing.assert_allclose(h[known], 6.0 / np.sqrt(3) / 2 / 3, rtol=0.06)
    assert g["c"] == pytest.approx(0, abs=1e-9)


def _raise(*_: object, **__: object) -> None:
    raise ValueError("broken on purpose")


def test_a_normaliser_that_raises_names_run_and_choice(
    small: tuple[pd.DataFrame, Codebook], monkeypatch: pytest.MonkeyPatch
) -> None:
    values, book = small
    factors = [NormalisationChoice(("codebook", "percentile")), LeaveOneOut()]
    broken = replace(NORMALISERS["percentile"], scale=_raise)
    monkeypatch.setitem(NORMALISERS, "percentile", broken)
    with pytest.raises(InnocapError) as caught:
        run_sensitivity(values, book, factors=factors, n=20)
    assert "sensitivity run " in str(caught.value)
    assert "normalise percentile" in str(caught.value)
    assert "broken on purpose" in str(caught.value)


@pytest.mark.parametrize(
    ("target", "factor", "told"),
    [
        ("impute", ImputationChoice(("none", "mean")), "imputation"),
        ("treat_outliers", TreatmentChoice((None, 3)), "treatment"),
        ("aggregate_arrays", AggregationChoice("I"), "aggregate:I"),
    ],
)
def test_a_step_that_raises_names_run_and_choice(
    small: tuple[pd.DataFrame, Codebook], monkeypatch: pytest.MonkeyPatch,
    target: str, factor: object, told: str,
) -> None:  # fmt: skip
    from innocap_analysis.index import simulation

    values, book = small
    monkeypatch.setattr(simulation, target, _raise)
    with pytest.raises(InnocapError, match=rf"sensitivity run \d+ \(.*{told} .*broken on purpose"):
        run_sensitivity(values, book, factors=[factor], n=20)


TREES = {
    "one alone": "I; G:I A:G; H:I B:H C:H",
    "alone in a chain": "I; G:I K:G A:K; H:I B:H C:H",
    "under the index": "I; A:I B:I; G:I C:G",
    "all alone": "I; G:I A:G; H:I B:H; K:I C:K",
    "a sibling without weight": "I; G:I A:G B:G=0; H:I C:H",
    "weights": "I; G:I=3 A:G=2; H:I=1 B:H=5 C:H=1",
}


def _grow(text: str, method: str) -> Codebook:
    """Return the index that a line of TREES describes, as ``code:parent=weight``."""
    rows = []
    for word in text.replace(";", "").split():
        code, _, parent = word.partition(":")
        parent, _, weight = parent.partition("=")
        kind = "index" if not parent else "indicator" if code in "ABC" else "group"
        rows.append(
            {"code": code, "parent": parent, "kind": kind, "weight": weight or 1,
             "low": 0, "high": 100, "aggregate": method}
        )  # fmt: skip
    return read_codebook(pd.DataFrame(rows))


@pytest.mark.parametrize("method", ["arithmetic", "geometric", "harmonic", "copeland", "mpi"])
@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("min_coverage", [0.0, 0.5, 0.7])
def test_leaving_an_indicator_out_is_the_index_without_it(
    tree: str, method: str, min_coverage: float
) -> None:
    book = _grow(TREES[tree], method)
    values = pd.DataFrame(
        np.random.default_rng(8).uniform(20, 80, size=(8, 3)), columns=list("ABC"),
        index=list("stuvwxyz"),
    )  # fmt: skip
    values.loc["t", "A"] = values.loc["u", "B"] = values.loc["v", ["A", "C"]] = np.nan
    options = {"factors": [LeaveOneOut()], "n": 40, "min_coverage": min_coverage}
    runs = run_sensitivity(values, book, **options)
    assert set(runs.choices["left_out"]) == {"", "A", "B", "C"}
    for left_out, rows in runs.choices.groupby("left_out").groups.items():
        without = change_codebook(book, drop=[left_out] if left_out else [])
        scored = score_index(values, without, min_coverage=min_coverage).scores
        expected = scored.reindex(columns=book.parents)  # a group that went has no score
        for code in book.parents:
            for number in rows:
                np.testing.assert_allclose(
                    runs.scores[code].loc[number], expected[code], rtol=1e-12, equal_nan=True
                )


def test_a_group_goes_with_its_only_indicator() -> None:
    book = _grow(TREES["alone in a chain"], "arithmetic")
    values = pd.DataFrame({"A": [10.0, 90], "B": [50.0, 40], "C": [70.0, 60]}, index=["x", "y"])
    runs = run_sensitivity(values, book, factors=[LeaveOneOut(("A",))], n=20)
    without = runs.choices["left_out"] == "A"
    # By hand: without A there is no G, and the index is H, the mean of B and C.
    assert runs.scores["I"][without].drop_duplicates().to_numpy().tolist() == [[60.0, 50.0]]
    assert runs.scores["I"][~without].drop_duplicates().to_numpy().tolist() == [[35.0, 70.0]]
    assert runs.scores["G"][without].isna().all(axis=None)
    ranks = runs.ranks("G")
    assert ranks.table[without].isna().all(axis=None)
    assert ranks.table[~without].eq([2.0, 1.0]).all(axis=None)
    shares = ranks.summary().set_index("unit")
    assert shares.loc["y", ["median", "low", "high", "share_1"]].eq(1).all()


def test_the_human_development_index_has_default_runs() -> None:
    root = EDITION / "data"
    table = pd.read_csv(root / "raw" / "reference" / "undp_hdi_2022.csv").set_index("country")
    book = read_codebook(root / "codebooks" / "examples" / "hdi.csv")
    runs = run_sensitivity(table[book.leaves], book, n=200, seed=1)
    assert runs.ranks("HDI").table.notna().all(axis=None)
    assert set(runs.choices["left_out"]) == {"", *book.leaves}


def test_the_only_indicator_of_an_index_stays() -> None:
    book = _grow("I; G:I A:G; J; B:J C:J".replace("J;", "J:;"), "arithmetic")
    values = pd.DataFrame({"A": [1.0, 2], "B": [3.0, 1], "C": [2.0, 2]})
    runs = run_sensitivity(values, book, n=60)
    assert set(runs.choices["left_out"]) == {"", "B", "C"}
    assert runs.scores["I"].notna().all(axis=None)
    with pytest.raises(InnocapError, match="without A nothing is left of I"):
        run_sensitivity(values, book, factors=[LeaveOneOut(("A",))])
    with pytest.raises(InnocapError, match="nothing would be left of I"):
        change_codebook(book, drop=["A"])


def test_negative_values_under_a_geometric_mean_name_run_and_choice(
    small: tuple[pd.DataFrame, Codebook],
) -> None:
    values, book = small
    factors = [
        MeasurementError(standard_errors={"A": 500.0}),
        AggregationChoice("G", ("geometric",)),
    ]
    with pytest.raises(
        InnocapError, match=r"sensitivity run .*aggregate:G geometric.*A falls to -"
    ):
        run_sensitivity(values, book, factors=factors, n=10)


@pytest.mark.parametrize(
    ("factors", "told"),
    [
        ([WeightNoise(), WeightNoise()], "'weights' is given twice"),
        ([NormalisationChoice(("minimax",))], "did you mean 'minmax'"),
        ([ImputationChoice(("guess",))], "ImputationChoice: 'guess' is none of none, mean"),
        ([AggregationChoice("I", ("mode",))], "'mode' is none of arithmetic"),
        ([TreatmentChoice((-1,))], "a limit is a whole number"),
        ([MeasurementError({"Z": 1.0})], "'Z' is no indicator"),
        ([MeasurementError({"A": -1.0})], "-1.0 is no size"),
        ([MeasurementError({"A": 1.0}), TreatmentChoice()], "exclude each other"),
    ],
)
def test_factors_that_do_not_fit_are_refused(
    small: tuple[pd.DataFrame, Codebook], factors: list, told: str
) -> None:
    with pytest.raises(InnocapError, match=told):
        run_sensitivity(*small, factors=factors, n=4)


def test_sobol_estimators_on_the_ishigami_function() -> None:
    # sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 on (-pi, pi)^3; analytic indices in Saltelli et al.,
    # Sensitivity Analysis in Practice (2004), and Ishigami and Homma (1990).
    rng = np.random.default_rng(1)
    a, b = (rng.uniform(-np.pi, np.pi, size=(40_000, 3)) for _ in range(2))
    inputs = [a, b]
    for i in range(3):
        mixed = a.copy()
        mixed[:, i] = b[:, i]
        inputs.append(mixed)
    y = np.array(
        [np.sin(x[:, 0]) * (1 + 0.1 * x[:, 2] ** 4) + 7 * np.sin(x[:, 1]) ** 2 for x in inputs]
    )[..., None]
    everyone = np.full((1, 40_000), 1 / 40_000)
    first, total = estimate(y - y[:2].mean(), everyone)
    np.testing.assert_allclose(first[0, :, 0], [0.3139, 0.4424, 0.0], atol=0.02)
    np.testing.assert_allclose(total[0, :, 0], [0.5576, 0.4424, 0.2437], atol=0.02)


def test_a_resample_is_the_runs_that_it_drew() -> None:
    rng = np.random.default_rng(3)
    blocks = rng.normal(size=(5, 40, 3))
    blocks[:, 1:, 2] = 0.0  # varies in one run: in many a resample not at all
    centred = blocks - blocks[:2].mean(axis=(0, 1))
    picks = rng.integers(0, 40, size=(30, 40))
    held = np.stack([np.bincount(pick, minlength=40) for pick in picks]) / 40
    first, total = estimate(centred, held)
    for i, pick in enumerate(picks):
        # The formulas of Saltelli et al. (2010) and Jansen (1999) on the drawn rows themselves.
        a, b, mixed = centred[0, pick], centred[1, pick], centred[2:, pick]
        variance = np.concatenate([a, b]).var(axis=0)
        variance[2] = variance[2] if 0 in pick else np.nan
        np.testing.assert_allclose(first[i], (b * (mixed - a)).mean(axis=1) / variance, rtol=1e-9)
        np.testing.assert_allclose(
            total[i], ((a - mixed) ** 2).mean(axis=1) / 2 / variance, rtol=1e-9
        )
    assert 0 < np.isnan(first[:, 0, 2]).sum() < 30


def test_sobol_indices_of_the_index(capacity: CapacityData) -> None:
    factors = [WeightNoise(), LeaveOneOut(), AggregationChoice("INNOCAP", ("arithmetic",))]
    runs = run_sensitivity(capacity.values, capacity.codebook, factors=factors, n=400, sobol=True)
    assert len(runs.choices) == 400 * 5
    table = runs.sobol(units=capacity.countries, n_resamples=200)
    assert set(table["output"]) == {MEAN_SHIFT, *capacity.countries}
    rows = table.set_index(["output", "factor"])
    # A factor with one option explains nothing, in any order.
    idle = rows.xs("aggregate:INNOCAP", level="factor")
    varying = idle["variance"] > 0
    assert (idle.loc[varying, ["first", "total"]] == 0).all(axis=None)
    shift = rows.loc[MEAN_SHIFT]
    assert (shift["total_low"] <= shift["total"]).all()
    assert (shift["total"] <= shift["total_high"]).all()
    assert shift.loc[["weights", "left_out"], "total"].sum() >= 0.95
    same = runs.sobol("INNOCAP", units=capacity.countries, n_resamples=200)
    pd.testing.assert_frame_equal(table, same)
    still = table[table["reason"] != ""]
    assert still[["first", "total"]].isna().all(axis=None)


def test_sobol_needs_its_design(capacity: CapacityData) -> None:
    runs = run_sensitivity(capacity.values, capacity.codebook, n=10)
    with pytest.raises(InnocapError, match="use sobol=True"):
        runs.sobol("INNOCAP")


def test_drawn_weights_do_not_decide_who_has_a_score(
    small: tuple[pd.DataFrame, Codebook],
) -> None:
    _, book = small
    values = pd.DataFrame(50.0, columns=list("ABCDEF"), index=["whole", "half"])
    values.loc["half", ["A", "B", "D"]] = np.nan  # a third and two thirds: half of the whole
    runs = run_sensitivity(values, book, factors=[WeightNoise(0.9)], n=200, min_coverage=1 / 3)
    assert runs.scores["I"].notna().all(axis=None)
    # Without A one of the two others is left in G: the gap now weighs as much as the figure.
    factors = [WeightNoise(0.9), LeaveOneOut(("A", "C"))]
    runs = run_sensitivity(values, book, factors=factors, n=200, min_coverage=0.4)
    half = runs.scores["G"]["half"].notna().groupby(runs.choices["left_out"]).mean()
    assert half.to_dict() == {"": 0.0, "A": 1.0, "C": 0.0}


@pytest.fixture(scope="module")
def gaps() -> SensitivityResult:
    """Return runs in which two units are measured only where an indicator is left out."""
    book = _grow("I; G:I A:G B:G; H:I C:H", "arithmetic")
    values = pd.DataFrame(
        {"A": [10.0, 90, 40, np.nan], "B": [20.0, 80, np.nan, np.nan], "C": [50.0, 60, 70, 80]},
        index=list("wxyz"),
    )
    return run_sensitivity(
        values, book, factors=[LeaveOneOut()], n=80, min_coverage=0.6, sobol=True
    )


def test_a_unit_that_the_index_does_not_score_is_never_ranked(gaps: SensitivityResult) -> None:
    left_out = gaps.choices["left_out"]
    # y has A only: half of G, which is too little, but all of it where B is left out.
    assert gaps.scores["G"]["y"].notna().equals(left_out == "B")
    ranks = gaps.ranks("G")
    assert ranks.table[["y", "z"]].isna().all(axis=None)
    assert ranks.superiority()["y"].isna().all()
    assert ranks.table["x"].eq(1).all()
    table = ranks.summary().set_index("unit")
    assert table.loc[["y", "z"]].drop(columns="ranked").isna().all(axis=None)
    assert table["ranked"].tolist() == [1.0, 1.0, 0.0, 0.0]
    assert table.loc["x", ["share_1", "share_2", "low", "high"]].tolist() == [1.0, 0.0, 1.0, 1.0]
    assert gaps.ranks("G", list("wxy")).interval().loc["y"].isna().all()
    assert ranks.interval().loc["w"].tolist() == [2.0, 2.0]


def test_shares_are_of_the_runs_with_a_rank() -> None:
    scores = pd.DataFrame({"a": [9.0, 9, np.nan, np.nan], "b": [5.0] * 4, "c": [np.nan] * 4})
    table = rank_scores(scores).summary().set_index("unit")
    assert table.loc["a", ["share_1", "share_2", "ranked"]].tolist() == [1.0, 0.0, 0.5]
    assert table.loc["b", ["share_1", "share_2", "ranked"]].tolist() == [0.5, 0.5, 1.0]
    assert table.loc["c", ["median", "low", "share_1"]].isna().all()


def test_superiority_counts_the_runs_that_score_both() -> None:
    scores = pd.DataFrame({"a": [3.0, 1.0, np.nan], "b": [1.0, 1.0, 5.0], "c": [np.nan] * 3})
    table = rank_scores(scores).superiority()
    assert (table.at["a", "b"], table.at["b", "a"]) == (0.75, 0.25)
    assert table["c"].isna().all()
    assert table.loc["c"].isna().all()


def test_units_without_a_score_in_some_run_have_no_indices(gaps: SensitivityResult) -> None:
    table = gaps.sobol("G", units=list("wxyz"), n_resamples=20).set_index("output")
    assert table.loc[["y", "z"], "reason"].eq("has no score in some runs").all()
    assert table.loc[["y", "z"], ["first", "total", "variance"]].isna().all(axis=None)
    assert table.loc["w", "variance"] == 0
    assert set(gaps.sobol("G", n_resamples=20)["output"]) == {MEAN_SHIFT, "w", "x"}
    nobody = gaps.sobol("G", units=["z"], n_resamples=20)
    assert nobody["reason"].eq("has no score in some runs").all()


def test_an_unmeasured_dimension_has_no_priority(gaps: SensitivityResult) -> None:
    table = gaps.priorities("y", ["G", "H"], reference_units=list("wx"))
    assert table["code"].tolist() == ["H", "G"]
    assert table["priority"].tolist() == [1, pd.NA]
    numbers = ["gap", "low", "high", "probability_first", "probability_top2", "probability_behind"]
    assert table.loc[1, numbers].isna().all()
    # By hand: 70 against the median of 50 and 60.
    assert table.loc[0, "gap"] == pytest.approx(15)
    nowhere = gaps.priorities("x", ["G", "H"], reference_units=["z"]).set_index("code")
    assert pd.isna(nowhere.at["G", "priority"])
    assert nowhere.at["H", "priority"] == 1


def test_a_reference_set_without_figures_gives_no_rank() -> None:
    book = _grow("I; G:I A:G B:G; H:I C:H", "arithmetic")
    values = pd.DataFrame({"A": [1.0, np.nan], "B": [2.0, np.nan], "C": [3.0, 4]}, index=["x", "z"])
    table = compare_to_reference(score_index(values, book), ["x", "z"], reference_units=["z"])
    rows = table.set_index(["unit", "code"])
    columns = ["reference_rank", "percentile", "gap_to_median", "gap_to_best"]
    assert rows.loc[("x", "G"), columns].isna().all()
    assert rows.loc[("z", "G"), columns].isna().all()
    assert rows.at[("x", "H"), "reference_rank"] == 2


def test_random_numbers_are_those_of_one_stream_in_any_order(
    small: tuple[pd.DataFrame, Codebook],
) -> None:
    values, book = small
    factors = [WeightNoise(), MeasurementError({"A": 1.0}, {"C": 2.0}), LeaveOneOut()]
    n, counts = 7, [8, 2 * len(values), 1]
    rng = np.random.default_rng(5)
    first, second = ([rng.random((n, count)) for count in counts] for _ in range(2))
    for i, numbers in enumerate(lay_out(factors, book, values.index, n, 5, sobol=True)):
        # Both samples, then the first with each factor's numbers of the second.
        blocks = [first[i], second[i], *(second[i] if k == i else first[i] for k in range(3))]
        expected = np.concatenate(blocks)
        np.testing.assert_array_equal(numbers.draw(np.arange(5 * n)), expected)
        some = np.array([33, 2, 3, 4, 20, 0, 8])
        np.testing.assert_array_equal(numbers.draw(some), expected[some])
    for i, numbers in enumerate(lay_out(factors, book, values.index, n, 5, sobol=False)):
        np.testing.assert_array_equal(numbers.draw(np.arange(n)), first[i])


def test_a_reference_unit_goes_through_the_runs(small: tuple[pd.DataFrame, Codebook]) -> None:
    values, book = small
    table = book.table.reset_index().assign(low="", high="")
    table.loc[table["kind"] == "indicator", "normalise"] = "distance_to_reference"
    far = read_codebook(table)
    runs = run_sensitivity(values, far, factors=[], n=2, reference_unit="d")
    expected = score_index(values, far, reference_unit="d").scores
    for code in far.parents:
        np.testing.assert_array_equal(runs.scores[code].loc[1], expected[code])
    with pytest.raises(InnocapError, match="name of a unit as reference_unit"):
        run_sensitivity(values, far, factors=[], n=2)


def test_blocks_of_runs_change_nothing(
    small: tuple[pd.DataFrame, Codebook], monkeypatch: pytest.MonkeyPatch
) -> None:
    values, book = small
    factors = [WeightNoise(), MeasurementError({"A": 0.1}), AggregationChoice("I")]
    whole = run_sensitivity(values, book, factors=factors, n=50)
    monkeypatch.setattr("innocap_analysis.index.simulation.BLOCK_CELLS", 3 * len(values))
    blocks = run_sensitivity(values, book, factors=factors, n=50)
    for code in book.parents:
        pd.testing.assert_frame_equal(whole.scores[code], blocks.scores[code], check_exact=True)


def test_of_many_units_ranks_are_kept(
    small: tuple[pd.DataFrame, Codebook], monkeypatch: pytest.MonkeyPatch
) -> None:
    values, book = small
    whole = run_sensitivity(values, book, n=40)
    monkeypatch.setattr("innocap_analysis.index.sensitivity.MOST_SCORES", 100)
    many = run_sensitivity(values, book, n=40)
    assert many.scores["I"].empty
    pd.testing.assert_frame_equal(many.ranks().summary(), whole.ranks("I").summary())
    with pytest.raises(InnocapError, match="runs of 'G' were not kept"):
        many.ranks("G")
    with pytest.raises(InnocapError, match="scores of 'a' in every run were not kept"):
        many.priorities("a", ["I"], reference_units=["b"])
    # Gaps need scores: of the unit and of those it is held against.
    few = run_sensitivity(values, book, n=40, keep=["a", "b", "d"], codes=["G", "H"])
    how = {"reference_units": ["b", "d"]}
    pd.testing.assert_frame_equal(
        few.priorities("a", ["G", "H"], **how), whole.priorities("a", ["G", "H"], **how)
    )
