"""SPSS and Stata files: numbers whose labels, and whose missing values, the file declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.survey.files.textfile import check_width
from innocap_analysis.survey.files.workbook import write_cell
from innocap_analysis.survey.scales import normalise_label

_STATA_STARTS = (b"<stata_dta>", b"\x73", b"\x72", b"\x71")  # of formats 117 and later, 115 to 113


class Labelled(NamedTuple):
    """A labelled file: cells as texts, variable labels, labels of declared missing values."""

    cells: pd.DataFrame
    texts: Mapping[str, str]
    missing: Mapping[str, frozenset[str]]


def read_spss(path: Path) -> Labelled:
    """Read an SPSS file as texts."""
    import pyreadstat

    if path.open("rb").read(4) not in (b"$FL2", b"$FL3"):
        raise InnocapError(f"{path.name}: is no SPSS file, whatever its name says")
    data, meta = _read(pyreadstat.read_sav, path, "an SPSS file")
    ranges = meta.missing_ranges

    def is_missing(name: str, value: object) -> bool:
        return any(_lies_in(value, part) for part in ranges.get(name, []))

    return _write_labels(data, meta, is_missing)


def read_stata(path: Path) -> Labelled:
    """Read a Stata file as texts; its missing values .a to .z are letters in numeric variables."""
    import pyreadstat

    if not path.open("rb").read(16).startswith(_STATA_STARTS):
        raise InnocapError(f"{path.name}: is no Stata file, whatever its name says")
    data, meta = _read(pyreadstat.read_dta, path, "a Stata file")
    kinds = meta.readstat_variable_types

    def is_missing(name: str, value: object) -> bool:
        return isinstance(value, str) and kinds[name] != "string"

    return _write_labels(data, meta, is_missing)


def _read(reader: Callable[..., Any], path: Path, what: str) -> tuple[pd.DataFrame, Any]:
    import pyreadstat

    try:
        data, meta = reader(
            path, user_missing=True, apply_value_formats=False, disable_datetime_conversion=False
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError) as error:
        raise InnocapError(f"{path.name}: cannot be read as {what} ({error})") from error
    check_width(data.shape[1], path.name)
    return data, meta


def _write_labels(
    data: pd.DataFrame, meta: Any, is_missing: Callable[[str, object], bool]  # noqa: ANN401
) -> Labelled:  # fmt: skip
    """Write each value as its label.

    Where only some values have a label, as the ends of a scale, it stands behind the number,
    which tells which way the others run.
    """
    cells: dict[str, pd.Series] = {}
    silent: dict[str, frozenset[str]] = {}
    for own in map(str, data.columns):
        labels = meta.variable_value_labels.get(own, {})
        column = data[own].astype(object)
        values = list(column.dropna().unique())
        missing = [value for value in values if is_missing(own, value)]
        bare = any(value not in labels and value not in missing for value in values)
        written: dict[object, str] = {}
        for value in values:
            label, number = labels.get(value), write_cell(value)
            if value in missing:
                written[value] = label or ""
            elif label is None:
                written[value] = number
            else:
                written[value] = f"{number} - {label}" if bare and number.isdecimal() else label
        cells[own] = column.map(written).where(column.notna(), "")
        silent[own] = frozenset(normalise_label(labels.get(v) or "") for v in missing)
    table = pd.DataFrame(cells, dtype=object)
    texts = {str(k): str(v or "") for k, v in meta.column_names_to_labels.items()}
    return Labelled(table.set_axis(range(1, len(table) + 1), axis=0), texts, silent)


def _lies_in(value: Any, part: Any) -> bool:  # noqa: ANN401
    low, high = (part["lo"], part["hi"]) if isinstance(part, dict) else (part, part)
    try:
        return bool(low <= value <= high)
    except TypeError:
        return bool(value == low)
