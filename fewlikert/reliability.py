"""How well items measure one thing together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from fewlikert.cfa import fit_cfa
from fewlikert.errors import InputError
from fewlikert.options import check_level, is_flat, refuse_codes
from fewlikert.polychoric import estimate_polychoric

COEFFICIENTS = (
    "alpha", "alpha_standardised", "alpha_ordinal", "omega_total", "omega_total_observed",
)  # fmt: skip
_FEWEST_ROWS = 3
_BLOCK = 100
_AGAINST = "items run against each other; turn the reversed ones first"


def estimate_reliability(
    table: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    alpha_only: bool = False,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the reliability of the sum or mean of items.

    Parameters
    ----------
    table : DataFrame
        Respondents x items, reversed items already turned; rows with a missing item are
        left out.
    items : sequence of str, optional
        Default: all columns. An item that does not vary is left out and named.
    alpha_only : bool
        Leave out all but alpha, the only one with an exact interval.
    level : float
        Of the interval of alpha.

    Returns
    -------
    DataFrame
        One row per coefficient: `coefficient` (``alpha``, ``alpha_standardised``,
        ``alpha_ordinal``, ``omega_total``, ``omega_total_observed``), `estimate`, `low`,
        `high`, `n`, `k` (items), `denominator`, `reason` (why something is NaN).

    Raises
    ------
    InputError
        Fewer than two items.

    Notes
    -----
    Alpha with the exact interval of Feldt (1965, *Psychometrika* 30, 357-370). Ordinal
    alpha is standardised alpha of polychoric correlations (Zumbo, Gadermann and Zeisser,
    2007). Omega total comes from a one-factor model by maximum likelihood, once over the
    variance that the model implies and once over the observed variance of the sum; the
    column `denominator` says which. Only alpha has an exact interval.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1, 2, 3, 4, 5.0], "b": [2, 2, 3, 5, 4.0], "c": [1, 3, 3, 4, 4]})
    >>> found = estimate_reliability(table).set_index("coefficient")
    >>> float(found.at["alpha", "estimate"].round(3))
    0.938
    """
    check_level(level)
    x, names, left = _read_items(table, items)
    n, k = x.shape
    dropped = f"left out, does not vary: {', '.join(left)}" if left else ""
    rows: list[dict[str, Any]] = []

    def add(name: str, value: float, denominator: str, reason: str = "", **ends: float) -> None:
        told = {"low": np.nan, "high": np.nan} | ends
        rows.append({"coefficient": name, "estimate": value, **told, "n": n, "k": k,
                     "denominator": denominator,
                     "reason": "; ".join(part for part in (reason, dropped) if part)})  # fmt: skip

    if n < _FEWEST_ROWS or k < 2:
        why = f"{n} complete rows" if n < _FEWEST_ROWS else "fewer than two items vary"
        for name in COEFFICIENTS[: 1 if alpha_only else None]:
            add(name, np.nan, "", why)
        return pd.DataFrame(rows)
    covariance = np.cov(x.T)
    alpha = compute_alpha(covariance)
    if covariance.sum() > 1e-12:
        tails = stats.f.ppf([0.5 + level / 2, 0.5 - level / 2], n - 1, (n - 1) * (k - 1))
        low, high = 1 - (1 - alpha) * tails
        add("alpha", alpha, "observed variance", _AGAINST if alpha < 0 else "",
            low=float(low), high=float(high))  # fmt: skip
    else:
        add("alpha", np.nan, "observed variance", "the sum does not vary")
    if alpha_only:
        return pd.DataFrame(rows)
    nothing = "no exact interval"
    add("alpha_standardised", compute_alpha(np.corrcoef(x.T)), "observed correlations", nothing)
    polychoric = estimate_polychoric(pd.DataFrame(x, columns=names)).correlations.to_numpy()
    if len(np.unique(x)) > 10:
        add("alpha_ordinal", np.nan, "polychoric correlations", "more than ten different answers")
    elif np.linalg.eigvalsh(polychoric)[0] < 0:
        add("alpha_ordinal", compute_alpha(polychoric), "polychoric correlations",
            "the polychoric matrix is not positive definite; " + nothing)  # fmt: skip
    else:
        add("alpha_ordinal", compute_alpha(polychoric), "polychoric correlations", nothing)
    _add_omega(add, pd.DataFrame(x, columns=names), covariance)
    return pd.DataFrame(rows)


def describe_items(table: pd.DataFrame, items: Sequence[str] | None = None) -> pd.DataFrame:
    """Describe what each item adds to a scale.

    Parameters
    ----------
    table : DataFrame
        Respondents x items, reversed items already turned; rows with a missing item are
        left out.
    items : sequence of str, optional
        Default: all columns.

    Returns
    -------
    DataFrame
        One row per item: `code`, `n`, `mean`, `sd`, `item_rest` (correlation with the sum
        of the others), `alpha_if_dropped`, `reason`.
    """
    x, names, left = _read_items(table, items)
    rows = []
    for i, name in enumerate(names):
        others = np.delete(x, i, axis=1)
        rest = others.sum(axis=1)
        fine = len(x) >= _FEWEST_ROWS and others.shape[1] > 0 and rest.std() > 0
        several = len(x) >= _FEWEST_ROWS and others.shape[1] > 1
        rows.append(
            {
                "code": name, "n": len(x), "mean": float(x[:, i].mean()) if len(x) else np.nan,
                "sd": float(x[:, i].std(ddof=1)) if len(x) > 1 else np.nan,
                "item_rest": float(np.corrcoef(x[:, i], rest)[0, 1]) if fine else np.nan,
                "alpha_if_dropped": compute_alpha(np.cov(others.T)) if several else np.nan,
                "reason": "" if fine and several else "too few items or complete rows",
            }
        )  # fmt: skip
    for name in left:
        own = table[name].dropna()
        rows.append({"code": name, "n": len(x), "mean": float(own.mean()), "sd": 0.0,
                     "item_rest": np.nan, "alpha_if_dropped": np.nan,
                     "reason": "does not vary"})  # fmt: skip
    return pd.DataFrame(rows)


def bootstrap_alpha(
    table: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    n: int = 2000,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw alpha from resampled respondents, all draws at once.

    Parameters
    ----------
    table : DataFrame
        Respondents x items; rows with a missing item are left out.
    items : sequence of str, optional
        Default: all columns.
    n : int
        Number of draws.
    rng : Generator
        Source of chance.

    Returns
    -------
    array, shape (n,)
        Alpha of each draw; NaN where the drawn sum does not vary.

    Notes
    -----
    A draw is a vector of counts of the rows; means and variances of all draws are one
    matrix product.
    """
    x, _, _ = _read_items(table, items)
    rows, k = x.shape
    x = x - x.mean(axis=0)
    total = x.sum(axis=1)
    moments = np.column_stack([x, (x * x).sum(axis=1), total, total * total])
    sums = np.empty((n, moments.shape[1]))
    # In blocks that stay in the processor's cache, three times as fast as in one piece.
    for start in range(0, n, _BLOCK):
        size = min(_BLOCK, n - start)
        drawn = rng.integers(0, rows, (size, rows)) + rows * np.arange(size)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows)
        sums[start : start + size] = counts.astype(float) @ moments
    parts = sums[:, k] - (sums[:, :k] ** 2).sum(axis=1) / rows
    whole = sums[:, k + 2] - sums[:, k + 1] ** 2 / rows
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha: np.ndarray = k / (k - 1) * (1 - parts / np.where(whole > 0, whole, np.nan))
    return alpha


def compute_alpha(covariance: np.ndarray) -> float:
    """Compute Cronbach's alpha from a covariance or correlation matrix.

    Cronbach (1951), *Psychometrika* 16, 297-334.
    """
    k, whole = len(covariance), covariance.sum()
    if not whole > 1e-12:
        return float("nan")
    return float(k / (k - 1) * (1 - np.trace(covariance) / whole))


def _read_items(
    table: pd.DataFrame, items: Sequence[str] | None
) -> tuple[np.ndarray, list[str], list[str]]:
    names = list(items if items is not None else table.columns)
    lacking = [name for name in names if name not in table]
    if lacking:
        raise InputError(f"there is no column {lacking[0]!r}")
    if len(names) < 2:
        raise InputError("two items or more are needed")
    refuse_codes(table, names)
    whole = table[names].astype("float64").dropna()
    varies = pd.Series(~is_flat(whole.to_numpy().T).ravel(), names)
    kept = [name for name in names if varies[name]] if len(whole) else names
    return whole[kept].to_numpy(), kept, [name for name in names if name not in kept]


def _add_omega(add: Any, table: pd.DataFrame, covariance: np.ndarray) -> None:  # noqa: ANN401
    names = ("omega_total", "omega_total_observed")
    if table.shape[1] < 3:
        for name in names:
            add(name, np.nan, "", "one factor needs three items")
        return
    try:
        found = fit_cfa(table, {"factor": list(table.columns)})
    except InputError as error:
        for name in names:
            add(name, np.nan, "", str(error).removeprefix("fit_cfa: "))
        return
    own = found.parameters.groupby("kind")["estimate"]
    common = float(own.sum()["loading"] ** 2 * own.sum()["covariance"])
    noise = float(own.sum()["residual"])
    n = found.fit["n"]
    doubt = "; ".join([*found.warnings, "no exact interval"])
    add("omega_total", common / (common + noise), "variance implied by the model", doubt)
    add("omega_total_observed", common / (float(covariance.sum()) * (n - 1) / n),
        "observed variance", doubt)  # fmt: skip
