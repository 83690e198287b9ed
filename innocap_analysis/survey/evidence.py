"""What the page on differences between groups rests on, computed once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from fewlikert.clusters import compare_cluster_pairs, estimate_cluster_means
from fewlikert.groups import compare_groups
from fewlikert.imputation import estimate_imputed_means, impute_multiple
from fewlikert.invariance import screen_dif, test_invariance
from fewlikert.mixed import estimate_icc
from fewlikert.options import check_count, check_positive
from fewlikert.pooling import PooledMeans, pool_means
from fewlikert.reliability import estimate_reliability
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.survey.answers import mask_answers
from innocap_analysis.survey.disclosure import MIN_ORGANISATIONS
from innocap_analysis.survey.publish import ALPHA, COMPLETE, RESPONDENTS, Release
from innocap_analysis.survey.score import score_answers, turn_answers
from innocap_analysis.survey.spread import list_least_errors
from innocap_analysis.survey.wave import Wave

COMPLETIONS = 10
PERMUTATIONS = 4999
PRIOR_SCALE = 10.0


@dataclass(frozen=True)
class Evidence:
    """Evidence about the groups of a wave (such as countries) that may be shown.

    Means and pairs are weighted where responses have weights; reliability, invariance, tests and
    imputations are of people as they are. What compares groups needs two of them.

    Attributes
    ----------
    wave : Wave
        Clean answers.
    smallest : float
        Smallest difference of interest, in points.
    seed : int
        Seed of shuffles and imputations.
    decided : Release, optional
        What may be told of the wave, where that was decided before.

    Raises
    ------
    InnocapError
        The smallest difference is not above zero.

    Notes
    -----
    METHODS.md, section 9.

    Examples
    --------
    >>> from innocap_analysis import load_wave
    >>> evidence = Evidence(load_wave(), smallest=5)
    >>> set(evidence.groups) <= set(evidence.wave.groups)
    True
    """

    wave: Wave
    smallest: float
    seed: int = 1
    decided: Release | None = field(default=None, repr=False, compare=False)

    def compute_all(self) -> None:
        """Compute every part, for those to whom it is the same."""
        for name in ("reliability", "invariance", "dif", "clusters", "tests", "pairs", "means",
                     "pooled", "imputed"):  # fmt: skip
            getattr(self, name)

    def __post_init__(self) -> None:
        """Check the smallest difference."""
        wave: object = self.wave
        if not isinstance(wave, Wave):
            raise InnocapError(f"wave: a Wave is needed, found a {type(wave).__name__}")
        check_positive(self.smallest, "smallest difference")
        check_count(self.seed, "seed", least=0)

    @cached_property
    def groups(self) -> list[str]:
        """Groups that may be shown, in their order."""
        told = (RESPONDENTS, *self.codebook.parents)
        return [g for g in self.wave.groups if all(self.release.shows(code, g) for code in told)]

    @cached_property
    def release(self) -> Release:
        """What may be told of the wave."""
        return self.decided or Release(self.wave)

    @property
    def codebook(self) -> Codebook:
        """The index over the items."""
        return self.wave.instrument.codebook

    @cached_property
    def root(self) -> str:
        """Code of the index."""
        return self.codebook.indexes[0]

    @cached_property
    def dimensions(self) -> list[str]:
        """Codes of the dimensions; the index itself where it has none."""
        return self.codebook.dimensions

    @property
    def nodes(self) -> list[str]:
        """The index and its dimensions."""
        return list(dict.fromkeys([self.root, *self.dimensions]))

    @cached_property
    def clean(self) -> pd.DataFrame:
        """Responses of the groups that may be shown; all where there are none."""
        people = self.wave.people
        known = people["group"].isin(self.groups)
        return (people[known] if self.groups else people).reset_index(drop=True)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Scores of every respondent, 0 to 100."""
        return score_answers(self.clean, self.wave.instrument)

    @cached_property
    def answers(self) -> pd.DataFrame:
        """Answers with reversed items turned, `country` and `organisation`."""
        return self._turn(self.clean)

    def _turn(self, people: pd.DataFrame) -> pd.DataFrame:
        values = mask_answers(people, self.codebook.leaves)
        turned = turn_answers(values, self.wave.instrument)
        return turned.assign(**{k: people[k] for k in ("group", "organisation")})

    def _take_complete(self, dimension: str) -> pd.DataFrame:
        """Return the answers of groups of which it may be told who answered all of a dimension."""
        told = [g for g in self.groups if self.release.shows(f"{dimension}{ALPHA}", g)]
        return self.answers[self.answers["group"].isin(told)]

    @cached_property
    def reliability(self) -> pd.DataFrame:
        """Coefficients of every dimension, everyone together and country by country."""
        # Everyone is who is meant where it is decided what may be told of everyone.
        parts, everyone = [], self._turn(self.wave.people)
        for dimension in self.dimensions:
            items = self.codebook.leaves_of(dimension)
            parts.append(self._estimate(everyone, items, dimension, "all"))
            for group in self.groups:
                own = self.answers[self.answers["group"] == group]
                parts.append(self._estimate(own, items, dimension, group))
        return pd.concat(parts, ignore_index=True)

    def _estimate(
        self, rows: pd.DataFrame, items: list[str], dimension: str, unit: str
    ) -> pd.DataFrame:
        table = estimate_reliability(rows, items, alpha_only=unit != "all")
        table = table.assign(unit=unit, code=dimension)
        values = ["estimate", "low", "high"]
        return self.release.hide(table, values, suffix=ALPHA)

    @cached_property
    def invariance(self) -> pd.DataFrame:
        """Steps of measurement invariance across countries, by dimension."""
        return pd.concat(
            [
                test_invariance(
                    self._take_complete(code), {code: self.codebook.leaves_of(code)}, "group"
                ).assign(code=code)
                for code in self.dimensions
            ],
            ignore_index=True,
        )

    @cached_property
    def dif(self) -> pd.DataFrame:
        """Items that work otherwise in some country, by dimension."""
        return pd.concat(
            [
                screen_dif(
                    self._take_complete(code), self.codebook.leaves_of(code), "group"
                ).assign(dimension=code)
                for code in self.dimensions
            ],
            ignore_index=True,
        )

    @cached_property
    def clusters(self) -> pd.DataFrame:
        """How alike organisations answer, by score and inside countries."""
        rows = []
        for code in self.nodes:
            level = self.scores.groupby("group", dropna=False)[code].transform("mean")
            centred = self.scores[code] - level
            table = self.scores.assign(centred=centred)
            rows.append({"code": code} | estimate_icc(table, "centred", "organisation"))
        return pd.DataFrame(rows)

    @cached_property
    def tests(self) -> pd.DataFrame:
        """Tests over all countries, by score."""
        rng = np.random.default_rng(self.seed)
        parts = [
            compare_groups(self.scores, code, "group", permutations=PERMUTATIONS, rng=rng).assign(
                code=code
            )
            for code in self.nodes
        ]
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Every two countries, allowing for organisations, by score."""
        parts = [
            compare_cluster_pairs(
                self.scores,
                code,
                "group",
                "organisation",
                smallest=self.smallest,
                min_clusters=MIN_ORGANISATIONS,
                weights=self.wave.weights,
                least_errors=self._least_errors[code],
            ).assign(code=code)
            for code in self.nodes
        ]
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def means(self) -> pd.DataFrame:
        """Mean index of every country with its error from organisations."""
        return estimate_cluster_means(
            self.scores,
            self.root,
            "group",
            "organisation",
            min_clusters=MIN_ORGANISATIONS,
            weights=self.wave.weights,
            least_errors=self._least_errors[self.root],
        )

    @cached_property
    def _least_errors(self) -> dict[str, dict[str, float]]:
        return {code: list_least_errors(self.release, code, self.groups) for code in self.nodes}

    @cached_property
    def pooled(self) -> PooledMeans | None:
        """Partially pooled means of the index; None where an interval is missing."""
        own = self.means.set_index("unit")
        if own["low"].isna().any():
            return None
        return pool_means(own["mean"], own["se"], prior_scale=PRIOR_SCALE)

    @cached_property
    def imputed(self) -> pd.DataFrame:
        """Mean index by country: as scored, of complete answers only, and imputed."""

        def score(table: pd.DataFrame) -> pd.Series:
            # Scoring turns reversed items by itself.
            given = turn_answers(table, self.wave.instrument)
            return score_answers(given, self.wave.instrument, min_coverage=1)[self.root]

        rng = np.random.default_rng(self.seed)
        try:
            filled = impute_multiple(self.answers, self.codebook.leaves, m=COMPLETIONS, rng=rng)
        except InnocapError:  # next to nobody answered some item: there is nothing to draw from
            pooled = pd.DataFrame(np.nan, self.groups, ["n", "estimate", "low", "high", "lambda"])
            pooled = pooled.rename_axis("unit")
        else:
            pooled = estimate_imputed_means(
                filled,
                score,
                "group",
                "organisation",
                min_clusters=MIN_ORGANISATIONS,
                least_errors=self._least_errors[self.root],
            ).set_index("unit")
        whole = score(self.answers).groupby(self.answers["group"]).agg(["mean", "count"])
        scored = self.scores.groupby("group")[self.root].agg(["mean", "count"])
        out = pooled[["n", "estimate", "low", "high", "lambda"]].reset_index()
        out["scored"] = out["unit"].map(scored["mean"])
        out["complete"] = out["unit"].map(whole["mean"])
        out["n_complete"] = out["unit"].map(whole["count"]).fillna(0).astype(int)
        shown = [self.release.shows(f"{self.root}{COMPLETE}", str(unit)) for unit in out["unit"]]
        out["complete"] = out["complete"].where(shown)
        out["n_complete"] = out["n_complete"].astype(float).where(shown)
        return out.set_index("unit").loc[self.groups].reset_index()
