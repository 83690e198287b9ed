"""Follow pages of the documentation to the letter, in a fresh copy each: every block, in order.

    python benchmarks/tutorials.py docs/tutorials/*.md docs/howto/*.md
    python benchmarks/tutorials.py docs/tutorials/operator.md --without "--places rural"

A stumble is a command that fails or prints something else than the page shows. Commands in a
table (a page for directors lists some) run too; `...` in a shown output stands for any lines.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

from extend import ROOT, copy_checkout, run

sys.path.insert(0, str(ROOT))
from tests.content.blocks import agrees

_BLOCK = re.compile(
    r"^```(?P<kind>python|sh)\n(?P<code>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```\n)?"
    r"|^\|[^|\n]*\| `(?P<cell>innocap [^`]*)` \|$",
    re.MULTILINE | re.DOTALL,
)
# A file that the page has its reader lay down: named, and shown.
_FILE = re.compile(r"`(\w+\.\w+)`:\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What a copy cannot do, or what has no end.
_LEFT_OUT = ("scheduler", "bootstrap.py", "activate", "dask")


def follow_page(page: Path, without: list[str]) -> int:
    """Run every block of a page in a copy of the checkout; print and count what goes wrong."""
    stumbles, started, python = 0, time.monotonic(), ""
    with tempfile.TemporaryDirectory(prefix="innocap-tutorial-") as place:
        root = Path(place) / "project"
        copy_checkout(root)
        text = page.read_text(encoding="utf-8")
        if "You have run `python bootstrap.py report`" in text:
            run("innocap report", root)
        for name, content in _FILE.findall(text):
            (root / name).write_text(content, encoding="utf-8")
        for found in _BLOCK.finditer(text):
            code, shown = found["code"] or found["cell"], found["shown"]
            if found["kind"] == "python":
                (root / "block.py").write_text(_as_cells(python, code), encoding="utf-8")
                python += code
                ended, told = run("python block.py", root)
                told = told.rpartition("-- now --\n")[2]
            else:
                ended, told = 0, ""
                for line in code.splitlines():
                    if line.strip() and not any(word in line for word in without):
                        one, more = run(line, root)
                        ended, told = max(ended, one), told + more
            if ended or (shown is not None and not agrees(shown, told.replace(str(root), "…"))):
                stumbles += 1
                print(f"STUMBLE {page.name} ({ended})\n{code}\n{told[-1500:]}", flush=True)
    print(f"{page.name}: {stumbles} stumbles, {time.monotonic() - started:.0f} s", flush=True)
    return stumbles


def _as_cells(before: str, code: str) -> str:
    """Return a program that runs earlier cells, then one and the value of its last expression."""
    return (
        f"from tests.content.blocks import _run_python as cell\nimport sys\nnames = {{}}\n"
        f"cell({before!r}, names) if {bool(before)} else None\nprint('-- now --')\n"
        f"sys.stdout.write(cell({code!r}, names))\n"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--without", action="append", default=list(_LEFT_OUT))
    asked = parser.parse_args()
    sys.exit(min(1, sum(follow_page(page.resolve(), asked.without) for page in asked.pages)))
