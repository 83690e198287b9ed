"""How the documentation is built: `python bootstrap.py docs`."""

from __future__ import annotations

import inspect
import re
import sys
from importlib.metadata import version as installed
from pathlib import Path
from types import ModuleType
from typing import Any

from typer.main import get_command

import fewlikert
import innocap_analysis
import warmill
from innocap_analysis.cli import app

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

project = "INNOCAP analysis"
author = "The INNOCAP analysis developers"
version = release = installed("innocap-analysis")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 3
myst_enable_extensions = ["attrs_block"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"INNOCAP analysis {release}"
html_copy_source = False
html_show_copyright = False
html_last_updated_fmt = None
autodoc_typehints = "none"  # the docstrings tell types, shapes and units
napoleon_google_docstring = False
napoleon_use_rtype = False
nitpicky = True  # what a docstring refers to stands in the reference; types of others do not
nitpick_ignore_regex = [("py:class", r".*")]

# METHODS.md is read as it stands; here each of its chapters is a page, named by its question.
METHODS_QUESTIONS = {
    "Data": "Where do the figures come from?",
    "Scores": "How does a score come about, and why is one missing?",
    "Reference set": "Whom is a country held against?",
    "How sure a rank is": "How sure is a rank?",
    "Checks against published results": "Does it agree with published indexes?",
    "Where the engine differs from COINr, and why": "Where does it differ from COINr?",
    "Notebooks and reports": "What does a batch do, and what is redone?",
    "Survey answers": "How are survey answers read, and what is told of people?",
    "Evidence from small groups": "What can be said of small groups?",
    "Places and peers": "Which places is a place compared with?",
    "Figures of official statistics": "How are official statistics taken in?",
}
COPIED = ("CONTRIBUTING", "SECURITY", "CHANGELOG")
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)(#[^)]*)?\)")


# **Name.** or **Name** (`where it lives`), and the first letter of the text; a name that begins
# a sentence stays in it.
_BOLD = re.compile(r"^\*\*([^*\n]+?)(\.?)\*\*(?: \(([^)\n]*)\))?([.,:]?) +(\S)", re.MULTILINE)


def _make_heading(found: re.Match[str]) -> str:
    name, stop, where, comma, first = found.groups()
    if not (stop or where or comma):
        return f"## {name}\n\n{name} {first}"
    told = "" if not where else f"*In {where}.* " if where.startswith("`") else f"*{where}.* "
    return f"## {name}\n\n{told}{first.upper()}"


def _relink(text: str, here: str) -> str:
    """Lead links between files of the repository to the pages that hold those files here."""
    pages = {"METHODS.md": "methods.md", "README.md": "index.md"}
    pages |= {f"{name}.md": f"project/{name.lower()}.md" for name in COPIED}
    up = "../" if here else ""

    def lead(found: re.Match[str]) -> str:
        target = found[1].removeprefix("docs/")
        if found[1] in pages:
            return f"]({up}{pages[found[1]]})"
        if (HERE / target).exists():
            return f"]({up}{target}{found[2] or ''})"
        return f"](https://example.invalid/{found[1]})"

    return _LINK.sub(lead, text)


def _write(path: Path, text: str) -> None:
    """Write a page unless it is there already, so that a second build does only what changed."""
    path.parent.mkdir(exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def split_methods(text: str) -> dict[str, str]:
    """Return name and text of the page of each chapter of METHODS.md."""
    pages = {}
    for chapter in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = chapter.partition("\n")
        number, _, title = heading.partition(". ")
        question = METHODS_QUESTIONS.get(title, title)
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
        # A paragraph that begins with bold words becomes a section of its own: it can be linked.
        body = _BOLD.sub(_make_heading, body)
        about = f"*METHODS, section {number}: {title}.*"
        pages[f"{int(number):02d}-{slug}"] = f"# {question}\n\n{about}\n{body}"
    return pages


def make_pages() -> None:
    """Make the pages that other files of the repository hold."""
    text = (ROOT / "METHODS.md").read_text(encoding="utf-8")
    pages = split_methods(text)
    folder = HERE / "methods"
    for old in folder.glob("*.md") if folder.exists() else ():
        if old.stem not in pages:
            old.unlink()
    for name, page in pages.items():
        _write(folder / f"{name}.md", _relink(page, "methods"))
    for name in COPIED:
        text = (ROOT / f"{name}.md").read_text(encoding="utf-8")
        _write(HERE / "project" / f"{name.lower()}.md", _relink(text, "project"))
    _write(HERE / "reference" / "commands.md", describe_commands())
    _write(HERE / "reference" / "python.md", list_names())


def describe_commands() -> str:
    """Return the page of all commands, as the command line itself tells them."""
    page = ["# The command line", COMMANDS_INTRO]

    def tell(command: Any, name: str) -> None:  # noqa: ANN401 - click's command or group
        children = getattr(command, "commands", {})
        if name != "innocap":
            page.append(f"## `{name}`\n\n{command.help or ''}")
            rows = [param.get_help_record(context(command)) for param in command.params]
            told = [row for row in rows if row is not None]
            if told:
                page.append("| option | meaning |\n|---|---|\n" + "\n".join(
                    f"| `{left.replace('|', '/')}` | {right.replace('|', '/')} |"
                    for left, right in told
                ))  # fmt: skip
        for child, own in children.items():
            tell(own, f"{name} {child}")

    def context(command: Any) -> Any:  # noqa: ANN401
        return command.context_class(command)

    tell(get_command(app), "innocap")
    return "\n\n".join(page) + "\n"


def list_names() -> str:
    """Return the page of all public names and what they return, by the room of each."""
    page = ["# In Python", PYTHON_INTRO]
    by_room: dict[str, list[str]] = {room: [] for room in ROOMS}
    for path in list_paths():
        package, room = _find(path).__module__.split(".")[:2]
        if path.startswith("innocap_analysis."):
            by_room[room if room in ROOMS else "settings"].append(path)
        else:
            by_room.setdefault(package, []).append(path)
    for room, paths in by_room.items():
        about = sys.modules.get(room)
        title = ROOMS.get(room) or f"`{room}`: {((about and about.__doc__) or '').strip()}"
        page += [f"## {title}", *map(_describe, paths)]
    return "\n\n".join(page) + "\n"


def list_paths() -> list[str]:
    """Return the paths of all public names, and of the classes of what they return."""
    paths = []
    for package in (innocap_analysis, fewlikert, warmill):
        paths += [f"{package.__name__}.{name}" for name in package.__all__]
        paths += find_returned(package)
    return paths


def find_returned(package: ModuleType) -> list[str]:
    """Return the paths of the classes that public names, or what those return, give back."""
    listed = [getattr(package, name) for name in package.__all__]
    found: list[type] = []
    asked = [function for value in listed for function in _list_functions(value)]
    while asked:
        function = asked.pop(0)
        told = str(inspect.signature(function).return_annotation)
        for word in re.findall(r"[A-Z]\w+", told):
            value: Any = getattr(sys.modules[function.__module__], word, None)
            if _is_own(value, package.__name__) and value not in [*listed, *found]:
                found.append(value)
                asked += _list_functions(value)
    return [f"{value.__module__}.{value.__qualname__}" for value in found]


def _is_own(value: object, *packages: str) -> bool:
    own = packages or ("innocap_analysis", "fewlikert", "warmill")
    return isinstance(value, type) and value.__module__.split(".")[0] in own


def _list_members(value: type) -> dict[str, Any]:
    """Return what a class has of ours: methods and properties by their names."""
    found: dict[str, Any] = {}
    for base in value.__mro__:
        if not _is_own(base):
            continue
        for name, member in vars(base).items():
            function = getattr(member, "fget", None) or getattr(member, "func", None) or member
            own = getattr(function, "__module__", "").split(".")[0] == base.__module__.split(".")[0]
            if own and not name.startswith("_") and inspect.isfunction(function):
                found.setdefault(name, function)
    return found


def _list_functions(value: Any) -> list[Any]:  # noqa: ANN401 - a class or a function
    return list(_list_members(value).values()) if isinstance(value, type) else [value]


def setup(app: Any) -> None:  # noqa: ANN401 - Sphinx
    """Lead a name in a docstring to where it is described, whatever module it lives in."""
    known = {path.rpartition(".")[2]: path for path in list_paths()}

    def lead(app: Any, env: Any, node: Any, shown: Any) -> Any:  # noqa: ANN401
        path = known.get(node.get("reftarget", "").rpartition(".")[2])
        if node.get("refdomain") != "py" or path is None:
            return None
        python, page = env.domains["py"], node["refdoc"]
        return python.resolve_xref(env, page, app.builder, "obj", path, node, shown)

    app.connect("missing-reference", lead)


def _find(path: str) -> Any:  # noqa: ANN401 - whatever is public
    module, _, name = path.rpartition(".")
    return getattr(sys.modules[module], name)


def _describe(path: str) -> str:
    """Return what makes autodoc describe a name; of a class, with what it has of ours."""
    value = _find(path)
    if not isinstance(value, type):
        return f"```{{eval-rst}}\n.. autofunction:: {path}\n```"
    if issubclass(value, Exception):
        return f"```{{eval-rst}}\n.. autoexception:: {path}\n```"
    members = ", ".join(_list_members(value))
    told = f"   :members: {members}\n" if members else ""
    return f"```{{eval-rst}}\n.. autoclass:: {path}\n{told}```"


COMMANDS_INTRO = """After `bootstrap.py` the command `innocap` is in `.venv/bin` (on Windows in
`.venv\\Scripts`). This page is made from the program itself.

Exit codes: 0 all well; 1 a notebook failed or something differs; 2 a mistake in a file, code,
parameter or setting, told in one message, and nothing was done."""
PYTHON_INTRO = """Every public name of `innocap_analysis` and of its two neighbours, `fewlikert`
and `warmill`: what it takes, shapes and units, what it returns and raises, and an example that a
test runs; and the objects that they return, with what can be done with each. Scores run from 0 to
100, shares and coverage from 0 to 1. Page modules (`innocap_analysis.pages`) take a view and
return a figure, table or text."""
ROOMS = {
    "index": "Index: scores, ranks, and how sure they are",
    "pages": "Pages: looking at data",
    "survey": "Survey: answers and what may be told of them",
    "batch": "Batch: running notebooks",
    "data": "Data: units and places",
    "settings": "Settings",
    "errors": "Mistakes and doubts",
}

make_pages()
