"""The public list is short, loads whole, and says where names went that left it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fewlikert
import innocap_analysis as ia
from innocap_analysis.index.capacity import CapacityData


def test_the_public_list_is_short_and_loads() -> None:
    own = [name for name in ia.__all__ if name not in fewlikert.__all__]
    assert 40 <= len(own) <= 48
    for name in own:
        assert getattr(ia, name) is not None
    assert not set(ia._OLD) & set(ia.__all__)


@pytest.mark.parametrize("name", ia._OLD)
def test_a_name_that_left_the_list_still_opens_and_says_so(name: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"{name} is no longer public; see CHANGELOG"):
        assert callable(getattr(ia, name))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_doors_lead_to_the_methods(capacity: CapacityData) -> None:
    runs = capacity.simulate(n=30, sobol=True)
    four, root = capacity.countries, capacity.root
    ranks = runs.ranks(root, four)
    same = pd.testing.assert_frame_equal
    same(ia.summarise_ranks(ranks.table, level=0.8), ranks.summary(0.8))
    same(ia.estimate_superiority(runs.judge_scores(root), four), ranks.superiority())
    low, high = ia.rank_interval(runs, root, "SE", units=["FI", "IE", "CA"])
    np.testing.assert_array_equal(ranks.interval().loc["SE"], [low, high])
    how = {"reference_units": four}
    codes = capacity.dimensions
    same(ia.rank_priorities(runs, codes, "SE", **how), runs.priorities("SE", codes, **how))
    same(ia.estimate_sobol(runs, root, n_resamples=9), runs.sobol(root, n_resamples=9))
    with pytest.raises(AttributeError):
        _ = ia.nothing_of_the_kind
