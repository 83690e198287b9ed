"""What the interval of a difference allows to say about it."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from fewlikert.options import check_level
from fewlikert.studentized import compute_range_tail, find_range_quantile

VERDICTS = ("differs", "equivalent", "inconclusive")


def judge_difference(
    difference: float, se: float, df: float, k: int, *, smallest: float, level: float = 0.95
) -> dict[str, Any]:
    """Judge one of all pairwise differences between groups.

    Returns: `df`, `low`, `high`, `p`, `p_games_howell`, `low_simultaneous`, `high_simultaneous`,
    `p_equivalence`, `verdict`, `reason`, as in
    :func:`~fewlikert.groups.compare_pairs`.
    """
    check_level(level)
    t = difference / se
    reach = float(stats.t.ppf(0.5 + level / 2, df)) * se
    wide = find_range_quantile(level, k, df) / np.sqrt(2) * se
    narrow = find_range_quantile(1 - 2 * (1 - level), k, df) / np.sqrt(2) * se
    beyond = max(stats.t.sf((difference + smallest) / se, df),
                 stats.t.cdf((difference - smallest) / se, df))  # fmt: skip
    inside = abs(difference) + narrow < smallest
    apart = abs(difference) > wide
    return {
        "df": df, "low": difference - reach, "high": difference + reach,
        "p": float(2 * stats.t.sf(abs(t), df)),
        "p_games_howell": compute_range_tail(abs(t) * np.sqrt(2), k, df),
        "low_simultaneous": difference - wide, "high_simultaneous": difference + wide,
        "p_equivalence": float(beyond),
        "verdict": "equivalent" if inside else "differs" if apart else "inconclusive",
        "reason": "",
    }  # fmt: skip


def decline_judgement(reason: str) -> dict[str, Any]:
    """Return what :func:`judge_difference` returns, with nothing judged, and why."""
    empty = dict.fromkeys(
        ("df", "low", "high", "p", "p_games_howell", "low_simultaneous", "high_simultaneous",
         "p_equivalence"), np.nan,
    )  # fmt: skip
    return empty | {"verdict": "inconclusive", "reason": reason}
