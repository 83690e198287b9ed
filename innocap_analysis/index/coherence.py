"""Whether an index hangs together: correlations, alpha and the importance of its parts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fewlikert.reliability import compute_alpha
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.figures import check_many, check_word, is_flat
from innocap_analysis.index.score import IndexResult

_FEW = "fewer than three units have"


def correlate_nodes(result: IndexResult, *, method: str = "pearson") -> pd.DataFrame:
    """Correlate every node with its siblings and its ancestors.

    Parameters
    ----------
    result : IndexResult
        Scores of at least 20 units.
    method : {'pearson', 'spearman', 'kendall'}
        Kind of correlation, over the units that have both.

    Returns
    -------
    DataFrame
        Columns `code`, `other`, `relation` (``sibling``, ``parent``, ``ancestor``), `n`,
        `correlation` (NaN with a reason in `reason` where a side does not vary).

    Raises
    ------
    InnocapError
        There are too few units for correlations.

    Notes
    -----
    METHODS.md, section 2, *Coherence*.

    Examples
    --------
    >>> from innocap_analysis import load_capacity
    >>> capacity = load_capacity()
    >>> found = correlate_nodes(capacity.result).set_index(["code", "other"])
    >>> bool(found.at[("SKL", "INNOCAP"), "correlation"] > 0)
    True
    """
    check_word("correlate_nodes: method", method, ("pearson", "spearman", "kendall"))
    _check_result(result, "correlations")
    book = result.codebook
    table = pd.concat([result.normalised, result.scores], axis=1)
    rows = []
    for parent in book.parents:
        children = book.children(parent)
        for i, child in enumerate(children):
            pairs = [(other, "sibling") for other in children[i + 1 :]]
            above = parent
            pairs.append((above, "parent"))
            while above := str(book.table.at[above, "parent"]):
                pairs.append((above, "ancestor"))
            for other, relation in pairs:
                both = table[[child, other]].dropna()
                why = _find_reason(both.to_numpy())
                r = np.nan if why else both[child].corr(both[other], method=method)
                rows.append(
                    {
                        "code": child,
                        "other": other,
                        "relation": relation,
                        "n": len(both),
                        "correlation": r,
                        "reason": why,
                    }
                )
    return pd.DataFrame(rows)


def estimate_group_alpha(result: IndexResult) -> pd.DataFrame:
    """Estimate Cronbach's alpha of the children of every group.

    Parameters
    ----------
    result : IndexResult
        Scores of at least 20 units.

    Returns
    -------
    DataFrame
        One row per group and index: `code`, `k` (children), `n` (complete units), `alpha`,
        `alpha_standardised`, `reason` where there is none.

    Raises
    ------
    InnocapError
        There are too few units.

    Notes
    -----
    Cronbach's alpha over units that have every child; standardised from their correlations
    (METHODS.md, section 2).

    Examples
    --------
    >>> from innocap_analysis import load_capacity
    >>> capacity = load_capacity()
    >>> found = estimate_group_alpha(capacity.result).set_index("code")
    >>> int(found.at["INNOCAP", "k"]), bool(found.at["INNOCAP", "alpha"] < 1)
    (4, True)
    """
    _check_result(result, "alpha")
    table = pd.concat([result.normalised, result.scores], axis=1)
    rows = []
    for code in result.codebook.parents:
        complete = table[result.codebook.children(code)].dropna()
        k = complete.shape[1]
        row = {"code": code, "k": k, "n": len(complete), "alpha": np.nan}
        row |= {"alpha_standardised": np.nan, "reason": ""}
        if k < 2:
            row["reason"] = "one child only"
        elif why := _find_reason(complete.to_numpy()):
            row["reason"] = f"{_FEW} all" if why.startswith(_FEW) else f"a child {why}"
        else:
            row["alpha"] = compute_alpha(np.cov(complete.to_numpy(), rowvar=False))
            correlations = np.corrcoef(complete.to_numpy(), rowvar=False)
            row["alpha_standardised"] = compute_alpha(correlations)
            if np.isnan([row["alpha"], row["alpha_standardised"]]).any():
                row["reason"] = "the sum does not vary"
        rows.append(row)
    return pd.DataFrame(rows)


def estimate_importance(result: IndexResult) -> pd.DataFrame:
    """Estimate how much of a node's variance each of its children explains.

    Parameters
    ----------
    result : IndexResult
        Scores of at least 20 units.

    Returns
    -------
    DataFrame
        One row per child: `parent`, `code`, `weight` (share among siblings), `n`,
        `r_squared` (squared correlation with the parent) and `first_order` (variance of the
        parent's expectation given the child, over its variance), `reason`.

    Raises
    ------
    InnocapError
        There are too few units.

    Notes
    -----
    First-order Sobol index as a main effect (Paruolo, Saisana and Saltelli, 2013, *Journal
    of the Royal Statistical Society A* 176(3), 609-634): the expectation is a local linear
    regression with a Gaussian kernel, its bandwidth chosen by leave-one-out
    cross-validation among 20 from a tenth of the child's standard deviation to twenty of
    them, where the fit is a straight line and the index the squared correlation.

    Examples
    --------
    >>> from innocap_analysis import load_capacity
    >>> capacity = load_capacity()
    >>> found = estimate_importance(capacity.result).set_index("code")
    >>> float(found.loc[found["parent"] == "INNOCAP", "weight"].sum().round(9))
    1.0
    """
    _check_result(result, "importance")
    book = result.codebook
    table = pd.concat([result.normalised, result.scores], axis=1)
    rows = []
    for rule in book.parent_rules:
        for child, weight in zip(rule.children, rule.weights, strict=True):
            both = table[[child, rule.code]].dropna().to_numpy()
            why = _find_reason(both)
            r = np.nan if why else float(np.corrcoef(both, rowvar=False)[0, 1])
            rows.append(
                {
                    "parent": rule.code,
                    "code": child,
                    "weight": weight / sum(rule.weights),
                    "n": len(both),
                    "r_squared": r**2,
                    "first_order": np.nan if why else _explain(both[:, 0], both[:, 1]),
                    "reason": why,
                }
            )
    return pd.DataFrame(rows)


def _find_reason(complete: np.ndarray) -> str:
    """Say why columns of units have no correlation; two figures lie on a line whatever they are."""
    if len(complete) < 3:
        return f"{_FEW} both"
    return "does not vary" if is_flat(complete.T).any() else ""


def _check_result(result: object, what: str) -> None:
    if not isinstance(result, IndexResult):
        kind = type(result).__name__
        raise InnocapError(f"result: expected what score_index returns, found a {kind}")
    check_many(len(result.scores.dropna(how="all")), what)


def _explain(x: np.ndarray, y: np.ndarray) -> float:
    """Return the share of the variance of y that a smooth function of x explains."""
    z = (x - x.mean()) / x.std()
    best: tuple[float, np.ndarray] | None = None
    for width in np.geomspace(0.1, 20.0, 20):
        smoother = _smooth(z, float(width))
        fitted = smoother @ y
        left = 1.0 - np.diag(smoother)
        if (left < 1e-6).any():  # a unit that only explains itself cannot be left out
            continue
        error = float((((y - fitted) / left) ** 2).mean())
        if best is None or error < best[0]:
            best = error, fitted
    fitted = best[1] if best else np.full_like(y, y.mean())
    return float(min(fitted.var() / y.var(), 1.0))


def _smooth(z: np.ndarray, width: float) -> np.ndarray:
    """Return the matrix of a local linear regression."""
    gap = z[None, :] - z[:, None]
    kernel = np.exp(-0.5 * (gap / width) ** 2)
    s0, s1, s2 = ((kernel * gap**power).sum(axis=1, keepdims=True) for power in (0, 1, 2))
    spread = s0 * s2 - s1**2
    linear = spread > 1e-10 * s0 * s0
    weights = np.where(
        linear, kernel * (s2 - s1 * gap) / np.where(linear, spread, 1.0), kernel / s0
    )
    return np.asarray(weights)
