"""Rows of a codebook: drafted, put beside their siblings, and their goalposts frozen."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from innocap_analysis.changes.change import Change, refuse
from innocap_analysis.changes.csvtext import add_columns, add_row, list_columns
from innocap_analysis.data.observations import keep_newest, widen
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.index.capacity import prepare_indicators
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.codebook_file import find_delimiter, read_codebook
from innocap_analysis.index.goalposts import (
    compute_goalposts,
    recompute_goalposts,
    write_goalposts,
)
from innocap_analysis.settings import Settings

DIRECTIONS = {"up": "1", "down": "-1"}
KINDS = ("indicator", "context")


@dataclass(frozen=True)
class Row:
    """A row of a codebook, as a person says it.

    `direction` is up (higher is better) or down; `labels` are by language; `low` and `high` are
    goalposts, which are else frozen from the figures.
    """

    code: str
    kind: str = ""
    parent: str = ""
    direction: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    source: str = ""
    note: str = ""
    weight: float = 1.0
    low: float | None = None
    high: float | None = None


def find_codebook(settings: Settings, file: str = "") -> Path:
    """Return the codebook that rows go into: the project's, or the file that is named."""
    if not file:
        return settings.codebook_path
    for path in (Path(file).absolute(), settings.root / file):
        if path.is_file():
            if not path.is_relative_to(settings.root):
                raise InnocapError(f"--codebook {file}: lies outside the project")
            return path
    raise InnocapError(f"--codebook {file}: there is no such file")


def find_settings(settings: Settings, codebook: Path) -> Settings | None:
    """Return the settings as seen from the index of a codebook; None where none has it."""
    if codebook == settings.root / settings.codebook:
        return settings.choose(None)
    for name, plan in settings.indexes.items():
        if codebook == settings.root / plan.codebook:
            return settings.choose(name)
    return None


def list_groups(book: Codebook) -> list[str]:
    """Return what an indicator may belong to."""
    return [str(c) for c in book.table.index[book.table["kind"].isin(["group", "index"])]]


def check_row(row: Row, groups: Sequence[str]) -> list[str]:
    """List what is missing or wrong in a row that a person gave."""
    faults = []
    at = f"indicator {row.code}"
    if row.kind not in KINDS:
        told = "say" if not row.kind else f"{row.kind!r} is none of"
        faults.append(f"{at}: {told} --kind indicator (scored) or --kind context (only described)")
    if row.kind == "indicator":
        if row.parent not in groups:
            told = (
                f"{row.parent!r} is no group{suggest(row.parent, groups)}; " if row.parent else ""
            )
            named = f"one of {', '.join(groups)}" if groups else "a dimension, such as DIG"
            faults.append(f"{at}: {told}say --parent: {named}")
        if row.direction not in DIRECTIONS:
            told = f"{row.direction!r} is neither" if row.direction else "say"
            faults.append(f"{at}: {told} --direction up (higher is better) or down")
        if (row.low is None) != (row.high is None):
            faults.append(f"{at}: give both --low and --high, or neither")
        elif row.low is not None and row.high is not None and not row.low < row.high:
            faults.append(f"{at}: --low {row.low:g} is not below --high {row.high:g}")
    return faults


def put_rows(change: Change, path: Path, rows: Sequence[Row]) -> None:
    """Put rows into a codebook, each below the last of its siblings.

    Goalposts that were not said stay open.
    """
    text = change.read(path)
    if any(row.low is not None and row.kind == "indicator" for row in rows):
        text = add_columns(text, ["goalposts"], after="high")
    columns = list_columns(text)
    for row in rows:
        own = row.kind == "indicator"
        cells = {
            "code": row.code, "parent": row.parent if own else "", "kind": row.kind,
            "direction": DIRECTIONS.get(row.direction, "1"),
            "weight": f"{row.weight:g}", "unit": row.unit, "source": row.source, "note": row.note,
            **{f"label_{language}": label for language, label in row.labels.items()},
        }  # fmt: skip
        if own:
            cells |= {"clip": "both", "transform": "none", "normalise": "goalposts"}
        if own and row.low is not None:
            cells |= {"low": f"{row.low:.12g}", "high": f"{row.high:.12g}", "goalposts": "given"}
        optional = (
            "direction",
            "weight",
            "clip",
            "transform",
            "normalise",
            "unit",
            "source",
            "note",
        )
        kept = {c: cell for c, cell in cells.items() if c in columns or c not in optional}
        below = _list_siblings(text, columns, row.parent) if own else ()
        text = add_row(text, kept, name=path.name, below=below)
    change.put(path, text)


def _list_siblings(text: str, columns: Sequence[str], parent: str) -> list[str]:
    """Return the parent and the codes that have it, as they stand in the first column."""
    if columns[0] != "code" or "parent" not in columns:
        return []
    at = columns.index("parent")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=find_delimiter(text))
    records = [record for record in reader if len(record) > at]
    return [parent, *(record[0] for record in records if record[at] == parent)]


def freeze_goalposts(
    change: Change, path: Path, rows: Sequence[Row], *, anew: bool = False
) -> None:
    """Give new rows the goalposts of the figures, unless some were said; others only `anew`."""
    codes = {row.code for row in rows if row.kind == "indicator"}
    if not codes and not anew:
        return
    with change.tried() as settings:
        copy = settings.root / path.relative_to(change.settings.root)
        table = _compute(settings, copy)
        if table.empty:
            return
        if not anew:
            table = table[table["code"].isin(codes)]
        write_goalposts(copy, table)
        change.put(path, copy.read_bytes())


def _compute(settings: Settings, path: Path) -> pd.DataFrame:
    chosen = find_settings(settings, path)
    if chosen is not None:
        return recompute_goalposts(chosen)
    book = read_codebook(path, frozen=False)  # of no index: over every unit that has figures
    newest = keep_newest(prepare_indicators(settings, book).observations)
    return compute_goalposts(widen(newest[newest["code"].isin(book.inputs)], book.inputs), book)


def add_indicator(settings: Settings, row: Row, *, codebook: str = "") -> Change:
    """Add a row for figures that are in data/raw already."""
    path = find_codebook(settings, codebook)
    book = read_codebook(path)
    faults = check_row(row, list_groups(book))
    if row.code in book.table.index:
        faults.append(f"indicator {row.code}: is in {path.name} already; edit its row there")
    if not row.labels.get("en"):
        faults.append(f"indicator {row.code}: say what it is called with --label en=TEXT")
    refuse("innocap add indicator", faults)
    change = Change(settings)
    put_rows(change, path, [row])
    freeze_goalposts(change, path, [row])
    return change
