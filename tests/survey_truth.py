"""What the survey tests share: an export of known people, and what differs from them."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np
import pandas as pd

from innocap_analysis.settings import Settings
from innocap_analysis.survey.files.privacy import make_pseudonym
from innocap_analysis.survey.files.read import Answers
from innocap_analysis.survey.instrument import Instrument
from tests.synthetic.exports import WRITERS, Writer

KEY = b"a key for tests only"
TEXT_TOOLS = [tool for tool, (_, ending) in WRITERS.items() if ending == ".csv"]
BOOK_TOOLS = [tool for tool, (_, ending) in WRITERS.items() if ending == ".xlsx"]


def export(
    tool: str, people: pd.DataFrame, survey: Instrument, settings: Settings, folder: Path,
    language: str | None = "sv",
) -> Path:  # fmt: skip
    write, ending = WRITERS[tool]
    path = folder / f"answers_{tool}{ending}"
    write(Writer(people, survey, settings, language), path)
    return path


def differences(people: pd.DataFrame, found: Answers, survey: Instrument) -> list[str]:
    """List every item whose cells are not the truth."""
    table, wrong = found.table, []
    if len(table) != len(people):
        return [f"{len(table)} of {len(people)} rows"]
    for item in survey.items.values():
        code, truth = item.code, people[item.code]
        if item.answer == "multi":
            for option in survey.options(code):
                told = [math.nan if a is None else float(option in a) for a in truth]
                same = np.array_equal(told, table[f"{code}_{option}"].to_numpy(float), True)
                wrong += [] if same else [f"{code}_{option}"]
        elif item.answer in ("likert", "number"):
            same = np.array_equal(truth.to_numpy(float), table[code].to_numpy(float), True)
            wrong += [] if same else [code]
        elif item.answer == "text":
            texts = found.texts.set_index("response_id")["text"]
            told = [t for t in truth if isinstance(t, str)]
            wrong += [] if list(texts) == told else [code]
        elif item.answer == "id":
            told = [make_pseudonym(t, KEY, kind="organisation") for t in truth]
            wrong += [] if list(table["organisation"]) == told else [code]
        elif code == "SYNTHETIC":
            wrong += [] if table["synthetic"].all() else [code]
        else:
            column = table[{"ORG1": "country", "ORG2": "region"}.get(code, code)]
            pairs = zip(truth, column, strict=True)
            same = all((a == b) or (not isinstance(a, str) and pd.isna(b)) for a, b in pairs)
            wrong += [] if same else [code]
    return wrong


def read_rows(path: Path) -> tuple[list[list[str]], str]:
    text = path.read_bytes().decode("utf-8-sig")
    delimiter = ";" if text.split("\n", 1)[0].count(";") > 5 else ","
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), delimiter


def write_rows(
    path: Path, rows: list[list[str]], delimiter: str, *, encoding: str = "utf-8", end: str = "\n"
) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=end).writerows(rows)
    path.write_bytes(stream.getvalue().encode(encoding))


def head_rows(tool: str) -> int:
    return 3 if tool == "qualtrics" else 1


# Each takes a CSV file and spoils it; the answers must come out the same.
