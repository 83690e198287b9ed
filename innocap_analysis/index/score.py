"""One call from values and a codebook to scores and ranks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from innocap_analysis.index.aggregate import aggregate
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.figures import check_numbers, rank_figures
from innocap_analysis.index.normalise import normalise
from innocap_analysis.index.steps import denominate


@dataclass(frozen=True)
class IndexResult:
    """Scores of one index (or several) for one set of values.

    Attributes
    ----------
    codebook : Codebook
        The tree that was scored.
    values : DataFrame
        Units x leaf codes, raw units, divided by their denominators.
    normalised : DataFrame
        Units x leaf codes, on the common scale.
    scores : DataFrame
        Units x every group and index code.
    ranks : DataFrame
        Same shape; 1 is the highest score, ties share the best rank, NaN without a score.
    coverage : DataFrame
        Same shape; share of the node's weight that is observed.
    """

    codebook: Codebook
    values: pd.DataFrame
    normalised: pd.DataFrame
    scores: pd.DataFrame
    ranks: pd.DataFrame
    coverage: pd.DataFrame

    def to_long(self, time: int | str = "") -> pd.DataFrame:
        """Return the scores table that other tools read, `time` written in its column.

        Columns `unit`, `time`, `code`, `level`, `score`, `rank`, `n` (observed indicators),
        `coverage`; indicators first, then groups, then indexes.
        """
        parts = []
        observed = self.values.notna()
        for code in [*self.codebook.leaves, *self.codebook.parents]:
            leaf = code in self.normalised
            score = self.normalised[code] if leaf else self.scores[code]
            n = observed[self.codebook.leaves_of(code)].sum(axis=1)
            parts.append(
                pd.DataFrame(
                    {
                        "unit": score.index,
                        "time": time,
                        "code": code,
                        "level": self.codebook.level(code),
                        "score": score.to_numpy(),
                        "rank": rank_units(score.to_frame())[code].to_numpy(),
                        "n": n.to_numpy(),
                        "coverage": n.to_numpy(float) if leaf else self.coverage[code].to_numpy(),
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)


def score_index(
    values: pd.DataFrame,
    codebook: Codebook | pd.DataFrame | str | Path,
    *,
    min_coverage: float = 0.5,
    reference_unit: str | None = None,
) -> IndexResult:
    """Score an index: normalise, aggregate, rank.

    Parameters
    ----------
    values : DataFrame
        Units x codes in raw units, NaN where there is no value; denominators that the
        codebook names are among the columns, and are divided by here.
    codebook : Codebook, DataFrame, str or Path
        The index, checked or to be checked by
        :func:`~innocap_analysis.read_codebook`.
    min_coverage : float
        Share of a node's weight that must be observed for it to have a score.
    reference_unit : str, optional
        As in :func:`~innocap_analysis.index.normalise.normalise`.

    Returns
    -------
    IndexResult
        `.normalised`, `.scores`, `.ranks` and `.coverage`, all new tables.

    Raises
    ------
    InnocapError
        The codebook is faulty, a column is missing or a cell is no finite number.

    Notes
    -----
    METHODS.md, section 2.

    Examples
    --------
    >>> book = pd.DataFrame(
    ...     {
    ...         "code": ["IDX", "A", "B"],
    ...         "parent": ["", "IDX", "IDX"],
    ...         "kind": ["index", "indicator", "indicator"],
    ...         "low": [None, 0, 0],
    ...         "high": [None, 10, 10],
    ...     }
    ... )
    >>> values = pd.DataFrame({"A": [5, 10], "B": [7, 0]}, index=["SE", "FI"])
    >>> result = score_index(values, book)
    >>> result.scores["IDX"].to_dict(), result.ranks["IDX"].to_dict()
    ({'SE': 60.0, 'FI': 50.0}, {'SE': 1.0, 'FI': 2.0})
    """
    book = read_codebook(codebook)
    values = denominate(values, book)
    normalised = normalise(values, book, reference_unit=reference_unit)
    raw = pd.DataFrame(
        check_numbers(values, book.leaves).T, index=values.index, columns=book.leaves
    )
    scores, coverage = aggregate(normalised, book, min_coverage=min_coverage)
    return IndexResult(book, raw, normalised, scores, rank_units(scores), coverage)


def rank_units(scores: pd.DataFrame) -> pd.DataFrame:
    """Rank units within each column.

    Parameters
    ----------
    scores : DataFrame
        Units x codes; higher is better.

    Returns
    -------
    DataFrame
        Same shape; 1 is the highest, ties share the best rank (competition ranking), and
        so do scores that differ by their rounding; NaN where there is no score.

    Raises
    ------
    InnocapError
        The scores are no table of numbers.

    Notes
    -----
    METHODS.md, section 2, *Ranks*.

    Examples
    --------
    >>> scores = pd.DataFrame({"IDX": [70.0, 50.0, 70.0, None]}, index=["CA", "SE", "FI", "NO"])
    >>> rank_units(scores)["IDX"].to_dict()
    {'CA': 1.0, 'SE': 3.0, 'FI': 1.0, 'NO': nan}
    """
    figures = check_numbers(scores, list(scores) if isinstance(scores, pd.DataFrame) else (),
                            name="scores")  # fmt: skip
    ranks = rank_figures(figures, descending=True)
    return pd.DataFrame(ranks.T, index=scores.index, columns=scores.columns)
