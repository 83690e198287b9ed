"""A plain table of figures: one row for each place, year and indicator."""

from __future__ import annotations

from collections.abc import Sequence

from innocap_analysis.data.official.cube import (
    MEASURE,
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

# Headings of the columns in English, Swedish, Finnish, French, Norwegian and Icelandic.
_WORDS = {
    PLACE: ("place", "region", "country", "municipality", "geo", "kommun", "plats",
            "land", "kunta", "alue", "paikka", "maa", "commune", "lieu", "pays", "kommune",
            "sveitarfélag", "région"),
    TIME: ("year", "time", "period", "år", "vuosi", "année", "annee", "ár", "tid"),
    MEASURE: ("indicator", "measure", "variable", "kpi", "indikator", "mittari", "osoitin",
              "indicateur", "mælikvarði"),
    "value": ("value", "figure", "värde", "arvo", "valeur", "verdi", "gildi"),
    "status": ("status", "flag", "obs_status", "obs_flag", "note"),
    "name": ("name", "place_name", "region_name", "label", "namn", "nimi", "nom", "navn"),
}  # fmt: skip


def read_plain(records: Sequence[tuple[int, list[str]]], name: str, *, comma: bool) -> Cube:
    """Read the records of a table, each with its line; the first is the header.

    Columns that are none of place, name, year, indicator, value and status are dimensions.
    """
    head = [cell.strip() for cell in records[0][1]]
    if any("\\" in cell for cell in head):
        raise InnocapError(
            f"{name}: is Eurostat's own TSV; download the table as SDMX-CSV or JSON-stat"
        )
    roles = [_find_role(cell) for cell in head]
    faults = [
        f"there is no column for the {what}; name it {_WORDS[what][0]!r}"
        for what in (PLACE, TIME, "value")
        if what not in roles
    ]
    faults += [
        f"columns {', '.join(repr(h) for h, r in zip(head, roles, strict=True) if r == what)} may "
        f"all be the {what}; keep one"
        for what in _WORDS
        if roles.count(what) > 1
    ]
    faults += [f"column {i + 1} has no heading" for i, cell in enumerate(head) if not cell]
    faults += [
        f"column {cell!r} stands twice"
        for cell in dict.fromkeys(head)
        if cell and head.count(cell) > 1
    ]
    raise_faults(name, faults)
    value = roles.index("value")
    status = roles.index("status") if "status" in roles else None
    called = roles.index("name") if "name" in roles else None
    own = [i for i, role in enumerate(roles) if role not in ("value", "status", "name")]
    rows, figures, lines = [], [], []
    labels: list[dict[str, str]] = [{} for _ in own]
    for line, record in records[1:]:
        if len(record) != len(head):
            faults.append(
                f"line {line}: {len(record)} cells, expected {len(head)}; is a text with a "
                "delimiter in it unquoted?"
            )
            continue
        figure = parse_figure(record[value], comma=comma)
        cells = [record[i].strip() for i in own]
        empty = [head[i] for i, cell in zip(own, cells, strict=True) if not cell]
        if figure is None:
            faults.append(
                f"line {line}, {head[value]}: {record[value][:40]!r} is no number and no mark"
            )
        faults += [f"line {line}, {column}: is empty" for column in empty]
        if figure is None or empty:
            continue
        for place, cell in enumerate(cells):
            label = (
                record[called].strip() if called is not None and roles[own[place]] == PLACE else ""
            )
            labels[place].setdefault(cell, label or cell)
        flag = record[status].strip() if status is not None else ""
        rows.append(cells)
        figures.append((figure[0], " ".join(filter(None, (figure[1], flag)))))
        lines.append(f"line {line}")
    if len(rows) > MOST_CELLS:
        raise InnocapError(f"{name}: has {len(rows):,} figures, more than {MOST_CELLS:,}")
    raise_faults(name, faults)
    dimensions = [
        Dimension(head[i], head[i], labels[place], roles[i]) for place, i in enumerate(own)
    ]
    return make_cube("plain table", dimensions, rows, figures, lines)


def _find_role(heading: str) -> str:
    word = heading.strip().casefold()
    return next((role for role, words in _WORDS.items() if word in words), "")
