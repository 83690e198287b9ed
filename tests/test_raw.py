"""Raw files: an edited or broken one stops the run and is named."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.capacity import prepare_indicators
from innocap_analysis.settings import load_settings
from tests.frozen import EDITION

NAME = "oecd_adult_skills.csv"


def _spoil(project: Path, old: str, new: str) -> None:
    file = project / "data" / "raw" / NAME
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8", newline="")


def test_values_are_kept_to_the_last_digit() -> None:
    observations = prepare_indicators(load_settings(EDITION)).observations.set_index(
        ["unit", "code", "time"]
    )
    assert observations.at[("SE", "OECD_PMR_PROC", 2018), "value"] == 1.71429
    assert observations.at[("CA-NL", "RWB_NETSPEED", 2024), "value"] == 27.6
    assert observations.at[("SE", "BIPA_PROCDATA", 2024), "value"] == 0.01


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("SWE,2023,PIAAC_LIT,284.0", "SWE,2023,PIAAC_LIT,285.0", ["was edited"]),
        ("country,year", "land,year", ["was edited", "column 'country' is missing"]),
        ("284.0", "high", ["was edited", "'high' is not a number"]),
    ],
)
def test_an_edited_file_stops_and_is_named(
    project: Path, old: str, new: str, told: list[str]
) -> None:
    _spoil(project, old, new)
    with pytest.raises(InnocapError) as caught:
        prepare_indicators(load_settings())
    now = hashlib.sha256((project / "data/raw" / NAME).read_bytes()).hexdigest()
    for word in [NAME, *told, f"now sha256:{now}"]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("country,year", "land,year", ["column 'country' is missing", "'land' is unknown"]),
        ("284.0", "high", ["value: 'high' is not a number"]),
        ("284.0", "nan", ["value: 'nan' is not a finite number"]),
        ("284.0", "", ["value: is empty"]),
        ("SWE,2023", "SWE,2023.5", ["year: '2023.5' is not a whole number"]),
        ("SWE,2023", "SWE,1812", ["year: 1812 is below 2000"]),
        ("SWE,2023", "sweden,2023", ["country: 'sweden' does not look like"]),
        ("SWE,2023", "XQX,2023", ["country: 'XQX' is unknown"]),
        ("SWE,2023", "FIN,2023", ["a second row for FIN, 2023, PIAAC_LIT"]),
        ("PIAAC_LIT,284.0", "PIAAC_MAT,284.0", ["indicator: 'PIAAC_MAT' is none of PIAAC_LIT"]),
        ("SWE,2023,PIAAC_LIT,284.0", "SWE,2023,PIAAC_LIT", ["3 cells, expected 4"]),
    ],
)
def test_a_faulty_new_edition_is_refused_by_line(
    project: Path, accept_raw: Callable[[str], None], old: str, new: str, told: list[str]
) -> None:
    _spoil(project, old, new)
    accept_raw(NAME)
    with pytest.raises(InnocapError) as caught:
        prepare_indicators(load_settings())
    for word in [NAME, *told]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"country,year,indicator,value\n", b"\xff\xfe\x00"]
)
def test_an_empty_or_unreadable_file_is_refused(
    project: Path, accept_raw: Callable[[str], None], content: bytes
) -> None:
    (project / "data" / "raw" / NAME).write_bytes(content)
    accept_raw(NAME)
    with pytest.raises(InnocapError, match=NAME):
        prepare_indicators(load_settings())


def test_a_missing_or_undescribed_file_is_named(project: Path) -> None:
    stray = project / "data" / "raw" / "more.csv"
    stray.write_text("a,b\n", encoding="utf-8")
    with pytest.raises(InnocapError, match=r"more\.csv: is not described"):
        prepare_indicators(load_settings())
    stray.unlink()
    (project / "data" / "raw" / NAME).unlink()
    with pytest.raises(InnocapError, match=NAME):
        prepare_indicators(load_settings())
