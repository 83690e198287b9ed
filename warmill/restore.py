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
import operator
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
from functools import partial
from types import ModuleType
from typing import Any

from warmill.libraries import LIBRARIES, Undo, keep, keep_attributes, keep_list
from warmill.loading import draw_chance
from warmill.watch import Leftovers, Watch, find_foreign

_SYS = ("stdin", "stdout", "stderr", "excepthook", "displayhook", "unraisablehook",
        "breakpointhook", "dont_write_bytecode")  # fmt: skip
_SYS_LISTS = ("argv", "path", "path_hooks", "meta_path")
_MAINS = ("__main__", "__mp_main__")
_LAST = ("last_exc", "last_type", "last_value", "last_traceback")
# What IPython imports when a cell first fails, asks a shell or draws.
_USED_LATER = ("stack_data", "pexpect")
_DRAWING = "matplotlib_inline.config"
_METHODS = partial(multiprocessing.get_start_method, allow_none=True)
# How each is read and written; what has no reader is the same in every fresh process.
_VALUES: tuple[tuple[Callable[[], Any], Callable[[Any], object]], ...] = (
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (sys.get_int_max_str_digits, sys.set_int_max_str_digits),
    (sys.getswitchinterval, sys.setswitchinterval),
    (gc.get_debug, gc.set_debug),
    (gc.isenabled, lambda on: gc.enable() if on else gc.disable()),
    (gc.get_threshold, lambda them: gc.set_threshold(*them)),
    (socket.getdefaulttimeout, socket.setdefaulttimeout),
    (_METHODS, partial(multiprocessing.set_start_method, force=True)),
    (partial(locale.setlocale, locale.LC_ALL), partial(locale.setlocale, locale.LC_ALL)),
    (tempfile.gettempdir, lambda folder: setattr(tempfile, "tempdir", folder)),
    (sys.gettrace, sys.settrace),
    (sys.getprofile, sys.setprofile),
    (threading.gettrace, threading.settrace),
    (threading.getprofile, threading.setprofile),
    (tracemalloc.is_tracing, lambda _: tracemalloc.stop()),
    (faulthandler.is_enabled, lambda _: faulthandler.disable()),
)


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
        *(keep(*pair) for pair in _VALUES),
        keep_attributes(sys, *_SYS, *_SYS_LISTS),
        *(keep_list(getattr(sys, name)) for name in _SYS_LISTS),
        keep_list(gc.callbacks),
        keep_attributes(threading, "excepthook"),
    ]
    mains = {name: sys.modules[name] for name in _MAINS if name in sys.modules}
    numbers = decimal.getcontext().copy()
    names, kept = vars(builtins), vars(builtins).copy()

    def undo() -> None:
        sys.modules.update(mains)
        for one in undos:
            one()
        for name in _LAST:
            vars(sys).pop(name, None)
        names.update(kept)  # at no moment is one of them missing: there are other threads
        for name in [name for name in names if name not in kept]:
            del names[name]
        decimal.setcontext(numbers.copy())

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
    fresh = {"level": 0, "handlers": [], "filters": [], "propagate": True, "disabled": False}
    manager = logging.Logger.manager

    def look() -> dict[str, Any]:
        known: dict[str, Any] = {"": logging.root, **manager.loggerDict}
        return {name: one for name, one in known.items() if isinstance(one, logging.Logger)}

    def read(one: logging.Logger) -> dict[str, Any]:
        values = {key: getattr(one, key) for key in fresh}
        return values | {"handlers": [*one.handlers], "filters": [*one.filters]}

    kept = {name: read(one) for name, one in look().items()}
    # Python 3.14 writes new lists instead of changing those that somebody may be looking at.
    lists = {name: (one.handlers, one.filters) for name, one in look().items()}
    off, names_of_levels = manager.disable, logging.getLevelNamesMapping()
    made = keep_attributes(logging, "lastResort", "raiseExceptions", "_loggerClass",
                           "_logRecordFactory", "Formatter", "root")  # fmt: skip

    def undo() -> None:
        logging.captureWarnings(False)
        made()
        if manager.disable != off:
            logging.disable(off)
        for level, number in names_of_levels.items():
            if logging.getLevelNamesMapping().get(level) != number:
                logging.addLevelName(number, level)
        for name, one in look().items():
            values, own = kept.get(name, fresh), (one.handlers, one.filters)
            held = lists.get(name, own)
            if read(one) == values and all(map(operator.is_, own, held)):
                continue
            for handler in [h for h in one.handlers if h not in values["handlers"]]:
                one.removeHandler(handler)
                handler.close()
            one.handlers, one.filters = held
            one.handlers[:], one.filters[:] = values["handlers"], values["filters"]
            one.propagate, one.disabled = values["propagate"], values["disabled"]
            one.setLevel(values["level"])  # forgets which levels were on, too

    return undo


def _keep_warnings() -> Undo:
    filters = warnings.filters
    kept = [*filters]
    made = keep_attributes(warnings, "showwarning", "formatwarning", "_showwarnmsg_impl",
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
        from warmill.shell import App

        for module in (*_USED_LATER, *([_DRAWING] if "matplotlib" in sys.modules else [])):
            with contextlib.suppress(ImportError):
                importlib.import_module(module)
        self._kernels = App
        self._end_kernel()
        keepers = [_keep_environment, _keep_interpreter, _keep_signals, _keep_logging,
                   _keep_warnings, _keep_loop]  # fmt: skip
        keepers += [keeper for name, keeper in LIBRARIES.items() if name in sys.modules]
        self._undos = [keeper() for keeper in keepers]
        self._leftovers = Leftovers()
        self._modules = dict(sys.modules)
        self._watch = Watch()
        gc.collect()
        gc.freeze()

    def begin(self) -> None:
        """Prepare a run: chance begins anew."""
        random.seed()
        draw_chance()

    def end(self) -> str:
        """Put everything back; say what cannot be, so that no other run must follow."""
        try:
            self._end_kernel()
            reason = self._leftovers.find()
            if reason:
                return reason
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
            scripts = shell.magics_manager.registry.get("ScriptMagics")
            if hasattr(scripts, "stop_event_loop"):  # of %%bash, in a thread
                scripts.stop_event_loop()
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
