"""What a loaded process does that lives on: run after run, each in a state as good as new."""

from __future__ import annotations

import contextlib
import contextvars
import os
import queue
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from innocap_analysis.batch.execute import execute_run
from innocap_analysis.batch.fingerprint import ProjectState
from innocap_analysis.batch.helper import Channel, watch_parent
from innocap_analysis.batch.processes import die_with_parent, keep_memory
from innocap_analysis.settings import Settings

_MOST_RUNS = 250
_MOST_GROWTH_MB = 256


def serve(
    channel: Channel,
    settings: Settings,
    state: ProjectState,
    loads: tuple[Sequence[str], Sequence[Path]] | None,
    parent: int,
) -> None:
    """Load everything, then execute the runs that come through the channel."""
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    given: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
    watch_parent(channel, lambda *order: given.put(order))
    own = os.getpid()
    try:
        runner = _Warm(channel, settings, loads) if loads is not None else _Cold()
        channel.send("ready", None)
        while True:
            run, staging = given.get()
            runner.begin()
            # What libraries keep in context variables ends with the run.
            outcome = contextvars.copy_context().run(
                execute_run, run, settings, state, engine=runner.engine, staging=staging
            )
            if os.getpid() != own:  # a process that the notebook forked and let go on
                return
            channel.send("done", outcome)
            channel.send("memory", measure_memory("VmHWM"))
            channel.send("over", runner.end())
    except BaseException as error:  # noqa: BLE001 - told to whoever started this process
        with contextlib.suppress(OSError, ValueError):
            channel.send("problem", f"{type(error).__name__}: {error}")
    finally:
        os._exit(0)


class _Cold:
    """Runs with a kernel of their own: nothing of them stays here."""

    engine = None

    def begin(self) -> None:
        """Prepare a run."""

    def end(self) -> str:
        """Clear up after a run."""
        return ""


class _Warm:
    """Runs in this process."""

    def __init__(
        self, channel: Channel, settings: Settings, loads: tuple[Sequence[str], Sequence[Path]]
    ) -> None:
        from innocap_analysis.batch.warm import engine
        from innocap_analysis.batch.warm.preload import preload, reset_warnings
        from innocap_analysis.batch.warm.restore import Restorer

        preload(*loads)
        reset_warnings()
        keep_memory()
        _limit_memory(settings.batch.memory_mb)
        self.engine = engine.NAME
        engine.WarmEngine.on_cell = lambda number: channel.send("cell", number)
        self._restorer = Restorer()
        self._runs = 0
        self._memory_mb = measure_memory("VmRSS")

    def begin(self) -> None:
        """Prepare a run."""
        self._restorer.begin()
        with contextlib.suppress(OSError):  # Linux alone: the peak begins anew
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")

    def end(self) -> str:
        """Clear up after a run; return why another must not follow, if so."""
        self._runs += 1
        reason = self._restorer.end()
        if not reason and self._runs >= _MOST_RUNS:
            reason = f"{self._runs} runs"
        if not reason and measure_memory("VmRSS") > self._memory_mb + _MOST_GROWTH_MB:
            reason = "its memory has grown"
        return reason


def measure_memory(what: str) -> float:
    """Return this process's memory in megabytes: what it has, or its peak."""
    if sys.platform == "win32":
        return 0.0
    import resource

    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        found = re.search(rf"^{what}:\s*(\d+)", status, re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _limit_memory(memory_mb: int | None) -> None:
    """Bound this process's own memory; only Linux holds to it."""
    if memory_mb is not None and sys.platform != "win32":
        import resource

        limit = memory_mb << 20
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
