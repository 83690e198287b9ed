"""Freezing goalposts from a reference set."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from innocap_analysis.data.observations import keep_newest
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import write_atomically
from innocap_analysis.index.capacity import prepare_indicators, widen_units
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.codebook_file import read_codebook, replace_cells
from innocap_analysis.index.figures import check_numbers
from innocap_analysis.index.normalisers import find_normaliser
from innocap_analysis.index.steps import denominate
from innocap_analysis.settings import Settings


def compute_goalposts(values: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Compute goalposts as the smallest and largest value of a reference set.

    The table shows what the data say now beside what the codebook holds. The codebook is
    the authority: goalposts change only when somebody writes new ones into it, so that
    scores of different years and regions stay comparable.

    Returns: one row per indicator with goalposts: `code`, `n` (reference units with a value),
    `low`, `high`, `frozen_low`, `frozen_high`, `agrees`. Figures without a range say
    nothing against goalposts that are frozen, and no figures against such as are given (those of
    theory, say: 0 and 100 of a share).
    """
    rows = []
    figures = denominate(values, codebook)
    for code in codebook.leaves:
        row = codebook.table.loc[code]
        if not find_normaliser(row["normalise"]).needs:
            continue
        held = float(row["low"]), float(row["high"])
        column = pd.Series(check_numbers(figures, [code])[0])
        low, high = float(column.min()), float(column.max())
        rows.append(
            {
                "code": code,
                "n": int(column.count()),
                "low": low,
                "high": high,
                "frozen_low": held[0],
                "frozen_high": held[1],
                "agrees": row["goalposts"] == "given"
                or (low, high) == held
                or (held[0] < held[1] and not low < high),
            }
        )
    return pd.DataFrame(rows)


def recompute_goalposts(settings: Settings) -> pd.DataFrame:
    """Compute the goalposts of the project's own codebook, those of new rows among them."""
    book = read_codebook(settings.codebook_path, frozen=False)
    prepared = prepare_indicators(settings, book)
    newest = keep_newest(prepared.observations)
    return compute_goalposts(widen_units(newest, book, prepared, settings), book)


def write_goalposts(path: Path, goalposts: pd.DataFrame) -> int:
    """Freeze goalposts in a codebook file; every other byte of it stays."""
    read_codebook(path, frozen=False)
    faults = []
    due = goalposts[~goalposts["agrees"].astype(bool)]
    for row in due[~(due["low"] < due["high"])].itertuples():
        told = f"has the figure {row.low:g} everywhere" if row.n else "has no figure at all"
        faults.append(f"{row.code}: {told} and so no goalposts; give it low and high by hand")
    if faults:
        raise InnocapError(f"{path.name}: " + "\n  ".join(faults))
    rows = due.set_index("code")
    numbers = {(str(c), end): float(rows.at[c, end]) for c in rows.index for end in ("low", "high")}
    content, changed = replace_cells(path, numbers)
    if changed:
        write_atomically(path, content)
    return changed
