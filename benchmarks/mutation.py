"""Would a test miss it if a page said something else? Plant small faults and run its tests.

    python benchmarks/mutation.py                 20 faults in every page module, drawn by a seed
    python benchmarks/mutation.py -n 60 country   60 in one module
    python benchmarks/mutation.py --all order     every one

A fault is one change of what a page says: a comparison turned, a first taken for a last, a
column, a key or an end of an interval taken for another, a number one too high, a condition
reversed. Where marks are drawn, and how, is left alone (calls on an axis; sizes, colours).
A loaded process forks a child for each fault, which runs the tests of the module's pages.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib
import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 240
TESTS = {
    "comparison": "index", "country": "index", "front": "index", "indicators": "index",
    "order": "index", "regions": "index", "alternatives": "method", "data": "method",
    "method": "method", "ranks": "method", "answers": "survey", "differences": "survey",
    "fitness": "survey", "measurement": "survey", "pairs": "survey", "government": "place",
    "place": "place", "place_frame": "place", "place_lessons": "place",
}  # fmt: skip
TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
# Words that may stand for each other: as attributes, keys or columns.
SWAPS = [
    ("idxmax", "idxmin"), ("max", "min"), ("head", "tail"), ("first", "last"), ("low", "high"),
    ("gap", "gap_to_best"), ("gap_to_median", "gap_to_best"), ("mean", "sd"), ("score", "value"),
    ("rank", "percentile"), ("median", "best"), ("ahead", "behind"), ("highest", "lowest"),
    ("n_answers", "n_respondents"), ("dont_know", "missing"), ("reference_n", "percentile"),
    ("differs", "equivalent"), ("floor_share", "ceiling_share"), ("before", "after"),
    ("list_strengths", "list_weaknesses"), ("raw", "clean"), ("order", "first"),
]  # fmt: skip
OTHER = dict(SWAPS) | {b: a for a, b in SWAPS}
DRAWN = {"ax", "axes", "bars", "cells", "axis"}
LOOKS = {"fill", "fold", "Line2D", "Patch"}
COSMETIC = {
    "size", "weight", "color", "colors", "colours", "linewidth", "markersize", "alpha", "va", "ha",
    "xytext", "textcoords", "zorder", "height", "columns", "key", "marker", "linestyle", "style",
    "width_ratios", "decimals", "sharey", "sharex", "bold", "english", "hatch", "edgecolor",
    "clip_on", "ms", "mew", "pad", "linestyles", "grid", "sort", "hue", "palette", "title",
}  # fmt: skip


def find_faults(tree: ast.Module) -> Iterator[tuple[ast.AST, str, str]]:
    """Yield the place of each fault, what kind it is, and what it does."""
    for node, path in _walk(tree, ()):
        if any(_is_drawing(parent) for parent in path):
            continue
        if isinstance(node, ast.Compare) and type(node.ops[0]) in TURNED:
            yield node, "turn", f"{ast.unparse(node)} turned"
        elif isinstance(node, ast.Attribute) and node.attr in OTHER:
            yield node, "attribute", f".{node.attr} -> .{OTHER[node.attr]}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value in OTHER:
                yield node, "word", f"{node.value!r} -> {OTHER[node.value]!r}"
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            if not any(_owns(parent) == "marks" for parent in path):  # where and how large
                yield node, "number", f"{node.value} -> {node.value + 1}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield node, "flip", f"{node.value} -> {not node.value}"
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, "affirm", f"{ast.unparse(node)} without not"


def _walk(
    node: ast.AST, path: tuple[ast.AST, ...]
) -> Iterator[tuple[ast.AST, tuple[ast.AST, ...]]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)) or _is_docstring(child):
            continue
        if isinstance(node, ast.arguments) or isinstance(child, ast.arguments):
            continue
        yield child, (*path, node)
        yield from _walk(child, (*path, node))


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_drawing(node: ast.AST) -> bool:
    """Whether a node only draws: a call on an axis, or an argument that is about looks."""
    if isinstance(node, ast.keyword):
        return node.arg in COSMETIC
    if isinstance(node, ast.Call):
        looks = isinstance(node.func, ast.Name) and node.func.id in LOOKS
        return looks or _owns(node) in DRAWN
    return False


def _owns(node: ast.AST) -> str:
    """Return the name of what a method is called on, or nothing."""
    if not isinstance(node, ast.Call):
        return ""
    owner = node.func
    while isinstance(owner, (ast.Attribute, ast.Subscript, ast.Call)):
        owner = owner.func if isinstance(owner, ast.Call) else owner.value
    return owner.id if isinstance(owner, ast.Name) else ""


def plant(tree: ast.Module, number: int) -> tuple[ast.Module, str, int]:
    """Return a copy of a module with one fault, what it is, and its line."""
    own = copy.deepcopy(tree)
    node, kind, told = list(find_faults(own))[number]
    if kind == "turn":
        node.ops[0] = TURNED[type(node.ops[0])]()  # type: ignore[attr-defined]
    elif kind == "attribute":
        node.attr = OTHER[node.attr]  # type: ignore[attr-defined]
    elif kind == "word":
        node.value = OTHER[node.value]  # type: ignore[attr-defined]
    elif kind == "number":
        node.value += 1  # type: ignore[attr-defined]
    elif kind == "flip":
        node.value = not node.value  # type: ignore[attr-defined]
    else:
        node.operand = ast.UnaryOp(ast.Not(), node.operand)  # type: ignore[attr-defined]
    return ast.fix_missing_locations(own), told, node.lineno  # type: ignore[attr-defined]


def use(module: ModuleType, tree: ast.Module) -> None:
    """Let a changed module take the place of the one that is loaded, in the tests as well."""
    before = dict(vars(module))
    exec(compile(tree, str(module.__file__), "exec"), vars(module))
    changed = {id(before[k]): v for k, v in vars(module).items() if callable(before.get(k))}
    for name, other in list(sys.modules.items()):
        if name.startswith(("innocap_analysis.", "pages.", "tests.")) and other is not module:
            for key, value in list(vars(other).items()):
                if id(value) in changed:
                    setattr(other, key, changed[id(value)])


def run_tests(tests: list[str]) -> int:
    """Run tests in this process without a word."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
        return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests]))


def is_caught(module: ModuleType, tree: ast.Module, tests: list[str]) -> bool:
    """Return whether the tests fail with the changed module; a child runs them."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(SECONDS)
        try:
            use(module, tree)
            os._exit(0 if run_tests(tests) == 0 else 1)
        except BaseException:  # noqa: BLE001 - a module that cannot be loaded is caught
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0


def main() -> None:
    """Plant faults and print what was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", default=list(TESTS))
    parser.add_argument("-n", type=int, default=20, help="faults a module")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="every fault")
    given = parser.parse_args()
    os.chdir(ROOT)
    sys.path[0] = str(ROOT)  # not this folder: a benchmark here has the name of a package
    caught = planted = 0
    for kind in dict.fromkeys(TESTS[name] for name in given.modules):
        pages = ROOT / "tests" / "pages"
        tests = [str(path) for path in sorted(pages.glob(f"test_{kind}_*.py"))]
        if kind != "place":
            tests.append(str(pages / "test_agreement.py"))
        assert run_tests(tests) == 0, f"{' '.join(tests)} fails without any fault"
        for name in (name for name in given.modules if TESTS[name] == kind):
            module = importlib.import_module(f"innocap_analysis.pages.{name}")
            tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
            count = len(list(find_faults(tree)))
            numbers = list(range(count))
            if not given.all:
                random.Random(given.seed).shuffle(numbers)
                numbers = sorted(numbers[: given.n])
            missed = []
            for number in numbers:
                changed, told, line = plant(tree, number)
                if not is_caught(module, changed, tests):
                    missed.append(f"    {name}.py line {line}: {told}")
            caught += len(numbers) - len(missed)
            planted += len(numbers)
            print(f"{name:<13} {len(numbers) - len(missed)} of {len(numbers)} caught, of {count}")
            print("\n".join(missed), flush=True) if missed else None
    print(f"{caught} of {planted} caught: {caught / max(planted, 1):.0%}")


if __name__ == "__main__":
    main()
