"""How often nominal 95% intervals hold the truth, at the sizes of this survey.

    python benchmarks/coverage.py            # about three minutes
    python benchmarks/coverage.py --quick    # a tenth of the draws

Answers are skewed five-point items (5, 10, 20, 35 and 30 % from lowest to highest), made by
cutting correlated normal variables; people come in organisations of five where a method
allows for them. The truth is the same quantity in two million draws.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import f

from fewlikert.clusters import estimate_cluster_means
from fewlikert.describe import summarise
from fewlikert.effects import compute_cliffs_delta, compute_hedges_g
from fewlikert.judgement import judge_difference
from fewlikert.reliability import compute_alpha
from innocap_analysis.survey.shares import estimate_share

SIZES = (10, 25, 50)
CUTS = ndtri(np.cumsum([0.05, 0.10, 0.20, 0.35]))
ITEMS, COMMON, SHIFT, SPREAD = 6, 0.65, 0.4, 0.5

Interval = tuple[float, float]


def draw_items(rng: np.random.Generator, n: int, *, shift: float = 0.0) -> np.ndarray:
    """Return n answers to six items with a common factor."""
    factor = rng.normal(size=(n, 1))
    x = COMMON * factor + np.sqrt(1 - COMMON**2) * rng.normal(size=(n, ITEMS)) + shift
    return 1.0 + np.digitize(x, CUTS)


def draw_organisations(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n answers from organisations of five that share a part."""
    at = np.arange(n) // 5
    shared = rng.normal(size=at[-1] + 1)[at]
    x = SPREAD * shared + np.sqrt(1 - SPREAD**2) * rng.normal(size=n)
    return 1.0 + np.digitize(x, CUTS), at


def make_methods() -> dict[str, Callable[[np.random.Generator, int], Interval]]:
    """Return one function per method: draws answers, returns the interval."""

    def mean(rng: np.random.Generator, n: int) -> Interval:
        row = summarise(pd.DataFrame({"x": draw_items(rng, n)[:, 0]})).iloc[0]
        return row["low"], row["high"]

    def share(rng: np.random.Generator, n: int) -> Interval:
        told = estimate_share((draw_items(rng, n)[:, 0] >= 4).astype(float))
        return told["low"], told["high"]

    def alpha(rng: np.random.Generator, n: int) -> Interval:
        x = draw_items(rng, n)
        covariance = np.cov(x.T)
        if (np.diag(covariance) == 0).any():
            return np.nan, np.nan
        tails = f.ppf([0.975, 0.025], n - 1, (n - 1) * (ITEMS - 1))
        low, high = 1 - (1 - compute_alpha(covariance)) * tails
        return low, high

    def two(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw_items(rng, n, shift=SHIFT).mean(1), draw_items(rng, n).mean(1)

    def hedges(rng: np.random.Generator, n: int) -> Interval:
        return compute_hedges_g(*two(rng, n))[1:]

    def cliff(rng: np.random.Generator, n: int) -> Interval:
        return compute_cliffs_delta(*two(rng, n))[1:]

    def welch(rng: np.random.Generator, n: int) -> Interval:
        x, y = two(rng, n)
        a, b = x.var(ddof=1) / n, y.var(ddof=1) / n
        df = (a + b) ** 2 / ((a**2 + b**2) / (n - 1))
        apart, se = float(x.mean() - y.mean()), float(np.sqrt(a + b))
        told = judge_difference(apart, se, df, 2, smallest=1)
        return told["low"], told["high"]

    def cluster(rng: np.random.Generator, n: int) -> Interval:
        x, at = draw_organisations(rng, n)
        row = estimate_cluster_means(pd.DataFrame({"x": x, "o": at, "g": "all"}), "x", "g", "o")
        return row["low"].iloc[0], row["high"].iloc[0]

    def plain(rng: np.random.Generator, n: int) -> Interval:
        row = summarise(pd.DataFrame({"x": draw_organisations(rng, n)[0]})).iloc[0]
        return row["low"], row["high"]

    return {
        "mean of an item, t": mean, "share of the top two, Wilson": share,
        "alpha of six items, Feldt": alpha, "difference of means, Welch": welch,
        "Hedges g, noncentral t": hedges, "Cliff's delta": cliff,
        "mean with organisations, CR2": cluster, "the same, organisations ignored": plain,
    }  # fmt: skip


def find_truths() -> dict[str, float]:
    """Return what the intervals should hold, from two million draws."""
    rng = np.random.default_rng(99)
    x, y = draw_items(rng, 2_000_000, shift=SHIFT), draw_items(rng, 2_000_000)
    a, b = x.mean(1), y.mean(1)
    pooled = np.sqrt((a.var() + b.var()) / 2)
    values, first = np.unique(a, return_counts=True)
    levels, second = np.unique(b, return_counts=True)
    below = np.searchsorted(levels, values, side="left")
    to = np.searchsorted(levels, values, side="right")
    heap = np.concatenate([[0], np.cumsum(second)])
    delta = (first * (heap[below] - (len(b) - heap[to]))).sum() / len(a) / len(b)
    clustered = draw_organisations(rng, 2_000_000)[0].mean()
    truths = {
        "mean of an item, t": y[:, 0].mean(), "share of the top two, Wilson": (y >= 4).mean(),
        "alpha of six items, Feldt": compute_alpha(np.cov(y.T)),
        "difference of means, Welch": a.mean() - b.mean(),
        "Hedges g, noncentral t": (a.mean() - b.mean()) / pooled, "Cliff's delta": delta,
        "mean with organisations, CR2": clustered, "the same, organisations ignored": clustered,
    }  # fmt: skip
    return {name: float(value) for name, value in truths.items()}


def main() -> None:
    """Draw and count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the draws")
    draws = 400 if parser.parse_args().quick else 4000
    warnings.simplefilter("ignore")
    truths = find_truths()
    print(f"{draws} draws each; Monte Carlo error {196 * np.sqrt(0.05 * 0.95 / draws):.1f} points")
    print(f"{'interval':<34}" + "".join(f"{f'n = {n}':>9}" for n in SIZES))
    for name, method in make_methods().items():
        told = []
        for n in SIZES:
            rng = np.random.default_rng([7, n])
            ends = np.array([method(rng, n) for _ in range(draws)])
            ends = ends[~np.isnan(ends).any(axis=1)]
            told.append(np.mean((ends[:, 0] <= truths[name]) & (truths[name] <= ends[:, 1])))
        print(f"{name:<34}" + "".join(f"{100 * share:>8.1f}%" for share in told), flush=True)


if __name__ == "__main__":
    main()
