"""A Jupyter kernel provisioner whose kernels are forked from a loaded process.

Chosen with ``JUPYTER_DEFAULT_PROVISIONER_NAME=warmill``: nbval, papermill and JupyterLab
then start the same kernels as ever, loaded already. Whatever cannot be forked (another
interpreter or language, another operating system) is started the plain way.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.util
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

import warmill
from warmill.kernels import find_loads
from warmill.processes import can_fork, one_thread

NAME = "warmill"
START_SECONDS = 60
_KILL_SECONDS, _LOOK_SECONDS = 1.0, 0.002
_spawned: list[subprocess.Popen[bytes]] = []


class ForkedKernel:
    """A kernel that the server forked; stands in for ``subprocess.Popen``.

    Attributes
    ----------
    pid : int
        Its process, which leads a group of its own.
    returncode : int or None
        None while it runs.
    """

    stdin = stdout = stderr = None
    returncode: int | None = None

    def __init__(self, server: socket.socket, pid: int) -> None:
        self.pid = pid
        self._server = server

    def poll(self, timeout: float | None = 0) -> int | None:
        """Return the exit code, or None while the kernel runs."""
        if self.returncode is None and select.select([self._server], [], [], timeout)[0]:
            try:
                line = self._server.recv(4096)
            except OSError:
                line = b""
            self._server.close()
            self.returncode = json.loads(line)["exit"] if line else -signal.SIGKILL
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code."""
        code = self.poll(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("kernel", timeout or 0)
        return code

    def send_signal(self, signum: int) -> None:
        """Send a signal, unless the kernel has ended."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)


class WarmProvisioner(LocalProvisioner):
    """Starts kernels of this very Python by fork, all others as ever."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:  # noqa: ANN401
        """Launch a kernel."""
        environment = dict(kwargs.get("env") or os.environ)
        if not can_fork() or not _is_own_kernel(cmd):
            return await super().launch_kernel(cmd, **kwargs)
        folder = Path(kwargs.get("cwd") or Path.cwd())
        manager: Any = self.parent
        request = {"connection_file": manager.connection_file, "cwd": str(folder),
                   "env": environment}  # fmt: skip
        kernel = await asyncio.to_thread(_ask, request, environment)
        if kernel is None:
            return await super().launch_kernel(cmd, **kwargs)
        process: Any = kernel  # all that is used of a Popen
        self.process = process
        self.pid = self.pgid = kernel.pid
        self.cwd = folder
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel, and see it end: Jupyter looks for that in steps of 0.1 seconds."""
        await super().kill(restart=restart)
        process: Any = self.process
        until = time.monotonic() + _KILL_SECONDS
        while process is not None and process.poll() is None and time.monotonic() < until:
            await asyncio.sleep(_LOOK_SECONDS)


def _is_own_kernel(cmd: list[str]) -> bool:
    """Return whether a command starts a plain kernel of this environment."""
    own = Path(cmd[0]).parent == Path(sys.executable).parent
    return own and cmd[1:3] == ["-m", "ipykernel_launcher"] and len(cmd) == 5


def _ask(request: Mapping[str, Any], environment: Mapping[str, str]) -> ForkedKernel | None:
    """Ask the server for a kernel; None where there is none to be had."""
    try:
        place = find_socket(environment)
        server = _connect(place) or _start_server(place)
        if server is None:
            return None
        server.settimeout(START_SECONDS)
        try:
            server.sendall(json.dumps(request).encode("utf-8") + b"\n")
            with server.makefile("rb", buffering=0) as answers:
                pid = json.loads(answers.readline() or b"{}").get("pid")
        except OSError:
            pid = None
        if pid is None:  # it ended before it listened, or never did
            server.close()
            return None
        return ForkedKernel(server, pid)
    except OSError:
        return None


def find_socket(environment: Mapping[str, str]) -> Path:
    """Return the socket of the server that fits an environment and the code as it is."""
    digest = hashlib.sha256()
    given = {key: value for key, value in environment.items()
             if key.startswith(("PYTHON", "MPL", "MATPLOTLIB"))}  # fmt: skip
    digest.update(json.dumps([sys.version, sys.prefix, sorted(given.items())]).encode())
    installed = [Path(entry) for entry in sys.path if entry.endswith("site-packages")]
    for path in (*_list_code(), *installed):
        seen = path.stat()
        digest.update(f"{path} {seen.st_mtime_ns} {seen.st_size}\n".encode())
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    folder = folder / f"warmill-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = folder.lstat()
    if owner.st_uid != os.getuid() or owner.st_mode & 0o077:
        raise PermissionError(f"{folder} is open to others")
    return folder / f"{digest.hexdigest()[:16]}.sock"


def _list_code() -> list[Path]:
    """Return the files of this package, and of those that want to be loaded."""
    folders = {Path(warmill.__file__).parent}
    for entry in find_loads():
        found = importlib.util.find_spec(entry.name)
        folders |= {Path(place) for place in (found and found.submodule_search_locations) or ()}
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in files if "__pycache__" not in path.parts)


def _connect(place: Path) -> socket.socket | None:
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        server.connect(str(place))
    except OSError:
        server.close()
        return None
    return server


def start_loading(environment: Mapping[str, str]) -> None:
    """Have a server started where there is none, and do not wait for it."""
    if can_fork():
        with contextlib.suppress(OSError):
            server = _find_or_spawn(find_socket(environment))
            if server is not None:
                server.close()


def _find_or_spawn(place: Path) -> socket.socket | None:
    from filelock import FileLock

    note = place.with_suffix(".pid")
    with FileLock(place.with_suffix(".lock")):
        server = _connect(place)
        if server is None and not _is_starting(note, place):
            note.write_text(str(_spawn_server(place)), encoding="ascii")
        return server


def _start_server(place: Path) -> socket.socket | None:
    """Have a server started, and wait for it only where that was asked for.

    Loading takes longer than a plain kernel's start, so the first kernel is a plain one, unless
    many are to follow at once (``WARMILL_WAIT``).
    """
    server = _find_or_spawn(place)
    if server is not None:
        return server
    if not os.environ.get("WARMILL_WAIT"):
        return None
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        server = _connect(place)
        if server is not None:
            return server
        time.sleep(0.05)
    return None


def _spawn_server(place: Path) -> int:
    command = [sys.executable, "-m", "warmill.kernels", str(place)]
    with one_thread():
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    _spawned.append(process)  # so that Python buries it when it has ended
    return process.pid


def _is_starting(note: Path, place: Path) -> bool:
    """Return whether a server that somebody started is still loading."""
    try:
        pid = int(note.read_text(encoding="ascii"))
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return False
    return str(place).encode() in command
