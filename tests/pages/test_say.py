"""Facts alone write numbers: nothing else formats one on its way to a reader."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.frozen import ROOT

PACKAGE = ROOT / "innocap_analysis"
# The writers themselves, and what no reader reads as a number: where marks stand, the explorer.
WRITERS = {"pages/facts.py", "pages/language.py", "pages/view.py"}
FILES = sorted(
    path
    for room in ("pages", "documents", "batch")
    for path in (PACKAGE / room).glob("*.py")
    if path.relative_to(PACKAGE).as_posix() not in WRITERS
)
WRITE = {"number", "share", "figure", "probability", "p_value"}
SPEC = re.compile(r"[<>^=]?[-+ #0]*\d*[,_]?(\.\d+)?[bdeEfFgGn%]|,")
# Module and function: what it writes instead of a number for a reader of pages.
OTHERWISE = {
    "pages/place_view.py tick_size": "numbers along an axis",
    "pages/survey_view.py fact": "answers are kept no finer than they may be published",
    "pages/texts.py round_columns": "the same of the data beside a figure",
    "pages/ranks.py plot_rank_groups": "where the quarters of many ranks end",
    "pages/figure_files.py _write": "the data of a figure, told in its alternative text",
    "pages/figure_files.py write_readable": "asks for the decimal sign",
    "pages/figure_files.py _write_cell": "data for a spreadsheet",
    "documents/place.py _tell_year": "a year",
    "documents/workbook.py _write_cell": "how a cell shows its number",
    "batch/trace.py _tell_cell": "told on a terminal",
    "batch/trace.py trace_number": "told on a terminal",
    "batch/findings.py _round": "a record, to be compared",
}
TERMINAL = {"batch/progress.py", "batch/check.py"}


def find_formats(path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield the function, the line and the code of everything that writes a number."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from _walk(tree, "")


def _walk(node: ast.AST, within: str) -> Iterator[tuple[str, int, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.keyword) and child.arg == "height":  # of a figure
            continue
        if isinstance(child, ast.Call) and getattr(child.func, "attr", "") == "tall":
            continue
        if _formats(child):
            yield within, child.lineno, ast.unparse(child)  # type: ignore[attr-defined]
        named = isinstance(child, ast.FunctionDef)
        yield from _walk(child, child.name if named else within)  # type: ignore[attr-defined]


def _formats(node: ast.AST) -> bool:
    if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
        parts = node.format_spec.values
        return all(isinstance(x, ast.Constant) and SPEC.fullmatch(str(x.value)) for x in parts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return name == "round" or (name in WRITE and isinstance(node.func, ast.Attribute))


def test_no_number_is_written_but_by_a_fact() -> None:
    found = {}
    for path in FILES:
        name = path.relative_to(PACKAGE).as_posix()
        if name not in TERMINAL:
            for within, line, code in find_formats(path):
                found.setdefault(f"{name} {within}", f"line {line}: {code}")
    strangers = {key: told for key, told in found.items() if key not in OTHERWISE}
    assert not strangers
    assert set(OTHERWISE) <= set(found), "is not needed any more"


def test_what_writes_a_number_is_found(tmp_path: Path) -> None:
    code = """
def tell(view, x):
    good = view.say("{n} of {all}", n=view.tally("n", x)), f"{x:interval}", f"{x:the}"
    return f"{x:.1f}", "%d" % x, round(x), view.number(x), x.round(2), f"{x:,}", f"{x:>5.0f}"
"""
    (tmp_path / "page.py").write_text(code, encoding="utf-8")
    found = [told for *_, told in find_formats(tmp_path / "page.py")]
    wanted = (
        "{x:.1f}",
        "'%d' % x",
        "round(x)",
        "view.number(x)",
        "x.round(2)",
        "{x:,}",
        "{x:>5.0f}",
    )
    assert len(found) == len(wanted)
    assert all(code in told for code, told in zip(wanted, found, strict=True)), found
