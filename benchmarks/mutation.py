"""Would a test miss it if a page said something else? Plant small faults and run its tests.

    python benchmarks/mutation.py                 20 faults in every page module, drawn by a seed
    python benchmarks/mutation.py -n 60 country   60 in one module
    python benchmarks/mutation.py --all order     every one

The score is what the tests catch of all that was planted. `mutation.csv` names the faults that
nobody could see, each with the reason; they are told apart from those that a test misses.

A fault is one change of what a page says: a comparison turned, a first taken for a last, a
column, a key or an end of an interval taken for another, a number one too high, a condition
reversed. Where marks are drawn, and how, is left alone (calls on an axis; sizes, colours).
A loaded process runs the tests once and notes which of them run which function, then forks a
child for each fault, which runs those of the function that is changed; of a test with many cases
at most six, so the score can only be too low.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import csv
import functools
import importlib
import os
import random
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 240
MOST_CASES = 6
NOT_RUN = "no test runs it"
EXPLAINED = ROOT / "benchmarks" / "mutation.csv"
# Modules by the tests of their pages; a name with a dot is not in the room of pages.
MODULES = {
    "index": "front indicators country order comparison ranking trends regions",
    "method": "alternatives data method ranks",
    "survey": "answers differences fitness measurement pairs shares statements",
    "place": "place place_frame place_lessons place_survey government",
    "brief": "documents.country documents.comparison documents.ending",
    "change": "changes",
}
TESTS = {name: kind for kind, names in MODULES.items() for name in names.split()}
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
LOOKS = {"fill", "fold", "Line2D", "Patch", "wrap_text"}
# What is assigned to these names, or done in these functions, says where and how large marks are.
PLACED = {"reach", "sizes", "corners", "style", "height", "looks", "span", "spot", "spots",
          "_STEP", "_NARROW", "_LABELLED", "_FIRST", "_ROOM"}  # fmt: skip
PLACING = {"_find_end", "_name_dots", "_choose_colours"}
COSMETIC = {
    "size", "weight", "color", "colors", "colours", "linewidth", "markersize", "alpha", "va", "ha",
    "xytext", "textcoords", "zorder", "height", "columns", "key", "marker", "linestyle", "style",
    "width_ratios", "decimals", "sharey", "sharex", "bold", "english", "hatch", "edgecolor",
    "clip_on", "ms", "mew", "pad", "linestyles", "grid", "sort", "hue", "palette", "title",
    "autolim", "linewidths", "even", "text_size", "inches",
    "strict", "frozen", "kw_only",  # guards: they change nothing that is shown
}  # fmt: skip


def find_faults(tree: ast.Module) -> Iterator[tuple[ast.AST, str, str, str]]:
    """Yield the place of each fault, what kind it is, what it does, and in which function."""
    for node, path in _walk(tree, ()):
        if any(_is_drawing(parent) for parent in path):
            continue
        kind, told = _name_fault(node, path)
        if kind:
            names = [x.name for x in path if isinstance(x, (ast.FunctionDef, ast.ClassDef))]
            yield node, kind, told, ".".join(names)


def _name_fault(node: ast.AST, path: tuple[ast.AST, ...]) -> tuple[str, str]:
    """Return what may be done to a node, and the words for it; nothing where nothing may be."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in TURNED:
        return "turn", f"{ast.unparse(node)} turned"
    if isinstance(node, ast.Attribute) and node.attr in OTHER:
        return "attribute", f".{node.attr} -> .{OTHER[node.attr]}"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return "affirm", f"{ast.unparse(node)} without not"
    if not isinstance(node, ast.Constant):
        return "", ""
    if isinstance(node.value, str) and node.value in OTHER:
        return "word", f"{node.value!r} -> {OTHER[node.value]!r}"
    if type(node.value) in (int, float):  # where a mark stands and how large it is, is looks
        marks = any(_owns(parent) == "marks" for parent in path)
        return ("", "") if marks else ("number", f"{node.value} -> {node.value + 1}")
    if isinstance(node.value, bool):
        return "flip", f"{node.value} -> {not node.value}"
    return "", ""


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
    """Whether a node only draws: a call on an axis, or something that is about looks."""
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(name, ast.Name) and name.id in PLACED for name in targets)
    if isinstance(node, ast.FunctionDef):
        return node.name in PLACING
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


def plant(tree: ast.Module, number: int) -> tuple[ast.Module, str, str, int]:
    """Return a copy of a module with one fault, what it is, in which function, and its line."""
    own = copy.deepcopy(tree)
    node, kind, told, within = list(find_faults(own))[number]
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
    return ast.fix_missing_locations(own), told, within, node.lineno  # type: ignore[attr-defined]


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


Reader = Callable[..., object]


class Tracer:
    """Notes which functions of the page modules each test runs, a page that it reads included."""

    def __init__(self, modules: dict[str, str]) -> None:
        self.modules = modules  # names by file
        self.tests: dict[tuple[str, str], list[str]] = {}
        self._now: set[tuple[str, str]] = set()
        self._pages: dict[object, set[tuple[str, str]]] = {}

    def _watch(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename in self.modules:
            name = frame.f_code.co_qualname.partition(".<locals>")[0]
            self._now.add((self.modules[frame.f_code.co_filename], name))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Watch a test."""
        self._now = set()
        sys.setprofile(self._watch)
        try:
            return (yield)  # type: ignore[return-value]
        finally:
            sys.setprofile(None)
            for place in self._now:
                self.tests.setdefault(place, []).append(item.nodeid)

    def follow(self, read: Reader) -> Reader:
        """Return a reader of pages, which remembers them, whose functions are noted each time."""

        @functools.wraps(read)
        def read_traced(*given: object, **named: object) -> object:
            key = (read, given, tuple(sorted(named.items())))
            before, self._now = self._now, set()
            try:
                return read(*given, **named)
            finally:
                own = self._pages.setdefault(key, set())
                own |= self._now
                self._now = before | own

        vars(read_traced)["cache_clear"] = getattr(read, "cache_clear")  # noqa: B009 - for mypy
        return read_traced

    def find_tests(self, module: str, within: str) -> list[str]:
        """Return the tests that run a function; of code outside of any, all of the module."""
        parts = within.split(".")  # a function within another counts as the outer one
        names = [".".join(parts[:n]) for n in range(len(parts), 0, -1)] if within else []
        mine = [at for at in self.tests if at[0] == module]
        if within:
            functions = next(
                (own for x in names if (own := {at for at in mine if at[1] == x})), set()
            )
        else:
            functions = set(mine)
        found = dict.fromkeys(test for at in sorted(functions) for test in self.tests[at])
        cases: dict[str, list[str]] = {}
        for test in found:
            cases.setdefault(test.partition("[")[0], []).append(test)
        return [test for own in cases.values() for test in _spread(own)]


def _spread(cases: list[str]) -> list[str]:
    """Return some cases of a test, evenly over all."""
    step = max(1, len(cases) / MOST_CASES)
    return list(dict.fromkeys(cases[int(i * step)] for i in range(min(MOST_CASES, len(cases)))))


def run_tests(tests: list[str], *plugins: object) -> int:
    """Run tests in this process without a word."""
    options = ["-x", "-q", "-p", "no:cacheprovider", "--no-header", "-n", "0"]
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
        return int(pytest.main([*options, *tests], plugins=list(plugins)))


def is_caught(module: ModuleType, tree: ast.Module, tests: list[str]) -> bool:
    """Return whether tests fail with the changed module; a child runs them."""
    if not tests:
        return False
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))  # what never ends is caught
        try:
            use(module, tree)
            os._exit(0 if run_tests(tests) == 0 else 1)
        except BaseException:  # noqa: BLE001 - a module that cannot be loaded is caught
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0


def read_explained() -> dict[tuple[str, str, str], str]:
    """Return why nobody can see a fault, by module, function and fault."""
    with EXPLAINED.open(encoding="utf-8", newline="") as stream:
        return {(r["module"], r["within"], r["fault"]): r["reason"] for r in csv.DictReader(stream)}


def find_files(kind: str) -> list[str]:
    """Return the files that hold the pages of a kind."""
    if kind == "change":
        return ["tests/test_change.py"]
    files = sorted((ROOT / "tests" / "pages").glob(f"test_{kind}_*.py"))
    more = ["tests/test_index_pages.py"] if kind in ("index", "method") else []
    more += ["tests/pages/test_index_many.py"] if kind == "method" else []
    more += ["tests/test_published_shares.py"] if kind == "survey" else []
    return [*(str(path.relative_to(ROOT)) for path in files), *more]


def draw_faults(count: int, given: argparse.Namespace) -> list[int]:
    """Return the numbers of the faults to plant, of so many that there are."""
    numbers = list(range(count))
    if not given.all:
        random.Random(given.seed).shuffle(numbers)
        numbers = sorted(numbers[: given.n])
    return numbers


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
    explained = read_explained()
    loaded = {name: load_module(name) for name in given.modules}
    tracer = Tracer({str(module.__file__): name for name, module in loaded.items()})
    sys.path.insert(1, str(ROOT / "tests"))
    reading = importlib.import_module("pages.reading")
    for name in ("read_page", "read_brief"):
        setattr(reading, name, tracer.follow(getattr(reading, name)))
    caught = planted = invisible = 0
    for kind in dict.fromkeys(TESTS[name] for name in given.modules):
        files = find_files(kind)
        assert run_tests(files, tracer) == 0, f"{' '.join(files)} fails without any fault"
        for name in (name for name in given.modules if TESTS[name] == kind):
            tree = ast.parse(Path(str(loaded[name].__file__)).read_text(encoding="utf-8"))
            count = len(list(find_faults(tree)))
            numbers, missed, n_explained = draw_faults(count, given), [], 0
            for number in numbers:
                changed, told, within, line = plant(tree, number)
                tests = tracer.find_tests(name, within)
                if is_caught(loaded[name], changed, tests):
                    continue
                reason = explained.get((name, within, told), "" if tests else NOT_RUN)
                n_explained += bool(reason) and reason != NOT_RUN
                missed.append(f"    line {line}, {within}: {told}{reason and f' ({reason})'}")
                print(missed[-1], flush=True)
            found = len(numbers) - len(missed)
            caught, planted = caught + found, planted + len(numbers)
            invisible += n_explained
            told = f"{found} of {len(numbers)} caught, {n_explained} explained; of {count}"
            print(f"{name:<20} {told}", flush=True)
    print(f"{caught} of {planted} caught: {caught / max(planted, 1):.0%}")
    left = planted - caught - invisible
    print(f"of the others {invisible} cannot be seen by anybody, {left} a test misses")


def load_module(name: str) -> ModuleType:
    """Return a page module by its name in MODULES."""
    return importlib.import_module(f"innocap_analysis.{name if '.' in name else f'pages.{name}'}")


if __name__ == "__main__":
    main()
