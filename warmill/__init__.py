"""Warm papermill runs: one loaded process, a fresh interpreter's state for every notebook."""

from warmill.attempt import Ended
from warmill.cells import Ending, run_cells
from warmill.errors import LostError, WarmillError
from warmill.loading import draw_figure, import_used
from warmill.notebooks import Task, execute_notebooks
from warmill.pool import Pool

__version__ = "0.1.0"
__all__ = [
    "Ended", "Ending", "LostError", "Pool", "Task", "WarmillError", "draw_figure",
    "execute_notebooks", "import_used", "run_cells",
]  # fmt: skip
