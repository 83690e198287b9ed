"""Follow pages of the documentation to the letter, as somebody new on a bare machine: every block.

    python benchmarks/tutorials.py docs/tutorials/*.md docs/howto/*.md
    python benchmarks/tutorials.py docs/tutorials/operator.md --without "--places rural"

Each page is followed in a copy of its own, installed by bootstrap.py, by a shell that knows
nothing but that `.venv`: another home, no other variables. A stumble is a block that fails or
prints something else than the page shows. Commands in a table (a page for directors lists some)
run too; `...` in a shown output stands for any lines.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

from extend import ROOT, copy_checkout

sys.path.insert(0, str(ROOT))
from tests.content.blocks import agrees

_BLOCK = re.compile(
    r"^ *```(?P<kind>python|sh)\n(?P<code>.*?)^ *```\n(?:\n```text\n(?P<shown>.*?)^```\n)?"
    r"|^\|[^|\n]*\| `(?P<cell>innocap [^`]*)` \|$",
    re.MULTILINE | re.DOTALL,
)
# A file that the page has its reader lay down: named, and shown.
_FILE = re.compile(r"`(\w+\.\w+)`:\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Files that a page takes its reader to have.
_HAD = {
    "answers_SE.csv": "data/raw/survey/SYNTHETIC_SE_limesurvey.csv",
    "answers_FI.xlsx": "data/raw/survey/SYNTHETIC_FI_eusurvey.xlsx",
}
# What one machine cannot do.
_LEFT_OUT = ("tcp://", "SLURMCluster")


class _Newcomer:
    """A shell in a fresh copy: its folder stays from block to block, its variables are few."""

    def __init__(self, place: Path, text: str) -> None:
        self.root = self.here = place / "project"
        copy_checkout(self.root)
        # A page that installs the package does so elsewhere, in an empty folder.
        home = place / "elsewhere" if "-m venv" in text else self.root
        home.mkdir(exist_ok=True)
        self._python = ""
        (place / "home").mkdir()
        (place / "tmp").mkdir()
        certificates = {k: v for k, v in os.environ.items() if k.endswith(("_CERT", "CERT_FILE"))}
        self._variables = {
            "HOME": str(place / "home"), "TMPDIR": str(place / "tmp"), "LC_ALL": "C.UTF-8",
            "PATH": f"{home}/.venv/bin:/usr/bin:/bin",
            "UV_CACHE_DIR": str(Path.home() / ".cache/uv"),  # what is deleted again takes minutes
        } | certificates  # fmt: skip
        python = Path(sys.base_prefix, "bin", "python3")
        made, told = self._call(str(python), "-c", "import bootstrap as b; b.ensure_installed()")
        assert made == 0, told
        self.here = home
        for name, like in _HAD.items():
            if f" {name}" in text:
                shutil.copy(self.root / like, self.root / name)
        for name, content in _FILE.findall(text):
            (self.root / name).write_text(content, encoding="utf-8")

    def _call(self, *command: str) -> tuple[int, str]:
        ended = subprocess.run(
            command, cwd=self.here, env=self._variables, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=3000,
        )  # fmt: skip
        return ended.returncode, ended.stdout

    def run_lines(self, code: str) -> tuple[int, str]:
        """Run lines of a shell, up to the first that fails."""
        code = code.replace("PATH/TO/THIS/REPOSITORY", str(self.root))
        ended, told = self._call("bash", "-ec", f"{code}\necho; echo -n {'-' * 9}; pwd")
        told, mark, here = told.rpartition(f"\n{'-' * 9}")
        self.here = Path(here.strip()) if mark else self.here
        return ended, told if mark else here

    def run_cell(self, code: str) -> tuple[int, str]:
        """Run a cell after the earlier ones; return what it prints, and its last value."""
        (self.root / "block.py").write_text(
            "from tests.content.blocks import _run_python as cell\nimport sys\nnames = {}\n"
            f"cell({self._python!r}, names) if {bool(self._python)} else None\n"
            f"print('-- now --')\nsys.stdout.write(cell({code!r}, names))\n", encoding="utf-8",
        )  # fmt: skip
        self._python += code
        before, self.here = self.here, self.root / "notebooks"  # as in JupyterLab
        ended, told = self._call(f"{self.root}/.venv/bin/python", f"{self.root}/block.py")
        self.here = before
        return ended, told.rpartition("-- now --\n")[2]


def follow_page(page: Path, without: list[str]) -> int:
    """Run every block of a page in a copy of the checkout; print and count what goes wrong."""
    stumbles, blocks, started = 0, 0, time.monotonic()
    text = page.read_text(encoding="utf-8")
    if not _BLOCK.search(text):
        print(f"{page.name}: nothing to run", flush=True)
        return 0
    with tempfile.TemporaryDirectory(prefix="innocap-tutorial-") as place:
        reader = _Newcomer(Path(place), text)
        if "You have run `python bootstrap.py report`" in text:
            reader.run_lines("python bootstrap.py report")
        for found in _BLOCK.finditer(text):
            code, shown = textwrap.dedent(found["code"] or found["cell"]), found["shown"]
            # Of a cell all goes, of commands those that are meant.
            parts = [code] if found["kind"] == "python" else code.splitlines(keepends=True)
            left = "".join(part for part in parts if not any(word in part for word in without))
            if not left.strip():
                print(f"left out {page.name}: {code}", flush=True)
                continue
            run = reader.run_cell if found["kind"] == "python" else reader.run_lines
            ended, told = run(left)
            blocks += 1
            if ended or (shown and not agrees(shown, told.replace(str(reader.root), "…"))):
                stumbles += 1
                print(f"STUMBLE {page.name} ({ended})\n{code}\n{told[-1500:]}", flush=True)
        seconds = time.monotonic() - started
        print(f"{page.name}: {blocks} blocks, {stumbles} stumbles, {seconds:.0f} s", flush=True)
    return stumbles


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--without", action="append", default=list(_LEFT_OUT))
    asked = parser.parse_args()
    sys.exit(min(1, sum(follow_page(page.resolve(), asked.without) for page in asked.pages)))
