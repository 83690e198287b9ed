"""Cost of a survey: import, cleaning and scoring of up to a million responses.

    python benchmarks/survey.py            # about three minutes
    python benchmarks/survey.py --quick    # a tenth of it

Every size runs in a process of its own and tells CPU seconds per step and peak memory. The
responses are SYNTHETIC: a LimeSurvey export of 24 items, each with its label in Swedish.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from innocap_analysis import average_scores, load_settings, read_instrument, read_survey
from innocap_analysis.survey.answers import clean_answers
from innocap_analysis.survey.score import score_answers

SIZES = (62_500, 125_000, 250_000, 500_000, 1_000_000)


def write_export(path: Path, responses: int) -> None:
    """Write a LimeSurvey export of made-up answers, piece by piece."""
    settings = load_settings()
    survey = read_instrument(settings.survey_path, settings.scales_path)
    rng = np.random.default_rng(4)
    scale = survey.scales["agree5"]
    labels = np.array([scale.label(float(code), "sv") for code in range(1, 6)] + ["Vet ej", ""])
    labels[5] = scale.label(-8.0, "sv")
    names = ["id", "submitdate", "startlanguage", "ORG2", *survey.scored, "SYNTHETIC"]
    regions = np.array(["SE21", "SE31", "SE32", "SE33"])
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        stream.write(";".join(f'"{name}"' for name in names) + "\n")
        for start in range(0, responses, 50_000):
            n = min(50_000, responses - start)
            cells = labels[rng.choice(7, (n, len(survey.scored)), p=[0.1, 0.2, 0.25, 0.25, 0.1,
                                                                     0.05, 0.05])]  # fmt: skip
            where = regions[rng.integers(0, 4, n)]
            for i in range(n):
                items = '";"'.join(cells[i])
                stream.write(
                    f'"{start + i + 1}";"2026-10-01 10:00:00";"sv";"{where[i]}";"{items}";'
                    '"SYNTHETIC"\n'
                )


def measure(path: Path) -> dict[str, float]:
    """Import, clean and score a file; CPU seconds by step and peak memory in GB."""
    settings = load_settings()
    survey = read_instrument(settings.survey_path, settings.scales_path)
    figures: dict[str, float] = {}
    start = time.process_time()
    answers = read_survey(path, country="SE", key=b"benchmark", settings=settings)
    figures["import"] = time.process_time() - start
    start = time.process_time()
    clean, _ = clean_answers(answers.table, survey)
    figures["clean"] = time.process_time() - start
    start = time.process_time()
    scores = score_answers(clean, survey)
    average_scores(scores, survey, by="region")
    figures["score"] = time.process_time() - start
    figures["clean_responses"] = len(clean)
    figures["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
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
    print("responses  CPU s: import  clean  score   us per response   peak GB")
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"SYNTHETIC_{size}.csv"
            write_export(path, size)
            done = subprocess.run(
                [sys.executable, __file__, "--one", str(path)],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            found = json.loads(done.stdout)
            total = found["import"] + found["clean"] + found["score"]
            print(
                f"{size:>9,} {found['import']:>14.2f} {found['clean']:>6.2f} "
                f"{found['score']:>6.2f} {1e6 * total / size:>17.1f} {found['peak_gb']:>9.2f}",
                flush=True,
            )
            path.unlink()


if __name__ == "__main__":
    main()
