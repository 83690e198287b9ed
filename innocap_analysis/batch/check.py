"""What a maintainer wants to know before a batch: whether everything is as agreed."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from innocap_analysis.batch.book import find_overruled
from innocap_analysis.batch.domain import refuse_faults
from innocap_analysis.batch.parameters import read_notebook, read_parameters
from innocap_analysis.batch.plan import make_plan
from innocap_analysis.data.datapackage import read_datapackage
from innocap_analysis.data.flags import read_flags, read_notes
from innocap_analysis.data.local import read_labels
from innocap_analysis.data.observations import NO_ROW
from innocap_analysis.data.places import read_places
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.index.capacity import load_capacity, prepare_indicators
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.goalposts import compute_goalposts
from innocap_analysis.pages.names import NAMES_FILE, read_forms
from innocap_analysis.pages.opening import open_view
from innocap_analysis.settings import Settings
from innocap_analysis.survey.instrument import read_instrument
from warmill.cells import list_tags

MOST_CELLS = 30
MOST_LINES = 15


def check_project(settings: Settings) -> Iterator[tuple[str, list[str]]]:
    """Check everything that a batch relies on."""
    scales = settings.scales_path
    names = (settings.places_path, settings.local_path)
    forms = settings.regions_path.parent / NAMES_FILE
    readers = (settings.flags_path, settings.notes_path, forms)
    tables = (settings.regions_path, scales, *readers, *names)
    for path in sorted(settings.codebook_path.parent.rglob("*.csv")):
        if path == settings.survey_path or path.parent == settings.survey_path.parent / "survey":
            name = "" if path == settings.survey_path else f" {path.name}"
            yield f"questionnaire{name}", _catch(lambda path=path: read_instrument(path, scales))  # type: ignore[misc]
        elif path not in tables:
            yield f"codebook {path.name}", _catch(lambda path=path: read_codebook(path))  # type: ignore[misc]
    yield forms.name, _catch(lambda: read_forms(forms))
    yield "raw files", _catch(lambda: _check_raw(settings))
    if settings.places_path.exists():
        yield "places", _catch(lambda: read_places(settings))
        yield settings.local_path.name, _catch(lambda: read_labels(settings))
    for name in () if settings.index else settings.indexes:
        own = settings.choose(name)
        yield f"index {name}", _catch(lambda own=own: _check_index(own))  # type: ignore[misc]
    yield "flags and notes", _catch(lambda: _check_notes(settings))
    yield "countries and regions", _catch(lambda: refuse_faults(settings))
    yield "goalposts", _catch(lambda: _check_goalposts(settings))
    yield "batch plan", _catch(lambda: _check_plan(settings))
    yield "parameters", find_overruled(settings)
    for path in sorted(settings.notebooks_dir.glob("*.ipynb")):
        yield f"notebook {path.name}", _catch(lambda path=path: _check_notebook(path))  # type: ignore[misc]


def _catch(step: Callable[[], object]) -> list[str]:
    try:
        step()
    except InnocapError as error:
        return str(error).splitlines()
    return []


def _check_raw(settings: Settings) -> None:
    """Check that every indicator of the raw files is described, and comes from where it is said."""
    log = prepare_indicators(settings).log
    unused = log[(log["action"] == "dropped") & log["detail"].eq(NO_ROW)]
    names = [resource.name for resource in read_datapackage(settings.raw_dir)]
    described: set[str] = set()
    faults = []
    for index in dict.fromkeys((settings.index, "", *settings.indexes)):
        path = settings.choose(index).codebook_path
        book = read_codebook(path)
        described |= {*map(str, book.table.index), *book.inputs}
        for code, source in book.table.loc[book.leaves, "source"].astype(str).items():
            if source and source not in names:
                faults.append(f"{path.name}: {code}: no raw file is called {source!r}"
                              f"{suggest(source, names)}")  # fmt: skip
    for row in unused[~unused["code"].isin(described)].itertuples():
        faults.append(
            f"{row.source}: {row.code} ({row.n_values} figures) is in no codebook and not used; "
            f"describe it in {settings.codebook_path.name}, or take it out of the file"
        )
    if faults:
        raise InnocapError("\n".join(faults))


def _check_notes(settings: Settings) -> None:
    """Check that every flag and note is about an indicator of some index, or about a raw file."""
    indexes = ["", *settings.indexes]
    books = [read_codebook(settings.choose(name).codebook_path).table.index for name in indexes]
    codes = [str(code) for own in books for code in own]
    read_flags(settings.flags_path, codes=codes)
    files = [resource.name for resource in read_datapackage(settings.raw_dir)]
    if settings.local_path.exists():
        codes += [str(code) for code in read_labels(settings).index]
    read_notes(settings.notes_path, codes=[*codes, *files])


def _check_index(settings: Settings) -> None:
    refuse_faults(settings)
    open_view("30", settings=settings)
    _check_goalposts(settings)


def _check_goalposts(settings: Settings) -> None:
    capacity = load_capacity(settings=settings)
    table = compute_goalposts(capacity.values, capacity.codebook)
    faults = [
        f"{row.code}: frozen {row.frozen_low:g} to {row.frozen_high:g}, the data say "
        f"{row.low:g} to {row.high:g}; see 'innocap goalposts'"
        for row in table[~table["agrees"].astype(bool)].itertuples()
    ]
    if faults:
        raise InnocapError("\n".join(faults))


def _check_plan(settings: Settings) -> None:
    planned = {run.notebook.stem for run in make_plan(settings)}
    plan = settings.batch  # one of two waves runs once there are two
    planned |= {*plan.comparison, *plan.place, *plan.documents, *plan.lab}
    strays = sorted({p.stem for p in settings.notebooks_dir.glob("*.ipynb")} - planned)
    if strays:
        raise InnocapError(
            "\n".join(
                f"notebooks/{name}.ipynb: no batch runs it; add it to innocap.yml"
                for name in strays
            )
        )


def _check_notebook(path: Path) -> None:
    notebook = read_notebook(path)
    read_parameters(path)
    if len(notebook.cells) > MOST_CELLS:
        raise InnocapError(f"{len(notebook.cells)} cells, at most {MOST_CELLS} are agreed")
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code":
            continue
        if cell.outputs or cell.execution_count:
            raise InnocapError(f"cell {number} holds outputs; clear them before committing")
        if len(cell.source.splitlines()) > MOST_LINES:
            raise InnocapError(f"cell {number} is longer than {MOST_LINES} lines")
        if "raises-exception" not in list_tags(cell):
            _check_code(cell.source, f"cell {number}", path.parent)
    _check_help(path, notebook)


def _check_code(source: str, place: str, folder: Path) -> None:
    """Check that a cell can be read, and that what it imports is there."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        transformer: Any = TransformerManager
        plain = transformer().transform_cell(source)  # magics become calls
        tree = compile(plain, place, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as fault:
        raise InnocapError(f"{place}, line {fault.lineno}: is no Python ({fault.msg})") from None
    for statement in tree.body:  # one inside `try` may be missing
        names = [alias.name for alias in getattr(statement, "names", ())]
        if isinstance(statement, ast.ImportFrom):
            names = [str(statement.module)] if not statement.level else []
        elif not isinstance(statement, ast.Import):
            continue
        for name in names:
            top = name.partition(".")[0]
            beside = (folder / f"{top}.py").is_file() or (folder / top).is_dir()
            if not beside and importlib.util.find_spec(top) is None:
                raise InnocapError(
                    f"{place}, line {statement.lineno}: there is no package {top!r}; install it, "
                    "or take the import out"
                )


def _check_help(path: Path, notebook: Any) -> None:  # noqa: ANN401 - a NotebookNode
    """Check that papermill's own help shows every parameter."""
    from papermill.translators import PythonTranslator

    declared = read_parameters(path)
    (cell,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    seen = {parameter.name for parameter in PythonTranslator.inspect(cell)}
    for parameter in declared:
        if parameter.name not in seen:
            raise InnocapError(
                f"parameter {parameter.name}: papermill --help-notebook does not see it; write "
                f"{parameter.name}: {parameter.wanted.replace('none', 'None')} = …"
            )
