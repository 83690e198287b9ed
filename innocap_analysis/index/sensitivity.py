"""How much scores and ranks depend on the choices behind an index."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.factors import Factor, default_factors
from innocap_analysis.index.figures import ScoreWarning, check_count, check_labels, check_share
from innocap_analysis.index.normalise import find_reference
from innocap_analysis.index.ranks import store_ranks
from innocap_analysis.index.runs import SensitivityResult
from innocap_analysis.index.score import score_index
from innocap_analysis.index.simulation import Simulation, lay_out

# Scores (runs x units x nodes) that are all kept; of more, ranks alone, at a quarter of the size.
MOST_SCORES = 50_000_000


def run_sensitivity(
    values: pd.DataFrame,
    codebook: Codebook | pd.DataFrame,
    *,
    factors: Iterable[Factor] | None = None,
    n: int = 2000,
    seed: int = 1,
    min_coverage: float = 0.5,
    sobol: bool = False,
    keep: Sequence[str] | None = None,
    codes: Sequence[str] | None = None,
    reference_unit: str | None = None,
) -> SensitivityResult:
    """Score an index many times, each time with other defensible choices.

    Parameters
    ----------
    values : DataFrame
        Units x codes in raw units.
    codebook : Codebook or DataFrame
        The index whose choices are varied.
    factors : iterable of factors, optional
        What is uncertain, each at most once: :class:`WeightNoise`, :class:`LeaveOneOut`,
        :class:`AggregationChoice`, :class:`NormalisationChoice`, :class:`TreatmentChoice`,
        :class:`ImputationChoice`, :class:`MeasurementError`. Default: weights by 25 %, one
        indicator left out or none, and arithmetic or geometric aggregation of each index.
    n : int
        Number of runs; with `sobol` the size of the base sample, and the runs are ``n``
        times the number of factors plus two.
    seed : int
        Seed of ``numpy.random.default_rng``; the same seed gives the same runs.
    min_coverage : float
        As in :func:`~innocap_analysis.index.score.score_index`.
    sobol : bool
        Lay the runs out so that Sobol indices can be estimated.
    keep : sequence of str, optional
        Units whose score in every run is kept; of all others only the rank is. Default: all
        units, and none where there are more than fifty million scores (5,000 units, 2,000 runs,
        five nodes).
    codes : sequence of str, optional
        Groups and indexes that are kept. Default: all, and the indexes alone where there are more
        than fifty million scores.
    reference_unit : str, optional
        As in :func:`~innocap_analysis.index.normalise.normalise`.

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
    normalisation that occurs, and runs that share a combination are aggregated together, in
    blocks: memory is that of what is kept. Uncertainty analysis as in Saisana, Saltelli and
    Tarantola (2005), *Journal of the Royal Statistical Society A* 168(2), 307-323.

    Examples
    --------
    >>> from innocap_analysis import load_capacity
    >>> capacity = load_capacity()
    >>> runs = run_sensitivity(capacity.values, capacity.codebook, n=100)
    >>> runs.ranks("INNOCAP", ["SE", "FI"]).superiority().at["FI", "SE"]
    np.float64(1.0)
    """
    check_share("min_coverage", min_coverage)
    check_count("n", n)
    check_count("seed", seed, least=0)
    book = read_codebook(codebook)
    chosen = _check_factors(factors, book)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoreWarning)  # told when the index itself was scored
        baseline = score_index(
            values, book, min_coverage=min_coverage, reference_unit=reference_unit
        ).scores
        numbers = lay_out(chosen, book, values.index, n, seed, sobol=sobol)
        simulation = Simulation(
            values, book, chosen, numbers, n * (len(chosen) + 2) if sobol else n,
            min_coverage=min_coverage,
            reference=None if reference_unit is None
            else find_reference(reference_unit, values.index),
        )  # fmt: skip
        units = None if keep is None else check_labels("keep", keep, values.index)
        many = simulation.n * baseline.size > MOST_SCORES
        nodes = book.indexes if many else book.parents
        scores, places = collect_runs(
            simulation,
            baseline,
            keep=[] if many and units is None else units,
            codes=nodes if codes is None else check_labels("codes", codes, book.parents),
        )
    return SensitivityResult(
        choices=simulation.choices,
        scores=scores,
        baseline=baseline,
        factors=tuple(factor.name for factor in chosen),
        sobol_size=n if sobol else 0,
        places=places,
    )


def collect_runs(
    simulation: Simulation,
    baseline: pd.DataFrame,
    *,
    keep: Sequence[str] | None = None,
    codes: Sequence[str] | None = None,
) -> tuple[dict[str, pd.DataFrame], dict[str, np.ndarray]]:
    """Evaluate all runs; return the scores of some units, or of all, and else the ranks of all."""
    codes = list(baseline) if codes is None else list(codes)
    every = keep is None
    names = baseline.index if keep is None else pd.Index(list(keep))
    at = baseline.index.get_indexer_for(names)
    shape = simulation.n, len(baseline)
    scores = {code: np.empty((simulation.n, len(names))) for code in codes}
    kind = store_ranks(np.empty((0, len(baseline)))).dtype
    places = {} if every else {code: np.empty(shape, dtype=kind) for code in codes}
    for runs, nodes in simulation.evaluate():
        for code in codes:
            score = np.broadcast_to(nodes[code][0], (len(runs), len(baseline)))
            scores[code][runs] = score if every else score[:, at]
            if not every:
                judged = np.where(baseline[code].isna(), np.nan, score)
                places[code][runs] = store_ranks(judged)
    return {c: pd.DataFrame(x, columns=names) for c, x in scores.items()}, places


def _check_factors(factors: Iterable[Factor] | None, book: Codebook) -> list[Factor]:
    if not (factors is None or isinstance(factors, Iterable)):
        raise InnocapError(f"factors: expected a list of factors, found {factors!r}")
    chosen = default_factors(book) if factors is None else list(factors)
    names = []
    for factor in chosen:
        if not isinstance(factor, Factor):
            raise InnocapError(
                f"factors: {factor!r} is no factor; give WeightNoise(), LeaveOneOut(), …"
            )
        factor.check(book)
        if factor.name in names:
            raise InnocapError(f"factors: {factor.name!r} is given twice")
        names.append(factor.name)
    if {"measurement", "treatment"} <= set(names):
        raise InnocapError(
            "factors: MeasurementError and TreatmentChoice exclude each other; treat the figures "
            "first and give the errors of the treated ones"
        )
    return chosen
