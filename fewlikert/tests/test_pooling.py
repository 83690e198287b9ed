"""Partially pooled means against metafor, draws, plain quadrature, and their own expectations."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from r_reference import R
from scipy import integrate, stats

from fewlikert import InputError, pool_means
from fewlikert.pooling import PooledMeans

MEANS = pd.Series({"SE": 53.1, "FI": 57.6, "IE": 52.7, "CA": 55.8})
ERRORS = pd.Series([2.0, 3.0, 3.3, 2.6], MEANS.index)


@pytest.mark.parametrize(("name", "scale"), [("wave", 1.0), ("rag", 10.0)])
def test_pooled_means_are_those_of_draws_and_metafor(name: str, scale: float) -> None:
    # metafor 3.8.1: rma(method = "PM" and "REML"); the posterior against its own definition,
    # drawn 400,000 times.
    ref = R["clusters"][name]
    mean, se = pd.Series(ref["mu"]), pd.Series(ref["se"])
    found = pool_means(mean, se, prior_scale=scale)
    assert found.spread["paule_mandel"] == pytest.approx(ref["pm"], abs=1e-6)
    assert found.spread["reml"] == pytest.approx(ref["reml"], abs=1e-4)
    rng = np.random.default_rng(3)
    y, s, n = mean.to_numpy(), se.to_numpy(), 400_000
    tau = np.abs(rng.normal(0, scale, n))
    w = 1 / (s**2 + tau[:, None] ** 2)
    total = w.sum(axis=1)
    grand = (w @ y) / total
    fit = np.log(w).sum(1) - np.log(total) - (w * (y - grand[:, None]) ** 2).sum(1)
    p = np.exp((fit - fit.max()) / 2)
    at = rng.choice(n, n, p=p / p.sum())
    mu = rng.normal(grand[at], 1 / np.sqrt(total[at]))
    share = (tau[:, None] ** 2 * w)[at]
    draws = rng.normal(share * y + (1 - share) * mu[:, None], np.sqrt(share) * s)
    np.testing.assert_allclose(found.means["pooled"], draws.mean(axis=0), atol=0.005 * scale)
    np.testing.assert_allclose(found.means["sd"], draws.std(axis=0), atol=0.005 * scale)
    ranks = (-draws).argsort(axis=1).argsort(axis=1)
    for k in range(4):
        np.testing.assert_allclose(found.ranks[k + 1], (ranks == k).mean(axis=0), atol=0.005)
    above = [[np.nan if i == j else (draws[:, i] > draws[:, j]).mean() for j in range(4)]
             for i in range(4)]  # fmt: skip
    np.testing.assert_allclose(found.superiority, above, atol=0.005)
    np.testing.assert_allclose(found.ranks.sum(axis=1), 1)


def test_pooling_refuses_what_has_no_error() -> None:
    mean = pd.Series({"SE": 1.0, "FI": 2.0})
    with pytest.raises(InputError, match="FI: a mean and a standard error"):
        pool_means(mean, pd.Series({"SE": 1.0, "FI": 0.0}), prior_scale=1)
    with pytest.raises(InputError, match="two groups or more"):
        pool_means(mean[:1], pd.Series({"SE": 1.0}), prior_scale=1)
    with pytest.raises(InputError, match="prior_scale 0 is not above zero"):
        pool_means(mean, pd.Series({"SE": 1.0, "FI": 1.0}), prior_scale=0)


def test_errors_of_means_go_by_label() -> None:
    plain = pool_means(MEANS, ERRORS, prior_scale=5).means
    turned = pool_means(MEANS, ERRORS.iloc[::-1], prior_scale=5).means
    pd.testing.assert_frame_equal(plain, turned)
    for wrong in (ERRORS[:2], pd.concat([ERRORS, pd.Series({"NO": 1.0})]), ERRORS.iloc[[0, 0, 1]]):
        with pytest.raises(InputError, match="se: one for each mean is needed"):
            pool_means(MEANS, wrong, prior_scale=5)
    with pytest.raises(InputError, match="two Series"):
        pool_means(MEANS.tolist(), ERRORS.tolist(), prior_scale=5)  # type: ignore[arg-type]


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0, 1000.0])
@pytest.mark.parametrize("errors", [[2.0, 3.0, 3.3, 2.6], [0.05, 3.0, 10.0, 0.5], [0.1] * 4])
def test_expected_ranks_are_those_of_the_pairs(errors: list[float], scale: float) -> None:
    # Of one posterior: the sum of k P(rank k) is 1 and the sum of P(another is above).
    found = pool_means(MEANS, pd.Series(errors, MEANS.index), prior_scale=scale)
    _check_ranks(found)


def test_ranks_of_eighty_groups() -> None:
    rng = np.random.default_rng(5)
    means = pd.Series(rng.normal(50, 4, 80))
    _check_ranks(pool_means(means, pd.Series(rng.uniform(1, 6, 80)), prior_scale=10))


def _check_ranks(found: PooledMeans) -> None:
    ranks, above = found.ranks.to_numpy(), found.superiority.to_numpy()
    expected = ranks @ np.arange(1, len(ranks) + 1)
    assert expected == pytest.approx(1 + np.nansum(above, axis=0), abs=1e-6)
    assert ranks.sum(axis=0) == pytest.approx(1, abs=1e-6)
    assert ranks.sum(axis=1) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("scale", [0.3, 10.0, 1000.0])
def test_the_posterior_is_that_of_plain_quadrature(scale: float) -> None:
    # scipy.integrate.quad over the between-group sd, formulas of Gelman and others (5.20, 5.21).
    y, s = MEANS.to_numpy(), ERRORS.to_numpy()

    def weigh(tau: float) -> tuple[float, float, float]:
        w = 1 / (s**2 + tau**2)
        grand = w @ y / w.sum()
        fit = np.sqrt(w.prod() / w.sum()) * np.exp(-0.5 * (w * (y - grand) ** 2).sum())
        keep = tau**2 / (tau**2 + s[1] ** 2)
        return stats.halfnorm.pdf(tau, scale=scale) * fit, grand, keep * y[1] + (1 - keep) * grand

    def average(what: Callable[[float], float], end: float = 9 * scale) -> float:
        edges = [0, *(e for e in (0.5, 2, 5, 12, 30, 100, 400) if e < end), end]
        return sum(
            integrate.quad(what, a, b, epsabs=0, epsrel=1e-11)[0]
            for a, b in itertools.pairwise(edges)
        )

    found = pool_means(MEANS, ERRORS, prior_scale=scale)
    total = average(lambda tau: weigh(tau)[0])
    grand = average(lambda tau: weigh(tau)[0] * weigh(tau)[1]) / total
    fi = average(lambda tau: weigh(tau)[0] * weigh(tau)[2]) / total
    below = average(lambda tau: weigh(tau)[0], found.spread["median"]) / total
    assert found.spread["grand_mean"] == pytest.approx(grand, rel=1e-8)
    assert found.means["pooled"][1] == pytest.approx(fi, rel=1e-8)
    assert below == pytest.approx(0.5, abs=1e-5)
