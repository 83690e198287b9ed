"""What the README shows runs as it stands."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import warmill

from .books import write_cells

README = Path(__file__).parents[1] / "README.md"
MODULES = sorted(m.name for m in pkgutil.iter_modules(warmill.__path__) if m.name != "tests")


def test_examples_run(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert [name for name, _ in blocks] == ["plain.py", "hooks.py", "own.py"]
    for name, code in blocks:
        (tmp_path / name).write_text(code, encoding="utf-8")
    (tmp_path / "out").mkdir()
    write_cells(tmp_path / "report.ipynb", "print(region)", parameters="region = 'x'")
    told = {}
    for name in ("plain.py", "own.py"):
        done = subprocess.run([sys.executable, name], cwd=tmp_path, capture_output=True, text=True,
                              check=True, timeout=120)  # fmt: skip
        told[name] = sorted(done.stdout.splitlines())
        assert len(list((tmp_path / "out").iterdir())) == 3
        for path in (tmp_path / "out").iterdir():
            path.unlink()
    assert [re.sub(r"[\d.]+ s", "N s", line) for line in told["plain.py"]] == [
        "FI ok in N s", "IE ok in N s", "SE ok in N s"
    ]  # fmt: skip
    assert told["own.py"] == ["FI ok 4", "IE ok 4", "SE ok 4"]


@pytest.mark.parametrize("name", warmill.__all__)
def test_public_names_are_told(name: str) -> None:
    value = getattr(warmill, name)
    told = inspect.getdoc(value) or ""
    sections = {"Examples"}
    if not isinstance(value, type):
        signature = inspect.signature(value)
        sections |= {"Parameters", "Raises"} if signature.parameters else set()
        sections |= {"Returns"} if signature.return_annotation != "None" else set()
    elif not issubclass(value, Exception):
        sections |= {"Attributes"}
    for section in sections:
        assert f"\n{section}\n{'-' * len(section)}\n" in told, f"{name} lacks {section}"


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"warmill.{name}")).failed == 0
