"""The blocks of README and docs that say `<!-- run -->`, and the sentences that they quote.

`python -m tests.content.blocks` writes what the blocks print now into the pages.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import io
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from typer.testing import CliRunner

from innocap_analysis import open_view
from innocap_analysis.cli import app
from innocap_analysis.pages import country, front

ROOT = Path(__file__).resolve().parents[2]
# A block that runs, and what it prints, if the page shows that.
_RUN = re.compile(
    r"^<!-- run -->\n```(?P<kind>python|sh)\n(?P<code>.*?)^```\n"
    r"(?:\n```text\n(?P<shown>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
_QUOTE = re.compile(
    r"^<!-- quoted from (?P<page>\d\d) (?P<unit>\S+) (?P<function>\w+) -->\n"
    r"(?P<lines>(?:^(?:>.*)?\n)+)", re.MULTILINE,
)  # fmt: skip
_WRITERS = {f.__name__: f for f in (country.write_priorities, country.write_findings,
                                    front.write_headline)}  # fmt: skip


@dataclass(frozen=True)
class Block:
    """A block of a page: what it runs and what the page shows of its output."""

    kind: str
    code: str
    shown: str | None
    span: tuple[int, int]  # of what is shown, in the page


def list_pages() -> list[Path]:
    """Return the pages with blocks that run or sentences that are quoted."""
    own = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    text = {path: path.read_text(encoding="utf-8") for path in own}
    return [path for path in own if _RUN.search(text[path]) or _QUOTE.search(text[path])]


def find_blocks(text: str) -> list[Block]:
    """Return the blocks of a page that run."""
    return [Block(m["kind"], m["code"], m["shown"], m.span("shown")) for m in _RUN.finditer(text)]


def find_quotes(text: str) -> Iterator[tuple[str, str, str, list[str]]]:
    """Yield page, unit, function and sentences of every quotation."""
    for found in _QUOTE.finditer(text):
        lines = [line[2:] for line in found["lines"].split("\n") if line.startswith("> ")]
        yield found["page"], found["unit"], found["function"], lines


def say_page(page: str, unit: str, function: str) -> str:
    """Return the text of a page's function, as readers see it."""
    view = open_view(page, region=None if unit == "-" else unit)
    told = _WRITERS[function](view)
    text = "\n".join(told) if isinstance(told, list) else str(told)
    return text.replace("⁠", "").replace(" ", " ")


def run_blocks(blocks: list[Block], *, project: Path) -> list[str]:
    """Run the blocks of one page one after the other; return the outputs.

    Commands run in a project's folder, Python where JupyterLab runs a notebook.
    """
    names: dict[str, object] = {"__name__": "__main__"}
    outputs = []
    for block in blocks:
        with contextlib.chdir(project / ("notebooks" if block.kind == "python" else "")):
            run = _run_commands if block.kind == "sh" else partial(_run_python, names=names)
            outputs.append(run(block.code))
    return [text.replace(str(project), "…") for text in outputs]


def _run_python(code: str, names: dict[str, object]) -> str:
    """Run code as a notebook's cell: what it prints, and the value of its last expression."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        exec(compile(tree, "<block>", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "<block>", "eval"), names)  # noqa: S307
            if value is not None:
                stream.write(f"{value!r}\n")
    return stream.getvalue()


def _run_commands(code: str) -> str:
    out = []
    for line in code.splitlines():
        words = split_command(line)
        if words:
            found = CliRunner().invoke(app, words)
            if found.exit_code:
                raise AssertionError(f"{line}: exit code {found.exit_code}\n{found.output}")
            out.append(found.output)
    return "".join(out)


def split_command(line: str) -> list[str]:
    """Return the arguments of a line that calls innocap, without its comment; or nothing."""
    import shlex

    words = shlex.split(line, comments=True)
    return words[1:] if words[:1] == ["innocap"] else []


def agrees(shown: str, printed: str) -> bool:
    """Tell whether a page shows what was printed; a line of dots stands for any lines."""
    parts = [re.escape("\n".join(line.rstrip() for line in part.strip("\n").split("\n")))
             for part in re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE)]  # fmt: skip
    text = "\n".join(line.rstrip() for line in printed.split("\n")).strip("\n")
    return re.fullmatch(r"\n?.*?".join(parts), text, re.DOTALL) is not None


def copy_project(folder: Path) -> Path:
    """Copy what blocks read into a folder."""
    shutil.copy(ROOT / "innocap.yml", folder)
    for name in ("data/raw", "data/codebooks", "notebooks"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def requote(text: str) -> tuple[str, list[str]]:
    """Put what pages say now in the place of what a text quotes; return what was quoted before."""
    old = []
    for page, unit, function, lines in find_quotes(text):
        said = say_page(page, unit, function)
        sentences = [part.removeprefix("- ").strip() for part in said.split("\n")]
        for line in lines:
            if line not in said:
                now = max(sentences, key=lambda own: difflib.SequenceMatcher(a=line, b=own).ratio())
                text = text.replace(f"> {line}\n", f"> {now}\n")
                old.append(line)
    return text, old


def write_outputs() -> None:
    """Write what the blocks print now, and what pages say, into the pages of the documentation."""
    for page in list_pages():
        text = page.read_text(encoding="utf-8")
        blocks = find_blocks(text)
        with tempfile.TemporaryDirectory() as folder:
            printed = run_blocks(blocks, project=copy_project(Path(folder)))
        for block, now in reversed(list(zip(blocks, printed, strict=True))):
            if block.shown is not None and not agrees(block.shown, now):
                lines = "\n".join(line.rstrip() for line in now.split("\n")).strip("\n")
                text = text[: block.span[0]] + lines + "\n" + text[block.span[1] :]
                sys.stdout.write(f"{page.relative_to(ROOT)}: {block.code.splitlines()[0]}\n")
        text, quoted = requote(text)
        for line in quoted:
            sys.stdout.write(
                f"{page.relative_to(ROOT)}: quoted anew; read the text about: {line}\n"
            )
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    os.environ.pop("INNOCAP_OUTPUT", None)
    write_outputs()
