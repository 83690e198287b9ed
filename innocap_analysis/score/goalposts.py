"""Freezing goalposts from a reference set."""

from __future__ import annotations

import pandas as pd

from innocap_analysis.codebook import Codebook


def compute_goalposts(values: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Compute goalposts as the smallest and largest value of a reference set.

    Parameters
    ----------
    values : DataFrame
        Reference units x codes, raw units.
    codebook : Codebook
        Says which indicators have goalposts, and those now frozen in it.

    Returns
    -------
    DataFrame
        One row per indicator with goalposts: `code`, `n` (reference units with a value),
        `low`, `high`, `frozen_low`, `frozen_high`, `agrees`.

    Notes
    -----
    The table shows what the data say now beside what the codebook holds. The codebook is
    the authority: goalposts change only when somebody writes new ones into it, so that
    scores of different years and regions stay comparable.
    """
    rows = []
    for code in codebook.leaves:
        row = codebook.table.loc[code]
        if row["normalise"] != "goalposts":
            continue
        low, high = float(values[code].min()), float(values[code].max())
        rows.append(
            {
                "code": code,
                "n": int(values[code].count()),
                "low": low,
                "high": high,
                "frozen_low": row["low"],
                "frozen_high": row["high"],
                "agrees": low == row["low"] and high == row["high"],
            }
        )
    return pd.DataFrame(rows)
