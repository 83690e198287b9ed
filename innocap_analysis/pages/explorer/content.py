"""What the explorer is handed: figures, codebook, reference sets, looks, texts, random numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from innocap_analysis.data.datapackage import read_datapackage
from innocap_analysis.index.alternatives import change_codebook
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.verdicts import LEVEL
from innocap_analysis.pages.explorer.words import (
    collect_texts,
    name_means,
    name_references,
    name_scales,
)
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.names import FORMS

_FOLDER = Path(__file__).parent
# In the order in which they are joined into one module.
_PARTS = ("engine.js", "drawing.js", "explorer.js")
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./\w+\.js";\n', re.MULTILINE)


def read_module() -> str:
    """Return the explorer as one ES module that imports nothing."""
    return "".join(_IMPORT.sub("", _read(name)) for name in _PARTS)


def read_style() -> str:
    """Return the style sheet of the explorer."""
    return _read("explorer.css")


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def apply_choices(
    codebook: Codebook,
    *,
    weights: Mapping[str, float] | None = None,
    left_out: Sequence[str] = (),
    mean: str = "",
    within: str = "",
    normalise: str = "",
) -> Codebook:
    """Return the codebook of some choices: what the browser computes, here as a table.

    What weighs nothing is left out; an empty text leaves the codebook's own way.
    """
    given = dict(weights or {})
    groups = [code for code in codebook.parents if code not in codebook.indexes]
    return change_codebook(
        codebook,
        drop=[*left_out, *(code for code, weight in given.items() if weight == 0)],
        weights=given,
        aggregate=dict.fromkeys(codebook.indexes if mean else (), mean)
        | dict.fromkeys(groups if within else (), within),
        normalise=dict.fromkeys(codebook.leaves if normalise else (), normalise),
    )


def collect_content(view: IndexView) -> dict[str, Any]:
    """Return everything that the explorer shows and computes with, as JSON can hold it."""
    capacity, book, settings = view.capacity, view.codebook, view.settings
    values = capacity.result.values
    names = {code: view.unit(code) for code in map(str, values.index)}
    texts = collect_texts(view.language, view.wording)
    texts["sources"] = texts["sources"].format(publishers="; ".join(_list_publishers(view)))
    own = name_references(view.language)
    sets: dict[str, Any] = {
        name: {"label": own.get(name, name), "units": capacity.reference_units(name)}
        for name in settings.sets
    }
    chosen = view.reference if isinstance(view.reference, str) else "chosen"
    sets.setdefault(chosen, {"label": view.units(view.members), "units": list(view.members)})
    state = np.random.default_rng(view.seed).bit_generator.state["state"]
    scales = name_scales(view.language)
    if any(np.isnan(rule.low) for rule in book.leaf_rules):
        scales.pop("goalposts")
    return {
        "language": view.language.replace("_", "-"),
        "units": list(names),
        "names": names,
        "called": {
            code: {form: f"{view.unit(code):{form}}" for form in ("the", "The")} for code in names
        },
        "partners": [code for code in view.compared if code in names],
        "unit": view.about if view.place is not None else view.compared[0],
        "looks": {
            code: {"colour": view.colour(code), "marker": view.marker(code)} for code in view.marked
        },
        "flags": {
            code: {
                leaf: told
                for leaf in book.leaves
                if (told := " ".join(view.tell_flags([code], [leaf])))
            }
            for code in view.marked
        },
        "references": sets,
        "reference": chosen,
        "nodes": [_describe_node(view, code) for code in map(str, book.table.index)],
        "codebook": _write_cells(book),
        "values": {
            code: [None if np.isnan(x) else x for x in values[code].tolist()]
            for code in book.leaves
        },
        "min_coverage": settings.min_coverage,
        "level": LEVEL,
        "runs": view.n,
        # Whole numbers of 128 bits: too long for a number of JSON.
        "seed": {name: str(number) for name, number in state.items()},
        "means": name_means(view.language),
        "normalisations": scales,
        "texts": texts,
    }


def _list_publishers(view: IndexView) -> list[str]:
    """Name who published the figures of the index, each once."""
    resources = {one.name: one for one in read_datapackage(view.settings.raw_dir)}
    files = view.find_sources(view.root)
    return list(dict.fromkeys(resources[name].publisher for name in files if name in resources))


def _describe_node(view: IndexView, code: str) -> dict[str, Any]:
    """Return a row of the codebook as the engine takes it."""
    row = view.codebook.table.loc[code]
    numbers = {name: float(row[name]) for name in ("weight", "direction", "low", "high")}
    return {
        "code": code,
        "label": view.code(code),
        "forms": {form: f"{view.code(code):{form}}" for form in FORMS},
        "method": str(row["normalise"]),
        "log": row["transform"] == "log",
        "clipLow": row["clip"] in ("low", "both"),
        "clipHigh": row["clip"] in ("high", "both"),
        **{name: str(row[name]) for name in ("parent", "kind", "aggregate", "part_of")},
        **{name: None if np.isnan(x) else x for name, x in numbers.items()},
    }


def _write_cells(book: Codebook) -> dict[str, Any]:
    """Return the codebook as texts, so that the browser can write it as a file."""
    table = book.table.reset_index()

    def write(cell: object) -> str:
        if isinstance(cell, float):
            return "" if pd.isna(cell) else repr(int(cell) if cell.is_integer() else cell)
        return str(cell)

    return {
        "columns": list(table),
        "rows": [[write(cell) for cell in row] for row in table.itertuples(index=False)],
    }
