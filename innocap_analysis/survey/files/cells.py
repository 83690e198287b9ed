"""A column of an export as the texts that differ, and which of them every row has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of one column: `at` says for every row which of `texts` stands there."""

    at: np.ndarray
    texts: np.ndarray
    rows: pd.Index  # their numbers in the file

    @classmethod
    def number(cls, cells: np.ndarray, rows: pd.Index) -> Cells:
        """Give texts that differ a number, in the order in which they come."""
        at, texts = pd.factorize(cells)
        return cls(at, np.asarray(texts, dtype=object), rows)

    @classmethod
    def join(cls, parts: Sequence[Cells]) -> Cells:
        """Put parts of a column below each other; a text of several parts is there as often."""
        if len(parts) == 1:
            return parts[0]
        starts = np.cumsum([0, *(len(part.texts) for part in parts)])
        at = [part.at + start for part, start in zip(parts, starts, strict=False)]
        rows = parts[0].rows.append([part.rows for part in parts[1:]])
        return cls(np.concatenate(at), np.concatenate([part.texts for part in parts]), rows)

    def spread(self, values: Iterable[object]) -> np.ndarray:
        """Return for every row what its text became."""
        of_texts = np.empty(len(self.texts), dtype=object)
        of_texts[:] = list(values)
        return np.asarray(of_texts[self.at])

    def tell(self) -> np.ndarray:
        """Return the text of every row."""
        return np.asarray(self.texts[self.at])

    def rewrite(self, texts: Iterable[str]) -> Cells:
        """Return the cells with other texts for those there are."""
        of_texts = np.empty(len(self.texts), dtype=object)
        of_texts[:] = list(texts)
        return replace(self, texts=of_texts)

    @property
    def filled(self) -> np.ndarray:
        """Which rows say anything."""
        says = np.array([bool(text.strip()) for text in self.texts], dtype=bool)
        return np.asarray(says[self.at])

    @cached_property
    def first_rows(self) -> np.ndarray:
        """Return the first row that has each of the texts."""
        found = np.empty(len(self.texts), dtype=np.int64)
        found[self.at[::-1]] = np.asarray(self.rows)[::-1]  # the first one is written last
        return found

    @cached_property
    def counts(self) -> np.ndarray:
        """Return how many rows have each of the texts."""
        return np.asarray(np.bincount(self.at, minlength=len(self.texts)))

    def fill(self, other: Cells, gaps: np.ndarray) -> Cells:
        """Return the cells with those of another column in some rows."""
        return Cells.number(np.where(gaps, other.tell(), self.tell()), self.rows)
