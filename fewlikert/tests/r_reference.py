"""Two SYNTHETIC tables and what R computes from them.

The wave has 210 people in four countries and some fifty organisations; the ragged table has
groups of 8, 14, 23 and 31 with ties, missing values and the constant item x6. R 4.2.2.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent / "reference"
REVERSED = ("SKL4", "DIG5", "DEL6", "PRO4")
R: dict[str, Any] = json.loads((FOLDER / "r_results.json").read_text(encoding="utf-8"))


def read_wave(*, turned: bool = False) -> pd.DataFrame:
    """Return the wave; `y` is the mean of five items, `two` joins countries to two groups."""
    table = pd.read_csv(FOLDER / "SYNTHETIC_wave.csv")
    table["y"] = table[["DIG1", "DIG2", "DIG3", "DIG4", "DIG6"]].mean(axis=1, skipna=False)
    table["two"] = np.where(table["country"].isin(["SE", "FI"]), "N", "W")
    if turned:
        table[list(REVERSED)] = 6 - table[list(REVERSED)]
    return table


def read_ragged() -> pd.DataFrame:
    """Return the ragged table; `two` joins the three smaller groups."""
    table = pd.read_csv(FOLDER / "SYNTHETIC_ragged.csv")
    table["two"] = np.where(table["group"] == "D", "D", "AC")
    return table


def list_items(dimension: str) -> list[str]:
    """Return the six items of a dimension."""
    return [f"{dimension}{i}" for i in range(1, 7)]


RAGGED = ["x1", "x2", "x3", "x4", "x5"]
