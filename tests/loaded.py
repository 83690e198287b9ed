"""A loaded process that forks the conductor of each batch that a test starts.

A command forks its conductor from itself, before it has loaded anything; a test process has
loaded numpy and has threads, so that `run_notebooks` would start a new interpreter for every
batch, which takes longer than most batches of the tests.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

from innocap_analysis.settings import load_settings
from warmill import helper
from warmill.helper import Channel, Helper
from warmill.processes import die_with_parent, import_jsonschema, keep_memory, one_thread

_MOST_BYTES = 1 << 24


class Loaded:
    """The loaded process, with the data of a project: started when first needed."""

    def __init__(self, project: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="innocap-loaded-")
        self.path = Path(self._folder.name) / "socket"
        code = f"import sys; sys.path[:0] = {sys.path!r}; import loaded; loaded.serve(sys.argv[1])"
        command = [sys.executable, "-c", code, str(self.path)]
        with one_thread():
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=project)

    def start_helper(self, target: Callable[..., None], *arguments: object) -> Helper:
        """Do what `warmill.helper.start_helper` does, by a fork of the loaded process."""
        while not self.path.exists():
            assert self._process.poll() is None, "the loaded process has ended"
            time.sleep(0.05)
        return start_helper(self.path, target, *arguments)

    def close(self) -> None:
        """End the loaded process."""
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


def start_helper(path: Path, target: Callable[..., None], *arguments: object) -> Helper:
    """Have the process that listens at a path fork one that calls a function."""
    asked = (target.__module__, target.__qualname__, arguments)
    data = pickle.dumps((str(Path.cwd()), dict(os.environ), sys.path, asked))
    (to_us, from_it), (to_it, from_us) = os.pipe(), os.pipe()
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(path))
        socket.send_fds(line, [len(data).to_bytes(8, "big")], [to_it, from_it, 2])
        line.sendall(data)
        pid = int.from_bytes(line.recv(8), "big")
        process = _Forked(pid)
        line.sendall(b"go")
    os.close(to_it)
    os.close(from_it)
    return Helper(process, Channel(to_us, from_us))


class _Forked:
    """A process that is no child of this one, with what is needed of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid, self._handle = pid, os.pidfd_open(pid)

    def poll(self) -> int | None:
        return 0 if select.select([self._handle], [], [], 0)[0] else None

    def wait(self, timeout: float | None = None) -> int:
        if not select.select([self._handle], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("fork", timeout or 0.0)
        return 0

    def terminate(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGTERM)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def __del__(self) -> None:
        os.close(self._handle)


def serve(path: str) -> None:
    """Load what a conductor loads, then fork one for each call."""
    die_with_parent()
    keep_memory()
    import_jsonschema()
    _load()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    server = socket.socket(socket.AF_UNIX)
    server.bind(f"{path}.new")
    server.listen()
    Path(f"{path}.new").rename(path)  # whoever sees it can connect
    # A conductor has its runs planned by a process of its own.
    helper.start_helper = partial(start_helper, Path(path))
    while True:
        line, _ = server.accept()
        with line:
            _answer(line)


def _load() -> None:
    for name in ("run", "crate", "domain", "index_page", "pool", "results", "switch"):
        importlib.import_module(f"innocap_analysis.batch.{name}")
    for name in ("documents.web", "survey.record"):
        importlib.import_module(f"innocap_analysis.{name}")
    for name in ("helper", "engine", "forking", "spawning"):
        importlib.import_module(f"warmill.{name}")
    importlib.import_module("papermill.execute")
    from innocap_analysis.batch.hooks import load_runs, rehearse_data, rehearse_runs

    load_runs(load_settings().languages, sorted(Path("notebooks").glob("*.ipynb")))
    rehearse_runs("en")
    rehearse_data()


def _answer(line: socket.socket) -> None:
    size, descriptors, _, _ = socket.recv_fds(line, 8, 3)
    wanted, data = int.from_bytes(size, "big"), b""
    while len(data) < wanted:
        data += line.recv(_MOST_BYTES)
    pid = os.fork()
    if pid == 0:
        line.recv(2)  # somebody holds this process by now
        _conduct(data, *descriptors)
    line.sendall(pid.to_bytes(8, "big"))
    line.recv(1, socket.MSG_PEEK)
    for descriptor in descriptors:
        os.close(descriptor)


def _conduct(data: bytes, source: int, sink: int, errors: int) -> NoReturn:
    die_with_parent()
    try:
        folder, environment, places, (module, name, arguments) = pickle.loads(data)
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.path[:] = places
        os.dup2(errors, 2)
        os.dup2(errors, 1)
        os.close(errors)
        target = getattr(sys.modules[module], name)
        target(Channel(source, sink), *arguments)
    except Exception:  # noqa: BLE001 - it has nobody to raise it to
        traceback.print_exc()
    finally:
        os._exit(1)
