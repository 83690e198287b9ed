"""An IPython shell that hands what cells show to a notebook, in the same process."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.jsonutil import json_default
from traitlets.config import Config

Sink = Callable[[str, dict[str, Any]], None]


class _Hook(DisplayHook):
    """Sends the value of a cell's last line to the notebook."""

    def write_output_prompt(self) -> None:
        """Write no prompt."""

    def start_displayhook(self) -> None:
        """Write nothing before."""

    def finish_displayhook(self) -> None:
        """Write nothing after."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:  # noqa: ANN401
        """Send the value in all its forms."""
        shell: Any = self.shell
        shell.send(
            "execute_result",
            {"data": format_dict, "metadata": md_dict or {},
             "execution_count": self.prompt_count},
        )  # fmt: skip


class _Publisher(DisplayPublisher):
    """Sends what `display` shows to the notebook."""

    def publish(  # type: ignore[override]
        self, data: Any, metadata: Any = None, *, transient: Any = None, update: bool = False,  # noqa: ANN401
        **_: Any,  # noqa: ANN401
    ) -> None:  # fmt: skip
        """Send data in all its forms."""
        kind = "update_display_data" if update else "display_data"
        content = {"data": data, "metadata": metadata or {}, "transient": transient or {}}
        self.shell.send(kind, content)

    def clear_output(self, wait: bool = False) -> None:
        """Send that the cell's outputs are to go."""
        self.shell.send("clear_output", {"wait": wait})


class Stream:
    """A text stream that the notebook keeps.

    Attributes
    ----------
    name : str
        ``stdout`` or ``stderr``.
    """

    encoding, errors, closed = "utf-8", "strict", False

    def __init__(self, shell: WarmShell, name: str, descriptor: int) -> None:
        self.name = name
        self._shell, self._descriptor = shell, descriptor
        self._parts: list[str] = []

    def write(self, text: str) -> int:
        """Keep a text until the next flush."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if text:
            self._parts.append(text)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Keep several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Send what was written."""
        if self._parts:
            text = "".join(self._parts)
            self._parts.clear()
            self._shell.send("stream", {"name": self.name, "text": text})

    def isatty(self) -> bool:
        """Say that nobody watches."""
        return False

    def writable(self) -> bool:
        """Say that it can be written."""
        return True

    def readable(self) -> bool:
        """Say that it cannot be read."""
        return False

    def seekable(self) -> bool:
        """Say that it has no position."""
        return False

    def fileno(self) -> int:
        """Return the descriptor that libraries in C write to."""
        return self._descriptor


class WarmShell(InteractiveShell):
    """The shell: everything a cell shows goes to `sink`.

    Attributes
    ----------
    sink : callable, optional
        Takes the kind and the content of a message.
    error : dict, optional
        Name, value and traceback of the last error.
    """

    sink: Sink | None = None
    error: dict[str, Any] | None = None
    streams: tuple[Stream, ...] = ()

    def enable_gui(self, gui: Any = None) -> None:  # noqa: ANN401
        """Start no event loop."""

    def send(self, kind: str, content: dict[str, Any]) -> None:
        """Hand a message to the notebook, streams first so that the order is kept."""
        if kind != "stream":
            for stream in self.streams:
                stream.flush()
        if self.sink is not None:
            # The same way through text as between a kernel and its client: bytes as base64.
            text = json.dumps(content, default=json_default, ensure_ascii=False)
            self.sink(kind, json.loads(text))

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:  # noqa: ANN401
        self.error = {"ename": str(etype.__name__), "evalue": str(evalue), "traceback": list(stb)}
        self.send("error", self.error)


def make_shell() -> WarmShell:
    """Return the shell of this process.

    Returns
    -------
    WarmShell
        Without history; figures of pyplot are shown inline, as by a Jupyter kernel.
    """
    settings = Config()
    settings.HistoryManager.enabled = False
    shell: WarmShell = WarmShell.instance(
        config=settings, displayhook_class=_Hook, display_pub_class=_Publisher
    )
    # As ipykernel does: figures of pyplot appear inline once a notebook imports it.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    return shell


class DescriptorTap:
    """Keeps what subprocesses and libraries in C write to the process's own streams."""

    def __init__(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self._saved = [os.dup(1), os.dup(2)]
        self._files = [tempfile.TemporaryFile(buffering=0) for _ in (1, 2)]  # noqa: SIM115
        self._read = [0, 0]
        for descriptor, file in zip((1, 2), self._files, strict=True):
            os.dup2(file.fileno(), descriptor)

    def drain(self, streams: tuple[Stream, ...]) -> None:
        """Hand what has come since the last time to the streams."""
        for i, stream in enumerate(streams):
            number = self._files[i].fileno()
            size = os.fstat(number).st_size
            if size > self._read[i]:
                text = os.pread(number, size - self._read[i], self._read[i])
                self._read[i] = size
                stream.write(text.decode("utf-8", "replace"))

    def close(self) -> None:
        """Give the process its streams back."""
        for descriptor, saved in zip((1, 2), self._saved, strict=True):
            os.dup2(saved, descriptor)
            os.close(saved)
        for file in self._files:
            file.close()
