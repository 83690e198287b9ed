"""Treating outliers: winsorise a few cells, and only then transform."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.ties import is_flat

LOG_COLUMNS = (
    "code",
    "action",
    "unit",
    "before",
    "after",
    "skewness",
    "kurtosis",
    "passed",
)


def treat_outliers(
    values: pd.DataFrame,
    *,
    skewness: float = 2.0,
    kurtosis: float = 3.5,
    winsorise_limit: int = 5,
    log: bool = True,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Treat columns whose skewness and kurtosis are both too large.

    Parameters
    ----------
    values : DataFrame
        Units x codes.
    skewness, kurtosis : float
        A column is treated when its absolute skewness *and* its excess kurtosis are above
        these.
    winsorise_limit : int
        Most cells of a column to winsorise.
    log : bool
        Whether a column that winsorising does not mend is log-transformed instead, from its
        original figures.

    Returns
    -------
    values : DataFrame
        The treated table; untouched columns are equal to the last bit.
    log : DataFrame
        One row per treated cell (`action` ``winsorise``) or column (``log``), with `before`
        and `after` (cells), `skewness` and `kurtosis` of the treated column, and `passed`,
        whether the column now passes.

    Raises
    ------
    InnocapError
        A threshold or the limit is below zero.

    Notes
    -----
    Sample skewness and excess kurtosis with the usual bias correction (types 2 of Joanes
    and Gill, 1998, as in SAS and Excel). Winsorising replaces the most extreme figure, ties
    together, by the next one, at the end to which the column is skewed, until the column
    passes or the limit is reached. The log is ``ln(x - min + a)`` with ``a`` one hundredth
    of the range, mirrored for a column skewed to the left. Thresholds from the OECD/JRC
    Handbook and the COIN tool.

    Examples
    --------
    >>> table = pd.DataFrame({"A": [*range(1, 11), 30.0, 100.0]})
    >>> treated, log = treat_outliers(table)
    >>> float(treated["A"].max()), len(log)
    (30.0, 1)
    """
    if min(skewness, kurtosis, winsorise_limit) < 0:
        raise InnocapError("treat_outliers: skewness, kurtosis and winsorise_limit are 0 or more")
    out = {}
    rows: list[dict[str, object]] = []
    for code in values.columns:
        x = values[code].to_numpy(dtype=float, na_value=np.nan)
        if passes(x, skewness=skewness, kurtosis=kurtosis):
            out[code] = x
            continue
        treated = _winsorise(x, winsorise_limit, skewness=skewness, kurtosis=kurtosis)
        action = "winsorise"
        if log and not passes(treated, skewness=skewness, kurtosis=kurtosis):
            treated, action = _transform_log(x), "log"
        skew, kurt = measure_shape(treated)
        measured = {
            "code": code,
            "action": action,
            "skewness": skew,
            "kurtosis": kurt,
            "passed": passes(treated, skewness=skewness, kurtosis=kurtosis),
        }
        if action == "log":
            rows.append({**measured, "unit": "", "before": np.nan, "after": np.nan})
        else:
            for at in np.flatnonzero(~np.isclose(treated, x, rtol=0, atol=0, equal_nan=True)):
                cell = {"unit": values.index[at], "before": x[at], "after": treated[at]}
                rows.append({**measured, **cell})
        out[code] = treated
    table = pd.DataFrame(out, index=values.index)
    return table, pd.DataFrame(rows, columns=list(LOG_COLUMNS))


def passes(x: np.ndarray, *, skewness: float = 2.0, kurtosis: float = 3.5) -> bool:
    """Tell whether a column needs no treatment."""
    skew, kurt = measure_shape(x)  # NaN compares as false: nothing to treat
    return not (abs(skew) > skewness and kurt > kurtosis)


def measure_shape(x: np.ndarray) -> tuple[float, float]:
    """Measure sample skewness and excess kurtosis, both with bias correction.

    The same numbers as ``scipy.stats.skew`` and ``kurtosis`` with ``bias=False``, to the
    rounding. Written out because they run thousands of times in a sensitivity analysis,
    where nine tenths of scipy's time go into handling axes and arguments.
    """
    known = x[~np.isnan(x)]
    n = len(known)
    if n < 4 or is_flat(known).all():
        return math.nan, math.nan
    gap = known - known.mean()
    square = gap * gap
    m2 = float(square.mean())
    g1 = float((square * gap).mean()) / m2**1.5
    g2 = float((square * square).mean()) / m2**2 - 3.0
    skew = g1 * math.sqrt(n * (n - 1)) / (n - 2)
    kurt = ((n + 1) * g2 + 6.0) * (n - 1) / ((n - 2) * (n - 3))
    return skew, kurt


def _winsorise(x: np.ndarray, limit: int, *, skewness: float, kurtosis: float) -> np.ndarray:
    y = x.copy()
    touched: set[int] = set()
    while not passes(y, skewness=skewness, kurtosis=kurtosis):
        high = measure_shape(y)[0] >= 0
        end = np.nanmax(y) if high else np.nanmin(y)
        at = np.flatnonzero(y == end)
        rest = np.delete(y, at)
        if len(touched | set(at.tolist())) > limit or np.isnan(rest).all():
            break
        y[at] = np.nanmax(rest) if high else np.nanmin(rest)
        touched |= set(at.tolist())
    return y


def _transform_log(x: np.ndarray) -> np.ndarray:
    shift = 0.01 * (np.nanmax(x) - np.nanmin(x))
    if measure_shape(x)[0] >= 0:
        return np.asarray(np.log(x - np.nanmin(x) + shift))
    return np.asarray(-np.log(np.nanmax(x) - x + shift))
