"""The index tree and the words a codebook may use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

COLUMNS = (
    "code",
    "parent",
    "kind",
    "label_en",
    "label_sv",
    "label_fi",
    "label_fr",
    "direction",
    "weight",
    "low",
    "high",
    "clip",
    "transform",
    "normalise",
    "aggregate",
    "denominator",
    "scale",
    "unit",
    "source",
    "note",
)
KINDS = ("indicator", "group", "index", "context")
CLIPS = ("none", "low", "high", "both")
TRANSFORMS = ("none", "log")
NORMALISERS = ("goalposts", "none")
AGGREGATORS = ("arithmetic", "geometric")


@dataclass(frozen=True)
class Codebook:
    """A checked index tree.

    Build one with :func:`read_codebook`, never directly.

    Attributes
    ----------
    table : DataFrame
        One row per node, indexed by ``code``, with every column of :data:`COLUMNS`;
        numbers are floats, empty texts are empty strings.
    name : str
        Where the table came from, for messages.
    """

    table: pd.DataFrame
    name: str = field(default="codebook", compare=False)

    @cached_property
    def leaves(self) -> list[str]:
        """Codes of the scored indicators, in the order of the table."""
        return list(self.table.index[self.table["kind"] == "indicator"])

    @cached_property
    def context(self) -> list[str]:
        """Codes that are described but never scored."""
        return list(self.table.index[self.table["kind"] == "context"])

    @cached_property
    def indexes(self) -> list[str]:
        """Codes of the roots, in the order of the table."""
        return list(self.table.index[self.table["kind"] == "index"])

    @cached_property
    def parents(self) -> list[str]:
        """Codes of groups and indexes, children before their parents."""
        return [code for root in self.indexes for code in self._walk(root) if self.children(code)]

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        children: dict[str, list[str]] = {}
        scored = self.table[self.table["kind"] != "context"]
        for code, parent in scored["parent"].items():
            children.setdefault(parent, []).append(str(code))
        return children

    def children(self, code: str) -> list[str]:
        """Return the scored children of a node, in the order of the table."""
        return self._children.get(code, [])

    def leaves_of(self, code: str) -> list[str]:
        """Return the scored indicators below a node (the node itself when it is a leaf)."""
        return [node for node in self._walk(code) if self.table.at[node, "kind"] == "indicator"]

    def level(self, code: str) -> int:
        """Return the distance from the root: 0 for an index, 1 for its children."""
        parent = str(self.table.at[code, "parent"])
        return 0 if parent == "" else 1 + self.level(parent)

    def label(self, code: str, language: str = "en") -> str:
        """Return the label in a language; where it is empty, English, then the code."""
        row = self.table.loc[code]
        return str(row[f"label_{language}"] or row["label_en"] or code)

    def _walk(self, code: str) -> Iterator[str]:
        for child in self.children(code):
            yield from self._walk(child)
        yield code
