"""What page 35 says of the answers of a region and of the rest of its country."""

from __future__ import annotations

import re

import numpy as np
import pytest

from .oracle_survey import consult_survey
from .reading import read_page
from .test_numbers import WRITERS
from .test_survey_figures import _label, _plain


@pytest.mark.parametrize("place", ["SE-2284", "CA-NL"])
def test_answers_of_a_region_and_of_the_rest_stand_in_their_columns(place: str) -> None:
    o, page = consult_survey(), read_page("35", place=place, language="en")
    region = {"SE-2284": "SE32", "CA-NL": "CA-NL"}[place]
    cells = next(t.cells for t in page.tables if "Difference" in t.cells)
    words = {"differs": "different", "alike": "alike", "open": "open"}

    def write(unit: str, code: str, measure: str) -> str:
        fact = page.facts[f"35:{unit}:{code}:{measure}"]
        text = WRITERS[fact.kind](fact.value)
        if np.isnan(fact.low):
            return text
        ends = (WRITERS[fact.kind](x) for x in (fact.low, fact.high))
        return f"{text} ({(' to ' if fact.low < 0 else '–').join(ends)})"

    rows, verdicts = cells.to_numpy().tolist(), {}
    for code, row in zip((o.root, *o.dimensions), rows, strict=True):
        assert row[0] == _label(code)
        told = [write(region, code, "score"), write(f"{region}/rest", code, "score"),
                write(f"{region}/{region}/rest", code, "difference")]  # fmt: skip
        assert [_plain(x) for x in row[1:4]] == told
        d = o.difference(region, f"{region}/rest", code, k=2)
        verdict = "differs" if d["low"] > 0 or d["high"] < 0 else "open"
        if d["low_narrow"] > -5 and d["high_narrow"] < 5:
            verdict = "alike"
        assert row[4] == ("no comparison" if np.isnan(d["low"]) else words[verdict])
        verdicts[code] = verdict
    text = next(t for t in page.texts if "Furthest from the rest" in t)
    (line,) = [x for x in text.splitlines() if "Furthest from the rest" in x]
    apart = {c: abs(o.share_agree(c, region)[0] - o.share_agree(c, f"{region}/rest")[0])
             for c in o.items}  # fmt: skip
    far = sorted(o.items, key=lambda c: -apart[c])[:3]
    places = [line.index(_label(c).rstrip(".")) for c in far]
    assert places == sorted(places)
    for question in ("OUT6", "BAR1"):
        (line,) = [x for x in text.splitlines() if _label(question).rstrip("?.") in x]
        here, elsewhere = line.split("elsewhere:")
        for part, unit in ((here, region), (elsewhere, f"{region}/rest")):
            shares, _ = o.named(question, unit)
            told = [round(100 * x) for x in list(shares.values())[:3]]
            found = [int(x) for x in re.findall(r"\((\d+)%", part)]
            assert found == pytest.approx(told, abs=1), (question, unit)
    sure = [code for code, verdict in verdicts.items() if code == o.root or verdict != "open"]
    lines = [x for x in text.splitlines() if any(x.startswith(f"- {_label(c)}") for c in verdicts)]
    assert [next(c for c in verdicts if x.startswith(f"- {_label(c)}")) for x in lines] == sure
