"""Jupyter's own Python kernel in this process: its messages are handed over, not sent."""

# ruff: noqa: ANN401 - the signatures are Jupyter's
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import logging
import os
import select
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.session import Session

_DESCRIPTORS = {"stdout": 1, "stderr": 2}
_CHUNK = 1 << 16
_PATIENCE_SECONDS = 1.0


class Wire(Session):
    """Keeps what the kernel says until the client, in the same process, asks for it.

    Attributes
    ----------
    owner : int
        The process whose cells run; one that a cell forks is another.
    shown, replies : deque
        Messages in the form in which they would arrive.
    """

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.owner = os.getpid()
        self.shown: deque[dict[str, Any]] = deque()
        self.replies: deque[dict[str, Any]] = deque()

    def send(
        self, stream: object, msg_or_type: Any, *args: Any, buffers: Any = None, **more: Any
    ) -> Any:
        """Keep a message; its content goes through text, as on its way to a client."""
        message = msg_or_type
        if not isinstance(message, dict):
            given = dict(zip(("content", "parent"), args, strict=False))
            more = {k: v for k, v in (given | more).items() if k != "ident"}
            message = self.msg(message, **more)
        kind, content = message["msg_type"], message["content"]
        if os.getpid() != self.owner:
            if kind == "stream":  # the owner reads what its children write there
                text = content["text"].encode("utf-8", "replace")
                os.write(_DESCRIPTORS[content["name"]], text)
            return message
        if kind == "stream":
            # Half a character, which no message can hold and a kernel drops with all around it.
            text = content["text"].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            content = content | {"text": text}
        kept = {
            "msg_type": kind,
            "header": {"msg_type": kind, "date": message["header"]["date"]},
            "parent_header": {"msg_id": message["parent_header"].get("msg_id")},
            "metadata": self.unpack(self.pack(message["metadata"])),
            "content": self.unpack(self.pack(content)),
            "buffers": [bytes(part) for part in buffers or message.get("buffers") or ()],
        }
        (self.replies if kind.endswith("_reply") else self.shown).append(kept)
        return message


class _NoThread(IOPubThread):
    """Does at once what a kernel leaves to the thread that sends."""

    def __init__(self) -> None:
        self.io_loop = self.thread = None  # type: ignore[assignment]

    def schedule(self, f: Callable[[], None]) -> None:
        f()


class Stream(OutStream):
    """A kernel's text stream that is flushed when a kernel's would be.

    Attributes
    ----------
    before : callable
        Called before anything is written or sent.
    since : float
        When the oldest text that waits was written.
    """

    before: Callable[[], None]
    since = 0.0

    def __init__(self, wire: Wire, name: str, terminal: int) -> None:
        super().__init__(wire, _NoThread(), name, watchfd=False)
        self._original_stdstream_copy = terminal  # what `fileno` returns in a kernel

    def write(self, string: str) -> int:
        """Take a text; what was written below it so far comes first."""
        if self._is_master_process():
            self.before()
        return self.take(string)

    def take(self, string: str) -> int:
        """Take a text as it comes."""
        return super().write(string) or len(string)

    def flush(self) -> None:
        """Send what was written."""
        if self._is_master_process():
            self.before()
        super().flush()

    def _schedule_flush(self) -> None:
        if not self._flush_pending:
            self._flush_pending, self.since = True, time.monotonic()

    @property
    def due(self) -> float | None:
        """When a kernel's own clock would send what waits."""
        return self.since + self.flush_interval if self._flush_pending else None


class Streams:
    """The two streams of a kernel, and the descriptors below them.

    A thread reads what subprocesses and libraries in C write there. Before a cell writes or
    shows anything itself that has been read, so that the order is kept.
    """

    def __init__(self, wire: Wire) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self._lock = threading.RLock()
        self._saved = {name: os.dup(number) for name, number in _DESCRIPTORS.items()}
        self._pipes: dict[int, Stream] = {}
        self.both: list[Stream] = []
        for name, number in _DESCRIPTORS.items():
            stream = Stream(wire, name, self._saved[name])
            stream.before = self.catch_up
            self.both.append(stream)
            if sys.platform == "win32":  # a kernel does not look below its streams there
                continue
            ours, theirs = os.pipe()
            os.set_blocking(ours, False)
            os.dup2(theirs, number)
            os.close(theirs)
            self._pipes[ours] = stream
        self._reader = threading.Thread(target=self._watch, daemon=True, name="warmill-streams")
        if self._pipes:
            self._reader.start()

    def catch_up(self) -> None:
        """Take what was written below, and send what a kernel would have sent by now."""
        with self._lock:
            for pipe, stream in self._pipes.items():
                text = _read_all(pipe)
                if text:
                    stream.take(text.decode("utf-8", "replace"))
            now = time.monotonic()
            late = [(s.due, i) for i, s in enumerate(self.both) if s.due and s.due < now]
            for _, i in sorted(late):
                self.both[i]._flush()

    def _watch(self) -> None:
        """Read when something comes: whoever writes much must not wait for the cell."""
        while self._pipes:
            select.select(list(self._pipes), [], [])
            self.catch_up()
            time.sleep(0.001)

    def close(self) -> None:
        """Give the process its descriptors back."""
        self.catch_up()
        with self._lock:
            for name, number in _DESCRIPTORS.items():
                os.dup2(self._saved[name], number)
                os.close(self._saved[name])
            pipes, self._pipes = list(self._pipes), {}
        if pipes:
            self._reader.join(_PATIENCE_SECONDS)  # it wakes when nobody can write any more
            for pipe in pipes:
                os.close(pipe)


def _read_all(pipe: int) -> bytes:
    parts = []
    while True:
        try:
            part = os.read(pipe, _CHUNK)
        except BlockingIOError:
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts)


class App(IPKernelApp):
    """Jupyter's kernel program, without its sockets and threads."""

    def _do_nothing(self, **_: object) -> None:
        """Leave a step out."""

    init_connection_file = init_poller = init_sockets = init_heartbeat = _do_nothing
    write_connection_file = log_connection_info = init_io = init_signal = _do_nothing

    def init_kernel(self) -> None:
        """Make the kernel, which speaks to this process alone."""
        from ipykernel.ipkernel import IPythonKernel

        class Kernel(IPythonKernel):
            def _abort_queues(self, subshell_id: str | None = None) -> None:
                """Nothing waits."""

        self.kernel = Kernel.instance(
            parent=self, session=self.session, log=self.log, profile_dir=self.profile_dir,
            user_ns=self.user_ns,
            shell_channel_thread=SimpleNamespace(parent_thread=threading.main_thread()),
        )  # fmt: skip


def make_app() -> App:
    """Return the kernel of this process."""
    if not App.initialized():
        app = App.instance(session=Wire(), log_level=logging.CRITICAL)
        app.config.HistoryManager.hist_file = ":memory:"  # as papermill has it
        # Nobody attaches a debugger; loading one takes as long as pandas does.
        missing = [name for name in ("debugpy.server",) if name not in sys.modules]
        sys.modules.update(dict.fromkeys(missing))  # type: ignore[arg-type]
        try:
            app.initialize([])
        finally:
            for name in missing:
                del sys.modules[name]
    return App.instance()
