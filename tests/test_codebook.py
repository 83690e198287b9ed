"""The codebook is checked whole: every fault at once, each with its row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.alternatives import change_codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.goalposts import compute_goalposts, write_goalposts

GOOD = """code,parent,kind,direction,weight,low,high,aggregate
IDX,,index,,,,,arithmetic
A,IDX,group,,,,,geometric
A1,A,indicator,1,2,0,10,
A2,A,indicator,-1,1,5,6,
CTX,,context,,,,,
"""


def _read(tmp_path: Path, text: str, encoding: str = "utf-8") -> object:
    path = tmp_path / "book.csv"
    path.write_text(text, encoding=encoding)
    return read_codebook(path)


def test_tree_of_a_good_codebook(tmp_path: Path) -> None:
    book = _read(tmp_path, GOOD)
    assert book.leaves == ["A1", "A2"]
    assert book.parents == ["A", "IDX"]
    assert book.context == ["CTX"]
    assert book.leaves_of("IDX") == ["A1", "A2"]
    assert [book.level(code) for code in ("IDX", "A", "A2")] == [0, 1, 2]
    assert book.label("A1", "sv") == "A1"
    assert read_codebook(book) is book
    assert read_codebook(book.table).leaves == book.leaves


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_spreadsheet_dialects_read_the_same(tmp_path: Path, encoding: str, line_end: str) -> None:
    decimal = GOOD.replace("A1,A,indicator,1,2,0,10", "A1,A,indicator,1,2.5,0,10")
    excel = decimal.replace(",", ";").replace("2.5", "2,5").replace("\n", line_end)
    one, other = _read(tmp_path, decimal), _read(tmp_path, excel, encoding)
    pd.testing.assert_frame_equal(one.table, other.table)
    assert other.table.at["A1", "weight"] == 2.5


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("A1,A,", "A1,Q,", ["line 4, A1", "parent 'Q' is unknown"]),
        ("A,IDX,group", "A,A,group", ["line 3, A", "cycle", "A -> A"]),
        ("A1,A,indicator,1,2,", "A1,A,indicator,1,-2,", ["line 4, A1", "weight -2 is below zero"]),
        ("A2,A,indicator,-1", "A1,A,indicator,-1", ["line 5, A1", "already used in line 4"]),
        ("1,2,0,10", "1,two,0,10", ["line 4, A1", "weight 'two' is not a number"]),
        ("1,2,0,10", "1,inf,0,10", ["line 4, A1", "weight 'inf' is not a number"]),
        ("1,2,0,10", "2,2,0,10", ["line 4, A1", "neither 1 nor -1"]),
        ("1,2,0,10", "1,2,10,0", ["line 4, A1", "low 10 is not below high 0"]),
        ("1,2,0,10", "1,2,,10", ["line 4, A1", "goalposts need both"]),
        ("high,agg", "goalposts,agg", ["line 4, A1", "goalposts '10' is none of figures, given"]),
        ("geometric", "geometrical", ["line 3, A", "did you mean 'geometric'"]),
        ("A2,A,indicator", "A2,A,indicater", ["line 5, A2", "did you mean 'indicator'"]),
        ("A2,A,indicator", "A2,A1,indicator", ["line 5, A2", "'A1' is of kind indicator"]),
        ("IDX,,index", "IDX,A,index", ["line 2, IDX", "has no parent"]),
        ("A,IDX,group,", "A,IDX,group,-1", ["line 3, A", "already oriented"]),
        ("code,parent", "code,parnet", ["column 'parent' is missing", "'parnet' is unknown"]),
        ("direction", "weight", ["column 'weight' appears twice"]),
        ("A2,A,indicator,-1,1,5,6,\n", "A2,A,indicator\n", ["line 5 has 3 cells"]),
    ],
)
def test_faults_name_row_and_remedy(tmp_path: Path, old: str, new: str, told: list[str]) -> None:
    assert old in GOOD
    with pytest.raises(InnocapError) as caught:
        _read(tmp_path, GOOD.replace(old, new, 1))
    for word in ["book.csv", *told]:
        assert word in str(caught.value)


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    bad = GOOD.replace("A1,A,indicator,1,2", "A1,Q,indicator,1,-2").replace("5,6", "x,6")
    with pytest.raises(InnocapError) as caught:
        _read(tmp_path, bad)
    assert "3 fault(s)" in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_a_longer_cycle_is_told_once(tmp_path: Path) -> None:
    text = "code,parent,kind\nI,,index\nA,C,group\nB,A,group\nC,B,group\nX,I,indicator\n"
    with pytest.raises(InnocapError, match="A -> C -> B -> A"):
        _read(tmp_path, text.replace("X,I,indicator", "X,I,indicator"))


@pytest.mark.parametrize("text", ["", "\n\n", "code,parent,kind\n"])
def test_empty_files_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InnocapError, match=r"empty|no row"):
        _read(tmp_path, text)


def test_weights_of_siblings_must_not_all_be_zero(tmp_path: Path) -> None:
    text = GOOD.replace("1,2,0,10", "1,0,0,10").replace("-1,1,5,6", "-1,0,5,6")
    with pytest.raises(InnocapError, match="all zero"):
        _read(tmp_path, text)


ODD = (  # quoted, spaced, with empty lines, line ends of all kinds and no last one
    'code,parent,kind,low,high,note\r\nI,,index,,,"a, ""b""\n c"\n\n"A1",I,indicator, 0 ,"10",x\r'
    "\r\nB1,I,indicator,,,\nC1,I,indicator,1,2, y "
)


def _table(**ends: tuple[float, float]) -> pd.DataFrame:
    rows = [{"code": c, "n": 5, "low": a, "high": b, "agrees": False} for c, (a, b) in ends.items()]
    return pd.DataFrame(rows)


def test_writing_goalposts_leaves_every_other_byte(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text(GOOD, encoding="utf-8")
    assert write_goalposts(path, _table(A1=(0.0, 12.5))) == 1
    assert path.read_text(encoding="utf-8") == GOOD.replace("1,2,0,10,", "1,2,0,12.5,")
    path.write_bytes(ODD.encode())
    assert write_goalposts(path, _table(A1=(0.0, 12.5), B1=(-1.0, 3.0), C1=(1.0, 2.0))) == 3
    expected = ODD.replace('"10"', "12.5").replace("B1,I,indicator,,,", "B1,I,indicator,-1.0,3.0,")
    assert path.read_bytes() == expected.encode()


def test_goalposts_of_a_spreadsheet_keep_its_decimal_comma(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    text = "\ufeffcode;parent;kind;low;high\r\nI;;index;;\r\nA1;I;indicator;0,5;\r\n"
    path.write_bytes(text.encode())
    with pytest.raises(InnocapError, match=r"line 3, A1: .*goalposts --write .*--index NAME"):
        read_codebook(path)
    assert write_goalposts(path, _table(A1=(0.5, 7.25))) == 1
    assert path.read_bytes() == text.replace("0,5;", "0,5;7,25").encode()
    assert read_codebook(path).table.loc["A1", ["low", "high"]].tolist() == [0.5, 7.25]


def test_goalposts_without_a_range_are_refused_together(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_bytes(ODD.encode())
    values = pd.DataFrame({"A1": [1.0, 4.0], "B1": [2.0, 2.0], "C1": [np.nan, np.nan]})
    table = compute_goalposts(values, read_codebook(path, frozen=False))
    assert table.set_index("code")["agrees"].to_dict() == {"A1": False, "B1": False, "C1": True}
    with pytest.raises(InnocapError, match="B1: has the figure 2 everywhere"):
        write_goalposts(path, table)
    assert path.read_bytes() == ODD.encode()
    path.write_bytes(ODD.replace("C1,I,indicator,1,2", "C1,I,indicator,,").encode())
    table = compute_goalposts(values, read_codebook(path, frozen=False))
    with pytest.raises(InnocapError, match=r"B1: has (?s:.)* C1: has no figure at all"):
        write_goalposts(path, table)


def test_goalposts_of_a_divided_indicator_are_of_the_quotient() -> None:
    book = read_codebook(
        pd.DataFrame(
            {
                "code": ["I", "A"],
                "parent": ["", "I"],
                "kind": ["index", "indicator"],
                "denominator": ["", "POP"],
            }
        ),
        frozen=False,
    )
    values = pd.DataFrame({"A": [8.0, 30.0], "POP": [4.0, 3.0]})
    row = compute_goalposts(values, book).iloc[0]
    assert (row["low"], row["high"]) == (2.0, 10.0)  # 8 / 4 and 30 / 3, by hand


@pytest.mark.parametrize(
    ("whole", "told"),
    [
        ("CTXX", ["line 4, A1", "part_of 'CTXX' is no figure", "did you mean 'CTX'"]),
        ("IDX", ["line 4, A1", "part_of 'IDX' is no figure", "leave it empty"]),
        ("A1", ["line 4, A1", "part_of forms a cycle: A1 -> A1"]),
    ],
)
def test_a_part_names_another_figure(tmp_path: Path, whole: str, told: list[str]) -> None:
    lines = GOOD.splitlines()
    parts = ["part_of", "", "", whole, "", ""]
    text = "\n".join(f"{line},{part}" for line, part in zip(lines, parts, strict=True))
    with pytest.raises(InnocapError) as error:
        _read(tmp_path, text)
    for words in told:
        assert words in str(error.value)
    whole_too = text.replace(f",,{whole}\n", ",,A2\n")
    book = _read(tmp_path, whole_too)
    assert book.table.at["A1", "part_of"] == "A2"
    # Without what holds it, nothing is left to be a part of.
    assert change_codebook(book, drop=["A2"]).table.at["A1", "part_of"] == ""
