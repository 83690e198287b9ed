"""pyproject.toml is the one source of dependencies; the lock and environment.yml follow it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME = [Requirement(text) for text in PROJECT["dependencies"]]
TEST = [Requirement(text) for text in PROJECT["optional-dependencies"]["test"]]


def _locked() -> dict[str, list[str]]:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==(\S+)", text, re.M):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


def test_environment_offers_the_same() -> None:
    content = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    plain = [entry for entry in content["dependencies"] if isinstance(entry, str)]
    by_pip = next(entry["pip"] for entry in content["dependencies"] if isinstance(entry, dict))
    assert "-e ." in by_pip
    offered = {*plain, *by_pip} - {"pip", "-e .", "python" + PROJECT["requires-python"]}
    assert offered == {str(requirement) for requirement in (*RUNTIME, *TEST)}
    assert "python" + PROJECT["requires-python"] in plain


def test_lock_satisfies_pyproject() -> None:
    locked = _locked()
    for requirement in (*RUNTIME, *TEST):
        versions = locked[canonicalize_name(requirement.name)]
        for version in versions:
            assert requirement.specifier.contains(version), f"{requirement} against {version}"


def test_lock_has_hashes_and_no_addresses() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M)
    pinned = [entry for entry in entries if "==" in entry.split("\n")[0]]
    assert len(pinned) > 100
    for entry in pinned:
        assert "--hash=sha256:" in entry, entry.split("\n")[0]


def _closure(requirements: list[Requirement]) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    queue = [(r, "") for r in requirements]
    while queue:
        requirement, extra = queue.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for wanted in ["", *requirement.extras]:
            if (name, wanted) in seen:
                continue
            seen.add((name, wanted))
            try:
                children = requires(name) or []
            except PackageNotFoundError:
                continue
            queue += [(Requirement(child), wanted) for child in children]
            yield name


def test_nothing_under_the_gpl_runs() -> None:
    names = sorted(set(_closure(RUNTIME)))
    assert len(names) > 60
    for name in names:
        about = metadata(name)
        stated = [about.get("License-Expression") or "", *(about.get_all("Classifier") or [])]
        if not about.get("License-Expression"):
            stated.append((about.get("License") or "").split("\n")[0])
        told = " ".join(text for text in stated if "icense" in text or text == stated[0])
        gpl = re.search(r"(?<![LA])GPL|General Public License v", told)
        lesser = re.search(r"LGPL|Lesser", told)
        choice = re.search(r"\bOR\b|Mozilla|MIT|BSD|Apache", told)
        assert not gpl or lesser or choice, f"{name}: {told}"
