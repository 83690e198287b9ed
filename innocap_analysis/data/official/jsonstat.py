"""JSON-stat 2.0, and datasets of 1.x: what PxWeb (Nordic and Irish offices) and Eurostat give.

The format is described at https://json-stat.org/full/.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from innocap_analysis.data.official.cube import (
    MEASURE,
    MOST_CELLS,
    MOST_DIMENSIONS,
    PLACE,
    TIME,
    Cube,
    Dimension,
    make_cube,
    parse_figure,
    raise_faults,
)
from innocap_analysis.errors import InnocapError

_ROLES = {"geo": PLACE, "time": TIME, "metric": MEASURE}


def is_jsonstat(content: Any) -> bool:  # noqa: ANN401 - any JSON
    """Tell whether a JSON document is JSON-stat of one of its versions."""
    if not isinstance(content, dict):
        return False
    if content.get("class") in ("dataset", "collection", "dimension"):
        return True
    return _is_dataset(content) or any(map(_is_dataset, content.values()))


def _is_dataset(content: object) -> bool:
    return isinstance(content, dict) and "dimension" in content and "value" in content


def read_jsonstat(content: Mapping[str, Any], name: str) -> Cube:
    """Read a dataset."""
    kind, body = "JSON-stat 2.0", content
    if not _is_dataset(content):
        held = [key for key, one in content.items() if _is_dataset(one)]
        if content.get("class") in ("collection", "dimension") or not held:
            raise InnocapError(
                f"{name}: is a JSON-stat {content.get('class', 'response')} without figures; "
                "download the dataset itself"
            )
        if len(held) > 1:
            raise InnocapError(
                f"{name}: holds {len(held)} datasets ({', '.join(held[:5])}); download one a file"
            )
        kind, body = "JSON-stat 1.x", content[held[0]]
    dimensions = _read_dimensions(body, name)
    sizes = [len(one.labels) for one in dimensions]
    figures = _read_values(body, math.prod(sizes), name)
    statuses = _read_statuses(body.get("status"), math.prod(sizes), name)
    categories = [list(one.labels) for one in dimensions]
    rows, cells, lines = [], [], []
    for at, (value, mark) in figures.items():
        rest, row = at, []
        for names in reversed(categories):
            rest, place = divmod(rest, len(names))
            row.append(names[place])
        rows.append(row[::-1])
        cells.append((value, " ".join(filter(None, (mark, statuses.get(at, ""))))))
        lines.append(f"value {at}")
    extension = body.get("extension")
    return make_cube(
        kind, dimensions, rows, cells, lines,
        title=_text(body.get("label")), publisher=_text(body.get("source")),
        updated=_text(body.get("updated"))[:10], notes=_read_notes(body, extension),
    )  # fmt: skip


def _text(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _read_notes(body: Mapping[str, Any], extension: object) -> tuple[str, ...]:
    notes = body.get("note")
    found = [_text(one) for one in notes] if isinstance(notes, list) else []
    if isinstance(extension, dict) and isinstance(extension.get("px"), dict):
        found += [_text(one) for one in (extension["px"].get("infofile"),) if one]
    return tuple(filter(None, found))


def _read_dimensions(body: Mapping[str, Any], name: str) -> list[Dimension]:
    described = body["dimension"]
    if not isinstance(described, dict):
        raise InnocapError(f"{name}: dimension is no object")
    ids, sizes = body.get("id", described.get("id")), body.get("size", described.get("size"))
    if not isinstance(ids, list) or not isinstance(sizes, list) or len(ids) != len(sizes):
        raise InnocapError(
            f"{name}: id and size do not list the same dimensions; download it again"
        )
    if not ids or len(ids) > MOST_DIMENSIONS or len({str(one) for one in ids}) < len(ids):
        raise InnocapError(f"{name}: id lists {len(ids)} dimensions, or one of them twice")
    faults: list[str] = []
    found = []
    roles = body.get("role", described.get("role"))
    for code, size in zip(ids, sizes, strict=True):
        one = described.get(code) if isinstance(code, str) else None
        if not isinstance(one, dict) or not isinstance(one.get("category"), dict):
            faults.append(f"dimension {code!r} is not described")
            continue
        labels, fault = _read_categories(one["category"])
        if not fault and (type(size) is not int or size != len(labels)):
            fault = f"size says {size}, but {len(labels)} categories are listed"
        if fault:
            faults.append(f"dimension {code!r}: {fault}")
        units = one["category"].get("unit")
        found.append(
            Dimension(
                code, _text(one.get("label")) or code, labels, _find_role(code, roles),
                _read_units(units) if isinstance(units, dict) else {},
            )
        )  # fmt: skip
    raise_faults(name, faults)
    return found


def _find_role(code: str, roles: object) -> str:
    given = roles if isinstance(roles, dict) else {}
    own = [word for word, codes in given.items() if isinstance(codes, list) and code in codes]
    return _ROLES.get(own[0], "") if own else ""


def _read_categories(category: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """Return the categories in their order with their labels, and what is wrong with them."""
    index, labels = category.get("index"), category.get("label")
    labels = labels if isinstance(labels, dict) else {}
    if isinstance(index, dict):
        if not all(type(place) is int for place in index.values()):
            return {}, "an index is no whole number"
        codes = sorted(index, key=index.__getitem__)
        if [index[code] for code in codes] != list(range(len(codes))):
            return {}, "the indexes of its categories are not 0, 1, 2, …"
    elif isinstance(index, list):
        codes = [str(code) for code in index]
        if len(set(codes)) < len(codes):
            return {}, "lists a category twice"
    else:
        codes = [str(code) for code in labels]  # allowed where there is only one
        if len(codes) != 1:
            return {}, "the order of its categories (index) is missing"
    return {code: _text(labels.get(code)) or code for code in codes}, ""


def _read_units(units: Mapping[str, Any]) -> dict[str, str]:
    """Return the units of measures: PxWeb calls them base, Eurostat and others label."""
    told = {}
    for code, unit in units.items():
        if isinstance(unit, dict):
            told[code] = _text(unit.get("base")) or _text(unit.get("label"))
    return told


def _read_values(body: Mapping[str, Any], cells: int, name: str) -> dict[int, tuple[float, str]]:
    """Return the figures that are there by their place, once it is clear that so many fit."""
    given = body["value"]
    if isinstance(given, list):
        if len(given) != cells:
            raise InnocapError(
                f"{name}: holds {len(given):,} values, but its dimensions make {cells:,} cells; it "
                "was cut off or edited: download it again"
            )
        pairs = list(enumerate(given))
    elif isinstance(given, dict):
        faults = [key for key in given if not key.isdecimal() or len(key) > 18 or int(key) >= cells]
        if faults:
            raise InnocapError(
                f"{name}: value {faults[0]!r} lies outside the {cells:,} cells of its dimensions"
            )
        pairs = sorted((int(key), value) for key, value in given.items())
    else:
        raise InnocapError(f"{name}: value is neither a list nor an object")
    if len(pairs) > MOST_CELLS:
        raise InnocapError(f"{name}: has {len(pairs):,} values, more than {MOST_CELLS:,}")
    found: dict[int, tuple[float, str]] = {}
    strange = []
    for at, value in pairs:
        if value is None:
            found[at] = (math.nan, "")
        elif isinstance(value, str) and (read := parse_figure(value)) is not None:
            found[at] = read
        elif type(value) in (int, float) and abs(value) < 1e300:
            found[at] = (float(value), "")
        else:
            strange.append(
                f"value {at}: {str(value)[:40]!r} is no number and no mark for a missing one"
            )
    raise_faults(name, strange)
    return found


def _read_statuses(status: object, cells: int, name: str) -> dict[int, str]:
    """Return the statuses by place: one for all, a list, or those that differ."""
    if status is None:
        return {}
    if isinstance(status, list) and len(status) == cells:
        return {at: _text(one) for at, one in enumerate(status) if isinstance(one, str)}
    if isinstance(status, dict):
        return {
            int(key): _text(one)
            for key, one in status.items()
            if key.isdecimal() and len(key) <= 18 and isinstance(one, str)
        }
    one = status[0] if isinstance(status, list) and len(status) == 1 else status
    if isinstance(one, str) and cells <= MOST_CELLS:
        return dict.fromkeys(range(cells), _text(one))
    raise InnocapError(f"{name}: status does not fit the {cells:,} cells of its dimensions")
