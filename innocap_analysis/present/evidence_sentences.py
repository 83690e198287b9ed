"""What may be said about differences between groups, one plain sentence per result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from innocap_analysis.compare.verdict import VERDICTS
from innocap_analysis.present.evidence import Evidence
from innocap_analysis.present.labels import Labels
from innocap_analysis.present.prose import Prose, write_list
from innocap_analysis.present.survey_labels import make_survey_labels
from innocap_analysis.settings import InnocapError, suggest


def write_sentence(result: Mapping[str, Any], labels: Labels, *, smallest: float) -> str:
    """Write what a comparison of two groups allows to say.

    Parameters
    ----------
    result : mapping
        A row of :func:`~innocap_analysis.compare.groups.compare_pairs` or
        :func:`~innocap_analysis.compare.clusters.compare_cluster_pairs`, with `code`, the
        measure.
    labels : Labels
        Names and numbers of a language.
    smallest : float
        Smallest difference of interest, in the unit of the measure.

    Returns
    -------
    str
        One sentence, from the simultaneous interval and never from a p-value: *differs*
        with how much it may be, *equivalent* with the limit, or *inconclusive* with all
        that is possible.

    Raises
    ------
    InnocapError
        The verdict is unknown.

    Examples
    --------
    >>> from innocap_analysis import load_capacity
    >>> from innocap_analysis.present.labels import make_labels
    >>> row = {"unit": "SE", "other": "FI", "code": "SKL", "verdict": "inconclusive",
    ...        "difference": 3.0, "low_simultaneous": -4.0, "high_simultaneous": 10.0}
    >>> print(write_sentence(row, make_labels(load_capacity(), "en"), smallest=5))
    Skills: open. Sweden may be anything from 4.0 points below Finland to 10.0 above.
    """
    verdict = str(result["verdict"])
    if verdict not in VERDICTS:
        raise InnocapError(
            f"verdict {verdict!r} is none of {', '.join(VERDICTS)}{suggest(verdict, VERDICTS)}"
        )
    first, second = str(result["unit"]), str(result["other"])
    difference = float(result["difference"])
    low = result.get("low_simultaneous")
    if low is None or pd.isna(low):
        return labels.say(
            "{measure}, {first} and {second}: no comparison, because the answers do not tell "
            "how much chance there is.",
            measure=labels.code(str(result["code"])),
            first=labels.unit(first), second=labels.unit(second),
        )  # fmt: skip
    ends = float(low), float(result["high_simultaneous"])
    if verdict == "differs" and difference < 0:
        first, second, difference = second, first, -difference
        ends = -ends[1], -ends[0]
    said = {
        "measure": labels.code(str(result["code"])),
        "first": labels.unit(first),
        "second": labels.unit(second),
        "smallest": labels.number(smallest, decimals=0 if smallest == int(smallest) else 1),
        "difference": labels.number(difference),
        "low": labels.number(abs(ends[0])),
        "high": labels.number(abs(ends[1])),
    }
    if verdict == "equivalent":
        return labels.say(
            "{measure}, {first} and {second}: alike. Any difference is smaller than {smallest} "
            "points.",
            **said,
        )
    if verdict == "differs" and ends[0] >= smallest:
        return labels.say(
            "{measure}: {first} is above {second} by {difference} points, and by more than "
            "{smallest} for sure ({low} to {high}).",
            **said,
        )
    if verdict == "differs":
        return labels.say(
            "{measure}: {first} is above {second} by {difference} points ({low} to {high}); "
            "whether by the {smallest} that matter is open.",
            **said,
        )
    if ends[0] >= 0 or ends[1] <= 0:
        more = ends[0] >= 0
        said |= {"low": said["low"] if more else said["high"],
                 "high": said["high"] if more else said["low"],
                 "first": said["first"] if more else said["second"],
                 "second": said["second"] if more else said["first"]}  # fmt: skip
        return labels.say(
            "{measure}: open. {first} may be above {second} by {low} to {high} points.",
            **said,
        )
    return labels.say(
        "{measure}: open. {first} may be anything from {low} points below {second} to {high} "
        "above.",
        **said,
    )


def write_pair_findings(evidence: Evidence, code: str, *, language: str) -> Prose:
    """Write one sentence for every two countries.

    Parameters
    ----------
    evidence : Evidence
        Of the wave.
    code : str
        The index or a dimension.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the text.

    Returns
    -------
    Prose
        A list, in the order of the pairs.
    """
    labels = make_survey_labels(evidence.wave, language)
    rows = evidence.pairs[evidence.pairs["code"] == code].to_dict("records")
    return write_list([write_sentence(row, labels, smallest=evidence.smallest) for row in rows])


def write_invariance(evidence: Evidence, *, language: str) -> Prose:
    """Write whether measurement invariance across the countries could be tested, and held.

    Parameters
    ----------
    evidence : Evidence
        Of the wave.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the text.

    Returns
    -------
    Prose
        A list, one line for the dimensions that cannot be tested and one for each other.
    """
    labels = make_survey_labels(evidence.wave, language)
    named = {
        "configural": labels.say("the same structure"),
        "metric": labels.say("the same loadings"),
        "scalar": labels.say("the same intercepts"),
        "strict": labels.say("the same residuals"),
    }
    told, closed = [], []
    for code, steps in evidence.invariance.groupby("code", sort=False):
        if steps["cfi"].isna().all():
            closed.append(str(code))
            continue
        holds = steps["holds"].fillna(False).astype(bool).cummin()
        last = named[steps.loc[holds, "step"].iloc[-1]] if holds.any() else labels.say("nothing")
        told.append(
            labels.say(
                "{dimension}: {last} holds across the countries (CFI {cfi}, RMSEA {rmsea} of the "
                "first step).",
                dimension=labels.code(str(code)),
                last=last,
                cfi=labels.number(float(steps["cfi"].iloc[0]), decimals=3),
                rmsea=labels.number(float(steps["rmsea"].iloc[0]), decimals=3),
            )
        )
    if closed:
        told.insert(
            0,
            labels.say(
                "{dimensions}: not testable. Fit indices say little below about a hundred "
                "complete answers in every country, and here at least one country has fewer; the "
                "items are screened one by one instead.",
                dimensions=labels.codes(closed),
            ),
        )
    return write_list(told)


def write_evidence_findings(evidence: Evidence, *, language: str) -> Prose:
    """Write what may be said, and what may not.

    Parameters
    ----------
    evidence : Evidence
        Of the wave.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the text.

    Returns
    -------
    Prose
        A list: verdicts counted, reliability, items read otherwise, organisations.
    """
    labels = make_survey_labels(evidence.wave, language)
    count = evidence.pairs["verdict"].value_counts()
    alpha = evidence.reliability
    alpha = alpha[(alpha["unit"] == "all") & (alpha["coefficient"] == "alpha")].set_index("code")
    weakest = str(alpha["estimate"].idxmin())
    odd = evidence.dif[(evidence.dif["p_bh"] < 0.05) & (evidence.dif["size"] != "negligible")]
    own = evidence.clusters.set_index("code").loc[evidence.root]
    told = [
        labels.say(
            "Of {n} comparisons of two countries, {differs} differ, {equivalent} are alike and "
            "{open} are open, at a smallest difference of {smallest} points.",
            n=len(evidence.pairs), differs=int(count.get("differs", 0)),
            equivalent=int(count.get("equivalent", 0)), open=int(count.get("inconclusive", 0)),
            smallest=labels.figure(evidence.smallest),
        ),
        labels.say(
            "The least reliable dimension is {dimension}, alpha {alpha} ({low} to {high}).",
            dimension=labels.code(weakest),
            alpha=labels.number(float(alpha.at[weakest, "estimate"]), decimals=2),
            low=labels.number(float(alpha.at[weakest, "low"]), decimals=2),
            high=labels.number(float(alpha.at[weakest, "high"]), decimals=2),
        ),
    ]  # fmt: skip
    if len(odd):
        told.append(
            labels.say(
                "Read otherwise in some country, compared with people of the same level: {items}",
                items=" / ".join(labels.question(str(code)) for code in odd["code"]),
            )
        )
    else:
        told.append(
            labels.say(
                "No item stands out as read otherwise in one country; with groups this small, "
                "only large differences would."
            )
        )
    if pd.notna(own["icc_reml"]):
        told.append(
            labels.say(
                "Inside a country, {icc} of the differences between people lie between "
                "organisations: {n} respondents are worth about {effective}.",
                icc=labels.share(float(own["icc_reml"])),
                n=int(own["n"]),
                effective=labels.number(float(own["effective_n"]), decimals=0),
            )
        )
    return write_list(told)
