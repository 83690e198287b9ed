"""Work that is done in a process of its own, which may load everything and fork.

Whoever asks for it may have threads, be a notebook or a server, and need not load anything.
"""

from __future__ import annotations

import contextlib
import os
import signal
import traceback
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from warmill.errors import LostError, WarmillError
from warmill.helper import Channel, start_helper, watch_parent
from warmill.pool import close_pools
from warmill.processes import can_fork, die_with_parent, one_thread, without_interrupt


def call_elsewhere(
    target: Callable[..., None], *arguments: object, take: Callable[..., None]
) -> None:
    """Have a fresh process call ``target(tell, *arguments)``, and take what it tells.

    An exception there is raised here. The process ends with this one, and at once with
    everything it has started where this call is left by an exception, such as Ctrl-C.

    Parameters
    ----------
    target : callable
        At the top of a module; its first argument is a function that sends what it is given.
    *arguments : object
        What can be pickled.
    take : callable
        Called here with the arguments of each call of that function.

    Raises
    ------
    LostError
        The process was ended from outside.
    """
    with one_thread(), without_interrupt():
        helper = start_helper(_serve, target, arguments, os.getpid())
    try:
        while True:
            kind, *content = helper.channel.recv()
            if kind == "told":
                take(*content)
            elif kind == "end":
                return
            else:
                error, text = content
                raise error from WarmillError(f"in process {helper.pid}:\n{text}")
    except EOFError:
        raise LostError("the process that was to do it was ended from outside") from None
    finally:
        helper.stop()


def _serve(
    channel: Channel, target: Callable[..., None], arguments: tuple[object, ...], parent: int
) -> None:
    # Ctrl-C is for the process that started this one to decide.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    die_with_parent(parent)
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
    """End this process and the runs it has started at once.

    Not by an exception: one that is raised while Python calls back, as when it collects
    garbage, is lost, and the runs would go on.
    """
    close_pools()
    os._exit(0)
