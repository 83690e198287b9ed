"""Names that look alike, blank names, marks of no answer, small figures beside a huge one."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fewlikert as fl
from fewlikert import InputError

TABLE = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6], "g": list("aaabbb"), "o": list("ppqrrs")})
NFC, NFD = (unicodedata.normalize(form, "Skåne") for form in ("NFC", "NFD"))
ITEMS = pd.DataFrame(
    {
        "a": [1, 2, 3, 4, 5, 2, 4, 3, 99, 5],
        "b": [1, 2, 3, 4, 4, 2, 5, 3, 3, 99],
        "c": [2, 2, 3, 5, 5, 1, 4, 3, 2, 4],
    }
).astype(float)


@pytest.mark.parametrize(
    ("one", "other"), [(NFC, NFD), ("SE", "SE "), ("a b", "a\u00a0b"), (1, "1")]
)
@pytest.mark.parametrize("column", ["g", "o"])
def test_names_that_look_alike_are_no_two_groups(column: str, one: object, other: object) -> None:
    # Two rows of the same name would share out the people of one group, or the error's clusters.
    table = TABLE.assign(**{column: [one, other, one, "z", "z", "y"]})
    for call in (
        lambda: fl.summarise(table, ["x"], by="g", clusters="o"),
        lambda: fl.estimate_cluster_means(table, "x", "g", "o"),
    ):
        with pytest.raises(InputError, match=rf"{column}: two different groups are both called"):
            call()


def test_a_blank_name_is_a_missing_one() -> None:
    groups = TABLE.assign(g=["", " ", "", "b", "b", "b"])
    assert fl.summarise(groups, ["x"], by="g")["unit"].tolist() == ["b"]
    # A row without a cluster is one of its own: 2 and q, r.
    alone = TABLE.assign(g="all", o=["", "", "q", "q", "r", "r"])
    assert fl.estimate_cluster_means(alone, "x", "g", "o")["clusters"].tolist() == [4]


@pytest.mark.parametrize("mark", [99, 999, -99, -999, 98, 77, 88, 9999])
def test_marks_of_no_answer_are_refused(mark: int) -> None:
    table = ITEMS.replace(99, mark)
    grouped = table.assign(g="all", o=list("ppqqrrsstt"))
    for call in (
        lambda: fl.estimate_reliability(table),
        lambda: fl.summarise(table),
        lambda: fl.estimate_cluster_means(grouped, "a", "g", "o"),
    ):
        with pytest.raises(InputError, match=f"a: {mark} stands 1 times beside answers of 1 to 5"):
            call()


def test_figures_that_may_be_meant_are_no_marks() -> None:
    for x in ([0.0, 50, 99, 100], [1.5, 2.5, 99], [-99, -5, 3], [99, 99, 99], [12, 80, 99]):
        assert fl.summarise(pd.DataFrame({"x": x}))["n"].tolist() == [len(x)]
    row = fl.summarise(pd.DataFrame({"x": [1.0, 5, 99]}), limits=(1, 99)).iloc[0]
    assert row["n"] == 3


def test_small_figures_beside_a_huge_one_do_not_tie() -> None:
    # R: rank() ties equal figures only; by ranks 1e13 is but the highest of six.
    plain = fl.compare_groups(TABLE, "x", "g").set_index("test")
    huge = TABLE.assign(x=[1, 2, 3, 4, 5, 1e13])
    found = fl.compare_groups(huge, "x", "g").set_index("test")
    assert found.at["kruskal_wallis", "p"] == plain.at["kruskal_wallis", "p"]
    assert fl.compare_pairs(huge, "x", "g", smallest=1)["cliffs_delta"].tolist() == [-1.0]


def test_columns_of_objects_are_described_where_they_are_numbers() -> None:
    table = pd.DataFrame({"x": [Decimal(1), Decimal(2)], "t": ["1", "a"]}, dtype=object)
    assert fl.summarise(table)["code"].tolist() == ["x"]
    with pytest.raises(InputError, match="no column holds numbers"):
        fl.summarise(table[["t"]])


CORRELATIONS = pd.DataFrame([[1, 0.5, 0.4], [0.5, 1, 0.3], [0.4, 0.3, 1]], list("abc"), list("abc"))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: fl.summarise({"x": [1, 2]}), "a DataFrame is needed, found a dict"),
        (lambda: fl.rake_weights(TABLE, {}), "margins: they name no column"),
        # Bartlett's factor is below zero, which would turn the statistic around.
        (lambda: fl.test_sampling_adequacy(CORRELATIONS, 2), "n: 2 rows are too few"),
        (lambda: fl.pool_means(pd.Series({1: 1.0, "1": 2}), pd.Series({1: 1.0, "1": 1}),
                               prior_scale=2), "both called '1'"),
        (lambda: fl.summarise(TABLE.assign(x=pd.Series([b"5", *"23456"], dtype=object)), ["x"]),
         "x, row 0: b'5' is no number"),
        (lambda: fl.summarise(TABLE.assign(x=pd.Series([3 + 0j, *"23456"], dtype=object)), ["x"]),
         "x, row 0: .* is no number"),
    ],
)  # fmt: skip
def test_what_was_wrong_in_silence_or_a_traceback_is_named(
    call: Callable[[], Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        call()


def test_an_adequacy_of_few_rows_has_a_statistic_above_zero() -> None:
    assert fl.test_sampling_adequacy(CORRELATIONS, 3)["bartlett"] > 0  # type: ignore[operator]
    assert np.isfinite(fl.test_sampling_adequacy(CORRELATIONS, 3)["kmo"])  # type: ignore[call-overload]
