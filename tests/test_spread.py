"""Intervals of told means: what the spread between organisations leaves open of hidden groups."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from fewlikert.clusters import compute_cr2
from innocap_analysis.survey.spread import find_least_error

# Three organisations of four people each and one of six; the last two, or one, are a small group.
SIZES = np.array([4, 4, 4, 6])
AT = np.repeat(np.arange(4), SIZES)
FEW = AT >= 2


def bound_by_search(error: float, mean: float, few: slice) -> float:
    """Find by a solver how uncertain the small group's mean is, from a mean and its CR2 error."""
    n, adjust = SIZES.sum(), 1 / (1 - SIZES / SIZES.sum())

    def measure(means: np.ndarray) -> float:
        return float(SIZES[few] @ means[few] / SIZES[few].sum())

    def leave(means: np.ndarray) -> float:
        return float(error**2 - adjust @ (SIZES * (means - mean)) ** 2 / n**2)

    limits = [{"type": "eq", "fun": lambda means: SIZES @ means / n - mean},
              {"type": "ineq", "fun": leave}]  # fmt: skip
    start = np.full(4, mean)
    ends = [minimize(lambda means, sign=sign: sign * measure(means), start, bounds=[(0, 1)] * 4,
                     constraints=limits, method="SLSQP") for sign in (1.0, -1.0)]  # fmt: skip
    return float(-ends[1].fun - ends[0].fun)


@pytest.mark.parametrize(("mean", "first"), [(0.5, 2), (0.08, 3)])
def test_the_least_error_leaves_a_small_group_a_fifth_of_the_scale(mean: float, first: int) -> None:
    """Held against a solver (SLSQP) that knows the mean, the error and who is where."""
    least = find_least_error(np.full(18, mean), AT, [first <= AT], 0.2)
    few = slice(first, None)
    assert bound_by_search(least, mean, few) == pytest.approx(0.2, abs=1e-3)
    assert bound_by_search(0.8 * least, mean, few) < 0.185


def test_the_error_that_a_page_would_tell_is_that_of_the_attack() -> None:
    """CR2 by hand: residual sums over the root of what an organisation is not of the group."""
    means = np.array([0.2, 0.6, 0.5, 0.7])
    x = means[AT]
    sums = SIZES * (means - x.mean())
    error = np.sqrt((sums**2 / (1 - SIZES / 18)).sum()) / 18
    assert compute_cr2((x, AT))[0] == pytest.approx(error)


def test_nothing_is_widened_where_nobody_is_hidden_and_nobody_is_an_organisation() -> None:
    x = np.linspace(0, 1, 18)
    assert find_least_error(x, AT, [], 0.2) == 0
    assert find_least_error(x, AT, [AT == 9, np.arange(18) < 2], 0.2) == 0  # nobody; half of one
    assert find_least_error(x, np.zeros(18, dtype=int), [], 0.2) == 0
    assert find_least_error(x, np.arange(18), [], 0.2) > 0


def test_weights_count_in_the_least_error() -> None:
    """Linearised with weights: width 2 s W / w sqrt(c g (G - g) / G), here of two of four.

    With c = 3/4 and a weight of 10 of 18 that is 3.6 s sqrt(3/4), so 0.2 needs s = 0.0642.
    """
    least = find_least_error(np.full(18, 0.5), AT, [FEW], 0.2, np.ones(18))
    assert least == pytest.approx(0.2 / (3.6 * np.sqrt(0.75)))
