"""Putting a process back into the state that it had before a notebook ran in it.

What Python and the libraries that notebooks know keep for the whole process is put back by name.
What cannot be put back, and whatever else has changed (see :mod:`.watch`), is told instead, so
that the process is replaced.
"""

from __future__ import annotations

import asyncio
import atexit
import builtins
import contextlib
import decimal
import faulthandler
import gc
import importlib
import locale
import logging
import multiprocessing
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import time
import tracemalloc
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

from innocap_analysis.batch.warm.leftovers import Leftovers
from innocap_analysis.batch.warm.libraries import LIBRARIES
from innocap_analysis.batch.warm.watch import Watch, find_foreign

_SYS = ("stdin", "stdout", "stderr", "excepthook", "displayhook", "unraisablehook",
        "breakpointhook", "dont_write_bytecode")  # fmt: skip
_SYS_LISTS = ("argv", "path", "path_hooks", "meta_path")
# What IPython imports when a cell first fails or asks a shell.
_USED_LATER = ("stack_data", "pexpect")

Undo = Callable[[], None]


def _keep_attributes(owner: Any, *names: str) -> Undo:  # noqa: ANN401
    kept = {name: getattr(owner, name) for name in names}

    def undo() -> None:
        for name, value in kept.items():
            if getattr(owner, name, None) is not value:
                setattr(owner, name, value)

    return undo


def _keep_list(one: list[Any]) -> Undo:
    kept = list(one)

    def undo() -> None:
        one[:] = kept

    return undo


def _keep_environment() -> Undo:
    kept, folder, mask = dict(os.environ), os.getcwd(), os.umask(0)  # noqa: PTH109
    os.umask(mask)

    def undo() -> None:
        zone = os.environ.get("TZ")
        if os.environ != kept:
            os.environ.clear()
            os.environ.update(kept)
        if zone != kept.get("TZ") and hasattr(time, "tzset"):
            time.tzset()
        os.chdir(folder)
        os.umask(mask)

    return undo


def _keep_interpreter() -> Undo:
    undos = [
        _keep_attributes(sys, *_SYS, *_SYS_LISTS),
        *(_keep_list(getattr(sys, name)) for name in _SYS_LISTS),
        _keep_attributes(threading, "excepthook"),
        _keep_list(gc.callbacks),
    ]
    main, names = sys.modules["__main__"], vars(builtins)
    kept = names.copy()
    limits: list[tuple[Callable[[Any], object], object]] = [
              (sys.setrecursionlimit, sys.getrecursionlimit()),
              (sys.set_int_max_str_digits, sys.get_int_max_str_digits()),
              (sys.setswitchinterval, sys.getswitchinterval()),
              (gc.set_debug, gc.get_debug()),
              (socket.setdefaulttimeout, socket.getdefaulttimeout())]  # fmt: skip
    thresholds, start = gc.get_threshold(), multiprocessing.get_start_method(allow_none=True)
    place, numbers = locale.setlocale(locale.LC_ALL), decimal.getcontext().copy()

    def undo() -> None:
        sys.modules["__main__"] = main
        for one in undos:
            one()
        for change, value in limits:
            change(value)
        sys.settrace(None)
        sys.setprofile(None)
        threading.settrace(None)
        threading.setprofile(None)
        gc.enable()
        gc.set_threshold(*thresholds)
        for name in ("last_exc", "last_type", "last_value", "last_traceback"):
            if hasattr(sys, name):
                delattr(sys, name)
        names.update(kept)
        for name in [name for name in names if name not in kept]:
            del names[name]
        if multiprocessing.get_start_method(allow_none=True) != start:
            multiprocessing.set_start_method(start, force=True)
        if locale.setlocale(locale.LC_ALL) != place:
            locale.setlocale(locale.LC_ALL, place)
        decimal.setcontext(numbers.copy())
        tracemalloc.stop()
        if faulthandler.is_enabled():
            faulthandler.disable()
        tempfile.tempdir = folder

    folder = tempfile.gettempdir()
    return undo


def _keep_signals() -> Undo:
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ()) if sys.platform != "win32" else set()

    def undo() -> None:
        if sys.platform != "win32":
            for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
                signal.setitimer(timer, 0)
        signal.set_wakeup_fd(-1)
        for number, handler in handlers.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    return undo


def _keep_logging() -> Undo:
    names = ("level", "handlers", "filters", "propagate", "disabled")
    manager = logging.Logger.manager

    def look() -> dict[str, Any]:
        known: dict[str, Any] = {"": logging.root, **manager.loggerDict}
        return {name: one for name, one in known.items() if isinstance(one, logging.Logger)}

    kept = {name: {key: getattr(one, key) for key in names} for name, one in look().items()}
    for values in kept.values():
        values["handlers"], values["filters"] = [*values["handlers"]], [*values["filters"]]
    off, names_of_levels = manager.disable, logging.getLevelNamesMapping()
    made = _keep_attributes(logging, "lastResort", "raiseExceptions", "_loggerClass",
                            "_logRecordFactory", "Formatter", "root")  # fmt: skip

    def undo() -> None:
        logging.captureWarnings(False)
        made()
        logging.disable(off)
        for level, number in names_of_levels.items():
            if logging.getLevelNamesMapping().get(level) != number:
                logging.addLevelName(number, level)
        for name, one in look().items():
            values = kept.get(name)
            if values is None:
                values = {"level": 0, "handlers": [], "filters": [], "propagate": True,
                          "disabled": False}  # fmt: skip
            for handler in [h for h in one.handlers if h not in values["handlers"]]:
                one.removeHandler(handler)
                handler.close()
            one.handlers[:], one.filters[:] = values["handlers"], values["filters"]
            one.propagate, one.disabled = values["propagate"], values["disabled"]
            one.setLevel(values["level"])  # forgets which levels were on, too

    return undo


def _keep_warnings() -> Undo:
    filters = warnings.filters
    kept = [*filters]
    made = _keep_attributes(warnings, "showwarning", "formatwarning", "_showwarnmsg_impl",
                            "filters", "defaultaction")  # fmt: skip

    def undo() -> None:
        made()
        warnings.resetwarnings()  # what was told once is told again
        filters[:] = kept  # type: ignore[index]
        warnings.onceregistry.clear()  # type: ignore[attr-defined]
        for module in list(sys.modules.values()):
            if isinstance(module, ModuleType):
                vars(module).pop("__warningregistry__", None)

    return undo


def _keep_loop() -> Undo:
    helpers: Any = importlib.import_module("IPython.core.async_helpers")

    def undo() -> None:
        loop = getattr(helpers, "_asyncio_event_loop", None)
        if loop is not None:
            loop.close()
            helpers._asyncio_event_loop = None
        if sys.version_info < (3, 14):
            asyncio.set_event_loop_policy(None)
        else:
            asyncio.set_event_loop(None)

    return undo


class Restorer:
    """Remembers the state of this process, and brings it back after each run."""

    def __init__(self) -> None:
        from innocap_analysis.batch.warm.shell import App

        for module in _USED_LATER:
            with contextlib.suppress(ImportError):
                importlib.import_module(module)
        self._kernels = App
        self._end_kernel()
        keepers = [_keep_environment, _keep_interpreter, _keep_signals, _keep_logging,
                   _keep_warnings, _keep_loop, *LIBRARIES]  # fmt: skip
        self._undos = [keep() for keep in keepers]
        self._leftovers = Leftovers()
        self._modules = dict(sys.modules)
        self._watch = Watch()
        gc.collect()
        gc.freeze()

    def begin(self) -> None:
        """Prepare a run: chance begins anew."""
        import numpy as np

        random.seed()
        np.random.seed()  # noqa: NPY002

    def end(self) -> str:
        """Put everything back."""
        try:
            reason = self._leftovers.find()
            if reason:
                return reason
            self._end_kernel()
            for undo in self._undos:
                undo()
            reason = self._drop_modules()
            gc.collect()
            return reason or self._watch.find_change(sys.modules)
        except Exception as error:  # noqa: BLE001 - whatever it is, another run must not follow
            return f"{type(error).__name__}: {error}"

    def _end_kernel(self) -> None:
        if self._kernels.initialized():
            app: Any = self._kernels.instance()
            kernel, shell = app.kernel, app.kernel.shell
            atexit._clear()  # nothing of it happens: this process never ends by itself
            shell.history_manager.outputs.clear()  # one table for every shell
            shell.restore_sys_module_state()
            for one in (shell, kernel, app):
                type(one).clear_instance()

    def _drop_modules(self) -> str:
        """Forget the modules of the notebook's own; tell when others were changed."""
        for name, module in self._modules.items():
            if sys.modules.get(name) is not module:
                return f"module {name} was replaced"
        new = [name for name in sys.modules if name not in self._modules]
        own, unknown = find_foreign(new, self._modules)
        for name in own:
            del sys.modules[name]
        if unknown:
            return f"package {unknown[0]} was imported"
        self._watch.add({name: sys.modules[name] for name in new if name in sys.modules})
        self._modules = dict(sys.modules)
        return ""
