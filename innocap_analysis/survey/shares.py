"""How many chose an answer: counts, shares and their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from fewlikert.describe import iterate_groups, read_weights
from fewlikert.options import DONT_KNOW, NOT_APPLICABLE, check_level
from innocap_analysis.errors import InnocapError
from innocap_analysis.survey.codes import check_items, read_choice, read_chosen, read_scale
from innocap_analysis.survey.instrument import Instrument

TOP_TWO = 2


def tabulate_answers(
    answers: pd.DataFrame,
    instrument: Instrument,
    *,
    items: Sequence[str] | None = None,
    by: str | None = None,
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Count the answers to questions with a list of answers.

    Parameters
    ----------
    answers : DataFrame
        Clean answers.
    instrument : Instrument
        The questionnaire.
    items : sequence of str, optional
        Scale, single-choice or multiple-choice questions. Default: the scored items.
    by : str, optional
        Column of groups.
    weights : Series, optional
        Weight of each row.
    level : float
        Of the Wilson interval, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per group, question and answer: `unit`, `code`, `answer` (code of the scale
        or option), `count`, `n` (who answered; don't know and not applicable leave the
        base), `share`, `low`, `high`, `reason`.

    Raises
    ------
    InnocapError
        A question is unknown or has no list of answers.

    Notes
    -----
    METHODS.md, section 8, *Disclosure*.

    Examples
    --------
    >>> from innocap_analysis import load_settings, read_instrument
    >>> settings = load_settings()
    >>> survey = read_instrument(settings.survey_path, settings.scales_path)
    >>> code = survey.scored[0]
    >>> table = pd.DataFrame({code: [5.0, 5.0, 2.0, 1.0, -8.0]})  # the last does not know
    >>> tabulate_answers(table, survey, items=[code])["share"].tolist()
    [0.5, 0.0, 0.0, 0.25, 0.25]
    """
    check_level(level)
    rows = []
    whole = read_weights(answers, weights)
    for code in check_items(items, instrument, "tabulate_answers"):
        chosen = _read_choices(answers, instrument, code)
        for unit, at in iterate_groups(answers, by):
            for answer, column in chosen.items():
                share = estimate_share(column[at], weights=whole[at], level=level)
                rows.append({"unit": unit, "code": code, "answer": answer, **share})
    return pd.DataFrame(rows)


def estimate_top_two(
    answers: pd.DataFrame,
    instrument: Instrument,
    *,
    items: Sequence[str] | None = None,
    by: str | None = None,
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the share that chose one of the two highest answers of a scale.

    Parameters
    ----------
    answers : DataFrame
        Clean answers.
    instrument : Instrument
        The questionnaire.
    items : sequence of str, optional
        Scale questions. Default: the scored items. A reversed item is not turned: its top
        two are those who agree with the statement as it was put.
    by : str, optional
        Column of groups.
    weights : Series, optional
        Weight of each row.
    level : float
        Of the Wilson interval, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per group and item: `unit`, `code`, `count`, `n`, `share`, `low`, `high`,
        `reason`.

    Raises
    ------
    InnocapError
        A question is unknown or not answered on a scale, or the level is none.

    Notes
    -----
    METHODS.md, section 8, *Intervals*.

    Examples
    --------
    >>> from innocap_analysis import load_settings, read_instrument
    >>> settings = load_settings()
    >>> survey = read_instrument(settings.survey_path, settings.scales_path)
    >>> code = survey.scored[0]
    >>> table = pd.DataFrame({code: [5.0, 4.0, 2.0, 1.0, -8.0]})  # the last does not know
    >>> found = estimate_top_two(table, survey, items=[code])
    >>> found[["n", "share"]].to_numpy().tolist()
    [[4.0, 0.5]]
    """
    check_level(level)
    rows = []
    whole = read_weights(answers, weights)
    for code in check_items(items, instrument, "estimate_top_two"):
        if instrument.items[code].answer != "likert":
            raise InnocapError(f"estimate_top_two: {code} is not answered on a scale")
        top = sorted(float(c) for c in instrument.scales[instrument.items[code].scale].codes)
        x = read_scale(answers, instrument, code)
        agreed = np.where(np.isnan(x) | np.isin(x, (DONT_KNOW, NOT_APPLICABLE)), np.nan,
                          x >= top[-TOP_TWO])  # fmt: skip
        for unit, at in iterate_groups(answers, by):
            share = estimate_share(agreed[at], weights=whole[at], level=level)
            rows.append({"unit": unit, "code": code, **share})
    return pd.DataFrame(rows)


def estimate_share(
    chosen: np.ndarray, *, weights: np.ndarray | None = None, level: float = 0.95
) -> dict[str, Any]:
    """Estimate a share with its Wilson interval.

    Wilson (1927), *Journal of the American Statistical Association* 22, 209-212.
    """
    check_level(level)
    known = ~np.isnan(chosen)
    n, count = int(known.sum()), int(np.nansum(chosen))
    w = np.ones(n) if weights is None else weights[known]
    if not n or not w.sum() > 0:
        nothing = dict.fromkeys(("share", "low", "high"), np.nan)
        return {"count": count, "n": n, **nothing, "reason": "no answers"}
    share = float((w * chosen[known]).sum() / w.sum())
    effective = float(w.sum() ** 2 / (w**2).sum())
    low, high = proportion_confint(share * effective, effective, 1 - level, method="wilson")
    return {"count": count, "n": n, "share": share, "low": float(low), "high": float(high),
            "reason": ""}  # fmt: skip


def _read_choices(
    answers: pd.DataFrame, instrument: Instrument, code: str
) -> Mapping[object, np.ndarray]:
    """Return one 1-0-NaN column per answer of a question."""
    item = instrument.items.get(code)
    if item is None or item.answer not in ("likert", "single", "multi"):
        raise InnocapError(f"tabulate_answers: {code!r} is no question with a list of answers")
    options = instrument.scales[item.scale].codes
    if item.answer == "multi":
        return {o: read_chosen(answers, f"{code}_{o}") for o in options}
    if item.answer == "likert":
        codes = read_scale(answers, instrument, code)
        none = np.isnan(codes) | np.isin(codes, (DONT_KNOW, NOT_APPLICABLE))
        return {o: np.where(none, np.nan, codes == float(o)) for o in options}
    x = read_choice(answers, code, options)
    return {o: np.where(x.isna(), np.nan, (x == o).astype(float)) for o in options}
