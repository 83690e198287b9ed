"""What may be uncertain about an index: typed factors for the sensitivity run.

Each factor takes a fixed number of uniform random numbers per run. That makes every run
repeatable from its numbers alone, and lets a factor be drawn anew while the others stay,
which is what Sobol indices need.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.figures import (
    check_options,
    check_share,
    check_word,
    is_number,
    read_sizes,
)
from innocap_analysis.index.means import find_mean
from innocap_analysis.index.normalisers import NORMALISERS
from innocap_analysis.index.steps import IMPUTERS

AS_CODEBOOK = "codebook"


class Factor:
    """Something uncertain: what it needs of an index, and how many random numbers a run."""

    name: str

    def count(self, codebook: Codebook, units: pd.Index) -> int:
        """Return how many random numbers a run needs."""
        return 1

    def check(self, codebook: Codebook) -> None:
        """Raise when the factor does not fit the index."""


class Choice(Factor):
    """One of several options, equally likely."""

    methods: tuple[str, ...]

    def options(self, codebook: Codebook) -> Sequence[str]:
        """Return the options as texts."""
        return self.methods

    def check(self, codebook: Codebook) -> None:
        """Raise when there is nothing to choose from, or an option does not fit the index."""
        check_options(f"factors: {self.name}", self.options(codebook))
        for option in self.options(codebook):
            self._check_option(option, codebook)

    def _check_option(self, option: str, codebook: Codebook) -> None:
        raise NotImplementedError

    def pick(self, codebook: Codebook, numbers: np.ndarray) -> np.ndarray:
        """Return the option of each run."""
        options = np.array(self.options(codebook), dtype=object)
        at = np.minimum((numbers[:, 0] * len(options)).astype(int), len(options) - 1)
        return np.asarray(options[at])


@dataclass(frozen=True)
class WeightNoise(Factor):
    """Each weight is multiplied by a factor, drawn anew in each run (METHODS.md, section 4).

    Attributes
    ----------
    relative : float
        The factor is uniform between ``1 - relative`` and ``1 + relative``.

    Raises
    ------
    InnocapError
        When the run starts: the share is none between 0 and 1.

    Examples
    --------
    >>> from innocap_analysis import load_capacity
    >>> capacity = load_capacity()
    >>> from innocap_analysis import run_sensitivity
    >>> runs = run_sensitivity(capacity.values, capacity.codebook, factors=[WeightNoise(0.5)], n=20)
    >>> runs.factors
    ('weights',)
    """

    relative: float = 0.25
    name = "weights"

    def count(self, codebook: Codebook, units: pd.Index) -> int:
        """Return how many random numbers a run needs: one for each node below a root."""
        return sum(len(parent.children) for parent in codebook.parent_rules)

    def check(self, codebook: Codebook) -> None:
        """Raise when the share is none."""
        check_share("WeightNoise: relative", self.relative)

    def draw(self, codebook: Codebook, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """Return the weight of every child in each run."""
        spread = 1 - self.relative + 2 * self.relative * numbers
        drawn: dict[str, np.ndarray] = {}
        for parent in codebook.parent_rules:
            for child, weight in zip(parent.children, parent.weights, strict=True):
                drawn[child] = weight * spread[:, len(drawn)]
        return drawn


@dataclass(frozen=True)
class LeaveOneOut(Choice):
    """One indicator is left out, or none, all equally likely (METHODS.md, section 4).

    An indicator that is alone in its group takes the group with it: the weights of the other
    groups grow. One that is alone in its index is never left out.

    Attributes
    ----------
    codes : tuple of str
        Indicators that may be left out; empty means any.

    Raises
    ------
    InnocapError
        When the run starts: a code is no indicator, or nothing would be left of an index.

    Examples
    --------
    >>> from innocap_analysis import load_capacity
    >>> capacity = load_capacity()
    >>> LeaveOneOut(("OECD_OURDATA",)).options(capacity.codebook)
    ['', 'OECD_OURDATA']
    """

    codes: tuple[str, ...] = ()
    name = "left_out"

    def options(self, codebook: Codebook) -> Sequence[str]:
        """Return what a run may leave out; the empty text means nothing."""
        removable = [c for c in codebook.leaves if codebook.branch(c)[-1] not in codebook.indexes]
        codes: object = self.codes
        if isinstance(codes, str):
            raise InnocapError(f"LeaveOneOut: codes: expected a list, found {codes!r}")
        return ["", *(self.codes or removable)]

    def _check_option(self, option: str, codebook: Codebook) -> None:
        if not option:
            return
        if option not in codebook.leaves:
            raise InnocapError(f"LeaveOneOut: {option!r} is no indicator of {codebook.name}")
        last = codebook.branch(option)[-1]
        if last in codebook.indexes:
            raise InnocapError(f"LeaveOneOut: without {option} nothing is left of {last}")


@dataclass(frozen=True)
class AggregationChoice(Choice):
    """A node is aggregated by one of several means, equally likely (METHODS.md, section 4).

    Attributes
    ----------
    code : str
        Group or index.
    methods : tuple of str
        Ways to aggregate it, as in the codebook.

    Raises
    ------
    InnocapError
        When the run starts: the code is no group, or a mean is unknown.

    Examples
    --------
    >>> AggregationChoice("INNOCAP", ("arithmetic", "harmonic")).name
    'aggregate:INNOCAP'
    """

    code: str
    methods: tuple[str, ...] = ("arithmetic", "geometric")

    @property
    def name(self) -> str:  # type: ignore[override]
        """Name of the factor."""
        return f"aggregate:{self.code}"

    def _check_option(self, option: str, codebook: Codebook) -> None:
        if self.code not in codebook.parents:
            raise InnocapError(f"AggregationChoice: {self.code!r} is no group of {codebook.name}")
        find_mean(option)


@dataclass(frozen=True)
class NormalisationChoice(Choice):
    """Indicators are normalised by one of several methods, equally likely (METHODS.md, section 4).

    Attributes
    ----------
    methods : tuple of str
        Methods for all indicators together; ``codebook`` keeps each indicator's own.

    Raises
    ------
    InnocapError
        When the run starts: a method is unknown, or an indicator lacks what it needs.

    Examples
    --------
    >>> NormalisationChoice(("codebook", "rank")).methods
    ('codebook', 'rank')
    """

    methods: tuple[str, ...] = (AS_CODEBOOK, "minmax", "zscore", "percentile")
    name = "normalise"

    def _check_option(self, option: str, codebook: Codebook) -> None:
        check_word("NormalisationChoice:", option, [AS_CODEBOOK, *NORMALISERS])
        for rule in codebook.leaf_rules if option != AS_CODEBOOK else ():
            clip = str(codebook.table.at[rule.code, "clip"])
            faults = NORMALISERS[option].find_faults(rule.low, rule.high, clip=clip, log=rule.log)
            for fault in faults:
                raise InnocapError(f"NormalisationChoice: {codebook.name}, {rule.code}: {fault}")


@dataclass(frozen=True)
class TreatmentChoice(Choice):
    """Outliers are treated or not, equally likely (METHODS.md, section 4).

    Attributes
    ----------
    winsorise_limits : tuple of int or None
        Most cells to winsorise in a column before a log is taken; None leaves outliers as
        they are.

    Raises
    ------
    InnocapError
        When the run starts: a limit is no whole number, 0 or more.

    Examples
    --------
    >>> from innocap_analysis import load_capacity
    >>> capacity = load_capacity()
    >>> TreatmentChoice((None, 3)).options(capacity.codebook)
    ['none', 'winsorise 3']
    """

    winsorise_limits: tuple[int | None, ...] = (None, 5)
    name = "treatment"

    def options(self, codebook: Codebook) -> Sequence[str]:
        """Return the limits as texts."""
        check_options("TreatmentChoice: winsorise_limits", self.winsorise_limits)
        return ["none" if n is None else f"winsorise {n}" for n in self.winsorise_limits]

    def _check_option(self, option: str, codebook: Codebook) -> None:
        if option != "none" and not option.removeprefix("winsorise ").isdecimal():
            raise InnocapError(f"TreatmentChoice: {option!r}: a limit is a whole number, 0 or more")


@dataclass(frozen=True)
class ImputationChoice(Choice):
    """Missing figures are filled by one of several methods, equally likely (METHODS.md, section 4).

    Attributes
    ----------
    methods : tuple of str
        Methods of :func:`~innocap_analysis.index.steps.impute`.
    groups : Series, optional
        Group of each unit, for the group methods.

    Raises
    ------
    InnocapError
        When the run starts: a method is unknown.

    Examples
    --------
    >>> ImputationChoice(("none", "mean")).methods
    ('none', 'mean')
    """

    methods: tuple[str, ...] = ("none", "median", "regression")
    groups: pd.Series | None = field(default=None, compare=False)
    name = "imputation"

    def _check_option(self, option: str, codebook: Codebook) -> None:
        check_word("ImputationChoice:", option, IMPUTERS)


@dataclass(frozen=True)
class MeasurementError(Factor):
    """Figures carry errors, drawn anew for every cell and run (METHODS.md, section 4).

    Attributes
    ----------
    standard_errors : mapping of str to float
        Standard error of an indicator, in its raw unit; the error is normal.
    ranges : mapping of str to float
        Half of the range around a figure, in its raw unit; the error is uniform.

    Raises
    ------
    InnocapError
        When the run starts: a code is no indicator, has two errors, or a size is negative.

    Examples
    --------
    >>> MeasurementError(standard_errors={"WB_WGI_GE": 0.2}).codes
    ['WB_WGI_GE']
    """

    standard_errors: Mapping[str, float] = field(default_factory=dict)
    ranges: Mapping[str, float] = field(default_factory=dict)
    name = "measurement"

    @property
    def codes(self) -> list[str]:
        """Indicators that carry an error."""
        return [*dict(self.standard_errors), *dict(self.ranges)]

    def count(self, codebook: Codebook, units: pd.Index) -> int:
        """Return how many random numbers a run needs: one per uncertain cell."""
        return len(self.codes) * len(units)

    def check(self, codebook: Codebook) -> None:
        """Raise when a code is no indicator or a size none of an error."""
        for name in ("standard_errors", "ranges"):
            if read_sizes(f"MeasurementError: {name}", getattr(self, name)) is None:
                raise InnocapError(f"MeasurementError: {name}: expected a size by indicator")
        if len(set(self.codes)) < len(self.codes):
            raise InnocapError("MeasurementError: an indicator has a standard error and a range")
        for code, size in [*self.standard_errors.items(), *self.ranges.items()]:
            if code not in codebook.leaves:
                raise InnocapError(f"MeasurementError: {code!r} is no indicator of {codebook.name}")
            if not (is_number(size) and size >= 0):
                raise InnocapError(f"MeasurementError: {code}: {size} is no size of an error")


def default_factors(codebook: Codebook) -> list[Factor]:
    """Return weights by 25 %, one indicator left out or none, two means at the top."""
    return [WeightNoise(), LeaveOneOut(), *(AggregationChoice(code) for code in codebook.indexes)]
