"""What the parent loads and rehearses once, and what a child sets right after the fork."""

from __future__ import annotations

import gc
import io
import os
import signal
import warnings
from pathlib import Path
from typing import Any

from innocap_analysis.batch.processes import die_with_parent
from innocap_analysis.settings import InnocapError

# The allocator thread of pyarrow (loaded by pandas) has handlers of its own for a fork.
_SAFE_THREADS = {"jemalloc_bg_thd"}


def preload(languages: tuple[str, ...]) -> None:
    """Load every library and go through what is slow the first time.

    Parameters
    ----------
    languages : tuple of str
        Translations to read.

    Raises
    ------
    InnocapError
        The process has threads, so that a fork would not be safe.
    """
    import pandas as pd
    import papermill.execute  # noqa: F401 - loaded for the children
    from matplotlib.backends import backend_agg, backend_svg  # noqa: F401
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    import innocap_analysis.present.evidence
    import innocap_analysis.present.evidence_sentences
    import innocap_analysis.present.evidence_tables
    import innocap_analysis.present.method_tables
    import innocap_analysis.present.survey_tables  # noqa: F401
    from innocap_analysis.batch.html import export_html
    from innocap_analysis.batch.warm import engine, shell
    from innocap_analysis.present.language import get_translator

    # pandas took this process for a terminal when it was imported; a kernel is none.
    pd.set_option("display.max_columns", 20)
    engine.register()
    shell.make_shell()
    for language in languages:
        get_translator(language)
    cells = [new_markdown_cell("# a"), new_code_cell("1 + 1")]
    export_html(new_notebook(cells=cells), languages[0])
    _rehearse_figure()
    gc.collect()
    gc.freeze()
    threads = count_threads()
    if threads > 1:
        raise InnocapError(f"the warm parent has {threads} threads, so it cannot fork safely")


def _rehearse_figure() -> None:
    import pandas as pd

    from innocap_analysis.present.figure import Chart, start_chart, styled

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
        draw()


def count_threads() -> int:
    """Return the number of threads of this process that a fork would lose."""
    tasks = Path("/proc/self/task")
    if not tasks.is_dir():
        import threading

        return threading.active_count()
    return sum(
        (task / "comm").read_text(encoding="utf-8").strip() not in _SAFE_THREADS
        for task in tasks.iterdir()
    )


def settle_child(filters: list[tuple[Any, ...]], parent: int, memory_mb: int | None = None) -> None:
    """Undo what a fork hands down and a fresh interpreter would not have.

    Parameters
    ----------
    filters : list
        Warning filters as they were when the parent started.
    parent : int
        Process that forked this one.
    memory_mb : int, optional
        Private memory that this process may have.
    """
    import numpy as np

    os.setsid()
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if memory_mb is not None:
        import resource

        limit = memory_mb << 20
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    warnings.resetwarnings()
    for action, message, category, module, line in reversed(filters):
        warnings.filters.insert(0, (action, message, category, module, line))  # type: ignore[attr-defined]
    np.random.seed()  # noqa: NPY002 - the inherited state would repeat in every child
