"""What a process loads and rehearses once, and what a child sets right after the fork."""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from warmill.processes import die_with_parent, import_jsonschema, keep_memory, limit_memory

# Of these it is known that loading them says and changes nothing.
KNOWN = ("matplotlib", "numpy", "pandas", "scipy", "seaborn", "statsmodels")
# A fresh interpreter's, and those that the packages bring along when they are loaded.
_FILTERS = list(warnings.filters)


def load_process(
    load: Callable[[], object] | None = None, rehearse: Callable[[], object] | None = None
) -> None:
    """Make this process one in which notebooks run."""
    import_jsonschema()
    from warmill import engine, shell

    with loading():
        shell.make_app()
        engine.register()
        engine.WarmEngine.path = read_path()
        _rehearse_papermill()
        if load is not None:
            load()
        if rehearse is not None:
            rehearse()
    gc.collect()
    gc.freeze()


def _rehearse_papermill() -> None:
    """Run a notebook without cells: papermill and what checks notebooks set themselves up."""
    from nbformat import write
    from nbformat.v4 import new_notebook

    from warmill import cells, engine

    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.ipynb"
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        write(new_notebook(metadata={"kernelspec": kernel}), empty)
        cells.run_cells(empty, Path(folder) / "done.ipynb", engine=engine.NAME)


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Load packages as a kernel would, but without a word; remember their warning filters."""
    # Read when matplotlib is loaded: figures of pyplot appear inline, as in a kernel.
    if not os.environ.get("MPLBACKEND"):
        os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.filterwarnings("ignore", message=".*")
        (silence,) = warnings.filters
        yield
        _FILTERS[:0] = [one for one in warnings.filters if one != silence]
    if "matplotlib" in sys.modules:
        # Somebody may have loaded it before; nothing has drawn with pyplot yet.
        sys.modules["matplotlib"].rcParams["backend"] = os.environ["MPLBACKEND"]
    if "pandas" in sys.modules:
        # pandas took this process for a terminal when it was loaded; a kernel is none.
        sys.modules["pandas"].set_option("display.max_columns", 20)


def read_path() -> list[str]:
    """Return where a fresh interpreter finds modules, without what this process added."""
    code = "import sys; print(*sys.path, sep='\\n')"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return [place for place in told.stdout.splitlines() if place]


def import_used(notebook: Path, packages: Collection[str] = KNOWN) -> None:
    """Import what a notebook's cells import of some packages.

    Parameters
    ----------
    notebook : Path
        The notebook; cells that are no plain Python are left out.
    packages : collection of str
        Packages of which it is known that importing them says and changes nothing: a notebook
        that expects to see what they say would miss it.

    Raises
    ------
    OSError
        The notebook cannot be read. A package that is not there is left to the cell that asks.

    Examples
    --------
    >>> from nbformat import v4, writes
    >>> book = v4.new_notebook(cells=[v4.new_code_cell("import colorsys, antigravity")])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.ipynb").write_text(writes(book), "utf-8")
    ...     import_used(Path(folder, "a.ipynb"), ["colorsys"])
    >>> "colorsys" in sys.modules, "antigravity" in sys.modules
    (True, False)
    """
    import nbformat

    wanted: dict[tuple[str, str], None] = {}
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        with contextlib.suppress(SyntaxError):  # a magic, or a mistake
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Import):
                    wanted |= {(alias.name, ""): None for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    wanted |= {(node.module, alias.name): None for alias in node.names}
    for module, name in wanted:
        if module.partition(".")[0] not in packages:
            continue
        with contextlib.suppress(ImportError):
            loaded = importlib.import_module(module)
            if name and not hasattr(loaded, name):
                importlib.import_module(f"{module}.{name}")


def draw_figure() -> None:
    """Draw a figure of pyplot once, if that is loaded: fonts are found on the way.

    Examples
    --------
    >>> draw_figure()
    """
    if "matplotlib.pyplot" in sys.modules:
        from io import BytesIO

        from matplotlib.figure import Figure

        figure = Figure()
        figure.subplots().set_title("a")
        figure.savefig(BytesIO(), format="png")


def settle_child(parent: int, memory_mb: int | None = None) -> None:
    """Undo what a fork hands down and a fresh interpreter would not have."""
    os.setsid()
    die_with_parent(parent)
    process = multiprocessing.current_process()
    process.name, process.daemon = "MainProcess", False  # a notebook may have children
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    keep_memory()
    limit_memory(memory_mb)
    reset_warnings()
    draw_chance()


def draw_chance() -> None:
    """Seed numpy's global functions anew; an inherited state would repeat in every run."""
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def reset_warnings() -> None:
    """Have warnings appear as in a fresh interpreter that has loaded the same packages."""
    warnings.resetwarnings()
    warnings.filters[:] = _FILTERS  # type: ignore[index]
