"""Files that are not what they seem are refused soon, with a message."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from innocap_analysis import read_survey
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings, load_settings
from tests.frozen import EDITION

pytestmark = pytest.mark.usefixtures("bounded")
KEY = b"a key for tests only"


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings(EDITION)


def _book(path: Path, rows: list[list[object]]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def _replace_part(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def _formula(path: Path) -> Path:
    return _book(path.with_suffix(".xlsx"), [["SKL1"], ["=1+1"]])


def _bomb(path: Path) -> Path:
    made = _book(path.with_suffix(".xlsx"), [["SKL1"], ["x"]])
    blank = b"<!-- " + b" " * 200_000_000 + b" -->"
    return _replace_part(made, "xl/worksheets/sheet1.xml", lambda data: data + blank)


def _entities(path: Path) -> Path:
    made = _book(path.with_suffix(".xlsx"), [["SKL1"], ["x"]])
    trap = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]>'
    return _replace_part(made, "xl/worksheets/sheet1.xml",
                         lambda data: trap + data.split(b"?>", 1)[-1])  # fmt: skip


def _renamed_zip(path: Path) -> Path:
    made = path.with_suffix(".xlsx")
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("hello.txt", "not a workbook")
    return made


def _wide(path: Path) -> Path:
    return _book(path.with_suffix(".xlsx"), [[f"c{i}" for i in range(10_000)], ["x"]])


def _far_cell(path: Path) -> Path:
    book = Workbook()
    book.active["A1"] = "SKL1"
    book.active["XFD1048576"] = "far"
    book.save(path.with_suffix(".xlsx"))
    return path.with_suffix(".xlsx")


def _empty_sheet(path: Path) -> Path:
    return _book(path.with_suffix(".xlsx"), [])


def _damaged(path: Path) -> Path:
    made = _book(path.with_suffix(".xlsx"), [["SKL1"], ["x"]])
    made.write_bytes(made.read_bytes()[:-300])
    return made


def _text_as_book(path: Path) -> Path:
    made = path.with_suffix(".xlsx")
    made.write_text("SKL1,SKL2\nx,y\n")
    return made


def _book_as_text(path: Path) -> Path:
    return _book(path.with_suffix(".xlsx"), [["SKL1"], ["x"]]).rename(path.with_suffix(".csv"))


def _nul(path: Path) -> Path:
    path.with_suffix(".csv").write_bytes(b"SKL1,SKL2\nx,\0y\n")
    return path.with_suffix(".csv")


def _no_bytes(path: Path) -> Path:
    path.with_suffix(".csv").write_bytes(b"")
    return path.with_suffix(".csv")


def _one_line(path: Path) -> Path:
    path.with_suffix(".csv").write_bytes(b"x" * 6_000_000)
    return path.with_suffix(".csv")


def _wide_text(path: Path) -> Path:
    row = ",".join(f"c{i}" for i in range(10_000))
    path.with_suffix(".csv").write_text(f"{row}\n{row}\n")
    return path.with_suffix(".csv")


def _open_quote(path: Path) -> Path:
    path.with_suffix(".csv").write_text('SKL1,SKL2\n"never closed,2\n' + "3,4\n" * 50)
    return path.with_suffix(".csv")


def _circle(path: Path) -> Path:
    """Write an old workbook whose chain of sectors leads back to itself."""
    head = bytearray(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504))
    head[24:34] = struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6)
    head[44:52], head[56:60] = struct.pack("<2I", 1, 1), struct.pack("<I", 4096)
    head[60:80] = struct.pack("<5I", 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    table = struct.pack("<128I", 0xFFFFFFFD, *[1] * 127)
    name = "Workbook".encode("utf-16-le").ljust(64, b"\0")
    entry = name + struct.pack("<HBB", 18, 2, 1) + bytes(48) + struct.pack("<3I", 1, 2**31, 0)
    path.with_suffix(".xls").write_bytes(bytes(head) + table + entry * 4)
    return path.with_suffix(".xls")


def _heads_alone(path: Path) -> Path:
    """Write a cut export: a question with another answer to be typed, and nobody's answers."""
    path.with_suffix(".csv").write_bytes(b'"id";"SKL1";"ORG3";"ORG3[other]"\r')
    return path.with_suffix(".csv")


def _not_spss(path: Path) -> Path:
    path.with_suffix(".sav").write_bytes(b"$FL9 nothing here")
    return path.with_suffix(".sav")


def _bad_spss(path: Path) -> Path:
    path.with_suffix(".sav").write_bytes(b"$FL2" + bytes(400))
    return path.with_suffix(".sav")


def _unknown_kind(path: Path) -> Path:
    path.with_suffix(".pdf").write_bytes(b"%PDF-1.4")
    return path.with_suffix(".pdf")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (_formula, "holds formulas"),
        (_bomb, "unpack to 200 MB"),
        (_entities, "declares XML entities"),
        (_renamed_zip, "is a ZIP archive, but no Excel workbook"),
        (_wide, "10000 columns; a survey export has at most 2000"),
        (_far_cell, "16384 columns"),
        (_empty_sheet, "has no cells"),
        (_damaged, "is damaged"),
        (_text_as_book, "is no Excel workbook"),
        (_book_as_text, "is a workbook or archive"),
        (_nul, "byte 12 is NUL"),
        (_no_bytes, "is empty"),
        (_one_line, "longer than"),
        (_wide_text, "10000 columns"),
        (_open_quote, "no table in it|may have been cut off|no column is an item"),
        (_circle, "is damaged"),
        (_heads_alone, "has a header but no responses"),
        (_not_spss, "is no SPSS file"),
        (_bad_spss, "cannot be read as an SPSS file"),
        (_unknown_kind, r"files ending in \.pdf are not read"),
    ],
)
def test_a_hostile_file_is_refused(
    make: Callable[[Path], Path], told: str, settings: Settings, tmp_path: Path
) -> None:
    path = make(tmp_path / "hostile")
    with pytest.raises(InnocapError, match=told) as caught:
        read_survey(path, key=KEY, settings=settings)
    assert path.name in str(caught.value)


def test_a_formula_typed_as_text_stays_text(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    header = "respondent_id,SKL1,OPEN1\n"
    path.write_text(f'{header}A-1,Instämmer helt,"=HYPERLINK(""http://example.org"")"\n')
    found = read_survey(path, key=KEY, settings=settings)
    assert not io.StringIO(found.texts["text"].iloc[0]).getvalue().startswith("=")
