"""Weights of nodes in the index as a whole."""

from __future__ import annotations

import pandas as pd

from innocap_analysis.codebook import Codebook


def compute_effective_weights(codebook: Codebook) -> pd.DataFrame:
    """Compute how much each node counts in its index.

    Parameters
    ----------
    codebook : Codebook
        The index; `weight` is relative to siblings.

    Returns
    -------
    DataFrame
        One row per scored node: `code`, `parent`, `level`, `weight` (product of the shares
        on the way up to the root; the indicators of one index sum to 1).

    Examples
    --------
    >>> from innocap_analysis import load_capacity
    >>> table = compute_effective_weights(load_capacity().codebook)
    >>> round(float(table.set_index("code").at["PRO", "weight"]), 2)
    0.25
    """
    effective = dict.fromkeys(codebook.indexes, 1.0)
    for parent in reversed(codebook.parents):
        children = codebook.children(parent)
        given = codebook.table["weight"].loc[children]
        for child, share in (given / given.sum()).items():
            effective[str(child)] = effective[parent] * float(share)
    codes = [code for code in codebook.table.index if code in effective]
    return pd.DataFrame(
        {
            "code": codes,
            "parent": [str(codebook.table.at[code, "parent"]) for code in codes],
            "level": [codebook.level(code) for code in codes],
            "weight": [effective[code] for code in codes],
        }
    )
