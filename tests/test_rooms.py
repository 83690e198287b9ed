"""The house: a room imports only from rooms to its left; neighbours know nothing of it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOUSE = ROOT / "innocap_analysis"
GROUND = [
    "errors",
    "languages",
    "yamlfile",
    "reads",
    "parts",
    "partners",
    "planned",
    "settings",
    "archives",
    "files",
]
ROOMS = [
    *GROUND,
    "data",
    "index",
    "survey",
    "pages",
    "documents",
    "batch",
    "changes",
    "cli_survey",
    "cli_add",
    "cli_project",
    "cli",
]
NEIGHBOURS = ["fewlikert", "warmill"]
MODULES = sorted(HOUSE.rglob("*.py"))
ALL = sorted([*MODULES, *(p for n in NEIGHBOURS for p in (ROOT / n).rglob("*.py"))])


def _list_imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_room_imports_only_from_rooms_to_its_left(path: Path) -> None:
    room = path.relative_to(HOUSE).parts[0].removesuffix(".py")
    rooms = {n.split(".")[1] for n in _list_imports(path) if n.startswith("innocap_analysis.")}
    allowed = {"__version__"} | set(ROOMS[: ROOMS.index(room) + 1] if room in ROOMS else ())
    assert rooms <= allowed


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_a_neighbour_knows_nothing_of_the_house(name: str) -> None:
    for path in (ROOT / name).rglob("*"):
        if path.suffix in {".py", ".pyi", ".md", ".toml"}:
            assert "innocap" not in path.read_text(encoding="utf-8").casefold(), path


@pytest.mark.parametrize("room", ["innocap_analysis/index", "fewlikert"])
def test_what_computes_neither_plots_nor_draws_global_random_numbers(room: str) -> None:
    for path in (ROOT / room).glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "matplotlib" not in text, path
        assert "np.random." not in text.replace("np.random.default_rng", "").replace(
            "np.random.Generator", ""
        ), path


@pytest.mark.parametrize("path", ALL, ids=_name)
def test_modules_stay_readable(path: Path) -> None:
    most = 500 if "tests" in path.parts else 350
    assert len(path.read_text(encoding="utf-8").splitlines()) <= most
