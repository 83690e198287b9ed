"""Hooks that processes can import."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
import time
from functools import cached_property

from warmill import Pool, WarmillError


class _Lazy:
    @cached_property
    def answer(self) -> dict[str, int]:
        return {"answer": 42}


LAZY = _Lazy()
LIBRARIES = ("numpy", "pandas", "matplotlib.pyplot", "seaborn", "jinja2")


def load_libraries() -> None:
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def load_numpy() -> None:
    importlib.import_module("numpy")


def load_nothing() -> None:
    pass


def load_badly() -> None:
    raise ValueError("cannot be loaded")


def double(task: int, engine: str | None) -> int:
    return 2 * task


def tell_about(task: str, engine: str | None) -> object:
    if task == "engine":
        return engine
    if task == "fail":
        raise LookupError("on\npurpose")
    return os.getpid(), sorted(set(LIBRARIES) & set(sys.modules))


def use_pool(tell: object, start: str | None, tasks: list[object]) -> None:
    """Run in a process that may fork."""
    with Pool(tell_about, load=load_numpy, jobs=1, start=start) as pool:
        for end in pool.map(tasks):
            tell(pool.start, end.task, end.value, end.error)


def be_threaded(tell: object) -> None:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    with Pool(double) as pool:
        tell(pool.start)
    try:
        Pool(double, start="fork")
    except WarmillError as error:
        tell(str(error))


def raise_here(tell: object) -> None:
    raise KeyError("of mine")


def leave(tell: object) -> None:
    os._exit(3)
