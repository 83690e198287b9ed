"""What a batch is made of: one run of one notebook, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Scalar = str | int | float | bool
Value = Scalar | list[Scalar] | None


@dataclass(frozen=True)
class Run:
    """One execution of one notebook.

    Attributes
    ----------
    notebook : Path
        The notebook to execute.
    folder : str
        Folder below ``reports`` and ``figures``: a region's code, or ``comparison``.
    language : str
        Language of the report.
    parameters : dict of str to literal
        Checked values of every parameter that the notebook declares.
    stem : str
        Name of the report without its ending; see
        :func:`~innocap_analysis.batch.naming.name_report`.
    tag : str
        What tells the report's files from those of the standard one, empty for that.
    choices : dict of str to literal
        The parameters that are other than standard.
    sizes : tuple of str
        Sizes that figures are laid out for beside the page's.
    """

    notebook: Path
    folder: str
    language: str
    parameters: dict[str, Value]
    stem: str
    tag: str = ""
    choices: dict[str, Value] = field(default_factory=dict)
    sizes: tuple[str, ...] = ()

    @property
    def index(self) -> str:
        """Name of the index that the report is about; empty for the default one."""
        return str(self.parameters.get("index") or "")

    @property
    def name(self) -> str:
        """Folder and notebook, for people."""
        return f"{self.folder} {self.stem}"

    @property
    def place(self) -> str:
        """Path of the executed notebook below the output folder."""
        return f"reports/{self.folder}/{self.stem}.ipynb"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended.

    Attributes
    ----------
    run : Run
        What was run.
    status : {'ok', 'skipped', 'failed'}
        Whether its report was written, stood already, or could not be made.
    seconds : float
        Wall time.
    cell : int or None
        Number of the failed cell, counted from 1 as in the notebook's order of cells.
    error : str
        What went wrong, in one line.
    memory_mb : float
        Peak memory of the run's process; 0 where it was not measured.
    record : dict
        What the report was made from and of, while the batch runs.
    why : str
        Why it was run; empty where it was not.
    """

    run: Run
    status: Literal["ok", "skipped", "failed"]
    seconds: float
    cell: int | None = None
    error: str = ""
    memory_mb: float = 0.0
    record: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    why: str = ""
