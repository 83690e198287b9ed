"""SDMX-CSV 1.0 and 2.0, codes alone or with labels: what the OECD and Eurostat give.

The format is described at https://github.com/sdmx-twg/sdmx-csv.
"""

from __future__ import annotations

from collections.abc import Sequence

from innocap_analysis.data.official.cube import (
    MOST_CELLS,
    PLACE,
    TIME,
    Cube,
    Dimension,
    make_cube,
    parse_figure,
    raise_faults,
)
from innocap_analysis.errors import InnocapError

_TIME, _VALUE = "TIME_PERIOD", "OBS_VALUE"
_PLACES = ("REF_AREA", "GEO", "LOCATION", "GEO_PICT", "TL", "REG_ID")
_HEAD = ("DATAFLOW", "STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "SERIES_KEY",
         "OBS_KEY", "LAST UPDATE")  # fmt: skip
_STATUS = ("OBS_STATUS", "OBS_FLAG")
_SAME = ("A", "")  # code list CL_OBS_STATUS: a normal value


def is_sdmxcsv(head: Sequence[str]) -> bool:
    """Tell whether the header of a table is one of SDMX-CSV."""
    first = head[0].split("[")[0].strip().upper() if head else ""
    return first.split(":")[0] in ("DATAFLOW", "STRUCTURE")


def read_sdmxcsv(records: Sequence[tuple[int, list[str]]], name: str, *, comma: bool) -> Cube:
    """Read the records of a table, each with its line; the first is the header."""
    head = [cell.strip() for cell in records[0][1]]
    kind = "SDMX-CSV 2.0" if head[0].upper().startswith("STRUCTURE") else "SDMX-CSV 1.0"
    both = any(": " in cell for cell in head)  # labels=both writes "SEX: Sex"
    codes = [cell.split(": ")[0].split("[")[0].strip().upper() for cell in head]
    titles = [cell.split(": ", 1)[1] if ": " in cell else "" for cell in head]
    named = _find_labels(codes) if not both else {}
    faults = [f"column {column} is missing" for column in (_TIME, _VALUE) if column not in codes]
    twice = [c for i, c in enumerate(codes) if c and i not in named.values() and c in codes[:i]]
    faults += [f"column {column} stands twice" for column in dict.fromkeys(twice)]
    raise_faults(name, faults)
    value, last = codes.index(_VALUE), min(codes.index(_VALUE), len(codes))
    own = [i for i in range(last) if codes[i] not in _HEAD and i not in named.values() and codes[i]]
    if _TIME not in codes[:last]:
        own.append(codes.index(_TIME))
    status = next((codes.index(one) for one in _STATUS if one in codes), None)
    action = codes.index("ACTION") if "ACTION" in codes else None
    rows, figures, lines = [], [], []
    labels: list[dict[str, str]] = [{} for _ in own]
    for line, record in records[1:]:
        if len(record) != len(head):
            faults.append(f"line {line}: {len(record)} cells, expected {len(head)}")
            continue
        if action is not None and record[action].strip().upper() == "D":
            faults.append(f"line {line}: ACTION D deletes figures; download the data themselves")
            continue
        row = []
        for place, i in enumerate(own):
            code, label = _split(record[i], both=both)
            if i in named:
                label = record[named[i]].strip()
            labels[place].setdefault(code, label or code)
            row.append(code)
        figure = parse_figure(_split(record[value], both=both)[0], comma=comma)
        if figure is None:
            faults.append(f"line {line}, {_VALUE}: {record[value][:40]!r} is no number and no mark")
            continue
        flag = _split(record[status], both=both)[0] if status is not None else ""
        told = figure[1] if flag in _SAME else " ".join(filter(None, (figure[1], flag)))
        rows.append(row)
        figures.append((figure[0], told))
        lines.append(f"line {line}")
    if len(rows) > MOST_CELLS:
        raise InnocapError(f"{name}: has {len(rows):,} figures, more than {MOST_CELLS:,}")
    raise_faults(name, faults)
    dimensions = [
        Dimension(
            codes[i], titles[i] or (head[named[i]] if i in named else "") or codes[i],
            labels[place], _find_role(codes[i]),
        )
        for place, i in enumerate(own)
    ]  # fmt: skip
    return make_cube(
        kind, dimensions, rows, figures, lines,
        title=_read_title(codes, records, both=both),
        updated=_read_first(codes, records, "LAST UPDATE"),
        publisher=_read_agency(codes, records),
    )  # fmt: skip


def _find_role(code: str) -> str:
    return TIME if code == _TIME else PLACE if code in _PLACES else ""


def _find_labels(codes: Sequence[str]) -> dict[int, int]:
    """Return for each column the one with its labels (labels=name), in pairs after the head."""
    start = next((i for i, code in enumerate(codes) if code not in _HEAD), len(codes))
    pairs = range(start, len(codes) - 1, 2)
    firsts, seconds = {codes[i] for i in pairs}, {codes[i + 1] for i in pairs}
    if "STRUCTURE_NAME" not in codes or not {_TIME, _VALUE} <= firsts or {_TIME, _VALUE} & seconds:
        return {}
    return {i: i + 1 for i in pairs}


def _split(cell: str, *, both: bool) -> tuple[str, str]:
    code, _, label = cell.strip().partition(": ") if both else (cell.strip(), "", "")
    return code.strip(), label.strip()


def _read_first(codes: list[str], records: Sequence[tuple[int, list[str]]], column: str) -> str:
    if column not in codes or len(records) < 2:
        return ""
    at = codes.index(column)
    return records[1][1][at].strip() if at < len(records[1][1]) else ""


def _read_title(codes: list[str], records: Sequence[tuple[int, list[str]]], *, both: bool) -> str:
    named = _read_first(codes, records, "STRUCTURE_NAME")
    if named:
        return named
    told = _read_first(codes, records, "STRUCTURE_ID") or _read_first(codes, records, "DATAFLOW")
    code, _, label = told.partition(": ")
    return label if both and label else code


def _read_agency(codes: list[str], records: Sequence[tuple[int, list[str]]]) -> str:
    """Return who maintains the structure, as in ESTAT:NAMA_10_GDP(1.0)."""
    told = _read_first(codes, records, "STRUCTURE_ID") or _read_first(codes, records, "DATAFLOW")
    agency = told.partition(":")[0]
    known = {"ESTAT": "Eurostat", "OECD": "OECD"}
    return known.get(agency.split(".")[0], agency) if ":" in told else ""
