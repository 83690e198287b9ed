"""What a change of the content takes, each done as docs/howto tells: steps, files, time, red tests.

    python benchmarks/extend.py                      every case, with tests/content
    python benchmarks/extend.py weight --tests tests one case, with all tests of the project

A case works on a copy of the checkout. Its tests run twice: after the change, and after what
changed was accepted. Red tests outside tests/content are a fault of the tests.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
Edit = Callable[[Path], None]
ACCEPT = [
    'innocap accept --reason "tried by benchmarks/extend.py"',
    "python -m tests.content.blocks",
]


def _replace(name: str, pattern: str, text: str) -> Edit:
    def edit(root: Path) -> None:
        path = root / name
        old = path.read_text(encoding="utf-8")
        new, n = re.subn(pattern, text, old, count=1, flags=re.MULTILINE)
        assert n == 1, f"{name}: {pattern} is not there"
        path.write_text(new, encoding="utf-8")

    return edit


def _edit_figure(root: Path) -> None:
    """Change Sweden's adult literacy, and record the file's new hash."""
    path, book = root / "data/raw/oecd_adult_skills.csv", root / "data/raw/datapackage.json"
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    text = path.read_text(encoding="utf-8")
    assert "SWE,2023,PIAAC_LIT,284.0" in text
    path.write_text(text.replace("SWE,2023,PIAAC_LIT,284.0", "SWE,2023,PIAAC_LIT,270.0"), "utf-8")
    new = hashlib.sha256(path.read_bytes()).hexdigest()
    text = book.read_text(encoding="utf-8")
    assert old in text
    book.write_text(text.replace(old, new), encoding="utf-8")


def _write_indicator(root: Path) -> None:
    """Lay down a table of an agency: a row for each of 43 countries."""
    rows = (root / "data/raw/oecd_product_market_regulation.csv").read_text("utf-8").splitlines()
    countries = sorted({row.split(",")[0] for row in rows[1:]})
    lines = [f"{c},2024,STAFF_DAYS,{2 + (i * 7) % 11}" for i, c in enumerate(countries)]
    (root / "staff_days.csv").write_text("place,year,indicator,value\n" + "\n".join(lines) + "\n")


def _write_municipalities(root: Path) -> None:
    """Lay down a table of an agency: two indicators of 30 municipalities."""
    rows = (root / "data/raw/municipalities_rurality.csv").read_text("utf-8").splitlines()
    codes = [row.split(",")[1] for row in rows if row.startswith("SE,")][:30]
    lines = [f"{c},2024,{k},{(i * m) % 97}" for i, c in enumerate(codes)
             for k, m in (("TRUST", 13), ("ANSWERED", 31))]  # fmt: skip
    (root / "kommuner.csv").write_text("place,year,indicator,value\n" + "\n".join(lines) + "\n")


def _translate_half(language: str) -> Edit:
    def edit(root: Path) -> None:
        """Translate every second text (here: mark it)."""
        path = root / f"innocap_analysis/pages/locale/{language}.po"
        parts = re.split(r'(?m)^msgstr ""$\n(?!")', path.read_text(encoding="utf-8"))
        done = [f'msgstr ""\n{part}' for part in parts[1:]]
        texts = [re.findall(r'(?m)^msgid "(.+)"$', part) for part in parts]
        for i in range(1, len(done), 2):
            if texts[i] and "{" not in texts[i][-1]:
                done[i] = f'msgstr "{language}: {texts[i][-1]}"\n{parts[i + 1]}'
        path.write_text(parts[0] + "".join(done), encoding="utf-8")

    return edit


def _label(code: str, language: str, text: str) -> Edit:
    def edit(root: Path) -> None:
        import csv

        path = root / "data/codebooks/indicators.csv"
        with path.open(encoding="utf-8", newline="") as stream:
            head, *rows = csv.reader(stream)
        column = head.index(f"label_{language}")
        for row in rows:
            if row[0] == code:
                row[column] = text
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([head, *rows])

    return edit


LABELS = " ".join(f'--label "{x}={t}"' for x, t in (
    ("en", "Days of training"), ("sv", "Utbildningsdagar"), ("fi", "Koulutuspäivät"),
    ("fr", "Jours de formation")))  # fmt: skip
TERMS = '--publisher "An agency" --licence CC0 --citation "An agency, 2024"'
# Name: the page of docs/howto, and what a person does; a text is a command, a function an edit.
CASES: dict[str, tuple[str, list[str | Edit]]] = {
    "weight": ("reference/codebook", [
        _replace("data/codebooks/indicators.csv", r"^(PRO,INNOCAP,group,.*?,1),1,", r"\1,2,"),
        "innocap check",
    ]),
    "figure": ("howto/yearly_update", [_edit_figure, "innocap check"]),
    "country in": ("howto/add_country", [
        'innocap add country NO --region NO07 --label "en=Northern Norway" --label "sv=Nordnorge" '
        '--label "fi=Pohjois-Norja" --label "fr=Norvège du Nord" --area "en=Nordland" '
        '--area "sv=Nordland" --area "fi=Nordland" --area "fr=Nordland"',
    ]),
    "country out": ("howto/add_country", [
        _replace("innocap.yml", r"^  CA:\n(?:    .*\n)+", ""), "innocap check",
    ]),
    "indicator": ("howto/add_figures", [
        _write_indicator,
        f'innocap add staff_days.csv --kind indicator --parent SKL --direction up --unit days '
        f'--title "Days of training" {LABELS} {TERMS}',
        lambda root: (root / "staff_days.csv").unlink(),
        _replace("docs/reference/data.md", r"^\| `undp_hdi",
                 "| `staff_days` | An agency | CC0 |\n| `undp_hdi"),
    ]),
    "30 municipalities": ("howto/places_index", [
        _write_municipalities,
        "innocap add kommuner.csv --new-index kommuner --country SE --kind indicator "
        f'--direction up --parent DIG --unit % --title "A survey of municipalities" {TERMS}',
        "innocap check",
        "innocap report --index kommuner --notebook 40",
    ]),
    "notebook": ("howto/add_notebook", [
        'innocap add notebook 65_what_is_new --scope region --question "What is new this year?"',
        "innocap check",
        _replace("README.md", r"^\| Where should capacity",
                 "| What is new this year? | `65_what_is_new` | |\n| Where should capacity"),
        "innocap report --notebook 65 --region SE",
    ]),
    "Norwegian": ("howto/add_language", [
        "innocap add language nb", _translate_half("nb"), "innocap check",
        "innocap report --language nb --notebook 30 --region SE",
    ]),
    "Inuktitut and Sámi": ("howto/add_language", [
        "innocap add language iu", "innocap add language se",
        _label("SKL", "iu", "ᐊᔪᕐᓇᙱᑦᑐᑦ"), _label("SKL", "se", "Gelbbolašvuohta"),
        "innocap check",
        "innocap report --language iu --language se --notebook 40",
    ]),
}  # fmt: skip


def copy_checkout(root: Path) -> None:
    """Copy the checkout, with what is not committed yet, and commit it there."""
    told = subprocess.check_output(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, text=True
    )
    for file in filter(None, told.split("\0")):
        if (ROOT / file).exists():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, root / file)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "as it was"]):
        subprocess.run([*git, *words], cwd=root, check=True)


def run(command: str, root: Path, **environment: str) -> tuple[int, str]:
    """Run a command of the documentation in a copy, by the Python of this environment."""
    name, *words = shlex.split(command, comments=True)
    start = {
        "innocap": [sys.executable, "-m", "innocap_analysis.cli"], "python": [sys.executable],
    }  # fmt: skip
    ended = subprocess.run(
        [*start.get(name, [name]), *words], cwd=root, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(root)} | environment, timeout=3000,
    )  # fmt: skip
    return ended.returncode, ended.stdout + ended.stderr


def _test(tests: list[str], root: Path, keep: Path) -> list[str]:
    """Run tests in a copy and return those that are red."""
    words = shlex.join(
        ["python", "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]
    )
    _, told = run(words, root, INNOCAP_OUTPUT=str(root.parent / "outputs"))
    (keep / "tests.txt").open("a", encoding="utf-8").write(told)
    if not re.search(r"\d+ (passed|failed)", told):
        raise RuntimeError(told[-2000:])
    return sorted(set(re.findall(r"^(?:FAILED|ERROR) (\S+)", told, re.MULTILINE)))


def try_case(name: str, tests: list[str], keep: Path) -> None:
    """Do a case in a copy of the checkout and print what it took."""
    page, steps = CASES[name]
    keep = keep / name.replace(" ", "_")
    shutil.rmtree(keep, ignore_errors=True)
    keep.mkdir(parents=True)
    log = keep.joinpath("log.txt").open("w", encoding="utf-8")

    def do(step: str | Edit) -> None:
        if isinstance(step, str):
            code, told = run(step, root)
            log.write(f"$ {step}\n{told}({code})\n")
        else:
            step(root)

    with tempfile.TemporaryDirectory(prefix="innocap-extend-") as place, log:
        root = Path(place) / "project"
        copy_checkout(root)
        started = time.monotonic()
        for step in steps:
            do(step)
        seconds = time.monotonic() - started
        status = ["git", "status", "--porcelain", "-uall"]
        changed = subprocess.check_output(status, cwd=root, text=True)
        log.write(changed)
        red = _test(tests, root, keep) if tests else []
        for step in ACCEPT if red else ():
            do(step)
        left = _test(red, root, keep) if red else []
    outside = [test for test in red if not test.startswith("tests/content")]
    print(
        f"{name} ({page}): {len(steps)} steps, {len(changed.splitlines())} files, {seconds:.0f} s; "
        f"{len(red)} red, {len(outside)} of them outside tests/content; after accepting {len(left)}"
    )
    print("".join(f"  red   {test}\n" for test in red if test not in left), end="")
    print("".join(f"  left  {test}\n" for test in left), end="", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help=", ".join(CASES))
    parser.add_argument("--tests", nargs="*", default=["tests/content"])
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "innocap-extend")
    asked = parser.parse_args()
    for case in asked.cases or CASES:
        try_case(case, asked.tests, asked.keep)
