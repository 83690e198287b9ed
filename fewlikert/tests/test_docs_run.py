"""The examples in README and docstrings run, and every public name has one."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fewlikert

MODULES = sorted(m.name for m in pkgutil.iter_modules(fewlikert.__path__) if m.name != "tests")
README = Path(__file__).parents[1] / "README.md"


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(f"fewlikert.{name}")
    assert doctest.testmod(module, extraglobs={"pd": pd, "np": np}).failed == 0


def test_readme() -> None:
    found = doctest.testfile(str(README), module_relative=False)
    assert found.attempted > 10
    assert found.failed == 0


def test_every_function_has_an_example_and_stands_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    for name in fewlikert.__all__:
        assert f"`{name}`" in text or f"fewlikert.{name}`" in text, name
        own = getattr(fewlikert, name)
        if inspect.isfunction(own):
            told = inspect.getdoc(own) or ""
            for section in ("Parameters", "Returns", "Raises", "Examples"):
                assert f"\n{section}\n{'-' * len(section)}\n" in told, f"{name} lacks {section}"
            for parameter in inspect.signature(own).parameters:
                assert re.search(rf"^[\w, ]*\b{parameter}\b.* : ", told, re.M), (
                    f"{name}: {parameter}"
                )
            assert ">>> " in told, name
            assert own.__module__.removeprefix("fewlikert.") in MODULES
