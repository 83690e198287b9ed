"""Every number that a reader sees: a fact with a stable name, printed in one way."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from innocap_analysis.errors import InnocapError
from innocap_analysis.pages.names import Name

if TYPE_CHECKING:
    from innocap_analysis.pages.view import View

FLAG_MARK = "†"
HIDDEN = "not shown"
SYNTHETIC = "SYNTHETIC"
_JOINED_DASH = "\N{WORD JOINER}–\N{WORD JOINER}"

# What one of a kind of number is, for the results, and how the kind is written.
KINDS: dict[str, tuple[str, Callable[[View, float], str]]] = {
    "points": ("points, 0 to 100", lambda view, x: view.number(x)),
    "whole_points": ("points, 0 to 100", lambda view, x: view.number(x, decimals=0)),
    "given_points": ("points, 0 to 100", lambda view, x: view.figure(x)),
    "gap": ("points", lambda view, x: view.number(x, sign=True)),
    "own_points": ("points", lambda view, x: view.number(x, decimals=2)),
    "own_gap": ("points", lambda view, x: view.number(x, decimals=2, sign=True)),
    "rank": ("rank, 1 is best", lambda view, x: view.number(x, decimals=0)),
    "count": ("count", lambda view, x: view.number(x, decimals=0)),
    "per_km2": ("people per km2", lambda view, x: view.number(x, decimals=1 if x >= 1 else 2)),
    "km2": ("km2", lambda view, x: view.number(x, decimals=0)),
    "year": ("year", lambda view, x: f"{x:.0f}"),
    "figure": ("as published", lambda view, x: view.figure(x)),
    "change": ("as published", lambda view, x: view.number(x, decimals=2, sign=True)),
    "share": ("share, 0 to 1", lambda view, x: view.share(x)),
    "share_2": ("share, 0 to 1", lambda view, x: view.share(x, decimals=2)),
    "probability": ("share of runs, 0 to 1", lambda view, x: view.probability(x)),
    "chance": ("probability, 0 to 1", lambda view, x: view.probability(x)),
    "number": ("number", lambda view, x: view.number(x)),
    "number_0": ("number", lambda view, x: view.number(x, decimals=0)),
    "number_2": ("number", lambda view, x: view.number(x, decimals=2)),
    "number_3": ("number", lambda view, x: view.number(x, decimals=3)),
    "number_5": ("number", lambda view, x: view.number(x, decimals=5)),
    "p": ("p-value", lambda view, x: view.p_value(x)),
    "minutes": ("minutes", lambda view, x: view.number(x)),
}
_UNSIGNED = {"gap": "points", "own_gap": "own_points"}
# Of an index whose scores do not go from 0 to 100.
OWN_SCALE = {"points": "own_points", "gap": "own_gap"}


@dataclass(frozen=True)
class Fact:
    """One number as it stands in ``reports/results.csv``; :data:`MEANINGS` tells its fields.

    `kind` is how it is written, a key of :data:`KINDS`; `hidden` never tells how few there were.
    """

    page: str
    unit: str
    code: str
    measure: str
    kind: str
    value: float
    low: float = math.nan
    high: float = math.nan
    n: float = math.nan
    sources: tuple[str, ...] = ()
    flag: str = ""
    hidden: str = ""

    @property
    def id(self) -> str:
        """The name by which ``innocap verify --number`` finds it."""
        return f"{self.page}:{self.unit}:{self.code}:{self.measure}"

    @property
    def content(self) -> tuple[object, ...]:
        """What must be the same wherever the number is printed, on any page."""
        given = (self.value, self.low, self.high, self.n)
        return (self.kind, *(None if math.isnan(x) else x for x in given), self.flag, self.hidden)


class Said:
    """A fact on its way into a text: formats itself in a language, and is kept in the ledger."""

    def __init__(self, fact: Fact, view: View, part: str = "value") -> None:
        self.fact, self._view, self._part = fact, view, part

    @property
    def low(self) -> Said:
        """The lower end of its interval."""
        return Said(self.fact, self._view, "low")

    @property
    def high(self) -> Said:
        """The upper end of its interval."""
        return Said(self.fact, self._view, "high")

    @property
    def place(self) -> Name:
        """The name of the country or region that it is about."""
        return Name.wrap(self._view.unit(self.fact.unit))

    @property
    def name(self) -> str:
        """The label of what it is about."""
        return self._view.code(self.fact.code)

    @property
    def points(self) -> str:
        """The number with the word for points in the form that it asks for."""
        return self._view.say_number("{n} point", "{n} points", n=self)

    @property
    def distance(self) -> str:
        """The same of a gap without its sign."""
        return self._view.say_number("{n:abs} point", "{n:abs} points", n=self)

    @property
    def digits(self) -> str:
        """The number as English writes it, without its sign: plural forms depend on it."""
        if self.fact.kind in ("count", "rank", "year") or not math.isfinite(float(self)):
            return "0" if not math.isfinite(float(self)) else f"{abs(float(self)):.0f}"
        return f"{abs(float(self)):.1f}"

    def __float__(self) -> float:
        return float(getattr(self.fact, self._part))

    def __str__(self) -> str:
        return format(self)

    def __format__(self, spec: str) -> str:
        """Write it; ``abs`` without its sign, ``interval`` with both ends behind it."""
        self._view.ledger.add(self.fact)
        if spec not in ("", "abs", "interval"):
            raise ValueError(f"a fact is written plainly, 'abs' or 'interval', not {spec!r}")
        if self.fact.hidden:
            return self._view.say("not shown")
        text = self._write(abs(float(self)) if spec == "abs" else float(self), signed=spec != "abs")
        if spec == "interval" and not math.isnan(self.fact.low):
            ends = (self._write(self.fact.low), self._write(self.fact.high))
            below = self.fact.low < 0  # a dash beside a minus is not read
            told = (
                self._view.say("{low} to {high}", low=ends[0], high=ends[1])
                if below
                else _JOINED_DASH.join(ends)
            )
            text += f" ({told})"
        known = self.fact.flag and self.fact.flag != SYNTHETIC
        marked = known and self._part == "value" and not math.isnan(self.fact.value)
        return text + FLAG_MARK if marked else text

    def _write(self, value: float, *, signed: bool = True) -> str:
        if math.isnan(value):
            return "–"
        kind = self.fact.kind if signed else _UNSIGNED.get(self.fact.kind, self.fact.kind)
        return str(KINDS[kind][1](self._view, value))


@dataclass
class Ledger:
    """The facts that a page has printed, by their names."""

    facts: dict[str, Fact] = field(default_factory=dict)

    def add(self, fact: Fact) -> None:
        """Keep a fact; one name cannot stand for two numbers."""
        known = self.facts.setdefault(fact.id, fact)
        if known.content != fact.content:
            raise InnocapError(
                f"{fact.id} is printed as {fact.content} and as {known.content}; give the two "
                "measures names of their own"
            )

    def to_csv(self) -> str:
        """Return the results file of a page: :data:`COLUMNS`, a row per fact, sorted by name."""
        stream = io.StringIO()
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for _, fact in sorted(self.facts.items()):
            row = asdict(fact) | {"id": fact.id, "sources": " ".join(fact.sources)}
            row["unit_of_measure"] = KINDS[row.pop("kind")][0]
            row |= {name: "" if math.isnan(row[name]) else row[name] for name in NUMERIC}
            writer.writerow(row)
        return stream.getvalue()


# Columns of the results, in their order, with what they hold.
MEANINGS = {
    "id": "page:unit:code:measure; with the name of a parameter set as page@set",
    "page": "number of the notebook; 00 is the front page",
    "unit": "country, region or group; empty: everyone",
    "code": "node of the index, indicator, item or other subject",
    "measure": "what is measured",
    "value": "the number, unrounded; empty where there is none or it is not shown",
    "low": "lower end of its interval",
    "high": "upper end of its interval",
    "n": "how many units, runs or respondents it rests on",
    "sources": "raw files behind it, separated by spaces",
    "flag": "known weakness of the figure, or SYNTHETIC",
    "hidden": "filled where a value may not be shown; never tells why",
    "unit_of_measure": "what one is",
}
COLUMNS = tuple(MEANINGS)
NUMERIC = ("value", "low", "high", "n")
