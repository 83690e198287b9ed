"""Another index over the same figures, held against units of one's own: every page is of it."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest

from innocap_analysis import change_codebook, open_view
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.pages import (
    alternatives,
    comparison,
    country,
    data,
    indicators,
    method,
    ranks,
    regions,
)
from innocap_analysis.pages.index_view import IndexView

PAGES = [alternatives, comparison, country, data, indicators, method, ranks, regions]
DROPPED = ["UN_EPI", "BIPA_HRM"]


@pytest.fixture(scope="module")
def what_if(capacity: CapacityData) -> CapacityData:
    """Return the index without two indicators and with a geometric mean at the top."""
    book = change_codebook(
        capacity.codebook, drop=DROPPED, weights={"PRO": 2}, aggregate={"INNOCAP": "geometric"}
    )
    return capacity.with_codebook(book)


def list_functions() -> Iterator[Callable[..., object]]:
    for page in PAGES:
        for name, function in inspect.getmembers(page, inspect.isfunction):
            own = function.__module__ == page.__name__ and name != "plot_regions"
            if own and name.split("_")[0] in ("plot", "table", "write", "show"):
                yield function  # `show_regions` calls `plot_regions`


def give(view: IndexView) -> dict[str, object]:
    """Return what functions of pages ask for, by name."""
    return {
        "view": view, "alternatives": alternatives.compare(view, leave_out="BIPA_PROCDATA"),
        "wide": ranks.simulate_wide(view, base=16), "code": "PIAAC_LIT", "unit": "SE",
        "codes": ["UN_OSI", "WB_DCEI"], "units": view.shown,
    }  # fmt: skip


def call(function: Callable[..., object], given: dict[str, object]) -> object:
    names = [
        name
        for name, own in inspect.signature(function).parameters.items()
        if own.default is inspect.Parameter.empty
    ]
    return function(**{name: given[name] for name in names})


@pytest.mark.filterwarnings("ignore::innocap_analysis.index.figures.ScoreWarning")
def test_every_figure_and_table_works_on_a_what_if(what_if: CapacityData) -> None:
    view = open_view("40", capacity=what_if, region="SE", reference=["SE", "FI", "DK"], runs=50)
    given, functions = give(view), list(list_functions())
    assert len(functions) > 30
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        for function in functions:
            assert call(function, given) is not None, function
    told = {fact.code for fact in view.ledger.facts.values()}
    assert not told & set(DROPPED)
    # By hand: the geometric mean of four scores of which one weighs twice.
    parts = what_if.result.scores.loc["SE", ["SKL", "DIG", "DEL", "PRO"]].to_numpy()
    index = float(np.exp((np.log(parts) * [1, 1, 1, 2]).sum() / 5))
    assert float(view.stand("SE", "INNOCAP", "score")) == pytest.approx(index)


def test_units_of_ones_own_are_a_reference_set(capacity: CapacityData) -> None:
    view = open_view("30", capacity=capacity, region="SE", reference=["FI", "SE"], runs=20)
    assert view.members == capacity.reference_units(["SE", "FI"]) == ["FI", "SE"]
    scores = capacity.result.scores.loc[["SE", "FI"], "DIG"]
    # The median of two is their mean.
    gap = scores["SE"] - scores.mean()
    assert float(view.stand("SE", "DIG", "gap")) == pytest.approx(gap)
    assert view.circumstances == "Held against 2 chosen countries: Finland and Sweden."
    assert view.in_language("sv").circumstances.startswith("Jämfört med 2 utvalda länder: ")
    for wrong, told in (
        (["SE", "XX"], "reference: 'XX' is unknown"),
        (["SE", "SE"], "reference: 'SE' is named twice"),
        ([], "reference: names no country"),
        ("SEFI", "reference set 'SEFI' is unknown"),
    ):
        with pytest.raises(InnocapError, match=told):
            capacity.reference_units(wrong)


def test_a_what_if_is_checked(capacity: CapacityData) -> None:
    assert set(capacity.flags["code"]) & set(DROPPED)
    assert not set(capacity.with_codebook(
        change_codebook(capacity.codebook, drop=DROPPED)).flags["code"]) & set(DROPPED)  # fmt: skip
    table = pd.DataFrame(
        {"code": ["I", "NOWHERE"], "parent": ["", "I"], "kind": ["index", "indicator"],
         "normalise": ["", "minmax"]}
    )  # fmt: skip
    with pytest.raises(InnocapError, match="column 'NOWHERE' is missing"):
        capacity.with_codebook(table)
    for wrong, told in (
        ({"weights": {"PRO": "much"}}, "weight 'much' is not a number"),
        ({"weights": {"INNOCAP": 2}}, "'INNOCAP' has no siblings"),
        ({"aggregate": {"UN_OSI": "geometric"}}, "'UN_OSI' is no group"),
        ({"aggregate": {"PRO": "geometrical"}}, "did you mean 'geometric'"),
        ({"drop": "PROO"}, "'PROO' is unknown; did you mean 'PRO'"),
    ):
        with pytest.raises(InnocapError, match=told):
            change_codebook(capacity.codebook, **wrong)
