"""The letters of every figure for documents, in every language and a longer made-up one.

    python benchmarks/letters.py                  # 8 cm
    python benchmarks/letters.py 8cm 16cm slide   # all sizes; some minutes
    python benchmarks/letters.py 8cm --to FOLDER  # and the pictures

Prints what is smaller than 7.5 points, cut off or in the way of something else, and how many
figures have nothing of the kind.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from innocap_analysis import load_capacity, load_wave
from innocap_analysis.pages import language as translations
from innocap_analysis.pages.drawing.medium import find_media
from tests.pseudo import Pseudo
from tests.test_document_figures import LANGUAGES, NAMES, PSEUDO, draw_figure, list_faults


def main() -> int:
    """Measure, and tell what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", default=["8cm"])
    parser.add_argument("--to", type=Path)
    given = parser.parse_args()
    capacity, wave, good, bad = load_capacity(), load_wave(), 0, 0
    read = translations._read_catalogue
    for language in LANGUAGES:
        known = (lambda _: Pseudo()) if language == PSEUDO else read
        for name in NAMES:
            for medium in find_media(given.sizes):
                with mock.patch.object(translations, "_read_catalogue", known):
                    warnings.simplefilter("ignore")
                    own = "sv" if language == PSEUDO else language
                    chart = draw_figure(name, own, medium, capacity, wave)
                    faults = list_faults(chart)
                good, bad = good + (not faults), bad + bool(faults)
                if faults:
                    print(name, language, medium.name, *faults[:3], sep="\n    ", flush=True)
                if given.to:
                    place = given.to / f"{name}-{medium.name}.{language}.png"
                    place.write_bytes(chart.to_png())
    print(f"{good} figures without a fault, {bad} with")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
