"""Kolada's JSON, versions 2 and 3 of its interface: key figures of Swedish municipalities.

The format is described at https://github.com/Hypergene/kolada.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from innocap_analysis.data.official.cube import (
    MEASURE,
    PLACE,
    TIME,
    Cube,
    Dimension,
    make_cube,
    raise_faults,
)
from innocap_analysis.errors import InnocapError

_GENDERS = {"T": "total", "K": "women", "M": "men"}
_UNITS = ("municipality", "ou")


def is_kolada(content: Any) -> bool:  # noqa: ANN401 - any JSON
    """Tell whether a JSON document is an answer of Kolada's interface."""
    if not isinstance(content, dict) or not isinstance(content.get("values"), list):
        return False
    return "count" in content or any(isinstance(o, dict) and "kpi" in o for o in content["values"])


def read_kolada(content: Mapping[str, Any], name: str) -> Cube:
    """Read the figures of an answer; an answer that goes on on another page is refused."""
    more = content.get("next_page") or content.get("next_url") or content.get("next")
    if more:
        raise InnocapError(
            f"{name}: is the first page of several (next: {str(more)[:80]}); download the others, "
            "or fewer figures at a time, and take in each file with a name of its own"
        )
    faults: list[str] = []
    rows, figures, lines = [], [], []
    for number, entry in enumerate(content["values"]):
        at = f"values[{number}]"
        if not isinstance(entry, dict) or "ou" in entry:
            faults.append(f"{at}: is no figure of a municipality (figures of units are not read)")
            continue
        key = [str(entry.get(part, "")) for part in ("kpi", "municipality", "period")]
        inside = entry.get("values")
        if not all(key) or not isinstance(inside, list):
            faults.append(f"{at}: expected kpi, municipality, period and values")
            continue
        for one in inside:
            value = one.get("value") if isinstance(one, dict) else ""
            if not isinstance(one, dict) or (value is not None and type(value) not in (int, float)):
                faults.append(
                    f"{at} ({' '.join(key)}): {str(value)[:40]!r} is no number and not null"
                )
                continue
            if one.get("isdeleted") is True:
                continue
            # Kolada writes the status only where there is something to say, as "Missing".
            status = str(one.get("status") or "").strip()
            number_ = math.nan if value is None else float(value)
            rows.append([*key, str(one.get("gender") or "T")])
            figures.append((number_, status))
            lines.append(at)
    raise_faults(name, faults)
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    own = [dict.fromkeys(column) for column in columns]
    dimensions = [
        Dimension("kpi", "key figure", {str(c): str(c) for c in own[0]}, MEASURE),
        Dimension("municipality", "municipality", {str(c): str(c) for c in own[1]}, PLACE),
        Dimension("period", "year", {str(c): str(c) for c in own[2]}, TIME),
        Dimension("gender", "gender", {str(c): _GENDERS.get(str(c), str(c)) for c in own[3]}),
    ]
    return make_cube("Kolada", dimensions, rows, figures, lines, publisher="Kolada", country="SE")
