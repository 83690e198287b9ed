"""The house: a room imports only from rooms to its left, from settings and from codebook."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "innocap_analysis"
ROOMS = ["prepare", "score", "compare", "survey", "present", "pages", "batch"]
BASE = {"settings", "planned", "codebook", "parts", "reads"}
MODULES = sorted(path for path in ROOT.rglob("*.py"))


def _imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "innocap_analysis" and len(parts) > 1:
                rooms.add(parts[1])
    return rooms


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_room_imports_only_to_its_left(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    if room in ROOMS:
        allowed = {*ROOMS[: ROOMS.index(room) + 1], *BASE}
    elif room == "codebook":
        allowed = BASE
    elif room == "settings":
        allowed = {"planned", "parts", "reads"}
    elif room == "planned":
        allowed = {"parts"}
    elif room == "parts":
        allowed = {"reads"}
    elif room == "reads":
        allowed = set()
    else:
        assert room in ("cli", "__init__")
        return
    assert _imported_rooms(path) <= allowed


@pytest.mark.parametrize("room", ["score", "compare", "survey"])
def test_pure_rooms_neither_plot_nor_draw_global_random_numbers(room: str) -> None:
    for path in (ROOT / room).glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "matplotlib" not in text, path
        assert "np.random." not in text.replace("np.random.default_rng", "").replace(
            "np.random.Generator", ""
        ), path


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_stay_readable(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
