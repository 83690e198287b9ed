"""Published composites, recomputed from their published parts by codebooks alone."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from innocap_analysis.data.clean import widen
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.score import score_index


def recompute_published(observations: pd.DataFrame, codebooks: Sequence[Codebook]) -> pd.DataFrame:
    """Recompute published composites and compare them with what was published.

    Returns: one row per composite, year and unit: `code`, `time`, `unit`, `published`,
    `recomputed`, `difference`. Years without the composite or a part are left out.
    """
    rows = []
    for book in codebooks:
        root = book.indexes[0]
        codes = [root, *book.find_inputs(set(observations["code"]))]
        own = observations[observations["code"].isin(codes)]
        for time, year in own.groupby("time"):
            if set(year["code"]) != set(codes):
                continue
            wide = widen(year, codes).dropna()
            recomputed = score_index(wide, book).scores[root]
            rows.append(
                pd.DataFrame(
                    {
                        "code": root,
                        "time": time,
                        "unit": wide.index,
                        "published": wide[root].to_numpy(),
                        "recomputed": recomputed.to_numpy(),
                        "difference": (recomputed - wide[root]).to_numpy(),
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)
