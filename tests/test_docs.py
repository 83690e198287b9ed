"""The documentation is whole: it builds, its commands exist, every public name is described."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

import fewlikert
import innocap_analysis
import warmill
from innocap_analysis.cli import app
from innocap_analysis.index.codebook import COLUMNS
from innocap_analysis.index.means import MEANS
from innocap_analysis.index.normalisers import NORMALISERS
from tests.content.blocks import agrees, find_blocks, find_quotes, list_pages, split_command

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    path
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    if not {"_build", "project", "methods"} & set(path.parts)
    and path.name not in ("commands.md", "python.md")
]
SECTIONS = ("Parameters", "Returns", "Raises", "Examples")


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html",
               str(ROOT / "docs"), str(tmp_path / "site")]  # fmt: skip
    built = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert built.returncode == 0, built.stderr
    site = tmp_path / "site"
    text = (site / "reference" / "python.html").read_text(encoding="utf-8")
    for package in (innocap_analysis, fewlikert, warmill):
        for name in package.__all__:
            assert f'id="{package.__name__}.{name}"' in text, f"reference/python lacks {name}"
    # What public functions return is described there too, with what can be done with it.
    for path in ("innocap_analysis.index.runs.SensitivityResult.ranks",
                 "innocap_analysis.index.ranks.Ranks.interval", "warmill.Pool.map",
                 "innocap_analysis.pages.index_view.IndexView.show", "fewlikert.cfa.CfaResult",
                 "innocap_analysis.Release.shows"):  # fmt: skip
        assert f'id="{path}"' in text, f"reference/python lacks {path}"
    titles = (site / "searchindex.js").read_text(encoding="utf-8").split("docnames", 1)[0]
    assert "why is one missing?" in titles
    for page in site.rglob("*.html"):  # offline: nothing is loaded from elsewhere
        html = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|iframe|link)[^>]*(?:src|href)="(https?:[^"]*)"', html)
        assert not loaded, f"{page.name} loads {loaded}"
        assert "example.invalid" not in html, f"{page.name}: a link leads to no page"


def _list_commands() -> list[tuple[str, str]]:
    found = []
    for path in PAGES:
        blocks = re.findall(r"^```(?:sh)?\n(.*?)^```", path.read_text("utf-8"), re.M | re.S)
        lines = [line for block in blocks for line in block.splitlines()]
        # In running text a command may be named without all that it needs.
        named = re.findall(r"`(innocap [a-z][^`]*)`", path.read_text("utf-8"))
        lines += [line if " -" in line else f"{line} ..." for line in named]
        found += [(path.name, line) for line in lines if line.startswith("innocap ")]
    return found


def test_every_command_on_a_page_exists_and_takes_its_options() -> None:
    commands = _list_commands()
    assert len(commands) > 40
    whole = get_command(app)
    for page, line in commands:
        command, words = whole, split_command(re.split(r"    |\[", line)[0])
        context = command.make_context("innocap", list(words), resilient_parsing=True)
        words = [word for word in words if word != "--help"]
        while words and hasattr(command, "commands"):
            name, *words = [word for word in words if word != "|"]
            if name.startswith("-"):
                break
            if name not in command.commands and "figures" in command.commands:
                words, name = [name, *words], "figures"  # `innocap add FILE`
            assert name in command.commands, f"{page}: {line}: there is no {name!r}"
            command = command.commands[name]
        if "|" in line or line.endswith(" ...") or (not words and hasattr(command, "commands")):
            continue
        try:
            command.make_context(line, words, parent=context)
        except Exception as error:  # noqa: BLE001 - click's own kinds
            raise AssertionError(f"{page}: {line}: {error}") from None


@pytest.mark.parametrize("name", innocap_analysis.__all__)
def test_a_public_name_is_described_whole(name: str) -> None:
    value = getattr(innocap_analysis, name)
    text = inspect.getdoc(value) or ""
    if not isinstance(value, type):
        wanted: tuple[str, ...] = SECTIONS
        if not inspect.signature(value).parameters:
            wanted = SECTIONS[1:]
    elif issubclass(value, Exception):
        wanted = ("Examples",)
    else:
        wanted = ("Attributes", "Raises", "Examples")
    lacking = [section for section in wanted if f"\n{section}\n{'-' * len(section)}\n" not in text]
    assert not lacking, f"{name} lacks {', '.join(lacking)}"
    assert ">>> " in text
    if value.__module__.split(".")[1] in ("index", "survey", "batch") and name != "ScoreWarning":
        assert re.search(r"METHODS\.md|\(\d{4}\)|, \d{4}[,)]", text), f"{name} names no source"
    if not isinstance(value, type):
        told = text.split("Parameters\n", 1)[-1]
        for parameter in inspect.signature(value).parameters:
            assert re.search(rf"^[\w, *]*\b{parameter}\b", told, re.M), f"{name}: {parameter}"


def test_no_link_leads_nowhere() -> None:
    for path in PAGES:
        text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)]+)\)", text):
            name = target.split("#")[0]
            if not target.startswith(("https://", "#")) and "methods/" not in target:
                assert (path.parent / name).exists(), f"{path.name}: {target}"


def test_links_lead_from_readme_to_every_page() -> None:
    """Who reads the repository as it is sees no Sphinx: only links of Markdown lead on there."""
    reached, left = set(), [ROOT / "README.md"]
    while left:
        path = left.pop()
        if path not in reached and path.suffix == ".md":
            reached.add(path)
            targets = re.findall(r"\]\(([^)#:]+)[^)]*\)", path.read_text(encoding="utf-8"))
            left += [(path.parent / name).resolve() for name in targets]
    lost = [path.name for path in PAGES if path not in reached]
    assert lost == []


def test_every_chapter_of_methods_has_its_question() -> None:
    chapters = re.findall(r"^## \d+\. (.*)$", (ROOT / "METHODS.md").read_text("utf-8"), re.M)
    conf = (ROOT / "docs" / "conf.py").read_text(encoding="utf-8")
    assert chapters == re.findall(r'^    "([^"]+)": "[^"]+\?",$', conf, re.MULTILINE)


def test_the_codebook_page_names_every_column_and_word() -> None:
    told = (ROOT / "docs" / "reference" / "codebook.md").read_text(encoding="utf-8")
    for word in [*NORMALISERS, *MEANS]:
        assert f"`{word}`" in told or f"`{word}:" in told, word
    for column in (*COLUMNS, "label_<language>"):
        assert f"`{column}`" in told, column


def test_a_page_that_shows_something_else_is_told() -> None:
    page = "<!-- run -->\n```python\nprint(1)\n```\n\n```text\n1\n...\n```\n"
    (block,) = find_blocks(page)
    assert (block.kind, block.code, block.shown) == ("python", "print(1)\n", "1\n...\n")
    assert agrees(block.shown, "1\n2\n3\n")
    assert not agrees(block.shown, "2\n1\n")
    (quote,) = find_quotes("<!-- quoted from 60 SE write_priorities -->\n> A\n\n> B\n\nno\n")
    assert quote == ("60", "SE", "write_priorities", ["A", "B"])
    assert len(list_pages()) >= 4
