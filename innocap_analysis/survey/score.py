"""Scores from survey answers: per respondent, and for groups of respondents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.index.aggregate import aggregate
from innocap_analysis.index.normalise import normalise
from innocap_analysis.survey.answers import mask_answers
from innocap_analysis.survey.instrument import Instrument

WEIGHTINGS = ("respondents", "organisations")
_MOST_ROUNDS = 200


def score_answers(
    answers: pd.DataFrame, instrument: Instrument, *, min_coverage: float = 0.5
) -> pd.DataFrame:
    """Score every respondent on the dimensions and the index.

    Parameters
    ----------
    answers : DataFrame
        Clean answers, one row per response.
    instrument : Instrument
        The questionnaire; its codebook says which items are reversed.
    min_coverage : float
        Share of a dimension's items that must be answered.

    Returns
    -------
    DataFrame
        The same rows; `response_id`, `organisation`, `country`, `region` where they are,
        and 0 to 100 for each dimension and the index. Don't know and not applicable leave
        the base.

    Raises
    ------
    InnocapError
        An item is missing.
    """
    book = instrument.codebook
    lacking = [code for code in book.leaves if code not in answers]
    if lacking:
        raise InnocapError(f"score_answers: the answers lack {', '.join(lacking)}")
    values = mask_answers(answers, book.leaves).reset_index(drop=True)
    scores, _ = aggregate(normalise(values, book), book, min_coverage=min_coverage)
    who = [c for c in ("response_id", "organisation", "country", "region") if c in answers]
    return pd.concat([answers[who], scores.set_axis(answers.index)], axis=1)


def turn_answers(answers: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Turn reversed items, so that a higher code means more on every item.

    Parameters
    ----------
    answers : DataFrame
        Codes of scored items, without don't know and not applicable; other columns stay.
    instrument : Instrument
        The questionnaire.

    Returns
    -------
    DataFrame
        The same table on the same scales; turned twice, it is as it was.
    """
    turned = {
        code: sum(instrument.limits(code)) - answers[code]
        for code in instrument.scored
        if instrument.items[code].reversed and code in answers
    }
    return answers.assign(**turned)


def average_scores(
    scores: pd.DataFrame,
    instrument: Instrument,
    *,
    by: str,
    weighting: str = "respondents",
    weights: pd.Series | None = None,
) -> pd.DataFrame:
    """Average respondents' scores over groups.

    Parameters
    ----------
    scores : DataFrame
        From :func:`score_answers`.
    instrument : Instrument
        The questionnaire.
    by : str
        Column of groups: ``organisation``, ``region`` or ``country``.
    weighting : {'respondents', 'organisations'}
        Whether every respondent or every organisation counts the same in its group.
    weights : Series, optional
        Weight of each row by its label, as from :func:`rake_weights`; multiplied with the
        former.

    Returns
    -------
    DataFrame
        One row per group and node: `unit`, `code`, `score`, `n` (respondents with a score),
        `n_organisations`. Groups are not yet screened for disclosure.

    Raises
    ------
    InnocapError
        The grouping or weighting is unknown, or a weight is negative or missing.
    """
    if by not in scores:
        raise InnocapError(f"average_scores: there is no column {by!r}")
    if weighting not in WEIGHTINGS:
        near = suggest(weighting, WEIGHTINGS)
        raise InnocapError(f"weighting {weighting!r} is none of {', '.join(WEIGHTINGS)}{near}")
    own = np.ones(len(scores)) if weights is None else _align_weights(weights, scores.index)
    if np.isnan(own).any() or (own < 0).any():
        raise InnocapError("average_scores: a weight is negative or missing")
    rows = []
    for code in instrument.codebook.parents:
        known = scores[[by, code]].notna().all(axis=1).to_numpy() & (own > 0)
        part = scores.loc[known, [by, code]].copy()
        part["weight"] = own[known]
        organisation = scores.get("organisation", pd.Series(None, index=scores.index))[known]
        alone = "#" + pd.Series(organisation.index.astype(str), index=organisation.index)
        part["organisation"] = organisation.where(organisation.notna(), alone)
        if weighting == "organisations":
            inside = part.groupby([by, "organisation"])["weight"].transform("sum")
            part["weight"] = part["weight"] / inside
        part["product"] = part["weight"] * part[code]
        groups = part.groupby(by, sort=True)
        sums = groups[["product", "weight"]].sum()
        rows.append(
            pd.DataFrame(
                {
                    "unit": sums.index,
                    "code": code,
                    "score": (sums["product"] / sums["weight"]).to_numpy(),
                    "n": groups.size().to_numpy(),
                    "n_organisations": groups["organisation"].nunique().to_numpy(),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def _align_weights(weights: pd.Series, index: pd.Index) -> np.ndarray:
    if not weights.index.equals(index):
        if weights.index.has_duplicates or len(weights.index.symmetric_difference(index)):
            raise InnocapError(
                "average_scores: the weights need the same row labels as the scores, each once"
            )
        weights = weights.reindex(index)
    return np.asarray(weights, dtype=float)


def estimate_response_rates(answers: pd.DataFrame, invited: Mapping[str, int]) -> pd.DataFrame:
    """Estimate response rates where the number of people invited is known.

    Parameters
    ----------
    answers : DataFrame
        Clean answers with `country`.
    invited : mapping of str to int
        People invited, by country.

    Returns
    -------
    DataFrame
        `country`, `invited`, `answered`, `rate` (0 to 1).

    Raises
    ------
    InnocapError
        More people answered than were invited.
    """
    table = pd.DataFrame({"country": list(invited), "invited": list(invited.values())})
    count = answers["country"].value_counts()
    table["answered"] = [int(count.get(c, 0)) for c in table["country"]]
    over = table[table["answered"] > table["invited"]]
    if len(over):
        row = over.iloc[0]
        raise InnocapError(
            f"{row['country']}: {row['answered']} answered, but {row['invited']} were invited"
        )
    table["rate"] = table["answered"] / table["invited"]
    return table


def _name_category(category: object) -> str:
    """Return a category as text; 1 and 1.0 are one, as a column with gaps makes floats of both."""
    whole = isinstance(category, float) and category.is_integer()
    return str(int(category)) if whole else str(category)  # type: ignore[call-overload]


def rake_weights(
    answers: pd.DataFrame,
    margins: Mapping[str, Mapping[Any, float]],
    *,
    tolerance: float = 1e-9,
) -> pd.Series:
    """Weight respondents so that their margins are those of the population.

    Parameters
    ----------
    answers : DataFrame
        One row per respondent.
    margins : mapping of str to mapping
        For each column the share (or number) of the population in each of its categories.
    tolerance : float
        Largest difference left between a weighted and a wanted share.

    Returns
    -------
    Series
        One weight per row, their mean is 1.

    Raises
    ------
    InnocapError
        A category is missing on either side, or the weights do not settle.

    Notes
    -----
    Iterative proportional fitting (Deming and Stephan, 1940, *Annals of Mathematical
    Statistics* 11, 427-444), as ``survey::rake`` in R.
    """
    weights = np.ones(len(answers))
    wanted: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for column, shares in margins.items():
        at, found = pd.factorize(answers[column])
        names = [_name_category(name) for name in found]
        shares = {_name_category(name): share for name, share in shares.items()}
        strange = sorted(set(names) ^ set(shares))
        if (at < 0).any() or strange:
            raise InnocapError(
                f"rake_weights: {column}: every respondent and every margin needs the same "
                f"categories; look at {', '.join(strange) or 'the missing answers'}"
            )
        goal = np.array([shares[name] for name in names], dtype=float)
        if not (goal > 0).all():
            raise InnocapError(f"rake_weights: {column}: a share is not above zero")
        wanted[column] = at, goal / goal.sum()
    for _ in range(_MOST_ROUNDS):
        worst = 0.0
        for at, goal in wanted.values():
            share = np.bincount(at, weights=weights, minlength=len(goal)) / weights.sum()
            worst = max(worst, float(np.abs(share - goal).max()))
            weights = weights * (goal / share)[at]
        if worst < tolerance:
            return pd.Series(weights / weights.mean(), index=answers.index, name="weight")
    raise InnocapError(
        "rake_weights: the weights do not settle; the margins may contradict each other"
    )
