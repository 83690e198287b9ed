"""Peers and standings: worked examples by hand, and properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from innocap_analysis.data.places import read_places
from innocap_analysis.errors import InnocapError
from innocap_analysis.index import peers
from innocap_analysis.index.peers import find_nearest, group_by_class, stand_among
from innocap_analysis.settings import load_settings


def _pool(rows: list[tuple[str, int, bool, float]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["code", "rurality", "sparse", "population"])
    return table.set_index("code")


# Worked by hand: a is rural, sparse, 1,000 people; twice is 500 to 2,000, four times 250 to 4,000.
WORKED = _pool([
    ("a", 3, True, 1000), ("b", 3, True, 2000), ("c", 3, True, 500), ("d", 3, True, 2001),
    ("e", 3, False, 900), ("f", 3, False, 3900), ("g", 3, True, 100000), ("h", 2, True, 1100),
    ("i", 1, False, 50000),
])  # fmt: skip


@pytest.mark.parametrize(
    ("least", "step", "codes"),
    [
        (1, peers.NARROW, "bc"), (2, peers.NARROW, "bc"), (3, peers.WIDER, "bcd"),
        (4, peers.ANY_SPARSITY_WIDER, "ebcdf"), (6, peers.ANY_SIZE, "ebcdfg"),
        (7, peers.BY_SIZE, "hebcdfi"), (99, peers.BY_SIZE, "hebcdfig"),
    ],
)  # fmt: skip
def test_the_rule_widens_until_there_are_enough(least: int, step: int, codes: str) -> None:
    found = group_by_class(WORKED, "a", least=least)
    assert (found.step, "".join(found.codes)) == (step, codes)


def test_sparsity_is_given_up_before_the_order_of_size() -> None:
    pool = _pool([("a", 3, True, 1000), *((f"b{i}", 3, False, 1500) for i in range(4))])
    found = group_by_class(pool, "a", least=4)
    assert (found.step, found.factor, len(found.codes)) == (peers.ANY_SPARSITY, 2.0, 4)


def test_any_class_of_the_wider_size_comes_before_everyone_near() -> None:
    pool = _pool([("a", 3, True, 1000), *((f"b{i}", 2, False, 3000) for i in range(5))])
    found = group_by_class(pool, "a", least=4)
    assert (found.step, found.factor, len(found.codes)) == (peers.ANY_CLASS, 4.0, 5)


def test_the_nearest_are_those_of_the_standardised_logarithms() -> None:
    # Only size varies, so its own logarithm decides: 10 -> 12 is nearer than 10 -> 8.
    pool = pd.DataFrame({"population": [10.0, 8, 12, 100], "density": 5.0, "around": 1.0},
                        index=list("abcd"))  # fmt: skip
    assert find_nearest(pool, "a", number=2).codes == ["c", "b"]
    # Two columns with the same spread count the same: worked with numpy.
    pool = pd.DataFrame({"population": np.exp([0.0, 1, 0, 2]), "density": np.exp([0.0, 0, 1.5, 2]),
                         "around": 1.0}, index=list("abcd"))  # fmt: skip
    x = np.log(pool[["population", "density"]].to_numpy())
    z = (x - x.mean(0)) / x.std(0)
    far = np.sqrt(((z - z[0]) ** 2).sum(1))
    assert find_nearest(pool, "a", number=3).codes == [pool.index[i] for i in np.argsort(far)[1:]]


@given(st.data())
def test_a_place_has_enough_peers_and_is_none_itself(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 40))
    rows = [
        (str(i), data.draw(st.integers(1, 3)), data.draw(st.booleans()),
         data.draw(st.floats(1, 1e6)))
        for i in range(n)
    ]  # fmt: skip
    pool = _pool(rows).assign(density=1.0, around=[row[3] for row in rows])
    least = data.draw(st.integers(1, 15))
    group = group_by_class(pool, "0", least=least)
    near = find_nearest(pool, "0", number=least)
    for found in (group, near):
        assert len(found.codes) >= min(least, n - 1)
        assert "0" not in found.codes
        assert len(set(found.codes)) == len(found.codes)
    # The order of the rows in the file leaves no trace, apart from ties.
    again = group_by_class(pool.iloc[::-1], "0", least=least)
    assert again.step == group.step
    if group.step != peers.BY_SIZE:
        assert set(again.codes) == set(group.codes)
    if group.step == peers.NARROW:
        ratio = pool.loc[group.codes, "population"] / pool.at["0", "population"]
        assert ratio.between(0.5 * (1 - 1e-9), 2 * (1 + 1e-9)).all()
        assert (pool.loc[group.codes, "rurality"] == pool.at["0", "rurality"]).all()


def test_no_place_of_the_project_has_fewer_than_ten_peers() -> None:
    smallest = read_places(load_settings()).smallest
    for _, pool in smallest.groupby("country"):
        for code in pool.index[::7]:
            assert len(group_by_class(pool, code).codes) >= 10


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: group_by_class(WORKED, "z"), "'z' is not among"),
        (lambda: group_by_class(WORKED, "a", factor=1), "factor: must be above 1"),
        (lambda: group_by_class(WORKED, "a", factor=float("nan")), "factor: must be above 1"),
        (lambda: group_by_class(WORKED, "a", least=0), "least: must be a whole number of 1"),
        (lambda: group_by_class(WORKED, "a", least=2.5), "least: must be a whole number"),  # type: ignore[arg-type]
        (lambda: group_by_class(WORKED.replace(1000, np.nan), "a"), "'a' has no population"),
        (lambda: group_by_class(pd.concat([WORKED, WORKED]), "a"), "'a' occurs twice"),
        (lambda: find_nearest(WORKED, "a"), "column 'density' is missing"),
    ],
)
def test_what_makes_no_sense_is_told(call: object, told: str) -> None:
    with pytest.raises(InnocapError, match=told):
        call()  # type: ignore[operator]


def test_a_place_of_unknown_size_is_no_neighbour() -> None:
    # One missing size made every distance NaN, and the first of the table were the nearest.
    pool = pd.DataFrame(
        {"population": [np.nan, 90.0, 1, 2], "density": [1.0, 90, 1, 2], "around": 1.0},
        index=list("nzab"),
    )
    assert find_nearest(pool, "a", number=1).codes == ["b"]
    assert find_nearest(pool, "a", number=9).codes == ["b", "z"]


def test_standings_say_ties_and_ceilings() -> None:
    values = pd.Series({"a": 100.0, "b": 100, "c": 90, "d": np.nan, "e": 80})
    first, low = stand_among(values, "a"), stand_among(values, "e")
    assert (first.rank, first.n, first.shared, first.above, first.below) == (1, 4, 1, 0, 2)
    assert (low.rank, low.shared, low.above, low.below, low.median) == (4, 0, 3, 0, 100)
    assert stand_among(values, "e", higher=False).rank == 1
    none = stand_among(values, "d")
    assert np.isnan(none.rank)
    assert (none.n, none.median) == (4, 95)
    assert not stand_among(pd.Series({"a": 100.0, "b": 100.0}), "a").telling
    assert not stand_among(pd.Series({"a": 1.0}), "a").telling


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.booleans())
def test_above_below_and_shared_are_everyone_else(figures: list[int], higher: bool) -> None:
    values = pd.Series(figures, dtype=float)
    own = figures[0]
    found = stand_among(values, 0, higher=higher)  # type: ignore[arg-type]
    assert found.above == sum(x > own for x in figures)
    assert found.below == sum(x < own for x in figures)
    assert found.shared == figures.count(own) - 1
    assert found.above + found.below + found.shared == len(figures) - 1
    assert found.rank == 1 + (found.above if higher else found.below)
