"""Notebooks x parameters, warm, from a script, a notebook or a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from warmill.attempt import Ended
from warmill.cells import run_cells
from warmill.helper import call_elsewhere
from warmill.loading import draw_figure, import_used
from warmill.pool import Hook, Pool, Start


@dataclass(frozen=True)
class Task:
    """One notebook with one set of parameters, as ``papermill.execute_notebook`` takes them.

    Attributes
    ----------
    source, result : str or Path
        The notebook, and where it is written with its outputs; ``{name}`` in either stands for
        a parameter.
    parameters : mapping
        Given to the notebook.

    Examples
    --------
    >>> Task("report.ipynb", "out/{region}.ipynb", {"region": "SE"}).parameters["region"]
    'SE'
    """

    source: str | Path
    result: str | Path
    parameters: Mapping[str, Any] = field(default_factory=dict)


def execute_notebooks(
    tasks: Iterable[Task],
    *,
    load: Hook | None = None,
    rehearse: Hook = draw_figure,
    jobs: int | None = None,
    start: Start | None = None,
    timeout: float | None = None,
    memory_mb: int | None = None,
    report: Callable[[Ended], object] | None = None,
    **options: Any,  # noqa: ANN401
) -> list[Ended]:
    """Execute notebooks with parameters, each as the papermill command would, but warm.

    They run below a process of its own, so that this may be called from anywhere: a notebook, a
    server, a thread, a script without a main guard, a Dask task.

    Parameters
    ----------
    tasks : iterable of Task
        What is to be run; the notebooks are read when their turn comes.
    load : callable, optional
        At the top of a module; called once in the loaded process. Default: imports what the
        notebooks import of the packages that :func:`~warmill.import_used` knows.
    rehearse : callable
        Likewise; called after it. Default: draws a figure.
    jobs, start, timeout, memory_mb
        As of :class:`~warmill.Pool`.
    report : callable, optional
        Called here with each as it ends.
    **options
        As of ``papermill.execute_notebook``: `cwd`, `kernel_name` and so on.

    Returns
    -------
    list of Ended
        In the order of the tasks. `error` is empty where the papermill command would exit with
        0. Otherwise it says why in one line, the notebook lies at `result` as far as it came
        (unless its process ended), and the others have run as well.

    Raises
    ------
    WarmillError
        An option is out of bounds or cannot be on this system, a hook cannot be pickled, or the
        process that is to be loaded does not start.

    Examples
    --------
    >>> import tempfile
    >>> from nbformat import v4, writes
    >>> kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    >>> given = v4.new_code_cell("region = ''", metadata={"tags": ["parameters"]})
    >>> book = v4.new_notebook(
    ...     cells=[given, v4.new_code_cell("print({'SE': 1}[region])")],
    ...     metadata={"kernelspec": kernel},
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.ipynb").write_text(writes(book), "utf-8")
    ...     tasks = [
    ...         Task(f"{folder}/a.ipynb", f"{folder}/{r}.ipynb", {"region": r})
    ...         for r in ("SE", "NO")
    ...     ]
    ...     [ended.error for ended in execute_notebooks(tasks)]
    ['', "KeyError: 'NO'"]
    """
    given = list(tasks)
    pool = {"jobs": jobs, "start": start, "timeout": timeout, "memory_mb": memory_mb}
    if load is None:
        load = partial(_import_all, list(dict.fromkeys(Path(task.source) for task in given)))
    ended: dict[int, Ended] = {}

    def take(number: int, end: Ended) -> None:
        ended[number] = end
        if report is not None:
            report(end)

    run = partial(_run_task, timeout=timeout, **options)
    call_elsewhere(_serve, given, run, load, rehearse, pool, take=take)
    return [ended[number] for number in range(len(given))]


def _import_all(notebooks: list[Path]) -> None:
    for notebook in notebooks:
        try:
            import_used(notebook)
        except Exception:  # noqa: BLE001 - whatever it is, the task that needs it tells
            continue


def _run_task(
    numbered: tuple[int, Task],
    engine: str | None,
    **options: Any,  # noqa: ANN401
) -> tuple[int | None, str | None]:
    task = numbered[1]
    ending = run_cells(task.source, task.result, task.parameters, engine=engine, **options)
    return ending.cell, ending.error


def _serve(
    tell: Callable[[int, Ended], None],
    tasks: list[Task],
    run: Callable[..., Any],
    load: Hook,
    rehearse: Hook,
    options: dict[str, Any],
) -> None:
    with Pool(run, load=load, rehearse=rehearse, **options) as pool:
        for end in pool.map(enumerate(tasks)):
            number, task = end.task
            cell, error = end.value or (end.cell, end.error)
            tell(number, Ended(task, None, error or "", cell, end.seconds, end.memory_mb))
