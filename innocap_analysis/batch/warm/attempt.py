"""A run that is under way in another process, and how it is told to have ended."""

from __future__ import annotations

import shutil
import signal
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from innocap_analysis.batch.execute import bury_run, name_staging
from innocap_analysis.batch.outcome import Outcome, Run
from innocap_analysis.settings import Settings

GRACE_SECONDS = 3.0
RETRIES = 1
# Codes with which Windows ends a process that did what it must not, from STATUS_... on.
_WINDOWS_FAULT = 0xC0000000


class Pool(Protocol):
    """Processes that runs are given to, and that give their outcomes back."""

    @property
    def busy(self) -> bool:
        """Whether a run is waiting or under way."""

    def submit(self, number: int, run: Run) -> None:
        """Take a run on; the number comes back with its outcome."""

    def collect(self) -> list[tuple[int, Outcome]]:
        """Start what there is room for, wait a while, and return what has ended."""

    def close(self) -> None:
        """End everything at once and remove what it was writing."""


@dataclass
class Attempt:
    """One try at a run.

    Attributes
    ----------
    number, run : int and Run
        As they were submitted.
    tries : int
        How often it was tried before.
    settings : Settings
        Folders and limits.
    grace : float
        Seconds over the limit after which its process is ended from outside.
    """

    number: int
    run: Run
    tries: int
    settings: Settings
    grace: float = GRACE_SECONDS
    staging: Path = field(init=False)
    started: float = field(default_factory=time.monotonic)
    late: bool = False
    _cell: int | None = None
    _outcome: Outcome | None = None
    _problem: str = ""

    def __post_init__(self) -> None:
        self.staging = name_staging(self.settings)

    def hear(self, kind: str, content: Any) -> None:  # noqa: ANN401
        """Take a message of its process: ``cell``, ``done`` or ``problem``."""
        if kind == "cell":
            self._cell = content
        elif kind == "done":
            self._outcome = content
        else:
            self._problem = content

    def overruns(self) -> bool:
        """Return whether its process must be ended now; true once."""
        limit = self.settings.batch.timeout_seconds + self.grace
        if self.late or time.monotonic() - self.started <= limit:
            return False
        self.late = True
        return True

    def conclude(self, code: int, memory_mb: float = 0.0) -> Outcome | None:
        """Return how it ended and clear up; None where the run should be tried again."""
        seconds = time.monotonic() - self.started
        if self._outcome is not None:
            self.drop()
            return replace(self._outcome, seconds=seconds, memory_mb=memory_mb)
        if not self.late and self.tries < RETRIES and (code < 0 or code >= _WINDOWS_FAULT):
            self.drop()
            return None
        error = self._problem or self._name_end(code)
        error = bury_run(self.run, self.settings, self.staging, error, self._cell)
        return Outcome(self.run, "failed", seconds, self._cell, error, memory_mb)

    def drop(self) -> None:
        """Remove what was being written."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def _name_end(self, code: int) -> str:
        if self.late:
            return f"took longer than {self.settings.batch.timeout_seconds} s"
        if 0 <= code < _WINDOWS_FAULT:
            return f"the notebook ended its own process (exit code {code})"
        name = signal.Signals(-code).name if code < 0 else f"Windows (code {code:#x})"
        hint = ", perhaps for want of memory" if name == "SIGKILL" else ""
        return f"the process was ended by {name}{hint}, {RETRIES + 1} times"
