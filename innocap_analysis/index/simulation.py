"""The runs of a sensitivity analysis: what each one draws, and how they are scored together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtri

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.aggregate import aggregate_arrays
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.factors import (
    AS_CODEBOOK,
    Factor,
    ImputationChoice,
    MeasurementError,
    WeightNoise,
)
from innocap_analysis.index.normalise import normalise_array
from innocap_analysis.index.steps import denominate, impute
from innocap_analysis.index.treat import treat_outliers
from innocap_analysis.index.values import check_values

Array = np.ndarray


def draw_numbers(
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


def list_choices(
    factors: Sequence[Factor], book: Codebook, random: Sequence[Array], runs: int
) -> pd.DataFrame:
    """Tell what every run chose: one row per run, a column per option or drawn weight."""
    columns: dict[str, Array] = {}
    for factor, numbers in zip(factors, random, strict=True):
        if isinstance(factor, WeightNoise):
            drawn = _draw_weights(factor, book, numbers)
            columns |= {f"weight:{code}": weight for code, weight in drawn.items()}
        elif not isinstance(factor, MeasurementError):
            columns[factor.name] = _pick(factor, book, numbers)
    return pd.DataFrame(columns, index=range(runs))


class Simulation:
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
        self.nominal: dict[str, Array] = {}
        self.options: dict[str, Array] = {}
        self.errors: tuple[MeasurementError, Array] | None = None
        self.by_name = {factor.name: factor for factor in factors}
        self.prepared: dict[tuple[str, ...], dict[str, Array]] = {}
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
        table = self.book.table["weight"].to_dict()
        for leaf in sorted(set(left_out) - {""}):
            gone = (left_out == leaf)[:, None]
            for code in self.book.branch(leaf):
                given = np.full((self.n, 1), float(table[code]))
                self.weights[code] = np.where(gone, 0.0, self.weights.get(code, given))
                self.nominal[code] = np.where(gone, 0.0, self.nominal.get(code, given))

    def run(self) -> dict[str, Array]:
        """Return runs x units for every group and index."""
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
                    coverage_weights={c: w[runs] for c, w in self.nominal.items()},
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
            x = table[rule.code]
            if rule.code in noise:
                x = x + noise[rule.code]
            own = rule if method == AS_CODEBOOK else rule._replace(method=method)
            leaves[rule.code] = normalise_array(x, own, units=self.units, quiet=True)
        return leaves

    def _prepare(self, options: dict[str, str]) -> dict[str, Array]:
        """Fill and treat once for all runs that choose the same."""
        key = tuple(options.get(name, "") for name in ("imputation", "treatment"))
        if key not in self.prepared:
            table = self._fill(options)
            self.prepared[key] = {
                code: np.ascontiguousarray(table[code].to_numpy()) for code in self.book.leaves
            }
        return self.prepared[key]

    def _fill(self, options: dict[str, str]) -> pd.DataFrame:
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
            * (ndtri(cells[:, i]) if code in factor.standard_errors else 2 * cells[:, i] - 1)
            for i, code in enumerate(factor.codes)
        }

    def _name(self, run: int) -> str:
        told = ", ".join(
            f"{name} {option[run] or 'nothing'}" for name, option in self.options.items()
        )
        return f"sensitivity run {run}" + (f" ({told})" if told else "")
