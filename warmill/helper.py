"""Processes of our own, started by a command, spoken to through pipes, and called like functions.

Not by multiprocessing, which runs the caller's script again in each process it spawns: a script
without a main guard, one that comes from stdin, or a notebook could not start any.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any, NoReturn, Self

import warmill
from warmill.errors import LostError, WarmillError
from warmill.processes import (
    can_fork,
    die_with_parent,
    end_group,
    import_jsonschema,
    keep_memory,
    one_thread,
    without_interrupt,
)

NAME = "warmill-helper"  # in the list of processes
at_stop: list[Callable[[], object]] = []  # what ends the tasks of this process
_LENGTH = struct.Struct("!Q")
_END_SECONDS, _LISTEN_SECONDS = 5.0, 1.0
# `-P`: what lies in the working directory must not take the place of an installed module.
_CODE = (
    "import sys; sys.path += [p for p in sys.argv[1:2] if p not in sys.path]; "
    "from warmill.helper import be_helper; be_helper()"
)


class Channel:
    """Messages to and from another process, whole or not at all."""

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


class _Portable(pickle.Pickler):
    """Refuses what a fresh interpreter could not find again."""

    def reducer_override(self, thing: Any) -> Any:  # noqa: ANN401
        if isinstance(thing, FunctionType | type) and (
            thing.__module__ == "__main__" or "<" in thing.__qualname__
        ):
            raise WarmillError(
                f"{thing.__qualname__} is defined in {thing.__module__}, where another process "
                "does not find it; put it at the top of a module and import it from there"
            )
        return NotImplemented


def check_portable(*things: object) -> None:
    """Raise unless things can be sent to a fresh interpreter."""
    _Portable(io.BytesIO()).dump(things)


class Helper:
    """A process of our own, which leads a group, and the channel to it."""

    def __init__(self, process: subprocess.Popen[bytes], channel: Channel) -> None:
        self._process, self.channel, self.pid = process, channel, process.pid
        self.listener: threading.Thread | None = None  # who hears the channel, if not its owner

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
        # Whoever still hears it would take the words of the next pipe that gets the same number.
        if self.listener is not None:
            self.listener.join(_LISTEN_SECONDS)
        if self.listener is None or not self.listener.is_alive():
            self.channel.close()
        return code


def start_helper(target: Callable[..., None], *arguments: object) -> Helper:
    """Start a fresh interpreter that calls a function with a channel and the arguments."""
    check_portable(target, arguments)
    home = str(Path(warmill.__file__).parents[1])
    command = [sys.executable, "-P", "-c", _CODE, home, NAME, str(os.getpid())]
    options: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)
    assert process.stdin is not None and process.stdout is not None  # noqa: PT018
    channel = Channel(os.dup(process.stdout.fileno()), os.dup(process.stdin.fileno()))
    process.stdin.close()
    process.stdout.close()
    with contextlib.suppress(BrokenPipeError):  # it has ended: whoever reads from it is told
        channel.send([str(Path(place).absolute()) for place in sys.path])
        channel.send(target, arguments)
    return Helper(process, channel)


def be_helper() -> None:
    """Do what was asked for; the first thing that a helper runs."""
    die_with_parent(int(sys.argv[3]))
    keep_memory()  # before what is imported fills it
    channel = Channel(os.dup(0), os.dup(1))
    # The pipes are for messages alone: what is printed goes where errors go.
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    with contextlib.suppress(OSError):  # a program without a console has nowhere
        os.dup2(2, 1)
    sys.argv = [""]
    if sys.platform != "win32":  # whoever started this process may have put Ctrl-C off
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    (places,) = channel.recv()
    sys.path += [place for place in places if place not in sys.path]
    import_jsonschema()  # before what was asked for imports it
    target, arguments = channel.recv()
    target(channel, *arguments)


def watch_parent(channel: Channel, take: Callable[..., None]) -> None:
    """Hear the parent in a thread, and end this process with its children when it is gone."""

    def hear() -> None:
        try:
            while True:
                take(*channel.recv())
        except (EOFError, OSError):
            end_group(os.getpid())
            os._exit(1)

    threading.Thread(target=hear, daemon=True, name="warmill-parent").start()


class Elsewhere:
    """A fresh process that calls ``target(tell, *arguments)`` while this one does something else.

    It ends with this process, and at once with everything it has started when the block is left.

    Parameters
    ----------
    target : callable
        At the top of a module; its first argument is a function that sends what it is given.
    *arguments : object
        What can be pickled.
    """

    def __init__(self, target: Callable[..., None], *arguments: object) -> None:
        with one_thread(), without_interrupt():
            self._helper = start_helper(_serve, target, arguments)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it."""
        self._helper.stop()

    def hear(self, take: Callable[..., None]) -> None:
        """Wait for its end, and take what it tells until then.

        Parameters
        ----------
        take : callable
            Called here with the arguments of each call of the function that it was given.

        Raises
        ------
        LostError
            The process was ended from outside. What it raises itself is raised here.
        """
        try:
            while True:
                kind, *content = self._helper.channel.recv()
                if kind == "told":
                    take(*content)
                elif kind == "end":
                    return
                else:
                    error, text = content
                    raise error from WarmillError(f"in process {self._helper.pid}:\n{text}")
        except EOFError:
            raise LostError("the process that was to do it was ended from outside") from None


def call_elsewhere(
    target: Callable[..., None], *arguments: object, take: Callable[..., None]
) -> None:
    """Have a fresh process call a function, and take what it tells; see :class:`Elsewhere`."""
    with Elsewhere(target, *arguments) as call:
        call.hear(take)


def _serve(channel: Channel, target: Callable[..., None], arguments: tuple[object, ...]) -> None:
    # Ctrl-C is for the process that started this one to decide.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    if not can_fork():  # a thread would keep this process from forking
        watch_parent(channel, lambda *_: None)
    try:
        target(lambda *message: channel.send("told", *message), *arguments)
        channel.send("end")
    except Exception as error:  # noqa: BLE001 - raised again where it was asked for
        text = traceback.format_exc()
        try:
            channel.send("error", error, text)
        except Exception:  # noqa: BLE001 - it cannot be pickled
            with contextlib.suppress(OSError):
                channel.send("error", RuntimeError(text), text)
    finally:
        # Everything is said and written; the request to end would hit the interpreter's own end.
        os._exit(0)


def _stop(_: int, __: FrameType | None) -> NoReturn:
    """End this process and the tasks it has started at once.

    Not by an exception: one that is raised while Python calls back, as when it collects
    garbage, is lost, and the tasks would go on.
    """
    for close in list(at_stop):
        close()
    os._exit(0)
