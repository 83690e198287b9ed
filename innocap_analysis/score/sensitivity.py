"""How much scores and ranks depend on the choices behind an index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from innocap_analysis.codebook import Codebook, read_codebook
from innocap_analysis.score.aggregate import aggregate_arrays
from innocap_analysis.score.index import rank_units
from innocap_analysis.score.normalise import normalise
from innocap_analysis.settings import InnocapError

NONE_LEFT_OUT = ""


@dataclass(frozen=True)
class WeightNoise:
    """Weights are uncertain: each is multiplied by a factor drawn anew in each run.

    Attributes
    ----------
    relative : float
        The factor is uniform between ``1 - relative`` and ``1 + relative``.
    """

    relative: float = 0.25


@dataclass(frozen=True)
class LeaveOneOut:
    """One indicator is left out, or none; all these choices are equally likely.

    Attributes
    ----------
    codes : tuple of str
        Indicators that may be left out; empty means any.
    """

    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class AggregationChoice:
    """A node is aggregated by one of several means, equally likely.

    Attributes
    ----------
    code : str
        Group or index.
    methods : tuple of str
        Ways to aggregate it.
    """

    code: str
    methods: tuple[str, ...] = ("arithmetic", "geometric")


Factor = WeightNoise | LeaveOneOut | AggregationChoice


@dataclass(frozen=True)
class SensitivityResult:
    """Every run's choices and scores.

    Attributes
    ----------
    choices : DataFrame
        One row per run: ``left_out`` (code or empty), ``aggregate:<code>``, and
        ``weight:<code>`` where weights were drawn.
    scores : dict of str to DataFrame
        Runs x units for every group and index code.
    """

    choices: pd.DataFrame
    scores: dict[str, pd.DataFrame]

    def rank_runs(self, code: str, units: Sequence[str]) -> pd.DataFrame:
        """Rank the given units among themselves in every run.

        Parameters
        ----------
        code : str
            Group or index.
        units : sequence of str
            Who is ranked; others are ignored.

        Returns
        -------
        DataFrame
            Runs x units; 1 is the highest score.
        """
        return rank_units(self.scores[code][list(units)].T).T


def run_sensitivity(
    values: pd.DataFrame,
    codebook: Codebook | pd.DataFrame,
    *,
    factors: Iterable[Factor] | None = None,
    n: int = 2000,
    seed: int = 1,
    min_coverage: float = 0.5,
) -> SensitivityResult:
    """Score an index many times, each time with other defensible choices.

    Parameters
    ----------
    values : DataFrame
        Units x codes in raw units.
    codebook : Codebook or DataFrame
        The index whose choices are varied.
    factors : iterable of Factor, optional
        What is uncertain, at most one :class:`WeightNoise` and one :class:`LeaveOneOut`.
        Default: weights by 25 %, one indicator left out or none, and arithmetic or
        geometric aggregation of each index.
    n : int
        Number of runs.
    seed : int
        Seed of ``numpy.random.default_rng``; the same seed gives the same runs.
    min_coverage : float
        As in :func:`~innocap_analysis.score.index.score_index`.

    Returns
    -------
    SensitivityResult
        Choices and scores of every run; nothing is averaged away.

    Raises
    ------
    InnocapError
        A factor names a node that the codebook lacks, or a share is out of range.

    Notes
    -----
    Indicators are normalised once; runs differ in weights and means, which are evaluated
    for all runs together. Uncertainty analysis as in Saisana, Saltelli and Tarantola
    (2005), *Journal of the Royal Statistical Society A* 168(2), 307-323.
    """
    book = read_codebook(codebook)
    chosen = list(factors) if factors is not None else _default_factors(book)
    rng = np.random.default_rng(seed)
    normalised = normalise(values, book)
    leaves = {code: normalised[code].to_numpy() for code in book.leaves}
    weights: dict[str, np.ndarray] = {}
    choices: dict[str, np.ndarray] = {}
    methods: dict[str, np.ndarray] = {}
    for factor in chosen:
        if isinstance(factor, WeightNoise):
            weights = _draw_weights(factor, book, n, rng)
            choices |= {f"weight:{code}": drawn[:, 0] for code, drawn in weights.items()}
        elif isinstance(factor, LeaveOneOut):
            choices["left_out"] = _draw_left_out(factor, book, n, rng)
        else:
            methods[factor.code] = _draw_methods(factor, book, n, rng)
            choices[f"aggregate:{factor.code}"] = methods[factor.code]
    if "left_out" in choices:
        for code in sorted(set(choices["left_out"]) - {NONE_LEFT_OUT}):
            base = weights.get(code, np.full((n, 1), float(book.table.at[code, "weight"])))
            weights[code] = np.where((choices["left_out"] == code)[:, None], 0.0, base)
    scores = _score_runs(leaves, book, weights, methods, n, min_coverage)
    frames = {code: pd.DataFrame(runs, columns=normalised.index) for code, runs in scores.items()}
    return SensitivityResult(pd.DataFrame(choices), frames)


def _default_factors(book: Codebook) -> list[Factor]:
    return [WeightNoise(), LeaveOneOut(), *(AggregationChoice(code) for code in book.indexes)]


def _draw_weights(
    factor: WeightNoise, book: Codebook, n: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    if not 0 <= factor.relative <= 1:
        raise InnocapError(f"WeightNoise: relative must be 0 to 1, found {factor.relative}")
    drawn = {}
    for parent in book.parents:
        for child in book.children(parent):
            factors = rng.uniform(1 - factor.relative, 1 + factor.relative, size=(n, 1))
            drawn[child] = float(book.table.at[child, "weight"]) * factors
    return drawn


def _draw_left_out(
    factor: LeaveOneOut, book: Codebook, n: int, rng: np.random.Generator
) -> np.ndarray:
    codes = list(factor.codes) or book.leaves
    unknown = [code for code in codes if code not in book.leaves]
    if unknown:
        raise InnocapError(f"LeaveOneOut: {unknown[0]!r} is no indicator of {book.name}")
    return rng.choice(np.array([NONE_LEFT_OUT, *codes], dtype=object), size=n)


def _draw_methods(
    factor: AggregationChoice, book: Codebook, n: int, rng: np.random.Generator
) -> np.ndarray:
    if factor.code not in book.parents:
        raise InnocapError(f"AggregationChoice: {factor.code!r} is no group of {book.name}")
    return rng.choice(np.array(factor.methods, dtype=object), size=n)


def _score_runs(
    leaves: dict[str, np.ndarray],
    book: Codebook,
    weights: dict[str, np.ndarray],
    methods: dict[str, np.ndarray],
    n: int,
    min_coverage: float,
) -> dict[str, np.ndarray]:
    """Score all runs that share their means together; weights differ run by run."""
    n_units = len(next(iter(leaves.values())))
    scores = {code: np.empty((n, n_units)) for code in book.parents}
    combination = pd.DataFrame(methods, index=range(n))
    groups = combination.groupby(list(methods)).indices if methods else {(): np.arange(n)}
    for runs in groups.values():
        names = {code: str(drawn[runs[0]]) for code, drawn in methods.items()}
        part = {code: drawn[runs] for code, drawn in weights.items()}
        nodes = aggregate_arrays(
            leaves, book, weights=part, methods=names, min_coverage=min_coverage
        )
        for code, (score, _) in nodes.items():
            scores[code][runs] = score
    return scores


def summarise_ranks(runs: pd.DataFrame, *, level: float = 0.9) -> pd.DataFrame:
    """Summarise ranks over runs.

    Parameters
    ----------
    runs : DataFrame
        Runs x units, from :meth:`SensitivityResult.rank_runs`.
    level : float
        Share of runs that the interval holds.

    Returns
    -------
    DataFrame
        One row per unit: `unit`, `median`, `low`, `high` (ranks, interval end points that
        occurred), and `share_1`, `share_2`, … (share of runs with that rank).
    """
    tail = (1 - level) / 2
    count = runs.shape[1]
    out = pd.DataFrame(
        {
            "unit": runs.columns,
            "median": runs.median().to_numpy(),
            "low": runs.quantile(tail, interpolation="lower").to_numpy(),
            "high": runs.quantile(1 - tail, interpolation="higher").to_numpy(),
        }
    )
    for rank in range(1, count + 1):
        out[f"share_{rank}"] = (runs == rank).mean().to_numpy()
    return out


def rank_interval(
    runs: SensitivityResult, code: str, unit: str, *, units: Sequence[str], level: float = 0.9
) -> tuple[int, int]:
    """Return the ranks between which a unit stands in most runs.

    Parameters
    ----------
    runs : SensitivityResult
        Scores under many defensible choices.
    code : str
        Group or index.
    unit : str
        Whose rank.
    units : sequence of str
        Whom it is ranked with; the unit joins them when it is not among them.
    level : float
        Share of runs that the interval holds.

    Returns
    -------
    low, high : int
        Ranks that occurred; 1 is the highest score.
    """
    ranks = runs.rank_runs(code, list(dict.fromkeys([*units, unit])))[[unit]].dropna()
    row = summarise_ranks(ranks, level=level).iloc[0]
    return int(row["low"]), int(row["high"])


def estimate_superiority(scores: pd.DataFrame, units: Sequence[str]) -> pd.DataFrame:
    """Estimate how often one unit scores above another over the runs.

    Parameters
    ----------
    scores : DataFrame
        Runs x units, one entry of :attr:`SensitivityResult.scores`.
    units : sequence of str
        Units to compare.

    Returns
    -------
    DataFrame
        Units x units: share of runs in which the row's unit is above the column's; a tie
        counts half; the diagonal is NaN.
    """
    x = scores[list(units)].to_numpy()
    above = (x[:, :, None] > x[:, None, :]).mean(axis=0)
    above += 0.5 * (x[:, :, None] == x[:, None, :]).mean(axis=0)
    np.fill_diagonal(above, np.nan)
    return pd.DataFrame(above, index=list(units), columns=list(units))
