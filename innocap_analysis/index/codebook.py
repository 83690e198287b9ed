"""The index tree and the words a codebook may use."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import pandas as pd

from innocap_analysis.index.means import find_mean
from innocap_analysis.index.normalisers import NORMALISERS

COLUMNS = (
    "code",
    "parent",
    "kind",
    "direction",
    "weight",
    "low",
    "high",
    "goalposts",
    "clip",
    "transform",
    "normalise",
    "aggregate",
    "denominator",
    "part_of",
    "scale",
    "unit",
    "source",
    "note",
)
KINDS = ("indicator", "group", "index", "context")
ORIGINS = ("figures", "given")  # what the goalposts come from
CLIPS = ("none", "low", "high", "both")
TRANSFORMS = ("none", "log")


class Leaf(NamedTuple):
    """How one indicator is brought to the common scale."""

    code: str
    method: str
    direction: float
    low: float
    high: float
    clip_low: bool
    clip_high: bool
    log: bool


class Parent(NamedTuple):
    """How one group or index comes from its children."""

    code: str
    method: str
    children: tuple[str, ...]
    weights: tuple[float, ...]


SOFT_HYPHEN = "\u00ad"


@dataclass(frozen=True)
class Codebook:
    """A checked index tree.

    Build one with :func:`read_codebook`, never directly.

    Attributes
    ----------
    table : DataFrame
        One row per node, indexed by ``code``, with every column that a codebook may have and
        ``label_<language>``; numbers are floats, empty texts are empty strings.
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
    def denominators(self) -> dict[str, str]:
        """What an indicator is divided by, for those that are."""
        table = self.table["denominator"].loc[self.leaves]
        return {str(code): str(by) for code, by in table.items() if by}

    @cached_property
    def inputs(self) -> list[str]:
        """Columns that scoring needs: the indicators and what they are divided by."""
        return list(dict.fromkeys([*self.leaves, *self.denominators.values()]))

    def find_inputs(self, known: Collection[str]) -> list[str]:
        """Return the inputs; where no denominator is known the figures come divided already."""
        divided = not set(self.denominators.values()) & set(known)
        return self.leaves if divided else self.inputs

    @cached_property
    def context(self) -> list[str]:
        """Codes that are described but never scored."""
        return list(self.table.index[self.table["kind"] == "context"])

    @cached_property
    def indexes(self) -> list[str]:
        """Codes of the roots, in the order of the table."""
        return list(self.table.index[self.table["kind"] == "index"])

    @cached_property
    def dimensions(self) -> list[str]:
        """Codes of the groups below the first index; its own where indicators lie below it."""
        root = self.indexes[0]
        children = self.children(root)
        return [root] if set(children) & set(self.leaves) else children

    @property
    def is_flat(self) -> bool:
        """Whether indicators lie directly below the first index, in no dimension."""
        return self.dimensions == self.indexes[:1]

    @cached_property
    def is_of_hundred(self) -> bool:
        """Whether scores go from 0 to 100, and are not on a scale of the figures' own."""
        ways = [NORMALISERS[rule.method] for rule in self.leaf_rules]
        means = [find_mean(rule.method) for rule in self.parent_rules]
        return all(way.clips == "score" for way in ways) and all(mean.by_unit for mean in means)

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

    @cached_property
    def leaf_rules(self) -> list[Leaf]:
        """Rules of the scored indicators, ready for arithmetic."""
        names = ("kind", "normalise", "direction", "low", "high", "clip", "transform")
        rows = zip(self.table.index, *(self.table[name] for name in names), strict=True)
        return [
            Leaf(
                code=str(code),
                method=str(method),
                direction=float(direction),
                low=float(low),
                high=float(high),
                clip_low=clip in ("low", "both"),
                clip_high=clip in ("high", "both"),
                log=transform == "log",
            )
            for code, kind, method, direction, low, high, clip, transform in rows
            if kind == "indicator"
        ]

    @cached_property
    def parent_rules(self) -> list[Parent]:
        """Rules of groups and indexes, children before their parents."""
        weight, mean = self.table["weight"].to_dict(), self.table["aggregate"].to_dict()
        rules = []
        for code in self.parents:
            children = tuple(self.children(code))
            weights = tuple(float(weight[child]) for child in children)
            rules.append(Parent(code, str(mean[code]), children, weights))
        return rules

    def children(self, code: str) -> list[str]:
        """Return the scored children of a node, in the order of the table."""
        return self._children.get(code, [])

    def leaves_of(self, code: str) -> list[str]:
        """Return the scored indicators below a node (the node itself when it is a leaf)."""
        return [node for node in self._walk(code) if self.table.at[node, "kind"] == "indicator"]

    def branch(self, code: str) -> list[str]:
        """Return what goes when an indicator is left out, itself first.

        A group goes with the last of its children that carries weight; the list ends with an
        index when nothing else is left of that.
        """
        gone = [code]
        parent = str(self.table.at[code, "parent"])
        while parent and not any(
            self.table.at[child, "weight"] > 0
            for child in self.children(parent)
            if child != gone[-1]
        ):
            gone.append(parent)
            parent = str(self.table.at[parent, "parent"])
        return gone

    def level(self, code: str) -> int:
        """Return the distance from the root: 0 for an index, 1 for its children."""
        parent = str(self.table.at[code, "parent"])
        return 0 if parent == "" else 1 + self.level(parent)

    def label(self, code: str, language: str = "en") -> str:
        """Return the label in a language; where it is empty, English, then the code."""
        return self.hyphenated(code, language).replace(SOFT_HYPHEN, "")

    def hyphenated(self, code: str, language: str = "en") -> str:
        """Return the label with soft hyphens where a long word may be broken."""
        row = self.table.loc[code]
        return str(row.get(f"label_{language}") or row.get("label_en") or code)

    def _walk(self, code: str) -> Iterator[str]:
        for child in self.children(code):
            yield from self._walk(child)
        yield code
