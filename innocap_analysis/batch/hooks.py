"""What a loaded process loads and rehearses before notebooks run or kernels start in it."""

from __future__ import annotations

import contextlib
import importlib
import io
import pkgutil
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import fewlikert
import innocap_analysis
from innocap_analysis.batch.outcome import Run
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import load_settings
from warmill.loading import KNOWN, import_used

_PROSE = """# a &rarr; b

- **c** *d* `e` $f$

1. [g](#h) <br> ![](i)

| j | k |
|---|--:|
| l | m |
"""
_VIEWED = ("index", "reference", "year", "runs", "seed")
_PACKAGES = (*KNOWN, innocap_analysis.__name__, fewlikert.__name__)


def load_runs(
    languages: Sequence[str],
    notebooks: Sequence[Path],
    views: Sequence[Mapping[str, Any]] = (),
    root: Path | None = None,
    known: Mapping[str, str] = {},
) -> None:
    """Load what runs need, and compute what several of them look at in a project.

    `known` are hashes of files.
    """
    import python_calamine  # noqa: F401 - loaded for the children
    from matplotlib.backends import backend_agg  # noqa: F401 - the same

    from innocap_analysis.batch import execute  # noqa: F401 - the same
    from innocap_analysis.batch.html import PYTHON, colour_code
    from innocap_analysis.batch.parameters import read_notebook
    from innocap_analysis.pages.language import format_share, get_translator

    for notebook in notebooks:
        with contextlib.suppress(InnocapError):  # one that cannot be read is told by who plans
            for cell in read_notebook(notebook).cells:
                if cell.cell_type == "code":
                    colour_code(cell.source, PYTHON)
            import_used(notebook, _PACKAGES)
    if "innocap_analysis.documents.save" in sys.modules:
        from innocap_analysis.documents.save import load_writers

        load_writers()
    for language in languages:
        get_translator(language)
        format_share(0.5, language)  # reads how the language writes numbers, dates and countries
    if root is not None and views:
        rehearse_views(root, views, known)


def find_views(runs: Iterable[Run]) -> list[dict[str, Any]]:
    """Return how the index is looked at by more than one run."""
    kinds = Counter(
        tuple((name, run.parameters[name]) for name in _VIEWED if name in run.parameters)
        for run in runs
        if "reference" in run.parameters
    )
    return [dict(kind) for kind, times in kinds.items() if times > 1]


def rehearse_views(
    root: Path, views: Sequence[Mapping[str, Any]], known: Mapping[str, str]
) -> None:
    """Simulate and judge once what pages share; what is wrong is left for them to tell."""
    from innocap_analysis.pages.opening import open_view

    with contextlib.chdir(root), _listen_aside(root, known):
        for parameters in views:
            with contextlib.suppress(InnocapError):
                view = open_view("", **parameters)
                view.names(view.compared)
                # Each page about one of many units has verdicts of its own.
                _ = (view.runs, view.left_out) if view.has_many else view.verdicts


def rehearse_runs(language: str) -> None:
    """Make a page and a figure once."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

    from innocap_analysis.batch.html import export_html

    # One of each kind, and an entity: what reads them sets up its tables the first time.
    shown = {"text/html": "<p>&eacute;</p>"}, {"text/markdown": "*a*"}, {"image/png": "YQ=="}
    outputs = [new_output("display_data", data) for data in shown]
    cells = [new_markdown_cell(_PROSE), new_code_cell("1 + 1", outputs=outputs)]
    export_html(new_notebook(cells=cells), language)
    rehearse_figure()


def rehearse_places(root: Path, places: Sequence[str], known: Mapping[str, str]) -> None:
    """Read and compute once what pages about places have in common, heard so that it is kept.

    `known` are hashes of files. A fault is left for the notebooks to tell.
    """
    from innocap_analysis.pages import place
    from innocap_analysis.pages.place_survey import prepare_answers
    from innocap_analysis.pages.place_view import open_place_view

    with contextlib.suppress(InnocapError), _listen_aside(root, known):
        settings = load_settings(root)  # which tell what is read of them only if they are read now
        view = open_place_view("35", place=places[0], settings=settings)
        prepare_answers(view, places)
        place.write_heading(view)  # by names, which are read for it
        place.plot_peers(view).to_svg()


def rehearse_surveys(
    root: Path, asked: Iterable[Mapping[str, Any]], known: Mapping[str, str]
) -> None:
    """Decide once what may be told of the waves that pages show; judge what several compare.

    `asked` are the parameters of the pages; notebooks that open no wave are passed by. What is
    wrong is left for the pages to tell, and so is what somebody is warned of.
    """
    from innocap_analysis.pages.survey_view import DEFAULT_SMALLEST
    from innocap_analysis.survey.judge import judge_wave

    times: Counter[tuple[Any, ...]] = Counter()
    for page in asked:
        if not page.keys() >= {"wave", "by", "leave_out_flagged"}:
            continue
        people = page["wave"], page["by"], page["leave_out_flagged"]
        chosen = page.get("smallest", DEFAULT_SMALLEST), page.get("seed", 1)
        times[*people, *chosen] += "smallest" in page  # which asks for comparisons
    with _listen_aside(root, known), warnings.catch_warnings(action="error"):
        settings = load_settings(root)
        for (wave, by, strict, smallest, seed), compared in times.items():
            with contextlib.suppress(Exception):  # told by the page that meets it, and not by all
                evidence = judge_wave(wave, by, strict, smallest, seed, settings)
                if compared > 1:
                    evidence.compute_all()


@contextlib.contextmanager
def _listen_aside(root: Path, known: Mapping[str, str]) -> Iterator[None]:
    """Hear what is read meanwhile, so that what is made of it is kept for the runs."""
    from innocap_analysis.batch.witness import listen

    with tempfile.TemporaryDirectory() as folder, listen(root, Path(folder) / "r", known=known):
        yield


def load_kernels() -> None:
    """Load the whole package into the process that forks kernels, and the project's data."""
    from innocap_analysis import pages

    for found in pkgutil.walk_packages(pages.__path__, f"{pages.__name__}."):
        importlib.import_module(found.name)
    for package in (innocap_analysis, fewlikert):
        for name in package.__all__:
            getattr(package, name)
    rehearse_figure()
    rehearse_data()


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
    from innocap_analysis.survey.wave import load_wave

    with warnings.catch_warnings(), contextlib.suppress(InnocapError):
        warnings.simplefilter("ignore")
        settings = load_settings()
        for language in settings.languages:
            get_translator(language)
        load_capacity(settings=settings)
        load_wave(settings=settings)
