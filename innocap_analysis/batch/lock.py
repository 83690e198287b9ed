"""Who writes where: batches share a folder as long as no report is made by two of them.

The locks are the system's own on open files, not the files' existence: what a batch that was
killed leaves behind keeps nobody out.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from uuid import uuid4

from innocap_analysis.batch.execute import STAGING_PREFIX
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import CHECK_DISK, WRITING_PREFIX

NAME = ".innocap-batch.lock"
LIVE = ".innocap-batches"
_ID_LETTERS = 12
_POLL_SECONDS = 0.05
_PATIENCE_SECONDS = 600
_BEYOND = 1 << 30  # Windows keeps others from reading the byte that is locked


@contextlib.contextmanager
def hold_places(folder: Path, places: Collection[str]) -> Iterator[str]:
    """Keep other batches from making these reports, and clear what ended ones left."""
    batch = uuid4().hex[:_ID_LETTERS]
    own = folder / LIVE / batch
    with hold_pages(folder):
        live = _find_live(folder)
        _clear_left(folder, set(live))
        for other in live.values():
            theirs = other.get("places")
            shared = sorted({*places} & {*(theirs if isinstance(theirs, list) else places)})
            if shared:
                more = f" and {len(shared) - 1} more" if len(shared) > 1 else ""
                raise InnocapError(
                    f"{folder}: another batch (process {other.get('process', 'unknown')}) is "
                    f"making {shared[0]}{more}; wait for it, or choose another folder"
                )
        handle = _open(own)
        _lock(handle)
        try:
            content = {"process": os.getpid(), "places": sorted(places)}
            os.write(handle, json.dumps(content).encode("utf-8"))
        except OSError as error:
            os.close(handle)
            own.unlink(missing_ok=True)
            raise _refuse(own, error) from None
    try:
        yield batch
    finally:
        with contextlib.suppress(OSError):  # Windows removes no open file; the next batch does
            own.unlink()
        os.close(handle)


@contextlib.contextmanager
def hold_pages(folder: Path) -> Iterator[None]:
    """Be the only one for a moment: to begin a batch, or to write what all of them share."""
    handle = _open(folder / NAME)
    until = time.monotonic() + _PATIENCE_SECONDS
    try:
        while not _lock(handle):
            if time.monotonic() > until:
                raise InnocapError(
                    f"{folder}: another batch has been writing its pages for "
                    f"{_PATIENCE_SECONDS} s; end it, or choose another folder"
                )
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(handle)


def _find_live(folder: Path) -> dict[str, dict[str, object]]:
    """Return what each batch that still runs has said of itself; forget those that ended."""
    live: dict[str, dict[str, object]] = {}
    for file in sorted((folder / LIVE).glob("*")):
        handle = _open(file)
        try:
            if _lock(handle):
                with contextlib.suppress(OSError):
                    file.unlink()
            else:
                live[file.name] = _read(file)
        finally:
            os.close(handle)
    return live


def _read(file: Path) -> dict[str, object]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # of another edition: taken to make everything
    return content if isinstance(content, dict) else {}


def _clear_left(folder: Path, live: set[str]) -> None:
    for left in folder.glob(f"{STAGING_PREFIX}*"):
        if left.name.removeprefix(STAGING_PREFIX).split("-")[0] not in live:
            shutil.rmtree(left, ignore_errors=True)
    if not live:  # these names do not tell whose they are
        for file in (folder / "reports").rglob(f"{WRITING_PREFIX}*"):
            file.unlink(missing_ok=True)


def _open(place: Path) -> int:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        return os.open(place, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise _refuse(place.parent, error) from None


def _refuse(place: Path, error: OSError) -> InnocapError:
    return InnocapError(f"{place}: cannot be written ({error.strerror}); {CHECK_DISK}")


def _lock(handle: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            os.lseek(handle, _BEYOND, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
