"""The frozen edition: settings, figures and codebooks that tests of the software run on.

What ships may change (a weight, a country, a figure) without touching a test: `EDITION` is a
project folder of its own, made from `tests/fixtures/edition` and the notebooks. Only
`tests/content` looks at what ships. `python -m tests.frozen` freezes what ships now, when tests
need what the frozen edition lacks; INNOCAP_TEST_CONTENT=shipped runs tests on what ships.
"""

from __future__ import annotations

import atexit
import filecmp
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FROZEN = ROOT / "tests" / "fixtures" / "edition"
CONTENT = ("innocap.yml", "data/raw", "data/codebooks")
VARIABLE = "INNOCAP_TEST_CONTENT"


def copy_content(source: Path, target: Path) -> None:
    """Copy settings, raw files and codebooks into a folder, in place of those there."""
    for name in CONTENT:
        if (source / name).is_dir():
            shutil.rmtree(target / name, ignore_errors=True)
            shutil.copytree(source / name, target / name)
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / name, target)


def list_differences() -> list[str]:
    """Return the files of what ships that are others than the frozen ones."""
    names = {
        path.relative_to(folder).as_posix()
        for folder in (ROOT, FROZEN)
        for part in CONTENT
        for path in ([folder / part] if (folder / part).is_file() else (folder / part).rglob("*"))
        if path.is_file()
    }
    return sorted(
        name
        for name in names
        if not ((ROOT / name).exists() and (FROZEN / name).exists())
        or not filecmp.cmp(ROOT / name, FROZEN / name, shallow=False)
    )


def _make_edition() -> Path:
    """Return a project with the frozen content and the notebooks; it goes when the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="innocap-edition-")).resolve()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy_content(ROOT if os.environ.get(VARIABLE) == "shipped" else FROZEN, folder)
    plan = (folder / "innocap.yml").read_text(encoding="utf-8")
    (folder / "notebooks").mkdir()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        if path.stem in plan:  # one that was added since is no test's business
            shutil.copy(path, folder / "notebooks")
    return folder


def watch_content(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse to open what ships: as an audit hook while a test of the software runs."""
    name = arguments[0] if event == "open" and watching else None
    if isinstance(name, str) and name.startswith(_SHIPPED):
        raise AssertionError(
            f"{name}: a test of the software reads what ships, and would turn red with it. Read "
            "it below EDITION of tests/frozen.py, or move the test to tests/content"
        )


watching: list[object] = []
_SHIPPED = (f"{ROOT / 'data'}{os.sep}", str(ROOT / "innocap.yml"))

if __name__ == "__main__":
    sys.stdout.write("".join(f"{name}\n" for name in list_differences()))
    copy_content(ROOT, FROZEN)
else:
    EDITION = _make_edition()
