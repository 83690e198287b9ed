"""The runs of a sensitivity analysis: what each one draws, and how they are scored together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.aggregate import Node, aggregate_arrays
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.factors import (
    AS_CODEBOOK,
    Choice,
    Factor,
    ImputationChoice,
    MeasurementError,
    WeightNoise,
)
from innocap_analysis.index.figures import check_numbers
from innocap_analysis.index.normalise import normalise_array
from innocap_analysis.index.ranks import BLOCK_CELLS
from innocap_analysis.index.steps import denominate, impute, treat_outliers

Array = np.ndarray


@dataclass(frozen=True)
class Numbers:
    """The uniform random numbers of one factor, drawn when they are asked for.

    The base sample is a stretch of one stream of PCG64, which can be entered anywhere: any rows,
    in any order, are the same as if all had been drawn.
    """

    seed: int
    n: int  # size of the base sample
    count: int  # numbers of a run
    starts: tuple[int, ...]  # where in the stream the base sample begins, and the second one
    # The block of runs that takes the second sample; the first two blocks are the samples.
    swapped: int

    def draw(self, runs: Array) -> Array:
        """Return the numbers of some runs, runs x count."""
        block, row = np.divmod(runs, self.n)
        second = (block == 1) | (block == self.swapped)
        places = np.array(self.starts)[second.astype(int)] + row * self.count
        # What lies side by side in the stream is drawn at once.
        ends = np.flatnonzero(np.diff(places) != self.count) + 1
        parts = [
            self._enter_stream(int(stretch[0])).random((len(stretch), self.count))
            for stretch in np.split(places, ends)
        ]
        return np.concatenate(parts)

    def _enter_stream(self, place: int) -> np.random.Generator:
        rng = np.random.default_rng(self.seed)
        rng.bit_generator.advance(place)  # type: ignore[attr-defined]
        return rng


def lay_out(
    factors: Sequence[Factor], book: Codebook, units: pd.Index, n: int, seed: int, *, sobol: bool
) -> list[Numbers]:
    """Give every factor its random numbers, laid out for Sobol indices if wanted."""
    counts = [factor.count(book, units) for factor in factors]
    before = np.cumsum([0, *counts]) * n
    return [
        Numbers(
            seed, n, count,
            (int(before[i]), int(before[-1] + before[i])) if sobol else (int(before[i]),), 2 + i,
        )
        for i, count in enumerate(counts)
    ]  # fmt: skip


class Simulation:
    """All runs of one sensitivity analysis, evaluated block by block."""

    def __init__(
        self,
        values: pd.DataFrame,
        book: Codebook,
        factors: Sequence[Factor],
        numbers: Sequence[Numbers],
        runs: int,
        *,
        min_coverage: float,
        reference: int | None = None,
    ) -> None:
        # Checked once: from here on a failure belongs to a run.
        raw = check_numbers(denominate(values, book), book.leaves, of=book.name)
        self.values = pd.DataFrame(raw.T, index=values.index, columns=book.leaves)
        self.units, self.book, self.n = values.index, book, runs
        self.min_coverage, self.reference = min_coverage, reference
        self.weights: dict[str, Array] = {}
        self.nominal: dict[str, Array] = {}
        self.options: dict[str, Array] = {}
        self.errors: tuple[MeasurementError, Numbers] | None = None
        self.by_name = {factor.name: factor for factor in factors}
        self.prepared: dict[tuple[str, ...], dict[str, Array]] = {}
        everyone = np.arange(runs)
        for factor, own in zip(factors, numbers, strict=True):
            if isinstance(factor, WeightNoise):
                self.weights = factor.draw(book, own.draw(everyone))
            elif isinstance(factor, MeasurementError):
                self.errors = factor, own
            elif isinstance(factor, Choice):
                self.options[factor.name] = factor.pick(book, own.draw(everyone))
        columns = {f"weight:{code}": weight for code, weight in self.weights.items()}
        self.choices = pd.DataFrame({**columns, **self.options}, index=range(runs))
        self._leave_out()

    def _leave_out(self) -> None:
        left_out = self.options.get("left_out")
        if left_out is None:
            return
        table = self.book.table["weight"].to_dict()
        for leaf in sorted(set(left_out) - {""}):
            for code in self.book.branch(leaf):
                given = np.full(self.n, float(table[code]))
                for weights in (self.weights, self.nominal):
                    weights[code] = np.where(left_out == leaf, 0.0, weights.get(code, given))

    def evaluate(self) -> Iterator[tuple[Array, dict[str, Node]]]:
        """Yield runs, and score and coverage of every group and index in them."""
        for runs, options in self._group_runs():
            try:
                prepared = self._prepare(options)
                scaled = self._normalise(prepared, options)
                for part in self._split(runs):
                    yield part, self._aggregate(scaled, prepared, options, part)
            except Exception as error:
                raise InnocapError(f"{self._name(int(runs[0]))}: {error}") from error

    def _split(self, runs: Array) -> list[Array]:
        size = max(1, BLOCK_CELLS // max(1, len(self.units)))
        return np.split(runs, range(size, len(runs), size))

    def _group_runs(self) -> Iterator[tuple[Array, dict[str, str]]]:
        shared = {name: x for name, x in self.options.items() if name != "left_out"}
        if not shared:
            yield np.arange(self.n), {}
            return
        table = pd.DataFrame(shared)
        for key, runs in table.groupby(list(shared), sort=False).indices.items():
            names = key if isinstance(key, tuple) else (key,)
            yield np.asarray(runs), dict(zip(shared, map(str, names), strict=True))

    def _aggregate(
        self, scaled: dict[str, Array], prepared: dict[str, Array], options: dict[str, str],
        runs: Array,
    ) -> dict[str, Node]:  # fmt: skip
        noise = self._draw_errors(runs)
        noisy = {code: prepared[code] + errors for code, errors in noise.items()}
        return aggregate_arrays(
            {**scaled, **self._normalise(noisy, options)},
            self.book,
            weights={code: weight[runs, None] for code, weight in self.weights.items()},
            methods={
                name.removeprefix("aggregate:"): option
                for name, option in options.items()
                if name.startswith("aggregate:")
            },
            min_coverage=self.min_coverage,
            coverage_weights={code: weight[runs, None] for code, weight in self.nominal.items()},
        )

    def _normalise(self, table: dict[str, Array], options: dict[str, str]) -> dict[str, Array]:
        method = options.get("normalise", AS_CODEBOOK)
        leaves = {}
        for rule in self.book.leaf_rules:
            if rule.code in table:
                own = rule if method == AS_CODEBOOK else rule._replace(method=method)
                leaves[rule.code] = normalise_array(
                    table[rule.code], own, units=self.units, reference=self.reference, quiet=True
                )
        return leaves

    def _prepare(self, options: dict[str, str]) -> dict[str, Array]:
        """Fill and treat once for all runs that choose the same."""
        key = tuple(options.get(name, "") for name in ("imputation", "treatment"))
        if key not in self.prepared:
            table = self.values
            filling = self.by_name.get("imputation")
            if isinstance(filling, ImputationChoice):
                table = impute(table, method=options["imputation"], groups=filling.groups)
            limit = options.get("treatment", "none").removeprefix("winsorise ")
            if limit != "none":
                table, _ = treat_outliers(table, winsorise_limit=int(limit))
            self.prepared[key] = {
                code: np.ascontiguousarray(table[code].to_numpy()) for code in self.book.leaves
            }
        return self.prepared[key]

    def _draw_errors(self, runs: Array) -> dict[str, Array]:
        if self.errors is None:
            return {}
        factor, numbers = self.errors
        cells = numbers.draw(runs).reshape(len(runs), len(factor.codes), len(self.units))
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
