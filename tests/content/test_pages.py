"""Pages and examples hold of what ships, where that is no longer the frozen edition."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.frozen import ROOT, VARIABLE, list_differences

TESTS = ["tests/pages/test_index_facts.py", "-k", "every_number"], ["tests/test_examples.py"]


@pytest.mark.parametrize("tests", TESTS, ids=["pages", "examples"])
def test_numbers_are_those_of_what_ships(tests: list[str]) -> None:
    changed = list_differences()
    if not changed:
        pytest.skip("what ships is the frozen edition, which tests/pages and test_examples hold")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]
    ended = subprocess.run(
        command, cwd=ROOT, env=os.environ | {VARIABLE: "shipped"}, capture_output=True, text=True,
        check=False, timeout=600,
    )  # fmt: skip
    assert ended.returncode == 0, (
        f"Others than in the frozen edition: {', '.join(changed)}. Of what ships now this does not "
        f"hold:\n{ended.stdout[-3000:]}\nA number of a page: it is wrong, or the oracle "
        "(tests/pages) does not know the change. An example of a docstring: write there what it "
        "prints now"
    )
