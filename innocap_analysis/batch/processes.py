"""How this project's processes are set up: one thread, and an end with their parent."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Literal

from innocap_analysis.errors import InnocapError

# fork, spawn or cold; what is best on this system where it is not set.
START_VARIABLE = "INNOCAP_START"
Start = Literal["fork", "spawn", "cold"]

# Numeric libraries start as many threads as there are cores in every worker otherwise.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_PDEATHSIG = 1
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_GARBAGE = 50_000, 10, 10


def can_fork() -> bool:
    """Return whether this machine can start runs warm by a fork."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


def choose_start() -> Start:
    """Return how runs start."""
    wanted = os.environ.get(START_VARIABLE) or ("fork" if can_fork() else "spawn")
    if wanted == "fork" and can_fork():
        return "fork"
    if wanted in ("spawn", "cold"):
        return wanted  # type: ignore[return-value]
    known = "fork, spawn or cold" if can_fork() else "spawn or cold"
    raise InnocapError(f"{START_VARIABLE}={wanted}: must be {known} on this system")


def end_group(pid: int) -> None:
    """End a process that leads a group, and every process in it, at once."""
    if sys.platform == "win32":
        command = ["taskkill", "/F", "/T", "/PID", str(pid)]
        subprocess.run(command, capture_output=True, check=False)
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def die_with_parent(parent: int | None = None) -> None:
    """Have the system end this process when its parent ends, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if parent is not None and os.getppid() != parent:
            os._exit(1)


def keep_memory() -> None:
    """Have the C library keep what is freed for the next that is wanted, up to a limit.

    It gives large pieces, such as the canvas of each figure, back to the system otherwise, and
    being given them again page by page takes longer in a run than making its page. Cycles are
    looked for seldom: a process that makes one page has few, and looking took a tenth of a run.
    """
    gc.set_threshold(*_GARBAGE)
    if sys.platform == "win32":
        return
    change = getattr(ctypes.CDLL(None), "mallopt", None)  # not every C library has it
    if change is not None:
        change(_M_MMAP_THRESHOLD, 32 << 20)
        change(_M_TRIM_THRESHOLD, 512 << 20)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let numeric libraries of a process that starts now use one thread."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def import_jsonschema() -> None:
    """Import jsonschema without the grammar of international addresses.

    Building that grammar takes longer than importing pandas, and no notebook has a field that
    would be checked with it. A later import of the grammar itself works as ever.
    """
    slow = "rfc3987_syntax"
    if slow in sys.modules or "jsonschema" in sys.modules:
        return
    sys.modules[slow] = None  # type: ignore[assignment]
    try:
        importlib.import_module("jsonschema")
    finally:
        del sys.modules[slow]
