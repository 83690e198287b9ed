"""Processes of our own, started by a command and spoken to through pipes.

Not by multiprocessing, which runs the caller's script again in each process it spawns: a script
without a main guard, one that comes from stdin, or a notebook could not start a batch.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import innocap_analysis
from innocap_analysis.batch.processes import end_group

_LENGTH = struct.Struct("!Q")
_END_SECONDS = 5.0
_LOOK_SECONDS = 0.01
# `-P`: what lies in the working directory must not take the place of an installed module.
_CODE = (
    "import sys; sys.path += [p for p in sys.argv[1:2] if p not in sys.path]; "
    "from innocap_analysis.batch.helper import be_helper; be_helper()"
)


class Channel:
    """Messages to and from another process, whole or not at all.

    Parameters
    ----------
    source, sink : int
        Descriptors to read from and to write to.
    """

    def __init__(self, source: int, sink: int) -> None:
        self._source, self._sink = source, sink

    def send(self, *message: object) -> None:
        """Send what can be pickled."""
        data = pickle.dumps(message)
        left = memoryview(_LENGTH.pack(len(data)) + data)
        while left:
            left = left[os.write(self._sink, left) :]

    def recv(self) -> tuple[Any, ...]:
        """Wait for a message; `EOFError` when the other end is closed."""
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        message: tuple[Any, ...] = pickle.loads(self._read(length))
        return message

    def poll(self) -> bool:
        """Return whether something can be read at once; not on Windows."""
        return bool(select.select([self._source], [], [], 0)[0])

    def fileno(self) -> int:
        """Return what can be waited for; not on Windows."""
        return self._source

    def close(self) -> None:
        """Close both ends."""
        for descriptor in {self._source, self._sink}:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _read(self, length: int) -> bytes:
        parts = []
        while length:
            part = os.read(self._source, min(length, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            length -= len(part)
        return b"".join(parts)


class _Process(Protocol):
    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


class _Fork:
    """A forked process, with what is needed of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        until = math.inf if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("fork", timeout or 0.0)
            time.sleep(_LOOK_SECONDS)
        return code

    def terminate(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


class Helper:
    """A process of our own and the channel to it.

    Attributes
    ----------
    channel : Channel
        To it.
    pid : int
        Its number; where there are groups of processes, that of its group too.
    """

    def __init__(self, process: _Process, channel: Channel) -> None:
        self._process, self.channel, self.pid = process, channel, process.pid

    def stop(self) -> None:
        """Ask it to end, and end it when it does not."""
        self._process.terminate()
        self.wait()

    def has_ended(self) -> bool:
        """Return whether it is gone."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """End it and what it has started at once."""
        if self._process.poll() is None:
            end_group(self.pid)
            with contextlib.suppress(OSError):
                self._process.kill()

    def wait(self) -> int:
        """Wait a little for its end, end what is left then, and return the exit code."""
        try:
            code = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait(_END_SECONDS)
        if sys.platform != "win32":  # there its number may be another's by now
            end_group(self.pid)
        self.channel.close()
        return code


def start_helper(target: Callable[..., None], *arguments: object) -> Helper:
    """Start a fresh interpreter that calls a function of this package."""
    home = str(Path(innocap_analysis.__file__).parents[1])
    command = [sys.executable, "-P", "-c", _CODE, home, "innocap-helper"]
    options: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)
    assert process.stdin is not None and process.stdout is not None  # noqa: PT018
    channel = Channel(os.dup(process.stdout.fileno()), os.dup(process.stdin.fileno()))
    process.stdin.close()
    process.stdout.close()
    with contextlib.suppress(BrokenPipeError):  # it has ended: whoever reads from it is told
        channel.send(target.__module__, target.__qualname__, arguments)
    return Helper(process, channel)


def fork_helper(target: Callable[..., None], *arguments: object) -> Helper:
    """Fork this process, which must have no threads, and call a function in the copy."""
    (to_us, from_it), (to_it, from_us) = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            os.close(to_us)
            os.close(from_us)
            _unblock_interrupt()
            target(Channel(to_it, from_it), *arguments)
        finally:
            os._exit(1)  # it never comes back from here: that would be the caller twice
    os.close(to_it)
    os.close(from_it)
    return Helper(_Fork(pid), Channel(to_us, from_us))


def be_helper() -> None:
    """Do what was asked for; the first thing that a helper runs."""
    channel = Channel(os.dup(0), os.dup(1))
    # The pipes are for messages alone: what is printed goes where errors go.
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    with contextlib.suppress(OSError):  # a program without a console has nowhere
        os.dup2(2, 1)
    sys.argv = [""]
    _unblock_interrupt()
    module, name, arguments = channel.recv()
    getattr(importlib.import_module(module), name)(channel, *arguments)


def _unblock_interrupt() -> None:
    """Hear Ctrl-C, which whoever starts this process may have put off until it has started."""
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def watch_parent(channel: Channel, take: Callable[..., None]) -> None:
    """Hear the parent in a thread, and end this process with its children when it is gone."""

    def hear() -> None:
        try:
            while True:
                take(*channel.recv())
        except (EOFError, OSError):
            end_group(os.getpid())
            os._exit(1)

    threading.Thread(target=hear, daemon=True, name="innocap-parent").start()
