"""Scores from survey answers: per respondent, and for groups of respondents."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fewlikert.tables import number_clusters, read_column, read_numbers
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.index.aggregate import aggregate
from innocap_analysis.index.normalise import normalise
from innocap_analysis.survey.answers import mask_answers
from innocap_analysis.survey.codes import SPECIAL, read_scale
from innocap_analysis.survey.instrument import Instrument

WEIGHTINGS = ("respondents", "organisations")
_WHO = ("response_id", "organisation", "country", "region", "group", "weight")


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
        The same rows; `response_id`, `organisation`, `country`, `region`, `group`, `weight`
        where they are,
        and 0 to 100 for each dimension and the index. Don't know and not applicable leave
        the base.

    Raises
    ------
    InnocapError
        An item is missing.

    Notes
    -----
    METHODS.md, section 8, *Scores*.

    Examples
    --------
    >>> from innocap_analysis import load_settings, read_instrument
    >>> settings = load_settings()
    >>> survey = read_instrument(settings.survey_path, settings.scales_path)
    >>> turned = {code: survey.items[code].reversed for code in survey.scored}
    >>> best = {code: [1.0 if turned[code] else 5.0] for code in survey.scored}
    >>> score_answers(pd.DataFrame(best), survey)["SELF"].tolist()
    [100.0]
    """
    book = instrument.codebook
    if not isinstance(answers, pd.DataFrame):
        raise InnocapError("score_answers: expected a table (DataFrame) of answers")
    lacking = [code for code in book.leaves if code not in answers]
    if lacking:
        raise InnocapError(f"score_answers: the answers lack {', '.join(lacking)}")
    for code in book.leaves:
        read_scale(answers, instrument, code)
    values = mask_answers(answers, book.leaves).reset_index(drop=True)
    scores, _ = aggregate(normalise(values, book), book, min_coverage=min_coverage)
    who = [c for c in _WHO if c in answers]
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

    Raises
    ------
    InnocapError
        A scored item holds what is no code of its scale.

    Notes
    -----
    METHODS.md, section 8, *Scores*.

    Examples
    --------
    >>> from innocap_analysis import load_settings, read_instrument
    >>> settings = load_settings()
    >>> survey = read_instrument(settings.survey_path, settings.scales_path)
    >>> code = next(code for code in survey.scored if survey.items[code].reversed)
    >>> turn_answers(pd.DataFrame({code: [1.0, 2.0, 5.0]}), survey)[code].tolist()
    [5.0, 4.0, 1.0]
    """
    if not isinstance(answers, pd.DataFrame):
        raise InnocapError("turn_answers: expected a table (DataFrame) of answers")
    turned = {}
    for code in instrument.scored:
        if instrument.items[code].reversed and code in answers:
            x = read_scale(answers, instrument, code)
            if np.isin(x, SPECIAL).any():
                raise InnocapError(
                    f"turn_answers: {code} holds codes of don't know or not applicable, which have "
                    "no other side; leave them out first with mask_answers"
                )
            turned[code] = sum(instrument.limits(code)) - x
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
        Weight of each row by its label, as from :func:`~fewlikert.weights.rake_weights`; multiplied
        with the former.

    Returns
    -------
    DataFrame
        One row per group and node: `unit`, `code`, `score`, `n` (respondents with a score),
        `n_organisations`. Groups are not yet screened for disclosure.

    Raises
    ------
    InnocapError
        The grouping or weighting is unknown, or a weight is negative or missing.

    Notes
    -----
    METHODS.md, section 8, *Scores*.

    Examples
    --------
    >>> from innocap_analysis import load_wave, score_answers
    >>> wave = load_wave()
    >>> scores = score_answers(wave.clean, wave.instrument)
    >>> found = average_scores(scores, wave.instrument, by="country")
    >>> list(found)
    ['unit', 'code', 'score', 'n', 'n_organisations']
    """
    if not isinstance(scores, pd.DataFrame) or not isinstance(by, str) or by not in scores:
        raise InnocapError(f"average_scores: there is no column {by!r}")
    if weighting not in WEIGHTINGS:
        near = suggest(weighting, WEIGHTINGS)
        raise InnocapError(f"weighting {weighting!r} is none of {', '.join(WEIGHTINGS)}{near}")
    own = np.ones(len(scores)) if weights is None else _align_weights(weights, scores.index)
    if np.isnan(own).any() or (own < 0).any():
        raise InnocapError("average_scores: a weight is negative or missing")
    rows = []
    group = read_column(scores, by).reset_index(drop=True)
    alone = np.full(len(scores), np.nan)
    at = number_clusters(read_column(scores, "organisation") if "organisation" in scores else alone)
    for code in instrument.codebook.parents:
        x = read_numbers(scores, code)
        known = group.notna().to_numpy() & ~np.isnan(x) & (own > 0)
        part = pd.DataFrame({"group": group[known], "organisation": at[known]})
        part["weight"] = own[known]
        if weighting == "organisations":
            inside = part.groupby(["group", "organisation"], observed=True)["weight"]
            part["weight"] = part["weight"] / inside.transform("sum")
        part["product"] = part["weight"] * x[known]
        groups = part.groupby("group", sort=True, observed=True)
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
    if not isinstance(weights, pd.Series):
        raise InnocapError("average_scores: weights: expected a Series with the labels of the rows")
    if not weights.index.equals(index):
        if weights.index.has_duplicates or len(weights.index.symmetric_difference(index)):
            raise InnocapError(
                "average_scores: the weights need the same row labels as the scores, each once"
            )
        weights = weights.reindex(index)
    return read_numbers(weights.to_frame("weights"), "weights")
