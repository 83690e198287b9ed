"""What an operator sees of a batch: what will run, how far it is, how long it takes, what came."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from innocap_analysis.batch.outcome import Outcome
from innocap_analysis.settings import Settings

Echo = Callable[[str], None]


def announce(
    settings: Settings,
    *,
    regions: Sequence[str] | None,
    notebooks: Sequence[str] | None,
    languages: Sequence[str] | None,
    table: Path | None,
    places: Sequence[str] | None = None,
    country: str | None = None,
    index: str | None = None,
) -> str:
    """Say what was asked for, from the settings alone: it takes no time."""
    plan = settings.batch
    names = notebooks or [*plan.comparison, *plan.region]
    what = f"notebook {names[0]}" if len(names) == 1 else f"{len(names)} notebooks"
    if table is not None:
        return f"Planning the rows of {table.name}; reading the data …"
    tongues = ", ".join(languages or [settings.default_language])
    if places:
        where = f" of {country}" if country else ""
        return f"Planning places {', '.join(places)}{where} in {tongues}; reading the data …"
    if plan.runs:
        what += f" and {len(plan.runs)} rows of runs"
    if index:
        what += f" of the index {index}"
    whom = ", ".join(regions or ([f"all units of {index}"] if index else settings.countries))
    return f"Planning {what} for {whom} in {tongues}; reading the data …"


class Progress:
    """Tells each outcome as it comes, with the time that it took and the time that is left.

    Parameters
    ----------
    echo : callable
        Writes a line.
    live : callable, optional
        Writes the state of the batch in place of the last one, on a terminal.
    jobs : int
        Runs at the same time.
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        echo: Echo,
        live: Echo | None = None,
        *,
        jobs: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._echo, self._live, self._clock = echo, live, clock
        self._half = (jobs - 1) / 2  # of the runs under way half is done, by and large
        self._begun = self._since = clock()
        self._made = 0

    def note(self, text: str) -> None:
        """Tell a remark; runs begin after the last one."""
        if not self._made:
            self._since = self._clock()
        self._write(text, "")

    def take(self, outcome: Outcome, done: int, total: int) -> None:
        """Tell an outcome; what was skipped is only counted."""
        if outcome.status == "skipped":
            return
        self._made += 1
        now = self._clock()
        rate = (self._made + self._half) / max(now - self._since, 1e-9)
        left = max(total - done - self._half, 0.5) / rate
        state = f"{write_time(now - self._begun)} elapsed"
        if total > done:
            state += f", about {write_time(left)} left"
        line = f"{outcome.status:<6} {outcome.run.name}  {outcome.seconds:.1f} s"
        if outcome.why:
            line += f"  ({outcome.why})"
        count = f"[{done:>{len(str(total))}}/{total}]"
        if self._live is None:
            self._write(f"{count} {line}; {state}", "")
        else:
            self._write(f"{count} {line}", f"{count} {state}" if total > done else "")

    def _write(self, line: str, state: str) -> None:
        if self._live is not None:
            self._live("")
        self._echo(line)
        if self._live is not None and state:
            self._live(state)

    def sum_up(self, outcomes: Sequence[Outcome], settings: Settings) -> list[str]:
        """Return the last lines: counts, time, size and memory."""
        counts = {"ok": 0, "skipped": 0, "failed": 0}
        for outcome in outcomes:
            counts[outcome.status] += 1
        line = ", ".join(
            f"{n} {status}" for status, n in counts.items() if n or status != "skipped"
        )
        if counts["skipped"]:
            line += " (skipped: nothing that it has read has changed; --force runs it again)"
        folders = (settings.reports_dir, settings.figures_dir)
        size = sum(measure_folder(folder) for folder in folders) / 1e6
        lines = [
            line,
            f"Took {write_time(self._clock() - self._begun)}; reports and figures {size:.1f} MB",
        ]
        most = max(outcomes, key=lambda outcome: outcome.memory_mb)
        if most.memory_mb:
            lines.append(f"Most memory: {most.memory_mb:.0f} MB ({most.run.name})")
        return lines


def write_time(seconds: float) -> str:
    """Return a time as people write it: ``0:07``, ``12:30``, ``2:05:00``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def measure_folder(folder: Path) -> int:
    """Return the bytes of all files below a folder; what goes away meanwhile is left out."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total
