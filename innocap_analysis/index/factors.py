"""What may be uncertain about an index: typed factors for the sensitivity run.

Each factor takes a fixed number of uniform random numbers per run. That makes every run
repeatable from its numbers alone, and lets a factor be drawn anew while the others stay,
which is what Sobol indices need.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.index.codebook import NORMALISERS, Codebook
from innocap_analysis.index.codebook_check import is_aggregator
from innocap_analysis.index.steps import IMPUTERS

AS_CODEBOOK = "codebook"


@dataclass(frozen=True)
class WeightNoise:
    """Weights are uncertain: each is multiplied by a factor drawn anew in each run.

    Attributes
    ----------
    relative : float
        The factor is uniform between ``1 - relative`` and ``1 + relative``.
    """

    relative: float = 0.25

    @property
    def name(self) -> str:
        """Name of the factor."""
        return "weights"

    def count(self, codebook: Codebook, units: pd.Index) -> int:
        """Return how many random numbers a run needs: one per node below a root."""
        return sum(len(parent.children) for parent in codebook.parent_rules)

    def check(self, codebook: Codebook) -> None:
        """Raise when the factor does not fit the index."""
        if not 0 <= self.relative <= 1:
            raise InnocapError(f"WeightNoise: relative must be 0 to 1, found {self.relative}")


@dataclass(frozen=True)
class LeaveOneOut:
    """One indicator is left out, or none; all these choices are equally likely.

    An indicator that is alone in its group takes the group with it: the weights of the other
    groups grow. One that is alone in its index is never left out.

    Attributes
    ----------
    codes : tuple of str
        Indicators that may be left out; empty means any.
    """

    codes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the factor."""
        return "left_out"

    def options(self, codebook: Codebook) -> list[str]:
        """Return what a run may leave out; the empty text means nothing."""
        known = self.codes or codebook.leaves
        return ["", *(c for c in known if codebook.branch(c)[-1] not in codebook.indexes)]

    def count(self, codebook: Codebook, units: pd.Index) -> int:
        """Return how many random numbers a run needs."""
        return 1

    def check(self, codebook: Codebook) -> None:
        """Raise when the factor does not fit the index."""
        for code in self.codes:
            if code not in codebook.leaves:
                raise InnocapError(f"LeaveOneOut: {code!r} is no indicator of {codebook.name}")
            last = codebook.branch(code)[-1]
            if last in codebook.indexes:
                raise InnocapError(f"LeaveOneOut: without {code} nothing is left of {last}")


@dataclass(frozen=True)
class AggregationChoice:
    """A node is aggregated by one of several means, equally likely.

    Attributes
    ----------
    code : str
        Group or index.
    methods : tuple of str
        Ways to aggregate it, as in the codebook.
    """

    code: str
    methods: tuple[str, ...] = ("arithmetic", "geometric")

    @property
    def name(self) -> str:
        """Name of the factor."""
        return f"aggregate:{self.code}"

    def options(self, codebook: Codebook) -> list[str]:
        """Return the methods."""
        return list(self.methods)

    def count(self, codebook: Codebook, units: pd.Index) -> int:
        """Return how many random numbers a run needs."""
        return 1

    def check(self, codebook: Codebook) -> None:
        """Raise when the factor does not fit the index."""
        if self.code not in codebook.parents:
            raise InnocapError(f"AggregationChoice: {self.code!r} is no group of {codebook.name}")
        for method in self.methods:
            if not is_aggregator(method):
                raise InnocapError(f"AggregationChoice: {method!r} is no way to aggregate")


@dataclass(frozen=True)
class NormalisationChoice:
    """Indicators are normalised by one of several methods, equally likely.

    Attributes
    ----------
    methods : tuple of str
        Methods for all indicators together; ``codebook`` keeps each indicator's own.
    """

    methods: tuple[str, ...] = (AS_CODEBOOK, "minmax", "zscore", "percentile")

    @property
    def name(self) -> str:
        """Name of the factor."""
        return "normalise"

    def options(self, codebook: Codebook) -> list[str]:
        """Return the methods."""
        return list(self.methods)

    def count(self, codebook: Codebook, units: pd.Index) -> int:
        """Return how many random numbers a run needs."""
        return 1

    def check(self, codebook: Codebook) -> None:
        """Raise when the factor does not fit the index."""
        known = (AS_CODEBOOK, *NORMALISERS)
        for method in self.methods:
            if method not in known:
                raise InnocapError(
                    f"NormalisationChoice: {method!r} is no way to normalise"
                    + suggest(method, known)
                )
            if method == "goalposts":
                without = [r.code for r in codebook.leaf_rules if not r.low < r.high]
                if without:
                    raise InnocapError(
                        f"NormalisationChoice: {without[0]} has no goalposts in {codebook.name}"
                    )


@dataclass(frozen=True)
class TreatmentChoice:
    """Outliers are treated or not, equally likely.

    Attributes
    ----------
    winsorise_limits : tuple of int or None
        Most cells to winsorise in a column before a log is taken; None leaves outliers as
        they are.
    """

    winsorise_limits: tuple[int | None, ...] = (None, 5)

    @property
    def name(self) -> str:
        """Name of the factor."""
        return "treatment"

    def options(self, codebook: Codebook) -> list[str]:
        """Return the limits as texts."""
        return ["none" if n is None else f"winsorise {n}" for n in self.winsorise_limits]

    def count(self, codebook: Codebook, units: pd.Index) -> int:
        """Return how many random numbers a run needs."""
        return 1

    def check(self, codebook: Codebook) -> None:
        """Raise when the factor does not fit the index."""
        if any(limit is not None and limit < 0 for limit in self.winsorise_limits):
            raise InnocapError("TreatmentChoice: a limit is below zero")


@dataclass(frozen=True)
class ImputationChoice:
    """Missing figures are filled by one of several methods, equally likely.

    Attributes
    ----------
    methods : tuple of str
        Methods of :func:`~innocap_analysis.index.steps.impute`.
    groups : Series, optional
        Group of each unit, for the group methods.
    """

    methods: tuple[str, ...] = ("none", "median", "regression")
    groups: pd.Series | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """Name of the factor."""
        return "imputation"

    def options(self, codebook: Codebook) -> list[str]:
        """Return the methods."""
        return list(self.methods)

    def count(self, codebook: Codebook, units: pd.Index) -> int:
        """Return how many random numbers a run needs."""
        return 1

    def check(self, codebook: Codebook) -> None:
        """Raise when the factor does not fit the index."""
        for method in self.methods:
            if method not in IMPUTERS:
                raise InnocapError(
                    f"ImputationChoice: {method!r} is no way to impute{suggest(method, IMPUTERS)}"
                )


@dataclass(frozen=True)
class MeasurementError:
    """Figures carry errors, drawn anew for every cell and run.

    Attributes
    ----------
    standard_errors : mapping of str to float
        Standard error of an indicator, in its raw unit; the error is normal.
    ranges : mapping of str to float
        Half of the range around a figure, in its raw unit; the error is uniform.
    """

    standard_errors: Mapping[str, float] = field(default_factory=dict)
    ranges: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the factor."""
        return "measurement"

    @property
    def codes(self) -> list[str]:
        """Indicators that carry an error."""
        return [*self.standard_errors, *self.ranges]

    def count(self, codebook: Codebook, units: pd.Index) -> int:
        """Return how many random numbers a run needs: one per uncertain cell."""
        return len(self.codes) * len(units)

    def check(self, codebook: Codebook) -> None:
        """Raise when the factor does not fit the index."""
        if len(set(self.codes)) < len(self.codes):
            raise InnocapError("MeasurementError: an indicator has a standard error and a range")
        for code, size in [*self.standard_errors.items(), *self.ranges.items()]:
            if code not in codebook.leaves:
                raise InnocapError(f"MeasurementError: {code!r} is no indicator of {codebook.name}")
            if not 0 <= size < float("inf"):
                raise InnocapError(f"MeasurementError: {code}: {size} is no size of an error")


Choice = LeaveOneOut | AggregationChoice | NormalisationChoice | TreatmentChoice | ImputationChoice
Factor = WeightNoise | MeasurementError | Choice


def default_factors(codebook: Codebook) -> list[Factor]:
    """Return weights by 25 %, one indicator left out or none, two means at the top."""
    return [WeightNoise(), LeaveOneOut(), *(AggregationChoice(code) for code in codebook.indexes)]
