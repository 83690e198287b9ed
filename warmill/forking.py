"""Children that a loaded process forks, one for each task."""

from __future__ import annotations

import contextlib
import os
import select
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from warmill import engine
from warmill.attempt import Attempt, name_error
from warmill.helper import Channel
from warmill.loading import settle_child
from warmill.processes import end_group

_POLL_SECONDS = 0.5


@dataclass
class _Child:
    """A forked process and its task; no channel once it has nothing more to say."""

    attempt: Attempt
    pid: int
    channel: Channel | None

    def listen(self) -> None:
        try:
            while self.channel is not None and self.channel.poll():
                self.attempt.hear(*self.channel.recv())
        except (EOFError, OSError):
            self.hang_up()

    def hang_up(self) -> None:
        if self.channel is not None:
            self.channel.close()
            self.channel = None


class Forks:
    """Forks of this process, which has loaded everything and has a single thread."""

    def __init__(self, run: Callable[..., Any], jobs: int, memory_mb: int | None) -> None:
        self._run, self._jobs, self._memory_mb = run, jobs, memory_mb
        self._live: dict[int, _Child] = {}

    def under_way(self) -> list[Attempt]:
        """Return what is being done."""
        return [child.attempt for child in self._live.values()]

    def make_room(self, waiting: int) -> int:
        """Return how many tasks can begin now."""
        return min(waiting, self._jobs - len(self._live))

    def begin(self, attempt: Attempt) -> None:
        """Fork a child for a task."""
        attempt.begin()
        ours, theirs = os.pipe()
        parent = os.getpid()
        try:
            pid = os.fork()
            if pid == 0:
                os.close(ours)
                self._be_child(Channel(-1, theirs), attempt.task, parent)
        except OSError:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        self._live[os.pidfd_open(pid)] = _Child(attempt, pid, Channel(ours, -1))

    def wait(self, also: int | None) -> list[tuple[Attempt, int, float]]:
        """Wait until something happens; return the children that have ended."""
        channels = {c.channel.fileno(): c for c in self._live.values() if c.channel}
        others = [] if also is None else [also]
        ready, _, _ = select.select([*self._live, *channels, *others], [], [], _POLL_SECONDS)
        for descriptor in ready:
            if descriptor in channels:
                channels[descriptor].listen()
        for child in self._live.values():
            if child.attempt.overruns():
                end_group(child.pid)
        return [self._bury(descriptor) for descriptor in ready if descriptor in self._live]

    def close(self) -> None:
        """End every child at once."""
        for descriptor, child in self._live.items():
            end_group(child.pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child.pid, 0)
            os.close(descriptor)
            child.hang_up()
        self._live.clear()

    def _bury(self, descriptor: int) -> tuple[Attempt, int, float]:
        child = self._live.pop(descriptor)
        os.close(descriptor)
        child.listen()
        child.hang_up()
        _, status, usage = os.wait4(child.pid, 0)
        # Whatever the notebook left behind in its own group ends with it.
        end_group(child.pid)
        return child.attempt, os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024

    def _be_child(self, channel: Channel, task: object, parent: int) -> NoReturn:
        try:
            settle_child(parent, self._memory_mb)
            engine.WarmEngine.on_cell = lambda number: channel.send("cell", number)
            own = os.getpid()
            value = self._run(task, engine.NAME)
            if os.getpid() == own:  # and no process that the notebook forked and let go on
                channel.send("done", value)
        except BaseException as error:  # noqa: BLE001 - a child must never come back from here
            with contextlib.suppress(OSError, ValueError):
                channel.send("problem", name_error(error))
        finally:
            # Not the interpreter's own end: it would flush what the parent also holds.
            os._exit(0)
