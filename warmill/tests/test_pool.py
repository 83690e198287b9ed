"""A pool of one's own: three hooks, what they are given, and what is told of mistakes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from warmill import LostError, Pool, WarmillError
from warmill.helper import Channel, call_elsewhere, start_helper
from warmill.pool import count_jobs
from warmill.processes import can_fork
from warmill.spawning import serve

from . import hooks
from .books import write_cells

NOT_ON_LINUX = "asks for a fork"


@pytest.mark.parametrize("start", ["fork", "spawn", "cold"])
def test_hooks_are_called_where_they_should_be(start: str) -> None:
    if start == "fork" and not can_fork():
        pytest.skip(NOT_ON_LINUX)
    told: list[tuple] = []
    tasks = ["fail", "engine", "loaded", "loaded"]
    call_elsewhere(hooks.use_pool, start, tasks, take=lambda *one: told.append(one))
    assert [one[:2] for one in told] == [(start, task) for task in tasks]
    (_, _, nothing, why), (_, _, engine, _), *loaded = told
    assert (nothing, why) == (None, "LookupError: on purpose")
    assert engine == (None if start == "cold" else "warmill")
    for *_, (_, libraries), error in loaded:
        assert (libraries, error) == ([] if start == "cold" else ["numpy"], "")
    pids = {value[0] for _, _, value, _ in loaded}
    assert len(pids) == (2 if start == "fork" else 1)


@pytest.mark.skipif(not can_fork(), reason=NOT_ON_LINUX)
def test_a_process_with_threads_does_not_fork() -> None:
    told: list[tuple] = []
    call_elsewhere(hooks.be_threaded, take=lambda *one: told.append(one))
    assert told == [("spawn",), ("the loaded process has 2 threads, so it cannot fork safely",)]


def test_what_another_process_cannot_find_is_refused() -> None:
    with pytest.raises(WarmillError, match=r"is defined in .*; put it at the top of"):
        Pool(lambda task, engine: task, start="spawn")
    with Pool(hooks.double, start="spawn") as pool, pytest.raises(WarmillError, match="<locals>"):
        pool.submit(partial(lambda: 1))


def test_jobs_are_counted() -> None:
    with pytest.raises(WarmillError, match="jobs: must be 1 or more, found 0"):
        Pool(hooks.double, jobs=0)
    assert count_jobs(3) == 3
    assert count_jobs(None) >= 1


def test_a_process_that_cannot_load_is_told() -> None:
    with (
        pytest.raises(WarmillError, match="could not be started: ValueError: cannot be loaded"),
        Pool(hooks.double, load=hooks.load_badly, start="spawn", jobs=1) as pool,
    ):
        list(pool.map([1]))


def test_what_another_process_raises_is_raised_here() -> None:
    with pytest.raises(KeyError, match="of mine") as told:
        call_elsewhere(hooks.raise_here, take=print)
    assert "in raise_here" in str(told.value.__cause__)
    with pytest.raises(LostError, match="ended from outside"):
        call_elsewhere(hooks.leave, take=print)


def test_who_hears_a_process_has_ended_when_its_pipe_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else it would take the first words of the next pipe that is given the same number."""
    plain = Channel._read

    def read_late(channel: Channel, length: int) -> bytes:
        try:
            return plain(channel, length)
        except EOFError:
            time.sleep(0.3)
            raise

    monkeypatch.setattr(Channel, "_read", read_late)
    with Pool(hooks.double, start="spawn", jobs=1) as pool:
        assert [end.value for end in pool.map([1])] == [2]
    assert not [thread for thread in threading.enumerate() if "_hear" in thread.name]


def test_a_helper_ends_when_its_pipe_closes() -> None:
    helper = start_helper(serve, hooks.double, None, None)
    assert helper.channel.recv() == ("ready", None)
    assert not helper.has_ended()
    helper.channel.close()
    until = time.monotonic() + 20
    while not helper.has_ended() and time.monotonic() < until:
        time.sleep(0.02)
    assert helper.has_ended()


# Whatever a notebook, a server or another library may have done before.
SCRIPT = """
import asyncio, multiprocessing, threading, warnings
class OwnWarning(UserWarning): pass
warnings.simplefilter("ignore", OwnWarning)
multiprocessing.set_start_method("spawn")
def begin():
    {call}
async def main():
    thread = threading.Thread(target=begin)
    thread.start()
    await asyncio.sleep(0)
    thread.join()
asyncio.run(main())
"""


def test_a_script_from_stdin_starts_notebooks(tmp_path: Path) -> None:
    write_cells(tmp_path / "one.ipynb", "name")
    (tmp_path / "numpy.py").write_text("raise ImportError('this is not numpy')\n")
    code = SCRIPT.format(
        call="import warmill; print([one.error for one in warmill.execute_notebooks("
        "[warmill.Task('one.ipynb', 'done.ipynb')])])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-"], input=code, cwd=tmp_path, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "['']\n"), done.stderr
    assert (tmp_path / "done.ipynb").exists()
