"""Counts, means, quartiles and intervals against R, scipy and worked examples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from fewlikert import InputError, compare_cluster_pairs, estimate_cluster_means, summarise
from fewlikert.options import DONT_KNOW, NOT_APPLICABLE

NAN = float("nan")
# R 4.2.2, survey 4.1.1: svydesign(ids = ~1 or ~o, weights = w), svymean, svyvar, confint;
# svyquantile(qrule = "hf7") with weights ave(w, x): with w its answer hangs on the order of rows
# (1.6 and 5.3 in this order, 1.8 and 5 where the two ones and the two fives change places).
X = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]
W = [1, 2, 0.5, 1, 1, 3, 0.7, 1.2, 2, 1]
O = list("aabbbccddd")  # noqa: E741


def test_weighted_means_are_those_of_r() -> None:
    table = pd.DataFrame({"x": np.array(X, float), "o": O})
    row = summarise(table, ["x"], weights=pd.Series(W)).iloc[0]
    told = row[["mean", "se", "sd", "q1", "median", "q3", "df"]].to_numpy(float)
    expected = [4.597014925373, 1.247036366760, 3.017690799427, 26 / 15, 3.5, 76 / 15, 9]
    np.testing.assert_allclose(told, expected, atol=1e-12)
    row = summarise(table, ["x"], weights=pd.Series(W), clusters="o").iloc[0]
    told = row[["se", "low", "high", "df"]].to_numpy(float)
    np.testing.assert_allclose(told, [1.278227896716, 0.529123278158, 8.664906572588, 3],
                               atol=1e-12)  # fmt: skip


def test_plain_means_are_those_of_r() -> None:
    # R 4.2.2: t.test(x)$conf.int, quantile(x), e1071 1.7.13 skewness(x, type = 2).
    row = summarise(pd.DataFrame({"x": np.array(X, float)})).iloc[0]
    told = row[["mean", "sd", "low", "high", "q1", "median", "q3", "skew"]].to_numpy(float)
    expected = [3.9, 2.46981780704568, 2.13319877524, 5.66680122476, 2.25, 3.5, 5.0, 0.806457574727]
    np.testing.assert_allclose(told, expected, atol=1e-9)


def test_groups_missing_and_dont_know_are_told_apart() -> None:
    table = pd.DataFrame({
        "x": [1.0, 5.0, DONT_KNOW, NOT_APPLICABLE, NAN, 5.0, NAN],
        "country": ["SE", "SE", "SE", "SE", "SE", "FI", None],
    })  # fmt: skip
    told = summarise(table, ["x"], by="country", limits=(1, 5)).set_index("unit")
    assert told.loc["SE", ["n", "missing", "dont_know", "not_applicable"]].tolist() == [2, 1, 1, 1]
    assert told.loc["SE", ["mean", "floor_share", "ceiling_share"]].tolist() == [3, 0.5, 0.5]
    assert told.loc["FI", "reason"] == "one answer has no spread"
    assert list(told.index) == ["FI", "SE"]


def test_columns_have_limits_of_their_own() -> None:
    table = pd.DataFrame({"a": [1.0, 5.0, DONT_KNOW], "b": [0.0, 10.0, 5.0]})
    told = summarise(table, limits={"a": (1, 5), "b": (0, 10)}).set_index("code")
    assert told["ceiling_share"].tolist() == pytest.approx([1 / 2, 1 / 3])
    assert told["n"].tolist() == [2, 3]


@pytest.mark.parametrize(
    ("values", "reason"),
    [([], "no answers"), ([NAN, NAN], "no answers"), ([2.0], "one answer has no spread"),
     ([2.0, 3.0], "two answers have no skew"), ([2.0, 2.0, 2.0], "all answers are equal")],
)  # fmt: skip
def test_nothing_is_nan_without_a_reason(values: list[float], reason: str) -> None:
    row = summarise(pd.DataFrame({"x": np.array(values, float)}), ["x"]).iloc[0]
    assert row["reason"] == reason
    assert row.drop(["floor_share", "ceiling_share"]).isna().any() == (reason != "")


def test_one_organisation_has_no_interval() -> None:
    table = pd.DataFrame({"x": [1.0, 2.0, 4.0, 5.0], "o": ["a", "a", "a", "a"]})
    row = summarise(table, ["x"], clusters="o").iloc[0]
    assert row["reason"] == "one organisation has no spread between organisations"
    assert np.isnan([row["se"], row["low"]]).all()
    some = table.assign(o=["a", "b", "c", None])
    # Who names no organisation is one of their own.
    assert summarise(some, ["x"], clusters="o").loc[0, "df"] == 3


def test_summarise_agrees_with_scipy() -> None:
    column = pd.Series([3.0, 1.0, 4.0, 1.0, 5.0, np.nan])
    row = summarise(column.to_frame("A")).iloc[0]
    known = column.dropna()
    assert (row["n"], row["missing"]) == (5, 1)
    assert row["mean"] == pytest.approx(stats.tmean(known))
    assert row["sd"] == pytest.approx(stats.tstd(known))
    quartiles = stats.mstats.mquantiles(known, [0.25, 0.5, 0.75], alphap=1, betap=1)
    assert [row["q1"], row["median"], row["q3"]] == pytest.approx(list(quartiles))


def test_mistakes_are_named() -> None:
    table = pd.DataFrame({"x": [1.0, 2.0]})
    with pytest.raises(InputError, match="no column 'country'"):
        summarise(table, ["x"], by="country")
    with pytest.raises(InputError, match="one per row"):
        summarise(table, ["x"], weights=pd.Series([1.0]))


def test_weighted_means_of_groups_are_those_of_r() -> None:
    """R 4.2.2, survey 4.1.1: svyby(~x, ~g, svydesign(ids=~org, strata=~g, weights=~w, nest=TRUE))

    and svycontrast of svyby in svydesign(ids=~two, weights=~w), where groups share clusters.
    """
    table = pd.DataFrame({
        "x": [float((7 * i * i + 3 * i) % 11) for i in range(40)],
        "g": ["a"] * 22 + ["b"] * 18,
        "w": [1 + (5 * i) % 7 / 2 for i in range(40)],
        "two": [f"o{i % 7}" for i in range(40)],
    })  # fmt: skip
    table["org"] = [f"{g}{i % 6}" for i, g in enumerate(table["g"])]
    means = estimate_cluster_means(table, "x", "g", "org", weights="w")
    assert means["mean"].tolist() == pytest.approx([4.19626168224, 4.17204301075], rel=1e-11)
    assert means["se"].tolist() == pytest.approx([0.756805936339, 0.447067911636], rel=1e-10)
    assert means["df"].tolist() == [5, 5]
    pair = compare_cluster_pairs(table, "x", "g", "two", smallest=1, weights="w").iloc[0]
    assert pair["difference"] == pytest.approx(0.02421867149, abs=1e-10)
    assert pair["se"] == pytest.approx(2.21182571859, rel=1e-11)
