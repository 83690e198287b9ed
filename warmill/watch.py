"""What a notebook has changed in the modules that are loaded, and what it has left running.

A patched function, a constant or a class attribute that was set, an entry in a public table: all
of it would be there for the next notebook. Objects that lie deeper are not looked into.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from operator import is_
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

_Space = tuple[str, Mapping[str, Any], list[str], list[Any], frozenset[str]]
_Content = tuple[str, Any, list[Any], list[Any]]

# These belong to a run or to the interpreter, or are put back by name.
_OWN = {"__main__", "__mp_main__", "sys", "builtins"}
_KNOWN = {
    "posix.environ", "nt.environ", "os.environ", "warnings.filters", "warnings.onceregistry",
    "tempfile.tempdir", "IPython.core.magic.magics", "inspect.modulesbyfile",
    # Filled as they are used.
    "pandas.plotting._core._backends",
    "matplotlib.backends.registry.backend_registry._backend_to_gui_framework",
    "matplotlib.backend_bases._default_backends",
    "PIL.ImageColor.colormap",
}  # fmt: skip
_KNOWN_TYPES = {"RcParams"}
_SET_BY_IMPORT = {"__warningregistry__", "__annotations__", "__annotations_cache__"}
_MOST_DESCRIPTORS = 64
_SIMPLE = (str, bytes, int, float, complex, bool, type(None), tuple, frozenset, range)


class Watch:
    """Remembers what the loaded modules hold."""

    def __init__(self) -> None:
        self._spaces: list[_Space] = []
        self._contents: list[_Content] = []
        self._seen: set[int] = set()
        self._names: set[str] = set()
        self.add(dict(sys.modules))

    def add(self, modules: Mapping[str, Any]) -> None:
        """Watch further modules."""
        for name, module in modules.items():
            if name in self._names or name in _OWN or not isinstance(module, ModuleType):
                continue
            self._names.add(name)
            self._remember(name, vars(module))
            for key, value in list(vars(module).items()):
                place = f"{name}.{key}"
                if place in _KNOWN or key.startswith("__") or id(value) in self._seen:
                    continue
                self._watch_value(name, place, value)

    def _watch_value(self, module: str, place: str, value: Any) -> None:  # noqa: ANN401
        if isinstance(value, type):
            if value.__module__ == module:
                self._seen.add(id(value))
                self._remember(place, vars(value))
                for key, inner in list(vars(value).items()):
                    self._watch_content(f"{place}.{key}", inner)
        elif isinstance(value, dict | list | set):
            self._watch_content(place, value)
        elif not isinstance(value, (*_SIMPLE, FunctionType, ModuleType)):
            inside = getattr(value, "__dict__", None)
            if type(inside) is dict and not _is_lazy(place, module):
                self._seen.add(id(value))
                kind: Any = type(value)
                self._remember(place, inside, _list_cached(kind))
                for key, inner in list(inside.items()):
                    self._watch_content(f"{place}.{key}", inner)

    def _remember(
        self, place: str, space: Mapping[str, Any], cached: frozenset[str] = frozenset()
    ) -> None:
        self._spaces.append((place, space, list(space), list(space.values()), cached))

    def _watch_content(self, place: str, value: Any) -> None:  # noqa: ANN401
        if not isinstance(value, dict | list | set) or id(value) in self._seen:
            return
        if place in _KNOWN or type(value).__name__ in _KNOWN_TYPES:
            return
        if _is_lazy(place, place.partition(".")[0]):
            return
        self._seen.add(id(value))
        self._contents.append((place, value, *_read(value)))

    def find_change(self, modules: Mapping[str, Any]) -> str:
        """Name the first thing that has changed."""
        for number, (place, space, names, values, cached) in enumerate(self._spaces):
            if len(space) == len(values) and all(map(is_, space.values(), values)):
                continue
            change = _compare(place, space, names, values, modules, cached)
            if change:
                return f"{change} was changed"
            self._spaces[number] = (place, space, list(space), list(space.values()), cached)
        for place, value, keys, values in self._contents:
            now = _read(value)
            if len(now[0]) != len(keys) or not all(map(is_, now[0], keys)) or not all(
                map(is_, now[1], values)
            ):  # fmt: skip
                return f"{place} was changed"
        return ""


def _read(value: Any) -> tuple[list[Any], list[Any]]:  # noqa: ANN401
    if isinstance(value, dict):
        return list(dict.keys(value)), list(dict.values(value))
    if isinstance(value, list):
        return list(list.__iter__(value)), []
    return sorted(set.__iter__(value), key=id), []


@cache
def _list_cached(kind: type) -> frozenset[str]:
    """Return the attributes that objects of a class compute when they are first asked for."""
    return frozenset(
        name
        for one in kind.__mro__
        for name, value in vars(one).items()
        if isinstance(value, cached_property)
    )


def _is_lazy(place: str, module: str) -> bool:
    """Return whether what lies there is filled as it is used: a cache, or Python's own state."""
    name = place.rpartition(".")[2]
    if name.startswith("_") and module.partition(".")[0] in sys.stdlib_module_names:
        return True
    return "cache" in place.lower() or "memo" in name.lower() or name.startswith("__")


def _compare(
    place: str,
    space: Mapping[str, Any],
    names: list[str],
    values: list[Any],
    modules: Mapping[str, Any],
    cached: frozenset[str],
) -> str:
    before = dict(zip(names, values, strict=True))
    for name, value in before.items():
        whole = f"{place}.{name}"
        if name in _SET_BY_IMPORT or whole in _KNOWN:
            continue
        now = space.get(name, space)
        if now is value or (now is not space and _is_same(whole, value, now)):
            continue
        return whole
    for name, now in space.items():
        if name in before or name.startswith("_") or isinstance(now, ModuleType):
            continue
        if name in cached:
            continue
        # A package may load what is its own when it is first asked for.
        home = str(getattr(now, "__module__", "")).partition(".")[0]
        if home != place.partition(".")[0] and f"{place}.{name}" not in modules:
            return f"{place}.{name}"
    return ""


def _is_same(place: str, value: Any, now: Any) -> bool:  # noqa: ANN401
    """Return whether a new value does not matter: made at first use, counted on, or equal."""
    name = place.rpartition(".")[2]
    if name.startswith("_") and (value is None or isinstance(value, int)):
        return True
    if _is_lazy(place, place.partition(".")[0]) and not callable(value):
        return True
    return type(value) is type(now) and isinstance(value, _SIMPLE) and bool(value == now)


def find_foreign(new: Iterable[str], before: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Part modules that a notebook has imported into its own and those that were installed.

    Parts of the standard library and of packages that were loaded before are neither.
    """
    own: list[str] = []
    unknown: list[str] = []
    for name in new:
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in before:
            continue
        (unknown if _is_installed(top) else own).append(name)
    return own, unknown


def _is_installed(package: str) -> bool:
    module = sys.modules.get(package)
    paths = [getattr(module, "__file__", None), *getattr(module, "__path__", [])]
    libraries = {"site-packages", "dist-packages"}
    return any(libraries & {*Path(path).resolve().parts} for path in paths if path)


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
