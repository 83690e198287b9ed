"""What the parent loads and rehearses once, and what a child sets right after the fork."""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import io
import multiprocessing
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import innocap_analysis
from innocap_analysis.batch.processes import die_with_parent, import_jsonschema, keep_memory
from innocap_analysis.errors import InnocapError

# The allocator thread of pyarrow (loaded by pandas) has handlers of its own for a fork.
_SAFE_THREADS = {"jemalloc_bg_thd"}
# What is loaded ahead: of these it is known that loading them says and changes nothing.
_PACKAGES = ("fewlikert", "matplotlib", "numpy", "pandas", "scipy", "seaborn", "statsmodels")
# A fresh interpreter's, and those that the packages bring along when they are loaded.
_FILTERS = list(warnings.filters)


def preload(languages: Sequence[str], notebooks: Sequence[Path] = ()) -> None:
    """Load what runs need and go through what is slow the first time."""
    import_jsonschema()
    from innocap_analysis.batch.warm import engine, shell
    from innocap_analysis.pages.language import get_translator

    with loading():
        shell.make_app()
        import papermill.execute  # noqa: F401 - loaded for the children
        import python_calamine  # noqa: F401 - the same
        from matplotlib.backends import backend_agg  # noqa: F401
        from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

        from innocap_analysis.batch.html import export_html

        for notebook in notebooks:
            import_used(notebook)
        engine.register()
        engine.WarmEngine.path = read_path()
        for language in languages:
            get_translator(language)
        # One of each kind, and an entity: what reads them sets up its tables the first time.
        shown = {"text/html": "<p>&eacute;</p>"}, {"text/markdown": "*a*"}, {"image/png": "YQ=="}
        outputs = [new_output("display_data", data) for data in shown]
        cells = [new_markdown_cell("# a &rarr; b"), new_code_cell("1 + 1", outputs=outputs)]
        export_html(new_notebook(cells=cells), languages[0])
        rehearse_figure()
    gc.collect()
    gc.freeze()


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


def import_used(notebook: Path) -> None:
    """Import what a notebook's cells import of this package and of those it stands on."""
    from innocap_analysis.batch.parameters import read_notebook  # after `import_jsonschema`

    wanted: dict[tuple[str, str], None] = {}
    for cell in read_notebook(notebook).cells:
        if cell.cell_type != "code":
            continue
        with contextlib.suppress(SyntaxError):  # a magic, or a mistake
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Import):
                    wanted |= {(alias.name, ""): None for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    wanted |= {(node.module, alias.name): None for alias in node.names}
    for module, name in wanted:
        if module.partition(".")[0] not in {innocap_analysis.__name__, *_PACKAGES}:
            continue
        with contextlib.suppress(ImportError):
            loaded = importlib.import_module(module)
            if name and not hasattr(loaded, name):
                importlib.import_module(f"{module}.{name}")


def rehearse_figure() -> None:
    """Draw a figure once: fonts are found and formats loaded on the way."""
    import pandas as pd

    from innocap_analysis.pages.drawing.figure import Chart, start_chart, styled
    from innocap_analysis.pages.drawing.lettering import rehearse_letters

    @styled
    def draw() -> Chart:
        table = pd.DataFrame({"a": [1.0]})
        chart, (ax,) = start_chart("A title", "A subtitle", data=table, height=1.0, note="n")
        ax.plot([0, 1], [0, 1])
        chart.to_svg()
        chart.to_png()
        table.to_csv(io.StringIO())
        return chart

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rehearse_letters()
        draw()


def rehearse_data() -> None:
    """Read the data of the project in the working directory once.

    What is kept of it is looked up by the bytes of the files, so that a file that changes is
    read anew. A project that cannot be read is left for the notebook to tell.
    """
    from innocap_analysis.index.capacity import load_capacity
    from innocap_analysis.pages.language import get_translator
    from innocap_analysis.settings import load_settings
    from innocap_analysis.survey.wave import load_wave

    with warnings.catch_warnings(), contextlib.suppress(InnocapError):
        warnings.simplefilter("ignore")
        settings = load_settings()
        for language in settings.languages:
            get_translator(language)
        load_capacity(settings=settings)
        load_wave(settings=settings)


def check_threads() -> None:
    """Check that a fork would lose no thread of this process."""
    tasks = Path("/proc/self/task")
    names = [(task / "comm").read_text(encoding="utf-8").strip() for task in tasks.iterdir()]
    threads = sum(name not in _SAFE_THREADS for name in names)
    if threads > 1:
        raise InnocapError(f"the loaded process has {threads} threads, so it cannot fork safely")


def settle_child(parent: int, memory_mb: int | None = None) -> None:
    """Undo what a fork hands down and a fresh interpreter would not have."""
    import numpy as np

    os.setsid()
    die_with_parent(parent)
    process = multiprocessing.current_process()
    process.name, process.daemon = "MainProcess", False  # a notebook may have children
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    keep_memory()
    if memory_mb is not None:
        import resource

        limit = memory_mb << 20
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    reset_warnings()
    np.random.seed()  # noqa: NPY002 - the inherited state would repeat in every child


def reset_warnings() -> None:
    """Have warnings appear as in a fresh interpreter that has loaded the same packages."""
    warnings.resetwarnings()
    warnings.filters[:] = _FILTERS  # type: ignore[index]
