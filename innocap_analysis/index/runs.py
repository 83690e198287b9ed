"""What the runs of a sensitivity analysis say: scores, ranks, gaps and which choice matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.figures import check_labels, check_level, measure_rounding
from innocap_analysis.index.ranks import Ranks, rank_scores, store_ranks
from innocap_analysis.index.score import rank_units
from innocap_analysis.index.sobol import estimate_indices


@dataclass(frozen=True)
class SensitivityResult:
    """The index under other choices: what every run chose, and the scores it came to.

    Attributes
    ----------
    choices : DataFrame
        One row per run: the option of each factor, ``weight:<code>`` where weights were
        drawn.
    scores : dict of str to DataFrame
        Runs x units for every group and index code. Where units are many, only those of the
        units and nodes that were asked for; the ranks of all units are there.
    baseline : DataFrame
        Units x codes: scores of the index as it is.
    factors : tuple of str
        Names of the factors.
    sobol_size : int
        Base sample of the Sobol design, 0 without one. The runs are then the base sample,
        a second one, and for each factor the base sample with that factor of the second.
    places : dict of str to array
        Ranks of all units, runs x units, where not all scores were kept.
    """

    choices: pd.DataFrame
    scores: dict[str, pd.DataFrame]
    baseline: pd.DataFrame
    factors: tuple[str, ...]
    sobol_size: int = 0
    places: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    def judge_scores(self, code: str, units: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the scores that units may be held against each other by, runs x units.

        A unit that the index as it is does not score has none, even where leaving out what it
        lacks gives it one.
        """
        scores = self.scores[self._check_code(code)]
        names = list(scores.columns) if units is None else self._check_units(units)
        lost = [unit for unit in names if unit not in scores.columns]
        if lost:
            raise InnocapError(
                f"units: the scores of {lost[0]!r} in every run were not kept; name it in keep, as "
                "in run_sensitivity(…, keep=[…])"
            )
        own = self.baseline[code].loc[names]
        known = list(own.index[own.notna()])
        return scores[known].reindex(columns=names)

    def ranks(self, code: str | None = None, units: Sequence[str] | None = None) -> Ranks:
        """Rank units among themselves in every run.

        Parameters
        ----------
        code : str, optional
            Group or index. Default: the index.
        units : sequence of str, optional
            Who is ranked; others are ignored. Default: all.

        Returns
        -------
        Ranks
            Their intervals, shares of runs, and who is above whom. A unit that the index as it
            is does not score is never ranked.

        Examples
        --------
        >>> from innocap_analysis import load_capacity
        >>> capacity = load_capacity()
        >>> ranks = capacity.simulate(n=200).ranks(units=capacity.countries)
        >>> bool((ranks.interval()["low"] >= 1).all())
        True
        """
        node = self._check_code(code)
        names = list(self.baseline.index) if units is None else self._check_units(units)
        if node not in self.places:
            return rank_scores(self.judge_scores(node, names))
        places = self.places[node]
        if units is not None:
            own = places[:, self.baseline.index.get_indexer_for(names)]
            places = store_ranks(np.where(own == 0, np.nan, -own.astype(float)))
        return Ranks(pd.Index(names), places)

    def rank_runs(self, code: str, units: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the ranks of every run: the former name of ``ranks(code, units).table``."""
        return self.ranks(code, units).table

    def gaps(
        self, code: str, units: Sequence[str], *, reference_units: Sequence[str]
    ) -> pd.DataFrame:
        """Return how far units lie from the median of a reference set in every run.

        Runs x units, in points: negative is behind. The median is taken anew in every run.
        """
        names, members = self._check_units(units), self._check_units(reference_units)
        scores = self.judge_scores(code, list(dict.fromkeys([*names, *members])))
        x = scores[members].to_numpy()
        x = x[:, ~np.isnan(x).all(axis=0)]  # who never has a score must not slow the others down
        plain = x.size and not np.isnan(x).any()
        medians = np.median(x, axis=1) if plain else scores[members].median(axis=1).to_numpy()
        gaps = scores[names].to_numpy() - medians[:, None]
        gaps[np.abs(gaps) <= measure_rounding(scores.to_numpy())] = 0.0
        return pd.DataFrame(gaps, index=scores.index, columns=names)

    def priorities(
        self,
        unit: str,
        codes: Sequence[str],
        *,
        reference_units: Sequence[str],
        level: float = 0.9,
    ) -> pd.DataFrame:
        """Rank the dimensions of one unit by how far it lies behind the reference median.

        Parameters
        ----------
        unit : str
            Whose priorities.
        codes : sequence of str
            Dimensions to rank.
        reference_units : sequence of str
            Their median, taken anew in every run, is what a gap is measured from.
        level : float
            Share of runs that the interval holds.

        Returns
        -------
        DataFrame
            One row per dimension, widest gap first: `priority`, `code`, `gap` (median over
            runs, in points; negative is behind), `low`, `high` (the interval),
            `probability_first` (share of runs with the widest gap), `probability_top2`,
            `probability_behind`. A dimension that the index as it is does not score for the
            unit, or for any of the set, comes last, with no priority (``<NA>``) and NaN.
        """
        check_level(level)
        codes = check_labels("codes", codes, self.baseline.columns)
        if not codes:
            raise InnocapError("codes: names nothing to rank")
        own = [self.gaps(code, [unit], reference_units=reference_units)[unit] for code in codes]
        gaps = pd.concat(own, axis=1, keys=list(codes))
        measured = gaps.notna().any().to_numpy()
        order = gaps.rank(axis=1, method="min")
        tail = (1 - level) / 2
        table = pd.DataFrame(
            {
                "code": list(codes),
                "gap": gaps.median().to_numpy(),
                "low": gaps.quantile(tail).to_numpy(),
                "high": gaps.quantile(1 - tail).to_numpy(),
                "probability_first": (order == 1).mean().to_numpy(),
                "probability_top2": (order <= 2).mean().to_numpy(),
                "probability_behind": (gaps < 0).mean().to_numpy(),
            }
        )
        table.loc[~measured, "probability_first":"probability_behind"] = np.nan
        table = table.sort_values("gap", ignore_index=True)
        places = pd.Series(range(1, len(table) + 1), dtype="Int64")
        table.insert(0, "priority", places.where(table["gap"].notna()))
        return table

    def sobol(
        self,
        code: str | None = None,
        *,
        units: Sequence[str] | None = None,
        n_resamples: int = 500,
        level: float = 0.95,
        seed: int = 1,
    ) -> pd.DataFrame:
        """Estimate how much of the variance of ranks each factor explains.

        Parameters
        ----------
        code : str, optional
            Group or index whose ranks are explained. Default: the index.
        units : sequence of str, optional
            Who is ranked, among themselves. Default: every unit with a score in all runs;
            others have no variance to explain.
        n_resamples, level, seed
            Bootstrap resamples of the base sample, level of the percentile intervals, seed.

        Returns
        -------
        DataFrame
            One row per output and factor: `output` (``mean_rank_shift``, the mean over units
            of the absolute shift from the rank in the index as it is, or a unit, its rank),
            `factor`, `first`, `first_low`, `first_high`, `total`, `total_low`, `total_high`,
            `variance` of the output, and `reason` where it has no indices or no intervals.

        Raises
        ------
        InnocapError
            The runs have no Sobol design.

        Notes
        -----
        With outputs ``fA``, ``fB`` of the two base samples and ``fABi`` of the first with
        factor ``i`` from the second: first-order ``mean(fB (fABi - fA)) / V`` (Saltelli et al.,
        2010, *Computer Physics Communications* 181, 259-270, table 2 b), total
        ``mean((fA - fABi)^2) / (2 V)`` (Jansen, 1999), ``V`` the variance of both samples
        together, outputs centred first. The numbers of a factor, such as all weights, form one
        group.
        """
        if not self.sobol_size:
            raise InnocapError("sobol: the runs have no Sobol design; use sobol=True")
        node = self._check_code(code)
        ranked = self.ranks(node, units)
        whole = list(ranked.units[(ranked.places > 0).all(axis=0)])
        names = whole if units is None else list(units)
        return estimate_indices(
            self.ranks(node, whole).table.reindex(columns=names),
            rank_units(self.baseline.loc[whole, [node]])[node],
            self.factors,
            size=self.sobol_size, n_resamples=n_resamples, level=level, seed=seed,
        )  # fmt: skip

    def _check_code(self, code: str | None) -> str:
        """Return a node; the last one, an index, where none is named."""
        known = list(self.baseline.columns)
        node = known[-1] if code is None else check_labels("code", [code], known)[0]
        if node not in self.scores:
            raise InnocapError(
                f"code: the runs of {node!r} were not kept; name it in codes, as in "
                "run_sensitivity(…, codes=[…])"
            )
        return node

    def _check_units(self, units: Sequence[str]) -> list[str]:
        return check_labels("units", units, self.baseline.index)
