"""What goes on in a process although its notebook has ended, or cannot be taken back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from typing import Any

_MOST_DESCRIPTORS = 64


class Leftovers:
    """Remembers the threads, limits and streams of this process as they are."""

    def __init__(self) -> None:
        self._limits, self._streams = _read_limits(), _read_streams()
        self._threads, self._descriptors = set(threading.enumerate()), _count_descriptors()

    def find(self) -> str:
        """Name the first thing that is left or changed; empty where nothing is."""
        left = [one.name for one in threading.enumerate() if one not in self._threads]
        if left:
            return f"thread {left[0]} is still running"
        if _has_children():
            return "it has left processes behind"
        loop = getattr(sys.modules.get("IPython.core.async_helpers"), "_asyncio_event_loop", None)
        if loop is not None and not loop.is_closed() and asyncio.all_tasks(loop):
            return "a task is still running"
        if _read_limits() != self._limits:
            return "the limits of the process were changed"
        if _read_streams() != self._streams:
            return "a standard stream was changed"
        if _count_descriptors() > self._descriptors + _MOST_DESCRIPTORS:
            return "many files were left open"
        return ""


def _read_limits() -> tuple[object, ...]:
    if sys.platform == "win32":
        return ()
    import resource

    kinds = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    user = (os.getuid(), os.geteuid(), os.getgid(), os.getegid(), os.getsid(0), os.getpgid(0))
    return (*map(resource.getrlimit, kinds), os.nice(0), cores, user)


def _read_streams() -> list[tuple[int, int]]:
    found = []
    for number in (0, 1, 2):
        try:
            seen = os.fstat(number)
            found.append((seen.st_dev, seen.st_ino))
        except OSError:
            found.append((0, 0))
    return found


def _count_descriptors() -> int:
    for folder in ("/proc/self/fd", "/dev/fd"):
        with contextlib.suppress(OSError):
            return len(os.listdir(folder))  # noqa: PTH208
    return 0


class _Started:
    """Whether this process has started others, where the system does not say."""

    any = False

    def __call__(self, event: str, _: tuple[Any, ...]) -> None:
        if event in ("subprocess.Popen", "os.system", "os.startfile", "os.spawn"):
            self.any = True


_started = _Started()
if sys.platform == "win32":
    sys.addaudithook(_started)


def _has_children() -> bool:
    if sys.platform == "win32":
        return _started.any
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return True
        except ChildProcessError:
            return False
