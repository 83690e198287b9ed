"""How much scores and ranks depend on the choices behind an index."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from innocap_analysis.codebook import Codebook, read_codebook
from innocap_analysis.score.aggregate import aggregate_arrays
from innocap_analysis.score.factors import (
    AS_CODEBOOK,
    AggregationChoice,
    Factor,
    ImputationChoice,
    LeaveOneOut,
    MeasurementError,
    NormalisationChoice,
    TreatmentChoice,
    WeightNoise,
    default_factors,
)
from innocap_analysis.score.index import score_index
from innocap_analysis.score.normalise import ScoreWarning, check_values, normalise_array
from innocap_analysis.score.steps import denominate, impute
from innocap_analysis.score.treat import treat_outliers
from innocap_analysis.settings import InnocapError

Array = np.ndarray


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

    def rank_runs(self, code: str, units: Sequence[str] | None = None) -> pd.DataFrame:
        """Rank units among themselves in every run.

        Parameters
        ----------
        code : str
            Group or index.
        units : sequence of str, optional
            Who is ranked; others are ignored. Default: all.

        Returns
        -------
        DataFrame
            Runs x units; 1 is the highest score.
        """
        scores = self.scores[code] if units is None else self.scores[code][list(units)]
        return scores.round(9).rank(axis=1, ascending=False, method="min")


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
        What is uncertain (see :mod:`~innocap_analysis.score.factors`), each at most once.
        Default: weights by 25 %, one indicator left out or none, and arithmetic or
        geometric aggregation of each index.
    n : int
        Number of runs; with `sobol` the size of the base sample, and the runs are ``n``
        times the number of factors plus two.
    seed : int
        Seed of ``numpy.random.default_rng``; the same seed gives the same runs.
    min_coverage : float
        As in :func:`~innocap_analysis.score.index.score_index`.
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
    book = read_codebook(codebook)
    chosen = list(factors) if factors is not None else default_factors(book)
    _check_factors(chosen, book)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoreWarning)  # told when the index itself was scored
        baseline = score_index(values, book, min_coverage=min_coverage).scores
        random = _draw(chosen, book, values.index, n, seed, sobol=sobol)
        runs = n * (len(chosen) + 2) if sobol else n
        scores = _Simulation(values, book, chosen, random, runs, min_coverage).run()
    return SensitivityResult(
        choices=_list_choices(chosen, book, random, runs),
        scores={c: pd.DataFrame(x, columns=values.index) for c, x in scores.items()},
        baseline=baseline,
        factors=tuple(factor.name for factor in chosen),
        sobol_size=n if sobol else 0,
    )


def _check_factors(factors: Sequence[Factor], book: Codebook) -> None:
    names = [factor.name for factor in factors]
    for factor in factors:
        factor.check(book)
        if names.count(factor.name) > 1:
            raise InnocapError(f"factors: {factor.name!r} is given twice")
    if {"measurement", "treatment"} <= set(names):
        raise InnocapError(
            "factors: MeasurementError and TreatmentChoice exclude each other; treat the figures "
            "first and give the errors of the treated ones"
        )


def _draw(
    factors: Sequence[Factor], book: Codebook, units: pd.Index, n: int, seed: int, *, sobol: bool
) -> list[Array]:
    """Draw uniform numbers, runs x count for each factor, laid out for Sobol if wanted."""
    rng = np.random.default_rng(seed)
    counts = [factor.count(book, units) for factor in factors]
    base = [rng.random((n, count)) for count in counts]
    if not sobol:
        return base
    second = [rng.random((n, count)) for count in counts]
    return [
        np.vstack([a, b, *(b if other == mine else a for other in range(len(factors)))])
        for mine, (a, b) in enumerate(zip(base, second, strict=True))
    ]


def _pick(factor: Factor, book: Codebook, random: Array) -> Array:
    options: Array = np.array(factor.options(book), dtype=object)  # type: ignore[union-attr]
    at = np.minimum((random[:, 0] * len(options)).astype(int), len(options) - 1)
    return np.asarray(options[at])


def _draw_weights(factor: WeightNoise, book: Codebook, random: Array) -> dict[str, Array]:
    drawn: dict[str, Array] = {}
    spread = 1 - factor.relative + 2 * factor.relative * random
    for parent in book.parent_rules:
        for child, weight in zip(parent.children, parent.weights, strict=True):
            drawn[child] = weight * spread[:, len(drawn)]
    return drawn


def _list_choices(
    factors: Sequence[Factor], book: Codebook, random: Sequence[Array], runs: int
) -> pd.DataFrame:
    columns: dict[str, Array] = {}
    for factor, numbers in zip(factors, random, strict=True):
        if isinstance(factor, WeightNoise):
            drawn = _draw_weights(factor, book, numbers)
            columns |= {f"weight:{code}": weight for code, weight in drawn.items()}
        elif not isinstance(factor, MeasurementError):
            columns[factor.name] = _pick(factor, book, numbers)
    return pd.DataFrame(columns, index=range(runs))


class _Simulation:
    """All runs of one sensitivity analysis, evaluated group by group."""

    def __init__(
        self,
        values: pd.DataFrame,
        book: Codebook,
        factors: Sequence[Factor],
        random: Sequence[Array],
        runs: int,
        min_coverage: float,
    ) -> None:
        self.units = values.index
        self.book = book
        self.min_coverage = min_coverage
        # Checked once: from here on a failure belongs to a run.
        raw = check_values(denominate(values, book), book)
        self.values = pd.DataFrame(raw.T, index=values.index, columns=book.leaves)
        self.n = runs
        self.weights: dict[str, Array] = {}
        self.options: dict[str, Array] = {}
        self.errors: tuple[MeasurementError, Array] | None = None
        self.by_name = {factor.name: factor for factor in factors}
        for factor, numbers in zip(factors, random, strict=True):
            if isinstance(factor, WeightNoise):
                drawn = _draw_weights(factor, book, numbers)
                self.weights = {code: weight[:, None] for code, weight in drawn.items()}
            elif isinstance(factor, MeasurementError):
                self.errors = factor, numbers
            else:
                self.options[factor.name] = _pick(factor, book, numbers)
        self._leave_out()

    def _leave_out(self) -> None:
        left_out = self.options.get("left_out")
        if left_out is None:
            return
        for code in sorted(set(left_out) - {""}):
            base = self.weights.get(code)
            if base is None:
                base = np.full((self.n, 1), float(self.book.table["weight"].to_dict()[code]))
            self.weights[code] = np.where((left_out == code)[:, None], 0.0, base)

    def run(self) -> dict[str, Array]:
        """Return runs x units for every group and index."""
        self._check_weights()
        scores = {code: np.empty((self.n, len(self.units))) for code in self.book.parents}
        for runs, options in self._group_runs():
            try:
                nodes = aggregate_arrays(
                    self._normalise(options, runs),
                    self.book,
                    weights={code: weight[runs] for code, weight in self.weights.items()},
                    methods={
                        name.removeprefix("aggregate:"): option
                        for name, option in options.items()
                        if name.startswith("aggregate:")
                    },
                    min_coverage=self.min_coverage,
                )
            except Exception as error:
                raise InnocapError(f"{self._name(int(runs[0]))}: {error}") from error
            for code, (score, _) in nodes.items():
                scores[code][runs] = score
        return scores

    def _group_runs(self) -> Iterable[tuple[Array, dict[str, str]]]:
        shared = {name: x for name, x in self.options.items() if name != "left_out"}
        if not shared:
            yield np.arange(self.n), {}
            return
        table = pd.DataFrame(shared)
        for key, runs in table.groupby(list(shared), sort=False).indices.items():
            names = key if isinstance(key, tuple) else (key,)
            yield np.asarray(runs), dict(zip(shared, map(str, names), strict=True))

    def _normalise(self, options: dict[str, str], runs: Array) -> dict[str, Array]:
        table = self._prepare(options)
        method = options.get("normalise", AS_CODEBOOK)
        noise = self._draw_errors(runs)
        leaves = {}
        for rule in self.book.leaf_rules:
            x = np.ascontiguousarray(table[rule.code].to_numpy())
            if rule.code in noise:
                x = x + noise[rule.code]
            own = rule if method == AS_CODEBOOK else rule._replace(method=method)
            leaves[rule.code] = normalise_array(x, own, units=self.units, quiet=True)
        return leaves

    def _prepare(self, options: dict[str, str]) -> pd.DataFrame:
        table = self.values
        filling = self.by_name.get("imputation")
        if isinstance(filling, ImputationChoice):
            table = impute(table, method=options["imputation"], groups=filling.groups)
        if options.get("treatment", "none") != "none":
            limit = int(options["treatment"].removeprefix("winsorise "))
            table, _ = treat_outliers(table, winsorise_limit=limit)
        return table

    def _draw_errors(self, runs: Array) -> dict[str, Array]:
        if self.errors is None:
            return {}
        factor, numbers = self.errors
        cells = numbers[runs].reshape(len(runs), len(factor.codes), len(self.units))
        sizes = {**factor.standard_errors, **factor.ranges}
        return {
            code: sizes[code]
            * (norm.ppf(cells[:, i]) if code in factor.standard_errors else 2 * cells[:, i] - 1)
            for i, code in enumerate(factor.codes)
        }

    def _check_weights(self) -> None:
        for parent in self.book.parent_rules:
            total = sum(
                self.weights.get(child, np.full((1, 1), weight))
                for child, weight in zip(parent.children, parent.weights, strict=True)
            )
            empty = np.flatnonzero(np.broadcast_to(np.asarray(total) <= 0, (self.n, 1)))
            if len(empty):
                raise InnocapError(
                    f"{self._name(int(empty[0]))}: the weights of the children of {parent.code} "
                    "sum to zero"
                )

    def _name(self, run: int) -> str:
        told = ", ".join(
            f"{name} {option[run] or 'nothing'}" for name, option in self.options.items()
        )
        return f"sensitivity run {run}" + (f" ({told})" if told else "")


__all__ = [
    "AggregationChoice",
    "Factor",
    "ImputationChoice",
    "LeaveOneOut",
    "MeasurementError",
    "NormalisationChoice",
    "SensitivityResult",
    "TreatmentChoice",
    "WeightNoise",
    "run_sensitivity",
]
