"""A task that is under way in another process, and how it is told to have ended."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, field
from typing import Any

RETRIES = 1
# Codes with which Windows ends a process that did what it must not, from STATUS_... on.
_WINDOWS_FAULT = 0xC0000000


@dataclass(frozen=True)
class Ended:
    """How a task ended.

    Attributes
    ----------
    task : object
        As it was submitted.
    value : object
        What `run` returned.
    error : str
        Why there is no value, in one line: an exception of `run`, or how its process ended.
    cell : int or None
        The last cell that was begun, counted from 1 as in the notebook itself.
    seconds : float
        Wall time.
    memory_mb : float
        Peak memory of its process, in MiB; 0 where that was not measured.

    Examples
    --------
    >>> Ended("SE", error="ValueError: no figures", cell=3).error
    'ValueError: no figures'
    """

    task: Any
    value: Any = None
    error: str = ""
    cell: int | None = None
    seconds: float = 0.0
    memory_mb: float = 0.0


def name_error(error: BaseException) -> str:
    """Return an exception in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


@dataclass(eq=False)
class Attempt:
    """One try at a task; `grace` is how long its process may be over the limit."""

    task: Any
    timeout: float | None
    grace: float
    tries: int = 0
    started: float = field(default_factory=time.monotonic)
    _late: bool = False
    _cell: int | None = None
    _value: tuple[Any] | None = None
    _problem: str = ""

    def begin(self) -> None:
        """Count its time from now on."""
        self.started, self.tries = time.monotonic(), self.tries + 1

    def hear(self, kind: str, content: Any) -> None:  # noqa: ANN401
        """Take a message of its process: ``cell``, ``done`` or ``problem``."""
        if kind == "cell":
            self._cell = content
        elif kind == "done":
            self._value = (content,)
        else:
            self._problem = content

    def overruns(self) -> bool:
        """Return whether its process must be ended now; true once."""
        if self.timeout is None or self._late:
            return False
        self._late = time.monotonic() - self.started > self.timeout + self.grace
        return self._late

    def conclude(self, code: int, memory_mb: float = 0.0) -> Ended | None:
        """Return how it ended; None where it should be tried again."""
        seconds = time.monotonic() - self.started
        if self._value is not None:
            return Ended(self.task, *self._value, "", self._cell, seconds, memory_mb)
        by_signal = code < 0 or code >= _WINDOWS_FAULT
        if by_signal and not self._late and not self._problem and self.tries <= RETRIES:
            self._cell = None
            return None
        error = self._problem or self._name_end(code)
        return Ended(self.task, None, error, self._cell, seconds, memory_mb)

    def _name_end(self, code: int) -> str:
        if self._late:
            return f"took longer than {self.timeout:g} s"
        if 0 <= code < _WINDOWS_FAULT:
            return f"the notebook ended its own process (exit code {code})"
        name = signal.Signals(-code).name if code < 0 else f"Windows (code {code:#x})"
        hint = ", perhaps for want of memory" if name == "SIGKILL" else ""
        return f"the process was ended by {name}{hint}, {self.tries} times"
