"""Small cells and hostile texts of a real batch, looked for by opening every file that it wrote.

`INNOCAP_SMALL_CELLS=all` makes all survey pages and all documents, as this was first done; the
tests make what differs: pages with tables, figures of both kinds, a place, a document.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from html import unescape
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import nbformat
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from test_payloads import PAYLOADS, find_active

from innocap_analysis import run_notebooks
from innocap_analysis.errors import find_no_text
from innocap_analysis.settings import OUTPUT_VARIABLE, load_settings
from innocap_analysis.survey.importing import import_files
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.wave import Wave
from tests.frozen import EDITION

pytestmark = pytest.mark.slow
ALL = os.environ.get("INNOCAP_SMALL_CELLS") == "all"
PAGES = ["70", "80", *(["85"] if ALL else [])]
FORMATS = ["docx", "pptx", "xlsx", "pdf"] if ALL else []
LABELS = ["Strongly disagree", "Somewhat disagree", "Neither agree nor disagree", "Somewhat agree",
          "Strongly agree"]  # fmt: skip
# Country, region, municipality, people, organisations, and how able they say that they are.
PLANTED = [
    ("Sweden", "SE32", "Sundsvall", 20, 6, 3.1), ("Sweden", "SE33", "", 22, 7, 2.7),
    ("Sweden", "SE32", "Timrå", 6, 5, 4.6), ("Canada", "CA-NL", "", 31, 9, 3.4),
    ("Finland", "FI1D", "", 8, 4, 2.6), ("Ireland", "IE04", "", 14, 1, 3.6),
]  # fmt: skip
HIDDEN = {"FI": "Finland", "IE": "Ireland", "FI1D": "Northern and Eastern Finland",
          "IE04": "Northern and Western", "SE-2262": "Timrå"}  # fmt: skip
FILE = "<img src=x onerror=document.title='pwned'>"
NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d+)?(?![\w]|\.\d)")


def write_answers(folder: Path, survey: Instrument) -> Path:
    """Write the planted answers; all but four people leave one question out."""
    rng = np.random.default_rng(2205)
    rows = []
    for country, region, place, n, organisations, level in PLANTED:
        for i in range(n):
            row = {"ORG1": country, "ORG2": region, "ORG9": place,
                   "ORG8": f"{region} {place} {i % organisations}"}  # fmt: skip
            own = level + rng.normal(0, 0.5)
            for code in survey.scored:
                x = int(np.clip(np.round(own + rng.normal(0, 1.1)), 1, 5))
                row[code] = LABELS[(5 - x) if survey.items[code].reversed else x - 1]
            rows.append(row)
    table = pd.DataFrame(rows)
    few = table.index.isin([1, 25, 50, 60])
    table["PRO6"] = table["PRO6"].where(few, "")
    path = folder / f"answers {FILE}.csv"
    table.to_csv(path, index=False)
    return path


def list_secrets(wave: Wave) -> dict[tuple[str, str, str], float]:
    """Return what nobody may learn: by unit, question or score, and what is computed of it."""
    clean, survey = wave.clean, wave.instrument
    secrets = {}
    low, high = 1, 5
    x = clean[survey.scored].apply(lambda own: own.where(own.between(low, high)))
    turned = x.copy()
    for code in survey.scored:
        if survey.items[code].reversed:
            turned[code] = 6 - x[code]
    nodes = {node: list(survey.codebook.leaves_of(node)) for node in survey.codebook.parents}
    for unit in HIDDEN:
        column = "country" if len(unit) == 2 else "place" if unit.startswith("SE-") else "region"
        own = (clean[column] == unit).to_numpy()
        assert own.sum() == {"FI": 8, "FI1D": 8, "IE": 14, "IE04": 14, "SE-2262": 6}[unit]
        for node, leaves in nodes.items():
            if len(leaves) == 6:  # the index is the mean of its dimensions
                score = 25 * (turned.loc[own, leaves].mean(axis=1) - 1)
                secrets[unit, node, "score"] = float(score.mean())
        if unit in ("FI", "IE"):
            for code in survey.scored[:-1]:
                share = 100 * float((x.loc[own, code] >= 4).mean())
                if 5 < share < 95:  # 0 and 1 stand everywhere
                    secrets[unit, code, "share"] = share
    secrets["", "PRO6", "mean"] = float(x["PRO6"].mean())
    return secrets


def read_texts(name: str, data: bytes) -> Iterator[str]:
    """Yield every text of a file, of what lies in it too."""
    kind = name.rsplit(".", 1)[-1]
    if kind in ("xlsx", "docx", "pptx"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for own in archive.namelist():
                yield from read_texts(own, archive.read(own))
    elif kind == "pdf":
        yield subprocess.run(
            ["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True
        ).stdout.decode()
    elif kind == "png":
        with Image.open(io.BytesIO(data)) as image:
            yield from (str(text) for text in image.info.values())
    elif kind == "ipynb":
        for cell in nbformat.reads(data.decode(), as_version=4).cells:
            yield cell.source
            for output in cell.get("outputs", []):
                for mime, text in output.get("data", {}).items():
                    if mime == "image/png":
                        yield from read_texts("a.png", base64.b64decode(text))
                    else:
                        yield from read_texts("a.html", str(text).encode())
        yield json.dumps(nbformat.reads(data.decode(), as_version=4).metadata)
    else:
        text = data.decode("utf-8")
        for inner, code in re.findall(r"data:image/([a-z+]+);base64,([A-Za-z0-9+/=]+)", text):
            yield from read_texts(f"a.{inner.split('+')[0]}", base64.b64decode(code))
        yield re.sub(r";base64,[A-Za-z0-9+/=]+", "", text)


def list_lines(text: str) -> Iterator[str]:
    """Yield lines, rows of tables and texts of pictures, with the words of each together."""
    text = re.sub(r"<(style|path|use|g|rect|defs|clipPath)\b[^>]*>", " ", text)
    text = re.sub(r"<style.*?</style>", " ", text, flags=re.DOTALL)
    text = re.sub(r"(?is)</(tr|p|li|title|text|desc|h\d|caption|figcaption|w:tr|a:tr)>", "\n", text)
    for line in text.replace("\\n", "\n").splitlines():
        told = unescape(re.sub(r"<[^>]*>", " ", line))
        yield from re.split(r"(?<=[.;])\s|\|", told)
        # What elements are called and described by.
        yield from map(unescape, re.findall(r'\b(?:alt|title|aria-label|content)="([^"]*)"', line))


def find_told(lines: Iterable[str], names: set[str], value: float, decimals: int) -> list[str]:
    """List the lines that name a unit and hold a number to the published digits, or beyond."""
    named = re.compile("|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in names))
    found = []
    for line in lines:
        if not any(name in line for name in names) or not named.search(line):
            continue
        for number in NUMBER.findall(named.sub("", line)):
            digits = len(number.partition(".")[2])
            for own in (value, value / 100):  # a share is also written from 0 to 1
                least = decimals if own is value else decimals + 2
                if digits >= least and f"{own:.{digits}f}" == number:
                    found.append(line.strip())
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, survey: Instrument) -> tuple[Path, Wave]:
    """Return a project with reports of the planted answers, and the answers."""
    project = tmp_path_factory.mktemp("made") / "project"
    for name in ("data/raw", "data/codebooks", "notebooks"):
        shutil.copytree(EDITION / name, project / name)
    shutil.copy(EDITION / "innocap.yml", project)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        patch.delenv(OUTPUT_VARIABLE, raising=False)
        patch.setenv("INNOCAP_KEY_FILE", str(project.parent / "elsewhere" / "key"))
        return project, _make(project, survey)


def _make(project: Path, survey: Instrument) -> Wave:
    book = project / "data" / "codebooks" / "survey.csv"
    heads = book.read_text(encoding="utf-8").splitlines()[0].split(",")
    row = dict.fromkeys(heads, "") | {"code": "ORG9", "kind": "context", "scale": "place",
                                      "label_en": "Municipality", "answer": "single"}  # fmt: skip
    asked = pd.read_csv(book, dtype=str, keep_default_na=False)
    scored = asked.index[asked["kind"] == "indicator"]
    for number, at in enumerate(scored[:-1]):
        told = [text for text in PAYLOADS if not find_no_text(text)]  # the others are refused
        hostile = " ".join(told[number :: len(scored) - 1])
        asked.loc[at, "label_en"] = f"{asked.loc[at, 'label_en']} {hostile}"
    pd.concat([asked, pd.DataFrame([row])]).to_csv(book, index=False)
    regions = project / "data" / "codebooks" / "regions.csv"
    text = regions.read_text(encoding="utf-8")
    regions.write_text(text.replace("Upper Norrland", f"Upper Norrland {FILE}"), encoding="utf-8")
    config = project / "innocap.yml"
    text = config.read_text(encoding="utf-8")
    text = text.replace(", region: SE}", "}")  # no notebook of a region is left
    start, end = text.index("  comparison:\n"), text.index("  place:\n")
    names = [next((project / "notebooks").glob(f"{page}_*")).stem for page in PAGES]
    plan = f"  comparison: [{', '.join(names)}]\n  region: []\n"
    runs = "  runs:\n    - {notebook: 35, units: [SE-2262, SE-2281]}\n"
    text = text[:start] + plan + text[end:].replace("  timeout_s", f"{runs}  timeout_s")
    config.write_text(text, encoding="utf-8")
    settings = load_settings()
    wave = import_files([write_answers(project, survey)], settings=settings).wave
    outcomes = run_notebooks(settings=settings, formats=["html", *FORMATS] if FORMATS else None)
    assert [o.error for o in outcomes if o.status != "ok"] == []
    return wave


def test_no_small_cell_is_in_any_file(made: tuple[Path, Wave]) -> None:
    project, wave = made
    secrets = list_secrets(wave)
    assert len(secrets) >= 60
    texts = {code: wave.instrument.text(code, "en") for _, code, _ in secrets if code == "PRO6"}
    wanted = [*HIDDEN, *HIDDEN.values(), *texts, *texts.values(), "CA", "Canada"]
    is_wanted = re.compile("|".join(map(re.escape, wanted)))
    kinds: dict[str, dict[str, None]] = {}
    for folder in ("reports", "figures"):
        for path in (project / folder).rglob("*"):
            # What has not read the answers is looked at below.
            if path.is_file() and not re.match(r"\.|explore|index|places|0", path.name):
                kind = "results" if "results" in path.name else path.suffix[1:]
                for text in read_texts(path.name, path.read_bytes()):
                    own = (
                        line for line in list_lines(text)
                        if is_wanted.search(line) and not line.startswith("00:")
                    )  # fmt: skip
                    kinds.setdefault(kind, {}).update(dict.fromkeys(own))
    assert {"html", "ipynb", "svg", "png", "csv", "results", "json", *FORMATS} <= set(kinds)
    told = {}
    for (unit, code, what), value in secrets.items():
        decimals = {"score": 1, "share": 0, "mean": 2}[what]
        names = {unit, HIDDEN[unit]} if unit else {code, texts[code]}
        question = wave.instrument.text(code, "en") if what == "share" else ""
        for kind, lines in kinds.items():
            found = find_told(lines, names, value, decimals)
            # Whole per cent are many numbers: those of the question itself.
            if found := [line for line in found if code in line or question in line]:
                told[unit, code, kind] = found
    assert told == {}
    # The same search finds what is told, in every format that tells of it.
    clean = wave.clean
    own = clean[clean["country"] == "CA"][wave.instrument.scored[:6]]
    for code in own.columns:
        if wave.instrument.items[code].reversed:
            own = own.assign(**{code: 6 - own[code]})
    score = 25 * (float(own.mean(axis=1).mean()) - 1)
    for kind in ("html", "ipynb", "csv", "results"):
        assert find_told(kinds[kind], {"CA", "Canada"}, score, 1), kind


def test_no_text_of_a_project_runs_on_its_pages(made: tuple[Path, Wave]) -> None:
    project, _ = made
    pages = sorted((project / "reports").rglob("*.html"))
    assert len(pages) >= 6
    seen = 0
    for path in pages:
        page = path.read_text(encoding="utf-8")
        assert set(find_active(page)) <= {"link", "script", "input", "form"}, path  # its own
        assert not [text for text in re.findall(r"(?s)<script\b[^>]*>(.*?)</script", page)
                    if "document.title='pwned'" in text and "explore" not in path.name]  # fmt: skip
        assert "default-src 'none'" in page
        assert "base-uri 'none'" in page
        seen += page.count("pwned")
    assert seen > 40
    for path in (project / "figures").rglob("*.svg"):
        tree = ET.fromstring(path.read_bytes())
        assert not {e.tag.split("}")[-1] for e in tree.iter()} & {"script", "foreignObject", "a"}
        assert not [name for e in tree.iter() for name in e.attrib if name.startswith("on")]
    for path in (project / "reports").rglob("results.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            assert len({len(row) for row in csv.reader(stream)}) == 1


def test_what_the_release_does_not_know_has_not_read_the_answers(made: tuple[Path, Wave]) -> None:
    project, _ = made
    graph = json.loads((project / "reports" / "ro-crate-metadata.json").read_text("utf-8"))
    assert "answers.csv" in json.dumps(graph)
    for path in (project / "reports").rglob("05_*.ipynb"):  # as in test_document_batch.py
        reads = nbformat.read(path, as_version=4).metadata.innocap.reads
        assert "answers" not in json.dumps(reads)
    assert "Timr" not in (project / "reports" / "explore.html").read_text("utf-8")


def test_the_search_sees_a_number_in_every_kind_of_line() -> None:
    lines = list(
        list_lines("<tr><th>Finland</th><td>8.75</td></tr>\n<img alt='x' title=\"Finland 9\">")
    )
    assert find_told(lines, {"Finland"}, 8.7512, 1)
    assert find_told(lines, {"Finland"}, 9.2, 0)
    assert not find_told(lines, {"Finland"}, 8.7, 1)
    assert find_told(["FI,SKL,0.125"], {"FI"}, 12.5, 0)
    assert not any(a == b for a, b in pairwise(sorted(HIDDEN)))
