"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pandas as pd
import pytest

import innocap_analysis

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(innocap_analysis.__path__, "innocap_analysis.")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(name)
    results = doctest.testmod(module, extraglobs={"pd": pd})
    assert results.failed == 0


def test_there_are_examples_and_every_public_name_is_documented() -> None:
    finder = doctest.DocTestFinder()
    found = sum(
        bool(test.examples)
        for name in MODULES
        for test in finder.find(importlib.import_module(name))
    )
    assert found >= 10
    for name in innocap_analysis.__all__:
        assert (getattr(innocap_analysis, name).__doc__ or "").strip(), name
