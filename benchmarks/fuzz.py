"""Fuzz what reads files: shipped files are damaged at random; only a told mistake may come out.

    python benchmarks/fuzz.py [--seconds 5] [--seed 1] [settings codebook official ...]

Without names all targets are fuzzed, each for some seconds; 600 is a thorough run. Exits with 1 if
anything but an InnocapError came out, or took longer than ten seconds, and prints how to see it
again.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from innocap_analysis import read_survey
from innocap_analysis.archives import make_workbook
from innocap_analysis.changes.figures import read_file
from innocap_analysis.data.datapackage import read_datapackage
from innocap_analysis.data.official.match import Gazetteer
from innocap_analysis.data.official.tidy import Selection, tidy_cube
from innocap_analysis.data.places import read_places
from innocap_analysis.data.units import read_regions
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.settings import load_settings
from innocap_analysis.survey.edition_file import read_former
from innocap_analysis.survey.files.columns import read_mapping
from innocap_analysis.survey.files.options import read_wave_table
from innocap_analysis.survey.instrument import read_instrument

ROOT = Path(__file__).resolve().parents[1]
SURVEY = ROOT / "data" / "raw" / "survey"
LIMIT = 10.0  # seconds of processor time
BUSY = 6  # how much longer something may take where others use the machine
KEY = b"a key for the fuzzer only"
CELLS = (
    "", " ", "0", "-1", "1e999", "nan", "inf", "=1+1", "\0", "\ufeff", "\u202e", "a" * 5000, "'",
    '"', '""', ",", ";", "\n", "\r", "*a", "&a", "!!python/object:os.system", "<!DOCTYPE a>", "..",
    "../../x", "/etc/passwd", "null", "true", "[]", "{}", "[" * 60, "2026-13-45", "9" * 400,
    "\udc80", "é", "🙂", "%s", "{0}", "(((a+)+)+)$", "9" * 25, "1.7976931348623157e308", "-0",
)  # fmt: skip
Edit = tuple[str, int, int, str]
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "drop", "repeat", "cell", "insert", "swap"]),
        st.integers(0, 1 << 24),
        st.integers(0, 1 << 16),
        st.sampled_from(CELLS),
    ),
    min_size=1,
    max_size=6,
)


def damage(data: bytes, edits: list[Edit]) -> bytes:
    """Return the content of a file with some edits."""
    for kind, where, much, text in edits:
        at = where % (len(data) + 1)
        cell = text.encode("utf-8", "surrogatepass")
        lines = data.split(b"\n")
        line = where % len(lines)
        if kind == "flip":
            data = data[:at] + bytes([much % 256]) + data[at + 1 :]
        elif kind == "cut":
            data = data[:at]
        elif kind == "insert":
            data = data[:at] + cell + data[at:]
        elif kind == "cell":
            parts = lines[line].split(b",")
            parts[much % len(parts)] = cell
            lines[line] = b",".join(parts)
            data = b"\n".join(lines)
        elif kind == "drop":
            data = b"\n".join(lines[:line] + lines[line + 1 + much % 3 :])
        elif kind == "repeat":
            data = b"\n".join(lines[: line + 1] * (1 + much % 2) + lines[line:])
        else:
            other = much % len(lines)
            lines[line], lines[other] = lines[other], lines[line]
            data = b"\n".join(lines)
    return data


def _fuzz_settings(path: Path) -> None:
    load_settings(path)


def _fuzz_instrument(path: Path) -> None:
    read_instrument(path, ROOT / "data" / "codebooks" / "scales.csv")


def _fuzz_scales(path: Path) -> None:
    read_instrument(ROOT / "data" / "codebooks" / "survey.csv", path)


def _fuzz_package(path: Path) -> None:
    for other in (ROOT / "data" / "raw").rglob("*.csv"):
        own = path.parent / other.relative_to(ROOT / "data" / "raw")
        if not own.exists():
            own.parent.mkdir(parents=True, exist_ok=True)
            own.symlink_to(other)
    read_datapackage(path.parent)


_load_project = functools.cache(load_settings)


def _fuzz_survey(path: Path) -> None:
    read_survey(path, key=KEY, settings=_load_project(ROOT))


def _fuzz_record(path: Path) -> None:
    place = path.parent / "project" / "data" / "processed"
    place.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "innocap.yml", place.parents[1])
    shutil.copy(path, place / "released.json")
    read_former(load_settings(place.parents[1]))


@functools.cache
def _read_gazetteer() -> Gazetteer:
    own = _load_project(ROOT)
    return Gazetteer(read_places(own), read_regions(own.regions_path))


def _fuzz_official(path: Path) -> None:
    """Read figures, and turn them into rows as a person would say who knows the files."""
    cube = read_file(path)
    said = _SAID.get(path.stem, Selection(codes={"": "X"}))
    tidy_cube(cube, said, _read_gazetteer(), name=path.name)


_OFFICIAL = ROOT / "tests" / "fixtures" / "official"
_IDS = {"Region": ["00", "2284"], "Kon": ["1", "2"], "Tid": ["2022", "2023"]}
_JSONSTAT = {
    "version": "2.0", "class": "dataset", "label": "Population", "source": "SCB",
    "updated": "2024-02-22T07:00:00Z", "id": list(_IDS), "size": [2, 2, 2],
    "dimension": {
        key: {"label": key, "category": {"index": {c: i for i, c in enumerate(codes)},
                                         "label": {c: f"{key} {c}" for c in codes}}}
        for key, codes in _IDS.items()
    },
    "value": [1, 2.5, None, 4, 5, 6, 7, 8], "status": {"2": ".."},
    "role": {"time": ["Tid"], "geo": ["Region"]},
}  # fmt: skip
_SPARSE = _JSONSTAT | {"value": {"0": 76, "5": 79.5}, "status": {"3": ":", "5": "b"}}
_KOLADA = {"count": 2, "values": [
    {"kpi": "N00945", "municipality": code, "period": 2023,
     "values": [{"count": 1, "gender": "T", "status": "", "value": value, "isdeleted": False}]}
    for code, value in (("2284", 55.3), ("0022", None))
]}  # fmt: skip
_SAID = {
    "jsonstat": Selection(country="SE", each=["Kon"], codes={"1": "MEN", "2": "WOMEN"}),
    "sparse": Selection(country="SE", where={"Kon": ["1"]}, codes={"": "X"}),
    "kolada": Selection(where={"gender": ["T"]}),
    **dict.fromkeys(("plain", "utf16", "book"), Selection()),
}
_PLAIN = [["place", "year", "indicator", "value"], ["SE-2284", "2023", "A", "1.5"],
          ["SE-2281", "2023", "A", ".."]]  # fmt: skip
_BOOKS = ROOT / "data" / "codebooks"
_RECORD = b"""{"version": 1, "people": ["a", "b"], "organisations": ["c", ""], "variables":
{"": {"blocks": [1, 1], "contents": {}, "secret": [[0], [1]]},
"SKL1": {"blocks": [1, 0], "contents": {"1": [[[0.25, 0.0], 1]]}, "secret": []}}}"""
TARGETS: dict[str, tuple[Callable[[Path], object], list[Path | tuple[str, bytes]]]] = {
    "settings": (_fuzz_settings, [ROOT / "innocap.yml"]),
    "codebook": (read_codebook, [_BOOKS / "indicators.csv"]),
    "instrument": (_fuzz_instrument, [_BOOKS / "survey.csv"]),
    "scales": (_fuzz_scales, [_BOOKS / "scales.csv"]),
    "regions": (read_regions, [_BOOKS / "regions.csv"]),
    "datapackage": (_fuzz_package, [ROOT / "data" / "raw" / "datapackage.json"]),
    "survey": (_fuzz_survey, sorted(SURVEY.glob("SYNTHETIC_*"))),
    "official": (
        _fuzz_official,
        [
            *sorted(_OFFICIAL.glob("*.csv")),
            *(
                (f"{name}.json", json.dumps(content, indent=1).encode())
                for name, content in (
                    ("jsonstat", _JSONSTAT),
                    ("sparse", _SPARSE),
                    ("kolada", _KOLADA),
                )
            ),
            ("plain.csv", "\n".join(";".join(row) for row in _PLAIN).replace(".5", ",5").encode()),
            ("utf16.csv", "\n".join("\t".join(row) for row in _PLAIN).encode("utf-16")),
            ("book.xlsx", make_workbook({"a": _PLAIN})),
        ],
    ),
    "wave": (
        read_wave_table,
        [("a.csv", b"file,country,mapping,codes,dates,note\na.csv,SE,,,,\n")],
    ),
    "mapping": (read_mapping, [("a.csv", b"header,item\nfraga 1,SKL1\nfraga 2,SKL2\n")]),
    "released": (_fuzz_record, [("a.json", _RECORD)]),
}


def fuzz(name: str, seconds: float, start: int) -> tuple[int, dict[str, str]]:
    """Fuzz a target for some seconds; return how many files were read, and what went wrong."""
    read, sources = TARGETS[name]
    files = [s if isinstance(s, tuple) else (s.name, s.read_bytes()) for s in sources]
    found: dict[str, str] = {}
    count = 0
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        for own, data in files:  # whole ones are read; what is kept of the project is loaded
            path = Path(folder) / own
            path.write_bytes(data)
            read(path)
        end = time.monotonic() + seconds

        def check(which: int, edits: list[Edit]) -> None:
            nonlocal count
            if time.monotonic() > end:
                return
            count += 1
            own, data = files[which % len(files)]
            path = Path(folder) / own
            path.write_bytes(damage(data, edits))
            clock = time.monotonic(), sum(os.times()[:4])
            try:
                read(path)
            except InnocapError:
                pass
            except Exception as error:  # noqa: BLE001 - whatever comes out is what is looked for
                at = traceback.extract_tb(error.__traceback__)
                near = [f for f in at if "innocap_analysis" in f.filename] or list(at)
                key = f"{type(error).__name__} in {Path(near[-1].filename).name}:{near[-1].lineno}"
                found.setdefault(key, f"{str(error)[:200]!r} from {own} {edits}")
            waited, used = time.monotonic() - clock[0], sum(os.times()[:4]) - clock[1]
            if used > LIMIT or waited > BUSY * LIMIT:
                found.setdefault(f"more than {LIMIT:g} s", f"{own} {edits}")

        while time.monotonic() < end:
            run = given(st.integers(0, 1 << 10), EDITS)(check)
            run = settings(
                max_examples=100, deadline=None, database=None,
                suppress_health_check=list(HealthCheck),
            )(run)  # fmt: skip
            seed(start)(run)()
            start += 1
    return count, found


def main() -> int:
    """Fuzz the targets that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", default=[], help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    wrong = 0
    for name in asked.targets or TARGETS:
        count, found = fuzz(name, asked.seconds, asked.seed)
        sys.stdout.write(f"{name}: {count} files, {len(found)} kinds of fault\n")
        for key, told in found.items():
            sys.stdout.write(f"  {key}: {told}\n")
        sys.stdout.flush()
        wrong += len(found)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
