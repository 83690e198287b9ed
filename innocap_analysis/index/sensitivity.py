"""How much scores and ranks depend on the choices behind an index."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.factors import Factor, MeasurementError, WeightNoise, default_factors
from innocap_analysis.index.normalise import ScoreWarning
from innocap_analysis.index.options import check_count, check_options, check_share
from innocap_analysis.index.score import score_index
from innocap_analysis.index.simulation import Simulation, draw_numbers, list_choices
from innocap_analysis.index.ties import rank_figures


@dataclass(frozen=True)
class SensitivityResult:
    """Every run's choices and scores.

    Attributes
    ----------
    choices : DataFrame
        One row per run: the option of each factor, ``weight:<code>`` where weights were
        drawn.
    scores : dict of str to DataFrame
        Runs x units for every group and index code.
    baseline : DataFrame
        Units x codes: scores of the index as it is.
    factors : tuple of str
        Names of the factors.
    sobol_size : int
        Base sample of the Sobol design, 0 without one. The runs are then the base sample,
        a second one, and for each factor the base sample with that factor of the second.
    """

    choices: pd.DataFrame
    scores: dict[str, pd.DataFrame]
    baseline: pd.DataFrame
    factors: tuple[str, ...]
    sobol_size: int = 0

    def judge_scores(self, code: str, units: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the scores that units may be held against each other by.

        Parameters
        ----------
        code : str
            Group or index.
        units : sequence of str, optional
            Default: all.

        Returns
        -------
        DataFrame
            Runs x units; a unit that the index as it is does not score has none, even where
            leaving out what it lacks gives it one.
        """
        scores = self.scores[code] if units is None else self.scores[code][list(units)]
        known = scores.columns[self.baseline.loc[scores.columns, code].notna()]
        return scores[known].reindex(columns=scores.columns)

    def rank_runs(self, code: str, units: Sequence[str] | None = None) -> pd.DataFrame:
        """Rank units among themselves in every run.

        A unit that the index as it is does not score is never ranked.

        Parameters
        ----------
        code : str
            Group or index.
        units : sequence of str, optional
            Who is ranked; others are ignored. Default: all.

        Returns
        -------
        DataFrame
            Runs x units; 1 is the highest score, NaN without one.
        """
        scores = self.judge_scores(code, units)
        ranks = rank_figures(scores.to_numpy(dtype=float), descending=True)
        return pd.DataFrame(ranks, index=scores.index, columns=scores.columns)


def run_sensitivity(
    values: pd.DataFrame,
    codebook: Codebook | pd.DataFrame,
    *,
    factors: Iterable[Factor] | None = None,
    n: int = 2000,
    seed: int = 1,
    min_coverage: float = 0.5,
    sobol: bool = False,
) -> SensitivityResult:
    """Score an index many times, each time with other defensible choices.

    Parameters
    ----------
    values : DataFrame
        Units x codes in raw units.
    codebook : Codebook or DataFrame
        The index whose choices are varied.
    factors : iterable of Factor, optional
        What is uncertain (see :mod:`~innocap_analysis.index.factors`), each at most once.
        Default: weights by 25 %, one indicator left out or none, and arithmetic or
        geometric aggregation of each index.
    n : int
        Number of runs; with `sobol` the size of the base sample, and the runs are ``n``
        times the number of factors plus two.
    seed : int
        Seed of ``numpy.random.default_rng``; the same seed gives the same runs.
    min_coverage : float
        As in :func:`~innocap_analysis.index.score.score_index`.
    sobol : bool
        Lay the runs out so that Sobol indices can be estimated.

    Returns
    -------
    SensitivityResult
        Choices and scores of every run; nothing is averaged away.

    Raises
    ------
    InnocapError
        A factor does not fit the index, or a run fails; the message names the run and its
        choices. A failing run is never left out.

    Notes
    -----
    Tables are prepared once for each combination of imputation, treatment and
    normalisation that occurs, and all runs that share a combination are aggregated
    together. Uncertainty analysis as in Saisana, Saltelli and Tarantola (2005), *Journal of
    the Royal Statistical Society A* 168(2), 307-323.

    Examples
    --------
    >>> from innocap_analysis import load_capacity
    >>> capacity = load_capacity()
    >>> runs = run_sensitivity(capacity.values, capacity.codebook, n=100)
    >>> runs.rank_runs("INNOCAP", ["SE", "FI"]).shape
    (100, 2)
    """
    check_share("min_coverage", min_coverage)
    check_count("n", n)
    book = read_codebook(codebook)
    chosen = list(factors) if factors is not None else default_factors(book)
    _check_factors(chosen, book)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoreWarning)  # told when the index itself was scored
        baseline = score_index(values, book, min_coverage=min_coverage).scores
        random = draw_numbers(chosen, book, values.index, n, seed, sobol=sobol)
        runs = n * (len(chosen) + 2) if sobol else n
        scores = Simulation(values, book, chosen, random, runs, min_coverage).run()
    return SensitivityResult(
        choices=list_choices(chosen, book, random, runs),
        scores={c: pd.DataFrame(x, columns=values.index) for c, x in scores.items()},
        baseline=baseline,
        factors=tuple(factor.name for factor in chosen),
        sobol_size=n if sobol else 0,
    )


def _check_factors(factors: Sequence[Factor], book: Codebook) -> None:
    names = [factor.name for factor in factors]
    for factor in factors:
        factor.check(book)
        if not isinstance(factor, (WeightNoise, MeasurementError)):
            check_options(f"factors: {factor.name}", factor.options(book))
        if names.count(factor.name) > 1:
            raise InnocapError(f"factors: {factor.name!r} is given twice")
    if {"measurement", "treatment"} <= set(names):
        raise InnocapError(
            "factors: MeasurementError and TreatmentChoice exclude each other; treat the figures "
            "first and give the errors of the treated ones"
        )
