"""What one indicator, or one single figure, decides: each left out in turn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from innocap_analysis.index.aggregate import aggregate_arrays
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.factors import LeaveOneOut
from innocap_analysis.index.normalise import ScoreWarning
from innocap_analysis.index.score import IndexResult, score_index
from innocap_analysis.index.sensitivity import SensitivityResult
from innocap_analysis.index.simulation import Simulation


def leave_out_indicators(
    values: pd.DataFrame, codebook: Codebook, *, min_coverage: float
) -> SensitivityResult:
    """Score the index once for each indicator that could be left out, and as it is.

    Returns: one run per indicator; `choices` names it in the column `left_out`, empty in the first
    run, which is the index as it is.
    """
    factor = LeaveOneOut()
    n = len(factor.options(codebook))
    # The middle of each option's share of the unit interval picks every option once.
    middles = ((np.arange(n) + 0.5) / n)[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoreWarning)  # told when the index itself was scored
        baseline = score_index(values, codebook, min_coverage=min_coverage).scores
        scores = Simulation(values, codebook, [factor], [middles], n, min_coverage).run()
    return SensitivityResult(
        choices=pd.DataFrame({"left_out": factor.options(codebook)}),
        scores={code: pd.DataFrame(x, columns=values.index) for code, x in scores.items()},
        baseline=baseline,
        factors=(factor.name,),
    )


def leave_out_cells(
    result: IndexResult, units: Sequence[str], *, min_coverage: float
) -> SensitivityResult:
    """Score the index once for each single figure of some units that could be missing."""
    book, index = result.codebook, result.normalised.index
    cells = [
        (unit, code)
        for unit in units
        for code in book.leaves
        if not np.isnan(result.normalised.at[unit, code])
    ]
    leaves = {
        code: np.tile(result.normalised[code].to_numpy(), (len(cells), 1)) for code in book.leaves
    }
    for run, (unit, code) in enumerate(cells):
        leaves[code][run, index.get_loc(unit)] = np.nan
    nodes = aggregate_arrays(leaves, book, min_coverage=min_coverage)
    return SensitivityResult(
        choices=pd.DataFrame(cells, columns=["unit", "left_out"]),
        scores={code: pd.DataFrame(score, columns=index) for code, (score, _) in nodes.items()},
        baseline=result.scores,
        factors=("cell",),
    )
