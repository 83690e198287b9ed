"""Warm papermill runs: one loaded process, a fresh interpreter's state for every notebook."""

from warmill.attempt import Ended
from warmill.cells import Ending, run_cells
from warmill.errors import LostError, WarmillError
from warmill.notebooks import Task, execute_notebooks
from warmill.pool import Pool

__all__ = [
    "Ended", "Ending", "LostError", "Pool", "Task", "WarmillError", "execute_notebooks",
    "run_cells",
]  # fmt: skip
