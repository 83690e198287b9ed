"""A server that forks Jupyter kernels from a loaded process, for one environment and user.

It is started by :mod:`warmill.provisioner` when the first kernel is asked for, listens on a
socket in a folder that only its user may enter, and ends by itself once nobody has used it for
a while.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, NoReturn

from warmill.loading import draw_figure, loading, settle_child
from warmill.processes import check_threads, import_jsonschema

# What an installed package has loaded into every kernel: `name = "module"` or, to be called,
# `name = "module:function"`. The name is the package whose files count.
GROUP = "warmill.load"
LOAD_VARIABLE = "WARMILL_LOAD"  # some of these names, between commas; all where it is not set
IDLE_SECONDS = float(os.environ.get("WARMILL_IDLE", "300"))
LIMIT = 1 << 20
_PATIENCE_SECONDS = 5
# Nothing is said where one of them is not installed.
_MODULES = ("numpy", "pandas", "scipy.stats", "matplotlib.pyplot", "seaborn")
_KERNEL = ("comm", "ipykernel.debugger", "ipykernel.zmqshell", "ipykernel.kernelapp")


def find_loads() -> list[EntryPoint]:
    """Return what installed packages want to have loaded."""
    wanted = os.environ.get(LOAD_VARIABLE)
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    return [entry for entry in found if wanted is None or entry.name in wanted.split(",")]


def load_entry(entry: EntryPoint) -> None:
    """Import a module, or call a function."""
    loaded = entry.load()
    if callable(loaded):
        loaded()


def serve(path: Path) -> None:
    """Fork a kernel per request until nobody has asked for a while.

    A request is one line of JSON with `connection_file`, `cwd` and `env`; the answer is a line
    with `pid` once the kernel listens (a client that connects sooner loses a tenth of a second
    on trying again), and another with `exit` when the kernel has ended. A client that goes
    away takes its kernel with it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _load()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        path.unlink(missing_ok=True)
        server.bind(str(path))
        server.listen(64)
        try:
            _Kernels(server).run()
        finally:
            path.unlink(missing_ok=True)


def _load() -> None:
    import_jsonschema()
    with loading():
        for module in _MODULES:
            with contextlib.suppress(ImportError):
                importlib.import_module(module)
        draw_figure()
        for entry in find_loads():
            load_entry(entry)
        for module in _KERNEL:
            importlib.import_module(module)
    gc.collect()
    gc.freeze()
    check_threads()


class _Kernels:
    """The kernels that are alive, by the socket of their client."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._clients: dict[socket.socket, int | None] = {}
        self._pids: dict[int, tuple[int, socket.socket]] = {}

    def run(self) -> None:
        while True:
            watched: list[Any] = [self._server, *self._clients, *self._pids]
            idle = IDLE_SECONDS if not self._clients else None
            ready, _, _ = select.select(watched, [], [], idle)
            if not ready:
                return
            for thing in ready:
                if thing is self._server:
                    client, _ = self._server.accept()
                    client.settimeout(_PATIENCE_SECONDS)
                    self._clients[client] = None
                elif isinstance(thing, int):
                    self._bury(thing)
                elif thing in self._clients:
                    self._hear(thing)

    def _hear(self, client: socket.socket) -> None:
        try:
            text = client.recv(LIMIT)
            while text and not text.endswith(b"\n"):
                more = client.recv(LIMIT)
                text = text + more if more and len(text) < LIMIT else b""
        except OSError:
            text = b""
        pid = self._clients[client]
        if not text:
            if pid is None:
                del self._clients[client]
                client.close()
            else:
                # The client is gone; the kernel's end will close the socket.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
            return
        request = json.loads(text)
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._be_kernel(request, client, parent)
        self._clients[client] = pid
        self._pids[os.pidfd_open(pid)] = (pid, client)

    def _bury(self, descriptor: int) -> None:
        pid, client = self._pids.pop(descriptor)
        _, status = os.waitpid(pid, 0)
        os.close(descriptor)
        _say(client, {"exit": os.waitstatus_to_exitcode(status)})
        self._clients.pop(client, None)
        client.close()

    def _be_kernel(self, request: dict[str, Any], asker: socket.socket, parent: int) -> NoReturn:
        code = 1
        try:
            self._server.close()
            for client in self._clients:
                if client is not asker:
                    client.close()
            for descriptor in self._pids:
                os.close(descriptor)
            os.environ.clear()
            os.environ.update(request["env"])
            os.chdir(request["cwd"])
            settle_child(parent)
            code = _run_kernel(request["connection_file"], asker)
        except BaseException:  # noqa: BLE001 - a forked kernel must never come back from here
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)


def _run_kernel(connection_file: str, asker: socket.socket) -> int:
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = ["ipykernel_launcher", "-f", connection_file]
    if "" not in sys.path:
        sys.path.insert(0, "")
    app: Any = IPKernelApp.instance()
    # The parent is the server, not whoever asked: the socket tells when that one goes.
    app.initialize(["-f", connection_file, "--IPKernelApp.parent_handle=0"])
    _say(asker, {"pid": os.getpid()})
    asker.close()
    try:
        app.start()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _say(client: socket.socket, content: dict[str, int]) -> None:
    with contextlib.suppress(OSError):
        client.sendall(json.dumps(content).encode("ascii") + b"\n")


def main() -> None:
    """Run the server: ``python -m … SOCKET``."""
    serve(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
