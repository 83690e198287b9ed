"""Reading by columns gives what Python's own reader gives, or leaves the file to it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from innocap_analysis.errors import InnocapError
from innocap_analysis.survey.files import columnar
from innocap_analysis.survey.files.columnar import read_columns
from innocap_analysis.survey.files.layout import detect_layout
from innocap_analysis.survey.files.source import iterate_source, open_source
from innocap_analysis.survey.files.textfile import iterate_rows

CELLS = st.text(st.sampled_from('ab;,"\n\r é'), max_size=5)
TABLES = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=2, max_size=6)
)


def _write(path: Path, rows: list[list[str]], quoting: int, end: str) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=";", quoting=quoting, lineterminator=end).writerows(rows)
    path.write_bytes(stream.getvalue().encode())
    return path.read_bytes()


def _read_plainly(path: Path, width: int) -> pd.DataFrame | None:
    try:
        return pd.concat(iterate_rows(path, "utf-8", ";", skip=1, width=width))
    except InnocapError:
        return None


def _read_by_columns(path: Path, width: int) -> pd.DataFrame | None:
    cells = read_columns(path, "utf-8", ";", skip=1, width=width, wanted=range(width))
    if cells is None:
        return None
    return pd.DataFrame({i: own.tell() for i, own in cells.items()}, index=cells[0].rows)


def _assert_same(path: Path, width: int) -> bool:
    found = _read_by_columns(path, width)
    if found is None:
        return False
    wanted = _read_plainly(path, width)
    assert wanted is not None, "a file was read that Python's reader refuses"
    assert found.index.tolist() == wanted.index.tolist()
    assert found.to_numpy().tolist() == wanted.to_numpy().tolist() or found.empty
    return True


@settings(deadline=None, max_examples=60)
@given(TABLES, st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), st.sampled_from(["\n", "\r\n"]))
def test_any_table_is_read_the_same(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], quoting: int, end: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "table.csv"
    _write(path, rows, quoting, end)
    _assert_same(path, len(rows[0]))


@settings(deadline=None, max_examples=120)
@given(TABLES, st.data())
def test_a_spoilt_table_is_read_the_same_or_left_alone(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "spoilt.csv"
    text = _write(path, rows, csv.QUOTE_ALL, "\n")
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 2))
    new = data.draw(st.sampled_from([b"", b'"', b";", b"\n", b"\r", b'";"', b"x", b"\n\n"]))
    spoilt = text[:at] + new + text[at + cut :]
    assume(spoilt.decode(errors="replace").encode() == spoilt)  # else it is another encoding
    path.write_bytes(spoilt)
    _assert_same(path, len(rows[0]))


@pytest.mark.parametrize("piece", [7, 64, 1 << 20])
def test_pieces_make_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(columnar, "_PIECE", piece)
    path = tmp_path / "long.csv"
    rows = [["one", "two"], *([f'x"{i}', "a;b\r\nc"] for i in range(50))]
    _write(path, rows, csv.QUOTE_MINIMAL, "\r\n")
    assert _assert_same(path, 2)


def test_many_different_cells_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    rows = [["one", "two"], *([f"{i}", f"{i % 300}"] for i in range(70_000))]
    _write(path, rows, csv.QUOTE_ALL, "\n")
    assert _assert_same(path, 2)


@pytest.mark.parametrize("piece", [64, 1 << 20])
def test_a_file_with_something_unusual_far_below_is_for_pythons_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(columnar, "_PIECE", piece)
    path = tmp_path / "late.csv"
    text = _write(path, [["one", "two"], *([f"{i}", "å"] for i in range(50))], csv.QUOTE_ALL, "\n")
    path.write_bytes(text.replace(b'"49"', b'4"9'))
    assert _read_by_columns(path, 2) is None
    source = open_source(path, "utf-8", ";")
    layout = detect_layout(source.head, path.name)
    (cells,) = iterate_source(path, source, layout, [0, 1])
    assert cells[0].tell().tolist()[-2:] == ["48", '4"9']


CLOSE = ["2026-09-01 10:22:33", "2026-09-02 10:22:33", "2026-09-02 10:22:34", "2026-09", "åäö" * 5]


@pytest.mark.parametrize("factor", [columnar._FACTOR, 0])
def test_cells_that_differ_anywhere_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, factor: int
) -> None:
    # With a factor of nothing keys of different cells are the same.
    monkeypatch.setattr(columnar, "_FACTOR", np.uint64(factor))
    longs = [f"{'x' * 40}{i}{'y' * n}" for i in range(3) for n in (0, 7, 8, 9, 300)]
    texts = [*CLOSE, "", *longs, *CLOSE[::-1], *longs]
    path = tmp_path / "close.csv"
    _write(path, [["one", "two"], *([text, "a"] for text in texts)], csv.QUOTE_ALL, "\n")
    assert _assert_same(path, 2)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a;b\n1\n2;3\n", "a row is short"),
        ("a;b\n1;2;3\n4\n", "one is long and one short"),
        ("a;b\n\n1;2\n", "a blank line counts as a row"),
        ('a;b\n"1"x;2\n', "text after a closing quote"),
        ('a;b\n1;2"\n', "a quote in a bare field"),
        ("a;b\r1;2\r", "lines end with a return"),
        ('a;b\n1;"2\n', "a quote is never closed"),
        (f"a;b\n1;{'x' * 200_000}\n", "a cell without end"),
    ],
)
def test_what_is_unusual_is_left_to_pythons_reader(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(text.encode())
    assert _read_by_columns(path, 2) is None, why


def test_a_line_feed_within_quotes_ends_no_heading(tmp_path: Path) -> None:
    path = tmp_path / "heading.csv"
    path.write_bytes(b';"b\nc"\n1;2\n;"\nd"\n')
    assert _assert_same(path, 2)


def test_empty_rows_are_left_out_and_the_others_keep_their_number(tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv"
    path.write_bytes(b"a;b\n1;2\n;\n3;4\n")
    found = _read_by_columns(path, 2)
    assert found is not None
    assert found.index.tolist() == [2, 4]
