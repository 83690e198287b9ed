"""Published shares as respondents: what their rounding, and the sample behind them, leave open."""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import linprog

from fewlikert.options import DONT_KNOW, NOT_APPLICABLE
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.files import read_text
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.scales import normalise_label

PUBLISHED_NAME = "published.csv"
_COLUMNS = ("item", "answer", "percent", "n")
_PERCENT = re.compile(r"(\d+)(?:[.,](\d+))?\s*%?")
_NO_ANSWERS = (DONT_KNOW, NOT_APPLICABLE)
_SILENT = {"dk": DONT_KNOW, "na": NOT_APPLICABLE}
_MIN_COVERAGE = 0.5


@dataclass(frozen=True)
class Shares:
    """The published shares of one item: between what each lies, by the code of the answer.

    An answer that was not published lies between 0 and 1. `n` is how many were asked.
    """

    item: str
    low: dict[float, float]
    high: dict[float, float]
    n: int


def read_published(path: Path, instrument: Instrument) -> list[Shares]:
    """Read a table of published shares.

    Columns `item`, `answer` (code or label of the item's scale), `percent` as it was printed, whose
    digits tell how it was rounded, and `n`; others may stand beside them.
    """
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), restval="")
    if lacking := [c for c in _COLUMNS if c not in (reader.fieldnames or ())]:
        raise InnocapError(f"{path.name}: column {lacking[0]!r} is missing")
    faults: list[str] = []
    found: dict[str, dict[float, tuple[float, float]]] = {}
    sizes: dict[str, int] = {}
    for line, row in enumerate(reader, start=2):
        at, item = f"{path.name}: line {line}", row["item"].strip()
        if item not in instrument.scored:
            near = suggest(item, instrument.scored)
            faults.append(f"{at}: {item!r} is no scored item of the questionnaire{near}")
            continue
        scale = instrument.scales[instrument.items[item].scale]
        label = normalise_label(row["answer"])
        code = scale.known.get(label, _SILENT.get(label))
        share, n = _PERCENT.fullmatch(row["percent"].strip()), row["n"].strip()
        if code is None:
            faults.append(
                f"{at}: {row['answer']!r} is no answer there; expected {scale.show(row['answer'])}"
            )
        elif share is None:
            faults.append(f"{at}: percent {row['percent']!r} is no number such as 12 or 12.3")
        elif not n.isdecimal() or int(n) < 2 or sizes.setdefault(item, int(n)) != int(n):
            faults.append(f"{at}: n {n!r} is not the one number, 2 or more, of who was asked")
        elif float(code) in found.setdefault(item, {}):
            faults.append(f"{at}: {row['answer']!r} of {item} stands above too")
        else:
            middle = float(f"{share[1]}.{share[2] or 0}") / 100
            half = 0.5 * 10.0 ** -len(share[2] or "") / 100
            found[item][float(code)] = max(middle - half, 0.0), min(middle + half, 1.0)
    tables = [
        _complete(item, ends, sizes[item], instrument) for item, ends in found.items() if ends
    ]
    for one in tables:
        if sum(one.low.values()) > 1 + 1e-9 or sum(one.high.values()) < 1 - 1e-9:
            told = f"{sum(one.low.values()):.1%} to {sum(one.high.values()):.1%}"
            faults.append(f"{path.name}: {one.item}: the shares add up to {told}, not to 100%")
    if faults:
        raise InnocapError("; ".join(faults))
    return tables


def _complete(
    item: str, ends: dict[float, tuple[float, float]], n: int, instrument: Instrument
) -> Shares:
    codes = sorted(map(float, instrument.scales[instrument.items[item].scale].codes))
    listed = dict.fromkeys(codes, (0.0, 1.0)) | ends
    low, high = ({code: own[i] for code, own in listed.items()} for i in (0, 1))
    return Shares(item, low, high, n)


def score_published(tables: list[Shares], instrument: Instrument) -> pd.DataFrame:
    """Score published shares, 0 to 100, as if each who was asked had answered.

    Returns
    -------
    DataFrame
        One row per item and node of which at least half is published: `code`, `n`, `least` and
        `most` (what the rounding, and answers that were not published, leave open of the sample's
        mean), `score` (half-way), `low` and `high` (those ends with the 95% interval of chance).

    Notes
    -----
    The ends solve the linear-fractional program over all shares that round to the published ones
    (Charnes and Cooper, 1962, *Naval Research Logistics Quarterly* 9, 181-186). The variance is
    the largest that they allow; items of one sample are taken as fully correlated, so an interval
    of several is rather too wide than too narrow. A survey with weights or clusters has less
    information than its n says, which no published share tells.
    """
    rows = {one.item: _score_item(one, instrument) for one in tables}
    book = instrument.codebook
    for node in reversed(book.parents):
        children = [code for code in book.children(node) if code in rows]
        if len(children) >= _MIN_COVERAGE * len(book.children(node)) and children:
            own = pd.DataFrame([rows[code] for code in children])
            rows[node] = own[["least", "most", "reach"]].mean().to_dict() | {"n": own["n"].min()}
    order = [code for code in (*book.parents, *book.leaves) if code in rows]
    table = pd.DataFrame([{"code": code} | rows[code] for code in order],
                         columns=["code", "n", "least", "most", "reach"])  # fmt: skip
    return table.assign(
        score=(table["least"] + table["most"]) / 2,
        low=(table["least"] - table["reach"]).clip(lower=0),
        high=(table["most"] + table["reach"]).clip(upper=100),
    ).drop(columns="reach")


def _score_item(one: Shares, instrument: Instrument) -> dict[str, float]:
    first, last = instrument.limits(one.item)
    sign = -1 if instrument.items[one.item].reversed else 1
    points = {c: 100 * (c - (first if sign > 0 else last)) / (sign * (last - first))
              for c in one.low if c not in _NO_ANSWERS}  # fmt: skip
    least, most = bound_mean(one, points), bound_mean(one, points, highest=True)
    square = bound_mean(one, {c: x**2 for c, x in points.items()}, highest=True)
    silent = sum(one.high[c] for c in one.low if c in _NO_ANSWERS)
    n = max(math.floor(one.n * (1 - silent)), 2)
    error = math.sqrt(max(square - least**2, 0) / (n - 1))
    return {"n": n, "least": least, "most": most,
            "reach": float(stats.t.ppf(0.975, n - 1)) * error}  # fmt: skip


def bound_mean(one: Shares, points: dict[float, float], *, highest: bool = False) -> float:
    """Return the lowest or highest mean of `points` over those who gave one of these answers."""
    codes = list(one.low)
    k = len(codes)
    # Shares over that of who answered, and last the inverse of it.
    sign = -1.0 if highest else 1.0
    cost = [sign * points.get(code, 0.0) for code in codes] + [0.0]
    ends = np.zeros((2 * k, k + 1))
    for i, code in enumerate(codes):
        ends[i, [i, k]] = -1, one.low[code]
        ends[k + i, [i, k]] = 1, -one.high[code]
    answered = [float(code in points) for code in codes] + [0.0]
    everyone = [1.0] * k + [-1.0]
    found = linprog(cost, A_ub=ends, b_ub=np.zeros(2 * k), A_eq=[answered, everyone],
                    b_eq=[1, 0], bounds=[(0, None)] * (k + 1), method="highs")  # fmt: skip
    if found.status != 0:
        raise InnocapError(f"{one.item}: nobody has answered by the published shares")
    return float(sign * found.fun)
