"""How processes are set up: one thread, memory that is kept, and an end with their parent."""

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
from pathlib import Path

from warmill.errors import WarmillError

# Numeric libraries start as many threads as there are cores in every process otherwise.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_PDEATHSIG = 1
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_GARBAGE = 50_000, 10, 10
# The allocator thread of pyarrow (loaded by pandas) has handlers of its own for a fork.
_SAFE_THREADS = {"jemalloc_bg_thd"}


def can_fork() -> bool:
    """Return whether this system can start runs warm by a fork."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


def check_threads() -> None:
    """Raise unless a fork would lose no thread of this process."""
    tasks = Path("/proc/self/task")
    names = [(task / "comm").read_text(encoding="utf-8").strip() for task in tasks.iterdir()]
    threads = sum(name not in _SAFE_THREADS for name in names)
    if threads > 1:
        raise WarmillError(f"the loaded process has {threads} threads, so it cannot fork safely")


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


def limit_memory(memory_mb: int | None) -> None:
    """Bound this process's own memory; only Linux holds to it."""
    if memory_mb is not None and sys.platform != "win32":
        import resource

        limit = memory_mb << 20
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


@contextlib.contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set environment variables for a while; processes that start meanwhile inherit them."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def one_thread() -> contextlib.AbstractContextManager[None]:
    """Let numeric libraries of a process that starts meanwhile use one thread."""
    return environment(**dict.fromkeys(ONE_THREAD, "1"))


@contextlib.contextmanager
def without_interrupt() -> Iterator[None]:
    """Put Ctrl-C off until the process that is being started is known."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
