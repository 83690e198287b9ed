"""Faults of a codebook, found all at once and told by row."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from fewlikert.tables import fold_name
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.index.codebook import CLIPS, COLUMNS, KINDS, ORIGINS, TRANSFORMS
from innocap_analysis.index.figures import LARGEST, SMALLEST
from innocap_analysis.index.means import find_mean
from innocap_analysis.index.normalisers import NORMALISERS
from innocap_analysis.languages import find_languages

REQUIRED_COLUMNS = ("code", "parent", "kind")
NUMBER_COLUMNS = ("direction", "weight", "low", "high")


def check_columns(table: pd.DataFrame) -> list[str]:
    """List missing, doubled and unknown columns."""
    head = list(table.columns)
    faults = [f"column {column!r} is missing" for column in REQUIRED_COLUMNS if column not in head]
    for column in dict.fromkeys(head):
        if head.count(column) > 1:
            faults.append(f"column {column!r} appears twice")
        if column not in COLUMNS and not find_languages([column]):
            faults.append(f"column {column!r} is unknown{suggest(column, COLUMNS)}")
    if not faults and table.empty:
        faults.append("holds a header but no row")
    return faults


def parse_number(text: str) -> float:
    """Return the number in a cell that passed the checks; an empty cell is NaN."""
    return float(text) if text else math.nan


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and "_" not in text  # which Python reads as no sign
    except ValueError:
        return False


def check_cells(table: pd.DataFrame, rows: list[str], *, frozen: bool = True) -> list[str]:
    """List the faults that a single row shows; goalposts may be missing unless frozen."""
    faults = []
    words = {"kind": KINDS, "goalposts": ORIGINS, "clip": CLIPS, "transform": TRANSFORMS,
             "normalise": [*NORMALISERS]}  # fmt: skip
    first_seen: dict[str, str] = {}
    for row, values in zip(rows, table.to_dict("records"), strict=True):
        cells = {str(column): str(value) for column, value in values.items()}
        code = cells["code"]
        at = f"{row}, {code or '(no code)'}"
        if not code:
            faults.append(f"{at}: column code is empty")
        elif fold_name(code) in first_seen:
            faults.append(f"{at}: code is already used in {first_seen[fold_name(code)]}")
        first_seen.setdefault(fold_name(code), row)
        for column, known in words.items():
            if cells[column] not in known:
                faults.append(
                    f"{at}: {column} {cells[column]!r} is none of {', '.join(known)}"
                    + suggest(cells[column], known)
                )
        try:
            find_mean(cells["aggregate"])
        except InnocapError as error:
            faults.append(f"{at}: {error}")
        texts = [c for c in NUMBER_COLUMNS if cells[c] and not _is_number(cells[c])]
        faults += [f"{at}: {column} {cells[column]!r} is not a number" for column in texts]
        if not texts:
            faults += [f"{at}: {fault}" for fault in _check_numbers(cells, frozen=frozen)]
    return faults


def _check_numbers(cells: dict[str, str], *, frozen: bool) -> Iterator[str]:
    if float(cells["direction"]) not in (1, -1):
        yield f"direction {cells['direction']} is neither 1 nor -1"
    for column in ("weight", "low", "high"):
        size = abs(float(cells[column] or 0))
        if size and not SMALLEST <= size <= LARGEST:
            yield f"{column} {cells[column]} is not from {SMALLEST:g} to {LARGEST:g}"
    if float(cells["weight"]) < 0:
        yield f"weight {cells['weight']} is below zero"
    if cells["kind"] != "indicator":
        if cells["kind"] != "context" and float(cells["direction"]) == -1:
            yield f"direction -1 is for indicators; a {cells['kind']} score is already oriented"
        return
    if cells["goalposts"] == "given" and not (cells["low"] and cells["high"]):
        yield "goalposts are given, but low or high is empty"
        return
    way = NORMALISERS.get(cells["normalise"])
    if way is not None:
        low, high = parse_number(cells["low"]), parse_number(cells["high"])
        log = cells["transform"] == "log"
        yield from way.find_faults(low, high, clip=cells["clip"], log=log, frozen=frozen)


def check_tree(table: pd.DataFrame, rows: list[str]) -> list[str]:
    """List the faults that lie between rows: parents, cycles, weights of siblings."""
    faults = []
    kinds = dict(zip(table["code"], table["kind"], strict=True))
    parents = dict(zip(table["code"], table["parent"], strict=True))
    at = {code: f"{row}, {code}" for row, code in zip(rows, table["code"], strict=True)}
    for code, parent in parents.items():
        kind = kinds[code]
        if kind == "index" and parent:
            faults.append(f"{at[code]}: an index is a root and has no parent (found {parent!r})")
        elif not parent and kind in ("indicator", "group"):
            faults.append(f"{at[code]}: parent is empty; name the group or index it belongs to")
        elif parent and parent not in kinds:
            faults.append(f"{at[code]}: parent {parent!r} is unknown{suggest(parent, list(kinds))}")
        elif parent and kinds[parent] not in ("group", "index"):
            faults.append(f"{at[code]}: parent {parent!r} is of kind {kinds[parent]}, not a group")
    leaves = {code for code, kind in kinds.items() if kind == "indicator"}
    for code, denominator in zip(table["code"], table["denominator"], strict=True):
        if denominator and code not in leaves:
            faults.append(f"{at[code]}: only an indicator is divided by a denominator")
        elif denominator in leaves:
            faults.append(
                f"{at[code]}: denominator {denominator!r} is itself scored; give it a row of kind "
                "context, or none"
            )
    faults += _find_cycles(parents, at)
    wholes = dict(zip(table["code"], table["part_of"], strict=True))
    figures = [code for code, kind in kinds.items() if kind in ("indicator", "context")]
    for code, whole in wholes.items():
        if whole and whole not in figures:
            faults.append(
                f"{at[code]}: part_of {whole!r} is no figure of this codebook; name the indicator "
                f"that holds this one, or leave it empty{suggest(whole, figures)}"
            )
    faults += _find_cycles(wholes, at, "part_of forms")
    below: dict[str, list[str]] = {code: [] for code in kinds}
    for code, parent, weight in zip(table["code"], table["parent"], table["weight"], strict=True):
        if kinds[code] != "context":
            below.setdefault(parent, []).append(weight)
    for code, kind in kinds.items():
        if kind not in ("group", "index"):
            continue
        if not below[code]:
            faults.append(f"{at[code]}: a {kind} without children")
        elif all(_is_number(w) and float(w) == 0 for w in below[code]):
            faults.append(f"{at[code]}: the weights of its children are all zero")
    if "index" not in kinds.values():
        faults.append("no row of kind index; the tree needs a root")
    return faults


def _find_cycles(
    parents: dict[str, str], at: dict[str, str], what: str = "its parents form"
) -> list[str]:
    faults = []
    done: set[str] = set()
    for start in parents:
        path: list[str] = []
        code = start
        while code in parents and code not in done and code not in path:
            path.append(code)
            code = parents[code]
        if code in path:
            loop = path[path.index(code) :]
            faults.append(f"{at[code]}: {what} a cycle: {' -> '.join([*loop, code])}")
        done.update(path)
    return faults
