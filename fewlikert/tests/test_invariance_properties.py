"""What must not matter does not, for every public function: order, labels, types, units.

Each property compares a function with itself on a table that says the same in another way; the
relation between the two results (equal, scaled, shifted) is the reference.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import fewlikert as fl
from fewlikert import pooling

ITEMS = ["a", "b", "c", "d"]
RNG = np.random.default_rng
TEXT = "string"
try:  # as pandas reads text where pyarrow is there
    pd.array(["x"], dtype="string[pyarrow]")
    TEXT = "string[pyarrow]"
except ImportError:
    pass


@dataclasses.dataclass(frozen=True)
class Use:
    """A function, and what a unit and a zero of the answers do to the numbers it returns."""

    call: Callable[[pd.DataFrame], Any]
    scaled: str = ""  # grow with the unit
    squared: str = ""  # grow with its square
    moved: str = ""  # of the scaled ones, those that move with the zero
    drawn: bool = False  # chance goes by the order of rows
    steps: bool = True  # a unit or zero is one: the function takes figures, not only codes


def _correlate(table: pd.DataFrame) -> pd.DataFrame:
    return table[ITEMS].astype("Float64").astype(float).corr()


def _pool(table: pd.DataFrame) -> Any:
    means = fl.estimate_cluster_means(table, "x", "g", "o").set_index("unit")
    unit = float(np.nanstd(table["x"].astype("Float64").astype(float)))
    return fl.pool_means(means["mean"], means["se"].replace(0, np.nan), prior_scale=unit)


def _impute(table: pd.DataFrame) -> list[pd.DataFrame]:
    return fl.impute_multiple(table, ["x", *ITEMS], m=2, rounds=2, rng=RNG(1))


def _estimate_imputed(table: pd.DataFrame) -> pd.DataFrame:
    return fl.estimate_imputed_means(_impute(table), "x", "g", "o")


SUMMARY = "mean sd minimum q1 median q3 maximum se low high"
ENDS = "mean minimum q1 median q3 maximum low high"
PAIRS = "difference se low high low_simultaneous high_simultaneous detectable"
USES = {
    "summarise": Use(
        lambda t: fl.summarise(t, ["x"], by="g", weights=t["w"], clusters="o"),
        SUMMARY,
        moved=ENDS,
    ),
    "compare_groups": Use(lambda t: fl.compare_groups(t, "x", "g")),
    "compare_groups, shuffled": Use(
        lambda t: fl.compare_groups(t, "x", "g", permutations=99, rng=RNG(1)), drawn=True
    ),
    "compare_pairs": Use(
        lambda t: fl.compare_pairs(t, "x", "g", smallest=_find_smallest(t)), PAIRS
    ),
    "estimate_cluster_means": Use(
        lambda t: fl.estimate_cluster_means(t, "x", "g", "o"),
        "mean se low high",
        moved="mean low high",
    ),
    "compare_cluster_pairs": Use(
        lambda t: fl.compare_cluster_pairs(t, "x", "g", "o", smallest=_find_smallest(t)), PAIRS
    ),
    "estimate_icc": Use(
        lambda t: fl.estimate_icc(t, "x", "o"), squared="variance_between variance_within"
    ),
    "fit_mixed_means": Use(
        lambda t: fl.fit_mixed_means(t, "x", "g", "o"),
        "mean se low high",
        "variance_between variance_within",
        moved="mean low high",
    ),
    "compare_answers": Use(lambda t: fl.compare_answers(t, "a", "g")),
    "estimate_imputed_means": Use(
        _estimate_imputed,
        "estimate se low high",
        "within between",
        moved="estimate low high",
        drawn=True,
    ),
    "impute_multiple": Use(
        lambda t: [done[["x", *ITEMS]] for done in _impute(t)], "x", moved="x", drawn=True
    ),
    "pool_means": Use(
        _pool,
        "mean se pooled sd low high median paule_mandel reml grand_mean grand_sd",
        moved="mean pooled low high grand_mean",
    ),
    "pool_estimates": Use(
        lambda t: fl.pool_estimates([1.0, 1.5, 1.2], [0.1, 0.2, 0.1], df_complete=len(t))
    ),
    "estimate_reliability": Use(lambda t: fl.estimate_reliability(t, ITEMS), steps=False),
    "describe_items": Use(lambda t: fl.describe_items(t, ITEMS), steps=False),
    "bootstrap_alpha": Use(
        lambda t: fl.bootstrap_alpha(t, ITEMS, n=20, rng=RNG(1)), drawn=True, steps=False
    ),
    "estimate_polychoric": Use(lambda t: fl.estimate_polychoric(t, ITEMS), steps=False),
    "run_parallel_analysis": Use(
        lambda t: fl.run_parallel_analysis(t[ITEMS], n=20, rng=RNG(1)), drawn=True, steps=False
    ),
    "test_sampling_adequacy": Use(
        lambda t: fl.test_sampling_adequacy(_correlate(t), len(t)), steps=False
    ),
    "fit_efa": Use(lambda t: fl.fit_efa(_correlate(t), 1), steps=False),
    "fit_cfa": Use(lambda t: fl.fit_cfa(t, {"F": ITEMS}), steps=False),
    "fit_cfa, groups": Use(
        lambda t: fl.fit_cfa(t, {"F": ITEMS}, group="g", equal=["loadings"]), steps=False
    ),
    "test_invariance": Use(
        lambda t: fl.test_invariance(t, {"F": ITEMS[:3]}, "g", min_n=5), steps=False
    ),
    "screen_dif": Use(lambda t: fl.screen_dif(t, ITEMS, "g", min_n=5), steps=False),
}
SAMPLED = [name for name, use in USES.items() if not use.drawn]


def _find_smallest(table: pd.DataFrame) -> float:
    return 0.3 * float(np.nanstd(table["x"].astype("Float64").astype(float)))


def make_table(seed: int, n: int, gaps: bool) -> pd.DataFrame:
    """Return answers of n people in three groups and a dozen clusters, some in two groups."""
    rng = RNG(seed)
    o = rng.integers(0, 12, n)
    g = (o + (rng.random(n) < 0.1)) % 3
    mood = rng.normal(size=n) + 0.5 * rng.normal(size=12)[o]
    noisy = mood[:, None] + 0.6 * rng.normal(size=(n, 4))
    table = pd.DataFrame(np.digitize(noisy, [-2.0, -0.7, 0.7, 2.0]) + 1.0, columns=ITEMS)
    table["x"] = table[ITEMS].sum(axis=1) + rng.integers(0, 3, n)
    table[["g", "o"]] = np.column_stack([g, o])
    table["w"] = rng.integers(0, 4, n).astype(float)
    if gaps:
        table[["x", "a", "b"]] = table[["x", "a", "b"]].mask(rng.random((n, 3)) < 0.08)
    return table


tables = st.builds(make_table, st.integers(0, 2**20), st.integers(50, 80), st.booleans())
# A table is drawn from a seed, which cannot be made simpler.
few = settings(max_examples=2, deadline=None, phases=(Phase.explicit, Phase.generate))


def _flatten(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, pd.DataFrame):
        parts = {str(c): value[c].tolist() for c in value}
    elif isinstance(value, pd.Series | np.ndarray):
        parts = dict(enumerate(value.tolist()))
    elif dataclasses.is_dataclass(value):
        parts = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    elif isinstance(value, list | tuple):
        parts = dict(enumerate(value))
    elif isinstance(value, dict):
        parts = value
    else:
        yield path, value
        return
    for key, part in parts.items():
        yield from _flatten(part, f"{path}/{key}")


def _run(use: Use, table: pd.DataFrame) -> dict[str, Any]:
    try:
        return dict(_flatten(use.call(table)))
    except fl.InputError as error:
        return {"error": str(error)}


def _check(
    found: dict[str, Any], wanted: dict[str, Any], tolerance: float = 1e-6,
    change: Callable[[str, Any], Any] = lambda _, value: value,
) -> None:  # fmt: skip
    assert found.keys() == wanted.keys()
    for path, value in wanted.items():
        own, told = found[path], change(path, value)
        if isinstance(told, float | int) and not isinstance(told, bool):
            size = tolerance * max(1.0, abs(told))
            same = abs(own - told) <= size or (math.isnan(own) and math.isnan(told))
            assert same or own == told, (path, own, told)
        else:
            assert own == told, path


def _rename(labels: pd.Series, prefix: str) -> pd.Series:
    return labels.map(lambda value: f"{prefix}{value:02}")


@pytest.fixture(autouse=True, scope="module")
def coarse_ranks() -> Iterator[None]:
    """Integrate ranks roughly: what must not matter does not matter for any number of nodes."""
    with pytest.MonkeyPatch.context() as patch:
        for name, nodes in (("_SPREADS", 4), ("_GRANDS", 3), ("_PANEL", 6)):
            patch.setattr(pooling, name, nodes)
        yield


@pytest.mark.parametrize("name", SAMPLED)
@given(table=tables, seed=st.integers(0, 99))
@few
def test_the_order_of_rows_does_not_matter(name: str, table: pd.DataFrame, seed: int) -> None:
    shuffled = table.sample(frac=1, random_state=seed)
    _check(_run(USES[name], shuffled), _run(USES[name], table))


@pytest.mark.parametrize("name", USES)
@given(table=tables, doubled=st.booleans())
@few
def test_labels_of_rows_and_other_columns_do_not_matter(
    name: str, table: pd.DataFrame, doubled: bool
) -> None:
    if doubled:
        same = table.set_axis([f"row {i // 2}" for i in range(len(table))])
    else:
        same = table.assign(note="text", gone=np.nan)[["note", *table.columns[::-1], "gone"]]
    _check(_run(USES[name], same), _run(USES[name], table))


ANSWERS, LABELS = ["x", *ITEMS], ["g", "o"]
TYPES: dict[str, dict[str, Any]] = {
    "nullable integers": dict.fromkeys([*ANSWERS, *LABELS], "Int64"),
    "objects": dict.fromkeys([*ANSWERS, *LABELS], object),
    "floats": dict.fromkeys(ANSWERS, "Float64") | dict.fromkeys(LABELS, "float64"),
    "categories": dict.fromkeys(LABELS, "category"),
    "text": dict.fromkeys(LABELS, TEXT) | {"w": "int64"},
}


@pytest.mark.parametrize("name", USES)
@given(table=tables, kind=st.sampled_from(sorted(TYPES)))
@settings(few, max_examples=3)
def test_types_of_columns_do_not_matter(name: str, table: pd.DataFrame, kind: str) -> None:
    if kind == "text":  # is sorted as text: numbers of one width keep their order
        table = table.assign(g=_rename(table["g"], ""), o=_rename(table["o"], ""))
    _check(_run(USES[name], table.astype(TYPES[kind])), _run(USES[name], table))


@pytest.mark.parametrize("name", USES)
@given(table=tables)
@few
def test_names_of_groups_and_clusters_do_not_matter(name: str, table: pd.DataFrame) -> None:
    # The same order of groups; of clusters another, which nothing tells.
    plain = table.assign(g=_rename(table["g"], "u"), o=_rename(table["o"], "o"))
    named = table.assign(g=_rename(table["g"], "region "), o=_rename(11 - table["o"], "office "))
    found = {
        path.replace("region ", "u"): value.replace("region ", "u") if isinstance(value, str)
        else value for path, value in _run(USES[name], named).items()
    }  # fmt: skip
    _check(found, _run(USES[name], plain))


@given(table=tables, factor=st.sampled_from([2.0, 0.5, 1e-6, 1e6]))
@few
def test_the_size_of_weights_does_not_matter(table: pd.DataFrame, factor: float) -> None:
    use = USES["summarise"]
    _check(_run(use, table.assign(w=factor * table["w"])), _run(use, table))


@pytest.mark.parametrize("name", [name for name, use in USES.items() if use.steps])
@given(
    table=tables,
    unit=st.sampled_from([1e-9, 1e-3, 0.1, 2.0, 1e5]),
    zero=st.sampled_from([0.0, 10.0, 1e4]),
)
@few
def test_unit_and_zero_only_scale_and_move(
    name: str, table: pd.DataFrame, unit: float, zero: float
) -> None:
    use = USES[name]
    scaled, squared, moved = use.scaled.split(), use.squared.split(), use.moved.split()

    def change(path: str, value: Any) -> Any:
        last = path.rsplit("/", 1)[-1]
        words = path.split("/")
        key = last if not last.isdigit() else words[-2]
        if not isinstance(value, float | int) or isinstance(value, bool):
            return value
        if key in squared:
            return value * unit**2
        is_spread = "spread" in words and key in ("mean", "low", "high")
        if key in scaled and "ranks" not in words and "superiority" not in words:
            return value * unit + (zero * unit if key in moved and not is_spread else 0.0)
        return value

    wanted = _run(use, table)
    found = _run(use, table.assign(x=(table["x"] + zero) * unit))
    small = unit * max(1.0, zero) if unit < 1 else 1.0
    for path, value in wanted.items():
        own, told = found[path], change(path, value)
        if isinstance(told, float | int) and not isinstance(told, bool):
            word = path.split("/")
            own_unit = told is not value or any(w in scaled + squared for w in word)
            size = 2e-6 * max(abs(told), (small if unit < 1 else 1.0) if own_unit else 1.0)
            if any(w in squared for w in word):
                size = 2e-6 * max(abs(told), unit**2)
            assert abs(own - told) <= size or (math.isnan(own) and math.isnan(told)), (
                path, own, told,
            )  # fmt: skip
        else:
            assert own == told, path


CODES = ["estimate_polychoric", "compare_answers", "test_sampling_adequacy", "fit_efa",
         "screen_dif", "run_parallel_analysis", "bootstrap_alpha"]  # fmt: skip


@pytest.mark.parametrize("name", CODES)
@given(table=tables, factor=st.sampled_from([2.0, 100.0]), zero=st.sampled_from([0.0, 7.0]))
@few
def test_the_codes_of_a_scale_do_not_matter(
    name: str, table: pd.DataFrame, factor: float, zero: float
) -> None:
    # 1 to 5, 0 to 400 or 9 to 17: the same answers in the same order and distance.
    moved = table.assign(**{item: factor * table[item] + zero for item in ITEMS})
    found = _run(USES[name], moved)
    wanted = _run(USES[name], table)
    if name == "estimate_polychoric":
        answers = {k: v for k, v in wanted.items() if "/answer/" in k}
        for path, value in answers.items():
            assert found.pop(path) == factor * value + zero
            wanted.pop(path)
    _check(found, wanted)


@pytest.mark.parametrize(("seed", "n", "gaps"), [(9, 66, True), (29, 80, False)])
def test_a_minimum_that_rounding_blurs_leaves_no_doubt(seed: int, n: int, gaps: bool) -> None:
    # Searches that ended "abnormally" where the slope was below 1e-8.
    found = fl.fit_efa(_correlate(make_table(seed, n, gaps)), 1)
    assert found.warnings == ()


@given(table=tables, unit=st.sampled_from([1e-6, 0.01, 1e4]), zero=st.sampled_from([0.0, 50.0]))
@few
def test_factor_models_and_reliability_know_no_unit(
    table: pd.DataFrame, unit: float, zero: float
) -> None:
    sizes = pd.Series([1.0, unit, 1.0, unit], ITEMS)
    moved = table.assign(**{i: sizes[i] * (table[i] + zero) for i in ITEMS})
    for own in (lambda t: fl.fit_cfa(t, {"F": ITEMS}),
                lambda t: fl.fit_cfa(t, {"F": ITEMS}, group="g", equal=["loadings"])):  # fmt: skip
        try:
            wanted = own(table)
        except fl.InputError as error:
            with pytest.raises(fl.InputError, match=str(error)[:20]):
                own(moved)
            continue
        found = own(moved)
        for index in ("chisq", "cfi", "tli", "rmsea", "rmsea_high", "srmr", "scaling"):
            assert found.fit[index] == pytest.approx(wanted.fit[index], rel=1e-5, abs=1e-6), index
        z = wanted.parameters["estimate"] / wanted.parameters["se"]
        own_z = found.parameters["estimate"] / found.parameters["se"]
        fixed = wanted.parameters["kind"].eq("intercept")  # whose zero has moved
        np.testing.assert_allclose(own_z[~fixed], z[~fixed], rtol=1e-4, atol=1e-4)
    same = table.assign(**{i: unit * (table[i] + zero) for i in ITEMS})
    for use in (USES["estimate_reliability"], USES["describe_items"]):
        found, wanted = _run(use, same), _run(use, table)
        for path, value in wanted.items():
            if "/mean/" in path:
                wanted[path] = unit * (value + zero)
            elif "/sd/" in path:
                wanted[path] = unit * value
        _check(found, wanted, 1e-5)
