"""The findings that a project's own texts rest on: recorded, compared, accepted with a reason."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np

from innocap_analysis.errors import InnocapError
from innocap_analysis.files import read_text, write_atomically
from innocap_analysis.pages import comparison
from innocap_analysis.pages.front import describe_front, write_headline
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.opening import open_view
from innocap_analysis.settings import Settings

NAME = Path("data") / "findings.csv"
README, CHANGELOG = Path("README.md"), Path("CHANGELOG.md")
PICTURE = Path("docs") / "result.png"
_COLUMNS = ("id", "value", "low", "high")
# README says the finding between these marks; a project without them, or without one of the
# files, does without.
_OPENING = re.compile(r"(<!-- finding -->\n).*?(<!-- end of finding -->)", re.DOTALL)
_UNRELEASED = re.compile(r"^## Unreleased\n+", re.MULTILINE)


@dataclass(frozen=True)
class Findings:
    """What the figures say now: a row for each finding, the opening of README, the picture."""

    rows: dict[str, tuple[str, str, str]]
    opening: str
    picture: bytes

    def to_csv(self) -> str:
        """Return the record: a row per finding, sorted by name."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows([key, *row] for key, row in sorted(self.rows.items()))
        return stream.getvalue()


def find_findings(settings: Settings) -> Findings:
    """Compute the findings of the default index: facts of the front page, and verdicts."""
    said: dict[str, Any] = settings.batch.simulation | {
        "language": settings.default_language, "settings": settings
    }  # fmt: skip
    view = open_view("00", **said)
    describe_front(view)
    rows = {
        fact.id: (_round(fact.value), _round(fact.low), _round(fact.high))
        for fact in view.ledger.facts.values()
    }
    for unit in view.shown:
        for code in view.nodes:
            rows[f"verdict:{unit}:{code}"] = (view.verdict(unit, code), "", "")
    page = open_view("40", capacity=view.capacity, **said)
    chart = comparison.plot_dimensions(page)
    return Findings(rows, _write_opening(view, chart.alt), chart.to_png())


def _write_opening(view: IndexView, alt: str) -> str:
    """Return the finding in Markdown: what the front page says first, above the picture."""
    scores, ranks, changes, *_ = write_headline(view)
    picture = f"![{alt}]({PICTURE.as_posix()})"
    return f"{_plain(scores)} {_plain(ranks)} {_plain(changes)}\n\n{picture}\n"


def _plain(text: str) -> str:
    return text.replace("\N{WORD JOINER}", "").replace("\N{NO-BREAK SPACE}", " ")


def _round(number: float) -> str:
    """Return a number as precisely as pages tell it: simulations differ in the last bits."""
    return "" if number != number else f"{number:.2f}"


def read_record(settings: Settings) -> dict[str, tuple[str, str, str]]:
    """Return the recorded findings; none where nothing was accepted yet."""
    path = settings.root / NAME
    if not path.exists():
        return {}
    rows = list(csv.reader(io.StringIO(read_text(path), newline="")))
    if not rows or tuple(rows[0]) != _COLUMNS or any(len(row) != len(_COLUMNS) for row in rows):
        raise InnocapError(
            f"{NAME.as_posix()}: expected the columns {', '.join(_COLUMNS)}; remove the file and "
            "make it anew with: innocap accept"
        )
    return {key: (value, low, high) for key, value, low, high in rows[1:]}


def list_changes(settings: Settings, now: Findings) -> list[str]:
    """Return a sentence for everything that differs from what was accepted."""
    before = read_record(settings)
    told = []
    for key in sorted({*before, *now.rows}):
        old, new = before.get(key), now.rows.get(key)
        if old != new:
            told.append(f"{key}: {_tell(old)} -> {_tell(new)}")
    readme = settings.root / README
    if readme.exists():
        found = _OPENING.search(readme.read_text(encoding="utf-8"))
        if found and found[0] != f"{found[1]}{now.opening}{found[2]}":
            told.append(f"{README}: the finding says otherwise")
    picture = settings.root / PICTURE
    if picture.exists() and not _looks_alike(picture.read_bytes(), now.picture):
        told.append(f"{PICTURE.as_posix()}: the picture is another")
    return told


def _looks_alike(one: bytes, other: bytes) -> bool:
    """Tell whether two PNGs are the same picture, whatever version of the project made them."""
    first, second = (matplotlib.image.imread(io.BytesIO(data)) for data in (one, other))
    return bool(np.array_equal(first, second))


def _tell(row: tuple[str, str, str] | None) -> str:
    if row is None:
        return "none"
    value, low, high = row
    return f"{value} ({low} to {high})" if low else value


def accept_findings(settings: Settings, now: Findings, reason: str) -> list[Path]:
    """Write the findings where they are recorded, and the reason into CHANGELOG.

    Returns: the files that were written.
    """
    if not reason.strip():
        raise InnocapError("accept: a reason is needed, such as --reason 'UN survey of 2026'")
    files: dict[Path, str | bytes] = {settings.root / NAME: now.to_csv()}
    readme, log = settings.root / README, settings.root / CHANGELOG
    if readme.exists():
        text = readme.read_text(encoding="utf-8")
        files[readme] = _OPENING.sub(lambda m: f"{m[1]}{now.opening}{m[2]}", text)
    if (settings.root / PICTURE).exists():
        files[settings.root / PICTURE] = now.picture
    if log.exists():
        text = log.read_text(encoding="utf-8")
        if not _UNRELEASED.search(text):
            raise InnocapError(f"{CHANGELOG}: has no section '## Unreleased' to write into")
        before = read_record(settings)
        scores = [
            f"{key.removeprefix('00:').removesuffix(':score')} {_tell(before.get(key))} -> "
            f"{_tell(now.rows.get(key))}"
            for key in sorted({*before, *now.rows})
            if key.endswith(":score") and before.get(key) != now.rows.get(key)
        ]
        changed = f" ({'; '.join(scores)})" if before and scores else ""
        line = f"- Findings: {' '.join(reason.split())}{changed}.\n"
        files[log] = _UNRELEASED.sub(lambda m: m[0] + line, text, count=1)
    return [write_atomically(path, content) for path, content in files.items()]
