"""Running the cells of one report's notebook: what is given to it, and what is kept of it."""

from __future__ import annotations

import contextlib
import errno
import re
from pathlib import Path

import nbformat
from nbformat import v4

from innocap_analysis.batch import witness
from innocap_analysis.batch.outcome import Run
from innocap_analysis.data.levels import COUNTRY, find_level
from innocap_analysis.files import CHECK_DISK
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.pages.drawing.medium import FIGURES_VARIABLE
from innocap_analysis.pages.language import name_wording, translate_notebook
from innocap_analysis.settings import (
    OUTPUT_VARIABLE,
    PUBLISH_VARIABLE,
    VARIANT_VARIABLE,
    Settings,
)
from warmill import Ending, cells
from warmill.processes import environment

SOURCE, RESULT = "source.ipynb", "result.ipynb"
# A kernel of its own notes down what it reads.
LISTENING = [f"--InteractiveShellApp.extra_extensions={witness.__name__}"]
_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
# A warning as Python shows it, with a path of this machine and the line of code.
_WARNED = re.compile(r"^\S.*\.py:\d+: (\w+): (.*)\n(?:  .*(?:\n|$))?", re.MULTILINE)
_REFUSED = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}


def run_cells(
    notebook: nbformat.NotebookNode,
    run: Run,
    settings: Settings,
    staging: Path,
    engine: str | None,
) -> Ending:
    """Run papermill on a translated copy in the staging folder and return what it wrote."""
    translated = translate_notebook(notebook, run.language, find_wording(run, settings))
    translated.metadata["kernelspec"] = _KERNEL
    # papermill looks at it when it reads it.
    (staging / SOURCE).write_text(v4.writes(translated) + "\n", encoding="utf-8")
    # To papermill a brace in a path begins the name of a parameter.
    source, result = (
        str(staging / name).replace("{", "{{").replace("}", "}}") for name in (SOURCE, RESULT)
    )
    # Figures go below the folder; a kernel of its own inherits the environment.
    given = {OUTPUT_VARIABLE: str(staging), PUBLISH_VARIABLE: "1", VARIANT_VARIABLE: run.tag,
             FIGURES_VARIABLE: " ".join(run.sizes)}  # fmt: skip
    with environment(**given), contextlib.nullcontext() if engine else witness.tell_kernel():
        ending = cells.run_cells(
            source, result, run.parameters, engine=engine,
            timeout=settings.batch.timeout_seconds, cwd=str(settings.notebooks_dir),
            extra_arguments=LISTENING,
        )  # fmt: skip
    if ending.error and _is_refused(ending.error):
        return Ending(ending.notebook, ending.cell, f"{ending.error}; {CHECK_DISK}")
    return ending


def find_wording(run: Run, settings: Settings) -> str:
    """Return which words a notebook takes, by its index: of places, of one without dimensions."""
    if "index" not in run.parameters:
        return ""
    own = settings.choose(run.index)
    return name_wording(find_level(own) != COUNTRY, read_codebook(own.codebook_path))


def _is_refused(error: str) -> bool:
    """Whether the system refused to write, which no change of the notebook will mend."""
    number = re.match(r"(?:OSError|PermissionError): \[Errno (\d+)\]", error)
    return number is not None and int(number[1]) in _REFUSED


def forget_machine(notebook: nbformat.NotebookNode, run: Run) -> None:
    """Replace the temporary paths that papermill records by the project's own names."""
    record = notebook.metadata.get("papermill")
    if record:
        record["input_path"] = f"notebooks/{run.notebook.name}"
        record["output_path"] = run.place
        record.pop("environment_variables", None)
    for cell in notebook.cells:
        if cells.INJECTED in cells.list_tags(cell):
            cell["id"] = cells.INJECTED  # papermill draws one by chance
        for output in cell.get("outputs", []):
            output.update(cells.forget_process(output))
            if output.get("name") == "stderr":
                output["text"] = _WARNED.sub(r"\1: \2\n", "".join(output["text"]))
