"""What every format of official statistics comes down to: figures by several dimensions."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from innocap_analysis.errors import InnocapError, find_no_text

PLACE, TIME, MEASURE = "place", "time", "measure"  # what a dimension is about
MOST_BYTES = 200_000_000
MOST_CELLS = 2_000_000
MOST_DIMENSIONS = 30
# What stands where no figure is: PxWeb's dots and dash, Eurostat's colon, null.
MISSING = frozenset([":", ".", "..", "...", "....", "-", "–", "x", "*", "na", "n/a", "nan", "null"])
_FLAGGED = re.compile(r"(-?[\d.,]+)\s*([A-Za-z]{1,4})")
_GROUPED = re.compile(r"-?\d{1,3}([\s\u00a0\u202f]\d{3})+([.,]\d+)?")
_REASON = re.compile(r"[.:\-]+\s*[A-Za-z]{1,4}")  # ": c": missing, and why
_MOST_TOLD = 10


@dataclass(frozen=True)
class Dimension:
    """One dimension of a file: the labels of its categories, and what it is about."""

    code: str
    label: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    role: str = ""
    units: dict[str, str] = field(default_factory=dict)

    def tell(self, category: str) -> str:
        """Return a category with its label, as messages name it."""
        label = self.labels.get(category, "")
        return category if label in ("", category) else f"{category} ({label})"


@dataclass(frozen=True)
class Cube:
    """The figures of a file.

    `cells` holds a category of every dimension for each figure, `values` the figures (NaN where
    there is none), `statuses` flags and marks for missing ones, `lines` where each stands in
    the file. `country` is set where a format is one country's own.
    """

    kind: str
    dimensions: tuple[Dimension, ...]
    cells: pd.DataFrame
    values: pd.Series
    statuses: pd.Series
    lines: pd.Series
    title: str = ""
    publisher: str = ""
    updated: str = ""
    country: str = ""
    notes: tuple[str, ...] = ()

    def find(self, role: str) -> list[Dimension]:
        """Return the dimensions of a role."""
        return [one for one in self.dimensions if one.role == role]

    def keep(self, chosen: pd.Series) -> Cube:
        """Return some of the figures."""
        parts = {
            name: getattr(self, name)[chosen].reset_index(drop=True)
            for name in ("cells", "values", "statuses", "lines")
        }
        return replace(self, **parts)


def make_cube(
    kind: str,
    dimensions: Sequence[Dimension],
    rows: Sequence[Sequence[str]],
    figures: Sequence[tuple[float, str]],
    lines: Iterable[str],
    **more: Any,  # noqa: ANN401 - the other fields of a cube
) -> Cube:
    """Put a cube together from rows of categories and what :func:`parse_figure` gave."""
    names = [one.code for one in dimensions]
    return Cube(
        kind, tuple(dimensions), pd.DataFrame(rows, columns=names, dtype="str"),
        pd.Series([value for value, _ in figures], dtype="float64"),
        pd.Series([status for _, status in figures], dtype="str"),
        pd.Series(list(lines), dtype="str"), **more,
    )  # fmt: skip


def parse_figure(text: str, *, comma: bool = False) -> tuple[float, str] | None:
    """Read a figure and the flag behind it; NaN and its mark where there is none, None if neither.

    With `comma`, numbers are written with a decimal comma.
    """
    plain = text.strip()
    if not plain or plain.casefold() in MISSING:
        return math.nan, plain
    if _GROUPED.fullmatch(plain):
        plain = re.sub(r"\s", "", plain)
    found = _FLAGGED.fullmatch(plain)
    number, flag = plain, ""
    if found and _read_number(plain, comma=comma) is None:
        number, flag = found[1], found[2]
    value = _read_number(number, comma=comma)
    if value is None and _REASON.fullmatch(plain):  # ": c", missing for a reason
        return math.nan, plain
    return None if value is None else (value, flag)


def _read_number(text: str, *, comma: bool) -> float | None:
    if comma:
        if "." in text and "," in text:
            return None
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def load_json(data: bytes, name: str) -> Any:  # noqa: ANN401 - any JSON
    """Read JSON strictly: no NaN, no name twice in an object, not too deep, not too large."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no number of JSON")

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(pairs)
        if len(built) < len(pairs):
            names = [key for key, _ in pairs]
            twice = next(key for key in names if names.count(key) > 1)
            raise ValueError(f"{twice!r} stands twice in an object")
        return built

    try:
        text = data.decode("utf-8-sig")
        content = json.loads(text, parse_constant=refuse, object_pairs_hook=build)
        if "\\u" in text and (code := find_no_text(content)):
            raise ValueError(f"{code} is no character of a text")
        return content
    except UnicodeDecodeError:
        raise InnocapError(f"{name}: is not UTF-8, as JSON must be; download it again") from None
    except RecursionError:
        raise InnocapError(f"{name}: is nested too deeply for a file of figures") from None
    except ValueError as error:
        raise InnocapError(
            f"{name}: is no valid JSON ({error}); it may have been cut off: download it again"
        ) from None


def raise_faults(name: str, faults: Sequence[str]) -> None:
    """Raise one error that tells the faults, if there are any."""
    if faults:
        more = len(faults) - _MOST_TOLD
        told = [*faults[:_MOST_TOLD], *([f"and {more} more"] if more > 0 else [])]
        raise InnocapError(f"{name}: " + "\n  ".join(told))
