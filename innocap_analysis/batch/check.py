"""What a maintainer wants to know before a batch: whether everything is as agreed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from innocap_analysis.batch.parameters import read_notebook, read_parameters
from innocap_analysis.batch.plan import make_plan
from innocap_analysis.codebook import read_codebook, read_instrument
from innocap_analysis.prepare.observations import prepare_data
from innocap_analysis.score.capacity import load_capacity
from innocap_analysis.score.goalposts import compute_goalposts
from innocap_analysis.settings import InnocapError, Settings

MOST_CELLS = 30
MOST_LINES = 15


def check_project(settings: Settings) -> Iterator[tuple[str, list[str]]]:
    """Check everything that a batch relies on.

    Parameters
    ----------
    settings : Settings
        Already checked by reading them.

    Yields
    ------
    name : str
        What was checked.
    faults : list of str
        What is wrong; empty when nothing is.
    """
    scales = settings.scales_path
    tables = (settings.regions_path, scales, settings.flags_path, settings.notes_path)
    for path in sorted(settings.codebook_path.parent.rglob("*.csv")):
        if path == settings.survey_path:
            yield "questionnaire", _catch(lambda path=path: read_instrument(path, scales))  # type: ignore[misc]
        elif path not in tables:
            yield f"codebook {path.name}", _catch(lambda path=path: read_codebook(path))  # type: ignore[misc]
    yield "raw files", _catch(lambda: prepare_data(settings))
    yield "goalposts", _catch(lambda: _check_goalposts(settings))
    yield "batch plan", _catch(lambda: _check_plan(settings))
    for path in sorted(settings.notebooks_dir.glob("*.ipynb")):
        yield f"notebook {path.name}", _catch(lambda path=path: _check_notebook(path))  # type: ignore[misc]


def _catch(step: Callable[[], object]) -> list[str]:
    try:
        step()
    except InnocapError as error:
        return str(error).splitlines()
    return []


def _check_goalposts(settings: Settings) -> None:
    capacity = load_capacity(settings=settings)
    table = compute_goalposts(capacity.values, capacity.codebook)
    for row in table[~table["agrees"]].itertuples():
        raise InnocapError(
            f"{row.code}: frozen {row.frozen_low:g} to {row.frozen_high:g}, the data say "
            f"{row.low:g} to {row.high:g}; see 'innocap goalposts'"
        )


def _check_plan(settings: Settings) -> None:
    make_plan(settings)
    planned = {*settings.batch.comparison, *settings.batch.region}
    strays = sorted({p.stem for p in settings.notebooks_dir.glob("*.ipynb")} - planned)
    if strays:
        raise InnocapError(f"notebooks/{strays[0]}.ipynb: no batch runs it; add it to innocap.yml")


def _check_notebook(path: Path) -> None:
    read_parameters(path)
    notebook = read_notebook(path)
    if len(notebook.cells) > MOST_CELLS:
        raise InnocapError(f"{len(notebook.cells)} cells, at most {MOST_CELLS} are agreed")
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code":
            continue
        if cell.outputs or cell.execution_count:
            raise InnocapError(f"cell {number} holds outputs; clear them before committing")
        if len(cell.source.splitlines()) > MOST_LINES:
            raise InnocapError(f"cell {number} is longer than {MOST_LINES} lines")
