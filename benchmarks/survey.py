"""Cost of a survey: import, cleaning and scoring of up to a million responses.

    python benchmarks/survey.py            # about three minutes
    python benchmarks/survey.py --quick    # a tenth of it

Every size runs in a process of its own and tells CPU seconds per step and peak memory: read alone,
imported (read, cleaned, written), scored. The responses are SYNTHETIC: a LimeSurvey export of 63
columns at full width, about a kilobyte each, every answer with its label in Swedish.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from innocap_analysis import average_scores, load_settings, read_instrument, read_survey
from innocap_analysis.survey.files.options import FileOptions
from innocap_analysis.survey.importing import import_files
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.score import score_answers

SIZES = (62_500, 125_000, 250_000, 500_000, 1_000_000)
_AT_ONCE = 50_000
_KEY = b"a key for a benchmark only"


def write_export(path: Path, responses: int) -> None:
    """Write a LimeSurvey export of made-up answers, 63 columns, piece by piece."""
    settings = load_settings()
    survey = read_instrument(settings.survey_path, settings.scales_path)
    rng = np.random.default_rng(4)
    asked = [c for c in survey.items if c not in ("ORG1", "ORG5", "ORG6", "ORG7", "SYNTHETIC")]
    names = ["id", "submitdate", "lastpage", "startlanguage", "startdate", "ipaddr"]
    for code in asked:
        multi = survey.items[code].answer == "multi"
        names += [f"{code}[{o}]" for o in survey.options(code)] if multi else [code]
    names += ["SYNTHETIC", "interviewtime"]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        stream.write('"' + '";"'.join(names) + '"\n')
        for start in range(0, responses, _AT_ONCE):
            n = min(_AT_ONCE, responses - start)
            cells = [[str(start + i + 1) for i in range(n)]]
            took = rng.integers(60, 1800, n)
            begun = np.datetime64("2026-09-01T00:00:00") + rng.integers(0, 2_500_000, n)
            cells += [_write_moments(begun + took), ["5"] * n, ["sv"] * n, _write_moments(begun)]
            cells.append([f"192.0.2.{i % 250}" for i in range(n)])
            for code in asked:
                cells += _answer(survey, code, n, rng)
            cells += [["SYNTHETIC"] * n, list(map(str, took))]
            lines = ['"' + '";"'.join(row) + '"\n' for row in zip(*cells, strict=True)]
            stream.write("".join(lines))


def _write_moments(moments: np.ndarray) -> list[str]:
    return [text.replace("T", " ") for text in np.datetime_as_string(moments)]


def _answer(survey: Instrument, code: str, n: int, rng: np.random.Generator) -> list[list[str]]:
    """Return the column of a question, or those of its options."""
    item = survey.items[code]
    if item.answer == "multi":
        return [_pick(["Ja", ""], [0.2, 0.8], n, rng) for _ in survey.options(code)]
    if item.answer == "text":
        # A sentence of its own from every third person, and now and then an address.
        texts = [
            f'Mer tid för ""fråga {i}"" och arbete tillsammans över gränserna; ring inte'
            + (f" 070-{i % 1000:03d} 45 67" if i % 50 == 0 else "")
            for i in range(n)
        ]
        return [[t if i % 3 == 0 else "" for i, t in enumerate(texts)]]  # fmt: skip
    if item.answer == "id":
        return [[f"ORG-{i}" for i in rng.integers(0, 500, n)]]
    if item.scale == "region":
        return [_pick(["SE21", "SE31", "SE32", "SE33"], None, n, rng)]
    scale = survey.scales[item.scale]
    labels = [scale.label(c, "sv") for c in dict.fromkeys(scale.labels.values())]
    return [_pick([*labels, ""], None, n, rng)]


def _pick(words: list[str], p: list[float] | None, n: int, rng: np.random.Generator) -> list[str]:
    return list(np.array(words, dtype=object)[rng.choice(len(words), n, p=p)])


def measure(path: Path) -> dict[str, float]:
    """Import a file into a project of its own; CPU seconds by step and peak memory in GB."""
    root = path.parent / "project"
    shutil.copytree(load_settings().root / "data", root / "data", dirs_exist_ok=True)
    shutil.copy(load_settings().root / "innocap.yml", root)
    settings = load_settings(root)
    survey = read_instrument(settings.survey_path, settings.scales_path)
    figures: dict[str, float] = {}
    start = time.process_time()
    answers = read_survey(path, country="SE", key=_KEY, settings=settings)
    figures["read"] = time.process_time() - start
    figures["read_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    del answers
    start = time.process_time()
    done = import_files({path: FileOptions(country="SE")}, settings=settings, key=_KEY, fresh=True)
    figures["import"] = time.process_time() - start
    figures["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    start = time.process_time()
    average_scores(score_answers(done.wave.clean, survey), survey, by="region")
    figures["score"] = time.process_time() - start
    return figures


def main() -> None:
    """Write the exports and run every size in its own process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="up to 100,000 responses")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one)))
        return
    sizes = [size // 10 for size in SIZES] if given.quick else SIZES
    print("responses     MB  CPU s: read  import  score   us per response   read GB  peak GB")
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"SYNTHETIC_{size}.csv"
            write_export(path, size)
            done = subprocess.run(
                [sys.executable, __file__, "--one", str(path)],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            found = json.loads(done.stdout)
            total = found["import"] + found["score"]
            print(
                f"{size:>9,} {path.stat().st_size / 1e6:>6.0f} {found['read']:>12.2f} "
                f"{found['import']:>7.2f} {found['score']:>6.2f} {1e6 * total / size:>17.1f} "
                f"{found['read_gb']:>9.2f} {found['peak_gb']:>8.2f}",
                flush=True,
            )
            path.unlink()


if __name__ == "__main__":
    main()
